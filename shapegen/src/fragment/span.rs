//! Places of expressions in their fragment.

use sqlparser::ast;
use sqlparser::tokenizer::{Location, Span};

pub(super) fn span(expr: &ast::Expr) -> Span {
    Span::new(first(expr), last(expr))
}

/// Where an expression begins: its first name or value. The parser's own spans recurse, and a long chain is a deep tree.
pub(super) fn first(mut expr: &ast::Expr) -> Location {
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
        ast::Expr::Interval(interval) => Some(&interval.value),
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
