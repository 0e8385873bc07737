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
    pub fn finish(&self) -> Result<(), ValueError> {
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

    /// The text, and the writer empty again.
    pub fn finish(&mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "()" } else { ")" });
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Pair {
        number: Option<i32>,
        text: Option<String>,
    }

    crate::composite_value!(Pair { number, text });

    #[derive(Debug, Clone, PartialEq)]
    struct Outer {
        flag: Option<bool>,
        pair: Option<Pair>,
        pairs: Option<Vec<Option<Pair>>>,
    }

    crate::composite_value!(Outer { flag, pair, pairs });

    #[derive(Debug, Clone, PartialEq)]
    struct Nothing {}

    crate::composite_value!(Nothing {});

    #[derive(Debug, Clone, PartialEq)]
    struct Id(bool);

    crate::newtype_value!(Id);

    #[test]
    fn composites_are_read_and_printed_by_position() {
        let pair = |number, text: Option<&str>| Pair { number, text: text.map(str::to_owned) };
        for (text, value) in [
            ("(1,\"x y\")", pair(Some(1), Some("x y"))),
            ("(,)", pair(None, None)),
            ("(-1,\"\")", pair(Some(-1), Some(""))),
            (r#"(1,"a ""q"" \\ (b), c")"#, pair(Some(1), Some("a \"q\" \\ (b), c"))),
            ("(1,NULL)", pair(Some(1), Some("NULL"))),
        ] {
            assert_eq!(Pair::decode(Cell::text(text)).as_ref(), Ok(&value), "{text}");
            assert_eq!(value.text(), Cell::text(text));
        }
        let text = r#"(t,"(1,""x y"")","{""(1,\\""x y\\"")"",NULL}")"#;
        let outer = Outer::decode(Cell::text(text)).unwrap();
        assert_eq!(outer.pair, Some(pair(Some(1), Some("x y"))));
        assert_eq!(outer.pairs, Some(vec![outer.pair.clone(), None]));
        assert_eq!(outer.text(), Cell::text(text));
        assert_eq!(Nothing::decode(Cell::text("()")), Ok(Nothing {}));
        assert_eq!(Nothing {}.text(), Cell::text("()"));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for text in ["", "1,2", "(1)", "(1,a,b)", "(1,\"a)", "(1,\"a\"b)", "(x,a)", "(1,a", "(1,a(b)", "()"] {
            let error = Pair::decode(Cell::text(text)).unwrap_err().to_string();
            assert!(error.contains("Pair") || error.contains("int4"), "{text}: {error}");
        }
    }

    #[test]
    fn a_newtype_is_its_value() {
        assert_eq!(Id::decode(Cell::text("t")), Ok(Id(true)));
        assert_eq!((Id(true).text(), Id(true).nested_text()), (Cell::text("true"), Cell::text("t")));
        assert_eq!(Id(true).local(), Cell::Integer(1));
    }
}
