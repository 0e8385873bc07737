//! PostgreSQL enums: a variant per label, and one for labels to come.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::print::{code, doc, docs, ident, marks, string, use_runtime};
use crate::emit::EmitError;
use crate::model::Enum;

pub(super) fn items(enums: &[Enum]) -> Result<Vec<TokenStream>, EmitError> {
    let mut items = vec![use_runtime()];
    for one in enums {
        items.extend(enum_items(one)?);
    }
    Ok(items)
}

fn enum_items(item: &Enum) -> Result<Vec<TokenStream>, EmitError> {
    let name = ident(&item.ident)?;
    let docs = docs(&item.docs, &format!("The enum {}.", code(&item.name.name)));
    let other = doc("A label that this code doesn't know.");
    let variants = item.variants.iter().map(|(variant, _)| ident(variant)).collect::<Result<Vec<_>, _>>()?;
    let marks = marks(&item.marks)?;
    let mut items = vec![
        quote! {
            #docs
            #marks
            pub enum #name {
                #(#variants,)*
                #other
                Other(Box<str>),
            }
        },
        pg_enum(item, &name, &variants, &quote!(Other)),
        quote!(v1::enum_value!(#name);),
    ];
    items.extend(item.serde.then(|| quote!(v1::enum_serde!(#name);)));
    Ok(items)
}

/// Labels and variants, these in the labels' order and one for labels to come.
pub(super) fn pg_enum(item: &Enum, name: &Ident, variants: &[Ident], other: &TokenStream) -> TokenStream {
    let labels: Vec<_> = item.variants.iter().map(|(_, label)| string(label)).collect();
    let (schema, pg_name) = (string(&item.name.schema), string(&item.name.name));
    quote! {
        impl v1::PgEnum for #name {
            const TYPE: (&'static str, &'static str) = (#schema, #pg_name);

            fn from_label(label: &str) -> Self {
                match label {
                    #(#labels => Self::#variants,)*
                    other => Self::#other(other.into()),
                }
            }
            fn label(&self) -> &str {
                match self {
                    #(Self::#variants => #labels,)*
                    Self::#other(label) => label,
                }
            }
        }
    }
}
