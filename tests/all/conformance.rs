//! The conformance pages of the server and of the client against the tests that they name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::dependencies::workspace;

/// One side's items, and where its tests are.
struct Side {
    page: &'static str,
    letter: &'static str,
    items: u32,
    sources: &'static [&'static str],
}

const SERVER: Side = Side {
    page: "server/docs/conformance.md",
    letter: "s",
    items: 72,
    sources: &["server/src", "shapegen/src/dev", "tests/all"],
};

const CLIENT: Side =
    Side { page: "runtime/docs/conformance.md", letter: "c", items: 153, sources: &["runtime/src", "tests/all"] };

impl Side {
    /// The names of functions in a folder that begin with an item's id.
    fn tests(&self, folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.tests(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names = text.split("\nfn ").chain(text.split(" fn ")).skip(1);
                let names = names.filter_map(|rest| rest.split('(').next());
                found.extend(names.filter(|name| !self.of(name).is_empty()).map(str::to_owned));
            }
        }
    }

    /// The items of a name: `s_011_to_s_018_and_s_030_…` has nine.
    fn of(&self, name: &str) -> BTreeSet<u32> {
        let parts: Vec<&str> = name.split('_').collect();
        let number = |at: usize| -> Option<u32> {
            let digits =
                parts.get(at + 1).filter(|digits| *parts.get(at).unwrap() == self.letter && digits.len() == 3)?;
            digits.parse().ok()
        };
        let mut items = BTreeSet::new();
        for at in 0..parts.len() {
            let Some(item) = number(at) else { continue };
            let to = parts.get(at + 2) == Some(&"to") && at + 3 < parts.len();
            let last = to.then(|| number(at + 3)).flatten();
            items.extend(item..=last.unwrap_or(item));
        }
        items
    }

    /// Each item has tests in the page's table, or is left out below it, with a reason; each test is named for each of its
    /// items.
    fn check(&self) {
        let page = fs::read_to_string(workspace().join(self.page)).unwrap();
        let mut known = BTreeSet::new();
        self.sources.iter().for_each(|folder| self.tests(&workspace().join(folder), &mut known));
        let prefix = format!("| {}-", self.letter.to_uppercase());
        let (mut named, mut rows, mut part) = (BTreeSet::new(), Vec::new(), "");
        for line in page.lines() {
            part = line.strip_prefix("## ").unwrap_or(part);
            if !matches!(part, "" | "Left out") {
                continue;
            }
            let Some((item, row)) = line.strip_prefix(&prefix).and_then(|row| row.split_once(" | ")) else { continue };
            let item: u32 = item.parse().unwrap();
            if part.is_empty() {
                let tests: Vec<&str> = row.split(" | ").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
                assert!(!tests.is_empty(), "{prefix}{item:03} has no test");
                for test in tests {
                    assert!(known.contains(test), "{prefix}{item:03} names `{test}`, which doesn't exist");
                    assert!(self.of(test).contains(&item), "`{test}` says nothing of {prefix}{item:03}");
                    named.insert((item, test.to_owned()));
                }
            }
            rows.push(item);
        }
        rows.sort_unstable();
        assert_eq!(rows, (1..=self.items).collect::<Vec<u32>>(), "{}", self.page);
        for test in &known {
            for item in self.of(test) {
                assert!(named.contains(&(item, test.clone())), "{prefix}{item:03} doesn't name `{test}`");
            }
        }
    }
}

#[test]
fn the_servers_page_names_every_item_and_every_test() {
    SERVER.check();
}

#[test]
fn the_clients_page_names_every_item_and_every_test() {
    CLIENT.check();
}
