//! A shape as it is asked for: a table, columns, rows, and how changes are told.

use std::sync::Arc;

pub(crate) use shapegen_runtime::definition::Replica;
use shapegen_runtime::expr::{Expr, Node};

use crate::subqueries::Plan;
use crate::table::{Row, RowOf, TableDefinition, TableName};

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

/// A shape with its table at the moment of its creation.
#[derive(Debug)]
pub(crate) struct BoundShape {
    pub(crate) spec: Arc<ShapeSpec>,
    pub(crate) table: Arc<TableDefinition>,
    /// Positions of the shape's columns, by name.
    pub(crate) selected: Vec<usize>,
    /// Positions of the key's columns.
    pub(crate) key: Vec<usize>,
    /// Where other tables' rows decide, too.
    pub(crate) plan: Option<Plan>,
}

impl BoundShape {
    /// `None` when the table lacks one of the columns.
    pub(crate) fn new(spec: Arc<ShapeSpec>, table: Arc<TableDefinition>, plan: Option<Plan>) -> Option<Self> {
        let selected = spec.columns.iter().map(|name| table.position(name)).collect::<Option<_>>()?;
        let key = table.key();
        Some(Self { spec, table, selected, key, plan })
    }

    /// What the shape is, in a text that outlives the process; `None` for one that subqueries decide about: what was in
    /// them when the snapshot was read is not kept.
    pub(crate) fn identity(&self) -> Option<String> {
        let TableDefinition { columns, primary_key, .. } = &*self.table;
        let column = |column: &crate::Column| {
            format!("{} {} {} {:?}", column.name, column.pg_type, column.dims, column.modifiers)
        };
        let columns: Vec<String> = columns.iter().map(column).collect();
        self.plan.is_none().then(|| format!("{:?} of {columns:?} by {primary_key:?}", self.spec))
    }

    /// Whether tables as they are now, those of subqueries and then the own one, have the rows that the shape knows.
    pub(crate) fn tables_are_like(&self, current: &[Option<Arc<TableDefinition>>]) -> bool {
        let inner = self.plan.iter().flat_map(|plan| plan.sets.iter().map(|set| &set.table));
        let known = inner.chain([&self.table]);
        known.zip(current).all(|(known, current)| current.as_ref().is_some_and(|table| table.has_rows_like(known)))
    }

    /// The parameters' values, for the interpreter.
    pub(crate) fn params(&self) -> Vec<Option<&str>> {
        self.spec.params.iter().map(|text| Some(text.as_str())).collect()
    }

    /// Whether the row is in a shape without subqueries. A row that can't be compared isn't.
    pub(crate) fn holds(&self, row: &Row, params: &[Option<&str>]) -> bool {
        let Some(filter) = &self.spec.filter else { return true };
        filter.eval(&RowOf { table: &self.table, row }, params).unwrap_or_else(|error| {
            tracing::warn!(table = %self.spec.table, %error, "a row can't be compared with the shape's filter");
            None
        }) == Some(true)
    }
}

/// Why a condition can't be served with these parameters: one is missing, or its text is not of the type that it is
/// compared as.
pub(crate) fn check_params(filter: &Expr, params: &[String]) -> Result<(), String> {
    let mut wrong = None;
    filter.visit(&mut |node| {
        let found = match node {
            Node::Column(_) | Node::Select(_) => return,
            Node::Param(at, kind) => match params.get(usize::from(at)) {
                None => Some(format!("parameter ${} was not provided", u32::from(at) + 1)),
                Some(text) => kind
                    .filter(|kind| kind.compare(text, text).is_err())
                    .map(|kind| format!("invalid syntax for type {}: {text}", kind.name())),
            },
        };
        if wrong.is_none() {
            wrong = found;
        }
    });
    wrong.map_or(Ok(()), Err)
}
