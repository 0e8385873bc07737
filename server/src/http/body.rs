//! A POST's body: a JSON object that asks for a subset, and for nothing else.

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::http::reply::{self, JSON};

/// Electric's limit.
pub(crate) const MOST_BYTES: usize = 8_000_000;

/// Reads the body; one that is empty is an empty object.
pub(crate) fn read(body: Result<Bytes, BytesRejection>) -> Result<Map<String, Value>, Box<Response>> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => refuse(rejection.status(), json!({ "error": "Request body too large" })),
        _ => refuse(StatusCode::BAD_REQUEST, json!({ "error": "Failed to read request body" })),
    })?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refuse(StatusCode::BAD_REQUEST, json!({ "error": "Request body must be a JSON object" }))),
        Err(error) => {
            let details = details(&body, &error);
            // Electric's order, which `json!` would sort.
            let text = format!(r#"{{"error":"Invalid JSON in request body","details":{}}}"#, json!(details));
            Err(typed(reply::default_cached(StatusCode::BAD_REQUEST, text)))
        }
    }
}

fn refuse(status: StatusCode, body: Value) -> Box<Response> {
    typed(reply::default_cached(status, body.to_string()))
}

fn typed(mut response: Response) -> Box<Response> {
    response.headers_mut().insert(CONTENT_TYPE, JSON.1);
    Box::new(response)
}

/// Where the JSON is wrong, as Electric says it.
fn details(body: &[u8], error: &serde_json::Error) -> String {
    let lines = body.split_inclusive(|&byte| byte == b'\n').take(error.line().saturating_sub(1));
    let position = lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
    match body.get(position) {
        Some(&byte) if !error.is_eof() => {
            let shown = byte.is_ascii_graphic().then(|| format!(" (\"{}\")", char::from(byte).escape_default()));
            format!("unexpected byte at position {position}: 0x{byte:02X}{}", shown.unwrap_or_default())
        }
        _ => format!("unexpected end of input at position {}", body.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn s_055_a_body_is_a_json_object() {
        for (body, status, answer) in [
            (
                "{nope",
                400,
                r#"{"error":"Invalid JSON in request body","details":"unexpected byte at position 1: 0x6E (\"n\")"}"#,
            ),
            (
                "{\n\"a\": ?}",
                400,
                r#"{"error":"Invalid JSON in request body","details":"unexpected byte at position 7: 0x3F (\"?\")"}"#,
            ),
            (
                "{\"a\":",
                400,
                r#"{"error":"Invalid JSON in request body","details":"unexpected end of input at position 5"}"#,
            ),
            ("[]", 400, r#"{"error":"Request body must be a JSON object"}"#),
            ("null", 400, r#"{"error":"Request body must be a JSON object"}"#),
        ] {
            let response = read(Ok(Bytes::from(body))).unwrap_err();
            assert_eq!(response.status(), status, "{body}");
            let found = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            assert_eq!(found, answer, "{body}");
        }
        assert!(read(Ok(Bytes::new())).unwrap().is_empty());
        assert_eq!(read(Ok(Bytes::from("{\"a\":1}"))).unwrap()["a"], 1);
    }
}
