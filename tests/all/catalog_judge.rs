//! PostgreSQL as judge of the catalog: what it makes of a schema must be what shapegen reads from it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shapegen::catalog::{BaseType, Catalog, QualifiedName, Script};
use shapegen::diagnostics::Report;
use shapegen::schema::{self, Entry};
use shapegen::source::SourceMap;

use crate::catalog_changes::{CHANGES, FOUND};
use crate::postgres::{Postgres, Session};

/// Gives what PostgreSQL knows, in the form of [`ours`], as one line.
pub const THEIRS: &str = include_str!("catalog_judge.sql");

/// Folders of migrations, and the files that their tool applies on the way up, in its order.
const FOLDERS: &[(&str, &[&str])] = &[
    (
        "billing_flyway",
        &[
            "V1__accounts.sql",
            "V1.1__bookings.sql",
            "V2__statements.sql",
            "V2.0.1__statement_number.sql",
            "V10__rename_booking.sql",
            "V11__posting_state.sql",
            "R__balances.sql",
        ],
    ),
    (
        "fleet_golang_migrate",
        &["000001_vehicles.up.sql", "000002_drivers.up.sql", "000010_trip_ids.up.sql", "000011_rename_plate.up.sql"],
    ),
    (
        "forum_diesel",
        &[
            "00000000000000_diesel_initial_setup/up.sql",
            "2021-03-01-090000_members/up.sql",
            "2021-03-05-101500_threads/up.sql",
            "2021-11-20-080000_posts/up.sql",
            "2022-06-30-120000_rename_members/up.sql",
            "2023-01-09-070000_drop_badges/up.sql",
        ],
    ),
    ("gym_refinery", &["V1__halls.sql", "V2__trainers.sql", "V9__bookings.sql", "V10__drop_bio.sql"]),
    ("links_drizzle", &["0000_wide_river.sql", "0001_quiet_stone.sql", "0002_late_train.sql"]),
    (
        "parcels_goose",
        &[
            "00001_depots.sql",
            "00002_parcels.sql",
            "00009_scan_index.sql",
            "00010_rename_recipient.sql",
            "00011_routes.sql",
        ],
    ),
    ("polls_supabase", &["20240101120000_init.sql", "20240215090000_votes.sql", "20240401000000_options.sql"]),
    (
        "recipes_dbmate",
        &[
            "20230110081500_create_cooks.sql",
            "20230111120000_create_recipes.sql",
            "20230301093000_ingredients.sql",
            "20230302000000_concurrent_index.sql",
            "20240519181000_split_effort.sql",
        ],
    ),
    (
        "school_sqlx",
        &[
            "20220101000000_pupils.up.sql",
            "20220315083000_marks.up.sql",
            "20220902070000_classes.up.sql",
            "20230110120000_absences.up.sql",
        ],
    ),
    (
        "tickets_prisma",
        &[
            "20230214101010_init/migration.sql",
            "20230801000000_assignees/migration.sql",
            "20240312093000_rename_to_case/migration.sql",
        ],
    ),
];

/// Lines that a migration's way down begins with, in the tools that keep both ways in one file.
const WAY_DOWN: &[&str] = &["-- +goose Down", "-- migrate:down"];

/// Roles that own and read things in dumps.
const ROLES: &str = "CREATE ROLE postgres; CREATE ROLE clinic_owner; CREATE ROLE clinic_reader;";

/// Tables whose columns the catalog can't know, as it says where a shape uses them.
const UNKNOWN: &[&str] = &["public.counts"];

/// Gives the database back as a new one is, for less than a new one costs.
const RESET: &[&str] = &[
    "ROLLBACK",
    "DISCARD ALL",
    "DO $$ DECLARE found name; BEGIN
        FOR found IN SELECT nspname FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_' LOOP
            EXECUTE format('DROP SCHEMA %I CASCADE', found);
        END LOOP;
        FOR found IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
            EXECUTE format('DROP EXTENSION %I CASCADE', found);
        END LOOP;
    END $$",
    "CREATE SCHEMA public",
];

/// Empties a database.
pub fn reset(session: &mut Session) {
    for statement in RESET {
        session.run(statement).unwrap();
    }
}

/// What shapegen read: the JSON of `shapegen catalog`, with types, views and indexes beside it.
pub fn ours(catalog: &Catalog) -> Value {
    let full = |name: &QualifiedName| format!("{}.{}", name.schema, name.name);
    let mut all = serde_json::to_value(catalog.to_json()).unwrap();
    for (table, shown) in catalog.tables.values().zip(all["tables"].as_array_mut().unwrap()) {
        let indexes = table
            .indexes
            .iter()
            .map(|index| json!({ "name": index.name, "columns": index.columns, "unique": index.unique, "finds_all": index.finds_all }));
        shown["indexes"] = indexes.collect();
    }
    let with_comment = |mut value: Value, comment: &Option<String>| {
        if let Some(comment) = comment {
            value["comment"] = json!(comment);
        }
        value
    };
    let enums = catalog
        .enums
        .iter()
        .map(|(name, found)| with_comment(json!({ "name": full(name), "labels": found.labels }), &found.comment));
    let domains = catalog.domains.iter().map(|(name, found)| {
        let domain = json!({ "name": full(name), "base": found.base.formatted(), "not_null": found.not_null });
        with_comment(domain, &found.comment)
    });
    let composites = catalog.composites.iter().map(|(name, found)| {
        let attributes = found.attributes.iter();
        let attributes: Vec<Value> =
            attributes.map(|(name, data_type)| json!({ "name": name, "type": data_type.formatted() })).collect();
        with_comment(json!({ "name": full(name), "attributes": attributes }), &found.comment)
    });
    let ranges = catalog.ranges.iter().map(|(name, found)| {
        let (subtype, multirange) = (found.subtype.formatted(), full(&found.multirange));
        with_comment(json!({ "name": full(name), "subtype": subtype, "multirange": multirange }), &found.comment)
    });
    let views = catalog.views.keys().map(full).collect::<BTreeSet<String>>();
    for (key, mut values) in [
        ("enums", enums.collect::<Vec<Value>>()),
        ("domains", domains.collect()),
        ("composites", composites.collect()),
        ("ranges", ranges.collect()),
    ] {
        // By the whole name, as the other side is.
        values.sort_by(|left, right| left["name"].as_str().cmp(&right["name"].as_str()));
        all[key] = values.into();
    }
    all["views"] = json!(views);
    all
}

/// What differs between PostgreSQL's answer and ours, a line each with the path to it.
pub fn differences(theirs: &Value, ours: &Value) -> String {
    let mut out = String::new();
    compare("", theirs, ours, &mut out);
    out
}

fn compare(path: &str, theirs: &Value, ours: &Value, out: &mut String) {
    let say = |at: &str, theirs: Option<&Value>, ours: Option<&Value>, out: &mut String| {
        let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
        writeln!(out, "{at}: PostgreSQL says {}, the catalog says {}", shown(theirs), shown(ours)).unwrap();
    };
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
                let at = match (path, key.as_str()) {
                    ("", "tables") => String::new(),
                    ("", _) => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                match (left.get(key), right.get(key)) {
                    (Some(theirs), Some(ours)) => compare(&at, theirs, ours, out),
                    (theirs, ours) => say(&at, theirs, ours, out),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            let in_any_order = ["unique", "foreign_keys", "indexes"].iter().any(|end| path.ends_with(end));
            if in_any_order {
                let sorted = |values: &[Value]| {
                    let mut values: Vec<String> = values.iter().map(Value::to_string).collect();
                    values.sort();
                    values
                };
                let (left, right) = (sorted(left), sorted(right));
                if left != right {
                    let lists = (json!(left), json!(right));
                    say(path, Some(&lists.0), Some(&lists.1), out);
                }
                return;
            }
            let (Some(their_names), Some(our_names)) = (names(left), names(right)) else {
                if left != right {
                    say(path, Some(theirs), Some(ours), out);
                }
                return;
            };
            if their_names != our_names {
                let (theirs, ours) = (json!(their_names), json!(our_names));
                say(if path.is_empty() { "tables" } else { path }, Some(&theirs), Some(&ours), out);
            }
            for (name, theirs) in their_names.iter().zip(left) {
                let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if let Some(found) = our_names.iter().position(|other| other == name) {
                    compare(&at, theirs, &right[found], out);
                }
            }
        }
        _ if theirs != ours => say(path, Some(theirs), Some(ours), out),
        _ => {}
    }
}

/// The names of tables, columns or types, if these are such.
fn names(values: &[Value]) -> Option<Vec<String>> {
    let name = |value: &Value| match (value.get("schema"), value.get("table"), value.get("name")) {
        (Some(Value::String(schema)), Some(Value::String(table)), _) => Some(format!("{schema}.{table}")),
        (_, _, Some(Value::String(name))) => Some(name.clone()),
        _ => None,
    };
    values.iter().map(name).collect()
}

fn short(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Reads one text.
pub fn read(text: &str) -> (Catalog, String) {
    let mut sources = SourceMap::default();
    let file = sources.add("schema.sql", text);
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    (catalog, report.render(&sources, false))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A schema of `schemas/` as its tool applies it.
fn scripts(path: &Path, name: &str) -> Vec<String> {
    if path.is_file() {
        return vec![fs::read_to_string(path).unwrap()];
    }
    let files = FOLDERS.iter().find(|(folder, _)| *folder == name);
    let (_, files) = files.unwrap_or_else(|| panic!("nobody said in which order {name} is applied"));
    let up = |file: &&str| {
        let text = fs::read_to_string(path.join(file)).unwrap();
        let lines = text.lines().take_while(|line| !WAY_DOWN.iter().any(|down| line.starts_with(down)));
        lines.map(|line| format!("{line}\n")).collect()
    };
    files.iter().map(up).collect()
}

#[test]
fn schemas_are_read_as_postgresql_reads_them() {
    let Some(server) = Postgres::shared("nobody judged the catalog") else { return };
    server.database("roles").sql(ROLES);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root().join("schemas")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.extend(["shop.sql", "shop.dump.sql"].map(|name| root().join("shapegen/fixtures").join(name)));
    paths.sort();
    assert!(paths.len() > 16);
    let mut wrong = String::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let database = server.database(name);
        for script in scripts(&path, name) {
            database.sql(&script);
        }
        let mut theirs: Value = serde_json::from_str(&database.sql(THEIRS)).unwrap();
        theirs["tables"].as_array_mut().unwrap().retain(|table| {
            let full = format!("{}.{}", short(&table["schema"]), short(&table["table"]));
            !UNKNOWN.contains(&full.as_str())
        });
        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let entry = Entry { path: path.to_str().unwrap(), named: None };
        let scripts = schema::read(Path::new(""), &[entry], None, &mut sources, &mut report).scripts;
        let catalog = Catalog::read(&sources, &scripts, &mut report);
        let mut ours = ours(&catalog);
        ours["views"].as_array_mut().unwrap().retain(|view| !UNKNOWN.contains(&view.as_str().unwrap()));
        let differences = differences(&theirs, &ours);
        if report.has_errors() || !differences.is_empty() {
            write!(wrong, "{name}\n{}{differences}\n", report.render(&sources, false)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What the changes stand behind.
const BASE: &str = r#"
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE a (id int PRIMARY KEY, x text, y text UNIQUE, m mood);
CREATE TABLE b (id int, a_id int REFERENCES a, a_y text REFERENCES a (y));
"#;

#[test]
fn changes_are_read_as_postgresql_reads_them() {
    let Some(server) = Postgres::shared("nobody judged the catalog") else { return };
    let database = server.database("changes");
    let mut session = database.session();
    let mut wrong = String::new();
    let changes = CHANGES.iter().map(|change| ("", *change));
    for (name, change) in changes.chain(FOUND.iter().copied()) {
        let text = format!("{BASE}{change}");
        reset(&mut session);
        if let Err(error) = database.try_sql(&text) {
            write!(wrong, "{name}\n{change}\n{error}\n").unwrap();
            continue;
        }
        let theirs: Value = serde_json::from_str(&database.sql(THEIRS)).unwrap();
        let (catalog, report) = read(&text);
        let differences = differences(&theirs, &ours(&catalog));
        if !report.is_empty() || !differences.is_empty() {
            write!(wrong, "{name}\n{change}\n{report}{differences}\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn differences_are_said_with_their_path() {
    let theirs = json!({ "tables": [{ "schema": "public", "table": "orders", "unique": [{ "columns": ["a"] }],
        "columns": [{ "name": "total", "type": "numeric(5,2)", "comment": "net" }, { "name": "note" }] }],
        "views": ["public.v"] });
    let ours = json!({ "tables": [{ "schema": "public", "table": "orders", "unique": [], "kind": "ordinary",
        "columns": [{ "name": "note" }, { "name": "total", "type": "numeric" }] }], "views": [] });
    assert_eq!(
        differences(&theirs, &ours),
        "public.orders.columns: PostgreSQL says [\"total\",\"note\"], the catalog says [\"note\",\"total\"]\n\
         public.orders.columns.total.comment: PostgreSQL says net, the catalog says nothing\n\
         public.orders.columns.total.type: PostgreSQL says numeric(5,2), the catalog says numeric\n\
         public.orders.unique: PostgreSQL says [\"{\\\"columns\\\":[\\\"a\\\"]}\"], the catalog says []\n\
         public.orders.kind: PostgreSQL says nothing, the catalog says ordinary\n\
         views: PostgreSQL says [\"public.v\"], the catalog says []\n"
    );
    assert_eq!(differences(&theirs, &theirs), "");
}

#[test]
fn names_and_types_are_postgresqls() {
    let Some(server) = Postgres::shared("nobody judged the catalog") else { return };
    let database = server.database("names");
    let keywords = database.sql("SELECT word, catcode IN ('R', 'T') FROM pg_get_keywords();");
    for line in keywords.lines() {
        let (word, reserved) = line.split_once('|').unwrap();
        let (_, report) = read(&format!("CREATE TABLE t ({word} int);"));
        // Reserved since PostgreSQL 16; it would be a column's name before.
        assert_eq!(!report.is_empty(), reserved == "t" && word != "system_user", "{word}: {report}");
    }
    // The ones without an input function can't be a column's in practice.
    let types = database.sql(
        "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
         AND typcategory <> 'A' AND typname NOT IN ('pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list',
         'gtsvector', 'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary');",
    );
    assert!(types.lines().count() > 60);
    for name in types.lines() {
        let (catalog, report) = read(&format!("CREATE TABLE t (c pg_catalog.\"{name}\");"));
        assert_eq!(report, "", "{name}");
        let column = &catalog.tables.values().next().unwrap().columns[0];
        assert!(matches!(column.data_type.base, BaseType::BuiltIn { name: found, .. } if found == name), "{name}");
    }
}
