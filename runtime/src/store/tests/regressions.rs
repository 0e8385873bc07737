//! Faults that a peer had with users (A, B and C), and disks that take nothing or lose what they took.

use super::*;
use crate::store::Verdict;

static ITEMS: &ShapeDefinition = Item::DEFINITION;

fn wal(dir: &Path) -> PathBuf {
    folder_in(dir).join("cache.db-wal")
}

/// Everything so far is in the file itself, and the log is empty.
fn checkpoint(partition: &Partition) {
    on_writer(partition, |writer| {
        let connection = writer.connection.as_ref().unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    });
}

/// There a batch of one row after a large first load read the whole load again.
#[test]
fn fault_a_a_small_batch_after_a_large_load_is_small() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    let items: Vec<Item> = (0..20_000).map(|id| Item::new(id, "a name of some length")).collect();
    fill(&instance, &items, "1");
    tidied(dir.path());
    checkpoint(&partition);
    commit(&instance, Target::Current, vec![put(&Item::new(7, "changed"))], "2").unwrap();
    let pages = std::fs::metadata(wal(dir.path())).unwrap().len() / 4096;
    assert!((1..=8).contains(&pages), "{pages} pages for one row");
}

/// There the rows of another version were dropped and their offset stayed: ready, and empty for ever.
#[test]
fn fault_b_rows_of_another_version_go_with_their_offset() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    {
        let (_, instance, _) = open(&partition, ITEMS);
        fill(&instance, &[Item::new(1, "one")], "1");
    }
    let (loaded, instance, opened) = open(&partition, item::leak(item::retyped()));
    assert_eq!(opened, Opened { current: None, filling: None, verdict: Verdict::Refetch });
    assert!(loaded.current.is_empty());
    let refused = commit(&instance, Target::Current, vec![], "2");
    assert!(matches!(refused, Err(StoreError::NoGeneration { .. })), "{refused:?}");
}

/// There a batch that was not written was followed by one that was: a hole that nobody ever saw.
#[test]
fn fault_c_nothing_is_written_behind_a_hole() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[Item::new(1, "one")], "1");
    let read_only = |partition: &Partition, only: bool| {
        on_writer(partition, move |writer| {
            writer.connection.as_ref().unwrap().pragma_update(None, "query_only", only).unwrap();
        });
    };
    read_only(&partition, true);
    let failed = commit(&instance, Target::Current, vec![put(&Item::new(2, "two"))], "2").unwrap_err();
    assert!(matches!(failed, StoreError::Database { .. }), "{failed:?}");
    read_only(&partition, false);
    let refused = commit(&instance, Target::Current, vec![put(&Item::new(3, "three"))], "3");
    assert!(matches!(refused, Err(StoreError::Behind { .. })), "{refused:?}");
    let (loaded, _, opened) = open(&partition, ITEMS);
    assert_eq!(loaded.current(), by_key(&[Item::new(1, "one")]));
    assert_eq!(opened.current.unwrap().position, Some(position("1")));
}

/// The files of an open store, copied as they are, into a folder of their own.
fn copied(dir: &Path, files: &[&str]) -> TempDir {
    let copy = TempDir::new().unwrap();
    std::fs::create_dir_all(folder_in(copy.path())).unwrap();
    for file in files {
        std::fs::copy(folder_in(dir).join(file), folder_in(copy.path()).join(file)).unwrap();
    }
    copy
}

#[test]
fn a_log_that_was_deleted_takes_the_offset_along() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[Item::new(1, "one")], "1");
    checkpoint(&partition);
    commit(&instance, Target::Current, vec![put(&Item::new(2, "two"))], "2").unwrap();
    for (files, rows, offset) in [
        (&["cache.db", "cache.db-wal"][..], vec![Item::new(1, "one"), Item::new(2, "two")], "2"),
        (&["cache.db"], vec![Item::new(1, "one")], "1"),
    ] {
        let copy = copied(dir.path(), files);
        let (loaded, _, opened) = open(&partition_in(copy.path()), ITEMS);
        assert_eq!((loaded.current(), opened.current.unwrap().position), (by_key(&rows), Some(position(offset))));
    }
    // The file alone was deleted: its log is nothing without it.
    let copy = copied(dir.path(), &["cache.db-wal"]);
    let (loaded, instance, opened) = open(&partition_in(copy.path()), ITEMS);
    assert_eq!((opened.current, opened.verdict, loaded.current.len()), (None, Verdict::New, 0));
    fill(&instance, &[Item::new(3, "three")], "3");
}

#[test]
fn an_emptied_file_is_a_new_one() {
    let dir = TempDir::new().unwrap();
    {
        let (_, instance, _) = open(&partition_in(dir.path()), ITEMS);
        fill(&instance, &[Item::new(1, "one")], "1");
    }
    let path = folder_in(dir.path()).join("cache.db");
    // The last handle closes the file on the store's own thread.
    drop(partition_in(dir.path()));
    std::fs::File::options().write(true).open(path).unwrap().set_len(0).unwrap();
    let (loaded, _, opened) = open(&partition_in(dir.path()), ITEMS);
    assert_eq!((opened.current, opened.verdict, loaded.current.len()), (None, Verdict::New, 0));
}
