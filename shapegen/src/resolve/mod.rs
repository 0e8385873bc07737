//! Every decision about the output, made once: from catalog and manifest to the model.

mod filter;
mod hash;
mod index;
mod policy;
mod postgres;
mod selection;
mod session;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

use shapegen_runtime::definition::ParamSource;

use crate::catalog::{Catalog, QualifiedName};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::fragment::ParamUse;
use crate::manifest::{self, Manifest};
use crate::model::{Enum, Field, Filter, Local, Model, Param, RustType, Shape};
use crate::naming::{self, Names};
use crate::source::{SourceMap, Span};

use filter::Scopes;
use selection::Selection;

/// Type names that generated code has for itself, or takes from the prelude.
const RESERVED_TYPES: [&str; 16] = [
    "Client",
    "ClientBuilder",
    "Session",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "String",
    "Vec",
    "Box",
    "From",
    "Into",
    "Self",
    "Shape",
];

/// Makes the model of a manifest. `None` when anything is wrong, also when the report had errors before; all that could
/// be found wrong is in the report then.
pub fn resolve(manifest: &Manifest, catalog: &Catalog, sources: &SourceMap, report: &mut Report) -> Option<Model> {
    let mut scopes = Scopes::new(manifest, sources, report);
    let mut resolved = Vec::new();
    for entry in &manifest.shapes {
        let selection = selection::select(entry, manifest, catalog, report);
        // Its fragments are read also where the columns are wrong, so that one run says both.
        let subject = selection::find_table(entry, catalog, &mut Report::default());
        let filter = subject.and_then(|subject| scopes.filter(entry, subject, report));
        if let (Some(selection), Some(filter)) = (selection, filter) {
            policy::check_load(&selection, report);
            resolved.push((selection, filter));
        }
    }
    scopes.finish(report);
    session::check_identity(manifest, report);
    let names = type_names(&resolved, report);
    let session = session::session(manifest, &resolved, report);
    let mut shapes = Vec::with_capacity(resolved.len());
    let modules: Vec<&str> = resolved.iter().map(|(selection, _)| selection.entry.name.value.as_str()).collect();
    for (((selection, filter), ident), types) in resolved.iter().zip(naming::shapes(&modules)).zip(&names.shapes) {
        let types = Types { of: types, enums: &names.enums };
        if let Some(shape) = shape(selection, filter, ident, &types, &session, report) {
            shapes.push(shape);
        }
    }
    if report.has_errors() {
        return None;
    }
    let enums = used_enums(catalog, &names.enums, &shapes);
    let selections: Vec<&Selection<'_>> = resolved.iter().map(|(selection, _)| selection).collect();
    let postgres = postgres::postgres(&selections, &shapes, catalog);
    Some(Model { shapes, enums, session, mode: manifest.server.mode, postgres })
}

/// The names of generated types.
struct TypeNames {
    /// By position of the shape.
    shapes: Vec<ShapeTypes>,
    enums: BTreeMap<QualifiedName, String>,
}

struct ShapeTypes {
    row: String,
    key: Option<String>,
    params: Option<String>,
}

struct Types<'n> {
    of: &'n ShapeTypes,
    enums: &'n BTreeMap<QualifiedName, String>,
}

/// Rows first, since people choose their names; then what belongs to shapes; then enums.
fn type_names(resolved: &[(Selection<'_>, filter::Resolved)], report: &mut Report) -> TypeNames {
    let mut names = Names::reserving(RESERVED_TYPES);
    let mut written: BTreeMap<String, Span> = BTreeMap::new();
    let mut rows = Vec::with_capacity(resolved.len());
    for (selection, _) in resolved {
        let entry = selection.entry;
        let row = row_name(entry, selection.table_name, report);
        let span = entry.row.as_ref().map_or(entry.name.span, |row| row.span);
        if !names.take(&row) {
            let message = format!("the row type `{row}` of `{}` has a name that is taken", entry.name.value);
            let diagnostic = Diagnostic::error(&codes::SHAPE_NAME, message);
            let diagnostic = match written.get(&row) {
                Some(first) => diagnostic.at(span, "again here").see(*first, "first here"),
                None => diagnostic.at(span, "generated code means something else by it"),
            };
            report.push(diagnostic.help("choose another: `row = \"…\"`"));
        }
        written.entry(row.clone()).or_insert(span);
        rows.push(row);
    }
    let shapes = rows
        .into_iter()
        .zip(resolved)
        .map(|(row, (selection, filter))| {
            let key = (selection.key.len() > 1).then(|| names.take_first(&[format!("{row}Key")]));
            let params = filter.params.iter().any(|(_, from)| *from == ParamSource::Caller).then(|| {
                let camel = naming::camel(&selection.entry.name.value);
                names.take_first(&[camel.clone(), format!("{camel}Params")])
            });
            ShapeTypes { row, key, params }
        })
        .collect();
    let mut enums = BTreeMap::new();
    for (selection, filter) in resolved {
        let of_columns = selection.columns.iter().filter_map(|column| types::enumeration(&column.data_type));
        let of_params = filter.params.iter().filter_map(|(param, _)| types::enumeration(&param.data_type));
        for name in of_columns.chain(of_params) {
            enums.entry(name.clone()).or_default();
        }
    }
    // By qualified name, so that the order of shapes doesn't matter.
    for (name, ident) in &mut enums {
        let camel = naming::camel(&name.name);
        let wishes = [camel.clone(), naming::camel(&format!("{}_{}", name.schema, name.name)), format!("{camel}Enum")];
        *ident = names.take_first(&wishes);
    }
    TypeNames { shapes, enums }
}

fn row_name(entry: &manifest::Shape, table: &QualifiedName, report: &mut Report) -> String {
    let Some(row) = &entry.row else { return format!("{}Row", naming::camel(&table.name)) };
    if !naming::is_type_name(&row.value) {
        report.push(
            Diagnostic::error(&codes::SHAPE_NAME, format!("`{}` can't be the name of a Rust type", row.value))
                .at(row.span, "not a type's name")
                .help(format!("write it in camel case: `{}`", naming::camel(&row.value))),
        );
    }
    row.value.clone()
}

fn shape(
    selection: &Selection<'_>,
    resolved: &filter::Resolved,
    ident: String,
    types: &Types<'_>,
    session: &crate::model::Session,
    report: &mut Report,
) -> Option<Shape> {
    let entry = selection.entry;
    let fields = fields(selection, types.enums);
    let indexes = index::indexes(selection, &fields, report);
    let params = params(selection, &resolved.params, types.enums, session, report)?;
    let filter = resolved.expr.clone().map(|expr| Filter { sql: crate::fragment::print(&expr), expr });
    let table = format!("_rows_{}", naming::mangled(&entry.name.value));
    let local = Local {
        view: naming::mangled_relation(&entry.name.value),
        indexes: index::local(&table, &fields, &indexes, &selection.key),
        table,
        fingerprint: hash::fingerprint(&fields, &selection.key),
    };
    let (policy, policy_reasons) = policy::policy(entry);
    Some(Shape {
        name: entry.name.value.clone(),
        ident,
        table: selection.table_name.clone(),
        docs: lines(selection.table.comment.as_deref()),
        row: types.of.row.clone(),
        key_struct: types.of.key.clone(),
        params_struct: types.of.params.clone(),
        request: hash::request(selection, filter.as_ref(), &params),
        key: selection.key.clone(),
        scope: entry.scope.as_ref().map(|scope| scope.value.clone())?,
        fields,
        filter,
        params,
        indexes,
        policy,
        policy_reasons,
        local,
    })
}

fn fields(selection: &Selection<'_>, enums: &BTreeMap<QualifiedName, String>) -> Vec<Field> {
    let names: Vec<&str> = selection.columns.iter().map(|column| column.name.as_str()).collect();
    let idents = naming::fields(&names);
    let fields = selection.columns.iter().zip(idents).map(|(column, ident)| {
        let ty = types::rust_type(&column.data_type, enums);
        Field {
            ident,
            column: column.name.clone(),
            docs: lines(column.comment.as_deref()),
            pg_type: types::pg_type(&column.data_type).to_owned(),
            dims: column.data_type.dims,
            not_null: column.not_null,
            local_type: types::local_type(&ty),
            ty,
            secret: selection.entry.secret.iter().any(|secret| secret.value == column.name),
            local: naming::mangled(&column.name),
        }
    });
    fields.collect()
}

/// The positional parameters. A name that stands for several of them has one type, so that it is bound once.
fn params(
    selection: &Selection<'_>,
    uses: &[(ParamUse, ParamSource)],
    enums: &BTreeMap<QualifiedName, String>,
    session: &crate::model::Session,
    report: &mut Report,
) -> Option<Vec<Param>> {
    let mut params: Vec<Param> = Vec::with_capacity(uses.len());
    for (param, from) in uses {
        let ty = match from {
            ParamSource::Session => session.values.iter().find(|value| value.name == param.name)?.ty.clone(),
            ParamSource::Caller => {
                let same: Vec<&ParamUse> =
                    uses.iter().map(|(other, _)| other).filter(|other| other.name == param.name).collect();
                match types::merged(same.iter().map(|other| types::rust_type(&other.data_type, enums))) {
                    Some(ty) => ty,
                    None => {
                        conflict(selection, param, &same, report);
                        return None;
                    }
                }
            }
        };
        params.push(Param { name: param.name.clone(), from: *from, pg_type: param.pg_type.clone(), ty });
    }
    Some(params)
}

fn conflict(selection: &Selection<'_>, param: &ParamUse, same: &[&ParamUse], report: &mut Report) {
    let kinds: Vec<String> = same.iter().map(|other| format!("`{}`", other.pg_type)).collect();
    let message = format!("the parameter `{}` is compared with {}", param.name, kinds.join(" and "));
    report.push(
        Diagnostic::error(&codes::PARAMETER_TYPE, message)
            .at(selection.entry.name.span, "in this shape")
            .help("use a parameter for each type"),
    );
}

/// The enums that fields and parameters use, by Rust name.
fn used_enums(catalog: &Catalog, names: &BTreeMap<QualifiedName, String>, shapes: &[Shape]) -> Vec<Enum> {
    let mut used = std::collections::BTreeSet::new();
    for shape in shapes {
        let types = shape.fields.iter().map(|field| &field.ty).chain(shape.params.iter().map(|param| &param.ty));
        for ty in types {
            if let RustType::Enum(ident) = types::element(ty) {
                used.insert(ident.as_str());
            }
        }
    }
    let enums = names.iter().filter(|(_, ident)| used.contains(ident.as_str())).filter_map(|(name, ident)| {
        let declared = catalog.enums.get(name)?;
        let labels: Vec<&str> = declared.labels.iter().map(String::as_str).collect();
        let variants = naming::variants(&labels).into_iter().zip(declared.labels.iter().cloned()).collect();
        Some(Enum { ident: ident.clone(), name: name.clone(), docs: lines(declared.comment.as_deref()), variants })
    });
    let mut enums: Vec<Enum> = enums.collect();
    enums.sort_by(|left, right| left.ident.cmp(&right.ident));
    enums
}

fn lines(comment: Option<&str>) -> Vec<String> {
    comment.map(|comment| comment.lines().map(str::to_owned).collect()).unwrap_or_default()
}
