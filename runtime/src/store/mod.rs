//! The local store: one folder per partition, one SQLite file in it, one writer thread that owns the file.

mod error;
mod file;
mod instance;
mod partition;
mod rows;
mod simulated;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

pub use error::{StoreError, StoreEvent};
pub use partition::{Commit, Instance, Partition, SqliteStore};
pub use simulated::Disk;

use std::sync::Arc;

use crate::columns::{ColumnError, Columns, Encoder};
use crate::log::Tags;
use crate::shape::Shape;

pub use crate::position::Position;

/// A row as the store sees it: a typed row without its type.
pub trait StoredRow: Send + Sync {
    /// All columns, in the local form.
    fn encode<'a>(&'a self, out: &mut Encoder<'a>);
}

impl<S: Shape> StoredRow for S {
    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        Shape::encode(self, out);
    }
}

/// One change of a batch; a removed row comes whole, its key is among its columns.
pub enum RowChange {
    /// The row is there now, whether or not it was before; in a shape with subqueries with the tags that say why.
    Put(Arc<dyn StoredRow>, Option<Box<Tags>>),
    /// The row is gone.
    Remove(Arc<dyn StoredRow>),
}

/// Which generation a batch belongs to, and what it completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A chunk of a generation that nobody sees yet.
    Filling {
        /// It begins the generation: what was half-filled before is dropped.
        first: bool,
    },
    /// The filling generation with this batch is complete: it becomes the current one.
    Complete {
        /// The batch is the whole generation: what was half-filled before is dropped.
        first: bool,
    },
    /// The current generation.
    Current,
}

/// What one transaction writes: rows and position together.
pub struct Batch {
    /// The generation that the batch belongs to.
    pub target: Target,
    /// In order; a batch of several responses may change a key several times.
    pub changes: Vec<RowChange>,
    /// The position after this batch.
    pub position: Position,
    /// When up-to-date was seen, in seconds since 1970; `None` leaves the stored time alone.
    pub up_to_date_at: Option<i64>,
}

/// Takes the rows of an instance that is opened, generation by generation.
pub trait LoadRows: Send {
    /// One row of a generation, with the tags that it was put with.
    fn load(&mut self, generation: Saved, columns: &mut Columns<'_>, tags: Option<Tags>) -> Result<(), ColumnError>;
    /// The rows of this generation that were loaded so far don't count: one of them could not be read.
    fn discard(&mut self, generation: Saved);
}

/// Which stored generation a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Complete: shown.
    Current,
    /// Half-filled: resumed, not shown.
    Filling,
}

/// What was found when an instance was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The complete generation, where there is one. Its rows were loaded.
    pub current: Option<Current>,
    /// How far the half-filled generation has come, where there is one. Its rows were loaded.
    pub filling: Option<Position>,
    /// What became of the rows of the last run.
    pub verdict: Verdict,
}

/// A complete generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Where to go on. `None`: the rows can be shown, but they lack a column, and a new generation has to be filled.
    pub position: Option<Position>,
    /// When up-to-date was last seen, in seconds since 1970.
    pub up_to_date_at: Option<i64>,
}

/// What became of an instance's stored rows when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was stored for it.
    New,
    /// The rows are of this build's columns.
    Keep,
    /// Nullable columns were added: the old rows are shown, without a position.
    Widen,
    /// The columns changed: the shape's table was made anew.
    Refetch,
    /// The rows were older than `max_age` and were deleted.
    Expired,
    /// A row could not be read: its generation was deleted.
    Unreadable,
}
