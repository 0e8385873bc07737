//! json and jsonb as a type of the program's own.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A JSON document read into a `T`, with the text that it came in.
///
/// The text is what is stored and sent back, so that members that `T` doesn't know, the form of numbers and the order of
/// members stay as the server had them until the value is replaced. Two are equal when their texts are.
/// A document that is no `T` is an error that shows its beginning.
#[derive(Clone)]
pub struct JsonOf<T> {
    value: T,
    text: Box<str>,
}

impl<T> JsonOf<T> {
    /// A document from its value.
    ///
    /// # Errors
    /// When `T` can't be written as JSON.
    pub fn new(value: T) -> Result<Self, serde_json::Error>
    where
        T: Serialize,
    {
        let text = serde_json::to_string(&value)?.into();
        Ok(Self { value, text })
    }

    /// The document's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value by itself.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> std::ops::Deref for JsonOf<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for JsonOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T> PartialEq for JsonOf<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T> Eq for JsonOf<T> {}

impl<T> Hash for JsonOf<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<T> Ord for JsonOf<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<T> PartialOrd for JsonOf<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: DeserializeOwned> PgValue for JsonOf<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = cell else { return Err(ValueError::unexpected("json", &cell)) };
        match serde_json::from_str(&text) {
            Ok(value) => Ok(Self { value, text: text.into() }),
            Err(_) => Err(ValueError::invalid(std::any::type_name::<T>(), &text)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::text(&self.text)
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.text)
    }
}
