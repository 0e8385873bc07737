//! The place of `#[derive(Shape)]`.

use std::path::PathBuf;

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use shapegen::derive::Crate;

/// A struct's shape.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn shape(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    shapegen::derive::shape(input.into(), &this_crate()).into()
}

/// An enum of PostgreSQL.
#[proc_macro_derive(ShapeEnum, attributes(shape))]
pub fn shape_enum(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    shapegen::derive::shape_enum(input.into(), &this_crate()).into()
}

/// The crate that is being compiled.
fn this_crate() -> Crate {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    Crate { folder, runtime: runtime() }
}

/// The runtime by the name that the crate's dependencies give it.
fn runtime() -> TokenStream {
    match crate_name("shapegen-runtime") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // Where it isn't found, the compiler says what is missing.
        Ok(FoundCrate::Itself) | Err(_) => quote!(::shapegen_runtime),
    }
}
