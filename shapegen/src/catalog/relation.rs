//! A table while statements change it: like the catalog's, with the names of its keys.

use super::{Column, ForeignKey, QualifiedName, Table};
use crate::source::Span;
use crate::sql::literal::{MAX_NAME, cut};

/// A table, as far as the statements up to now made it.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) span: Span,
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<Key>,
    pub(super) comment: Option<String>,
    /// A column couldn't be read and was reported: what refers to a column that isn't here is not reported again.
    pub(super) incomplete: bool,
}

/// A constraint that the catalog keeps.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) kind: KeyKind,
}

#[derive(Debug)]
pub(super) enum KeyKind {
    Primary(Vec<String>),
    Unique(Vec<String>),
    Foreign(ForeignKey),
}

impl Key {
    /// Its columns here.
    pub(super) fn columns(&self) -> &[String] {
        match &self.kind {
            KeyKind::Primary(columns) | KeyKind::Unique(columns) => columns,
            KeyKind::Foreign(key) => &key.columns,
        }
    }

    fn columns_mut(&mut self) -> &mut [String] {
        match &mut self.kind {
            KeyKind::Primary(columns) | KeyKind::Unique(columns) => columns,
            KeyKind::Foreign(key) => &mut key.columns,
        }
    }
}

impl Relation {
    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    pub(super) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    pub(super) fn primary_key(&self) -> Option<&[String]> {
        self.keys.iter().find(|key| matches!(key.kind, KeyKind::Primary(_))).map(Key::columns)
    }

    pub(super) fn foreign_keys_mut(&mut self) -> impl Iterator<Item = &mut ForeignKey> {
        self.keys.iter_mut().filter_map(|key| match &mut key.kind {
            KeyKind::Foreign(key) => Some(key),
            _ => None,
        })
    }

    /// Drops foreign keys; other keys stay.
    pub(super) fn retain_foreign_keys(&mut self, keep: impl Fn(&ForeignKey) -> bool) {
        self.keys.retain(|key| match &key.kind {
            KeyKind::Foreign(key) => keep(key),
            _ => true,
        });
    }

    /// Drops a column, and the keys here that it is part of.
    pub(super) fn drop_column(&mut self, name: &str) {
        self.columns.retain(|column| column.name != name);
        self.keys.retain(|key| !key.columns().iter().any(|column| column == name));
    }

    pub(super) fn rename_column(&mut self, from: &str, to: &str) {
        if let Some(column) = self.column_mut(from) {
            to.clone_into(&mut column.name);
        }
        for key in &mut self.keys {
            rename(key.columns_mut(), from, to);
        }
    }

    /// As the catalog has it.
    pub(super) fn into_table(self) -> Table {
        let mut table = Table {
            span: self.span,
            partitioned: false,
            partition_of: None,
            columns: self.columns,
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            comment: self.comment,
        };
        for key in self.keys {
            match key.kind {
                KeyKind::Primary(columns) => table.primary_key = Some(columns),
                KeyKind::Unique(columns) => table.unique.push(columns),
                KeyKind::Foreign(key) => table.foreign_keys.push(key),
            }
        }
        table
    }
}

/// Renames a column in a list.
pub(super) fn rename(columns: &mut [String], from: &str, to: &str) {
    for column in columns.iter_mut().filter(|column| *column == from) {
        to.clone_into(column);
    }
}

/// The name that PostgreSQL gives a key without one: `table_columns_label`, cut to its limit, numbered until it is free.
/// Later statements drop keys by such names.
pub(super) fn default_key_name(
    table: &QualifiedName,
    columns: &[String],
    label: &str,
    is_taken: impl Fn(&str) -> bool,
) -> String {
    let columns = columns.join("_");
    let candidates = std::iter::once(label.to_owned()).chain((1u32..).map(|number| format!("{label}{number}")));
    let mut names = candidates.map(|label| object_name(&table.name, &columns, &label));
    names.find(|name| !is_taken(name)).unwrap_or_default()
}

/// PostgreSQL's `makeObjectName`: the longer of the two names gives way.
fn object_name(first: &str, second: &str, label: &str) -> String {
    let separators = if second.is_empty() { 1 } else { 2 };
    let room = MAX_NAME.saturating_sub(label.len() + separators);
    let (mut first_len, mut second_len) = (first.len(), second.len());
    while first_len + second_len > room {
        if first_len > second_len {
            first_len -= 1;
        } else {
            second_len -= 1;
        }
    }
    let (first, second) = (cut(first, first_len), cut(second, second_len));
    if second.is_empty() { format!("{first}_{label}") } else { format!("{first}_{second}_{label}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_get_the_names_that_postgresql_gives_them() {
        // Each of them comes from a PostgreSQL 15.
        let long = "a_table_with_a_very_long_name_indeed_it_is_long";
        let cases: &[(&str, &[&str], &str, &str)] = &[
            ("users", &[], "pkey", "users_pkey"),
            ("users", &["email"], "key", "users_email_key"),
            ("posts", &["author_id", "kind"], "fkey", "posts_author_id_kind_fkey"),
            (
                long,
                &["größe_größe_größe_größe_größe_größe_größe"],
                "key",
                "a_table_with_a_very_long_name_größe_größe_größe_grö_key",
            ),
            (
                long,
                &["some_long_column_name"],
                "key",
                "a_table_with_a_very_long_name_indeed__some_long_column_name_key",
            ),
        ];
        for (table, columns, label, expected) in cases {
            let table = QualifiedName { schema: "public".to_owned(), name: (*table).to_owned() };
            let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
            assert_eq!(&default_key_name(&table, &columns, label, |_| false), expected);
        }
        let table = QualifiedName { schema: "public".to_owned(), name: "t".to_owned() };
        assert_eq!(default_key_name(&table, &["a".to_owned()], "key", |name| name == "t_a_key"), "t_a_key1");
    }
}
