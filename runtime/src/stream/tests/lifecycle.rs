//! Rest, refresh and recovery, by the checklist's ids.

use super::*;
use crate::captures::Gone;

fn settled() -> Driver<Gone> {
    let mut driver = Driver::start(None);
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    driver
}

fn refreshed(driver: &Driver<Gone>) -> bool {
    driver.effects.contains(&Effect::Refreshed)
}

#[test]
fn c_048_c_100_a_refresh_asks_at_once_for_an_answer_that_is_not_held() {
    let mut driver = settled();
    let held = driver.due();
    driver.on(Event::Refresh);
    assert_ne!(driver.due(), held);
    assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), None, None]);
    driver.answer(&catch_up("h1", "7_0", &[ROW]));
    assert!(!refreshed(&driver), "the log goes on");
    driver.answer(&catch_up("h1", "8_0", &[UP_TO_DATE]));
    assert!(refreshed(&driver));
    assert_eq!(driver.request().place()[2], Some("true"));
}

#[test]
fn c_048_an_answer_that_was_asked_for_before_does_not_count() {
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    driver.on(Event::Refresh);
    assert_eq!(driver.open.len(), 1, "it is on its way already");
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    assert!(!refreshed(&driver));
    assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), None, None]);
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    assert!(refreshed(&driver));
}

#[test]
fn a_refresh_ends_a_wait_and_outlives_a_failure() {
    let mut driver = settled();
    driver.answer(&bare(503, ""));
    assert!(driver.waits().is_some());
    driver.on(Event::Refresh);
    assert_eq!(driver.request().place()[2], None);
    driver.answer(&bare(503, ""));
    driver.request();
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    assert!(refreshed(&driver));
}

#[test]
fn c_098_c_099_after_a_rest_the_first_answer_is_not_held() {
    let mut driver = settled();
    driver.on(Event::Pause);
    assert!(driver.open.is_empty() && driver.effects.is_empty());
    for nothing in [Event::Timer, Event::Start, Event::Pause, Event::Refresh] {
        driver.on(nothing);
        assert_eq!(driver.effects, []);
    }
    driver.on(Event::Resume);
    assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), None, None]);
}

#[test]
fn what_is_delivered_when_the_rest_begins_counts() {
    let mut driver = settled();
    let (id, answer) = (driver.due(), live("h1", "7_0", "1", &[UP_TO_DATE]));
    let stream = &mut driver.stream;
    stream.on(Event::Head { id, status: 200, headers: &answer.headers.as_slice() });
    stream.on(Event::Piece { id, bytes: &answer.body });
    stream.on(Event::End { id, lasted: Duration::ZERO });
    stream.on(Event::Pause);
    assert_eq!(stream.on(Event::Delivered(Outcome::UpToDate)), []);
    assert_eq!(stream.position(), position("h1", "7_0"));
    driver.open.clear();
    driver.on(Event::Resume);
    assert_eq!(driver.request().place()[0], Some("7_0"));
}

#[test]
fn c_078_a_cache_buster_that_is_due_outlives_a_rest() {
    let mut driver = settled();
    driver.answer(&must_refetch(None));
    let buster = driver.request().get("cache-buster").map(str::to_owned);
    driver.on(Event::Pause);
    driver.on(Event::Resume);
    assert_eq!(driver.request().get("cache-buster"), buster.as_deref());
    driver.answer(&catch_up("h2", "0_0", &[ROW]));
    assert_eq!(driver.request().get("cache-buster"), None);
}

#[test]
fn c_090_c_091_a_recovery_goes_on_from_where_it_stopped_with_what_is_new() {
    let mut driver = settled();
    driver.answer(&bare(403, "not yours"));
    let stream = &mut driver.stream;
    for name in ["offset", "table", "params[1]", "live_sse"] {
        assert!(matches!(stream.set_parameters(&[(name.to_owned(), "1".to_owned())]), Err(AddressError::Reserved(_))));
    }
    for value in ["a b", "c"] {
        stream.set_parameters(&[("tenant".to_owned(), value.to_owned())]).unwrap();
    }
    driver.on(Event::Recover);
    assert_eq!(driver.waits(), Some((Duration::ZERO, Duration::ZERO)));
    let request = driver.request();
    assert_eq!((request.place(), request.get("tenant")), ([Some("0_inf"), Some("h1"), None, None], Some("c")));
    assert!(request.get("table").is_some());
}

#[test]
fn c_094_c_096_recoveries_are_slower_each_time_and_end() {
    let mut driver = settled();
    let mut waits = vec![];
    loop {
        driver.answer(&bare(403, ""));
        driver.on(Event::Recover);
        let Some((_, up_to)) = driver.waits() else { break };
        waits.push(up_to.as_secs());
        if waits.len() == 3 {
            let mut cancelled = driver.clone();
            cancelled.on(Event::Cancel);
            assert_eq!(cancelled.effects, [Effect::Stop(None)]);
        }
        driver.request();
    }
    assert_eq!((waits.len(), &waits[..8]), (50, &[0, 1, 2, 4, 8, 16, 32, 32][..]));
    assert!(matches!(driver.stopped(), Some(SyncError::Unrecovered { .. })));
}

#[test]
fn c_095_a_delivery_between_two_errors_sets_the_count_back() {
    let mut driver = settled();
    for _ in 0..60 {
        driver.answer(&bare(403, ""));
        driver.on(Event::Recover);
        assert_eq!(driver.waits(), Some((Duration::ZERO, Duration::ZERO)));
        driver.request();
        driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    }
}

#[test]
fn c_069_an_expired_handle_is_told_to_be_remembered_and_sent_by_the_next_stream() {
    let mut driver = settled();
    driver.answer(&must_refetch(None));
    assert!(driver.effects.contains(&Effect::Expired(Some("h1".to_owned()))));
    let address = Address::electric(ELECTRIC, Gone::DEFINITION, &[]).unwrap();
    driver.stream = Stream::new(Gone::DEFINITION, address, None, Some("h1".to_owned()), 1);
    driver.open.clear();
    driver.on(Event::Start);
    assert_eq!(driver.request().get("expired_handle"), Some("h1"));
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    assert!(driver.request().get("cache-buster").is_some(), "a cache's answer");
    for _ in 0..STALE_ANSWERS {
        driver.answer(&catch_up("h1", "0_0", &[ROW]));
    }
    assert!(driver.effects.contains(&Effect::Expired(None)), "it is given up");
}
