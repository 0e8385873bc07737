//! The Rust type of every type of PostgreSQL itself, and of well-known extensions.

use crate::manifest::{Numeric, Rust, Time};
use crate::model::{RustType, Scalar, scalar};

/// What the bounds of a range type of `pg_catalog` are of, by its `typname`, and whether it is a multirange.
pub(super) fn subtype(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "int4range" => ("int4", false),
        "int8range" => ("int8", false),
        "numrange" => ("numeric", false),
        "daterange" => ("date", false),
        "tsrange" => ("timestamp", false),
        "tstzrange" => ("timestamptz", false),
        "int4multirange" => ("int4", true),
        "int8multirange" => ("int8", true),
        "nummultirange" => ("numeric", true),
        "datemultirange" => ("date", true),
        "tsmultirange" => ("timestamp", true),
        "tstzmultirange" => ("timestamptz", true),
        _ => return None,
    })
}

/// The Rust type that holds every value of any other type of `pg_catalog`; what has none comes as its text.
pub(super) fn scalar(name: &str, rust: Rust) -> &'static Scalar {
    let chrono = rust.time == Time::Chrono;
    match name {
        "bool" => &scalar::BOOL,
        "int2" => &scalar::I16,
        "int4" => &scalar::I32,
        "int8" => &scalar::I64,
        "oid" | "xid" | "cid" => &scalar::U32,
        "xid8" => &scalar::U64,
        "float4" => &scalar::F32,
        "float8" => &scalar::F64,
        "numeric" if rust.numeric == Numeric::RustDecimal => &scalar::DECIMAL,
        "numeric" => &scalar::NUMERIC,
        "money" => &scalar::MONEY,
        "uuid" => &scalar::UUID,
        "date" if chrono => &scalar::NAIVE_DATE,
        "date" => &scalar::DATE,
        "time" if chrono => &scalar::NAIVE_TIME,
        "time" => &scalar::TIME,
        "timestamp" if chrono => &scalar::NAIVE_DATE_TIME,
        "timestamp" => &scalar::DATE_TIME,
        "timestamptz" if chrono => &scalar::DATE_TIME_UTC,
        "timestamptz" => &scalar::TIMESTAMP,
        "timetz" => &scalar::TIME_TZ,
        "interval" => &scalar::INTERVAL,
        "json" | "jsonb" => &scalar::JSON,
        "bytea" => &scalar::BYTES,
        "inet" => &scalar::INET,
        "cidr" => &scalar::CIDR,
        "macaddr" => &scalar::MAC_ADDR,
        "macaddr8" => &scalar::MAC_ADDR8,
        "bit" | "varbit" => &scalar::BITS,
        "point" => &scalar::POINT,
        "line" => &scalar::LINE,
        "lseg" => &scalar::SEGMENT,
        "box" => &scalar::RECTANGLE,
        "path" => &scalar::PATH,
        "polygon" => &scalar::POLYGON,
        "circle" => &scalar::CIRCLE,
        _ => &scalar::STRING,
    }
}

/// The Rust type of an extension's type, by its name.
pub(super) fn of_extension(name: &str) -> RustType {
    RustType::Scalar(match name {
        "hstore" => &scalar::HSTORE,
        "vector" | "halfvec" => &scalar::VECTOR,
        _ => &scalar::STRING,
    })
}
