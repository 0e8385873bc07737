//! The routes, and what all answers have in common.

mod by_name;
mod by_table;
mod query;
mod reply;
mod serve;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL, CONNECTION,
    ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, options};

use crate::service::Inner;

const SHAPE_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, HEAD, DELETE, OPTIONS");
const OTHER_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,electric-up-to-date,\
     electric-internal-known-error,retry-after",
);
const SERVER: HeaderValue = HeaderValue::from_static(concat!("shapegen/", env!("CARGO_PKG_VERSION")));

pub(crate) fn router(service: Arc<Inner>) -> Router {
    let mut router = Router::new()
        .route("/", get(|| async {}))
        .route("/v1/health", get(health))
        .route("/shapes/{name}", get(by_name::get).post(post).delete(delete).merge(options(preflight)))
        .fallback(not_found);
    if service.where_parser.is_some() {
        router = router.route("/v1/shape", get(by_table::get).post(post).delete(delete).merge(options(preflight)));
    }
    router.layer(from_fn_with_state(Arc::clone(&service), around)).with_state(service)
}

/// Notes the request, and adds the headers that every answer has.
async fn around(State(service): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let number = service.requests.arrived(request.method(), request.uri());
    let origin = request.headers().get(ORIGIN).cloned().unwrap_or(HeaderValue::from_static("*"));
    let is_shape = request.uri().path() == "/v1/shape" || request.uri().path().starts_with("/shapes/");
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    service.requests.answered(number, response.status());
    let headers = response.headers_mut();
    if !is_preflight {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Ok(id) = HeaderValue::from_str(&format!("{:016x}", fastrand::u64(..))) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(HeaderName::from_static("electric-server"), SERVER);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, if is_shape { SHAPE_METHODS } else { OTHER_METHODS });
    response
}

async fn health() -> Response {
    let cache = (CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    ([cache, reply::JSON], r#"{"status":"active"}"#).into_response()
}

async fn not_found() -> Response {
    let cache = (CACHE_CONTROL, "max-age=0, private, must-revalidate");
    let mut response = (StatusCode::NOT_FOUND, [cache], "Not found").into_response();
    response.headers_mut().remove(axum::http::header::CONTENT_TYPE);
    response
}

/// A browser asks before it sends `Authorization`: whoever embeds the service reads the session from headers.
async fn preflight(headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

async fn post() -> Response {
    reply::invalid("method", "POST is not supported by this service: send a GET")
}

async fn delete() -> Response {
    reply::error(StatusCode::METHOD_NOT_ALLOWED, "DELETE not allowed")
}
