//! A row on its way between its struct and the wire or the local database: cells in the order of the shape's columns.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::value::{PgValue, ValueError};

/// The cells of one row, taken in the order of the shape's columns.
#[derive(Debug)]
pub struct Columns<'a> {
    cells: Vec<Cell<'a>>,
    next: usize,
}

/// What was wrong with which column, by its position in the shape.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("column {position}: {error}")]
pub struct ColumnError {
    /// Position in [`ShapeDefinition::columns`](crate::definition::ShapeDefinition::columns).
    pub position: usize,
    /// What was wrong.
    pub error: ValueError,
}

impl<'a> Columns<'a> {
    /// Room for `count` columns, all absent.
    pub fn new(count: usize) -> Self {
        Self { cells: vec![Cell::Absent; count], next: 0 }
    }

    /// Starts the next row: every cell absent again.
    pub fn clear(&mut self) {
        for cell in &mut self.cells {
            // Most were taken, and nothing is to be dropped.
            if !matches!(cell, Cell::Absent) {
                *cell = Cell::Absent;
            }
        }
        self.next = 0;
    }

    /// Empty again, for a row that lives elsewhere; the memory is used again.
    pub fn recycled<'b>(mut self) -> Columns<'b> {
        self.clear();
        // Collected in place: both cells are of one size.
        Columns { cells: self.cells.into_iter().map(|_| Cell::Absent).collect(), next: 0 }
    }

    /// Puts a cell at a column's position; a position beyond the shape's columns is passed over.
    pub fn set(&mut self, position: usize, cell: Cell<'a>) {
        if let Some(slot) = self.cells.get_mut(position) {
            *slot = cell;
        }
    }

    /// Takes the next column; absent is an error.
    pub fn take<T: PgValue>(&mut self) -> Result<T, ColumnError> {
        self.take_with(T::decode)
    }

    /// As [`Columns::take`], for a type that a function decodes; [`nullable`] makes one for a column that may be NULL.
    pub fn take_with<T>(&mut self, decode: impl Fn(Cell<'_>) -> Result<T, ValueError>) -> Result<T, ColumnError> {
        let position = self.next;
        self.next += 1;
        self.at(position, decode)
    }

    /// Takes the next column into `field` where it came, and leaves `field` alone where it didn't.
    pub fn merge<T: PgValue>(&mut self, field: &mut T) -> Result<(), ColumnError> {
        self.merge_with(field, T::decode)
    }

    /// As [`Columns::merge`], for a type that a function decodes.
    pub fn merge_with<T>(
        &mut self,
        field: &mut T,
        decode: impl Fn(Cell<'_>) -> Result<T, ValueError>,
    ) -> Result<(), ColumnError> {
        let position = self.next;
        self.next += 1;
        match self.cells.get(position) {
            None | Some(Cell::Absent) => Ok(()),
            Some(_) => {
                *field = self.at(position, decode)?;
                Ok(())
            }
        }
    }

    /// Reads the column at a position without taking it: a row's key is read before its columns.
    pub fn peek<T: PgValue>(&self, position: usize) -> Result<T, ColumnError> {
        self.peek_with(position, T::decode)
    }

    /// As [`Columns::peek`], for a type that a function decodes.
    pub fn peek_with<T>(
        &self,
        position: usize,
        decode: impl Fn(Cell<'_>) -> Result<T, ValueError>,
    ) -> Result<T, ColumnError> {
        let cell = match self.cells.get(position) {
            Some(cell) => borrow(cell),
            None => Cell::Absent,
        };
        decode(cell).map_err(|error| ColumnError { position, error })
    }

    fn at<T>(&mut self, position: usize, decode: impl Fn(Cell<'_>) -> Result<T, ValueError>) -> Result<T, ColumnError> {
        let cell = self.cells.get_mut(position).map(std::mem::take).unwrap_or_default();
        decode(cell).map_err(|error| ColumnError { position, error })
    }
}

/// A decoder for a column that may be NULL from one that is never asked about NULL.
pub fn nullable<T>(
    decode: impl Fn(Cell<'_>) -> Result<T, ValueError>,
) -> impl Fn(Cell<'_>) -> Result<Option<T>, ValueError> {
    move |cell| match cell {
        Cell::Null => Ok(None),
        cell => decode(cell).map(Some),
    }
}

/// A decoder that reads NULL as the type's default, from one that is never asked about NULL.
pub fn or_default<T: Default>(
    decode: impl Fn(Cell<'_>) -> Result<T, ValueError>,
) -> impl Fn(Cell<'_>) -> Result<T, ValueError> {
    move |cell| match cell {
        Cell::Null => Ok(T::default()),
        cell => decode(cell),
    }
}

fn borrow<'c>(cell: &'c Cell<'_>) -> Cell<'c> {
    match cell {
        Cell::Absent => Cell::Absent,
        Cell::Null => Cell::Null,
        Cell::Text(text) => Cell::text(text),
        Cell::Integer(value) => Cell::Integer(*value),
        Cell::Real(value) => Cell::Real(*value),
        Cell::Blob(bytes) => Cell::Blob(Cow::Borrowed(bytes)),
    }
}

/// Which form an [`Encoder`] gives its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the local database stores them.
    Local,
    /// PostgreSQL's text.
    Postgres,
}

/// Collects a row's cells, in the order of the shape's columns.
#[derive(Debug)]
pub struct Encoder<'a> {
    form: Form,
    cells: Vec<Cell<'a>>,
}

impl<'a> Encoder<'a> {
    /// An empty encoder.
    pub fn new(form: Form) -> Self {
        Self { form, cells: Vec::new() }
    }

    /// Adds the next column.
    pub fn put<T: PgValue>(&mut self, value: &'a T) {
        self.put_with(Some(value), T::local, T::text);
    }

    /// Adds the next column of a type that two functions print; `None` is NULL.
    pub fn put_with<T>(
        &mut self,
        value: Option<&'a T>,
        local: impl Fn(&'a T) -> Cell<'a>,
        text: impl Fn(&'a T) -> Cell<'a>,
    ) {
        self.cells.push(match (value, self.form) {
            (None, _) => Cell::Null,
            (Some(value), Form::Local) => local(value),
            (Some(value), Form::Postgres) => text(value),
        });
    }

    /// The cells so far.
    pub fn cells(&self) -> &[Cell<'a>] {
        &self.cells
    }

    /// The cells, and the encoder empty again.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Cell<'a>> {
        self.cells.drain(..)
    }
}
