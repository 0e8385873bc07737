//! PostgreSQL composite types: a struct with a field for each attribute.

use proc_macro2::TokenStream;
use quote::quote;

use super::print::{code, docs, ident, marks, rust_type, use_runtime, use_super};
use crate::emit::EmitError;
use crate::model::Composite;

pub(super) fn items(composites: &[Composite]) -> Result<Vec<TokenStream>, EmitError> {
    let here = |name: &&str| composites.iter().any(|composite| composite.ident == *name);
    let types = composites.iter().flat_map(|composite| &composite.attributes);
    let types = types.filter_map(|attribute| attribute.ty.generated()).filter(|name| !here(name));
    let mut items = vec![use_runtime()];
    items.extend(use_super(types)?);
    for one in composites {
        items.extend(composite_items(one)?);
    }
    Ok(items)
}

fn composite_items(item: &Composite) -> Result<[TokenStream; 2], EmitError> {
    let name = ident(&item.ident)?;
    let docs = docs(&item.docs, &format!("The composite type {}.", code(&item.name.name)));
    let marks = marks(&item.marks)?;
    let fields = item.attributes.iter().map(|attribute| Ok((ident(&attribute.ident)?, rust_type(&attribute.ty)?)));
    let (fields, types): (Vec<_>, Vec<_>) = fields.collect::<Result<Vec<_>, EmitError>>()?.into_iter().unzip();
    Ok([
        quote! {
            #docs
            #marks
            pub struct #name {
                #(pub #fields: Option<#types>,)*
            }
        },
        quote!(v1::composite_value!(#name { #(#fields),* });),
    ])
}
