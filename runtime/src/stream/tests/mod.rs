//! A driver for tests, which applies rows to a map, and the tests by subject.

mod faults;
mod replay;
mod requests;
mod rules;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::*;
use crate::captures::{Capture, Fault, apply};
use crate::log::Message;
use crate::shape::Shape;

const ELECTRIC: &str = "http://127.0.0.1:3000/v1/shape";

#[derive(Clone)]
struct Driver<S: Shape> {
    stream: Stream,
    rows: BTreeMap<S::Key, S>,
    /// What followed from the last event.
    effects: Vec<Effect>,
}

impl<S: Shape> Driver<S> {
    /// A stream that has sent its first request.
    fn start(position: Option<Position>) -> Self {
        let address = Address::electric(ELECTRIC, S::DEFINITION, &[]).unwrap();
        let stream = Stream::new(S::DEFINITION, address, position, 0xabc);
        let mut driver = Self { stream, rows: BTreeMap::new(), effects: Vec::new() };
        driver.on(Event::Start);
        driver
    }

    fn on(&mut self, event: Event<'_>) {
        self.effects.clear();
        self.feed(event);
    }

    fn feed(&mut self, event: Event<'_>) {
        for effect in self.stream.on(event) {
            match &effect {
                Effect::Deliver(delivery) => {
                    let report = match apply::<S>(&delivery.body, &mut self.rows) {
                        Ok(Some(Message::UpToDate { .. })) => Event::Delivered(Outcome::UpToDate),
                        Ok(Some(Message::MustRefetch)) => Event::Delivered(Outcome::MustRefetch),
                        Ok(_) => Event::Delivered(Outcome::More),
                        Err(Fault::Log(error)) => Event::Rejected(SyncError::malformed(S::DEFINITION, error)),
                        Err(Fault::Column(error)) => Event::Rejected(SyncError::column(S::DEFINITION, error)),
                    };
                    self.effects.push(effect);
                    self.feed(report);
                }
                Effect::Refetch => {
                    self.rows.clear();
                    self.effects.push(effect);
                }
                _ => self.effects.push(effect),
            }
        }
    }

    fn head(&mut self, answer: &Capture) {
        self.feed(Event::Head { status: answer.status, headers: &answer.headers.as_slice() });
    }

    /// A whole answer, its body in pieces of this size.
    fn answer_in_pieces(&mut self, answer: &Capture, size: usize) {
        self.effects.clear();
        self.head(answer);
        for piece in answer.body.chunks(size) {
            self.feed(Event::Piece(piece));
        }
        self.feed(Event::End);
    }

    fn answer(&mut self, answer: &Capture) -> &mut Self {
        self.answer_in_pieces(answer, 1000);
        self
    }

    /// The one request that went out after the last event; waits for it if it must.
    fn request(&mut self) -> Query {
        if let Some(Effect::Wait { .. }) = self.effects.last() {
            self.feed(Event::Timer);
        }
        let mut sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Fetch(request) => Some(request),
            _ => None,
        });
        let request = sent.next().unwrap_or_else(|| panic!("no request: {:?}", self.effects));
        assert!(sent.next().is_none(), "several requests: {:?}", self.effects);
        let query = Query::of(&request.url);
        assert_eq!(query.get("live"), request.live.then_some("true"));
        assert_eq!(query.get("log"), Some("full"));
        query
    }

    fn stopped(&self) -> Option<&SyncError> {
        match self.effects.last() {
            Some(Effect::Stop(error)) => error.as_ref(),
            other => panic!("not stopped: {other:?}"),
        }
    }

    fn waits(&self) -> Option<(Duration, Duration)> {
        match self.effects.last() {
            Some(Effect::Wait { at_least, up_to }) => Some((*at_least, *up_to)),
            _ => None,
        }
    }

    fn offset(&self) -> Option<String> {
        self.stream.position().map(|position| position.offset)
    }
}

/// The parameters of a URL, decoded.
#[derive(Debug, PartialEq)]
struct Query(Vec<(String, String)>);

impl Query {
    fn of(url: &str) -> Self {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let pairs = url.split_once('?').unwrap().1.split('&').map(|pair| pair.split_once('=').unwrap());
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// offset, handle, live, cursor
    fn place(&self) -> [Option<&str>; 4] {
        ["offset", "handle", "live", "cursor"].map(|name| self.get(name))
    }
}

fn position(handle: &str, offset: &str) -> Option<Position> {
    Some(Position { handle: handle.to_owned(), offset: offset.to_owned() })
}

/// An answer without headers.
fn bare(status: u16, body: &str) -> Capture {
    Capture { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

const SCHEMA: &str = r#"{"id":{"type":"int4","not_null":true,"pk_index":0},"v":{"type":"text"}}"#;
const ROW: &str = r#"{"value":{"id":"1","v":"a"},"headers":{"operation":"insert"}}"#;
const UP_TO_DATE: &str = r#"{"headers":{"control":"up-to-date","global_last_seen_lsn":"5"}}"#;

/// An answer of the table `gone` to a request that wasn't live.
fn catch_up(handle: &str, offset: &str, messages: &[&str]) -> Capture {
    bare(200, &format!("[{}]", messages.join(",")))
        .with("electric-handle", handle)
        .with("electric-offset", offset)
        .with("electric-schema", SCHEMA)
}

/// An answer of the table `gone` to a live request.
fn live(handle: &str, offset: &str, cursor: &str, messages: &[&str]) -> Capture {
    catch_up(handle, offset, messages).without("electric-schema").with("electric-cursor", cursor)
}

fn must_refetch(handle: Option<&str>) -> Capture {
    let answer = bare(409, r#"[{"headers":{"control":"must-refetch"}}]"#);
    handle.map_or(answer.clone(), |handle| answer.with("electric-handle", handle))
}
