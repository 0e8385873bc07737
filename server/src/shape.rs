//! A shape as it is asked for: a table, columns, rows, and how changes are told.

use std::sync::Arc;

use shapegen_runtime::expr::{Expr, Kind, Operand};

use crate::table::{RowOf, TableDefinition, TableName};

/// What makes two requests ask for the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ShapeSpec {
    pub(crate) table: TableName,
    /// Column names, sorted; the key's are among them.
    pub(crate) columns: Vec<String>,
    pub(crate) filter: Option<Expr>,
    /// What `$1`, `$2` … stand for.
    pub(crate) params: Vec<String>,
    pub(crate) replica: Replica,
    /// `log=changes_only`: the snapshot has no rows.
    pub(crate) changes_only: bool,
}

/// How much of a row an update or delete carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Replica {
    /// The key and, of an update, the changed columns.
    Default,
    /// All columns, and of an update the old values of the changed ones.
    Full,
}

/// A shape with its table at the moment of its creation.
#[derive(Debug)]
pub(crate) struct BoundShape {
    pub(crate) spec: Arc<ShapeSpec>,
    pub(crate) table: Arc<TableDefinition>,
    /// Positions of the shape's columns, by name.
    pub(crate) selected: Vec<usize>,
    /// Positions of the key's columns.
    pub(crate) key: Vec<usize>,
}

impl BoundShape {
    /// `None` when the table lacks one of the columns.
    pub(crate) fn new(spec: Arc<ShapeSpec>, table: Arc<TableDefinition>) -> Option<Self> {
        let selected = spec.columns.iter().map(|name| table.position(name)).collect::<Option<_>>()?;
        let key = table.key();
        Some(Self { spec, table, selected, key })
    }

    /// Whether the row is in the shape. A row that can't be compared isn't.
    pub(crate) fn holds(&self, row: &[Option<Box<str>>]) -> bool {
        let Some(filter) = &self.spec.filter else { return true };
        let params: Vec<Option<&str>> = self.spec.params.iter().map(|text| Some(text.as_str())).collect();
        filter.eval(&RowOf { table: &self.table, row }, &params).unwrap_or_else(|error| {
            tracing::warn!(table = %self.spec.table, %error, "a row can't be compared with the shape's filter");
            None
        }) == Some(true)
    }
}

/// Why parameters don't fit a condition: one is missing, or its text is not of the type it is compared with.
pub(crate) fn check_params(filter: &Expr, params: &[String]) -> Result<(), String> {
    let check = |operand: &Operand, kind: Option<Kind>| {
        let Operand::Param(at) = operand else { return Ok(()) };
        let Some(text) = params.get(usize::from(*at)) else {
            return Err(format!("parameter ${} was not provided", u32::from(*at) + 1));
        };
        match kind {
            Some(kind) if kind.compare(text, text).is_err() => {
                Err(format!("invalid syntax for type {}: {text}", type_name(kind)))
            }
            _ => Ok(()),
        }
    };
    match filter {
        Expr::Compare { kind, left, right, .. } => check(left, Some(*kind)).and_then(|()| check(right, Some(*kind))),
        Expr::IsNull { operand, .. } => check(operand, None),
        Expr::In { kind, operand, list, .. } => {
            std::iter::once(operand).chain(list.iter()).try_for_each(|operand| check(operand, Some(*kind)))
        }
        Expr::All(conditions) | Expr::Any(conditions) => {
            conditions.iter().try_for_each(|condition| check_params(condition, params))
        }
    }
}

/// PostgreSQL's name of a kind; of integers the widest, since the kind doesn't tell them apart.
fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "bool",
        Kind::Integer => "int8",
        Kind::Float => "float8",
        Kind::Numeric => "numeric",
        Kind::Text => "text",
        Kind::Uuid => "uuid",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::Timestamp => "timestamp",
        Kind::Timestamptz => "timestamptz",
    }
}
