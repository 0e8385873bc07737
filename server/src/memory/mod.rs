//! A source that keeps its tables in memory and takes typed rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use shapegen_runtime::definition::ShapeDefinition;

use crate::source::{Follower, Followers, SnapshotPosition, Source, SourceError, Transaction};
use crate::table::{Row, TableDefinition, TableName};

mod transaction;

pub use transaction::MemoryTransaction;
pub(crate) use transaction::table_of;

/// Tables in memory. Clones are the same source.
#[derive(Clone)]
pub struct MemorySource(Arc<Mutex<State>>);

struct State {
    tables: BTreeMap<TableName, Table>,
    followers: Followers,
    lsn: u64,
    txid: u64,
}

struct Table {
    definition: Arc<TableDefinition>,
    /// By order of insertion.
    rows: BTreeMap<u64, Row>,
    /// Where a row is, by its primary key; empty for a table without one.
    by_key: HashMap<Vec<Option<Box<str>>>, u64>,
    next_row: u64,
}

/// Why a transaction was rolled back, or a table can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// No shape of this source is part of the table.
    #[error("there is no table {0}")]
    UnknownTable(TableName),
    /// Two shapes say different things of one table.
    #[error("the shapes of table {table} don't agree on {what}")]
    Disagreement {
        /// The table.
        table: TableName,
        /// A column's name, or `the key`.
        what: String,
    },
    /// A row with this key is there already.
    #[error("table {table} has a row with key ({key}) already")]
    DuplicateKey {
        /// The table.
        table: TableName,
        /// The key's values.
        key: String,
    },
    /// There is no row with this key.
    #[error("table {table} has no row with key ({key})")]
    NoSuchRow {
        /// The table.
        table: TableName,
        /// The key's values.
        key: String,
    },
    /// The row has more or fewer values than the table has columns.
    #[error("a row of table {table} has {expected} values, not {found}")]
    WrongWidth {
        /// The table.
        table: TableName,
        /// How many columns the table has.
        expected: usize,
        /// How many values came.
        found: usize,
    },
}

impl MemorySource {
    /// Empty tables for these shapes. Several shapes may be parts of one table: it has the columns of all of them.
    ///
    /// # Errors
    /// When two shapes disagree on a column's type or on a table's key.
    pub fn new(shapes: impl IntoIterator<Item = &'static ShapeDefinition>) -> Result<Self, MemoryError> {
        let mut definitions: BTreeMap<TableName, TableDefinition> = BTreeMap::new();
        for shape in shapes {
            let part = TableDefinition::of_shape(shape);
            match definitions.get_mut(&part.name) {
                None => drop(definitions.insert(part.name.clone(), part)),
                Some(whole) => merge(whole, part)?,
            }
        }
        let source = Self(Arc::new(Mutex::new(State {
            tables: BTreeMap::new(),
            followers: Followers::default(),
            lsn: 1 << 24,
            txid: 1000,
        })));
        for definition in definitions.into_values() {
            source.define(definition);
        }
        Ok(source)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a table, or changes it: columns that stay keep their values, new ones are NULL. Shapes of a table whose
    /// columns, types or key changed must be fetched afresh; a change of NOT NULL alone leaves them.
    pub fn define(&self, definition: TableDefinition) {
        let mut state = self.state();
        let name = definition.name.clone();
        let definition = Arc::new(definition);
        let Some(table) = state.tables.get_mut(&name) else {
            state.tables.insert(name, Table::new(definition));
            return;
        };
        let former = std::mem::replace(table, Table::new(definition));
        let from: Vec<Option<usize>> =
            table.definition.columns.iter().map(|column| former.definition.position(&column.name)).collect();
        for row in former.rows.into_values() {
            let value = |at: &Option<usize>| at.and_then(|at| row.get(at).cloned().flatten());
            table.put(from.iter().map(value).collect());
        }
        if !former.definition.has_rows_like(&table.definition) {
            state.followers.tell(|follower| follower.table_changed(&name));
        }
    }

    /// Ends the logs of a table's shapes, which must be fetched afresh; its rows stay as they are.
    pub fn invalidate(&self, table: &TableName) {
        self.state().followers.tell(|follower| follower.table_changed(table));
    }

    /// Runs one transaction: all that `write` does is committed together, and every service over this source has it
    /// when this returns. A call that fails fails the whole transaction. Not to be nested.
    ///
    /// # Errors
    /// The first error of a call; nothing was changed then.
    pub fn transaction(&self, write: impl FnOnce(&mut MemoryTransaction<'_>)) -> Result<Arc<Transaction>, MemoryError> {
        let mut state = self.state();
        let mut transaction = MemoryTransaction::new(&mut state);
        write(&mut transaction);
        let changes = transaction.finish()?;
        state.lsn += 8 * (changes.len() as u64 + 1);
        let committed = Arc::new(Transaction { lsn: state.lsn, txid: state.txid, changes });
        state.txid += 1;
        state.followers.tell(|follower| follower.committed(&committed));
        Ok(committed)
    }
}

impl std::fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.state().tables.keys()).finish()
    }
}

fn merge(whole: &mut TableDefinition, part: TableDefinition) -> Result<(), MemoryError> {
    let names = |table: &TableDefinition| -> Vec<String> {
        table.primary_key.iter().filter_map(|&at| Some(table.columns.get(at)?.name.clone())).collect()
    };
    if names(whole) != names(&part) {
        return Err(MemoryError::Disagreement { table: part.name, what: "the key".to_owned() });
    }
    for column in part.columns {
        match whole.columns.iter().find(|known| known.name == column.name) {
            None => whole.columns.push(column),
            Some(known) if *known == column => {}
            Some(_) => return Err(MemoryError::Disagreement { table: part.name, what: column.name }),
        }
    }
    Ok(())
}

impl Table {
    fn new(definition: Arc<TableDefinition>) -> Self {
        Self { definition, rows: BTreeMap::new(), by_key: HashMap::new(), next_row: 0 }
    }

    fn key_of(&self, row: &[Option<Box<str>>]) -> Vec<Option<Box<str>>> {
        self.definition.key().iter().map(|&at| row.get(at).cloned().flatten()).collect()
    }

    /// Where the row with this key is; in a table without a primary key the key is the whole row, and it is the first.
    fn find(&self, key: &[Option<Box<str>>]) -> Option<u64> {
        if self.definition.primary_key.is_empty() {
            return self.rows.iter().find(|(_, row)| row[..] == *key).map(|(&at, _)| at);
        }
        self.by_key.get(key).copied()
    }

    fn check_width(&self, row: &[Option<Box<str>>]) -> Result<(), MemoryError> {
        let (expected, found) = (self.definition.columns.len(), row.len());
        if expected == found {
            return Ok(());
        }
        Err(MemoryError::WrongWidth { table: self.definition.name.clone(), expected, found })
    }

    /// No other row has this row's primary key.
    fn check_free(&self, row: &[Option<Box<str>>]) -> Result<(), MemoryError> {
        let key = self.key_of(row);
        if self.definition.primary_key.is_empty() || !self.by_key.contains_key(&key) {
            return Ok(());
        }
        Err(MemoryError::DuplicateKey { table: self.definition.name.clone(), key: spell(&key) })
    }

    fn put(&mut self, row: Row) -> u64 {
        let at = self.next_row;
        self.next_row += 1;
        self.put_at(at, row);
        at
    }

    fn put_at(&mut self, at: u64, row: Row) {
        if !self.definition.primary_key.is_empty() {
            self.by_key.insert(self.key_of(&row), at);
        }
        self.rows.insert(at, row);
    }

    fn take(&mut self, at: u64) -> Option<Row> {
        let row = self.rows.remove(&at)?;
        self.by_key.remove(&self.key_of(&row));
        Some(row)
    }
}

impl Source for MemorySource {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        Ok(self.state().tables.get(name).map(|table| Arc::clone(&table.definition)))
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        let (rows, next) = {
            let state = self.state();
            let rows = |name: &TableName| {
                let table = state.tables.get(name).ok_or_else(|| SourceError::UnknownTable(name.clone()))?;
                Ok(table.rows.values().cloned().collect::<Vec<Row>>())
            };
            (tables.iter().map(rows).collect::<Result<Vec<_>, SourceError>>()?, state.txid)
        };
        for (at, rows) in rows.iter().enumerate() {
            rows.iter().for_each(|row| visit(at, row));
        }
        Ok(SnapshotPosition { xmin: next, xmax: next, running: Vec::new() })
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        let mut state = self.state();
        state.followers.add(follower);
        state.lsn
    }
}

fn spell(key: &[Option<Box<str>>]) -> String {
    let values: Vec<&str> = key.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
    values.join(", ")
}

#[cfg(test)]
mod tests {
    use shapegen_runtime::Shape;

    use super::*;
    use crate::testing::{Stream, Title};

    fn rows(source: &MemorySource) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        source
            .snapshot(&[TableName::new("public", "streams")], &mut |_, row| {
                rows.push(row.iter().map(|value| value.as_deref().map(str::to_owned)).collect());
            })
            .unwrap();
        rows
    }

    fn row(values: [Option<&str>; 4]) -> Vec<Option<String>> {
        values.map(|value| value.map(str::to_owned)).to_vec()
    }

    #[test]
    fn several_shapes_are_parts_of_one_table() {
        let source = MemorySource::new([Stream::DEFINITION, Title::DEFINITION]).unwrap();
        source
            .transaction(|tx| {
                tx.insert(&Stream { id: 1, owner: "ann".to_owned(), live: true });
                tx.update(&Title { id: 1, title: Some("t".to_owned()) });
                tx.insert(&Title { id: 2, title: None });
            })
            .unwrap();
        assert_eq!(
            rows(&source),
            [row([Some("1"), Some("ann"), Some("t"), Some("t")]), row([Some("2"), None, None, None])]
        );
    }

    #[test]
    fn a_failed_transaction_changes_nothing() {
        let source = MemorySource::new([Title::DEFINITION]).unwrap();
        let title = |id, title: &str| Title { id, title: Some(title.to_owned()) };
        source.transaction(|tx| (1..=3).for_each(|id| tx.insert(&title(id, "old")))).unwrap();
        let before = rows(&source);
        let missing = source.transaction(|tx| {
            tx.update(&title(1, "new"));
            tx.delete::<Title>(&2);
            tx.insert(&title(2, "again"));
            tx.update_key(&3, &title(4, "moved"));
            tx.truncate::<Title>();
            tx.insert(&title(7, "x"));
            tx.delete::<Title>(&99);
        });
        assert!(matches!(missing, Err(MemoryError::NoSuchRow { key, .. }) if key == "99"));
        let mut after = rows(&source);
        after.sort();
        assert_eq!(after, before);
        let taken = source.transaction(|tx| tx.update_key(&1, &title(2, "x")));
        assert!(matches!(taken, Err(MemoryError::DuplicateKey { key, .. }) if key == "2"));
        let unknown = source.transaction(|tx| tx.truncate::<Stream>());
        assert!(unknown.is_ok(), "the same table by another of its shapes");
        assert!(rows(&source).is_empty());
    }

    #[test]
    fn a_closure_that_panics_changes_nothing() {
        let source = MemorySource::new([Title::DEFINITION]).unwrap();
        let write = std::panic::AssertUnwindSafe(|| {
            source.transaction(|tx| {
                tx.insert(&Title { id: 1, title: None });
                panic!("in the program's code");
            })
        });
        assert!(std::panic::catch_unwind(write).is_err());
        assert!(rows(&source).is_empty());
    }
}
