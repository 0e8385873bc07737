//! What a stream is told, and what it asks for.

use std::time::Duration;

use super::SyncError;
use crate::position::Position;

/// A response's headers.
pub trait Headers {
    /// A header's value, whatever the letter case of its name; `None` also for one that is no text.
    fn get(&self, name: &str) -> Option<&str>;
}

impl<N: AsRef<str>, V: AsRef<str>> Headers for &[(N, V)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| other.as_ref().eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }
}

/// Names a request of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub(super) u64);

/// What happened.
pub enum Event<'a> {
    /// Begin, or go on after a stop.
    Start,
    /// The status and headers of an answer came.
    Head {
        /// The request.
        id: RequestId,
        /// The HTTP status.
        status: u16,
        /// The headers.
        headers: &'a dyn Headers,
    },
    /// A piece of an answer's body came.
    Piece {
        /// The request.
        id: RequestId,
        /// The piece.
        bytes: &'a [u8],
    },
    /// The body is complete, as far as the transport can tell.
    End {
        /// The request.
        id: RequestId,
        /// How long that took since the request was sent.
        lasted: Duration,
    },
    /// A request got no answer, or its body broke off.
    Failed {
        /// The request.
        id: RequestId,
        /// What the transport said.
        reason: String,
        /// How long that took since the request was sent.
        lasted: Duration,
    },
    /// The messages of the last [`Effect::Deliver`] were taken over, position included.
    Delivered(Outcome),
    /// The messages of the last [`Effect::Deliver`] were not taken over, and none of them was.
    Rejected(SyncError),
    /// The time of the last [`Effect::Wait`] is over.
    Timer,
    /// Somebody wants the rows to be as new as now; or the device slept, and nothing that is under way can be trusted.
    Refresh,
    /// Somebody wants up to so many of the rows before the oldest that was loaded; at least one.
    LoadOlder(u32),
    /// Ask for nothing until [`Event::Resume`].
    Pause,
    /// Go on after [`Event::Pause`].
    Resume,
    /// What [`Effect::Stop`] told of may be cured: go on from where the stream stopped.
    Recover,
    /// Stop.
    Cancel,
}

/// How a delivered body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was a subset, and was taken over.
    Subset {
        /// Rows that it had.
        rows: usize,
        /// The position's [`oldest`](Position::oldest) from now on.
        oldest: Option<Vec<Option<String>>>,
    },
    /// Its last message was up-to-date.
    UpToDate,
    /// Anything else: the log goes on.
    More,
    /// It had a must-refetch message; what it said otherwise doesn't count.
    MustRefetch,
    /// It can't be followed from here, but from the log's beginning; nothing of it counts.
    Restart,
}

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a GET request, beside those that are under way.
    Fetch(Request),
    /// Nobody reads the rest of this answer.
    Abandon(RequestId),
    /// Take over a body's messages together with the position, then say so.
    Deliver(Delivery),
    /// The log is gone, rows will come again from the beginning. Nothing of a half-filled generation counts.
    Refetch,
    /// An answer that was asked for after [`Event::Refresh`] has come to up-to-date.
    Refreshed,
    /// What became of the first [`Event::LoadOlder`] that wasn't answered yet: how many rows came. Fewer than were asked for:
    /// there are no older ones.
    Loaded(Result<usize, SyncError>),
    /// Remember the handle of a log that is lost, for [`Stream::new`](super::Stream::new), in place of the one before; or
    /// forget it.
    Expired(Option<String>),
    /// Wait for `at_least`, or for a random part of `up_to` where that is longer.
    Wait {
        /// What the service asked for.
        at_least: Duration,
        /// The bound of the random wait.
        up_to: Duration,
    },
    /// Answers come again.
    Online,
    /// No answer came that can be used; the stream goes on trying.
    Offline(SyncError),
    /// No more requests until [`Event::Start`] or [`Event::Recover`]; without an error after [`Event::Cancel`].
    Stop(Option<SyncError>),
}

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its name in events.
    pub id: RequestId,
    /// The whole URL.
    pub url: String,
    /// The service holds the answer back until there is news, for 20 seconds as a rule.
    pub live: bool,
    /// The answer may be a stream of events: `Accept: text/event-stream`.
    pub events: bool,
}

/// A complete body, to be taken over as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// A shape log, or a subset; not yet looked at.
    pub body: Vec<u8>,
    /// It is a subset, of at most so many rows.
    pub subset: Option<u32>,
    /// Where the shape stands once the messages are taken over.
    pub position: Position,
    /// It is the beginning of a generation.
    pub first: bool,
}
