//! Who is asking, as the request says: nothing is verified, which is why the dev service listens on loopback only.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;
use shapegen_server::SessionValues;

/// The session values of a bearer token: a JWT whose signature is not looked at, or the claims as plain JSON. `None`
/// when the token is neither, or lacks a claim.
pub(super) fn unverified(headers: &HeaderMap, claims: &[(String, String)]) -> Option<SessionValues> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    let said: Value = match token.split('.').nth(1) {
        Some(payload) if !token.starts_with('{') => serde_json::from_slice(&base64url(payload)?).ok()?,
        _ => serde_json::from_str(token).ok()?,
    };
    claims.iter().try_fold(SessionValues::new(), |session, (name, claim)| {
        let text = match said.get(claim)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        Some(session.with(name, text))
    })
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_come_from_a_token_or_from_plain_json() {
        let claims = [("user_id".to_owned(), "sub".to_owned())];
        let of = |token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            unverified(&headers, &claims).and_then(|session| session.get("user_id").map(str::to_owned))
        };
        // {"alg":"none"} . {"sub":"añn","n":1}
        assert_eq!(of("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhw7FuIiwibiI6MX0.x").as_deref(), Some("añn"));
        assert_eq!(of(r#"{"sub": 7.5}"#).as_deref(), Some("7.5"));
        for token in ["", "x", "a.b.c", r#"{"other": 1}"#, r#"{"sub": null}"#, "a.!.c"] {
            assert_eq!(of(token), None, "{token}");
        }
        assert_eq!(unverified(&HeaderMap::new(), &claims), None);
    }
}
