//! Shapes whose condition has subqueries, followed as Electric follows them: which values each subquery selects now, and
//! what their coming and going says of the shape's rows.
//!
//! A row carries a tag for each disjunct and the truth of each literal. When a value comes or goes, an event names the
//! positions and the hash of the value; rows that come into the shape by it follow the event.

mod plan;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use shapegen_runtime::expr::{Expr, Kind};

use plan::{Dnf, In, Literal};
pub(crate) use plan::{Plan, inner_tables};

use crate::source::{Change, RowChange, Transaction};
use crate::table::{Row, RowOf, TableDefinition};

/// The compared values of one row, equal where PostgreSQL says that they are; none of them NULL.
type Tuple = Box<[Box<str>]>;

/// Rows by their whole content, and how often each is there: a table without a key has some twice.
type Rows = HashMap<Row, usize>;

/// What a row's literals say, for its message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// One for each disjunct; none in a shape without subqueries.
    pub(crate) tags: Vec<String>,
    /// One for each literal.
    pub(crate) conditions: Vec<bool>,
}

/// Values that came or went: what is told of them, and the rows that came with them.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    pub(crate) moved_in: Vec<Pattern>,
    /// Rows of the shape that weren't in it before.
    pub(crate) rows: Vec<Row>,
    pub(crate) moved_out: Vec<Pattern>,
}

/// A position and the hash of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) position: usize,
    pub(crate) value: String,
}

/// The state behind a shape with subqueries.
pub(crate) struct Membership {
    sets: Vec<Set>,
    /// For each literal that looks into a set, in their order: the rows by their values. Only rows that all other
    /// literals of the disjunct could let in.
    index: Vec<HashMap<Tuple, Rows>>,
    /// About how many bytes the indexed rows have.
    indexed_bytes: usize,
    hasher: RandomState,
}

/// What a subquery selects.
#[derive(Default)]
struct Set {
    /// How many rows give a value.
    counts: HashMap<Tuple, usize>,
    /// Rows with a NULL among the values.
    nulls: usize,
    /// The table's rows, where they must be looked at again: in a subquery that has subqueries.
    rows: Rows,
}

/// What became of a set in a transaction.
#[derive(Default)]
struct Turned {
    values: HashSet<Tuple>,
    /// The first row came or the last one went.
    empty: bool,
    /// The first NULL came or the last one went.
    null: bool,
}

/// What literals are evaluated with.
#[derive(Clone, Copy)]
struct Scope<'a> {
    table: &'a TableDefinition,
    params: &'a [Option<&'a str>],
}

impl Membership {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            sets: plan.sets.iter().map(|_| Set::default()).collect(),
            index: plan.rows.ins().map(|_| HashMap::new()).collect(),
            indexed_bytes: 0,
            hasher: RandomState::new(),
        }
    }

    /// One that knows no rows yet, and calls values as this one does.
    pub(crate) fn afresh(&self, plan: &Plan) -> Self {
        Self { hasher: self.hasher.clone(), ..Self::new(plan) }
    }

    /// Takes in a row of the snapshot of a set's table. The sets come in their order, then the shape's own rows.
    pub(crate) fn add_to_set(&mut self, plan: &Plan, set: usize, row: &Row, params: &[Option<&str>]) {
        let (known, rest) = self.sets.split_at_mut(set);
        let (Some(state), Some(of)) = (rest.first_mut(), plan.sets.get(set)) else { return };
        let scope = Scope { table: &of.table, params };
        if of.condition.ins().next().is_some() {
            put(&mut state.rows, row);
        }
        if holds(&of.condition, &truths(&of.condition, row, scope, known)) {
            state.add(values(&of.columns, &of.kinds, row));
        }
    }

    /// What is told of a row, where it is in the shape.
    pub(crate) fn standing(
        &self,
        plan: &Plan,
        table: &TableDefinition,
        row: &Row,
        params: &[Option<&str>],
    ) -> Option<Standing> {
        let conditions = truths(&plan.rows, row, Scope { table, params }, &self.sets);
        holds(&plan.rows, &conditions).then(|| Standing { tags: self.tags(&plan.rows, row), conditions })
    }

    fn tags(&self, dnf: &Dnf, row: &Row) -> Vec<String> {
        let slot = |position: usize, disjunct: &std::ops::Range<usize>| match dnf.literals.get(position) {
            Some(literal) if disjunct.contains(&position) => match literal {
                Literal::Plain(_) => "1".to_owned(),
                Literal::In(literal) => self.hash(values(&literal.columns, &literal.kinds, row).as_ref()),
            },
            _ => String::new(),
        };
        let tag = |disjunct| (0..dnf.literals.len()).map(|at| slot(at, disjunct)).collect::<Vec<_>>().join("/");
        dnf.disjuncts.iter().map(tag).collect()
    }

    /// 32 hexadecimal digits, as Electric's are; clients compare them only.
    fn hash(&self, values: Option<&Tuple>) -> String {
        format!("{:016x}{:016x}", self.hasher.hash_one((0, values)), self.hasher.hash_one((1, values)))
    }

    /// Adds or takes a row of the shape's own table.
    fn index(&mut self, plan: &Plan, row: &Row, scope: Scope<'_>, change: fn(&mut Rows, &Row)) {
        let bytes = row.iter().flatten().map(|text| text.len() + 16).sum::<usize>() + 64;
        let conditions = truths(&plan.rows, row, scope, &self.sets);
        for (at, (position, literal)) in plan.rows.ins().enumerate() {
            let disjunct = plan.rows.disjuncts.iter().find(|disjunct| disjunct.contains(&position)).cloned();
            let possible = disjunct.unwrap_or_default().all(|other| {
                conditions.get(other) == Some(&true) || matches!(plan.rows.literals.get(other), Some(Literal::In(_)))
            });
            let Some(tuple) = values(&literal.columns, &literal.kinds, row).filter(|_| possible) else { continue };
            let Some(index) = self.index.get_mut(at) else { continue };
            let mut entry = match index.entry(tuple) {
                Entry::Occupied(entry) => entry,
                Entry::Vacant(entry) => entry.insert_entry(Rows::new()),
            };
            let before = entry.get().len();
            change(entry.get_mut(), row);
            self.indexed_bytes = (self.indexed_bytes + entry.get().len() * bytes).saturating_sub(before * bytes);
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }

    /// Takes in a row of the snapshot of the shape's own table.
    pub(crate) fn add(&mut self, plan: &Plan, table: &TableDefinition, row: &Row, params: &[Option<&str>]) {
        self.index(plan, row, Scope { table, params }, put);
    }

    /// Takes in what a transaction did to the subqueries' tables, and tells what comes of it; `None` when NULLs make
    /// that too much to tell, and the shape must be fetched afresh.
    pub(crate) fn turn(
        &mut self,
        plan: &Plan,
        table: &TableDefinition,
        transaction: &Transaction,
        params: &[Option<&str>],
    ) -> Option<Moves> {
        let mut turned: Vec<Turned> = Vec::with_capacity(self.sets.len());
        for (at, of) in plan.sets.iter().enumerate() {
            let (known, rest) = self.sets.split_at_mut(at);
            let state = rest.first_mut()?;
            let (empty, null) = (state.is_empty(), state.nulls > 0);
            let again = of.condition.ins().any(|(_, inner)| turned.get(inner.set).is_some_and(Turned::is_any));
            let scope = Scope { table: &of.table, params };
            let changes = transaction.changes.iter().filter(|change| change.table == of.table.name);
            let values = state.apply(of, changes, again, scope, known);
            turned.push(Turned { values, empty: empty != state.is_empty(), null: null != (state.nulls > 0) });
        }
        if !turned.iter().any(Turned::is_any) {
            return Some(Moves::default());
        }
        let scope = Scope { table, params };
        let mut moves = Moves::default();
        let mut candidates = HashSet::new();
        // By position: the values for which the literal is no longer what it was.
        let mut literals: HashMap<usize, &HashSet<Tuple>> = HashMap::new();
        for ((position, literal), index) in plan.rows.ins().zip(&self.index) {
            let (Some(turned), Some(set)) = (turned.get(literal.set), self.sets.get(literal.set)) else { continue };
            // A row whose own values may be NULL is let in by `not in` of nothing, and by nothing else.
            let nullable = |&at: &usize| table.columns.get(at).is_none_or(|column| !column.not_null);
            if literal.negated && (turned.null || (turned.empty && literal.columns.iter().any(nullable))) {
                return None;
            }
            // `not in` with a NULL among the values is never true.
            if literal.negated && set.nulls > 0 {
                continue;
            }
            literals.insert(position, &turned.values);
            for tuple in &turned.values {
                let pattern = Pattern { position, value: self.hash(Some(tuple)) };
                if set.counts.contains_key(tuple) == literal.negated {
                    moves.moved_out.push(pattern);
                } else {
                    moves.moved_in.push(pattern);
                    candidates.extend(index.get(tuple).into_iter().flat_map(HashMap::keys).cloned());
                }
            }
        }
        moves.rows = candidates
            .into_iter()
            .filter(|row| {
                let now = truths(&plan.rows, row, scope, &self.sets);
                let mut before = now.clone();
                for (position, literal) in plan.rows.ins() {
                    let tuple = values(&literal.columns, &literal.kinds, row);
                    if let Some(truth) = before.get_mut(position) {
                        let turned = literals.get(&position).zip(tuple);
                        *truth ^= turned.is_some_and(|(turned, tuple)| turned.contains(&tuple));
                    }
                }
                holds(&plan.rows, &now) && !holds(&plan.rows, &before)
            })
            .collect();
        // Equal histories are told alike.
        moves.rows.sort();
        let order = |left: &Pattern, right: &Pattern| (left.position, &left.value).cmp(&(right.position, &right.value));
        moves.moved_in.sort_by(order);
        moves.moved_out.sort_by(order);
        Some(moves)
    }

    /// Takes in what a transaction did to the shape's own table, after [`turn`](Self::turn).
    pub(crate) fn apply(
        &mut self,
        plan: &Plan,
        table: &TableDefinition,
        transaction: &Transaction,
        params: &[Option<&str>],
    ) {
        let scope = Scope { table, params };
        for change in transaction.changes.iter().filter(|change| change.table == table.name) {
            let (old, new) = sides(change);
            if let Some(old) = old {
                self.index(plan, old, scope, take);
            }
            if let Some(new) = new {
                self.index(plan, new, scope, put);
            }
        }
    }

    /// About how many bytes are held.
    pub(crate) fn bytes(&self) -> usize {
        self.indexed_bytes + self.sets.iter().map(|set| (set.counts.len() + set.rows.len()) * 128).sum::<usize>()
    }
}

impl Turned {
    fn is_any(&self) -> bool {
        !self.values.is_empty() || self.empty || self.null
    }
}

impl Set {
    fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.nulls == 0
    }

    fn add(&mut self, values: Option<Tuple>) {
        match values {
            Some(tuple) => *self.counts.entry(tuple).or_default() += 1,
            None => self.nulls += 1,
        }
    }

    fn remove(&mut self, values: Option<Tuple>) {
        let Some(tuple) = values else {
            self.nulls = self.nulls.saturating_sub(1);
            return;
        };
        if let Entry::Occupied(mut entry) = self.counts.entry(tuple) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }

    /// Takes in changes of the set's table, and of the sets that it looks into when `again`; the values that came or
    /// went.
    fn apply<'c>(
        &mut self,
        of: &plan::SetPlan,
        changes: impl Iterator<Item = &'c Change>,
        again: bool,
        scope: Scope<'_>,
        known: &[Set],
    ) -> HashSet<Tuple> {
        let looks_into_others = of.condition.ins().next().is_some();
        let selected = |row: &Row| {
            let truths = truths(&of.condition, row, scope, known);
            holds(&of.condition, &truths).then(|| values(&of.columns, &of.kinds, row))
        };
        let mut before: HashMap<Tuple, bool> = HashMap::new();
        let mut changed = again;
        for change in changes {
            changed = true;
            if looks_into_others {
                match sides(change) {
                    (None, None) => self.rows.clear(),
                    (old, new) => {
                        old.into_iter().for_each(|row| take(&mut self.rows, row));
                        new.into_iter().for_each(|row| put(&mut self.rows, row));
                    }
                }
                continue;
            }
            let (old, new) = match sides(change) {
                (None, None) => {
                    for (tuple, _) in self.counts.drain() {
                        before.entry(tuple).or_insert(true);
                    }
                    self.nulls = 0;
                    continue;
                }
                (old, new) => (old.and_then(&selected), new.and_then(&selected)),
            };
            for tuple in [&old, &new].into_iter().flatten().flatten() {
                before.entry(tuple.clone()).or_insert_with(|| self.counts.contains_key(tuple));
            }
            old.into_iter().for_each(|values| self.remove(values));
            new.into_iter().for_each(|values| self.add(values));
        }
        if looks_into_others && changed {
            before = std::mem::take(&mut self.counts).into_keys().map(|tuple| (tuple, true)).collect();
            self.nulls = 0;
            for (row, times) in std::mem::take(&mut self.rows) {
                if let Some(values) = selected(&row) {
                    (0..times).for_each(|_| self.add(values.clone()));
                }
                self.rows.insert(row, times);
            }
            for tuple in self.counts.keys() {
                before.entry(tuple.clone()).or_insert(false);
            }
        }
        before
            .into_iter()
            .filter(|(tuple, was)| self.counts.contains_key(tuple) != *was)
            .map(|(tuple, _)| tuple)
            .collect()
    }
}

/// The row before and after a change; neither of a truncate.
fn sides(change: &Change) -> (Option<&Row>, Option<&Row>) {
    match &change.row {
        RowChange::Insert { new } => (None, Some(new)),
        RowChange::Update { old, new } => (Some(old), Some(new)),
        RowChange::Delete { old } => (Some(old), None),
        RowChange::Truncate => (None, None),
    }
}

fn put(rows: &mut Rows, row: &Row) {
    *rows.entry(row.clone()).or_default() += 1;
}

fn take(rows: &mut Rows, row: &Row) {
    if let Some(times) = rows.get_mut(row) {
        *times -= 1;
        if *times == 0 {
            rows.remove(row);
        }
    }
}

/// The truth of each literal; what is unknown, or can't be compared, is false.
fn truths(dnf: &Dnf, row: &Row, scope: Scope<'_>, sets: &[Set]) -> Vec<bool> {
    let truth = |literal: &Literal| match literal {
        Literal::Plain(expr) => plainly(expr, row, scope),
        Literal::In(literal) => sets.get(literal.set).is_some_and(|set| literal.holds(row, set)),
    };
    dnf.literals.iter().map(truth).collect()
}

fn plainly(expr: &Expr, row: &Row, scope: Scope<'_>) -> bool {
    let truth = expr.eval(&RowOf { table: scope.table, row }, scope.params);
    truth.unwrap_or_else(|error| {
        tracing::warn!(table = %scope.table.name, %error, "a row can't be compared with a condition");
        None
    }) == Some(true)
}

fn holds(dnf: &Dnf, truths: &[bool]) -> bool {
    dnf.disjuncts.iter().any(|disjunct| truths.get(disjunct.clone()).is_some_and(|truths| !truths.contains(&false)))
}

impl In {
    fn holds(&self, row: &Row, set: &Set) -> bool {
        match values(&self.columns, &self.kinds, row) {
            Some(tuple) if self.negated => set.nulls == 0 && !set.counts.contains_key(&tuple),
            Some(tuple) => set.counts.contains_key(&tuple),
            None => self.negated && set.is_empty(),
        }
    }
}

/// A row's values in columns, in one text for all that are equal; `None` when one is NULL.
fn values(columns: &[usize], kinds: &[Kind], row: &Row) -> Option<Tuple> {
    let value = |(&at, kind): (&usize, &Kind)| Some(one_text(*kind, row.get(at)?.as_deref()?));
    columns.iter().zip(kinds).map(value).collect()
}

fn one_text(kind: Kind, text: &str) -> Box<str> {
    let text = match kind {
        Kind::Numeric if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.'),
        _ => text,
    };
    match (kind, text) {
        (Kind::Numeric | Kind::Float, "-0") => "0".into(),
        _ => text.into(),
    }
}
