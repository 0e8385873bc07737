//! Literals as PostgreSQL's text of a column's type.

use std::borrow::Cow;
use std::iter;

use shapegen_runtime::__private::v1::{Date, DateTime, Numeric, Time, Timestamp, Uuid};
use shapegen_runtime::cell::Cell;
use shapegen_runtime::value::PgValue;

use super::decimal::Decimal;
use super::jsonb;
use super::statement::{Term, Value};
use crate::catalog::{BaseType, Catalog, Column, DataType};
use crate::fragment::boolean;
use crate::sql::statement::TypeName;

/// PostgreSQL's text of a value in a column, `None` for NULL; a bool is `t` or `f`, as in the replication stream.
/// `DEFAULT` and `nextval` are not values yet: whoever calls has replaced them.
///
/// # Errors
/// Why the value can't be in the column, in one line.
pub(super) fn text(value: &Value, column: &Column, catalog: &Catalog) -> Result<Option<String>, String> {
    let data_type = &column.data_type;
    for cast in &value.casts {
        if !is_same(cast, data_type) {
            let (cast, ty) = (&cast.name.name.value, shown(data_type));
            return Err(format!("a value that is cast to {cast} can't be stored in a column of type {ty}"));
        }
    }
    match &value.term {
        Term::Null => Ok(None),
        Term::Array(items) => array(items, column, catalog).map(Some),
        term if data_type.dims == 0 => scalar(term, &data_type.base, catalog).map(Some),
        Term::Text(text) if data_type.dims == 1 => array_literal(text, &data_type.base, catalog).map(Some),
        _ => Err(format!("this can't be stored in a column of type {}", shown(data_type))),
    }
}

/// A cast changes nothing when it names the column's own type, or a text type where the column's is one.
fn is_same(cast: &TypeName, data_type: &DataType) -> bool {
    const TEXTS: [&str; 3] = ["text", "varchar", "bpchar"];
    let cast_to = cast.name.name.value.as_str();
    let fits = match &data_type.base {
        BaseType::BuiltIn { name, modifiers } => {
            let plain = cast.modifiers.is_empty() || cast.modifiers == *modifiers;
            plain && (cast_to == *name || (TEXTS.contains(&cast_to) && TEXTS.contains(name)))
        }
        other => cast_to == other.typname(),
    };
    fits && cast.dims.min(1) == data_type.dims.min(1)
}

/// As PostgreSQL's messages name a type.
pub(super) fn shown(data_type: &DataType) -> String {
    let base = match &data_type.base {
        BaseType::BuiltIn { name, modifiers } if !modifiers.is_empty() => {
            let modifiers: Vec<String> = modifiers.iter().map(i32::to_string).collect();
            format!("{name}({})", modifiers.join(","))
        }
        other => other.typname().to_owned(),
    };
    base + &"[]".repeat(usize::from(data_type.dims))
}

fn array(items: &[Value], column: &Column, catalog: &Catalog) -> Result<String, String> {
    if column.data_type.dims != 1 {
        return Err(format!("an array can't be stored in a column of type {}", shown(&column.data_type)));
    }
    let base = &column.data_type.base;
    let element = |item: &Value| match &item.term {
        Term::Null => Ok(None),
        Term::Array(_) => Err("arrays of more than one dimension can't be written here".to_owned()),
        term => scalar(term, base, catalog).map(Some),
    };
    let elements: Vec<Option<String>> = items.iter().map(element).collect::<Result<_, _>>()?;
    Ok(printed(&elements))
}

fn array_literal(text: &str, base: &BaseType, catalog: &Catalog) -> Result<String, String> {
    let elements = Vec::<Option<String>>::decode(Cell::Text(Cow::Owned(without_spaces(text))))
        .map_err(|_| format!("malformed array literal: {text:?}"))?;
    let element = |element: Option<String>| element.map(|text| scalar(&Term::Text(text), base, catalog)).transpose();
    let elements: Vec<Option<String>> = elements.into_iter().map(element).collect::<Result<_, _>>()?;
    Ok(printed(&elements))
}

fn printed(elements: &Vec<Option<String>>) -> String {
    match elements.text() {
        Cell::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// An array literal without the spaces around its elements, which mean nothing outside of quotes.
fn without_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.trim().chars();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                out.push(character);
                out.extend(characters.next());
                continue;
            }
            '"' => quoted = !quoted,
            ',' | '}' if !quoted => out.truncate(out.trim_end().len()),
            ' ' | '\t' | '\n' | '\r' if !quoted && out.ends_with(['{', ',']) => continue,
            _ => {}
        }
        out.push(character);
    }
    out
}

fn scalar(term: &Term, base: &BaseType, catalog: &Catalog) -> Result<String, String> {
    match base {
        BaseType::BuiltIn { name, modifiers } => built_in(term, name, modifiers),
        BaseType::Enum(name) => {
            let Term::Text(label) = term else { return Err(wrong(term, &name.name)) };
            let known = catalog.enums.get(name).is_some_and(|known| known.labels.contains(label));
            if known {
                Ok(label.clone())
            } else {
                Err(format!("invalid input value for enum {}: {label:?}", name.name))
            }
        }
        other => Err(format!("the development service can't store values of type {}", other.typname())),
    }
}

fn built_in(term: &Term, name: &str, modifiers: &[i32]) -> Result<String, String> {
    match (name, term) {
        ("text" | "varchar" | "bpchar" | "name", Term::Text(text) | Term::Number(text)) => {
            limited(text, name, modifiers)
        }
        ("text" | "varchar" | "bpchar", Term::Bool(truth)) => limited(&truth.to_string(), name, modifiers),
        ("bool", Term::Bool(truth)) => Ok(letter(*truth).to_owned()),
        ("bool", Term::Text(text)) => {
            boolean(text.trim()).map(|truth| letter(truth).to_owned()).ok_or_else(|| invalid(name, text))
        }
        ("int2" | "int4" | "int8", Term::Number(text)) => {
            let whole = Decimal::parse(text).and_then(|decimal| decimal.rounded(0)).map(|decimal| decimal.to_string());
            let whole = whole.ok_or_else(|| invalid(name, text))?;
            integer(name, &whole).ok_or_else(|| format!("{name} out of range: {text}"))
        }
        ("int2" | "int4" | "int8", Term::Text(text)) => integer(name, text.trim()).ok_or_else(|| invalid(name, text)),
        ("float4", Term::Number(text) | Term::Text(text)) => round_trip::<f32>(name, text.trim()),
        ("float8", Term::Number(text) | Term::Text(text)) => round_trip::<f64>(name, text.trim()),
        ("numeric", Term::Number(text) | Term::Text(text)) => numeric(text.trim(), modifiers),
        ("uuid", Term::Text(text)) => round_trip::<Uuid>(name, text.trim()),
        ("uuid", Term::RandomUuid) => Ok(random_uuid()),
        ("json", Term::Text(text)) => jsonb::check(text).map(|()| text.clone()),
        ("jsonb", Term::Text(text)) => jsonb::normalised(text),
        ("bytea", Term::Text(text)) => bytea(text),
        ("date" | "time" | "timestamp" | "timestamptz", Term::Text(text)) => moment(name, text.trim(), modifiers),
        ("date" | "time" | "timestamp" | "timestamptz", Term::Now) => moment(name, &now()?, &[]),
        (_, Term::Text(_)) if !is_known(name) => {
            Err(format!("values of type {name} can't be written here: PostgreSQL's text form of them is not known"))
        }
        _ => Err(wrong(term, name)),
    }
}

fn is_known(name: &str) -> bool {
    [
        "bool",
        "bpchar",
        "bytea",
        "date",
        "float4",
        "float8",
        "int2",
        "int4",
        "int8",
        "json",
        "jsonb",
        "name",
        "numeric",
        "text",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "varchar",
    ]
    .contains(&name)
}

fn wrong(term: &Term, name: &str) -> String {
    let what = match term {
        Term::Bool(_) => "a bool",
        Term::Number(_) => "a number",
        Term::Text(_) => "this literal",
        Term::Now => "now()",
        Term::RandomUuid => "gen_random_uuid()",
        Term::Next => "nextval()",
        Term::Array(_) => "an array",
        Term::Null | Term::Default => "this",
    };
    format!("{what} can't be stored in a column of type {name}")
}

fn invalid(name: &str, text: &str) -> String {
    format!("invalid input syntax for type {name}: {text:?}")
}

fn letter(truth: bool) -> &'static str {
    if truth { "t" } else { "f" }
}

fn integer(name: &str, text: &str) -> Option<String> {
    match name {
        "int2" => text.parse::<i16>().ok().map(|value| value.to_string()),
        "int4" => text.parse::<i32>().ok().map(|value| value.to_string()),
        _ => text.parse::<i64>().ok().map(|value| value.to_string()),
    }
}

fn round_trip<T: PgValue>(name: &str, text: &str) -> Result<String, String> {
    let value = T::decode(Cell::text(text)).map_err(|_| invalid(name, text))?;
    match value.text() {
        Cell::Text(text) => Ok(text.into_owned()),
        _ => Err(invalid(name, text)),
    }
}

/// Cut or padded to a declared length: only spaces may be cut.
fn limited(text: &str, name: &str, modifiers: &[i32]) -> Result<String, String> {
    if text.contains('\0') {
        return Err("text can't contain the character with code zero".to_owned());
    }
    let Some(limit) = modifiers.first().and_then(|limit| usize::try_from(*limit).ok()) else {
        return Ok(text.to_owned());
    };
    let length = text.chars().count();
    if length > limit {
        let cut: String = text.chars().take(limit).collect();
        let rest_is_spaces = text.chars().skip(limit).all(|character| character == ' ');
        return if rest_is_spaces { Ok(cut) } else { Err(format!("value too long for type {name}({limit})")) };
    }
    let padding = if name == "bpchar" { limit - length } else { 0 };
    Ok(text.chars().chain(iter::repeat_n(' ', padding)).collect())
}

fn numeric(text: &str, modifiers: &[i32]) -> Result<String, String> {
    let Some(decimal) = Decimal::parse(text) else {
        // NaN and the infinities.
        return round_trip::<Numeric>("numeric", text);
    };
    let &[precision, ref scale @ ..] = modifiers else { return Ok(decimal.to_string()) };
    let scale = scale.first().copied().unwrap_or(0);
    let rounded = usize::try_from(scale).ok().and_then(|scale| decimal.rounded(scale));
    let Some(rounded) = rounded else { return Err(format!("numeric({precision},{scale}) can't be written here")) };
    let most = usize::try_from(precision - scale).unwrap_or(0);
    if rounded.whole_digits() > most {
        return Err(format!("numeric field overflow: {text} has more than {most} digits before the point"));
    }
    Ok(rounded.to_string())
}

fn bytea(text: &str) -> Result<String, String> {
    match text.strip_prefix("\\x") {
        Some(_) => round_trip::<Vec<u8>>("bytea", text),
        None if text.contains('\\') => Err("a bytea is written as '\\x…' in hexadecimal".to_owned()),
        None => Ok(text.bytes().fold("\\x".to_owned(), |hex, byte| hex + &format!("{byte:02x}"))),
    }
}

/// Dates and times: a date alone is midnight, and without a time zone it is UTC, as in Electric's sessions.
fn moment(name: &str, text: &str, modifiers: &[i32]) -> Result<String, String> {
    if name != "time" && matches!(text, "infinity" | "-infinity") {
        return Ok(text.to_owned());
    }
    let read = if text.ends_with(" BC") { text.to_owned() } else { completed(name, text) };
    let read = match name {
        "date" => round_trip::<Date>(name, &read),
        "time" => round_trip::<Time>(name, &read),
        "timestamp" => round_trip::<DateTime>(name, &read),
        _ => round_trip::<Timestamp>(name, &read),
    };
    let read = read.map_err(|_| invalid(name, text))?;
    let digits = read.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    match modifiers.first() {
        Some(&precision) if usize::try_from(precision).is_ok_and(|precision| digits > precision) => {
            Err(format!("{text} has more than {precision} digits of a second"))
        }
        _ => Ok(read),
    }
}

/// The text with what the type has and without what it doesn't: the date, seconds, the time zone.
fn completed(name: &str, text: &str) -> String {
    let alone = if name == "time" { ("", text) } else { (text, "00:00:00") };
    let (date, rest) = text.split_once([' ', 'T']).unwrap_or(alone);
    if name == "date" {
        return date.to_owned();
    }
    let (time, zone) = rest.split_at(rest.find(['+', '-', 'Z', 'z', 'U']).unwrap_or(rest.len()));
    let time = time.trim();
    let seconds = if time.matches(':').count() == 1 { ":00" } else { "" };
    match name {
        "time" => format!("{time}{seconds}"),
        "timestamp" => format!("{date} {time}{seconds}"),
        _ => {
            let zone = if matches!(zone, "" | "Z" | "z" | "UTC") { "+00" } else { zone };
            format!("{date} {time}{seconds}{zone}")
        }
    }
}

fn now() -> Result<String, String> {
    let out_of_range = || "the system's clock is out of range".to_owned();
    // PostgreSQL's clock counts microseconds.
    let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).map_err(|_| out_of_range())?;
    match now.text() {
        Cell::Text(text) => Ok(text.into_owned()),
        _ => Err(out_of_range()),
    }
}

/// A version 4 UUID.
fn random_uuid() -> String {
    let random = fastrand::u128(..);
    let version = (random & !(0xf << 76)) | (0x4 << 76);
    Uuid::from_u128((version & !(0x3 << 62)) | (0x2 << 62)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &'static str, modifiers: &[i32], term: Term) -> Result<String, String> {
        built_in(&term, name, modifiers)
    }

    fn quoted(name: &'static str, text: &str) -> Result<String, String> {
        stored(name, &[], Term::Text(text.to_owned()))
    }

    #[test]
    fn literals_come_in_postgresqls_text_form() {
        for (name, text, expected) in [
            ("bool", " TRUE", "t"),
            ("bool", "off", "f"),
            ("int4", " -07 ", "-7"),
            ("float8", "1e300", "1e+300"),
            ("float8", "NaN", "NaN"),
            ("numeric", "1.50", "1.50"),
            ("numeric", "1e3", "1000"),
            ("numeric", "NaN", "NaN"),
            ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ("date", "2024-02-29", "2024-02-29"),
            ("date", "2024-02-29T10:00:00Z", "2024-02-29"),
            ("date", "0044-03-15 BC", "0044-03-15 BC"),
            ("time", "13:14", "13:14:00"),
            ("timestamp", "2024-01-02T03:04:05.500+02:00", "2024-01-02 03:04:05.5"),
            ("timestamp", "2024-01-02", "2024-01-02 00:00:00"),
            ("timestamptz", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05+00"),
            ("timestamptz", "2024-01-02 03:04:05+02", "2024-01-02 01:04:05+00"),
            ("timestamptz", "2024-01-02 03:04:05 +02:00", "2024-01-02 01:04:05+00"),
            ("timestamptz", "2024-01-02 03:04", "2024-01-02 03:04:00+00"),
            ("timestamptz", "2024-01-02", "2024-01-02 00:00:00+00"),
            ("timestamptz", "-infinity", "-infinity"),
            ("bytea", "\\xDEADbeef", "\\xdeadbeef"),
            ("bytea", "ab", "\\x6162"),
            ("json", "{\"a\": 1,  \"b\":[1,2]}", "{\"a\": 1,  \"b\":[1,2]}"),
        ] {
            assert_eq!(quoted(name, text).as_deref(), Ok(expected), "{name} {text}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        for (name, text) in [
            ("bool", "o"),
            ("int2", "40000"),
            ("int4", "1.5"),
            ("uuid", "x"),
            ("date", "2024-02-30"),
            ("timestamptz", "yesterday"),
            ("timestamptz", ""),
            ("json", "{a:1}"),
            ("jsonb", "{\"a\":}"),
            ("numeric", "1,5"),
            ("inet", "10.0.0.1"),
            ("text", "a\0b"),
        ] {
            assert!(quoted(name, text).is_err(), "{name} {text}");
        }
        for (name, term) in [
            ("bool", Term::Number("1".to_owned())),
            ("jsonb", Term::Number("1".to_owned())),
            ("uuid", Term::Bool(true)),
            ("int4", Term::Number("3000000000".to_owned())),
            ("text", Term::Now),
        ] {
            assert!(stored(name, &[], term.clone()).is_err(), "{name} {term:?}");
        }
    }

    #[test]
    fn modifiers_round_cut_and_pad() {
        let number = |text: &str| Term::Number(text.to_owned());
        let text = |text: &str| Term::Text(text.to_owned());
        for (name, modifiers, term, expected) in [
            ("numeric", &[10, 2][..], number("1.005"), Some("1.01")),
            ("numeric", &[10, 2], number("-2"), Some("-2.00")),
            ("numeric", &[3, 2], number("99.5"), None),
            ("numeric", &[3], number("12.5"), Some("13")),
            ("int4", &[], number("2.5"), Some("3")),
            ("varchar", &[3], text("abc  "), Some("abc")),
            ("varchar", &[3], text("abcd"), None),
            ("bpchar", &[4], text("ab"), Some("ab  ")),
            ("timestamptz", &[3], text("2024-01-02 03:04:05.678+00"), Some("2024-01-02 03:04:05.678+00")),
            ("timestamptz", &[0], text("2024-01-02 03:04:05.678+00"), None),
        ] {
            assert_eq!(stored(name, modifiers, term.clone()).ok().as_deref(), expected, "{name}{modifiers:?} {term:?}");
        }
    }

    #[test]
    fn now_and_random_uuids_are_values_of_their_types() {
        for name in ["date", "time", "timestamp", "timestamptz"] {
            let text = stored(name, &[], Term::Now).unwrap();
            assert_eq!(quoted(name, &text), Ok(text), "{name}");
        }
        let uuid = stored("uuid", &[], Term::RandomUuid).unwrap();
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    }

    #[test]
    fn spaces_around_an_arrays_elements_mean_nothing() {
        assert_eq!(without_spaces(r#" { a b , "c , d" ,NULL } "#), r#"{a b,"c , d",NULL}"#);
    }
}
