//! numeric as rust_decimal's Decimal.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::numeric::{from_sortable, sortable};
use super::{PgValue, ValueError};
use crate::cell::Cell;

const EXPECTED: &str = "Decimal (28 decimal places, 96 bits, no NaN)";

/// Never rounds: what doesn't fit is an error, `NaN` and the infinities are, too. The scale is kept: `1.00`.
impl PgValue for Decimal {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = &cell else { return Err(ValueError::unexpected(EXPECTED, &cell)) };
        let exact = from_sortable(text).and_then(|text| Self::from_str_exact(&text).ok());
        exact.ok_or_else(|| ValueError::invalid(EXPECTED, text))
    }

    fn local(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(sortable(&self.to_string())))
    }

    fn text(&self) -> Cell<'_> {
        Cell::Text(Cow::Owned(self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_survive_with_their_scale() {
        for text in ["0", "0.00", "-1.50", "79228162514264337593543950335", "0.0000000000000000000000000001"] {
            let value = Decimal::decode(Cell::text(text)).unwrap();
            assert_eq!(value.text(), Cell::text(text));
            let back = Decimal::decode(value.local()).unwrap();
            assert_eq!((back, back.scale()), (value, value.scale()));
        }
    }

    #[test]
    fn what_a_decimal_would_round_is_an_error() {
        for text in [
            "NaN",
            "Infinity",
            "-Infinity",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            "1234567890.12345678901234567890",
            "",
            "1_000",
        ] {
            assert!(Decimal::decode(Cell::text(text)).is_err(), "{text}");
        }
    }
}
