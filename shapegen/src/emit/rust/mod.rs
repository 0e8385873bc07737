//! The Rust module: one file per shape, the types that they share, the client, and `mod.rs` over them.

mod client;
mod composites;
mod definition;
mod derived;
mod enums;
mod layout;
mod newtypes;
#[cfg(feature = "cli")]
pub(crate) mod owned;
mod print;
mod shape;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{EmitError, header, is_current};
use crate::model::{Model, Shape};
pub(crate) use derived::{
    Beside, Check, Written, WrittenEnum, WrittenField, beside, derived, derived_enum, derived_newtype,
};
use print::ident;

/// The form of the code that is printed here: what `generated_for!` holds against the runtime.
const FORM: u32 = 1;

/// The code that prints. Two builds of one version can differ in it, and a file of the other one isn't current.
const PRINTER: [&str; 11] = [
    include_str!("client.rs"),
    include_str!("composites.rs"),
    include_str!("definition.rs"),
    include_str!("derived.rs"),
    include_str!("enums.rs"),
    include_str!("layout.rs"),
    include_str!("mod.rs"),
    include_str!("newtypes.rs"),
    include_str!("owned.rs"),
    include_str!("print.rs"),
    include_str!("shape.rs"),
];

/// Its hash, whatever the line ends of the checkout.
static PRINTER_HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    PRINTER.iter().flat_map(|source| source.lines()).for_each(|line| {
        hasher.update(line.as_bytes());
    });
    hasher.finalize().to_string()
});

/// A file of the module before it is printed, which is most of the work.
#[derive(Clone, Copy)]
pub struct File<'m> {
    part: Part<'m>,
    model: &'m Model,
}

/// What a file is made from.
#[derive(Clone, Copy)]
enum Part<'m> {
    Shape(&'m Shape),
    Enums,
    Composites,
    Newtypes,
    Client,
    Modules,
}

/// The files of the module by name, `mod.rs` among them.
///
/// # Errors
/// When two files have the same name.
pub fn files(model: &Model) -> Result<BTreeMap<String, File<'_>>, EmitError> {
    let mut files = BTreeMap::new();
    for part in parts(model).chain([Part::Modules]) {
        let name = format!("{}.rs", part.stem());
        if files.insert(name.clone(), File { part, model }).is_some() {
            return Err(EmitError::SameFile(name));
        }
    }
    Ok(files)
}

/// Everything but `mod.rs`.
fn parts(model: &Model) -> impl Iterator<Item = Part<'_>> {
    let enums = (!model.enums.is_empty()).then_some(Part::Enums);
    let composites = (!model.composites.is_empty()).then_some(Part::Composites);
    let newtypes = (!model.newtypes.is_empty()).then_some(Part::Newtypes);
    model.shapes.iter().map(Part::Shape).chain(enums).chain(composites).chain(newtypes).chain([Part::Client])
}

impl File<'_> {
    /// Whether a file on disk is what [`File::print`] would return, as far as its header tells.
    pub fn is_current(&self, there: &str) -> bool {
        is_current("//", &self.made_from(), there)
    }

    /// The text: header, then the items with an empty line between them.
    ///
    /// # Errors
    /// When a name in the model is no identifier.
    pub fn print(&self) -> Result<String, EmitError> {
        let text = print::print(self.items()?);
        Ok(header("//", &self.made_from(), &text) + &text)
    }

    fn items(&self) -> Result<Vec<TokenStream>, EmitError> {
        match self.part {
            Part::Shape(shape) => shape::items(shape),
            Part::Enums => enums::items(&self.model.enums),
            Part::Composites => composites::items(&self.model.composites),
            Part::Newtypes => newtypes::items(&self.model.newtypes),
            Part::Client => client::items(self.model),
            Part::Modules => modules(self.model),
        }
    }

    /// What decides the text: the printer, and the part of the model.
    fn made_from(&self) -> String {
        format!("{} {}", *PRINTER_HASH, self.facts())
    }

    /// The part of the model in its debug form: that is there for every part, equal on every machine, and a tenth of the
    /// work of printing.
    fn facts(&self) -> String {
        match self.part {
            Part::Shape(shape) => format!("{shape:?}"),
            Part::Enums => format!("{:?}", self.model.enums),
            Part::Composites => format!("{:?}", self.model.composites),
            Part::Newtypes => format!("{:?}", self.model.newtypes),
            Part::Client | Part::Modules => {
                let names =
                    self.model.shapes.iter().map(|s| (&s.name, &s.ident, &s.row, &s.key_struct, &s.params_struct));
                let enums = self.model.enums.iter().map(|item| &item.ident);
                let composites = self.model.composites.iter().map(|item| &item.ident);
                let newtypes = self.model.newtypes.iter().map(|item| &item.ident);
                format!(
                    "{:?} {:?} {:?} {:?}",
                    self.model.session,
                    self.model.mode,
                    names.collect::<Vec<_>>(),
                    [enums.collect::<Vec<_>>(), composites.collect(), newtypes.collect()]
                )
            }
        }
    }
}

impl<'m> Part<'m> {
    /// The module's name.
    fn module(self) -> &'m str {
        match self {
            Self::Shape(shape) => &shape.ident,
            Self::Enums => "enums",
            Self::Composites => "composites",
            Self::Newtypes => "newtypes",
            Self::Client => "client",
            Self::Modules => "mod",
        }
    }

    /// The file's name: `mod r#type;` is looked for in `type.rs`.
    fn stem(self) -> &'m str {
        let module = self.module();
        module.strip_prefix("r#").unwrap_or(module)
    }

    /// What the module exports, sorted.
    fn exports(self, model: &'m Model) -> Vec<&'m str> {
        let mut exports: Vec<&str> = match self {
            Self::Shape(shape) => {
                let structs = [Some(&shape.row), shape.key_struct.as_ref(), shape.params_struct.as_ref()];
                structs.into_iter().flatten().map(String::as_str).collect()
            }
            Self::Enums => model.enums.iter().map(|item| item.ident.as_str()).collect(),
            Self::Composites => model.composites.iter().map(|item| item.ident.as_str()).collect(),
            Self::Newtypes => model.newtypes.iter().map(|item| item.ident.as_str()).collect(),
            Self::Client => {
                let session = (!model.session.values.is_empty()).then_some("Session");
                ["Client"].into_iter().chain(session).collect()
            }
            Self::Modules => Vec::new(),
        };
        exports.sort_unstable();
        exports
    }
}

/// `mod.rs`
fn modules(model: &Model) -> Result<Vec<TokenStream>, EmitError> {
    let form = Literal::u32_unsuffixed(FORM);
    let mut items = vec![quote!(::shapegen_runtime::generated_for!(#form);)];
    let mut parts: Vec<Part<'_>> = parts(model).collect();
    parts.sort_by_key(|part| part.stem());
    for part in &parts {
        let name = ident(part.module())?;
        // rustfmt would print some lines otherwise, and `build --check` would call that a difference.
        items.push(quote! {
            #[allow(dead_code, missing_docs, reason = "a program uses a part of a generated API")]
            #[rustfmt::skip]
            mod #name;
        });
    }
    for part in &parts {
        let name = ident(part.module())?;
        let exports = part.exports(model).into_iter().map(ident).collect::<Result<Vec<_>, _>>()?;
        // A table can be named like a crate: `self` is the one here.
        items.push(match exports.as_slice() {
            [one] => quote!(pub use self::#name::#one;),
            several => quote!(pub use self::#name::{#(#several),*};),
        });
    }
    Ok(items)
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

    /// Whether all of it compiles is asked of the compiler, with every other schema, in `tests/all/schemas.rs`.
    #[test]
    fn hostile_names_and_comments_stay_inert() {
        for (name, text) in printed(&fixture::of_hostile_names()) {
            let code = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(code.items.iter().all(|item| !matches!(item, syn::Item::Fn(_))), "{name} has a function");
            fixture::snapshots().bind(|| insta::assert_snapshot!(format!("hostile_{name}"), text));
        }
    }

    #[test]
    fn the_printer_is_all_of_this_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/emit/rust");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut sources: Vec<String> = files.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        sources.sort();
        let mut printer = PRINTER.to_vec();
        printer.sort_unstable();
        assert!(sources == printer, "a file was added or renamed: name it in `PRINTER`");
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
        assert_eq!(files(&model).err(), Some(EmitError::SameFile("client.rs".to_owned())));
        model.shapes[1].ident = "no ident".to_owned();
        let printed = files(&model).unwrap()["mod.rs"].print();
        assert_eq!(printed.err(), Some(EmitError::Identifier("no ident".to_owned())));
    }

    #[test]
    fn a_header_tells_whether_a_file_is_current() {
        let unchanged = fixture::model();
        let before = files(&unchanged).unwrap();
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
