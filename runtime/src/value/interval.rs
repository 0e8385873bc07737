//! interval: read in each of PostgreSQL's styles, printed in ISO 8601 as Electric asks for it.

use std::cmp::Ordering;
use std::fmt;

use super::ValueError;
use super::time_of_day::print_fraction;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// A PostgreSQL `interval`: `P1Y2M3DT4H5M6.789S`.
///
/// Months, days and time are apart, as in PostgreSQL, since no month has a fixed length and not every day 24 hours; each
/// has its own sign. Equal only when all three are: `P1D` is not `PT24H`, though PostgreSQL's `=` says so. The order is
/// PostgreSQL's, a month as 30 days and a day as 24 hours, and then by the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Interval {
    /// Months; twelve are a year.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

by_display!(Interval);

impl Interval {
    /// `infinity`, which PostgreSQL has from version 17 on: all three parts at their greatest.
    pub const INFINITY: Self = Self { months: i32::MAX, days: i32::MAX, micros: i64::MAX };
    /// `-infinity`, which PostgreSQL has from version 17 on: all three parts at their least.
    pub const NEG_INFINITY: Self = Self { months: i32::MIN, days: i32::MIN, micros: i64::MIN };

    /// Whether this is one of the two infinities.
    pub fn is_infinite(&self) -> bool {
        *self == Self::INFINITY || *self == Self::NEG_INFINITY
    }

    /// Microseconds, a month as 30 days and a day as 24 hours.
    fn span(&self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * 24 * i128::from(HOUR) + i128::from(self.micros)
    }
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = |interval: &Self| (interval.span(), interval.months, interval.days);
        parts(self).cmp(&parts(other))
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::INFINITY => return f.write_str("infinity"),
            Self::NEG_INFINITY => return f.write_str("-infinity"),
            Self { months: 0, days: 0, micros: 0 } => return f.write_str("PT0S"),
            _ => {}
        }
        f.write_str("P")?;
        let part = |value: i64, unit: char, f: &mut fmt::Formatter<'_>| match value {
            0 => Ok(()),
            value => write!(f, "{value}{unit}"),
        };
        part(i64::from(self.months / 12), 'Y', f)?;
        part(i64::from(self.months % 12), 'M', f)?;
        part(i64::from(self.days), 'D', f)?;
        if self.micros != 0 {
            f.write_str("T")?;
            part(self.micros / HOUR, 'H', f)?;
            part(self.micros % HOUR / MINUTE, 'M', f)?;
            let seconds = self.micros % MINUTE;
            if seconds != 0 {
                let sign = if seconds < 0 { "-" } else { "" };
                let seconds = seconds.unsigned_abs();
                write!(f, "{sign}{}", seconds / 1_000_000)?;
                print_fraction(seconds % 1_000_000, f)?;
                f.write_str("S")?;
            }
        }
        Ok(())
    }
}

/// All four styles: `P1DT2H`, `1 day 02:00:00`, `@ 1 day 2 hours`, `1 2:00:00`.
impl std::str::FromStr for Interval {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let finite = |parts: Parts| parts.interval().filter(|interval| !interval.is_infinite());
        let interval = match text {
            "infinity" => Some(Self::INFINITY),
            "-infinity" => Some(Self::NEG_INFINITY),
            // Before version 17 the two are values like others; their text would be the infinities'.
            _ => match text.strip_prefix('P') {
                Some(iso) => Parts::iso(iso).and_then(finite),
                None => Parts::words(text).and_then(finite),
            },
        };
        interval.ok_or_else(|| ValueError::invalid("interval", text))
    }
}

/// The sums so far, wide enough that overflow is found at the end.
#[derive(Default)]
struct Parts {
    months: i128,
    days: i128,
    micros: i128,
}

impl Parts {
    fn interval(self) -> Option<Interval> {
        Some(Interval {
            months: self.months.try_into().ok()?,
            days: self.days.try_into().ok()?,
            micros: self.micros.try_into().ok()?,
        })
    }

    /// What follows `P`: `1Y2M3DT4H5M-6.789S`.
    fn iso(text: &str) -> Option<Self> {
        let mut parts = Self::default();
        let (mut rest, mut time) = (text, false);
        loop {
            if let Some(after) = rest.strip_prefix('T') {
                if time || after.is_empty() {
                    return None;
                }
                (rest, time) = (after, true);
            }
            let at = rest.find(|character: char| character.is_ascii_alphabetic())?;
            let amount = Amount::parse(&rest[..at])?;
            let unit = match (&rest[at..=at], time) {
                ("Y", false) => "year",
                ("M", false) => "mon",
                ("W", false) => "week",
                ("D", false) => "day",
                ("H", true) => "hour",
                ("M", true) => "min",
                ("S", true) => "sec",
                _ => return None,
            };
            parts.add(amount, unit)?;
            rest = &rest[at + 1..];
            if rest.is_empty() {
                return Some(parts);
            }
        }
    }

    /// The other three styles, which are words: numbers with units, `years-months`, and `hours:minutes:seconds`.
    fn words(text: &str) -> Option<Self> {
        let (text, ago) = match text.strip_suffix(" ago") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let mut words = text.strip_prefix("@ ").unwrap_or(text).split(' ').peekable();
        let mut parts = Self::default();
        // In the style of the SQL standard one sign in front holds for all that have none.
        let mut inherited = false;
        while let Some(word) = words.next() {
            let signed = word.starts_with(['+', '-']);
            let negative = if signed { word.starts_with('-') } else { inherited };
            let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
            if let Some((hours, rest)) = unsigned.split_once(':') {
                let (minutes, seconds) = rest.split_once(':')?;
                for (amount, unit) in [(hours, "hour"), (minutes, "min"), (seconds, "sec")] {
                    parts.add(Amount::unsigned(amount)?.negated(negative), unit)?;
                }
            } else if let Some((years, months)) = unsigned.split_once('-') {
                for (amount, unit) in [(years, "year"), (months, "mon")] {
                    parts.add(Amount::unsigned(amount)?.negated(negative), unit)?;
                }
            } else {
                let amount = Amount::unsigned(unsigned)?;
                let unit = words.next_if(|next| next.starts_with(|first: char| first.is_ascii_alphabetic()));
                if unit.is_none() {
                    inherited = negative;
                }
                let negative = if unit.is_some() { signed && negative } else { negative };
                parts.add(amount.negated(negative), unit.unwrap_or("day").trim_end_matches('s'))?;
            }
        }
        if ago {
            parts = Self { months: -parts.months, days: -parts.days, micros: -parts.micros };
        }
        Some(parts)
    }

    fn add(&mut self, amount: Amount, unit: &str) -> Option<()> {
        if unit == "sec" {
            self.micros += i128::from(amount.whole) * i128::from(SECOND) + i128::from(amount.micros);
            return Some(());
        }
        let whole = (amount.micros == 0).then_some(i128::from(amount.whole))?;
        match unit {
            "year" => self.months += whole * 12,
            "mon" => self.months += whole,
            "week" => self.days += whole * 7,
            "day" => self.days += whole,
            "hour" => self.micros += whole * i128::from(HOUR),
            "min" => self.micros += whole * i128::from(MINUTE),
            _ => return None,
        }
        Some(())
    }
}

/// A number with at most six decimal places; both parts have the number's sign.
struct Amount {
    whole: i64,
    micros: i64,
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        Some(Self::unsigned(unsigned)?.negated(text.starts_with('-')))
    }

    fn unsigned(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return None;
        }
        Some(Self { whole: whole.parse().ok()?, micros: format!("{fraction:0<6}").parse().ok()? })
    }

    fn negated(self, negative: bool) -> Self {
        if negative { Self { whole: -self.whole, micros: -self.micros } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_118_each_style_says_the_same() {
        let whole = Interval { months: 14, days: 3, micros: 4 * HOUR + 5 * MINUTE + 6_789_000 };
        let negative = Interval { months: -14, days: -3, micros: -whole.micros };
        let mixed = Interval { months: -14, days: 3, micros: -whole.micros };
        for (interval, texts) in [
            (
                whole,
                [
                    "P1Y2M3DT4H5M6.789S",
                    "1 year 2 mons 3 days 04:05:06.789",
                    "@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs",
                    "+1-2 +3 +4:05:06.789",
                ],
            ),
            (
                negative,
                [
                    "P-1Y-2M-3DT-4H-5M-6.789S",
                    "-1 years -2 mons -3 days -04:05:06.789",
                    "@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs ago",
                    "-1-2 -3 -4:05:06.789",
                ],
            ),
            (
                mixed,
                [
                    "P-1Y-2M3DT-4H-5M-6.789S",
                    "-1 years -2 mons +3 days -04:05:06.789",
                    "@ 1 year 2 mons -3 days 4 hours 5 mins 6.789 secs ago",
                    "-1-2 +3 -4:05:06.789",
                ],
            ),
            (Interval::default(), ["PT0S", "00:00:00", "@ 0", "0"]),
            (
                Interval { days: -3, micros: -HOUR, ..Interval::default() },
                ["P-3DT-1H", "-3 days -01:00:00", "@ 3 days 1 hour ago", "-3 1:00:00"],
            ),
            (
                Interval { micros: -500_000, ..Interval::default() },
                ["PT-0.5S", "-00:00:00.5", "@ 0.5 secs ago", "-0:00:00.5"],
            ),
        ] {
            for text in texts {
                assert_eq!(text.parse(), Ok(interval), "{text}");
            }
            assert_eq!(interval.to_string(), texts[0]);
        }
    }

    #[test]
    fn what_is_no_interval_is_an_error() {
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "1Y",
            "P1H",
            "PT1D",
            "P1.5D",
            "PT1.1234567S",
            "P9999999999Y",
            "1 dog",
            "1:2",
            "@",
            "P1DT",
            "PTT1S",
            "P178956970Y7M2147483647DT2562047788H54.775807S",
            "é",
            "Pé",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    #[test]
    fn intervals_are_ordered_by_their_span() {
        let ascending = ["-infinity", "P-1M", "PT0S", "PT24H", "P1D", "P29D", "P30D", "P1M", "P31D", "infinity"];
        let ascending = ascending.map(|text| text.parse::<Interval>().unwrap());
        assert!(ascending.is_sorted_by(|left, right| left < right), "{ascending:?}");
    }
}
