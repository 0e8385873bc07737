//! From two texts to a model, or to a report.

mod malformed;
mod rules;
mod scopes;
mod types;

use std::fmt::Write;

use super::resolve;
use crate::catalog::{Catalog, Script};
use crate::diagnostics::Report;
use crate::manifest;
use crate::model::{Marks, Mode, Model, RustType};
use crate::source::SourceMap;

const SCHEMA: &str = include_str!("../../../../schemas/streampai.sql");

/// The model or `None`, and the report as text.
fn run(schema: &str, toml: &str) -> (Option<Model>, String) {
    let mut sources = SourceMap::default();
    let file = sources.add("schema.sql", schema);
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    run_on(&catalog, sources, report, toml)
}

/// The same with a catalog that is there already; the first of the sources is its schema.
fn run_on(catalog: &Catalog, mut sources: SourceMap, mut report: Report, toml: &str) -> (Option<Model>, String) {
    let file = sources.add("shapes.toml", toml);
    let manifest = manifest::parse(&sources, file, &mut report);
    let model = manifest.and_then(|manifest| resolve(&manifest, catalog, &sources, &mut report));
    (model, report.render(&sources, false))
}

/// The report of a manifest that yields no model.
fn refused(schema: &str, toml: &str) -> String {
    let (model, report) = run(schema, toml);
    assert!(model.is_none(), "a model was made of:\n{toml}");
    report
}

fn model(schema: &str, toml: &str) -> Model {
    let (model, report) = run(schema, toml);
    model.unwrap_or_else(|| panic!("no model:\n{report}"))
}

fn rust(ty: &RustType) -> String {
    match ty {
        RustType::Enum(name) => format!("enum {name}"),
        RustType::Newtype { ident, inner } => format!("{ident}({})", rust(inner)),
        other => other.to_string(),
    }
}

fn marked(marks: &Marks) -> String {
    let attributes =
        if marks.attributes.is_empty() { String::new() } else { format!(", marked {:?}", marks.attributes) };
    format!("  derives {}{attributes}\n", marks.derives.join(", "))
}

/// Everything of a model, a line per fact.
fn shown(model: &Model) -> String {
    let mut out = String::new();
    let mode = if model.mode == Mode::Electric { "electric" } else { "gatekeeper" };
    let _ = writeln!(out, "mode {mode}, session constructor `{}`", model.session.constructor);
    for value in &model.session.values {
        let identity = if value.identity { ", identity" } else { "" };
        let _ = writeln!(out, "session {}: {} from `{}`{identity}", value.name, rust(&value.ty), value.claim);
    }
    for shape in &model.shapes {
        let table = format!("{}.{}", shape.table.schema, shape.table.name);
        let _ = writeln!(out, "\nshape {} ({}) of {table}: {}", shape.name, shape.ident, shape.row);
        let _ = writeln!(out, "  docs {:?}, scope {}", shape.docs, shape.scope);
        out.push_str(&marked(&shape.marks));
        for (at, field) in shape.fields.iter().enumerate() {
            let key = if shape.key.contains(&at) { ", key" } else { "" };
            let secret = if field.secret { ", secret" } else { "" };
            let null = if field.not_null { "" } else { "?" };
            let dims = "[]".repeat(usize::from(field.dims));
            let _ = writeln!(
                out,
                "  {}: {}{null} = {} {}{dims}, local {} {}{key}{secret}{}",
                field.ident,
                rust(&field.ty),
                field.column,
                field.pg_type,
                field.local,
                field.local_type,
                if field.docs.is_empty() { String::new() } else { format!(", docs {:?}", field.docs) }
            );
            if let Some(reason) = &field.type_reason {
                let _ = writeln!(out, "    {reason}");
            }
            if !field.attributes.is_empty() {
                let _ = writeln!(out, "    marked {:?}", field.attributes);
            }
        }
        let _ = writeln!(out, "  key {:?} {:?}", shape.key, shape.key_struct);
        if let Some(filter) = &shape.filter {
            let _ = writeln!(out, "  where {}", filter.sql);
        }
        for (at, param) in shape.params.iter().enumerate() {
            let number = at + 1;
            let _ = writeln!(
                out,
                "  ${number} {} from {:?}: {} ({})",
                param.name,
                param.from,
                param.pg_type,
                rust(&param.ty)
            );
        }
        if let Some(params) = &shape.params_struct {
            let _ = writeln!(out, "  params {params}");
        }
        for index in &shape.indexes {
            let _ = writeln!(out, "  index {} on {} ({})", index.constant, index.field, index.reason);
        }
        let policy = &shape.policy;
        let _ = writeln!(
            out,
            "  kept {}, flush {} ms, stale {} s, max age {:?}",
            policy.kept, policy.flush_within_ms, policy.stale_after_s, policy.max_age_s
        );
        for reason in &shape.policy_reasons {
            let _ = writeln!(out, "    {reason}");
        }
        let local = &shape.local;
        let indexed: Vec<usize> = local.indexes.iter().map(|index| index.field).collect();
        let _ = writeln!(
            out,
            "  local {} and {}, indexes {:?}, fingerprint {:016x}",
            local.table, local.view, indexed, local.fingerprint
        );
        let _ = writeln!(out, "  request {:016x}", shape.request);
    }
    for named in &model.enums {
        let name = format!("{}.{}", named.name.schema, named.name.name);
        let serde = if named.serde { ", serde" } else { "" };
        let _ = writeln!(out, "\nenum {} of {name}: {:?}{serde}", named.ident, named.variants);
        out.push_str(&marked(&named.marks));
    }
    for composite in &model.composites {
        let name = format!("{}.{}", composite.name.schema, composite.name.name);
        let _ = writeln!(out, "\ncomposite {} of {name}", composite.ident);
        for attribute in &composite.attributes {
            let _ = writeln!(out, "  {}: {}", attribute.ident, rust(&attribute.ty));
        }
        out.push_str(&marked(&composite.marks));
    }
    for newtype in &model.newtypes {
        let _ = writeln!(out, "\nnewtype {} of {}: {}", newtype.ident, newtype.of, rust(&newtype.inner));
        out.push_str(&marked(&newtype.marks));
    }
    out
}

#[test]
fn the_example() {
    let toml = include_str!("../../../../examples/streampai/shapes.toml");
    let (model, report) = run(SCHEMA, toml);
    assert_eq!(report, "");
    insta::assert_snapshot!(shown(&model.expect("a model")));
}

#[test]
fn all_nine_shapes() {
    let toml = include_str!("../../../tests-data/nine-shapes.toml");
    let (model, report) = run(SCHEMA, toml);
    insta::assert_snapshot!(format!("{report}{}", shown(&model.expect("a model"))));
}
