//! What a crate with derived shapes is compiled from: each file of the schema is an input of the crate, by a path that no
//! machine is part of.

use std::fs;

use crate::compile::{compile, macros, runtimes, stderr};

#[test]
fn each_file_of_the_schema_and_the_manifest_are_inputs_of_the_crate() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("app/migrations/1_notes.sql", "CREATE TABLE notes (id int PRIMARY KEY);");
    write("app/migrations/2_mood.sql", "CREATE TYPE mood AS ENUM ('good'); ALTER TABLE notes ADD mood mood;");
    write("schema/users.sql", "CREATE TABLE users (id int PRIMARY KEY);");
    write("overrides.sql", "");
    write("shapes.toml", "schema = [\"schema/*.sql\"]\noverrides = \"overrides.sql\"\n");
    write(
        "app/lib.rs",
        r#"//! Two shapes and an enum.
        use shapegen_macros::{Shape, ShapeEnum};

        /// A note.
        #[derive(Debug, Clone, PartialEq, Shape)]
        #[shape(table = "notes", schema = "migrations", scope = "public", change_frequency = "low")]
        pub struct Note { /** Which. */ pub id: i32, /** How. */ pub mood: Option<Mood> }

        /// A mood.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
        #[shape(type = "mood", schema = "migrations")]
        pub enum Mood { /** Good. */ Good, /** New. */ #[shape(other)] Other(String) }

        /// A user.
        #[derive(Debug, Clone, PartialEq, Shape)]
        #[shape(table = "users", manifest = "../shapes.toml", scope = "public", change_frequency = "low")]
        pub struct User { /** Which. */ pub id: i32 }
        "#,
    );
    let macros = format!("shapegen_macros={}", macros().display());
    let arguments = ["--crate-type", "lib", "--crate-name", "app", "--emit", "dep-info", "-D", "warnings", "--extern"];
    let arguments = [&arguments[..], &[macros.as_str()]].concat();
    let mut said = Vec::new();
    let compiles = runtimes().iter().any(|runtime| {
        let output = compile(&folder.path().join("app/lib.rs"), runtime, &arguments);
        said.push(stderr(&output));
        output.status.success()
    });
    assert!(compiles, "with none of the runtimes; with the newest one:\n{}", said.first().map_or("", String::as_str));
    let inputs = fs::read_to_string(folder.path().join("app/app.d")).unwrap();
    for file in ["/migrations/1_notes.sql", "/migrations/2_mood.sql", "/../schema/users.sql", "/../overrides.sql"] {
        assert!(inputs.contains(file), "{file} is not in\n{inputs}");
    }
    assert!(inputs.contains("/../shapes.toml"), "{inputs}");
}
