//! money as the text that PostgreSQL sent.

use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// An amount of money, exactly as the server prints it: `$1,234.56`, `-$0.05`, `1.234,56 €`.
///
/// The form is that of the server's `lc_monetary`, which the text doesn't name: so it is kept as it came, it is not read
/// as a number, and it is ordered by its bytes. Only an empty text is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money(Box<str>);

impl Money {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Money {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() { Err(ValueError::invalid("money", text)) } else { Ok(Self(text.into())) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PgValue for Money {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => text.parse(),
            _ => Err(ValueError::unexpected("money", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }
}
