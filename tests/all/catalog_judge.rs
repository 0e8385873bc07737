//! PostgreSQL as judge of the catalog: what it makes of a schema must be what shapegen reads from it.

use std::fs;
use std::path::Path;

use shapegen::catalog::{BaseType, Catalog, DataType, Identity, OnDelete, QualifiedName, Script};
use shapegen::diagnostics::Report;
use shapegen::source::SourceMap;

use crate::catalog_changes::CHANGES;
use crate::postgres::Postgres;

/// What PostgreSQL knows, in lines of the same form as [`ours`].
const THEIRS: &str = r#"
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.columns(relation oid, numbers int2[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname, ',' ORDER BY at) FROM unnest(numbers) WITH ORDINALITY AS n (number, at)
    JOIN pg_attribute ON attrelid = relation AND attnum = number
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
    UNION ALL SELECT format('domain|%s.%s|%s|%s|%s', nspname, typname, format_type(typbasetype, typtypmod),
        CASE WHEN typnotnull THEN 'not null' END, obj_description(t.oid, 'pg_type')), 1, 0
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
    WHERE typtype = 'd' AND nspname NOT IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
    UNION ALL SELECT format('composite|%s.%s|%s|%s', nspname, typname,
        (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
        obj_description(t.oid, 'pg_type')), 1, 0
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace JOIN pg_class c ON c.oid = typrelid
    WHERE relkind = 'c' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
        AND nspname <> 'information_schema'
    UNION ALL SELECT format('range|%s.%s|%s|%s|%s', nspname, t.typname, format_type(rngsubtype, NULL),
        format_type(rngmultitypid, NULL), obj_description(t.oid, 'pg_type')), 1, 0
    FROM pg_range JOIN pg_type t ON t.oid = rngtypid JOIN pg_namespace n ON n.oid = typnamespace
    WHERE nspname <> 'pg_catalog'
    UNION ALL SELECT format('table|%s|%s|%s|%s', name, CASE relkind WHEN 'p' THEN 'partitioned' END,
        (SELECT format('of %s', parent.name) FROM pg_inherits JOIN relation parent ON parent.oid = inhparent
            JOIN pg_class c ON c.oid = inhrelid WHERE inhrelid = r.oid AND relispartition),
        obj_description(r.oid, 'pg_class')), 3, 0 FROM relation r WHERE relkind IN ('r', 'p')
    UNION ALL SELECT format('column|%s|%s|%s|%s|%s|%s|%s|%s', r.name, attname,
        format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'not null' END,
        CASE WHEN attgenerated = '' AND (atthasdef OR attidentity <> '') THEN 'default' END,
        attidentity, attgenerated,
        col_description(r.oid, attnum)), 4, attnum
    FROM relation r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind IN ('r', 'p')
    UNION ALL SELECT format('key|%s|%s|%s|%s|%s|%s', r.name, contype, pg_temp.columns(conrelid, conkey),
        (SELECT name FROM relation other WHERE other.oid = confrelid), pg_temp.columns(confrelid, confkey),
        CASE WHEN contype = 'f' THEN confdeltype END), 5, 0
    FROM pg_constraint JOIN relation r ON r.oid = conrelid
    WHERE contype IN ('p', 'u') OR contype = 'f' AND conparentid = 0
    UNION ALL SELECT format('index|%s|%s|%s', r.name, i.relname, CASE WHEN indisunique AND indpred IS NULL
        AND indexprs IS NULL THEN 'unique' END), 5, 0
    FROM pg_index JOIN relation r ON r.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
    WHERE r.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
) lines ORDER BY part, CASE part WHEN 4 THEN split_part(line, '|', 2) ELSE line END COLLATE "C", at;
"#;

/// What shapegen read, sorted as PostgreSQL's answer is.
fn ours(catalog: &Catalog) -> String {
    let name = |name: &QualifiedName| format!("{}.{}", name.schema, name.name);
    let (mut enums, mut views, mut tables, mut columns, mut keys) = (vec![], vec![], vec![], vec![], vec![]);
    let text = |comment: &Option<String>| comment.clone().unwrap_or_default();
    let fact = |holds: bool, fact: &'static str| if holds { fact } else { "" };
    for (of, found) in &catalog.enums {
        enums.push(format!("enum|{}|{}|{}", name(of), found.labels.join(","), text(&found.comment)));
    }
    for (of, found) in &catalog.domains {
        let (base, not_null) = (found.base.formatted(), fact(found.not_null, "not null"));
        enums.push(format!("domain|{}|{base}|{not_null}|{}", name(of), text(&found.comment)));
    }
    for (of, found) in &catalog.composites {
        let attributes: Vec<String> =
            found.attributes.iter().map(|(name, data_type)| format!("{name} {}", data_type.formatted())).collect();
        enums.push(format!("composite|{}|{}|{}", name(of), attributes.join(","), text(&found.comment)));
    }
    for (of, found) in &catalog.ranges {
        let multirange = DataType { base: BaseType::Opaque(found.multirange.clone()), dims: 0 }.formatted();
        let comment = text(&found.comment);
        enums.push(format!("range|{}|{}|{multirange}|{comment}", name(of), found.subtype.formatted()));
    }
    views.extend(catalog.views.keys().map(|of| format!("view|{}", name(of))));
    for (of, table) in &catalog.tables {
        let table_name = name(of);
        let parent = table.partition_of.as_ref().map(|parent| format!("of {}", name(parent))).unwrap_or_default();
        let partitioned = fact(table.partitioned, "partitioned");
        tables.push(format!("table|{table_name}|{partitioned}|{parent}|{}", text(&table.comment)));
        for column in &table.columns {
            columns.push(format!(
                "column|{table_name}|{}|{}|{}|{}|{}|{}|{}",
                column.name,
                column.data_type.formatted(),
                fact(column.not_null, "not null"),
                fact(column.default.is_some(), "default"),
                column.identity.map_or("", |identity| if identity == Identity::Always { "a" } else { "d" }),
                column.generated.map_or("", |_| "s"),
                text(&column.comment),
            ));
        }
        keys.extend(table.primary_key.iter().map(|columns| format!("key|{table_name}|p|{}|||", columns.join(","))));
        keys.extend(table.unique.iter().map(|columns| format!("key|{table_name}|u|{}|||", columns.join(","))));
        keys.extend(table.foreign_keys.iter().map(|key| {
            let (columns, references) = (key.columns.join(","), key.references.join(","));
            let on_delete = match key.on_delete {
                None => "a",
                Some(OnDelete::Restrict) => "r",
                Some(OnDelete::Cascade) => "c",
                Some(OnDelete::SetNull) => "n",
                Some(OnDelete::SetDefault) => "d",
            };
            format!("key|{table_name}|f|{columns}|{}|{references}|{on_delete}", name(&key.table))
        }));
        let indexes = table.indexes.iter();
        keys.extend(indexes.map(|index| format!("index|{table_name}|{}|{}", index.name, fact(index.unique, "unique"))));
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
        if let Err(error) = database.try_sql(&text) {
            differences += &format!("{case}\n{error}\n");
            continue;
        }
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
