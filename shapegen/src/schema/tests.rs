//! Folders of each tool as its users have them, with the traps that they hold.

use std::fs;
use std::path::Path;

use super::*;

type Files<'f> = &'f [(&'f str, &'f str)];

/// Files in a folder of their own, written in a random order: none may follow from how the system lists them.
fn folder(files: Files<'_>) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let mut files = files.to_vec();
    fastrand::shuffle(&mut files);
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// What is applied, one line a part: the file and its text.
fn applied(root: &Path, sources: &SourceMap, schema: &Schema) -> String {
    let mut lines = String::new();
    for script in &schema.scripts {
        let file = sources.file(script.file);
        let name = file.path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        for part in &script.parts {
            let text: Vec<&str> = file.text[part.clone()].split_ascii_whitespace().collect();
            lines.push_str(&format!("{name}: {}\n", text.join(" ")));
        }
    }
    lines
}

/// What a folder comes to, and what is said about it.
fn read_folder(files: Files<'_>) -> (String, String) {
    let root = folder(files);
    fs::write(root.path().join("shapes.toml"), "").unwrap();
    let mut sources = SourceMap::default();
    let manifest = sources.add("shapes.toml", "schema = [\"db\"]");
    let mut report = Report::default();
    let entry = Entry { path: "db", named: Some((Span::new(manifest, 10..14), Place::Manifest)) };
    let schema = read(root.path(), &[entry], None, &mut sources, &mut report);
    assert_eq!(schema.complete, !report.has_errors());
    let said = report.render(&sources, false).replace(root.path().to_str().unwrap(), "");
    (applied(root.path(), &sources, &schema), said)
}

/// A folder that is applied like this, without a word.
fn applies(files: Files<'_>, expected: &[&str]) {
    let (applied, said) = read_folder(files);
    assert_eq!((applied.lines().collect::<Vec<_>>().as_slice(), said.as_str()), (expected, ""), "{files:?}");
}

#[test]
fn sqlx_and_supabase_go_by_the_value_of_the_version() {
    applies(
        &[
            ("db/9_nine.sql", "nine"),
            ("db/10_ten.sql", "ten"),
            ("db/0001_one.sql", "one"),
            ("db/seed.sql", "data"),
            ("db/README.md", "text"),
            ("db/.hidden.sql", "hidden"),
            ("db/10_ten.sql~", "a backup"),
            ("db/10_ten.sql.orig", "a backup"),
        ],
        &["db/0001_one.sql: one", "db/9_nine.sql: nine", "db/10_ten.sql: ten"],
    );
    applies(
        &[("db/20240102030405_b.sql", "b"), ("db/20231231235959_a.sql", "a")],
        &["db/20231231235959_a.sql: a", "db/20240102030405_b.sql: b"],
    );
}

#[test]
fn sqlx_and_golang_migrate_have_two_files_for_two_ways() {
    applies(
        &[
            ("db/2_b.up.sql", "two"),
            ("db/2_b.down.sql", "DROP TABLE b"),
            ("db/10_c.up.sql", "ten"),
            ("db/10_c.down.sql", "DROP TABLE c"),
            ("db/000001_a.up.sql", "one"),
        ],
        &["db/000001_a.up.sql: one", "db/2_b.up.sql: two", "db/10_c.up.sql: ten"],
    );
    applies(
        &[("db/V0002.b.up.sql", "two"), ("db/V0001.a.up.sql", "one"), ("db/V0001.a.down.sql", "DROP TABLE a")],
        &["db/V0001.a.up.sql: one", "db/V0002.b.up.sql: two"],
    );
}

#[test]
fn diesel_goes_by_the_version_without_its_hyphens() {
    applies(
        &[
            ("db/2023-02-01-000000_b/up.sql", "b"),
            ("db/2023-02-01-000000_b/down.sql", "DROP TABLE b"),
            // As a path it comes before the others, as a version after them.
            ("db/20230301000000_c/up.sql", "c"),
            ("db/2023-01-31-120000_a/up.sql", "a"),
            ("db/00000000000000_diesel_initial_setup/up.sql", "setup"),
            ("db/00000000000000_diesel_initial_setup/down.sql", "DROP FUNCTION f"),
            ("db/2023-01-31-120000_a/metadata.toml", "run_in_transaction = false"),
            ("db/.diesel_lock/up.sql", "hidden"),
        ],
        &[
            "db/00000000000000_diesel_initial_setup/up.sql: setup",
            "db/2023-01-31-120000_a/up.sql: a",
            "db/2023-02-01-000000_b/up.sql: b",
            "db/20230301000000_c/up.sql: c",
        ],
    );
    // The version is text to diesel.
    applies(&[("db/9_b/up.sql", "9"), ("db/10_a/up.sql", "10")], &["db/10_a/up.sql: 10", "db/9_b/up.sql: 9"]);
}

#[test]
fn prisma_and_the_newer_drizzle_go_by_the_folders_name() {
    applies(
        &[
            ("db/20240101000000_init/migration.sql", "first"),
            ("db/20240101000000_init-more/migration.sql", "second"),
            ("db/20240301000000_more/migration.sql", "third"),
            ("db/migration_lock.toml", "# Please do not edit\nprovider = \"postgresql\"\n"),
        ],
        &[
            "db/20240101000000_init/migration.sql: first",
            "db/20240101000000_init-more/migration.sql: second",
            "db/20240301000000_more/migration.sql: third",
        ],
    );
    applies(
        &[
            ("db/20240101000000_quick_fox/migration.sql", "CREATE a--> statement-breakpoint\nCREATE b"),
            ("db/20240101000000_quick_fox/snapshot.json", "{}"),
        ],
        &["db/20240101000000_quick_fox/migration.sql: CREATE a", "db/20240101000000_quick_fox/migration.sql: CREATE b"],
    );
}

#[test]
fn drizzle_goes_by_its_journal() {
    let journal = r#"{"version":"7","dialect":"postgresql","entries":[
        {"idx":0,"version":"7","when":1,"tag":"0001_first","breakpoints":true},
        {"idx":1,"version":"7","when":2,"tag":"0000_second","breakpoints":true}]}"#;
    applies(
        &[
            ("db/meta/_journal.json", journal),
            ("db/meta/0000_snapshot.json", "{}"),
            ("db/0000_second.sql", "CREATE TYPE m\n--> statement-breakpoint\r\n CREATE a;--> statement-breakpoint\n"),
            ("db/0001_first.sql", "CREATE b"),
        ],
        &["db/0001_first.sql: CREATE b", "db/0000_second.sql: CREATE TYPE m", "db/0000_second.sql: CREATE a;"],
    );
}

#[test]
fn flyway_goes_by_dotted_versions_and_applies_repeatable_ones_last() {
    applies(
        &[
            ("db/V1__a.sql", "1"),
            ("db/V1_9__b.sql", "1.9"),
            ("db/V1.10__c.sql", "1.10"),
            ("db/later/V2__d.sql", "2"),
            ("db/later/more/V10__e.sql", "10"),
            ("db/U2__d.sql", "DROP TABLE d"),
            ("db/R__b_views.sql", "views b"),
            ("db/R__a_views.sql", "views a"),
        ],
        &[
            "db/V1__a.sql: 1",
            "db/V1_9__b.sql: 1.9",
            "db/V1.10__c.sql: 1.10",
            "db/later/V2__d.sql: 2",
            "db/later/more/V10__e.sql: 10",
            "db/R__a_views.sql: views a",
            "db/R__b_views.sql: views b",
        ],
    );
    applies(
        &[
            ("db/V1__a.sql", "1"),
            ("db/B1__a.sql", "old baseline"),
            ("db/V2.5__b.sql", "2.5"),
            ("db/B2_5__all.sql", "all up to 2.5"),
            ("db/V2.5.1__c.sql", "2.5.1"),
            ("db/R__r.sql", "r"),
        ],
        &["db/B2_5__all.sql: all up to 2.5", "db/V2.5.1__c.sql: 2.5.1", "db/R__r.sql: r"],
    );
}

#[test]
fn refinery_applies_u_files_in_the_same_order() {
    applies(
        &[("db/V1__a.sql", "1"), ("db/U3__b.sql", "3"), ("db/V10__c.sql", "10"), ("db/sub/V2__d.sql", "2")],
        &["db/V1__a.sql: 1", "db/sub/V2__d.sql: 2", "db/U3__b.sql: 3", "db/V10__c.sql: 10"],
    );
}

#[test]
fn goose_marks_the_ways_and_statements_with_semicolons() {
    let function = "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() AS $$ a; b; $$\n-- +goose StatementEnd\n\
                    CREATE b;\n\n-- +goose Down\nDROP TABLE b;\n-- +goose StatementBegin\nDROP f\n-- +goose StatementEnd\n";
    applies(
        &[
            (
                "db/00009_nine.sql",
                "-- a note\n\n-- +goose NO TRANSACTION\n-- +goose up\nCREATE a;\n-- +goose down\nDROP a;",
            ),
            ("db/00010_ten.sql", function),
            ("db/2_two.sql", "-- +goose Up\r\n-- +goose ENVSUB ON\r\nCREATE c;\r\n-- +goose ENVSUB OFF\r\nCREATE $d;"),
        ],
        &[
            "db/2_two.sql: -- +goose ENVSUB ON CREATE c; -- +goose ENVSUB OFF CREATE $d;",
            "db/00009_nine.sql: CREATE a;",
            "db/00010_ten.sql: CREATE FUNCTION f() AS $$ a; b; $$",
            "db/00010_ten.sql: CREATE b;",
        ],
    );
}

#[test]
fn dbmate_marks_the_ways_and_goes_by_name() {
    applies(
        &[
            ("db/9_nine.sql", "-- migrate:up\nCREATE a;\n-- migrate:down\nDROP TABLE a;"),
            (
                "db/10_ten.sql",
                "-- a note\n--migrate:up transaction:false\nCREATE b;\n\n-- migrate:down transaction:false\nDROP b;",
            ),
            ("db/20240101000000_x.sql", "-- migrate:up\n-- migrate:down\nDROP TABLE never;"),
        ],
        &["db/10_ten.sql: CREATE b;", "db/9_nine.sql: CREATE a;"],
    );
}

#[test]
fn plain_folders_go_by_name_or_by_the_numbers_in_front() {
    applies(
        &[("db/b.sql", "b"), ("db/a.sql", "a"), ("db/1-z.sql", "z"), ("db/Z.SQL", "Z")],
        &["db/1-z.sql: z", "db/Z.SQL: Z", "db/a.sql: a", "db/b.sql: b"],
    );
    applies(
        &[("db/10.tables.sql", "10"), ("db/9.types.sql", "9"), ("db/9.a.sql", "9a"), ("db/100.views.sql", "100")],
        &["db/9.a.sql: 9a", "db/9.types.sql: 9", "db/10.tables.sql: 10", "db/100.views.sql: 100"],
    );
}

#[test]
fn supabase_declares_its_schema_in_all_files_below_a_folder() {
    let text = "[db.migrations]\nschema_paths = []\n";
    let files = [
        ("supabase/config.toml", text),
        ("supabase/schemas/b/10_b.sql", "b10"),
        ("supabase/schemas/b/9_b.sql", "b9"),
        ("supabase/schemas/b-c.sql", "c"),
        ("supabase/schemas/a.sql", "a"),
    ];
    for (text, said) in [(text, ""), ("[db.migrations]\nschema_paths = [\"./schemas/*.sql\"]\n", "schema_paths")] {
        let root = folder(&files);
        fs::write(root.path().join("supabase/config.toml"), text).unwrap();
        let (mut sources, mut report) = (SourceMap::default(), Report::default());
        let entry = Entry { path: "supabase/schemas", named: None };
        let schema = read(root.path(), &[entry], None, &mut sources, &mut report);
        let messages: Vec<&str> = report.diagnostics().iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages.is_empty(), said.is_empty(), "{messages:?}");
        assert!(messages.iter().all(|message| message.contains(said)), "{messages:?}");
        let expected = "a.sql: a b/10_b.sql: b10 b/9_b.sql: b9 b-c.sql: c";
        let applied = applied(root.path(), &sources, &schema).replace("supabase/schemas/", "");
        assert_eq!(applied.lines().collect::<Vec<_>>().join(" "), expected);
        assert!(schema.choices.contains(&root.path().join("supabase/schemas/../config.toml")));
    }
}

#[test]
fn files_of_their_own_are_read_by_their_markers_and_once() {
    let root = folder(&[
        ("a.up.sql", "a"),
        ("goose.sql", "-- +goose Up\nCREATE b;\n-- +goose Down\nDROP b;"),
        ("m/1_x.sql", "-- migrate:up\nx\n-- migrate:down\ny"),
        ("m/2_z.sql", "-- migrate:up\nz\n-- migrate:down\ny"),
    ]);
    let mut sources = SourceMap::default();
    let mut report = Report::default();
    let entries = ["goose.sql", "m/1_x.sql", "m", "*.sql", "m/2*"].map(|path| Entry { path, named: None });
    let schema = read(root.path(), &entries, None, &mut sources, &mut report);
    assert_eq!(report.render(&sources, false), "");
    assert_eq!(
        applied(root.path(), &sources, &schema),
        "goose.sql: CREATE b;\nm/1_x.sql: x\nm/2_z.sql: z\na.up.sql: a\n"
    );
    let choices = ["m", "", "m"].map(|name| root.path().join(name));
    assert_eq!(schema.choices, choices);
}

#[test]
fn a_journal_is_an_input_beside_its_folder() {
    let root = folder(&[("db/meta/_journal.json", "{\"entries\":[]}")]);
    let schema = read(
        root.path(),
        &[Entry { path: "db", named: None }],
        None,
        &mut SourceMap::default(),
        &mut Report::default(),
    );
    assert_eq!(schema.choices, [root.path().join("db"), root.path().join("db/meta/_journal.json")]);
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_the_names() {
    let cases: &[(&str, Files<'_>)] = &[
        ("no files", &[("db/notes.md", "")]),
        ("ways back alone", &[("db/1_a.down.sql", "")]),
        ("files further down", &[("db/a/1.txt", ""), ("db/a/x.sql", ""), ("db/b/y.sql", "")]),
        ("folders beside files", &[("db/1_a.sql", "1"), ("db/old/2_b.sql", "2")]),
        ("two with one version", &[("db/1_a.up.sql", "a"), ("db/01_b.up.sql", "b"), ("db/2_c.up.sql", "c")]),
        ("two numbered ones", &[("db/1_a.sql", "a"), ("db/01_b.sql", "b"), ("db/2_c.sql", "c")]),
        ("a down alone", &[("db/1_a.up.sql", "a"), ("db/2_b.down.sql", "b")]),
        ("no way and no version", &[("db/1_a.up.sql", "a"), ("db/2_b.sql", "b"), ("db/c.sql", "c")]),
        ("no version", &[("db/1_a.sql", "a"), ("db/schema.sql", "b"), ("db/views.sql", "c")]),
        (
            "diesel's",
            &[("db/2024-01_a/up.sql", "a"), ("db/202401_b/up.sql", "b"), ("db/3_c/down.sql", "c"), ("db/d.sql", "d")],
        ),
        ("two tools", &[("db/1_a/up.sql", "a"), ("db/2_b/migration.sql", "b")]),
        ("Prisma's", &[("db/1_a/migration.sql", "a"), ("db/migration_lock.toml", "provider = \"mysql\"")]),
        (
            "Flyway's",
            &[("db/V1__a.sql", "a"), ("db/V1.0__b.sql", "b"), ("db/v2__c.sql", "c"), ("db/afterMigrate.sql", "d")],
        ),
        ("two meanings of U", &[("db/V1__a.sql", "a"), ("db/U1__a.sql", "b"), ("db/U2__c.sql", "c")]),
        ("repeated", &[("db/V1__a.sql", "a"), ("db/R__r.sql", "r"), ("db/more/R__r.sql", "r")]),
        ("a broken journal", &[("db/meta/_journal.json", "{")]),
        ("another dialect", &[("db/meta/_journal.json", "{\"dialect\": \"sqlite\", \"entries\": []}")]),
        (
            "a journal with another content than the folder",
            &[
                ("db/meta/_journal.json", "{\"entries\": [{\"tag\": \"0000_a\"}, {\"tag\": \"0001_b\"}]}"),
                ("db/0001_b.sql", "b"),
                ("db/0002_c.sql", "c"),
            ],
        ),
        (
            "goose's in Go",
            &[("db/1_a.sql", "-- +goose Up\na"), ("db/2_b.go", "b"), ("db/2_b_test.go", "t"), ("db/embed.go", "e")],
        ),
        ("refinery's in Rust", &[("db/V1__a.sql", "a"), ("db/V2__b.rs", "b"), ("db/mod.rs", "m")]),
        ("a file without goose's marker", &[("db/1_a.sql", "-- +goose Up\na"), ("db/2_b.sql", "b")]),
        (
            "two tools' markers",
            &[
                ("db/1_a.sql", "-- +goose Up\na"),
                ("db/2_b.sql", "-- migrate:up\nb"),
                ("db/3_c.sql", "-- migrate:up\nc"),
            ],
        ),
    ];
    let mut shown = String::new();
    for (case, files) in cases {
        let (applied, said) = read_folder(files);
        shown.push_str(&format!("──── {case}\n{applied}{said}\n"));
    }
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
}

#[test]
fn markers_out_of_place_are_said_at_their_line() {
    let files = [
        ("goose: none but another", "-- +goose Down\nDROP a;"),
        ("goose: no way up", "-- +goose NO TRANSACTION\n"),
        ("goose: before it", "CREATE a;\n-- +goose Up\nCREATE b;"),
        ("goose: twice", "-- +goose Up\nCREATE a;\n-- +goose Up\n"),
        ("goose: never ended", "-- +goose Up\n-- +goose StatementBegin\nCREATE a;"),
        ("goose: ended in the wrong way", "-- +goose Up\n-- +goose StatementBegin\nCREATE a;\n-- +goose Down\n"),
        ("goose: unknown", "-- +goose Up\n-- +goose StatmentBegin\nCREATE a;"),
        ("goose: from the environment", "-- +goose Up\n-- +goose ENVSUB ON\nCREATE TABLE ${PREFIX}_a (b $TYPE);"),
        ("dbmate: no way up", "-- migrate:down\nDROP a;"),
        ("dbmate: before it", "CREATE a;\n-- migrate:up\nCREATE b;"),
        ("dbmate: twice", "-- migrate:up\nCREATE a;\n-- migrate:up\nCREATE b;"),
    ];
    let mut shown = String::new();
    for (case, text) in files {
        let (applied, said) = read_folder(&[("db/1_a.sql", text)]);
        shown.push_str(&format!("──── {case}\n{applied}{said}\n"));
    }
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(shown) });
}

#[test]
fn files_that_cant_be_read_are_said_at_the_manifests_entry() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::create_dir(path("db")).unwrap();
    fs::write(path("db/1_a.sql"), b"CREATE TABLE caf\xE9 ();").unwrap();
    fs::write(path("db/2_b.sql"), b"\xFF\xFEa").unwrap();
    fs::write(path("3_c.up.sql"), "").unwrap();
    fs::write(path("3_c.down.sql"), "").unwrap();
    let text = "schema = [\"db\", \"gone.sql\", \"gone/*.sql\", \"3*.sql\"]\noverrides = \"db\"\n[shape]\n";
    fs::write(path("shapes.toml"), text).unwrap();
    let failed = crate::load(&path("shapes.toml")).unwrap_err();
    let said = failed.to_string().replace(root.path().to_str().unwrap(), "");
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said) });
}
