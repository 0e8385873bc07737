//! Newtypes that the manifest asks for: a struct around one value.

use proc_macro2::TokenStream;
use quote::quote;

use super::print::{code, doc, ident, marks, rust_type, use_runtime, use_super};
use crate::emit::EmitError;
use crate::model::{Newtype, RustType};

pub(super) fn items(newtypes: &[Newtype]) -> Result<Vec<TokenStream>, EmitError> {
    let types = newtypes.iter().filter_map(|newtype| RustType::generated(&newtype.inner));
    let mut items = vec![use_runtime()];
    items.extend(use_super(types)?);
    for one in newtypes {
        items.extend(newtype_items(one)?);
    }
    Ok(items)
}

fn newtype_items(item: &Newtype) -> Result<[TokenStream; 3], EmitError> {
    let (name, inner) = (ident(&item.ident)?, rust_type(&item.inner)?);
    let docs = doc(&format!("A value of {}.", code(&item.of)));
    let marks = marks(&item.marks)?;
    Ok([
        quote! {
            #docs
            #marks
            pub struct #name(pub #inner);
        },
        quote! {
            impl From<#inner> for #name {
                fn from(value: #inner) -> Self {
                    Self(value)
                }
            }
        },
        quote!(v1::newtype_value!(#name);),
    ])
}
