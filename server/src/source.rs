//! What the service needs from a database.

use std::sync::{Arc, Weak};

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

    /// Registers a follower: it is called for each transaction, in commit order, one at a time, before another
    /// transaction commits. Returns the LSN of the last commit. A follower that was dropped is forgotten.
    fn follow(&self, follower: Weak<dyn Follower>) -> u64;
}

/// Who is told of commits.
pub trait Follower: Send + Sync {
    /// A transaction was committed.
    fn committed(&self, transaction: &Arc<Transaction>);
    /// A table's columns, types or key changed, or the table is gone: what was derived from it is void.
    fn table_changed(&self, name: &TableName);
}

/// A committed transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// Commit LSN: above 0, and above that of every earlier transaction.
    pub lsn: u64,
    /// PostgreSQL's transaction id, or a counter of the source's own.
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
