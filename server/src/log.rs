//! A shape's log: the snapshot in chunks, then the messages of later transactions.

use bytes::Bytes;

use crate::message;
use crate::offset::{From, Offset};
use crate::source::SnapshotPosition;

/// Collects a snapshot's rows into chunks.
pub(crate) struct SnapshotWriter {
    chunk_bytes: usize,
    chunks: Vec<Bytes>,
    chunk: Vec<u8>,
}

impl SnapshotWriter {
    /// A chunk ends after the message that reaches `chunk_bytes`.
    pub(crate) fn new(chunk_bytes: usize) -> Self {
        Self { chunk_bytes, chunks: Vec::new(), chunk: Vec::new() }
    }

    /// Adds one message, which `write` appends to the bytes it is given.
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.chunk.push(if self.chunk.is_empty() { b'[' } else { b',' });
        write(&mut self.chunk);
        if self.chunk.len() > self.chunk_bytes {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.push(b']');
        self.chunks.push(chunk.into());
    }

    /// The log, with the snapshot ended.
    pub(crate) fn finish(mut self, position: &SnapshotPosition) -> ShapeLog {
        self.push(|out| out.extend_from_slice(message::snapshot_end(position).as_bytes()));
        if !self.chunk.is_empty() {
            self.cut();
        }
        ShapeLog::new(self.chunk_bytes, self.chunks)
    }
}

/// What a shape can answer from.
pub(crate) struct ShapeLog {
    chunk_bytes: usize,
    /// Whole bodies. Never empty: the last ends with snapshot-end.
    snapshot: Vec<Bytes>,
    snapshot_bytes: usize,
    entries: Vec<Entry>,
    log_bytes: usize,
    open_chunk_bytes: usize,
}

struct Entry {
    offset: Offset,
    message: Bytes,
    /// A response ends behind this message, wherever it began: equal requests have equal answers.
    ends_chunk: bool,
}

/// One answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) body: Body,
    /// What to ask for next.
    pub(crate) next: Offset,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// A chunk of the snapshot, whole.
    Snapshot(Bytes),
    /// Messages, with more behind them.
    Part(Vec<Bytes>),
    /// Messages up to the log's end, perhaps none.
    Head {
        messages: Vec<Bytes>,
        /// LSN of the last message.
        lsn: Option<u64>,
    },
}

impl ShapeLog {
    /// A log with nothing behind its snapshot.
    pub(crate) fn new(chunk_bytes: usize, snapshot: Vec<Bytes>) -> Self {
        let snapshot_bytes = snapshot.iter().map(Bytes::len).sum();
        Self { chunk_bytes, snapshot, snapshot_bytes, entries: Vec::new(), log_bytes: 0, open_chunk_bytes: 0 }
    }

    /// The snapshot's chunks.
    pub(crate) fn snapshot(&self) -> &[Bytes] {
        &self.snapshot
    }

    /// The last offset.
    pub(crate) fn end(&self) -> Offset {
        self.entries.last().map_or(Offset::SNAPSHOT_END, |entry| entry.offset)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.snapshot_bytes + self.log_bytes
    }

    /// Bytes of the messages behind the snapshot.
    pub(crate) fn log_bytes(&self) -> usize {
        self.log_bytes
    }

    /// Adds the messages of one transaction.
    pub(crate) fn append(&mut self, messages: Vec<(Offset, Bytes)>) {
        for (offset, message) in messages {
            self.log_bytes += message.len() + size_of::<Entry>();
            self.open_chunk_bytes += message.len();
            let ends_chunk = self.open_chunk_bytes > self.chunk_bytes;
            if ends_chunk {
                self.open_chunk_bytes = 0;
            }
            self.entries.push(Entry { offset, message, ends_chunk });
        }
    }

    /// What is behind `from`; `None` when that is beyond the log.
    pub(crate) fn read(&self, from: From) -> Option<Read> {
        let after = match from {
            From::Start => return Some(self.snapshot_chunk(0)),
            From::Now => return Some(Read { body: Body::Head { messages: Vec::new(), lsn: None }, next: self.end() }),
            From::After(after) => after,
        };
        if after > self.end() {
            return None;
        }
        let chunk = usize::try_from(after.op).ok().and_then(|op| op.checked_add(1));
        if let Some(chunk) = chunk.filter(|&chunk| after.lsn == 0 && chunk < self.snapshot.len()) {
            return Some(self.snapshot_chunk(chunk));
        }
        let first = self.entries.partition_point(|entry| entry.offset <= after);
        let mut messages = Vec::new();
        let mut next = if after.lsn == 0 { Offset::SNAPSHOT_END } else { after };
        let mut lsn = None;
        for (index, entry) in self.entries.iter().enumerate().skip(first) {
            messages.push(entry.message.clone());
            next = entry.offset;
            lsn = Some(entry.offset.lsn);
            if entry.ends_chunk && index + 1 < self.entries.len() {
                return Some(Read { body: Body::Part(messages), next });
            }
        }
        Some(Read { body: Body::Head { messages, lsn }, next })
    }

    fn snapshot_chunk(&self, number: usize) -> Read {
        let body = self.snapshot.get(number).cloned().unwrap_or_default();
        Read { body: Body::Snapshot(body), next: Offset::chunk(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(chunk_bytes: usize, rows: &[&str]) -> ShapeLog {
        let mut writer = SnapshotWriter::new(chunk_bytes);
        for row in rows {
            writer.push(|out| out.extend_from_slice(row.as_bytes()));
        }
        writer.finish(&SnapshotPosition { xmin: 7, xmax: 7, running: vec![] })
    }

    fn joined(messages: &[Bytes]) -> String {
        String::from_utf8(messages.join(&b',')).unwrap()
    }

    fn after(lsn: u64, op: u64) -> From {
        From::After(Offset { lsn, op })
    }

    /// Follows the log from `-1` and returns each response's text; a head ends it.
    fn follow(log: &ShapeLog) -> Vec<String> {
        let mut from = From::Start;
        let mut responses = Vec::new();
        loop {
            let Read { body, next } = log.read(from).unwrap();
            assert_ne!(From::After(next), from, "S-072: the offset advances");
            from = From::After(next);
            match body {
                Body::Snapshot(bytes) => responses.push(String::from_utf8(bytes.to_vec()).unwrap()),
                Body::Part(messages) => responses.push(joined(&messages)),
                Body::Head { messages, .. } => {
                    responses.push(joined(&messages) + "!");
                    return responses;
                }
            }
        }
    }

    #[test]
    fn s_049_and_s_072_a_chunk_ends_behind_the_message_that_crosses_the_threshold() {
        let end = r#"{"headers":{"control":"snapshot-end","xmin":"7","xmax":"7","xip_list":[]}}"#;
        assert_eq!(follow(&log(1000, &["1", "2"])), [format!("[1,2,{end}]"), "!".to_owned()]);
        // A chunk that holds nothing but snapshot-end, as in capture E0_5.
        assert_eq!(follow(&log(3, &["1", "2"])), ["[1,2]".to_owned(), format!("[{end}]"), "!".to_owned()]);
        assert_eq!(follow(&log(1, &["99999"])), ["[99999]".to_owned(), format!("[{end}]"), "!".to_owned()]);
        assert_eq!(follow(&log(1, &[])), [format!("[{end}]"), "!".to_owned()]);
    }

    #[test]
    fn s_049_the_log_is_cut_alike_from_every_offset() {
        let mut log = log(3, &[]);
        let message = |op| (Offset { lsn: 9, op }, Bytes::from_static(b"xx"));
        log.append((0..5).map(|index| message(index * 2)).collect());
        let part = |from| match log.read(from).unwrap() {
            Read { body: Body::Part(messages), next } => (joined(&messages).len(), next.op, false),
            Read { body: Body::Head { messages, .. }, next } => (joined(&messages).len(), next.op, true),
            Read { body: Body::Snapshot(_), .. } => panic!("not a snapshot"),
        };
        assert_eq!(part(From::After(Offset::SNAPSHOT_END)), (5, 2, false));
        assert_eq!(part(after(9, 0)), (2, 2, false));
        assert_eq!(part(after(9, 2)), (5, 6, false));
        assert_eq!(part(after(9, 6)), (2, 8, true));
        assert_eq!(part(after(9, 8)), (0, 8, true));
    }

    #[test]
    fn s_025_an_offset_beyond_the_end_is_told_apart() {
        let mut log = log(1000, &["1"]);
        assert_eq!(log.read(after(1, 0)), None);
        assert!(log.read(after(0, 99)).is_some());
        log.append(vec![(Offset { lsn: 5, op: 0 }, Bytes::from_static(b"x"))]);
        assert!(log.read(after(5, 0)).is_some());
        assert!(log.read(after(3, 4)).is_some());
        assert_eq!(log.read(after(5, 1)), None);
    }
}
