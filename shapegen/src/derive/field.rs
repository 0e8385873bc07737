//! The fields of a struct: which column each is for, and of which type.

use std::ops::Range;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Ident, LitStr, Path, Type};

use super::attribute::{self, Entry, Value, Vocabulary, compact};
use super::document::{Document, Origin};
use crate::manifest::{StructField, WrittenType};
use crate::source::{FileId, Span as Place, Spanned};

const VOCABULARY: Vocabulary =
    Vocabulary { of: "a field", keys: &["key", "column", "json", "with", "skip", "default", "secret"], refused: &[] };

/// Where a document says what of a field.
pub(super) struct Remarks {
    column: Range<usize>,
    ty: Range<usize>,
    with: Option<Range<usize>>,
    json: Option<Range<usize>>,
    default: Option<Range<usize>>,
    secret: Option<Range<usize>>,
}

/// A field and its attributes.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: Vec<String>,
    /// The column where it is not the field's name.
    pub(super) column: Option<LitStr>,
    pub(super) with: Option<(LitStr, Path)>,
    pub(super) key: Option<Span>,
    pub(super) json: Option<Span>,
    pub(super) skip: Option<Span>,
    pub(super) default: Option<Span>,
    pub(super) secret: Option<Span>,
    /// Its attributes say something that can't be understood: which column it is for is not sure.
    pub(super) doubtful: bool,
}

impl Field {
    pub(super) fn read(field: syn::Field, errors: &mut Vec<syn::Error>) -> Option<Self> {
        let mut this = Self {
            ident: field.ident?,
            ty: field.ty,
            docs: attribute::docs(&field.attrs),
            column: None,
            with: None,
            key: None,
            json: None,
            skip: None,
            default: None,
            secret: None,
            doubtful: false,
        };
        let said = attribute::read(&field.attrs, &VOCABULARY, errors);
        this.doubtful = said.unreadable || said.unknown;
        for entry in said.entries {
            if let Err(error) = this.entry(entry) {
                this.doubtful = true;
                errors.push(error);
            }
        }
        if let Some(skip) = this.skip {
            let others = [this.key, this.json, this.default, this.secret, this.column.as_ref().map(LitStr::span)];
            if others.iter().any(Option::is_some) || this.with.is_some() {
                let message = "a skipped field is no column, so nothing else can be said of it";
                errors.push(syn::Error::new(skip, format!("{message}\n= help: remove `skip`, or the rest")));
            }
        }
        if let (Some(json), Some(_)) = (this.json, &this.with) {
            let message =
                "`json` and `with` exclude each other: the module reads the column\n= help: remove one of them";
            errors.push(syn::Error::new(json, message));
        }
        Some(this)
    }

    fn entry(&mut self, Entry { key, value }: Entry) -> syn::Result<()> {
        let span = key.span();
        let word = key.to_string();
        let flag = match word.as_str() {
            "key" => &mut self.key,
            "json" => &mut self.json,
            "skip" => &mut self.skip,
            "default" => &mut self.default,
            "secret" => &mut self.secret,
            "column" | "with" => {
                let text = match value {
                    Value::Text(text) => text,
                    Value::Wrong => return Ok(()),
                    _ => return Err(syn::Error::new(span, format!("`{word}` is a string: `{word} = \"…\"`"))),
                };
                if word == "column" {
                    self.column = Some(text);
                } else {
                    let path = text.parse_with(Path::parse_mod_style).map_err(|_| {
                        let message =
                            format!("`{}` is not the path of a module: write it as `crate::codec::inet`", text.value());
                        syn::Error::new(text.span(), message)
                    })?;
                    self.with = Some((text, path));
                }
                return Ok(());
            }
            // Every other one was reported.
            _ => return Ok(()),
        };
        *flag = Some(span);
        match value {
            Value::Nothing | Value::Wrong => Ok(()),
            _ => Err(syn::Error::new(span, format!("`{word}` takes no value: write `#[shape({word})]`"))),
        }
    }

    /// The column's name and where it was written.
    pub(super) fn column(&self) -> (String, Span) {
        match &self.column {
            Some(column) => (column.value(), column.span()),
            None => (syn::ext::IdentExt::unraw(&self.ident).to_string(), self.ident.span()),
        }
    }

    /// Writes down what is said of the column, for diagnostics to point at.
    pub(super) fn remark(&self, document: &mut Document) -> Remarks {
        let (first, last) = self.ty_spans();
        let (name, span) = self.column();
        let column = document.remark(&name, span);
        let ty = document.remark(&written(&self.ty).to_string(), Origin::Tokens(first, last));
        let mut flag = |word: &str, span: Option<Span>| span.map(|span| document.remark(word, span));
        Remarks {
            column,
            with: flag("with", self.with.as_ref().map(|(text, _)| text.span())),
            json: flag("json", self.json),
            default: flag("default", self.default),
            secret: flag("secret", self.secret),
            ty,
        }
    }

    /// The field as the rules see it.
    pub(super) fn in_manifest(&self, remarks: &Remarks, file: FileId) -> StructField {
        let at = |range: &Range<usize>| Place::new(file, range.clone());
        StructField {
            ident: self.ident.to_string(),
            docs: self.docs.clone(),
            column: Spanned::new(self.column().0, at(&remarks.column)),
            ty: Spanned::new(written(&self.ty), at(&remarks.ty)),
            with: self
                .with
                .as_ref()
                .zip(remarks.with.as_ref())
                .map(|((text, _), range)| Spanned::new(text.value(), at(range))),
            json: remarks.json.as_ref().map(at),
            default: remarks.default.as_ref().map(at),
            secret: remarks.secret.as_ref().map(at),
        }
    }

    /// The first and the last token of the type.
    pub(super) fn ty_spans(&self) -> (Span, Span) {
        ends(self.ty.to_token_stream())
    }

    /// `Secret<…>`, in an `Option` or not.
    pub(super) fn is_redacted(&self) -> bool {
        let written = written(&self.ty);
        written.around("Option").unwrap_or(&written).word == "Secret"
    }
}

/// The places of the first and the last token.
pub(super) fn ends(tokens: TokenStream) -> (Span, Span) {
    let mut spans = tokens.into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// What the words of a type tell.
pub(super) fn written(ty: &Type) -> WrittenType {
    match ty {
        Type::Group(group) => return written(&group.elem),
        Type::Paren(paren) => return written(&paren.elem),
        Type::Path(path) if path.qself.is_none() => {
            if let Some(last) = path.path.segments.last() {
                let word = last.ident.to_string();
                let arguments: Option<Vec<WrittenType>> = match &last.arguments {
                    syn::PathArguments::None => Some(Vec::new()),
                    syn::PathArguments::AngleBracketed(list) => {
                        let types = list.args.iter().map(|argument| match argument {
                            syn::GenericArgument::Type(ty) => Some(written(ty)),
                            _ => None,
                        });
                        types.collect()
                    }
                    syn::PathArguments::Parenthesized(_) => None,
                };
                if let Some(arguments) = arguments {
                    let mut bare = path.path.clone();
                    if let Some(last) = bare.segments.last_mut() {
                        last.arguments = syn::PathArguments::None;
                    }
                    return WrittenType { text: compact(bare.to_token_stream()), word, arguments };
                }
            }
        }
        _ => {}
    }
    WrittenType { text: compact(ty.to_token_stream()), word: String::new(), arguments: Vec::new() }
}
