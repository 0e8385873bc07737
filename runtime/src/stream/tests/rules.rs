//! Headers, advancing, 409 and stale caches, by the checklist's ids.

use super::*;
use crate::captures::{Gone, Item};

/// A stream that holds one row and polls live, as handle `h1`.
fn settled() -> Driver<Gone> {
    let mut driver = Driver::start(None);
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
    assert_eq!((driver.rows.len(), driver.request().get("live")), (1, Some("true")));
    driver
}

fn refetches<S: Shape>(driver: &Driver<S>) -> usize {
    driver.effects.iter().filter(|effect| **effect == Effect::Refetch).count()
}

#[test]
fn c_021_handle_and_offset_go_into_the_next_request() {
    let mut driver = Driver::<Gone>::start(None);
    let place = driver.answer(&catch_up("h 1", "0_0", &[ROW])).request();
    assert_eq!(place.place(), [Some("0_0"), Some("h 1"), None, None]);
}

#[test]
fn c_022_to_c_027_missing_headers_stop_the_stream() {
    let catch_up = catch_up("h1", "7_0", &[UP_TO_DATE]);
    let live = live("h1", "7_0", "1", &[UP_TO_DATE]);
    for (driver, answer, without) in [
        (Driver::start(None), &catch_up, "electric-offset"),
        (Driver::start(None), &catch_up, "electric-handle"),
        (Driver::start(None), &catch_up, "electric-schema"),
        (settled(), &live, "electric-offset"),
        (settled(), &live, "electric-handle"),
        (settled(), &live, "electric-cursor"),
    ] {
        let (mut driver, position) = (driver.clone(), driver.stream.position());
        driver.answer(&answer.clone().without(without));
        let error = driver.stopped().unwrap();
        assert!(matches!(error, SyncError::MissingHeaders { headers, .. } if headers == &[without]), "{error}");
        assert!(!error.retryable());
        assert_eq!(error.to_string(), format!("shape `gone` of table public.gone: the answer lacks {without}"));
        assert_eq!(driver.stream.position(), position);
    }
}

#[test]
fn a_page_of_somebody_on_the_way_is_no_answer() {
    let mut driver = settled();
    let position = driver.stream.position();
    driver.answer(&bare(200, "<html>Welcome to our hotel</html>"));
    let offline = driver.effects.iter().any(|effect| {
        matches!(effect, Effect::Offline(SyncError::Unavailable { status: 200, body, .. }) if body.contains("hotel"))
    });
    assert!(
        offline && driver.effects.iter().any(|effect| matches!(effect, Effect::Wait { .. })),
        "{:?}",
        driver.effects
    );
    assert_eq!(driver.stream.position(), position);
}

#[test]
fn c_026_a_live_answer_needs_no_schema() {
    let mut driver = settled();
    driver.answer(&live("h1", "7_0", "1", &[UP_TO_DATE]));
    assert_eq!(driver.offset().as_deref(), Some("7_0"));
}

#[test]
fn c_028_header_names_are_known_in_any_letter_case() {
    let mut answer = catch_up("h1", "0_0", &[ROW]);
    for (name, _) in &mut answer.headers {
        *name = name.to_uppercase();
    }
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&answer);
    assert_eq!(driver.stream.position(), position("h1", "0_0"));
}

#[test]
fn c_029_c_030_the_schema_must_hold_the_compiled_columns() {
    for (schema, column, says) in [
        (r#"{"v":{"type":"text"}}"#, "id", "doesn't come from the service"),
        (r#"{"id":{"type":"int4"}}"#, "v", "doesn't come"),
        (r#"{"id":{"type":"int8"},"v":{"type":"text"}}"#, "id", "is compiled as int4 and comes as int8"),
        (r#"{"id":{"type":"int4"},"v":{"type":"text","dims":1}}"#, "v", "as text and comes as text[]"),
        (r#"{"id":{"type":"int4"},"v":{"type":"_text"}}"#, "v", "as text and comes as _text"),
        (r#"{"id":{},"v":{}}"#, "id", "comes as nothing"),
    ] {
        let mut driver = Driver::<Gone>::start(None);
        driver.answer(&catch_up("h1", "0_0", &[ROW]).with("electric-schema", schema));
        let error = driver.stopped().unwrap();
        assert!(error.to_string().contains(says), "{error}");
        let is_drift = matches!(error, SyncError::SchemaDrift { column: found, .. } if *found == column);
        assert!(is_drift && !error.retryable(), "{error}");
        assert!(driver.rows.is_empty() && driver.stream.position().is_none());
    }
    for schema in ["null", "[]", "{"] {
        let mut driver = Driver::<Gone>::start(None);
        driver.answer(&catch_up("h1", "0_0", &[ROW]).with("electric-schema", schema));
        assert!(matches!(driver.stopped(), Some(SyncError::MissingHeaders { .. })), "{schema}");
    }
    for schema in [
        r#"{"x":{"type":"int4"},"id":{"type":"int4"},"v":{"type":"text","not_null":true}}"#,
        r#"{"id":{"type":"int4","dims":0},"v":{"type":"text","max_length":3}}"#,
    ] {
        let mut driver = Driver::<Gone>::start(None);
        driver.answer(&catch_up("h1", "0_0", &[ROW]).with("electric-schema", schema));
        assert_eq!(driver.rows.len(), 1, "{schema}");
    }
}

#[test]
fn arrays_without_declared_dimensions_are_the_compiled_arrays() {
    let definition = crate::captures::AllTypes::DEFINITION;
    let column = |dims| definition.columns.iter().find(|column| column.dims == dims).unwrap();
    let header = |of: &str| {
        let columns: Vec<_> = definition
            .columns
            .iter()
            .map(|column| match column.dims {
                0 => format!(r#""{}":{{"type":"{}"}}"#, column.name, column.pg_type),
                _ => format!(r#""{}":{of}"#, column.name),
            })
            .collect();
        format!("{{{}}}", columns.join(","))
    };
    assert_eq!(
        (column(2).pg_type, schema::check(definition, &header(r#"{"type":"int4","dims":2}"#))),
        ("int4", Ok(()))
    );
    assert_eq!(schema::check(definition, &header(r#"{"type":"_int4"}"#)), Ok(()));
    for other in [r#"{"type":"int4"}"#, r#"{"type":"_text"}"#, r#"{"type":"int4","dims":1}"#] {
        assert!(schema::check(definition, &header(other)).is_err(), "{other}");
    }
}

#[test]
fn c_031_c_032_the_cursor_goes_with_live_requests() {
    let mut driver = settled();
    driver.answer(&live("h1", "7_0", "123", &[UP_TO_DATE]));
    assert_eq!(driver.request().place(), [Some("7_0"), Some("h1"), Some("true"), Some("123")]);
    driver.answer(&live("h1", "8_0", "124", &[ROW]));
    assert_eq!(driver.request().place(), [Some("8_0"), Some("h1"), None, None]);
    driver.answer(&catch_up("h1", "9_0", &[UP_TO_DATE]));
    assert_eq!(driver.request().place(), [Some("9_0"), Some("h1"), Some("true"), Some("124")]);
}

#[test]
fn c_033_an_empty_array_moves_the_offset_and_no_more() {
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&catch_up("h1", "0_3", &[]));
    assert_eq!(driver.request().place(), [Some("0_3"), Some("h1"), None, None]);
    assert!(driver.rows.is_empty());
}

#[test]
fn c_034_an_empty_body_is_no_error_and_moves_nothing() {
    let mut driver = Driver::<Gone>::start(None);
    let mut answer = catch_up("h1", "0_0", &[]);
    answer.body.clear();
    for _ in 1..STANDSTILLS {
        driver.answer(&answer);
        assert!(matches!(driver.effects[..], [Effect::Fetch(_)]), "{:?}", driver.effects);
        assert_eq!(driver.request().place(), [Some("-1"), None, None, None]);
    }
}

#[test]
fn c_079_c_080_answers_that_lead_nowhere_end_in_an_error() {
    let mut driver = settled();
    // Something on the way goes on giving the answer to an earlier request, whatever the query says.
    let answer = catch_up("h1", "0_inf", &[ROW]);
    driver.answer(&answer.clone().with("electric-cursor", "1"));
    let mut done = vec![];
    while driver.stream.phase != Phase::Stopped {
        let refetched = refetches(&driver) > 0;
        if refetched || driver.waits().is_some() {
            done.push(driver.waits().map(|(_, up_to)| up_to.as_secs()));
            assert_eq!(refetched, done.len() == 1, "{done:?}");
        }
        driver.request();
        driver.answer(&answer);
    }
    assert_eq!(done, [None, Some(1), Some(2), Some(4)]);
    let error = driver.stopped().unwrap();
    assert!(matches!(error, SyncError::Loop { offset, .. } if offset == "0_inf") && error.retryable(), "{error}");
}

#[test]
fn c_081_offsets_that_advance_are_no_loop() {
    let mut driver = Driver::<Gone>::start(None);
    for chunk in 0..100 {
        driver.answer(&catch_up("h1", &format!("0_{chunk}"), &[ROW]));
        assert!(refetches(&driver) == 0 && driver.waits().is_none());
    }
}

#[test]
fn c_035_c_036_what_is_no_array_is_asked_for_again_and_then_given_up() {
    for body in [r#"{"message":"hello"}"#, "<html></html>", "[{]", &format!("[{ROW}")] {
        let mut driver = settled();
        let mut busters = vec![];
        for _ in 1..MALFORMED_ANSWERS {
            driver.answer(&Capture { body: body.into(), ..catch_up("h1", "7_0", &[]).with("electric-cursor", "9") });
            let [.., Effect::Offline(SyncError::Malformed { .. }), Effect::Wait { .. }] = &driver.effects[..] else {
                panic!()
            };
            let request = driver.request();
            assert_eq!(request.place(), [Some("0_inf"), Some("h1"), None, None]);
            busters.push(request.get("cache-buster").unwrap().to_owned());
        }
        busters.dedup();
        assert_eq!(busters.len(), 3);
        driver.answer(&Capture { body: body.into(), ..catch_up("h1", "7_0", &[]) });
        let error = driver.stopped().unwrap();
        assert!(matches!(error, SyncError::Malformed { .. }) && error.retryable());
        assert!(std::error::Error::source(error).unwrap().to_string().contains("byte"), "{error:?}");
        assert_eq!((driver.rows.len(), driver.offset().as_deref()), (1, Some("0_inf")));
        driver.on(Event::Start);
        assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), None, None]);
    }
}

#[test]
fn c_037_c_041_c_044_a_snapshot_is_not_up_to_date() {
    let mut driver = Driver::<Gone>::start(None);
    let end = r#"{"headers":{"control":"snapshot-end","xip_list":[],"xmax":"768","xmin":"768"}}"#;
    driver.answer(&catch_up("h1", "0_0", &[ROW, end]));
    assert_eq!((driver.rows.len(), driver.request().get("live")), (1, None));
    assert!(driver.delivery().first);
    driver.answer(&catch_up("h1", "0_1", &[end]));
    assert_eq!(driver.request().get("live"), None);
    assert!(!driver.delivery().first);
}

#[test]
fn c_038_only_the_last_message_makes_a_stream_live() {
    for (messages, live) in [(vec![ROW, UP_TO_DATE], Some("true")), (vec![UP_TO_DATE, ROW], None), (vec![ROW], None)] {
        let mut driver = Driver::<Gone>::start(None);
        driver.answer(&catch_up("h1", "0_0", &messages));
        assert_eq!((driver.rows.len(), driver.request().get("live")), (1, live), "{messages:?}");
    }
}

#[test]
fn c_040_a_204_is_an_up_to_date() {
    let mut driver = settled();
    driver.answer(&bare(204, "").with("electric-offset", "7_0"));
    assert_eq!(driver.request().place(), [Some("7_0"), Some("h1"), Some("true"), None]);
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&bare(204, ""));
    assert!(matches!(driver.stopped(), Some(SyncError::MissingHeaders { .. })));
}

#[test]
fn c_045_a_poll_without_news_is_followed_by_the_next_at_once() {
    let mut driver = settled();
    for cursor in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        driver.answer(&live("h1", "0_inf", cursor, &[UP_TO_DATE]));
        assert!(driver.waits().is_none());
        assert_eq!(driver.request().place(), [Some("0_inf"), Some("h1"), Some("true"), Some(cursor)]);
    }
}

#[test]
fn c_063_c_064_after_a_409_everything_is_read_again() {
    for successor in [Some("h2"), None] {
        let mut driver = settled();
        driver.answer(&must_refetch(successor));
        assert_eq!((refetches(&driver), driver.stream.position()), (1, None));
        let request = driver.request();
        assert_eq!(request.place(), [Some("-1"), successor, None, None]);
        assert_eq!(request.get("expired_handle"), Some("h1"));
        assert!(request.get("cache-buster").is_some());

        driver.answer(&catch_up("h2", "0_0", &[ROW]));
        let request = driver.request();
        assert_eq!(request.place(), [Some("0_0"), Some("h2"), None, None]);
        assert_eq!((request.get("expired_handle"), request.get("cache-buster")), (Some("h1"), None));
    }
}

#[test]
fn c_065_repeated_409s_ask_for_another_url_each_time_and_slow_down() {
    let mut driver = settled();
    let mut urls = std::collections::HashSet::new();
    let mut waits = vec![];
    for _ in 0..20 {
        driver.answer(&must_refetch(Some("h2")));
        waits.push(driver.waits().map_or(0, |(_, up_to)| up_to.as_secs()));
        let request = driver.request();
        assert_eq!(request.get("offset"), Some("-1"));
        assert!(urls.insert(format!("{request:?}")));
    }
    assert_eq!(waits[..9], [0, 0, 1, 2, 4, 8, 16, 32, 32]);
}

#[test]
fn c_066_the_body_of_a_409_is_not_looked_at() {
    for body in ["", "<html>", &format!("[{ROW}]"), r#"[{"headers":{"control":"must-refetch"}}]"#] {
        let mut driver = settled();
        driver.answer(&bare(409, body));
        assert_eq!((refetches(&driver), driver.rows.len()), (1, 0), "{body}");
        assert!(!driver.effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))));
    }
}

#[test]
fn a_must_refetch_in_a_200_counts_as_a_409() {
    let mut driver = settled();
    driver.answer(&live("h1", "7_0", "1", &[ROW, r#"{"headers":{"control":"must-refetch"}}"#]));
    assert_eq!((refetches(&driver), driver.rows.len()), (1, 0));
    let request = driver.request();
    assert_eq!((request.place()[0], request.get("expired_handle")), (Some("-1"), Some("h1")));
}

#[test]
fn c_068_a_409_to_the_first_request_is_like_any_other() {
    let mut driver = Driver::<Gone>::start(None);
    driver.answer(&must_refetch(Some("h2")));
    assert_eq!(refetches(&driver), 1);
    let request = driver.request();
    assert_eq!((request.place()[..2].to_vec(), request.get("expired_handle")), (vec![Some("-1"), Some("h2")], None));
    assert!(request.get("cache-buster").is_some());
}

/// A stream whose log `h1` was lost, before the first answer of its successor.
fn after_409() -> Driver<Gone> {
    let mut driver = settled();
    driver.answer(&must_refetch(None));
    driver
}

#[test]
fn c_071_c_073_answers_of_an_expired_handle_are_not_delivered() {
    let mut driver = after_409();
    let mut busters = vec![driver.request().get("cache-buster").unwrap().to_owned()];
    for _ in 0..STALE_ANSWERS {
        driver.answer(&catch_up("h1", "0_0", &[ROW]));
        assert!(matches!(driver.effects[..], [Effect::Fetch(_)]), "{:?}", driver.effects);
        let request = driver.request();
        assert_eq!(request.place(), [Some("-1"), None, None, None]);
        assert_eq!(request.get("expired_handle"), Some("h1"));
        busters.push(request.get("cache-buster").unwrap().to_owned());
    }
    busters.dedup();
    assert_eq!(busters.len(), 4);
    driver.answer(&catch_up("h2", "0_0", &[ROW]));
    assert_eq!((driver.rows.len(), driver.stream.position()), (1, position("h2", "0_0")));
    // The count began anew.
    for _ in 0..STALE_ANSWERS {
        driver.answer(&catch_up("h1", "0_0", &[ROW]));
        assert_eq!(refetches(&driver), 0);
    }
}

#[test]
fn c_072_a_stale_answer_or_one_of_another_log_leaves_a_valid_handle_alone() {
    let mut driver = after_409();
    driver.answer(&catch_up("h2", "0_0", &[ROW]));
    for other in ["h1", "h9"] {
        driver.answer(&catch_up(other, "9_0", &[UP_TO_DATE]));
        assert_eq!((driver.rows.len(), driver.stream.position()), (1, position("h2", "0_0")));
        let request = driver.request();
        assert_eq!(request.place(), [Some("0_0"), Some("h2"), None, None]);
        assert!(request.get("cache-buster").is_some());
    }
}

#[test]
fn c_074_c_075_a_handle_that_keeps_coming_is_believed_in_the_end() {
    let mut driver = after_409();
    for _ in 0..=STALE_ANSWERS {
        driver.answer(&catch_up("h1", "0_0", &[ROW]));
    }
    assert_eq!(refetches(&driver), 1);
    let request = driver.request();
    assert_eq!((request.place(), request.get("expired_handle")), ([Some("-1"), None, None, None], None));
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    assert_eq!((driver.rows.len(), driver.stream.position()), (1, position("h1", "0_0")));
}

#[test]
fn c_076_c_077_a_second_time_without_an_up_to_date_between_is_an_error() {
    for up_to_date in [false, true] {
        let mut driver = after_409();
        for _ in 0..=STALE_ANSWERS {
            driver.answer(&catch_up("h1", "0_0", &[ROW]));
        }
        driver.answer(&catch_up("h1", "0_0", &[ROW]));
        if up_to_date {
            driver.answer(&catch_up("h1", "0_inf", &[UP_TO_DATE]));
        }
        driver.answer(&must_refetch(None));
        driver.request();
        for _ in 0..=STALE_ANSWERS {
            driver.answer(&catch_up("h1", "0_0", &[ROW]));
        }
        if up_to_date {
            assert_eq!(driver.request().get("expired_handle"), None);
        } else {
            let error = driver.stopped().unwrap();
            assert!(matches!(error, SyncError::StaleCache { handle, .. } if handle == "h1"), "{error}");
            assert!(error.retryable());
        }
    }
}

#[test]
fn c_078_a_cache_buster_outlives_a_stop_and_a_failure_and_is_used_for_one_answer() {
    let mut driver = after_409();
    let buster = driver.request().get("cache-buster").map(str::to_owned);
    assert!(buster.is_some());
    driver.on(Event::Cancel);
    driver.on(Event::Start);
    assert_eq!(driver.request().get("cache-buster"), buster.as_deref());
    driver.breaks("reset");
    assert_eq!(driver.request().get("cache-buster"), buster.as_deref());
    driver.answer(&catch_up("h2", "0_0", &[ROW]));
    assert_eq!(driver.request().get("cache-buster"), None);
}

#[test]
fn c_083_an_offset_out_of_bounds_is_read_again_from_the_beginning() {
    let mut driver = settled();
    driver.answer(&Capture::load("95_"));
    assert_eq!(refetches(&driver), 1);
    let request = driver.request();
    assert_eq!((request.place(), request.get("expired_handle")), ([Some("-1"), None, None, None], None));
    assert!(request.get("cache-buster").is_some());
    // The handle wasn't lost: it may come again.
    driver.answer(&catch_up("h1", "0_0", &[ROW]));
    assert_eq!(driver.rows.len(), 1);

    let mut driver = settled();
    driver.answer(&bare(400, r#"{"errors":{"offset":"out of bounds for this shape"}}"#));
    assert_eq!(refetches(&driver), 1);
    for body in ["", "out of bounds", r#"{"errors":{"where":["out of bounds"]}}"#, r#"{"errors":7}"#] {
        let mut driver = settled();
        driver.answer(&bare(400, body));
        assert!(matches!(driver.stopped(), Some(SyncError::Refused { status: 400, .. })), "{body}");
    }
}

#[test]
fn c_114_a_null_in_a_column_compiled_as_not_null_stops_the_offset() {
    let mut driver = Driver::<Item>::start(None);
    let answer = Capture::load("05_items.");
    let body = String::from_utf8(answer.body.clone()).unwrap().replace(r#""title":"item 3""#, r#""title":null"#);
    driver.answer(&Capture { body: body.into_bytes(), ..answer });
    let expected = "shape `items` of table public.items: column `title` is compiled as NOT NULL and came as NULL";
    assert_eq!(driver.stopped().unwrap().to_string(), expected);
    assert!(driver.rows.is_empty() && driver.stream.position().is_none());
}
