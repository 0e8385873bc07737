//! What clients asked for: a log that tests and examples read.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri};

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
    /// The query's parameters, decoded, in their order.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let uri = Uri::builder().path_and_query(format!("/?{}", self.query)).build().unwrap_or_default();
        Query::try_from_uri(&uri).map(|Query(parameters)| parameters).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_kept_and_answers_find_theirs() {
        let log = RequestLog::new(2);
        let request = |(path, query): (&str, &str)| Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            status: None,
        };
        let numbers: Vec<u64> =
            [("/a", ""), ("/b", "x=1"), ("/c", "")].into_iter().map(|sent| log.arrived(request(sent))).collect();
        for (number, status) in numbers.into_iter().zip([StatusCode::OK, StatusCode::CONFLICT, StatusCode::OK]) {
            log.answered(number, status);
        }
        let seen: Vec<_> = log.all().into_iter().map(|request| (request.path, request.query, request.status)).collect();
        assert_eq!(seen, [("/b".to_owned(), "x=1".to_owned(), Some(409)), ("/c".to_owned(), String::new(), Some(200))]);
    }
}
