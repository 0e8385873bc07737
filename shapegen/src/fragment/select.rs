//! Subqueries: `column in (select column from table where …)`, and what Electric takes of them.

use shapegen_runtime::expr::{Expr, Kind, Operand, Select};
use sqlparser::ast;
use sqlparser::tokenizer::Span;

use super::Subject;
use super::check::{Checker, every};
use super::span::span;
use super::trap::Trap;
use super::types::{Base, Type, shown};
use crate::catalog::{Column, QualifiedName};
use crate::diagnostics::{codes, nearest};

/// The subqueries of one condition, and whether they stand behind a NOT.
#[derive(Default)]
pub(super) struct Uses(Vec<(Select, bool)>);

/// What a subquery says, before its condition is looked at.
struct Read<'a> {
    columns: Vec<&'a ast::Ident>,
    table: &'a ast::ObjectName,
    condition: Option<&'a ast::Expr>,
}

impl<'a> Checker<'a, '_> {
    /// `left in (select …)`
    pub(super) fn in_select(
        &mut self,
        expr: &'a ast::Expr,
        left: &'a ast::Expr,
        query: &'a ast::Query,
        negated: bool,
    ) -> Option<Expr> {
        let at = span(expr);
        let outer = self.looked_for(left);
        let read = match read(query) {
            Ok(read) => read,
            Err((what, help)) => {
                let message = format!("a subquery can't contain {what}");
                let label = "Electric follows one table by plain columns";
                self.error(&codes::FRAGMENT_UNSUPPORTED, at, message, label, help.map(str::to_owned));
                return None;
            }
        };
        let subject = self.table(read.table, at)?;
        let outside = std::mem::replace(&mut self.subject, subject);
        // Each subquery is a shape of its own: what stands behind a NOT counts there.
        let uses = std::mem::take(&mut self.uses);
        let columns: Vec<Option<&'a Column>> = read.columns.iter().map(|ident| self.inner_column(ident)).collect();
        let condition = match read.condition {
            Some(condition) => {
                let checked = self.condition(condition, false);
                if let Some(checked) = &checked {
                    self.check_beside_selects(checked, condition);
                }
                checked
            }
            None => Some(every(Vec::new())),
        };
        self.uses = uses;
        self.subject = outside;
        let (outer, columns) = (outer?, columns.into_iter().collect::<Option<Vec<_>>>()?);
        let mut pairs = self.paired(at, &outer, &columns)?;
        if negated && outer.iter().chain(&columns).any(|column| !column.not_null) {
            self.trap(Trap::NullInSelect, at);
        }
        // Electric takes the types of several columns in the order of their names.
        pairs.sort_by(|(_, left, _), (_, right, _)| left.name.cmp(&right.name));
        let select = Select {
            schema: subject.name.schema.clone().into(),
            table: subject.name.name.clone().into(),
            columns: pairs.iter().map(|(_, column, _)| column.name.clone().into()).collect(),
            condition: condition?,
        };
        if self.uses.0.iter().any(|(known, behind)| *known == select && *behind != negated) {
            self.both_ways(at);
            return None;
        }
        self.uses.0.push((select.clone(), negated));
        let operands = pairs.iter().map(|(outer, ..)| Operand::column(outer.name.clone())).collect();
        let kinds = pairs.iter().map(|(.., kind)| *kind).collect();
        Some(Expr::InSelect { operands, kinds, select: vec![select].into(), negated })
    }

    pub(super) fn both_ways(&mut self, at: Span) {
        let message = "the same subquery is used with `in` and with `not in`";
        let help =
            "Electric follows a subquery in one direction: write one of them with a different condition".to_owned();
        self.error(&codes::FRAGMENT_UNSUPPORTED, at, message, "the other way around before", [help]);
    }

    /// The columns before IN.
    fn looked_for(&mut self, left: &'a ast::Expr) -> Option<Vec<&'a Column>> {
        let parts: Vec<&'a ast::Expr> = match left {
            ast::Expr::Tuple(parts) => parts.iter().collect(),
            ast::Expr::Nested(inner) => vec![&**inner],
            one => vec![one],
        };
        let columns = parts.into_iter().map(|part| match part {
            ast::Expr::Identifier(ident) => self.inner_column(ident),
            other => {
                let help = "write the column itself: `column in (select …)`".to_owned();
                let message = "before `in (select …)` stands a column, or a row of columns";
                self.error(&codes::FRAGMENT_UNSUPPORTED, span(other), message, "no column", [help]);
                None
            }
        });
        columns.collect::<Vec<_>>().into_iter().collect()
    }

    fn inner_column(&mut self, ident: &ast::Ident) -> Option<&'a Column> {
        let name = folded(ident);
        if let Some(column) = self.subject.column(&name) {
            return Some(column);
        }
        let known = self.subject.table.columns.iter().map(|column| column.name.as_str());
        let help = nearest(&name, known).map(|near| format!("did you mean `{near}`?"));
        let message = format!("the table `{}` has no column `{name}`", self.subject.name.name);
        self.error(&codes::FRAGMENT_COLUMN, ident.span, message, "no such column", help);
        None
    }

    fn table(&mut self, name: &ast::ObjectName, at: Span) -> Option<Subject<'a>> {
        let parts: Option<Vec<&ast::Ident>> = name.0.iter().map(ast::ObjectNamePart::as_ident).collect();
        let (schema, table) = match parts.as_deref() {
            Some([table]) => ("public".to_owned(), folded(table)),
            Some([schema, table]) => (folded(schema), folded(table)),
            _ => return None,
        };
        let at = parts.and_then(|parts| parts.first().map(|first| first.span)).unwrap_or(at);
        let catalog = self.subject.catalog;
        let wanted = QualifiedName { schema, name: table };
        if let Some((name, table)) = catalog.tables.get_key_value(&wanted) {
            return Some(Subject { name, table, catalog });
        }
        let (message, label) = match catalog.views.contains_key(&wanted) {
            true => (format!("`{}` is a view, and Electric follows only tables", wanted.name), "a view"),
            false => (format!("the schema has no table `{}`", wanted.name), "no such table"),
        };
        let near = nearest(&wanted.name, catalog.tables.keys().map(|known| known.name.as_str()));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        self.error(&codes::FRAGMENT_COLUMN, at, message, label, help);
        None
    }

    /// Each column with the one that it is compared with, which must be of the very same type.
    fn paired(
        &mut self,
        at: Span,
        outer: &[&'a Column],
        inner: &[&'a Column],
    ) -> Option<Vec<(&'a Column, &'a Column, Kind)>> {
        if outer.len() != inner.len() {
            let message = format!("{} before `in`, and {} in the subquery", count(outer.len()), count(inner.len()));
            self.error(&codes::FRAGMENT_TYPE, at, message, "as many as before `in`", []);
            return None;
        }
        let mut pairs = Vec::with_capacity(outer.len());
        for (outer, inner) in outer.iter().zip(inner) {
            let (left, right) = (Type::of(&outer.data_type), Type::of(&inner.data_type));
            let kind = match left {
                Type::Base(Base::Bpchar) => None,
                Type::Base(base) if left == right => Some(base.kind()),
                Type::Enum(_) if left == right => Some(Kind::Text),
                _ => None,
            };
            let Some(kind) = kind else {
                let message = format!(
                    "the column `{}` of type `{}` can't be looked for in `{}` of type `{}`",
                    outer.name,
                    shown(&outer.data_type),
                    inner.name,
                    shown(&inner.data_type)
                );
                let help = "Electric asks for the very same type on both sides, and one that compares".to_owned();
                self.error(&codes::FRAGMENT_TYPE, at, message, "not of the same type", [help]);
                return None;
            };
            pairs.push((*outer, *inner, kind));
        }
        Some(pairs)
    }
}

/// PostgreSQL folds what is not quoted.
pub(super) fn folded(ident: &ast::Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

fn count(columns: usize) -> String {
    if columns == 1 { "one column".to_owned() } else { format!("{columns} columns") }
}

/// Takes a subquery apart; the error is what it can't contain, and what to do.
fn read(query: &ast::Query) -> Result<Read<'_>, (&'static str, Option<&'static str>)> {
    let ast::SetExpr::Select(select) = &*query.body else { return Err(("`union` or `values`", None)) };
    if query.with.is_some() {
        return Err(("`with`", Some("write the inner query in its place")));
    }
    if query.limit_clause.is_some() || query.fetch.is_some() {
        return Err(("`limit`: Electric passes over it without a word", Some("say by `where` which rows count")));
    }
    let plain = query.order_by.is_none()
        && query.locks.is_empty()
        && query.for_clause.is_none()
        && query.settings.is_none()
        && query.format_clause.is_none()
        && query.pipe_operators.is_empty();
    if !plain {
        return Err(("`order by` or `for update`", Some("leave it out: which rows there are is what counts")));
    }
    if select.distinct.is_some() {
        return Err(("`distinct`", Some("leave it out: `in` asks only whether there is one")));
    }
    let grouped =
        !matches!(&select.group_by, ast::GroupByExpr::Expressions(list, with) if list.is_empty() && with.is_empty());
    if grouped || select.having.is_some() || !select.named_window.is_empty() || select.qualify.is_some() {
        return Err(("groups and windows", None));
    }
    let plain = select.top.is_none()
        && select.into.is_none()
        && select.exclude.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.value_table_mode.is_none()
        && select.select_modifiers.is_none();
    if !plain {
        return Err(("this clause", None));
    }
    let [ast::TableWithJoins { relation, joins }] = &select.from[..] else {
        return Err(("more or fewer tables than one", Some("nest it: `in (select … where x in (select …))`")));
    };
    if !joins.is_empty() {
        return Err(("a join", Some("nest it: `in (select … where x in (select …))`")));
    }
    let ast::TableFactor::Table { name, alias: None, args: None, sample: None, with_ordinality: false, .. } = relation
    else {
        return Err(("anything but a table's name after `from`", Some("names of tables, without an alias")));
    };
    let columns = select.projection.iter().map(|item| match item {
        ast::SelectItem::UnnamedExpr(ast::Expr::Identifier(ident)) => Some(ident),
        _ => None,
    });
    let columns = columns.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty());
    let Some(columns) = columns else {
        return Err((
            "anything but plain columns after `select`",
            Some("names of columns, without table, alias or `*`"),
        ));
    };
    Ok(Read { columns, table: name, condition: select.selection.as_ref() })
}

/// Whether a condition, joined of several, uses a subquery with IN and with NOT IN.
pub(super) fn is_used_both_ways(expr: &Expr) -> bool {
    fn gather<'e>(expr: &'e Expr, into: &mut Vec<(&'e Select, bool)>) {
        match expr {
            Expr::All(conditions) | Expr::Any(conditions) | Expr::IsTruth { condition: conditions, .. } => {
                conditions.iter().for_each(|condition| gather(condition, into));
            }
            Expr::InSelect { select, negated, .. } => into.extend(select.iter().map(|select| (select, *negated))),
            _ => {}
        }
    }
    let mut uses = Vec::new();
    gather(expr, &mut uses);
    uses.iter().any(|(select, negated)| uses.iter().any(|(other, behind)| select == other && negated != behind))
}
