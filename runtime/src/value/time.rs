//! date, time, timestamp and timestamptz between PostgreSQL's ISO text and jiff.

use std::borrow::Cow;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::{PgValue, ValueError};
use crate::cell::Cell;

// The local form of all four is PostgreSQL's own text: it is exact, and sorts as the values do from year 1 to 9999.
macro_rules! by_text {
    ($($rust:ty => $name:literal, $parse:ident, $print:ident);*) => {$(
        impl PgValue for $rust {
            fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
                match &cell {
                    Cell::Text(text) => $parse(text).ok_or_else(|| ValueError::invalid($name, text)),
                    _ => Err(ValueError::unexpected($name, &cell)),
                }
            }

            fn local(&self) -> Cell<'_> {
                self.text()
            }

            fn text(&self) -> Cell<'_> {
                let mut out = String::with_capacity(29);
                $print(self, &mut out);
                Cell::Text(Cow::Owned(out))
            }
        }
    )*};
}

by_text!(
    Date => "date (year -9999 to 9999)", parse_date, print_date;
    Time => "time (below 24:00:00)", parse_time, print_time;
    DateTime => "timestamp (year -9999 to 9999)", parse_timestamp, print_timestamp;
    Timestamp => "timestamptz (year -9999 to 9999)", parse_timestamptz, print_timestamptz
);

/// `2024-02-29`, `0044-03-15 BC`; `None` for what jiff can't hold, `infinity` included.
pub fn parse_date(text: &str) -> Option<Date> {
    let (text, bc) = strip_bc(text);
    let mut rest = Scanner(text.as_bytes());
    let date = rest.date(bc)?;
    rest.0.is_empty().then_some(date)
}

/// `13:14:15`, `13:14:15.5`.
pub fn parse_time(text: &str) -> Option<Time> {
    let mut rest = Scanner(text.as_bytes());
    let time = rest.time()?;
    rest.0.is_empty().then_some(time)
}

/// `2024-01-02 03:04:05.678901`, also with ` BC`.
pub fn parse_timestamp(text: &str) -> Option<DateTime> {
    let (text, bc) = strip_bc(text);
    let mut rest = Scanner(text.as_bytes());
    let date = rest.date(bc)?;
    rest.byte(b' ').or_else(|| rest.byte(b'T'))?;
    let time = rest.time()?;
    rest.0.is_empty().then(|| date.to_datetime(time))
}

/// `2024-01-02 03:04:05.678901+00`, also with other offsets and ` BC`.
pub fn parse_timestamptz(text: &str) -> Option<Timestamp> {
    let (text, bc) = strip_bc(text);
    let mut rest = Scanner(text.as_bytes());
    let date = rest.date(bc)?;
    rest.byte(b' ').or_else(|| rest.byte(b'T'))?;
    let time = rest.time()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() {
        return None;
    }
    offset.to_timestamp(date.to_datetime(time)).ok()
}

fn strip_bc(text: &str) -> (&str, bool) {
    match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    }
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

    fn date(&mut self, bc: bool) -> Option<Date> {
        let year = self.number(4, 6)?;
        self.byte(b'-')?;
        let month = self.number(2, 2)?;
        self.byte(b'-')?;
        let day = self.number(2, 2)?;
        // PostgreSQL has no year zero: 1 BC is astronomical year 0.
        let year = if bc { 1 - year } else { year };
        Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.number(2, 2)?;
        self.byte(b':')?;
        let minute = self.number(2, 2)?;
        self.byte(b':')?;
        let second = self.number(2, 2)?;
        let mut nanosecond = 0;
        if self.byte(b'.').is_some() {
            let before = self.0.len();
            let fraction = self.number(1, 6)?;
            let digits = u32::try_from(before - self.0.len()).ok()?;
            nanosecond = fraction * 10_i32.pow(9 - digits);
        }
        Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, nanosecond).ok()
    }

    fn offset(&mut self) -> Option<Offset> {
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
                return Some(Offset::UTC);
            }
        };
        let mut seconds = self.number(2, 2)? * 3600;
        if self.byte(b':').is_some() {
            seconds += self.number(2, 2)? * 60;
            if self.byte(b':').is_some() {
                seconds += self.number(2, 2)?;
            }
        }
        Offset::from_seconds(sign * seconds).ok()
    }
}

// Writing to a String can't fail.
fn print_date_without_era(date: &Date, out: &mut String) -> bool {
    let year = i32::from(date.year());
    let (year, bc) = if year > 0 { (year, false) } else { (1 - year, true) };
    let _ = write!(out, "{year:04}-{:02}-{:02}", date.month(), date.day());
    bc
}

fn print_date(date: &Date, out: &mut String) {
    if print_date_without_era(date, out) {
        out.push_str(" BC");
    }
}

fn print_time(time: &Time, out: &mut String) {
    let _ = write!(out, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    let micros = time.subsec_nanosecond() / 1000;
    if micros != 0 {
        let _ = write!(out, ".{micros:06}");
        out.truncate(out.trim_end_matches('0').len());
    }
}

fn print_with_offset(datetime: &DateTime, offset: &str, out: &mut String) {
    let bc = print_date_without_era(&datetime.date(), out);
    out.push(' ');
    print_time(&datetime.time(), out);
    out.push_str(offset);
    if bc {
        out.push_str(" BC");
    }
}

fn print_timestamp(datetime: &DateTime, out: &mut String) {
    print_with_offset(datetime, "", out);
}

fn print_timestamptz(timestamp: &Timestamp, out: &mut String) {
    print_with_offset(&Offset::UTC.to_datetime(*timestamp), "+00", out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: PgValue>(texts: &[&str]) {
        for text in texts {
            let value = T::decode(Cell::text(text)).unwrap();
            assert_eq!(value.text(), Cell::text(text));
        }
    }

    #[test]
    fn what_electric_sends_survives() {
        survives::<Date>(&["2024-02-29", "0044-03-15 BC", "0001-01-01"]);
        survives::<Time>(&["13:14:15.5", "00:00:00", "23:59:59.999999"]);
        survives::<DateTime>(&["2024-01-02 03:04:05.678901", "2024-01-02 03:04:05.678", "0044-03-15 00:00:00 BC"]);
        survives::<Timestamp>(&[
            "2024-01-02 01:04:05.678901+00",
            "1900-01-01 00:00:00+00",
            "0044-03-15 00:00:00+00 BC",
        ]);
    }

    #[test]
    fn offsets_are_applied() {
        let value = parse_timestamptz("2024-01-02 03:04:05+05:30").unwrap();
        assert_eq!(value.text(), Cell::text("2024-01-01 21:34:05+00"));
    }

    #[test]
    fn what_jiff_cannot_hold_is_an_error() {
        for text in [
            "infinity",
            "-infinity",
            "10000-01-01 00:00:00+00",
            "2024-01-02 03:04:05",
            "2024-13-01 00:00:00+00",
            "",
            "2024",
        ] {
            assert!(Timestamp::decode(Cell::text(text)).is_err(), "{text}");
        }
        assert!(Time::decode(Cell::text("24:00:00")).is_err());
    }
}
