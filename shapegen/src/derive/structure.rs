//! `#[derive(Shape)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Fields, Generics};

use super::attribute::{self, Entry};
use super::container::{self, Container};
use super::document::Document;
use super::field::{Field, Remarks};
use super::said::Voice;
use super::{Crate, compile_errors, inert, inputs, schema};
use crate::catalog::{BaseType, Catalog, Column, QualifiedName};
use crate::diagnostics::{Report, Severity};
use crate::emit::EmitError;
use crate::emit::rust::{Check, Written, WrittenField, derived};
use crate::manifest;
use crate::model::{RustType, Shape};
use crate::resolve::resolve;
use crate::source::{FileId, SourceMap};

/// The code of `#[derive(Shape)]` for a struct, or errors at what is wrong with it.
pub fn shape(input: TokenStream, of: &Crate) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Vec::new();
    let entries = attribute::read(&input.attrs, &mut errors);
    errors.extend(generics(&input.generics));
    let Some(fields) = fields(&input, &mut errors) else { return compile_errors(&errors) };
    let runtime = container::runtime(&entries, &of.runtime, &mut errors);
    let structure = Structure { input: &input, entries: &entries, fields: &fields, of, runtime: &runtime };
    match structure.code(&mut errors) {
        Some(code) if errors.is_empty() => code,
        _ => {
            let errors = compile_errors(&errors);
            // Generics were refused, and would bring errors of the inert code alone.
            let inert = input.generics.params.is_empty().then(|| structure.inert());
            quote!(#errors #inert)
        }
    }
}

fn generics(generics: &Generics) -> Option<syn::Error> {
    let (what, why) = match generics.params.first()? {
        syn::GenericParam::Lifetime(_) => ("lifetimes", "rows are kept, and handed out to whoever asks"),
        syn::GenericParam::Type(_) | syn::GenericParam::Const(_) => {
            ("parameters", "its columns and their types are those of one table")
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
        Data::Union(data) => (&data.union_token, "`Shape` is for structs"),
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
    fn inert(&self) -> TokenStream {
        let name = self.name(&mut Vec::new()).map(|(name, _)| name).unwrap_or_default();
        inert::shape(self.input, self.fields, self.entries, &name, self.runtime)
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

    fn code(&self, errors: &mut Vec<syn::Error>) -> Option<TokenStream> {
        let row = &self.input.ident;
        let origins = container::origins(self.entries, row, errors);
        if container::find(self.entries, "table").is_none() {
            let message = format!("`{row}` names no table\n= help: add it: `#[shape(table = \"…\", …)]`");
            errors.push(syn::Error::new(row.span(), message));
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
        let model = self.resolved(manifest, file, &remarks, &mut sources, &mut report);
        sources.show_from(&self.of.folder);
        let named = origins.span();
        let voice = Voice { folder: &self.of.folder, who: row, file, document: &document, sources: &sources, named };
        let failed = report.diagnostics().iter().filter(|one| one.severity == Severity::Error);
        errors.extend(failed.filter_map(|one| voice.error(one)));
        let (shape, parsed) = model?;
        if report.has_errors() {
            return None;
        }
        let warnings = voice.warnings(report.diagnostics());
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
    ) -> Option<(Shape, std::sync::Arc<schema::Parsed>)> {
        let (settings, parsed) = match manifest {
            Some(range) => {
                let path = container::text(self.entries, "manifest", &mut Vec::new())?;
                let place = crate::source::Span::new(file, range);
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
        let model = resolve(&manifest, &parsed.catalog, sources, report)?;
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
