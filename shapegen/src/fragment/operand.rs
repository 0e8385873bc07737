//! What is compared with what: one type for all operands of a comparison.

use shapegen_runtime::expr::{Kind, Operand};
use sqlparser::tokenizer::Span;

use super::check::{Checker, pg_type, type_name};
use super::{Subject, literal};
use crate::catalog::{BaseType, Column, EnumType};
use crate::diagnostics::{codes, nearest};

/// One operand before its type is known.
#[derive(Debug)]
pub(super) enum Term<'c> {
    /// A column; an enum's may have been cast to text.
    Column { column: &'c Column, as_text: bool },
    /// A parameter, by its name.
    Param(String),
    /// A quoted literal: of the type that it is compared with.
    Text(String),
    /// A number as it was written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

impl<'c> Subject<'c> {
    /// Whether a column is of an enum, and no array of it.
    pub(super) fn is_enum(&self, column: &Column) -> bool {
        self.enumeration(column).is_some()
    }

    fn enumeration(&self, column: &Column) -> Option<&'c EnumType> {
        match &column.data_type.base {
            BaseType::Enum(name) if column.data_type.dims == 0 => self.catalog.enums.get(name),
            _ => None,
        }
    }
}

/// What decides the type of a comparison.
struct Reference<'c> {
    column: &'c Column,
    /// Its labels, where an enum is compared as itself.
    labels: Option<&'c [String]>,
    /// As Electric infers it.
    pg_type: &'c str,
    kind: Kind,
}

/// Brings operands to one type; `ordered`: more than equality is asked. `None` after an error.
pub(super) fn unify<'c>(
    checker: &mut Checker<'c, '_>,
    terms: Vec<(Term<'c>, Span)>,
    ordered: bool,
) -> Option<(Kind, Vec<Operand>)> {
    let Some(reference) = reference(checker, &terms, ordered)? else {
        return literals(checker, terms);
    };
    let mut kind = reference.kind;
    let mut operands = Vec::with_capacity(terms.len());
    let mut failed = false;
    for (term, at) in terms {
        match operand(checker, &reference, &mut kind, term, at) {
            Some(operand) => operands.push(operand),
            None => failed = true,
        }
    }
    (!failed).then_some((kind, operands))
}

/// The first column of a comparison, after all of its columns were looked at; `Some(None)` where it has none.
fn reference<'c>(
    checker: &mut Checker<'c, '_>,
    terms: &[(Term<'c>, Span)],
    ordered: bool,
) -> Option<Option<Reference<'c>>> {
    let mut first: Option<Reference<'c>> = None;
    for (term, at) in terms {
        let Term::Column { column, as_text } = term else { continue };
        let enumeration = checker.subject.enumeration(column);
        let (pg_type, kind) = match enumeration {
            Some(_) => ("text", Some(Kind::Text)),
            None if column.data_type.dims > 0 => ("", None),
            None => (pg_type(&column.data_type), Kind::of(pg_type(&column.data_type))),
        };
        let Some(kind) = kind else {
            let message = format!("the column `{}` of type `{}` can't be compared", column.name, type_name(column));
            let help = ["it can be tested with `is null` and `is not null`".to_owned()];
            checker.error(&codes::FRAGMENT_TYPE, *at, message, "has no comparison here", help);
            return None;
        };
        if ordered && kind == Kind::Bool {
            let message = format!("the column `{}` of type `bool` has no order", column.name);
            checker.error(&codes::FRAGMENT_TYPE, *at, message, "only `=` and `<>`", []);
            return None;
        }
        if ordered && enumeration.is_some() && !as_text {
            let message = format!("the enum `{}` is compared as text, which has another order", column.name);
            let help = [format!("name the labels: `{} in ('…', '…')`", column.name)];
            checker.error(&codes::FRAGMENT_TYPE, *at, message, "only `=`, `<>` and `in`", help);
            return None;
        }
        let labels = enumeration.filter(|_| !as_text).map(|enumeration| enumeration.labels.as_slice());
        let this = Reference { column, labels, pg_type, kind };
        match &first {
            None => first = Some(this),
            Some(first) if !comparable(first, &this) => {
                let (left, right) = (type_name(first.column), type_name(column));
                let message = format!(
                    "the columns `{}` of type `{left}` and `{}` of type `{right}` can't be compared",
                    first.column.name, column.name
                );
                checker.error(&codes::FRAGMENT_TYPE, *at, message, format!("`{right}`"), []);
                return None;
            }
            Some(_) => {}
        }
    }
    Some(first)
}

fn comparable(left: &Reference<'_>, right: &Reference<'_>) -> bool {
    match (left.labels, right.labels) {
        (None, None) => left.kind == right.kind || (is_number(left.kind) && is_number(right.kind)),
        (Some(_), Some(_)) => left.column.data_type == right.column.data_type,
        _ => false,
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Numeric | Kind::Float)
}

/// The kind in which two kinds of numbers compare, as PostgreSQL widens them.
fn wider(left: Kind, right: Kind) -> Kind {
    let rank = |kind| match kind {
        Kind::Integer => 0,
        Kind::Numeric => 1,
        _ => 2,
    };
    if rank(left) < rank(right) { right } else { left }
}

/// One operand of a comparison with a column.
fn operand(
    checker: &mut Checker<'_, '_>,
    reference: &Reference<'_>,
    kind: &mut Kind,
    term: Term<'_>,
    at: Span,
) -> Option<Operand> {
    let column = &reference.column.name;
    let typed = type_name(reference.column);
    let (found, label) = match term {
        Term::Column { column, as_text: _ } => {
            let own = Kind::of(pg_type(&column.data_type)).unwrap_or(Kind::Text);
            if is_number(own) {
                *kind = wider(*kind, own);
            }
            return Some(Operand::Column(column.name.clone().into()));
        }
        Term::Null => return Some(Operand::Null),
        Term::Param(name) => {
            return match (checker.bind)(&name, reference.pg_type, &reference.column.data_type) {
                Ok(position) => Some(Operand::Param(position)),
                Err(message) => {
                    let label = format!("compared with a `{}` here", reference.pg_type);
                    checker.error(&codes::FRAGMENT_PARAMETER, at, message, label, []);
                    None
                }
            };
        }
        Term::Text(text) => {
            if let Some(labels) = reference.labels
                && !labels.contains(&text)
            {
                let near = nearest(&text, labels.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `'{near}'`?"),
                    None => format!("its labels are {}", quoted(labels)),
                };
                let message = format!("the enum `{typed}` has no label `{text}`");
                checker.error(&codes::FRAGMENT_TYPE, at, message, "no such label", [help]);
                return None;
            }
            match literal::canonical(reference.pg_type, reference.kind, &text) {
                Some(text) => return Some(Operand::Literal(text.into())),
                None => (format!("`'{text}'`"), format!("not a value of `{typed}`")),
            }
        }
        Term::Number(digits) if is_number(reference.kind) => {
            let (own, text) = number(checker, &digits, reference.kind, at)?;
            *kind = wider(*kind, own);
            return Some(Operand::Literal(text.into()));
        }
        Term::Bool(truth) if reference.kind == Kind::Bool => {
            return Some(Operand::Literal(truth.to_string().into()));
        }
        Term::Number(digits) => (format!("the number `{digits}`"), format!("`{column}` is of type `{typed}`")),
        Term::Bool(truth) => (format!("`{truth}`"), format!("`{column}` is of type `{typed}`")),
    };
    let message = format!("the column `{column}` of type `{typed}` can't be compared with {found}");
    let help = match reference.labels {
        Some(labels) => format!("its labels are {}", quoted(labels)),
        None => format!("a value of `{typed}` is written `{}`", literal::example(reference.kind)),
    };
    checker.error(&codes::FRAGMENT_TYPE, at, message, label, [help]);
    None
}

/// A number's kind and its text: whole numbers of 64 bits are integers, others decimals, beside a float floats.
fn number(checker: &mut Checker<'_, '_>, digits: &str, beside: Kind, at: Span) -> Option<(Kind, String)> {
    let kinds: &[Kind] = if beside == Kind::Float { &[Kind::Float] } else { &[Kind::Integer, Kind::Numeric] };
    let texts = kinds.iter().filter_map(|kind| Some((*kind, literal::canonical("", *kind, digits)?)));
    // Digits that come to infinity are out of range to PostgreSQL.
    let found = texts.into_iter().find(|(_, text)| !text.ends_with("Infinity"));
    if found.is_none() {
        let message = format!("the number `{digits}` can't be read");
        let help = ["write digits alone, within the range of the column's type".to_owned()];
        checker.error(&codes::FRAGMENT_TYPE, at, message, "not a number here", help);
    }
    found
}

/// A comparison without a column: of literals, which say their type themselves.
fn literals(checker: &mut Checker<'_, '_>, terms: Vec<(Term<'_>, Span)>) -> Option<(Kind, Vec<Operand>)> {
    let mut kind: Option<Kind> = None;
    let mut operands = Vec::with_capacity(terms.len());
    for (term, at) in terms {
        let (own, text) = match term {
            Term::Text(text) => (Kind::Text, text),
            Term::Number(digits) => number(checker, &digits, Kind::Integer, at)?,
            Term::Bool(truth) => (Kind::Bool, truth.to_string()),
            Term::Null => {
                operands.push(Operand::Null);
                continue;
            }
            Term::Param(name) => {
                let message = format!("`${name}` has no type: it is compared with no column");
                checker.error(&codes::FRAGMENT_TYPE, at, message, "compare it with a column", []);
                return None;
            }
            Term::Column { .. } => return None,
        };
        match kind {
            None => kind = Some(own),
            Some(kind) if kind == own => {}
            Some(known) if is_number(known) && is_number(own) => kind = Some(wider(known, own)),
            Some(_) => {
                checker.error(&codes::FRAGMENT_TYPE, at, "these two can't be compared", "of another type", []);
                return None;
            }
        }
        operands.push(Operand::Literal(text.into()));
    }
    Some((kind.unwrap_or(Kind::Text), operands))
}

fn quoted(labels: &[String]) -> String {
    let shown: Vec<String> = labels.iter().take(8).map(|label| format!("`'{label}'`")).collect();
    let more = if labels.len() > shown.len() { " and others" } else { "" };
    format!("{}{more}", shown.join(", "))
}
