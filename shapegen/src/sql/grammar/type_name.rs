//! Types as columns have them: names, aliases, modifiers, dimensions.

use crate::source::Span;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::lex::TokenKind;
use crate::sql::statement::{Ident, Name, TypeName};
use crate::sql::types;

/// A type, with its modifiers and dimensions.
pub(crate) fn type_name(cursor: &mut Cursor<'_>) -> Read<TypeName> {
    let start = cursor.here();
    let (name, modifiers) = match keyword_type(cursor)? {
        Some((name, modifiers)) => (pg_catalog(name, cursor.since(start)), modifiers),
        // As a type a reserved word is most likely a type forgotten, not quotes.
        None if cursor.is_reserved() => return Err(cursor.expected("a type")),
        None => {
            let name = cursor.name("a type")?;
            let is_built_in = name.schema.is_none() && types::built_in(&name.name.value).is_some();
            // A type of an extension may have modifiers of any form: geometry(Point, 4326).
            let modifiers = if is_built_in { modifiers(cursor)? } else { skip_modifiers(cursor)? };
            (name, modifiers)
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
    Ok(TypeName { name, modifiers, dims, span: cursor.since(start) })
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
        let fields = ["year", "month", "day", "hour", "minute", "second"];
        let mut field = || fields.iter().any(|field| cursor.eat(field));
        if field() && cursor.eat("to") && !fields.iter().any(|field| cursor.eat(field)) {
            return Err(cursor.expected("a field of an interval"));
        }
        return Ok(Some(("interval", modifiers(cursor)?)));
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

fn skip_modifiers(cursor: &mut Cursor<'_>) -> Read<Vec<i32>> {
    let mut attempt = *cursor;
    if let Ok(values) = modifiers(&mut attempt) {
        *cursor = attempt;
        return Ok(values);
    }
    cursor.skip_parens()?;
    Ok(Vec::new())
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
