//! `#[derive(ShapeEnum)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Variant};

use super::attribute::{self, Said, Value, Vocabulary};
use super::container::{self, Origins};
use super::document::Document;
use super::said::Voice;
use super::{Crate, compile_errors, inert, inputs, schema};
use crate::catalog::{EnumType, QualifiedName};
use crate::diagnostics::{Report, codes, listed, nearest};
use crate::emit::rust::{WrittenEnum, derived_enum};
use crate::manifest;
use crate::model::{Enum, Marks};
use crate::naming;
use crate::resolve::names;
use crate::source::{SourceMap, Span};

const VOCABULARY: Vocabulary =
    Vocabulary { of: "an enum", keys: &["type", "schema", "overrides", "manifest", "crate"], refused: &[] };

const OF_VARIANT: Vocabulary = Vocabulary { of: "a variant", keys: &["label", "other"], refused: &[] };

/// The code of `#[derive(ShapeEnum)]` for an enum, or errors at what is wrong with it.
pub fn shape_enum(input: TokenStream, of: &Crate) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Vec::new();
    let Said { entries, unreadable, .. } = attribute::read(&input.attrs, &VOCABULARY, &mut errors);
    let Data::Enum(data) = &input.data else {
        errors.push(syn::Error::new(input.ident.span(), "`ShapeEnum` is for enums: a row struct derives `Shape`"));
        return compile_errors(&errors);
    };
    if !input.generics.params.is_empty() {
        let message = "an enum of PostgreSQL has no parameters: it holds nothing but its label";
        errors.push(syn::Error::new_spanned(&input.generics.params, message));
        return compile_errors(&errors);
    }
    let runtime = container::runtime(&entries, &of.runtime, &mut errors);
    let enumeration = Enumeration { input: &input, entries: &entries, of, runtime: &runtime };
    match enumeration.code(data.variants.iter(), unreadable, &mut errors) {
        Some(code) if errors.is_empty() => code,
        _ => {
            let (errors, inert) = (compile_errors(&errors), inert::pg_enum(&input.ident, &runtime));
            quote!(#errors #inert)
        }
    }
}

/// A variant as it was written.
struct Named<'v> {
    ident: &'v Ident,
    /// Where it is not that of the variant's name.
    label: Option<LitStr>,
}

struct Enumeration<'e> {
    input: &'e DeriveInput,
    entries: &'e [attribute::Entry],
    of: &'e Crate,
    runtime: &'e TokenStream,
}

impl Enumeration<'_> {
    fn code<'v>(
        &self,
        variants: impl Iterator<Item = &'v Variant>,
        unreadable: bool,
        errors: &mut Vec<syn::Error>,
    ) -> Option<TokenStream> {
        let who = &self.input.ident;
        // What is missing may stand where nobody can read it.
        let mut missing = Vec::new();
        let origins = container::origins(self.entries, who, &mut missing);
        let named = container::text(self.entries, "type", errors);
        if container::find(self.entries, "type").is_none() {
            let message = format!("`{who}` names no enum of PostgreSQL\n= help: add it: `type = \"…\"`");
            missing.push(syn::Error::new(who.span(), message));
        }
        if !unreadable {
            errors.append(&mut missing);
        }
        let (variants, other) = self.variants(variants, errors);
        let (origins, named) = (origins?, named?);

        let mut document = Document::default();
        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let manifest = origins.write(self.entries, &mut document, errors);
        let file = sources.add(self.of.folder.join("shape"), document.text.as_str());
        let settings = match (manifest, &origins) {
            (Some(range), Origins::Manifest(path)) => {
                let path = self.of.folder.join(path.value());
                schema::settings(&path, Span::new(file, range), &mut sources, &mut report)
            }
            _ => {
                schema::no_settings(&mut sources);
                let settings = manifest::parse_settings(&sources, file, &mut report);
                settings.map(|settings| manifest::Manifest { place: manifest::Place::Struct, ..settings })
            }
        };
        let parsed = settings.and_then(|settings| schema::catalog(&settings, &mut sources, &mut report));
        sources.show_from(&self.of.folder);
        let voice =
            Voice { folder: &self.of.folder, who, file, document: &document, sources: &sources, named: origins.span() };
        errors.extend(voice.errors(report.diagnostics()));
        let parsed = parsed?;
        let catalog = &parsed.catalog;
        let Some((name, declared)) = names(&named.value()).find_map(|name| catalog.enums.get_key_value(&name)) else {
            let known: Vec<&str> = catalog.enums.keys().map(|name| name.name.as_str()).collect();
            let mut message = format!("the schema has no enum `{}` [{}]", named.value(), codes::SELECTOR.id);
            message.push_str(&match nearest(&named.value(), known.iter().copied()) {
                Some(near) => format!("\n= help: did you mean `{near}`?"),
                None if known.is_empty() => "\n= help: it declares no enum at all".to_owned(),
                None => format!("\n= help: it declares {}", listed(&known, "and")),
            });
            errors.push(syn::Error::new(named.span(), message));
            return None;
        };
        let variants = matched(name, declared, &variants, who, errors);
        let item = Enum {
            ident: who.to_string(),
            name: name.clone(),
            docs: Vec::new(),
            variants: variants.iter().map(|(variant, label)| (variant.to_string(), (*label).to_owned())).collect(),
            serde: false,
            marks: Marks::default(),
        };
        let written = WrittenEnum {
            ident: who,
            variants: variants.into_iter().map(|(variant, _)| variant.clone()).collect(),
            other: other?,
            runtime: self.runtime,
            inputs: &inputs(&sources, file),
        };
        Some(derived_enum(&item, &written))
    }

    /// The variants for labels, and the one for labels to come.
    fn variants<'v>(
        &self,
        variants: impl Iterator<Item = &'v Variant>,
        errors: &mut Vec<syn::Error>,
    ) -> (Vec<Named<'v>>, Option<&'v Ident>) {
        let (mut named, mut other, mut unsure) = (Vec::new(), None, false);
        for variant in variants {
            let (mut label, mut is_other) = (None, false);
            let said = attribute::read(&variant.attrs, &OF_VARIANT, errors);
            unsure |= said.unreadable;
            for entry in said.entries {
                match (entry.word().as_str(), entry.value) {
                    ("label", Value::Text(text)) => label = Some(text),
                    (_, Value::Wrong) => {}
                    ("other", value) => {
                        is_other = true;
                        if !matches!(value, Value::Nothing) {
                            let message = "`other` takes no value: write `#[shape(other)]`";
                            errors.push(syn::Error::new(entry.key.span(), message));
                        }
                    }
                    _ => errors.push(syn::Error::new(entry.key.span(), "`label` is a string: `label = \"…\"`")),
                }
            }
            let text = matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
            match (is_other, &variant.fields, &label) {
                (true, _, Some(label)) => {
                    let message = "the variant for labels to come has no label of its own\n= help: remove `label`";
                    errors.push(syn::Error::new(label.span(), message));
                    other = Some(&variant.ident);
                }
                (true, _, None) if !text => {
                    let message = format!("`{}` must hold the label: `{}(Box<str>)`", variant.ident, variant.ident);
                    errors.push(syn::Error::new(variant.ident.span(), message));
                    other = Some(&variant.ident);
                }
                (true, ..) if other.is_some() => {
                    errors.push(syn::Error::new(
                        variant.ident.span(),
                        "only one variant is for labels to come\n= help: remove this one",
                    ));
                }
                (true, ..) => other = Some(&variant.ident),
                (false, Fields::Unit, _) => named.push(Named { ident: &variant.ident, label }),
                (false, ..) => {
                    let message = format!("`{}` holds something, and a label of PostgreSQL nothing", variant.ident);
                    let help = "the variant for labels to come is marked: `#[shape(other)]`";
                    errors.push(syn::Error::new_spanned(variant, format!("{message}\n= help: {help}")));
                    named.push(Named { ident: &variant.ident, label });
                }
            }
        }
        // One that can't be read may be it.
        if other.is_none() && !unsure {
            let who = &self.input.ident;
            let message = format!("`{who}` has no place for a label that a newer server sends");
            let help = "add a variant for it: `#[shape(other)] Other(Box<str>)`";
            errors.push(syn::Error::new(who.span(), format!("{message}\n= help: {help}")));
        }
        (named, other)
    }
}

/// The variant of each label, in the labels' order.
fn matched<'v, 'c>(
    name: &QualifiedName,
    declared: &'c EnumType,
    variants: &[Named<'v>],
    who: &Ident,
    errors: &mut Vec<syn::Error>,
) -> Vec<(&'v Ident, &'c str)> {
    let labels: Vec<&str> = declared.labels.iter().map(String::as_str).collect();
    let given = naming::variants(&labels.iter().copied().map(naming::Wanted::from).collect::<Vec<_>>());
    let mut found: Vec<Option<&Ident>> = vec![None; labels.len()];
    for variant in variants {
        let ident = variant.ident.to_string();
        let at = match &variant.label {
            Some(label) => labels.iter().position(|known| *known == label.value()),
            None => given.iter().position(|given| given.ident == ident),
        };
        match at.map(|at| (at, found[at])) {
            Some((at, None)) => found[at] = Some(variant.ident),
            Some((at, Some(earlier))) => {
                let message = format!("`{ident}` and `{earlier}` are both the label `{}`", labels[at]);
                errors.push(syn::Error::new(variant.ident.span(), message));
            }
            None => {
                let (message, span, near) = match &variant.label {
                    Some(label) => {
                        let wrong = label.value();
                        let near = nearest(&wrong, labels.iter().copied());
                        (format!("the enum `{}` has no label `{wrong}`", name.name), label.span(), near)
                    }
                    None => {
                        let near = nearest(&ident, given.iter().map(|given| given.ident.as_str()));
                        (format!("the enum `{}` has no label for `{ident}`", name.name), variant.ident.span(), near)
                    }
                };
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its labels are {}", listed(&labels, "and")),
                };
                errors.push(syn::Error::new(span, format!("{message}\n= help: {help}")));
                // Nobody misses a label that was most likely meant.
                let meant = near.and_then(|near| {
                    labels.iter().zip(&given).position(|(label, given)| *label == near || given.ident == near)
                });
                if let Some(meant) = meant.and_then(|at| found.get_mut(at)) {
                    meant.get_or_insert(variant.ident);
                }
            }
        }
    }
    let missing: Vec<(&str, &naming::Given)> = labels
        .iter()
        .copied()
        .zip(&given)
        .zip(&found)
        .filter(|(_, found)| found.is_none())
        .map(|(missing, _)| missing)
        .collect();
    if !missing.is_empty() {
        let words: Vec<&str> = missing.iter().map(|(label, _)| *label).collect();
        let variants: Vec<String> = missing.iter().map(|(label, given)| variant_for(label, &given.ident)).collect();
        let plural = if missing.len() == 1 { "label" } else { "labels" };
        let message = format!("`{who}` has no variant for the {plural} {}", listed(&words, "and"));
        errors.push(syn::Error::new(who.span(), format!("{message}\n= help: add {}", variants.join(", "))));
    }
    found.into_iter().zip(labels).filter_map(|(variant, label)| Some((variant?, label))).collect()
}

/// A variant as it would be written: one whose name doesn't say the label says it beside.
fn variant_for(label: &str, ident: &str) -> String {
    let alone = naming::variants(&[naming::Wanted::from(label)]);
    if alone.iter().any(|alone| alone.ident == ident && !alone.doubtful) {
        format!("`{ident}`")
    } else {
        format!("`#[shape(label = {label:?})] {ident}`")
    }
}
