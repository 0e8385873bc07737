//! Packages outside of this workspace, with its profiles and locked versions, that a benchmark compiles.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a package is made of.
pub struct Package<'p> {
    pub name: &'p str,
    /// Packages of this workspace that it depends on: a folder, and what stands behind its path in the manifest.
    pub dependencies: &'p [(&'p str, &'p str)],
    /// The same for its build script.
    pub build_dependencies: &'p [(&'p str, &'p str)],
    /// By path in the package.
    pub files: &'p [(String, String)],
}

impl Package<'_> {
    /// Writes the package into a folder of its own; returns that folder.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let package = folder.join(self.name);
        let _ = fs::remove_dir_all(&package);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let lines = |dependencies: &[(&str, &str)]| -> String {
            let line = |(folder, more): &(&str, &str)| {
                let package = if *folder == "runtime" { "shapegen-runtime" } else { folder };
                format!("{package} = {{ path = {:?}{more} }}\n", workspace.join(folder))
            };
            dependencies.iter().map(line).collect()
        };
        let manifest = format!(
            "[package]\nname = \"{}\"\nedition = \"2024\"\n[dependencies]\n{}[build-dependencies]\n{}\
             [workspace]\n[profile.dev.build-override]\nopt-level = 2\n",
            self.name,
            lines(self.dependencies),
            lines(self.build_dependencies)
        );
        let files = [("Cargo.toml".to_owned(), manifest)];
        for (path, text) in files.iter().chain(self.files) {
            let path = package.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
        package
    }
}

/// Runs cargo in a package, with what it makes in `target`.
pub fn cargo(package: &Path, target: &Path, arguments: &[&str], incremental: bool) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
