//! Server-sent events: batches of messages as they come, offsets from the messages, and the way back to long polls.

use std::time::Duration;

use super::exchange::{Asked, Exchange, State};
use super::{Effect, Place, Refresh, Stream, retry};
use crate::definition::ShapeDefinition;
use crate::log::{Log, LogError, Message};

/// A stream that ends sooner, without a batch, is one that somebody on the way doesn't let through.
const SHORT: Duration = Duration::from_secs(1);
/// Short ones in a row before long polls take over.
const SHORTS: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Short streams in a row, and whether long polls took over.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shorts {
    count: u32,
}

impl Shorts {
    pub(super) fn fell_back(&self) -> bool {
        self.count >= SHORTS
    }

    pub(super) fn fall_back(&mut self) {
        self.count = SHORTS;
    }
}

/// An open stream of events.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pushed {
    /// Where the next batch begins.
    next: Place,
    handle: String,
    lines: Lines,
    /// Messages before an up-to-date, joined as in a body.
    batch: Vec<u8>,
    /// LSN and place in its transaction of the batch's last change.
    last: Option<(u64, u64)>,
    /// The batch has messages that have no offset of their own.
    moved: bool,
    batches: u32,
    /// How long it lasted, and what broke it.
    pub(super) ended: Option<(Duration, Option<String>)>,
}

/// What an event adds up to.
enum Step {
    Batch,
    MustRefetch,
}

impl Pushed {
    pub(super) fn new(next: Place, handle: String) -> Self {
        let lines = Lines::default();
        Self { next, handle, lines, batch: Vec::new(), last: None, moved: false, batches: 0, ended: None }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.lines.bytes.extend_from_slice(bytes);
    }

    /// Reads on to the end of a batch, where it has come.
    fn step(&mut self, definition: &ShapeDefinition) -> Result<Option<Step>, LogError> {
        while let Some(message) = self.lines.event() {
            let body = [b"[", message.as_slice(), b"]"].concat();
            let mut log = Log::new(&body, definition)?;
            let mut columns = log.columns();
            let mut step = None;
            while let Some(message) = log.next(&mut columns)? {
                match message {
                    Message::Change(change) => {
                        self.last = change.lsn.map(|lsn| (lsn, change.op_position.unwrap_or(0))).or(self.last);
                        // A row that moved in has no offset of its own.
                        self.moved |= change.lsn.is_none();
                    }
                    Message::MoveIn(_) | Message::MoveOut(_) => self.moved = true,
                    Message::UpToDate { .. } => step = Some(Step::Batch),
                    Message::MustRefetch => step = Some(Step::MustRefetch),
                    Message::SnapshotEnd | Message::Other => {}
                }
            }
            self.batch.push(if self.batch.is_empty() { b'[' } else { b',' });
            self.batch.extend_from_slice(&message);
            if step.is_some() {
                self.batch.push(b']');
                return Ok(step);
            }
        }
        Ok(None)
    }
}

impl Stream {
    /// Gives a batch of events to the driver, once it is complete.
    pub(super) fn deliver_pushed(&mut self, effects: &mut Vec<Effect>) {
        if self.delivering.is_some() {
            return;
        }
        let Some(Exchange { state: State::Pushed(pushed), .. }) = self.exchanges.front_mut() else { return };
        match pushed.step(self.definition) {
            Ok(None) => {}
            Ok(Some(Step::MustRefetch)) => self.lost(None, effects),
            Ok(Some(Step::Batch)) => {
                pushed.batches += 1;
                if let Some((lsn, op)) = pushed.last.take() {
                    pushed.next.offset = format!("{lsn}_{op}");
                }
                let moved = std::mem::take(&mut pushed.moved);
                let next = pushed.next.clone();
                let (handle, body) = (pushed.handle.clone(), std::mem::take(&mut pushed.batch));
                if moved {
                    // Only the headers of another answer tell where the log stands behind such a batch.
                    self.abandon(effects);
                    self.refresh = Refresh::Wanted;
                }
                self.deliver(next, handle, body, Asked::Log, false, effects);
            }
            Err(error) => {
                tracing::warn!(%error, "an event that is no message");
                self.abandon(effects);
                self.short(effects);
            }
        }
    }

    /// Goes on after a stream that ended, once its batches were taken over; what came of a further batch doesn't count.
    pub(super) fn push_ended(&mut self, effects: &mut Vec<Effect>) {
        if self.delivering.is_some() {
            return;
        }
        let Some(Exchange { state: State::Pushed(pushed), .. }) = self.exchanges.front_mut() else { return };
        let Some((lasted, reason)) = pushed.ended.take() else { return };
        let short = pushed.batches == 0 && lasted < SHORT;
        self.exchanges.pop_front();
        if short {
            return self.short(effects);
        }
        self.shorts = super::Shorts::default();
        match reason {
            None => self.ask(effects),
            Some(reason) => self.disconnected(reason, effects),
        }
    }

    fn short(&mut self, effects: &mut Vec<Effect>) {
        self.shorts.count += 1;
        if self.shorts.fell_back() {
            tracing::warn!("streams of events are cut off on the way: polling from now on");
            return self.ask(effects);
        }
        let up_to = retry::backoff(self.shorts.count) / 10;
        self.wait(Duration::ZERO, up_to.min(LONGEST_PAUSE), effects);
    }
}

/// The lines of an event stream (WHATWG HTML, 9.2.6): only what `data` says counts.
#[derive(Debug, Clone, Default, PartialEq)]
struct Lines {
    bytes: Vec<u8>,
    /// The lines of the event that is being read, joined.
    data: Vec<u8>,
    begun: bool,
}

impl Lines {
    /// The next complete event's data.
    fn event(&mut self) -> Option<Vec<u8>> {
        let mut at = 0;
        let mut event = None;
        while event.is_none() {
            let rest = &self.bytes[at..];
            let Some(length) = memchr::memchr2(b'\n', b'\r', rest) else { break };
            let end = match rest[length..] {
                // The other half of a line's end may be in the next piece.
                [b'\r'] => break,
                [b'\r', b'\n', ..] => length + 2,
                _ => length + 1,
            };
            let line = rest[..length].to_vec();
            at += end;
            event = self.line(&line);
        }
        self.bytes.drain(..at);
        event
    }

    fn line(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        let line = if std::mem::replace(&mut self.begun, true) {
            line
        } else {
            line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line)
        };
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then_some(data);
        }
        let value = match line.strip_prefix(b"data") {
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            _ => return None,
        };
        if !self.data.is_empty() {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        None
    }
}
