//! Dates and timestamps with PostgreSQL's two infinities.

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A date or timestamp of a column in which `infinity` and `-infinity` occur.
///
/// The plain types refuse both, since no calendar has them. Ordered as PostgreSQL orders them; a finite value is refused
/// where `T` refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrInfinity<T> {
    /// `-infinity`: before everything.
    NegInfinity,
    /// Any other value.
    Finite(T),
    /// `infinity`: after everything.
    Infinity,
}

impl<T> OrInfinity<T> {
    /// The value, unless it is infinite.
    pub fn finite(self) -> Option<T> {
        match self {
            Self::Finite(value) => Some(value),
            Self::NegInfinity | Self::Infinity => None,
        }
    }
}

impl<T> From<T> for OrInfinity<T> {
    fn from(value: T) -> Self {
        Self::Finite(value)
    }
}

impl<T: PgValue> OrInfinity<T> {
    fn cell<'a>(&'a self, finite: impl FnOnce(&'a T) -> Cell<'a>) -> Cell<'a> {
        match self {
            Self::NegInfinity => Cell::text("-infinity"),
            Self::Finite(value) => finite(value),
            Self::Infinity => Cell::text("infinity"),
        }
    }
}

impl<T: PgValue> PgValue for OrInfinity<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) if text == "-infinity" => Ok(Self::NegInfinity),
            Cell::Text(text) if text == "infinity" => Ok(Self::Infinity),
            _ => T::decode(cell).map(Self::Finite),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.cell(T::local)
    }

    fn text(&self) -> Cell<'_> {
        self.cell(T::text)
    }
}
