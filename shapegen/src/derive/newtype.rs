//! `#[derive(ShapeNewtype)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use super::attribute::{self, Said, Vocabulary};
use super::{Crate, compile_errors, container};
use crate::emit::rust::derived_newtype;

const VOCABULARY: Vocabulary = Vocabulary { of: "a newtype", keys: &["crate"], refused: &[] };

/// The code of `#[derive(ShapeNewtype)]` for a struct around one value, or errors at what is wrong with it.
pub fn shape_newtype(input: TokenStream, of: &Crate) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Vec::new();
    let Said { entries, .. } = attribute::read(&input.attrs, &VOCABULARY, &mut errors);
    if !input.generics.params.is_empty() {
        let message = "a newtype has no parameters: it is around a value of one type";
        errors.push(syn::Error::new_spanned(&input.generics.params, message));
    }
    let inner = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first().map(|field| &field.ty),
            _ => None,
        },
        _ => None,
    };
    if inner.is_none() {
        let name = &input.ident;
        let message = format!("a newtype is a struct around one value: `struct {name}(Uuid);`");
        errors.push(syn::Error::new(name.span(), message));
    }
    let runtime = container::runtime(&entries, &of.runtime, &mut errors);
    let errors = compile_errors(&errors);
    // Also after an error, so that its uses bring none of their own.
    let code = inner
        .filter(|_| input.generics.params.is_empty())
        .map(|inner| derived_newtype(&input.ident, &quote!(#inner), &runtime));
    quote!(#errors #code)
}
