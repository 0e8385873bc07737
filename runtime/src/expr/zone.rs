//! Time zones by their names in the time zone database of the machine.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::calendar::{Civil, DAY, Date, Moment};
use super::error::EvalError;
use super::time::read_moment;
use super::tree::Scalar;

/// Seconds from 1970 to 2000.
const EPOCH: i64 = 946_684_800;

fn zone(name: &str) -> Result<TimeZone, EvalError> {
    if name.eq_ignore_ascii_case("utc") {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| EvalError::Zone(name.chars().take(80).collect()))
}

/// The calendar repeats after 400 years, and jiff's ends with the year 9999.
fn within(moment: Moment) -> Moment {
    const LAST: i64 = 7_900 * 365 * DAY;
    const CYCLE: i64 = 146_097 * DAY;
    let cycles = (moment.0 - LAST).max(0).div_euclid(CYCLE) + i64::from(moment.0 > LAST);
    Moment(moment.0 - cycles * CYCLE)
}

fn shifted(moment: Moment, offset: Offset, sign: i64) -> Result<Moment, EvalError> {
    Moment::checked(i128::from(moment.0) + i128::from(sign) * i128::from(offset.seconds()) * 1_000_000)
}

/// `timezone(zone, timestamptz)`
pub(super) fn local_time(name: &str, text: &str) -> Result<String, EvalError> {
    let (zone, moment) = (zone(name)?, read_moment(Scalar::Timestamptz, text)?);
    if moment.is_infinite() {
        return Ok(moment.print(false));
    }
    let instant = Timestamp::from_second(within(moment).0.div_euclid(1_000_000) + EPOCH)
        .map_err(|_| EvalError::Failed("timestamp out of range"))?;
    Ok(shifted(moment, zone.to_offset(instant), 1)?.print(false))
}

/// `timezone(zone, timestamp)`: in the hour that is missing in spring the offset before it counts, in the one that comes
/// twice in autumn the offset after it.
pub(super) fn instant_of(name: &str, text: &str) -> Result<String, EvalError> {
    let (zone, moment) = (zone(name)?, read_moment(Scalar::Timestamp, text)?);
    if moment.is_infinite() {
        return Ok(moment.print(true));
    }
    let local = civil(within(moment)).ok_or(EvalError::Failed("timestamp out of range"))?;
    let offset = match zone.to_ambiguous_zoned(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { after, .. } => after,
    };
    Ok(shifted(moment, offset, -1)?.print(true))
}

fn civil(moment: Moment) -> Option<DateTime> {
    let (Date(days), micros) = moment.parts();
    let Civil { year, month, day } = Civil::of(days);
    let seconds = micros % DAY / 1_000_000;
    let small = |value: i64| i8::try_from(value).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(seconds / 3600)?,
        small(seconds / 60 % 60)?,
        small(seconds % 60)?,
        0,
    )
    .ok()
}
