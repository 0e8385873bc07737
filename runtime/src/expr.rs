//! The condition of a shape: an expression tree and its three-valued interpreter.
//!
//! One interpreter for generated code, the protocol service and the overlay. Values come as PostgreSQL's text, so that
//! it needs no row type; each comparison says what the text is of. Negation is not in the tree: whoever builds it pushes
//! NOT down to the leaves, which is exact in three-valued logic.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::cell::Cell;
use crate::value::{PgValue, compare_numeric, parse_date, parse_time, parse_timestamp, parse_timestamptz};

/// A condition. Borrowed in generated statics, owned where it was parsed at run time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// `left op right`; NULL when either side is.
    Compare {
        /// The operator.
        op: Comparison,
        /// What both sides' texts are of.
        kind: Kind,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
    },
    /// `operand is null`, or `is not null` when negated; never NULL.
    IsNull {
        /// What is tested.
        operand: Operand,
        /// `is not null`.
        negated: bool,
    },
    /// `operand in (list)`, or `not in` when negated, with PostgreSQL's rule for NULL in the list.
    In {
        /// What the texts are of.
        kind: Kind,
        /// What is looked for.
        operand: Operand,
        /// Where it is looked for.
        list: Cow<'static, [Operand]>,
        /// `not in`.
        negated: bool,
    },
    /// `a and b and …`; true when empty.
    All(Cow<'static, [Expr]>),
    /// `a or b or …`; false when empty.
    Any(Cow<'static, [Expr]>),
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A column of the row, by its PostgreSQL name.
    Column(Cow<'static, str>),
    /// `$1` is 0.
    Param(u16),
    /// A literal, in PostgreSQL's text form.
    Literal(Cow<'static, str>),
    /// The literal NULL.
    Null,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The operator that is true where this one is false: for NOT.
    pub fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// How two texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// bool, false before true.
    Bool,
    /// int2, int4, int8.
    Integer,
    /// float4 and float8; NaN equals itself and is above all.
    Float,
    /// numeric, by value.
    Numeric,
    /// text, varchar and enums as text: by bytes, as Electric compares.
    Text,
    /// uuid.
    Uuid,
    /// date, with infinity.
    Date,
    /// time.
    Time,
    /// timestamp, with infinity.
    Timestamp,
    /// timestamptz, with infinity.
    Timestamptz,
}

/// A text that is not of the type that the comparison says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a value of {kind:?}")]
pub struct EvalError {
    /// The text.
    pub text: String,
    /// What it should be of.
    pub kind: Kind,
}

/// Where the interpreter finds a row's columns: PostgreSQL's text by name, `None` for NULL.
pub trait RowText {
    /// The column's text; `None` for NULL and for a column that the row doesn't have.
    fn column(&self, name: &str) -> Option<&str>;
}

impl Expr {
    /// The condition's truth for a row: `None` is SQL's unknown. A row belongs to a shape only when it is `Some(true)`.
    ///
    /// # Errors
    /// When a text is not of the type that it is compared as.
    pub fn eval(&self, row: &dyn RowText, params: &[Option<&str>]) -> Result<Option<bool>, EvalError> {
        match self {
            Self::Compare { op, kind, left, right } => {
                let (Some(left), Some(right)) = (left.resolve(row, params), right.resolve(row, params)) else {
                    return Ok(None);
                };
                Ok(Some(op.holds(kind.compare(left, right)?)))
            }
            Self::IsNull { operand, negated } => Ok(Some(operand.resolve(row, params).is_none() != *negated)),
            Self::In { kind, operand, list, negated } => {
                let Some(needle) = operand.resolve(row, params) else {
                    return Ok(if list.is_empty() { Some(*negated) } else { None });
                };
                let mut unknown = false;
                for candidate in list.iter() {
                    match candidate.resolve(row, params) {
                        None => unknown = true,
                        Some(text) if kind.compare(needle, text)?.is_eq() => return Ok(Some(!negated)),
                        Some(_) => {}
                    }
                }
                Ok(if unknown { None } else { Some(*negated) })
            }
            Self::All(conditions) => fold(conditions, row, params, false),
            Self::Any(conditions) => fold(conditions, row, params, true),
        }
    }

    /// Calls `visit` with every column's name.
    pub fn for_each_column(&self, visit: &mut dyn FnMut(&str)) {
        let mut operand = |operand: &Operand| {
            if let Operand::Column(name) = operand {
                visit(name);
            }
        };
        match self {
            Self::Compare { left, right, .. } => {
                operand(left);
                operand(right);
            }
            Self::IsNull { operand: tested, .. } => operand(tested),
            Self::In { operand: needle, list, .. } => {
                operand(needle);
                list.iter().for_each(operand);
            }
            Self::All(conditions) | Self::Any(conditions) => {
                conditions.iter().for_each(|condition| condition.for_each_column(visit));
            }
        }
    }
}

/// AND when `decisive` is false, OR when it is true.
fn fold(
    conditions: &[Expr],
    row: &dyn RowText,
    params: &[Option<&str>],
    decisive: bool,
) -> Result<Option<bool>, EvalError> {
    let mut result = Some(!decisive);
    for condition in conditions {
        match condition.eval(row, params)? {
            Some(truth) if truth == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(result)
}

impl Operand {
    fn resolve<'t>(&'t self, row: &'t dyn RowText, params: &[Option<&'t str>]) -> Option<&'t str> {
        match self {
            Self::Column(name) => row.column(name),
            Self::Param(at) => params.get(usize::from(*at)).copied().flatten(),
            Self::Literal(text) => Some(text),
            Self::Null => None,
        }
    }
}

impl Kind {
    /// The kind of a `pg_type.typname`, `None` where Electric evaluates no comparison or ours doesn't yet.
    pub fn of(pg_type: &str) -> Option<Self> {
        Some(match pg_type {
            "bool" => Self::Bool,
            "int2" | "int4" | "int8" => Self::Integer,
            "float4" | "float8" => Self::Float,
            "numeric" => Self::Numeric,
            "text" | "varchar" | "bpchar" | "name" => Self::Text,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::Timestamptz,
            _ => return None,
        })
    }

    /// Compares two texts of this kind, as PostgreSQL orders the values.
    ///
    /// # Errors
    /// When a text is not of this kind.
    pub fn compare(self, left: &str, right: &str) -> Result<Ordering, EvalError> {
        let invalid = |text: &str| EvalError { text: text.to_owned(), kind: self };
        match self {
            Self::Text => Ok(left.as_bytes().cmp(right.as_bytes())),
            Self::Numeric => compare_numeric(left, right)
                .ok_or_else(|| invalid(if compare_numeric(left, left).is_none() { left } else { right })),
            Self::Bool => by_value(left, right, &invalid, value::<bool>),
            Self::Integer => by_value(left, right, &invalid, value::<i64>),
            Self::Float => by_value(left, right, &invalid, |text| value::<f64>(text).map(TotalFloat)),
            Self::Uuid => by_value(left, right, &invalid, value::<uuid::Uuid>),
            Self::Time => by_value(left, right, &invalid, parse_time),
            Self::Date => by_value(left, right, &invalid, |text| Moment::read(text, parse_date)),
            Self::Timestamp => by_value(left, right, &invalid, |text| Moment::read(text, parse_timestamp)),
            Self::Timestamptz => by_value(left, right, &invalid, |text| Moment::read(text, parse_timestamptz)),
        }
    }
}

fn value<T: PgValue>(text: &str) -> Option<T> {
    T::decode(Cell::text(text)).ok()
}

fn by_value<T: Ord>(
    left: &str,
    right: &str,
    invalid: &dyn Fn(&str) -> EvalError,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Ordering, EvalError> {
    let parse = |text| parse(text).ok_or_else(|| invalid(text));
    Ok(parse(left)?.cmp(&parse(right)?))
}

/// PostgreSQL's order of floats: NaN equals itself and is above infinity; the two zeros are equal.
struct TotalFloat(f64);

impl Ord for TotalFloat {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap_or_else(|| self.0.is_nan().cmp(&other.0.is_nan()))
    }
}

impl PartialOrd for TotalFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for TotalFloat {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for TotalFloat {}

/// A date or timestamp with PostgreSQL's infinities around it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Moment<T> {
    NegativeInfinity,
    At(T),
    Infinity,
}

impl<T> Moment<T> {
    fn read(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Self> {
        match text {
            "-infinity" => Some(Self::NegativeInfinity),
            "infinity" => Some(Self::Infinity),
            text => parse(text).map(Self::At),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl RowText for &[(&str, Option<&str>)] {
        fn column(&self, name: &str) -> Option<&str> {
            self.iter().find(|(column, _)| *column == name).and_then(|(_, text)| *text)
        }
    }

    fn equal(column: &'static str, text: &'static str) -> Expr {
        Expr::Compare {
            op: Comparison::Equal,
            kind: Kind::Text,
            left: Operand::Column(column.into()),
            right: Operand::Literal(text.into()),
        }
    }

    #[test]
    fn null_is_unknown_until_something_decides() {
        let row: &[(&str, Option<&str>)] = &[("a", Some("x")), ("b", None)];
        let (yes, no, unknown) = (equal("a", "x"), equal("a", "y"), equal("b", "x"));
        let all = |list: Vec<Expr>| Expr::All(list.into()).eval(&row, &[]).unwrap();
        let any = |list: Vec<Expr>| Expr::Any(list.into()).eval(&row, &[]).unwrap();
        assert_eq!(all(vec![yes.clone(), unknown.clone()]), None);
        assert_eq!(all(vec![unknown.clone(), no.clone()]), Some(false));
        assert_eq!(any(vec![unknown.clone(), yes]), Some(true));
        assert_eq!(any(vec![no, unknown]), None);
        assert_eq!(all(vec![]), Some(true));
        assert_eq!(any(vec![]), Some(false));
    }

    #[test]
    fn in_follows_postgresql_on_null() {
        let row: &[(&str, Option<&str>)] = &[("a", Some("1")), ("b", None)];
        let test = |column: &'static str, list: Vec<Operand>, negated| {
            Expr::In { kind: Kind::Integer, operand: Operand::Column(column.into()), list: list.into(), negated }
                .eval(&row, &[])
                .unwrap()
        };
        let literal = |text: &'static str| Operand::Literal(text.into());
        assert_eq!(test("a", vec![literal("2"), literal("1")], false), Some(true));
        assert_eq!(test("a", vec![literal("2"), Operand::Null], false), None);
        assert_eq!(test("a", vec![literal("2"), Operand::Null], true), None);
        assert_eq!(test("a", vec![literal("2")], true), Some(true));
        assert_eq!(test("b", vec![literal("2")], true), None);
    }

    #[test]
    fn kinds_compare_as_postgresql_does() {
        for (kind, left, right, ordering) in [
            (Kind::Integer, "9", "10", Ordering::Less),
            (Kind::Text, "9", "10", Ordering::Greater),
            (Kind::Float, "NaN", "Infinity", Ordering::Greater),
            (Kind::Float, "-0", "0", Ordering::Equal),
            (Kind::Numeric, "1.0", "1.00", Ordering::Equal),
            (Kind::Bool, "f", "true", Ordering::Less),
            (
                Kind::Uuid,
                "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                Ordering::Equal,
            ),
            (Kind::Timestamptz, "2024-01-02 03:04:05+02", "2024-01-02 01:04:05+00", Ordering::Equal),
            (Kind::Timestamptz, "infinity", "2024-01-02 01:04:05+00", Ordering::Greater),
            (Kind::Date, "0044-03-15 BC", "0001-01-01", Ordering::Less),
        ] {
            assert_eq!(kind.compare(left, right), Ok(ordering), "{kind:?} {left} {right}");
        }
        assert!(Kind::Integer.compare("x", "1").is_err());
        assert!(Kind::Numeric.compare("1", "x").is_err());
    }
}
