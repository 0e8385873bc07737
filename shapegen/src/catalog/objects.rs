//! What the database holds: schemas, relations, columns, constraints, types.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use super::database::{ConstraintId, RelationId, SchemaId, TypeId};
use super::{Generated, Identity};
use crate::source::Span;
use crate::sql::statement::{DefaultValue, ForeignKeyActions, Term};

/// The place of a column in its table, from 0; it outlives the column's name and the column.
pub(super) type ColumnNumber = u16;

/// A schema and the names in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) dropped: bool,
    pub(super) relations: HashMap<String, RelationId>,
    pub(super) types: HashMap<String, NamedType>,
    /// How many constraints have a name; tables may share one.
    pub(super) constraint_names: HashMap<String, u32>,
}

/// What the name of a type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedType {
    Own(TypeId),
    ArrayOf(TypeId),
}

/// `CREATE EXTENSION`
#[derive(Debug, Clone)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) schema: SchemaId,
    pub(super) dropped: bool,
}

/// Everything that is in PostgreSQL's `pg_class`.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) schema: SchemaId,
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) dropped: bool,
    pub(super) kind: RelationKind,
    pub(super) comment: Option<String>,
    pub(super) row_type: Option<TypeId>,
    pub(super) columns: Vec<Column>,
    /// Something of it couldn't be read or can't be known: what is missing is not reported.
    pub(super) incomplete: bool,
    pub(super) constraints: Vec<ConstraintId>,
    pub(super) indexes: Vec<RelationId>,
    /// Sequences that belong to its columns.
    pub(super) sequences: Vec<RelationId>,
    /// What it inherits from; of a partition, also of a partition's index, the one that it is a part of.
    pub(super) parents: Vec<RelationId>,
    pub(super) children: Vec<RelationId>,
    pub(super) is_partition: bool,
    /// The columns in `PARTITION BY …`.
    pub(super) partition_by: Option<Vec<ColumnNumber>>,
    /// `OF type`
    pub(super) of_type: Option<TypeId>,
    /// Foreign keys that refer to it.
    pub(super) referenced_by: Vec<ConstraintId>,
    /// Views that may read it.
    pub(super) read_by: Vec<RelationId>,
}

/// What a relation is.
#[derive(Debug, Clone)]
pub(super) enum RelationKind {
    Table,
    Composite,
    /// Its columns aren't known.
    View {
        /// `CREATE TABLE … AS`
        is_table: bool,
        /// The names in its query.
        words: Vec<String>,
    },
    Index(IndexFacts),
    Sequence(SequenceFacts),
    /// Its statement couldn't be read.
    Unreadable,
}

/// What an index is over.
#[derive(Debug, Clone)]
pub(super) struct IndexFacts {
    pub(super) table: RelationId,
    pub(super) keys: Vec<IndexKey>,
    pub(super) include: Vec<IndexKey>,
    pub(super) unique: bool,
    pub(super) nulls_not_distinct: bool,
    /// Of a deferrable constraint, which no foreign key can lean on.
    pub(super) deferrable: bool,
    pub(super) btree: bool,
    /// `WHERE …`
    pub(super) predicate: Option<Expression>,
    pub(super) constraint: Option<ConstraintId>,
}

impl IndexFacts {
    /// The key's columns, if nothing else decides which rows are the same.
    pub(super) fn unique_columns(&self) -> Option<Vec<ColumnNumber>> {
        if !self.unique || self.predicate.is_some() {
            return None;
        }
        self.keys.iter().map(|key| key.column).collect()
    }

    /// Whether it can't be without a column.
    pub(super) fn uses(&self, column: ColumnNumber) -> bool {
        let expressions = self.keys.iter().chain(&self.include).map(|key| &key.expression).chain(&self.predicate);
        expressions.flatten().any(|term| *term == Term::Column(column))
    }
}

/// A column or an expression of an index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IndexKey {
    pub(super) column: Option<ColumnNumber>,
    /// What PostgreSQL calls it where it names the index.
    pub(super) label: String,
    /// What it is over, also when that is a column.
    pub(super) expression: Expression,
    /// The collation and the operator class, as they were written.
    pub(super) class: String,
}

/// An expression over a table's columns.
pub(super) type Expression = Vec<Term<ColumnNumber>>;

/// Whose sequence it is.
#[derive(Debug, Clone, Default)]
pub(super) struct SequenceFacts {
    pub(super) owner: Option<(RelationId, ColumnNumber)>,
    pub(super) identity: bool,
    /// Columns whose default took numbers from it at some time.
    pub(super) users: Vec<(RelationId, ColumnNumber)>,
}

/// A column, or an attribute of a composite type.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) dropped: bool,
    /// `None` was reported.
    pub(super) data_type: Option<TypeUse>,
    pub(super) not_null: bool,
    /// The name of a NOT NULL constraint, as of PostgreSQL 18.
    pub(super) not_null_name: Option<String>,
    pub(super) default: Option<DefaultValue>,
    /// The sequences that the default takes numbers from.
    pub(super) sequences: Vec<RelationId>,
    /// The declared types that the default's expression is made with.
    pub(super) default_types: Vec<TypeId>,
    pub(super) identity: Option<Identity>,
    pub(super) generated: Option<Generated>,
    /// The columns that the generation expression reads.
    pub(super) reads: Vec<ColumnNumber>,
    pub(super) comment: Option<String>,
    /// PostgreSQL's `attislocal`: it was declared here, maybe besides parents.
    pub(super) local: bool,
    /// PostgreSQL's `attinhcount`: how many parents have it.
    pub(super) inherited: u32,
}

/// A constraint of a table.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub(super) name: String,
    pub(super) table: RelationId,
    pub(super) dropped: bool,
    pub(super) kind: ConstraintFacts,
    pub(super) span: Span,
    /// PostgreSQL's `conislocal`.
    pub(super) local: bool,
    /// PostgreSQL's `coninhcount`.
    pub(super) inherited: u32,
    /// The foreign key of the partitioned table that this one is a part of.
    pub(super) parent: Option<ConstraintId>,
    pub(super) children: Vec<ConstraintId>,
}

/// What a constraint says.
#[derive(Debug, Clone)]
pub(super) enum ConstraintFacts {
    Primary { index: RelationId },
    Unique { index: RelationId },
    Exclusion { index: RelationId },
    Foreign(ForeignKeyFacts),
    Check { columns: Vec<ColumnNumber>, no_inherit: bool },
}

impl ConstraintFacts {
    /// The index of a key or an exclusion.
    pub(super) fn index(&self) -> Option<RelationId> {
        match self {
            Self::Primary { index } | Self::Unique { index } | Self::Exclusion { index } => Some(*index),
            Self::Foreign(_) | Self::Check { .. } => None,
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ForeignKeyFacts {
    pub(super) columns: Vec<ColumnNumber>,
    pub(super) target: RelationId,
    pub(super) references: Vec<ColumnNumber>,
    /// The unique index that it leans on; `None` where that can't be known.
    pub(super) index: Option<RelationId>,
    pub(super) actions: ForeignKeyActions,
}

/// A declared type.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) schema: SchemaId,
    pub(super) name: String,
    /// The name of its array type.
    pub(super) array: String,
    pub(super) span: Span,
    pub(super) dropped: bool,
    pub(super) kind: TypeKind,
    pub(super) comment: Option<String>,
    /// Something was declared with it at some time.
    pub(super) used: bool,
}

/// What a type is.
#[derive(Debug, Clone)]
pub(super) enum TypeKind {
    Enum(Vec<String>),
    Domain(DomainFacts),
    /// Of a table, view or composite type.
    Row(RelationId),
    Range {
        subtype: Option<TypeUse>,
        multirange: TypeId,
        /// Its constructor functions stay there when it goes elsewhere, and it can't be without them.
        made_in: SchemaId,
    },
    Multirange(TypeId),
    /// A base type.
    Opaque,
    /// Its statement couldn't be read.
    Unreadable,
}

/// A domain.
#[derive(Debug, Clone)]
pub(super) struct DomainFacts {
    pub(super) base: Option<TypeUse>,
    pub(super) not_null: bool,
    /// The name of the NOT NULL constraint, as of PostgreSQL 18.
    pub(super) not_null_name: Option<String>,
    pub(super) checks: Vec<String>,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TypeUse {
    pub(super) of: TypeOf,
    pub(super) dims: u8,
}

/// The type itself, or an array's elements'.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TypeOf {
    BuiltIn {
        name: &'static str,
        modifiers: Vec<i32>,
    },
    /// `schema` is the one that was written.
    Extension {
        typname: &'static str,
        extension: &'static str,
        schema: Option<String>,
        modifiers: String,
    },
    Declared(TypeId),
}

impl Relation {
    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Option<ColumnNumber> {
        let at = self.columns.iter().position(|column| !column.dropped && column.name == name);
        at.and_then(|at| ColumnNumber::try_from(at).ok())
    }

    /// The columns among names.
    pub(super) fn columns_among(&self, words: &[String]) -> Vec<ColumnNumber> {
        let mut columns: Vec<ColumnNumber> = words.iter().filter_map(|word| self.column(word)).collect();
        columns.dedup();
        columns
    }

    /// An expression whose names are columns as far as there are such.
    pub(super) fn expression(&self, terms: Vec<Term<String>>) -> Expression {
        let term = |term: Term<String>| match term {
            Term::Column(name) => match self.column(&name) {
                Some(column) => Term::Column(column),
                None => Term::Word(name),
            },
            Term::Word(word) => Term::Word(word),
        };
        terms.into_iter().map(term).collect()
    }

    pub(super) fn is_partitioned(&self) -> bool {
        self.partition_by.is_some()
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, RelationKind::Table)
    }

    /// The columns that are there.
    pub(super) fn live_columns(&self) -> impl Iterator<Item = (ColumnNumber, &Column)> {
        let all = self.columns.iter().enumerate().filter(|(_, column)| !column.dropped);
        all.map(|(at, column)| (at as ColumnNumber, column))
    }
}

impl Index<ColumnNumber> for Relation {
    type Output = Column;

    fn index(&self, number: ColumnNumber) -> &Column {
        &self.columns[usize::from(number)]
    }
}

impl IndexMut<ColumnNumber> for Relation {
    fn index_mut(&mut self, number: ColumnNumber) -> &mut Column {
        &mut self.columns[usize::from(number)]
    }
}
