//! What a struct gets when something is wrong with it, so that its uses bring no errors of their own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Ident, Type};

use super::attribute::Entry;
use super::field::Field;
use crate::naming::{self, Names};

/// An implementation of `Shape` that never runs, with constants for all fields and the parameters as far as they can be
/// guessed.
pub(super) fn shape(
    input: &DeriveInput,
    fields: &[Field],
    container: &[Entry],
    name: &str,
    runtime: &TokenStream,
) -> TokenStream {
    let (row, visibility) = (&input.ident, &input.vis);
    let key: Vec<&Field> = fields.iter().filter(|field| field.key.is_some()).collect();
    let id = fields.iter().find(|field| field.ident == "id");
    let key_type = match (key.as_slice(), id) {
        ([only], _) => only.ty.clone(),
        ([], Some(id)) => id.ty.clone(),
        _ => Type::Verbatim(quote!(())),
    };
    let idents: Vec<String> = fields.iter().map(|field| field.ident.to_string()).collect();
    let constants = naming::constants(&idents.iter().map(String::as_str).collect::<Vec<_>>());
    let constants = fields.iter().zip(constants).map(|(field, constant)| {
        let (constant, ident, ty) = (Ident::new(&constant, field.ident.span()), &field.ident, &field.ty);
        quote!(pub const #constant: _shapegen::Index<Self, #ty> = _shapegen::Index::new("", |row| &row.#ident);)
    });
    let caller = container.iter().find(|entry| entry.is("caller")).and_then(|entry| entry.entries().ok());
    let (params, params_struct) = match caller {
        Some(caller) if !caller.is_empty() => {
            let camel = naming::camel(name);
            let mut names = Names::reserving([row.to_string().as_str()]);
            let params = Ident::new(&names.take_first(&[camel.clone(), format!("{camel}Params")]), row.span());
            let bound = caller.iter().map(|Entry { key, .. }| {
                let field = fields.iter().find(|field| field.ident == *key).map(|field| &field.ty);
                match field {
                    Some(ty) => quote!(pub #key: #ty),
                    None => quote!(pub #key: ::std::string::String),
                }
            });
            let declared = quote! {
                #[allow(missing_docs, reason = "errors come first")]
                #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
                #visibility struct #params { #(#bound,)* }
            };
            (quote!(#params), declared)
        }
        _ => (quote!(()), TokenStream::new()),
    };
    let encoded = (!params_struct.is_empty()).then(|| {
        quote! {
            impl _shapegen::ShapeParams for #params {
                fn encode<'a>(&'a self, _: &mut _shapegen::Encoder<'a>) {}
            }
        }
    });
    quote! {
        #params_struct
        const _: () = {
            use #runtime::__private::v1 as _shapegen;
            #encoded
            #[allow(dead_code, missing_docs, reason = "errors come first")]
            impl #row { #(#constants)* }
            impl _shapegen::Shape for #row {
                type Key = #key_type;
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
