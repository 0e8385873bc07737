//! A start by hand: select of all columns into the struct and a `HashMap`.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use shapegen_runtime::Json;
use shapegen_runtime::cell::Cell;
use shapegen_runtime::value::PgValue;
use uuid::Uuid;

use crate::fixture::Row;

/// From the closed file to the map.
pub fn rows(path: &Path) -> HashMap<Uuid, Row> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let columns = "SELECT id, name, body, quantity, total, active, created_at, price, meta, note FROM _rows_bench";
    let mut select = connection.prepare(columns).unwrap();
    let mut rows = select.query([]).unwrap();
    let mut map = HashMap::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| row.get_ref(at).unwrap().as_str().unwrap();
        let row = Row {
            id: Uuid::from_bytes(row.get(0).unwrap()),
            name: row.get(1).unwrap(),
            body: row.get(2).unwrap(),
            quantity: row.get(3).unwrap(),
            total: row.get(4).unwrap(),
            active: row.get(5).unwrap(),
            created_at: PgValue::decode(Cell::text(text(6))).unwrap(),
            price: text(7).parse().unwrap(),
            meta: Json::from_text(text(8)),
            note: row.get(9).unwrap(),
        };
        map.insert(row.id, row);
    }
    map
}
