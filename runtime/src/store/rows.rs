//! The rows of one generation: written, read, deleted.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use super::error::{Fault, StoreError};
use super::file::corruption;
use super::table::Statements;
use super::{LoadRows, RowChange, Saved};
use crate::cell::Cell;
use crate::columns::{Columns, Encoder, Form};
use crate::definition::ShapeDefinition;
use crate::log::Tags;
use crate::value::ValueError;

/// A row id is the generation's number and, in its low 40 bits, a count.
///
/// So the rows of a generation lie together, in the order in which they came: they are read in one sweep, whatever else
/// is in the table, and go page by page. Through the index of random keys each row would be a page of its own.
const ROW_BITS: u32 = 40;

/// One fetch of one instance, as far as writing it needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation {
    pub(super) g: i64,
    next_row: i64,
}

impl Generation {
    /// The next number of this file.
    pub(super) fn begin(connection: &Connection) -> Result<Self, Fault> {
        let g: i64 = connection
            .prepare_cached("UPDATE _meta SET value = value + 1 WHERE name = 'last_g' RETURNING value")?
            .query_row([], |row| row.get(0))?;
        if !(1..1 << (i64::BITS - 1 - ROW_BITS)).contains(&g) {
            return Err(corruption("the numbers of generations are used up"));
        }
        Ok(Self { g, next_row: row_ids(g).0 })
    }

    /// A stored generation, to be gone on with.
    pub(super) fn resume(connection: &Connection, statements: &Statements, g: i64) -> Result<Self, Fault> {
        let (first, last) = row_ids(g);
        let taken: Option<i64> =
            connection.prepare_cached(&statements.last)?.query_row([first, last], |row| row.get(0))?;
        Ok(Self { g, next_row: taken.map_or(first, |taken| taken + 1) })
    }
}

/// The first and last row id of a generation.
pub(super) fn row_ids(g: i64) -> (i64, i64) {
    (g << ROW_BITS, (g << ROW_BITS) | ((1 << ROW_BITS) - 1))
}

/// Writes a batch's changes in their order.
pub(super) fn write(
    connection: &Connection,
    shape: &ShapeDefinition,
    statements: &Statements,
    generation: &mut Generation,
    changes: &[RowChange],
) -> Result<(), Fault> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut put = connection.prepare_cached(&statements.put)?;
    let mut remove = connection.prepare_cached(&statements.remove)?;
    let mut encoder = Encoder::new(Form::Local);
    for change in changes {
        let (RowChange::Put(row, _) | RowChange::Remove(row)) = change;
        encoder.drain();
        row.encode(&mut encoder);
        let cells = encoder.cells();
        if cells.len() != shape.columns.len() {
            let (expected, found) = (shape.columns.len(), cells.len());
            return Err(StoreError::Columns { shape: shape.name, expected, found }.into());
        }
        match change {
            RowChange::Put(_, tags) => {
                put.raw_bind_parameter(1, generation.next_row)?;
                put.raw_bind_parameter(2, generation.g)?;
                bind(&mut put, 3, cells.iter())?;
                if statements.tagged {
                    let row = returned(&mut put)?;
                    set_tags(connection, row, tags.as_deref())?;
                } else {
                    put.raw_execute()?;
                }
                // A row that was there before kept its row id.
                if connection.last_insert_rowid() == generation.next_row {
                    generation.next_row += 1;
                }
            }
            RowChange::Remove(_) => {
                remove.raw_bind_parameter(1, generation.g)?;
                bind(&mut remove, 2, shape.key.iter().filter_map(|&at| cells.get(usize::from(at))))?;
                if statements.tagged {
                    let row = returned(&mut remove)?;
                    set_tags(connection, row, None)?;
                } else {
                    remove.raw_execute()?;
                }
            }
        }
    }
    Ok(())
}

/// Executes a statement that returns a row id; none where no row was concerned.
fn returned(statement: &mut CachedStatement<'_>) -> Result<Option<i64>, Fault> {
    let mut rows = statement.raw_query();
    let row = rows.next()?.map(|row| row.get(0)).transpose()?;
    // A statement that isn't read to its end isn't done.
    while rows.next()?.is_some() {}
    Ok(row)
}

/// Row ids are unique in the file, so tags of all shapes are in one table.
fn set_tags(connection: &Connection, row: Option<i64>, tags: Option<&Tags>) -> Result<(), Fault> {
    let Some(row) = row else { return Ok(()) };
    match tags {
        Some(Tags { ways, active }) => {
            let text = serde_json::json!([ways, active]).to_string();
            connection.prepare_cached("INSERT OR REPLACE INTO _tags VALUES (?, ?)")?.execute((row, text))?;
        }
        None => {
            connection.prepare_cached("DELETE FROM _tags WHERE row_id = ?")?.execute([row])?;
        }
    }
    Ok(())
}

fn bind<'c>(
    statement: &mut CachedStatement<'_>,
    first: usize,
    cells: impl Iterator<Item = &'c Cell<'c>>,
) -> rusqlite::Result<()> {
    cells.enumerate().try_for_each(|(at, cell)| statement.raw_bind_parameter(first + at, Bound(cell)))
}

struct Bound<'c>(&'c Cell<'c>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            // A row comes whole; an absent cell would be a fault of generated code, and NOT NULL catches it.
            Cell::Absent | Cell::Null => ValueRef::Null,
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Integer(value) => ValueRef::Integer(*value),
            Cell::Real(value) => ValueRef::Real(*value),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Hands the rows of a generation to `load`; `Err` inside says what could not be read.
pub(super) fn read(
    connection: &Connection,
    shape: &ShapeDefinition,
    statements: &Statements,
    g: i64,
    saved: Saved,
    load: &mut dyn LoadRows,
) -> Result<Result<(), String>, Fault> {
    let mut select = connection.prepare_cached(&statements.select)?;
    let (first, last) = row_ids(g);
    let mut rows = select.query([first, last])?;
    let mut kept = Columns::new(shape.columns.len());
    while let Some(row) = rows.next()? {
        // The cells borrow from this row, their memory is that of the row before.
        let mut columns = kept.recycled();
        for (position, column) in shape.columns.iter().enumerate() {
            match cell(row.get_ref(position)?) {
                Ok(cell) => columns.set(position, cell),
                Err(error) => return Ok(Err(format!("column {}: {error}", column.name))),
            }
        }
        let tags = match statements.tagged.then(|| row.get_ref(shape.columns.len())).transpose()? {
            Some(ValueRef::Text(text)) => match serde_json::from_slice(text) {
                Ok((ways, active)) => Some(Tags { ways, active }),
                Err(error) => return Ok(Err(format!("its tags: {error}"))),
            },
            _ => None,
        };
        if let Err(error) = load.load(saved, &mut columns, tags) {
            let column = shape.columns.get(error.position).map_or("?", |column| column.name);
            return Ok(Err(format!("column {column}: {}", error.error)));
        }
        kept = columns.recycled();
    }
    Ok(Ok(()))
}

fn cell(value: ValueRef<'_>) -> Result<Cell<'_>, ValueError> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Cell::text(text),
            Err(_) => return Err(ValueError::invalid("UTF-8", &String::from_utf8_lossy(text))),
        },
        ValueRef::Blob(bytes) => Cell::Blob(Cow::Borrowed(bytes)),
    })
}
