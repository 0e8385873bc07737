//! Who may know whom: what an application pulls in, what the library does, and what nobody does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Name and version of each package that `cargo tree` prints, the package's own first.
fn tree(arguments: &[&str]) -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(["tree", "--offline", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let package = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    };
    printed.lines().filter_map(package).collect()
}

fn names(arguments: &[&str]) -> Vec<String> {
    tree(arguments).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn nobody_pulls_in_what_is_not_its_own() {
    const APPLICATION: &[&str] = &["-p", "streampai", "-e", "normal,no-proc-macro"];
    const DERIVED: &[&str] = &["-p", "derive", "-e", "normal,no-proc-macro"];
    const MACROS: &[&str] = &["-p", "shapegen-macros", "-e", "normal"];
    const LIBRARY: &[&str] = &["-p", "shapegen", "--no-default-features", "-e", "normal,no-proc-macro"];
    const RUNTIME: &[&str] = &["-p", "shapegen-runtime", "-e", "normal"];
    const DATA_TYPES: &[&str] = &["-p", "shapegen-runtime", "--no-default-features", "-e", "normal"];
    const SERVER: &[&str] = &["-p", "shapegen-server", "-e", "normal,no-proc-macro"];
    // The packages that are there show that the tree was the one that was meant.
    for (of, there, forbidden) in [
        (APPLICATION, "shapegen-server", &["shapegen", "shapegen-macros", "sqlparser", "syn", "clap", "toml"][..]),
        (DERIVED, "shapegen-server", &["shapegen", "sqlparser", "syn", "clap", "toml", "proc-macro-crate"]),
        (MACROS, "sqlparser", &["clap", "tokio", "rusqlite", "axum", "hyper", "reqwest", "rustls", "shapegen-server"]),
        (LIBRARY, "sqlparser", &["clap", "tokio", "rusqlite", "axum", "hyper", "reqwest", "rustls", "shapegen-server"]),
        (RUNTIME, "rusqlite", &["shapegen", "shapegen-server", "shapegen-macros", "axum", "sqlparser", "clap"]),
        (DATA_TYPES, "jiff", &["tokio", "rusqlite", "reqwest", "rustls", "imbl", "serde_json", "tracing"]),
        (SERVER, "axum", &["shapegen", "shapegen-macros", "sqlparser", "syn", "clap", "rusqlite", "reqwest", "rustls"]),
    ] {
        let names = names(of);
        assert!(names.iter().any(|name| name == there), "{of:?}: no {there} in {names:?}");
        let found: Vec<_> = names.iter().filter(|name| forbidden.contains(&name.as_str())).collect();
        assert!(found.is_empty(), "{of:?} pulls in {found:?}");
    }
}

#[test]
fn the_packages_of_the_workspace_know_each_other_as_the_design_says() {
    for (package, features, known) in [
        ("shapegen-runtime", "--all-features", &[][..]),
        ("shapegen-server", "--all-features", &["shapegen-runtime"]),
        ("shapegen", "--no-default-features", &["shapegen-runtime"]),
        ("shapegen", "--all-features", &["shapegen-runtime", "shapegen-server"]),
        ("streampai", "--all-features", &["shapegen-runtime", "shapegen-server"]),
        ("derive", "--all-features", &["shapegen-macros", "shapegen-runtime", "shapegen-server"]),
    ] {
        let names = names(&["-p", package, features, "-e", "normal", "--depth", "1"]);
        assert_eq!(names[0], package);
        let ours: BTreeSet<_> = names[1..].iter().filter(|name| name.starts_with("shapegen")).collect();
        assert!(ours.into_iter().eq(known), "{package} {features} knows {names:?}");
    }
    let names = names(&["-p", "shapegen-macros", "-e", "normal", "--depth", "1"]);
    let ours: Vec<_> = names[1..].iter().filter(|name| name.starts_with("shapegen")).collect();
    assert!(ours.iter().all(|name| *name == "shapegen"), "shapegen-macros knows {ours:?}");
}

/// The packages of the lock file with their versions: all targets and all features are in it.
fn locked() -> Vec<(String, String)> {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).unwrap();
    let value = |line: Option<&str>| line?.split('"').nth(1).map(str::to_owned);
    let packages: Vec<_> = lock
        .split("[[package]]\n")
        .skip(1)
        .map(|package| {
            let mut lines = package.lines();
            (value(lines.next()).unwrap(), value(lines.next()).unwrap())
        })
        .collect();
    assert!(packages.len() > 100, "{packages:?}");
    packages
}

#[test]
fn tls_is_rustls_with_ring_on_every_target() {
    let locked = locked();
    let has = |name: &str| locked.iter().any(|(package, _)| package == name);
    assert!(has("rustls") && has("ring"));
    for name in ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "openssl-sys", "native-tls", "schannel-sys"] {
        assert!(!has(name), "{name} is in the lock file");
    }
}

#[test]
fn what_costs_most_to_compile_is_there_once() {
    let costly =
        ["rusqlite", "libsqlite3-sys", "thiserror", "similar", "serde", "tokio", "rustls", "hyper", "sqlparser"];
    for name in costly {
        let versions: Vec<_> = locked().into_iter().filter(|(package, _)| package == name).collect();
        assert_eq!(versions.len(), 1, "{versions:?}");
    }
    // The lock file has a second syn, of packages for other systems; none is compiled here.
    let versions: BTreeSet<_> = tree(&["--workspace"]).into_iter().filter(|(package, _)| package == "syn").collect();
    assert_eq!(versions.len(), 1, "{versions:?}");
}
