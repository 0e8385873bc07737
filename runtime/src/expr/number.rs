//! Arithmetic on integers and floats, with PostgreSQL's errors.

use super::decimal;
use super::error::EvalError;
use super::tree::Number;
use crate::cell::Cell;
use crate::value::PgValue;

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
}

const OUT_OF_RANGE: EvalError = EvalError::Failed("the number is out of its type's range");
const DIVISION_BY_ZERO: EvalError = EvalError::Failed("division by zero");

pub(super) fn integer(text: &str) -> Result<i64, EvalError> {
    i64::decode(Cell::text(text)).map_err(|_| EvalError::invalid(text, "int8"))
}

pub(super) fn float8(text: &str) -> Result<f64, EvalError> {
    f64::decode(Cell::text(text)).map_err(|_| EvalError::invalid(text, "float8"))
}

pub(super) fn float4(text: &str) -> Result<f32, EvalError> {
    f32::decode(Cell::text(text)).map_err(|_| EvalError::invalid(text, "float4"))
}

/// PostgreSQL's text of a value.
pub(super) fn print(value: &impl PgValue) -> String {
    match value.text() {
        Cell::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// A whole number of a type, or the error that it is none.
pub(super) fn whole(of: Number, value: i128) -> Result<String, EvalError> {
    let fits = match of {
        Number::Int2 => i16::try_from(value).is_ok(),
        Number::Int4 => i32::try_from(value).is_ok(),
        _ => i64::try_from(value).is_ok(),
    };
    if fits { Ok(value.to_string()) } else { Err(OUT_OF_RANGE) }
}

/// Not of numerics.
pub(super) fn arithmetic(op: Op, of: Number, left: &str, right: &str) -> Result<String, EvalError> {
    match of {
        Number::Float4 => {
            // In double precision and back it is the same: 53 bits are more than twice 24 and two.
            let (left, right) = (f64::from(float4(left)?), f64::from(float4(right)?));
            let exact = match op {
                Op::Divide if right == 0.0 && !left.is_nan() => return Err(DIVISION_BY_ZERO),
                op => apply(op, left, right),
            };
            #[allow(clippy::cast_possible_truncation)]
            let result = exact as f32;
            check(op, f64::from(result), left, right)?;
            Ok(print(&result))
        }
        Number::Float8 | Number::Numeric => {
            let (left, right) = (float8(left)?, float8(right)?);
            if op == Op::Divide && right == 0.0 && !left.is_nan() {
                return Err(DIVISION_BY_ZERO);
            }
            let result = apply(op, left, right);
            check(op, result, left, right)?;
            Ok(print(&result))
        }
        Number::Int2 | Number::Int4 | Number::Int8 => {
            let (left, right) = (i128::from(integer(left)?), i128::from(integer(right)?));
            let result = match op {
                Op::Add => left + right,
                Op::Subtract => left - right,
                Op::Multiply => left * right,
                Op::Divide => left.checked_div(right).ok_or(DIVISION_BY_ZERO)?,
            };
            whole(of, result)
        }
    }
}

fn apply(op: Op, left: f64, right: f64) -> f64 {
    match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
    }
}

/// Infinity from finite numbers, and zero from others, are errors.
fn check(op: Op, result: f64, left: f64, right: f64) -> Result<(), EvalError> {
    let overflow = result.is_infinite() && !left.is_infinite() && (op == Op::Divide || !right.is_infinite());
    let underflow = result == 0.0
        && left != 0.0
        && match op {
            Op::Multiply => right != 0.0,
            Op::Divide => !right.is_infinite(),
            Op::Add | Op::Subtract => false,
        };
    if overflow || underflow { Err(OUT_OF_RANGE) } else { Ok(()) }
}

pub(super) fn negate(of: Number, text: &str) -> Result<String, EvalError> {
    match of {
        Number::Numeric => decimal::negate(text),
        Number::Float4 => Ok(print(&-float4(text)?)),
        Number::Float8 => Ok(print(&-float8(text)?)),
        of => whole(of, -i128::from(integer(text)?)),
    }
}

pub(super) fn absolute(of: Number, text: &str) -> Result<String, EvalError> {
    match of {
        Number::Numeric if text.starts_with('-') => decimal::negate(text),
        Number::Numeric => Ok(text.to_owned()),
        Number::Float4 => Ok(print(&float4(text)?.abs())),
        Number::Float8 => Ok(print(&float8(text)?.abs())),
        of => whole(of, i128::from(integer(text)?).abs()),
    }
}

pub(super) fn power(base: &str, exponent: &str) -> Result<String, EvalError> {
    let (base, exponent) = (float8(base)?, float8(exponent)?);
    if base.is_nan() || exponent.is_nan() {
        return Ok(print(&base.powf(exponent)));
    }
    if base == 0.0 && exponent < 0.0 {
        return Err(EvalError::Failed("zero has no negative powers"));
    }
    if base < 0.0 && exponent.floor() != exponent {
        return Err(EvalError::Failed("a negative number has no powers but whole ones"));
    }
    let result = base.powf(exponent);
    let finite = base.is_finite() && exponent.is_finite();
    if finite && (result.is_infinite() || (result == 0.0 && base != 0.0)) {
        return Err(OUT_OF_RANGE);
    }
    Ok(print(&result))
}

pub(super) fn square_root(text: &str) -> Result<String, EvalError> {
    let value = float8(text)?;
    if value < 0.0 {
        return Err(EvalError::Failed("a negative number has no square root"));
    }
    Ok(print(&value.sqrt()))
}

pub(super) fn bits(left: &str, right: &str, op: impl Fn(i64, i64) -> i64) -> Result<String, EvalError> {
    Ok(op(integer(left)?, integer(right)?).to_string())
}
