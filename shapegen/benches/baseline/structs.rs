//! The generated structs and enums with `Debug, Clone, PartialEq`, and nothing else.

use syn::{Item, parse_quote};

/// The files of a module that declares the same row types.
pub fn files(generated: &[(String, String)]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (name, text) in generated.iter().filter(|(name, _)| name != "client.rs") {
        let mut file = syn::parse_file(text).unwrap();
        file.items.retain_mut(keep);
        files.push((name.clone(), prettyplease::unparse(&file)));
    }
    files
}

fn keep(item: &mut Item) -> bool {
    match item {
        Item::Struct(item) => {
            item.attrs = vec![parse_quote!(#[derive(Debug, Clone, PartialEq)])];
            true
        }
        Item::Enum(item) => {
            item.attrs = vec![parse_quote!(#[derive(Debug, Clone, PartialEq)])];
            true
        }
        Item::Mod(item) => item.ident != "client",
        Item::Use(item) => !quote::quote!(#item).to_string().contains("client"),
        _ => false,
    }
}
