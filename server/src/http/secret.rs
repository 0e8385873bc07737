//! Who may ask for shapes by table: whoever knows the secret.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use crate::http::query::Pairs;
use crate::http::reply;
use crate::service::Inner;

/// Lets requests through that give the secret, and preflights, which can't.
pub(crate) async fn check(State(service): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let open = request.method() == Method::OPTIONS;
    let known = |secret: &String| {
        Pairs::of(request.uri()).is_ok_and(|pairs| {
            let given = pairs.get("secret").or_else(|| pairs.get("api_secret"));
            given.is_some_and(|given| equal(given.as_bytes(), secret.as_bytes()))
        })
    };
    if open || service.secret.as_ref().is_none_or(known) {
        return next.run(request).await;
    }
    let message = json!({ "message": "Unauthorized - Invalid API secret" });
    let mut response = reply::default_cached(StatusCode::UNAUTHORIZED, message.to_string());
    response.headers_mut().remove(axum::http::header::CONTENT_TYPE);
    response
}

/// Takes as long for every wrong guess of a length.
fn equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}
