//! What is compared with what: one type for both sides, as Electric chooses it and PostgreSQL compares.

use shapegen_runtime::expr::{ArrayTest, Comparison, Expr, Function, Kind, Like, Operand, Scalar, Test};
use sqlparser::ast::BinaryOperator;

use super::check::{Checker, any, every};
use super::literal;
use super::overload::{self, Form};
use super::trap::Trap;
use super::types::{Base, Type};
use super::value::{Open, Term};
use crate::catalog::QualifiedName;
use crate::diagnostics::{codes, nearest};

/// An operator whose result is true or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Compare(Comparison),
    Like(Like),
    Array(ArrayTest),
}

impl Op {
    pub(super) fn of(op: &BinaryOperator) -> Option<Self> {
        let like = |any_case, negated| Self::Like(Like { any_case, negated });
        Some(match op {
            BinaryOperator::Eq => Self::Compare(Comparison::Equal),
            BinaryOperator::NotEq => Self::Compare(Comparison::NotEqual),
            BinaryOperator::Lt => Self::Compare(Comparison::Less),
            BinaryOperator::LtEq => Self::Compare(Comparison::LessOrEqual),
            BinaryOperator::Gt => Self::Compare(Comparison::Greater),
            BinaryOperator::GtEq => Self::Compare(Comparison::GreaterOrEqual),
            BinaryOperator::PGLikeMatch => like(false, false),
            BinaryOperator::PGILikeMatch => like(true, false),
            BinaryOperator::PGNotLikeMatch => like(false, true),
            BinaryOperator::PGNotILikeMatch => like(true, true),
            BinaryOperator::AtArrow => Self::Array(ArrayTest::Contains),
            BinaryOperator::ArrowAt => Self::Array(ArrayTest::ContainedBy),
            BinaryOperator::PGOverlap => Self::Array(ArrayTest::Overlaps),
            _ => return None,
        })
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Compare(Comparison::Equal) => "=",
            Self::Compare(Comparison::NotEqual) => "<>",
            Self::Compare(Comparison::Less) => "<",
            Self::Compare(Comparison::LessOrEqual) => "<=",
            Self::Compare(Comparison::Greater) => ">",
            Self::Compare(Comparison::GreaterOrEqual) => ">=",
            Self::Like(_) => "~~",
            Self::Array(ArrayTest::Contains) => "@>",
            Self::Array(ArrayTest::ContainedBy) => "<@",
            Self::Array(ArrayTest::Overlaps) => "&&",
        }
    }

    fn is_ordered(self) -> bool {
        !matches!(self, Self::Compare(Comparison::Equal | Comparison::NotEqual) | Self::Array(_) | Self::Like(_))
    }
}

/// `left op right`, or its negation.
pub(super) fn pair<'c>(
    checker: &mut Checker<'c, '_>,
    op: Op,
    left: Term<'c>,
    right: Term<'c>,
    negated: bool,
) -> Option<Expr> {
    let (kind, left, right) = unify(checker, op, left, right)?;
    Some(match op {
        Op::Compare(op) => Expr::Compare { op: if negated { op.negated() } else { op }, kind, left, right },
        Op::Like(like) => {
            Expr::Like { test: Like { negated: like.negated != negated, ..like }, text: left, pattern: right }
        }
        Op::Array(test) => match kind {
            Kind::Array(kind) => Expr::Arrays { test, kind: *kind, left, right, negated },
            _ => return None,
        },
    })
}

pub(super) fn distinct<'c>(
    checker: &mut Checker<'c, '_>,
    left: Term<'c>,
    right: Term<'c>,
    negated: bool,
) -> Option<Expr> {
    let (kind, left, right) = unify(checker, Op::Compare(Comparison::NotEqual), left, right)?;
    Some(Expr::Distinct { kind, left, right, negated })
}

pub(super) fn in_list<'c>(
    checker: &mut Checker<'c, '_>,
    mut needle: Term<'c>,
    list: Vec<Term<'c>>,
    negated: bool,
) -> Option<Expr> {
    if needle.ty.is_none()
        && let Some(known) = list.iter().find(|term| term.ty.is_some())
    {
        let (_, operand, _) = unify(checker, Op::Compare(Comparison::Equal), needle.clone(), known.clone())?;
        needle = Term { operand: Some(operand), ty: known.ty.clone().map(as_compared), open: Open::No, ..needle };
    }
    let pairs: Vec<Option<(Kind, Operand, Operand)>> =
        list.into_iter().map(|term| unify(checker, Op::Compare(Comparison::Equal), needle.clone(), term)).collect();
    let pairs = pairs.into_iter().collect::<Option<Vec<_>>>()?;
    let (first, operand) = match pairs.first() {
        Some((kind, operand, _)) => (*kind, operand.clone()),
        None => return Some(if negated { every(Vec::new()) } else { any(Vec::new()) }),
    };
    let one = pairs
        .iter()
        .all(|(kind, needle, _)| *needle == operand && (*kind == first || (is_exact(*kind) && is_exact(first))));
    if one {
        let kind = if pairs.iter().any(|(kind, ..)| *kind == Kind::Numeric) { Kind::Numeric } else { first };
        let list: Vec<Operand> = pairs.into_iter().map(|(_, _, element)| element).collect();
        return Some(Expr::In { kind, operand, list: list.into(), negated });
    }
    let op = if negated { Comparison::NotEqual } else { Comparison::Equal };
    let each = pairs.into_iter().map(|(kind, left, right)| Expr::Compare { op, kind, left, right }).collect();
    Some(if negated { every(each) } else { any(each) })
}

fn is_exact(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Numeric)
}

/// An enum is compared as text.
fn as_compared(ty: Type) -> Type {
    if matches!(ty, Type::Enum(_)) { Type::Base(Base::Text) } else { ty }
}

pub(super) fn quantified<'c>(
    checker: &mut Checker<'c, '_>,
    test: Test,
    left: Term<'c>,
    right: Term<'c>,
    every: bool,
) -> Option<Expr> {
    let op = match test {
        Test::Compare(op) => Op::Compare(op),
        Test::Like(like) => Op::Like(like),
    };
    let element = match &right.ty {
        Some(Type::Array(base)) => Some(*base),
        None if left.ty.is_some() => None,
        _ => {
            let what = right.what();
            let help = "compare with an array: a column, `array[…]`, or a parameter".to_owned();
            checker.error(&codes::FRAGMENT_TYPE, right.at, format!("{what} is no array"), "no array", [help]);
            return None;
        }
    };
    if element.is_some() && !right.constant {
        checker.trap(Trap::NullElements, right.at);
    }
    // An enum against a parameter: labels as texts.
    if let Some(Type::Enum(name)) = &left.ty {
        let ty = Type::Enum(name.clone());
        if op.is_ordered() {
            return refuse_order(checker, &left);
        }
        if element.is_some() {
            return mismatch(checker, op, &left, &right);
        }
        let array = match &right.open {
            Open::Param(name) => checker.param(name, ("text[]", &array_of(&ty)), left.column, right.at)?,
            _ => return mismatch(checker, op, &left, &right),
        };
        let left = as_text(left.operand?);
        return Some(Expr::Quantified { test, kind: Kind::Text, left, array, every });
    }
    let Some(base) = left.base_or_open() else { return mismatch(checker, op, &left, &right) };
    let Some(form) = overload::choose(op.sql(), [base, element]) else {
        return mismatch(checker, op, &left, &right);
    };
    let target = compared(form, [base, element]);
    note(checker, op, target, &left);
    let array = match element {
        Some(element) => coerce_array(right.operand.clone()?, element, target),
        None => checker.resolve_array(&right, target, &left)?,
    };
    let left = checker.resolve(&left, target, &right)?;
    Some(Expr::Quantified { test, kind: target.kind(), left, array, every })
}

fn array_of(ty: &Type) -> crate::catalog::DataType {
    crate::catalog::DataType { dims: 1, ..ty.data_type() }
}

/// Brings two sides to one type: how they compare, and both as that. `None` after an error.
fn unify<'c>(
    checker: &mut Checker<'c, '_>,
    op: Op,
    left: Term<'c>,
    right: Term<'c>,
) -> Option<(Kind, Operand, Operand)> {
    for side in [&left, &right] {
        if let Some(Type::Other(name)) = &side.ty {
            let message = match side.column {
                Some(column) => format!("the column `{}` of type `{name}` can't be compared", column.name),
                None => format!("a value of type `{name}` can't be compared"),
            };
            let help = ["it can be tested with `is null` and `is not null`".to_owned()];
            checker.error(&codes::FRAGMENT_TYPE, side.at, message, "has no comparison here", help);
            return None;
        }
    }
    match (&left.ty, &right.ty) {
        (Some(Type::Enum(name)), _) => {
            let (enumeration, other) = of_enum(checker, op, &name.clone(), &left, &right)?;
            Some((Kind::Text, enumeration, other))
        }
        (_, Some(Type::Enum(name))) => {
            let (enumeration, other) = of_enum(checker, op, &name.clone(), &right, &left)?;
            Some((Kind::Text, other, enumeration))
        }
        (Some(Type::Array(_)), _) | (_, Some(Type::Array(_))) => of_arrays(checker, op, &left, &right),
        _ => of_bases(checker, op, &left, &right),
    }
}

fn of_bases<'c>(
    checker: &mut Checker<'c, '_>,
    op: Op,
    left: &Term<'c>,
    right: &Term<'c>,
) -> Option<(Kind, Operand, Operand)> {
    let bases = [left.base_or_open()?, right.base_or_open()?];
    for (open, other) in [(left, right), (right, left)] {
        if let Open::Param(name) = &open.open
            && (other.ty.is_none() || other.constant)
        {
            let message = format!("`${name}` has no type: it is compared with no column");
            checker.error(&codes::FRAGMENT_TYPE, open.at, message, "compare it with a column", []);
            return None;
        }
    }
    let Some(form) = overload::choose(op.sql(), bases) else {
        for side in [left, right] {
            if op.is_ordered() && matches!(side.ty, Some(Type::Base(Base::Bool | Base::Interval))) {
                let message = format!("{} has no order", side.what());
                checker.error(&codes::FRAGMENT_TYPE, side.at, message, "only `=` and `<>`", []);
                return None;
            }
        }
        return mismatch(checker, op, left, right);
    };
    let target = compared(form, bases);
    note(checker, op, target, left);
    note(checker, op, target, right);
    if let (Op::Like(_), Open::Text(pattern)) = (op, &right.open) {
        if pattern.contains('\\') {
            checker.trap(Trap::Escapes, right.at);
        }
        if pattern.contains(['%', '_']) {
            checker.trap(Trap::Lines, right.at);
        }
    } else if matches!(op, Op::Like(_)) {
        checker.trap(Trap::Lines, right.at);
    }
    let (one, other) = (checker.resolve(left, target, right), checker.resolve(right, target, left));
    Some((target.kind(), one?, other?))
}

/// The type in which PostgreSQL compares: of numbers the wider one, and float8 for a float4 with anything else.
fn compared(form: Form, bases: [Option<Base>; 2]) -> Base {
    let [left, right] = [bases[0].unwrap_or(form.args[0]), bases[1].unwrap_or(form.args[1])];
    if left.number().is_some() && right.number().is_some() { wider(left, right) } else { form.args[0] }
}

/// The type of arithmetic on two numbers.
pub(super) fn wider(left: Base, right: Base) -> Base {
    let is_float = |base| matches!(base, Base::Float4 | Base::Float8);
    if left == right {
        left
    } else if is_float(left) || is_float(right) {
        Base::Float8
    } else if left.becomes(right) {
        right
    } else {
        left
    }
}

/// Says where Electric's comparison can differ.
fn note<'c>(checker: &mut Checker<'c, '_>, op: Op, target: Base, side: &Term<'c>) {
    if side.constant || side.ty.is_none() {
        return;
    }
    match target {
        Base::Text if op.is_ordered() => checker.trap(Trap::Order, side.at),
        Base::Float4 | Base::Float8 | Base::Numeric => checker.trap(Trap::Numbers, side.at),
        Base::Interval => checker.trap(Trap::Intervals, side.at),
        _ => {}
    }
    if matches!(op, Op::Like(Like { any_case: true, .. })) {
        checker.trap(Trap::Letters, side.at);
    }
}

/// An enum and what it is compared with, both as texts.
fn of_enum<'c>(
    checker: &mut Checker<'c, '_>,
    op: Op,
    name: &QualifiedName,
    side: &Term<'c>,
    other: &Term<'c>,
) -> Option<(Operand, Operand)> {
    if !matches!(op, Op::Compare(_)) {
        return mismatch(checker, op, side, other);
    }
    if op.is_ordered() {
        return refuse_order(checker, side);
    }
    let subject = checker.subject;
    let labels = subject.catalog.enums.get(name).map(|found| found.labels.as_slice()).unwrap_or_default();
    let text = match (&other.ty, &other.open) {
        (Some(Type::Enum(same)), _) if same == name => as_text(other.operand.clone()?),
        (None, Open::Null) => Operand::Null,
        (None, Open::Param(param)) => {
            let data_type =
                side.column.map_or_else(|| Type::Enum(name.clone()).data_type(), |column| column.data_type.clone());
            checker.param(param, ("text", &data_type), side.column, other.at)?
        }
        (None, Open::Text(text)) if labels.contains(text) => Operand::literal(text.clone()),
        (None, Open::Text(text)) => {
            let near = nearest(text, labels.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `'{near}'`?"),
                None => format!("its labels are {}", quoted(labels)),
            };
            let message = format!("the enum `{}` has no label `{text}`", name.name);
            checker.error(&codes::FRAGMENT_TYPE, other.at, message, "no such label", [help]);
            return None;
        }
        _ => {
            let message = format!("{} can't be compared with {}", side.what(), other.what());
            let help = format!("its labels are {}", quoted(labels));
            checker.error(&codes::FRAGMENT_TYPE, other.at, message, "not of the enum", [help]);
            return None;
        }
    };
    Some((as_text(side.operand.clone()?), text))
}

fn refuse_order<T>(checker: &mut Checker<'_, '_>, side: &Term<'_>) -> Option<T> {
    let name = side.ty.as_ref().map(Type::name).unwrap_or_default();
    let message = format!("the enum `{name}` is compared as text, which has another order");
    let help = side.column.map(|column| format!("name the labels: `{} in ('…', '…')`", column.name));
    checker.error(&codes::FRAGMENT_TYPE, side.at, message, "only `=`, `<>` and `in`", help);
    None
}

/// An enum's label.
pub(super) fn as_text(operand: Operand) -> Operand {
    Operand::call(Function::Cast { from: Scalar::Text, to: Scalar::Text, array: false }, vec![operand])
}

fn of_arrays<'c>(
    checker: &mut Checker<'c, '_>,
    op: Op,
    left: &Term<'c>,
    right: &Term<'c>,
) -> Option<(Kind, Operand, Operand)> {
    let array = |term: &Term<'c>| match &term.ty {
        Some(Type::Array(base)) => Some(*base),
        _ => None,
    };
    if op.is_ordered() {
        let message = "arrays have no order here".to_owned();
        checker.error(&codes::FRAGMENT_TYPE, left.at, message, "only `=`, `<>`, `@>`, `<@` and `&&`", []);
        return None;
    }
    let (base, fits) = match (array(left), array(right)) {
        (Some(left), Some(right)) => (left, left == right),
        (Some(base), None) => (base, right.ty.is_none()),
        (None, Some(base)) => (base, left.ty.is_none()),
        (None, None) => return None,
    };
    if !fits || matches!(op, Op::Like(_)) {
        return mismatch(checker, op, left, right);
    }
    if matches!(op, Op::Array(_)) {
        checker.trap(Trap::NullElements, if array(left).is_some() { left.at } else { right.at });
    }
    match base {
        Base::Numeric | Base::Float4 | Base::Float8 => checker.trap(Trap::Numbers, left.at),
        Base::Interval => checker.trap(Trap::Intervals, left.at),
        _ => {}
    }
    let mut side = |term: &Term<'c>, other: &Term<'c>| match &term.ty {
        Some(_) => term.operand.clone(),
        None => checker.resolve_array(term, base, other),
    };
    let (one, other) = (side(left, right), side(right, left));
    Some((base.kind().array()?, one?, other?))
}

fn mismatch<'c, T>(checker: &mut Checker<'c, '_>, op: Op, left: &Term<'c>, right: &Term<'c>) -> Option<T> {
    // The side that can be written otherwise is the one to point at.
    let (side, other) = if left.column.is_none() && right.column.is_some() { (right, left) } else { (left, right) };
    let (message, label) = match op {
        Op::Compare(_) => {
            (format!("{} can't be compared with {}", side.what(), other.what()), "of another type".to_owned())
        }
        op => {
            let sql = if matches!(op, Op::Like(_)) { "like" } else { op.sql() };
            (format!("`{sql}` doesn't take {} and {}", left.what(), right.what()), "not of a type for it".to_owned())
        }
    };
    let base = match &side.ty {
        Some(Type::Base(base)) => Some(*base),
        _ => None,
    };
    let help = match (base, other.ty.as_ref()) {
        (Some(base), Some(Type::Base(theirs))) if castable(*theirs, base) && other.column.is_some() => {
            Some(format!("cast one of them: `{}::{}`", other.column.map_or("…", |column| &column.name), base.name()))
        }
        (Some(base), _) if other.column.is_none() => {
            Some(format!("a value of `{}` is written `{}`", base.name(), literal::example(base)))
        }
        _ => None,
    };
    checker.error(&codes::FRAGMENT_TYPE, other.at, message, label, help);
    None
}

/// Whether Electric has a cast that is the same in PostgreSQL.
pub(super) fn castable(from: Base, to: Base) -> bool {
    if from == to || from.becomes(to) {
        return true;
    }
    match (from, to) {
        (Base::Text, to) => to != Base::Name,
        (Base::Int2 | Base::Int4 | Base::Int8 | Base::Date | Base::Time | Base::Uuid | Base::Interval, Base::Text) => {
            true
        }
        (Base::Bool, Base::Int4) | (Base::Int4, Base::Bool) => true,
        _ => false,
    }
}

/// A value as one of the type that it becomes by itself; its text may be another.
pub(super) fn coerce(operand: Operand, from: Base, to: Base) -> Operand {
    let plain = match (from, to) {
        (Base::Float4 | Base::Numeric, Base::Float4 | Base::Float8) => {
            from == to || matches!(operand, Operand::Literal(_))
        }
        (Base::Date, Base::Timestamp) | (Base::Time, Base::Interval) => false,
        _ => true,
    };
    match operand {
        Operand::Null => Operand::Null,
        operand if plain => operand,
        operand => {
            let function = Function::Cast { from: from.scalar(), to: to.scalar(), array: false };
            Operand::call(function, vec![operand])
        }
    }
}

pub(super) fn coerce_array(operand: Operand, from: Base, to: Base) -> Operand {
    match coerce(Operand::Param(0), from, to) {
        Operand::Call { .. } => {
            let function = Function::Cast { from: from.scalar(), to: to.scalar(), array: true };
            Operand::call(function, vec![operand])
        }
        _ => operand,
    }
}

fn quoted(labels: &[String]) -> String {
    let shown: Vec<String> = labels.iter().take(8).map(|label| format!("`'{label}'`")).collect();
    let more = if labels.len() > shown.len() { " and others" } else { "" };
    format!("{}{more}", shown.join(", "))
}
