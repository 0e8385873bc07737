//! numeric as exact decimal text.

use std::cmp::Ordering;
use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A PostgreSQL `numeric`: decimal text of any length, or `NaN`, `Infinity`, `-Infinity`.
///
/// Two numerics are equal when their text is: `1.0` and `1.00` differ in scale, as they do in PostgreSQL's output.
/// [`Numeric::compare`] compares by value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Numeric(Box<str>);

impl Numeric {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By value, NaN above everything and equal to itself, as PostgreSQL orders them.
    pub fn compare(&self, other: &Self) -> Ordering {
        // Both were checked when they were made.
        compare_numeric(&self.0, &other.0).unwrap_or(Ordering::Equal)
    }
}

impl std::str::FromStr for Numeric {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if is_numeric(text) { Ok(Self(text.into())) } else { Err(ValueError::invalid("numeric", text)) }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PgValue for Numeric {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => text.parse(),
            _ => Err(ValueError::unexpected("numeric", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }
}

/// Compares two decimal texts by value; `None` when one is none.
pub(crate) fn compare_numeric(left: &str, right: &str) -> Option<Ordering> {
    Some(Decimal::parse(left)?.compare(&Decimal::parse(right)?))
}

/// Whether a text is a numeric; nothing is built for it.
fn is_numeric(text: &str) -> bool {
    Parts::split(text).is_some() || matches!(text, "NaN" | "Infinity" | "-Infinity")
}

/// A finite decimal as it is written.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i32,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_decimal = whole.len() + fraction.len() > 0 && all_digits(whole) && all_digits(fraction);
        is_decimal.then_some(Self { negative, whole, fraction, exponent })
    }
}

/// A decimal, ordered as PostgreSQL orders numerics: the derived order of the variants, and of a finite one's fields.
enum Decimal {
    NegativeInfinity,
    Finite(Finite),
    Infinity,
    NaN,
}

/// ± 0.digits × 10^scale, without leading or trailing zeros; no digits for zero.
struct Finite {
    negative: bool,
    digits: Vec<u8>,
    scale: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "NaN" => return Some(Self::NaN),
            "Infinity" => return Some(Self::Infinity),
            "-Infinity" => return Some(Self::NegativeInfinity),
            _ => {}
        }
        let Parts { negative, whole, fraction, exponent } = Parts::split(text)?;
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let scale = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()? + i64::from(exponent);
        Some(Self::Finite(Finite { negative: negative && !digits.is_empty(), digits, scale }))
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Finite(left), Self::Finite(right)) => left.compare(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::NegativeInfinity => 0,
            Self::Finite(_) => 1,
            Self::Infinity => 2,
            Self::NaN => 3,
        }
    }
}

impl Finite {
    fn compare(&self, other: &Self) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let magnitude = self.scale.cmp(&other.scale).then_with(|| self.digits.cmp(&other.digits));
            match self.sign() {
                0 => Ordering::Equal,
                sign if sign < 0 => magnitude.reverse(),
                _ => magnitude,
            }
        })
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_compare_by_value() {
        let ascending = [
            "-Infinity",
            "-10.5",
            "-1.25",
            "-1.2",
            "-0.001",
            "0",
            "1e-10",
            "0.5",
            "1",
            "1.01",
            "9",
            "10",
            "12345678901234567890.1",
            "Infinity",
            "NaN",
        ];
        for (at, left) in ascending.iter().enumerate() {
            for (other_at, right) in ascending.iter().enumerate() {
                assert_eq!(compare_numeric(left, right), Some(at.cmp(&other_at)), "{left} and {right}");
            }
        }
        for (left, right) in [("1.0", "1.00"), ("0", "-0.00"), ("1e2", "100"), ("007", "7"), (".5", "0.5")] {
            assert_eq!(compare_numeric(left, right), Some(Ordering::Equal), "{left} and {right}");
        }
        for text in ["", ".", "1.2.3", "1,5", "abc", "1e", "--1"] {
            assert_eq!(compare_numeric(text, "1"), None, "{text}");
        }
    }
}
