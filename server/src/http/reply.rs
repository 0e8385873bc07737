//! Answers that are not rows: errors, in Electric's layouts.

use std::collections::BTreeMap;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::shapes::ShapeError;

pub(crate) const JSON: (HeaderName, HeaderValue) =
    (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));

/// What is wrong with which parameter, all of a request at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Invalid(BTreeMap<String, Vec<String>>);

impl Invalid {
    pub(crate) fn add(&mut self, parameter: &str, message: impl Into<String>) {
        self.0.entry(parameter.to_owned()).or_default().push(message.into());
    }

    /// `value`, unless something was wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    pub(crate) fn one(parameter: &str, message: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.add(parameter, message);
        invalid
    }
}

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        let body = json!({ "message": "Invalid request", "errors": self.0 });
        uncached(StatusCode::BAD_REQUEST, body.to_string())
    }
}

/// 400 for one parameter.
pub(crate) fn invalid(parameter: &str, message: &str) -> Response {
    Invalid::one(parameter, message).into_response()
}

/// `{"message": …}` with a status of 400 or above.
pub(crate) fn error(status: StatusCode, message: &str) -> Response {
    uncached(status, json!({ "message": message }).to_string())
}

/// 503: the client may ask again after some seconds.
pub(crate) fn unavailable(message: &str, retry_after: u8) -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u16::from(retry_after)));
    response
}

fn uncached(status: StatusCode, body: String) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(CACHE_CONTROL, no_store.clone()), (HeaderName::from_static("surrogate-control"), no_store), JSON];
    (status, headers, body).into_response()
}

impl IntoResponse for ShapeError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "no shape to answer from");
        unavailable("The shape can't be read from the database right now", 10)
    }
}
