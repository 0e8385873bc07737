//! What follows from change frequency and persistence, and why.

use shapegen_runtime::definition::{Policy, Transport};

use crate::manifest::{ChangeFrequency, Persist, Shape};

const DAY_S: u32 = 86_400;

/// The policy of a shape and its reasons, a line each.
pub(super) fn policy(entry: &Shape, has_subquery: bool) -> (Policy, Vec<String>) {
    let frequency = entry.change_frequency;
    let busy = matches!(frequency, ChangeFrequency::High | ChangeFrequency::VeryHigh);
    let (kept, why) = match entry.persist {
        Persist::Always => (true, "`persist = \"always\"` says so".to_owned()),
        Persist::Never => (false, "`persist = \"never\"` says so".to_owned()),
        Persist::Auto if busy => (false, format!("a table of frequency `{}` is soon out of date", frequency.word())),
        Persist::Auto => (true, format!("a table of frequency `{}` is worth keeping", frequency.word())),
    };
    let flush_within_ms = match frequency {
        ChangeFrequency::Rare | ChangeFrequency::Low => 0,
        ChangeFrequency::Medium => 250,
        ChangeFrequency::High | ChangeFrequency::VeryHigh => 2_000,
    };
    let stale_after_s = entry.stale_after_s.unwrap_or(DAY_S);
    let mut reasons = vec![format!("{}kept on the device: {why}", if kept { "" } else { "not " })];
    if kept {
        reasons.push(match flush_within_ms {
            0 => "written to disk at every committed batch".to_owned(),
            late => {
                format!("batches are joined and written at most {late} ms late: frequency is `{}`", frequency.word())
            }
        });
    }
    reasons.push(format!(
        "shown as stale after {}: {}",
        duration(stale_after_s),
        if entry.stale_after_s.is_some() { "`stale_after`" } else { "the default" }
    ));
    if let Some(age) = entry.max_age_s {
        reasons.push(format!("deleted and not shown after {}: `max_age`", duration(age)));
    }
    let (transport, why) = match (busy, has_subquery) {
        (true, true) => {
            (Transport::LongPoll, "long poll, whose headers alone tell where a shape with a subquery stands")
        }
        (true, false) => (Transport::Events, "server-sent events"),
        (false, _) => (Transport::LongPoll, "long poll"),
    };
    reasons.push(format!("followed by {why}; frequency is `{}`", frequency.word()));
    (Policy { kept, flush_within_ms, stale_after_s, max_age_s: entry.max_age_s, transport }, reasons)
}

/// Seconds in the largest unit that counts them whole.
fn duration(seconds: u32) -> String {
    for (unit, length) in [("day", DAY_S), ("hour", 3_600), ("minute", 60)] {
        if seconds.is_multiple_of(length) {
            let count = seconds / length;
            return format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
    }
    format!("{seconds} seconds")
}
