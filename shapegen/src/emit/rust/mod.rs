//! The Rust module: one file per shape, the enums, the client, and `mod.rs` over them.

mod client;
mod definition;
mod enums;
mod print;
mod shape;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::EmitError;
use crate::model::{Model, Shape};
use print::ident;

/// The form of the code that is printed here: what `generated_for!` holds against the runtime.
const FORM: u32 = 1;

/// The files of the module by name, `mod.rs` among them.
///
/// # Errors
/// When a name in the model is no identifier, or two files have the same name.
pub fn files(model: &Model) -> Result<BTreeMap<String, String>, EmitError> {
    let mut files = Files::default();
    for (shape, text) in model.shapes.iter().zip(shape_files(&model.shapes)) {
        let mut exports = vec![shape.row.as_str()];
        exports.extend(shape.key_struct.as_deref());
        exports.extend(shape.params_struct.as_deref());
        files.add(&shape.ident, &exports, text?)?;
    }
    if !model.enums.is_empty() {
        let exports: Vec<&str> = model.enums.iter().map(|item| item.ident.as_str()).collect();
        files.add("enums", &exports, print::file(&file_name("enums"), &enums::items(&model.enums)?)?)?;
    }
    let session = (!model.session.values.is_empty()).then_some("Session");
    let exports: Vec<&str> = ["Client"].into_iter().chain(session).collect();
    files.add("client", &exports, print::file(&file_name("client"), &client::items(model)?)?)?;
    files.finish()
}

/// The text of each shape's file, in order. Printing is what most of a build's time goes into, so all cores do it.
fn shape_files(shapes: &[Shape]) -> Vec<Result<String, EmitError>> {
    let text = |shape: &Shape| print::file(&file_name(&shape.ident), &shape::items(shape)?);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let parts = shapes.chunks(shapes.len().div_ceil(cores).max(1));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(text).collect::<Vec<_>>())).collect();
        // A panic goes on in the thread that waits.
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        threads.into_iter().flat_map(join).collect()
    })
}

/// `mod r#type;` is looked for in `type.rs`.
fn file_name(module: &str) -> String {
    format!("{}.rs", module.strip_prefix("r#").unwrap_or(module))
}

/// The files so far, and what `mod.rs` says of them.
#[derive(Default)]
struct Files {
    by_name: BTreeMap<String, String>,
    modules: BTreeMap<String, (TokenStream, TokenStream)>,
}

impl Files {
    fn add(&mut self, module: &str, exports: &[&str], text: String) -> Result<(), EmitError> {
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
        let file = file_name(module);
        self.modules.insert(file.clone(), (module_item, export));
        self.put(file, text)
    }

    fn finish(mut self) -> Result<BTreeMap<String, String>, EmitError> {
        let (modules, exports): (Vec<_>, Vec<_>) = std::mem::take(&mut self.modules).into_values().unzip();
        let form = Literal::u32_unsuffixed(FORM);
        let fits = quote!(::shapegen_runtime::generated_for!(#form););
        let items: Vec<TokenStream> = [fits].into_iter().chain(modules).chain(exports).collect();
        self.put("mod.rs".to_owned(), print::file("mod.rs", &items)?)?;
        Ok(self.by_name)
    }

    fn put(&mut self, name: String, text: String) -> Result<(), EmitError> {
        match self.by_name.insert(name.clone(), text) {
            None => Ok(()),
            Some(_) => Err(EmitError::SameFile(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    #[test]
    fn every_file_is_as_reviewed() {
        for (name, text) in files(&fixture::model()).unwrap() {
            fixture::snapshots().bind(|| insta::assert_snapshot!(name.as_str(), text));
        }
    }

    #[test]
    fn without_a_session_the_client_has_none() {
        let mut model = fixture::model();
        model.shapes = vec![fixture::notifications()];
        model.session = crate::model::Session::default();
        let client = &files(&model).unwrap()["client.rs"];
        assert!(client.contains("type Session = v1::NoSession;"), "{client}");
        assert!(!client.contains("struct Session"), "{client}");
    }

    #[test]
    fn a_second_run_prints_the_same_and_all_of_it_is_rust() {
        let first = files(&fixture::model()).unwrap();
        assert_eq!(first, files(&fixture::model()).unwrap());
        for (name, text) in first {
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.lines().count() <= 250, "{name} is too long");
        }
    }

    #[test]
    fn two_shapes_of_one_name_are_an_error() {
        let mut model = fixture::model();
        model.shapes[1].ident = "client".to_owned();
        assert_eq!(files(&model), Err(EmitError::SameFile("client.rs".to_owned())));
        model.shapes[1].ident = "no ident".to_owned();
        assert_eq!(files(&model), Err(EmitError::Identifier("no ident".to_owned())));
    }
}
