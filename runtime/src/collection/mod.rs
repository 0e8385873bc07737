//! The live rows of one shape instance: what programs hold, read and wait on.

mod changes;
mod lease;
mod meters;
mod rows;
mod snapshot;
#[cfg(test)]
mod subset_tests;
mod subsets;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot, watch};

pub use changes::{Batch, Change, ChangeGuard, Changes};
pub(crate) use lease::Lease;
pub(crate) use meters::Meters;
pub use meters::{Counters, Progress};
pub(crate) use rows::{ErasedRows, Rows};
pub use snapshot::Snapshot;

use crate::clock::Clock;
use crate::definition::Load;
use crate::shape::Shape;
use crate::stream::{Origin, SyncError};
use changes::Callbacks;

/// The live rows of one shape instance. Cheap to clone; the sync stops with the last handle.
pub struct Collection<S: Shape> {
    shared: Arc<Shared<S>>,
    lease: Arc<Lease>,
}

impl<S: Shape> Clone for Collection<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), lease: self.lease.clone() }
    }
}

/// What is known of a collection's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// No complete set of rows was ever here: an empty snapshot says nothing.
    NeverSynced,
    /// The rows are complete, and there are none.
    Empty,
    /// The rows are complete.
    Ready,
    /// The rows are complete, but up-to-date was last seen longer ago than `stale_after`.
    Stale,
}

/// What the sync of a collection is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Connection {
    /// No answer yet.
    Connecting,
    /// The last request was answered.
    Online,
    /// The last request failed; the next one is on its way, the rows stay.
    Offline(Arc<SyncError>),
    /// The sync has stopped and will not go on by itself; the rows stay.
    Stopped(Arc<SyncError>),
}

/// What the sync tells a collection beside its rows.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// A complete generation is in the snapshot.
    pub(crate) hydrated: bool,
    /// Up-to-date was seen since the program started.
    pub(crate) fresh: bool,
    /// The last answer ended in an up-to-date.
    pub(crate) whole: bool,
    /// When up-to-date was last seen, also by an earlier run; seconds since 1970.
    pub(crate) up_to_date_at: Option<i64>,
    pub(crate) connection: Connection,
}

impl State {
    fn is_stopped(&self) -> bool {
        matches!(self.connection, Connection::Stopped(_))
    }
}

/// Tells the handles of a collection, whose type needn't be known, something.
pub(crate) trait Teller: Send + Sync {
    /// Changes what they know.
    fn tell(&self, change: &mut dyn FnMut(&mut State));
}

impl dyn Teller {
    pub(crate) fn connection(&self, connection: &Connection) {
        self.tell(&mut |state| state.connection = connection.clone());
    }
}

impl<S: Shape> Teller for Shared<S> {
    fn tell(&self, change: &mut dyn FnMut(&mut State)) {
        self.state.send_modify(|state| change(state));
    }
}

/// What the handles of a collection ask of its driver.
pub(crate) enum Command {
    /// Tell when the rows are as new as now.
    Refresh(oneshot::Sender<()>),
    /// Load up to so many older rows, and tell how many came.
    LoadOlder(u32, oneshot::Sender<Result<usize, Arc<SyncError>>>),
}

/// What handles and the driver share.
pub(crate) struct Shared<S: Shape> {
    published: ArcSwap<Snapshot<S>>,
    /// Counts what was published, so that readers can wait for the next.
    version: watch::Sender<u64>,
    state: watch::Sender<State>,
    callbacks: Mutex<Callbacks<S>>,
    pub(crate) meters: Arc<Meters>,
    /// What the rows' age goes by.
    clock: Clock,
    /// To the driver, while it lives.
    commands: mpsc::UnboundedSender<Command>,
}

impl<S: Shape> Shared<S> {
    pub(crate) fn new(clock: Clock, commands: mpsc::UnboundedSender<Command>) -> Self {
        let state = State {
            hydrated: false,
            fresh: false,
            whole: false,
            up_to_date_at: None,
            connection: Connection::Connecting,
        };
        Self {
            published: ArcSwap::from_pointee(Snapshot::default()),
            version: watch::Sender::new(0),
            state: watch::Sender::new(state),
            callbacks: Mutex::default(),
            meters: Arc::default(),
            clock,
            commands,
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot<S> {
        Snapshot::clone(&self.published.load())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state.borrow().is_stopped()
    }

    pub(crate) fn connection(&self) -> Connection {
        self.state.borrow().connection.clone()
    }

    pub(crate) fn status(&self) -> Status {
        let state = self.state.borrow();
        if !state.hydrated {
            Status::NeverSynced
        } else if is_stale(state.up_to_date_at, S::DEFINITION.policy.stale_after_s, self.clock.now()) {
            Status::Stale
        } else if self.published.load().is_empty() {
            Status::Empty
        } else {
            Status::Ready
        }
    }

    /// See [`Collection::lag`].
    pub(crate) fn lag(&self) -> Option<Duration> {
        let state = self.state.borrow();
        if state.fresh && state.whole && matches!(state.connection, Connection::Online) {
            return Some(Duration::ZERO);
        }
        let seconds = self.clock.now().saturating_sub(state.up_to_date_at?);
        Some(Duration::from_secs(seconds.try_into().unwrap_or_default()))
    }

    /// Says that the sync is over, where it didn't say so itself: it panicked, or its runtime is gone.
    pub(crate) fn over(&self) {
        self.state.send_if_modified(|state| {
            let unsaid = !state.is_stopped();
            if unsaid {
                let of = Origin::new(S::DEFINITION);
                state.connection = Connection::Stopped(Arc::new(SyncError::Cancelled { of }));
            }
            unsaid
        });
    }

    /// Makes a new set of rows visible as a whole.
    fn publish(&self, rows: Snapshot<S>) {
        let old = self.published.swap(Arc::new(rows.clone()));
        self.version.send_modify(|version| *version += 1);
        let callbacks = self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        callbacks.call(&old, &rows);
    }
}

impl<S: Shape> Collection<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>, lease: Arc<Lease>) -> Self {
        Self { shared, lease }
    }

    /// The rows as they are now: O(1), never waits. Call it in every frame.
    pub fn snapshot(&self) -> Snapshot<S> {
        self.shared.snapshot()
    }

    /// The rows as they are now and every change after them: nothing lies between the two.
    pub fn subscribe(&self) -> (Snapshot<S>, Changes<S>) {
        // The version is read before the rows: rows that are newer than it are found by the next look.
        let version = self.shared.version.subscribe();
        let rows = self.snapshot();
        (rows.clone(), Changes::new(self.clone(), rows, version))
    }

    /// Calls `callback` after each batch, on the sync's thread, until the guard is dropped.
    pub fn on_change(&self, callback: impl Fn(&Batch<S>) + Send + Sync + 'static) -> ChangeGuard<S> {
        let mut callbacks = self.shared.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        ChangeGuard::new(callbacks.add(Arc::new(callback)), Arc::downgrade(&self.shared), self.lease.clone())
    }

    /// What is known of the rows.
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// The rows are complete, but older than the shape's `stale_after`.
    pub fn is_stale(&self) -> bool {
        self.status() == Status::Stale
    }

    /// What the sync is doing.
    pub fn connection(&self) -> Connection {
        self.shared.connection()
    }

    /// How far the rows have come that are loaded for the first time, or anew; `None` when nothing is being loaded. It
    /// changes with every piece of an answer: look at it in every frame, or a few times a second.
    pub fn progress(&self) -> Option<Progress> {
        self.shared.meters.progress()
    }

    /// What this sync has done since it began.
    pub fn counters(&self) -> Counters {
        self.shared.meters.counters()
    }

    /// How long ago the rows were last known to be as new as the server's, in whole seconds: zero while the service
    /// answers and has said up-to-date, `None` where it never has.
    pub fn lag(&self) -> Option<Duration> {
        self.shared.lag()
    }

    /// Waits until a complete set of rows is there, from the local store or from the server.
    ///
    /// # Errors
    /// When the sync stops before that.
    pub async fn ready(&self) -> Result<(), Arc<SyncError>> {
        self.until(|state| state.hydrated || state.fresh).await
    }

    /// Waits until a complete set of rows is there, whatever its age. Without network it waits on where nothing was kept.
    ///
    /// # Errors
    /// When the sync stops before that.
    pub async fn hydrated(&self) -> Result<(), Arc<SyncError>> {
        self.until(|state| state.hydrated).await
    }

    /// Waits until the server has said up-to-date in this run of the program: without network, until it is back.
    ///
    /// # Errors
    /// When the sync stops before that.
    pub async fn fresh(&self) -> Result<(), Arc<SyncError>> {
        self.until(|state| state.fresh).await
    }

    /// Asks at once whether there is news, and waits until the rows are as new as this call. For a button that says so, and
    /// for what another channel has told of; the sync itself needs it never. Without network it waits until it is back.
    ///
    /// # Errors
    /// When the sync stops before that.
    pub async fn refresh(&self) -> Result<(), Arc<SyncError>> {
        let (refreshed, done) = oneshot::channel();
        // The driver drops what it can't do: it has stopped, and says why.
        let _ = self.shared.commands.send(Command::Refresh(refreshed));
        match done.await {
            Ok(()) => Ok(()),
            Err(_) => self.until(|_| false).await,
        }
    }

    /// Loads up to `rows` more of the rows before the oldest that was loaded, and waits until they are shown. Returns how
    /// many came: fewer than asked for, and there are no older ones. Without network it waits until it is back.
    ///
    /// # Errors
    /// When the shape doesn't load its newest rows (`load = { newest = …, by = … }`); when the service refuses, which leaves
    /// the sync as it is; or when the sync stops before that.
    pub async fn load_older(&self, rows: u32) -> Result<usize, Arc<SyncError>> {
        if !matches!(S::DEFINITION.load, Load::Newest(_)) {
            return Err(Arc::new(SyncError::NotNewest { of: Origin::new(S::DEFINITION) }));
        }
        if rows == 0 {
            return Ok(0);
        }
        let (loaded, done) = oneshot::channel();
        // As above.
        let _ = self.shared.commands.send(Command::LoadOlder(rows, loaded));
        match done.await {
            Ok(rows) => rows,
            Err(_) => self.until(|_| false).await.map(|()| 0),
        }
    }

    /// As [`Collection::ready`], for threads that have no executor.
    ///
    /// # Errors
    /// When the sync stops before that, or the time is over: then the inner value is `None`.
    pub fn ready_blocking(&self, timeout: Duration) -> Result<(), Option<Arc<SyncError>>> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let collection = self.clone();
        let waiting = self.lease.runtime().spawn(async move {
            // The receiver is gone when the time was over.
            let _ = sender.send(collection.ready().await);
        });
        let ready = receiver.recv_timeout(timeout);
        // It holds a handle, and would as long as nothing comes.
        waiting.abort();
        ready.map_err(|_| None)?.map_err(Some)
    }

    async fn until(&self, mut reached: impl FnMut(&State) -> bool) -> Result<(), Arc<SyncError>> {
        let mut state = self.shared.state.subscribe();
        let mut stopped = None;
        // The sender lives in `self.shared`, so waiting itself can't fail.
        let _ = state
            .wait_for(|state| {
                if let Connection::Stopped(error) = &state.connection {
                    stopped = Some(error.clone());
                }
                reached(state) || stopped.is_some()
            })
            .await;
        match stopped {
            Some(error) if !reached(&state.borrow()) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Age counts from the last up-to-date; a clock that went back counts as stale.
fn is_stale(up_to_date_at: Option<i64>, stale_after_s: u32, now: i64) -> bool {
    match up_to_date_at {
        Some(at) => !(0..i64::from(stale_after_s)).contains(&(now - at)),
        None => true,
    }
}
