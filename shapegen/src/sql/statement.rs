//! What a statement says to the catalog, with the places where it says it.

use crate::source::{Span, Spanned};

/// A name as PostgreSQL stores it, and where it was written.
pub(crate) type Ident = Spanned<String>;

/// A table's or type's name as it was written: with a schema, or to be found along the search path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    pub(crate) schema: Option<Ident>,
    pub(crate) name: Ident,
}

impl Name {
    /// All of it.
    pub(crate) fn span(&self) -> Span {
        let start = self.schema.as_ref().map_or(self.name.span.start, |schema| schema.span.start);
        Span { start, ..self.name.span }
    }
}

/// One statement that matters.
#[derive(Debug)]
pub(crate) enum Statement {
    CreateTable(CreateTable),
    CreateEnum {
        name: Name,
        labels: Vec<Ident>,
    },
    /// A domain, composite or range type: its name is taken, what it is isn't known. `what` is "a domain" and so on.
    CreateOtherType {
        name: Name,
        what: &'static str,
    },
    CreateView {
        name: Name,
        replace: bool,
        if_not_exists: bool,
    },
    AlterTable {
        name: Name,
        if_exists: bool,
        actions: Vec<TableAction>,
    },
    AlterView {
        name: Name,
        if_exists: bool,
        action: MoveAction,
    },
    AlterType {
        name: Name,
        action: TypeAction,
    },
    RenameSchema {
        from: Ident,
        to: Ident,
    },
    Drop {
        kind: DropKind,
        names: Vec<Name>,
        if_exists: bool,
        cascade: bool,
    },
    DropSchemas(Vec<Ident>),
    Comment {
        on: Commented,
        text: Option<String>,
    },
    SearchPath(SearchPath),
    /// It is of a relevant kind, but what it says doesn't matter.
    Nothing,
}

/// `CREATE TABLE`
#[derive(Debug)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) temporary: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnDef>,
    pub(crate) constraints: Vec<ConstraintDef>,
}

/// One column of `CREATE TABLE` or `ADD COLUMN`.
#[derive(Debug)]
pub(crate) struct ColumnDef {
    pub(crate) name: Ident,
    pub(crate) data_type: TypeName,
    pub(crate) not_null: bool,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) generated: bool,
    /// The inline keys, each over this column.
    pub(crate) constraints: Vec<ConstraintDef>,
}

/// What a new row gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// The value of the SQL expression at this place.
    Expression(Span),
    /// The next number: of an identity or a serial type.
    Counter,
}

/// A type as it was written.
#[derive(Debug, Clone)]
pub(crate) struct TypeName {
    /// Aliases are resolved: `integer` is `pg_catalog.int4`.
    pub(crate) name: Name,
    pub(crate) modifiers: Vec<i32>,
    pub(crate) dims: u8,
    /// All of it.
    pub(crate) span: Span,
}

/// A key, with its name if it was given one.
#[derive(Debug)]
pub(crate) struct ConstraintDef {
    pub(crate) name: Option<Ident>,
    pub(crate) kind: ConstraintKind,
    pub(crate) span: Span,
}

/// What a key says. Checks and exclusions are left out.
#[derive(Debug)]
pub(crate) enum ConstraintKind {
    PrimaryKey(Vec<Ident>),
    Unique(Vec<Ident>),
    ForeignKey {
        columns: Vec<Ident>,
        table: Name,
        references: Vec<Ident>,
    },
    /// `NOT NULL column`, as of PostgreSQL 18.
    NotNull(Ident),
}

/// One action of `ALTER TABLE`. The ones that say nothing to the catalog are left out.
#[derive(Debug)]
pub(crate) enum TableAction {
    AddColumn {
        column: ColumnDef,
        if_not_exists: bool,
    },
    DropColumn {
        name: Ident,
        if_exists: bool,
    },
    RenameColumn {
        from: Ident,
        to: Ident,
    },
    AddConstraint(ConstraintDef),
    DropConstraint(Ident),
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    NotNull {
        column: Ident,
        set: bool,
    },
    /// A default, an identity or a generation expression came or went.
    Default {
        column: Ident,
        default: Option<DefaultValue>,
    },
    DropExpression(Ident),
    Type {
        column: Ident,
        data_type: TypeName,
    },
    Move(MoveAction),
}

/// A table, view or type gets another name.
#[derive(Debug)]
pub(crate) enum MoveAction {
    Rename(Ident),
    SetSchema(Ident),
    /// The owner and the like.
    Nothing,
}

/// `ALTER TYPE`
#[derive(Debug)]
pub(crate) enum TypeAction {
    AddValue { label: Ident, if_not_exists: bool, next_to: Option<(Ident, Side)> },
    RenameValue { from: Ident, to: Ident },
    Move(MoveAction),
}

/// Where a new label goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// What `DROP` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropKind {
    Table,
    View,
    Type,
}

/// What `COMMENT ON` is about.
#[derive(Debug)]
pub(crate) enum Commented {
    Table(Name),
    Column(Name, Ident),
    Type(Name),
}

/// `SET search_path`
#[derive(Debug)]
pub(crate) enum SearchPath {
    Schemas(Vec<String>),
    Default,
}
