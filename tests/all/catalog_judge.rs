//! PostgreSQL as judge of the catalog: what it makes of a schema must be what shapegen reads from it.
//!
//! Each run has a PostgreSQL of its own in a temporary folder, reached through a socket there. Without PostgreSQL's
//! programs the tests say so and pass; with `SHAPEGEN_CI=1` they fail.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use shapegen::catalog::{BaseType, Catalog, QualifiedName};
use shapegen::diagnostics::Report;
use shapegen::source::SourceMap;
use tempfile::TempDir;

/// A PostgreSQL server that ends with the value.
struct Server {
    programs: PathBuf,
    folder: TempDir,
    /// PostgreSQL refuses to run as root; then it runs as this user and group.
    user: Option<(u32, u32)>,
}

impl Server {
    /// Starts one, or says why not.
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("SHAPEGEN_CI").is_none(), "PostgreSQL's programs are missing");
            // Past the test runner, which hides what a test prints that passes.
            let said =
                b"SKIPPED: PostgreSQL's programs (initdb, pg_ctl, psql) are missing, so nobody judged the catalog\n";
            std::io::stderr().write_all(said).unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let user = unprivileged_user();
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let server = Self { programs, folder, user };
        let data = server.data();
        let arguments = ["-U", "judge", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        server.run(server.command("initdb").arg("-D").arg(&data).args(arguments), "");
        let options = format!("-c listen_addresses= -c fsync=off -k {}", server.folder.path().display());
        let log = server.folder.path().join("log");
        server.run(
            server.command("pg_ctl").arg("-D").arg(&data).arg("-l").arg(log).args(["-w", "-o", &options, "start"]),
            "",
        );
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).env_clear().env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    fn run(&self, command: &mut Command, input: &str) -> String {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs SQL, which must not fail, and gives the rows as lines.
    fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.command("psql");
        psql.arg("-h").arg(self.folder.path()).args(["-U", "judge", "-d", database]);
        self.run(psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]), sql)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.command("pg_ctl").arg("-D").arg(self.data()).args(["-m", "immediate", "stop"]).output();
        if let Err(cause) = stopped {
            eprintln!("PostgreSQL in {} still runs: {cause}", self.folder.path().display());
        }
    }
}

/// The newest PostgreSQL on this machine: where Debian puts it, or what `pg_config` says.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    versions.sort();
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.and_then(|output| String::from_utf8(output.stdout).ok());
    let folders = versions.into_iter().rev().map(|(_, path)| path);
    let mut folders = folders.chain(configured.map(|path| PathBuf::from(path.trim())));
    folders.find(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|program| folder.join(program).is_file()))
}

/// Whom root's PostgreSQL runs as.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

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
        CASE WHEN atthasdef OR attidentity <> '' THEN 'default' END,
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
                fact(column.has_default, "default"),
                fact(column.generated, "generated"),
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
    let catalog = Catalog::read(&sources, &[file], &mut report);
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
    let Some(server) = Server::start() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = ["schemas/streampai.sql", "shapegen/fixtures/shop.sql", "shapegen/fixtures/shop.dump.sql"];
    let files = files.map(|path| (path.to_owned(), fs::read_to_string(root.join(path)).unwrap()));
    let changes = CHANGES.iter().map(|change| ((*change).to_owned(), format!("{BASE}{change}")));
    server.sql("postgres", "CREATE ROLE postgres;");
    let mut differences = String::new();
    for (at, (case, text)) in files.into_iter().chain(changes).enumerate() {
        let database = format!("case_{at}");
        server.sql("postgres", &format!("CREATE DATABASE {database};"));
        server.sql(&database, &text);
        let theirs = server.sql(&database, THEIRS);
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
    let Some(server) = Server::start() else { return };
    let keywords = server.sql("postgres", "SELECT word, catcode IN ('R', 'T') FROM pg_get_keywords();");
    for line in keywords.lines() {
        let (word, reserved) = line.split_once('|').unwrap();
        let (_, report) = read(&format!("CREATE TABLE t ({word} int);"));
        // Reserved since PostgreSQL 16; it would be a column's name before.
        assert_eq!(!report.is_empty(), reserved == "t" && word != "system_user", "{word}: {report}");
    }
    // The ones without an input function can't be a column's in practice.
    let types = server.sql(
        "postgres",
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
