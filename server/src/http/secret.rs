//! Who may ask for shapes by table: whoever knows the secret, which nobody else is shown.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use crate::http::path::unescaped;
use crate::http::query::Pairs;
use crate::http::reply;
use crate::requests;
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

/// A request as it may be remembered.
pub(crate) fn noted(method: &Method, uri: &Uri) -> requests::Request {
    requests::Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: without_secrets(uri.query().unwrap_or_default()),
        status: None,
    }
}

/// A query whose secrets can be shown to whoever reads the log.
fn without_secrets(query: &str) -> String {
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if ["secret", "api_secret"].contains(&unescaped(name).as_str()) => format!("{name}=…"),
        _ => pair.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_034_secrets_are_not_remembered() {
        for (query, expected) in [
            ("", ""),
            ("table=items&offset=-1", "table=items&offset=-1"),
            ("secret=s3cret&table=items", "secret=…&table=items"),
            ("a&api_secret=x&s%65cret=", "a&api_secret=…&s%65cret=…"),
            ("params%5B1%5D=secret", "params%5B1%5D=secret"),
        ] {
            assert_eq!(without_secrets(query), expected);
        }
    }
}
