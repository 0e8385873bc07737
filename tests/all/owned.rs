//! What `shapegen init --style derive` writes of every schema of `schemas/`: accepted by the derives, and compiled without
//! a warning.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use quote::{ToTokens, quote};
use shapegen::cli::{Exit, Terminal, run};
use shapegen::derive::{Crate, shape, shape_enum};

use crate::compile::{compile, macros, runtimes, stderr};
use crate::schemas::schemas;

/// Tables that no struct was written for: `resolve` refuses them.
const REFUSED: [&str; 0] = [];

/// Types whose names are those of what a file imports, or has from Rust.
const TYPES: &str = "
    CREATE TYPE uuid_ AS ENUM ('a');
    CREATE TYPE \"Timestamp\" AS ENUM ('a');
    CREATE TYPE \"date time\" AS ENUM ('a');
    CREATE TYPE \"option\" AS ENUM ('None', 'Some');
    CREATE TYPE vec AS ENUM ('a');
    CREATE TYPE shape AS ENUM ('a');
    CREATE TYPE \"Line\" AS ENUM ('a');
    CREATE TYPE range_ AS ENUM ('a');
    CREATE TYPE debug AS ENUM ('a');
    CREATE TYPE result AS ENUM ('Ok', 'Err');
    CREATE TYPE users_row AS ENUM ('a');
    CREATE TYPE uuids_row_key AS ENUM ('other', 'self');
    CREATE TYPE nothing AS ENUM ();
    CREATE TYPE pair AS (a int, b text);
    CREATE TYPE shape_range AS RANGE (subtype = shape);
    CREATE TYPE pair_range AS RANGE (subtype = pair);
    CREATE DOMAIN shapes AS shape[];
";

/// Tables of such names with columns of such types, and one with a scope that is hard to quote.
const TABLES: &str = "
    CREATE TABLE users (id uuid PRIMARY KEY, name text UNIQUE);
    CREATE TABLE uuids (
        user_id uuid REFERENCES users, uuid uuid, a uuid_ NOT NULL, b \"Timestamp\"[], c \"date time\", d \"option\", e vec,
        f shape, g \"Line\"[][], h range_, i debug, j result, k users_row, l uuids_row_key, m nothing, n pair, o pair[],
        p shape_range, q pair_range, r shapes, s shape_multirange, \"Self\" timestamptz, t timestamp, u line, v daterange,
        PRIMARY KEY (user_id, uuid, a)
    );
    CREATE TABLE \"Option\" (id int PRIMARY KEY, user_id uuid REFERENCES users, twice int GENERATED ALWAYS AS (id * 2) STORED);
    CREATE TABLE seats (user_id uuid NOT NULL REFERENCES users, number int NOT NULL, UNIQUE (number, user_id));
    CREATE TABLE rooms (number int NOT NULL UNIQUE, shape shape);
    CREATE TABLE odd (id int PRIMARY KEY, \"it's\n\"\"so\" uuid REFERENCES users);
";

/// Runs `init`; the text of the file.
fn written(schema: &[PathBuf], output: &Path) -> String {
    let arguments = ["shapegen", "init", "--style", "derive", "--output"].map(OsString::from);
    let paths = [output].into_iter().chain(schema.iter().map(PathBuf::as_path)).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(arguments.into_iter().chain(paths), &mut Terminal::new(&mut out, &mut err, false)).unwrap();
    assert_eq!(exit, Exit::Fine, "{}", String::from_utf8_lossy(&err));
    fs::read_to_string(output).unwrap()
}

/// The file with everything that was left out, seen by everybody; the tables that there is no struct of are added to
/// the list.
fn uncommented(text: &str, refused: &mut Vec<String>) -> String {
    let Some((synced, left_out)) = text.split_once("\n// Left out") else { return text.to_owned() };
    let mut out = synced.to_owned();
    for block in left_out.split("\n\n") {
        out.push('\n');
        // The first line is the reason, or what the whole part is about.
        let is_enum = block.starts_with("// ///") || block.starts_with("// #[");
        let code: Vec<&str> = block.lines().skip(usize::from(!is_enum)).collect();
        if code.is_empty() && block.starts_with("// `") {
            refused.push(block.to_owned());
        }
        for line in code {
            let line = line.strip_prefix("// ").unwrap();
            let _ = writeln!(out, "{}", line.replace("scope = \"…\"", "scope = \"public\""));
        }
    }
    out
}

/// The errors of the derives.
fn errors(text: &str, folder: &Path) -> String {
    let of = Crate { folder: folder.to_owned(), runtime: quote!(::shapegen_runtime) };
    let items = syn::parse_file(text).unwrap().items;
    let expanded = items.into_iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some(shape(item.into_token_stream(), &of)),
        syn::Item::Enum(item) => Some(shape_enum(item.into_token_stream(), &of)),
        _ => None,
    });
    let expanded = expanded.map(|tokens| tokens.to_string()).filter(|code| code.contains("compile_error"));
    expanded.collect::<Vec<_>>().join("\n")
}

#[test]
fn structs_of_every_schema_are_accepted_and_compile_without_a_warning() {
    let project = tempfile::tempdir().unwrap();
    let namesakes = [("types.sql", TYPES), ("tables.sql", TABLES)].map(|(name, text)| {
        let path = project.path().join(name);
        fs::write(&path, text).unwrap();
        path
    });
    fs::write(project.path().join("Cargo.toml"), "[package]\nname = \"owned\"\n").unwrap();

    let (mut program, mut failed, mut refused) = (String::new(), String::new(), Vec::new());
    let all = schemas().into_iter().map(|schema| vec![schema]).chain([namesakes.to_vec()]);
    for (number, schema) in all.enumerate() {
        let name = schema[0].file_stem().unwrap().to_string_lossy().into_owned();
        // Two files: as it was written, and with what was left out.
        let file = |kind: &str| project.path().join(format!("{kind}_{number}.rs"));
        let text = written(&schema, &file("written"));
        fs::write(file("all"), uncommented(&text, &mut refused)).unwrap();
        for kind in ["written", "all"] {
            let text = fs::read_to_string(file(kind)).unwrap();
            let errors = errors(&text, project.path());
            if !errors.is_empty() {
                let _ = writeln!(failed, "{name}, {kind}:\n{errors}\n{text}");
            }
            let _ = writeln!(program, "/// {name}\n#[allow(missing_docs)]\npub mod {kind}_{number};");
        }
    }
    assert_eq!(failed, "");
    assert_eq!(refused, REFUSED);

    // Both crates are in the program by these names, with what the files take from them.
    let crates = "extern crate self as jiff;\nextern crate self as uuid;\n\
                  pub use shapegen_runtime::__private::v1::{Timestamp, Uuid};\n\
                  pub mod civil {\n    pub use shapegen_runtime::__private::v1::{Date, DateTime, Time};\n}\n";
    let library = project.path().join("lib.rs");
    fs::write(&library, format!("//! Structs of all schemas.\n{crates}{program}")).unwrap();
    let macros = format!("shapegen_macros={}", macros().display());
    let arguments = ["--crate-type", "lib", "-D", "warnings", "--extern", &macros];
    let mut said = Vec::new();
    let compiles = runtimes().iter().any(|runtime| {
        let output = compile(&library, runtime, &arguments);
        said.push(stderr(&output));
        output.status.success()
    });
    assert!(compiles, "with none of the runtimes; with the newest one:\n{}", said.first().map_or("", String::as_str));
}
