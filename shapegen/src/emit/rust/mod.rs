//! The Rust module: one file per shape, the enums, the client, and `mod.rs` over them.

mod client;
mod definition;
mod enums;
mod print;
mod shape;

use std::collections::BTreeMap;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::EmitError;
use crate::model::Model;
pub use print::File;
use print::ident;

/// The form of the code that is printed here: what `generated_for!` holds against the runtime.
const FORM: u32 = 1;

/// The files of the module by name, `mod.rs` among them, not printed yet.
///
/// # Errors
/// When a name in the model is no identifier, or two files have the same name.
pub fn files(model: &Model) -> Result<BTreeMap<String, File>, EmitError> {
    let mut files = Files::default();
    for shape in &model.shapes {
        let mut exports = vec![shape.row.as_str()];
        exports.extend(shape.key_struct.as_deref());
        exports.extend(shape.params_struct.as_deref());
        files.add(&shape.ident, &exports, shape::items(shape)?)?;
    }
    if !model.enums.is_empty() {
        let exports: Vec<&str> = model.enums.iter().map(|item| item.ident.as_str()).collect();
        files.add("enums", &exports, enums::items(&model.enums)?)?;
    }
    let session = (!model.session.values.is_empty()).then_some("Session");
    let exports: Vec<&str> = ["Client"].into_iter().chain(session).collect();
    files.add("client", &exports, client::items(model)?)?;
    files.finish()
}

/// The files so far, and what `mod.rs` says of them.
#[derive(Default)]
struct Files {
    by_name: BTreeMap<String, File>,
    modules: BTreeMap<String, (TokenStream, TokenStream)>,
}

impl Files {
    fn add(&mut self, module: &str, exports: &[&str], items: Vec<TokenStream>) -> Result<(), EmitError> {
        let name = ident(module)?;
        let mut exports = exports.to_vec();
        exports.sort_unstable();
        let exports = exports.into_iter().map(ident).collect::<Result<Vec<_>, _>>()?;
        // rustfmt would print some lines otherwise, and `build --check` would call that a difference.
        let module_item = quote! {
            #[allow(dead_code, missing_docs, reason = "a program uses a part of a generated API")]
            #[rustfmt::skip]
            mod #name;
        };
        let export = match exports.as_slice() {
            [one] => quote!(pub use #name::#one;),
            several => quote!(pub use #name::{#(#several),*};),
        };
        // `mod r#type;` is looked for in `type.rs`.
        let stem = module.strip_prefix("r#").unwrap_or(module);
        self.modules.insert(stem.to_owned(), (module_item, export));
        self.put(format!("{stem}.rs"), items)
    }

    fn finish(mut self) -> Result<BTreeMap<String, File>, EmitError> {
        let (modules, exports): (Vec<_>, Vec<_>) = std::mem::take(&mut self.modules).into_values().unzip();
        let form = Literal::u32_unsuffixed(FORM);
        let fits = quote!(::shapegen_runtime::generated_for!(#form););
        let items: Vec<TokenStream> = [fits].into_iter().chain(modules).chain(exports).collect();
        self.put("mod.rs".to_owned(), items)?;
        Ok(self.by_name)
    }

    fn put(&mut self, name: String, items: Vec<TokenStream>) -> Result<(), EmitError> {
        match self.by_name.insert(name.clone(), File::new(name.clone(), items)) {
            None => Ok(()),
            Some(_) => Err(EmitError::SameFile(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    fn printed(model: &Model) -> BTreeMap<String, String> {
        files(model).unwrap().into_iter().map(|(name, file)| (name, file.print().unwrap())).collect()
    }

    #[test]
    fn every_file_is_as_reviewed() {
        for (name, text) in printed(&fixture::model()) {
            fixture::snapshots().bind(|| insta::assert_snapshot!(name.as_str(), text));
        }
    }

    #[test]
    fn without_a_session_the_client_has_none() {
        let mut model = fixture::model();
        model.shapes = vec![fixture::notifications()];
        model.session = crate::model::Session::default();
        let client = &printed(&model)["client.rs"];
        assert!(client.contains("type Session = v1::NoSession;"), "{client}");
        assert!(!client.contains("struct Session"), "{client}");
    }

    #[test]
    fn a_second_run_prints_the_same_and_all_of_it_is_rust() {
        let first = printed(&fixture::model());
        assert_eq!(first, printed(&fixture::model()));
        for (name, text) in first {
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.lines().count() <= 250, "{name} is too long");
        }
    }

    #[test]
    fn two_shapes_of_one_name_are_an_error() {
        let mut model = fixture::model();
        model.shapes[1].ident = "client".to_owned();
        assert_eq!(files(&model).unwrap_err(), EmitError::SameFile("client.rs".to_owned()));
        model.shapes[1].ident = "no ident".to_owned();
        assert_eq!(files(&model).unwrap_err(), EmitError::Identifier("no ident".to_owned()));
    }

    #[test]
    fn a_header_tells_whether_a_file_is_current() {
        let before = files(&fixture::model()).unwrap();
        let mut model = fixture::model();
        model.shapes[1].docs = vec!["Something else.".to_owned()];
        let after = files(&model).unwrap();
        for (name, file) in &before {
            let there = file.print().unwrap();
            assert!(file.is_current(&there), "{name}");
            assert_eq!(after[name].is_current(&there), name != "livestreams.rs", "{name}");
            for edited in [there.replacen(';', ",", 1), there.clone() + "\n", String::new(), "// x".to_owned()] {
                assert!(!file.is_current(&edited), "{name}");
            }
            assert!(!file.is_current(&there.replace("Inputs: ", "Inputs: 0")), "{name}");
        }
    }
}
