//! Bodies that the server sent, and bodies that it never would.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::*;
use crate::captures::{AllTypes, Capture, Dates, Fault, Item, apply};
use crate::shape::Shape;

fn messages(body: &[u8]) -> Result<Vec<Message>, LogError> {
    let mut log = Log::new(body, Item::DEFINITION)?;
    let mut columns = log.columns();
    let mut all = Vec::new();
    while let Some(message) = log.next(&mut columns)? {
        all.push(message);
    }
    Ok(all)
}

fn rows<S: Shape>(names: &[&str]) -> BTreeMap<S::Key, S> {
    let mut rows = BTreeMap::new();
    for name in names {
        apply::<S>(&Capture::load(name).body, &mut rows).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    }
    rows
}

fn item(id: i32, title: &str, done: bool, n: Option<i32>) -> Item {
    Item { title: title.to_owned(), id, n, note: None, done }
}

#[test]
fn c_121_c_123_c_124_captures_05_to_12_make_these_rows() {
    let names = ["05_items.", "05_items_c", "06_", "07_", "08_", "09_", "10_", "11_", "12_"];
    let expected = [
        item(3, "item 3", false, Some(3)),
        item(4, "item 4", false, Some(4)),
        item(5, "item 5", false, Some(5)),
        item(7, "t1", false, Some(1)),
        item(8, "t2", false, Some(2)),
        item(9, "after noop", false, None),
        item(1001, "item 1", false, Some(11)),
    ];
    assert_eq!(rows::<Item>(&names).into_values().collect::<Vec<_>>(), expected);
    assert_eq!(rows::<Item>(&["05_items.", "13_"]).into_values().collect::<Vec<_>>(), expected);
    assert_eq!(rows::<Item>(&["05_items.", "06_", "07_"])[&6], item(6, "new one", true, Some(100)));
}

#[test]
fn c_106_c_112_every_type_of_captures_01_to_04_is_read() {
    let all = rows::<AllTypes>(&["01_all_types.", "01_all_types_c"]);
    let first = &all[&1];
    assert_eq!((first.i2, first.i8, first.b), (Some(i16::MIN), i64::MAX, Some(true)));
    assert_eq!(first.num.as_ref().unwrap().as_str(), "12345678901234567890.123456789");
    assert_eq!(first.t.as_deref(), Some("héllo \"q\" \\ / \nnewline 日本 😀"));
    assert_eq!(first.u.unwrap().to_string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    assert_eq!(first.jb.as_deref(), Some(r#"{"a": [true, false], "z": {"f": 1.50, "n": null}}"#));
    assert_eq!(first.by.as_deref(), Some(&[0xde, 0xad, 0xbe, 0xef, 0x00, 0xff][..]));
    assert_eq!((first.m.as_deref(), first.i4aa.as_deref()), (Some("happy"), Some("{{1,2},{3,4}}")));
    assert_eq!((&all[&2].t, all[&2].i8, &all[&3].t), (&None, 0, &Some(String::new())));
    assert!(all[&3].f8 == Some(f64::NEG_INFINITY) && all[&4].f8 == Some(1e300));

    let live = rows::<AllTypes>(&["01_all_types.", "02_"]);
    assert_eq!(live[&10], AllTypes { id: 10, ..live[&1].clone() });
    let changed = rows::<AllTypes>(&["01_all_types.", "02_", "03_"]);
    let (m, jb) = (Some("sad".to_owned()), Some(r#"{"k": [1]}"#.to_owned()));
    assert_eq!(changed[&10], AllTypes { t: None, m, jb, ..live[&10].clone() });
    assert_eq!(rows::<AllTypes>(&["01_all_types.", "02_", "03_", "04_"]), all);
}

#[test]
fn a_value_that_the_type_cannot_hold_names_its_column() {
    let body = Capture::load("01_all_types.").body;
    let Err(Fault::Column(error)) = apply::<Dates>(&body, &mut BTreeMap::new()) else { panic!() };
    assert_eq!(error.position, 1);
    assert!(error.to_string().contains("`-infinity` is not a value of timestamptz"), "{error}");
}

#[test]
fn c_122_a_full_update_has_all_columns_and_its_old_values_are_passed_over() {
    let body = Capture::load("21_").body;
    let mut log = Log::new(&body, Item::DEFINITION).unwrap();
    let mut columns = log.columns();
    let Some(Message::Change(change)) = log.next(&mut columns).unwrap() else { panic!("no change") };
    assert_eq!(change.operation, Operation::Update);
    assert_eq!(Item::decode(&mut columns).unwrap(), item(3, "changed", false, None));
    assert!(matches!(log.next(&mut columns).unwrap(), Some(Message::UpToDate { .. })));
}

#[test]
fn changes_carry_their_transaction() {
    let all = messages(&Capture::load("09_").body).unwrap();
    let change = |operation, op_position, last| {
        Message::Change(Change {
            operation,
            lsn: Some(55_754_088),
            op_position: Some(op_position),
            txids: vec![771],
            last,
            tags: None,
        })
    };
    let expected = [
        change(Operation::Insert, 0, false),
        change(Operation::Insert, 2, false),
        change(Operation::Update, 4, false),
        change(Operation::Delete, 6, true),
        Message::UpToDate { lsn: Some(55_754_088) },
    ];
    assert_eq!(all, expected);
    assert_eq!(messages(&Capture::load("05_items.").body).unwrap().last(), Some(&Message::SnapshotEnd));
    assert_eq!(messages(&Capture::load("A3_").body).unwrap(), [Message::MustRefetch]);
}

#[test]
fn moves_name_the_tags_of_rows() {
    let moved = |value: &str| vec![Moved { place: 0, value: value.to_owned() }];
    let (one, two) = ("89dd2f1355664844de52d162483b166e", "baeb72bece8772c354ac84db68508f5c");
    let tags_of = |message: &Message| match message {
        Message::Change(change) => change.tags.clone().map(|tags| *tags),
        _ => None,
    };
    let tags = |way: &str| Some(Tags { ways: vec![way.to_owned()], active: vec![true] });
    let snapshot = messages(&Capture::load("C0_subquery.").body).unwrap();
    assert_eq!(snapshot.iter().map(tags_of).collect::<Vec<_>>(), [tags(one), tags(one), None]);
    let move_in = messages(&Capture::load("C1_").body).unwrap();
    assert_eq!((&move_in[0], tags_of(&move_in[1])), (&Message::MoveIn(moved(two)), tags(two)));
    assert_eq!(messages(&Capture::load("C2_").body).unwrap()[0], Message::MoveOut(moved(one)));
    assert_eq!(tags_of(&messages(&Capture::load("C3_").body).unwrap()[0]), tags(two));
    for patterns in ["", r#","patterns":[{"pos":0}]"#, r#","patterns":[{"value":"a"}]"#, r#","patterns":{}"#] {
        let body = format!(r#"[{{"headers":{{"event":"move-out"{patterns}}}}}]"#);
        assert!(messages(body.as_bytes()).is_err(), "{body}");
    }
}

/// The server's disjunctive normal form: a row stays while one of its ways has all of its tests.
#[test]
fn c_142_c_143_c_146_a_row_is_in_while_one_way_is_left() {
    let tags = |ways: &[&str], active: &[bool]| Tags {
        ways: ways.iter().map(|way| (*way).to_owned()).collect(),
        active: active.to_vec(),
    };
    let out = |tags: &mut Tags, moved: &[(usize, &str)]| {
        for (place, value) in moved {
            let moved = Moved { place: *place, value: (*value).to_owned() };
            if tags.has(&moved) {
                tags.set(&moved, false);
            }
        }
        tags.is_in()
    };
    for (ways, active, moved, stays) in [
        (&["a"][..], &[true][..], &[(0, "a")][..], false),
        (&["a"], &[true], &[(0, "b")], true),
        (&["a"], &[true], &[(1, "a")], true),
        (&["a/", "/b"], &[true, true], &[(0, "a")], true),
        (&["a/", "/b"], &[true, true], &[(0, "a"), (1, "b")], false),
        (&["a/", "/b"], &[true, false], &[(0, "a")], false),
        (&["a/b"], &[true, true], &[(1, "b")], false),
        (&["a/", "/1"], &[true, true], &[(0, "a")], true),
        (&["a/", "/1"], &[true, false], &[(0, "a")], false),
        (&["a", "b"], &[], &[(0, "a")], true),
        (&["a", "b"], &[], &[(0, "a"), (0, "b")], false),
        (&["/a"], &[true], &[(1, "a")], false),
    ] {
        assert_eq!(out(&mut tags(ways, active), moved), stays, "{ways:?} {active:?} {moved:?}");
    }
    let mut both = tags(&["a/", "/b"], &[true, true]);
    assert!(out(&mut both, &[(0, "a")]));
    both.set(&Moved { place: 0, value: "a".to_owned() }, true);
    assert!(out(&mut both, &[(1, "b")]), "it came back by the first way");
}

/// One row of `items` with this text as its title.
fn with_title(title: &str) -> String {
    format!(r#"[{{"key":"k","value":{{"id":"1","done":"t","title":"{title}"}},"headers":{{"operation":"update"}}}}]"#)
}

#[test]
fn escapes_are_undone_and_plain_text_is_borrowed() {
    for (written, read) in [
        ("plain", "plain"),
        ("", ""),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"caf\u00e9 \u65e5\u672c", "café 日本"),
        (r"\ud83d\ude00\uD83D\uDE00", "😀😀"),
        (r"\u0000", "\0"),
        ("日本 😀", "日本 😀"),
    ] {
        let body = with_title(written);
        let mut log = Log::new(body.as_bytes(), Item::DEFINITION).unwrap();
        let mut columns = log.columns();
        log.next(&mut columns).unwrap().unwrap();
        assert_eq!(columns.peek::<String>(0).unwrap(), read, "{written}");
    }
    for (text, borrowed) in [("plain", true), (r"\n", false)] {
        let body = with_title(text);
        let mut scanner = Scanner::new(body.as_bytes()).unwrap();
        scanner.advance(body.find(&format!("\"{text}\"")).unwrap());
        assert_eq!(matches!(scanner.string("text").unwrap(), Cow::Borrowed(_)), borrowed);
    }
}

#[test]
fn bad_bodies_say_what_and_where() {
    for (body, at, says) in [
        ("{\"message\":\"no\"}".to_owned(), 0, "expected an array of messages"),
        ("<html>".to_owned(), 0, "expected an array of messages"),
        (" ".to_owned(), 1, "cut off"),
        ("[".to_owned(), 1, "cut off"),
        ("[{}".to_owned(), 1, "a message without headers"),
        ("[1]".to_owned(), 1, "expected a message"),
        ("[]x".to_owned(), 2, "more text"),
        ("[][]".to_owned(), 2, "more text"),
        ("[,]".to_owned(), 1, "expected a message"),
        (r#"[{"headers":{"operation":"insert"}}]"#.to_owned(), 1, "without value"),
        (r#"[{"headers":{}}]"#.to_owned(), 12, "without operation"),
        (r#"[{"headers":{"operation":"upsert"},"value":{}}]"#.to_owned(), 25, "unknown operation `upsert`"),
        (r#"[{"headers":{"control":"x"}},]"#.to_owned(), 29, "expected a message"),
        (r#"[{"headers":{"control":"x"},}]"#.to_owned(), 28, "expected a member's name"),
        (r#"[{"headers":{"control":"up-to-date","global_last_seen_lsn":"x"}}]"#.to_owned(), 59, "whole number"),
        (r#"[{"headers":{"operation":"insert","lsn":"18446744073709551616"}}]"#.to_owned(), 40, "whole number"),
        (r#"[{"headers":{"operation":"insert","op_position":-1}}]"#.to_owned(), 48, "whole number"),
        (r#"[{"headers":{"operation":"insert","last":1}}]"#.to_owned(), 41, "expected false"),
        (r#"[{"value":{"id":7}}]"#.to_owned(), 16, "a column's text or null"),
        (with_title("a\nb"), 51, "raw control character"),
        (with_title("\\x"), 51, "invalid escape"),
        (with_title("\\ud83d"), 56, "invalid escape"),
        (with_title("\\ude00"), 56, "invalid escape"),
        (with_title("\\u12g4"), 54, "invalid escape"),
        (format!("[{{\"x\":{}1{}}}]", "[".repeat(100), "]".repeat(100)), 71, "nested too deep"),
    ] {
        let error = messages(body.as_bytes()).expect_err(&body);
        assert!(error.to_string().contains(says), "{body}: {error}");
        assert_eq!(error.at, at, "{body}: {error}");
    }
    let error = messages(b"[{\"key\":\"\xff\"}]").unwrap_err();
    assert_eq!(error, LogError { at: 9, fault: LogFault::NotUtf8 });
}

#[test]
fn an_error_comes_again() {
    let mut log = Log::new(b"[7]", Item::DEFINITION).unwrap();
    let mut columns = log.columns();
    let first = log.next(&mut columns).unwrap_err();
    assert_eq!(log.next(&mut columns), Err(first));
}

#[test]
fn c_034_an_empty_body_has_no_messages() {
    assert_eq!(messages(b""), Ok(vec![]));
    assert_eq!(messages(b" [ ] \n"), Ok(vec![]));
}

#[test]
fn c_042_c_043_unknown_controls_events_and_fields_are_passed_over() {
    for headers in [
        r#"{"control":"compaction","at":{"deep":[1,-2.5e3,true,false,null,"\u0041"]}}"#,
        r#"{"event":"lunch","txids":[1]}"#,
        r#"{ "control" : "x" }"#,
    ] {
        let body = format!(r#"[{{"extra":[{{}}],"headers":{headers}}}]"#);
        assert_eq!(messages(body.as_bytes()), Ok(vec![Message::Other]), "{headers}");
    }
    let body =
        r#"[{"old_value":{"n":"1"},"headers":{"operation":"delete","color":"red","lsn":"1"},"value":{"id":"1"}}]"#;
    assert!(matches!(messages(body.as_bytes()).unwrap()[..], [Message::Change(Change { lsn: Some(1), .. })]));
}

#[test]
fn c_116_columns_named_like_a_messages_members_are_columns() {
    let row = |n: &str| {
        format!(
            r#"{{"value":{{"headers":"h","key":null,"value":"{n}","id":"1","title":"x","n":"{n}"}},"headers":{{"operation":"insert"}}}}"#
        )
    };
    let body = format!("[{},{}]", row("1"), row("2"));
    let mut log = Log::new(body.as_bytes(), Item::DEFINITION).unwrap();
    let mut columns = log.columns();
    for n in [1, 2] {
        assert!(matches!(log.next(&mut columns), Ok(Some(Message::Change(_)))));
        assert_eq!((columns.peek(1), columns.peek(2)), (Ok(1), Ok(n)));
    }
}

#[test]
fn c_120_numbers_above_2_to_the_53_are_exact() {
    for text in ["18446744073709551615", "9007199254740993"] {
        for lsn in [text.to_owned(), format!("\"{text}\"")] {
            let body = format!(
                r#"[{{"value":{{}},"headers":{{"operation":"update","lsn":{lsn},"txids":[{text}]}}}},
                {{"headers":{{"control":"up-to-date","global_last_seen_lsn":{lsn}}}}}]"#
            );
            let value: u64 = text.parse().unwrap();
            let all = messages(body.as_bytes()).unwrap();
            let Message::Change(change) = &all[0] else { panic!() };
            assert_eq!((change.lsn, &change.txids), (Some(value), &vec![value]));
            assert_eq!(all[1], Message::UpToDate { lsn: Some(value) });
        }
    }
}

#[test]
fn columns_are_found_in_any_order() {
    let orders: [&[(&str, &str)]; 5] = [
        &[("id", "1"), ("n", "2"), ("title", "a")],
        &[("title", "b"), ("n", "3"), ("id", "4")],
        &[("gone", "x"), ("id", "5"), ("note", "c"), ("title", "d"), ("n", "6")],
        &[("n", "7"), ("id", "8"), ("title", "e")],
        &[("\\u0069d", "9"), ("title", "f"), ("n", "10")],
    ];
    let rows: Vec<String> = orders
        .iter()
        .map(|cells| {
            let cells: Vec<_> = cells.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
            format!(r#"{{"value":{{{}}},"headers":{{"operation":"update"}}}}"#, cells.join(","))
        })
        .collect();
    let body = format!("[{}]", rows.join(","));
    let mut log = Log::new(body.as_bytes(), Item::DEFINITION).unwrap();
    let mut columns = log.columns();
    for (id, n, title, note) in
        [(1, 2, "a", None), (4, 3, "b", None), (5, 6, "d", Some("c")), (8, 7, "e", None), (9, 10, "f", None)]
    {
        log.next(&mut columns).unwrap().unwrap();
        assert_eq!((columns.peek(1), columns.peek(2)), (Ok(id), Ok(n)));
        assert_eq!(columns.peek::<String>(0).unwrap(), title);
        assert_eq!(columns.peek::<String>(3).ok().as_deref(), note);
    }
}

fn captured_bodies() -> Vec<Vec<u8>> {
    ["01_all_types.", "02_", "03_", "05_items.", "07_", "09_", "10_", "12_", "21_", "A3_", "C1_", "C2_"]
        .map(|name| Capture::load(name).body)
        .into()
}

#[test]
fn a_body_cut_anywhere_is_an_error() {
    for body in captured_bodies() {
        assert!(messages(&body).is_ok());
        for cut in 1..body.len() {
            let error = messages(&body[..cut]).expect_err("cut");
            assert!(error.at <= cut, "{error}");
        }
    }
}

/// What is read is JSON for another reader too, and no bytes lead to a panic.
#[test]
fn mutated_bodies_never_panic_and_never_pass_as_json() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let bodies = captured_bodies();
    let (mut passed, mut failed) = (0, 0);
    for _ in 0..20_000 {
        let mut body = random.choice(&bodies).unwrap().clone();
        // Short ones, so that a mutation is likely to hit the structure.
        if random.bool() && body.len() > 300 {
            body.truncate(300);
            body.extend_from_slice(br#""},"headers":{"operation":"insert"}}]"#);
        }
        for _ in 0..random.usize(1..4) {
            let (at, other) = (random.usize(..body.len()), random.usize(..body.len()));
            match random.u8(..5) {
                0 => body[at] = random.u8(..),
                1 => body[at] = *random.choice(br#"{}[]",:\u0tfn -e."#).unwrap(),
                2 => drop(body.remove(at)),
                3 => body.insert(at, *random.choice(br#"{}[]",:\n1"#).unwrap()),
                _ => body.swap(at, other),
            }
        }
        match messages(&body) {
            Ok(_) => {
                let text = String::from_utf8_lossy(&body);
                assert!(serde_json::from_slice::<IgnoredAny>(&body).is_ok(), "SEED={seed}: {text}");
                passed += 1;
            }
            Err(error) => {
                assert!(error.at <= body.len(), "SEED={seed}: {error}");
                failed += 1;
            }
        }
    }
    assert!(passed > 100 && failed > 100, "{passed} passed, {failed} failed");
}
