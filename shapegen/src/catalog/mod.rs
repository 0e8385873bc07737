//! Tables, columns, types, keys and comments that the SQL files declare, after every statement was applied in order.

mod relation;
mod replay;
mod tables;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

use crate::diagnostics::Report;
use crate::source::{FileId, SourceMap, Span};
pub use crate::sql::statement::DefaultValue;

/// A schema-qualified name, as PostgreSQL stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// What the SQL files declare.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Tables by name.
    pub tables: BTreeMap<QualifiedName, Table>,
    /// Enums by name.
    pub enums: BTreeMap<QualifiedName, EnumType>,
    /// Views and the like: names known, columns unknown; no shape can be made of them.
    pub views: BTreeMap<QualifiedName, Span>,
}

impl Catalog {
    /// Reads the SQL files in this order, as if each were run by its own session of psql.
    ///
    /// Everything that is wrong goes into the report, and what could be read is in the catalog. After an error it is
    /// incomplete, so what refers to it may not be worth a second error.
    pub fn read(sources: &SourceMap, files: &[FileId], report: &mut Report) -> Self {
        replay::replay(sources, files, report)
    }
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Where its name was written.
    pub span: Span,
    /// In order.
    pub columns: Vec<Column>,
    /// Column names, in the key's order.
    pub primary_key: Option<Vec<String>>,
    /// Column names of each unique constraint.
    pub unique: Vec<Vec<String>>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// `COMMENT ON TABLE`.
    pub comment: Option<String>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The name.
    pub name: String,
    /// Where it was declared.
    pub span: Span,
    /// The type.
    pub data_type: DataType,
    /// NOT NULL, from the column or the primary key.
    pub not_null: bool,
    /// It has a default, an identity or is generated.
    pub has_default: bool,
    /// What a new row gets when an insert leaves the column out; `None` for NULL and for generated columns.
    pub default: Option<DefaultValue>,
    /// GENERATED ALWAYS AS (…): Electric leaves these out before PostgreSQL 18.
    pub generated: bool,
    /// `COMMENT ON COLUMN`.
    pub comment: Option<String>,
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataType {
    /// The element's or the column's own type.
    pub base: BaseType,
    /// 0, or the declared number of array dimensions.
    pub dims: u8,
}

/// A type that is no array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseType {
    /// A type of `pg_catalog`, by `pg_type.typname` (`int4`, `timestamptz`), with its modifiers as written.
    BuiltIn {
        /// `pg_type.typname`.
        name: &'static str,
        /// `(10,2)` of `numeric(10,2)`.
        modifiers: Vec<i32>,
    },
    /// An enum of the catalog.
    Enum(QualifiedName),
}

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumType {
    /// Where its name was written.
    pub span: Span,
    /// Labels, in order.
    pub labels: Vec<String>,
    /// `COMMENT ON TYPE`.
    pub comment: Option<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns here.
    pub columns: Vec<String>,
    /// The table there.
    pub table: QualifiedName,
    /// The columns there.
    pub references: Vec<String>,
}
