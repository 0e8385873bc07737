//! The compiler that compiled this binary, and the runtime beside it, for code that a test generates.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// Type-checks a file in its folder against a compiled runtime.
pub fn compile(file: &Path, runtime: &Path, arguments: &[&str]) -> Output {
    let runtime_crate = format!("shapegen_runtime={}", runtime.display());
    Command::new(env!("RUSTC"))
        .current_dir(file.parent().unwrap())
        .env("CARGO_MANIFEST_DIR", file.parent().unwrap())
        .args(["--edition", "2024", "--emit", "metadata", "--error-format", "short", "--extern", &runtime_crate])
        .args(["--out-dir", ".", "-L"])
        .arg(format!("dependency={}", runtime.parent().unwrap().display()))
        .args(arguments)
        .arg(file.file_name().unwrap())
        .output()
        .unwrap()
}

/// The compiled runtimes beside this test: with and without its features, and those of earlier builds.
pub fn runtimes() -> Vec<PathBuf> {
    let folder = env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("libshapegen_runtime-") && name.ends_with(".rlib")
        })
        .collect();
    found.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
    found.reverse();
    found
}

/// The newest compiled macros beside this test.
pub fn macros() -> PathBuf {
    let folder = env::current_exe().unwrap().parent().unwrap().to_owned();
    let name = format!("{}shapegen_macros-", env::consts::DLL_PREFIX);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = files.filter(|path| {
        let file = path.file_name().unwrap().to_string_lossy();
        file.starts_with(&name) && file.ends_with(env::consts::DLL_SUFFIX)
    });
    found.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// What a compiler said.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
