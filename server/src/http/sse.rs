//! Live answers as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::http::held::Held;
use crate::live_shape::{Answer, LiveShape};
use crate::log::{Body, Read};
use crate::message;
use crate::offset::From;
use crate::service::Inner;

/// A comment, so that whoever stands between sees that the stream lives.
const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// A body that is as far as its client has taken it: the log is read only when the part before was sent.
pub(crate) struct Events(Option<Next>);

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Following)>> + Send>>;

impl Events {
    /// What is behind `from`. A stream that begins at the log's head goes on for [`Inner::sse_timeout`]; one that begins
    /// before it ends at the head.
    pub(crate) fn new(service: &Arc<Inner>, shape: &Arc<LiveShape>, from: From, at_head: bool) -> Self {
        let now = Instant::now();
        let following = Following {
            changes: shape.changes(),
            closing: service.closing.subscribe(),
            held: at_head.then(|| Held::new(service)),
            service: Arc::clone(service),
            shape: Arc::clone(shape),
            from: Some(from),
            ends: now + service.sse_timeout,
            last_sent: now,
        };
        Self(Some(Box::pin(following.next())))
    }
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        let (bytes, following) = ready!(next.as_mut().poll(context)).unzip();
        self.0 = following.map(|following| Box::pin(following.next()) as Next);
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A client that follows a shape.
struct Following {
    service: Arc<Inner>,
    shape: Arc<LiveShape>,
    /// `None` when all is sent.
    from: Option<From>,
    /// Where the stream began at the log's head.
    held: Option<Held>,
    changes: watch::Receiver<()>,
    closing: watch::Receiver<bool>,
    ends: Instant,
    last_sent: Instant,
}

impl Following {
    /// What is to be sent next; `None` when the stream has ended: so it does, without a word, when the shape has.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            // However much there is to tell.
            if Instant::now() >= self.ends || *self.closing.borrow() {
                return None;
            }
            // Marked as seen before the read, so that a change between read and wait ends the wait.
            self.changes.borrow_and_update();
            let processed = self.service.shapes.processed();
            let Answer::Read(Read { body, next }) = self.shape.read(self.from?) else { return None };
            let mut out = Vec::new();
            match &body {
                Body::Snapshot(chunk) => blocks(chunk, &mut out)?,
                Body::Part(messages) => messages.iter().for_each(|message| block(message, &mut out)),
                Body::Head { messages, .. } if messages.is_empty() && self.held.is_some() => {}
                Body::Head { messages, lsn } => {
                    messages.iter().for_each(|message| block(message, &mut out));
                    block(message::up_to_date(lsn.unwrap_or(processed)).as_bytes(), &mut out);
                }
            }
            self.from = match body {
                Body::Head { .. } if self.held.is_none() => None,
                _ => Some(From::After(next)),
            };
            if !out.is_empty() {
                self.last_sent = Instant::now();
                return Some((out.into(), self));
            }
            let keep_alive = self.last_sent + self.service.sse_keep_alive;
            let silent = tokio::select! {
                biased;
                _ = self.closing.wait_for(|closing| *closing) => return None,
                _ = self.changes.changed() => false,
                () = sleep_until(self.ends) => return None,
                () = sleep_until(keep_alive) => true,
            };
            if silent {
                self.last_sent = Instant::now();
                return Some((Bytes::from_static(KEEP_ALIVE), self));
            }
        }
    }
}

/// Adds a message, which is one line of JSON.
fn block(message: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(message);
    out.extend_from_slice(b"\n\n");
}

/// Adds the messages of a chunk of the snapshot, the one body that isn't kept as messages.
fn blocks(chunk: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let messages: Vec<&RawValue> = serde_json::from_slice(chunk).ok()?;
    messages.iter().for_each(|message| block(message.get().as_bytes(), out));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_057_each_message_is_a_block() {
        for (list, expected) in [
            ("", ""),
            ("{}", "data: {}\n\n"),
            (r#"{"a":[1,2]},{"b":","}"#, "data: {\"a\":[1,2]}\n\ndata: {\"b\":\",\"}\n\n"),
            (r#"{"a":"\"},{"},{"\\":"]"}"#, "data: {\"a\":\"\\\"},{\"}\n\ndata: {\"\\\\\":\"]\"}\n\n"),
        ] {
            let mut out = Vec::new();
            blocks(format!("[{list}]").as_bytes(), &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{list}");
        }
    }
}
