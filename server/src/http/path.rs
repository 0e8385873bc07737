//! Other spellings of a path.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Rewrites the path to the spelling that routes have: without empty parts, and without escapes that no character
/// needed. A request that comes by another spelling is routed, and checked, as if it had come by this one.
pub(crate) fn normalize(mut request: Request) -> Request {
    let uri = request.uri();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path: Result<PathAndQuery, _> = format!("{}{query}", normal(uri.path())).parse();
    let mut parts = uri.clone().into_parts();
    if let Ok(path) = path {
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn normal(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let normal: String = parts.flat_map(|part| ["/".to_owned(), unescaped(part)]).collect();
    if normal.is_empty() { "/".to_owned() } else { normal }
}

/// A part of a URL without the escapes that no character needed.
pub(crate) fn unescaped(part: &str) -> String {
    let mut text = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let escaped = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                text.push('%');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_034_a_path_has_one_spelling() {
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/v1/shape", "/v1/shape"),
            ("/v1/shape/", "/v1/shape"),
            ("//v1///shape//", "/v1/shape"),
            ("/v1/%73hape", "/v1/shape"),
            ("/%761/%73%68%61pe", "/v1/shape"),
            ("/v1%2Fshape", "/v1%2Fshape"),
            ("/v1/%2573hape", "/v1/%2573hape"),
            ("/v1/./shape", "/v1/./shape"),
            ("/a%", "/a%"),
            ("/a%+1", "/a%+1"),
            ("/a%é", "/a%é"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }
}
