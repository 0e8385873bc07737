//! What generated code of 100 shapes of 20 columns costs the compiler, beside the same structs with three derives.
//!
//! `cargo bench -p shapegen --bench compile -- release` builds optimised code instead of checking it.

#[path = "../../runtime/benches/alternate/mod.rs"]
mod alternate;
mod baseline {
    pub mod structs;
}
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use alternate::{compare, timed};

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

    let (ours, theirs) = (package(&folder, "generated", &generated), package(&folder, "structs", &structs));
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

/// A package outside of this workspace, with its profiles and locked versions.
fn package(folder: &Path, name: &str, files: &[(String, String)]) -> PathBuf {
    let package = folder.join(name);
    let _ = fs::remove_dir_all(&package);
    fs::create_dir_all(package.join("src/sync")).unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = workspace.join("runtime");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n\
         shapegen-runtime = {{ path = {runtime:?}, features = [\"client\"] }}\n\
         [workspace]\n[profile.dev.build-override]\nopt-level = 2\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(package.join("src/lib.rs"), "pub mod sync;\n").unwrap();
    for (file, text) in files {
        fs::write(package.join("src/sync").join(file), text).unwrap();
    }
    package
}

/// Compiles the package alone: its dependencies are there, its own last result doesn't count.
fn compile(package: &Path, folder: &Path, release: bool) {
    fs::write(package.join("src/lib.rs"), "pub mod sync;\n").unwrap();
    let arguments: &[&str] = if release { &["build", "--release"] } else { &["check"] };
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
