//! A condition with subqueries, taken apart: literals in disjunctive normal form, and the selects that they look into.

use std::ops::Range;
use std::sync::Arc;

use shapegen_runtime::expr::{Expr, Kind, Operand, Select};

use crate::table::{TableDefinition, TableName};

/// More literals than this are refused: each `or` beside an `and` multiplies them.
const MOST_LITERALS: usize = 512;

/// How a shape with subqueries is followed.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Those that another one looks into come before it.
    pub(crate) sets: Vec<SetPlan>,
    /// The shape's own condition.
    pub(crate) rows: Dnf,
}

/// `select columns from table where condition`
#[derive(Debug)]
pub(crate) struct SetPlan {
    pub(crate) table: Arc<TableDefinition>,
    pub(crate) columns: Vec<usize>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) condition: Dnf,
}

/// A condition in disjunctive normal form. A literal's place among those of all disjuncts is its position in Electric's
/// `active_conditions` and patterns.
#[derive(Debug)]
pub(crate) struct Dnf {
    pub(crate) literals: Vec<Literal>,
    /// Which literals must all be true.
    pub(crate) disjuncts: Vec<Range<usize>>,
}

#[derive(Debug)]
pub(crate) enum Literal {
    /// The row alone decides.
    Plain(Expr),
    In(In),
}

/// `(columns) in (select …)`
#[derive(Debug)]
pub(crate) struct In {
    pub(crate) columns: Vec<usize>,
    pub(crate) kinds: Vec<Kind>,
    /// Position in [`Plan::sets`].
    pub(crate) set: usize,
    pub(crate) negated: bool,
}

/// The selects of a condition, each once, with what their columns are compared as; those that another one looks into come
/// before it. Not those that stand where [`Plan::new`] refuses them.
fn selects(filter: &Expr) -> Vec<(&Select, &[Kind])> {
    fn collect<'e>(condition: &'e Expr, found: &mut Vec<(&'e Select, &'e [Kind])>) {
        match condition {
            Expr::All(conditions) | Expr::Any(conditions) => {
                conditions.iter().for_each(|condition| collect(condition, found));
            }
            Expr::InSelect { select, kinds, .. } => {
                for select in select.iter() {
                    collect(&select.condition, found);
                    if !found.iter().any(|(known, _)| *known == select) {
                        found.push((select, kinds));
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(filter, &mut found);
    found
}

/// The tables that a condition's subqueries read, for [`Plan::new`].
pub(crate) fn inner_tables(filter: &Expr) -> Vec<TableName> {
    let table = |(select, _): (&Select, _)| TableName::new(select.schema.clone(), select.table.clone());
    selects(filter).into_iter().map(table).collect()
}

impl Plan {
    /// The plan of a shape's condition; `inner` are its [`inner_tables`], in their order.
    ///
    /// # Errors
    /// What of the condition can't be followed.
    pub(crate) fn new(filter: &Expr, table: &TableDefinition, inner: &[Arc<TableDefinition>]) -> Result<Self, String> {
        let selects = selects(filter);
        let sets = selects.iter().zip(inner).map(|((select, kinds), table)| {
            if kinds.contains(&Kind::Interval) {
                return Err("a subquery can't be over intervals: equal ones have several texts".to_owned());
            }
            let columns = positions(table, select.columns.iter().map(AsRef::as_ref))?;
            let condition = match select.condition.has_select() {
                true => Dnf::new(&select.condition, table, &selects)?,
                false => Dnf::whole(&select.condition),
            };
            Ok(SetPlan { table: Arc::clone(table), columns, kinds: kinds.to_vec(), condition })
        });
        let sets = sets.collect::<Result<Vec<_>, String>>()?;
        Ok(Self { sets, rows: Dnf::new(filter, table, &selects)? })
    }

    /// The tables that the subqueries read, in the sets' order.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableName> {
        self.sets.iter().map(|set| &set.table.name)
    }
}

fn misplaced() -> String {
    "a subquery can stand beside `and` and `or` only".to_owned()
}

fn positions<'n>(table: &TableDefinition, names: impl Iterator<Item = &'n str>) -> Result<Vec<usize>, String> {
    let position = |name| table.position(name).ok_or_else(|| format!("table {} has no column {name}", table.name));
    names.map(position).collect()
}

impl Dnf {
    /// A condition that is not taken apart.
    fn whole(condition: &Expr) -> Self {
        Self { literals: vec![Literal::Plain(condition.clone())], disjuncts: std::iter::once(0..1).collect() }
    }

    fn new(condition: &Expr, table: &TableDefinition, selects: &[(&Select, &[Kind])]) -> Result<Self, String> {
        let mut dnf = Self { literals: Vec::new(), disjuncts: Vec::new() };
        for disjunct in disjuncts(condition)? {
            let first = dnf.literals.len();
            for literal in disjunct {
                dnf.literals.push(Literal::new(literal, table, selects)?);
            }
            dnf.disjuncts.push(first..dnf.literals.len());
        }
        Ok(dnf)
    }

    /// The literals that look into sets, with their positions.
    pub(crate) fn ins(&self) -> impl Iterator<Item = (usize, &In)> {
        self.literals.iter().enumerate().filter_map(|(position, literal)| match literal {
            Literal::In(literal) => Some((position, literal)),
            Literal::Plain(_) => None,
        })
    }
}

/// The disjuncts, each with its literals.
fn disjuncts(condition: &Expr) -> Result<Vec<Vec<&Expr>>, String> {
    match condition {
        Expr::Any(conditions) => {
            let parts = conditions.iter().map(disjuncts).collect::<Result<Vec<_>, _>>()?;
            limited(parts.into_iter().flatten().collect())
        }
        Expr::All(conditions) => {
            let mut product: Vec<Vec<&Expr>> = vec![Vec::new()];
            for condition in conditions.iter() {
                let part = disjuncts(condition)?;
                let pairs = product.iter().flat_map(|left| part.iter().map(move |right| [&left[..], right].concat()));
                product = limited(pairs.collect())?;
            }
            Ok(product)
        }
        literal => Ok(vec![vec![literal]]),
    }
}

fn limited(disjuncts: Vec<Vec<&Expr>>) -> Result<Vec<Vec<&Expr>>, String> {
    if disjuncts.iter().map(Vec::len).sum::<usize>() > MOST_LITERALS {
        return Err(format!("the condition has more than {MOST_LITERALS} parts once each `or` is on the outside"));
    }
    Ok(disjuncts)
}

impl Literal {
    fn new(literal: &Expr, table: &TableDefinition, selects: &[(&Select, &[Kind])]) -> Result<Self, String> {
        let Expr::InSelect { operands, kinds, select, negated } = literal else {
            return if literal.has_select() { Err(misplaced()) } else { Ok(Self::Plain(literal.clone())) };
        };
        let names = operands.iter().map(|operand| match operand {
            Operand::Column(name) => Ok(name.as_ref()),
            _ => Err("before `in (select …)` stands a column, or a row of columns".to_owned()),
        });
        let columns = positions(table, names.collect::<Result<Vec<_>, _>>()?.into_iter())?;
        let set = select.first().and_then(|select| selects.iter().position(|(known, _)| *known == select));
        let set = set.ok_or_else(misplaced)?;
        Ok(Self::In(In { columns, kinds: kinds.to_vec(), set, negated: *negated }))
    }
}
