//! What fails: the disk, the file, another process, another version. A phantom is allowed, a hole never.

use std::io::{Seek, SeekFrom, Write};
use std::sync::Mutex;

use super::*;
use crate::store::{StoreEvent, Verdict};

static ITEMS: &ShapeDefinition = Item::DEFINITION;

/// From here on the disk refuses rows of this name.
fn refuse(dir: &Path, name: &str) {
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON _rows_items WHEN NEW.name = '{name}'
         BEGIN SELECT RAISE(ABORT, 'injected'); END"
    );
    prompt(dir).execute_batch(&trigger).unwrap();
}

#[test]
fn no_position_is_written_after_a_batch_that_failed() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[Item::new(1, "one")], "1");
    refuse(dir.path(), "bad");
    let failed = commit(&instance, Target::Current, vec![put(&Item::new(2, "two")), put(&Item::new(3, "bad"))], "2");
    let Err(StoreError::Database { table: Some("_rows_items"), .. }) = &failed else { panic!("{failed:?}") };
    assert!(failed.unwrap_err().to_string().contains("injected"));
    for target in [Target::Current, Target::Filling { first: false }, Target::Complete { first: false }] {
        let refused = commit(&instance, target, vec![put(&Item::new(4, "four"))], "3");
        assert!(matches!(refused, Err(StoreError::Behind { shape: "items" })), "{refused:?}");
    }
    // A new generation heals it, and until it is complete the old one gets nothing.
    commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(5, "five"))], "0_0").unwrap();
    let refused = commit(&instance, Target::Current, vec![], "4");
    assert!(matches!(refused, Err(StoreError::Behind { .. })), "{refused:?}");
    {
        let (loaded, _, opened) = open_key(&partition, ITEMS, KEY);
        assert_eq!(opened.current.unwrap().position, Some(position("1")));
        assert_eq!(loaded.current(), by_key(&[Item::new(1, "one")]));
        assert_eq!((opened.filling, loaded.filling()), (Some(position("0_0")), by_key(&[Item::new(5, "five")])));
    }
}

#[test]
fn an_instance_that_was_opened_again_goes_on_where_the_file_is() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[], "1");
    refuse(dir.path(), "bad");
    commit(&instance, Target::Current, vec![put(&Item::new(3, "bad"))], "2").unwrap_err();
    prompt(dir.path()).execute_batch("DROP TRIGGER refuse").unwrap();
    let (_, instance, opened) = open(&partition, ITEMS);
    assert_eq!(opened.current.unwrap().position, Some(position("1")));
    commit(&instance, Target::Current, vec![put(&Item::new(3, "bad"))], "2").unwrap();
}

#[test]
fn joined_batches_fail_together() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[], "1");
    refuse(dir.path(), "bad");
    let late = Duration::from_secs(3600);
    let joined = [("good", "2"), ("bad", "3"), ("fine", "4")]
        .map(|(name, offset)| instance.commit(batch(Target::Current, vec![put(&Item::new(7, name))], offset), late));
    assert!(wait(partition.flush()).is_err());
    for commit in joined {
        assert!(matches!(wait(commit), Err(StoreError::Database { .. })));
    }
    let (loaded, _, opened) = open(&partition, ITEMS);
    assert_eq!((opened.current.unwrap().position, loaded.current.len()), (Some(position("1")), 0));
}

#[test]
fn a_failure_nobody_listened_to_is_seen_at_the_next_batch() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[], "1");
    refuse(dir.path(), "bad");
    drop(instance.commit(batch(Target::Current, vec![put(&Item::new(3, "bad"))], "2"), Duration::ZERO));
    let next = commit(&instance, Target::Current, vec![], "3");
    assert!(matches!(next, Err(StoreError::Behind { .. })), "{next:?}");
}

#[test]
fn a_full_disk_is_an_error_that_may_pass() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[Item::new(1, "one")], "1");
    let pages = |partition: &Partition, more: i64| {
        on_writer(partition, move |writer| {
            let connection = writer.connection.as_ref().unwrap();
            let now: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
            connection.pragma_update_and_check(None, "max_page_count", now + more, |_| Ok(())).unwrap();
        });
    };
    pages(&partition, 4);
    let many: Vec<RowChange> = (10..2000).map(|id| put(&Item::new(id, "many rows"))).collect();
    let full = commit(&instance, Target::Filling { first: true }, many, "0_0").unwrap_err();
    assert!(full.retryable(), "{full}");
    pages(&partition, 10_000);
    let (loaded, _, opened) = open(&partition, ITEMS);
    assert_eq!((opened.filling, loaded.current()), (None, by_key(&[Item::new(1, "one")])));
    assert_eq!(opened.current.unwrap().position, Some(position("1")));
}

#[test]
fn batches_for_a_generation_that_is_not_there_are_refused() {
    let dir = TempDir::new().unwrap();
    for target in [Target::Current, Target::Filling { first: false }, Target::Complete { first: false }] {
        let partition = partition_in(dir.path());
        let (_, instance, _) = open(&partition, ITEMS);
        let refused = commit(&instance, target, vec![put(&Item::new(1, "one"))], "1");
        assert!(matches!(refused, Err(StoreError::NoGeneration { .. })), "{target:?}: {refused:?}");
    }
}

#[test]
fn a_row_of_another_shape_is_refused() {
    let dir = TempDir::new().unwrap();
    let (_, instance, _) = open(&partition_in(dir.path()), ITEMS);
    let wide = item::WideItem(Item::new(1, "one"), None);
    let refused = commit(&instance, Target::Complete { first: true }, vec![RowChange::Put(Arc::new(wide), None)], "1");
    assert!(matches!(refused, Err(StoreError::Columns { expected: 5, found: 6, .. })), "{refused:?}");
}

#[test]
fn a_row_that_can_not_be_read_is_fetched_again() {
    for sql in [
        "UPDATE _rows_items SET id = x'00' WHERE rowid = (SELECT max(rowid) FROM _rows_items)",
        "UPDATE _rows_items SET name = CAST(x'ff' AS TEXT) WHERE rowid = (SELECT max(rowid) FROM _rows_items)",
    ] {
        let dir = TempDir::new().unwrap();
        let (store, events) = observed(dir.path());
        let partition = store.partition("u1").unwrap();
        let (_, instance, _) = open(&partition, ITEMS);
        let items: Vec<Item> = (0..10).map(|id| Item::new(id, "x")).collect();
        fill(&instance, &items, "1");
        commit(&instance, Target::Filling { first: true }, vec![], "0_0").unwrap();
        prompt(dir.path()).execute_batch(sql).unwrap();
        let (loaded, instance, opened) = open(&partition, ITEMS);
        assert_eq!((opened.verdict, opened.current), (Verdict::Unreadable, None), "{sql}");
        assert_eq!(opened.filling, Some(position("0_0")), "what can be read stays");
        assert!(loaded.current.is_empty());
        let events = events.lock().unwrap();
        assert!(matches!(&events[..], [StoreEvent::Unreadable { shape: "items", .. }]), "{events:?}");
        fill(&instance, &items, "2");
        assert_eq!(open(&partition, ITEMS).0.current(), by_key(&items));
    }
}

type Events = Arc<Mutex<Vec<StoreEvent>>>;

fn observed(dir: &Path) -> (SqliteStore, Events) {
    let events = Events::default();
    let seen = Arc::clone(&events);
    let store = SqliteStore::in_dir(dir).unwrap().on_event(move |event| seen.lock().unwrap().push(event.clone()));
    (store, events)
}

/// A store of some 100 pages, closed.
fn filled(dir: &Path) -> PathBuf {
    let partition = partition_in(dir);
    let (_, instance, _) = open(&partition, ITEMS);
    let items: Vec<Item> = (0..3000).map(|id| Item::new(id, &"long name ".repeat(8))).collect();
    fill(&instance, &items, "1");
    folder_in(dir).join("cache.db")
}

fn scribble(path: &Path, from: u64, length: usize) {
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xa5; length]).unwrap();
}

#[test]
fn c_082_a_corrupt_file_is_set_aside_and_rebuilt() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("not SQLite", |path| std::fs::write(path, "this is no database".repeat(500)).unwrap()),
        ("another program's file", |path| {
            std::fs::remove_file(path).unwrap();
            rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        }),
        ("schema page", |path| scribble(path, 100, 3000)),
        ("pages of rows", |path| scribble(path, 40 * 4096, 200 * 4096)),
        ("cut", |path| std::fs::File::options().write(true).open(path).unwrap().set_len(30 * 4096).unwrap()),
        ("a table is gone", |path| {
            rusqlite::Connection::open(path).unwrap().execute_batch("DROP TABLE _meta").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let dir = TempDir::new().unwrap();
        let path = filled(dir.path());
        damage(&path);
        let (store, events) = observed(dir.path());
        let partition = store.partition("u1").unwrap();
        let (loaded, instance, opened) = open(&partition, ITEMS);
        assert_eq!((opened.current, loaded.current.len()), (None, 0), "{name}");
        let events = events.lock().unwrap();
        let [StoreEvent::SetAside { aside, .. }] = &events[..] else { panic!("{name}: {events:?}") };
        assert_eq!(aside, &path.with_file_name("cache.db.corrupt-1"), "{name}");
        assert!(aside.exists(), "{name}");
        fill(&instance, &[Item::new(1, "one")], "2");
        assert_eq!(open(&partition, ITEMS).0.current(), by_key(&[Item::new(1, "one")]), "{name}");
    }
}

#[test]
fn corruption_under_way_breaks_no_promise() {
    let dir = TempDir::new().unwrap();
    let path = filled(dir.path());
    let (store, events) = observed(dir.path());
    let partition = store.partition("u1").unwrap();
    let (_, instance, _) = open(&partition, ITEMS);
    // What SQLite remembers of the file would hide the damage.
    on_writer(&partition, |writer| {
        writer
            .connection
            .as_ref()
            .unwrap()
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory")
            .unwrap();
    });
    scribble(&path, 4096, 400 * 4096);
    let changes: Vec<RowChange> = (0..3000).map(|id| remove(&Item::new(id, ""))).collect();
    let failed = commit(&instance, Target::Current, changes, "2");
    // The writer may have met the damage before, between two jobs: then the batch comes too late for its generation.
    assert!(matches!(failed, Err(StoreError::Corrupt { .. } | StoreError::Behind { .. })), "{failed:?}");
    {
        let events = events.lock().unwrap();
        let [StoreEvent::SetAside { aside, .. }] = &events[..] else { panic!("{events:?}") };
        assert!(aside.exists());
    }
    let refused = commit(&instance, Target::Current, vec![], "3");
    assert!(matches!(refused, Err(StoreError::Behind { .. })), "{refused:?}");
    // The same instance goes on in the new file.
    commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(1, "one"))], "0_0").unwrap();
    commit(&instance, Target::Complete { first: false }, vec![], "0_1").unwrap();
    commit(&instance, Target::Current, vec![put(&Item::new(2, "two"))], "4").unwrap();
    let (loaded, _, opened) = open(&partition, ITEMS);
    assert_eq!(opened.current.unwrap().position, Some(position("4")));
    assert_eq!(loaded.current.len(), 2);
}

#[test]
fn only_the_last_corrupt_files_are_kept() {
    let dir = TempDir::new().unwrap();
    for _ in 0..5 {
        drop(partition_in(dir.path()));
        std::fs::write(folder_in(dir.path()).join("cache.db"), "no database".repeat(500)).unwrap();
    }
    drop(partition_in(dir.path()));
    let mut names: Vec<String> = std::fs::read_dir(folder_in(dir.path()))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["cache.db", "cache.db.corrupt-3", "cache.db.corrupt-4", "cache.db.corrupt-5", "leader.lock"]);
}

#[test]
fn a_newer_file_is_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = filled(dir.path());
    prompt(dir.path()).pragma_update(None, "user_version", 4).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::in_dir(dir.path()).unwrap().partition("u1").err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 4, known: 3, .. }), "{error:?}");
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_partition_has_one_owner() {
    let dir = TempDir::new().unwrap();
    drop(partition_in(dir.path()));
    // What another process does.
    let lock = std::fs::File::open(folder_in(dir.path()).join("leader.lock")).unwrap();
    lock.lock().unwrap();
    let store = SqliteStore::in_dir(dir.path()).unwrap();
    let error = store.partition("u1").err().unwrap();
    assert!(matches!(error, StoreError::InUse { .. }) && error.retryable(), "{error:?}");
    // Another person's is free.
    store.partition("u2").unwrap();
    drop(lock);
    // In one process all stores share it.
    let partition = store.partition("u1").unwrap();
    let again = SqliteStore::in_dir(dir.path()).unwrap().partition("u1").unwrap();
    drop((partition, again));
    store.partition("u1").unwrap();
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = SqliteStore::in_dir(file.join("store")).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }));
    assert!(error.to_string().contains("file/store"), "{error}");
}
