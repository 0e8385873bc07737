//! One request and what has come of its answer.

use std::time::Duration;

use super::event::{Headers, RequestId};
use super::push::Pushed;
use super::{BEGINNING, Origin, Place, SyncError, error, retry, schema};
use crate::definition::ShapeDefinition;

/// Every answer of a shape service has some of these.
const HEADERS: [&str; 4] = ["electric-handle", "electric-offset", "electric-cursor", schema::HEADER];
/// Bytes of an error's body that are read.
const ERROR_BODY: usize = 16 * 1024;
/// Room made ahead for a body, however long it says it is.
const BODY_AHEAD: usize = 16 * 1024 * 1024;
/// What a 204 says, as a body.
const NOTHING_NEW: &[u8] = br#"[{"headers":{"control":"up-to-date"}}]"#;

/// A request that was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exchange {
    pub(super) id: RequestId,
    /// Where it reads.
    pub(super) place: Place,
    pub(super) asked: Asked,
    pub(super) state: State,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Asked {
    /// The log from its place on.
    Log,
    /// So many of the newest rows; the log goes on behind them.
    Newest(u32),
    /// So many rows before the oldest, beside the log.
    Older(u32),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Asked,
    Receiving(Answer),
    Complete(Answer),
    Refused(Refusal),
    /// A stream of events.
    Pushed(Box<Pushed>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) next: Place,
    pub(super) handle: String,
    pub(super) body: Vec<u8>,
    /// By its headers the log goes on behind it.
    goes_on: bool,
}

/// An answer that is none, with what its service says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) retry_after: Duration,
    body: Vec<u8>,
}

/// What the head of an answer says.
pub(super) enum Head {
    Good(State),
    Refused(Refusal),
    /// The log is gone, its successor perhaps known.
    Lost(Option<String>),
    /// It is of a log that is lost, or of another one than was asked for: only a cache gives it.
    Stale(String),
    Fatal(SyncError),
}

impl Exchange {
    /// Nothing more comes.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Complete(_))
    }

    /// Where the log goes on behind this answer, as far as its headers say.
    pub(super) fn continues(&self) -> Option<Place> {
        match &self.state {
            State::Receiving(answer) | State::Complete(answer) if answer.goes_on => Some(answer.next.clone()),
            _ => None,
        }
    }
}

impl Refusal {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let room = ERROR_BODY - self.body.len();
        self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    pub(super) fn shown(&self) -> String {
        error::shortened(&self.body)
    }

    /// `{"errors":{"offset":["out of bounds for this shape"]}}`; the inner value may be a text of its own.
    pub(super) fn is_out_of_bounds(&self) -> bool {
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&self.body) else {
            return false;
        };
        let says = |value: &serde_json::Value| value.as_str().is_some_and(|text| text.contains("out of bounds"));
        match &body["errors"]["offset"] {
            serde_json::Value::Array(errors) => errors.iter().any(says),
            error => says(error),
        }
    }
}

/// Reads the head of an answer.
pub(super) fn head(
    definition: &ShapeDefinition,
    exchange: &Exchange,
    expired: Option<&str>,
    status: u16,
    headers: &dyn Headers,
) -> Head {
    let refused = |retry_after| Head::Refused(Refusal { status, retry_after, body: Vec::new() });
    match status {
        // The page of somebody on the way, such as a hotel's: it says nothing of the shape, and goes by itself.
        200 if HEADERS.iter().all(|name| headers.get(name).is_none()) => refused(Duration::ZERO),
        200 | 204 => accept(definition, exchange, expired, status == 204, headers),
        409 => Head::Lost(headers.get("electric-handle").filter(|handle| !handle.is_empty()).map(str::to_owned)),
        _ => refused(retry::retry_after(headers)),
    }
}

fn accept(
    definition: &ShapeDefinition,
    Exchange { place: asked, asked: what, .. }: &Exchange,
    expired: Option<&str>,
    nothing_new: bool,
    headers: &dyn Headers,
) -> Head {
    let header = |name| headers.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let handle = header("electric-handle");
    let is_stale = |handle: &str| {
        let other = asked.offset != BEGINNING && asked.handle.as_deref() != Some(handle);
        other || expired == Some(handle)
    };
    if let Some(handle) = handle.as_ref().filter(|handle| is_stale(handle)) {
        return Head::Stale(handle.clone());
    }
    let (offset, cursor, schema) = (header("electric-offset"), header("electric-cursor"), header(schema::HEADER));
    let mut missing = Vec::new();
    let mut need = |name, value: Option<String>| {
        if value.is_none() {
            missing.push(name);
        }
        value.unwrap_or_default()
    };
    // Servers that answer 204 say less with it.
    let own = |value: String| Some(value).filter(|_| nothing_new);
    let handle = need("electric-handle", handle.or_else(|| own(asked.handle.clone()?)));
    let offset = need("electric-offset", offset.or_else(|| own(asked.offset.clone())));
    if asked.live && !nothing_new {
        need("electric-cursor", cursor.clone());
    }
    if !asked.live && !nothing_new {
        need(schema::HEADER, schema.clone());
    }
    if !missing.is_empty() {
        return Head::Fatal(SyncError::MissingHeaders { of: Origin::new(definition), headers: missing });
    }
    if let Some(schema) = schema
        && let Err(error) = schema::check(definition, &schema)
    {
        return Head::Fatal(error);
    }
    let cursor = cursor.or_else(|| asked.cursor.clone());
    let up_to_date = nothing_new || headers.get("electric-up-to-date").is_some();
    let goes_on = *what == Asked::Log && !asked.live && !up_to_date && offset != asked.offset;
    let mut next = Place { handle: Some(handle.clone()), offset, cursor, live: false };
    if let Asked::Older(_) = what {
        next.offset.clone_from(&asked.offset);
    }
    // Somebody on the way, or an older service, may answer a request for events as any other.
    if asked.live && headers.get("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
        // The headers are those of the stream's beginning.
        next.offset.clone_from(&asked.offset);
        return Head::Good(State::Pushed(Box::new(Pushed::new(next, handle))));
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(BODY_AHEAD.min(length));
    if nothing_new {
        body.extend_from_slice(NOTHING_NEW);
    }
    Head::Good(State::Receiving(Answer { next, handle, body, goes_on }))
}
