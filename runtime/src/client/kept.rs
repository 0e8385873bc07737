//! The driver's side of the local store: which generation a batch belongs to, and when it is written.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::Storage;
use crate::collection::{ErasedRows, now};
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
    /// The last batch, on its way to the disk.
    pending: Option<Commit>,
    /// What the disk holds, or is about to.
    written: Option<(Position, i64)>,
}

/// An up-to-date without changes is written this often, in seconds: it says how old the rows are.
const REFRESH_S: i64 = 300;

impl Kept {
    pub(crate) fn new(storage: &Storage, definition: &'static ShapeDefinition, key: String) -> Self {
        let partition = match storage {
            Storage::Disk(partition) if definition.policy.kept => Some(partition.clone()),
            _ => None,
        };
        Self { definition, key, partition, instance: None, filling: true, first: true, pending: None, written: None }
    }

    /// Loads what an earlier run left, shows what is complete, and says where to go on.
    pub(super) async fn open(&mut self, rows: Box<dyn ErasedRows>) -> (Box<dyn ErasedRows>, Option<Position>) {
        let Some(partition) = &self.partition else {
            return (rows, None);
        };
        let unkept = rows.unkept();
        let opened = partition.open_instance(self.definition, self.key.clone(), now(), rows).await;
        let (mut rows, instance, opened) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(shape = self.definition.name, %error, "nothing of this shape is kept");
                return (unkept, None);
            }
        };
        self.instance = Some(instance);
        let mut position = None;
        if let Some(current) = opened.current {
            rows.publish();
            rows.tell(&mut |state| {
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

    /// A new generation begins.
    pub(super) fn restart(&mut self) {
        (self.filling, self.first) = (true, true);
    }

    /// Writes what has come to count, with its position: a filling generation chunk by chunk, the current one only as a
    /// whole, at up-to-date.
    pub(super) async fn write(
        &mut self,
        rows: &mut dyn ErasedRows,
        position: &Position,
        up_to_date_at: Option<i64>,
    ) -> Result<(), SyncError> {
        if self.instance.is_none() {
            return Ok(());
        }
        let target = match (self.filling, up_to_date_at) {
            (true, None) => Target::Filling { first: self.first },
            (true, Some(_)) => Target::Complete { first: self.first },
            (false, None) => return Ok(()),
            (false, Some(_)) => Target::Current,
        };
        let changes = rows.take_changes();
        if let (Target::Current, Some((written, at)), Some(now)) = (target, &self.written, up_to_date_at)
            && changes.is_empty()
            && written == position
            && (0..REFRESH_S).contains(&(now - at))
        {
            return Ok(());
        }
        let flush_within = Duration::from_millis(self.definition.policy.flush_within_ms.into());
        let joined = target == Target::Current && !flush_within.is_zero();
        // A batch that waits for others holds nobody up: that it failed is seen at the next one.
        if joined {
            self.look().await?
        } else {
            self.finish().await?
        }
        let batch = Batch { target, changes, position: position.clone(), up_to_date_at };
        self.pending = self.instance.as_ref().map(|instance| instance.commit(batch, flush_within));
        self.written = up_to_date_at.map(|at| (position.clone(), at));
        self.first = false;
        if up_to_date_at.is_some() {
            self.filling = false;
            if !joined {
                self.finish().await?;
            }
        }
        Ok(())
    }

    /// Waits for the last batch.
    async fn finish(&mut self) -> Result<(), SyncError> {
        match self.pending.take() {
            Some(commit) => {
                let result = commit.await;
                self.taken(result)
            }
            None => Ok(()),
        }
    }

    /// Whether the last batch has failed by now.
    async fn look(&mut self) -> Result<(), SyncError> {
        let Some(pending) = &mut self.pending else {
            return Ok(());
        };
        let result = poll_fn(|context| match Pin::new(&mut *pending).poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => Poll::Ready(None),
        });
        let Some(result) = result.await else {
            return Ok(());
        };
        self.pending = None;
        self.taken(result)
    }

    fn taken(&self, result: Result<(), StoreError>) -> Result<(), SyncError> {
        result.map_err(|error| SyncError::Store { of: Origin::new(self.definition), error })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::collection::{Rows, Shared};
    use crate::definition::Policy;
    use crate::store::SqliteStore;
    use crate::store::tests::item::{ITEM, Item};

    const AN_HOUR_MS: u32 = 3_600_000;

    static PATIENT: ShapeDefinition =
        ShapeDefinition { policy: Policy { flush_within_ms: AN_HOUR_MS, ..ITEM.policy }, ..ITEM };

    fn position(offset: &str) -> Position {
        Position { handle: "h".to_owned(), offset: offset.to_owned() }
    }

    #[tokio::test]
    async fn a_batch_that_waits_for_others_does_not_hold_up_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let partition = SqliteStore::in_dir(folder.path()).unwrap().partition("u1").unwrap();
        let open = || {
            let kept = Kept::new(&Storage::Disk(partition.clone()), &PATIENT, "items#1".to_owned());
            (kept, Box::new(Rows::<Item>::new(Arc::new(Shared::new()), true)))
        };
        let (mut kept, rows) = open();
        let (mut rows, _) = kept.open(rows).await;
        kept.write(&mut *rows, &position("0_inf"), Some(1)).await.unwrap();
        // Each of these waits for an hour; nobody waits for them.
        for offset in ["1_0", "2_0", "3_0"] {
            kept.write(&mut *rows, &position(offset), Some(1)).await.unwrap();
        }
        partition.flush().await.unwrap();
        let (mut again, rows) = open();
        assert_eq!(again.open(rows).await.1, Some(position("3_0")));
    }
}
