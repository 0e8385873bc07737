//! `server/docs/conformance.md` against the tests that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::dependencies::workspace;

const SOURCES: [&str; 3] = ["server/src", "shapegen/src/dev", "tests/all"];

/// The names of functions that begin with an item's id.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("\nfn ").chain(text.split(" fn ")).skip(1);
            found.extend(
                names
                    .filter_map(|rest| rest.split('(').next())
                    .filter(|name| name.starts_with("s_0"))
                    .map(str::to_owned),
            );
        }
    }
}

/// The items of a name: `s_011_to_s_018_and_s_030_…` has nine.
fn items(name: &str) -> BTreeSet<u32> {
    let parts: Vec<&str> = name.split('_').collect();
    let number = |at: usize| -> Option<u32> { (*parts.get(at)? == "s").then(|| parts.get(at + 1)?.parse().ok())? };
    let mut items = BTreeSet::new();
    for at in 0..parts.len() {
        let Some(item) = number(at) else { continue };
        let last = (parts.get(at + 2) == Some(&"to")).then(|| number(at + 3)).flatten();
        items.extend(item..=last.unwrap_or(item));
    }
    items
}

#[test]
fn the_table_names_every_item_and_every_test() {
    let page = fs::read_to_string(workspace().join("server/docs/conformance.md")).unwrap();
    let mut known = BTreeSet::new();
    SOURCES.iter().for_each(|folder| tests(&workspace().join(folder), &mut known));
    let mut named = BTreeSet::new();
    let mut rows = Vec::new();
    for line in page.lines().take_while(|line| !line.starts_with("## ")) {
        let Some((item, row)) = line.strip_prefix("| S-").and_then(|row| row.split_once(" | ")) else { continue };
        let item: u32 = item.parse().unwrap();
        let tests: Vec<&str> = row.split(" | ").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "S-{item:03} has no test");
        for test in tests {
            assert!(known.contains(test), "S-{item:03} names `{test}`, which doesn't exist");
            assert!(items(test).contains(&item), "`{test}` says nothing of S-{item:03}");
            named.insert((item, test.to_owned()));
        }
        rows.push(item);
    }
    assert_eq!(rows, (1..=72).collect::<Vec<u32>>());
    for test in &known {
        for item in items(test) {
            assert!(named.contains(&(item, test.clone())), "S-{item:03} doesn't name `{test}`");
        }
    }
}
