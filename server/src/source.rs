//! What the service needs from a database.

use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::table::{Row, TableDefinition, TableName};

/// A database as the service sees it: tables, a snapshot of a table with its position, and the transactions as they
/// commit.
///
/// Nothing may be lost between the two: a transaction that was given to the followers before [`snapshot`](Self::snapshot)
/// was called is visible in that snapshot; every later one is given to the followers, and the snapshot's position says
/// whether the snapshot holds it already.
pub trait Source: Send + Sync + 'static {
    /// The table's current definition; `None` where there is no such table. Called on the executor: it must not block.
    ///
    /// # Errors
    /// When the database can't be asked.
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError>;

    /// Gives every row of the tables to `visit`, with the table's place in the list, one table after the other, all as
    /// of one moment, and tells the position of that moment. A table may be listed twice. May block: the service calls
    /// it off the executor.
    ///
    /// # Errors
    /// When a table is gone or can't be read; the rows visited so far are discarded.
    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError>;

    /// Whether [`snapshot`](Self::snapshot) may block; it may, unless implemented. One that never does is read on the
    /// executor.
    fn blocks(&self) -> bool {
        true
    }

    /// Registers a follower: it is called for each transaction, in commit order, one at a time, before another
    /// transaction commits. Returns the LSN of the last commit. A follower that was dropped is forgotten.
    fn follow(&self, follower: Weak<dyn Follower>) -> u64;

    /// An LSN that no transaction is above that a snapshot held which was read before this call: a client that sees a
    /// later one in a log needs to compare no more. `None`, unless implemented, where a snapshot never holds what the
    /// followers weren't told. May block: the service calls it off the executor.
    ///
    /// # Errors
    /// When the database can't be asked.
    fn lsn(&self) -> Result<Option<u64>, SourceError> {
        Ok(None)
    }

    /// Whether there is a database to answer from; there is, unless implemented. Called on the executor: it must not
    /// block.
    fn readiness(&self) -> Readiness {
        Readiness::Active
    }

    /// What outlives the process; `None` where nothing does, and clients fetch afresh after a restart.
    fn archive(&self) -> Option<&dyn Archive> {
        None
    }
}

/// The part of a source that lets shapes go on under their handles after a restart: snapshots as they were read, and the
/// transactions since then. All calls may block; none is made while a follower is told of a commit.
pub trait Archive: Send + Sync {
    /// The shapes that were kept, without their snapshots. An identity comes once.
    ///
    /// # Errors
    /// When the database can't be read; then none is known.
    fn kept(&self) -> Result<Vec<KeptShape>, SourceError>;

    /// Keeps a shape with the chunks of its snapshot, in place of one of the same identity; or doesn't, when that is too
    /// much to keep.
    ///
    /// # Errors
    /// When the database can't be written; nothing was changed then.
    fn keep(&self, shape: &KeptShape, snapshot: &[Bytes]) -> Result<(), SourceError>;

    /// The chunks of a kept shape's snapshot; empty when it is not kept.
    ///
    /// # Errors
    /// When the database can't be read.
    fn chunks(&self, handle: &str) -> Result<Vec<Bytes>, SourceError>;

    /// Gives the transactions that a position doesn't contain to `visit`, in commit order; false when they are not all
    /// known any more.
    ///
    /// # Errors
    /// When the database can't be read; what was visited is discarded.
    fn replay(&self, after: &SnapshotPosition, visit: &mut dyn FnMut(Transaction)) -> Result<bool, SourceError>;
}

/// Whether a source can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Another one has the database, and is waited for.
    Waiting,
    /// The connection is being made, for the first time or again.
    Starting,
    /// It answers.
    Active,
}

/// A shape that outlives the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptShape {
    /// What it is: table, columns, condition, parameters. Equal exactly for equal shapes of one build of the service.
    pub identity: String,
    /// Its handle.
    pub handle: String,
    /// When its snapshot was read.
    pub position: SnapshotPosition,
}

/// Who is told of commits.
pub trait Follower: Send + Sync {
    /// A transaction was committed.
    fn committed(&self, transaction: &Arc<Transaction>);
    /// A table's columns, types or key changed, or the table is gone: what was derived from it is void.
    fn table_changed(&self, name: &TableName);
}

/// The followers of a source, for the source to keep.
#[derive(Default)]
pub struct Followers(Vec<Weak<dyn Follower>>);

impl Followers {
    /// Adds one.
    pub fn add(&mut self, follower: Weak<dyn Follower>) {
        self.0.push(follower);
    }

    /// Tells each of them, in the order in which they came; those that were dropped are forgotten.
    pub fn tell(&mut self, event: impl Fn(&dyn Follower)) {
        self.0.retain(|follower| follower.upgrade().inspect(|follower| event(&**follower)).is_some());
    }
}

/// A committed transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// Commit LSN: above 0, and above that of every earlier transaction.
    pub lsn: u64,
    /// PostgreSQL's transaction id with its epoch, or a counter of the source's own.
    pub txid: u64,
    /// The changes of all tables, in their order.
    pub changes: Vec<Change>,
}

/// One change of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The table.
    pub table: TableName,
    /// What happened.
    pub row: RowChange,
}

/// What happened to a row, or to all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum RowChange {
    /// A row came.
    Insert {
        /// The row.
        new: Row,
    },
    /// A row changed, perhaps its key, too.
    Update {
        /// All columns before.
        old: Row,
        /// All columns after.
        new: Row,
    },
    /// A row went.
    Delete {
        /// All columns before.
        old: Row,
    },
    /// All rows went.
    Truncate,
}

/// Which transactions a snapshot holds, as PostgreSQL's `pg_current_snapshot()` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPosition {
    /// Every transaction below was finished.
    pub xmin: u64,
    /// Every transaction from here on hadn't begun.
    pub xmax: u64,
    /// Those in between that were still running.
    pub running: Vec<u64>,
}

impl SnapshotPosition {
    /// The running ones as the protocol's `xip_list`.
    pub(crate) fn xip_list(&self) -> String {
        let running: Vec<String> = self.running.iter().map(|txid| format!("\"{txid}\"")).collect();
        format!("[{}]", running.join(","))
    }

    /// Whether a committed transaction's changes are in the snapshot.
    pub fn contains(&self, txid: u64) -> bool {
        txid < self.xmin || (txid < self.xmax && !self.running.contains(&txid))
    }
}

/// Why a source couldn't answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The table is gone.
    #[error("table {0} does not exist")]
    UnknownTable(TableName),
    /// The database failed.
    #[error("the database can't be read: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_holds_what_was_finished_when_it_was_taken() {
        let position = SnapshotPosition { xmin: 10, xmax: 14, running: vec![10, 12] };
        let contained: Vec<u64> = (8..16).filter(|&txid| position.contains(txid)).collect();
        assert_eq!(contained, [8, 9, 11, 13]);
    }
}
