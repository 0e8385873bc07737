//! What the dev service's database keeps beside the rows, so that clients go on after a restart: the newest transactions,
//! and the snapshots that shapes began with.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use shapegen_server::{Bytes, Change, KeptShape, Row, RowChange, SnapshotPosition, TableName, Transaction};

/// Older transactions go when the newer ones have this many bytes.
const MOST_LOG_BYTES: i64 = 64 << 20;
/// Older snapshots go when the newer ones have this many bytes; a larger one isn't kept.
const MOST_SNAPSHOT_BYTES: i64 = 256 << 20;

/// Creates the tables.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // `total` counts bytes from the first transaction or snapshot on.
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS _log (
             txid INTEGER PRIMARY KEY, lsn INTEGER NOT NULL, changes TEXT NOT NULL, total INTEGER NOT NULL
         ) STRICT;
         CREATE INDEX IF NOT EXISTS _log_total ON _log (total);
         CREATE TABLE IF NOT EXISTS _kept (
             number INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, handle TEXT NOT NULL UNIQUE,
             next_txid INTEGER NOT NULL, bytes INTEGER NOT NULL
         ) STRICT;
         CREATE TABLE IF NOT EXISTS _chunk (
             handle TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (handle, number)
         ) STRICT;",
    )
}

/// Notes a transaction, in the database transaction that makes it.
pub(super) fn log(connection: &Connection, lsn: i64, txid: i64, changes: &[Change]) -> rusqlite::Result<()> {
    let changes = Value::Array(changes.iter().map(written).collect()).to_string();
    let bytes = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let insert = "INSERT INTO _log SELECT ?1, ?2, ?3, coalesce(max(total), 0) + ?4 FROM _log";
    connection.prepare_cached(insert)?.execute(params![txid, lsn, changes, bytes])?;
    let trim = "DELETE FROM _log WHERE total < (SELECT max(total) FROM _log) - ?1";
    connection.prepare_cached(trim)?.execute([MOST_LOG_BYTES])?;
    Ok(())
}

pub(super) fn kept(connection: &Connection) -> rusqlite::Result<Vec<KeptShape>> {
    let mut select = connection.prepare("SELECT identity, handle, next_txid FROM _kept")?;
    let shapes = select.query_map([], |row| {
        let next: i64 = row.get(2)?;
        let position = SnapshotPosition { xmin: next.unsigned_abs(), xmax: next.unsigned_abs(), running: Vec::new() };
        Ok(KeptShape { identity: row.get(0)?, handle: row.get(1)?, position })
    })?;
    shapes.collect()
}

pub(super) fn keep(connection: &mut Connection, shape: &KeptShape, snapshot: &[Bytes]) -> rusqlite::Result<()> {
    let bytes = i64::try_from(snapshot.iter().map(Bytes::len).sum::<usize>()).unwrap_or(i64::MAX);
    if bytes > MOST_SNAPSHOT_BYTES {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    let KeptShape { identity, handle, position } = shape;
    let insert = "INSERT OR REPLACE INTO _kept (identity, handle, next_txid, bytes) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(insert, params![identity, handle, position.xmax.cast_signed(), bytes])?;
    for (number, body) in (0_i64..).zip(snapshot) {
        transaction.execute("INSERT OR REPLACE INTO _chunk VALUES (?1, ?2, ?3)", params![handle, number, &body[..]])?;
    }
    let trim = "DELETE FROM _kept WHERE number IN (
                    SELECT number FROM (SELECT number, sum(bytes) OVER (ORDER BY number DESC) AS total FROM _kept)
                    WHERE total > ?1)";
    transaction.execute(trim, [MOST_SNAPSHOT_BYTES])?;
    transaction.execute("DELETE FROM _chunk WHERE handle NOT IN (SELECT handle FROM _kept)", [])?;
    transaction.commit()
}

pub(super) fn chunks(connection: &Connection, handle: &str) -> rusqlite::Result<Vec<Bytes>> {
    let mut select = connection.prepare("SELECT body FROM _chunk WHERE handle = ?1 ORDER BY number")?;
    select.query_map([handle], |row| Ok(Bytes::from(row.get::<_, Vec<u8>>(0)?)))?.collect()
}

/// False when some are not known any more: each transaction's id is one above that of the transaction before.
pub(super) fn replay(
    connection: &mut Connection,
    after: &SnapshotPosition,
    visit: &mut dyn FnMut(Transaction),
) -> rusqlite::Result<bool> {
    let moment = connection.transaction()?;
    let last: i64 = moment.query_row("SELECT txid FROM _position", [], |row| row.get(0))?;
    let mut select = moment.prepare("SELECT txid, lsn, changes FROM _log WHERE txid >= ?1 ORDER BY txid")?;
    let mut rows = select.query([after.xmax.cast_signed()])?;
    let mut next = after.xmax;
    while let Some(row) = rows.next()? {
        let (txid, lsn): (i64, i64) = (row.get(0)?, row.get(1)?);
        let changes: Option<Vec<Change>> = serde_json::from_str::<Value>(row.get_ref(2)?.as_str()?)
            .ok()
            .and_then(|changes| changes.as_array()?.iter().map(read).collect());
        let Some(changes) = changes.filter(|_| txid.unsigned_abs() == next) else { return Ok(false) };
        next += 1;
        visit(Transaction { lsn: lsn.unsigned_abs(), txid: txid.unsigned_abs(), changes });
    }
    Ok(next == last.unsigned_abs() + 1)
}

fn written(change: &Change) -> Value {
    let (old, new) = match &change.row {
        RowChange::Insert { new } => (None, Some(new)),
        RowChange::Update { old, new } => (Some(old), Some(new)),
        RowChange::Delete { old } => (Some(old), None),
        RowChange::Truncate => (None, None),
    };
    json!([change.table.schema, change.table.name, old.map(|row| &row[..]), new.map(|row| &row[..])])
}

fn read(change: &Value) -> Option<Change> {
    let [schema, name, old, new] = change.as_array()?.as_slice() else { return None };
    let row = |row: &Value| -> Option<Row> {
        row.as_array()?
            .iter()
            .map(|value| match value {
                Value::Null => Some(None),
                text => Some(Some(text.as_str()?.into())),
            })
            .collect::<Option<Vec<Option<Box<str>>>>>()
            .map(Arc::from)
    };
    let row = match (row(old), row(new)) {
        (None, Some(new)) => RowChange::Insert { new },
        (Some(old), Some(new)) => RowChange::Update { old, new },
        (Some(old), None) => RowChange::Delete { old },
        (None, None) => RowChange::Truncate,
    };
    Some(Change { table: TableName::new(schema.as_str()?, name.as_str()?), row })
}
