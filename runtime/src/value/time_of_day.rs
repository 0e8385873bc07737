//! time up to 24:00:00, and timetz.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::Time;

use super::ValueError;
use super::iso::Clock;

const DAY: u64 = 86_400_000_000;

/// A `time` of any value: PostgreSQL has `24:00:00`, which the plain type for `time` refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay {
    micros: u64,
}

/// A time with its offset from UTC (`timetz`): `13:14:15.5+02`, `24:00:00-05:30`.
///
/// Ordered as PostgreSQL orders them: by the moment, then the greater offset first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeTz {
    /// The time as a clock with that offset shows it.
    pub time: TimeOfDay,
    /// How far that clock is ahead of UTC, in seconds; less than 16 hours either way.
    pub offset_seconds: i32,
}

by_display!(TimeOfDay, TimeTz);

impl TimeOfDay {
    /// A time by its microseconds since midnight; `None` beyond 24:00:00.
    pub fn from_micros(micros: u64) -> Option<Self> {
        (micros <= DAY).then_some(Self { micros })
    }

    /// Microseconds since midnight, at most 86,400,000,000.
    pub fn micros(self) -> u64 {
        self.micros
    }
}

/// To the microsecond, which is what PostgreSQL keeps.
impl From<Time> for TimeOfDay {
    fn from(time: Time) -> Self {
        let Clock { hour, minute, second, micros } = super::time::clock(time);
        let seconds = (u64::from(hour) * 60 + u64::from(minute)) * 60 + u64::from(second);
        Self { micros: seconds * 1_000_000 + u64::from(micros) }
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match super::time::parse_time(text) {
            Some(time) => Ok(time.into()),
            None if text == "24:00:00" => Ok(Self { micros: DAY }),
            None => Err(ValueError::invalid("time", text)),
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.micros / 1_000_000, self.micros % 1_000_000);
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        print_fraction(micros, f)
    }
}

/// `.5`; nothing for zero.
pub(super) fn print_fraction(micros: u64, out: &mut dyn fmt::Write) -> fmt::Result {
    if micros == 0 {
        return Ok(());
    }
    let digits = format!("{micros:06}");
    write!(out, ".{}", digits.trim_end_matches('0'))
}

impl std::str::FromStr for TimeTz {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let parse = || {
            let (time, offset) = text.split_at(text.find(['+', '-'])?);
            Some(Self { time: time.parse().ok()?, offset_seconds: parse_offset(offset)? })
        };
        parse().ok_or_else(|| ValueError::invalid("timetz", text))
    }
}

/// `+02`, `-05:30`, `+00:19:32`.
fn parse_offset(text: &str) -> Option<i32> {
    let negative = text.starts_with('-');
    let mut seconds = 0;
    let mut parts = text[1..].split(':');
    for unit in [3600, 60, 1] {
        let Some(part) = parts.next() else { break };
        if part.len() != 2 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let part: i32 = part.parse().ok()?;
        seconds += (unit == 3600 || part < 60).then_some(part * unit)?;
    }
    (parts.next().is_none() && seconds < 16 * 3600).then_some(if negative { -seconds } else { seconds })
}

impl fmt::Display for TimeTz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.offset_seconds.unsigned_abs();
        let sign = if self.offset_seconds < 0 { '-' } else { '+' };
        write!(f, "{}{sign}{:02}", self.time, seconds / 3600)?;
        if !seconds.is_multiple_of(3600) {
            write!(f, ":{:02}", seconds / 60 % 60)?;
        }
        if !seconds.is_multiple_of(60) {
            write!(f, ":{:02}", seconds % 60)?;
        }
        Ok(())
    }
}

impl TimeTz {
    /// Microseconds since midnight UTC, before and after the day as well.
    fn moment(&self) -> i128 {
        i128::from(self.time.micros) - i128::from(self.offset_seconds) * 1_000_000
    }
}

impl Ord for TimeTz {
    fn cmp(&self, other: &Self) -> Ordering {
        self.moment().cmp(&other.moment()).then_with(|| other.offset_seconds.cmp(&self.offset_seconds))
    }
}

impl PartialOrd for TimeTz {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
