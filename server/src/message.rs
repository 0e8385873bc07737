//! The protocol's messages as JSON text.

use std::io::Write;

use bytes::Bytes;

use crate::key::key;
use crate::offset::Offset;
use crate::shape::{BoundShape, Replica};
use crate::source::{RowChange, SnapshotPosition, Transaction};
use crate::subqueries::{Pattern, Standing};
use crate::table::{Column, Row, TableName};

/// The body of every 409.
pub(crate) const MUST_REFETCH: &str = r#"[{"headers":{"control":"must-refetch"}}]"#;

type Values = [Option<Box<str>>];

/// A bool's text differs between the snapshot and the log.
#[derive(Clone, Copy)]
enum Bools {
    Words,
    Letters,
}

/// Adds a row of the snapshot.
pub(crate) fn snapshot_row(shape: &BoundShape, row: &Values, standing: &Standing, out: &mut Vec<u8>) {
    row_as_words(shape, row, standing, out);
    out.extend_from_slice(b"}}");
}

/// Adds a row that came into the shape because a value came into a subquery.
pub(crate) fn move_in_row(shape: &BoundShape, row: &Values, standing: &Standing, out: &mut Vec<u8>) {
    row_as_words(shape, row, standing, out);
    out.extend_from_slice(b",\"is_move_in\":true}}");
}

/// Adds a row of a subset, with the mark of all its rows.
pub(crate) fn subset_row(shape: &BoundShape, row: &Values, standing: &Standing, mark: u32, out: &mut Vec<u8>) {
    row_as_words(shape, row, standing, out);
    push(out, format_args!(",\"snapshot_mark\":{mark}}}}}"));
}

fn row_as_words(shape: &BoundShape, row: &Values, standing: &Standing, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"key\":");
    string(&row_key(shape, row), out);
    out.extend_from_slice(b",\"value\":");
    value(shape, row, &shape.selected, Bools::Words, out);
    out.extend_from_slice(b",\"headers\":{\"operation\":\"insert\"");
    relation(&shape.spec.table, out);
    said_of(standing, None, out);
}

/// The message that says which values came into subqueries, or went.
pub(crate) fn moved(event: &str, patterns: &[Pattern], txid: u64) -> String {
    let pattern = |Pattern { position, value }: &Pattern| format!(r#"{{"pos":{position},"value":"{value}"}}"#);
    let patterns: Vec<String> = patterns.iter().map(pattern).collect();
    format!(r#"{{"headers":{{"event":"{event}","patterns":[{}],"txids":[{}]}}}}"#, patterns.join(","), wire_txid(txid))
}

/// A transaction's id without its epoch, as `pg_current_xact_id()::xid` gives it to the writer who waits for it.
fn wire_txid(txid: u64) -> u64 {
    txid & u64::from(u32::MAX)
}

/// The message that ends a snapshot.
pub(crate) fn snapshot_end(position: &SnapshotPosition) -> String {
    let (SnapshotPosition { xmin, xmax, .. }, running) = (position, position.xip_list());
    format!(r#"{{"headers":{{"control":"snapshot-end","xmin":"{xmin}","xmax":"{xmax}","xip_list":{running}}}}}"#)
}

/// The message that ends a response that reached the log's end.
pub(crate) fn up_to_date(lsn: u64) -> String {
    format!(r#"{{"headers":{{"control":"up-to-date","global_last_seen_lsn":"{lsn}"}}}}"#)
}

/// What of a transaction the shape tells, or that the shape's table was truncated.
pub(crate) enum Told {
    Messages(Vec<(Offset, Bytes)>),
    Truncated,
}

/// The shape's messages of a transaction: each change of the whole transaction counts two operations. `standing` says
/// what a row's place in the shape is; `None` where it isn't in it.
pub(crate) fn of_transaction(
    shape: &BoundShape,
    transaction: &Transaction,
    standing: &dyn Fn(&Row) -> Option<Standing>,
) -> Told {
    let mut operations = Vec::new();
    for (op, change) in (0..).step_by(2).zip(&transaction.changes) {
        if change.table != shape.spec.table {
            continue;
        }
        let (old, new) = match &change.row {
            RowChange::Insert { new } => (None, Some(new)),
            RowChange::Delete { old } => (Some(old), None),
            RowChange::Update { old, new } => (Some(old), Some(new)),
            RowChange::Truncate => return Told::Truncated,
        };
        let side = |row: Option<&'_ Row>| row.and_then(|row| Some(Side { standing: standing(row)?, row: row.clone() }));
        match (side(old), side(new)) {
            (None, None) => {}
            (None, Some(new)) => operations.push((op, Operation::Insert { new, from: None })),
            (Some(old), None) => operations.push((op, Operation::Delete { old, to: None })),
            (Some(old), Some(new)) => {
                let differs = |&at: &usize| old.row.get(at) != new.row.get(at);
                if shape.key.iter().any(differs) {
                    let (to, from) = (new.row.clone(), old.row.clone());
                    operations.push((op, Operation::Delete { old, to: Some(to) }));
                    operations.push((op + 1, Operation::Insert { new, from: Some(from) }));
                } else if shape.selected.iter().any(differs) || old.standing != new.standing {
                    operations.push((op, Operation::Update { old, new }));
                }
            }
        }
    }
    let count = operations.len();
    let messages = operations.into_iter().enumerate().map(|(index, (op, operation))| {
        let mut out = Vec::new();
        operation.write(shape, transaction, op, index + 1 == count, &mut out);
        (Offset { lsn: transaction.lsn, op }, out.into_boxed_slice().into())
    });
    Told::Messages(messages.collect())
}

/// A row of the shape, before a change or after it.
struct Side {
    row: Row,
    standing: Standing,
}

enum Operation {
    /// `from`: the row under its former key.
    Insert {
        new: Side,
        from: Option<Row>,
    },
    Update {
        old: Side,
        new: Side,
    },
    /// `to`: the row under its next key.
    Delete {
        old: Side,
        to: Option<Row>,
    },
}

impl Operation {
    fn write(&self, shape: &BoundShape, transaction: &Transaction, op: u64, last: bool, out: &mut Vec<u8>) {
        let full = shape.spec.replica == Replica::Full;
        let (name, Side { row, standing }) = match self {
            Self::Insert { new, .. } => ("insert", new),
            Self::Update { new, .. } => ("update", new),
            Self::Delete { old, .. } => ("delete", old),
        };
        out.extend_from_slice(b"{\"key\":");
        string(&row_key(shape, row), out);
        out.extend_from_slice(b",\"value\":");
        let is_key = |at: &usize| shape.key.contains(at);
        match self {
            Self::Delete { .. } if !full => {
                value(shape, row, shape.selected.iter().filter(|at| is_key(at)), Bools::Letters, out);
            }
            Self::Update { old, new } if !full => {
                let told = shape.selected.iter().filter(|at| is_key(at) || old.row.get(**at) != new.row.get(**at));
                value(shape, row, told, Bools::Letters, out);
            }
            _ => value(shape, row, &shape.selected, Bools::Letters, out),
        }
        if let (Self::Update { old, new }, true) = (self, full) {
            out.extend_from_slice(b",\"old_value\":");
            let changed = shape.selected.iter().filter(|at| old.row.get(**at) != new.row.get(**at));
            value(shape, &old.row, changed, Bools::Letters, out);
        }
        out.extend_from_slice(b",\"headers\":{\"operation\":");
        string(name, out);
        relation(&shape.spec.table, out);
        push(
            out,
            format_args!(
                ",\"lsn\":\"{}\",\"op_position\":{op},\"txids\":[{}]",
                transaction.lsn,
                wire_txid(transaction.txid)
            ),
        );
        if last {
            out.extend_from_slice(b",\"last\":true");
        }
        let former = match self {
            Self::Update { old, .. } => Some(&old.standing),
            _ => None,
        };
        said_of(standing, former, out);
        let other = match self {
            Self::Insert { from: Some(other), .. } => Some(("key_change_from", other)),
            Self::Delete { to: Some(other), .. } => Some(("key_change_to", other)),
            _ => None,
        };
        if let Some((header, other)) = other {
            push(out, format_args!(",\"{header}\":"));
            string(&row_key(shape, other), out);
        }
        out.extend_from_slice(b"}}");
    }
}

/// Adds a row's tags and conditions, and those tags that an update took from it.
fn said_of(standing: &Standing, former: Option<&Standing>, out: &mut Vec<u8>) {
    let mut list = |name: &str, tags: &[&String]| {
        // Hexadecimal digits and slashes need no escapes.
        let tags: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        push(out, format_args!(",\"{name}\":[{}]", tags.join(",")));
    };
    if standing.tags.is_empty() {
        return;
    }
    list("tags", &standing.tags.iter().collect::<Vec<_>>());
    if let Some(former) = former {
        list("removed_tags", &former.tags.iter().filter(|tag| !standing.tags.contains(tag)).collect::<Vec<_>>());
    }
    let conditions: Vec<String> = standing.conditions.iter().map(bool::to_string).collect();
    push(out, format_args!(",\"active_conditions\":[{}]", conditions.join(",")));
}

fn row_key(shape: &BoundShape, row: &Values) -> String {
    key(&shape.spec.table, shape.key.iter().map(|&at| row.get(at).and_then(Option::as_deref)))
}

fn value<'p>(
    shape: &BoundShape,
    row: &Values,
    positions: impl IntoIterator<Item = &'p usize>,
    bools: Bools,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let columns = positions.into_iter().filter_map(|&at| Some((shape.table.columns.get(at)?, row.get(at)?)));
    for (index, (column, text)) in columns.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(&column.name, out);
        out.push(b':');
        match text {
            None => out.extend_from_slice(b"null"),
            Some(text) => string(spelled(column, text, bools), out),
        }
    }
    out.push(b'}');
}

fn spelled<'t>(column: &Column, text: &'t str, bools: Bools) -> &'t str {
    match (bools, text) {
        (Bools::Words, "t") if column.is_bool() => "true",
        (Bools::Words, "f") if column.is_bool() => "false",
        _ => text,
    }
}

fn relation(table: &TableName, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"relation\":[");
    string(&table.schema, out);
    out.push(b',');
    string(&table.name, out);
    out.push(b']');
}

/// Adds a JSON string.
fn string(text: &str, out: &mut Vec<u8>) {
    // Neither a string nor a Vec as its target can fail.
    let _ = serde_json::to_writer(out, text);
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a Vec can't fail.
    let _ = out.write_fmt(text);
}
