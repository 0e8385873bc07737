//! What is generated, as it was reviewed: the files that this binary is compiled from, and every statement of the local
//! database, executed.

use std::fs;
use std::path::{Path, PathBuf};

use shapegen_runtime::definition::ShapeDefinition;

use crate::stage::SHAPES;

/// The build script's output: `mod sync` of this binary includes its `mod.rs`.
fn compiled() -> PathBuf {
    Path::new(env!("OUT_DIR")).join("sync")
}

#[test]
fn the_compiled_files_are_as_reviewed() {
    let mut names: Vec<String> =
        fs::read_dir(compiled()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut expected: Vec<String> = SHAPES.iter().map(|shape| format!("{}.rs", shape.name)).collect();
    expected.extend(["client.rs", "enums.rs", "mod.rs"].map(str::to_owned));
    expected.sort();
    assert_eq!(names, expected);
    // What a file is made from includes the code that prints it.
    let filters = [("Inputs: [0-9a-f]{16}", "Inputs: [hash]")];
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, filters => filters }, {
        for name in names {
            let text = fs::read_to_string(compiled().join(&name)).unwrap();
            insta::assert_snapshot!(name, text);
        }
    });
}

#[test]
fn the_local_database_is_as_reviewed_and_says_what_the_compiled_shapes_say() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("shapes.toml");
    let generated = shapegen::generate(&manifest).unwrap();
    for shape in SHAPES {
        for statement in statements(shape) {
            assert!(generated.local_sql.contains(statement), "{statement}\nis not in\n{}", generated.local_sql);
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("local.sql", generated.local_sql);
    });
    let database = database();
    database.execute_batch(&generated.local_sql).unwrap();
    let tables = count(
        &database,
        "SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_rows%' ESCAPE '\\' AND type = 'table'",
    );
    assert_eq!(tables.unsigned_abs(), SHAPES.len());
}

fn statements(shape: &ShapeDefinition) -> impl Iterator<Item = &'static str> {
    let local = shape.local;
    [local.create].into_iter().chain(local.indexes.iter().copied()).chain([local.view])
}

/// An empty database with what views look into.
fn database() -> rusqlite::Connection {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE _instance (current_g INTEGER, filling_g INTEGER) STRICT").unwrap();
    database
}

fn count(database: &rusqlite::Connection, query: &str) -> isize {
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn every_statement_of_every_shape_runs_and_its_view_shows_the_current_rows() {
    let database = database();
    database.execute_batch("INSERT INTO _instance VALUES (7, 8)").unwrap();
    for shape in SHAPES {
        for statement in statements(shape) {
            database.execute(statement, []).unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        let table = shape.local.table;
        let columns: Vec<(String, String, bool, isize)> = database
            .prepare(&format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let names: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
        let expected: Vec<&str> = ["_g"].into_iter().chain(shape.columns.iter().map(|column| column.local)).collect();
        assert_eq!(names, expected, "{table}");
        for (column, (name, _, not_null, _)) in shape.columns.iter().zip(&columns[1..]) {
            assert_eq!(*not_null, column.not_null, "{table}.{name}");
        }
        let mut key: Vec<(isize, &str)> =
            columns.iter().filter(|(.., pk)| *pk > 0).map(|(name, _, _, pk)| (*pk, name.as_str())).collect();
        key.sort_unstable();
        let expected = ["_g"].into_iter().chain(shape.key_columns().map(|column| column.local));
        assert!(key.into_iter().map(|(_, name)| name).eq(expected), "{table}");

        // A row of the current generation, of the filling one, and of one that nobody names.
        for g in [7, 8, 9] {
            let values: Vec<&str> = columns[1..].iter().map(|(_, kind, ..)| sample(kind)).collect();
            database
                .execute(&format!("INSERT INTO \"{table}\" VALUES ({g}, {})", values.join(", ")), [])
                .unwrap_or_else(|error| panic!("{table}: {error}"));
        }
        assert_eq!(count(&database, &format!("SELECT count(*) FROM \"{}\"", shape.name)), 1, "{}", shape.name);
    }
    // STRICT tables refuse what isn't of the column's type.
    assert!(database.execute("UPDATE \"_rows_livestreams\" SET \"viewer_peak\" = 'many'", []).is_err());
}

/// A value that a STRICT table takes for a column.
fn sample(kind: &str) -> &'static str {
    match kind {
        "INTEGER" => "1",
        "BLOB" => "x'00'",
        "REAL" | "ANY" => "0.5",
        "TEXT" => "'text'",
        other => panic!("no STRICT table has the type {other}"),
    }
}
