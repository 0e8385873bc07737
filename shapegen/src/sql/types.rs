//! PostgreSQL's built-in types, and the other spellings that its grammar gives them.

/// Every type of `pg_catalog` that a column can have, by `pg_type.typname`, sorted.
#[rustfmt::skip]
const BUILT_IN: &[&str] = &[
    "aclitem", "bit", "bool", "box", "bpchar", "bytea", "char", "cid", "cidr", "circle", "date", "datemultirange",
    "daterange", "float4", "float8", "inet", "int2", "int2vector", "int4", "int4multirange", "int4range", "int8",
    "int8multirange", "int8range", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr", "macaddr8",
    "money", "name", "numeric", "nummultirange", "numrange", "oid", "oidvector", "path", "pg_lsn", "pg_snapshot",
    "point", "polygon", "refcursor", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace",
    "regoper", "regoperator", "regproc", "regprocedure", "regrole", "regtype", "text", "tid", "time", "timestamp",
    "timestamptz", "timetz", "tsmultirange", "tsquery", "tsrange", "tstzmultirange", "tstzrange", "tsvector",
    "txid_snapshot", "uuid", "varbit", "varchar", "xid", "xid8", "xml",
];

/// Unquoted words that PostgreSQL's grammar turns into a type of `pg_catalog`. The ones of several words and the ones
/// with rules of their own (`bit`, `char`, `float`, `interval`, `time`, `timestamp`) are read in `grammar::type_name`.
const ALIASES: &[(&str, &str)] = &[
    ("bigint", "int8"),
    ("boolean", "bool"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("int", "int4"),
    ("integer", "int4"),
    ("real", "float4"),
    ("smallint", "int2"),
];

/// Types that are an integer, `NOT NULL` and a default in one word; with or without quotes.
const SERIALS: &[(&str, &str)] = &[
    ("bigserial", "int8"),
    ("serial", "int4"),
    ("serial2", "int2"),
    ("serial4", "int4"),
    ("serial8", "int8"),
    ("smallserial", "int2"),
];

/// Spellings that are read elsewhere, for near misses.
const OTHER_SPELLINGS: &[&str] = &["character", "character varying", "double precision", "float"];

/// A built-in type by its `typname`.
pub(crate) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.binary_search(&name).ok().map(|at| BUILT_IN[at])
}

/// The `typname` that an unquoted word stands for, when it is another.
pub(crate) fn alias(word: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(spelling, _)| word.eq_ignore_ascii_case(spelling)).map(|(_, name)| *name)
}

/// The `typname` of a serial type's values.
pub(crate) fn serial(name: &str) -> Option<&'static str> {
    SERIALS.iter().find(|(spelling, _)| *spelling == name).map(|(_, integer)| *integer)
}

/// Every spelling of a built-in type.
pub(crate) fn spellings() -> impl Iterator<Item = &'static str> {
    let pairs = ALIASES.iter().chain(SERIALS).map(|(spelling, _)| *spelling);
    BUILT_IN.iter().copied().chain(pairs).chain(OTHER_SPELLINGS.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_closed() {
        assert!(BUILT_IN.is_sorted());
        for (spelling, name) in ALIASES.iter().chain(SERIALS) {
            assert!(built_in(name).is_some() && built_in(spelling).is_none(), "{spelling}");
        }
    }
}
