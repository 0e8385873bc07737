//! How long to wait after a failure.

use std::time::Duration;

use jiff::fmt::rfc2822;

use super::Headers;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(32);
/// Beyond this a service's own wish isn't followed.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The bound of the random wait after so many failures in a row, this one not counted.
pub(super) fn backoff(failures: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST)
}

/// `Retry-After`: seconds, or a date, which counts from the answer's own `Date`; zero for anything else.
pub(super) fn retry_after(headers: &dyn Headers) -> Duration {
    let Some(text) = headers.get("retry-after") else {
        return Duration::ZERO;
    };
    let seconds = match text.trim().parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => until(text, headers.get("date")).unwrap_or(0.0),
    };
    // NaN and what is negative are zero.
    Duration::try_from_secs_f64(seconds.max(0.0).min(LONGEST_ASKED.as_secs_f64())).unwrap_or(Duration::ZERO)
}

fn until(date: &str, now: Option<&str>) -> Option<f64> {
    let date = rfc2822::parse(date.trim()).ok()?.timestamp();
    let now = rfc2822::parse(now?.trim()).ok()?.timestamp();
    Some(date.duration_since(now).as_secs_f64())
}
