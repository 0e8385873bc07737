//! Answers that are not rows: errors, in Electric's layouts.

use std::collections::BTreeMap;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::shapes::ShapeError;
use crate::source::SourceError;
use crate::table::TableName;

pub(crate) const JSON: (HeaderName, HeaderValue) =
    (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What is wrong with which parameter, all of a request at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Invalid {
    parameters: BTreeMap<String, Vec<String>>,
    /// What is wrong with the parts of `subset`.
    subset: BTreeMap<String, Vec<String>>,
}

impl Invalid {
    pub(crate) fn add(&mut self, parameter: &str, message: impl Into<String>) {
        self.parameters.entry(parameter.to_owned()).or_default().push(message.into());
    }

    pub(crate) fn add_subset(&mut self, parameter: &str, message: impl Into<String>) {
        self.subset.entry(parameter.to_owned()).or_default().push(message.into());
    }

    /// `value`, unless something was wrong.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.parameters.is_empty() && self.subset.is_empty() { Ok(value) } else { Err(self) }
    }

    pub(crate) fn one(parameter: &str, message: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.add(parameter, message);
        invalid
    }

    pub(crate) fn of_subset(parameter: &str, message: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.add_subset(parameter, message);
        invalid
    }

    pub(crate) fn unknown_table(name: &TableName) -> Self {
        let hint = "If the table name contains capitals or special characters you must quote it.";
        Self::one("table", format!("Table {name} does not exist. {hint}"))
    }
}

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        let mut errors: BTreeMap<String, Value> =
            self.parameters.into_iter().map(|(parameter, messages)| (parameter, messages.into())).collect();
        if !self.subset.is_empty() {
            errors.insert("subset".to_owned(), json!(self.subset));
        }
        // Electric's order, which `json!` would sort.
        let body = format!(r#"{{"message":"Invalid request","errors":{}}}"#, json!(errors));
        uncached(StatusCode::BAD_REQUEST, body)
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
    busy(json!({ "message": message }), retry_after)
}

/// 503: there is no database to answer from.
pub(crate) fn unreachable() -> Response {
    busy(json!({ "code": "database_unreachable", "error": "Database is unreachable" }), 10)
}

/// 503: so many requests of this kind are being answered.
pub(crate) fn overloaded(kind: &str, limit: usize) -> Response {
    let message = format!("Concurrent {kind} request limit exceeded (limit: {limit}), please retry");
    let body = json!({ "code": "concurrent_request_limit_exceeded", "message": message });
    // Not all at the same time.
    let mut response = busy(body, fastrand::u8(6..=10));
    response.headers_mut().insert("electric-internal-known-error", HeaderValue::from_static("true"));
    response
}

fn busy(body: Value, retry_after: u8) -> Response {
    let mut response = uncached(StatusCode::SERVICE_UNAVAILABLE, body.to_string());
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u16::from(retry_after)));
    response
}

/// 500: what went wrong is ours, and is only logged.
pub(crate) fn internal() -> Response {
    uncached(StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "Internal server error" }).to_string())
}

/// An answer that Electric gives before it looks at the shape: it says nothing of caches.
pub(crate) fn default_cached(status: StatusCode, body: String) -> Response {
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"))];
    (status, headers, body).into_response()
}

/// Of a request that isn't a GET no cache keeps the answer.
pub(crate) fn not_kept(mut response: Response) -> Response {
    let private = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("private"));
    if !response.headers().get(CACHE_CONTROL).is_some_and(private) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

fn uncached(status: StatusCode, body: String) -> Response {
    let headers = [(CACHE_CONTROL, NO_STORE), (HeaderName::from_static("surrogate-control"), NO_STORE), JSON];
    (status, headers, body).into_response()
}

impl IntoResponse for ShapeError {
    fn into_response(self) -> Response {
        match &self {
            Self::Source(error) => source_error(error),
            Self::Condition(reason) => invalid("where", reason),
            Self::Restless => {
                tracing::error!(error = %self, "no shape to answer from");
                unavailable("The shape can't be read from the database right now", 10)
            }
        }
    }
}

/// What a client is told when the source failed.
pub(crate) fn source_error(error: &SourceError) -> Response {
    match error {
        SourceError::UnknownTable(name) => Invalid::unknown_table(name).into_response(),
        SourceError::Database(_) => {
            tracing::error!(%error, "the database can't be asked");
            unreachable()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s_066_errors_are_spelled_as_in_the_captures() {
        let mut both = Invalid::of_subset("where", "w");
        both.add("offset", "o");
        for (response, status, body) in [
            (
                both.into_response(),
                400,
                r#"{"message":"Invalid request","errors":{"offset":["o"],"subset":{"where":["w"]}}}"#,
            ),
            (internal(), 500, r#"{"error":"Internal server error"}"#),
            (unreachable(), 503, r#"{"code":"database_unreachable","error":"Database is unreachable"}"#),
            (
                overloaded("existing", 1),
                503,
                r#"{"code":"concurrent_request_limit_exceeded","message":"Concurrent existing request limit exceeded (limit: 1), please retry"}"#,
            ),
        ] {
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            let found = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            assert_eq!(found, body);
        }
    }
}
