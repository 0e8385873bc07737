//! Where fragments: SQL in, the runtime's expression out, checked against the catalog; and back to SQL for Electric.

mod array;
mod call;
mod cast;
mod check;
mod compare;
mod literal;
mod operator;
mod overload;
mod print;
mod select;
mod span;
mod syntax;
#[cfg(test)]
mod tests;
mod trap;
mod types;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use shapegen_runtime::expr::Expr;

use crate::catalog::{Catalog, Column, DataType, QualifiedName, Table};
use crate::diagnostics::Code;

use check::Beside;
pub(crate) use check::every;
#[cfg(feature = "cli")]
pub(crate) use literal::boolean;
pub use print::print;
pub use syntax::{Parsed, parse};

/// What is wrong with a fragment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct FragmentError {
    /// The kind.
    pub code: &'static Code,
    /// What is wrong, in one line.
    pub message: String,
    /// Where, in bytes of the fragment.
    pub at: Range<usize>,
    /// What to say under the place.
    pub label: String,
    /// What to do.
    pub help: Vec<String>,
}

/// The table that a fragment is about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'c> {
    /// Its name.
    pub name: &'c QualifiedName,
    /// Its columns.
    pub table: &'c Table,
    /// Where enums are found.
    pub catalog: &'c Catalog,
}

impl<'c> Subject<'c> {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&'c Column> {
        self.table.columns.iter().find(|column| column.name == name)
    }
}

/// One positional parameter and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamUse {
    /// The name after `$`.
    pub name: String,
    /// `pg_type.typname` as Electric infers it, with `[]` for an array; `text` for an enum, which is compared as text.
    pub pg_type: String,
    /// The type of the column that it is compared with.
    pub data_type: DataType,
    /// Tables and columns that it is compared with, each once.
    pub columns: Vec<(QualifiedName, String)>,
}

/// The positional parameters of one or several fragments, numbered by first use: one per name and type.
#[derive(Debug, Default)]
pub struct Params {
    uses: Vec<ParamUse>,
}

impl Params {
    /// The parameters: `$1` first.
    pub fn into_uses(self) -> Vec<ParamUse> {
        self.uses
    }

    fn position(&mut self, name: &str, beside: Beside<'_>) -> Result<u16, String> {
        let known = self.uses.iter().position(|other| other.name == name && other.pg_type == beside.pg_type);
        let position = known.unwrap_or_else(|| {
            let (name, pg_type) = (name.to_owned(), beside.pg_type.to_owned());
            self.uses.push(ParamUse { name, pg_type, data_type: beside.data_type.clone(), columns: Vec::new() });
            self.uses.len() - 1
        });
        if let (Some(found), Some((table, column))) = (self.uses.get_mut(position), beside.column) {
            let column = (table.clone(), column.to_owned());
            if !found.columns.contains(&column) {
                found.columns.push(column);
            }
        }
        u16::try_from(position).map_err(|_| format!("there are more than {} parameters", u16::MAX))
    }
}

/// A fragment that is right.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The condition.
    pub expr: Expr,
    /// Where Electric's evaluation can differ from PostgreSQL's.
    pub warnings: Vec<FragmentError>,
}

/// Turns a parsed fragment with `$name` parameters into an expression over a table.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(parsed: &Parsed<'_>, subject: Subject<'_>, params: &mut Params) -> Result<Checked, Vec<FragmentError>> {
    check::check(parsed, subject, &mut |name, beside| params.position(name, beside))
}

/// A condition with `$1`, `$2` … that came at run time.
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    /// The condition; `Operand::Param(0)` is `$1`.
    pub expr: Expr,
    /// `pg_type.typname` by the number after `$`.
    pub params: BTreeMap<u16, String>,
}

impl Where {
    /// Whether each parameter's text is of its type; `values[0]` is `$1`. One that isn't there is passed over.
    ///
    /// # Errors
    /// The first that isn't, in Electric's words.
    pub fn check_values(&self, values: &[String]) -> Result<(), String> {
        for (number, pg_type) in &self.params {
            let text = usize::from(*number).checked_sub(1).and_then(|at| values.get(at));
            if let Some(text) = text
                && !literal::is_of(pg_type, text)
            {
                return Err(format!("invalid syntax for type {pg_type}: {text}"));
            }
        }
        Ok(())
    }
}

/// Reads a condition with positional parameters, whose types follow from what they are compared with.
///
/// # Errors
/// Everything that is wrong with it, with places in `sql`.
pub fn parse_where(sql: &str, subject: Subject<'_>) -> Result<Where, Vec<FragmentError>> {
    let parsed = parse(sql).map_err(|error| vec![error])?;
    let mut params: BTreeMap<u16, String> = BTreeMap::new();
    let checked = check::check(&parsed, subject, &mut |name, Beside { pg_type, .. }| {
        let number = name.parse::<u16>().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| format!("`${name}` is not a parameter: they are `$1`, `$2` and so on"))?;
        match params.insert(number, pg_type.to_owned()) {
            Some(earlier) if earlier != pg_type => {
                Err(format!("type conflict for `${number}`: {earlier} and {pg_type}"))
            }
            _ => Ok(number - 1),
        }
    })?;
    Ok(Where { expr: checked.expr, params })
}

/// Whether conditions, joined, use a subquery with IN and with NOT IN, which Electric refuses.
pub(crate) fn is_used_both_ways(expr: &Expr) -> bool {
    select::is_used_both_ways(expr)
}

/// Whether a condition holds something that Electric can't have beside a subquery.
pub(crate) fn is_refused_beside_selects(expr: &Expr) -> bool {
    expr.has_select() && value::holds_unprintable(expr)
}
