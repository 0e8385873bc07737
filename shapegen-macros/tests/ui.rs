//! What the compiler says of structs and enums that are wrong: a folder of cases for each family of failure.

use std::fs;
use std::path::{Path, PathBuf};

/// The cases, whose paths are relative to the crate.
const CASES: &str = "tests/ui";

/// Folders that hold no failing cases.
const OTHERS: [&str; 2] = ["fixtures", "pass"];

#[test]
fn what_is_wrong_is_said() {
    provide();
    let cases = trybuild::TestCases::new();
    let mut families: Vec<PathBuf> = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    families.retain(|family| OTHERS.iter().all(|other| !family.ends_with(other)));
    families.sort();
    for family in families {
        cases.compile_fail(family.join("*.rs").to_str().unwrap());
    }
}

#[test]
fn what_is_right_compiles() {
    provide();
    trybuild::TestCases::new().pass(format!("{CASES}/pass/*.rs"));
}

/// Writes the fixtures where the cases look for them: trybuild compiles them in a package of its own, and paths are
/// relative to its folder.
fn provide() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(&package).unwrap();
    for entry in fs::read_dir(Path::new(CASES).join("fixtures")).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, package.join(file.file_name().unwrap())).unwrap();
    }
}

/// No path of a machine stands in what the compiler says.
#[test]
fn paths_are_relative() {
    for family in fs::read_dir(CASES).unwrap() {
        for file in fs::read_dir(family.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "stderr") {
                let text = fs::read_to_string(&path).unwrap();
                let absolute =
                    text.split_whitespace().find(|word| word.trim_start_matches(['`', '"']).starts_with('/'));
                let comment = |word: &str| word.starts_with("//");
                assert!(absolute.is_none_or(comment), "{}: {absolute:?}", path.display());
            }
        }
    }
}
