//! Decimal numbers of any length as PostgreSQL's numeric reads, rounds and prints them.

use std::fmt::{self, Display};

/// An exact decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without leading zeros; empty for 0.
    whole: String,
    /// As many digits as the number's scale.
    fraction: String,
}

/// PostgreSQL's limits are 131072 digits before and 16383 behind the point; this keeps an exponent from filling memory.
const MOST_DIGITS: i64 = 16_383;

impl Decimal {
    /// Reads `-12.50`, `.5`, `5.`, `1e3`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || exponent.abs() > MOST_DIGITS {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let padding = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let length = i64::try_from(digits.len()).ok()?;
        let digits = format!("{}{digits}{}", padding(-point), padding(point - length));
        let (whole, fraction) = digits.split_at(usize::try_from(point.max(0)).ok()?);
        Some(Self::of(negative, whole, fraction.to_owned()))
    }

    fn of(negative: bool, whole: &str, fraction: String) -> Self {
        let whole = whole.trim_start_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.bytes().all(|digit| digit == b'0');
        Self { negative: negative && !zero, whole, fraction }
    }

    /// With so many digits behind the point; half rounds away from zero.
    pub(super) fn rounded(&self, scale: usize) -> Option<Self> {
        if scale as u64 > MOST_DIGITS as u64 {
            return None;
        }
        let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes().take(scale)).collect();
        let missing = scale.saturating_sub(self.fraction.len());
        digits.extend(std::iter::repeat_n(b'0', missing));
        if self.fraction.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5') {
            let mut carry = true;
            for digit in digits.iter_mut().rev() {
                match *digit {
                    b'9' => *digit = b'0',
                    below => {
                        *digit = below + 1;
                        carry = false;
                        break;
                    }
                }
            }
            if carry {
                digits.insert(0, b'1');
            }
        }
        let digits = String::from_utf8(digits).ok()?;
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        Some(Self::of(self.negative, whole, fraction.to_owned()))
    }

    /// How many digits stand before the point, 0 for numbers below 1.
    pub(super) fn whole_digits(&self) -> usize {
        self.whole.len()
    }
}

impl Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{}", self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_postgresql_prints_them() {
        for (text, printed) in [
            ("1.50", Some("1.50")),
            ("-0.0", Some("0.0")),
            ("007", Some("7")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("1e3", Some("1000")),
            ("1.5e-3", Some("0.0015")),
            ("1.25E1", Some("12.5")),
            ("0.001e5", Some("100")),
            ("", None),
            (".", None),
            ("-", None),
            ("1e", None),
            ("1e99999999999", None),
            ("0x1f", None),
            ("1_000", None),
        ] {
            assert_eq!(Decimal::parse(text).map(|decimal| decimal.to_string()).as_deref(), printed, "{text}");
        }
    }

    #[test]
    fn half_rounds_away_from_zero() {
        for (text, scale, rounded) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("0.4", 0, "0"),
            ("-0.4", 0, "0"),
            ("9.995", 2, "10.00"),
            ("99", 2, "99.00"),
            ("0.05", 1, "0.1"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().rounded(scale).unwrap().to_string(), rounded, "{text}");
        }
    }
}
