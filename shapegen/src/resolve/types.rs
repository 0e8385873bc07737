//! PostgreSQL's types as Rust types and types of the local database.

use std::collections::BTreeMap;

use crate::catalog::{BaseType, DataType, QualifiedName};
use crate::model::RustType;

/// The Rust type that holds every value; what has none yet comes as its text.
pub(super) fn rust_type(data_type: &DataType, enums: &BTreeMap<QualifiedName, String>) -> RustType {
    let element = match &data_type.base {
        BaseType::Enum(name) => enums.get(name).map_or(RustType::String, |ident| RustType::Enum(ident.clone())),
        BaseType::BuiltIn { name, .. } => match *name {
            "bool" => RustType::Bool,
            "int2" => RustType::I16,
            "int4" => RustType::I32,
            "int8" => RustType::I64,
            "float4" => RustType::F32,
            "float8" => RustType::F64,
            "numeric" => RustType::Numeric,
            "uuid" => RustType::Uuid,
            "date" => RustType::Date,
            "time" => RustType::Time,
            "timestamp" => RustType::DateTime,
            "timestamptz" => RustType::Timestamp,
            "json" | "jsonb" => RustType::Json,
            "bytea" => RustType::Bytes,
            _ => RustType::String,
        },
        _ => RustType::String,
    };
    match data_type.dims {
        0 => element,
        // The elements of a box[] are separated by `;`.
        1 if pg_type(data_type) != "box" => RustType::Array(Box::new(element)),
        // A `Vec` of one dimension can't hold more.
        _ => RustType::String,
    }
}

/// The type of the column that holds it in the local database.
pub(super) fn local_type(ty: &RustType) -> &'static str {
    match ty {
        RustType::Bool | RustType::I16 | RustType::I32 | RustType::I64 => "INTEGER",
        // NaN and -0.0 are stored as text.
        RustType::F32 | RustType::F64 => "ANY",
        RustType::Uuid | RustType::Bytes => "BLOB",
        RustType::Numeric
        | RustType::String
        | RustType::Date
        | RustType::Time
        | RustType::DateTime
        | RustType::Timestamp
        | RustType::Json
        | RustType::Enum(_)
        | RustType::Array(_) => "TEXT",
    }
}

/// `pg_type.typname`, of an array the element's.
pub(super) fn pg_type(data_type: &DataType) -> &str {
    data_type.base.typname()
}

/// The enum that a type, or an array's element, is of.
pub(super) fn enumeration(data_type: &DataType) -> Option<&QualifiedName> {
    match &data_type.base {
        BaseType::Enum(name) => Some(name),
        _ => None,
    }
}

/// An array's element, or the type itself.
pub(super) fn element(ty: &RustType) -> &RustType {
    match ty {
        RustType::Array(element) => element,
        other => other,
    }
}

/// Whether rows can be told apart by values of a type, and found by them.
pub(super) fn has_identity(data_type: &DataType) -> bool {
    data_type.dims == 0 && !matches!(pg_type(data_type), "float4" | "float8" | "json" | "jsonb")
}

/// One type for a value that is compared as several: text takes part in all, since every value has its text.
/// `None` where they exclude each other.
pub(super) fn merged(types: impl IntoIterator<Item = RustType>) -> Option<RustType> {
    types.into_iter().try_fold(RustType::String, |known, next| match (known, next) {
        (RustType::String, next) => Some(next),
        (known, RustType::String) => Some(known),
        (known, next) => (known == next).then_some(known),
    })
}
