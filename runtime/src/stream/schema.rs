//! The `electric-schema` header against the compiled columns.

use serde_json::Value;

use super::error::{Drift, Origin, SyncError};
use crate::definition::{Column, ShapeDefinition};

/// The name of the header.
pub(super) const HEADER: &str = "electric-schema";

/// Every compiled column comes, in its type. Other columns don't matter, nor does nullability: a NULL that can't be
/// held is noticed when it comes.
pub(super) fn check(definition: &ShapeDefinition, header: &str) -> Result<(), SyncError> {
    let of = Origin::new(definition);
    let Ok(Value::Object(columns)) = serde_json::from_str(header) else {
        return Err(SyncError::MissingHeaders { of, headers: vec![HEADER] });
    };
    for column in definition.columns {
        let drift = match columns.get(column.name) {
            None => Drift::Missing,
            Some(found) if matches(column, found) => continue,
            Some(found) => Drift::Type {
                compiled: spelt(column.pg_type, u64::from(column.dims)),
                found: spelt(pg_type(found), dims(found)),
            },
        };
        return Err(SyncError::SchemaDrift { of, column: column.name, drift });
    }
    Ok(())
}

fn matches(column: &Column, found: &Value) -> bool {
    match (pg_type(found), dims(found)) {
        // Arrays of tables that were made without declared dimensions come by their array type's own name.
        (name, 0) if column.dims > 0 => name.strip_prefix('_') == Some(column.pg_type),
        (name, dims) => name == column.pg_type && dims == u64::from(column.dims),
    }
}

fn pg_type(found: &Value) -> &str {
    found.get("type").and_then(Value::as_str).unwrap_or("nothing")
}

fn dims(found: &Value) -> u64 {
    found.get("dims").and_then(Value::as_u64).unwrap_or(0)
}

fn spelt(pg_type: &str, dims: u64) -> String {
    let brackets = usize::try_from(dims).unwrap_or(usize::MAX).min(6);
    format!("{pg_type}{}", "[]".repeat(brackets))
}
