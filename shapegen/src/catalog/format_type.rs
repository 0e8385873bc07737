//! Types as PostgreSQL's `format_type` spells them with nothing but `pg_catalog` on the search path.

use super::{BaseType, DataType, QualifiedName};
use crate::sql::cursor::RESERVED;

/// The words besides the reserved ones that PostgreSQL quotes as names (`pg_get_keywords()`, `C`).
#[rustfmt::skip]
const COLUMN_NAME_KEYWORDS: &[&str] = &[
    "between", "bigint", "bit", "boolean", "char", "character", "coalesce", "dec", "decimal", "exists", "extract",
    "float", "greatest", "grouping", "inout", "int", "integer", "interval", "least", "national", "nchar", "none",
    "normalize", "nullif", "numeric", "out", "overlay", "position", "precision", "real", "row", "setof", "smallint",
    "substring", "time", "timestamp", "treat", "trim", "values", "varchar", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

/// The sets of fields that an interval can be held to: bits as in PostgreSQL's type modifier, and their spelling.
const INTERVAL_FIELDS: &[(i32, &str)] = &[
    (1 << 2, " year"),
    (1 << 1, " month"),
    (1 << 3, " day"),
    (1 << 10, " hour"),
    (1 << 11, " minute"),
    (1 << 12, " second"),
    (1 << 2 | 1 << 1, " year to month"),
    (1 << 3 | 1 << 10, " day to hour"),
    (1 << 3 | 1 << 10 | 1 << 11, " day to minute"),
    (1 << 3 | 1 << 10 | 1 << 11 | 1 << 12, " day to second"),
    (1 << 10 | 1 << 11, " hour to minute"),
    (1 << 10 | 1 << 11 | 1 << 12, " hour to second"),
    (1 << 11 | 1 << 12, " minute to second"),
];

/// PostgreSQL keeps six digits of a second, and takes a higher precision for this one.
const MAX_PRECISION: i32 = 6;

impl DataType {
    /// As `format_type` spells it: `character varying(255)`, `timestamp(6) with time zone`, `public.citext`,
    /// `integer[]`, however many dimensions were declared.
    pub fn formatted(&self) -> String {
        let base = self.base.formatted();
        if self.dims > 0 { base + "[]" } else { base }
    }
}

impl BaseType {
    /// As `format_type` spells it.
    pub fn formatted(&self) -> String {
        match self {
            Self::BuiltIn { name, modifiers } => built_in(name, modifiers),
            Self::Extension { name, modifiers } => qualified(name) + modifiers,
            Self::Enum(name)
            | Self::Domain(name)
            | Self::Composite(name)
            | Self::Range(name)
            | Self::Multirange { name, .. }
            | Self::Opaque(name) => qualified(name),
        }
    }
}

fn built_in(typname: &str, modifiers: &[i32]) -> String {
    match (typname, modifiers) {
        ("bool", _) => "boolean".to_owned(),
        ("int2", _) => "smallint".to_owned(),
        ("int4", _) => "integer".to_owned(),
        ("int8", _) => "bigint".to_owned(),
        ("float4", _) => "real".to_owned(),
        ("float8", _) => "double precision".to_owned(),
        ("bit", [length]) => format!("bit({length})"),
        ("varbit", [length]) => format!("bit varying({length})"),
        ("varbit", _) => "bit varying".to_owned(),
        ("bpchar", [length]) => format!("character({length})"),
        ("varchar", [length]) => format!("character varying({length})"),
        ("varchar", _) => "character varying".to_owned(),
        ("numeric", [precision]) => format!("numeric({precision},0)"),
        ("numeric", [precision, scale]) => format!("numeric({precision},{scale})"),
        ("numeric", _) => "numeric".to_owned(),
        ("time", _) => format!("time{} without time zone", precision(modifiers)),
        ("timetz", _) => format!("time{} with time zone", precision(modifiers)),
        ("timestamp", _) => format!("timestamp{} without time zone", precision(modifiers)),
        ("timestamptz", _) => format!("timestamp{} with time zone", precision(modifiers)),
        ("interval", []) => "interval".to_owned(),
        ("interval", [fields, rest @ ..]) => {
            let known = INTERVAL_FIELDS.iter().find(|(bits, _)| bits == fields);
            format!("interval{}{}", known.map_or("", |(_, words)| words), precision(rest))
        }
        // `bit` and `"char"` are words of the grammar for other types.
        _ => quoted(typname),
    }
}

/// `(3)`, or nothing.
fn precision(modifiers: &[i32]) -> String {
    modifiers.first().map_or_else(String::new, |digits| format!("({})", digits.min(&MAX_PRECISION)))
}

fn qualified(name: &QualifiedName) -> String {
    if name.schema == "pg_catalog" {
        return quoted(&name.name);
    }
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// A name in quotes if PostgreSQL's `quote_ident` would set them.
fn quoted(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !name.starts_with(|first: char| first.is_ascii_digit());
    let is_keyword = RESERVED.binary_search(&name).is_ok() || COLUMN_NAME_KEYWORDS.binary_search(&name).is_ok();
    if is_plain && !name.is_empty() && !is_keyword {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(COLUMN_NAME_KEYWORDS.is_sorted());
    }

    #[test]
    fn types_are_spelt_as_postgresql_spells_them() {
        let built_in = |name, modifiers: &[i32]| BaseType::BuiltIn { name, modifiers: modifiers.to_vec() };
        let named = |schema: &str, name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() };
        let extension = |name: &str, modifiers: &str| BaseType::Extension {
            name: named("public", name),
            modifiers: modifiers.to_owned(),
        };
        for (base, dims, expected) in [
            (built_in("numeric", &[5]), 0, "numeric(5,0)"),
            (built_in("numeric", &[5, -2]), 2, "numeric(5,-2)[]"),
            (built_in("char", &[]), 1, "\"char\"[]"),
            (built_in("timestamptz", &[9]), 0, "timestamp(6) with time zone"),
            (built_in("interval", &[0x7fff, 3]), 0, "interval(3)"),
            (built_in("interval", &[6]), 0, "interval year to month"),
            (built_in("interval", &[7176, 3]), 1, "interval day to second(3)[]"),
            (extension("citext", ""), 0, "public.citext"),
            (extension("geometry", "(Point,4326)"), 1, "public.geometry(Point,4326)[]"),
            (BaseType::Enum(named("App", "say \"hi\"")), 0, "\"App\".\"say \"\"hi\"\"\""),
            (BaseType::Domain(named("app", "größe")), 0, "app.\"größe\""),
            (BaseType::Opaque(named("1a", "a$")), 0, "\"1a\".\"a$\""),
            (BaseType::Composite(named("user", "value")), 0, "\"user\".value"),
            (BaseType::Range(named("pg_catalog", "values")), 0, "\"values\""),
        ] {
            assert_eq!(DataType { base, dims }.formatted(), expected);
        }
    }
}
