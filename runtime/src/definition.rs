//! A shape as data: stated once by generated code, read by client, store and server.

use crate::expr::Expr;

/// Everything that is known of a shape before a program runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeDefinition {
    /// The shape's name in the manifest: its route, its metrics label, its name in errors.
    pub name: &'static str,
    /// The table that the shape is a part of.
    pub table: Table,
    /// The columns that are asked for, in the order of the row struct's fields.
    pub columns: &'static [Column],
    /// Positions in `columns` of the key, in the key's order. Never empty.
    pub key: &'static [u16],
    /// The rows that belong to the shape; `None` is the whole table.
    pub filter: Option<Filter>,
    /// What `$1`, `$2` … of the filter stand for.
    pub params: &'static [Param],
    /// Hash over table, key, filter and parameters, not over the columns: part of every instance's key.
    pub request: u64,
    /// What is loaded at the start.
    pub load: Load,
    /// How much of a row its changes carry.
    pub replica: Replica,
    /// What follows from change frequency and persistence.
    pub policy: Policy,
    /// The table of the local database that keeps the shape's rows.
    pub local: LocalTable,
}

impl ShapeDefinition {
    /// Whether rows belong to it by what other tables hold: each has tags that say why it is there.
    pub fn has_subquery(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.expr.has_select())
    }

    /// The key's columns, in the key's order.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        self.key.iter().map(|&at| &self.columns[usize::from(at)])
    }
}

/// A table's name as PostgreSQL spells it, unquoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Table {
    /// The schema, `public` where nothing else was said.
    pub schema: &'static str,
    /// The table's own name.
    pub name: &'static str,
}

/// One column of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name as PostgreSQL spells it, unquoted.
    pub name: &'static str,
    /// `pg_type.typname`; of an array the element's (`int4`, `timestamptz`, an enum's name).
    pub pg_type: &'static str,
    /// 1 and more for arrays, as the `electric-schema` header counts them.
    pub dims: u8,
    /// Declared NOT NULL: the row's field is not an `Option`.
    pub not_null: bool,
    /// The column's name in the local database, already mangled.
    pub local: &'static str,
    /// The form in which the local database holds values, where it isn't the usual one of the type; else empty.
    pub stored_as: &'static str,
}

impl Column {
    /// A column that may be NULL, is no array, and has the same name in the local database.
    pub const fn new(name: &'static str, pg_type: &'static str) -> Self {
        Self { name, pg_type, dims: 0, not_null: false, local: name, stored_as: "" }
    }

    /// The same, declared NOT NULL.
    #[must_use]
    pub const fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    /// The same, held by the local database in a form that isn't the usual one.
    #[must_use]
    pub const fn stored_as(mut self, form: &'static str) -> Self {
        self.stored_as = form;
        self
    }

    /// The same as an array of that many dimensions.
    #[must_use]
    pub const fn array(mut self, dims: u8) -> Self {
        self.dims = dims;
        self
    }

    /// The same under another name in the local database.
    #[must_use]
    pub const fn local(mut self, local: &'static str) -> Self {
        self.local = local;
        self
    }
}

/// The rows of a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The condition as Electric reads it, with `$1`, `$2` … for the parameters.
    pub sql: &'static str,
    /// The same condition for our own interpreter.
    pub expr: Expr,
}

/// One positional parameter of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// The name after `$` in the manifest.
    pub name: &'static str,
    /// Who binds it.
    pub from: ParamSource,
    /// `pg_type.typname` of what it is compared with.
    pub pg_type: &'static str,
}

/// Who binds a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamSource {
    /// A value of the session that says who the person is, and so decides the partition, too.
    Identity,
    /// Another verified value of the session.
    Session,
    /// The program, when it asks for the collection.
    Caller,
}

/// What is loaded at the start.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a definition is a static, and never moved")]
pub enum Load {
    /// All rows.
    All,
    /// The newest rows, and older ones when the program asks for them.
    Newest(Newest),
    /// No rows: only what changes from then on.
    FromNow,
}

/// How the newest rows are told from older ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Newest {
    /// So many are loaded at the start.
    pub count: u32,
    /// Positions in `columns` of what rows are ordered by: a column that says how new a row is, then the key's others.
    /// None but the first may be NULL; rows where it is are the oldest.
    pub order: &'static [u16],
    /// The same as SQL, the newest row first.
    pub order_by: &'static str,
    /// The rows before one whose values of `order` are `$1`, `$2` …
    pub older: Filter,
    /// The rows before one whose first value is NULL and whose others are `$1` …; `None` where it can't be NULL.
    pub older_undated: Option<Filter>,
}

/// How much of a row its changes carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replica {
    /// The key and, of an update, the columns that changed.
    Default,
    /// All columns. An update of a row that was never loaded brings it in, where not all rows are loaded.
    Full,
}

/// How a shape is kept and followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Rows are kept on the device.
    pub kept: bool,
    /// How long a batch may wait for others before it is written, in milliseconds; 0: each batch by itself.
    pub flush_within_ms: u32,
    /// Rows older than this, in seconds since the last up-to-date, are shown as stale.
    pub stale_after_s: u32,
    /// Rows older than this, in seconds, are deleted and never shown.
    pub max_age_s: Option<u32>,
    /// How changes come once the rows are there.
    pub transport: Transport,
}

/// How changes come once a shape's rows are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A request is answered when there is news, and is followed by the next.
    LongPoll,
    /// One request is answered with each batch of changes as it comes (server-sent events). Where somebody on the way
    /// doesn't let it through, long polls take over.
    Events,
}

/// The table of the local database that keeps a shape's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTable {
    /// The table's name, already mangled.
    pub table: &'static str,
    /// `CREATE TABLE`, one STRICT rowid table with `_g` and the columns.
    pub create: &'static str,
    /// `CREATE INDEX` for each finder, run after the first load.
    pub indexes: &'static [&'static str],
    /// `CREATE VIEW` over the current generations, for people with a SQL prompt.
    pub view: &'static str,
    /// Hash over the local columns, their types and the key.
    pub fingerprint: u64,
}
