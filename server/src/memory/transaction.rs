//! The writes of one transaction, and how to take them back.

use std::sync::Arc;

use shapegen_runtime::Shape;
use shapegen_runtime::cell::Cell;
use shapegen_runtime::columns::{Encoder, Form};

use super::{MemoryError, State, Table, spell};
use crate::source::{Change, RowChange};
use crate::table::{Column, Row, TableName};

/// The writes of one transaction; see [`MemorySource::transaction`](crate::MemorySource::transaction). After a call that failed the others do nothing.
pub struct MemoryTransaction<'a> {
    state: &'a mut State,
    changes: Vec<Change>,
    undo: Vec<(TableName, Undo)>,
    error: Option<MemoryError>,
}

/// How to take a change back.
enum Undo {
    Inserted { at: u64 },
    Changed { at: u64, old: Row },
    Truncated(Box<Table>),
}

impl<'a> MemoryTransaction<'a> {
    pub(super) fn new(state: &'a mut State) -> Self {
        Self { state, changes: Vec::new(), undo: Vec::new(), error: None }
    }

    /// The changes, which stay; or the first error, and nothing stays.
    pub(super) fn finish(mut self) -> Result<Vec<Change>, MemoryError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => {
                self.undo.clear();
                Ok(std::mem::take(&mut self.changes))
            }
        }
    }
}

impl MemoryTransaction<'_> {
    /// Inserts a row; columns of the table that the shape doesn't have are NULL.
    pub fn insert<S: Shape>(&mut self, row: &S) {
        self.attempt(|transaction| {
            let table = table_of::<S>();
            let width = transaction.table(&table)?.definition.columns.len();
            let new = transaction.overwrite(&table, vec![None; width], row)?;
            transaction.write_insert(table, new)
        });
    }

    /// Updates the row with this row's key; columns that the shape doesn't have stay.
    pub fn update<S: Shape>(&mut self, row: &S) {
        self.update_key(&row.key(), row);
    }

    /// Updates the row with the key `old`, which becomes this row's; columns that the shape doesn't have stay.
    pub fn update_key<S: Shape>(&mut self, old: &S::Key, row: &S) {
        self.attempt(|transaction| {
            let table = table_of::<S>();
            let (at, old) = transaction.find(&table, &key_text::<S>(old))?;
            let new = transaction.overwrite(&table, old.to_vec(), row)?;
            transaction.write_update(table, at, old, new)
        });
    }

    /// Deletes the row with this key.
    pub fn delete<S: Shape>(&mut self, key: &S::Key) {
        self.attempt(|transaction| transaction.write_delete(table_of::<S>(), &key_text::<S>(key)));
    }

    /// Deletes all rows of the shape's table, of other shapes, too. Every client fetches afresh.
    pub fn truncate<S: Shape>(&mut self) {
        self.truncate_table(&table_of::<S>());
    }

    /// Inserts a row as PostgreSQL's text, one value for each column of the table, bools as `t` and `f`.
    pub fn insert_row(&mut self, table: &TableName, row: &[Option<&str>]) {
        self.attempt(|transaction| transaction.write_insert(table.clone(), owned(row)));
    }

    /// Replaces the row with this primary key, or with these values where the table has none.
    pub fn update_row(&mut self, table: &TableName, key: &[Option<&str>], row: &[Option<&str>]) {
        self.attempt(|transaction| {
            let (at, old) = transaction.find(table, &owned::<Vec<_>>(key))?;
            transaction.write_update(table.clone(), at, old, owned(row))
        });
    }

    /// Deletes the row with this primary key, or with these values where the table has none.
    pub fn delete_row(&mut self, table: &TableName, key: &[Option<&str>]) {
        self.attempt(|transaction| transaction.write_delete(table.clone(), &owned::<Vec<_>>(key)));
    }

    /// Deletes all rows of a table. Every client fetches afresh.
    pub fn truncate_table(&mut self, table: &TableName) {
        self.attempt(|transaction| {
            let former = transaction.table(table)?;
            let emptied = Table::new(Arc::clone(&former.definition));
            let former = std::mem::replace(former, emptied);
            transaction.record(table.clone(), Undo::Truncated(Box::new(former)), RowChange::Truncate);
            Ok(())
        });
    }

    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<(), MemoryError>) {
        if self.error.is_none() {
            self.error = write(self).err();
        }
    }

    fn record(&mut self, table: TableName, undo: Undo, row: RowChange) {
        self.undo.push((table.clone(), undo));
        self.changes.push(Change { table, row });
    }

    fn table(&mut self, name: &TableName) -> Result<&mut Table, MemoryError> {
        self.state.tables.get_mut(name).ok_or_else(|| MemoryError::UnknownTable(name.clone()))
    }

    fn find(&mut self, name: &TableName, key: &[Option<Box<str>>]) -> Result<(u64, Row), MemoryError> {
        let table = self.table(name)?;
        let found = table.find(key).and_then(|at| Some((at, Arc::clone(table.rows.get(&at)?))));
        found.ok_or_else(|| MemoryError::NoSuchRow { table: name.clone(), key: spell(key) })
    }

    /// The values with the shape's columns put in.
    fn overwrite<S: Shape>(
        &mut self,
        name: &TableName,
        mut values: Vec<Option<Box<str>>>,
        row: &S,
    ) -> Result<Row, MemoryError> {
        let definition = Arc::clone(&self.table(name)?.definition);
        let mut encoder = Encoder::new(Form::Postgres);
        row.encode(&mut encoder);
        for (column, cell) in S::DEFINITION.columns.iter().zip(encoder.drain()) {
            let position = definition.position(column.name);
            if let Some((at, value)) = position.and_then(|at| Some((at, values.get_mut(at)?))) {
                *value = text(cell).map(|text| replicated(definition.columns.get(at), text));
            }
        }
        Ok(values.into())
    }

    fn write_insert(&mut self, name: TableName, new: Row) -> Result<(), MemoryError> {
        let table = self.table(&name)?;
        table.check_width(&new)?;
        table.check_free(&new)?;
        let at = table.put(Arc::clone(&new));
        self.record(name, Undo::Inserted { at }, RowChange::Insert { new });
        Ok(())
    }

    fn write_update(&mut self, name: TableName, at: u64, old: Row, new: Row) -> Result<(), MemoryError> {
        let table = self.table(&name)?;
        table.check_width(&new)?;
        if table.key_of(&old) != table.key_of(&new) {
            table.check_free(&new)?;
        }
        table.take(at);
        table.put_at(at, Arc::clone(&new));
        self.record(name, Undo::Changed { at, old: Arc::clone(&old) }, RowChange::Update { old, new });
        Ok(())
    }

    fn write_delete(&mut self, name: TableName, key: &[Option<Box<str>>]) -> Result<(), MemoryError> {
        let (at, old) = self.find(&name, key)?;
        self.table(&name)?.take(at);
        self.record(name, Undo::Changed { at, old: Arc::clone(&old) }, RowChange::Delete { old });
        Ok(())
    }
}

/// Takes back what was not committed, also when the program's closure panicked.
impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        while let Some((name, undo)) = self.undo.pop() {
            let Some(table) = self.state.tables.get_mut(&name) else { continue };
            match undo {
                Undo::Inserted { at } => drop(table.take(at)),
                Undo::Changed { at, old } => {
                    table.take(at);
                    table.put_at(at, old);
                }
                Undo::Truncated(former) => *table = *former,
            }
        }
    }
}

pub(crate) fn table_of<S: Shape>() -> TableName {
    TableName::new(S::DEFINITION.table.schema, S::DEFINITION.table.name)
}

fn key_text<S: Shape>(key: &S::Key) -> Vec<Option<Box<str>>> {
    let mut encoder = Encoder::new(Form::Postgres);
    S::encode_key(key, &mut encoder);
    encoder
        .drain()
        .zip(S::DEFINITION.key_columns())
        .map(|(cell, column)| {
            text(cell).map(|text| if column.dims == 0 && column.pg_type == "bool" { letter(text) } else { text })
        })
        .collect()
}

fn text(cell: Cell<'_>) -> Option<Box<str>> {
    match cell {
        Cell::Text(text) => Some(text.into()),
        _ => None,
    }
}

/// A value as the replication stream spells it.
fn replicated(column: Option<&Column>, text: Box<str>) -> Box<str> {
    if column.is_some_and(Column::is_bool) { letter(text) } else { text }
}

fn letter(text: Box<str>) -> Box<str> {
    match &*text {
        "true" => "t".into(),
        "false" => "f".into(),
        _ => text,
    }
}

fn owned<C: FromIterator<Option<Box<str>>>>(values: &[Option<&str>]) -> C {
    values.iter().map(|value| value.map(Box::from)).collect()
}
