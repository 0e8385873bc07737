//! What is generated for PostgreSQL, run by PostgreSQL: what Electric needs on the server, and PGlite's tables.

use std::fs;
use std::path::Path;

use shapegen::Generated;
use shapegen::model::Load;

use crate::postgres::{Database, Postgres};

/// A manifest and its schema, of the repository.
const CASES: [(&str, &str, &str); 3] = [
    ("hostile", "shapegen/fixtures/hostile.toml", "schemas/hostile.sql"),
    ("postgres", "shapegen/fixtures/postgres.toml", "shapegen/fixtures/postgres.sql"),
    ("streampai", "examples/streampai/shapes.toml", "schemas/streampai.sql"),
];

fn generated(manifest: &str, schema: &str) -> (Generated, String) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = tempfile::tempdir().unwrap();
    let schema = fs::read_to_string(repository.join(schema)).unwrap();
    fs::write(root.path().join("schema.sql"), &schema).unwrap();
    let text = fs::read_to_string(repository.join(manifest)).unwrap();
    let manifest = root.path().join("shapes.toml");
    fs::write(&manifest, text.replace("../../schemas/streampai.sql", "schema.sql")).unwrap();
    (shapegen::generate(&manifest).unwrap_or_else(|failed| panic!("{failed}")), schema)
}

/// Publication members, replica identities and indexes, with whether they are complete.
fn state(database: &Database<'_>) -> String {
    database.sql(
        "SELECT 'published', prrelid::regclass FROM pg_publication_rel ORDER BY 2;
         SELECT 'identity', oid::regclass, relreplident FROM pg_class WHERE relkind IN ('r', 'p') AND oid > 16384 ORDER BY 2;
         SELECT 'index', indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid > 16384 ORDER BY 2;",
    )
}

#[test]
fn electric_sql_prepares_a_server_and_changes_nothing_the_second_time() {
    let Some(server) = Postgres::shared("that PostgreSQL takes electric.sql") else { return };
    for (name, manifest, schema) in CASES {
        let (generated, schema) = generated(manifest, schema);
        let database = server.database(&format!("electric_{name}"));
        database.sql(&schema);
        database.sql(&generated.electric_sql);
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let once = state(&database);
        database.sql(&generated.electric_sql);
        assert_eq!(state(&database), once);
        for shape in &generated.loaded.model.shapes {
            let Load::Newest(newest) = &shape.load else { continue };
            let [schema, table] = [&shape.table.schema, &shape.table.name].map(|name| quoted(name));
            let condition = shape.filter.as_ref().map_or("true", |filter| &filter.sql);
            let values = if shape.params.is_empty() {
                String::new()
            } else {
                format!("({})", ["NULL"].repeat(shape.params.len()).join(", "))
            };
            let plan = database.sql(&format!(
                "SET enable_seqscan = off; SET enable_sort = off; SET plan_cache_mode = force_generic_plan;
                 PREPARE newest AS SELECT * FROM {schema}.{table} WHERE {condition} ORDER BY {} LIMIT {};
                 EXPLAIN (FORMAT JSON) EXECUTE newest{values};",
                newest.order_by, newest.count,
            ));
            // Rows of the same time are sorted, no others.
            assert!(!plan.contains("\"Sort\""), "the newest `{}` are sorted: {plan}", shape.name);
            assert!(plan.contains("\"Index"), "{plan}");
        }
        for table in &generated.loaded.model.postgres.synced {
            let [schema, name] = [&table.name.schema, &table.name.name].map(|name| name.replace('\'', "''"));
            let there = database.sql(&format!(
                "SELECT relreplident, EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = c.oid)
                 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE nspname = E'{schema}' AND relname = '{name}';"
            ));
            assert_eq!(there, "f|t\n", "{:?}", table.name);
            for index in &table.indexes {
                assert!(index.name.len() <= 63, "{}", index.name);
                // A planner that may not read the whole table shows whether the index serves the condition.
                let condition: Vec<String> = index
                    .columns
                    .iter()
                    .map(|column| format!("{0} = (SELECT {0} FROM t LIMIT 1)", quoted(column)))
                    .collect();
                let from = format!("{}.{}", quoted(&table.name.schema), quoted(&table.name.name));
                let plan = database.sql(&format!(
                    "SET enable_seqscan = off; EXPLAIN (FORMAT JSON) WITH t AS MATERIALIZED (SELECT * FROM {from})
                     SELECT * FROM {from} AS u WHERE {};",
                    condition.join(" AND ")
                ));
                let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
                assert!(names_index(&plan, &index.name), "{} is not used: {plan:#}", index.name);
            }
        }
    }
}

/// Whether an `Index Name` of a plan is this one.
fn names_index(plan: &serde_json::Value, name: &str) -> bool {
    match plan {
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(key, value)| (key == "Index Name" && value == name) || names_index(value, name))
        }
        serde_json::Value::Array(nodes) => nodes.iter().any(|node| names_index(node, name)),
        _ => false,
    }
}

#[test]
fn a_table_that_is_published_with_all_others_is_not_added() {
    let Some(server) = Postgres::shared("that electric.sql leaves a publication of all tables alone") else { return };
    let (generated, schema) = generated(CASES[1].1, CASES[1].2);
    let database = server.database("electric_all_tables");
    database.sql(&schema);
    database.sql("CREATE PUBLICATION electric_publication_default FOR ALL TABLES;");
    database.sql(&generated.electric_sql);
    assert_eq!(database.sql("SELECT count(*) FROM pg_publication_rel;"), "0\n");
}

#[test]
fn pglites_tables_are_postgresqls() {
    let Some(server) = Postgres::shared("that PostgreSQL takes local.pglite.sql") else { return };
    for (name, manifest, schema) in CASES {
        let (generated, _) = generated(manifest, schema);
        let database = server.database(&format!("pglite_{name}"));
        database.sql(&generated.local_pglite_sql);
        let there = database.sql(
            "SELECT relname, count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY relname ORDER BY relname COLLATE \"C\";",
        );
        let mut expected: Vec<String> = generated
            .loaded
            .model
            .postgres
            .pglite
            .iter()
            .map(|table| format!("{}|{}", table.name, table.columns.len()))
            .collect();
        expected.sort();
        assert_eq!(there.lines().collect::<Vec<_>>(), expected);
    }
}
