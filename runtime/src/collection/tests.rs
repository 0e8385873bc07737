//! What handles see of changes as they arrive, are published, fail and start over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::{Batch, Change, ErasedRows, Rows, Shared, Snapshot};
use crate::columns::{ColumnError, Columns, Encoder};
use crate::definition::{Column, Load, LocalTable, Policy, Replica, ShapeDefinition, Table, Transport};
use crate::log::{Log, Message};
use crate::shape::Shape;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) id: i32,
    pub(super) title: String,
    note: Option<String>,
}

const fn column(name: &'static str, pg_type: &'static str, not_null: bool) -> Column {
    Column { name, pg_type, dims: 0, not_null, local: name, stored_as: "" }
}

static ITEMS: ShapeDefinition = ShapeDefinition {
    name: "items",
    table: Table { schema: "public", name: "items" },
    columns: &[column("id", "int4", true), column("title", "text", true), column("note", "text", false)],
    key: &[0],
    filter: None,
    params: &[],
    request: 1,
    load: Load::All,
    replica: Replica::Default,
    policy: Policy {
        kept: true,
        flush_within_ms: 0,
        stale_after_s: 86_400,
        max_age_s: None,
        transport: Transport::LongPoll,
    },
    local: LocalTable { table: "_rows_items", create: "", indexes: &[], view: "", fingerprint: 1 },
};

impl Shape for Item {
    type Key = i32;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &ITEMS;

    fn key(&self) -> i32 {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<i32, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self { id: columns.take()?, title: columns.take()?, note: columns.take()? })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)?;
        columns.merge(&mut self.title)?;
        columns.merge(&mut self.note)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
        out.put(&self.title);
        out.put(&self.note);
    }

    fn encode_key<'a>(key: &'a i32, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

fn item(id: i32, title: &str) -> Item {
    Item { id, title: title.to_owned(), note: None }
}

pub(super) fn insert(id: i32, title: &str) -> String {
    format!(r#"{{"value":{{"id":"{id}","title":"{title}","note":null}},"headers":{{"operation":"insert"}}}}"#)
}

pub(super) fn retitle(id: i32, title: &str) -> String {
    format!(r#"{{"value":{{"id":"{id}","title":"{title}"}},"headers":{{"operation":"update"}}}}"#)
}

fn delete(id: i32) -> String {
    format!(r#"{{"value":{{"id":"{id}"}},"headers":{{"operation":"delete"}}}}"#)
}

pub(super) struct Screen {
    pub(super) shared: Arc<Shared<Item>>,
    pub(super) rows: Rows<Item>,
}

impl Screen {
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared::new(Default::default(), tokio::sync::mpsc::unbounded_channel().0));
        Self { rows: Rows::new(shared.clone(), true), shared }
    }

    /// Reads a response as the driver does.
    pub(super) fn read(&mut self, messages: &[String]) -> Result<(), ColumnError> {
        let body = format!("[{}]", messages.join(","));
        let mut log = Log::new(body.as_bytes(), &ITEMS).unwrap();
        let mut columns = log.columns();
        while let Some(message) = log.next(&mut columns).unwrap() {
            match message {
                Message::Change(change) => {
                    if let Err(error) = self.rows.change(change, &mut columns) {
                        self.rows.reject();
                        return Err(error);
                    }
                }
                Message::UpToDate { lsn } => self.rows.up_to_date(lsn.unwrap_or_default()),
                _ => {}
            }
        }
        self.rows.keep();
        Ok(())
    }

    fn visible(&self) -> Vec<Item> {
        self.snapshot().iter().map(|row| Item::clone(row)).collect()
    }

    fn snapshot(&self) -> Snapshot<Item> {
        Snapshot::clone(&self.shared.published.load())
    }
}

#[test]
fn c_126_changes_are_visible_as_a_whole_and_only_when_published() {
    let mut screen = Screen::new();
    screen.read(&[insert(2, "b"), insert(1, "a")]).unwrap();
    screen.read(&[retitle(1, "A"), delete(2), insert(3, "c")]).unwrap();
    assert_eq!(screen.visible(), []);
    screen.rows.publish();
    assert_eq!(screen.visible(), [item(1, "A"), item(3, "c")]);
}

#[test]
fn c_121_an_update_after_an_insert_in_one_response_merges() {
    let mut screen = Screen::new();
    screen.read(&[insert(1, "a"), retitle(1, "b"), delete(1), insert(1, "c"), retitle(1, "d")]).unwrap();
    screen.rows.publish();
    assert_eq!(screen.visible(), [item(1, "d")]);
}

#[test]
fn c_125_an_insert_of_a_row_that_is_there_takes_its_place() {
    let mut screen = Screen::new();
    screen.read(&[insert(1, "a")]).unwrap();
    screen.read(&[insert(1, "b"), insert(1, "c")]).unwrap();
    screen.rows.publish();
    assert_eq!(screen.visible(), [item(1, "c")]);
}

#[test]
fn c_129_an_update_or_delete_of_a_row_that_is_not_there_makes_no_ghost() {
    let mut screen = Screen::new();
    screen.read(&[retitle(7, "ghost"), delete(8)]).unwrap();
    screen.rows.publish();
    assert_eq!(screen.visible(), []);
    assert!(screen.rows.take_changes().is_empty());
}

#[test]
fn a_response_that_is_not_right_leaves_no_trace() {
    let mut screen = Screen::new();
    screen.read(&[insert(1, "a")]).unwrap();
    let null = r#"{"value":{"id":"2","title":null,"note":null},"headers":{"operation":"insert"}}"#;
    let error = screen.read(&[retitle(1, "x"), null.to_owned()]).unwrap_err();
    assert_eq!(error.position, 1);
    screen.rows.publish();
    assert_eq!(screen.visible(), [item(1, "a")]);
    assert_eq!(screen.rows.take_changes().len(), 1);
}

#[test]
fn c_067_a_new_generation_swaps_in_with_the_real_difference() {
    let mut screen = Screen::new();
    screen.read(&[insert(1, "same"), insert(2, "old"), insert(3, "gone")]).unwrap();
    screen.rows.publish();
    let before = screen.snapshot();
    screen.rows.restart();
    screen.read(&[insert(1, "same"), insert(2, "new"), insert(4, "come")]).unwrap();
    assert_eq!(screen.visible().len(), 3, "the old rows stay while the new generation fills");
    screen.rows.publish();
    let batch = Batch::between(&before, &screen.snapshot());
    assert_eq!(
        batch.changes,
        [
            Change::Update { old: Arc::new(item(2, "old")), new: Arc::new(item(2, "new")) },
            Change::Delete(Arc::new(item(3, "gone"))),
            Change::Insert(Arc::new(item(4, "come"))),
        ]
    );
}

#[test]
fn callbacks_see_each_batch_once_and_a_panic_stops_nobody() {
    let mut screen = Screen::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let panics = Arc::new(AtomicUsize::new(0));
    {
        let mut callbacks = screen.shared.callbacks.lock().unwrap();
        let panics = panics.clone();
        callbacks.add(Arc::new(move |_| {
            panics.fetch_add(1, Ordering::SeqCst);
            panic!("a callback of the program");
        }));
        let seen = seen.clone();
        callbacks.add(Arc::new(move |batch: &Batch<Item>| seen.lock().unwrap().push(batch.changes.len())));
    }
    screen.read(&[insert(1, "a"), insert(2, "b")]).unwrap();
    screen.rows.publish();
    screen.rows.publish();
    screen.read(&[delete(1)]).unwrap();
    screen.rows.publish();
    assert_eq!(*seen.lock().unwrap(), [2, 1]);
    assert_eq!(panics.load(Ordering::SeqCst), 2);
}
