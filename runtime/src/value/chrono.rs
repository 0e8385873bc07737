//! date, time, timestamp and timestamptz as chrono's types.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::iso::{self, Clock, Day, Form, by_text};
use super::{PgValue, ValueError};
use crate::cell::Cell;

by_text!(
    NaiveDate => "date (year -262143 to 262142)", parse_date, print_date;
    NaiveTime => "time (below 24:00:00)", parse_time, print_time;
    NaiveDateTime => "timestamp (year -262143 to 262142)", parse_timestamp, print_timestamp;
    DateTime<Utc> => "timestamptz (year -262143 to 262142)", parse_timestamptz, print_timestamptz;
);

fn parse_date(text: &str) -> Option<NaiveDate> {
    date(iso::parse_date(text)?)
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    time(iso::parse_time(text)?)
}

fn parse_timestamp(text: &str) -> Option<NaiveDateTime> {
    let (day, clock) = iso::parse_timestamp(text)?;
    Some(date(day)?.and_time(time(clock)?))
}

fn parse_timestamptz(text: &str) -> Option<DateTime<Utc>> {
    let (day, clock, offset) = iso::parse_timestamptz(text)?;
    let there = date(day)?.and_time(time(clock)?);
    Some(there.checked_sub_signed(TimeDelta::seconds(offset.into()))?.and_utc())
}

fn date(Day { year, month, day }: Day) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into())
}

fn time(Clock { hour, minute, second, micros }: Clock) -> Option<NaiveTime> {
    NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micros)
}

fn day(date: NaiveDate) -> Day {
    // Months and days have two digits.
    Day { year: date.year(), month: date.month() as u8, day: date.day() as u8 }
}

/// To the microsecond, which is what PostgreSQL keeps. chrono's leap second is second 60, which PostgreSQL reads.
fn clock(time: NaiveTime) -> Clock {
    let (leap, micros) = (time.nanosecond() / 1_000_000_000, time.nanosecond() % 1_000_000_000 / 1000);
    Clock { hour: time.hour() as u8, minute: time.minute() as u8, second: (time.second() + leap) as u8, micros }
}

fn print_date(date: &NaiveDate, form: Form) -> String {
    iso::print(Some(day(*date)), None, "", form)
}

fn print_time(time: &NaiveTime, form: Form) -> String {
    iso::print(None, Some(clock(*time)), "", form)
}

fn print_timestamp(datetime: &NaiveDateTime, form: Form) -> String {
    iso::print(Some(day(datetime.date())), Some(clock(datetime.time())), "", form)
}

fn print_timestamptz(timestamp: &DateTime<Utc>, form: Form) -> String {
    let datetime = timestamp.naive_utc();
    iso::print(Some(day(datetime.date())), Some(clock(datetime.time())), "+00", form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::OrInfinity;

    #[track_caller]
    fn survives<T: PgValue + PartialEq + std::fmt::Debug>(texts: &[&str]) {
        for text in texts {
            let value = T::decode(Cell::text(text)).unwrap();
            assert_eq!(value.text(), Cell::text(text));
            assert_eq!(T::decode(value.local()), Ok(value));
        }
    }

    #[test]
    fn c_117_what_electric_sends_survives() {
        survives::<NaiveDate>(&["2024-02-29", "0044-03-15 BC", "0001-01-01", "4713-01-01 BC", "262142-12-31"]);
        survives::<NaiveTime>(&["13:14:15.5", "00:00:00", "23:59:59.999999"]);
        survives::<NaiveDateTime>(&["2024-01-02 03:04:05.678901", "0044-03-15 00:00:00 BC", "10000-01-01 00:00:00"]);
        survives::<DateTime<Utc>>(&["2024-01-02 01:04:05.678901+00", "0044-03-15 00:00:00+00 BC"]);
        survives::<OrInfinity<DateTime<Utc>>>(&["2024-01-02 01:04:05.678901+00", "infinity", "-infinity"]);
    }

    #[test]
    fn what_chrono_cannot_hold_is_an_error() {
        for text in ["infinity", "2023-02-29", "262143-01-01", "5874897-12-31", "2024-01-01 00:00:00"] {
            assert!(NaiveDate::decode(Cell::text(text)).is_err(), "{text}");
        }
        for text in ["24:00:00", "23:59:60", "1:00:00"] {
            assert!(NaiveTime::decode(Cell::text(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets_are_applied_and_leap_seconds_printed() {
        let value = parse_timestamptz("2024-01-02 03:04:05+05:30").unwrap();
        assert_eq!(value.text(), Cell::text("2024-01-01 21:34:05+00"));
        let leap = NaiveTime::from_hms_micro_opt(23, 59, 59, 1_500_000).unwrap();
        assert_eq!(leap.text(), Cell::text("23:59:60.5"));
    }
}
