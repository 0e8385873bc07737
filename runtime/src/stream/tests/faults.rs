//! Failures, waits and stops, by the checklist's ids.

use super::*;
use crate::captures::{BusyGone, Gone};

fn fetched() -> Driver<Gone> {
    let mut driver = Driver::start(None);
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    driver
}

#[test]
fn c_084_c_089_failures_are_retried_ever_more_slowly() {
    for status in [500, 502, 503, 504, 429, 408, 304, 302, 206] {
        let mut driver = fetched();
        let mut waits = vec![];
        for failures in 0..8 {
            driver.answer(&bare(status, "busy"));
            let [Effect::Offline(error), Effect::Wait { at_least, up_to }] = &driver.effects[..] else {
                panic!("{:?}", driver.effects)
            };
            assert!(
                matches!(error, SyncError::Unavailable { status: found, body, .. } if *found == status && body == "busy")
            );
            assert!(error.retryable() && error.status() == Some(status) && *at_least == Duration::ZERO);
            waits.push(up_to.as_secs());
            assert_eq!(driver.request().place(), [Some("0_0"), Some("h1"), None, None], "{status} {failures}");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
        driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
        assert_eq!(driver.effects[0], Effect::Online);
        driver.answer(&bare(status, ""));
        assert_eq!(driver.waits().unwrap().1.as_secs(), 1, "the count began anew");
    }
}

#[test]
fn c_084_a_connection_that_served_before_gets_another_try_at_once() {
    let mut driver = fetched();
    driver.breaks("connection reset");
    assert!(matches!(driver.effects[..], [Effect::Fetch(_)]));
    driver.breaks("connection reset");
    let [Effect::Offline(error), Effect::Wait { .. }] = &driver.effects[..] else { panic!() };
    assert!(matches!(error, SyncError::Network { reason, .. } if reason == "connection reset"));
    assert!(error.retryable());

    let mut driver = Driver::<Gone>::start(None);
    driver.breaks("refused");
    assert!(driver.waits().is_some(), "no connection served before");
}

#[test]
fn c_085_c_086_retry_after_is_honoured() {
    let now = "Fri, 20 Nov 2026 20:12:01 GMT";
    for (retry_after, expected) in [
        ("7", 7.0),
        ("90", 90.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-3", 0.0),
        ("NaN", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("1e300", 3600.0),
        ("inf", 3600.0),
        ("Fri, 20 Nov 2026 20:12:31 GMT", 30.0),
        ("Fri, 20 Nov 2026 20:11:00 GMT", 0.0),
        ("Sat, 20 Nov 2027 20:12:01 GMT", 3600.0),
        ("Fri, 99 Nov 2026 20:12:31 GMT", 0.0),
    ] {
        let mut driver = fetched();
        driver.answer(&bare(503, "").with("retry-after", retry_after).with("date", now));
        assert_eq!(driver.waits().unwrap().0.as_secs_f64(), expected, "{retry_after}");
    }
    let mut driver = fetched();
    driver.answer(&bare(503, "").with("retry-after", "Fri, 20 Nov 2026 20:12:31 GMT"));
    assert_eq!(driver.waits().unwrap().0, Duration::ZERO, "no date to count from");
    driver.request();
    driver.answer(&Capture::load("E5_"));
    assert_eq!(driver.waits().unwrap().0.as_secs(), 9);
}

#[test]
fn c_087_c_101_c_102_refusals_stop_the_stream_and_show_their_body() {
    for (answer, status, body) in [
        (Capture::load("84_"), 400, "parameter $1 was not provided"),
        (Capture::load("F1_"), 401, "Unauthorized - Invalid API secret"),
        (bare(403, "no"), 403, "no"),
        (bare(404, ""), 404, ""),
        (bare(400, r#"{"errors":{"subset":{"where":"leaf"}}}"#), 400, "leaf"),
        (bare(422, "{\"broken").with("content-type", "application/json"), 422, "{\"broken"),
    ] {
        let mut driver = fetched();
        driver.answer(&answer);
        let error = driver.stopped().unwrap().clone();
        assert!(!error.retryable() && error.status() == Some(status) && error.to_string().contains(body), "{error}");
        assert_eq!((error.origin().shape, driver.offset().as_deref()), ("gone", Some("0_0")));
        driver.on(Event::Start);
        assert_eq!(driver.request().place(), [Some("0_0"), Some("h1"), None, None], "after a login, say");
    }
    let mut driver = fetched();
    driver.answer(&bare(400, &"é".repeat(100_000)));
    let Some(SyncError::Refused { body, .. }) = driver.stopped() else { panic!() };
    assert_eq!(body.chars().count(), 301);
    let mut driver = fetched();
    driver.head(&bare(403, ""));
    driver.breaks("reset");
    assert!(matches!(driver.stopped(), Some(SyncError::Refused { status: 403, .. })));
}

#[test]
fn c_088_c_097_a_cancel_ends_everything_at_once() {
    let asked = Driver::<Gone>::start(None);
    let id = asked.due();
    let (mut receiving, mut refused, mut waiting, mut delivering) =
        (asked.clone(), asked.clone(), asked.clone(), asked);
    let answer = catch_up("h1", "0_0", &[ROW]);
    receiving.head(&answer);
    refused.head(&bare(500, ""));
    waiting.breaks("");
    let stream = &mut delivering.stream;
    stream.on(Event::Head { id, status: 200, headers: &answer.headers.as_slice() });
    stream.on(Event::Piece { id, bytes: &answer.body });
    assert!(matches!(stream.on(Event::End { id, lasted: Duration::ZERO })[..], [Effect::Deliver(_)]));
    for mut driver in [Driver::start(None), receiving, refused, waiting, delivering] {
        driver.on(Event::Cancel);
        assert_eq!(driver.effects, [Effect::Stop(None)]);
        for late in [
            Event::Timer,
            Event::End { id, lasted: Duration::ZERO },
            Event::Resume,
            Event::Delivered(Outcome::UpToDate),
            Event::Cancel,
        ] {
            driver.on(late);
            assert_eq!(driver.effects, []);
        }
        assert_eq!(driver.stream.position(), None);
        driver.on(Event::Start);
        assert_eq!(driver.request().place(), [Some("-1"), None, None, None]);
    }
}

#[test]
fn c_103_a_body_that_breaks_off_delivers_nothing() {
    let mut driver = fetched();
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    let answer = live("h1", "7_0", "1", &[r#"{"value":{"id":"2","v":"b"},"headers":{"operation":"insert"}}"#]);
    for _ in 0..2 {
        driver.head(&answer);
        driver.piece(&answer.body);
        driver.breaks("incomplete message");
        assert_eq!((driver.rows.len(), driver.offset().as_deref()), (1, Some("0_inf")));
        assert_eq!(driver.request().place()[0], Some("0_inf"));
    }
    assert!(driver.effects.iter().any(|effect| matches!(effect, Effect::Offline(SyncError::Network { .. }))));
}

/// What a peer can do in any order leads to no panic, to one effect that goes on at most, and never past a hole.
#[test]
fn events_in_any_order_keep_the_stream_going() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let answers = [
        catch_up("h1", "0_0", &[ROW]),
        catch_up("h1", "0_inf", &[UP_TO_DATE]),
        live("h1", "7_0", "1", &[ROW, UP_TO_DATE]),
        catch_up("h2", "0_0", &[ROW]),
        must_refetch(None),
        must_refetch(Some("h2")),
        bare(503, "").with("retry-after", "1"),
        bare(401, "no"),
        bare(204, ""),
        bare(200, "nonsense"),
        live("h1", "7_0", "1", &[]).with("content-type", "text/event-stream"),
        Capture { body: [event(ROW), event(UP_TO_DATE)].concat(), ..live("h1", "7_0", "1", &[]) }
            .with("content-type", "text/event-stream"),
        Capture::load("95_"),
    ];
    let mut driver = Driver::<BusyGone>::start(None);
    let mut ids = vec![];
    // Told to rest: stopped, paused or waiting.
    let mut rests = false;
    for _ in 0..200_000 {
        let answer = random.choice(&answers).unwrap();
        let before = driver.stream.position();
        ids.extend(driver.open.iter().map(|request| request.id));
        ids.drain(..ids.len().saturating_sub(6));
        let id = *random.choice(&ids).unwrap();
        let lasted = Duration::from_millis(random.u64(..3_000));
        match random.u8(..12) {
            0 => driver.on(Event::Start),
            1 => driver.on(Event::Timer),
            2 => driver.over(Event::Failed { id, reason: "reset".to_owned(), lasted }),
            3 if random.u8(..50) == 0 => driver.on(Event::Cancel),
            4 => driver.on(Event::Head { id, status: answer.status, headers: &answer.headers.as_slice() }),
            5 => driver.on(Event::Piece { id, bytes: &answer.body[..random.usize(..=answer.body.len())] }),
            6 => driver.over(Event::End { id, lasted }),
            7 => driver.on(Event::Refresh),
            8 if random.u8(..10) == 0 => {
                rests = true;
                driver.on(Event::Pause);
            }
            9 => driver.on(Event::Resume),
            10 => driver.on(Event::Recover),
            _ if driver.open.is_empty() => continue,
            _ => drop(driver.answer(answer)),
        }
        for effect in &driver.effects {
            match effect {
                Effect::Fetch(_) => rests = false,
                Effect::Wait { .. } | Effect::Stop(_) => rests = true,
                _ => {}
            }
        }
        assert_ne!(rests, !driver.open.is_empty(), "SEED={seed}: {:?}", driver.stream);
        assert!(driver.open.len() <= AHEAD + 1, "SEED={seed}: {:?}", driver.open);
        let handled_body = driver.effects.iter().any(|effect| matches!(effect, Effect::Deliver(_) | Effect::Refetch));
        assert!(handled_body || before == driver.stream.position(), "SEED={seed}");
    }
}
