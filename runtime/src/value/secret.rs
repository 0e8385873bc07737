//! A value that no log shows.

use std::fmt;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A column that the manifest calls secret: stored and decoded as usual, but `Debug` shows no value.
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
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        T::decode(cell).map(Self)
    }

    fn local(&self) -> Cell<'_> {
        self.0.local()
    }

    fn text(&self) -> Cell<'_> {
        self.0.text()
    }
}
