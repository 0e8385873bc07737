//! The driver's side of the local store: which generation a batch belongs to, and when it is written.

use std::collections::VecDeque;
use std::time::Duration;

use super::Storage;
use crate::collection::ErasedRows;
use crate::definition::ShapeDefinition;
use crate::position::Position;
use crate::store::{Batch, Commit, Instance, Partition, StoreError, Target};
use crate::stream::{Origin, SyncError};

/// What a sync keeps on disk; nothing where the shape isn't kept or there is no disk.
pub(crate) struct Kept {
    definition: &'static ShapeDefinition,
    key: String,
    partition: Option<Partition>,
    instance: Option<Instance>,
    /// The generation that is written now was never complete: nobody sees it yet.
    filling: bool,
    /// Nothing of that generation is written yet.
    first: bool,
    /// The batches on their way to the disk, in order.
    pending: VecDeque<Commit>,
    /// What the disk holds, or is about to.
    written: Option<(Position, i64)>,
}

/// An up-to-date without changes is written this often, in seconds: it says how old the rows are.
const REFRESH_S: i64 = 300;
/// So many batches may be on their way to the disk; then the sync waits for it, or a stuck disk would fill the memory.
const PENDING_AT_MOST: usize = 1_000;

impl Kept {
    pub(crate) fn new(storage: &Storage, definition: &'static ShapeDefinition, key: String) -> Self {
        let partition = match storage {
            Storage::Disk(partition) if definition.policy.kept => Some(partition.clone()),
            _ => None,
        };
        let pending = VecDeque::new();
        Self { definition, key, partition, instance: None, filling: true, first: true, pending, written: None }
    }

    /// Loads what an earlier run left, shows what is complete, and says where to go on.
    pub(super) async fn open(
        &mut self,
        rows: Box<dyn ErasedRows>,
        now: i64,
    ) -> (Box<dyn ErasedRows>, Option<Position>) {
        let Some(partition) = &self.partition else {
            return (rows, None);
        };
        let unkept = rows.unkept();
        let opened = partition.open_instance(self.definition, self.key.clone(), now, rows).await;
        let (mut rows, instance, opened) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(%error, "nothing of this shape is kept");
                return (unkept, None);
            }
        };
        self.instance = Some(instance);
        let mut position = None;
        if let Some(current) = opened.current {
            rows.publish();
            rows.teller().tell(&mut |state| {
                state.hydrated = true;
                state.up_to_date_at = current.up_to_date_at;
            });
            self.filling = current.position.is_none();
            position = current.position;
        }
        if let Some(filling) = opened.filling {
            rows.resume_filling();
            (self.filling, self.first) = (true, false);
            position = Some(filling);
        }
        (rows, position)
    }

    /// The generation that is written now was never complete.
    pub(super) fn is_filling(&self) -> bool {
        self.filling
    }

    /// A new generation begins.
    pub(super) fn restart(&mut self) {
        (self.filling, self.first) = (true, true);
    }

    /// Hands what has come to count to the store, with its position: a filling generation chunk by chunk, the current one
    /// only as a whole, at up-to-date. Returns how many batches may be on their way before the sync goes on.
    pub(super) fn hand_over(
        &mut self,
        rows: &mut dyn ErasedRows,
        position: &Position,
        up_to_date_at: Option<i64>,
    ) -> Result<usize, SyncError> {
        self.look()?;
        if self.instance.is_none() {
            // Nobody writes them.
            rows.take_changes();
            return Ok(0);
        }
        let target = match (self.filling, up_to_date_at) {
            (true, None) => Target::Filling { first: self.first },
            (true, Some(_)) => Target::Complete { first: self.first },
            (false, None) => return Ok(PENDING_AT_MOST),
            (false, Some(_)) => Target::Current,
        };
        let changes = rows.take_changes();
        if let (Target::Current, Some((written, at)), Some(now)) = (target, &self.written, up_to_date_at)
            && changes.is_empty()
            && written == position
            && (0..REFRESH_S).contains(&(now - at))
        {
            return Ok(PENDING_AT_MOST);
        }
        let batch = Batch { target, changes, position: position.clone(), up_to_date_at };
        let flush_within = Duration::from_millis(self.definition.policy.flush_within_ms.into());
        self.pending.extend(self.instance.as_ref().map(|instance| instance.commit(batch, flush_within)));
        self.written = up_to_date_at.map(|at| (position.clone(), at));
        self.first = false;
        self.filling = up_to_date_at.is_none();
        Ok(match target {
            // One chunk is written while the next one is fetched.
            Target::Filling { .. } => 1,
            // A joined batch is looked at when the next answer comes; whatever else failed is known before the next request.
            Target::Current if !flush_within.is_zero() => PENDING_AT_MOST,
            Target::Complete { .. } | Target::Current => 0,
        })
    }

    /// What became of the batches that the disk is done with.
    fn look(&mut self) -> Result<(), SyncError> {
        while let Some(result) = self.pending.front_mut().and_then(Commit::result) {
            self.pending.pop_front();
            self.settle(result)?;
        }
        Ok(())
    }

    /// Waits until no more than `at_most` batches are on their way.
    pub(super) async fn finish(&mut self, at_most: usize) -> Result<(), SyncError> {
        while self.pending.len() > at_most
            && let Some(commit) = self.pending.pop_front()
        {
            self.settle(commit.await)?;
        }
        Ok(())
    }

    /// An instance that another client took over is that client's to keep; this one goes on in memory.
    fn settle(&mut self, result: Result<(), StoreError>) -> Result<(), SyncError> {
        match result {
            Ok(()) => Ok(()),
            Err(StoreError::Closed) => {
                tracing::warn!(
                    "the instance was opened anew elsewhere, or its store is gone: nothing more is kept here"
                );
                self.instance = None;
                self.pending.clear();
                Ok(())
            }
            Err(error) => Err(SyncError::Store { of: Origin::new(self.definition), error }),
        }
    }
}
