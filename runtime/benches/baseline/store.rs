//! What the store is held against: rusqlite by hand, prepared statements, one transaction per chunk.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;
use shapegen_runtime::__private::v1::{Cell, Json, PgValue, Uuid};
use shapegen_runtime::value::parse_timestamptz;

use super::{CHUNK, Row, SHAPE};

const PUT: &str = "INSERT INTO _rows_bench VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

pub fn connect(path: &Path, cache_kib: i64) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    connection.pragma_update(None, "synchronous", "normal").unwrap();
    connection.pragma_update(None, "cache_size", -cache_kib).unwrap();
    connection
}

/// A whole load: table, rows, finder, position; closed at the end, which is the checkpoint.
pub fn load(path: &Path, rows: &[Row], cache_kib: i64) {
    let connection = connect(path, cache_kib);
    connection.execute_batch(SHAPE.local.create).unwrap();
    connection.execute_batch("CREATE TABLE cursor (id INTEGER PRIMARY KEY, offset TEXT)").unwrap();
    for chunk in rows.chunks(CHUNK) {
        connection.execute_batch("BEGIN").unwrap();
        let mut put = connection.prepare(PUT).unwrap();
        chunk.iter().for_each(|row| insert(&mut put, row));
        connection.execute("INSERT OR REPLACE INTO cursor VALUES (1, '0_0')", []).unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }
    connection.execute_batch(SHAPE.local.indexes[0]).unwrap();
}

fn insert(put: &mut rusqlite::Statement<'_>, row: &Row) {
    let Cell::Text(created_at) = row.created_at.local() else { unreachable!() };
    put.execute(rusqlite::params![
        row.id.as_bytes(),
        row.name,
        row.body,
        row.small,
        row.large,
        row.flag,
        created_at,
        row.amount.as_str(),
        row.meta.as_str(),
        row.note,
    ])
    .unwrap();
}

/// One row and the position, by hand, in a table that holds `rows`.
pub fn one_row<'c>(connection: &'c Connection) -> impl FnMut(&Row) + 'c {
    let mut put = connection.prepare(&PUT.replace("INSERT", "INSERT OR REPLACE")).unwrap();
    let mut cursor = connection.prepare("UPDATE cursor SET offset = ? WHERE id = 1").unwrap();
    move |row| {
        connection.execute_batch("BEGIN").unwrap();
        insert(&mut put, row);
        cursor.execute(["0_1"]).unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }
}

/// From the closed file to a map.
pub fn hydrate(path: &Path, cache_kib: i64) -> HashMap<Uuid, Row> {
    let connection = connect(path, cache_kib);
    let columns = "SELECT id, name, body, small, large, flag, created_at, amount, meta, note FROM _rows_bench";
    let mut select = connection.prepare(columns).unwrap();
    let mut rows = select.query([]).unwrap();
    let mut map = HashMap::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| row.get_ref(at).unwrap().as_str().unwrap();
        let row = Row {
            id: Uuid::from_bytes(row.get(0).unwrap()),
            name: row.get(1).unwrap(),
            body: row.get(2).unwrap(),
            small: row.get(3).unwrap(),
            large: row.get(4).unwrap(),
            flag: row.get(5).unwrap(),
            created_at: parse_timestamptz(text(6)).unwrap(),
            amount: text(7).parse().unwrap(),
            meta: Json::from_text(text(8)),
            note: row.get(9).unwrap(),
        };
        map.insert(row.id, row);
    }
    map
}
