//! PostgreSQL as judge of the catalog: what it makes of a schema must be what shapegen reads from it.

use std::fs;
use std::path::Path;

use shapegen::catalog::{BaseType, Catalog, QualifiedName, Script};
use shapegen::diagnostics::Report;
use shapegen::source::SourceMap;

use crate::postgres::Postgres;

/// What PostgreSQL knows, in lines of the same form as [`ours`].
const THEIRS: &str = r#"
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.columns(relation oid, numbers int2[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname, ',' ORDER BY at) FROM unnest(numbers) WITH ORDINALITY AS n (number, at)
    JOIN pg_attribute ON attrelid = relation AND attnum = number
$$;
CREATE FUNCTION pg_temp.modifiers(name name, modifier int) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN modifier < 0 THEN ''
        WHEN name = 'numeric' THEN format('%s,%s', (modifier - 4) >> 16, ((modifier - 4) & 2047 # 1024) - 1024)
        WHEN name IN ('varchar', 'bpchar') THEN (modifier - 4)::text
        WHEN name = 'interval' THEN CASE WHEN modifier & 65535 = 65535 THEN '' ELSE (modifier & 65535)::text END
        ELSE modifier::text
    END
$$;
CREATE TEMP VIEW relation AS SELECT c.oid, nspname || '.' || relname AS name, relkind FROM pg_class c
    JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)';
SELECT line FROM (
    SELECT format('enum|%s.%s|%s|%s', nspname, typname,
        (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        obj_description(t.oid, 'pg_type')) AS line, 1 AS part, 0 AS at
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE typtype = 'e'
    UNION ALL SELECT format('view|%s', name), 2, 0 FROM relation WHERE relkind IN ('v', 'm', 'f')
    UNION ALL SELECT format('table|%s|%s', name, obj_description(oid, 'pg_class')), 3, 0 FROM relation WHERE relkind IN ('r', 'p')
    UNION ALL SELECT format('column|%s|%s|%s(%s)[%s]|%s|%s|%s|%s', r.name, attname,
        concat(CASE WHEN base.typtype = 'e' THEN nspname || '.' END, base.typname),
        pg_temp.modifiers(base.typname, atttypmod), attndims,
        CASE WHEN attnotnull THEN 'not null' END,
        CASE WHEN attgenerated = '' AND (atthasdef OR attidentity <> '') THEN 'default' END,
        CASE WHEN attgenerated <> '' THEN 'generated' END,
        col_description(r.oid, attnum)), 4, attnum
    FROM relation r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type own ON own.oid = atttypid
    JOIN pg_type base ON base.oid = CASE WHEN own.typcategory = 'A' AND own.typelem <> 0 THEN own.typelem ELSE own.oid END
    JOIN pg_namespace n ON n.oid = base.typnamespace WHERE relkind IN ('r', 'p')
    UNION ALL SELECT format('key|%s|%s|%s|%s|%s', r.name, contype, pg_temp.columns(conrelid, conkey),
        (SELECT name FROM relation other WHERE other.oid = confrelid), pg_temp.columns(confrelid, confkey)), 5, 0
    FROM pg_constraint JOIN relation r ON r.oid = conrelid WHERE contype IN ('p', 'u', 'f')
) lines ORDER BY part, CASE part WHEN 4 THEN split_part(line, '|', 2) ELSE line END COLLATE "C", at;
"#;

/// What shapegen read, sorted as PostgreSQL's answer is.
fn ours(catalog: &Catalog) -> String {
    let name = |name: &QualifiedName| format!("{}.{}", name.schema, name.name);
    let (mut enums, mut views, mut tables, mut columns, mut keys) = (vec![], vec![], vec![], vec![], vec![]);
    for (of, found) in &catalog.enums {
        enums.push(format!("enum|{}|{}|{}", name(of), found.labels.join(","), found.comment.as_deref().unwrap_or("")));
    }
    views.extend(catalog.views.keys().map(|of| format!("view|{}", name(of))));
    for (of, table) in &catalog.tables {
        let table_name = name(of);
        tables.push(format!("table|{table_name}|{}", table.comment.as_deref().unwrap_or("")));
        for column in &table.columns {
            let (data_type, mut modifiers) = match &column.data_type.base {
                BaseType::BuiltIn { name, modifiers } => ((*name).to_owned(), modifiers.clone()),
                BaseType::Enum(of) => (name(of), Vec::new()),
                other => (other.typname().to_owned(), Vec::new()),
            };
            // PostgreSQL stores the scale that wasn't written.
            if data_type == "numeric" && modifiers.len() == 1 {
                modifiers.push(0);
            }
            let modifiers: Vec<String> = modifiers.iter().map(i32::to_string).collect();
            let fact = |holds: bool, fact: &'static str| if holds { fact } else { "" };
            columns.push(format!(
                "column|{table_name}|{}|{data_type}({})[{}]|{}|{}|{}|{}",
                column.name,
                modifiers.join(","),
                column.data_type.dims,
                fact(column.not_null, "not null"),
                fact(column.default.is_some(), "default"),
                fact(column.generated.is_some(), "generated"),
                column.comment.as_deref().unwrap_or(""),
            ));
        }
        keys.extend(table.primary_key.iter().map(|columns| format!("key|{table_name}|p|{}||", columns.join(","))));
        keys.extend(table.unique.iter().map(|columns| format!("key|{table_name}|u|{}||", columns.join(","))));
        keys.extend(table.foreign_keys.iter().map(|key| {
            let (columns, references) = (key.columns.join(","), key.references.join(","));
            format!("key|{table_name}|f|{columns}|{}|{references}", name(&key.table))
        }));
    }
    for lines in [&mut enums, &mut views, &mut tables, &mut keys] {
        lines.sort();
    }
    [enums, views, tables, columns, keys].concat().into_iter().map(|line| line + "\n").collect()
}

fn read(text: &str) -> (Catalog, String) {
    let mut sources = SourceMap::default();
    let file = sources.add("schema.sql", text);
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    (catalog, report.render(&sources, false))
}

/// Statements that change what earlier ones made; each case stands behind [`BASE`].
const BASE: &str = r#"
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE a (id int PRIMARY KEY, x text, y text UNIQUE, m mood);
CREATE TABLE b (id int, a_id int REFERENCES a, a_y text REFERENCES a (y));
"#;

const CHANGES: &[&str] = &[
    "ALTER TABLE a ADD COLUMN z numeric(5, 2) NOT NULL DEFAULT 1, ADD w serial, ADD IF NOT EXISTS x int;",
    "ALTER TABLE a ADD z numeric(5), ADD n numeric(3, -2), ADD d text DEFAULT NULL, ADD e text DEFAULT NULL::text, ADD f varchar(3) DEFAULT 'a';",
    "ALTER TABLE a DROP COLUMN x, DROP IF EXISTS nothing, DROP COLUMN y CASCADE;",
    "ALTER TABLE a RENAME x TO \"X\"; ALTER TABLE a RENAME COLUMN y TO yy; ALTER TABLE a RENAME COLUMN id TO key;",
    "ALTER TABLE a RENAME TO c; ALTER TABLE c ADD UNIQUE (x); ALTER TABLE c DROP CONSTRAINT a_y_key CASCADE, DROP CONSTRAINT c_x_key;",
    "ALTER TABLE ONLY a ALTER COLUMN x SET NOT NULL, ALTER y SET DEFAULT 'a' || 'b', ALTER COLUMN m TYPE text USING m::text;",
    "ALTER TABLE a ALTER x SET DATA TYPE varchar(9)[] COLLATE \"C\" USING ARRAY[x, 'b'], ALTER m SET DEFAULT NULL;",
    "ALTER TABLE b ALTER id SET NOT NULL; ALTER TABLE b ALTER id ADD GENERATED ALWAYS AS IDENTITY (START WITH 5);",
    "ALTER TABLE b ADD g int GENERATED ALWAYS AS (id + 1) STORED, ADD h int GENERATED BY DEFAULT AS IDENTITY; \
     ALTER TABLE b ALTER g DROP EXPRESSION, ALTER h DROP IDENTITY;",
    "ALTER TABLE b ADD CONSTRAINT b_key PRIMARY KEY (id, a_id); ALTER TABLE b ADD UNIQUE NULLS NOT DISTINCT (a_y); \
     ALTER TABLE b DROP CONSTRAINT b_key;",
    "ALTER TABLE b DROP CONSTRAINT b_a_id_fkey; ALTER TABLE a DROP CONSTRAINT a_y_key CASCADE;",
    "ALTER TABLE a DROP CONSTRAINT a_pkey CASCADE; ALTER TABLE a ADD PRIMARY KEY (x);",
    "ALTER TABLE b RENAME CONSTRAINT b_a_id_fkey TO f; ALTER TABLE b DROP CONSTRAINT IF EXISTS f;",
    "ALTER TABLE b ADD CHECK (id > 0), ADD FOREIGN KEY (a_id) REFERENCES a ON DELETE SET NULL (a_id) DEFERRABLE NOT VALID; \
     ALTER TABLE b DROP CONSTRAINT b_a_id_fkey1;",
    "ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'glad'; ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'; \
     ALTER TYPE mood ADD VALUE 'mad' AFTER 'sad'; ALTER TYPE mood ADD VALUE 'last'; ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';",
    "ALTER TYPE mood RENAME TO \"Mood\"; ALTER TYPE \"Mood\" SET SCHEMA app; COMMENT ON TYPE app.\"Mood\" IS E'\\u0041''b';",
    "DROP TABLE b, a; DROP TYPE mood;",
    "DROP TABLE a CASCADE;",
    "DROP TYPE IF EXISTS nothing, mood CASCADE;",
    "CREATE TEMP TABLE a (t int); ALTER TABLE a ADD u int; DROP TABLE a; ALTER TABLE a ADD u int;",
    "SET search_path = app, public; CREATE TABLE a (id int REFERENCES public.a); ALTER TABLE b ADD v mood;",
    "SET SCHEMA 'app'; CREATE TABLE c (id int); RESET search_path; CREATE TABLE c (id text);",
    "ALTER TABLE a SET SCHEMA app; ALTER SCHEMA app RENAME TO other;",
    "ALTER TABLE a SET SCHEMA app; DROP SCHEMA app CASCADE;",
    "COMMENT ON TABLE a IS 'one'\n' two'; COMMENT ON COLUMN public.a.x IS 'it''s'; COMMENT ON COLUMN a.y IS ''; \
     COMMENT ON COLUMN a.id IS 'x'; COMMENT ON COLUMN a.id IS NULL;",
    "CREATE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW v AS SELECT 2; ALTER VIEW v RENAME TO w; \
     CREATE MATERIALIZED VIEW mv AS SELECT 1 WITH NO DATA;",
    "CREATE TABLE Größe (ÄB int, U&\"d\\0061ta\" int, exclude int, \"a\"\"b\" int, name name, timestamp timestamp);",
    "CREATE TABLE c (id int, id2 int, a int, UNIQUE (id), PRIMARY KEY (id), UNIQUE (id2, a), UNIQUE (a, id2)) WITH (fillfactor = 70);",
    "CREATE TABLE a_table_with_a_very_long_name_indeed_it_is_long (some_long_column_name_it_is int UNIQUE, b int UNIQUE, \
     an_identifier_that_is_longer_than_postgresql_keeps_and_therefore_cut int); \
     ALTER TABLE a_table_with_a_very_long_name_indeed_it_is_long \
     DROP CONSTRAINT a_table_with_a_very_long_name_i_some_long_column_name_it_is_key;",
    "CREATE TABLE t_a (b int UNIQUE); CREATE TABLE t (a_b int UNIQUE); ALTER TABLE t DROP CONSTRAINT t_a_b_key1;",
    "CREATE TABLE ty (c1 int, c2 INTEGER[], c3 float(24), c4 float(25), c5 dec(5), c6 numeric(5, -2), c7 varchar, c8 char, \
     c9 character(3), c10 national character varying(3), c11 nchar(2), c12 bpchar, c13 \"char\", c14 time(3) with time zone, \
     c15 timestamp(6) without time zone, c16 timestamptz(0), c17 interval year to month, c18 interval day to second(3), \
     c19 bit, c20 bit(8), c21 bit varying, c22 varbit(5), c23 int[3][], c24 int ARRAY, c25 text ARRAY[4], c26 smallserial, \
     c27 mood[], c28 double precision, c29 public.mood, c30 pg_catalog.int4, c31 \"timestamp\", c32 interval(2), c33 box[]);",
];

#[test]
fn the_catalog_is_postgresqls() {
    let Some(server) = Postgres::shared("nobody judged the catalog") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = ["schemas/streampai.sql", "shapegen/fixtures/shop.sql", "shapegen/fixtures/shop.dump.sql"];
    let files = files.map(|path| (path.to_owned(), fs::read_to_string(root.join(path)).unwrap()));
    let changes = CHANGES.iter().map(|change| ((*change).to_owned(), format!("{BASE}{change}")));
    server.database("roles").sql("CREATE ROLE postgres;");
    let mut differences = String::new();
    for (at, (case, text)) in files.into_iter().chain(changes).enumerate() {
        let database = server.database(&format!("case_{at}"));
        database.sql(&text);
        let theirs = database.sql(THEIRS);
        let (catalog, report) = read(&text);
        let ours = ours(&catalog);
        if !report.is_empty() || ours != theirs {
            let only = |one: &str, other: &str, sign: &str| -> String {
                one.lines()
                    .filter(|line| !other.lines().any(|l| l == *line))
                    .map(|line| format!("{sign}{line}\n"))
                    .collect()
            };
            differences += &format!("{case}\n{report}{}{}\n", only(&theirs, &ours, "- "), only(&ours, &theirs, "+ "));
        }
    }
    assert!(differences.is_empty(), "PostgreSQL (-) and the catalog (+) differ:\n{differences}");
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
