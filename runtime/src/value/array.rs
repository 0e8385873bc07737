//! One-dimensional arrays in PostgreSQL's literal form, `{a,"b c",NULL}`.

use std::borrow::Cow;

use super::{PgValue, ValueError};
use crate::cell::Cell;

const EXPECTED: &str = "a one-dimensional array with lower bound 1";

/// Elements may be NULL whatever the column says, so each is an `Option`.
///
/// More dimensions and other lower bounds are an error: a `Vec` can't hold them.
impl<T: PgValue> PgValue for Vec<Option<T>> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => elements(text)
                .ok_or_else(|| ValueError::invalid(EXPECTED, text))?
                .into_iter()
                .map(|element| element.map(|text| T::decode(Cell::Text(text))).transpose())
                .collect(),
            _ => Err(ValueError::unexpected(EXPECTED, &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::from("{");
        for (at, element) in self.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            match element.as_ref().map(T::text) {
                Some(Cell::Text(text)) => push_element(&text, &mut out),
                _ => out.push_str("NULL"),
            }
        }
        out.push('}');
        Cell::Text(Cow::Owned(out))
    }
}

/// Quotes as array_out does: empty, NULL by any case, and whatever holds a delimiter, quote, backslash or space.
fn push_element(text: &str, out: &mut String) {
    let special =
        |byte: u8| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\') || byte.is_ascii_whitespace() || byte == 0x0b;
    if text.is_empty() || text.eq_ignore_ascii_case("null") || text.bytes().any(special) {
        out.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// The elements of an array literal as PostgreSQL prints it; `None` for NULL elements inside, and for anything else.
fn elements(text: &str) -> Option<Vec<Option<Cow<'_, str>>>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if rest.is_empty() {
        return Some(elements);
    }
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (element, after) = unquote(quoted)?;
            elements.push(Some(Cow::Owned(element)));
            rest = after;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let element = &rest[..end];
            if element.is_empty() || element.contains(['{', '}', '"', '\\']) {
                return None;
            }
            elements.push((!element.eq_ignore_ascii_case("null")).then_some(Cow::Borrowed(element)));
            rest = &rest[end..];
        }
        if rest.is_empty() {
            return Some(elements);
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// The element up to its closing quote, and what follows the quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut element = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((element, &text[at + 1..])),
            '\\' => element.push(characters.next()?.1),
            other => element.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_captured_literals_survive() {
        let text = r#"{a,"b \"q\"","c,d",NULL,"","NULL"}"#;
        let value = Vec::<Option<String>>::decode(Cell::text(text)).unwrap();
        let expected = ["a", "b \"q\"", "c,d", "", "", "NULL"];
        assert_eq!(value.len(), 6);
        assert_eq!(value[3], None);
        for (at, element) in value.iter().enumerate().filter(|(at, _)| *at != 3) {
            assert_eq!(element.as_deref(), Some(expected[at]));
        }
        assert_eq!(value.text(), Cell::text(text));
        assert_eq!(Vec::<Option<i32>>::decode(Cell::text("{1,2,NULL,-3}")), Ok(vec![Some(1), Some(2), None, Some(-3)]));
        assert_eq!(Vec::<Option<i32>>::decode(Cell::text("{}")), Ok(vec![]));
        assert_eq!(Vec::<Option<i32>>::new().text(), Cell::text("{}"));
    }

    #[test]
    fn what_a_vec_cannot_hold_is_an_error() {
        for text in ["{{1,2},{3,4}}", "[0:1]={1,2}", "{1,}", "{", "", "{\"a}", "{1}x"] {
            assert!(Vec::<Option<String>>::decode(Cell::text(text)).is_err(), "{text}");
        }
    }
}
