//! Every decision about the output, made once by `resolve`. Emitters print it and decide nothing.

use shapegen_runtime::definition::{ParamSource, Policy};
use shapegen_runtime::expr::Expr;

use crate::catalog::QualifiedName;

mod postgres;

pub use postgres::{PgliteColumn, PgliteTable, Postgres, PostgresIndex, SyncedTable};

/// What one manifest, or one derived struct, comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The shapes, in the manifest's order.
    pub shapes: Vec<Shape>,
    /// The enums that the shapes use, by Rust name.
    pub enums: Vec<Enum>,
    /// The session's values, in the manifest's order.
    pub session: Session,
    /// How clients reach the service unless they say otherwise.
    pub mode: Mode,
    /// What is made in PostgreSQL.
    pub postgres: Postgres,
}

/// How a client names a shape to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By shape name and caller parameters.
    Gatekeeper,
    /// By table, where, params and columns.
    Electric,
}

/// The verified values of who is asking.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    /// In the manifest's order; empty: one partition, `public`.
    pub values: Vec<SessionValue>,
    /// The constructor's name: `user` where the one identity is `user_id`, else `new`.
    pub constructor: String,
}

/// One verified value.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionValue {
    /// The name after `$`, which is a Rust identifier, too.
    pub name: String,
    /// The claim that the server takes it from.
    pub claim: String,
    /// Part of who the person is: decides the partition.
    pub identity: bool,
    /// The type that the shapes compare it with; text where none does.
    pub ty: RustType,
}

/// One shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The name in the manifest.
    pub name: String,
    /// The module, the client's method and the file: a Rust identifier, raw (`r#type`) where it must be.
    pub ident: String,
    /// The table.
    pub table: QualifiedName,
    /// `COMMENT ON TABLE`, lines.
    pub docs: Vec<String>,
    /// The row struct's name.
    pub row: String,
    /// The fields, in the order of the table's columns.
    pub fields: Vec<Field>,
    /// Positions in `fields`, in the key's order.
    pub key: Vec<usize>,
    /// The key struct's name where the key has several columns.
    pub key_struct: Option<String>,
    /// The rows: where and scope joined.
    pub filter: Option<Filter>,
    /// `$1`, `$2` … of the filter.
    pub params: Vec<Param>,
    /// The parameters struct's name where the caller binds any.
    pub params_struct: Option<String>,
    /// What rows are found by.
    pub indexes: Vec<Index>,
    /// What follows from frequency and persistence.
    pub policy: Policy,
    /// Why it is so, for `explain`: one line each.
    pub policy_reasons: Vec<String>,
    /// See [`shapegen_runtime::definition::ShapeDefinition::request`].
    pub request: u64,
    /// The local table.
    pub local: Local,
    /// The scope's name, or `public`.
    pub scope: String,
}

/// One column of a shape and the field it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The field's name: a Rust identifier, raw where it must be.
    pub ident: String,
    /// The column's name in PostgreSQL.
    pub column: String,
    /// `COMMENT ON COLUMN`, lines.
    pub docs: Vec<String>,
    /// `pg_type.typname`, of an array the element's.
    pub pg_type: String,
    /// 0, or an array's dimensions.
    pub dims: u8,
    /// Declared NOT NULL.
    pub not_null: bool,
    /// The field's type without `Option`.
    pub ty: RustType,
    /// The field is redacted in `Debug`.
    pub secret: bool,
    /// The column's name in the local database.
    pub local: String,
    /// The column's type in the local database: `INTEGER`, `TEXT`, `BLOB` or `ANY`.
    pub local_type: &'static str,
}

/// A field's Rust type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RustType {
    /// `bool`
    Bool,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `v1::Numeric`
    Numeric,
    /// `String`
    String,
    /// `v1::Uuid`
    Uuid,
    /// `v1::Date`
    Date,
    /// `v1::Time`
    Time,
    /// `v1::DateTime`
    DateTime,
    /// `v1::Timestamp`
    Timestamp,
    /// `v1::Json`
    Json,
    /// `Vec<u8>`
    Bytes,
    /// A generated enum, by its Rust name.
    Enum(String),
    /// `Vec<Option<T>>`
    Array(Box<RustType>),
}

/// The rows of a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// As Electric reads it.
    pub sql: String,
    /// For our interpreter.
    pub expr: Expr,
}

/// One positional parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The name after `$`, which is a Rust identifier, too.
    pub name: String,
    /// Who binds it.
    pub from: ParamSource,
    /// `pg_type.typname` of what it is compared with.
    pub pg_type: String,
    /// Its Rust type.
    pub ty: RustType,
}

/// Something that rows are found by.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// The constant's name: `USER_ID`.
    pub constant: String,
    /// Position in `fields`.
    pub field: usize,
    /// Why it is there: `key`, `unique`, `foreign key`, `finder`.
    pub reason: &'static str,
}

/// An enum.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// The Rust name.
    pub ident: String,
    /// The name in PostgreSQL.
    pub name: QualifiedName,
    /// `COMMENT ON TYPE`, lines.
    pub docs: Vec<String>,
    /// Variant names and their labels, in order; never `Other`.
    pub variants: Vec<(String, String)>,
}

/// The table of the local database.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// The table's name, mangled.
    pub table: String,
    /// The view's name, mangled.
    pub view: String,
    /// Its indexes.
    pub indexes: Vec<LocalIndex>,
    /// See [`shapegen_runtime::definition::LocalTable::fingerprint`].
    pub fingerprint: u64,
}

/// An index of the local database, over one field.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalIndex {
    /// The index's name, mangled.
    pub name: String,
    /// Position in `fields`.
    pub field: usize,
}
