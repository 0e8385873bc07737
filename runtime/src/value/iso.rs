//! Dates and times as numbers, between PostgreSQL's ISO text and the calendars of jiff and chrono.
//!
//! The local form is that text, too: it is exact, and sorts as the values do from year 1 to 9999. A year BC is counted
//! from below behind a dot, which sorts before every digit: 1 BC is `.9999`, 2 BC is `.9998`.

use std::fmt::Write;

/// A day. The year is astronomical: 0 is 1 BC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Day {
    pub(super) year: i32,
    pub(super) month: u8,
    pub(super) day: u8,
}

/// A time of day, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) micros: u32,
}

/// `2024-02-29`, `0044-03-15 BC`.
pub(super) fn parse_date(text: &str) -> Option<Day> {
    let (day, rest) = parse_day(text)?;
    rest.is_empty().then_some(day)
}

/// `13:14:15`, `13:14:15.5`.
pub(super) fn parse_time(text: &str) -> Option<Clock> {
    let mut rest = Scanner(text.as_bytes());
    let time = rest.time()?;
    rest.0.is_empty().then_some(time)
}

/// `2024-01-02 03:04:05.678901`, also with ` BC`.
pub(super) fn parse_timestamp(text: &str) -> Option<(Day, Clock)> {
    let (day, rest) = parse_day(text)?;
    let mut rest = Scanner(rest);
    rest.byte(b' ').or_else(|| rest.byte(b'T'))?;
    let time = rest.time()?;
    rest.0.is_empty().then_some((day, time))
}

/// `2024-01-02 03:04:05.678901+00`, also with ` BC` and other offsets, which are given in seconds ahead of UTC.
pub(super) fn parse_timestamptz(text: &str) -> Option<(Day, Clock, i32)> {
    let (day, rest) = parse_day(text)?;
    let mut rest = Scanner(rest);
    rest.byte(b' ').or_else(|| rest.byte(b'T'))?;
    let time = rest.time()?;
    let offset = rest.offset()?;
    rest.0.is_empty().then_some((day, time, offset))
}

/// A day in front, and what stands between it and the era.
fn parse_day(text: &str) -> Option<(Day, &[u8])> {
    let (text, bc) = match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut rest = Scanner(text.as_bytes());
    let counted = rest.byte(b'.').is_some();
    let year = rest.number(4, 7)?;
    // PostgreSQL has no year zero: 1 BC is astronomical year 0.
    let year = match (bc, counted) {
        (false, false) => year,
        (true, false) => 1 - year,
        (false, true) => year - 9999,
        (true, true) => return None,
    };
    rest.byte(b'-')?;
    let month = rest.number(2, 2)?.try_into().ok()?;
    rest.byte(b'-')?;
    let day = rest.number(2, 2)?.try_into().ok()?;
    Some((Day { year, month, day }, rest.0))
}

/// Reads fields off the front; `None` as soon as something is not as expected.
struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn byte(&mut self, expected: u8) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        (first == expected).then(|| self.0 = rest)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i32> {
        let length = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0')))
    }

    fn time(&mut self) -> Option<Clock> {
        let hour = self.number(2, 2)?.try_into().ok()?;
        self.byte(b':')?;
        let minute = self.number(2, 2)?.try_into().ok()?;
        self.byte(b':')?;
        let second = self.number(2, 2)?.try_into().ok()?;
        let mut micros = 0;
        if self.byte(b'.').is_some() {
            let before = self.0.len();
            let fraction = u32::try_from(self.number(1, 6)?).ok()?;
            let digits = u32::try_from(before - self.0.len()).ok()?;
            micros = fraction * 10_u32.pow(6 - digits);
        }
        Some(Clock { hour, minute, second, micros })
    }

    fn offset(&mut self) -> Option<i32> {
        let sign = match self.0.split_first()? {
            (b'+', rest) => {
                self.0 = rest;
                1
            }
            (b'-', rest) => {
                self.0 = rest;
                -1
            }
            _ => {
                self.byte(b'Z')?;
                return Some(0);
            }
        };
        let mut seconds = self.number(2, 2)? * 3600;
        if self.byte(b':').is_some() {
            seconds += self.number(2, 2)? * 60;
            if self.byte(b':').is_some() {
                seconds += self.number(2, 2)?;
            }
        }
        Some(sign * seconds)
    }
}

/// Which text is printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    Postgres,
    /// Sorts as the values do.
    Local,
}

/// A day, a time behind it where there is one, an offset behind that, and the era.
pub(super) fn print(day: Option<Day>, time: Option<Clock>, offset: &str, form: Form) -> String {
    let mut out = String::with_capacity(29);
    let mut era = "";
    // Writing to a String can't fail.
    if let Some(Day { year, month, day }) = day {
        let _ = match year {
            1.. => write!(out, "{year:04}"),
            -9999..1 if form == Form::Local => write!(out, ".{:04}", year + 9999),
            _ => {
                era = " BC";
                write!(out, "{:04}", 1 - year)
            }
        };
        let _ = write!(out, "-{month:02}-{day:02}");
    }
    if let Some(Clock { hour, minute, second, micros }) = time {
        if day.is_some() {
            out.push(' ');
        }
        let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
        if micros != 0 {
            let _ = write!(out, ".{micros:06}");
            out.truncate(out.trim_end_matches('0').len());
        }
    }
    out.push_str(offset);
    out.push_str(era);
    out
}

/// Implements `PgValue` for a type by a function that reads it and one that prints it in a [`Form`].
macro_rules! by_text {
    ($($rust:ty => $name:literal, $parse:ident, $print:ident);* $(;)?) => {$(
        impl PgValue for $rust {
            fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
                match &cell {
                    Cell::Text(text) => $parse(text).ok_or_else(|| ValueError::invalid($name, text)),
                    _ => Err(ValueError::unexpected($name, &cell)),
                }
            }

            fn local(&self) -> Cell<'_> {
                Cell::Text(std::borrow::Cow::Owned($print(self, Form::Local)))
            }

            fn text(&self) -> Cell<'_> {
                Cell::Text(std::borrow::Cow::Owned($print(self, Form::Postgres)))
            }
        }
    )*};
}
pub(super) use by_text;
