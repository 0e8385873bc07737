//! A shape of the model as the static data that generated code would have.

use shapegen_runtime::definition::{Column, Filter, LocalTable, Param, ShapeDefinition, Table};

use crate::model::Shape;

/// The shape's definition. It is never freed: the service runs as long as the process, as generated statics do.
pub(super) fn of(shape: &Shape) -> &'static ShapeDefinition {
    let columns = shape.fields.iter().map(|field| Column {
        name: text(&field.column),
        pg_type: text(&field.pg_type),
        dims: field.dims,
        not_null: field.not_null,
        local: text(&field.local),
        stored_as: text(field.stored_as.as_deref().unwrap_or_default()),
    });
    let params = shape.params.iter().map(|param| Param {
        name: text(&param.name),
        from: param.from,
        pg_type: text(&param.pg_type),
    });
    // More columns than fit are more than PostgreSQL has.
    let key = shape.key.iter().map(|&at| u16::try_from(at).unwrap_or(u16::MAX));
    Box::leak(Box::new(ShapeDefinition {
        name: text(&shape.name),
        table: Table { schema: text(&shape.table.schema), name: text(&shape.table.name) },
        columns: Box::leak(columns.collect()),
        key: Box::leak(key.collect()),
        filter: shape.filter.as_ref().map(|filter| Filter { sql: text(&filter.sql), expr: filter.expr.clone() }),
        params: Box::leak(params.collect()),
        request: shape.request,
        policy: shape.policy,
        // The service has no local database.
        local: LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 },
    }))
}

fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}
