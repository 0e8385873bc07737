//! What an instance goes through when nothing fails: filled, followed, closed, opened, replaced.

use super::item::{self, ITEM, WideItem, leak};
use super::*;
use crate::store::{Current, Verdict};

static ITEMS: &ShapeDefinition = Item::DEFINITION;

#[test]
fn rows_and_position_are_there_again() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let (one, two, three) = (Item::new(1, "one"), Item::new(2, "two"), Item::new(3, "three"));
    {
        let partition = store.partition("u1").unwrap();
        let (loaded, instance, opened) = open(&partition, ITEMS);
        assert_eq!(opened, Opened { current: None, filling: None, verdict: Verdict::New });
        assert!(loaded.current.is_empty());
        fill(&instance, &[one.clone(), two.clone()], "0_0");
        let renamed = Item { name: "zwei".to_owned(), count: Some(2), ..two.clone() };
        let changes = vec![put(&renamed), put(&three), remove(&one)];
        commit(&instance, Target::Current, changes, "7_1").unwrap();
    }
    let partition = store.partition("u1").unwrap();
    let (loaded, _, opened) = open(&partition, ITEMS);
    let position = Some(position("7_1"));
    let current = Some(Current { position, up_to_date_at: Some(NOW) });
    assert_eq!(opened, Opened { current, filling: None, verdict: Verdict::Keep });
    // In the order in which they came: a changed row keeps its place.
    let names: Vec<&str> = loaded.current.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["zwei", "three"]);
    assert_eq!(loaded.current[0].count, Some(2));
}

#[test]
fn a_half_filled_generation_is_resumed_and_shown_when_complete() {
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    let items: Vec<Item> = (1..=4).map(|id| Item::new(id, "x")).collect();
    {
        let (_, instance, _) = open(&partition_in(path), ITEMS);
        fill(&instance, &items[..1], "old");
        commit(&instance, Target::Filling { first: true }, vec![put(&items[1])], "0_0").unwrap();
        commit(&instance, Target::Filling { first: false }, vec![put(&items[2])], "0_1").unwrap();
    }
    {
        let (loaded, instance, opened) = open(&partition_in(path), ITEMS);
        assert_eq!(opened.current.unwrap().position, Some(position("old")));
        assert_eq!(opened.filling, Some(position("0_1")));
        assert_eq!(loaded.current(), by_key(&items[..1]));
        assert_eq!(loaded.filling(), by_key(&items[1..3]));
        assert_eq!(shown(path), 1, "the view shows complete generations alone");
        commit(&instance, Target::Complete { first: false }, vec![put(&items[3])], "0_2").unwrap();
        assert_eq!(shown(path), 3);
        tidied(path);
        let stored = "SELECT count(*) FROM _rows_items";
        assert_eq!(prompt(path).query_row(stored, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    }
    let (loaded, _, opened) = open(&partition_in(path), ITEMS);
    assert_eq!((opened.current.unwrap().position, opened.filling), (Some(position("0_2")), None));
    assert_eq!(loaded.current(), by_key(&items[1..]));
}

fn shown(dir: &Path) -> i64 {
    prompt(dir).query_row("SELECT count(*) FROM items", [], |row| row.get(0)).unwrap()
}

#[test]
fn beginning_again_drops_what_was_half_filled() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(1, "a"))], "0_0").unwrap();
    commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(2, "b"))], "0_0").unwrap();
    let (loaded, ..) = open(&partition, ITEMS);
    assert_eq!(loaded.filling(), by_key(&[Item::new(2, "b")]));
    // The first opening has ended.
    let late = commit(&instance, Target::Filling { first: false }, vec![], "0_1");
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
}

#[test]
fn large_generations_go_in_slices() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    let items: Vec<Item> = (0..12_000).map(|id| Item::new(id, "x")).collect();
    fill(&instance, &items, "a");
    fill(&instance, &items[..3], "b");
    tidied(dir.path());
    let rows = prompt(dir.path()).query_row("SELECT count(*) FROM _rows_items", [], |row| row.get::<_, i64>(0));
    assert_eq!(rows.unwrap(), 3);
}

#[test]
fn batches_wait_for_each_other_and_are_flushed() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (Item::new(1, "one"), Item::new(2, "two"));
    let late = Duration::from_secs(3600);
    {
        let partition = partition_in(dir.path());
        let (_, instance, _) = open(&partition, ITEMS);
        fill(&instance, &[], "0");
        let first = instance.commit(batch(Target::Current, vec![put(&one)], "1"), late);
        let second = instance.commit(batch(Target::Current, vec![remove(&one), put(&two)], "2"), late);
        on_writer(&partition, |_| ());
        assert_eq!(shown(dir.path()), 0);
        wait(partition.flush()).unwrap();
        wait(first).unwrap();
        wait(second).unwrap();
        assert_eq!(shown(dir.path()), 1);
        // The deadline writes, too.
        wait(instance.commit(batch(Target::Current, vec![put(&one)], "3"), Duration::from_millis(1))).unwrap();
        assert_eq!(shown(dir.path()), 2);
        // And so does the last handle.
        drop(instance.commit(batch(Target::Current, vec![remove(&one)], "4"), late));
    }
    let (loaded, _, opened) = open(&partition_in(dir.path()), ITEMS);
    assert_eq!(opened.current.unwrap().position, Some(position("4")));
    assert_eq!(loaded.current(), by_key(&[two]));
}

#[test]
fn values_are_bit_exact() {
    let dir = TempDir::new().unwrap();
    let floats =
        [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::MAX, 0.1 + 0.2, 5e-324, 2.0];
    let texts = ["", " ", "a\0b", "NaN", "-0", "1", "\u{10ffff}", "it's \"so\"", "é"];
    let integers = [None, Some(i64::MIN), Some(i64::MAX), Some(0), Some(-1)];
    let blobs = [vec![], vec![0], vec![0xff; 5000], b"text".to_vec()];
    let mut items = Vec::new();
    for at in 0..floats.len() {
        items.push(Item {
            score: floats[at],
            count: integers[at % integers.len()],
            data: blobs[at % blobs.len()].clone(),
            ..Item::new(at as u128, texts[at % texts.len()])
        });
    }
    {
        let (_, instance, _) = open(&partition_in(dir.path()), ITEMS);
        fill(&instance, &items, "0");
    }
    let (loaded, ..) = open(&partition_in(dir.path()), ITEMS);
    let bits = |row: &Item| (row.id, row.name.clone(), row.score.to_bits(), row.count, row.data.clone());
    assert_eq!(loaded.current.iter().map(bits).collect::<Vec<_>>(), items.iter().map(bits).collect::<Vec<_>>());
}

/// A shape that changed, beside one that didn't.
fn reopened_as(changed: ShapeDefinition) -> (TempDir, Partition, (Loaded, Instance, Opened)) {
    let dir = TempDir::new().unwrap();
    let other = leak(item::other());
    {
        let partition = partition_in(dir.path());
        let (_, instance, _) = open(&partition, ITEMS);
        fill(&instance, &[Item::new(1, "one")], "0");
        commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(2, "two"))], "0_0").unwrap();
        let (_, instance, _) = open(&partition, other);
        fill(&instance, &[Item::new(9, "nine")], "9");
    }
    let partition = partition_in(dir.path());
    let opened = open(&partition, leak(changed));
    let (loaded, _, untouched) = open(&partition, other);
    assert_eq!(untouched.verdict, Verdict::Keep);
    assert_eq!(untouched.current.unwrap().position, Some(position("9")));
    assert_eq!(loaded.current(), by_key(&[Item::new(9, "nine")]));
    (dir, partition, opened)
}

#[test]
fn a_widened_shape_shows_its_old_rows_and_is_fetched_again() {
    let (dir, partition, (loaded, instance, opened)) = reopened_as(item::widened());
    assert_eq!(opened.verdict, Verdict::Widen);
    assert_eq!(opened.current, Some(Current { position: None, up_to_date_at: Some(NOW) }));
    assert_eq!(opened.filling, None, "half-filled rows lack the column, too");
    assert_eq!((loaded.current(), loaded.notes), (by_key(&[Item::new(1, "one")]), vec![None]));
    // Nothing can be added to rows that lack a column.
    let refused = commit(&instance, Target::Current, vec![], "1");
    assert!(matches!(refused, Err(StoreError::Behind { .. })), "{refused:?}");
    let row = WideItem(Item::new(1, "one"), Some("new".to_owned()));
    commit(&instance, Target::Complete { first: true }, vec![RowChange::Put(Arc::new(row), None)], "2").unwrap();
    let (loaded, _, opened) = open(&partition, leak(item::widened()));
    assert_eq!(opened.current.unwrap().position, Some(position("2")));
    assert_eq!(loaded.notes, [Some("new".to_owned())]);
    let note = prompt(dir.path()).query_row("SELECT note FROM items", [], |row| row.get::<_, String>(0));
    assert_eq!(note.unwrap(), "new");
}

#[test]
fn a_changed_shape_is_fetched_again() {
    let (_dir, partition, (loaded, instance, opened)) = reopened_as(item::retyped());
    assert_eq!(opened, Opened { current: None, filling: None, verdict: Verdict::Refetch });
    assert!(loaded.current.is_empty() && loaded.filling.is_empty());
    fill(&instance, &[Item::new(5, "five")], "5");
    let (loaded, _, opened) = open(&partition, leak(item::retyped()));
    assert_eq!((opened.verdict, loaded.current()), (Verdict::Keep, by_key(&[Item::new(5, "five")])));
}

#[test]
fn c_149_a_changed_request_deletes_the_old_instance() {
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let keys = ["items#01?user=1", "items#01?user=2"];
    for key in keys {
        let (_, instance, _) = open_key(&partition, ITEMS, key);
        fill(&instance, &[Item::new(1, key)], "0");
    }
    // Another parameter is another instance of the same request.
    let (loaded, ..) = open_key(&partition, ITEMS, keys[0]);
    assert_eq!(loaded.current(), by_key(&[Item::new(1, keys[0])]));
    assert_eq!(shown(dir.path()), 2);

    let (loaded, instance, opened) = open_key(&partition, ITEMS, "items#02?user=1");
    assert_eq!((opened.verdict, opened.current), (Verdict::New, None));
    assert!(loaded.current.is_empty());
    assert_eq!(shown(dir.path()), 0);
    drop(instance);
    tidied(dir.path());
    let rows = prompt(dir.path()).query_row("SELECT count(*) FROM _rows_items", [], |row| row.get::<_, i64>(0));
    assert_eq!(rows.unwrap(), 0);
}

#[test]
fn rows_beyond_their_age_are_deleted_unseen() {
    let shape = |max_age_s| {
        let policy = crate::definition::Policy { max_age_s, ..ITEM.policy };
        leak(ShapeDefinition { policy, ..ITEM })
    };
    let dir = TempDir::new().unwrap();
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    fill(&instance, &[Item::new(1, "one")], "0");
    let at = |now, max_age| {
        let opening = partition.open_instance(shape(max_age), key(&ITEM), now, Loaded::default());
        let (loaded, _, opened) = wait(opening).unwrap();
        (opened.verdict, loaded.current.len())
    };
    assert_eq!(at(NOW + 60, Some(60)), (Verdict::Keep, 1));
    assert_eq!(at(NOW - 5, Some(60)), (Verdict::Keep, 1), "the clock went back");
    assert_eq!(at(NOW + 61, Some(60)), (Verdict::Expired, 0));
    assert_eq!(at(NOW, None), (Verdict::New, 0));
}

#[test]
fn finders_are_built_after_the_first_load_and_follow_the_build() {
    let dir = TempDir::new().unwrap();
    let indexes = || -> Vec<String> {
        let prompt = prompt(dir.path());
        let mut names = prompt
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = '_rows_items' AND sql <> ''")
            .unwrap();
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let partition = partition_in(dir.path());
    let (_, instance, _) = open(&partition, ITEMS);
    commit(&instance, Target::Filling { first: true }, vec![put(&Item::new(1, "one"))], "0").unwrap();
    assert!(indexes().is_empty());
    commit(&instance, Target::Complete { first: false }, vec![], "1").unwrap();
    assert_eq!(indexes(), ["_rows_items.name"]);
    let by_count = &[r#"CREATE INDEX "_rows_items.count" ON "_rows_items" ("_g", "count")"#];
    let local = crate::definition::LocalTable { indexes: by_count, ..ITEM.local };
    let (loaded, _, opened) = open(&partition, leak(ShapeDefinition { local, ..ITEM }));
    assert_eq!((opened.verdict, loaded.current.len()), (Verdict::Keep, 1));
    assert_eq!(indexes(), ["_rows_items.count"]);
}

#[test]
fn persons_share_no_file() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let hostile = ["ann", "bob", "", "../../etc", "a/b\\c", "ANN", "ann "];
    for who in hostile {
        let partition = store.partition(who).unwrap();
        let (loaded, instance, opened) = open(&partition, ITEMS);
        assert_eq!((opened.verdict, loaded.current.len()), (Verdict::New, 0));
        let mut items: Vec<Item> = (0..200).map(|id| Item::new(id, &format!("canary of <{who}>"))).collect();
        fill(&instance, &items, "0");
        items.truncate(5);
        commit(&instance, Target::Current, items.iter().map(remove).collect(), "1").unwrap();
    }
    let partition = store.partition("ann").unwrap();
    let (_, instance, _) = open(&partition, ITEMS);
    commit(&instance, Target::Current, vec![put(&Item::new(500, "canary of <ann>"))], "2").unwrap();

    let folders: Vec<PathBuf> =
        std::fs::read_dir(dir.path().join("store")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), hostile.len());
    let mut logs = 0;
    for folder in folders {
        let mut found = Vec::new();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            logs += usize::from(path.to_string_lossy().ends_with("-wal"));
            let bytes = std::fs::read(&path).unwrap();
            for who in hostile {
                let canary = format!("canary of <{who}>");
                if bytes.windows(canary.len()).any(|window| window == canary.as_bytes()) {
                    found.push(who);
                }
            }
        }
        found.dedup();
        assert_eq!(found.len(), 1, "{found:?} in {}", folder.display());
        assert_eq!(folder.file_name().unwrap().to_str(), Some(blake3::hash(found[0].as_bytes()).to_hex().as_str()));
    }
    assert_eq!(logs, 1, "one partition is open, and its log was searched, too");
}
