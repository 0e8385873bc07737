//! Booleans, integers, text, uuid and bytea.

use std::borrow::Cow;

use uuid::Uuid;

use super::{PgValue, ValueError};
use crate::cell::Cell;

impl PgValue for bool {
    /// `true` and `false` in snapshots, `t` and `f` in the log: captures 01 and 02.
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) if text == "t" || text == "true" => Ok(true),
            Cell::Text(text) if text == "f" || text == "false" => Ok(false),
            Cell::Integer(0) => Ok(false),
            Cell::Integer(1) => Ok(true),
            _ => Err(ValueError::unexpected("bool", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::Integer(i64::from(*self))
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(if *self { "true" } else { "false" })
    }

    fn nested_text(&self) -> Cell<'_> {
        Cell::text(if *self { "t" } else { "f" })
    }
}

macro_rules! integer {
    ($($rust:ty => $name:literal),*) => {$(
        impl PgValue for $rust {
            fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
                match &cell {
                    Cell::Text(text) => text.parse().map_err(|_| ValueError::invalid($name, text)),
                    Cell::Integer(value) => Self::try_from(*value).map_err(|_| ValueError::unexpected($name, &cell)),
                    _ => Err(ValueError::unexpected($name, &cell)),
                }
            }

            fn local(&self) -> Cell<'_> {
                Cell::Integer(i64::from(*self))
            }

            fn text(&self) -> Cell<'_> {
                Cell::Text(Cow::Owned(self.to_string()))
            }
        }
    )*};
}

integer!(i16 => "int2", i32 => "int4", i64 => "int8", u32 => "oid, xid or cid");

/// xid8
impl PgValue for u64 {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => text.parse().map_err(|_| ValueError::invalid("xid8", text)),
            _ => Err(ValueError::unexpected("xid8", &cell)),
        }
    }

    /// SQLite's integers end at half of it: as many digits as the greatest has sort as the values do.
    fn local(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(format!("{self:020}")))
    }

    fn text(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(self.to_string()))
    }
}

impl PgValue for String {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match cell {
            Cell::Text(text) => Ok(text.into_owned()),
            cell => Err(ValueError::unexpected("text", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::text(self)
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(self)
    }
}

impl PgValue for Uuid {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => Self::try_parse(text).map_err(|_| ValueError::invalid("uuid", text)),
            Cell::Blob(bytes) => Self::from_slice(bytes).map_err(|_| ValueError::unexpected("uuid", &cell)),
            _ => Err(ValueError::unexpected("uuid", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::Blob(Cow::Borrowed(self.as_bytes()))
    }

    fn text(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(self.to_string()))
    }
}

/// bytea
impl PgValue for Vec<u8> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match cell {
            Cell::Blob(bytes) => Ok(bytes.into_owned()),
            Cell::Text(text) => unhex(&text).ok_or_else(|| ValueError::invalid("bytea", &text)),
            cell => Err(ValueError::unexpected("bytea", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::Blob(Cow::Borrowed(self))
    }

    fn text(&self) -> Cell<'_> {
        use std::fmt::Write;
        let mut text = String::with_capacity(2 + 2 * self.len());
        text.push_str("\\x");
        for byte in self {
            let _ = write!(text, "{byte:02x}");
        }
        Cell::Text(Cow::Owned(text))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_105_both_spellings_of_booleans_are_read() {
        for (text, value) in [("t", true), ("true", true), ("f", false), ("false", false)] {
            assert_eq!(bool::decode(Cell::text(text)), Ok(value));
        }
        assert!(bool::decode(Cell::text("yes")).is_err());
    }

    #[test]
    fn c_119_blanks_of_a_bpchar_survive() {
        assert_eq!(String::decode(Cell::text("ab   ")).as_deref(), Ok("ab   "));
    }

    #[test]
    fn c_110_bytea_survives() {
        for bytes in [vec![], vec![0xde, 0xad, 0x00, 0xff]] {
            let text = bytes.text();
            assert_eq!(Vec::<u8>::decode(text.clone()), Ok(bytes.clone()));
        }
        assert!(Vec::<u8>::decode(Cell::text("\\xabc")).is_err());
    }
}
