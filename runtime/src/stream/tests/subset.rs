//! The newest rows, older ones beside the log, and what comes from now on.

use super::*;
use crate::captures::{ComingGone, LastGone};
use crate::stream::faults::{MALFORMED_ANSWERS, OLDER_FAILURES};

/// A subset of the table `gone`: the rows with these ids.
fn subset(handle: &str, offset: &str, ids: &[i32]) -> Capture {
    let row = |id: &i32| {
        format!(r#"{{"value":{{"id":"{id}","v":"a"}},"headers":{{"operation":"insert","snapshot_mark":7}}}}"#)
    };
    let rows: Vec<String> = ids.iter().map(row).collect();
    let metadata = r#"{"xip_list":[],"xmax":"8","xmin":"8","snapshot_mark":7,"database_lsn":"50"}"#;
    let answer = bare(200, &format!(r#"{{"metadata":{metadata}, "data": [{}]}}"#, rows.join(",")));
    answer
        .with("electric-snapshot", "true")
        .with("electric-handle", handle)
        .with("electric-offset", offset)
        .with("electric-schema", SCHEMA)
}

/// A stream that holds the rows 9 and 8, the newest two, and polls live behind `40_0` of `h1`.
fn settled() -> Driver<LastGone> {
    let mut driver = Driver::start(None);
    driver.answer(&subset("h1", "40_0", &[9, 8]));
    driver.answer(&catch_up("h1", "40_0", &[UP_TO_DATE]));
    assert_eq!(driver.request().get("live"), Some("true"));
    driver
}

fn ids(driver: &Driver<LastGone>) -> Vec<i32> {
    driver.rows.keys().copied().collect()
}

fn loaded<S: Shape>(driver: &Driver<S>) -> Vec<&Result<usize, SyncError>> {
    let loaded = driver.effects.iter().filter_map(|effect| match effect {
        Effect::Loaded(rows) => Some(rows),
        _ => None,
    });
    loaded.collect()
}

#[test]
fn c_136_the_newest_rows_come_first_and_the_log_goes_on_behind_them() {
    let mut driver = Driver::<LastGone>::start(None);
    let first = driver.request();
    assert_eq!(first.place(), [Some("now"), None, None, None]);
    assert_eq!((first.get("subset__order_by"), first.get("subset__limit")), (Some("\"id\" desc"), Some("2")));
    assert_eq!(first.get("subset__where"), None);
    driver.answer(&subset("h1", "40_0", &[9, 8]));
    let delivered = driver.delivery().clone();
    assert_eq!((delivered.first, delivered.subset, delivered.position.offset), (true, Some(2), "40_0".to_owned()));
    let next = driver.request();
    assert_eq!(next.place(), [Some("40_0"), Some("h1"), None, None]);
    assert_eq!(next.get("subset__limit"), None);
    let expected = Position { handle: "h1".into(), offset: "40_0".into(), oldest: Some(vec![Some("8".into())]) };
    assert_eq!((ids(&driver), driver.stream.position()), (vec![8, 9], Some(expected)));
}

#[test]
fn c_005_from_now_on_means_offset_now() {
    let mut driver = Driver::<ComingGone>::start(None);
    assert_eq!(driver.request().place(), [Some("now"), None, None, None]);
    driver.answer(&catch_up("h1", "40_0", &[UP_TO_DATE]));
    assert_eq!((driver.delivery().first, driver.delivery().subset), (true, None));
    assert_eq!(driver.request().place(), [Some("40_0"), Some("h1"), Some("true"), None]);
}

#[test]
fn c_016_whole_rows_are_asked_for_in_each_request() {
    let mut driver = Driver::<ComingGone>::start(None);
    for answer in
        [catch_up("h1", "40_0", &[UP_TO_DATE]), live("h1", "41_0", "1", &[ROW]), must_refetch(None), bare(503, "")]
    {
        assert_eq!(driver.request().get("replica"), Some("full"));
        driver.answer(&answer);
    }
    assert_eq!(driver.request().get("replica"), Some("full"));
}

#[test]
fn c_138_older_rows_are_asked_for_beside_the_log_with_texts_as_parameters() {
    let mut driver = settled();
    driver.on(Event::LoadOlder(3));
    assert_eq!(driver.open.len(), 1, "the held request is dropped: {:?}", driver.open);
    let older = driver.request();
    assert_eq!(older.place(), [Some("40_0"), Some("h1"), None, None]);
    for (name, value) in [
        ("subset__where", "\"id\" < $1"),
        ("subset__params", r#"{"1":"8"}"#),
        ("subset__order_by", "\"id\" desc"),
        ("subset__limit", "3"),
    ] {
        assert_eq!(older.get(name), Some(value), "{name}");
    }
    // The log's position is its own: what lies between the two is still to be read.
    driver.answer(&subset("h1", "70_0", &[7, 6, 5]));
    assert_eq!((ids(&driver), loaded(&driver)), (vec![5, 6, 7, 8, 9], vec![&Ok(3)]));
    assert_eq!(driver.request().place(), [Some("40_0"), Some("h1"), None, None]);
    let expected = Position { handle: "h1".into(), offset: "40_0".into(), oldest: Some(vec![Some("5".into())]) };
    assert_eq!(driver.stream.position(), Some(expected));
}

#[test]
fn where_nothing_is_older_nothing_is_asked() {
    let mut driver = settled();
    driver.on(Event::LoadOlder(3));
    driver.on(Event::LoadOlder(1));
    driver.answer(&subset("h1", "40_0", &[7]));
    assert_eq!(loaded(&driver), [&Ok(1), &Ok(0)]);
    assert_eq!(driver.request().get("subset__limit"), None);
    driver.on(Event::LoadOlder(1));
    assert_eq!(driver.effects, [Effect::Loaded(Ok(0))]);
}

#[test]
fn older_rows_wait_for_the_end_of_a_transaction() {
    let mut driver = settled();
    let row =
        r#"{"value":{"id":"10","v":"a"},"headers":{"operation":"insert","lsn":"60","op_position":0,"txids":[9]}}"#;
    driver.on(Event::LoadOlder(1));
    // The live request was dropped for it; a cut connection makes the log be read first.
    driver.breaks("reset");
    assert_eq!(driver.request().get("subset__limit"), Some("1"));
    let mut driver = settled();
    driver.answer(&live("h1", "60_0", "1", &[row]));
    driver.on(Event::LoadOlder(1));
    assert_eq!(driver.effects, [], "within a transaction");
    driver.answer(&catch_up("h1", "60_0", &[UP_TO_DATE]));
    assert_eq!(driver.request().get("subset__limit"), Some("1"));
}

#[test]
fn older_rows_that_are_refused_leave_the_sync_as_it_is() {
    let mut driver = settled();
    driver.on(Event::LoadOlder(1));
    driver.answer(&bare(400, "no conditions here"));
    let [Err(SyncError::Refused { status: 400, .. })] = loaded(&driver)[..] else { panic!("{:?}", driver.effects) };
    assert_eq!(driver.request().place(), [Some("40_0"), Some("h1"), Some("true"), None]);
    assert_eq!(ids(&driver), [8, 9]);
}

#[test]
fn older_rows_that_dont_come_leave_the_sync_as_it_is() {
    let unavailable = bare(503, "too many readers");
    let mut no_subset = catch_up("h1", "40_0", &[UP_TO_DATE]);
    no_subset.headers.extend(subset("h1", "40_0", &[]).headers);
    for (answer, times) in [(unavailable, OLDER_FAILURES), (no_subset, MALFORMED_ANSWERS)] {
        let mut driver = settled();
        driver.on(Event::LoadOlder(1));
        for _ in 1..times {
            driver.answer(&answer);
            assert!(driver.waits().is_some(), "{:?}", driver.effects);
            assert_eq!(driver.request().get("subset__limit"), Some("1"));
        }
        driver.answer(&answer);
        assert!(matches!(loaded(&driver)[..], [Err(_)]), "{:?}", driver.effects);
        assert_eq!(driver.request().get("subset__limit"), None, "the log goes on");
        driver.answer(&catch_up("h1", "40_0", &[UP_TO_DATE]));
        assert_eq!(ids(&driver), [8, 9]);
    }
}

#[test]
fn c_137_c_139_a_lost_log_brings_back_as_many_rows_as_were_asked_for() {
    let mut driver = settled();
    driver.on(Event::LoadOlder(3));
    driver.answer(&subset("h1", "40_0", &[7, 6, 5]));
    driver.on(Event::LoadOlder(1));
    driver.answer(&must_refetch(Some("h2")));
    assert!(driver.effects.contains(&Effect::Refetch));
    let again = driver.request();
    assert_eq!(again.place(), [Some("now"), Some("h2"), None, None]);
    assert_eq!((again.get("subset__limit"), again.get("subset__where")), (Some("5"), None));
    let first_buster = again.get("cache-buster").unwrap().to_owned();
    // Each loss is another URL.
    driver.answer(&must_refetch(Some("h3")));
    assert_ne!(driver.request().get("cache-buster").unwrap(), first_buster);
    driver.answer(&subset("h3", "90_0", &[9, 8, 7, 6, 5]));
    // Who waited for older rows is served then.
    let older = driver.request();
    assert_eq!((older.get("subset__limit"), older.get("subset__params")), (Some("1"), Some(r#"{"1":"5"}"#)));
    driver.answer(&subset("h3", "90_0", &[4]));
    assert_eq!((ids(&driver), loaded(&driver)), (vec![4, 5, 6, 7, 8, 9], vec![&Ok(1)]));
}

#[test]
fn a_later_run_goes_on_where_rows_were_loaded() {
    let oldest = Some(vec![Some("8".to_owned())]);
    let position = Position { handle: "h1".into(), offset: "40_0".into(), oldest };
    let mut driver = Driver::<LastGone>::start(Some(position));
    assert_eq!(driver.request().place(), [Some("40_0"), Some("h1"), None, None]);
    driver.answer(&catch_up("h1", "40_0", &[UP_TO_DATE]));
    driver.on(Event::LoadOlder(1));
    assert_eq!(driver.request().get("subset__params"), Some(r#"{"1":"8"}"#));
}

#[test]
fn a_body_that_is_no_subset_is_asked_for_again() {
    let mut driver = Driver::<LastGone>::start(None);
    let mut answer = subset("h1", "40_0", &[9]);
    answer.body.pop();
    driver.answer(&answer);
    assert!(driver.waits().is_some(), "{:?}", driver.effects);
    assert!(driver.request().get("cache-buster").is_some());
    driver.answer(&subset("h1", "40_0", &[9]));
    assert_eq!(ids(&driver), [9]);
}
