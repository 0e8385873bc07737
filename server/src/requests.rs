//! What clients asked for: a log that tests and examples read.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, StatusCode, Uri};

use crate::http::path::unescaped;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, …
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without `?`, as it was sent but for secrets, which are `…`; empty where there was none.
    pub query: String,
    /// The answer's status; `None` while the request is held or after its client went away.
    pub status: Option<u16>,
}

impl Request {
    /// A request that isn't answered yet.
    pub(crate) fn new(method: &Method, uri: &Uri) -> Self {
        Self {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: without_secrets(uri.query().unwrap_or_default()),
            status: None,
        }
    }
}

/// An answer, as it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// What was asked for; its status is there.
    pub request: &'a Request,
    /// The answer's headers.
    pub headers: &'a HeaderMap,
    /// The body's length, where it is known before it is sent; a stream's isn't.
    pub bytes: Option<u64>,
    /// The body of an error.
    pub error: Option<&'a str>,
}

/// The newest requests, in the order of their arrival.
pub(crate) struct RequestLog {
    kept: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// The number of the first in `requests`.
    first: u64,
    requests: VecDeque<Request>,
}

impl RequestLog {
    /// Keeps the newest `kept` requests.
    pub(crate) fn new(kept: usize) -> Self {
        Self { kept, entries: Mutex::default() }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request and returns its number.
    pub(crate) fn arrived(&self, request: Request) -> u64 {
        let mut entries = self.entries();
        entries.requests.push_back(request);
        while entries.requests.len() > self.kept {
            entries.requests.pop_front();
            entries.first += 1;
        }
        entries.first + (entries.requests.len() as u64).wrapping_sub(1)
    }

    /// Notes the answer to a request.
    pub(crate) fn answered(&self, number: u64, status: StatusCode) {
        let mut entries = self.entries();
        let index = number.checked_sub(entries.first).and_then(|index| usize::try_from(index).ok());
        if let Some(request) = index.and_then(|index| entries.requests.get_mut(index)) {
            request.status = Some(status.as_u16());
        }
    }

    /// The requests so far.
    pub(crate) fn all(&self) -> Vec<Request> {
        self.entries().requests.iter().cloned().collect()
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

    #[test]
    fn only_the_newest_are_kept_and_answers_find_theirs() {
        let log = RequestLog::new(2);
        let request = |uri: &str| Request::new(&Method::GET, &uri.parse().unwrap());
        let numbers: Vec<u64> = ["/a", "/b?x=1", "/c"].into_iter().map(|uri| log.arrived(request(uri))).collect();
        for (number, status) in numbers.into_iter().zip([StatusCode::OK, StatusCode::CONFLICT, StatusCode::OK]) {
            log.answered(number, status);
        }
        let seen: Vec<_> = log.all().into_iter().map(|request| (request.path, request.query, request.status)).collect();
        assert_eq!(seen, [("/b".to_owned(), "x=1".to_owned(), Some(409)), ("/c".to_owned(), String::new(), Some(200))]);
    }
}
