//! A value that no log shows.

use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A column that the manifest calls secret: stored and decoded as usual, but neither `Debug` nor an error
/// shows the value.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: PgValue> PgValue for Secret<T> {
    const DELIMITER: char = T::DELIMITER;

    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        T::decode(cell).map(Self).map_err(|error| match error {
            ValueError::Invalid { expected, .. } => ValueError::invalid(expected, "…"),
            error => error,
        })
    }

    fn local(&self) -> Cell<'_> {
        self.0.local()
    }

    fn text(&self) -> Cell<'_> {
        self.0.text()
    }

    fn nested_text(&self) -> Cell<'_> {
        self.0.nested_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_no_value_either() {
        let error = Secret::<i32>::decode(Cell::text("hunter2")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(Secret::<i32>::decode(Cell::Null), Err(ValueError::Null));
    }
}
