//! `#[derive(Shape)]`.

use std::sync::Arc;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, Generics};

use super::attribute::{self, Entry, Said};
use super::container::{self, Container};
use super::document::Document;
use super::field::{Field, Remarks};
use super::said::Voice;
use super::{Crate, compile_errors, inert, inputs, schema};
use crate::catalog::{BaseType, Catalog, Column, QualifiedName};
use crate::diagnostics::{Report, codes};
use crate::emit::EmitError;
use crate::emit::rust::{Check, Written, WrittenField, derived};
use crate::manifest::{self, Manifest};
use crate::model::{RustType, Shape};
use crate::resolve::resolve;
use crate::source::{FileId, SourceMap, Span as Place};

/// The code of `#[derive(Shape)]` for a struct, or errors at what is wrong with it.
pub fn shape(input: TokenStream, of: &Crate) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Vec::new();
    let Said { entries, unreadable, .. } = attribute::read(&input.attrs, &container::VOCABULARY, &mut errors);
    errors.extend(generics(&input.generics));
    let fields = fields(&input, &mut errors);
    let runtime = container::runtime(&entries, &of.runtime, &mut errors);
    let (own, mut known) = (fields.as_deref().unwrap_or_default(), None);
    let structure = Structure { input: &input, entries: &entries, fields: own, of, runtime: &runtime };
    if fields.is_some() && structure.says_something(unreadable, &mut errors) {
        match structure.code(unreadable, &mut known, &mut errors) {
            Some(code) if errors.is_empty() => return code,
            _ => {}
        }
    }
    let errors = compile_errors(&errors);
    // Generics and unions were refused, and would bring errors of the inert code alone.
    let inert = (input.generics.params.is_empty() && !matches!(input.data, Data::Union(_)))
        .then(|| structure.inert(known.as_ref()));
    quote!(#errors #inert)
}

fn generics(generics: &Generics) -> Option<syn::Error> {
    let (what, why) = match generics.params.first()? {
        syn::GenericParam::Lifetime(_) => (
            "lifetimes",
            "rows are kept, and handed out to whoever asks\n= help: own what it borrows: `String` instead of `&str`",
        ),
        syn::GenericParam::Type(_) | syn::GenericParam::Const(_) => {
            ("parameters", "its columns and their types are those of one table\n= help: write a struct for each type")
        }
    };
    Some(syn::Error::new_spanned(&generics.params, format!("a row struct has no {what}: {why}")))
}

/// The fields; `None` where there can be none.
fn fields(input: &DeriveInput, errors: &mut Vec<syn::Error>) -> Option<Vec<Field>> {
    let (place, message): (&dyn ToTokens, _) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => {
                let fields = named.named.iter().cloned();
                return Some(fields.filter_map(|field| Field::read(field, errors)).collect());
            }
            Fields::Unnamed(fields) => (fields, "`Shape` needs fields with names: a field is the column of its name"),
            Fields::Unit => (&input.ident, "`Shape` needs fields: a field is the column of its name"),
        },
        Data::Enum(data) => (&data.enum_token, "`Shape` is for structs: an enum of PostgreSQL derives `ShapeEnum`"),
        Data::Union(data) => (&data.union_token, "`Shape` is for structs: a row has all of its columns at once"),
    };
    errors.push(syn::Error::new_spanned(place, message));
    None
}

struct Structure<'s> {
    input: &'s DeriveInput,
    entries: &'s [Entry],
    fields: &'s [Field],
    of: &'s Crate,
    runtime: &'s TokenStream,
}

impl<'s> Structure<'s> {
    fn inert(&self, known: Option<&Shape>) -> TokenStream {
        let name = self.name(&mut Vec::new()).map(|(name, _)| name).unwrap_or_default();
        inert::shape(self.input, self.fields, self.entries, &name, known, self.runtime)
    }

    /// Whether there is anything to go by: a struct that says nothing at all is told all of it in one.
    fn says_something(&self, unreadable: bool, errors: &mut Vec<syn::Error>) -> bool {
        if !self.entries.is_empty() || unreadable || !errors.is_empty() {
            return true;
        }
        let row = &self.input.ident;
        let message = format!("`{row}` doesn't say what it is a row of [{}]", codes::MANIFEST_MISSING.id);
        let help = "say it in front of the struct: `#[shape(table = \"…\", schema = \"schema.sql\", scope = \"public\", \
                    change_frequency = \"low\")]`";
        errors.push(syn::Error::new(row.span(), format!("{message}\n= help: {help}")));
        false
    }

    /// The shape's name and where it was said: the table's where nothing else was.
    fn name(&self, errors: &mut Vec<syn::Error>) -> Option<(String, Span)> {
        let table = container::text(self.entries, "table", errors);
        let name = container::text(self.entries, "name", errors).or(table)?;
        Some((name.value(), name.span()))
    }

    /// The fields that are columns.
    fn columns(&self) -> impl Iterator<Item = &'s Field> + use<'s> {
        self.fields.iter().filter(|field| field.skip.is_none())
    }

    fn code(&self, unreadable: bool, known: &mut Option<Shape>, errors: &mut Vec<syn::Error>) -> Option<TokenStream> {
        let row = &self.input.ident;
        // What is missing may stand where nobody can read it.
        let mut missing = Vec::new();
        let origins = container::origins(self.entries, row, &mut missing);
        container::missing(self.entries, row, origins.as_ref(), &mut missing);
        if !unreadable {
            errors.append(&mut missing);
        }
        self.twice(errors);
        let (name, origins) = (self.name(errors)?, origins?);
        let mut document = Document::default();
        let container = Container { entries: self.entries, row, name, fields: self.fields, origins: &origins };
        let manifest = container.write(&mut document, errors);
        let remarks: Vec<Remarks> = self.columns().map(|field| field.remark(&mut document)).collect();

        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let file = sources.add(self.of.folder.join("shape"), document.text.as_str());
        let model = self.resolved(manifest, file, &remarks, &mut sources, &mut report, known);
        sources.show_from(&self.of.folder);
        let named = origins.span();
        let voice = Voice { folder: &self.of.folder, who: row, file, document: &document, sources: &sources, named };
        errors.extend(voice.errors(report.diagnostics()));
        let (shape, parsed) = model?;
        if report.has_errors() {
            return None;
        }
        let warnings = voice.warnings(report.diagnostics(), &self.input.attrs);
        match self.emitted(&shape, &parsed.catalog, &inputs(&sources, file)) {
            Ok(code) => Some(quote!(#code #warnings)),
            Err(error) => {
                let message = format!("{error}: this is a defect of shapegen, please report it with the struct");
                errors.push(syn::Error::new(row.span(), message));
                None
            }
        }
    }

    /// The one shape, and the schema that it is of.
    fn resolved(
        &self,
        manifest: Option<std::ops::Range<usize>>,
        file: FileId,
        remarks: &[Remarks],
        sources: &mut SourceMap,
        report: &mut Report,
        known: &mut Option<Shape>,
    ) -> Option<(Shape, Arc<schema::Parsed>)> {
        let (settings, parsed) = match manifest {
            Some(range) => {
                let path = container::text(self.entries, "manifest", &mut Vec::new())?;
                let place = Place::new(file, range);
                let settings = schema::settings(&self.of.folder.join(path.value()), place, sources, report)?;
                let parsed = schema::catalog(&settings, sources, report);
                (Some(settings), parsed)
            }
            None => {
                schema::no_settings(sources);
                (None, None)
            }
        };
        let named = settings.is_some();
        let mut manifest = manifest::parse_derived(sources, file, settings, report)?;
        let fields = self.columns().zip(remarks).map(|(field, remarks)| field.in_manifest(remarks, file));
        manifest.shapes.first_mut()?.fields = Some(fields.collect());
        let parsed = if named { parsed } else { schema::catalog(&manifest, sources, report) }?;
        let Some(model) = resolve(&manifest, &parsed.catalog, sources, report) else {
            *known = without_errors(manifest, &parsed.catalog, sources, report);
            return None;
        };
        Some((model.shapes.into_iter().next()?, parsed))
    }

    fn emitted(&self, shape: &Shape, catalog: &Catalog, inputs: &[String]) -> Result<TokenStream, EmitError> {
        let columns = catalog.tables.get(&shape.table).map(|table| table.columns.as_slice()).unwrap_or_default();
        let (mut fields, mut checks) = (Vec::with_capacity(shape.fields.len()), Vec::new());
        for field in &shape.fields {
            let Some(own) = self.columns().find(|own| own.column().0 == field.column) else { continue };
            let (ty, span) = (&own.ty, own.ty_spans().0);
            let of_rule = field.ty.codec().map(str::parse).transpose();
            let of_rule = of_rule.map_err(|_| EmitError::Identifier(field.ident.clone()))?;
            fields.push(WrittenField {
                ident: own.ident.clone(),
                ty: quote!(#ty),
                span,
                with: own.with.as_ref().map(|(_, path)| quote!(#path)).or(of_rule),
                default: own.default.is_some(),
            });
            let declared = columns.iter().find(|column| column.name == field.column);
            if let Some((path, check)) = check(&field.ty, declared, catalog) {
                let ty = path.parse().map_err(|_| EmitError::Identifier(path.to_owned()))?;
                checks.push((check, ty, span));
            }
        }
        let (visibility, skipped) = (&self.input.vis, self.fields.iter().filter(|own| own.skip.is_some()));
        let written = Written {
            row: &self.input.ident,
            visibility: quote!(#visibility),
            fields,
            skipped: skipped.map(|own| own.ident.clone()).collect(),
            runtime: self.runtime,
            checks,
            inputs,
        };
        derived(shape, &written)
    }

    /// Two fields of one column.
    fn twice(&self, errors: &mut Vec<syn::Error>) {
        let columns: Vec<&Field> = self.columns().collect();
        for (at, field) in columns.iter().enumerate() {
            let (column, span) = field.column();
            if let Some(earlier) = columns[..at].iter().find(|earlier| earlier.column().0 == column) {
                let (this, other) = (field.ident.unraw(), earlier.ident.unraw());
                let message = format!("`{this}` is the column `{column}`, and so is `{other}`");
                errors.push(syn::Error::new(
                    span,
                    format!("{message}\n= help: a field of no column is `#[shape(skip)]`"),
                ));
            }
        }
    }
}

/// The shape as it would be without what is wrong, as far as that can be told: its key and its parameters are used.
fn without_errors(mut manifest: Manifest, catalog: &Catalog, sources: &SourceMap, report: &Report) -> Option<Shape> {
    let wrong: Vec<Place> = report.diagnostics().iter().filter_map(|one| Some(one.primary.as_ref()?.0)).collect();
    let entry = manifest.shapes.first_mut()?;
    for field in entry.fields.iter_mut().flatten() {
        field.secret = None;
    }
    if let Some(fields) = &mut entry.fields {
        fields.retain(|field| {
            let places = [Some(field.ty.span), field.json, field.default, field.with.as_ref().map(|with| with.span)];
            places.into_iter().flatten().all(|place| !wrong.contains(&place))
        });
    }
    (entry.columns, entry.secret, entry.finders) = (None, Vec::new(), Vec::new());
    let resolved = |manifest: &Manifest| {
        let model = resolve(manifest, catalog, sources, &mut Report::default())?;
        model.shapes.into_iter().next()
    };
    if let Some(shape) = resolved(&manifest) {
        return Some(shape);
    }
    manifest.shapes.first_mut()?.condition = None;
    resolved(&manifest)
}

/// The type of the program that a type is made of, and what it must be.
fn check<'t>(ty: &'t RustType, column: Option<&Column>, catalog: &Catalog) -> Option<(&'t str, Check)> {
    match ty {
        RustType::Enum(path) => Some((path, Check::Enum(enum_of(column?, catalog)?))),
        RustType::Composite(path) => Some((path, Check::Composite)),
        RustType::Newtype { ident, .. } => Some((ident, Check::Newtype)),
        other => check(other.inner()?, column, catalog),
    }
}

/// The enum that a column is of, below domains.
fn enum_of(column: &Column, catalog: &Catalog) -> Option<QualifiedName> {
    let mut base = &column.data_type.base;
    while let BaseType::Domain(name) = base {
        base = &catalog.domains.get(name)?.base.base;
    }
    match base {
        BaseType::Enum(name) => Some(name.clone()),
        _ => None,
    }
}
