//! A shape of the model as the static data that generated code would have.

use shapegen_runtime::definition::{Column, Filter, Load, LocalTable, Newest, Param, ShapeDefinition, Table};

use crate::model::{self, Shape};

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
    Box::leak(Box::new(ShapeDefinition {
        name: text(&shape.name),
        table: Table { schema: text(&shape.table.schema), name: text(&shape.table.name) },
        columns: Box::leak(columns.collect()),
        key: positions(&shape.key),
        filter: shape.filter.as_ref().map(filter),
        params: Box::leak(params.collect()),
        request: shape.request,
        load: load(&shape.load),
        replica: shape.replica,
        policy: shape.policy,
        // The service has no local database.
        local: LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 },
    }))
}

fn filter(filter: &model::Filter) -> Filter {
    Filter { sql: text(&filter.sql), expr: filter.expr.clone() }
}

fn load(load: &model::Load) -> Load {
    match load {
        model::Load::All => Load::All,
        model::Load::FromNow => Load::FromNow,
        model::Load::Newest(newest) => Load::Newest(Newest {
            count: newest.count,
            order: positions(&newest.order),
            order_by: text(&newest.order_by),
            older: filter(&newest.older),
            older_undated: newest.older_undated.as_ref().map(filter),
        }),
    }
}

/// More columns than fit are more than PostgreSQL has.
fn positions(positions: &[usize]) -> &'static [u16] {
    Box::leak(positions.iter().map(|&at| u16::try_from(at).unwrap_or(u16::MAX)).collect())
}

fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}
