//! Server-sent events, by the checklist's ids.

use super::*;
use crate::captures::{BusyGone, BusyItem};

const UPDATE: &str = r#"{"value":{"id":"1","v":"b"},"headers":{"operation":"update","lsn":"7","op_position":2}}"#;
const SECOND: &str = r#"{"value":{"id":"2","v":"c"},"headers":{"operation":"insert","lsn":"8","op_position":0}}"#;

/// The head of a stream of events.
fn events(handle: &str) -> Capture {
    let answer = live(handle, "5_0", "6", &[]).with("content-type", "text/event-stream");
    Capture { body: Vec::new(), ..answer }
}

/// A stream that holds one row, before the answer to its first request for events.
fn settled() -> Driver<BusyGone> {
    let mut driver = Driver::start(None);
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    driver
}

/// The same, and its answer has begun.
fn open() -> Driver<BusyGone> {
    let mut driver = settled();
    driver.head(&events("h1"));
    driver.effects.clear();
    driver
}

fn push<S: Shape>(driver: &mut Driver<S>, messages: &[&str]) {
    let bytes: Vec<u8> = messages.iter().flat_map(|message| event(message)).collect();
    driver.piece(&bytes);
}

#[test]
fn c_049_c_050_events_are_asked_for_once_the_rows_are_there() {
    let mut driver = Driver::<BusyGone>::start(None);
    let asks = |driver: &Driver<BusyGone>| {
        let request = driver.open.last().unwrap();
        (request.events, Query::of(&request.url).get("live_sse").map(str::to_owned))
    };
    assert_eq!(asks(&driver), (false, None));
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    assert_eq!(asks(&driver), (false, None));
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    assert_eq!(asks(&driver), (true, Some("true".to_owned())));
    assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), Some("true"), None]);
}

#[test]
fn c_051_a_batch_is_delivered_whole_at_up_to_date() {
    let mut driver = open();
    push(&mut driver, &[UPDATE]);
    push(&mut driver, &[SECOND]);
    assert_eq!((driver.effects.len(), driver.rows.len()), (0, 1));
    push(&mut driver, &[UP_TO_DATE]);
    let body = format!("[{UPDATE},{SECOND},{UP_TO_DATE}]");
    assert_eq!(String::from_utf8(driver.delivery().body.clone()).unwrap(), body);
    assert_eq!((driver.rows.len(), driver.rows[&1].v.as_deref()), (2, Some("b")));
    assert_eq!(driver.stream.position(), position("h1", "8_0"), "the last change's own offset");
    assert!(driver.effects.iter().all(|effect| !matches!(effect, Effect::Fetch(_))), "the stream goes on");
}

#[test]
fn c_052_c_053_bytes_may_be_cut_anywhere_and_comments_say_nothing() {
    let row = r#"{"value":{"id":"2","v":"grün"},"headers":{"operation":"insert","lsn":"8","op_position":0}}"#;
    for line_end in ["\n", "\r\n", "\r"] {
        let text =
            format!("\u{feff}: keep-alive\n\nevent: x\ndata:{row}\nid: 1\n\n\n: keep-alive\n\ndata: {UP_TO_DATE}\n\n");
        // A lone CR ends a line once the next byte is there.
        let text = text.replace('\n', line_end) + ":";
        for size in 1..text.len() {
            let mut driver = open();
            for bytes in text.as_bytes().chunks(size) {
                driver.piece(bytes);
            }
            assert_eq!(driver.rows[&2].v.as_deref(), Some("grün"), "{line_end:?} in pieces of {size}");
        }
    }
    // Lines of data are one message.
    let mut driver = open();
    driver.piece(b"data: {\"headers\":\ndata: {\"control\":\"up-to-date\"}}\n\n");
    assert_eq!(driver.delivery().position.offset, "0_inf");
}

#[test]
fn c_054_a_stream_that_ends_is_opened_again_where_it_stood() {
    let mut driver = open();
    push(&mut driver, &[SECOND, UP_TO_DATE]);
    driver.end();
    assert_eq!(driver.request().place(), [Some("8_0"), Some("h1"), Some("true"), Some("6")]);
    assert!(driver.open[0].events);
}

#[test]
fn c_055_a_batch_without_its_end_is_nothing() {
    for broken in [false, true] {
        let mut driver = open();
        push(&mut driver, &[SECOND, UP_TO_DATE, UPDATE]);
        if broken {
            driver.broken("reset")
        } else {
            driver.end()
        }
        assert_eq!((driver.rows.len(), driver.rows[&1].v.as_deref()), (2, Some("a")));
        assert_eq!(driver.request().place()[0], Some("8_0"));
    }
}

#[test]
fn c_056_what_was_delivered_is_not_asked_for_again() {
    let mut driver = Driver::<BusyItem>::start(position("13941782-1795205522602157", "55756240_0"));
    driver.answer(&Capture::load("05_items_c").with("electric-offset", "55756240_0"));
    driver.effects.clear();
    driver.head(&Capture::load("51_"));
    driver.piece(&Capture::load("51_").body);
    driver.end();
    // The last transaction of the capture has two changes: its second one is where the stream stands.
    let last = Capture::load("51_").body;
    let last = String::from_utf8(last).unwrap();
    let last = last.rsplit("\"lsn\":\"").next().unwrap().split('"').next().unwrap().to_owned();
    let offset = driver.offset().unwrap();
    assert!(offset.starts_with(&format!("{last}_")), "{offset} of {last}");
    assert_eq!(driver.request().place()[0], Some(offset.as_str()));
}

#[test]
fn c_057_c_059_c_060_streams_that_are_cut_off_give_way_to_polls() {
    let mut driver = settled();
    driver.lasts = Duration::from_millis(900);
    for up_to in [200, 400] {
        driver.answer(&events("h1"));
        assert_eq!(driver.waits().map(|(_, up_to)| up_to.as_millis()), Some(up_to));
        assert_eq!(driver.request().get("live_sse"), Some("true"));
    }
    // One that was dropped on purpose doesn't count, nor does one that gave a batch.
    driver.head(&events("h1"));
    driver.on(Event::Refresh);
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    let mut served = driver.clone();
    driver.answer(&events("h1"));
    assert!(driver.waits().is_none());
    assert_eq!((driver.request().place()[2], driver.request().get("live_sse")), (Some("true"), None));
    driver.answer(&live("h1", "7_0", "7", &[UP_TO_DATE]));
    assert_eq!(driver.request().get("live_sse"), None, "until the log is lost");
    driver.answer(&must_refetch(Some("h2")));
    driver.answer(&catch_up("h2", "0_0", &[UP_TO_DATE]));
    assert_eq!(driver.request().get("live_sse"), Some("true"));

    for _ in 0..9 {
        served.answer(&Capture { body: [event(SECOND), event(UP_TO_DATE)].concat(), ..events("h1") });
        assert!(served.waits().is_none());
        assert_eq!(served.request().get("live_sse"), Some("true"));
    }
}

#[test]
fn c_058_a_long_stream_sets_the_count_back() {
    let mut driver = settled();
    for lasts in [900, 900, 1_000, 900, 900, 1_500] {
        driver.lasts = Duration::from_millis(lasts);
        driver.answer(&events("h1"));
        assert_eq!(driver.waits().is_some(), lasts < 1_000);
        assert_eq!(driver.request().get("live_sse"), Some("true"));
    }
}

#[test]
fn c_040_a_204_to_a_request_for_events_ends_them() {
    let mut driver = settled();
    driver.answer(&bare(204, ""));
    let request = driver.request();
    assert_eq!((request.place()[2], request.get("live_sse")), (Some("true"), None));
}

#[test]
fn an_answer_that_is_no_stream_is_a_poll() {
    let mut driver = settled();
    driver.answer(&live("h1", "8_0", "7", &[SECOND, UP_TO_DATE]));
    assert_eq!((driver.rows.len(), driver.offset().as_deref()), (2, Some("8_0")));
}

#[test]
fn c_061_a_409_or_a_stale_answer_is_what_it_always_is() {
    let mut driver = settled();
    driver.answer(&must_refetch(Some("h2")));
    assert_eq!(driver.request().place(), [Some("-1"), Some("h2"), None, None]);
    let mut driver = settled();
    driver.head(&events("h9"));
    assert!(driver.request().get("cache-buster").is_some());
    let mut driver = settled();
    driver.head(&events("h1").without("electric-cursor"));
    assert!(matches!(driver.stopped(), Some(SyncError::MissingHeaders { .. })));
}

#[test]
fn a_must_refetch_among_events_is_a_409() {
    let mut driver = open();
    push(&mut driver, &[r#"{"headers":{"control":"must-refetch"}}"#]);
    assert_eq!(driver.request().get("expired_handle"), Some("h1"));
}

#[test]
fn c_062_a_batch_waits_for_the_one_before() {
    let mut driver = open();
    let id = driver.due();
    let batches = [event(UPDATE), event(UP_TO_DATE), event(SECOND), event(UP_TO_DATE)].concat();
    let deliveries = |effects: Vec<Effect>| {
        let delivered = effects.into_iter().filter_map(|effect| match effect {
            Effect::Deliver(delivery) => Some(delivery.position.offset),
            _ => None,
        });
        delivered.collect::<Vec<_>>()
    };
    assert_eq!(deliveries(driver.stream.on(Event::Piece { id, bytes: &batches })), ["7_2"]);
    let ended = driver.stream.on(Event::End { id, lasted: Duration::from_secs(9) });
    assert_eq!((deliveries(ended), driver.stream.position()), (vec![], position("h1", "0_inf")));
    assert_eq!(deliveries(driver.stream.on(Event::Delivered(Outcome::UpToDate))), ["8_0"]);
    let over = driver.stream.on(Event::Delivered(Outcome::UpToDate));
    let [Effect::Fetch(request)] = &over[..] else { panic!("{over:?}") };
    assert_eq!(Query::of(&request.url).place()[0], Some("8_0"));
}

#[test]
fn rows_that_moved_in_have_no_offset_so_it_is_asked_for() {
    let moved = r#"{"headers":{"event":"move-in","patterns":[{"pos":0,"value":"x"}]}}"#;
    let row = r#"{"value":{"id":"2","v":"c"},"headers":{"operation":"insert","is_move_in":true}}"#;
    let mut driver = open();
    push(&mut driver, &[moved, row, UP_TO_DATE]);
    assert_eq!((driver.rows.len(), driver.offset().as_deref()), (2, Some("0_inf")));
    assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), None, None]);
    driver.answer(&catch_up("h1", "1_2", &[UP_TO_DATE]));
    assert_eq!(driver.request().place(), [Some("1_2"), Some("h1"), Some("true"), Some("6")]);
}

#[test]
fn captures_51_and_52_are_followed() {
    let at = |offset: &str| Driver::<BusyItem>::start(position("13941782-1795205522602157", offset));
    let mut driver = at("55756240_0");
    driver.answer(&Capture::load("05_items_c").with("electric-offset", "55756240_0"));
    driver.effects.clear();
    let answer = Capture::load("51_");
    let messages = String::from_utf8(answer.body.clone()).unwrap();
    let expected = messages.lines().filter(|line| line.contains("up-to-date")).count();
    for size in [1, 7, 1 << 20] {
        let mut driver = driver.clone();
        let mut delivered = 0;
        driver.head(&answer);
        for bytes in answer.body.chunks(size) {
            driver.piece(bytes);
            delivered += driver.effects.iter().filter(|effect| matches!(effect, Effect::Deliver(_))).count();
            driver.effects.clear();
        }
        assert_eq!(delivered, expected, "in pieces of {size}");
        assert!(driver.rows.contains_key(&10) && driver.rows[&10].n == Some(5));
    }
    let mut driver = at("0_0");
    driver.answer(&Capture::load("05_items_c").with("electric-offset", "0_0"));
    driver.answer(&Capture::load("52_"));
    assert!(!driver.rows.is_empty() && driver.waits().is_none(), "a backlog ends its stream at once");
}
