//! Composite types in PostgreSQL's row form, `(1,"a b",,"x ""y""")`, read and written by position.

use std::borrow::Cow;

use super::quoted::{is_space, push_doubled, undouble};
use super::{PgValue, ValueError};
use crate::cell::Cell;

/// The fields of a composite's text, taken in the order of its attributes.
#[derive(Debug)]
pub struct CompositeReader<'t> {
    expected: &'static str,
    text: &'t str,
    /// What is left, from the next field's first character on; `None` behind the last field.
    rest: Option<&'t str>,
}

impl<'t> CompositeReader<'t> {
    /// Begins with the first field; `expected` is the type's name, for errors.
    ///
    /// # Errors
    /// When the text isn't in parentheses.
    pub fn new(expected: &'static str, text: &'t str) -> Result<Self, ValueError> {
        match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(rest) => Ok(Self { expected, text, rest: Some(rest) }),
            None => Err(ValueError::invalid(expected, text)),
        }
    }

    /// Takes the next field.
    ///
    /// # Errors
    /// When there is none, when it is malformed, and when `T` refuses it.
    pub fn take<T: PgValue>(&mut self) -> Result<T, ValueError> {
        let field = self.field().ok_or_else(|| ValueError::invalid(self.expected, self.text))?;
        T::decode(field.map_or(Cell::Null, Cell::Text))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When there are more fields: the type has got attributes that this program doesn't know.
    pub fn finish(self) -> Result<(), ValueError> {
        match self.rest {
            // A type without attributes has `()`.
            None | Some("") => Ok(()),
            Some(_) => Err(ValueError::invalid(self.expected, self.text)),
        }
    }

    /// `None` when there is no readable field, `Some(None)` for NULL.
    fn field(&mut self) -> Option<Option<Cow<'t, str>>> {
        let rest = self.rest.take()?;
        let (field, rest) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (value, rest) = undouble(quoted)?;
                (Some(Cow::Owned(value)), rest)
            }
            None => {
                let (value, rest) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if value.contains(['(', ')', '"', '\\']) {
                    return None;
                }
                ((!value.is_empty()).then_some(Cow::Borrowed(value)), rest)
            }
        };
        if !rest.is_empty() {
            self.rest = Some(rest.strip_prefix(',')?);
        }
        Some(field)
    }
}

/// Prints a composite as PostgreSQL does.
#[derive(Debug, Default)]
pub struct CompositeWriter(String);

impl CompositeWriter {
    /// Adds the next field.
    pub fn put<T: PgValue>(&mut self, value: &T) {
        self.0.push(if self.0.is_empty() { '(' } else { ',' });
        if let Cell::Text(text) = value.nested_text() {
            let special = |byte: u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || is_space(byte);
            if text.is_empty() || text.bytes().any(special) {
                push_doubled(&text, &mut self.0);
            } else {
                self.0.push_str(&text);
            }
        }
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "()" } else { ")" });
        self.0
    }
}
