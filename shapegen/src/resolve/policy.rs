//! What follows from change frequency and persistence, and why.

use shapegen_runtime::definition::{Policy, Transport};

use crate::catalog::Column;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::manifest::{ChangeFrequency, Load, Persist, Shape};
use crate::source::Spanned;

use super::selection::Selection;
use super::types;

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

/// Warns of busy tables that are loaded whole.
pub(super) fn check_load(selection: &Selection<'_>, report: &mut Report) {
    let entry = selection.entry;
    match &entry.load {
        None => {
            if matches!(entry.change_frequency, ChangeFrequency::High | ChangeFrequency::VeryHigh) {
                report.push(busy(selection));
            }
        }
        Some(Spanned { value: Load::All, .. }) => {}
        Some(Spanned { value: load, span }) => {
            if let Load::Newest { by, .. } = load
                && selection.table.columns.iter().all(|column| column.name != by.value)
            {
                let message = format!("the table `{}` has no column `{}`", selection.table_name.name, by.value);
                let columns = selection.table.columns.iter().map(|column| column.name.as_str());
                let diagnostic = Diagnostic::error(&codes::SHAPE_COLUMN, message).at(by.span, "no such column");
                report.push(match entry.fields {
                    Some(_) => diagnostic.suggest_or_list(&by.value, "its columns", &columns.collect::<Vec<_>>()),
                    None => diagnostic.suggest(&by.value, columns),
                });
            }
            let message = format!("`load` of `{}` has no effect yet: all rows are loaded", entry.name.value);
            report.push(Diagnostic::warning(&codes::MANIFEST_NOT_YET, message).at(*span, "read, but not followed yet"));
        }
    }
}

fn busy(selection: &Selection<'_>) -> Diagnostic {
    let entry = selection.entry;
    let often = if entry.change_frequency == ChangeFrequency::VeryHigh { "very often" } else { "often" };
    let message = format!("`{}` changes {often}, and all of its rows are loaded", entry.name.value);
    let diagnostic = Diagnostic::warning(&codes::SHAPE_LOAD, message).at(entry.name.span, "no `load`");
    let diagnostic = match newest_by(&selection.columns) {
        Some(column) => diagnostic
            .help(format!("load the newest rows: `load = {{ newest = 200, by = \"{}\" }}`", column.name))
            .see(column.span, "says how new a row is"),
        None => diagnostic.help("load what changes from now on: `load = \"from_now\"`"),
    };
    diagnostic.help("if every row is needed, say so: `load = \"all\"`")
}

/// The column that most likely says when a row came: a timestamp, best one that is always there and filled in by itself.
fn newest_by<'c>(columns: &[&'c Column]) -> Option<&'c Column> {
    let times = columns.iter().copied().filter(|column| {
        column.data_type.dims == 0 && matches!(types::pg_type(&column.data_type), "timestamptz" | "timestamp")
    });
    times.min_by_key(|column| {
        let usual = matches!(column.name.as_str(), "inserted_at" | "created_at");
        (!usual, !column.not_null, column.default.is_none() && column.generated.is_none())
    })
}
