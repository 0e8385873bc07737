//! What generated code of 100 shapes of 20 columns costs the compiler, beside the same structs with three derives.
//!
//! `cargo bench -p shapegen --bench compile -- release` builds optimised code instead of checking it.

#[path = "../../runtime/benches/alternate/mod.rs"]
mod alternate;
mod baseline {
    pub mod structs;
}
mod package;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alternate::{compare, timed};
use package::{Package, cargo};

const SHAPES: usize = 100;
const COLUMNS: usize = 20;
/// What a shape may cost on top of the ratio.
const A_SHAPE: Duration = Duration::from_millis(40);

fn main() {
    let release = std::env::args().any(|argument| argument == "release");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile");
    fs::create_dir_all(&folder).unwrap();
    let generated = shapegen::generate(&schema::write(&folder, SHAPES, COLUMNS)).unwrap();
    let files = shapegen::emit::rust::files(&generated.loaded.model).unwrap();
    let generated: Vec<_> = files.into_iter().map(|(name, file)| (name, file.print().unwrap())).collect();
    let structs = baseline::structs::files(&generated);
    let size = |files: &[(String, String)]| files.iter().map(|(_, text)| text.lines().count()).sum::<usize>();
    println!(
        "{SHAPES} shapes of {COLUMNS} columns: {} lines generated, {} of structs",
        size(&generated),
        size(&structs)
    );

    let (ours, theirs) = (module(&folder, "generated", &generated), module(&folder, "structs", &structs));
    // The first build is that of the dependencies.
    [&ours, &theirs].into_iter().for_each(|package| compile(package, &folder, release));
    let (theirs, ours) = compare(
        if release { "cargo build --release" } else { "cargo check" },
        None,
        Box::new(|| timed(|| compile(&theirs, &folder, release), |()| ())),
        Box::new(|| timed(|| compile(&ours, &folder, release), |()| ())),
    );
    if !release {
        let most = theirs.mul_f64(1.6) + A_SHAPE * SHAPES as u32;
        println!("  promised at most {most:.3?}: {}", if ours <= most { "held" } else { "missed" });
    }
}

/// A package with one module.
fn module(folder: &Path, name: &str, files: &[(String, String)]) -> PathBuf {
    let files: Vec<_> = files.iter().map(|(file, text)| (format!("src/sync/{file}"), text.clone())).collect();
    let dependencies = &[("runtime", ", features = [\"client\"]")];
    let files = [files.as_slice(), &[("src/lib.rs".to_owned(), LIBRARY.to_owned())]].concat();
    Package { name, dependencies, build_dependencies: &[], files: &files }.write(folder)
}

const LIBRARY: &str = "pub mod sync;\n";

/// Compiles the package alone: its dependencies are there, its own last result doesn't count.
fn compile(package: &Path, folder: &Path, release: bool) {
    fs::write(package.join("src/lib.rs"), LIBRARY).unwrap();
    let arguments: &[&str] = if release { &["build", "--release"] } else { &["check"] };
    cargo(package, &folder.join("target"), arguments, false);
}
