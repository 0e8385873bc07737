//! One shape that is being followed: its log, and who waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::log::{Read, ShapeLog, SnapshotWriter};
use crate::message::{self, Told};
use crate::offset::From;
use crate::shape::BoundShape;
use crate::source::{Archive, KeptShape, SnapshotPosition, Source, SourceError, Transaction};
use crate::subqueries::{Membership, Moves, Standing};
use crate::table::{Row, TableName};

/// A shape under one handle, from its snapshot until it is dropped.
pub(crate) struct LiveShape {
    pub(crate) shape: BoundShape,
    pub(crate) handle: String,
    /// When its snapshot was read, where that was in an earlier process.
    kept: Option<SnapshotPosition>,
    /// When it was last asked for, on the clock of [`Shapes`](crate::shapes::Shapes).
    pub(crate) used: AtomicU64,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

enum State {
    /// The snapshot is being read; these transactions were committed meanwhile.
    Loading(Vec<Arc<Transaction>>),
    Ready(Ready),
    Gone,
    Failed(Arc<SourceError>),
}

/// A shape whose snapshot is read.
struct Ready {
    /// When the snapshot was read: a source may tell later of what is in it already.
    position: SnapshotPosition,
    log: ShapeLog,
    /// Where subqueries decide, too.
    membership: Option<Membership>,
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
    pub(crate) fn new(shape: BoundShape, handle: String, kept: Option<SnapshotPosition>) -> Self {
        Self {
            shape,
            handle,
            kept,
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
            State::Ready(ready) => ready.log.bytes() + ready.membership.as_ref().map_or(0, Membership::bytes),
            _ => 0,
        }
    }

    /// Bytes of the messages behind the snapshot.
    pub(crate) fn log_bytes(&self) -> usize {
        match &*self.state() {
            State::Ready(ready) => ready.log.log_bytes(),
            _ => 0,
        }
    }

    pub(crate) fn touch(&self, now: u64) {
        self.used.store(now, Ordering::Relaxed);
    }

    /// What is behind `from`. A shape that is still loading has nothing yet: it is asked again once it has changed.
    pub(crate) fn read(&self, from: From) -> Answer {
        match &*self.state() {
            State::Ready(ready) => ready.log.read(from).map_or(Answer::OutOfBounds, Answer::Read),
            State::Loading(_) => Answer::OutOfBounds,
            State::Gone | State::Failed(_) => Answer::Gone,
        }
    }

    /// The tables that decide about the shape: those of subqueries, then its own.
    fn tables(&self) -> Vec<TableName> {
        let inner = self.shape.plan.iter().flat_map(|plan| plan.tables().cloned());
        inner.chain([self.shape.spec.table.clone()]).collect()
    }

    /// Reads the snapshot, or what was kept of it, then catches up with what was committed meanwhile. Blocks.
    pub(crate) fn load(&self, source: &dyn Source, chunk_bytes: usize) {
        match (&self.kept, source.archive()) {
            (Some(position), Some(archive)) => self.restore(archive, position, chunk_bytes),
            _ => self.read_snapshot(source, chunk_bytes),
        }
    }

    /// Goes on from a snapshot of an earlier process. Where that can't be, the shape is gone.
    fn restore(&self, archive: &dyn Archive, position: &SnapshotPosition, chunk_bytes: usize) {
        let restored = archive.chunks(&self.handle).and_then(|chunks| {
            let log = ShapeLog::new(chunk_bytes, chunks);
            let mut ready = Ready { position: position.clone(), log, membership: None };
            let (mut alive, mut last) = (!ready.log.snapshot().is_empty(), 0);
            let complete = archive.replay(position, &mut |transaction| {
                last = transaction.lsn;
                alive = alive && ready.append(&self.shape, &transaction);
            })?;
            Ok((alive && complete).then_some((ready, last)))
        });
        let mut state = self.state();
        let State::Loading(pending) = &mut *state else { return };
        let pending = std::mem::take(pending);
        *state = match restored {
            Err(error) => State::Failed(Arc::new(error)),
            Ok(Some((mut ready, last))) => {
                let mut missed = pending.iter().filter(|transaction| transaction.lsn > last);
                match missed.all(|transaction| ready.append(&self.shape, transaction)) {
                    true => State::Ready(ready),
                    false => State::Gone,
                }
            }
            Ok(None) => State::Gone,
        };
        drop(state);
        self.changed.send_replace(());
    }

    fn read_snapshot(&self, source: &dyn Source, chunk_bytes: usize) {
        let shape = &self.shape;
        let mut writer = SnapshotWriter::new(chunk_bytes);
        let mut membership = shape.plan.as_ref().map(Membership::new);
        let position = self.visit_rows(source, &mut membership, &mut |row, standing| {
            if !shape.spec.changes_only {
                writer.push(|out| message::snapshot_row(shape, row, standing, out));
            }
        });
        let archive = source.archive().zip(shape.identity());
        let mut to_keep = None;
        let mut state = self.state();
        let State::Loading(pending) = &mut *state else { return };
        let next = match position {
            Err(error) => State::Failed(Arc::new(error)),
            Ok(Some(position)) => {
                let log = writer.finish(&position);
                to_keep = archive.as_ref().map(|_| (position.clone(), log.snapshot().to_vec()));
                let mut ready = Ready { position, log, membership };
                if std::mem::take(pending).iter().all(|transaction| ready.append(shape, transaction)) {
                    State::Ready(ready)
                } else {
                    State::Gone
                }
            }
            Ok(None) => State::Gone,
        };
        *state = next;
        drop(state);
        self.changed.send_replace(());
        if let (Some((archive, identity)), Some((position, chunks))) = (archive, to_keep) {
            let kept = KeptShape { identity, handle: self.handle.clone(), position };
            if let Err(error) = archive.keep(&kept, &chunks) {
                tracing::warn!(table = %shape.spec.table, %error, "a shape will have to be fetched afresh after a restart");
            }
        }
    }

    /// Gives the shape's rows as they are now to `visit`, whatever is in its log; `None` when the shape has ended. Blocks.
    pub(crate) fn rows_now(
        &self,
        source: &dyn Source,
        visit: &mut dyn FnMut(&Row, &Standing),
    ) -> Result<Option<SnapshotPosition>, SourceError> {
        let mut membership = match (&*self.state(), &self.shape.plan) {
            (State::Ready(ready), Some(plan)) => ready.membership.as_ref().map(|known| known.afresh(plan)),
            (State::Ready(_), None) => None,
            _ => return Ok(None),
        };
        self.visit_rows(source, &mut membership, visit)
    }

    /// Gives the rows of a snapshot that are in the shape to `visit`; `None` when a table isn't what the shape knows.
    fn visit_rows(
        &self,
        source: &dyn Source,
        membership: &mut Option<Membership>,
        visit: &mut dyn FnMut(&Row, &Standing),
    ) -> Result<Option<SnapshotPosition>, SourceError> {
        let shape = &self.shape;
        let params = shape.params();
        let tables = self.tables();
        let position = source.snapshot(&tables, &mut |at, row| {
            if let (Some(plan), Some(membership)) = (&shape.plan, &mut *membership) {
                if at + 1 < tables.len() {
                    return membership.add_to_set(plan, at, row, &params);
                }
                membership.add(plan, &shape.table, row, &params);
            }
            if let Some(standing) = standing(shape, membership.as_ref(), row, &params) {
                visit(row, &standing);
            }
        })?;
        // A table may have changed between the shape's creation and the snapshot.
        let current = tables.iter().map(|table| source.table(table)).collect::<Result<Vec<_>, _>>()?;
        Ok(shape.tables_are_like(&current).then_some(position))
    }

    /// Takes in a committed transaction; false when that ends the shape.
    pub(crate) fn apply(&self, transaction: &Arc<Transaction>) -> bool {
        let mut state = self.state();
        match &mut *state {
            State::Loading(pending) => {
                pending.push(Arc::clone(transaction));
                return true;
            }
            State::Ready(ready) => {
                let before = ready.log.end();
                if ready.append(&self.shape, transaction) {
                    if ready.log.end() == before {
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

impl Ready {
    /// False when the transaction ends the shape: it truncated the table, or more changed than can be told.
    fn append(&mut self, shape: &BoundShape, transaction: &Transaction) -> bool {
        if self.position.contains(transaction.txid) {
            return true;
        }
        let params = shape.params();
        if let (Some(plan), Some(membership)) = (&shape.plan, &mut self.membership) {
            match membership.turn(plan, &shape.table, transaction, &params) {
                Some(moves) => self.tell(shape, transaction, &moves, &params),
                None => return false,
            }
        }
        let membership = self.membership.as_ref();
        match message::of_transaction(shape, transaction, &|row| standing(shape, membership, row, &params)) {
            Told::Messages(messages) => self.log.append(messages),
            Told::Truncated => return false,
        }
        if let (Some(plan), Some(membership)) = (&shape.plan, &mut self.membership) {
            membership.apply(plan, &shape.table, transaction, &params);
        }
        true
    }

    /// Tells which values came and went. What came is told first: a row that one disjunct lets go and another takes
    /// stays.
    fn tell(&mut self, shape: &BoundShape, transaction: &Transaction, moves: &Moves, params: &[Option<&str>]) {
        let mut told = Vec::new();
        if !moves.moved_in.is_empty() {
            told.push(message::moved("move-in", &moves.moved_in, transaction.txid).into_bytes());
        }
        for row in &moves.rows {
            let Some(standing) = standing(shape, self.membership.as_ref(), row, params) else { continue };
            let mut out = Vec::new();
            message::move_in_row(shape, row, &standing, &mut out);
            told.push(out);
        }
        if !moves.rows.is_empty() {
            let next = transaction.txid + 1;
            let position = SnapshotPosition { xmin: next, xmax: next, running: Vec::new() };
            told.push(message::snapshot_end(&position).into_bytes());
        }
        if !moves.moved_out.is_empty() {
            told.push(message::moved("move-out", &moves.moved_out, transaction.txid).into_bytes());
        }
        let mut offset = self.log.end();
        let messages = told.into_iter().map(|message| {
            offset = offset.following();
            (offset, message.into_boxed_slice().into())
        });
        self.log.append(messages.collect());
    }
}

/// What a row's place in the shape is; `None` where it isn't in it.
fn standing(
    shape: &BoundShape,
    membership: Option<&Membership>,
    row: &Row,
    params: &[Option<&str>],
) -> Option<Standing> {
    match (&shape.plan, membership) {
        (Some(plan), Some(membership)) => membership.standing(plan, &shape.table, row, params),
        _ => shape.holds(row, params).then(Standing::default),
    }
}
