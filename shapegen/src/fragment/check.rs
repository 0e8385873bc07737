//! From a fragment's syntax to the runtime's condition: what can be true or false.

use shapegen_runtime::expr::{Comparison, Expr, Kind, Like, Operand, Test};
use sqlparser::ast::{self, BinaryOperator, UnaryOperator, Value};
use sqlparser::tokenizer::Span;

use super::compare::{self, Op};
use super::select::Uses;
use super::span::{first, span};
use super::syntax::Parsed;
use super::trap::Trap;
use super::types::{Base, Type};
use super::value::Term;
use super::{Checked, FragmentError, Subject};
use crate::catalog::{DataType, QualifiedName};
use crate::diagnostics::{Code, codes};

/// Gives a parameter's position from its name and what it is compared with; the error is what is wrong with it.
pub(super) type Bind<'b> = dyn FnMut(&str, Beside<'_>) -> Result<u16, String> + 'b;

/// What a parameter stands beside.
#[derive(Clone, Copy)]
pub(super) struct Beside<'t> {
    /// `pg_type.typname` as Electric infers it.
    pub(super) pg_type: &'t str,
    pub(super) data_type: &'t DataType,
    /// The table and the column that it is compared with.
    pub(super) column: Option<(&'t QualifiedName, &'t str)>,
}

/// A list of thousands can be wrong in every element.
const MOST_ERRORS: usize = 20;

/// Expressions in expressions; the parser's own trees are no deeper but for chains.
const MOST_DEPTH: usize = 60;

pub(super) fn check(
    parsed: &Parsed<'_>,
    subject: Subject<'_>,
    bind: &mut Bind<'_>,
) -> Result<Checked, Vec<FragmentError>> {
    let mut checker =
        Checker { parsed, subject, bind, errors: Vec::new(), traps: Vec::new(), depth: 0, uses: Uses::default() };
    let expr = checker.condition(&parsed.expr, false);
    if let Some(expr) = &expr {
        checker.check_beside_selects(expr, &parsed.expr);
    }
    match expr {
        Some(expr) if checker.errors.is_empty() => {
            let warnings = checker.traps.iter().map(|(trap, at)| trap.warning(parsed.range(*at))).collect();
            Ok(Checked { expr, warnings })
        }
        None if checker.errors.is_empty() => {
            // A refusal without a word would let the shape vanish.
            checker.unsupported::<()>(&parsed.expr, "this", []);
            Err(checker.errors)
        }
        _ => Err(checker.errors),
    }
}

pub(super) struct Checker<'a, 'b> {
    pub(super) parsed: &'a Parsed<'a>,
    /// The table at hand: in a subquery its own.
    pub(super) subject: Subject<'a>,
    pub(super) bind: &'a mut Bind<'b>,
    pub(super) errors: Vec<FragmentError>,
    traps: Vec<(Trap, Span)>,
    depth: usize,
    pub(super) uses: Uses,
}

impl<'a> Checker<'a, '_> {
    pub(super) fn error(
        &mut self,
        code: &'static Code,
        at: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl IntoIterator<Item = String>,
    ) {
        if self.errors.len() < MOST_ERRORS {
            let (at, help) = (self.parsed.range(at), help.into_iter().collect());
            let error = FragmentError { code, message: message.into(), at, label: label.into(), help };
            // What is looked at twice is wrong once.
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
    }

    /// A comparison that Electric may make otherwise than PostgreSQL, once each.
    pub(super) fn trap(&mut self, trap: Trap, at: Span) {
        if self.traps.iter().all(|(known, _)| *known != trap) {
            self.traps.push((trap, at));
        }
    }

    /// One level down; `None`, said aloud, where it is too deep.
    pub(super) fn deeper<T>(&mut self, expr: &'a ast::Expr, go: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MOST_DEPTH {
            self.error(&codes::FRAGMENT_SYNTAX, span(expr), "the fragment is nested too deeply", "here", []);
            return None;
        }
        self.depth += 1;
        let found = go(self);
        self.depth -= 1;
        found
    }

    /// A condition, or its negation: NOT is pushed down to the leaves. `None` after an error.
    pub(super) fn condition(&mut self, expr: &'a ast::Expr, negated: bool) -> Option<Expr> {
        self.deeper(expr, |this| this.condition_here(expr, negated))
    }

    fn condition_here(&mut self, expr: &'a ast::Expr, negated: bool) -> Option<Expr> {
        match expr {
            ast::Expr::Nested(inner) => self.condition(inner, negated),
            ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.condition(expr, !negated),
            ast::Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
                self.chain(expr, op, negated)
            }
            ast::Expr::BinaryOp { left, op, right } if Op::of(op).is_some() => {
                let op = Op::of(op)?;
                let (left, right) = (self.value(left), self.value(right));
                compare::pair(self, op, left?, right?, negated)
            }
            ast::Expr::InList { expr, list, negated: not } => self.in_list(expr, list, *not != negated),
            ast::Expr::InSubquery { expr: left, subquery, negated: not } => {
                self.in_select(expr, left, subquery, *not != negated)
            }
            ast::Expr::Between { expr: middle, negated: not, low, high } => {
                self.between(middle, low, high, *not != negated)
            }
            ast::Expr::Like { negated: not, any, expr: left, pattern, escape_char } => {
                let like = Like { any_case: false, negated: *not };
                self.like(expr, like, *any, (left, pattern, escape_char.is_some()), negated)
            }
            ast::Expr::ILike { negated: not, any, expr: left, pattern, escape_char } => {
                let like = Like { any_case: true, negated: *not };
                self.like(expr, like, *any, (left, pattern, escape_char.is_some()), negated)
            }
            ast::Expr::AnyOp { left, compare_op, right, .. } => {
                self.quantified(expr, left, compare_op, right, false, negated)
            }
            ast::Expr::AllOp { left, compare_op, right } => {
                self.quantified(expr, left, compare_op, right, true, negated)
            }
            ast::Expr::IsDistinctFrom(left, right) | ast::Expr::IsNotDistinctFrom(left, right) => {
                let not = matches!(expr, ast::Expr::IsNotDistinctFrom(..));
                let (left, right) = (self.value(left), self.value(right));
                compare::distinct(self, left?, right?, not != negated)
            }
            ast::Expr::IsNull(inner) => self.is_null(inner, negated),
            ast::Expr::IsNotNull(inner) => self.is_null(inner, !negated),
            ast::Expr::IsTrue(inner) => self.is_truth(inner, Some(true), negated),
            ast::Expr::IsNotTrue(inner) => self.is_truth(inner, Some(true), !negated),
            ast::Expr::IsFalse(inner) => self.is_truth(inner, Some(false), negated),
            ast::Expr::IsNotFalse(inner) => self.is_truth(inner, Some(false), !negated),
            ast::Expr::IsUnknown(inner) => self.is_truth(inner, None, negated),
            ast::Expr::IsNotUnknown(inner) => self.is_truth(inner, None, !negated),
            ast::Expr::Value(value) if matches!(value.value, Value::Boolean(_)) => {
                let truth = (value.value == Value::Boolean(true)) != negated;
                Some(if truth { Expr::All(Vec::new().into()) } else { Expr::Any(Vec::new().into()) })
            }
            ast::Expr::Function(function) if is_like(function).is_some() => {
                let any_case = is_like(function)?;
                let args = self.arguments(expr, function)?;
                let [text, pattern] = args[..] else {
                    return self.unsupported(expr, "`like` without a text and a pattern", []);
                };
                let (text, pattern) = (self.value(text), self.value(pattern));
                compare::pair(self, Op::Like(Like { any_case, negated: false }), text?, pattern?, negated)
            }
            _ => {
                let term = self.value(expr)?;
                match &term.ty {
                    Some(Type::Base(Base::Bool)) => Some(is_true(term.operand?, !negated)),
                    _ => {
                        let what = term.what();
                        self.not_boolean(term.at, &what);
                        None
                    }
                }
            }
        }
    }

    /// `a and b and c`, which the parser nests to the left: walked without recursion, kept flat.
    fn chain(&mut self, expr: &'a ast::Expr, op: &BinaryOperator, negated: bool) -> Option<Expr> {
        let mut members = Vec::new();
        let mut rest = expr;
        while let ast::Expr::BinaryOp { left, op: inner, right } = rest
            && inner == op
        {
            members.push(&**right);
            rest = left;
        }
        members.push(rest);
        let all = (*op == BinaryOperator::And) != negated;
        let conditions: Vec<Option<Expr>> =
            members.into_iter().rev().map(|member| self.condition(member, negated)).collect();
        let conditions = conditions.into_iter().collect::<Option<Vec<Expr>>>()?;
        Some(if all { every(conditions) } else { any(conditions) })
    }

    fn in_list(&mut self, expr: &'a ast::Expr, list: &'a [ast::Expr], negated: bool) -> Option<Expr> {
        let needle = self.value(expr);
        let terms: Vec<Option<Term<'a>>> = list.iter().map(|term| self.value(term)).collect();
        compare::in_list(self, needle?, terms.into_iter().collect::<Option<_>>()?, negated)
    }

    /// Two comparisons; `symmetric` is not the parser's.
    fn between(
        &mut self,
        middle: &'a ast::Expr,
        low: &'a ast::Expr,
        high: &'a ast::Expr,
        negated: bool,
    ) -> Option<Expr> {
        let Some(symmetric) = self.parsed.is_symmetric(first(low)) else {
            let help = "say it with two comparisons: `(a >= b and a <= c) or (a >= c and a <= b)`";
            let message = "which `between` is `symmetric` can't be told";
            self.error(&codes::FRAGMENT_UNSUPPORTED, span(middle), message, "between this", [help.to_owned()]);
            return None;
        };
        let (middle, low, high) = (self.value(middle), self.value(low), self.value(high));
        let (middle, low, high) = (middle?, low?, high?);
        let mut range = |low: &Term<'a>, high: &Term<'a>| {
            let above = Op::Compare(Comparison::GreaterOrEqual);
            let above = compare::pair(self, above, middle.clone(), low.clone(), negated);
            let below = Op::Compare(Comparison::LessOrEqual);
            let below = compare::pair(self, below, middle.clone(), high.clone(), negated);
            Some(vec![above?, below?])
        };
        let upright = range(&low, &high)?;
        if !symmetric {
            return Some(if negated { any(upright) } else { every(upright) });
        }
        let turned = range(&high, &low)?;
        Some(match negated {
            false => any(vec![every(upright), every(turned)]),
            true => every(vec![any(upright), any(turned)]),
        })
    }

    fn like(
        &mut self,
        expr: &'a ast::Expr,
        like: Like,
        any: bool,
        (left, pattern, escape): (&'a ast::Expr, &'a ast::Expr, bool),
        negated: bool,
    ) -> Option<Expr> {
        if escape {
            let help = "a backslash takes the meaning from `%` and `_`".to_owned();
            return self.unsupported(expr, "`escape`", [help]);
        }
        if any {
            return self.quantified_by(expr, Op::Like(like), left, pattern, false, negated);
        }
        let (left, pattern) = (self.value(left), self.value(pattern));
        compare::pair(self, Op::Like(like), left?, pattern?, negated)
    }

    fn quantified(
        &mut self,
        expr: &'a ast::Expr,
        left: &'a ast::Expr,
        op: &BinaryOperator,
        right: &'a ast::Expr,
        every: bool,
        negated: bool,
    ) -> Option<Expr> {
        match Op::of(op) {
            Some(op @ (Op::Compare(_) | Op::Like(_))) => self.quantified_by(expr, op, left, right, every, negated),
            _ => self.unsupported(expr, &format!("`{op}` with `any` or `all`"), []),
        }
    }

    fn quantified_by(
        &mut self,
        expr: &'a ast::Expr,
        op: Op,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        every: bool,
        negated: bool,
    ) -> Option<Expr> {
        let mut inside = right;
        while let ast::Expr::Nested(inner) = inside {
            inside = inner;
        }
        if matches!(inside, ast::Expr::Subquery(_)) {
            let help = "write `column in (select …)`".to_owned();
            return self.unsupported(expr, "`any` or `all` over a subquery", [help]);
        }
        let (left, right) = (self.value(left), self.value(inside));
        let test = match op {
            Op::Compare(op) => Test::Compare(op),
            Op::Like(like) => Test::Like(like),
            Op::Array(_) => return None,
        };
        // Not `= any` is `<> all`.
        let (test, every) = if negated { (test.negated(), !every) } else { (test, every) };
        compare::quantified(self, test, left?, right?, every)
    }

    fn is_null(&mut self, expr: &'a ast::Expr, negated: bool) -> Option<Expr> {
        let term = self.value(expr)?;
        match term.operand {
            Some(operand) if !term.constant => Some(Expr::IsNull { operand, negated }),
            _ => {
                let help = "a parameter is never NULL, and of a literal it is known".to_owned();
                let message = "only a column can be tested for NULL";
                self.error(&codes::FRAGMENT_TYPE, term.at, message, "no column", [help]);
                None
            }
        }
    }

    fn is_truth(&mut self, expr: &'a ast::Expr, truth: Option<bool>, negated: bool) -> Option<Expr> {
        let condition = self.condition(expr, false)?;
        Some(Expr::IsTruth { condition: vec![condition].into(), truth, negated })
    }

    fn not_boolean(&mut self, at: Span, what: &str) {
        let help = ["compare it with something: `=`, `<>`, `<`, `in (…)`, `is null`".to_owned()];
        self.error(&codes::FRAGMENT_TYPE, at, format!("{what} is not a condition"), "not true or false", help);
    }

    /// Something that Electric doesn't evaluate.
    pub(super) fn unsupported<T>(
        &mut self,
        expr: &ast::Expr,
        what: &str,
        help: impl IntoIterator<Item = String>,
    ) -> Option<T> {
        let message = format!("a fragment can't contain {what}");
        self.error(&codes::FRAGMENT_UNSUPPORTED, span(expr), message, "Electric doesn't evaluate it", help);
        None
    }
}

/// `like(a, b)` and `ilike(a, b)`: whether letter case counts for nothing.
fn is_like(function: &ast::Function) -> Option<bool> {
    match function.name.to_string().to_ascii_lowercase().as_str() {
        "like" => Some(false),
        "ilike" => Some(true),
        _ => None,
    }
}

/// Conditions joined by AND, without needless nesting.
pub(crate) fn every(conditions: Vec<Expr>) -> Expr {
    let mut flat = Vec::with_capacity(conditions.len());
    for condition in conditions {
        match condition {
            Expr::All(inner) => flat.extend(inner.into_owned()),
            other => flat.push(other),
        }
    }
    match <[Expr; 1]>::try_from(flat) {
        Ok([single]) => single,
        Err(flat) => Expr::All(flat.into()),
    }
}

pub(super) fn any(conditions: Vec<Expr>) -> Expr {
    let mut flat = Vec::with_capacity(conditions.len());
    for condition in conditions {
        match condition {
            Expr::Any(inner) => flat.extend(inner.into_owned()),
            other => flat.push(other),
        }
    }
    match <[Expr; 1]>::try_from(flat) {
        Ok([single]) => single,
        Err(flat) => Expr::Any(flat.into()),
    }
}

/// A bool as a condition.
fn is_true(operand: Operand, wanted: bool) -> Expr {
    Expr::Compare {
        op: Comparison::Equal,
        kind: Kind::Bool,
        left: operand,
        right: Operand::literal(if wanted { "true" } else { "false" }),
    }
}
