//! From a fragment's syntax to the runtime's expression: names, types and what can be evaluated for single rows.

use shapegen_runtime::expr::{Comparison, Expr, Operand};
use sqlparser::ast::{self, BinaryOperator, UnaryOperator, Value};
use sqlparser::tokenizer::{Location, Span};

use super::operand::{Term, unify};
use super::syntax::Parsed;
use super::{FragmentError, Subject};
use crate::catalog::DataType;
use crate::diagnostics::{Code, codes, listed, nearest};

/// Gives a parameter's position from name, `pg_type.typname` and type; the error is what is wrong with it.
pub(super) type Bind<'b> = dyn FnMut(&str, &str, &DataType) -> Result<u16, String> + 'b;

/// A list of thousands can be wrong in every element.
const MOST_ERRORS: usize = 20;

pub(super) fn check(
    parsed: &Parsed<'_>,
    subject: Subject<'_>,
    bind: &mut Bind<'_>,
) -> Result<Expr, Vec<FragmentError>> {
    let mut checker = Checker { parsed, subject, bind, errors: Vec::new() };
    let expr = checker.condition(&parsed.expr, false);
    match expr {
        Some(expr) if checker.errors.is_empty() => Ok(expr),
        None if checker.errors.is_empty() => {
            // A refusal without a word would let the shape vanish.
            checker.unsupported::<()>(&parsed.expr, construct(&parsed.expr));
            Err(checker.errors)
        }
        _ => Err(checker.errors),
    }
}

pub(super) struct Checker<'a, 'b> {
    parsed: &'a Parsed<'a>,
    pub(super) subject: Subject<'a>,
    pub(super) bind: &'a mut Bind<'b>,
    errors: Vec<FragmentError>,
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
            self.errors.push(FragmentError { code, message: message.into(), at, label: label.into(), help });
        }
    }

    /// A condition, or its negation: NOT is pushed down to the leaves. `None` after an error.
    fn condition(&mut self, expr: &'a ast::Expr, negated: bool) -> Option<Expr> {
        match expr {
            ast::Expr::Nested(inner) => self.condition(inner, negated),
            ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.condition(expr, !negated),
            ast::Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
                self.chain(expr, op, negated)
            }
            ast::Expr::BinaryOp { left, op, right } => match comparison(op) {
                Some(op) => {
                    let (left, right) = (self.term(left), self.term(right));
                    let op = if negated { op.negated() } else { op };
                    let ordered = !matches!(op, Comparison::Equal | Comparison::NotEqual);
                    let (kind, operands) = unify(self, [left?, right?].into(), ordered)?;
                    let [left, right] = <[Operand; 2]>::try_from(operands).ok()?;
                    Some(Expr::Compare { op, kind, left, right })
                }
                None => self.unsupported(expr, &format!("the operator `{op}`")),
            },
            ast::Expr::InList { expr, list, negated: not } => {
                let terms: Vec<Option<_>> = std::iter::once(&**expr).chain(list).map(|term| self.term(term)).collect();
                let (kind, mut operands) = unify(self, terms.into_iter().collect::<Option<_>>()?, false)?;
                let list = operands.split_off(1);
                let operand = operands.pop()?;
                Some(Expr::In { kind, operand, list: list.into(), negated: *not != negated })
            }
            ast::Expr::IsNull(inner) => self.is_null(inner, negated),
            ast::Expr::IsNotNull(inner) => self.is_null(inner, !negated),
            ast::Expr::IsTrue(inner) => self.is_truth(inner, true, negated),
            ast::Expr::IsNotTrue(inner) => self.is_truth(inner, true, !negated),
            ast::Expr::IsFalse(inner) => self.is_truth(inner, false, negated),
            ast::Expr::IsNotFalse(inner) => self.is_truth(inner, false, !negated),
            ast::Expr::Value(value) if matches!(value.value, Value::Boolean(_)) => {
                let truth = (value.value == Value::Boolean(true)) != negated;
                Some(if truth { Expr::All(Vec::new().into()) } else { Expr::Any(Vec::new().into()) })
            }
            ast::Expr::Identifier(_) => {
                let (column, _) = self.boolean_column(expr)?;
                Some(truth(column, !negated))
            }
            _ => {
                // Says what is wrong with the part itself first: a function is no operand either.
                let (_, at) = self.term(expr)?;
                self.not_boolean(at, "this");
                None
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

    fn is_null(&mut self, expr: &'a ast::Expr, negated: bool) -> Option<Expr> {
        match self.term(expr)? {
            (Term::Column { column, .. }, _) => {
                Some(Expr::IsNull { operand: Operand::Column(column.name.clone().into()), negated })
            }
            (_, at) => {
                let help = "a parameter is never NULL, and of a literal it is known".to_owned();
                self.error(&codes::FRAGMENT_TYPE, at, "only a column can be tested for NULL", "no column", [help]);
                None
            }
        }
    }

    /// `column is true`: never NULL, so the negation names NULL.
    fn is_truth(&mut self, expr: &'a ast::Expr, wanted: bool, negated: bool) -> Option<Expr> {
        let (column, _) = self.boolean_column(expr)?;
        let null = Expr::IsNull { operand: Operand::Column(column.to_owned().into()), negated: !negated };
        Some(if negated { any(vec![truth(column, !wanted), null]) } else { every(vec![truth(column, wanted), null]) })
    }

    fn boolean_column(&mut self, expr: &'a ast::Expr) -> Option<(&'a str, Span)> {
        match self.term(expr)? {
            (Term::Column { column, .. }, at) if column.data_type.dims == 0 && pg_type(&column.data_type) == "bool" => {
                Some((&column.name, at))
            }
            (Term::Column { column, .. }, at) => {
                self.not_boolean(at, &format!("the column `{}` of type `{}`", column.name, type_name(column)));
                None
            }
            (_, at) => {
                self.not_boolean(at, "this");
                None
            }
        }
    }

    fn not_boolean(&mut self, at: Span, what: &str) {
        let help = ["compare it with something: `=`, `<>`, `<`, `in (…)`, `is null`".to_owned()];
        self.error(&codes::FRAGMENT_TYPE, at, format!("{what} is not a condition"), "not true or false", help);
    }

    /// Something that is compared.
    fn term(&mut self, expr: &'a ast::Expr) -> Option<(Term<'a>, Span)> {
        let at = span(expr);
        let term = match expr {
            ast::Expr::Nested(inner) => return self.term(inner),
            ast::Expr::Identifier(ident) => Term::Column { column: self.column(ident)?, as_text: false },
            ast::Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Term::Text(text.clone()),
                Value::Number(digits, false) => Term::Number(digits.clone()),
                Value::Boolean(truth) => Term::Bool(*truth),
                Value::Null => Term::Null,
                // `:name` comes as a placeholder, too, and nobody was asked whether it is bound.
                Value::Placeholder(name) if name.starts_with('$') => Term::Param(name[1..].to_owned()),
                _ => return self.unsupported(expr, &format!("the literal `{value}`")),
            },
            ast::Expr::UnaryOp { op: op @ (UnaryOperator::Minus | UnaryOperator::Plus), expr: inner } => {
                match self.term(inner)? {
                    (Term::Number(digits), _) if *op == UnaryOperator::Plus => Term::Number(digits),
                    (Term::Number(digits), _) if !digits.starts_with('-') => Term::Number(format!("-{digits}")),
                    _ => return self.unsupported(expr, "arithmetic"),
                }
            }
            ast::Expr::Cast { expr: inner, data_type, .. } => {
                let text = matches!(data_type, ast::DataType::Text);
                match self.term(inner)? {
                    (Term::Column { column, .. }, _) if text && self.subject.is_enum(column) => {
                        Term::Column { column, as_text: true }
                    }
                    (Term::Text(literal), _) if text => Term::Text(literal),
                    _ => return self.unsupported(expr, &format!("a cast to `{data_type}`")),
                }
            }
            ast::Expr::CompoundIdentifier(parts) => {
                let (last, _) = parts.split_last()?;
                let help = format!("a fragment is about one table: write `{last}` alone");
                self.error(&codes::FRAGMENT_COLUMN, at, format!("`{expr}` names a table, too"), "", [help]);
                return None;
            }
            other => return self.unsupported(other, construct(other)),
        };
        Some((term, at))
    }

    fn column(&mut self, ident: &ast::Ident) -> Option<&'a crate::catalog::Column> {
        // PostgreSQL folds what is not quoted.
        let name = match ident.quote_style {
            Some(_) => ident.value.clone(),
            None => ident.value.to_ascii_lowercase(),
        };
        if let Some(column) = self.subject.column(&name) {
            return Some(column);
        }
        let columns: Vec<&str> = self.subject.table.columns.iter().map(|column| column.name.as_str()).collect();
        let near = nearest(&name, columns.iter().copied());
        let mut help: Vec<String> = near.map(|near| format!("did you mean `{near}`?")).into_iter().collect();
        if ident.quote_style == Some('"') {
            help.push(format!("a text stands in single quotes: `'{}'`", ident.value));
        }
        if help.is_empty() {
            help.push(format!("its columns are {}", listed(&columns, "and")));
        }
        let message = format!("the table `{}` has no column `{name}`", self.subject.name.name);
        self.error(&codes::FRAGMENT_COLUMN, ident.span, message, "no such column", help);
        None
    }

    fn unsupported<T>(&mut self, expr: &ast::Expr, what: &str) -> Option<T> {
        let help = ["it compares columns, literals and parameters: `=`, `<>`, `<`, `<=`, `>`, `>=`, `in (…)`, \
             `is [not] null`, `is [not] true`, joined by `and`, `or`, `not`"
            .to_owned()];
        let at = span(expr);
        let message = format!("a fragment can't contain {what}");
        self.error(&codes::FRAGMENT_UNSUPPORTED, at, message, "not evaluated here", help);
        None
    }
}

fn span(expr: &ast::Expr) -> Span {
    Span::new(first(expr), last(expr))
}

/// Where an expression begins: its first name or value. The parser's own spans recurse, and a long chain is a deep tree.
fn first(mut expr: &ast::Expr) -> Location {
    loop {
        expr = match expr {
            ast::Expr::BinaryOp { left, .. } | ast::Expr::AnyOp { left, .. } | ast::Expr::AllOp { left, .. } => left,
            ast::Expr::IsDistinctFrom(left, _) | ast::Expr::IsNotDistinctFrom(left, _) => left,
            ast::Expr::Function(function) => {
                let name = function.name.0.first().and_then(ast::ObjectNamePart::as_ident);
                return name.map_or(Location::empty(), |name| name.span.start);
            }
            ast::Expr::Case { case_token, .. } => return case_token.0.span.start,
            other => match inner(other) {
                Some(inner) => inner,
                None => return leaf(other).start,
            },
        }
    }
}

/// Where an expression's last name or value ends, as far as that can be told.
fn last(mut expr: &ast::Expr) -> Location {
    loop {
        expr = match expr {
            ast::Expr::BinaryOp { right, .. } => right,
            ast::Expr::IsDistinctFrom(_, right) | ast::Expr::IsNotDistinctFrom(_, right) => right,
            ast::Expr::Between { high, .. } => high,
            ast::Expr::Like { pattern, .. } | ast::Expr::ILike { pattern, .. } => pattern,
            other => match inner(other) {
                Some(inner) => inner,
                None => return leaf(other).end,
            },
        }
    }
}

/// The one operand of an expression, or the one that is written first.
fn inner(expr: &ast::Expr) -> Option<&ast::Expr> {
    match expr {
        ast::Expr::Nested(inner)
        | ast::Expr::IsNull(inner)
        | ast::Expr::IsNotNull(inner)
        | ast::Expr::IsTrue(inner)
        | ast::Expr::IsNotTrue(inner)
        | ast::Expr::IsFalse(inner)
        | ast::Expr::IsNotFalse(inner)
        | ast::Expr::IsUnknown(inner)
        | ast::Expr::IsNotUnknown(inner)
        | ast::Expr::UnaryOp { expr: inner, .. }
        | ast::Expr::Cast { expr: inner, .. }
        | ast::Expr::InList { expr: inner, .. }
        | ast::Expr::InSubquery { expr: inner, .. }
        | ast::Expr::Between { expr: inner, .. }
        | ast::Expr::Like { expr: inner, .. }
        | ast::Expr::ILike { expr: inner, .. }
        | ast::Expr::SimilarTo { expr: inner, .. }
        | ast::Expr::AtTimeZone { timestamp: inner, .. }
        | ast::Expr::CompoundFieldAccess { root: inner, .. } => Some(inner),
        _ => None,
    }
}

fn leaf(expr: &ast::Expr) -> Span {
    match expr {
        ast::Expr::Identifier(ident) => ident.span,
        ast::Expr::CompoundIdentifier(parts) => {
            parts.iter().map(|part| part.span).reduce(|left, right| left.union(&right)).unwrap_or(Span::empty())
        }
        ast::Expr::Value(value) => value.span,
        ast::Expr::TypedString(typed) => typed.value.span,
        _ => Span::empty(),
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

fn any(conditions: Vec<Expr>) -> Expr {
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

fn truth(column: &str, wanted: bool) -> Expr {
    Expr::Compare {
        op: Comparison::Equal,
        kind: shapegen_runtime::expr::Kind::Bool,
        left: Operand::Column(column.to_owned().into()),
        right: Operand::Literal(if wanted { "true" } else { "false" }.into()),
    }
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn construct(expr: &ast::Expr) -> &'static str {
    match expr {
        ast::Expr::Function(_) => "a function",
        ast::Expr::Subquery(_) | ast::Expr::InSubquery { .. } | ast::Expr::Exists { .. } => "a subquery yet",
        ast::Expr::Like { .. } | ast::Expr::ILike { .. } => "`like`",
        ast::Expr::SimilarTo { .. } | ast::Expr::RLike { .. } => "a pattern",
        ast::Expr::Between { .. } => "`between`: write `a >= 1 and a <= 9`",
        ast::Expr::IsDistinctFrom(..) | ast::Expr::IsNotDistinctFrom(..) => "`is distinct from`",
        ast::Expr::Case { .. } => "`case`",
        ast::Expr::AnyOp { .. } | ast::Expr::AllOp { .. } => "`any` and `all`: write `in (…)`",
        ast::Expr::Array(_) => "an array",
        ast::Expr::TypedString(_) => "a literal with its type in front: the type follows from the column",
        ast::Expr::BinaryOp { .. } | ast::Expr::UnaryOp { .. } => "a condition or arithmetic as an operand",
        _ => "this",
    }
}

/// `pg_type.typname` of a type's element.
pub(super) fn pg_type(data_type: &DataType) -> &str {
    data_type.base.typname()
}

/// A column's type as people write it.
pub(super) fn type_name(column: &crate::catalog::Column) -> String {
    format!("{}{}", pg_type(&column.data_type), "[]".repeat(usize::from(column.data_type.dims)))
}
