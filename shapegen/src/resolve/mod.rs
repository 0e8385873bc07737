//! Every decision about the output, made once: from catalog and manifest to the model.

mod built_in;
mod declared;
mod filter;
mod generated;
mod hash;
mod index;
mod load;
mod marks;
mod names;
mod policy;
mod postgres;
mod selection;
mod selector;
mod session;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeSet;

use shapegen_runtime::definition::ParamSource;
use shapegen_runtime::expr::Expr;

use crate::catalog::Catalog;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::fragment::{ParamUse, Subject};
use crate::manifest::{Manifest, TypeRule};
use crate::model::{Field, Filter, Load, Local, Model, Param, Shape};
use crate::naming::{self, Wanted};
use crate::source::{SourceMap, Spanned};

use filter::Scopes;
use generated::{Decided, Generated};
use marks::Marks;
use names::{Renames, ShapeTypes};
use selection::Selection;
pub(crate) use selection::names;
use selector::{Selectors, Target};
use types::{Typed, Types};

/// Makes the model of a manifest. `None` when anything is wrong, also when the report had errors before; all that could
/// be found wrong is in the report then.
pub fn resolve(manifest: &Manifest, catalog: &Catalog, sources: &SourceMap, report: &mut Report) -> Option<Model> {
    let newtypes = manifest.types.iter().filter_map(|entry| match &entry.value {
        TypeRule::Newtype(name) => Some(name.value.as_str()),
        _ => None,
    });
    let selectors = Selectors::new(catalog, newtypes.collect());
    let mut types = Types::new(manifest, catalog, &selectors, report);
    for entry in manifest.shapes.iter().filter(|entry| entry.fields.is_some()) {
        if let Some(subject) = selection::find_table(entry, catalog, &mut Report::default()) {
            declared::declare(entry, subject, &mut types, report);
        }
    }
    let renames = Renames::new(manifest, catalog, &selectors, report);
    let marks = Marks::new(manifest, &selectors, report);
    let mut scopes = Scopes::new(manifest, sources, report);
    let mut resolved = Vec::new();
    for entry in &manifest.shapes {
        let selection = selection::select(entry, manifest, catalog, &types, report);
        // Its fragments are read also where the columns are wrong, so that one run says both.
        let subject = selection::find_table(entry, catalog, &mut Report::default());
        let filter = subject.and_then(|subject| scopes.filter(entry, subject, report));
        if let (Some(selection), Some(filter)) = (selection, filter) {
            resolved.push((selection, filter));
        }
    }
    scopes.finish(report);
    session::check_identity(manifest, report);
    let names = names::type_names(&resolved, &types, &renames, manifest.place, report);
    let decided = Decided { catalog, types: &types, names: &names, renames: &renames, marks: &marks };
    let session = session::session(manifest, &resolved, &decided, report);
    let mut shapes = Vec::with_capacity(resolved.len());
    let modules = modules(&resolved, report);
    for (((selection, filter), ident), types) in resolved.iter().zip(modules).zip(&names.shapes) {
        if let Some(shape) = shape(selection, filter, ident, types, &decided, &session, report) {
            shapes.push(shape);
        }
    }
    check_fields(&resolved, &decided, report);
    let generated = decided.generated(&shapes, report);
    if report.has_errors() {
        return None;
    }
    let Generated { enums, composites, newtypes } = generated;
    let selections: Vec<&Selection<'_>> = resolved.iter().map(|(selection, _)| selection).collect();
    let postgres = postgres::postgres(&selections, &shapes, catalog);
    Some(Model { shapes, enums, composites, newtypes, session, mode: manifest.server.mode, postgres })
}

/// The names of the shapes' modules and methods.
fn modules(resolved: &[(Selection<'_>, filter::Resolved)], report: &mut Report) -> Vec<String> {
    let names: Vec<&str> = resolved.iter().map(|(selection, _)| selection.entry.name.value.as_str()).collect();
    let given = naming::shapes(&names);
    for ((selection, _), given) in resolved.iter().zip(&given).filter(|(_, given)| given.doubtful) {
        let name = &selection.entry.name;
        let message = format!("the shape `{}` shares its Rust name with another one", name.value);
        report.push(
            Diagnostic::warning(&codes::RUST_NAMES, message)
                .at(name.span, format!("so it is `{}` in Rust", given.ident))
                .help("give it a name of its own, and name its table: `table = \"…\"`"),
        );
    }
    given.into_iter().map(|given| given.ident).collect()
}

/// Columns whose fields have names that nobody could guess, once for each table.
fn check_fields(resolved: &[(Selection<'_>, filter::Resolved)], decided: &Decided<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    // A struct names its fields itself.
    let resolved = resolved.iter().filter(|(selection, _)| selection.entry.fields.is_none());
    for (selection, _) in resolved.filter(|(selection, _)| seen.insert(selection.table_name)) {
        let wanted = wanted(selection, decided.renames);
        let given = naming::fields(&wanted);
        let table = selection.table_name;
        let whose = format!("columns of the table `{}`", table.name);
        let target = |column: &str| Target::Column(table.clone(), column.to_owned());
        generated::warn_of_doubtful(&wanted, &given, &whose, selection.table.span, target, report);
    }
}

/// The names that fields are made of.
fn wanted<'s>(selection: &'s Selection<'_>, renames: &Renames<'s>) -> Vec<Wanted<'s>> {
    let columns = selection.columns.iter().map(|column| column.name.as_str());
    columns.map(|name| Wanted { name, chosen: renames.column(selection.table_name, name) }).collect()
}

fn shape(
    selection: &Selection<'_>,
    resolved: &filter::Resolved,
    ident: String,
    types: &ShapeTypes,
    decided: &Decided<'_>,
    session: &crate::model::Session,
    report: &mut Report,
) -> Option<Shape> {
    let entry = selection.entry;
    let fields = fields(selection, decided, report);
    let indexes = index::indexes(selection, &fields, report);
    let params = params(selection, resolved, decided, session, report)?;
    let subject = Subject { name: selection.table_name, table: selection.table, catalog: decided.catalog };
    let load = load::load(selection, subject, report)?;
    let filter = resolved.expr.clone().map(|expr| {
        let sql = crate::fragment::print(&expr);
        // Electric joins a subset's condition with `and`, and sets no parentheses around this one.
        let alone = matches!(load, Load::Newest(_)) && matches!(expr, Expr::Any(_));
        Filter { sql: if alone { format!("({sql})") } else { sql }, expr }
    });
    let table = format!("_rows_{}", naming::mangled(&entry.name.value));
    let local = Local {
        view: naming::mangled_relation(&entry.name.value),
        indexes: index::local(&table, &fields, &indexes, &selection.key),
        table,
        fingerprint: hash::fingerprint(&fields, &selection.key),
    };
    let (policy, mut policy_reasons) =
        policy::policy(entry, filter.as_ref().is_some_and(|filter| filter.expr.has_select()));
    policy_reasons.extend(load::reasons(&load, entry));
    Some(Shape {
        name: entry.name.value.clone(),
        ident,
        table: selection.table_name.clone(),
        docs: lines(selection.table.comment.as_deref()),
        row: types.row.clone(),
        marks: decided.marks.of_row(selection.table_name),
        key_struct: types.key.clone(),
        params_struct: types.params.clone(),
        request: hash::request(selection, filter.as_ref(), &params, &load),
        key: selection.key.clone(),
        scope: entry.scope.as_ref().map(|scope| scope.value.clone())?,
        fields,
        filter,
        params,
        indexes,
        load,
        replica: entry.replica,
        policy,
        policy_reasons,
        local,
    })
}

fn fields(selection: &Selection<'_>, decided: &Decided<'_>, report: &mut Report) -> Vec<Field> {
    let given = naming::fields(&wanted(selection, decided.renames));
    let fields = selection.columns.iter().zip(given).map(|(column, given)| {
        let table = selection.table_name;
        let written = selection.entry.fields.iter().flatten().find(|field| field.column.value == column.name);
        let Typed { ty, reason } = decided.types.column(table, column, &mut |name| decided.names.of(name));
        if ty.holds_codec() {
            report.push(generated::no_codec(&format!("the column `{}`", column.name), &ty, Some(column.span)));
        }
        let secret = selection.entry.secret.iter().find(|secret| secret.value == column.name);
        if let (Some(secret), Some(with)) = (secret, ty.codec()) {
            let message = format!("`{}` is secret, and what `{with}` says of a wrong value could show it", column.name);
            report.push(
                Diagnostic::error(&codes::RUST_TYPE, message)
                    .at(secret.span, "read by a module")
                    .help("a type that is a `shapegen_runtime::value::PgValue` itself needs no `with`"),
            );
        }
        let secret = secret.is_some();
        Field {
            ident: written.map_or(given.ident, |field| field.ident.clone()),
            column: column.name.clone(),
            docs: written.map_or_else(|| lines(column.comment.as_deref()), |field| field.docs.clone()),
            pg_type: types::pg_type(&column.data_type).to_owned(),
            dims: column.data_type.dims,
            not_null: column.not_null,
            local_type: ty.local_type(),
            stored_as: decided.types.stored_as(&column.data_type, &ty),
            ty,
            type_reason: reason,
            attributes: decided.marks.of_field(table, &column.name, secret),
            secret,
            local: naming::mangled(&column.name),
        }
    });
    fields.collect()
}

/// The positional parameters. A name that stands for several of them has one type, so that it is bound once.
fn params(
    selection: &Selection<'_>,
    filter::Resolved { params: uses, caller, .. }: &filter::Resolved,
    decided: &Decided<'_>,
    session: &crate::model::Session,
    report: &mut Report,
) -> Option<Vec<Param>> {
    let mut params: Vec<Param> = Vec::with_capacity(uses.len());
    for (param, from) in uses {
        let ty = match from {
            ParamSource::Identity | ParamSource::Session => {
                session.values.iter().find(|value| value.name == param.name)?.ty.clone()
            }
            ParamSource::Caller => {
                let same: Vec<&ParamUse> =
                    uses.iter().map(|(other, _)| other).filter(|other| other.name == param.name).collect();
                let own = |other: &&ParamUse| decided.types.param(other, &mut |name| decided.names.of(name));
                match types::merged(same.iter().map(own)) {
                    Some(ty) => ty,
                    None => {
                        conflict(selection, caller, param, &same, report);
                        return None;
                    }
                }
            }
        };
        params.push(Param { name: param.name.clone(), from: *from, pg_type: param.pg_type.clone(), ty });
    }
    Some(params)
}

fn conflict(
    selection: &Selection<'_>,
    caller: &[Spanned<String>],
    param: &ParamUse,
    same: &[&ParamUse],
    report: &mut Report,
) {
    let kinds: Vec<String> = same.iter().map(|other| format!("`{}`", other.pg_type)).collect();
    let message = format!("the parameter `{}` is compared with {}", param.name, kinds.join(" and "));
    let listed = caller.iter().find(|listed| listed.value == param.name);
    report.push(
        Diagnostic::error(&codes::PARAMETER_TYPE, message)
            .at(listed.map_or(selection.entry.name.span, |listed| listed.span), "in this shape")
            .help("use a parameter for each type"),
    );
}

fn lines(comment: Option<&str>) -> Vec<String> {
    comment.map(|comment| comment.lines().map(str::to_owned).collect()).unwrap_or_default()
}
