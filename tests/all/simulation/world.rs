//! The server's side of the simulation: a source, the service over it, and what every shape was at each commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use axum::Router;
use fastrand::Rng;
use shapegen_macros::Shape;
use shapegen_runtime::Shape;
use shapegen_runtime::definition::ShapeDefinition;
use shapegen_server::{
    Column, Follower, MemorySource, Row, Service, SessionValues, SnapshotPosition, Source, SourceError,
    TableDefinition, TableName,
};

/// A list of items.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "lists", schema = "all/simulation/schema.sql", scope = "public", change_frequency = "low")]
pub struct List {
    pub id: i32,
    pub shared: bool,
}

/// Every item, written batch by batch.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", schema = "all/simulation/schema.sql", scope = "public", change_frequency = "low")]
pub struct Item {
    pub id: i32,
    pub list_id: i32,
    pub title: String,
    pub n: Option<i32>,
}

/// The items of a person's list, followed by events, batches joined.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "busy", schema = "all/simulation/schema.sql")]
#[shape(session(person(identity)), scope = "list_id = $person")]
#[shape(change_frequency = "very_high", persist = "always", load = "all")]
pub struct BusyItem {
    pub id: i32,
    pub list_id: i32,
    pub title: String,
    pub n: Option<i32>,
}

/// Items that come and go with their list.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "shared", schema = "all/simulation/schema.sql", scope = "public")]
#[shape(change_frequency = "medium", where = "list_id in (select id from lists where shared)")]
pub struct SharedItem {
    pub id: i32,
    pub list_id: i32,
    pub title: String,
    pub n: Option<i32>,
}

/// The items with the highest `n`, others when they are asked for or changed.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "latest", schema = "all/simulation/schema.sql", scope = "public")]
#[shape(change_frequency = "high", persist = "always", load(newest = 3, by = "n"), replica = "full")]
pub struct LatestItem {
    pub id: i32,
    pub list_id: i32,
    pub title: String,
    pub n: Option<i32>,
}

/// An item, whichever shape it is a row of.
pub type Plain = (i32, String, Option<i32>);
/// The rows of one shape.
pub type Rows = BTreeMap<i32, Plain>;

/// An item of any shape.
pub trait AnyItem: Shape<Key = i32, Params = ()> {
    fn plain(&self) -> Plain;
}

macro_rules! any_item {
    ($($row:ident),*) => {
        $(impl AnyItem for $row {
            fn plain(&self) -> Plain {
                (self.list_id, self.title.clone(), self.n)
            }
        })*
    };
}

any_item!(Item, BusyItem, SharedItem, LatestItem);

pub static SHAPES: [&ShapeDefinition; 5] =
    [List::DEFINITION, Item::DEFINITION, BusyItem::DEFINITION, SharedItem::DEFINITION, LatestItem::DEFINITION];

/// Who is asking: a person's own list is the one of their number.
pub const PERSONS: usize = 2;

/// What was committed, up to a commit.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    pub lsn: u64,
    lists: BTreeMap<i32, bool>,
    items: Rows,
    busy: [Rows; PERSONS],
    shared: Rows,
}

impl Moment {
    /// The rows of a person's shape, all of them.
    pub fn rows(&self, shape: &str, person: usize) -> &Rows {
        match shape {
            "busy" => &self.busy[person],
            "shared" => &self.shared,
            _ => &self.items,
        }
    }

    fn committed(mut self, lsn: u64) -> Self {
        let those = |is_in: &dyn Fn(&Plain) -> bool| -> Rows {
            self.items.iter().filter(|(_, item)| is_in(item)).map(|(id, item)| (*id, item.clone())).collect()
        };
        let busy = std::array::from_fn(|person| those(&|(list, _, _)| usize::try_from(*list) == Ok(person)));
        let shared = those(&|(list, _, _)| self.lists.get(list) == Some(&true));
        (self.busy, self.shared, self.lsn) = (busy, shared, lsn);
        self
    }
}

/// The source and its history.
pub struct World {
    source: MemorySource,
    pub history: Vec<Moment>,
    columns: u32,
    /// `n` is of another type than clients were built for.
    retyped: bool,
    written: u32,
}

fn items() -> TableName {
    TableName::new("public", "items")
}

impl World {
    pub fn new() -> Self {
        let source = MemorySource::new(SHAPES).unwrap();
        Self { source, history: vec![Moment::default()], columns: 0, retyped: false, written: 0 }
    }

    /// A service over the source, all of its handles new.
    pub fn service(&self, chunk_bytes: usize) -> Router {
        let service = Service::builder(Inline(self.source.clone())).shapes(SHAPES).chunk_bytes(chunk_bytes);
        let service = service.sessions(|headers| {
            let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
            Some(SessionValues::new().with("person", token))
        });
        service.build().unwrap().router()
    }

    pub fn now(&self) -> &Moment {
        self.history.last().unwrap()
    }

    /// One transaction of some changes.
    pub fn write(&mut self, random: &mut Rng) {
        let mut next = self.now().clone();
        let count = random.usize(1..5);
        let written = &mut self.written;
        let committed = self.source.transaction(|tx| {
            for _ in 0..count {
                *written += 1;
                let title = format!("title {written}");
                let n = random.bool().then(|| random.i32(0..8));
                let list = random.i32(0..4);
                match random.u8(0..12) {
                    0..=3 => {
                        let id = random.i32(0..20);
                        let row = Item { id, list_id: list, title: title.clone(), n };
                        if next.items.insert(id, (list, title, n)).is_some() {
                            tx.update(&row)
                        } else {
                            tx.insert(&row)
                        }
                    }
                    4..=6 => {
                        let Some(id) = random.choice(next.items.keys().copied()) else { continue };
                        tx.update(&Item { id, list_id: list, title: title.clone(), n });
                        next.items.insert(id, (list, title, n));
                    }
                    7 => {
                        let Some(id) = random.choice(next.items.keys().copied()) else { continue };
                        let to = random.i32(20..40);
                        if next.items.contains_key(&to) {
                            continue;
                        }
                        next.items.remove(&id);
                        tx.update_key(&id, &Item { id: to, list_id: list, title: title.clone(), n });
                        next.items.insert(to, (list, title, n));
                    }
                    8 | 9 => {
                        let Some(id) = random.choice(next.items.keys().copied()) else { continue };
                        next.items.remove(&id);
                        tx.delete::<Item>(&id);
                    }
                    _ => {
                        let row = List { id: list, shared: random.bool() };
                        if next.lists.insert(list, row.shared).is_some() { tx.update(&row) } else { tx.insert(&row) }
                    }
                }
            }
        });
        self.history.push(next.committed(committed.unwrap().lsn));
    }

    /// All items go at once.
    pub fn truncate(&mut self) {
        let mut next = self.now().clone();
        next.items.clear();
        let committed = self.source.transaction(|tx| tx.truncate::<Item>());
        self.history.push(next.committed(committed.unwrap().lsn));
    }

    /// Every log of the items is lost.
    pub fn invalidate(&self) {
        self.source.invalidate(&items());
    }

    /// The table gets a column that no shape has: their logs are lost.
    pub fn add_column(&mut self) {
        self.columns += 1;
        self.define();
    }

    /// A column gets another type than clients know, and the next time its old one: logs are lost, syncs stop.
    pub fn retype_column(&mut self) {
        self.retyped = !self.retyped;
        self.define();
    }

    /// What clients were built for is there.
    pub fn heal(&mut self) {
        if self.retyped {
            self.retype_column();
        }
    }

    fn define(&self) {
        let column = |name: &str, of: &str, not_null: bool| Column::new(name, of, not_null);
        let mut columns =
            vec![column("id", "int4", true), column("list_id", "int4", true), column("title", "text", true)];
        columns.push(column("n", if self.retyped { "int8" } else { "int4" }, false));
        columns.extend((1..=self.columns).map(|more| column(&format!("more_{more}"), "text", false)));
        self.source.define(TableDefinition::new(items(), columns, &["id"]));
    }
}

/// A source whose snapshots are read where they are asked for, so that a run is the same each time.
struct Inline(MemorySource);

impl Source for Inline {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        self.0.table(name)
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        self.0.snapshot(tables, visit)
    }

    fn blocks(&self) -> bool {
        false
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        self.0.follow(follower)
    }
}
