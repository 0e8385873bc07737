//! What happened between two snapshots, for those who follow a collection.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, PoisonError, Weak};
use std::task::Poll;

use imbl::ordmap::DiffItem;
use tokio::sync::watch;

use super::{Collection, Lease, Shared, Snapshot, State};
use crate::shape::Shape;

/// What happened to one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<S> {
    /// The row is new.
    Insert(Arc<S>),
    /// The row has changed.
    Update {
        /// As it was.
        old: Arc<S>,
        /// As it is.
        new: Arc<S>,
    },
    /// The row is gone.
    Delete(Arc<S>),
}

/// What happened between two snapshots, sorted by key, at most one change a row. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<S> {
    /// The changes.
    pub changes: Vec<Change<S>>,
}

impl<S: Shape> Batch<S> {
    /// The difference of two snapshots. What they share is not looked at.
    pub fn between(old: &Snapshot<S>, new: &Snapshot<S>) -> Self {
        let changes = old
            .rows()
            .diff(new.rows())
            .map(|item| match item {
                DiffItem::Add(_, row) => Change::Insert(row.clone()),
                DiffItem::Update { old: (_, old), new: (_, new) } => {
                    Change::Update { old: old.clone(), new: new.clone() }
                }
                DiffItem::Remove(_, row) => Change::Delete(row.clone()),
            })
            .collect();
        Self { changes }
    }
}

/// Follows a collection. Who is slow gets one batch, the difference to what was seen last: no queue grows.
pub struct Changes<S: Shape> {
    collection: Collection<S>,
    seen: Snapshot<S>,
    version: watch::Receiver<u64>,
    state: watch::Receiver<State>,
}

impl<S: Shape> Changes<S> {
    pub(super) fn new(collection: Collection<S>, seen: Snapshot<S>, version: watch::Receiver<u64>) -> Self {
        let state = collection.shared.state.subscribe();
        Self { collection, seen, version, state }
    }

    /// Waits for the next batch. Cancel-safe: a batch is lost with no future that was dropped.
    ///
    /// `None` when there will be none any more: the sync has stopped.
    pub async fn next(&mut self) -> Option<Batch<S>> {
        loop {
            // Read before the rows: after a stop none are published.
            let stopped = self.state.borrow().is_stopped();
            self.version.mark_unchanged();
            if let Some(batch) = self.take() {
                return Some(batch);
            }
            if stopped {
                return None;
            }
            let mut changed = pin!(self.version.changed());
            let mut stopped = pin!(self.state.wait_for(State::is_stopped));
            poll_fn(|context| {
                let ready = changed.as_mut().poll(context).is_ready() || stopped.as_mut().poll(context).is_ready();
                if ready { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// What has happened since the last batch, without waiting.
    pub fn take(&mut self) -> Option<Batch<S>> {
        let now = self.collection.snapshot();
        let batch = Batch::between(&self.seen, &now);
        self.seen = now;
        (!batch.changes.is_empty()).then_some(batch)
    }
}

type Callback<S> = Arc<dyn Fn(&Batch<S>) + Send + Sync>;

pub(super) struct Callbacks<S: Shape> {
    next: u64,
    list: Vec<(u64, Callback<S>)>,
}

impl<S: Shape> Default for Callbacks<S> {
    fn default() -> Self {
        Self { next: 0, list: Vec::new() }
    }
}

impl<S: Shape> Clone for Callbacks<S> {
    fn clone(&self) -> Self {
        Self { next: self.next, list: self.list.clone() }
    }
}

impl<S: Shape> Callbacks<S> {
    pub(super) fn add(&mut self, callback: Callback<S>) -> u64 {
        self.next += 1;
        self.list.push((self.next, callback));
        self.next
    }

    /// A callback that panics is reported and stops neither the sync nor the other callbacks.
    pub(super) fn call(&self, old: &Snapshot<S>, new: &Snapshot<S>) {
        if self.list.is_empty() {
            return;
        }
        let batch = Batch::between(old, new);
        if batch.changes.is_empty() {
            return;
        }
        for (_, callback) in &self.list {
            if catch_unwind(AssertUnwindSafe(|| callback(&batch))).is_err() {
                tracing::error!(shape = S::DEFINITION.name, "a change callback panicked");
            }
        }
    }
}

/// Keeps a callback of [`Collection::on_change`], and the sync, alive; dropping it ends the calls.
#[must_use = "the callback ends with the guard"]
pub struct ChangeGuard<S: Shape> {
    id: u64,
    shared: Weak<Shared<S>>,
    _lease: Arc<Lease>,
}

impl<S: Shape> ChangeGuard<S> {
    pub(super) fn new(id: u64, shared: Weak<Shared<S>>, lease: Arc<Lease>) -> Self {
        Self { id, shared, _lease: lease }
    }
}

impl<S: Shape> Drop for ChangeGuard<S> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let mut callbacks = shared.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
            callbacks.list.retain(|(id, _)| *id != self.id);
        }
    }
}
