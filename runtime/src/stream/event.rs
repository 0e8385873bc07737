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

/// What happened.
pub enum Event<'a> {
    /// Begin, or go on after a stop.
    Start,
    /// The status and headers of the answer to the last [`Effect::Fetch`] came.
    Head {
        /// The HTTP status.
        status: u16,
        /// The headers.
        headers: &'a dyn Headers,
    },
    /// A piece of the answer's body came.
    Piece(&'a [u8]),
    /// The body is complete, as far as the transport can tell.
    End,
    /// The request got no answer, or its body broke off; with what the transport said.
    Failed(String),
    /// The messages of the last [`Effect::Deliver`] were taken over, position included.
    Delivered(Outcome),
    /// The messages of the last [`Effect::Deliver`] were not taken over, and none of them was.
    Rejected(SyncError),
    /// The time of the last [`Effect::Wait`] is over.
    Timer,
    /// Stop.
    Cancel,
}

/// How a delivered body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
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
    /// Send a GET request; an earlier one that is still under way is dropped, unread.
    Fetch(Request),
    /// Take over a body's messages together with the position, then say so.
    Deliver(Delivery),
    /// The log is gone, rows will come again from the beginning. Nothing of a half-filled generation counts.
    Refetch,
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
    /// No more requests until [`Event::Start`]; without an error after [`Event::Cancel`].
    Stop(Option<SyncError>),
}

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole URL.
    pub url: String,
    /// The service holds the answer back until there is news, for 20 seconds as a rule.
    pub live: bool,
}

/// A complete body, to be taken over as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// A shape log, not yet looked at.
    pub body: Vec<u8>,
    /// Where the shape stands once the messages are taken over.
    pub position: Position,
    /// It is the beginning of a generation.
    pub first: bool,
}
