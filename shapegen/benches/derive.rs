//! What 50 derived shapes of 20 columns cost the compiler, beside the same shapes from a build script, and beside the
//! structs alone: from nothing, the crate alone, and after a change of one line.

#[path = "../../runtime/benches/alternate/mod.rs"]
mod alternate;
mod baseline {
    pub mod structs;
}
mod package;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use alternate::{compare, timed};
use package::{Package, cargo};
use quote::ToTokens;
use shapegen::model::Model;
use syn::{Item, parse_quote};

const SHAPES: usize = 50;
const COLUMNS: usize = 20;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("derive");
    fs::create_dir_all(&folder).unwrap();
    let manifest = schema::write(&folder, SHAPES, COLUMNS);
    let generated = shapegen::generate(&manifest).unwrap();
    let model = &generated.loaded.model;
    let files = shapegen::emit::rust::files(model).unwrap();
    let files: Vec<_> = files.into_iter().map(|(name, file)| (name, file.print().unwrap())).collect();
    let structs = baseline::structs::files(&files);
    let read = |name: &str| (name.to_owned(), fs::read_to_string(folder.join(name)).unwrap());
    let client = ("runtime", ", features = [\"client\"]");

    let derived = module(structs.iter().map(|(name, text)| (name.clone(), derived(text, model))).collect());
    let derived = [derived, vec![read("schema.sql")]].concat();
    let script = vec![
        read("schema.sql"),
        read("shapes.toml"),
        ("build.rs".to_owned(), "fn main() {\n    shapegen::build(\"shapes.toml\");\n}\n".to_owned()),
        ("src/sync.rs".to_owned(), "include!(concat!(env!(\"OUT_DIR\"), \"/sync/mod.rs\"));\n".to_owned()),
        library(),
    ];
    let packages = [
        ("structs", module(structs), &[client][..], &[][..]),
        ("script", script, &[client], &[("shapegen", ", default-features = false")]),
        ("derived", derived, &[client, ("shapegen-macros", "")], &[]),
    ];
    let [structs, script, derived] = packages.map(|(name, files, dependencies, build_dependencies)| {
        Package { name, dependencies, build_dependencies, files: &files }.write(&folder)
    });

    println!("{SHAPES} shapes of {COLUMNS} columns, `cargo check`");
    for package in [&structs, &script, &derived] {
        let target = folder.join("cold");
        let _ = fs::remove_dir_all(&target);
        let (taken, ()) = timed(|| cargo(package, &target, &["check"], false), |()| ());
        println!("  everything from nothing: {:7} {taken:.1?}", package.file_name().unwrap().display());
    }
    for (what, incremental) in [("the crate alone", false), ("after a change of one line", true)] {
        let target = folder.join(if incremental { "incremental" } else { "alone" });
        // The first build is that of the dependencies.
        [&structs, &script, &derived].into_iter().for_each(|package| cargo(package, &target, &["check"], incremental));
        for (beside, theirs) in [("build.rs", &script), ("structs", &structs)] {
            let check = |package: &PathBuf| {
                let (package, target) = (package.clone(), target.clone());
                let mut turn = 0;
                move || {
                    turn += 1;
                    fs::write(package.join("src/lib.rs"), format!("pub mod sync;\npub const TURN: u32 = {turn};\n"))
                        .unwrap();
                    timed(|| cargo(&package, &target, &["check"], incremental), |()| ())
                }
            };
            let _ =
                compare(&format!("{what}, beside {beside}"), None, Box::new(check(theirs)), Box::new(check(&derived)));
        }
    }
}

fn library() -> (String, String) {
    ("src/lib.rs".to_owned(), "pub mod sync;\n".to_owned())
}

/// The files of a module and the library around it.
fn module(files: Vec<(String, String)>) -> Vec<(String, String)> {
    let files = files.into_iter().map(|(name, text)| (format!("src/sync/{name}"), text));
    files.chain([library()]).collect()
}

/// The structs and enums of a file, with the derives.
fn derived(text: &str, model: &Model) -> String {
    let mut file = syn::parse_file(text).unwrap();
    for item in &mut file.items {
        match item {
            Item::Struct(item) => {
                let shape = model.shapes.iter().find(|shape| item.ident == shape.row).unwrap();
                let table = &shape.table.name;
                item.attrs = vec![
                    parse_quote!(#[derive(Debug, Clone, PartialEq, shapegen_macros::Shape)]),
                    parse_quote!(#[shape(table = #table, schema = "schema.sql", change_frequency = "medium")]),
                    parse_quote!(#[shape(session(owner_id(identity)), scope = "owner_id = $owner_id")]),
                ];
            }
            Item::Enum(item) => {
                let name = &model.enums.iter().find(|known| item.ident == known.ident).unwrap().name.name;
                item.attrs = vec![
                    parse_quote!(#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, shapegen_macros::ShapeEnum)]),
                    parse_quote!(#[shape(type = #name, schema = "schema.sql")]),
                ];
                let other = item.variants.iter_mut().find(|variant| variant.ident == "Other").unwrap();
                other.attrs = vec![parse_quote!(#[shape(other)])];
            }
            _ => {}
        }
    }
    file.into_token_stream().to_string()
}
