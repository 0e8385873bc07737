//! What `init` writes, and that a manifest builds as it is. That structs compile is a test over all schemas.

use std::fs;
use std::path::Path;

use super::super::Exit;
use super::super::tests::{Ran, shapegen};
use super::{crate_folder, relative};

/// Runs `init` on a schema; the manifest and what was said. What was written builds without a word.
fn init(schema: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("schema.sql"), schema).unwrap();
    let Ran { exit, out, err } = shapegen(&["init", "--manifest", &path("shapes.toml"), &path("schema.sql")]);
    assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
    let built = shapegen(&["build", "--manifest", &path("shapes.toml")]);
    assert_eq!((built.exit, built.err.as_str()), (Exit::Fine, ""));
    assert!(Path::new(&path("src/sync/mod.rs")).is_file());
    let said = out.replace(&path("shapes.toml"), "shapes.toml");
    format!("{}────\n{said}", fs::read_to_string(path("shapes.toml")).unwrap())
}

/// Runs `init --style derive` on a schema; the file and what was said.
fn structs(schema: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir_all(path("app/src")).unwrap();
    fs::write(path("app/Cargo.toml"), "[package]\nname = \"app\"\n").unwrap();
    fs::write(path("schema.sql"), schema).unwrap();
    let output = path("app/src/shapes.rs");
    let Ran { exit, out, err } = shapegen(&["init", "--style", "derive", "--output", &output, &path("schema.sql")]);
    assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
    format!("{}────\n{}", fs::read_to_string(&output).unwrap(), out.replace(&output, "src/shapes.rs"))
}

macro_rules! written {
    ($by:ident $($name:ident: $schema:expr;)*) => {$(
        #[test]
        fn $name() {
            let written = $by($schema);
            insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(written) });
        }
    )*};
}

const STREAMPAI: &str = include_str!("../../../../schemas/streampai.sql");

const TENANTS: &str = r#"
    CREATE TABLE companies (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE users (id uuid PRIMARY KEY, company_id int NOT NULL REFERENCES companies, manager_id uuid REFERENCES users);
    CREATE TABLE teams (id bigint PRIMARY KEY, company_id int NOT NULL REFERENCES companies (id));
    CREATE TABLE documents (id uuid PRIMARY KEY, company_id int NOT NULL REFERENCES companies, created_by uuid REFERENCES users);
    CREATE TABLE notes (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES users, team_id bigint REFERENCES teams);
    CREATE TABLE drafts (id uuid PRIMARY KEY, author uuid NOT NULL REFERENCES users, token_count int);
    CREATE TABLE devices (token text PRIMARY KEY, user_id uuid NOT NULL, "apiKey" text, keyboard text, password_hash text);
    CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES users, bio text);
    CREATE TABLE reviews (id uuid PRIMARY KEY, author_id uuid REFERENCES users, reviewer_id uuid REFERENCES users);
    CREATE TABLE countries (code text PRIMARY KEY);
    CREATE TABLE audit_log (user_id uuid NOT NULL, happened text NOT NULL);
    CREATE TABLE seats (user_id uuid NOT NULL REFERENCES users, number int NOT NULL, UNIQUE (user_id, number));
    CREATE TABLE imports (id int PRIMARY KEY, user_id text NOT NULL);
    CREATE VIEW everything AS SELECT 1;
"#;

const ODD_NAMES: &str = "
    CREATE SCHEMA sales;
    CREATE TABLE \"User\" (id int PRIMARY KEY);
    CREATE TABLE sales.orders (id int PRIMARY KEY, \"userId\" int REFERENCES \"User\");
    CREATE TABLE orders (id int PRIMARY KEY, \"user\" int REFERENCES \"User\");
    CREATE TABLE \"Orders\" (id int PRIMARY KEY, user_id int);
    CREATE TABLE \"a\n[shape]\n\\\"\"\u{202e}'\" (id int PRIMARY KEY, \"it's\n\"\"so\" int REFERENCES \"User\");
    CREATE TABLE \"gone\n[shape]\" (id int PRIMARY KEY);
";

written! {
    init
    the_streaming_app: STREAMPAI;
    a_schema_with_tenants: TENANTS;
    odd_names: ODD_NAMES;
    people_that_no_table_holds: "
        CREATE TABLE workspaces (id uuid PRIMARY KEY);
        CREATE TABLE pages (id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspaces);
    ";
    nobody_at_all: "CREATE TABLE readings (id int PRIMARY KEY, value float8);";
}

written! {
    structs
    structs_of_the_streaming_app: STREAMPAI;
    structs_of_a_schema_with_tenants: TENANTS;
    structs_of_odd_names: ODD_NAMES;
}

#[test]
fn a_manifest_that_is_there_stays_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("schema.sql"), "CREATE TABLE users (id int PRIMARY KEY);").unwrap();
    fs::write(path("shapes.toml"), "mine").unwrap();
    let Ran { exit, out, err } = shapegen(&["init", "--manifest", &path("shapes.toml"), &path("schema.sql")]);
    assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""));
    assert!(err.contains("SG0002") && err.contains("already") && err.contains("--manifest FILE"), "{err}");
    assert_eq!(fs::read_to_string(path("shapes.toml")).unwrap(), "mine");
}

#[test]
fn a_rust_file_that_is_there_stays_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("schema.sql"), "CREATE TABLE users (id int PRIMARY KEY);").unwrap();
    let (output, schema) = (path("shapes.rs"), path("schema.sql"));
    let init = ["init", "--style", "derive", "--output", &output, &schema, "--message-format", "json"];
    let written = shapegen(&init);
    let summary = "1 shape, 0 tables left out; scopes and frequencies are guesses, review every line";
    let message = format!("{{\"reason\":\"shapes-written\",\"path\":{output:?},\"summary\":\"{summary}\"}}\n");
    assert_eq!((written.exit, written.out), (Exit::Fine, message));
    fs::write(&output, "mine").unwrap();
    let Ran { exit, out, err } = shapegen(&init[..6]);
    assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""));
    assert!(err.contains("SG0002") && err.contains("already") && err.contains("--output FILE"), "{err}");
    assert_eq!(fs::read_to_string(&output).unwrap(), "mine");
}

#[test]
fn each_style_has_a_file_of_its_own() {
    for (arguments, said) in [
        (&["init", "--output", "x.rs", "schema.sql"][..], "'--output <FILE>' goes with '--style derive'"),
        (
            &["init", "--style", "derive", "--manifest", "x.toml", "schema.sql"],
            "'--manifest <FILE>' goes with '--style manifest'",
        ),
    ] {
        let Ran { exit, out, err } = shapegen(arguments);
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
        assert!(err.contains(said) && err.contains("Usage: shapegen init"), "{err}");
    }
}

#[test]
fn paths_of_structs_are_relative_to_the_crate() {
    let root = tempfile::tempdir().unwrap();
    let folder = |name: &str| root.path().join(name);
    fs::create_dir_all(folder("app/src/sync")).unwrap();
    assert_eq!(crate_folder(&folder("app/src/sync")), folder("app/src/sync"));
    fs::write(folder("app/Cargo.toml"), "").unwrap();
    assert_eq!(crate_folder(&folder("app/src/sync")), folder("app"));
    assert_eq!(crate_folder(&folder("app")), folder("app"));
    assert!(crate_folder(Path::new("src")).ends_with("shapegen"));
}

#[test]
fn a_schema_that_cant_be_read_writes_no_manifest() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("schema.sql"), "CREATE TABLE users (id integre PRIMARY KEY);").unwrap();
    fs::create_dir(path("empty")).unwrap();
    for (schema, code) in [("schema.sql", "SG0103"), ("gone.sql", "SG0001"), ("*.md", "SG0001"), ("empty", "SG0004")] {
        let ran = shapegen(&["init", "--manifest", &path("shapes.toml"), &path(schema)]);
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Diagnostics, ""), "{schema}");
        assert!(ran.err.contains(code), "{schema}: {}", ran.err);
        assert!(!Path::new(&path("shapes.toml")).exists());
    }
    fs::write(path("schema.sql"), "CREATE TABLE users (id int PRIMARY KEY);").unwrap();
    let nowhere = shapegen(&["init", "--manifest", &path("nowhere/shapes.toml"), &path("schema.sql")]);
    assert_eq!(nowhere.exit, Exit::Diagnostics);
    assert!(nowhere.err.contains("SG0002"), "{}", nowhere.err);
}

#[test]
fn a_folder_of_migrations_is_the_entry_as_it_was_given() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("migrations")).unwrap();
    fs::write(path("migrations/9_users.up.sql"), "CREATE TABLE users (id int PRIMARY KEY);").unwrap();
    fs::write(path("migrations/9_users.down.sql"), "DROP TABLE users;").unwrap();
    fs::write(path("migrations/10_name.up.sql"), "ALTER TABLE users ADD name text;").unwrap();
    for command in [&["init"][..], &["build"]] {
        let manifest = path("shapes.toml");
        let folder = path("migrations");
        let schema = (command == ["init"]).then_some(folder.as_str());
        let arguments: Vec<&str> = command.iter().copied().chain(["--manifest", &manifest]).chain(schema).collect();
        let Ran { exit, err, .. } = shapegen(&arguments);
        assert_eq!((exit, err.as_str()), (Exit::Fine, ""), "{command:?}");
    }
    assert!(fs::read_to_string(path("shapes.toml")).unwrap().contains("schema = [\"migrations\"]"));
    assert!(fs::read_to_string(path("src/sync/users.rs")).unwrap().contains("name"));
}

#[test]
fn schema_paths_are_relative_to_the_manifest() {
    for (folder, entry, expected) in [
        ("", "schema.sql", "schema.sql"),
        ("", "./db/*.sql", "db/*.sql"),
        ("app", "app/schema.sql", "schema.sql"),
        ("app/conf", "db/**/*.sql", "../../db/**/*.sql"),
        ("../app", "schema.sql", "../shapegen/schema.sql"),
        ("app/../app", "app/db/../schema.sql", "schema.sql"),
    ] {
        assert_eq!(relative(Path::new(folder), entry), expected, "{folder} {entry}");
    }
}
