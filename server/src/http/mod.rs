//! The routes, and what all answers have in common.

mod body;
mod by_name;
mod by_table;
pub(crate) mod held;
pub(crate) mod path;
mod query;
mod reply;
pub(crate) mod secret;
mod serve;
mod sse;
mod subset;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CACHE_CONTROL, CONNECTION,
    CONTENT_TYPE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, options};

use crate::requests::{self, Answered};
use crate::service::{Inner, ObserverFn};
use crate::source::Readiness;

const SHAPE_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, HEAD, DELETE, OPTIONS");
const OTHER_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,electric-up-to-date,\
     electric-internal-known-error,retry-after",
);
const SERVER: HeaderValue = HeaderValue::from_static(concat!("shapegen/", env!("CARGO_PKG_VERSION")));

pub(crate) fn router(service: Arc<Inner>) -> Router {
    // What no route takes is tried again by the spelling that routes have.
    let respelled = Router::new()
        .fallback_service(routes(&service))
        .layer(from_fn(|request, next: Next| async { next.run(path::normalize(request)).await }));
    routes(&service)
        .fallback_service(respelled)
        .layer(DefaultBodyLimit::max(body::MOST_BYTES))
        .layer(from_fn_with_state(service, around))
}

fn routes(service: &Arc<Inner>) -> Router {
    let by_name = get(by_name::get).post(by_name::post).delete(by_name::delete).merge(options(preflight));
    let mut routes = Router::new()
        .route("/", get(|| async {}))
        .route("/v1/health", get(health))
        .fallback(not_found)
        .layer(from_fn_with_state(OTHER_METHODS, cors))
        .route("/shapes/{name}", by_name.layer(from_fn_with_state(SHAPE_METHODS, cors)));
    if service.where_parser.is_some() {
        let by_table = get(by_table::get).post(by_table::post).delete(by_table::delete).merge(options(preflight));
        let by_table = by_table
            .layer(from_fn_with_state(SHAPE_METHODS, cors))
            .layer(from_fn_with_state(Arc::clone(service), secret::check));
        routes = routes.route("/v1/shape", by_table);
    }
    routes.with_state(Arc::clone(service))
}

/// Notes the request, and adds the headers that every answer has.
async fn around(State(service): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let noted = secret::noted(request.method(), request.uri());
    let number = service.requests.arrived(noted.clone());
    let mut response = caught(next.run(request)).await;
    service.requests.answered(number, response.status());
    if let Some(observer) = &service.observer {
        response = observed(&**observer, noted, response).await;
    }
    let headers = response.headers_mut();
    if !is_preflight {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Ok(id) = HeaderValue::from_str(&format!("{:016x}", fastrand::u64(..))) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(HeaderName::from_static("electric-server"), SERVER);
    response
}

/// Shows an answer to the observer; an error's body is short, and is read for it.
async fn observed(observer: &ObserverFn, mut request: requests::Request, response: Response) -> Response {
    let status = response.status();
    request.status = Some(status.as_u16());
    let (parts, body) = response.into_parts();
    let bytes = body.size_hint().exact();
    let is_error = (status.is_client_error() || status.is_server_error()) && status != StatusCode::CONFLICT;
    let (body, error) = match bytes {
        Some(_) if is_error => match to_bytes(body, usize::MAX).await {
            Ok(error) => (Body::from(error.clone()), Some(error)),
            Err(_) => (Body::empty(), None),
        },
        _ => (body, None),
    };
    let error = error.as_deref().map(String::from_utf8_lossy);
    observer(&Answered { request: &request, headers: &parts.headers, bytes, error: error.as_deref() });
    Response::from_parts(parts, body)
}

/// 500 where a closure of the embedder's panicked.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = Box::pin(answer);
    let answered = poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    });
    answered.await.unwrap_or_else(reply::internal)
}

/// Lets every page read the answer.
async fn cors(State(methods): State<HeaderValue>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned().unwrap_or(HeaderValue::from_static("*"));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    response
}

async fn health(State(service): State<Arc<Inner>>) -> Response {
    let (status, body) = match service.shapes.readiness() {
        Readiness::Waiting => (StatusCode::ACCEPTED, r#"{"status":"waiting"}"#),
        Readiness::Starting => (StatusCode::ACCEPTED, r#"{"status":"starting"}"#),
        Readiness::Active => (StatusCode::OK, r#"{"status":"active"}"#),
    };
    let cache = (CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    (status, [cache, reply::JSON], body).into_response()
}

async fn not_found() -> Response {
    let mut response = reply::default_cached(StatusCode::NOT_FOUND, "Not found".to_owned());
    response.headers_mut().remove(CONTENT_TYPE);
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
