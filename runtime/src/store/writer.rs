//! The thread that owns a partition's file: it opens instances, writes batches, and tidies up while nothing else is to do.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use tokio::sync::oneshot;

use super::error::{Fault, StoreError, StoreEvent};
use super::instance::{self, Sequence, Slot, State, Stored};
use super::rows::{self, Generation};
use super::table::{self, Statements};
use super::{Batch, Current, LoadRows, Opened, Saved, Target, Verdict, file};
use crate::definition::ShapeDefinition;

/// What the handles ask of the thread.
pub(super) enum Job {
    Run(Box<dyn FnOnce(&mut Writer) + Send>),
    Commit { slot: u64, batch: Batch, flush_within: Duration, reply: Reply },
    Close(u64),
    Flush(Reply),
}

pub(super) type Reply = oneshot::Sender<Result<(), StoreError>>;

/// Rows of a dropped generation are deleted so many at a time: some 20 ms, then waiting batches come first.
const SLICE: i64 = 5_000;
/// Batches that wait for others are written at so many changes, however much time is left.
const JOINED_AT_MOST: usize = 10_000;
/// The log goes into the file after a pause of `PAUSE` from `LOG_WORTH` on, and in any case at `LOG_BOUND`.
const PAUSE: Duration = Duration::from_millis(500);
const LOG_WORTH: u64 = 1 << 20;
const LOG_BOUND: u64 = 64 << 20;

pub(super) struct Writer {
    path: PathBuf,
    /// `None` only where a corrupt file could not be replaced; every job tries again.
    pub(super) connection: Option<Connection>,
    report: Box<dyn Fn(StoreEvent)>,
    slots: HashMap<u64, Slot>,
    last_slot: u64,
    /// There may be rows of dropped generations.
    untidy: bool,
    /// Bytes of the log that the last checkpoint could not get rid of, because someone else reads.
    log_kept: u64,
    log: u64,
    written_at: Instant,
    /// Other processes stay out while this is open; none where there is no file.
    _lock: Option<File>,
}

/// How long a lock that somebody else holds is tried for. A process that this one is just starting holds every lock of
/// this one until it runs its own program: nobody is using the partition then.
const LOCK_PATIENCE: Duration = Duration::from_millis(200);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Takes the partition for this process.
fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("leader.lock");
    let failed = |cause: std::io::Error| StoreError::Folder { path: path.clone(), cause: cause.into() };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
    }
}

impl Writer {
    pub(super) fn open(folder: &Path, report: Box<dyn Fn(StoreEvent)>) -> Result<Self, StoreError> {
        let lock = lock(folder)?;
        let path = folder.join("cache.db");
        let connection = file::open(&path, &*report)?;
        Ok(Self::over(path, connection, Some(lock), report))
    }

    /// A writer of an open file.
    pub(super) fn over(
        path: PathBuf,
        connection: Connection,
        lock: Option<File>,
        report: Box<dyn Fn(StoreEvent)>,
    ) -> Self {
        Self {
            path,
            connection: Some(connection),
            report,
            slots: HashMap::new(),
            last_slot: 0,
            untidy: true,
            log_kept: 0,
            log: 0,
            written_at: Instant::now(),
            _lock: lock,
        }
    }

    /// Works until the last handle is gone, and writes what still waits then.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = match self.pause() {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(pause) => jobs.recv_timeout(pause),
            };
            match job {
                Ok(job) => self.work(job),
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = Instant::now();
            // Each batch's own reply carries its error.
            let _ = self.write_waiting(|slot| slot.due.is_some_and(|due| due <= now));
            if self.log > self.log_kept + LOG_BOUND {
                self.checkpoint();
            }
        }
        let _ = self.write_waiting(|_| true);
    }

    pub(super) fn expired_handle(&mut self, key: &str) -> Option<String> {
        let select = |connection: &Connection| {
            let mut select = connection.prepare_cached("SELECT handle FROM _expired WHERE key = ?")?;
            select.query_row([key], |row| row.get(0)).optional()
        };
        let found = connected(&mut self.connection, &self.path, &*self.report)
            .and_then(|connection| select(connection).map_err(Fault::from));
        found.unwrap_or_else(|fault| {
            self.failed_quietly(fault);
            None
        })
    }

    pub(super) fn set_expired_handle(&mut self, key: &str, handle: Option<&str>, now: i64, most: u32) {
        let write = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM _expired WHERE key = ?", [key])?;
            if let Some(handle) = handle {
                transaction
                    .execute("INSERT INTO _expired (key, handle, lost_at) VALUES (?, ?, ?)", (key, handle, now))?;
                let older = "DELETE FROM _expired WHERE rowid NOT IN
                             (SELECT rowid FROM _expired ORDER BY lost_at DESC, rowid DESC LIMIT ?)";
                transaction.execute(older, [most])?;
            }
            transaction.commit()
        };
        let written = connected(&mut self.connection, &self.path, &*self.report)
            .and_then(|connection| write(connection).map_err(Fault::from));
        if let Err(fault) = written {
            tracing::warn!(error = %fault, "the handle of a lost log isn't remembered");
            self.failed_quietly(fault);
        }
    }

    pub(super) fn work(&mut self, job: Job) {
        match job {
            Job::Run(job) => job(self),
            Job::Commit { slot, batch, flush_within, reply } => self.commit(slot, batch, flush_within, reply),
            Job::Close(slot) => self.close(slot),
            Job::Flush(reply) => {
                let result = self.write_waiting(|_| true);
                let _ = reply.send(result);
            }
        }
    }

    /// How long nothing is to do unless a job comes; `None` for ever.
    fn pause(&self) -> Option<Duration> {
        if self.untidy {
            return Some(Duration::ZERO);
        }
        let due = self.slots.values().filter_map(|slot| slot.due).min();
        let checkpoint = self.checkpoint_is_worth_it().then(|| self.written_at + PAUSE);
        let next = due.into_iter().chain(checkpoint).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    pub(super) fn open_instance(
        &mut self,
        shape: &'static ShapeDefinition,
        key: String,
        now: i64,
        load: &mut dyn LoadRows,
    ) -> Result<(u64, Opened), StoreError> {
        let earlier: Vec<u64> =
            self.slots.iter().filter(|(_, slot)| slot.key == key).map(|(&number, _)| number).collect();
        earlier.into_iter().for_each(|slot| self.close(slot));
        let opened = match self.read_instance(shape, &key, now, load) {
            Err(fault) if fault.is_corruption() => {
                self.rebuild(&fault);
                load.discard(Saved::Current);
                load.discard(Saved::Filling);
                self.read_instance(shape, &key, now, load)
            }
            opened => opened,
        };
        let (statements, state, opened) = opened.map_err(|fault| self.failed(fault, shape))?;
        self.measure_log();
        self.last_slot += 1;
        let slot = Slot { shape, statements, key, opened_at: now, state, waiting: Vec::new(), due: None };
        self.slots.insert(self.last_slot, slot);
        Ok((self.last_slot, opened))
    }

    fn read_instance(
        &mut self,
        shape: &'static ShapeDefinition,
        key: &str,
        now: i64,
        load: &mut dyn LoadRows,
    ) -> Result<(Statements, State, Opened), Fault> {
        let statements = Statements::of(shape)?;
        let connection = connected(&mut self.connection, &self.path, &*self.report)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut verdict = table::prepare(&transaction, shape)?;
        instance::drop_other_requests(&transaction, shape, key)?;
        let id = instance::find(&transaction, shape, key, now)?;
        let mut stored = Stored::of(&transaction, id)?;
        if verdict == Verdict::Keep && stored.current_g.is_none() && stored.filling_g.is_none() {
            verdict = Verdict::New;
        }
        if stored.current_g.is_some() && instance::too_old(shape, stored.up_to_date_at, now) {
            instance::drop_generation(&transaction, id, Saved::Current)?;
            stored.current_g = None;
            verdict = Verdict::Expired;
        }
        transaction.commit()?;

        for (saved, stored_g) in [(Saved::Current, &mut stored.current_g), (Saved::Filling, &mut stored.filling_g)] {
            let Some(g) = *stored_g else { continue };
            if let Err(cause) = rows::read(connection, shape, &statements, g, saved, load)? {
                load.discard(saved);
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                instance::drop_generation(&transaction, id, saved)?;
                transaction.commit()?;
                *stored_g = None;
                verdict = Verdict::Unreadable;
                (self.report)(StoreEvent::Unreadable { shape: shape.name, cause });
            }
        }
        self.untidy = true;

        let resume = |g: Option<i64>| g.map(|g| Generation::resume(connection, &statements, g)).transpose();
        let (current, filling) = (resume(stored.current_g)?, resume(stored.filling_g)?);
        let renewing = current.is_some() && stored.current.is_none();
        let sequence = if renewing { Sequence::Renewing } else { Sequence::Whole };
        let opened = Opened {
            current: current.map(|_| Current { position: stored.current, up_to_date_at: stored.up_to_date_at }),
            filling: filling.and(stored.filling),
            verdict,
        };
        Ok((statements, State { id, current, filling, sequence }, opened))
    }

    fn commit(&mut self, slot: u64, batch: Batch, flush_within: Duration, reply: Reply) {
        let Some(open) = self.slots.get_mut(&slot) else {
            let _ = reply.send(Err(StoreError::Closed));
            return;
        };
        let may_wait = batch.target == Target::Current && !flush_within.is_zero();
        open.waiting.push((batch, reply));
        let changes: usize = open.waiting.iter().map(|(batch, _)| batch.changes.len()).sum();
        if may_wait && changes < JOINED_AT_MOST {
            open.due.get_or_insert_with(|| Instant::now() + flush_within);
        } else {
            // The batch's own reply carries the error.
            let _ = self.write_slot(slot);
        }
    }

    /// Writes the batches that wait in the slots of `which`; the first error of any.
    pub(super) fn write_waiting(&mut self, which: impl Fn(&Slot) -> bool) -> Result<(), StoreError> {
        let slots = self.slots.iter().filter(|(_, slot)| !slot.waiting.is_empty() && which(slot));
        let slots: Vec<u64> = slots.map(|(&number, _)| number).collect();
        slots.into_iter().map(|slot| self.write_slot(slot)).fold(Ok(()), Result::and)
    }

    /// Writes all that waits in a slot, in one transaction.
    fn write_slot(&mut self, number: u64) -> Result<(), StoreError> {
        let Some(slot) = self.slots.get_mut(&number) else { return Err(StoreError::Closed) };
        let waiting = std::mem::take(&mut slot.waiting);
        slot.due = None;
        let connection = connected(&mut self.connection, &self.path, &*self.report);
        let written =
            connection.and_then(|connection| instance::write(connection, slot, waiting.iter().map(|(batch, _)| batch)));
        let shape = slot.shape;
        let result = match written {
            Ok(state) => {
                slot.state = state;
                Ok(())
            }
            Err(fault) => {
                slot.state.sequence = Sequence::Broken;
                Err(self.failed(fault, shape))
            }
        };
        self.untidy |= waiting.iter().any(|(batch, _)| batch.target != Target::Current);
        for (_, reply) in waiting {
            // Whoever doesn't listen is refused at the next batch.
            let _ = reply.send(result.clone());
        }
        self.measure_log();
        result
    }

    fn close(&mut self, slot: u64) {
        // Each batch's own reply carries its error.
        let _ = self.write_waiting_of(slot);
        self.slots.remove(&slot);
    }

    fn write_waiting_of(&mut self, slot: u64) -> Result<(), StoreError> {
        match self.slots.get(&slot) {
            Some(open) if !open.waiting.is_empty() => self.write_slot(slot),
            _ => Ok(()),
        }
    }

    /// One piece of work that nobody waits for: a slice of a dropped generation, or a checkpoint.
    fn tidy(&mut self) {
        if self.untidy {
            let connection = connected(&mut self.connection, &self.path, &*self.report);
            let done = connection.and_then(delete_slice).unwrap_or_else(|fault| {
                // Tried again when the next generation is dropped, or at the next start.
                tracing::warn!(%fault, "rows of a dropped generation were not deleted");
                self.failed_quietly(fault);
                true
            });
            self.untidy = !done;
            self.measure_log();
        } else if self.checkpoint_is_worth_it() && self.written_at.elapsed() >= PAUSE {
            self.checkpoint();
        }
    }

    fn checkpoint_is_worth_it(&self) -> bool {
        self.log > self.log_kept + LOG_WORTH
    }

    fn measure_log(&mut self) {
        self.log = fs::metadata(file::suffixed(&self.path, "-wal")).map_or(0, |log| log.len());
        self.written_at = Instant::now();
    }

    /// Moves the log into the file and empties it.
    fn checkpoint(&mut self) {
        if let Some(connection) = &self.connection {
            // Someone at a SQL prompt may hold the log's end: it isn't waited for.
            let done = connection
                .busy_timeout(Duration::ZERO)
                .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
                .and_then(|()| connection.busy_timeout(file::PATIENCE));
            if let Err(error) = done {
                tracing::warn!(%error, "checkpoint");
                self.failed_quietly(error.into());
            }
        }
        self.measure_log();
        self.log_kept = self.log;
    }

    fn failed_quietly(&mut self, fault: Fault) {
        if fault.is_corruption() {
            self.rebuild(&fault);
        }
    }

    /// An error on its way to the caller; a corrupt file is replaced before it leaves.
    fn failed(&mut self, fault: Fault, shape: &'static ShapeDefinition) -> StoreError {
        if fault.is_corruption() { self.rebuild(&fault) } else { fault.of(&self.path, Some(shape.local.table)) }
    }

    /// Sets the corrupt file aside; open instances may go on with a new generation only.
    fn rebuild(&mut self, fault: &Fault) -> StoreError {
        let cause = fault.to_string();
        // Closed before it is moved: Windows doesn't move open files.
        self.connection = None;
        for slot in self.slots.values_mut() {
            slot.state = State { id: 0, current: None, filling: None, sequence: Sequence::Broken };
        }
        let path = self.path.clone();
        match file::set_aside(&path) {
            Ok(aside) => {
                (self.report)(StoreEvent::SetAside { path: path.clone(), aside: aside.clone(), cause: cause.clone() });
                StoreError::Corrupt { path, aside, cause }
            }
            Err(error) => error,
        }
    }
}

fn connected<'w>(
    connection: &'w mut Option<Connection>,
    path: &Path,
    report: &dyn Fn(StoreEvent),
) -> Result<&'w mut Connection, Fault> {
    if connection.is_none() {
        *connection = Some(file::open(path, report)?);
    }
    connection.as_mut().ok_or(Fault::Store(StoreError::Closed))
}

/// Deletes a slice of some dropped generation; tells whether nothing is left.
fn delete_slice(connection: &mut Connection) -> Result<bool, Fault> {
    let next: Option<(i64, String)> = connection
        .prepare_cached("SELECT g, local FROM _dropped LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((g, local)) = next else { return Ok(true) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if table::delete_slice(&transaction, &local, rows::row_ids(g), SLICE)? {
        transaction.execute("DELETE FROM _dropped WHERE g = ?", [g])?;
    }
    transaction.commit()?;
    Ok(false)
}
