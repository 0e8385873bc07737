//! The names of generated types, and what `[rename]` says of names.

use std::collections::{BTreeMap, BTreeSet};

use shapegen_runtime::definition::ParamSource;

use crate::catalog::{Catalog, QualifiedName};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::manifest::{self, Manifest, Place, Selected};
use crate::model::{RustType, scalar};
use crate::naming::{self, Names};
use crate::source::{Span, Spanned};

use super::filter::Resolved;
use super::selection::Selection;
use super::selector::{Kind, Selectors, Target};
use super::types::Types;

/// Type names that generated code has for itself, or takes from the prelude.
const RESERVED_TYPES: [&str; 17] = [
    "Client",
    "Clone",
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

/// Types around others, which a struct's field means by these names as it means scalars by theirs.
const WRAPPERS: [&str; 6] = ["Array", "JsonOf", "Multirange", "OrInfinity", "Range", "Secret"];

/// The names that nothing else can have at a place.
fn reserved(place: Place) -> Names {
    let own: &[&str] = if place == Place::Struct { &[] } else { &RESERVED_TYPES };
    let scalars = scalar::ALL.iter().flat_map(|scalar| scalar.name.split(['<', '>']));
    let of_fields = scalars.chain(WRAPPERS).filter(|_| place == Place::Draft);
    Names::reserving(own.iter().copied().chain(of_fields))
}

/// `[rename]`: names by what they are for.
#[derive(Default)]
pub(super) struct Renames<'m> {
    by_target: BTreeMap<Target, &'m Spanned<String>>,
}

impl<'m> Renames<'m> {
    pub(super) fn new(
        manifest: &'m Manifest,
        catalog: &Catalog,
        selectors: &Selectors<'_>,
        report: &mut Report,
    ) -> Self {
        let mut this = Self::default();
        for Selected { selector, value } in &manifest.renames {
            let kinds = [Kind::Column, Kind::Type, Kind::Part];
            let Some(target) = selectors.find(selector, &kinds, "rename", report) else { continue };
            let is_enum = |name: &QualifiedName| catalog.enums.contains_key(name);
            let (fits, what, wish): (_, _, fn(&str) -> String) = match &target {
                Target::Type(_) => (naming::is_type_name(&value.value), "a Rust type", naming::camel),
                Target::Part(name, _) if is_enum(name) => {
                    (naming::is_variant_name(&value.value), "a variant", naming::camel)
                }
                _ => (naming::is_field_name(&value.value), "a field", naming::snake),
            };
            if let Target::Type(name) = &target
                && !is_enum(name)
                && !catalog.composites.contains_key(name)
            {
                let message = format!("`{}` has no Rust type of its own that could be renamed", selector.value);
                report.push(
                    Diagnostic::error(&codes::SELECTOR, message)
                        .at(selector.span, "neither an enum nor a composite type")
                        .help(format!("`[types]` gives it one: `{{ newtype = \"{}\" }}`", value.value)),
                );
            } else if !fits {
                let message = format!("`{}` can't be the name of {what}", value.value);
                let diagnostic = Diagnostic::error(&codes::SHAPE_NAME, message).at(value.span, "no such name");
                let wish = wish(&value.value);
                report.push(if wish == value.value {
                    diagnostic.help("Rust, or generated code, means something else by it")
                } else {
                    diagnostic.help(format!("write it as `{wish}`"))
                });
            } else if let Some(earlier) = this.by_target.insert(target, value) {
                let message = format!("`{}` is renamed twice", selector.value);
                report.push(
                    Diagnostic::error(&codes::MANIFEST_DUPLICATE, message)
                        .at(value.span, "again here")
                        .see(earlier.span, "first here")
                        .help("remove one of them"),
                );
            }
        }
        this.check_apart(report);
        this
    }

    /// Two parts of one table or type can't have one name.
    fn check_apart(&self, report: &mut Report) {
        let mut known: BTreeMap<(&QualifiedName, &str), Span> = BTreeMap::new();
        for (target, name) in &self.by_target {
            let (Target::Column(of, _) | Target::Part(of, _)) = target else { continue };
            if let Some(earlier) = known.insert((of, &name.value), name.span) {
                let message = format!("two parts of `{}` are renamed to `{}`", of.name, name.value);
                report.push(
                    Diagnostic::error(&codes::SHAPE_NAME, message)
                        .at(name.span, "again here")
                        .see(earlier, "first here")
                        .help("choose another name for one of them"),
                );
            }
        }
    }

    /// The name of a table's column.
    pub(super) fn column(&self, table: &QualifiedName, column: &str) -> Option<&'m str> {
        self.find(Target::Column(table.clone(), column.to_owned()))
    }

    /// The name of an enum's label or a composite type's attribute.
    pub(super) fn part(&self, of: &QualifiedName, part: &str) -> Option<&'m str> {
        self.find(Target::Part(of.clone(), part.to_owned()))
    }

    fn find(&self, target: Target) -> Option<&'m str> {
        self.by_target.get(&target).map(|name| name.value.as_str())
    }
}

/// The names of generated types.
pub(super) struct TypeNames {
    /// By position of the shape.
    pub(super) shapes: Vec<ShapeTypes>,
    /// Enums and composite types.
    pub(super) declared: BTreeMap<QualifiedName, String>,
}

/// The names of what belongs to a shape.
pub(super) struct ShapeTypes {
    pub(super) row: String,
    pub(super) key: Option<String>,
    pub(super) params: Option<String>,
}

impl TypeNames {
    /// The Rust name of an enum or a composite type.
    pub(super) fn of(&self, name: &QualifiedName) -> String {
        self.declared.get(name).cloned().unwrap_or_default()
    }
}

/// Rows and newtypes first, since people choose their names; then what belongs to shapes; then enums and composites.
pub(super) fn type_names(
    resolved: &[(Selection<'_>, Resolved)],
    types: &Types<'_>,
    renames: &Renames<'_>,
    place: Place,
    report: &mut Report,
) -> TypeNames {
    let mut names = reserved(place);
    let mut written: BTreeMap<String, Span> = BTreeMap::new();
    let mut take = |names: &mut Names, wanted: &str, span: Span, what: &str, help: &str, report: &mut Report| {
        if !names.take(wanted) {
            let message = format!("the {what} has a name that is taken");
            let diagnostic = Diagnostic::error(&codes::SHAPE_NAME, message);
            let diagnostic = match written.get(wanted) {
                Some(first) => diagnostic.at(span, "again here").see(*first, "first here"),
                None => diagnostic.at(span, "generated code means something else by it"),
            };
            report.push(diagnostic.help(help));
        }
        written.entry(wanted.to_owned()).or_insert(span);
    };
    let mut rows = Vec::with_capacity(resolved.len());
    for (selection, _) in resolved {
        let entry = selection.entry;
        let row = row_name(entry, selection.table_name, report);
        let span = entry.row.as_ref().map_or(entry.name.span, |row| row.span);
        let what = format!("row type `{row}` of `{}`", entry.name.value);
        take(&mut names, &row, span, &what, "choose another: `row = \"…\"`", report);
        rows.push(row);
    }
    let used = Used::new(resolved, types);
    for ident in &used.newtypes {
        if let Some(span) = types.newtype(ident) {
            let help = "choose another: `{ newtype = \"…\" }`";
            take(&mut names, ident, span, &format!("newtype `{ident}`"), help, report);
        }
    }
    for name in &used.declared {
        if let Some(chosen) = renames.by_target.get(&Target::Type(name.clone())) {
            let what = format!("type `{}` of `{}`", chosen.value, name.name);
            take(&mut names, &chosen.value, chosen.span, &what, "choose another name for it", report);
        }
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
    // By qualified name, so that the order of shapes doesn't matter.
    let declared = used.declared.into_iter().map(|name| {
        let ident = match renames.by_target.get(&Target::Type(name.clone())) {
            Some(chosen) => chosen.value.clone(),
            None => {
                let camel = naming::camel(&name.name);
                let whole = naming::camel(&format!("{}_{}", name.schema, name.name));
                let suffix = if types.is_enum(&name) { "Enum" } else { "Composite" };
                names.take_first(&[camel.clone(), whole, format!("{camel}{suffix}")])
            }
        };
        (name, ident)
    });
    TypeNames { shapes, declared: declared.collect() }
}

fn row_name(entry: &manifest::Shape, table: &QualifiedName, report: &mut Report) -> String {
    let Some(row) = &entry.row else { return format!("{}Row", naming::camel(&table.name)) };
    if entry.fields.is_none() && !naming::is_type_name(&row.value) {
        report.push(
            Diagnostic::error(&codes::SHAPE_NAME, format!("`{}` can't be the name of a Rust type", row.value))
                .at(row.span, "not a type's name")
                .help(format!("write it in camel case: `{}`", naming::camel(&row.value))),
        );
    }
    row.value.clone()
}

/// The generated types that shapes need.
#[derive(Default)]
struct Used {
    declared: BTreeSet<QualifiedName>,
    newtypes: BTreeSet<String>,
}

impl Used {
    fn new(resolved: &[(Selection<'_>, Resolved)], types: &Types<'_>) -> Self {
        let mut this = Self::default();
        for (selection, filter) in resolved {
            for column in &selection.columns {
                this.add(|named| types.column(selection.table_name, column, named).ty);
            }
            for (param, _) in &filter.params {
                this.add(|named| types.param(param, named));
            }
        }
        let mut next: Vec<QualifiedName> = this.declared.iter().cloned().collect();
        while let Some(name) = next.pop() {
            let before = this.declared.clone();
            for (_, data_type) in types.attributes(&name) {
                this.add(|named| types.data_type(data_type, named));
            }
            next.extend(this.declared.difference(&before).cloned());
        }
        this
    }

    fn add(&mut self, typed: impl FnOnce(super::types::Named<'_>) -> RustType) {
        let ty = typed(&mut |name| {
            self.declared.insert(name.clone());
            String::new()
        });
        self.newtypes.extend(newtypes(&ty).map(|(ident, _)| ident.to_owned()));
    }
}

/// The newtypes that a type is made of, and what they are around.
pub(super) fn newtypes(ty: &RustType) -> impl Iterator<Item = (&str, &RustType)> {
    std::iter::successors(Some(ty), |ty| ty.inner()).filter_map(|ty| match ty {
        RustType::Newtype { ident, inner } => Some((ident.as_str(), inner.as_ref())),
        _ => None,
    })
}
