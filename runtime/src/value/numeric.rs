//! numeric as exact decimal text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A PostgreSQL `numeric`: decimal text of any length, or `NaN`, `Infinity`, `-Infinity`.
///
/// Two numerics are equal when their text is: `1.0` and `1.00` differ in scale, as they do in PostgreSQL's output.
/// [`Numeric::compare`] compares by value; the order is by value, and then by scale.
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

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What PostgreSQL reads, `1e5`, `+.5` and `007` included; the text is PostgreSQL's output for it.
impl std::str::FromStr for Numeric {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        canonical(text).map(|text| Self(text.into())).ok_or_else(|| ValueError::invalid("numeric", text))
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
            Cell::Text(text) => match from_sortable(text) {
                Some(text) => Ok(Self(text.into())),
                None => Err(ValueError::invalid("numeric", text)),
            },
            _ => Err(ValueError::unexpected("numeric", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(sortable(&self.0)))
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }
}

/// PostgreSQL's digits before the point and behind it, at most.
const MOST_DIGITS: (usize, usize) = (131_072, 16_383);

/// The length of the part before the point, when the text is a finite numeric as PostgreSQL prints it.
fn whole_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let fraction = match &digits[whole..] {
        [] => &[],
        [b'.', fraction @ ..] if !fraction.is_empty() => fraction,
        _ => return None,
    };
    let plain = whole > 0 && (whole == 1 || digits[0] != b'0') && fraction.iter().all(u8::is_ascii_digit);
    plain.then_some(whole)
}

/// A numeric as PostgreSQL prints it.
fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let negative_zero = text.starts_with("-0") && !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if matches!(text, "NaN" | "Infinity" | "-Infinity") || whole_length(text).is_some() && !negative_zero {
        return Some(Cow::Borrowed(text));
    }
    let Parts { negative, whole, fraction, exponent } = Parts::split(text)?;
    let digits = [whole, fraction].concat();
    // Where the point is among the digits, and how many follow it.
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let scale = usize::try_from((i64::try_from(fraction.len()).ok()? - i64::from(exponent)).max(0)).ok()?;
    if point > i64::try_from(MOST_DIGITS.0).ok()? || scale > MOST_DIGITS.1 {
        return None;
    }
    let before = usize::try_from(point.max(0)).ok()?;
    let missing = usize::try_from((-point).max(0)).ok()?;
    let all = format!("{}{digits:0<before$}", "0".repeat(missing));
    let (whole, fraction) = all.split_at(before);
    let whole = whole.trim_start_matches('0');
    let sign = if negative && digits.bytes().any(|digit| digit != b'0') { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.get(..scale.min(fraction.len()))?;
    let point = if fraction.is_empty() { "" } else { "." };
    Some(Cow::Owned(format!("{sign}{whole}{point}{fraction}")))
}

/// The local form of a numeric as PostgreSQL prints it: text that sorts as the values do.
///
/// A letter says how many digits stand before the point, so that the digits behind it compare place by place:
/// `b12.5` is before `c100`. What is negative has letter and digits turned round, and an end that sorts after a point.
pub(super) fn sortable(text: &str) -> String {
    let Some(whole) = whole_length(text) else {
        // `-Infinity` sorts before the negatives' letters as it is.
        return if text.starts_with('-') { text.to_owned() } else { format!("~{text}") };
    };
    let mut out = String::with_capacity(text.len() + 3);
    match text.strip_prefix('-') {
        None => {
            push_length(whole, &mut out);
            out.push_str(text);
        }
        Some(unsigned) => {
            push_length(whole, &mut out);
            out.push_str(unsigned);
            out = format!("-{}~", turned(&out));
        }
    }
    out
}

/// A letter for each length up to 25; behind `z` six digits for a greater one.
fn push_length(whole: usize, out: &mut String) {
    match u8::try_from(whole) {
        Ok(whole @ 1..=25) => out.push(char::from(b'a' + whole - 1)),
        _ => out.push_str(&format!("z{whole:06}")),
    }
}

/// Letters and digits counted from the other end; turned twice, they are what they were.
fn turned(text: &str) -> String {
    let turn = |byte: u8| match byte {
        b'0'..=b'9' => b'0' + b'9' - byte,
        b'a'..=b'z' => b'a' + b'z' - byte,
        other => other,
    };
    text.bytes().map(|byte| char::from(turn(byte))).collect()
}

/// PostgreSQL's text from either form.
pub(super) fn from_sortable(text: &str) -> Option<Cow<'_, str>> {
    match text.as_bytes() {
        [b'0'..=b'9' | b'N' | b'I', ..] | [b'-', b'0'..=b'9' | b'I', ..] => canonical(text),
        [b'~', ..] => matches!(text, "~NaN" | "~Infinity").then(|| Cow::Borrowed(&text[1..])),
        [b'-', b'a'..=b'z', ..] => {
            let turned = turned(text.strip_prefix('-')?.strip_suffix('~')?);
            Some(Cow::Owned(format!("-{}", without_length(&turned)?)))
        }
        _ => without_length(text).map(Cow::Borrowed),
    }
}

fn without_length(text: &str) -> Option<&str> {
    let decimal = text.strip_prefix(|first: char| first.is_ascii_lowercase())?;
    let decimal = if text.starts_with('z') { decimal.get(6..)? } else { decimal };
    let mut length = String::new();
    push_length(whole_length(decimal)?, &mut length);
    (text.len() == length.len() + decimal.len() && text.starts_with(&length)).then_some(decimal)
}

/// Compares two decimal texts by value; `None` when one is none.
pub(crate) fn compare_numeric(left: &str, right: &str) -> Option<Ordering> {
    Some(Decimal::parse(left)?.compare(&Decimal::parse(right)?))
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

    #[test]
    fn c_108_what_postgresql_reads_becomes_what_it_prints() {
        for (text, printed) in [
            ("1e5", "100000"),
            ("+1.50e1", "15.0"),
            ("1.5e-3", "0.0015"),
            (".5", "0.5"),
            ("5.", "5"),
            ("007.10", "7.10"),
            ("-0.00", "0.00"),
            ("0e10", "0"),
            ("-1E-2", "-0.01"),
            ("12.5e1", "125"),
        ] {
            assert_eq!(text.parse::<Numeric>().unwrap().as_str(), printed, "{text}");
        }
        for text in
            ["", "-", "e5", "1e", "1e2147483647", "1e-2147483648", "1e131072", "1e-16384", "1 ", "a1", "~NaN", "١"]
        {
            assert!(text.parse::<Numeric>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_local_form_sorts_as_the_values_do() {
        let (longest, longer) = (format!("1{}", "0".repeat(131_071)), format!("1{}.5", "0".repeat(25)));
        let negated = [format!("-{longest}"), format!("-{longer}")];
        let mut ascending = vec!["-Infinity", &negated[0], &negated[1]];
        ascending.extend([
            "-1234567890123456789012345",
            "-100",
            "-99.5",
            "-99.05",
            "-99",
            "-1.25",
            "-1.2",
            "-1",
            "-0.5",
        ]);
        ascending
            .extend(["-0.001", "0", "0.00", "0.001", "0.5", "1", "1.0", "1.2", "1.25", "9", "10", "99.05", "99.5"]);
        ascending.extend(["100", "1234567890123456789012345", &longer, &longest, "Infinity", "NaN"]);
        let values: Vec<Numeric> = ascending.iter().map(|text| text.parse().unwrap()).collect();
        assert!(values.is_sorted());
        let local: Vec<String> = ascending.iter().map(|text| sortable(text)).collect();
        for (at, text) in local.iter().enumerate() {
            assert!(at == 0 || local[at - 1] < *text, "{} and {}", ascending[at - 1], ascending[at]);
            assert_eq!(Numeric::decode(Cell::text(text)).as_ref(), Ok(&values[at]), "{text}");
        }
        for text in ["", "-", "~", "~1", "b1", "a12", "-z8", "-8~", "-b12~", "z1", "z000001", "z0000011", "a1e5", "A1"]
        {
            assert!(Numeric::decode(Cell::text(text)).is_err(), "{text}");
        }
    }
}
