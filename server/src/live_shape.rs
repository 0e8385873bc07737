//! One shape that is being followed: its log, and who waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::log::{Read, ShapeLog, SnapshotWriter};
use crate::message::{self, Told};
use crate::offset::From;
use crate::shape::BoundShape;
use crate::source::{Source, SourceError, Transaction};

/// A shape under one handle, from its snapshot until it is dropped.
pub(crate) struct LiveShape {
    pub(crate) shape: BoundShape,
    pub(crate) handle: String,
    /// When it was last asked for, on the clock of [`Shapes`](crate::shapes::Shapes).
    pub(crate) used: AtomicU64,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

enum State {
    /// The snapshot is being read; these transactions were committed meanwhile.
    Loading(Vec<Arc<Transaction>>),
    Ready(ShapeLog),
    Gone,
    Failed(Arc<SourceError>),
}

/// What a shape says to a request.
pub(crate) enum Answer {
    Read(Read),
    /// The offset is beyond the log.
    OutOfBounds,
    /// The handle is void.
    Gone,
}

/// How far a shape is.
pub(crate) enum Stage {
    Loading,
    Ready,
    Gone,
    Failed(Arc<SourceError>),
}

impl LiveShape {
    pub(crate) fn new(shape: BoundShape, handle: String) -> Self {
        Self {
            shape,
            handle,
            used: AtomicU64::new(0),
            state: Mutex::new(State::Loading(Vec::new())),
            changed: watch::Sender::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whenever the answer to a read may have changed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn stage(&self) -> Stage {
        match &*self.state() {
            State::Loading(_) => Stage::Loading,
            State::Ready(_) => Stage::Ready,
            State::Gone => Stage::Gone,
            State::Failed(error) => Stage::Failed(Arc::clone(error)),
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        match &*self.state() {
            State::Ready(log) => log.bytes(),
            _ => 0,
        }
    }

    /// Bytes of the messages behind the snapshot.
    pub(crate) fn log_bytes(&self) -> usize {
        match &*self.state() {
            State::Ready(log) => log.log_bytes(),
            _ => 0,
        }
    }

    pub(crate) fn touch(&self, now: u64) {
        self.used.store(now, Ordering::Relaxed);
    }

    /// What is behind `from`. A shape that is still loading has nothing yet: it is asked again once it has changed.
    pub(crate) fn read(&self, from: From) -> Answer {
        match &*self.state() {
            State::Ready(log) => log.read(from).map_or(Answer::OutOfBounds, Answer::Read),
            State::Loading(_) => Answer::OutOfBounds,
            State::Gone | State::Failed(_) => Answer::Gone,
        }
    }

    /// Reads the snapshot, then catches up with what was committed meanwhile. Blocks.
    pub(crate) fn load(&self, source: &dyn Source, chunk_bytes: usize) {
        let shape = &self.shape;
        let mut writer = SnapshotWriter::new(chunk_bytes);
        let position = source.snapshot(&shape.spec.table, &mut |row| {
            if !shape.spec.changes_only && shape.holds(row) {
                writer.push(|out| message::snapshot_row(shape, row, out));
            }
        });
        // The table may have changed between the shape's creation and the snapshot.
        let current = source.table(&shape.spec.table);
        let mut state = self.state();
        let State::Loading(pending) = &mut *state else { return };
        let next = match (position, current) {
            (Err(error), _) | (_, Err(error)) => State::Failed(Arc::new(error)),
            (Ok(position), Ok(Some(table))) if table.has_rows_like(&shape.table) => {
                let mut log = writer.finish(&position);
                let pending = std::mem::take(pending);
                let missed = pending.iter().filter(|transaction| !position.contains(transaction.txid));
                if missed.into_iter().all(|transaction| append(shape, &mut log, transaction)) {
                    State::Ready(log)
                } else {
                    State::Gone
                }
            }
            _ => State::Gone,
        };
        *state = next;
        drop(state);
        self.changed.send_replace(());
    }

    /// Takes in a committed transaction; false when that ends the shape.
    pub(crate) fn apply(&self, transaction: &Arc<Transaction>) -> bool {
        let mut state = self.state();
        match &mut *state {
            State::Loading(pending) => {
                pending.push(Arc::clone(transaction));
                return true;
            }
            State::Ready(log) => {
                let before = log.end();
                if append(&self.shape, log, transaction) {
                    if log.end() == before {
                        return true;
                    }
                } else {
                    *state = State::Gone;
                }
            }
            State::Gone | State::Failed(_) => return false,
        }
        let alive = matches!(*state, State::Ready(_));
        drop(state);
        self.changed.send_replace(());
        alive
    }

    /// Ends the shape: held polls are answered, its handle is void.
    pub(crate) fn end(&self) {
        *self.state() = State::Gone;
        self.changed.send_replace(());
    }
}

/// False when the transaction truncated the shape's table.
fn append(shape: &BoundShape, log: &mut ShapeLog, transaction: &Transaction) -> bool {
    match message::of_transaction(shape, transaction) {
        Told::Messages(messages) => {
            log.append(messages);
            true
        }
        Told::Truncated => false,
    }
}
