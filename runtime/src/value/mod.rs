//! PostgreSQL's types as Rust values: from text and from SQLite, and back, without loss.

mod array;
mod json;
mod numeric;
mod scalar;
mod secret;
mod time;

use crate::cell::Cell;

pub use json::Json;
pub use numeric::Numeric;
pub(crate) use numeric::compare_numeric;
pub use secret::Secret;
pub use time::{parse_date, parse_time, parse_timestamp, parse_timestamptz};

/// A type that a column can have.
///
/// `decode` reads both forms, so that one generated function reads the wire and the local database.
pub trait PgValue: Sized {
    /// Reads a value; NULL is an error but for `Option`.
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError>;
    /// As the local database stores it: bit-exact, and sorted as the values are where there is such a form.
    fn local(&self) -> Cell<'_>;
    /// PostgreSQL's text, as Electric sends it (UTC, ISO dates, hex bytea).
    fn text(&self) -> Cell<'_>;
}

/// Why a cell is not a value of its column's type.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The column did not come.
    #[error("the column is missing")]
    Absent,
    /// NULL in a column that is compiled as not null.
    #[error("NULL in a column that is compiled as NOT NULL")]
    Null,
    /// The text is not of the type, or beyond what the Rust type holds.
    #[error("`{found}` is not a value of {expected}")]
    Invalid {
        /// The Rust or PostgreSQL type.
        expected: &'static str,
        /// The text that came, cut to 80 characters.
        found: String,
    },
}

impl ValueError {
    /// `found` is not a value of `expected`.
    pub fn invalid(expected: &'static str, found: &str) -> Self {
        Self::Invalid { expected, found: found.chars().take(80).collect() }
    }

    /// A cell of a form that `expected` never has.
    pub fn unexpected(expected: &'static str, cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Absent => Self::Absent,
            Cell::Null => Self::Null,
            Cell::Text(text) => Self::invalid(expected, text),
            Cell::Integer(value) => Self::invalid(expected, &value.to_string()),
            Cell::Real(value) => Self::invalid(expected, &value.to_string()),
            Cell::Blob(bytes) => Self::invalid(expected, &format!("{} bytes", bytes.len())),
        }
    }
}

impl<T: PgValue> PgValue for Option<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match cell {
            Cell::Null => Ok(None),
            cell => T::decode(cell).map(Some),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, T::local)
    }

    fn text(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, T::text)
    }
}
