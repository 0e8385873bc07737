//! date, time, timestamp and timestamptz as jiff's types.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::iso::{self, Clock, Day, Form, by_text};
use super::{PgValue, ValueError};
use crate::cell::Cell;

by_text!(
    Date => "date (year -9999 to 9999)", parse_date, print_date;
    Time => "time (below 24:00:00)", parse_time, print_time;
    DateTime => "timestamp (year -9999 to 9999)", parse_timestamp, print_timestamp;
    Timestamp => "timestamptz (year -9999 to 9999)", parse_timestamptz, print_timestamptz;
);

/// `2024-02-29`, `0044-03-15 BC`; `None` for what jiff can't hold, `infinity` included.
pub fn parse_date(text: &str) -> Option<Date> {
    date(iso::parse_date(text)?)
}

/// `13:14:15`, `13:14:15.5`.
pub fn parse_time(text: &str) -> Option<Time> {
    time(iso::parse_time(text)?)
}

/// `2024-01-02 03:04:05.678901`, also with ` BC`.
pub fn parse_timestamp(text: &str) -> Option<DateTime> {
    let (day, clock) = iso::parse_timestamp(text)?;
    Some(date(day)?.to_datetime(time(clock)?))
}

/// `2024-01-02 03:04:05.678901+00`, also with other offsets and ` BC`.
pub fn parse_timestamptz(text: &str) -> Option<Timestamp> {
    let (day, clock, offset) = iso::parse_timestamptz(text)?;
    Offset::from_seconds(offset).ok()?.to_timestamp(date(day)?.to_datetime(time(clock)?)).ok()
}

fn date(Day { year, month, day }: Day) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn time(Clock { hour, minute, second, micros }: Clock) -> Option<Time> {
    let nanosecond = i32::try_from(micros).ok()?.checked_mul(1000)?;
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, nanosecond).ok()
}

fn day(date: Date) -> Day {
    Day { year: date.year().into(), month: date.month().unsigned_abs(), day: date.day().unsigned_abs() }
}

/// To the microsecond, which is what PostgreSQL keeps.
pub(super) fn clock(time: Time) -> Clock {
    Clock {
        hour: time.hour().unsigned_abs(),
        minute: time.minute().unsigned_abs(),
        second: time.second().unsigned_abs(),
        micros: time.subsec_nanosecond().unsigned_abs() / 1000,
    }
}

fn print_date(date: &Date, form: Form) -> String {
    iso::print(Some(day(*date)), None, "", form)
}

fn print_time(time: &Time, form: Form) -> String {
    iso::print(None, Some(clock(*time)), "", form)
}

fn print_timestamp(datetime: &DateTime, form: Form) -> String {
    iso::print(Some(day(datetime.date())), Some(clock(datetime.time())), "", form)
}

fn print_timestamptz(timestamp: &Timestamp, form: Form) -> String {
    let datetime = Offset::UTC.to_datetime(*timestamp);
    iso::print(Some(day(datetime.date())), Some(clock(datetime.time())), "+00", form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::OrInfinity;

    fn survives<T: PgValue>(texts: &[&str]) {
        for text in texts {
            let value = T::decode(Cell::text(text)).unwrap();
            assert_eq!(value.text(), Cell::text(text));
            assert_eq!(T::decode(value.local()).unwrap().text(), Cell::text(text));
        }
    }

    #[test]
    fn the_local_form_sorts_as_the_values_do() {
        let ascending = [
            "-infinity",
            "9999-12-31 00:00:00+00 BC",
            "0044-03-14 00:00:00+00 BC",
            "0044-03-15 00:00:00+00 BC",
            "0001-12-31 23:59:59.999999+00 BC",
            "0001-01-01 00:00:00+00",
            "2024-01-02 03:04:05+00",
            "2024-01-02 03:04:05.5+00",
            "2024-01-02 03:04:05.51+00",
            "infinity",
        ];
        let values = ascending.map(|text| OrInfinity::<Timestamp>::decode(Cell::text(text)).unwrap());
        assert!(values.is_sorted_by(|left, right| left < right));
        let local = values.each_ref().map(PgValue::local);
        let texts = local.each_ref().map(|cell| if let Cell::Text(text) = cell { text.as_ref() } else { "" });
        assert!(texts.is_sorted_by(|left, right| left < right), "{texts:?}");
        assert_eq!(values.each_ref().map(PgValue::text), ascending.map(Cell::text));
        for (value, text) in values.iter().zip(texts) {
            assert_eq!(OrInfinity::decode(Cell::text(text)).as_ref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn c_117_what_electric_sends_survives() {
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
