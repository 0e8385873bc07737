//! Dates and moments as PostgreSQL counts them: days and microseconds since 2000, with the infinities around.

use super::error::EvalError;

pub(super) const DAY: i64 = 86_400_000_000;
/// Days from the beginning of the Julian period to 2000-01-01.
const JULIAN: i64 = 2_451_545;
const LAST_DATE: i64 = 2_147_483_494 - JULIAN;
const FIRST_MOMENT: i64 = -211_813_488_000_000_000;
const AFTER_LAST_MOMENT: i64 = 9_223_371_331_200_000_000;

/// Days since 2000-01-01; the least and the greatest number are the infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(pub(super) i64);

/// Microseconds since 2000-01-01 00:00, of local time or UTC; the least and the greatest number are the infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) i64);

/// Year (0 is 1 BC), month and day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

impl Civil {
    /// Days since 2000-01-01; the month is 1 to 12.
    pub(super) fn days(self) -> i64 {
        // Years that begin in March, so that the leap day is the last.
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        era * 146_097 + day_of_era - 730_425
    }

    pub(super) fn of(days: i64) -> Self {
        let days = days + 730_425;
        let era = days.div_euclid(146_097);
        let day = days.rem_euclid(146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let (civil_month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self { year: year + era * 400 + next, month: civil_month, day: of_year - (153 * month + 2) / 5 + 1 }
    }

    pub(super) fn month_length(year: i64, month: i64) -> i64 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }
}

fn infinity(text: &str) -> Option<i64> {
    match text {
        "infinity" => Some(i64::MAX),
        "-infinity" => Some(i64::MIN),
        _ => None,
    }
}

fn shown(number: i64) -> Option<&'static str> {
    match number {
        i64::MAX => Some("infinity"),
        i64::MIN => Some("-infinity"),
        _ => None,
    }
}

impl Date {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(infinite) = infinity(text) {
            return Some(Self(infinite));
        }
        let (text, bc) = strip_bc(text);
        let mut rest = Scanner(text.as_bytes());
        let date = rest.date(bc)?;
        rest.0.is_empty().then_some(date)
    }

    pub(super) fn read(text: &str) -> Result<Self, EvalError> {
        Self::parse(text).ok_or_else(|| EvalError::invalid(text, "date"))
    }

    pub(super) fn is_infinite(self) -> bool {
        shown(self.0).is_some()
    }

    pub(super) fn checked(days: i64) -> Result<Self, EvalError> {
        if (-JULIAN..LAST_DATE).contains(&days) { Ok(Self(days)) } else { Err(EvalError::Failed("date out of range")) }
    }

    pub(super) fn print(self) -> String {
        if let Some(infinite) = shown(self.0) {
            return infinite.to_owned();
        }
        let (date, bc) = self.digits();
        format!("{date}{}", if bc { " BC" } else { "" })
    }

    fn digits(self) -> (String, bool) {
        let Civil { year, month, day } = Civil::of(self.0);
        let (shown, bc) = if year > 0 { (year, false) } else { (1 - year, true) };
        (format!("{shown:04}-{month:02}-{day:02}"), bc)
    }

    /// Midnight.
    pub(super) fn moment(self) -> Result<Moment, EvalError> {
        if self.is_infinite() {
            return Ok(Moment(self.0));
        }
        Moment::checked(i128::from(self.0) * i128::from(DAY))
    }
}

impl Moment {
    pub(super) fn parse_timestamp(text: &str) -> Option<Self> {
        Self::parse(text, false)
    }

    pub(super) fn parse_timestamptz(text: &str) -> Option<Self> {
        Self::parse(text, true)
    }

    fn parse(text: &str, zoned: bool) -> Option<Self> {
        if let Some(infinite) = infinity(text) {
            return Some(Self(infinite));
        }
        let (text, bc) = strip_bc(text);
        let mut rest = Scanner(text.as_bytes());
        let date = rest.date(bc)?;
        rest.byte(b' ').or_else(|| rest.byte(b'T'))?;
        let mut micros = i128::from(date.0) * i128::from(DAY) + i128::from(rest.time()?);
        if zoned {
            micros -= i128::from(rest.offset()?) * 1_000_000;
        }
        if !rest.0.is_empty() {
            return None;
        }
        Self::checked(micros).ok()
    }

    pub(super) fn checked(micros: i128) -> Result<Self, EvalError> {
        let fits = i64::try_from(micros).ok().filter(|micros| (FIRST_MOMENT..AFTER_LAST_MOMENT).contains(micros));
        fits.map(Self).ok_or(EvalError::Failed("timestamp out of range"))
    }

    pub(super) fn is_infinite(self) -> bool {
        shown(self.0).is_some()
    }

    /// The date and the microseconds since its midnight; of an infinity the infinity.
    pub(super) fn parts(self) -> (Date, i64) {
        if self.is_infinite() { (Date(self.0), 0) } else { (Date(self.0.div_euclid(DAY)), self.0.rem_euclid(DAY)) }
    }

    pub(super) fn print(self, zoned: bool) -> String {
        if let Some(infinite) = shown(self.0) {
            return infinite.to_owned();
        }
        let (date, time) = self.parts();
        let (date, bc) = date.digits();
        let (offset, era) = (if zoned { "+00" } else { "" }, if bc { " BC" } else { "" });
        format!("{date} {}{offset}{era}", print_time(time))
    }
}

/// `13:14:15.5`
pub(super) fn print_time(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let mut out = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = micros % 1_000_000;
    if fraction != 0 {
        out.push_str(&format!(".{fraction:06}"));
        out.truncate(out.trim_end_matches('0').len());
    }
    out
}

fn strip_bc(text: &str) -> (&str, bool) {
    match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

/// Reads fields off the front; `None` as soon as something is not as expected.
pub(super) struct Scanner<'a>(pub(super) &'a [u8]);

impl Scanner<'_> {
    pub(super) fn byte(&mut self, expected: u8) -> Option<()> {
        let (&first, rest) = self.0.split_first()?;
        (first == expected).then(|| self.0 = rest)
    }

    pub(super) fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let length = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    fn date(&mut self, bc: bool) -> Option<Date> {
        let year = self.number(4, 7)?;
        self.byte(b'-')?;
        let month = self.number(2, 2)?;
        self.byte(b'-')?;
        let day = self.number(2, 2)?;
        // PostgreSQL has no year zero: 1 BC is year 0.
        if year == 0 || !(1..=12).contains(&month) {
            return None;
        }
        let year = if bc { 1 - year } else { year };
        if !(1..=Civil::month_length(year, month)).contains(&day) {
            return None;
        }
        Date::checked(Civil { year, month, day }.days()).ok()
    }

    /// Microseconds since midnight; 24:00:00 is a time, too.
    pub(super) fn time(&mut self) -> Option<i64> {
        let hour = self.number(2, 2)?;
        self.byte(b':')?;
        let minute = self.number(2, 2)?;
        self.byte(b':')?;
        let second = self.number(2, 2)?;
        let mut fraction = 0;
        if self.byte(b'.').is_some() {
            let before = self.0.len();
            let digits = self.number(1, 6)?;
            fraction = digits * 10_i64.pow(u32::try_from(6 + self.0.len() - before).ok()?);
        }
        let micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction;
        (minute < 60 && second < 60 && micros <= DAY).then_some(micros)
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0.split_first()? {
            (b'+', rest) => {
                self.0 = rest;
                1
            }
            (b'-', rest) => {
                self.0 = rest;
                -1
            }
            _ => return self.byte(b'Z').map(|()| 0),
        };
        let mut seconds = self.number(2, 2)? * 3600;
        for unit in [60, 1] {
            if self.byte(b':').is_some() {
                seconds += self.number(2, 2)? * unit;
            } else {
                break;
            }
        }
        Some(sign * seconds)
    }
}
