//! PostgreSQL's types as Rust values: from text and from SQLite, and back, without loss.

/// Values that are read by `FromStr` and printed by `Display`, on the wire and locally.
macro_rules! by_display {
    ($($rust:ty),*) => {$(
        impl $crate::value::PgValue for $rust {
            fn decode(cell: $crate::cell::Cell<'_>) -> Result<Self, $crate::value::ValueError> {
                match &cell {
                    $crate::cell::Cell::Text(text) => text.parse(),
                    _ => Err($crate::value::ValueError::unexpected(stringify!($rust), &cell)),
                }
            }

            fn local(&self) -> $crate::cell::Cell<'_> {
                $crate::value::PgValue::text(self)
            }

            fn text(&self) -> $crate::cell::Cell<'_> {
                $crate::cell::Cell::Text(std::borrow::Cow::Owned(self.to_string()))
            }
        }
    )*};
}

mod array;
mod bits;
#[cfg(feature = "chrono")]
mod chrono;
mod composite;
#[cfg(feature = "rust_decimal")]
mod decimal;
mod float;
mod geometry;
mod hstore;
mod interval;
mod iso;
mod json;
#[cfg(feature = "serde")]
mod json_of;
mod money;
mod network;
mod numeric;
mod or_infinity;
mod quoted;
mod range;
mod scalar;
mod secret;
#[cfg(feature = "serde")]
mod serde;
mod time;
mod time_of_day;
mod vector;

use crate::cell::Cell;

pub use array::{Array, Dimension};
pub use bits::Bits;
pub use composite::{CompositeReader, CompositeWriter};
pub use geometry::{Circle, Line, Path, Point, Polygon, Rectangle, Segment};
pub use hstore::Hstore;
pub use interval::Interval;
pub use json::Json;
#[cfg(feature = "serde")]
pub use json_of::JsonOf;
pub use money::Money;
pub use network::{Cidr, Inet, MacAddr, MacAddr8};
pub use numeric::Numeric;
pub(crate) use numeric::compare_numeric;
pub use or_infinity::OrInfinity;
pub use range::{Multirange, Range};
pub use secret::Secret;
pub use time::{parse_date, parse_time, parse_timestamp, parse_timestamptz};
pub use time_of_day::{TimeOfDay, TimeTz};
pub use vector::Vector;

/// A type that a column can have.
///
/// `decode` reads both forms, so that one generated function reads the wire and the local database.
///
/// A type of somebody else's takes part through a module that the manifest names, with these three functions:
///
/// ```
/// mod seconds {
///     use std::time::Duration;
///
///     use shapegen_runtime::cell::Cell;
///     use shapegen_runtime::value::{PgValue, ValueError};
///
///     pub fn decode(cell: Cell<'_>) -> Result<Duration, ValueError> {
///         i64::decode(cell).and_then(|seconds| {
///             let found = || ValueError::invalid("seconds", &seconds.to_string());
///             u64::try_from(seconds).map(Duration::from_secs).map_err(|_| found())
///         })
///     }
///
///     pub fn local(value: &Duration) -> Cell<'_> {
///         text(value)
///     }
///
///     pub fn text(value: &Duration) -> Cell<'_> {
///         Cell::Text(value.as_secs().to_string().into())
///     }
/// }
/// # use shapegen_runtime::cell::Cell;
/// # let value = seconds::decode(Cell::text("90")).unwrap();
/// # assert_eq!(seconds::decode(seconds::local(&value)), Ok(value));
/// # assert_eq!(seconds::text(&value), Cell::text("90"));
/// ```
///
/// They mean what the methods of the same names mean, and are never asked about NULL.
#[diagnostic::on_unimplemented(
    message = "no column can be read into a `{Self}`",
    label = "not a type of columns",
    note = "implement `shapegen_runtime::value::PgValue` for it, or name a module that reads it: `with = \"crate::codec\"`"
)]
pub trait PgValue: Sized {
    /// What separates the elements of an array of this type; `;` for `box`, whose text has commas of its own.
    const DELIMITER: char = ',';

    /// Reads a value; NULL is an error but for `Option`.
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError>;
    /// As the local database stores it: bit-exact, and sorted as the values are where there is such a form.
    fn local(&self) -> Cell<'_>;
    /// PostgreSQL's text, as Electric sends it (UTC, ISO dates, hex bytea).
    fn text(&self) -> Cell<'_>;
    /// PostgreSQL's text inside of an array, a range or a composite. Only `bool` has another one there: `t` and `f`.
    fn nested_text(&self) -> Cell<'_> {
        self.text()
    }
}

/// Writes a value's text behind what is there.
fn push_nested<T: PgValue>(value: &T, out: &mut String) {
    if let Cell::Text(text) = value.nested_text() {
        out.push_str(&text);
    }
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
    const DELIMITER: char = T::DELIMITER;

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

    fn nested_text(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, T::nested_text)
    }
}
