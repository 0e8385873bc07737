//! Every decision about the output, made once by `resolve`. Emitters print it and decide nothing.

use std::fmt;

use shapegen_runtime::definition::{ParamSource, Policy, Replica};
use shapegen_runtime::expr::Expr;

use crate::catalog::QualifiedName;

mod postgres;
pub mod scalar;

pub use postgres::{PgliteColumn, PgliteTable, Postgres, PostgresIndex, SyncedTable};
pub use scalar::Scalar;

/// What one manifest, or one derived struct, comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The shapes, in the manifest's order.
    pub shapes: Vec<Shape>,
    /// The enums that the shapes use, by Rust name.
    pub enums: Vec<Enum>,
    /// The composite types that the shapes use, by Rust name.
    pub composites: Vec<Composite>,
    /// The newtypes that the shapes use, by Rust name.
    pub newtypes: Vec<Newtype>,
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
    /// What the row struct derives and is marked with.
    pub marks: Marks,
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
    /// What is loaded at the start.
    pub load: Load,
    /// How much of a row its changes carry.
    pub replica: Replica,
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

/// What is loaded at the start: see [`shapegen_runtime::definition::Load`].
#[derive(Debug, Clone, PartialEq)]
pub enum Load {
    /// All rows.
    All,
    /// The newest rows, and older ones on demand.
    Newest(Box<Newest>),
    /// No rows.
    FromNow,
}

/// How the newest rows are told from older ones: see [`shapegen_runtime::definition::Newest`].
#[derive(Debug, Clone, PartialEq)]
pub struct Newest {
    /// How many are loaded at the start.
    pub count: u32,
    /// Positions in the fields: by what, then the key's others.
    pub order: Vec<usize>,
    /// The order as SQL.
    pub order_by: String,
    /// The rows before one.
    pub older: Filter,
    /// The rows before one that has no value in the first column; `None` where that is NOT NULL.
    pub older_undated: Option<Filter>,
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
    /// Why it isn't the type's usual one, for `explain`.
    pub type_reason: Option<String>,
    /// Attributes without `#[` and `]`.
    pub attributes: Vec<String>,
    /// The field is redacted in `Debug`.
    pub secret: bool,
    /// The column's name in the local database.
    pub local: String,
    /// The column's type in the local database: `INTEGER`, `TEXT`, `BLOB` or `ANY`.
    pub local_type: &'static str,
    /// The form in which it is held there, where that isn't the usual one of the type.
    pub stored_as: Option<String>,
}

/// A field's Rust type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RustType {
    /// A type without parameters.
    Scalar(&'static Scalar),
    /// A generated enum, by its Rust name.
    Enum(String),
    /// A generated struct, by its Rust name.
    Composite(String),
    /// A generated struct around one value.
    Newtype {
        /// Its Rust name.
        ident: String,
        /// The value's type.
        inner: Box<RustType>,
    },
    /// `v1::JsonOf<T>` of a type of the program.
    JsonOf(String),
    /// A type of the program.
    Own(Own),
    /// `v1::OrInfinity<T>`
    OrInfinity(Box<RustType>),
    /// `v1::Range<T>`
    Range(Box<RustType>),
    /// `v1::Multirange<T>`
    Multirange(Box<RustType>),
    /// `Vec<Option<T>>`
    Array(Box<RustType>),
    /// `v1::Array<T>`, of several dimensions.
    Nested(Box<RustType>),
}

impl fmt::Display for RustType {
    /// As a person would write it with everything imported.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => f.write_str(scalar.name),
            Self::Enum(ident) | Self::Composite(ident) | Self::Newtype { ident, .. } => f.write_str(ident),
            Self::JsonOf(path) => write!(f, "JsonOf<{path}>"),
            Self::Own(own) => f.write_str(&own.path),
            Self::OrInfinity(inner) => write!(f, "OrInfinity<{inner}>"),
            Self::Range(inner) => write!(f, "Range<{inner}>"),
            Self::Multirange(inner) => write!(f, "Multirange<{inner}>"),
            Self::Array(inner) => write!(f, "Vec<Option<{inner}>>"),
            Self::Nested(inner) => write!(f, "Array<{inner}>"),
        }
    }
}

/// A type of the program, as the manifest spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Own {
    /// The type.
    pub path: String,
    /// The module whose `decode` and `encode` read and write it; without it the type is a `PgValue`.
    pub with: Option<String>,
    /// Values of the PostgreSQL type tell rows apart.
    pub key: bool,
}

impl RustType {
    /// `String`
    pub const STRING: Self = Self::Scalar(&scalar::STRING);

    /// Whether it is `Copy`.
    pub fn is_copy(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.copy,
            Self::Newtype { inner, .. } | Self::OrInfinity(inner) | Self::Range(inner) => inner.is_copy(),
            _ => false,
        }
    }

    /// Whether it is `Eq`, `Ord` and `Hash`, and equal values are stored alike, so that rows are told apart by it.
    pub fn is_key(&self) -> bool {
        match self {
            Self::Scalar(scalar) => scalar.key,
            Self::Enum(_) => true,
            Self::Newtype { inner, .. }
            | Self::OrInfinity(inner)
            | Self::Range(inner)
            | Self::Multirange(inner)
            | Self::Array(inner)
            | Self::Nested(inner) => inner.is_key(),
            Self::Own(own) => own.key,
            Self::Composite(_) | Self::JsonOf(_) => false,
        }
    }

    /// The column's type in the local database: `INTEGER`, `TEXT`, `BLOB` or `ANY`.
    pub fn local_type(&self) -> &'static str {
        match self {
            Self::Scalar(scalar) => scalar.local_type,
            Self::Newtype { inner, .. } | Self::OrInfinity(inner) => inner.local_type(),
            // It may store whatever it likes.
            Self::Own(_) => "ANY",
            _ => "TEXT",
        }
    }

    /// The module that reads and writes it, where that is not the type itself.
    pub fn codec(&self) -> Option<&str> {
        match self {
            Self::Own(own) => own.with.as_deref(),
            _ => None,
        }
    }

    /// The type that it is a wrapper of.
    pub fn inner(&self) -> Option<&Self> {
        match self {
            Self::Newtype { inner, .. }
            | Self::OrInfinity(inner)
            | Self::Range(inner)
            | Self::Multirange(inner)
            | Self::Array(inner)
            | Self::Nested(inner) => Some(inner),
            Self::Scalar(_) | Self::Enum(_) | Self::Composite(_) | Self::JsonOf(_) | Self::Own(_) => None,
        }
    }

    /// Whether a value inside of it is read by a module, which only a column's own value can be.
    pub fn holds_codec(&self) -> bool {
        self.inner().is_some_and(|inner| inner.codec().is_some() || inner.holds_codec())
    }

    /// What the local database holds: equal for types that read each other's rows, whatever their names are.
    pub fn stored(&self) -> String {
        match self {
            Self::Scalar(scalar) => scalar.stored.to_owned(),
            Self::Enum(_) => "text".to_owned(),
            Self::Composite(_) => "composite".to_owned(),
            Self::JsonOf(_) => "json".to_owned(),
            Self::Newtype { inner, .. } => inner.stored(),
            Self::Own(Own { path, with, .. }) => format!("{path} by {}", with.as_deref().unwrap_or("itself")),
            Self::OrInfinity(inner) => inner.stored(),
            Self::Range(inner) => format!("range of {}", inner.stored()),
            Self::Multirange(inner) => format!("multirange of {}", inner.stored()),
            Self::Array(inner) => format!("array of {}", inner.stored()),
            Self::Nested(inner) => format!("nested array of {}", inner.stored()),
        }
    }

    /// The generated type that it is made of.
    pub fn generated(&self) -> Option<&str> {
        match self {
            Self::Enum(ident) | Self::Composite(ident) | Self::Newtype { ident, .. } => Some(ident),
            other => other.inner().and_then(Self::generated),
        }
    }
}

/// What a generated type derives and is marked with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Paths of derive macros, ours first.
    pub derives: Vec<String>,
    /// Attributes without `#[` and `]`.
    pub attributes: Vec<String>,
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
    /// Serde reads and writes it by its labels.
    pub serde: bool,
    /// What it derives and is marked with.
    pub marks: Marks,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// The Rust name.
    pub ident: String,
    /// The name in PostgreSQL.
    pub name: QualifiedName,
    /// `COMMENT ON TYPE`, lines.
    pub docs: Vec<String>,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// What it derives and is marked with.
    pub marks: Marks,
}

/// One attribute of a composite type; each may be NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The field's name: a Rust identifier, raw where it must be.
    pub ident: String,
    /// Its type without `Option`.
    pub ty: RustType,
}

/// A generated struct around one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Newtype {
    /// The Rust name.
    pub ident: String,
    /// What it is: `users.id`, or the type's name.
    pub of: String,
    /// The value's type.
    pub inner: RustType,
    /// What it derives and is marked with.
    pub marks: Marks,
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
