//! The protocol's messages as JSON text.

use std::io::Write;

use crate::key::key;
use crate::offset::Offset;
use crate::shape::{BoundShape, Replica};
use crate::source::{RowChange, SnapshotPosition, Transaction};
use crate::table::{Column, TableName};

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
pub(crate) fn snapshot_row(shape: &BoundShape, row: &Values, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"key\":");
    string(&row_key(shape, row), out);
    out.extend_from_slice(b",\"value\":");
    value(shape, row, &shape.selected, Bools::Words, out);
    out.extend_from_slice(b",\"headers\":{\"operation\":\"insert\"");
    relation(&shape.spec.table, out);
    out.extend_from_slice(b"}}");
}

/// The message that ends a snapshot.
pub(crate) fn snapshot_end(position: &SnapshotPosition) -> String {
    let running: Vec<String> = position.running.iter().map(|txid| format!("\"{txid}\"")).collect();
    format!(
        r#"{{"headers":{{"control":"snapshot-end","xmin":"{}","xmax":"{}","xip_list":[{}]}}}}"#,
        position.xmin,
        position.xmax,
        running.join(",")
    )
}

/// The message that ends a response that reached the log's end.
pub(crate) fn up_to_date(lsn: u64) -> String {
    format!(r#"{{"headers":{{"control":"up-to-date","global_last_seen_lsn":"{lsn}"}}}}"#)
}

/// What of a transaction the shape tells, or that the shape's table was truncated.
pub(crate) enum Told {
    Messages(Vec<(Offset, Box<[u8]>)>),
    Truncated,
}

/// The shape's messages of a transaction: each change of the whole transaction counts two operations.
pub(crate) fn of_transaction(shape: &BoundShape, transaction: &Transaction) -> Told {
    let mut operations = Vec::new();
    for (op, change) in (0..).step_by(2).zip(&transaction.changes) {
        if change.table != shape.spec.table {
            continue;
        }
        match &change.row {
            RowChange::Insert { new } => {
                if shape.holds(new) {
                    operations.push((op, Operation::Insert { new, from: None }));
                }
            }
            RowChange::Delete { old } => {
                if shape.holds(old) {
                    operations.push((op, Operation::Delete { old, to: None }));
                }
            }
            RowChange::Update { old, new } => update(shape, op, old, new, &mut operations),
            RowChange::Truncate => return Told::Truncated,
        }
    }
    let count = operations.len();
    let messages = operations.into_iter().enumerate().map(|(index, (op, operation))| {
        let mut out = Vec::new();
        operation.write(shape, transaction, op, index + 1 == count, &mut out);
        (Offset { lsn: transaction.lsn, op }, out.into_boxed_slice())
    });
    Told::Messages(messages.collect())
}

fn update<'r>(
    shape: &BoundShape,
    op: u64,
    old: &'r Values,
    new: &'r Values,
    operations: &mut Vec<(u64, Operation<'r>)>,
) {
    match (shape.holds(old), shape.holds(new)) {
        (false, false) => {}
        (false, true) => operations.push((op, Operation::Insert { new, from: None })),
        (true, false) => operations.push((op, Operation::Delete { old, to: None })),
        (true, true) => {
            let differs = |&at: &usize| old.get(at) != new.get(at);
            if shape.key.iter().any(differs) {
                operations.push((op, Operation::Delete { old, to: Some(new) }));
                operations.push((op + 1, Operation::Insert { new, from: Some(old) }));
            } else if shape.selected.iter().any(differs) {
                operations.push((op, Operation::Update { old, new }));
            }
        }
    }
}

enum Operation<'r> {
    /// `from`: the row under its former key.
    Insert {
        new: &'r Values,
        from: Option<&'r Values>,
    },
    Update {
        old: &'r Values,
        new: &'r Values,
    },
    /// `to`: the row under its next key.
    Delete {
        old: &'r Values,
        to: Option<&'r Values>,
    },
}

impl Operation<'_> {
    fn write(&self, shape: &BoundShape, transaction: &Transaction, op: u64, last: bool, out: &mut Vec<u8>) {
        let full = shape.spec.replica == Replica::Full;
        let (name, row) = match self {
            Self::Insert { new, .. } => ("insert", *new),
            Self::Update { new, .. } => ("update", *new),
            Self::Delete { old, .. } => ("delete", *old),
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
                let told = shape.selected.iter().filter(|at| is_key(at) || old.get(**at) != new.get(**at));
                value(shape, row, told, Bools::Letters, out);
            }
            _ => value(shape, row, &shape.selected, Bools::Letters, out),
        }
        if let (Self::Update { old, new }, true) = (self, full) {
            out.extend_from_slice(b",\"old_value\":");
            let changed = shape.selected.iter().filter(|at| old.get(**at) != new.get(**at));
            value(shape, old, changed, Bools::Letters, out);
        }
        out.extend_from_slice(b",\"headers\":{\"operation\":");
        string(name, out);
        relation(&shape.spec.table, out);
        push(
            out,
            format_args!(",\"lsn\":\"{}\",\"op_position\":{op},\"txids\":[{}]", transaction.lsn, transaction.txid),
        );
        if last {
            out.extend_from_slice(b",\"last\":true");
        }
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
