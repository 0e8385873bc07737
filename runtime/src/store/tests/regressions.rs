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

/// A file of a bounded size: the kernel writes what fits of a page, and nothing of the next.
#[cfg(unix)]
#[test]
fn a_short_write_is_an_error_and_the_rows_of_before_stay() {
    const NAME: &str = "store::tests::regressions::a_short_write_is_an_error_and_the_rows_of_before_stay";
    const FOLDER: &str = "SHAPEGEN_BOUNDED";
    let item = |id: u128| Item::new(id, &"long ".repeat(200));
    if let Some(folder) = std::env::var_os(FOLDER) {
        let (loaded, instance, _) = open(&partition_in(Path::new(&folder)), ITEMS);
        let mut last = loaded.current.len() as u128;
        let error = (last..1_000).find_map(|id| {
            let rows = vec![put(&item(id))];
            let written = commit(&instance, Target::Current, rows, &id.to_string());
            last = id;
            written.err()
        });
        println!("{last} {}", error.expect("the file is bounded"));
        return;
    }
    let dir = TempDir::new().unwrap();
    {
        let (_, instance, _) = open(&partition_in(dir.path()), ITEMS);
        fill(&instance, &[item(0)], "0");
    }
    drop(partition_in(dir.path()));
    // 301 blocks of 512 bytes end within a page of the log: its frames have headers.
    let bounded = "trap '' XFSZ; ulimit -f 301; exec \"$0\" --exact \"$1\" --nocapture";
    let mut child = std::process::Command::new("sh");
    let ran = child.args(["-c", bounded]).arg(std::env::current_exe().unwrap()).arg(NAME).env(FOLDER, dir.path());
    let ran = ran.output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{told}{}", String::from_utf8_lossy(&ran.stderr));
    let said = told.lines().find_map(|line| line.split_once(' ').filter(|(id, _)| id.parse::<u128>().is_ok()));
    let (failed, error) = said.unwrap_or_else(|| panic!("{told}"));
    assert!(error.contains("cache.db"), "{error}");
    let failed: u128 = failed.parse().unwrap();
    assert!(failed > 2, "some rows fit: {told}");
    // What was said to be written is there, with its offset; of what failed there is nothing.
    let (loaded, instance, opened) = open(&partition_in(dir.path()), ITEMS);
    let expected: Vec<Item> = (0..failed).map(item).collect();
    assert_eq!(loaded.current(), by_key(&expected));
    assert_eq!(opened.current.unwrap().position, Some(position(&(failed - 1).to_string())));
    commit(&instance, Target::Current, vec![put(&item(failed))], "later").unwrap();
}
