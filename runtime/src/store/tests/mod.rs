//! The store on real files.

mod crash;
mod faults;
pub(crate) mod item;
mod life;
mod regressions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use uuid::Uuid;

use self::item::Item;
use super::partition::{Instance, Partition, SqliteStore};
use super::writer::{Job, Writer};
use super::{Batch, LoadRows, Opened, Position, RowChange, Saved, StoreError, Target};
use crate::columns::{ColumnError, Columns};
use crate::definition::ShapeDefinition;
use crate::log::Tags;
use crate::shape::Shape;

const NOW: i64 = 1_700_000_000;
const KEY: &str = "items#0000000000000001?user=1";

type Rows = BTreeMap<Uuid, Item>;

/// What was loaded; `notes` are of the widened shape.
#[derive(Debug, Default)]
struct Loaded {
    current: Vec<Item>,
    filling: Vec<Item>,
    notes: Vec<Option<String>>,
    wide: bool,
}

impl LoadRows for Loaded {
    fn load(&mut self, generation: Saved, columns: &mut Columns<'_>, _: Option<Tags>) -> Result<(), ColumnError> {
        let row = Item::decode(columns)?;
        if self.wide {
            self.notes.push(columns.take()?);
        }
        match generation {
            Saved::Current => self.current.push(row),
            Saved::Filling => self.filling.push(row),
        }
        Ok(())
    }

    fn discard(&mut self, generation: Saved) {
        match generation {
            Saved::Current => self.current.clear(),
            Saved::Filling => self.filling.clear(),
        }
    }
}

impl Loaded {
    fn current(&self) -> Rows {
        by_key(&self.current)
    }

    fn filling(&self) -> Rows {
        by_key(&self.filling)
    }
}

fn by_key(rows: &[Item]) -> Rows {
    let map: Rows = rows.iter().map(|row| (row.id, row.clone())).collect();
    assert_eq!(map.len(), rows.len(), "a key came twice");
    map
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn store(dir: &TempDir) -> SqliteStore {
    SqliteStore::in_dir(dir.path().join("store")).unwrap()
}

fn partition_in(dir: &Path) -> Partition {
    SqliteStore::in_dir(dir).unwrap().partition("u1").unwrap()
}

fn folder_in(dir: &Path) -> PathBuf {
    dir.join(blake3::hash(b"u1").to_hex().as_str())
}

fn open(partition: &Partition, shape: &'static ShapeDefinition) -> (Loaded, Instance, Opened) {
    open_key(partition, shape, &key(shape))
}

fn key(shape: &ShapeDefinition) -> String {
    format!("{}#{:016x}?user=1", shape.name, shape.request)
}

fn open_key(partition: &Partition, shape: &'static ShapeDefinition, key: &str) -> (Loaded, Instance, Opened) {
    let load = Loaded { wide: shape.columns.len() > item::ITEM.columns.len(), ..Loaded::default() };
    wait(partition.open_instance(shape, key.to_owned(), NOW, load)).unwrap()
}

fn position(offset: &str) -> Position {
    Position { handle: "h".to_owned(), offset: offset.to_owned(), oldest: None }
}

fn put(item: &Item) -> RowChange {
    RowChange::Put(Arc::new(item.clone()), None)
}

fn remove(item: &Item) -> RowChange {
    RowChange::Remove(Arc::new(item.clone()))
}

fn batch(target: Target, changes: Vec<RowChange>, offset: &str) -> Batch {
    let up_to_date_at = matches!(target, Target::Complete { .. } | Target::Current).then_some(NOW);
    Batch { target, changes, position: position(offset), up_to_date_at }
}

fn commit(instance: &Instance, target: Target, changes: Vec<RowChange>, offset: &str) -> Result<(), StoreError> {
    wait(instance.commit(batch(target, changes, offset), Duration::ZERO))
}

/// A complete generation of these rows.
fn fill(instance: &Instance, items: &[Item], offset: &str) {
    commit(instance, Target::Complete { first: true }, items.iter().map(put).collect(), offset).unwrap();
}

/// Runs on the writer thread, between two jobs.
fn on_writer<T: Send + 'static>(partition: &Partition, job: impl FnOnce(&mut Writer) -> T + Send + 'static) -> T {
    let (reply, result) = std::sync::mpsc::channel();
    partition.send(Job::Run(Box::new(move |writer| reply.send(job(writer)).unwrap())));
    result.recv().unwrap()
}

/// Another program at the same file.
fn prompt(dir: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder_in(dir).join("cache.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
}

/// Until nothing of a dropped generation is left.
fn tidied(dir: &Path) {
    let prompt = prompt(dir);
    while prompt.query_row("SELECT count(*) FROM _dropped", [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
}
