//! What is loaded at the start: all rows, the newest ones, or none.

use shapegen_runtime::definition::Replica;

use crate::catalog::Column;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::fragment::{self, FragmentError, Params, Subject};
use crate::manifest::{self, ChangeFrequency, Shape};
use crate::model::{Filter, Load, Newest};
use crate::source::Spanned;

use super::selection::Selection;
use super::types;

/// What is loaded of a shape; warns of busy tables that are loaded whole. `None` after an error.
pub(super) fn load(selection: &Selection<'_>, subject: Subject<'_>, report: &mut Report) -> Option<Load> {
    let entry = selection.entry;
    match entry.load.as_ref().map(|load| &load.value) {
        None => {
            if matches!(entry.change_frequency, ChangeFrequency::High | ChangeFrequency::VeryHigh) {
                report.push(busy(selection));
            }
            Some(Load::All)
        }
        Some(manifest::Load::All) => Some(Load::All),
        Some(manifest::Load::FromNow) => Some(Load::FromNow),
        Some(manifest::Load::Newest { count, by }) => match newest(selection, subject, *count, by) {
            Ok(newest) => Some(Load::Newest(Box::new(newest))),
            Err(diagnostic) => {
                report.push(*diagnostic);
                None
            }
        },
    }
}

/// Why it is so, for `explain`: a line each.
pub(super) fn reasons(load: &Load, entry: &Shape) -> Vec<String> {
    let (first, rest) = match (load, &entry.load) {
        (Load::All, _) => {
            let said = if entry.load.is_some() { "`load = \"all\"`" } else { "the default" };
            (format!("all rows are loaded at the start: {said}"), "")
        }
        (Load::Newest(newest), Some(Spanned { value: manifest::Load::Newest { by, .. }, .. })) => (
            format!(
                "the newest {} rows by `{}` are loaded at the start, older ones by `load_older`",
                newest.count, by.value
            ),
            "a row that was never loaded",
        ),
        (Load::Newest(_) | Load::FromNow, _) => {
            ("no row is loaded at the start, only what changes from then on".to_owned(), "a row of before")
        }
    };
    let mut reasons = vec![first];
    reasons.extend(match (entry.replica, rest) {
        (Replica::Default, "") => None,
        (Replica::Full, "") => Some("changes carry whole rows: `replica = \"full\"`".to_owned()),
        (Replica::Full, row) => {
            Some(format!("changes carry whole rows, so an update brings in {row}: `replica = \"full\"`"))
        }
        (Replica::Default, row) => {
            Some(format!("an update of {row} is not seen; with `replica = \"full\"` it brings the row in"))
        }
    });
    reasons
}

/// How the newest rows are told from older ones.
fn newest(
    selection: &Selection<'_>,
    subject: Subject<'_>,
    count: u32,
    by: &Spanned<String>,
) -> Result<Newest, Box<Diagnostic>> {
    let at = selection.columns.iter().position(|column| column.name == by.value);
    let at = at.ok_or_else(|| Box::new(unknown(selection, by)))?;
    let column = selection.columns[at];
    let unfit = |label: &str| {
        let message = format!("rows can't be loaded newest first by `{}`", by.value);
        Diagnostic::error(&codes::SHAPE_NEWEST, message).at(by.span, label)
    };
    let mut order = vec![at];
    order.extend(selection.key.iter().copied().filter(|key| *key != at));
    let names: Vec<&str> = order.iter().map(|&at| selection.columns[at].name.as_str()).collect();
    if let Some(secret) = selection.entry.secret.iter().find(|secret| names.contains(&secret.value.as_str())) {
        let diagnostic = unfit("its values, and the key's, are part of requests").see(secret.span, "secret");
        return Err(Box::new(diagnostic));
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let mut order_by: Vec<String> = quoted.iter().map(|name| format!("{name} desc")).collect();
    let (mut older, mut undated) = (before(&quoted), None);
    if !column.not_null {
        // A row without a value is older than all that have one.
        order_by[0].push_str(" nulls last");
        older = format!("{} is null or ({older})", quoted[0]);
        undated = Some(format!("{} is null and ({})", quoted[0], before(&quoted[1..])));
    }
    let filter = |condition: &str| {
        let parsed = fragment::parse(condition).map_err(|error| vec![error])?;
        let checked = fragment::check(&parsed, subject, &mut Params::default())?;
        Ok::<_, Vec<FragmentError>>(Filter { sql: fragment::print(&checked.expr), expr: checked.expr })
    };
    let older_undated = undated.map(|condition| filter(&condition)).transpose();
    match filter(&older).and_then(|older| Ok((older, older_undated?))) {
        Ok((older, older_undated)) => Ok(Newest { count, order, order_by: order_by.join(", "), older, older_undated }),
        Err(errors) => {
            let mut diagnostic = unfit("it and the key have to have an order");
            diagnostic.help.extend(errors.into_iter().map(|error| error.message).take(1));
            Err(Box::new(diagnostic))
        }
    }
}

/// The rows before one, whose values are `$v1`, `$v2` … A database finds them by an index that begins with the first column.
fn before(columns: &[String]) -> String {
    let mut numbered = columns.iter().enumerate().map(|(at, column)| (column, at + 1)).rev();
    let Some((last, number)) = numbered.next() else { return String::new() };
    let mut condition = format!("{last} < $v{number}");
    for (column, number) in numbered {
        condition = match number {
            1 => format!("{column} <= $v1 and ({column} < $v1 or {condition})"),
            _ => format!("{column} < $v{number} or ({column} = $v{number} and ({condition}))"),
        };
    }
    condition
}

fn unknown(selection: &Selection<'_>, by: &Spanned<String>) -> Diagnostic {
    let entry = selection.entry;
    let declared = selection.table.columns.iter().find(|column| column.name == by.value);
    if let Some(column) = declared {
        let (message, label) = match entry.fields {
            Some(_) => ("the struct has no field of", "no such field"),
            None => ("the shape leaves out", "not among its columns"),
        };
        let message = format!("{message} `{}`, by which its newest rows are loaded", by.value);
        return Diagnostic::error(&codes::SHAPE_COLUMN, message).at(by.span, label).see(column.span, "declared here");
    }
    let message = format!("the table `{}` has no column `{}`", selection.table_name.name, by.value);
    let columns = selection.table.columns.iter().map(|column| column.name.as_str());
    let diagnostic = Diagnostic::error(&codes::SHAPE_COLUMN, message).at(by.span, "no such column");
    match entry.fields {
        Some(_) => diagnostic.suggest_or_list(&by.value, "its columns", &columns.collect::<Vec<_>>()),
        None => diagnostic.suggest(&by.value, columns),
    }
}

fn busy(selection: &Selection<'_>) -> Diagnostic {
    let entry = selection.entry;
    let often = if entry.change_frequency == ChangeFrequency::VeryHigh { "very often" } else { "often" };
    let message = format!("`{}` changes {often}, and all of its rows are loaded", entry.name.value);
    let diagnostic = Diagnostic::warning(&codes::SHAPE_LOAD, message).at(entry.name.span, "no `load`");
    let diagnostic = match newest_by(selection) {
        Some(column) => diagnostic
            .help(format!("load the newest rows: `load = {{ newest = 200, by = \"{}\" }}`", column.name))
            .see(column.span, "says how new a row is"),
        None => diagnostic.help("load what changes from now on: `load = \"from_now\"`"),
    };
    diagnostic.help("if every row is needed, say so: `load = \"all\"`")
}

/// The column that most likely says when a row came: a timestamp of the usual name or one that is always there, best one
/// that is filled in by itself.
fn newest_by<'c>(selection: &Selection<'c>) -> Option<&'c Column> {
    let usual = |column: &Column| matches!(column.name.as_str(), "inserted_at" | "created_at");
    let times = selection.columns.iter().copied().filter(|column| {
        (column.not_null || usual(column))
            && column.data_type.dims == 0
            && matches!(types::pg_type(&column.data_type), "timestamptz" | "timestamp")
    });
    times.min_by_key(|column| (!usual(column), column.default.is_none() && column.generated.is_none()))
}
