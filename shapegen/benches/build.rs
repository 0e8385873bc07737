//! A schema of 1,000 tables to the files of 1,000 shapes: from nothing, after a change, and without one.
//!
//! `cargo bench -p shapegen --bench build -- 100` takes another number of tables.

#[path = "../../runtime/benches/alternate/mod.rs"]
mod alternate;
mod baseline {
    pub mod hash;
    pub mod parse;
}
mod schema;

use std::fs;
use std::path::Path;

use alternate::{compare, timed};
use baseline::{hash, parse};
use shapegen::catalog::Catalog;
use shapegen::diagnostics::Report;
use shapegen::schema::Entry;
use shapegen::source::SourceMap;
use shapegen::{Print, generate, load, unchanged};

const COLUMNS: usize = 15;

fn main() {
    let tables = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let dir = tempfile::tempdir().unwrap();
    let manifest = schema::write(dir.path(), tables, COLUMNS);
    // A build is remembered in the workspace's target folder.
    fs::write(dir.path().join("Cargo.lock"), "").unwrap();
    let (sql, folders) = (dir.path().join("schema.sql"), [dir.path().join("sync"), dir.path().join("sql")]);
    let text = fs::read_to_string(&sql).unwrap();
    println!("{tables} tables of {COLUMNS} columns, {:.2} MB of SQL", text.len() as f64 / 1e6);

    let parsed = || timed(|| parse::tables(&sql), |seen| *seen);
    let build = || {
        let generated = generate(&manifest).unwrap();
        let output = generated.output(Print::Changed).unwrap();
        let written = output.write().unwrap();
        generated.remember(&output);
        (generated, written)
    };
    let (generated, _) = build();
    println!("peak memory of one build: {}", peak());
    drop(generated);
    compare(
        "catalog as JSON, beside sqlparser",
        2.0,
        Box::new(parsed),
        Box::new(|| timed(|| json(&sql), |(catalog, _)| size(catalog))),
    );
    compare(
        "catalog and resolve, beside sqlparser",
        2.0,
        Box::new(parsed),
        Box::new(|| timed(|| load(&manifest).unwrap(), |loaded| size(&loaded.catalog))),
    );
    compare(
        "everything to bytes on disk, beside sqlparser",
        12.0,
        Box::new(parsed),
        Box::new(|| {
            folders.iter().for_each(|folder| drop(fs::remove_dir_all(folder)));
            timed(build, |(generated, _)| size(&generated.loaded.catalog))
        }),
    );
    let mut changed = false;
    compare(
        "one table changed, beside sqlparser",
        3.0,
        Box::new(parsed),
        Box::new(|| {
            changed = !changed;
            let other = text.replacen("column_05 ", "column_5x ", usize::from(changed));
            fs::write(&sql, other).unwrap();
            timed(build, |(generated, written)| {
                assert_eq!(written.written.len(), 3, "the shape's file and the local SQL, twice");
                size(&generated.loaded.catalog)
            })
        }),
    );
    build();
    let inputs = [manifest.clone(), sql.clone()];
    compare(
        "nothing changed, beside a hash of the inputs and a look at each output",
        2.0,
        Box::new(|| timed(|| hash::unchanged(&inputs, &folders), |(_, outputs)| *outputs)),
        Box::new(|| timed(|| unchanged(&manifest).expect("nothing has changed"), |outputs| *outputs)),
    );
}

/// What `shapegen catalog` prints, and what it is printed from.
fn json(sql: &Path) -> (Catalog, String) {
    let (mut sources, mut report) = (SourceMap::default(), Report::default());
    let entries = [Entry { path: sql.to_str().unwrap(), named: None }];
    let schema = shapegen::schema::read(Path::new(""), &entries, None, &mut sources, &mut report);
    let catalog = Catalog::read(&sources, &schema.scripts, &mut report);
    let text = serde_json::to_string_pretty(&catalog.to_json()).unwrap();
    (catalog, text)
}

/// What this process has held at most, as far as Linux says it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "not known here".to_owned(), |peak| peak.trim().to_owned())
}

/// Tables and their columns.
fn size(catalog: &Catalog) -> (usize, usize) {
    (catalog.tables.len(), catalog.tables.values().map(|table| table.columns.len()).sum())
}
