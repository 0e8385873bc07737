//! The shape protocol as a state machine: events in, effects out; no executor, clock, socket or randomness in it.
//!
//! [`Stream::on`] takes what happened and says what to do. A driver does it: sends requests, feeds the answers back
//! piece by piece, waits, applies what is delivered. A response counts as a whole or not at all: the position moves
//! only when the driver has confirmed that the messages were taken over.

mod address;
mod error;
mod event;
mod retry;
mod schema;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use address::{Address, AddressError};
pub use error::{Drift, Origin, SyncError};
pub use event::{Delivery, Effect, Event, Headers, Outcome, Request};

use crate::definition::ShapeDefinition;
use crate::position::Position;

/// Every answer of a shape service has some of these.
const HEADERS: [&str; 4] = ["electric-handle", "electric-offset", "electric-cursor", schema::HEADER];
/// The offset before everything.
const BEGINNING: &str = "-1";
/// Answers with an expired handle before the memory of it is doubted.
const STALE_ANSWERS: u32 = 3;
/// Refetches without an up-to-date between them, before the next one waits.
const REFETCHES_AT_ONCE: u32 = 2;
/// Answers that move nothing, before the next request waits.
const STANDSTILLS_AT_ONCE: u32 = 5;
/// Bodies that are no log, one after the other, before the stream stops.
const MALFORMED_ANSWERS: u32 = 4;
/// Bytes of an error's body that are read.
const ERROR_BODY: usize = 16 * 1024;
/// Room made ahead for a body, however long it says it is.
const BODY_AHEAD: usize = 16 * 1024 * 1024;
/// What a 204 says, as a body.
const NOTHING_NEW: &[u8] = br#"[{"headers":{"control":"up-to-date"}}]"#;

/// The state of one shape's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    definition: &'static ShapeDefinition,
    address: Address,
    at: Place,
    phase: Phase,
    /// The handle of the log that was lost last. Handles never come back, so an answer with it is an old one.
    expired: Option<String>,
    /// Makes a URL that no cache knows; for requests until the next accepted answer.
    cache_buster: Option<String>,
    cache_busters: u64,
    seed: u64,
    /// Answers with an expired handle, one after the other.
    stale: u32,
    /// The memory of an expired handle was given up, and no up-to-date came since.
    healed: bool,
    /// Refetches since the last up-to-date.
    refetches: u32,
    /// Answers that moved nothing, one after the other.
    standstills: u32,
    malformed: u32,
    /// Waits since the last delivery.
    failures: u32,
    /// The connection has served before: when it breaks, another try may go out at once.
    reused: bool,
    offline: bool,
}

/// Where the next request reads.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    handle: Option<String>,
    offset: String,
    cursor: Option<String>,
    live: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Stopped,
    Asked,
    Receiving(Answer),
    Refused(Refusal),
    Delivering(Place),
    Waiting,
}

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    next: Place,
    handle: String,
    body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
struct Refusal {
    status: u16,
    retry_after: Duration,
    body: Vec<u8>,
}

impl Stream {
    /// A stream that stands at `position`, or before everything.
    ///
    /// `seed` is a random number; it makes this stream's cache busters differ from those of others.
    pub fn new(definition: &'static ShapeDefinition, address: Address, position: Option<Position>, seed: u64) -> Self {
        let mut at = Place::beginning(None);
        if let Some(Position { handle, offset }) = position {
            (at.handle, at.offset) = (Some(handle), offset);
        }
        Self {
            definition,
            address,
            at,
            phase: Phase::Stopped,
            expired: None,
            cache_buster: None,
            cache_busters: 0,
            seed,
            stale: 0,
            healed: false,
            refetches: 0,
            standstills: 0,
            malformed: 0,
            failures: 0,
            reused: false,
            offline: false,
        }
    }

    /// The last position that was taken over; `None` before the first, and after a refetch.
    pub fn position(&self) -> Option<Position> {
        let handle = self.at.handle.clone().filter(|_| self.at.offset != BEGINNING)?;
        Some(Position { handle, offset: self.at.offset.clone() })
    }

    /// Takes in what happened. An event that doesn't fit what is under way, such as a late one, changes nothing.
    pub fn on(&mut self, event: Event<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let phase = std::mem::replace(&mut self.phase, Phase::Stopped);
        self.phase = match (phase, event) {
            (Phase::Stopped, Event::Start) => {
                self.at.live = false;
                self.ask(&mut effects)
            }
            (Phase::Waiting, Event::Timer) => self.ask(&mut effects),
            (Phase::Asked, Event::Head { status, headers }) => self.head(status, headers, &mut effects),
            (Phase::Receiving(mut answer), Event::Piece(piece)) => {
                answer.body.extend_from_slice(piece);
                Phase::Receiving(answer)
            }
            (Phase::Receiving(answer), Event::End) => self.complete(answer, &mut effects),
            (Phase::Refused(mut refusal), Event::Piece(piece)) => {
                let room = ERROR_BODY - refusal.body.len();
                refusal.body.extend_from_slice(&piece[..piece.len().min(room)]);
                Phase::Refused(refusal)
            }
            // The status says enough where the body broke off.
            (Phase::Refused(refusal), Event::End | Event::Failed(_)) => self.refused(refusal, &mut effects),
            (Phase::Asked | Phase::Receiving(_), Event::Failed(reason)) => self.broken(reason, &mut effects),
            (Phase::Delivering(next), Event::Delivered(outcome)) => self.delivered(next, outcome, &mut effects),
            (Phase::Delivering(_), Event::Rejected(error)) => self.rejected(error, &mut effects),
            (Phase::Stopped, _) => Phase::Stopped,
            (_, Event::Cancel) => stop(None, &mut effects),
            (phase, _) => phase,
        };
        effects
    }

    fn origin(&self) -> Origin {
        Origin::new(self.definition)
    }

    fn ask(&mut self, effects: &mut Vec<Effect>) -> Phase {
        let at = &self.at;
        let mut query = vec![("log", "full"), ("offset", at.offset.as_str())];
        query.extend(at.handle.as_deref().map(|handle| ("handle", handle)));
        if at.live {
            query.push(("live", "true"));
            query.extend(at.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        }
        query.extend(self.expired.as_deref().map(|handle| ("expired_handle", handle)));
        query.extend(self.cache_buster.as_deref().map(|buster| ("cache-buster", buster)));
        effects.push(Effect::Fetch(Request { url: self.address.url(&query), live: at.live }));
        Phase::Asked
    }

    fn bust_caches(&mut self) {
        self.cache_busters += 1;
        self.cache_buster = Some(format!("{:x}-{}", self.seed, self.cache_busters));
    }

    fn head(&mut self, status: u16, headers: &dyn Headers, effects: &mut Vec<Effect>) -> Phase {
        match status {
            // The page of somebody on the way, such as a hotel's: it says nothing of the shape, and goes by itself.
            200 if HEADERS.iter().all(|name| headers.get(name).is_none()) => {
                Phase::Refused(Refusal { status, retry_after: Duration::ZERO, body: Vec::new() })
            }
            200 | 204 => self.accept(status, headers, effects),
            409 => self.lost(headers.get("electric-handle"), effects),
            _ => Phase::Refused(Refusal { status, retry_after: retry::retry_after(headers), body: Vec::new() }),
        }
    }

    fn accept(&mut self, status: u16, headers: &dyn Headers, effects: &mut Vec<Effect>) -> Phase {
        let header = |name| headers.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let handle = header("electric-handle");
        if let Some(handle) = handle.as_ref().filter(|handle| self.is_stale(handle)) {
            return self.stale(handle.clone(), effects);
        }
        let (offset, cursor, schema) = (header("electric-offset"), header("electric-cursor"), header(schema::HEADER));
        let nothing_new = status == 204;
        let mut missing = Vec::new();
        let mut need = |name, value: Option<String>| {
            if value.is_none() {
                missing.push(name);
            }
            value.unwrap_or_default()
        };
        // Servers that answer 204 say less with it.
        let own = |value: String| Some(value).filter(|_| nothing_new);
        let handle = need("electric-handle", handle.or_else(|| own(self.at.handle.clone()?)));
        let offset = need("electric-offset", offset.or_else(|| own(self.at.offset.clone())));
        if self.at.live && !nothing_new {
            need("electric-cursor", cursor.clone());
        }
        if !self.at.live && !nothing_new {
            need(schema::HEADER, schema.clone());
        }
        if !missing.is_empty() {
            let error = SyncError::MissingHeaders { of: self.origin(), headers: missing };
            return stop(Some(error), effects);
        }
        if let Some(schema) = schema
            && let Err(error) = schema::check(self.definition, &schema)
        {
            return stop(Some(error), effects);
        }
        if std::mem::take(&mut self.offline) {
            effects.push(Effect::Online);
        }
        let cursor = cursor.or_else(|| self.at.cursor.clone());
        let next = Place { handle: Some(handle.clone()), offset, cursor, live: false };
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = Vec::with_capacity(BODY_AHEAD.min(length));
        if nothing_new {
            body.extend_from_slice(NOTHING_NEW);
        }
        Phase::Receiving(Answer { next, handle, body })
    }

    /// An answer of a log that is lost, or of another one than was asked for: only a cache gives it.
    fn is_stale(&self, handle: &str) -> bool {
        let other = self.at.offset != BEGINNING && self.at.handle.as_deref() != Some(handle);
        other || self.expired.as_deref() == Some(handle)
    }

    fn stale(&mut self, handle: String, effects: &mut Vec<Effect>) -> Phase {
        self.stale += 1;
        self.bust_caches();
        if self.stale <= STALE_ANSWERS {
            return self.ask(effects);
        }
        self.stale = 0;
        if self.healed {
            return stop(Some(SyncError::StaleCache { of: self.origin(), handle }), effects);
        }
        tracing::warn!(shape = self.definition.name, handle, "caches insist on an expired handle: beginning again");
        self.healed = true;
        self.expired = None;
        self.begin_again(None, effects)
    }

    /// The log is gone; `successor` is the handle of the one that took its place, where that is known.
    fn lost(&mut self, successor: Option<&str>, effects: &mut Vec<Effect>) -> Phase {
        if let Some(handle) = self.at.handle.take() {
            self.expired = Some(handle);
        }
        let successor = successor.filter(|handle| !handle.is_empty() && self.expired.as_deref() != Some(*handle));
        let successor = successor.map(str::to_owned);
        self.begin_again(successor, effects)
    }

    fn begin_again(&mut self, handle: Option<String>, effects: &mut Vec<Effect>) -> Phase {
        self.at = Place::beginning(handle);
        self.bust_caches();
        self.standstills = 0;
        effects.push(Effect::Refetch);
        self.refetches += 1;
        match self.refetches.checked_sub(REFETCHES_AT_ONCE + 1) {
            None => self.ask(effects),
            Some(times) => wait(Duration::ZERO, times, effects),
        }
    }

    fn complete(&mut self, answer: Answer, effects: &mut Vec<Effect>) -> Phase {
        // Not even an empty array: nothing says that the messages before the new offset were none.
        if answer.body.is_empty() {
            return self.standstill(effects);
        }
        let position = Position { handle: answer.handle, offset: answer.next.offset.clone() };
        let first = self.at.offset == BEGINNING;
        effects.push(Effect::Deliver(Delivery { body: answer.body, position, first }));
        Phase::Delivering(answer.next)
    }

    fn delivered(&mut self, next: Place, outcome: Outcome, effects: &mut Vec<Effect>) -> Phase {
        (self.stale, self.malformed, self.failures) = (0, 0, 0);
        self.reused = true;
        self.cache_buster = None;
        if outcome == Outcome::MustRefetch {
            return self.lost(None, effects);
        }
        if outcome == Outcome::Restart {
            return self.begin_again(None, effects);
        }
        let moved = self.at.offset != next.offset;
        self.at = next;
        if outcome == Outcome::UpToDate {
            self.at.live = true;
            self.healed = false;
            self.refetches = 0;
        } else if !moved {
            return self.standstill(effects);
        }
        self.standstills = 0;
        self.ask(effects)
    }

    fn standstill(&mut self, effects: &mut Vec<Effect>) -> Phase {
        self.standstills += 1;
        match self.standstills.checked_sub(STANDSTILLS_AT_ONCE) {
            None => self.ask(effects),
            Some(times) => wait(Duration::ZERO, times, effects),
        }
    }

    fn rejected(&mut self, error: SyncError, effects: &mut Vec<Effect>) -> Phase {
        if matches!(error, SyncError::Malformed { .. }) {
            self.malformed += 1;
            if self.malformed < MALFORMED_ANSWERS {
                // It may be a cache that holds half an answer.
                self.bust_caches();
                return self.fail(error, Duration::ZERO, effects);
            }
            self.malformed = 0;
        }
        stop(Some(error), effects)
    }

    fn refused(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) -> Phase {
        let Refusal { status, retry_after, body } = refusal;
        if status == 400 && self.at.offset != BEGINNING && is_out_of_bounds(&body) {
            return self.begin_again(None, effects);
        }
        let (of, body) = (self.origin(), error::shortened(&body));
        match status {
            408 | 429 => {}
            400..500 => return stop(Some(SyncError::Refused { of, status, body }), effects),
            _ => {}
        }
        self.fail(SyncError::Unavailable { of, status, body }, retry_after, effects)
    }

    fn broken(&mut self, reason: String, effects: &mut Vec<Effect>) -> Phase {
        // Servers close idle connections just when the next request goes out.
        if std::mem::take(&mut self.reused) {
            return self.ask(effects);
        }
        self.fail(SyncError::Network { of: self.origin(), reason }, Duration::ZERO, effects)
    }

    fn fail(&mut self, error: SyncError, at_least: Duration, effects: &mut Vec<Effect>) -> Phase {
        self.offline = true;
        // An answer that is not held back shows sooner that the service is there again.
        self.at.live = false;
        effects.push(Effect::Offline(error));
        let phase = wait(at_least, self.failures, effects);
        self.failures += 1;
        phase
    }
}

impl Place {
    fn beginning(handle: Option<String>) -> Self {
        Self { handle, offset: BEGINNING.to_owned(), cursor: None, live: false }
    }
}

fn wait(at_least: Duration, times: u32, effects: &mut Vec<Effect>) -> Phase {
    effects.push(Effect::Wait { at_least, up_to: retry::backoff(times) });
    Phase::Waiting
}

fn stop(error: Option<SyncError>, effects: &mut Vec<Effect>) -> Phase {
    effects.push(Effect::Stop(error));
    Phase::Stopped
}

/// `{"errors":{"offset":["out of bounds for this shape"]}}`; the inner value may be a text of its own.
fn is_out_of_bounds(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) else {
        return false;
    };
    let says = |value: &serde_json::Value| value.as_str().is_some_and(|text| text.contains("out of bounds"));
    match &body["errors"]["offset"] {
        serde_json::Value::Array(errors) => errors.iter().any(says),
        error => says(error),
    }
}
