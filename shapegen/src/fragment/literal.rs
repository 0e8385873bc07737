//! Literals: is it a value of the type, and which is PostgreSQL's own text for it.

use shapegen_runtime::expr::{canonical as pg_canonical, canonical_array};

use super::types::Base;

/// Why a text can't be written for a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// PostgreSQL doesn't read it either.
    NoValue,
    /// PostgreSQL has the value, Electric hasn't.
    NotInElectric,
}

/// PostgreSQL's text for a literal of a type.
pub(super) fn canonical(base: Base, text: &str) -> Result<String, Unreadable> {
    let read = pg_canonical(base.scalar(), text).ok_or(Unreadable::NoValue)?;
    let special = match base {
        Base::Float4 | Base::Float8 | Base::Numeric => read.ends_with(['N', 'y']),
        Base::Date | Base::Timestamp | Base::Timestamptz => {
            read.ends_with(['y', 'C']) || read.split('-').next().is_some_and(|year| year.len() > 4)
        }
        Base::Time => read == "24:00:00",
        _ => false,
    };
    if special {
        return Err(Unreadable::NotInElectric);
    }
    Ok(match (base, read.as_str()) {
        (Base::Bool, "t") => "true".to_owned(),
        (Base::Bool, _) => "false".to_owned(),
        _ => read,
    })
}

/// PostgreSQL's text for an array's literal.
pub(super) fn array(base: Base, text: &str) -> Option<String> {
    canonical_array(base.scalar(), text)
}

/// Whether a text is one of a type, by its `typname` with `[]` for an array.
pub(super) fn is_of(pg_type: &str, text: &str) -> bool {
    match pg_type.strip_suffix("[]") {
        Some(element) => Base::named(element).is_some_and(|base| array(base, text).is_some()),
        None => Base::named(pg_type).is_some_and(|base| canonical(base, text).is_ok()),
    }
}

/// As boolin reads: any unambiguous beginning of the words, in any case.
#[cfg(feature = "cli")]
pub(crate) fn boolean(text: &str) -> Option<bool> {
    canonical(Base::Bool, text).ok().map(|text| text == "true")
}

/// How a value of the type is written, for help.
pub(super) fn example(base: Base) -> &'static str {
    match base {
        Base::Bool => "true",
        Base::Int2 | Base::Int4 | Base::Int8 => "42",
        Base::Float4 | Base::Float8 => "1.5",
        Base::Numeric => "12.50",
        Base::Text | Base::Varchar | Base::Bpchar | Base::Name => "'text'",
        Base::Uuid => "'6f1c2d34-0000-4000-8000-000000000000'",
        Base::Date => "'2024-02-29'",
        Base::Time => "'13:14:15'",
        Base::Timestamp => "'2024-02-29 13:14:15'",
        Base::Timestamptz => "'2024-02-29 13:14:15+00'",
        Base::Interval => "'1 day 02:00:00'",
    }
}
