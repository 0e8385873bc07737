//! Arithmetic on dates, times and timestamps.

use super::calendar::{Civil, DAY, Date, Moment, Scanner, print_time};
use super::error::EvalError;
use super::interval::Interval;
use super::tree::Scalar;

/// Microseconds since midnight.
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let mut rest = Scanner(text.as_bytes());
    let micros = rest.time()?;
    rest.0.is_empty().then_some(micros)
}

pub(super) fn read_time(text: &str) -> Result<i64, EvalError> {
    parse_time(text).ok_or_else(|| EvalError::invalid(text, "time"))
}

/// A moment of a timestamp, a timestamptz, or of a date's midnight.
pub(super) fn read_moment(of: Scalar, text: &str) -> Result<Moment, EvalError> {
    match of {
        Scalar::Date => Date::read(text)?.moment(),
        Scalar::Timestamptz => Moment::parse_timestamptz(text).ok_or_else(|| EvalError::invalid(text, "timestamptz")),
        _ => Moment::parse_timestamp(text).ok_or_else(|| EvalError::invalid(text, "timestamp")),
    }
}

pub(super) fn add_days(date: &str, days: i64) -> Result<String, EvalError> {
    let date = Date::read(date)?;
    if date.is_infinite() {
        return Ok(date.print());
    }
    Ok(Date::checked(date.0.saturating_add(days))?.print())
}

pub(super) fn days_between(left: &str, right: &str) -> Result<String, EvalError> {
    let (left, right) = (Date::read(left)?, Date::read(right)?);
    if left.is_infinite() || right.is_infinite() {
        return Err(EvalError::Failed("an infinite date has no distance"));
    }
    Ok((left.0 - right.0).to_string())
}

pub(super) fn date_and_time(date: &str, time: &str) -> Result<String, EvalError> {
    let (midnight, time) = (Date::read(date)?.moment()?, read_time(time)?);
    if midnight.is_infinite() {
        return Ok(midnight.print(false));
    }
    Ok(Moment::checked(i128::from(midnight.0) + i128::from(time))?.print(false))
}

/// `a + interval`, or `a - interval` where the sign is -1. First the months, within the month's length, then the days.
pub(super) fn add_interval(of: Scalar, text: &str, interval: &str, sign: i64) -> Result<String, EvalError> {
    let interval = Interval::read(interval)?;
    if of == Scalar::Time {
        let micros = i128::from(read_time(text)?) + i128::from(sign) * i128::from(interval.micros);
        let of_day = micros.rem_euclid(i128::from(DAY));
        return Ok(print_time(i64::try_from(of_day).unwrap_or_default()));
    }
    let zoned = of == Scalar::Timestamptz;
    let mut moment = read_moment(of, text)?;
    if moment.is_infinite() {
        return Ok(moment.print(zoned));
    }
    if interval.months != 0 {
        let (date, time) = moment.parts();
        let Civil { year, month, day } = Civil::of(date.0);
        let months = year * 12 + month - 1 + sign * interval.months;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let day = day.min(Civil::month_length(year, month));
        let days = Civil { year, month, day }.days();
        moment = Moment::checked(i128::from(days) * i128::from(DAY) + i128::from(time))?;
    }
    let sign = i128::from(sign);
    moment = Moment::checked(i128::from(moment.0) + sign * i128::from(interval.days) * i128::from(DAY))?;
    Ok(Moment::checked(i128::from(moment.0) + sign * i128::from(interval.micros))?.print(zoned))
}

pub(super) fn time_between(of: Scalar, left: &str, right: &str) -> Result<String, EvalError> {
    let (left, right) = (read_moment(of, left)?, read_moment(of, right)?);
    if left.is_infinite() || right.is_infinite() {
        return Err(EvalError::Failed("an infinite timestamp has no distance"));
    }
    let micros = left.0.checked_sub(right.0).ok_or(EvalError::Failed("interval out of range"))?;
    Ok(Interval { months: 0, days: 0, micros }.justify_hours()?.print())
}
