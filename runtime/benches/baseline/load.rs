//! A first load by hand: each chunk's rows into a `HashMap` and, in one transaction, into the same tables.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, Statement};
use shapegen_runtime::Shape;
use shapegen_runtime::cell::Cell;
use shapegen_runtime::stream::Delivery;
use shapegen_runtime::value::PgValue;
use uuid::Uuid;

use super::map;
use crate::fixture::Row;

pub struct Rows {
    pub map: HashMap<Uuid, Row>,
    connection: Connection,
}

impl Rows {
    pub fn create(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
        connection.pragma_update(None, "synchronous", "normal").unwrap();
        connection.pragma_update(None, "cache_size", -16 * 1024).unwrap();
        connection.pragma_update(None, "temp_store", "memory").unwrap();
        connection.execute_batch(Row::DEFINITION.local.create).unwrap();
        connection.execute_batch("CREATE TABLE position (id INTEGER PRIMARY KEY, handle TEXT, offset TEXT)").unwrap();
        Self { map: HashMap::new(), connection }
    }

    pub fn take(&mut self, delivery: &Delivery) {
        let Self { map, connection } = self;
        connection.execute_batch("BEGIN").unwrap();
        let put = "INSERT INTO _rows_bench VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut put = connection.prepare_cached(put).unwrap();
        map::take(&delivery.body, map, |row| insert(&mut put, row));
        let position = (&delivery.position.handle, &delivery.position.offset);
        let mut put = connection.prepare_cached("INSERT OR REPLACE INTO position VALUES (1, ?, ?)").unwrap();
        put.execute(position).unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }

    /// After the load: an index that is kept during the load costs more.
    pub fn index(&self) {
        self.connection.execute_batch(Row::DEFINITION.local.indexes[0]).unwrap();
    }

    pub fn checkpoint(&self) {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
}

fn insert(put: &mut Statement<'_>, row: &Row) {
    let Cell::Text(created_at) = row.created_at.local() else { unreachable!() };
    put.execute(rusqlite::params![
        row.id.as_bytes(),
        row.name,
        row.body,
        row.quantity,
        row.total,
        row.active,
        created_at,
        row.price.as_str(),
        row.meta.as_str(),
        row.note,
    ])
    .unwrap();
}
