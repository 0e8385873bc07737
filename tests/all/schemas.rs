//! Every schema of `schemas/` with every table a shape: generated, and compiled without a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use shapegen::catalog::{Catalog, QualifiedName, Table};
use shapegen::diagnostics::{Report, Severity};
use shapegen::schema::Entry;
use shapegen::source::SourceMap;

use crate::compile::{compile, runtimes, stderr};

/// Tables whose rows nothing tells apart.
const KEYLESS: [&str; 0] = [];

/// Files and folders of migrations.
pub fn schemas() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas").canonicalize().unwrap();
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "sql"));
    found.sort();
    found
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_control() || matches!(c, '"' | '\\') {
            let _ = write!(out, "\\U{:08X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out + "\""
}

/// A manifest with a shape for each table that has a key, and the tables that have none.
fn manifest(schema: &Path, catalog: &Catalog) -> (String, Vec<String>) {
    let mut toml = format!("schema = {}\n[shape]\n", quoted(&schema.to_string_lossy()));
    let mut keyless = Vec::new();
    let mut rows = BTreeSet::new();
    for (number, (name, table)) in catalog.tables.iter().enumerate() {
        let Some(key) = key(table) else {
            keyless.push(format!("{}.{}", name.schema, name.name));
            continue;
        };
        let QualifiedName { schema, name } = name;
        let table = quoted(&format!("{schema}.{name}"));
        // Two tables that Rust couldn't tell apart get rows with names of their own.
        let folded: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let row = if rows.insert(folded) { String::new() } else { format!("row = \"Row{number}\", ") };
        let _ = writeln!(toml, "{table} = {{ {row}scope = \"public\", change_frequency = \"low\"{key} }}");
    }
    (toml, keyless)
}

/// What the schema declares; what is wrong with it is said again when its manifest is read.
fn catalog(schema: &Path) -> Catalog {
    let (mut sources, mut report) = (SourceMap::default(), Report::default());
    let entry = Entry { path: &schema.to_string_lossy(), named: None };
    let scripts = shapegen::schema::read(Path::new(""), &[entry], None, &mut sources, &mut report).scripts;
    Catalog::read(&sources, &scripts, &mut report)
}

/// The `key` that a table needs, if any; `None` where nothing can be one.
fn key(table: &Table) -> Option<String> {
    if table.primary_key.is_some() {
        return Some(String::new());
    }
    let not_null = |name: &String| table.columns.iter().any(|column| column.name == *name && column.not_null);
    let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
    let set = table.unique.iter().chain(indexes).find(|set| set.iter().all(not_null))?;
    let names: Vec<String> = set.iter().map(|name| quoted(name)).collect();
    Some(format!(", key = [{}]", names.join(", ")))
}

#[test]
fn every_schema_with_every_table_a_shape_is_generated_and_compiles_without_a_warning() {
    let project = tempfile::tempdir().unwrap();
    let mut program = String::new();
    let mut keyless = BTreeMap::new();
    let mut failed = String::new();
    for (number, schema) in schemas().into_iter().enumerate() {
        let name = schema.file_stem().unwrap().to_string_lossy().into_owned();
        let toml = project.path().join(format!("{name}.toml"));
        let (text, without) = manifest(&schema, &catalog(&schema));
        keyless.insert(name.clone(), without);
        fs::write(&toml, &text).unwrap();
        match shapegen::generate(&toml) {
            Ok(generated) => {
                let folder = project.path().join(format!("schema_{number}"));
                generated.rust_in(&folder, shapegen::Print::All).unwrap().write().unwrap();
                let _ = writeln!(program, "/// {name}\npub mod schema_{number};");
                let errors = generated.loaded.report.diagnostics().iter();
                assert_eq!(errors.filter(|said| said.severity == Severity::Error).count(), 0);
            }
            Err(error) => {
                let _ = writeln!(failed, "{name}:\n{error}\n{text}");
            }
        }
    }
    assert_eq!(failed, "");

    let library = project.path().join("lib.rs");
    fs::write(&library, format!("//! All schemas.\n{program}")).unwrap();
    let warnings = ["--crate-type", "lib", "-D", "warnings"];
    let mut said = Vec::new();
    let compiles = runtimes().iter().any(|runtime| {
        let output = compile(&library, runtime, &warnings);
        said.push(stderr(&output));
        output.status.success()
    });
    assert!(compiles, "with none of the runtimes; with the newest one:\n{}", said.first().map_or("", String::as_str));
    assert_eq!(keyless.into_values().flatten().collect::<Vec<_>>(), KEYLESS);
}
