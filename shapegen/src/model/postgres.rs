//! What is made in PostgreSQL itself: on the server for Electric, and on devices that keep their rows in PGlite.

use crate::catalog::QualifiedName;

/// What is made in PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Postgres {
    /// The tables that Electric reads, by name: those of shapes and of their subqueries.
    pub synced: Vec<SyncedTable>,
    /// A shape asks for generated columns, which a publication leaves out unless it is told otherwise.
    pub generated_columns: bool,
    /// A table for each shape, in the manifest's order.
    pub pglite: Vec<PgliteTable>,
}

/// A table of the server that Electric reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncedTable {
    /// Its name.
    pub name: QualifiedName,
    /// Its rows are in partitions.
    pub partitioned: bool,
    /// The indexes that conditions need and the schema doesn't have.
    pub indexes: Vec<PostgresIndex>,
}

/// An index that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresIndex {
    /// Its name: different for different tables and columns, and not longer than PostgreSQL's names can be.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The last of them runs backwards, and rows without a value come at the end.
    pub newest_first: bool,
}

/// A shape's table in PGlite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgliteTable {
    /// Its name: the shape's, cut and marked with a hash where that is too long.
    pub name: String,
    /// The columns, in the order of the shape's fields.
    pub columns: Vec<PgliteColumn>,
    /// Names of the key's columns.
    pub key: Vec<String>,
    /// What rows are found by, over one column each.
    pub indexes: Vec<PostgresIndex>,
}

/// A column in PGlite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgliteColumn {
    /// Its name, which is the one on the server.
    pub name: String,
    /// Its type, as SQL.
    pub data_type: String,
    /// Declared NOT NULL.
    pub not_null: bool,
}
