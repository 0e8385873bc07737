//! What counts of the log beside subsets that were read later than it stands.

use super::ErasedRows;
use super::tests::{Screen, insert, retitle};
use crate::log::Visibility;

/// Transactions up to 99 are shown, 100 to 104 but for 102, nothing from 105 on.
fn taken() -> Visibility {
    Visibility { xmin: 100, xmax: 105, running: vec![102], lsn: 5_000 }
}

/// A screen with a subset of the rows 1 and 2, both called `subset`.
fn screen() -> Screen {
    let mut screen = Screen::new();
    screen.rows.begin_subset(taken());
    screen.read(&[insert(1, "subset"), insert(2, "subset")]).unwrap();
    screen
}

/// A message as one of a transaction.
fn by(txid: u64, lsn: u64, message: &str) -> String {
    message.replace(r#""headers":{"#, &format!(r#""headers":{{"lsn":"{lsn}","op_position":0,"txids":[{txid}],"#))
}

fn up_to_date(lsn: u64) -> String {
    format!(r#"{{"headers":{{"control":"up-to-date","global_last_seen_lsn":"{lsn}"}}}}"#)
}

fn titles(screen: &mut Screen) -> Vec<(i32, String)> {
    screen.rows.publish();
    screen.shared.snapshot().iter().map(|item| (item.id, item.title.clone())).collect()
}

fn first_title(screen: &mut Screen) -> String {
    titles(screen).remove(0).1
}

#[test]
fn c_130_what_a_subset_shows_doesnt_count_again() {
    let mut screen = screen();
    screen.read(&[by(99, 4_000, &retitle(1, "older")), by(103, 4_100, &retitle(2, "older"))]).unwrap();
    assert_eq!(titles(&mut screen), [(1, "subset".to_owned()), (2, "subset".to_owned())]);
    let gone = r#"{"value":{"id":"1"},"headers":{"operation":"delete"}}"#;
    screen.read(&[by(98, 4_200, gone)]).unwrap();
    assert_eq!(titles(&mut screen).len(), 2, "it was there again when the subset was read");
}

#[test]
fn c_131_what_was_running_counts_and_what_came_later_ends_the_comparison() {
    let mut screen = screen();
    screen.read(&[by(102, 4_000, &retitle(1, "was running"))]).unwrap();
    assert_eq!(first_title(&mut screen), "was running");
    screen.read(&[by(105, 4_100, &retitle(2, "later"))]).unwrap();
    screen.read(&[by(99, 4_200, &retitle(1, "no longer compared"))]).unwrap();
    assert_eq!(first_title(&mut screen), "no longer compared");
}

#[test]
fn c_132_rows_that_a_subset_lacks_are_not_compared() {
    let mut screen = screen();
    screen.read(&[by(99, 4_000, &insert(3, "another"))]).unwrap();
    assert_eq!(titles(&mut screen)[2], (3, "another".to_owned()));
}

#[test]
fn c_134_a_subset_is_passed_at_its_place_in_the_log_in_the_order_of_messages() {
    let mut screen = screen();
    let messages = [by(99, 4_000, &retitle(1, "before")), up_to_date(5_000), by(99, 4_001, &retitle(2, "after"))];
    screen.read(&messages).unwrap();
    assert_eq!(titles(&mut screen), [(1, "subset".to_owned()), (2, "after".to_owned())]);

    let mut screen = self::screen();
    screen.read(&[up_to_date(4_999), by(99, 4_000, &retitle(1, "before"))]).unwrap();
    assert_eq!(first_title(&mut screen), "subset");
    screen.read(&[by(102, 5_000, &retitle(2, "at its place"))]).unwrap();
    screen.read(&[by(99, 5_001, &retitle(1, "behind"))]).unwrap();
    assert_eq!(first_title(&mut screen), "behind");
}

#[test]
fn c_135_changes_without_transactions_count() {
    let mut screen = screen();
    screen.read(&[retitle(1, "nobody knows when")]).unwrap();
    assert_eq!(first_title(&mut screen), "nobody knows when");
}

#[test]
fn a_response_that_doesnt_count_passes_no_subset() {
    let mut screen = screen();
    let broken = r#"{"value":{"id":"1","title":null},"headers":{"operation":"update"}}"#.to_owned();
    screen.read(&[by(105, 4_000, &retitle(2, "later")), broken]).unwrap_err();
    screen.read(&[by(99, 4_000, &retitle(1, "older"))]).unwrap();
    assert_eq!(first_title(&mut screen), "subset");
}

#[test]
fn a_subset_that_doesnt_count_is_forgotten() {
    let mut screen = Screen::new();
    screen.read(&[insert(1, "held")]).unwrap();
    screen.rows.begin_subset(taken());
    let broken = r#"{"value":{"id":"2","title":null,"note":null},"headers":{"operation":"insert"}}"#.to_owned();
    screen.read(&[insert(1, "subset"), broken]).unwrap_err();
    screen.read(&[by(99, 4_000, &retitle(1, "counts"))]).unwrap();
    assert_eq!(first_title(&mut screen), "counts");
}
