//! Casts, and each type's reading of text.

use super::calendar::{Date, Moment, print_time};
use super::decimal;
use super::error::EvalError;
use super::interval::Interval;
use super::number::{self, float4, float8, integer, print, whole};
use super::time::read_time;
use super::tree::{Number, Scalar};
use crate::cell::Cell;
use crate::value::PgValue;

/// `text::to`, where the text is PostgreSQL's own of `from`.
pub(super) fn cast(from: Scalar, to: Scalar, text: &str) -> Result<String, EvalError> {
    use Scalar::{Bool, Bpchar, Date as D, Interval as I, Text, Time, Timestamp};
    Ok(match (from, to) {
        (Bpchar, Text) => text.trim_end_matches(' ').to_owned(),
        // A bool's text is `t`, its cast to text `true`.
        (Bool, Text) => if read(Bool, text)? == "t" { "true" } else { "false" }.to_owned(),
        (Text, _) => read(to, text)?,
        (Bool, Scalar::Number(_)) => if read(Bool, text)? == "t" { "1" } else { "0" }.to_owned(),
        (Scalar::Number(_), Bool) => if integer(text)? == 0 { "f" } else { "t" }.to_owned(),
        (Scalar::Number(from), Scalar::Number(to)) => between_numbers(from, to, text)?,
        (D, Timestamp) => Date::read(text)?.moment()?.print(false),
        (Time, I) => Interval { months: 0, days: 0, micros: read_time(text)? }.print(),
        (from, _) => read(from, text)?,
    })
}

fn between_numbers(from: Number, to: Number, text: &str) -> Result<String, EvalError> {
    use Number::{Float4, Float8, Int2, Int4, Int8, Numeric};
    Ok(match (from, to) {
        (Float4, Float8) => print(&f64::from(float4(text)?)),
        (Int2 | Int4 | Int8, Float8) => {
            #[allow(clippy::cast_precision_loss)]
            let value = integer(text)? as f64;
            print(&value)
        }
        (Int2 | Int4 | Int8, Float4) => {
            #[allow(clippy::cast_precision_loss)]
            let value = integer(text)? as f32;
            print(&value)
        }
        (Numeric, Float8) => finite(text, number::float8(text)?)?,
        (Numeric, Float4) => {
            let value = float4(text)?;
            finite(text, f64::from(value))?;
            print(&value)
        }
        (Int2 | Int4 | Int8, Int2 | Int4 | Int8) => whole(to, i128::from(integer(text)?))?,
        _ => text.to_owned(),
    })
}

/// A float of a numeric's digits, which must not come to infinity.
fn finite(text: &str, value: f64) -> Result<String, EvalError> {
    if value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(EvalError::Failed("the number is out of its type's range"));
    }
    Ok(print(&value))
}

/// PostgreSQL's own text of a value that is written somehow.
pub(super) fn read(scalar: Scalar, text: &str) -> Result<String, EvalError> {
    let bare = text.trim_matches(|letter: char| letter.is_ascii_whitespace() || letter == '\u{b}');
    Ok(match scalar {
        Scalar::Text | Scalar::Bpchar => text.to_owned(),
        Scalar::Bool => {
            if boolean(bare).ok_or_else(|| EvalError::invalid(text, "bool"))? { "t" } else { "f" }.to_owned()
        }
        Scalar::Number(of @ (Number::Int2 | Number::Int4 | Number::Int8)) => {
            whole(of, i128::from(integer(bare)?)).map_err(|_| EvalError::invalid(text, "an integer of this size"))?
        }
        Scalar::Number(Number::Numeric) => decimal::canonical(bare)?,
        Scalar::Number(Number::Float4) => print(&float4(bare)?),
        Scalar::Number(Number::Float8) => print(&float8(bare)?),
        Scalar::Uuid => print(&uuid::Uuid::decode(Cell::text(bare)).map_err(|_| EvalError::invalid(text, "uuid"))?),
        Scalar::Date => Date::read(bare)?.print(),
        Scalar::Time => print_time(read_time(bare)?),
        Scalar::Timestamp => {
            Moment::parse_timestamp(bare).ok_or_else(|| EvalError::invalid(text, "timestamp"))?.print(false)
        }
        Scalar::Timestamptz => {
            Moment::parse_timestamptz(bare).ok_or_else(|| EvalError::invalid(text, "timestamptz"))?.print(true)
        }
        Scalar::Interval => Interval::read(bare)?.print(),
    })
}

/// As boolin reads: any unambiguous beginning of the words, in any case.
fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || text == "on" || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}
