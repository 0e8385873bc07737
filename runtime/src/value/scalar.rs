//! Booleans, integers, floats, text, uuid and bytea.

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

macro_rules! float {
    ($($rust:ty => $name:literal, $plain_below:literal);*) => {$(
        impl PgValue for $rust {
            fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
                match &cell {
                    Cell::Text(text) => match text.as_ref() {
                        "Infinity" => Ok(Self::INFINITY),
                        "-Infinity" => Ok(Self::NEG_INFINITY),
                        text => text.parse().map_err(|_| ValueError::invalid($name, text)),
                    },
                    // Exact: what was stored came from this type.
                    Cell::Real(value) => Ok(*value as Self),
                    Cell::Integer(value) => Ok(*value as Self),
                    _ => Err(ValueError::unexpected($name, &cell)),
                }
            }

            /// SQLite turns NaN into NULL and forgets the sign of zero, so those two are text.
            fn local(&self) -> Cell<'_> {
                if self.is_nan() {
                    Cell::text("NaN")
                } else if *self == 0.0 && self.is_sign_negative() {
                    Cell::text("-0")
                } else {
                    Cell::Real(f64::from(*self))
                }
            }

            fn text(&self) -> Cell<'_> {
                Cell::Text(Cow::Owned(float_text(
                    &format!("{self:e}"), self.is_nan(), self.is_infinite(), $plain_below,
                )))
            }
        }
    )*};
}

float!(f32 => "float4", 6; f64 => "float8", 15);

/// PostgreSQL's shortest form, from Rust's `1.5e300`; scientific below 1e-4 and from 10 to the `plain_below` on.
fn float_text(scientific: &str, nan: bool, infinite: bool, plain_below: i32) -> String {
    if nan {
        return "NaN".to_owned();
    }
    let (sign, unsigned) = match scientific.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", scientific),
    };
    if infinite {
        return format!("{sign}Infinity");
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..plain_below).contains(&exponent) {
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{direction}{:02}", exponent.abs());
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if digits.len() <= whole {
        format!("{sign}{digits}{}", "0".repeat(whole - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
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
    fn floats_print_as_postgresql_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1.5, "1.5"),
            (100.0, "100"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e15, "1e+15"),
            (1e300, "1e+300"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(value.text(), Cell::text(text), "{value}");
            let back = f64::decode(Cell::text(text)).unwrap();
            assert_eq!(back.to_bits(), value.to_bits(), "{text}");
        }
        assert_eq!(1e6f32.text(), Cell::text("1e+06"));
    }

    #[test]
    fn both_spellings_of_booleans_are_read() {
        for (text, value) in [("t", true), ("true", true), ("f", false), ("false", false)] {
            assert_eq!(bool::decode(Cell::text(text)), Ok(value));
        }
        assert!(bool::decode(Cell::text("yes")).is_err());
    }

    #[test]
    fn bytea_survives() {
        for bytes in [vec![], vec![0xde, 0xad, 0x00, 0xff]] {
            let text = bytes.text();
            assert_eq!(Vec::<u8>::decode(text.clone()), Ok(bytes.clone()));
        }
        assert!(Vec::<u8>::decode(Cell::text("\\xabc")).is_err());
    }
}
