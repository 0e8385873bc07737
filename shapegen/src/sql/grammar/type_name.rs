//! Types as columns have them: names, aliases, modifiers, dimensions.

use crate::source::Span;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::lex::TokenKind;
use crate::sql::statement::{Ident, Name, TypeName};
use crate::sql::types;

/// A type, with its modifiers and dimensions.
pub(crate) fn type_name(cursor: &mut Cursor<'_>) -> Read<TypeName> {
    let start = cursor.here();
    let (name, modifiers, words) = match keyword_type(cursor)? {
        Some((name, modifiers)) => (pg_catalog(name, cursor.since(start)), modifiers, Vec::new()),
        // As a type a reserved word is most likely a type forgotten, not quotes.
        None if cursor.is_reserved() => return Err(cursor.expected("a type")),
        None => {
            let name = cursor.name("a type")?;
            let is_built_in = name.schema.is_none() && types::built_in(&name.name.value).is_some();
            if is_built_in {
                (name, modifiers(cursor)?, Vec::new())
            } else {
                // A type of an extension may have modifiers of any form: geometry(Point, 4326).
                let words = modifier_words(cursor)?;
                let numbers: Result<Vec<i32>, _> = words.iter().map(|word| word.parse()).collect();
                (name, numbers.unwrap_or_default(), words)
            }
        }
    };
    let mut dims = 0u8;
    if cursor.eat("array") {
        dims = 1;
        dimension(cursor)?;
    } else {
        while dimension(cursor)? {
            dims = dims.saturating_add(1);
        }
    }
    Ok(TypeName { name, modifiers, words, dims, span: cursor.since(start) })
}

/// The types that are keywords of the grammar, which quotes or a schema in front would turn off.
fn keyword_type(cursor: &mut Cursor<'_>) -> Read<Option<(&'static str, Vec<i32>)>> {
    if cursor.kind() != Some(TokenKind::Word) || cursor.peek(1) == "." {
        return Ok(None);
    }
    if let Some(name) = types::alias(cursor.peek(0)) {
        cursor.advance();
        return Ok(Some((name, modifiers(cursor)?)));
    }
    if cursor.eat("double precision") {
        return Ok(Some(("float8", Vec::new())));
    }
    if cursor.eat("float") {
        let name = if modifiers(cursor)?.first().is_some_and(|bits| *bits <= 24) { "float4" } else { "float8" };
        return Ok(Some((name, Vec::new())));
    }
    if ["national character", "national char", "character", "char", "nchar"].iter().any(|words| cursor.eat(words)) {
        return Ok(Some(with_length(cursor, "varchar", "bpchar")?));
    }
    if cursor.eat("bit") {
        return Ok(Some(with_length(cursor, "varbit", "bit")?));
    }
    if cursor.eat("timestamp") {
        return Ok(Some(with_time_zone(cursor, "timestamptz", "timestamp")?));
    }
    if cursor.eat("time") {
        return Ok(Some(with_time_zone(cursor, "timetz", "time")?));
    }
    if cursor.eat("interval") {
        return Ok(Some(("interval", interval_modifiers(cursor)?)));
    }
    Ok(None)
}

/// `varying` and its length; without one the fixed type has length 1.
fn with_length(cursor: &mut Cursor<'_>, varying: &'static str, fixed: &'static str) -> Read<(&'static str, Vec<i32>)> {
    if cursor.eat("varying") {
        return Ok((varying, modifiers(cursor)?));
    }
    let length = modifiers(cursor)?;
    Ok((fixed, if length.is_empty() { vec![1] } else { length }))
}

fn with_time_zone(
    cursor: &mut Cursor<'_>,
    with: &'static str,
    without: &'static str,
) -> Read<(&'static str, Vec<i32>)> {
    let precision = modifiers(cursor)?;
    let zoned = cursor.eat("with time zone");
    if !zoned {
        cursor.eat("without time zone");
    }
    Ok((if zoned { with } else { without }, precision))
}

/// `(10, 2)`, or nothing.
fn modifiers(cursor: &mut Cursor<'_>) -> Read<Vec<i32>> {
    let mut values = Vec::new();
    if !cursor.eat("(") {
        return Ok(values);
    }
    loop {
        let negative = cursor.eat("-");
        let value = cursor.peek(0).parse::<i32>().map_err(|_| cursor.expected("a number"))?;
        values.push(if negative { -value } else { value });
        cursor.advance();
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(values)
}

/// `(Point, 4326)`, or nothing, each as it was written.
fn modifier_words(cursor: &mut Cursor<'_>) -> Read<Vec<String>> {
    let mut words = Vec::new();
    if !cursor.eat("(") {
        return Ok(words);
    }
    loop {
        let start = cursor.position();
        while !matches!(cursor.peek(0), "" | "," | ")" | "(") {
            cursor.advance();
        }
        let word = cursor.text_since(start).replace("- ", "-");
        if word.is_empty() {
            return Err(cursor.expected("a modifier of the type"));
        }
        words.push(word);
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(words)
}

/// The bits of PostgreSQL's `INTERVAL_MASK`.
const INTERVAL_FIELDS: &[(&str, u32)] =
    &[("month", 1), ("year", 2), ("day", 3), ("hour", 10), ("minute", 11), ("second", 12)];

/// From the greatest field to the smallest.
const INTERVAL_ORDER: &[&str] = &["year", "month", "day", "hour", "minute", "second"];

/// PostgreSQL's `INTERVAL_FULL_RANGE`: all fields, as when none is written.
const INTERVAL_ALL_FIELDS: i32 = 0x7FFF;

/// The fields as PostgreSQL's mask, then the precision: `day to second(3)`, `(3)`, `year`, or nothing.
fn interval_modifiers(cursor: &mut Cursor<'_>) -> Read<Vec<i32>> {
    let field = |cursor: &mut Cursor<'_>| INTERVAL_ORDER.iter().position(|field| cursor.eat(field));
    let Some(first) = field(cursor) else {
        let precision = modifiers(cursor)?;
        return Ok(if precision.is_empty() { precision } else { [vec![INTERVAL_ALL_FIELDS], precision].concat() });
    };
    let last = if cursor.eat("to") {
        field(cursor).filter(|last| *last > first).ok_or_else(|| cursor.expected("a field of an interval"))?
    } else {
        first
    };
    let between = INTERVAL_FIELDS.iter().filter(|(name, _)| INTERVAL_ORDER[first..=last].contains(name));
    let mask = between.map(|(_, bit)| 1 << bit).sum();
    // Only seconds have a precision.
    let precision = if INTERVAL_ORDER[last] == "second" { modifiers(cursor)? } else { Vec::new() };
    Ok([vec![mask], precision].concat())
}

/// `[]` or `[3]`, whose number means nothing to PostgreSQL.
fn dimension(cursor: &mut Cursor<'_>) -> Read<bool> {
    if !cursor.eat("[") {
        return Ok(false);
    }
    if cursor.kind() == Some(TokenKind::Number) {
        cursor.advance();
    }
    cursor.expect("]")?;
    Ok(true)
}

fn pg_catalog(name: &str, span: Span) -> Name {
    Name { schema: Some(Ident::new("pg_catalog".to_owned(), span)), name: Ident::new(name.to_owned(), span) }
}
