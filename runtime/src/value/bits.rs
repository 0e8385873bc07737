//! bit and varbit.

use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A string of bits, as `bit` and `varbit` print it: `10110`.
///
/// Ordered as PostgreSQL orders bit strings: bit by bit, and a shorter one before those it begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(Box<str>);

impl Bits {
    /// The bits as `0` and `1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many bits there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bits, leftmost first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = bool> + '_ {
        self.0.bytes().map(|bit| bit == b'1')
    }
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        Self(bits.into_iter().map(|bit| if bit { '1' } else { '0' }).collect())
    }
}

impl std::str::FromStr for Bits {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
            Ok(Self(text.into()))
        } else {
            Err(ValueError::invalid("bits", text))
        }
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PgValue for Bits {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => text.parse(),
            _ => Err(ValueError::unexpected("bits", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }
}
