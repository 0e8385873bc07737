//! What a struct gets when something is wrong with it, so that its uses bring no errors of their own.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Ident};

use super::attribute::Entry;
use super::field::Field;
use crate::emit::rust::{Beside, beside};
use crate::model::Shape;
use crate::naming::{self, Names};

/// An implementation of `Shape` that never runs, with constants for all fields. Key and parameters are those of the shape
/// where it is known what it would be, and guesses otherwise.
pub(super) fn shape(
    input: &DeriveInput,
    fields: &[Field],
    container: &[Entry],
    name: &str,
    known: Option<&Shape>,
    runtime: &TokenStream,
) -> TokenStream {
    let (row, visibility) = (&input.ident, &input.vis);
    let idents: Vec<String> = fields.iter().map(|field| field.ident.to_string()).collect();
    let constants = naming::constants(&idents.iter().map(String::as_str).collect::<Vec<_>>());
    let constants = fields.iter().zip(constants).map(|(field, constant)| {
        let (constant, ident, ty) = (Ident::new(&constant, field.ident.span()), &field.ident, &field.ty);
        quote!(pub const #constant: _shapegen::Index<Self, #ty> = _shapegen::Index::new("", |row| &row.#ident);)
    });
    let own = |column: &str| {
        let field = fields.iter().find(|field| field.skip.is_none() && field.column().0 == column)?;
        let ty = &field.ty;
        Some((field.ident.clone(), quote!(#ty)))
    };
    let known = known.and_then(|shape| beside(shape, row, &quote!(#visibility), &own, runtime).ok());
    let Beside { structs, key, params } = known.unwrap_or_else(|| guessed(input, fields, container, name));
    let encoded = params.as_ref().map(|params| {
        quote! {
            impl _shapegen::ShapeParams for #params {
                fn encode<'a>(&'a self, _: &mut _shapegen::Encoder<'a>) {}
            }
        }
    });
    let params = params.map_or_else(|| quote!(()), |params| quote!(#params));
    quote! {
        #structs
        const _: () = {
            use #runtime::__private::v1 as _shapegen;
            #encoded
            #[allow(dead_code, missing_docs, reason = "errors come first")]
            impl #row { #(#constants)* }
            impl _shapegen::Shape for #row {
                type Key = #key;
                type Params = #params;
                const DEFINITION: &'static _shapegen::ShapeDefinition = _shapegen::INERT;
                fn key(&self) -> Self::Key { loop {} }
                fn decode_key(_: &_shapegen::Columns<'_>) -> ::core::result::Result<Self::Key, _shapegen::ColumnError> { loop {} }
                fn decode(_: &mut _shapegen::Columns<'_>) -> ::core::result::Result<Self, _shapegen::ColumnError> { loop {} }
                fn merge(&mut self, _: &mut _shapegen::Columns<'_>) -> ::core::result::Result<(), _shapegen::ColumnError> { loop {} }
                fn encode<'a>(&'a self, _: &mut _shapegen::Encoder<'a>) {}
                fn encode_key<'a>(_: &'a Self::Key, _: &mut _shapegen::Encoder<'a>) {}
            }
        };
    }
}

/// What the words of a struct tell of its key and its parameters.
fn guessed(input: &DeriveInput, fields: &[Field], container: &[Entry], name: &str) -> Beside {
    let (row, visibility) = (&input.ident, &input.vis);
    let marked: Vec<&Field> = fields.iter().filter(|field| field.key.is_some()).collect();
    let id = fields.iter().find(|field| field.column().0 == "id");
    let mut structs = TokenStream::new();
    let key = match marked.as_slice() {
        [] => id.map_or_else(|| quote!(()), |id| id.ty.to_token_stream()),
        [only] => only.ty.to_token_stream(),
        several => {
            let name = format_ident!("{row}Key");
            let parts = several.iter().map(|Field { ident, ty, .. }| quote!(pub #ident: #ty));
            structs.extend(quote! {
                #[allow(missing_docs, reason = "errors come first")]
                #[derive(
                    ::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash,
                    ::core::cmp::PartialOrd, ::core::cmp::Ord
                )]
                #visibility struct #name { #(#parts,)* }
            });
            quote!(#name)
        }
    };
    let caller = container.iter().find(|entry| entry.is("caller")).and_then(|entry| entry.entries().ok());
    let mut bound: Vec<Ident> = Vec::new();
    for entry in caller.into_iter().flatten() {
        let word = entry.word();
        if !naming::is_keyword(&word) && bound.iter().all(|earlier| *earlier != word) {
            bound.push(Ident::new(&word, entry.key.span()));
        }
    }
    let params = (!bound.is_empty()).then(|| {
        let camel = naming::camel(name);
        let mut names = Names::reserving([row.to_string().as_str()]);
        let params = Ident::new(&names.take_first(&[camel.clone(), format!("{camel}Params")]), row.span());
        let bound = bound.iter().map(|name| match fields.iter().find(|field| field.ident == *name) {
            Some(Field { ty, .. }) => quote!(pub #name: #ty),
            None => quote!(pub #name: ::std::string::String),
        });
        structs.extend(quote! {
            #[allow(missing_docs, reason = "errors come first")]
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
            #visibility struct #params { #(#bound,)* }
        });
        params
    });
    Beside { structs, key, params }
}

/// An implementation of what enums have, that never runs.
pub(super) fn pg_enum(name: &Ident, runtime: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            use #runtime::__private::v1 as _shapegen;
            impl _shapegen::PgEnum for #name {
                const TYPE: (&'static str, &'static str) = ("", "");
                fn from_label(_: &str) -> Self { loop {} }
                fn label(&self) -> &str { "" }
            }
            _shapegen::enum_value!(#name);
        };
    }
}
