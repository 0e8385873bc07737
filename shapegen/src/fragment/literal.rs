//! Literals: is it a value of the type, and which is PostgreSQL's own text for it.

use shapegen_runtime::__private::v1::{Date, DateTime, Time, Timestamp, Uuid};
use shapegen_runtime::cell::Cell;
use shapegen_runtime::expr::Kind;
use shapegen_runtime::value::{Numeric, PgValue};

/// PostgreSQL's text for a literal of a type that can be compared; `None` where it is not a value of the type.
pub(super) fn canonical(pg_type: &str, kind: Kind, text: &str) -> Option<String> {
    let bare = text.trim();
    // The two infinities of dates are no values of our types, but they compare.
    if matches!(kind, Kind::Date | Kind::Timestamp | Kind::Timestamptz) && matches!(bare, "infinity" | "-infinity") {
        return Some(bare.to_owned());
    }
    match (kind, pg_type) {
        (Kind::Text, _) => Some(text.to_owned()),
        (Kind::Bool, _) => boolean(bare).map(|truth| truth.to_string()),
        (Kind::Integer, "int2") => round_trip::<i16>(bare),
        (Kind::Integer, "int4") => round_trip::<i32>(bare),
        (Kind::Integer, _) => round_trip::<i64>(bare),
        (Kind::Float, "float4") => round_trip::<f32>(bare),
        (Kind::Float, _) => round_trip::<f64>(bare),
        (Kind::Numeric, _) => round_trip::<Numeric>(bare),
        (Kind::Uuid, _) => round_trip::<Uuid>(bare),
        (Kind::Date, _) => round_trip::<Date>(bare),
        (Kind::Time, _) => round_trip::<Time>(bare),
        (Kind::Timestamp, _) => round_trip::<DateTime>(bare),
        (Kind::Timestamptz, _) => round_trip::<Timestamp>(bare),
    }
}

fn round_trip<T: PgValue>(text: &str) -> Option<String> {
    let value = T::decode(Cell::text(text)).ok()?;
    match value.text() {
        Cell::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

/// As boolin reads: any unambiguous beginning of the words, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || text == "on" || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// How a value of the type is written, for help.
pub(super) fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true",
        Kind::Integer => "42",
        Kind::Float => "1.5",
        Kind::Numeric => "12.50",
        Kind::Text => "'text'",
        Kind::Uuid => "'6f1c2d34-0000-4000-8000-000000000000'",
        Kind::Date => "'2024-02-29'",
        Kind::Time => "'13:14:15'",
        Kind::Timestamp => "'2024-02-29 13:14:15'",
        Kind::Timestamptz => "'2024-02-29 13:14:15+00'",
    }
}
