//! The catalog for people: a line for each column, aligned.

use crate::catalog::{Catalog, Column, DefaultValue, ForeignKey, Generated, Identity, OnDelete, QualifiedName, Table};
use crate::source::SourceMap;

/// The longest default that is shown whole.
const MAX_DEFAULT: usize = 40;

/// All tables, each behind its name.
pub(super) fn print(catalog: &Catalog, sources: &SourceMap) -> String {
    let mut out = String::new();
    for (name, table) in &catalog.tables {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&visible(&heading(name, table)));
        out.push('\n');
        let rows: Vec<[String; 3]> = table
            .columns
            .iter()
            .map(|column| {
                let facts = facts(catalog, table, column, sources).join(", ");
                [column.name.clone(), column.data_type.formatted(), facts].map(|cell| visible(&cell))
            })
            .collect();
        let width = |cell: usize| rows.iter().map(|row| row[cell].chars().count()).max().unwrap_or(0);
        let (name_width, type_width) = (width(0), width(1));
        for [name, data_type, facts] in &rows {
            let line = format!("  {name:name_width$}  {data_type:type_width$}  {facts}");
            out.push_str(line.trim_end());
            out.push('\n');
        }
        for key in wide_keys(table) {
            out.push_str(&format!("  {}\n", visible(&key)));
        }
    }
    out
}

fn heading(name: &QualifiedName, table: &Table) -> String {
    let mut words = vec![qualified(name)];
    words.extend(table.partition_of.as_ref().map(|parent| format!("partition of {}", qualified(parent))));
    if table.partitioned {
        words.push("partitioned".to_owned());
    }
    words.join("  ")
}

fn facts(catalog: &Catalog, table: &Table, column: &Column, sources: &SourceMap) -> Vec<String> {
    let is_it = |columns: &[String]| matches!(columns, [only] if *only == column.name);
    let mut facts = Vec::new();
    if table.primary_key.as_deref().is_some_and(is_it) {
        facts.push("PK".to_owned());
    } else if column.not_null {
        facts.push("not null".to_owned());
    }
    if table.unique.iter().any(|columns| is_it(columns)) {
        facts.push("unique".to_owned());
    }
    facts.extend(column.identity.map(|identity| match identity {
        Identity::Always => "identity always".to_owned(),
        Identity::ByDefault => "identity by default".to_owned(),
    }));
    facts.extend(column.generated.map(|generated| match generated {
        Generated::Stored => "generated stored".to_owned(),
        Generated::Virtual => "generated virtual".to_owned(),
    }));
    if column.identity.is_none() && column.generated.is_none() {
        facts.extend(column.default.map(|default| match default {
            DefaultValue::Expression(span) => format!("default {}", shortened(sources.text(span))),
            DefaultValue::Counter => "default next number".to_owned(),
        }));
    }
    facts.extend(table.foreign_keys.iter().filter(|key| is_it(&key.columns)).map(reference));
    let base = catalog.shown_domain_base(&column.data_type.base);
    facts.extend(base.map(|base| format!("domain over {base}")));
    facts
}

/// Keys of several columns.
fn wide_keys(table: &Table) -> Vec<String> {
    let wide = |columns: &[String]| columns.len() != 1;
    let mut keys = Vec::new();
    let primary = table.primary_key.iter().filter(|columns| wide(columns));
    keys.extend(primary.map(|columns| format!("PK ({})", columns.join(", "))));
    let unique = table.unique.iter().filter(|columns| wide(columns));
    keys.extend(unique.map(|columns| format!("unique ({})", columns.join(", "))));
    let foreign = table.foreign_keys.iter().filter(|key| wide(&key.columns));
    keys.extend(foreign.map(|key| format!("({}) {}", key.columns.join(", "), reference(key))));
    keys
}

fn reference(key: &ForeignKey) -> String {
    let on_delete = match key.on_delete {
        None => "",
        Some(OnDelete::Restrict) => " on delete restrict",
        Some(OnDelete::Cascade) => " on delete cascade",
        Some(OnDelete::SetNull) => " on delete set null",
        Some(OnDelete::SetDefault) => " on delete set default",
    };
    format!("FK {} ({}){on_delete}", qualified(&key.table), key.references.join(", "))
}

fn qualified(name: &QualifiedName) -> String {
    format!("{}.{}", name.schema, name.name)
}

/// An expression in one line, cut where it gets long.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_DEFAULT { line } else { line.chars().take(MAX_DEFAULT - 1).chain(['…']).collect() }
}

/// Names may hold anything; nothing of it may move the cursor or change colors.
fn visible(text: &str) -> String {
    let escape = |character: char| {
        let escaped = character.is_control().then(|| character.escape_default().collect::<String>());
        escaped.unwrap_or_else(|| character.to_string())
    };
    text.chars().map(escape).collect()
}
