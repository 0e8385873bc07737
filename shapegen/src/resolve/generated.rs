//! The generated types that belong to no shape: enums, composite types and newtypes; and names that come out ill.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, QualifiedName};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::manifest;
use crate::model::{Attribute, Composite, Enum, Newtype, RustType, Shape};
use crate::naming::{self, Given, Wanted};
use crate::source::Span;

use super::lines;
use super::marks::Marks;
use super::names::{Renames, TypeNames, newtypes};
use super::selector::Target;
use super::types::Types;

/// What the shapes' fields and parameters are made of, each by Rust name.
pub(super) struct Generated {
    pub(super) enums: Vec<Enum>,
    pub(super) composites: Vec<Composite>,
    pub(super) newtypes: Vec<Newtype>,
}

/// What decides the generated types.
pub(super) struct Decided<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) types: &'a Types<'a>,
    pub(super) names: &'a TypeNames,
    pub(super) renames: &'a Renames<'a>,
    pub(super) marks: &'a Marks<'a>,
}

impl Decided<'_> {
    /// The types that shapes use.
    pub(super) fn generated(&self, shapes: &[Shape], report: &mut Report) -> Generated {
        let mut used = Uses::default();
        for shape in shapes {
            let of_fields = shape.fields.iter().map(|field| &field.ty);
            of_fields.chain(shape.params.iter().map(|param| &param.ty)).for_each(|ty| used.add(ty));
        }
        let mut composites: BTreeMap<String, Composite> = BTreeMap::new();
        // A composite type may use others.
        loop {
            let next = self.names.declared.iter().find(|(name, ident)| {
                used.idents.contains(*ident) && !composites.contains_key(*ident) && !self.types.is_enum(name)
            });
            let Some((name, ident)) = next else { break };
            let composite = self.composite(name, ident, report);
            composite.attributes.iter().for_each(|attribute| used.add(&attribute.ty));
            composites.insert(ident.clone(), composite);
        }
        let enums = self.names.declared.iter().filter(|(_, ident)| used.idents.contains(*ident));
        let mut enums: Vec<Enum> = enums.filter_map(|(name, ident)| self.enumeration(name, ident, report)).collect();
        enums.sort_by(|left, right| left.ident.cmp(&right.ident));
        let newtypes = used.newtypes.into_iter().map(|(ident, inner)| Newtype {
            of: self.types.newtype_of(&ident).unwrap_or_default(),
            marks: self.marks.of_newtype(&ident, &inner),
            ident,
            inner,
        });
        Generated { enums, composites: composites.into_values().collect(), newtypes: newtypes.collect() }
    }

    fn enumeration(&self, name: &QualifiedName, ident: &str, report: &mut Report) -> Option<Enum> {
        let declared = self.catalog.enums.get(name)?;
        let wanted: Vec<Wanted<'_>> = declared
            .labels
            .iter()
            .map(|label| Wanted { name: label, chosen: self.renames.part(name, label) })
            .collect();
        let given = naming::variants(&wanted);
        let whose = format!("labels of the enum `{}`", name.name);
        let target = |label: &str| Target::Part(name.clone(), label.to_owned());
        warn_of_doubtful(&wanted, &given, &whose, declared.span, target, report);
        Some(Enum {
            ident: ident.to_owned(),
            name: name.clone(),
            docs: lines(declared.comment.as_deref()),
            variants: given.into_iter().map(|one| one.ident).zip(declared.labels.iter().cloned()).collect(),
            serde: self.marks.serde,
            marks: self.marks.of_enum(name),
        })
    }

    fn composite(&self, name: &QualifiedName, ident: &str, report: &mut Report) -> Composite {
        let declared = self.types.attributes(name);
        let wanted: Vec<Wanted<'_>> = declared
            .iter()
            .map(|(attribute, _)| {
                let chosen = self.renames.part(name, attribute).or(self.renames.column(name, attribute));
                Wanted { name: attribute, chosen }
            })
            .collect();
        let given = naming::fields(&wanted);
        let (comment, span) = match (self.catalog.composites.get(name), self.catalog.tables.get(name)) {
            (Some(composite), _) => (composite.comment.as_deref(), Some(composite.span)),
            (None, Some(table)) => (table.comment.as_deref(), Some(table.span)),
            (None, None) => (None, None),
        };
        if let Some(span) = span {
            let whose = format!("attributes of the type `{}`", name.name);
            let target = |attribute: &str| Target::Part(name.clone(), attribute.to_owned());
            warn_of_doubtful(&wanted, &given, &whose, span, target, report);
        }
        let attributes = declared.iter().zip(given).map(|((attribute, data_type), given)| {
            let ty = self.types.data_type(data_type, &mut |name| self.names.of(name));
            if ty.codec().is_some() || ty.holds_codec() {
                report.push(no_codec(&format!("the attribute `{attribute}` of `{}`", name.name), &ty, span));
            }
            Attribute { ident: given.ident, ty }
        });
        Composite {
            ident: ident.to_owned(),
            name: name.clone(),
            docs: lines(comment),
            attributes: attributes.collect(),
            marks: self.marks.of_composite(name),
        }
    }
}

/// A module reads columns, not what is inside of their values.
pub(super) fn no_codec(what: &str, ty: &RustType, span: Option<Span>) -> Diagnostic {
    let message = format!("`with` reads the values of columns, and {what} is a `{ty}`");
    let diagnostic = Diagnostic::error(&codes::RUST_TYPE, message)
        .help("a type that is a `shapegen_runtime::value::PgValue` itself needs no `with`");
    match span {
        Some(span) => diagnostic.at(span, "declared here"),
        None => diagnostic,
    }
}

/// Warns of names that nobody could guess, with the lines that pin them.
pub(super) fn warn_of_doubtful(
    wanted: &[Wanted<'_>],
    given: &[Given],
    whose: &str,
    span: Span,
    target: impl Fn(&str) -> Target,
    report: &mut Report,
) {
    let doubtful = wanted.iter().zip(given).filter(|(_, given)| given.doubtful);
    let lines: Vec<String> = doubtful
        .map(|(wanted, given)| {
            let ident = given.ident.trim_start_matches("r#");
            let key = manifest::quoted(&target(wanted.name).spelt());
            format!("{key} = {}", manifest::quoted(ident))
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    report.push(
        Diagnostic::warning(&codes::RUST_NAMES, format!("some {whose} make no Rust names of their own"))
            .at(span, "declared here")
            .help(format!("these were chosen; put better ones into the manifest:\n[rename]\n{}", lines.join("\n"))),
    );
}

/// The generated types that are used.
#[derive(Default)]
struct Uses {
    idents: BTreeSet<String>,
    newtypes: BTreeMap<String, RustType>,
}

impl Uses {
    fn add(&mut self, ty: &RustType) {
        for (ident, inner) in newtypes(ty) {
            self.newtypes.insert(ident.to_owned(), inner.clone());
            self.add(inner);
        }
        self.idents.extend(ty.generated().map(str::to_owned));
    }
}
