//! Generates what the tests compile, run and look at.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    shapegen::build("shapes.toml");
    renamed()?;
    write(Path::new("typed.toml"), "typed")?;
    println!("cargo::rerun-if-changed=typed.toml");
    println!("cargo::rerun-if-changed=typed.sql");
    // What compiled the crates also compiles what a test has to say about them.
    println!("cargo::rustc-env=RUSTC={}", env::var("RUSTC").map_err(io::Error::other)?);
    Ok(())
}

/// The same shapes once more, from a schema whose `livestreams.title` is called `headline`.
fn renamed() -> io::Result<()> {
    let folder = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("renamed");
    fs::create_dir_all(&folder)?;
    let (before, after) = ("    title text NOT NULL,\n    status live", "    headline text NOT NULL,\n    status live");
    let schema = fs::read_to_string("../schemas/streampai.sql")?;
    assert!(schema.contains(before), "livestreams has no title any more: rename another column");
    fs::write(folder.join("streampai.sql"), schema.replace(before, after))?;
    fs::copy("../schemas/types.sql", folder.join("types.sql"))?;
    let manifest = folder.join("shapes.toml");
    fs::write(&manifest, fs::read_to_string("shapes.toml")?.replace("../schemas/", ""))?;
    write(&manifest, "renamed/sync")
}

/// Generates the Rust module of a manifest into a folder below this build's.
fn write(manifest: &Path, folder: &str) -> io::Result<()> {
    let folder = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join(folder);
    let generated = shapegen::generate(manifest).map_err(|failed| io::Error::other(failed.to_string()))?;
    let output = generated.rust_in(&folder, shapegen::Print::Changed).map_err(io::Error::other)?;
    output.write().map_err(io::Error::other)?;
    Ok(())
}
