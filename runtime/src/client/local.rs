//! What a sync has on this device: bodies go in, rows and what is kept of them come of it.

use super::kept::Kept;
use crate::clock::Clock;
use crate::collection::{Connection, ErasedRows};
use crate::definition::ShapeDefinition;
use crate::log::{Log, Message};
use crate::position::Position;
use crate::stream::{Delivery, Origin, Outcome, SyncError};

/// One instance's rows and their place in the store.
pub(crate) struct Local {
    definition: &'static ShapeDefinition,
    kept: Kept,
    rows: Box<dyn ErasedRows>,
    clock: Clock,
    /// The log is read from its beginning, not from where an earlier run stopped.
    from_beginning: bool,
}

impl Local {
    /// Shows what an earlier run left, and says where to go on.
    pub(crate) async fn open(
        definition: &'static ShapeDefinition,
        mut kept: Kept,
        rows: Box<dyn ErasedRows>,
        clock: Clock,
    ) -> (Self, Option<Position>) {
        let (rows, position) = kept.open(rows, clock.now()).await;
        (Self { definition, kept, rows, clock, from_beginning: false }, position)
    }

    /// Takes a body over: into the rows, into the store, and at up-to-date onto the screen.
    pub(crate) async fn deliver(&mut self, delivery: &Delivery) -> Result<Outcome, SyncError> {
        if delivery.first {
            self.rows.restart();
            self.kept.restart();
            self.from_beginning = true;
        }
        let outcome = match self.read(&delivery.body) {
            Ok(outcome @ (Outcome::MustRefetch | Outcome::Restart)) => {
                self.rows.reject();
                return Ok(outcome);
            }
            Ok(outcome) => outcome,
            Err(error) => {
                self.rows.reject();
                if matches!(error, SyncError::Unsupported { .. }) {
                    // Among the rows are some that the person may not see any more.
                    self.rows.restart();
                    self.rows.publish();
                }
                return Err(error);
            }
        };
        self.rows.keep();
        self.connection(Connection::Online);
        let up_to_date_at = (outcome == Outcome::UpToDate).then(|| self.clock.now());
        // Before it is shown: who has seen a row and closes everything finds it on disk.
        let on_their_way = self.kept.hand_over(&mut *self.rows, &delivery.position, up_to_date_at);
        if let Some(at) = up_to_date_at {
            self.rows.publish();
            self.rows.tell(&mut |state| {
                state.hydrated = true;
                state.fresh = true;
                state.up_to_date_at = Some(at);
            });
        }
        self.kept.finish(on_their_way?).await?;
        Ok(outcome)
    }

    fn read(&mut self, body: &[u8]) -> Result<Outcome, SyncError> {
        let malformed = |error| SyncError::malformed(self.definition, error);
        let mut log = Log::new(body, self.definition).map_err(malformed)?;
        let mut columns = log.columns();
        let mut outcome = Outcome::More;
        while let Some(message) = log.next(&mut columns).map_err(malformed)? {
            outcome = match message {
                Message::Change(change) => {
                    self.rows
                        .change(change, &mut columns)
                        .map_err(|error| SyncError::column(self.definition, error))?;
                    Outcome::More
                }
                Message::UpToDate { .. } => Outcome::UpToDate,
                Message::MustRefetch => return Ok(Outcome::MustRefetch),
                Message::MoveOut(moved) => match self.rows.moved(&moved, false) {
                    true => Outcome::More,
                    // The store doesn't know why its rows are there. From the beginning everything is said.
                    false if !self.from_beginning => return Ok(Outcome::Restart),
                    false => {
                        return Err(SyncError::Unsupported { of: Origin::new(self.definition), message: "move-out" });
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

    pub(super) fn connection(&self, connection: Connection) {
        self.rows.tell(&mut |state| state.connection = connection.clone());
    }
}
