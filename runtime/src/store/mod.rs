//! The local store: one folder per partition, one SQLite file in it, one writer thread that owns the file.

use std::sync::Arc;

use crate::cell::{ColumnError, Columns, Encoder};
use crate::shape::Shape;

pub use crate::position::Position;

/// A row as the store sees it: a typed row without its type.
pub(crate) trait StoredRow: Send + Sync {
    /// All columns, in the local form.
    fn encode<'a>(&'a self, out: &mut Encoder<'a>);
}

impl<S: Shape> StoredRow for S {
    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        Shape::encode(self, out);
    }
}

/// One change of a batch; a removed row comes whole, its key is among its columns.
pub(crate) enum RowChange {
    /// The row is there now, whether or not it was before.
    Put(Arc<dyn StoredRow>),
    /// The row is gone.
    Remove(Arc<dyn StoredRow>),
}

/// Which generation a batch belongs to, and what it completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A chunk of a generation that nobody sees yet. `first` begins it: what was half-filled before is dropped.
    Filling { first: bool },
    /// The filling generation with this batch is complete: it becomes the current one.
    Complete,
    /// The current generation.
    Current,
}

/// What one transaction writes: rows and position together.
pub(crate) struct Batch {
    pub(crate) target: Target,
    /// In order; at most one change per key.
    pub(crate) changes: Vec<RowChange>,
    pub(crate) position: Position,
    /// When up-to-date was seen, in seconds since 1970; `None` leaves the stored time alone.
    pub(crate) up_to_date_at: Option<i64>,
}

/// Takes the rows of an instance that is opened, generation by generation.
pub(crate) trait LoadRows: Send {
    /// One row of a generation.
    fn load(&mut self, generation: Saved, columns: &mut Columns<'_>) -> Result<(), ColumnError>;
}

/// Which stored generation a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    /// Complete: shown.
    Current,
    /// Half-filled: resumed, not shown.
    Filling,
}
#[cfg(feature = "sqlite")]
#[derive(Debug, Clone)]
pub struct Partition;
#[cfg(feature = "sqlite")]
#[derive(Debug, Clone)]
pub struct SqliteStore;
impl SqliteStore { pub fn partition(&self, id: &str) -> Result<Partition, StoreError> { Err(StoreError::A) } }
#[derive(Debug, thiserror::Error)]
pub enum StoreError { #[error("x")] A }
