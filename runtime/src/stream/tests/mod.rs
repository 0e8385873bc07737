//! A driver for tests, which applies rows to a map, and the tests by subject.

mod ahead;
mod captures;
mod faults;
mod lifecycle;
mod push;
mod replay;
mod requests;
mod rules;
mod subset;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::faults::{MALFORMED_ANSWERS, STALE_ANSWERS, STANDSTILLS};
use super::*;
use crate::captures::{Capture, Fault, apply};
use crate::log::{Log, LogError, Message};
use crate::shape::Shape;

const ELECTRIC: &str = "http://127.0.0.1:3000/v1/shape";

#[derive(Clone)]
struct Driver<S: Shape> {
    stream: Stream,
    rows: BTreeMap<S::Key, S>,
    /// What followed from the last event, without requests that were dropped at once.
    effects: Vec<Effect>,
    /// The requests that are under way, in the order in which they were sent.
    open: Vec<Request>,
    /// What a request takes until its answer ends.
    lasts: Duration,
}

impl<S: Shape> Driver<S> {
    /// A stream that has sent its first request.
    fn start(position: Option<Position>) -> Self {
        let address = Address::electric(ELECTRIC, S::DEFINITION, &[]).unwrap();
        let stream = Stream::new(S::DEFINITION, address, position, None, 0xabc);
        let mut driver = Self {
            stream,
            rows: BTreeMap::new(),
            effects: Vec::new(),
            open: Vec::new(),
            lasts: Duration::from_secs(9),
        };
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
                Effect::Deliver(delivery @ Delivery { subset: Some(limit), .. }) => {
                    let report = match apply_subset::<S>(&delivery.body, *limit, &mut self.rows) {
                        Ok(outcome) => Event::Delivered(outcome),
                        Err(error) => Event::Rejected(SyncError::malformed(S::DEFINITION, error)),
                    };
                    self.effects.push(effect);
                    self.feed(report);
                }
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
                Effect::Fetch(request) => {
                    self.open.push(request.clone());
                    self.effects.push(effect);
                }
                Effect::Abandon(id) => {
                    self.open.retain(|request| request.id != *id);
                    self.effects.retain(|effect| !matches!(effect, Effect::Fetch(request) if request.id == *id));
                }
                _ => self.effects.push(effect),
            }
        }
    }

    /// The request whose answer comes next: the first one that was not answered yet.
    fn due(&self) -> RequestId {
        self.open.first().unwrap_or_else(|| panic!("no request is under way: {:?}", self.effects)).id
    }

    fn head(&mut self, answer: &Capture) {
        let id = self.due();
        self.feed(Event::Head { id, status: answer.status, headers: &answer.headers.as_slice() });
    }

    fn piece(&mut self, bytes: &[u8]) {
        if let Some(request) = self.open.first() {
            self.feed(Event::Piece { id: request.id, bytes });
        }
    }

    fn end(&mut self) {
        // A stream that needs no more of the answer drops it at its head.
        if !self.open.is_empty() {
            let id = self.open.remove(0).id;
            self.feed(Event::End { id, lasted: self.lasts });
        }
    }

    fn broken(&mut self, reason: &str) {
        let id = self.open.remove(0).id;
        self.feed(Event::Failed { id, reason: reason.to_owned(), lasted: self.lasts });
    }

    /// The answer of a request ends, which may be one that was dropped.
    fn over(&mut self, event: Event<'_>) {
        if let Event::End { id, .. } | Event::Failed { id, .. } = event {
            self.open.retain(|request| request.id != id);
        }
        self.on(event);
    }

    /// The request that is due broke, and nothing else happened.
    fn breaks(&mut self, reason: &str) {
        self.effects.clear();
        self.broken(reason);
    }

    /// A whole answer, its body in pieces of this size.
    fn answer_in_pieces(&mut self, answer: &Capture, size: usize) {
        self.effects.clear();
        let id = self.due();
        self.head(answer);
        for bytes in answer.body.chunks(size) {
            self.feed(Event::Piece { id, bytes });
        }
        if self.open.first().is_some_and(|request| request.id == id) {
            self.end();
        }
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
        let whole = S::DEFINITION.load == Load::All;
        assert_eq!(query.get("log"), Some(if whole { "full" } else { "changes_only" }));
        query
    }

    fn stopped(&self) -> Option<&SyncError> {
        match self.effects.last() {
            Some(Effect::Stop(error)) => error.as_ref(),
            other => panic!("not stopped: {other:?}"),
        }
    }

    /// What was delivered after the last event.
    fn delivery(&self) -> &Delivery {
        let mut delivered = self.effects.iter().filter_map(|effect| match effect {
            Effect::Deliver(delivery) => Some(delivery),
            _ => None,
        });
        delivered.next().unwrap_or_else(|| panic!("nothing was delivered: {:?}", self.effects))
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

/// Takes the rows of a subset over, as the first column orders them.
fn apply_subset<S: Shape>(body: &[u8], limit: u32, rows: &mut BTreeMap<S::Key, S>) -> Result<Outcome, LogError> {
    let (mut log, _) = Log::of_subset(body, S::DEFINITION)?;
    let mut columns = log.columns();
    let (mut oldest, mut count) = (None, 0);
    while log.next(&mut columns)?.is_some() {
        oldest = Some(vec![columns.peek(0).unwrap()]);
        count += 1;
        let row = S::decode(&mut columns).unwrap();
        rows.insert(row.key(), row);
    }
    Ok(Outcome::Subset { rows: count, oldest: oldest.filter(|_| count >= limit as usize) })
}

fn position(handle: &str, offset: &str) -> Option<Position> {
    Some(Position { handle: handle.to_owned(), offset: offset.to_owned(), oldest: None })
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
    let answer = bare(200, &format!("[{}]", messages.join(",")));
    let up_to_date = messages.last() == Some(&UP_TO_DATE);
    let answer = if up_to_date { answer.with("electric-up-to-date", "") } else { answer };
    answer.with("electric-handle", handle).with("electric-offset", offset).with("electric-schema", SCHEMA)
}

/// An answer of the table `gone` to a live request.
fn live(handle: &str, offset: &str, cursor: &str, messages: &[&str]) -> Capture {
    catch_up(handle, offset, messages).without("electric-schema").with("electric-cursor", cursor)
}

/// A message as a server pushes it.
fn event(message: &str) -> Vec<u8> {
    format!("data: {message}\n\n").into_bytes()
}

fn must_refetch(handle: Option<&str>) -> Capture {
    let answer = bare(409, r#"[{"headers":{"control":"must-refetch"}}]"#);
    handle.map_or(answer.clone(), |handle| answer.with("electric-handle", handle))
}
