//! The captured exchanges: in one piece, byte by byte, and cut at every byte.

use super::*;
use crate::captures::{AllTypes, Gone, Item};

const ITEMS: &str = "13941782-1795205522602157";

/// A captured answer, and the request that it answered: offset, handle, cursor of a live one.
type Exchange = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

const NOT_LIVE: Option<&str> = None;

const ITEMS_LOG: [Exchange; 9] = [
    ("05_items.", "-1", None, NOT_LIVE),
    ("05_items_c", "0_0", Some(ITEMS), NOT_LIVE),
    ("06_", "0_inf", Some(ITEMS), Some("")),
    ("07_", "55753296_0", Some(ITEMS), Some("66773540")),
    ("08_", "55753456_0", Some(ITEMS), Some("66776403")),
    ("09_", "55753584_0", Some(ITEMS), Some("66778761")),
    ("10_", "55754088_6", Some(ITEMS), Some("66781996")),
    ("11_", "55754304_1", Some(ITEMS), Some("66782838")),
    ("12_", "55754640_0", Some(ITEMS), Some("66784470")),
];

const TYPES: &str = "133353645-1795205519359874";

const TYPES_LOG: [Exchange; 5] = [
    ("01_all_types.", "-1", None, NOT_LIVE),
    ("01_all_types_c", "0_0", Some(TYPES), NOT_LIVE),
    ("02_", "0_inf", Some(TYPES), Some("")),
    ("03_", "55748864_0", Some(TYPES), Some("66773520")),
    ("04_", "55750360_0", Some(TYPES), Some("66773540")),
];

const OLD: &str = "42581026-1795205607080703";
const NEW: &str = "42581026-1795205608263393";

const GONE_LOG: [Exchange; 5] = [
    ("A2_truncate_prep.", "-1", None, NOT_LIVE),
    ("A2_truncate_prep_c", "0_0", Some(OLD), NOT_LIVE),
    ("A3_", "0_inf", Some(OLD), Some("")),
    ("A4_", "-1", None, NOT_LIVE),
    ("A5_", "-1", Some(NEW), NOT_LIVE),
];

/// Plays a log; each request must be the captured one, and each answer is also tried out in pieces and cut.
fn replay<S: Shape>(log: &[Exchange]) -> Driver<S> {
    let mut driver = Driver::<S>::start(None);
    for &(name, offset, handle, cursor) in log {
        let answer = Capture::load(name);
        let cursor_sent = cursor.filter(|cursor| !cursor.is_empty());
        let live = cursor.map(|_| "true");
        assert_eq!(driver.request().place(), [Some(offset), handle, live, cursor_sent], "{name}");
        byte_by_byte(&driver, &answer, name);
        cut_at_every_byte(&driver, &answer, name);
        driver.answer(&answer);
    }
    driver
}

fn byte_by_byte<S: Shape>(before: &Driver<S>, answer: &Capture, name: &str) {
    let (mut whole, mut bytes) = (before.clone(), before.clone());
    whole.answer(answer);
    bytes.answer_in_pieces(answer, 1);
    assert!(whole.stream == bytes.stream && whole.rows == bytes.rows, "{name}");
    assert_eq!(whole.effects, bytes.effects, "{name}");
}

fn cut_at_every_byte<S: Shape>(before: &Driver<S>, answer: &Capture, name: &str) {
    if answer.status != 200 {
        return;
    }
    for noticed in [true, false] {
        for cut in 0..answer.body.len() {
            let mut driver = before.clone();
            driver.effects.clear();
            driver.head(answer);
            driver.piece(&answer.body[..cut]);
            if noticed {
                driver.broken("reset")
            } else {
                driver.end()
            }
            assert!(driver.rows == before.rows, "{name} cut at {cut}: rows changed");
            assert_eq!(driver.stream.position(), before.stream.position(), "{name} cut at {cut}");
            let (before, again) = (before.clone().request(), driver.request());
            assert_eq!(again.place()[..2], before.place()[..2], "{name} cut at {cut}");
        }
    }
}

#[test]
fn captures_05_to_12_are_followed_to_the_last_row() {
    let mut driver = replay::<Item>(&ITEMS_LOG);
    assert_eq!(driver.rows.keys().copied().collect::<Vec<_>>(), [3, 4, 5, 7, 8, 9, 1001]);
    assert_eq!(driver.stream.position(), position(ITEMS, "55754640_0"));
    assert_eq!(driver.request().place(), [Some("55754640_0"), Some(ITEMS), Some("true"), Some("66784533")]);
}

#[test]
fn captures_01_to_04_are_followed() {
    let driver = replay::<AllTypes>(&TYPES_LOG);
    assert_eq!(driver.rows.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn captures_a2_to_a5_begin_again_once_for_each_409() {
    let mut driver = replay::<Gone>(&GONE_LOG);
    assert!(driver.rows.is_empty());
    assert_eq!(driver.stream.position(), position(NEW, "0_0"));
    let request = driver.request();
    assert_eq!(request.place(), [Some("0_0"), Some(NEW), None, None]);
    assert_eq!((request.get("expired_handle"), request.get("cache-buster")), (Some(OLD), None));
}

#[test]
fn capture_13_gives_a_resumed_stream_the_same_rows() {
    let mut driver = Driver::<Item>::start(None);
    driver.answer(&Capture::load("05_items."));
    let (stored, rows) = (driver.stream.position(), driver.rows.clone());
    let mut resumed = Driver::<Item>::start(stored);
    resumed.rows = rows;
    cut_at_every_byte(&resumed, &Capture::load("13_"), "13");
    resumed.answer(&Capture::load("13_"));
    assert_eq!(resumed.rows, replay::<Item>(&ITEMS_LOG).rows);
    assert_eq!(resumed.request().place(), [Some("55754640_0"), Some(ITEMS), Some("true"), None]);
}

#[test]
fn captures_14_and_15_are_the_snapshot_again() {
    let mut driver = Driver::<Item>::start(None);
    driver.answer(&Capture::load("05_items."));
    for answer in [Capture::load("14_").dechunked(), Capture::load("15_")] {
        let mut again = Driver::<Item>::start(None);
        again.answer(&answer);
        assert_eq!((again.rows, again.stream.position()), (driver.rows.clone(), driver.stream.position()));
    }
}

#[test]
fn capture_16_changes_nothing() {
    let mut driver = Driver::<Item>::start(None);
    driver.answer(&Capture::load("16_"));
    assert!(driver.waits().is_some());
    assert_eq!(driver.request().place(), [Some("-1"), None, None, None]);
}

#[test]
fn captures_a0_and_a1_begin_again_under_the_right_handle() {
    let mut driver = Driver::<Item>::start(position("12345-678", "0_0"));
    driver.answer(&Capture::load("A0_"));
    assert_eq!(driver.stream.position(), None);
    let request = driver.request();
    assert_eq!(request.place(), [Some("-1"), Some(ITEMS), None, None]);
    assert_eq!(request.get("expired_handle"), Some("12345-678"));
    driver.answer(&Capture::load("15_"));
    assert_eq!((driver.rows.len(), driver.offset().as_deref()), (5, Some("0_0")));

    let mut driver = Driver::<Gone>::start(position(ITEMS, "0_0"));
    driver.answer(&Capture::load("A1_"));
    assert_eq!(driver.request().place(), [Some("-1"), Some(OLD), None, None]);
}
