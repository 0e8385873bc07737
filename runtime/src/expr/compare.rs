//! How texts of each kind compare.

use std::cmp::Ordering;

use super::array::Array;
use super::calendar::{Date, Moment};
use super::error::EvalError;
use super::interval::Interval;
use super::tree::Kind;
use crate::cell::Cell;
use crate::value::{PgValue, compare_numeric};

impl Kind {
    /// The kind of a `pg_type.typname`, `None` where Electric evaluates no comparison.
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
            "interval" => Self::Interval,
            _ => return None,
        })
    }

    /// PostgreSQL's name; of integers and floats the widest, since the kind doesn't tell them apart.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "int8",
            Self::Float => "float8",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Timestamptz => "timestamptz",
            Self::Interval => "interval",
            Self::Array(Self::Bool) => "bool[]",
            Self::Array(Self::Integer) => "int8[]",
            Self::Array(Self::Float) => "float8[]",
            Self::Array(Self::Numeric) => "numeric[]",
            Self::Array(Self::Text) => "text[]",
            Self::Array(Self::Uuid) => "uuid[]",
            Self::Array(Self::Date) => "date[]",
            Self::Array(Self::Time) => "time[]",
            Self::Array(Self::Timestamp) => "timestamp[]",
            Self::Array(Self::Timestamptz) => "timestamptz[]",
            Self::Array(Self::Interval) => "interval[]",
            Self::Array(Self::Array(_)) => "array",
        }
    }

    /// The kind of arrays of this; `None` for an array.
    pub fn array(self) -> Option<Self> {
        Some(Self::Array(match self {
            Self::Bool => &Self::Bool,
            Self::Integer => &Self::Integer,
            Self::Float => &Self::Float,
            Self::Numeric => &Self::Numeric,
            Self::Text => &Self::Text,
            Self::Uuid => &Self::Uuid,
            Self::Date => &Self::Date,
            Self::Time => &Self::Time,
            Self::Timestamp => &Self::Timestamp,
            Self::Timestamptz => &Self::Timestamptz,
            Self::Interval => &Self::Interval,
            Self::Array(_) => return None,
        }))
    }

    /// Compares two texts of this kind, as PostgreSQL orders the values; arrays that differ are ordered anyhow.
    ///
    /// # Errors
    /// When a text is not of this kind.
    pub fn compare(self, left: &str, right: &str) -> Result<Ordering, EvalError> {
        let invalid = |text: &str| EvalError::invalid(text, self.name());
        match self {
            Self::Text => Ok(left.as_bytes().cmp(right.as_bytes())),
            Self::Numeric => compare_numeric(left, right)
                .ok_or_else(|| invalid(if compare_numeric(left, left).is_none() { left } else { right })),
            Self::Bool => by_value(left, right, &invalid, value::<bool>),
            Self::Integer => by_value(left, right, &invalid, value::<i64>),
            Self::Float => by_value(left, right, &invalid, |text| value::<f64>(text).map(TotalFloat)),
            Self::Uuid => by_value(left, right, &invalid, value::<uuid::Uuid>),
            Self::Time => by_value(left, right, &invalid, super::time::parse_time),
            Self::Date => by_value(left, right, &invalid, Date::parse),
            Self::Timestamp => by_value(left, right, &invalid, Moment::parse_timestamp),
            Self::Timestamptz => by_value(left, right, &invalid, Moment::parse_timestamptz),
            Self::Interval => by_value(left, right, &invalid, |text| Interval::parse(text).map(Interval::span)),
            Self::Array(kind) => {
                let (left, right) = (Array::read(left)?, Array::read(right)?);
                if left.dims != right.dims {
                    return Ok(Ordering::Less);
                }
                for pair in left.elements.iter().zip(&right.elements) {
                    match pair {
                        (None, None) => {}
                        (Some(left), Some(right)) if kind.compare(left, right)?.is_eq() => {}
                        _ => return Ok(Ordering::Less),
                    }
                }
                Ok(Ordering::Equal)
            }
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
