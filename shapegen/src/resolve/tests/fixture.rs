//! A catalog for tests, from SQL that is laid out as `schemas/streampai.sql` is: one column a line, nothing nested.

use crate::catalog::{BaseType, Catalog, Column, DataType, EnumType, ForeignKey, QualifiedName, Table};
use crate::source::{SourceMap, Span};

pub(super) fn public(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".to_owned(), name: name.to_owned() }
}

const TYPES: &[(&str, &str)] = &[
    ("boolean", "bool"),
    ("smallint", "int2"),
    ("int", "int4"),
    ("bigint", "int8"),
    ("real", "float4"),
    ("double precision", "float8"),
    ("numeric(10, 2)", "numeric"),
    ("text", "text"),
    ("varchar(40)", "varchar"),
    ("varchar(255)", "varchar"),
    ("uuid", "uuid"),
    ("date", "date"),
    ("timestamptz", "timestamptz"),
    ("timestamp", "timestamp"),
    ("time", "time"),
    ("jsonb", "jsonb"),
    ("json", "json"),
    ("bytea", "bytea"),
    ("interval", "interval"),
];

/// Reads statements of the one layout; anything else is a mistake in the test.
pub(super) fn catalog(sources: &mut SourceMap, path: &str, sql: &str) -> Catalog {
    let file = sources.add(path, sql);
    let mut catalog = Catalog::default();
    let mut open: Option<QualifiedName> = None;
    let mut offset = 0;
    for line in sql.split_inclusive('\n') {
        let word = |text: &str| {
            let start = offset + line.find(text).expect("a word of the line");
            Span::new(file, start..start + text.len())
        };
        let text = line.trim().trim_end_matches(',');
        if let Some(rest) = text.strip_prefix("CREATE TYPE ") {
            let (name, labels) = rest.split_once(" AS ENUM (").expect("an enum");
            let labels = labels.trim_end_matches(");").split(", ").map(|label| label.trim_matches('\'').to_owned());
            catalog.enums.insert(public(name), EnumType { span: word(name), labels: labels.collect(), comment: None });
        } else if let Some(name) = text.strip_prefix("CREATE TABLE ") {
            let name = name.trim_end_matches(" (");
            let table = Table {
                span: word(name),
                columns: Vec::new(),
                primary_key: None,
                unique: Vec::new(),
                foreign_keys: Vec::new(),
                comment: None,
            };
            catalog.tables.insert(public(name), table);
            open = Some(public(name));
        } else if let Some(name) = text.strip_prefix("CREATE VIEW ") {
            let name = name.split(' ').next().expect("a name");
            catalog.views.insert(public(name), word(name));
        } else if let Some(rest) = text.strip_prefix("COMMENT ON TABLE ") {
            let (name, comment) = rest.split_once(" IS ").expect("a comment");
            catalog.tables.get_mut(&public(name)).expect("a table").comment = Some(quoted(comment));
        } else if let Some(rest) = text.strip_prefix("COMMENT ON COLUMN ") {
            let (name, comment) = rest.split_once(" IS ").expect("a comment");
            let (table, column) = name.split_once('.').expect("a column");
            let table = catalog.tables.get_mut(&public(table)).expect("a table");
            let column = table.columns.iter_mut().find(|known| known.name == column).expect("a column");
            column.comment = Some(quoted(comment));
        } else if text == ");" {
            open = None;
        } else if let Some(name) = &open {
            let enums: Vec<QualifiedName> = catalog.enums.keys().cloned().collect();
            let table = catalog.tables.get_mut(name).expect("the open table");
            if let Some(columns) = text.strip_prefix("PRIMARY KEY (") {
                table.primary_key = Some(list(columns));
            } else if let Some(columns) = text.strip_prefix("UNIQUE (") {
                table.unique.push(list(columns));
            } else {
                column(table, text, word(text.split(' ').next().expect("a name")), &enums);
            }
        }
        offset += line.len();
    }
    for table in catalog.tables.values_mut() {
        for name in table.primary_key.clone().unwrap_or_default() {
            table.columns.iter_mut().filter(|column| column.name == name).for_each(|column| column.not_null = true);
        }
    }
    catalog
}

fn column(table: &mut Table, text: &str, span: Span, enums: &[QualifiedName]) {
    let (name, rest) = text.split_once(' ').expect("a name and a type");
    let built_in = TYPES.iter().find(|(written, _)| {
        rest.strip_prefix(written).is_some_and(|after| after.is_empty() || after.starts_with([' ', '[']))
    });
    let (base, after) = match built_in {
        Some((written, name)) => (BaseType::BuiltIn { name, modifiers: Vec::new() }, &rest[written.len()..]),
        None => {
            let written = rest.split(' ').next().expect("a type").trim_end_matches("[]");
            assert!(enums.contains(&public(written)), "unknown type {written}");
            (BaseType::Enum(public(written)), &rest[written.len()..])
        }
    };
    if after.contains("PRIMARY KEY") {
        table.primary_key = Some(vec![name.trim_matches('"').to_owned()]);
    }
    if after.contains(" UNIQUE") {
        table.unique.push(vec![name.to_owned()]);
    }
    if let Some((_, target)) = after.split_once("REFERENCES ") {
        let (target, references) = target.split_once(" (").expect("a foreign key");
        let references = list(references.split(')').next().expect("columns"));
        let foreign = ForeignKey { columns: vec![name.to_owned()], table: public(target), references };
        table.foreign_keys.push(foreign);
    }
    table.columns.push(Column {
        name: name.trim_matches('"').to_owned(),
        span,
        data_type: DataType { base, dims: u8::from(after.starts_with("[]")) },
        not_null: after.contains("NOT NULL"),
        has_default: after.contains("DEFAULT") || after.contains("GENERATED"),
        default: None,
        generated: after.contains("GENERATED ALWAYS AS ("),
        comment: None,
    });
}

fn list(columns: &str) -> Vec<String> {
    columns.trim_end_matches(')').split(", ").map(str::to_owned).collect()
}

fn quoted(comment: &str) -> String {
    comment.trim_end_matches(';').trim_matches('\'').to_owned()
}
