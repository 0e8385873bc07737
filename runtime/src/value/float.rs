//! float4 and float8, to the bit and in PostgreSQL's shortest text.

use std::borrow::Cow;

use super::{PgValue, ValueError};
use crate::cell::Cell;

macro_rules! float {
    ($($rust:ty => $name:literal, $bits:ty, $plain_below:literal);*) => {$(
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
                const FRACTION: u32 = <$rust>::MANTISSA_DIGITS - 1;
                if self.is_nan() {
                    return Cell::text("NaN");
                }
                if self.is_infinite() {
                    return Cell::text(if *self > 0.0 { "Infinity" } else { "-Infinity" });
                }
                let bits = self.abs().to_bits();
                let (fraction, exponent) = (bits & ((1 << FRACTION) - 1), bits >> FRACTION);
                let hidden: $bits = if exponent == 0 { 0 } else { 1 << FRACTION };
                let binary = Binary {
                    mantissa: u64::from(fraction | hidden),
                    exponent: exponent.max(1) as i64 - i64::from(Self::MAX_EXP - 1) - i64::from(FRACTION),
                };
                let print = |digits: Option<usize>| match digits {
                    Some(digits) => format!("{:.*e}", digits - 1, self.abs()),
                    None => format!("{:e}", self.abs()),
                };
                let same = |text: &str| text.parse() == Ok(self.abs());
                let decimal = binary.shortest(print, same);
                Cell::Text(Cow::Owned(decimal.print(self.is_sign_negative(), $plain_below)))
            }
        }
    )*};
}

float!(f32 => "float4", u32, 6; f64 => "float8", u64, 15);

/// A finite float: mantissa × 2^exponent.
struct Binary {
    mantissa: u64,
    exponent: i64,
}

/// digits × 10^exponent; the digits have no zero at their end, unless they are `0`.
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Binary {
    /// The shortest digits that PostgreSQL prints: they read as this float, and as no other however ties are rounded.
    ///
    /// Rust's are the same but in two rare cases: it takes a decimal in the very middle between two floats, which reads
    /// as the even one, where PostgreSQL takes a digit more; and where two decimals are as near, it takes the greater
    /// one, where PostgreSQL takes the even one. `print` gives Rust's, or those of a fixed count.
    fn shortest(&self, print: impl Fn(Option<usize>) -> String, same: impl Fn(&str) -> bool) -> Decimal {
        let mut decimal = Decimal::parse(&print(None));
        // Only floats without a fraction lie so far apart that a short decimal is in the middle.
        let sparse = self.exponent > 0;
        let last_place = self.exponent + i64::from(self.mantissa.trailing_zeros());
        if sparse || last_place == decimal.exponent - 1 {
            let text = print(Some(decimal.digits.len()));
            let even = Decimal::parse(&text);
            if same(&text) && !self.is_bound(&even) {
                decimal = even;
            }
        }
        let mut count = decimal.digits.len();
        while sparse && self.is_bound(&decimal) {
            count += 1;
            decimal = Decimal::parse(&print(Some(count)));
        }
        decimal
    }

    /// Whether a decimal is in the very middle between this float and one beside it.
    fn is_bound(&self, decimal: &Decimal) -> bool {
        let (Ok(digits), Ok(power @ 0..=23)) = (decimal.digits.parse::<u128>(), u32::try_from(decimal.exponent)) else {
            // With a greater power of five it has more bits than a middle, and without one it has a fraction.
            return false;
        };
        let Some(scaled) = digits.checked_mul(5_u128.pow(power)).filter(|scaled| *scaled > 0) else { return false };
        let twos = scaled.trailing_zeros();
        let middle = (scaled >> twos, i64::from(twos + power));
        let mantissa = u128::from(self.mantissa);
        middle == (2 * mantissa + 1, self.exponent - 1)
            || middle == (2 * mantissa - 1, self.exponent - 1)
            // Below a power of two floats lie closer together.
            || self.mantissa.is_power_of_two() && middle == (4 * mantissa - 1, self.exponent - 2)
    }
}

impl Decimal {
    /// From Rust's `1.5e300`.
    fn parse(scientific: &str) -> Self {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i64);
        let mut decimal = Self {
            digits: mantissa.chars().filter(char::is_ascii_digit).collect(),
            exponent: exponent.parse().unwrap_or(0) - fraction,
        };
        while decimal.digits.len() > 1 && decimal.digits.ends_with('0') {
            decimal.digits.pop();
            decimal.exponent += 1;
        }
        decimal
    }

    /// Scientific below 1e-4 and from 10 to the `plain_below` on.
    fn print(&self, negative: bool, plain_below: i64) -> String {
        let sign = if negative { "-" } else { "" };
        let digits = &self.digits;
        // Of the first digit.
        let exponent = self.exponent + digits.len() as i64 - 1;
        if !(-4..plain_below).contains(&exponent) {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let direction = if exponent < 0 { '-' } else { '+' };
            return format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.abs());
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        if exponent < 0 {
            format!("{sign}0.{}{digits}", zeros(-exponent - 1))
        } else if self.exponent >= 0 {
            format!("{sign}{digits}{}", zeros(self.exponent))
        } else {
            let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(0));
            format!("{sign}{whole}.{fraction}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_107_floats_print_as_postgresql_prints_them() {
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
            (1e23, "9.999999999999999e+22"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            // In the middle between two floats, and as near to two decimals.
            (20_133_481_590_235_712.0, "2.0133481590235712e+16"),
            (-7_939_636_707_686_169.0 / 4.0, "-1.9849091769215422e+15"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
        ] {
            assert_eq!(value.text(), Cell::text(text), "{value}");
            let back = f64::decode(Cell::text(text)).unwrap();
            assert_eq!(back.to_bits(), value.to_bits(), "{text}");
        }
        for (value, text) in
            [(1e6f32, "1e+06"), (16_777_216.0, "1.6777216e+07"), (f32::from_bits(1), "1e-45"), (0.1, "0.1")]
        {
            assert_eq!(value.text(), Cell::text(text), "{value}");
        }
    }
}
