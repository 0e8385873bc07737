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
    CreateView(CreateView),
    CreateType {
        name: Name,
        definition: TypeDefinition,
    },
    CreateDomain {
        name: Name,
        base: TypeName,
        constraints: Vec<DomainConstraint>,
    },
    CreateIndex(CreateIndex),
    CreateSequence {
        name: Name,
        temporary: bool,
        if_not_exists: bool,
        owner: Option<SequenceOwner>,
    },
    CreateExtension {
        name: Ident,
        if_not_exists: bool,
        schema: Option<Ident>,
    },
    /// With the statements inside.
    CreateSchema {
        name: Ident,
        elements: Vec<Statement>,
    },
    AlterTable {
        name: Name,
        /// `ONLY`: its children are left alone.
        only: bool,
        if_exists: bool,
        actions: Vec<TableAction>,
    },
    /// A view, index or sequence.
    AlterRelation {
        kind: DropKind,
        name: Name,
        if_exists: bool,
        action: RelationAction,
    },
    AlterType {
        name: Name,
        action: TypeAction,
    },
    AlterDomain {
        name: Name,
        action: DomainAction,
    },
    AlterExtension {
        name: Ident,
        schema: Ident,
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
    DropSchemas {
        names: Vec<Ident>,
        if_exists: bool,
        cascade: bool,
    },
    DropExtensions {
        names: Vec<Ident>,
        if_exists: bool,
        cascade: bool,
    },
    Comment {
        on: Commented,
        text: Option<String>,
    },
    SearchPath {
        path: SearchPath,
        /// To the end of the transaction.
        local: bool,
    },
    Transaction(TransactionControl),
    /// It is of a relevant kind, but what it says doesn't matter.
    Nothing,
}

/// `CREATE TABLE`
#[derive(Debug)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) temporary: bool,
    pub(crate) if_not_exists: bool,
    /// Where its columns come from, besides [`CreateTable::elements`].
    pub(crate) source: TableSource,
    pub(crate) elements: Vec<TableElement>,
    /// `PARTITION BY …`
    /// The names in `PARTITION BY …`.
    pub(crate) partition_by: Option<Vec<String>>,
}

/// Where columns of a new table come from.
#[derive(Debug)]
pub(crate) enum TableSource {
    /// The table's own columns, and the ones of the tables that it inherits from.
    Inherits(Vec<Name>),
    PartitionOf(Name),
    OfType(Name),
}

/// What stands between the parentheses of `CREATE TABLE`.
#[derive(Debug)]
pub(crate) enum TableElement {
    Column(ColumnDef),
    /// Options of a column that comes from a type or from the parent of a partition.
    ColumnOptions(ColumnOptions),
    Constraint(ConstraintDef),
    Like {
        table: Name,
        including: Including,
    },
}

/// What `LIKE` takes over besides names, types and NOT NULL.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Including {
    pub(crate) comments: bool,
    pub(crate) constraints: bool,
    pub(crate) defaults: bool,
    pub(crate) generated: bool,
    pub(crate) identity: bool,
    pub(crate) indexes: bool,
}

/// One column of `CREATE TABLE` or `ADD COLUMN`.
#[derive(Debug)]
pub(crate) struct ColumnDef {
    pub(crate) data_type: TypeName,
    /// `serial` and its kin: a sequence of its own.
    pub(crate) serial: bool,
    pub(crate) options: ColumnOptions,
}

/// What is written behind a column's name and type.
#[derive(Debug)]
pub(crate) struct ColumnOptions {
    pub(crate) name: Ident,
    pub(crate) not_null: bool,
    /// `CONSTRAINT name NOT NULL`, which means something as of PostgreSQL 18.
    pub(crate) not_null_name: Option<Ident>,
    pub(crate) default: Option<DefaultDef>,
    pub(crate) identity: Option<IdentityDef>,
    pub(crate) generated: Option<GeneratedDef>,
    /// The inline constraints, each over this column.
    pub(crate) constraints: Vec<ConstraintDef>,
}

/// `DEFAULT …`
#[derive(Debug, Clone)]
pub(crate) struct DefaultDef {
    pub(crate) span: Span,
    /// `NULL`, with the types it is cast to: whether that is a default depends on the column's type.
    pub(crate) null: Option<Vec<TypeName>>,
    /// The sequences that it takes numbers from.
    pub(crate) sequences: Vec<Name>,
    /// The types that something in it is cast to, if they aren't words of the grammar.
    pub(crate) types: Vec<Name>,
}

/// `GENERATED … AS IDENTITY`
#[derive(Debug, Clone)]
pub(crate) struct IdentityDef {
    pub(crate) always: bool,
    /// `SEQUENCE NAME …`
    pub(crate) sequence: Option<Name>,
}

/// `GENERATED ALWAYS AS (…)`
#[derive(Debug, Clone)]
pub(crate) struct GeneratedDef {
    pub(crate) stored: bool,
    /// Every name in the expression that could be a column.
    pub(crate) words: Vec<String>,
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
    /// Of a built-in type.
    pub(crate) modifiers: Vec<i32>,
    /// Of any type, word by word as written: `Point` and `4326` of `geometry(Point, 4326)`.
    pub(crate) words: Vec<String>,
    pub(crate) dims: u8,
    /// All of it.
    pub(crate) span: Span,
}

/// A constraint, with its name if it was given one.
#[derive(Debug)]
pub(crate) struct ConstraintDef {
    pub(crate) name: Option<Ident>,
    pub(crate) kind: ConstraintKind,
    pub(crate) span: Span,
}

/// What a constraint says.
#[derive(Debug)]
pub(crate) enum ConstraintKind {
    PrimaryKey(KeyDef),
    Unique(KeyDef),
    ForeignKey {
        columns: Vec<Ident>,
        table: Name,
        references: Vec<Ident>,
        actions: ForeignKeyActions,
    },
    Check {
        /// Every name in the expression that could be a column.
        words: Vec<String>,
        no_inherit: bool,
    },
    Exclusion(Vec<IndexElement>, IndexTail),
    /// `NOT NULL column`, as of PostgreSQL 18.
    NotNull(Ident),
}

/// The columns of a key.
#[derive(Debug)]
pub(crate) enum KeyDef {
    Columns {
        columns: Vec<Ident>,
        include: Vec<Ident>,
        /// `NULLS NOT DISTINCT`, `DEFERRABLE` and `INITIALLY DEFERRED` tell keys over the same columns apart.
        flags: [bool; 3],
    },
    /// `USING INDEX name`
    Index(Ident),
}

/// What a foreign key does on changes, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ForeignKeyActions {
    pub(crate) on_delete: Option<Action>,
    pub(crate) on_update: Option<Action>,
    pub(crate) match_full: bool,
    pub(crate) deferrable: bool,
    pub(crate) deferred: bool,
}

/// What a foreign key does; `NO ACTION` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// `CREATE INDEX`
#[derive(Debug)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<Ident>,
    pub(crate) if_not_exists: bool,
    pub(crate) table: Name,
    pub(crate) only: bool,
    pub(crate) unique: bool,
    pub(crate) method: Option<Ident>,
    pub(crate) elements: Vec<IndexElement>,
    pub(crate) tail: IndexTail,
    pub(crate) span: Span,
}

/// One column or expression of an index.
#[derive(Debug, Clone)]
pub(crate) struct IndexElement {
    /// The column, when it is one.
    pub(crate) column: Option<Ident>,
    /// What PostgreSQL calls an expression where it names the index.
    pub(crate) label: String,
    /// The column or the expression.
    pub(crate) terms: Vec<Term<String>>,
    /// The collation and the operator class, as they were written.
    pub(crate) class: String,
}

/// A part of an expression, as far as it tells one expression from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term<Column> {
    /// A name that could be a column; in the catalog, the column.
    Column(Column),
    /// Anything else.
    Word(String),
}

/// What follows the elements of an index.
#[derive(Debug, Clone, Default)]
pub(crate) struct IndexTail {
    pub(crate) include: Vec<Ident>,
    pub(crate) nulls_not_distinct: bool,
    /// `WHERE …`; `None` for all rows.
    pub(crate) predicate: Option<Vec<Term<String>>>,
}

/// A view, materialized view, foreign table or `CREATE TABLE … AS`: only the name is known.
#[derive(Debug)]
pub(crate) struct CreateView {
    pub(crate) name: Name,
    /// It was made with `CREATE TABLE … AS`: `DROP TABLE` drops it.
    pub(crate) is_table: bool,
    pub(crate) temporary: bool,
    pub(crate) replace: bool,
    pub(crate) if_not_exists: bool,
    /// Of a foreign table.
    pub(crate) partition_of: Option<Name>,
    /// The relations that it may read.
    pub(crate) reads: Vec<Name>,
    /// Every name in its query.
    pub(crate) words: Vec<String>,
}

/// What `CREATE TYPE` makes.
#[derive(Debug)]
pub(crate) enum TypeDefinition {
    Enum(Vec<Ident>),
    Composite(Vec<(Ident, TypeName)>),
    Range {
        subtype: Box<TypeName>,
        multirange: Option<Name>,
    },
    /// A base type, or only its name.
    Base,
}

/// What a domain demands.
#[derive(Debug)]
pub(crate) enum DomainConstraint {
    NotNull(Option<Ident>),
    Null,
    Check(Option<Ident>),
}

/// One action of `ALTER TABLE`. The ones that say nothing to the catalog are left out.
#[derive(Debug)]
pub(crate) enum TableAction {
    AddColumn { column: Box<ColumnDef>, if_not_exists: bool },
    DropColumn { name: Ident, if_exists: bool, cascade: bool },
    RenameColumn { from: Ident, to: Ident },
    AddConstraint(ConstraintDef),
    DropConstraint { name: Ident, if_exists: bool, cascade: bool },
    RenameConstraint { from: Ident, to: Ident },
    NotNull { column: Ident, set: bool },
    Default { column: Ident, default: Option<DefaultDef> },
    AddIdentity { column: Ident, identity: IdentityDef },
    SetIdentity { column: Ident, always: bool },
    DropIdentity { column: Ident, if_exists: bool },
    SetExpression { column: Ident, words: Vec<String> },
    DropExpression { column: Ident, if_exists: bool },
    Type { column: Ident, data_type: TypeName },
    Attach(Name),
    Detach { partition: Name, concurrently: bool },
    Inherit(Name),
    NoInherit(Name),
    Of(Name),
    NotOf,
    Move(MoveAction),
}

/// A table, view or type gets another name.
#[derive(Debug)]
pub(crate) enum MoveAction {
    Rename(Ident),
    SetSchema(Ident),
}

/// What changes at a view, index or sequence.
#[derive(Debug)]
pub(crate) enum RelationAction {
    Move(MoveAction),
    AttachPartition(Name),
    OwnedBy(SequenceOwner),
}

/// `OWNED BY …`
#[derive(Debug)]
pub(crate) enum SequenceOwner {
    None,
    Column(Name, Ident),
}

/// `ALTER TYPE`
#[derive(Debug)]
pub(crate) enum TypeAction {
    AddValue { label: Ident, if_not_exists: bool, next_to: Option<(Ident, Side)> },
    RenameValue { from: Ident, to: Ident },
    Attributes { actions: Vec<AttributeAction> },
    Move(MoveAction),
}

/// One change of a composite type.
#[derive(Debug)]
pub(crate) enum AttributeAction {
    Add { name: Ident, data_type: TypeName },
    Drop { name: Ident, if_exists: bool },
    Type { name: Ident, data_type: TypeName },
    Rename { from: Ident, to: Ident },
}

/// `ALTER DOMAIN`
#[derive(Debug)]
pub(crate) enum DomainAction {
    NotNull(bool),
    AddConstraint(DomainConstraint),
    DropConstraint { name: Ident, if_exists: bool },
    RenameConstraint { from: Ident, to: Ident },
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
    Index,
    Sequence,
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

/// Statements that keep or undo others.
#[derive(Debug)]
pub(crate) enum TransactionControl {
    Begin,
    Commit { chain: bool },
    Rollback { chain: bool },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
}
