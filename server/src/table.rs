//! Tables as a source describes them, and their rows as PostgreSQL's text.

use std::fmt::{self, Display};
use std::sync::Arc;

use serde_json::{Map, Value};
use shapegen_runtime::definition::ShapeDefinition;
use shapegen_runtime::expr::RowText;

/// One row: PostgreSQL's text for each column of the table, `None` for NULL. A bool is `t` or `f`, as in the
/// replication stream.
pub type Row = Arc<[Option<Box<str>>]>;

/// A table's name as PostgreSQL spells it, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

impl TableName {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// Reads `table` or `schema.table`, each part quoted or folded to lower case; without a schema it is `public`.
    ///
    /// # Errors
    /// When the text is not an identifier, or has more than two parts.
    pub fn parse(text: &str) -> Result<Self, TableNameError> {
        let parts = identifiers(text, '.')?;
        let mut parts = parts.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), None, _) => Ok(Self::new("public", name)),
            (Some(schema), Some(name), None) => Ok(Self::new(schema, name)),
            _ => Err(TableNameError::TooManyParts(text.to_owned())),
        }
    }
}

impl Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\".\"{}\"", self.schema, self.name)
    }
}

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableNameError {
    /// It isn't an identifier.
    #[error("Invalid identifier: {0}")]
    Invalid(String),
    /// More than `schema.table`.
    #[error("Invalid relation identifier, too many delimiters: {0}")]
    TooManyParts(String),
    /// PostgreSQL cuts names after 63 bytes; Electric refuses them.
    #[error("Identifier too long (max length is 63): {0}")]
    TooLong(String),
}

/// Reads identifiers separated by `separator`: quoted as they are, others folded to lower case.
pub(crate) fn identifiers(text: &str, separator: char) -> Result<Vec<String>, TableNameError> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = identifier(rest).ok_or_else(|| TableNameError::Invalid(text.to_owned()))?;
        if name.len() > 63 {
            return Err(TableNameError::TooLong(name));
        }
        names.push(name);
        if after.is_empty() {
            return Ok(names);
        }
        rest = after.strip_prefix(separator).ok_or_else(|| TableNameError::Invalid(text.to_owned()))?;
    }
}

/// The identifier that a text begins with, and what is behind it.
pub(crate) fn identifier(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != '"' {
                name.push(c);
            } else if chars.next_if(|&(_, next)| next == '"').is_some() {
                name.push('"');
            } else {
                return (!name.is_empty()).then(|| (name, &quoted[at + 1..]));
            }
        }
        return None;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let first = name.chars().next()?;
    (first.is_alphabetic() || first == '_').then(|| (name.to_ascii_lowercase(), rest))
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// The name.
    pub name: TableName,
    /// The columns, in the order of a [`Row`]'s values.
    pub columns: Vec<Column>,
    /// Positions in `columns` of the primary key, in the key's order; empty for a table without one.
    pub primary_key: Vec<usize>,
    /// Names of generated columns: the replication stream doesn't have them, so that no shape can.
    pub generated: Vec<String>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as PostgreSQL spells it, unquoted.
    pub name: String,
    /// `pg_type.typname`; of an array the element's.
    pub pg_type: String,
    /// 0, or an array's declared dimensions.
    pub dims: u8,
    /// NOT NULL, declared or by the primary key.
    pub not_null: bool,
    /// The type's modifiers as written: `[10, 2]` of `numeric(10,2)`.
    pub modifiers: Vec<i32>,
}

impl Column {
    /// A column without modifiers that is no array.
    pub fn new(name: impl Into<String>, pg_type: impl Into<String>, not_null: bool) -> Self {
        Self { name: name.into(), pg_type: pg_type.into(), dims: 0, not_null, modifiers: Vec::new() }
    }

    pub(crate) fn is_bool(&self) -> bool {
        self.dims == 0 && self.pg_type == "bool"
    }
}

impl TableDefinition {
    /// A table from its columns and the names of its key columns. A name that is no column is passed over.
    pub fn new(name: TableName, columns: Vec<Column>, primary_key: &[&str]) -> Self {
        let primary_key =
            primary_key.iter().filter_map(|key| columns.iter().position(|column| column.name == *key)).collect();
        Self { name, columns, primary_key, generated: Vec::new() }
    }

    /// The same with columns that are generated, beside the others.
    #[must_use]
    pub fn with_generated(mut self, generated: Vec<String>) -> Self {
        self.generated = generated;
        self
    }

    /// A column's position.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|candidate| candidate.name == column)
    }

    /// What identifies a row in the log: the primary key, or all columns of a table that has none.
    pub(crate) fn key(&self) -> Vec<usize> {
        if self.primary_key.is_empty() { (0..self.columns.len()).collect() } else { self.primary_key.clone() }
    }

    /// Whether rows of the one table are rows of the other, key and all; NOT NULL may differ.
    pub fn has_rows_like(&self, other: &Self) -> bool {
        let columns = |table: &Self| {
            let column =
                |column: &Column| (column.name.clone(), column.pg_type.clone(), column.dims, column.modifiers.clone());
            table.columns.iter().map(column).collect::<Vec<_>>()
        };
        self.primary_key == other.primary_key && columns(self) == columns(other)
    }

    /// The value of `electric-schema` for the columns at `selected`.
    pub(crate) fn schema(&self, selected: &[usize]) -> String {
        let mut schema = Map::new();
        for (position, column) in selected.iter().filter_map(|&at| Some((at, self.columns.get(at)?))) {
            let mut facts = Map::new();
            facts.insert("type".to_owned(), column.pg_type.as_str().into());
            if column.dims > 0 {
                facts.insert("dims".to_owned(), column.dims.into());
            }
            if column.not_null {
                facts.insert("not_null".to_owned(), true.into());
            }
            if let Some(index) = self.primary_key.iter().position(|&key| key == position) {
                facts.insert("pk_index".to_owned(), index.into());
            }
            if column.pg_type == "varbit" && column.modifiers.is_empty() {
                // As Electric says that there is no limit.
                facts.insert("length".to_owned(), (-1).into());
            }
            for (fact, value) in modifier_facts(&column.pg_type).iter().zip(&column.modifiers) {
                facts.insert((*fact).to_owned(), (*value).into());
            }
            schema.insert(column.name.clone(), Value::Object(facts));
        }
        Value::Object(schema).to_string()
    }

    /// The part of a table that a shape knows: its columns and key.
    pub(crate) fn of_shape(shape: &ShapeDefinition) -> Self {
        let columns = shape
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.to_owned(),
                pg_type: column.pg_type.to_owned(),
                dims: column.dims,
                not_null: column.not_null,
                modifiers: Vec::new(),
            })
            .collect();
        let key: Vec<&str> = shape.key_columns().map(|column| column.name).collect();
        Self::new(TableName::new(shape.table.schema, shape.table.name), columns, &key)
    }
}

/// What `electric-schema` calls a type's modifiers, in their order.
fn modifier_facts(pg_type: &str) -> &'static [&'static str] {
    match pg_type {
        "varchar" => &["max_length"],
        "bpchar" | "bit" | "varbit" => &["length"],
        "numeric" => &["precision", "scale"],
        "time" | "timetz" | "timestamp" | "timestamptz" | "interval" => &["precision"],
        _ => &[],
    }
}

/// A row with its table, for the interpreter.
pub(crate) struct RowOf<'a> {
    pub(crate) table: &'a TableDefinition,
    pub(crate) row: &'a [Option<Box<str>>],
}

impl RowText for RowOf<'_> {
    fn column(&self, name: &str) -> Option<&str> {
        self.row.get(self.table.position(name)?)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_008_names_fold_unless_quoted() {
        for (text, name) in [
            ("Foo", Some(("public", "foo"))),
            ("\"Foo\"", Some(("public", "Foo"))),
            ("s.T", Some(("s", "t"))),
            ("\"a.b\".\"c\"\"d\"", Some(("a.b", "c\"d"))),
            ("größe", Some(("public", "größe"))),
            ("a.b.c", None),
            ("", None),
            ("a.", None),
            ("1a", None),
            ("\"open", None),
            ("\"\"", None),
            ("a b", None),
            ("a;drop", None),
        ] {
            let expected = name.map(|(schema, name)| TableName::new(schema, name));
            assert_eq!(TableName::parse(text).ok(), expected, "{text}");
        }
        assert!(matches!(TableName::parse(&"x".repeat(64)), Err(TableNameError::TooLong(_))));
    }

    #[test]
    fn columns_may_hold_commas_inside_quotes() {
        assert_eq!(identifiers("id,\"a,b\",C", ',').unwrap(), ["id", "a,b", "c"]);
        for text in ["", "id,", ",id", "id,,a"] {
            assert!(identifiers(text, ',').is_err(), "{text}");
        }
    }
}
