//! What a sync has on this device: bodies go in, rows and what is kept of them come of it.

use std::sync::Arc;

use super::kept::Kept;
use crate::clock::Clock;
use crate::collection::{Connection, ErasedRows, Meters, Progress, Teller};
use crate::definition::{Load, ShapeDefinition};
use crate::log::{Log, Message};
use crate::position::Position;
use crate::stream::{Delivery, Origin, Outcome, SyncError};

/// One instance's rows and their place in the store.
pub(crate) struct Local {
    definition: &'static ShapeDefinition,
    kept: Kept,
    rows: Box<dyn ErasedRows>,
    clock: Clock,
    meters: Arc<Meters>,
    /// The log is read from its beginning, not from where an earlier run stopped.
    from_beginning: bool,
    /// Changes of the body that is being read.
    changes: u64,
}

/// A body that was read, and is not yet to be seen.
pub(crate) struct Taken {
    outcome: Outcome,
    position: Position,
    bytes: usize,
    rows: u64,
}

impl Local {
    /// Shows what an earlier run left, and says where to go on.
    pub(crate) async fn open(
        definition: &'static ShapeDefinition,
        mut kept: Kept,
        rows: Box<dyn ErasedRows>,
        clock: Clock,
        meters: Arc<Meters>,
    ) -> (Self, Option<Position>) {
        let (rows, position) = kept.open(rows, clock.now()).await;
        (Self { definition, kept, rows, clock, meters, from_beginning: false, changes: 0 }, position)
    }

    /// The rows were never complete, or are fetched anew.
    pub(crate) fn is_filling(&self) -> bool {
        self.kept.is_filling()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::new(self.definition)
    }

    /// Tells the collection's handles something, also while a body is taken over.
    pub(crate) fn teller(&self) -> Arc<dyn Teller> {
        self.rows.teller()
    }

    /// Takes a body over: into the rows, into the store, and at up-to-date onto the screen.
    pub(crate) async fn deliver(&mut self, delivery: &Delivery) -> Result<Outcome, SyncError> {
        let taken = self.take(delivery)?;
        self.settle(taken).await
    }

    /// Reads a body into rows that nobody sees yet. The work of this grows with the body.
    pub(crate) fn take(&mut self, delivery: &Delivery) -> Result<Taken, SyncError> {
        if delivery.first {
            self.rows.restart();
            self.kept.restart();
            self.from_beginning = true;
        }
        let mut position = delivery.position.clone();
        self.changes = 0;
        let outcome = match delivery.subset {
            None => self.read(&delivery.body),
            Some(limit) => self.read_subset(&delivery.body, limit),
        };
        match &outcome {
            Ok(Outcome::UpToDate | Outcome::More) => self.rows.keep(),
            Ok(Outcome::Subset { oldest, .. }) => {
                position.oldest.clone_from(oldest);
                self.rows.keep();
            }
            Ok(Outcome::MustRefetch | Outcome::Restart) => self.rows.reject(),
            Err(error) => {
                self.rows.reject();
                if matches!(error, SyncError::Unsupported { .. }) {
                    // Among the rows are some that the person may not see any more.
                    self.rows.restart();
                    self.rows.publish();
                }
            }
        }
        Ok(Taken { outcome: outcome?, position, bytes: delivery.body.len(), rows: self.changes })
    }

    /// Hands what was read to the store, and shows it at up-to-date.
    pub(crate) async fn settle(&mut self, taken: Taken) -> Result<Outcome, SyncError> {
        let Taken { outcome, position, bytes, rows } = taken;
        if matches!(outcome, Outcome::MustRefetch | Outcome::Restart) {
            return Ok(outcome);
        }
        let whole = matches!(outcome, Outcome::UpToDate | Outcome::Subset { .. });
        let up_to_date_at = whole.then(|| self.clock.now());
        // Before it is shown: who has seen a row and closes everything finds it on disk.
        let on_their_way = self.kept.hand_over(&mut *self.rows, &position, up_to_date_at);
        if up_to_date_at.is_some() {
            self.rows.publish();
        }
        self.meters.took(rows);
        tracing::debug!(rows, bytes, offset = position.offset, up_to_date = whole, "taken over");
        if whole && let Some(Progress { rows, bytes, elapsed }) = self.meters.end_load() {
            tracing::info!(rows, bytes, ?elapsed, "the rows are complete");
        }
        self.teller().tell(&mut |state| {
            (state.connection, state.whole) = (Connection::Online, whole);
            if up_to_date_at.is_some() {
                (state.hydrated, state.fresh, state.up_to_date_at) = (true, true, up_to_date_at);
            }
        });
        self.kept.finish(on_their_way?).await?;
        Ok(outcome)
    }

    /// Reads rows that come in the order of the shape, the newest first.
    fn read_subset(&mut self, body: &[u8], limit: u32) -> Result<Outcome, SyncError> {
        let malformed = |error| SyncError::malformed(self.definition, error);
        let value = |error| SyncError::column(self.definition, error);
        let (mut log, taken) = Log::of_subset(body, self.definition).map_err(malformed)?;
        self.rows.begin_subset(taken);
        let order = match &self.definition.load {
            Load::Newest(newest) => newest.order,
            Load::All | Load::FromNow => &[],
        };
        let mut columns = log.columns();
        let (mut rows, mut oldest) = (0, Vec::new());
        while let Some(message) = log.next(&mut columns).map_err(malformed)? {
            if let Message::Change(change) = message {
                self.changes += 1;
                oldest.clear();
                for &at in order {
                    oldest.push(columns.peek::<Option<String>>(at.into()).map_err(value)?);
                }
                rows += 1;
                self.rows.change(change, &mut columns).map_err(value)?;
            }
        }
        let more = u32::try_from(rows).is_ok_and(|rows| rows >= limit);
        Ok(Outcome::Subset { rows, oldest: (rows > 0 && more).then_some(oldest) })
    }

    fn read(&mut self, body: &[u8]) -> Result<Outcome, SyncError> {
        let malformed = |error| SyncError::malformed(self.definition, error);
        let mut log = Log::new(body, self.definition).map_err(malformed)?;
        let mut columns = log.columns();
        let mut outcome = Outcome::More;
        while let Some(message) = log.next(&mut columns).map_err(malformed)? {
            outcome = match message {
                Message::Change(change) => {
                    self.changes += 1;
                    self.rows
                        .change(change, &mut columns)
                        .map_err(|error| SyncError::column(self.definition, error))?;
                    Outcome::More
                }
                Message::UpToDate { lsn } => {
                    self.rows.up_to_date(lsn.unwrap_or_default());
                    Outcome::UpToDate
                }
                Message::MustRefetch => return Ok(Outcome::MustRefetch),
                Message::MoveOut(moved) => match self.rows.moved(&moved, false) {
                    true => Outcome::More,
                    // The store doesn't know why its rows are there. From the beginning everything is said.
                    false if !self.from_beginning => return Ok(Outcome::Restart),
                    false => {
                        return Err(SyncError::Unsupported { of: self.origin(), message: "move-out" });
                    }
                },
                Message::MoveIn(moved) => {
                    self.rows.moved(&moved, true);
                    Outcome::More
                }
                Message::SnapshotEnd | Message::Other => Outcome::More,
            };
        }
        Ok(outcome)
    }
}
