//! Intervals: months, days and microseconds, which PostgreSQL keeps apart.

use super::calendar::DAY;
use super::error::EvalError;
use super::number::float8;

const OUT_OF_RANGE: EvalError = EvalError::Failed("interval out of range");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Interval {
    /// Within 32 bits, and the days.
    pub(super) months: i64,
    pub(super) days: i64,
    pub(super) micros: i64,
}

impl Interval {
    /// Reads ISO 8601 (`P1Y2M3DT4H5M6.7S`) and PostgreSQL's own form (`1 year 2 mons 3 days 04:05:06.7`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix('P') {
            Some(rest) => Self::parse_iso(rest),
            None => Self::parse_words(text),
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, EvalError> {
        Self::parse(text).ok_or_else(|| EvalError::invalid(text, "interval"))
    }

    fn parse_iso(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) if !time.is_empty() => (date, time),
            Some(_) => return None,
            None => (text, ""),
        };
        if date.is_empty() && time.is_empty() {
            return None;
        }
        let mut sum = Sum::default();
        for (part, units) in [
            (date, &[('Y', Unit::Year), ('M', Unit::Month), ('W', Unit::Week), ('D', Unit::Day)][..]),
            (time, &[('H', Unit::Hour), ('M', Unit::Minute), ('S', Unit::Second)]),
        ] {
            let mut rest = part;
            while !rest.is_empty() {
                let end = rest.find(|letter: char| letter.is_ascii_alphabetic())?;
                let letter = rest[end..].chars().next()?;
                let (_, unit) = units.iter().find(|(name, _)| *name == letter)?;
                sum.add(&rest[..end], *unit, false)?;
                rest = &rest[end + 1..];
            }
        }
        sum.interval()
    }

    fn parse_words(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let mut words: Vec<&str> = lower.split_ascii_whitespace().collect();
        if words.first() == Some(&"@") {
            words.remove(0);
        }
        let ago = words.last() == Some(&"ago");
        if ago {
            words.pop();
        }
        if words.is_empty() {
            return None;
        }
        let mut sum = Sum::default();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            if word.contains(':') {
                sum.clock(word, ago)?;
                continue;
            }
            // `1day` and `1 day`; a number alone at the end is seconds.
            let end = word.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(word.len());
            let (number, mut unit) = word.split_at(end);
            if unit.is_empty() {
                unit = words.next().unwrap_or("seconds");
            }
            sum.add(number, Unit::named(unit)?, ago)?;
        }
        sum.interval()
    }

    /// PostgreSQL's ISO 8601 text.
    pub(super) fn print(self) -> String {
        if self == Self::default() {
            return "PT0S".to_owned();
        }
        let mut out = String::from("P");
        let part = |out: &mut String, value: i64, unit: char| {
            if value != 0 {
                out.push_str(&value.to_string());
                out.push(unit);
            }
        };
        part(&mut out, self.months / 12, 'Y');
        part(&mut out, self.months % 12, 'M');
        part(&mut out, self.days, 'D');
        if self.micros != 0 {
            out.push('T');
            let seconds = self.micros / 1_000_000;
            part(&mut out, seconds / 3600, 'H');
            part(&mut out, seconds / 60 % 60, 'M');
            let rest = self.micros % 60_000_000;
            if rest != 0 {
                let (whole, fraction) = (rest.abs() / 1_000_000, rest.abs() % 1_000_000);
                let mut number = format!("{}{whole}.{fraction:06}", if rest < 0 { "-" } else { "" });
                number.truncate(number.trim_end_matches('0').trim_end_matches('.').len());
                out.push_str(&number);
                out.push('S');
            }
        }
        out
    }

    /// The length by which intervals compare: microseconds, of 30 days a month.
    pub(super) fn span(self) -> i128 {
        (i128::from(self.months) * 30 + i128::from(self.days)) * i128::from(DAY) + i128::from(self.micros)
    }

    fn checked(months: i128, days: i128, micros: i128) -> Result<Self, EvalError> {
        let small = |value: i128| i32::try_from(value).map(i64::from).map_err(|_| OUT_OF_RANGE);
        let micros = i64::try_from(micros).map_err(|_| OUT_OF_RANGE)?;
        Ok(Self { months: small(months)?, days: small(days)?, micros })
    }

    /// Full days of the time become days, with one sign.
    pub(super) fn justify_hours(self) -> Result<Self, EvalError> {
        let mut result = self;
        result.days += result.micros / DAY;
        result.micros %= DAY;
        result.one_sign_of_days();
        Self::checked(result.months.into(), result.days.into(), result.micros.into())
    }

    /// Full 30 days become months, with one sign.
    pub(super) fn justify_days(self) -> Result<Self, EvalError> {
        let mut result = self;
        result.months += result.days / 30;
        result.days %= 30;
        if result.months > 0 && result.days < 0 {
            result.days += 30;
            result.months -= 1;
        } else if result.months < 0 && result.days > 0 {
            result.days -= 30;
            result.months += 1;
        }
        Self::checked(result.months.into(), result.days.into(), result.micros.into())
    }

    /// Both, with one sign for all.
    pub(super) fn justify_interval(self) -> Result<Self, EvalError> {
        let mut result = self;
        result.days += result.micros / DAY;
        result.micros %= DAY;
        result.months += result.days / 30;
        result.days %= 30;
        if result.months > 0 && (result.days < 0 || (result.days == 0 && result.micros < 0)) {
            result.days += 30;
            result.months -= 1;
        } else if result.months < 0 && (result.days > 0 || (result.days == 0 && result.micros > 0)) {
            result.days -= 30;
            result.months += 1;
        }
        result.one_sign_of_days();
        Self::checked(result.months.into(), result.days.into(), result.micros.into())
    }

    fn one_sign_of_days(&mut self) {
        if self.days > 0 && self.micros < 0 {
            self.micros += DAY;
            self.days -= 1;
        } else if self.days < 0 && self.micros > 0 {
            self.micros -= DAY;
            self.days += 1;
        }
    }
}

/// `a + b`, or `a - b` where the sign is -1.
pub(super) fn sum(left: &str, right: &str, sign: i128) -> Result<String, EvalError> {
    let (left, right) = (Interval::read(left)?, Interval::read(right)?);
    let add = |left: i64, right: i64| i128::from(left) + sign * i128::from(right);
    let sum =
        Interval::checked(add(left.months, right.months), add(left.days, right.days), add(left.micros, right.micros))?;
    Ok(sum.print())
}

pub(super) fn justify(text: &str, how: impl Fn(Interval) -> Result<Interval, EvalError>) -> Result<String, EvalError> {
    Ok(how(Interval::read(text)?)?.print())
}

/// `interval * factor`: what is left of a month becomes days of a 30th, and what is left of those becomes time.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(super) fn scale(text: &str, factor: &str) -> Result<String, EvalError> {
    let (interval, factor) = (Interval::read(text)?, float8(factor)?);
    let whole = |value: f64| {
        // A fraction above the greatest integer is cut off before it counts.
        let fits = value >= f64::from(i32::MIN) && value < -f64::from(i32::MIN);
        if fits { Ok(value.trunc()) } else { Err(OUT_OF_RANGE) }
    };
    let rounded = |value: f64| (value * 1e6).round_ties_even() / 1e6;
    let (months, days) = (interval.months as f64 * factor, interval.days as f64 * factor);
    let (whole_months, mut whole_days) = (whole(months)?, whole(days)?);
    let of_month = rounded((months - whole_months) * 30.0);
    let mut seconds = rounded((days - whole_days + of_month - of_month.trunc()) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        whole_days += (seconds / 86_400.0).trunc();
        seconds -= (seconds / 86_400.0).trunc() * 86_400.0;
    }
    whole_days += of_month.trunc();
    let micros = (interval.micros as f64 * factor + seconds * 1e6).round_ties_even();
    // 2^63 is the first float beyond.
    if micros.is_nan() || micros < i64::MIN as f64 || micros >= i64::MAX as f64 {
        return Err(OUT_OF_RANGE);
    }
    Ok(Interval::checked(whole_months as i128, whole_days as i128, micros as i128)?.print())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

impl Unit {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "y" | "yr" | "yrs" | "year" | "years" => Self::Year,
            "mon" | "mons" | "month" | "months" => Self::Month,
            "w" | "week" | "weeks" => Self::Week,
            "d" | "day" | "days" => Self::Day,
            "h" | "hr" | "hrs" | "hour" | "hours" => Self::Hour,
            "m" | "min" | "mins" | "minute" | "minutes" => Self::Minute,
            "s" | "sec" | "secs" | "second" | "seconds" => Self::Second,
            "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => Self::Millisecond,
            "us" | "usec" | "usecs" | "microsecond" | "microseconds" => Self::Microsecond,
            _ => return None,
        })
    }

    /// Months, days and microseconds of one.
    fn size(self) -> (i128, i128, i128) {
        match self {
            Self::Year => (12, 0, 0),
            Self::Month => (1, 0, 0),
            Self::Week => (0, 7, 0),
            Self::Day => (0, 1, 0),
            Self::Hour => (0, 0, 3_600_000_000),
            Self::Minute => (0, 0, 60_000_000),
            Self::Second => (0, 0, 1_000_000),
            Self::Millisecond => (0, 0, 1_000),
            Self::Microsecond => (0, 0, 1),
        }
    }
}

#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// Fractions only of units that have an exact part of microseconds: `1.5 months` is for nobody to guess.
    fn add(&mut self, number: &str, unit: Unit, ago: bool) -> Option<()> {
        let (negative, unsigned) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |text: &str| text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let sign = if negative != ago { -1 } else { 1 };
        let (months, days, micros) = unit.size();
        self.months += sign * whole * months;
        self.days += sign * whole * days;
        self.micros += sign * whole * micros;
        if !fraction.is_empty() {
            if micros == 0 {
                return None;
            }
            let parts = micros * fraction.parse::<i128>().ok()?;
            let whole = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
            self.micros += sign * ((parts + whole / 2) / whole);
        }
        Some(())
    }

    /// `-04:05:06.7`, `04:05`
    fn clock(&mut self, word: &str, ago: bool) -> Option<()> {
        let (negative, unsigned) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word.strip_prefix('+').unwrap_or(word)),
        };
        let parts: Vec<&str> = unsigned.split(':').collect();
        let [hours, minutes, rest @ ..] = &parts[..] else { return None };
        let turned = negative != ago;
        let below_60 = |text: &str| text.parse::<f64>().is_ok_and(|value| value < 60.0);
        if rest.len() > 1 || !below_60(minutes) || !rest.iter().all(|seconds| below_60(seconds)) {
            return None;
        }
        self.add(hours, Unit::Hour, turned)?;
        self.add(minutes, Unit::Minute, turned)?;
        rest.iter().try_for_each(|seconds| self.add(seconds, Unit::Second, turned))
    }

    fn interval(self) -> Option<Interval> {
        Interval::checked(self.months, self.days, self.micros).ok()
    }
}
