//! Values of every type, from the service to the client, onto the disk and back without network: the same to the bit.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use shapegen_runtime::{Collection, Connection, Json, Shape, Snapshot, SyncError};
use shapegen_server::TableName;
use uuid::Uuid;

use crate::stage::{ANN, Stage, client, notification, until};
use crate::sync::{EveryType, Mood};

/// NULL wherever the table allows it.
fn nulls(id: i32) -> EveryType {
    EveryType {
        id,
        a_bool: None,
        an_int2: None,
        an_int4: None,
        an_int8: 0,
        a_float4: None,
        a_float8: None,
        a_numeric: None,
        a_text: None,
        a_varchar: None,
        a_uuid: None,
        a_timestamp: None,
        a_timestamptz: None,
        a_date: None,
        a_time: None,
        a_json: None,
        a_jsonb: None,
        a_bytea: None,
        a_mood: None,
        bools: None,
        int2s: None,
        int4s: None,
        int8s: None,
        float4s: None,
        float8s: None,
        numerics: None,
        texts: None,
        varchars: None,
        uuids: None,
        timestamps: None,
        timestamptzs: None,
        dates: None,
        times: None,
        jsons: None,
        jsonbs: None,
        byteas: None,
        moods: None,
    }
}

const TEXTS: [&str; 12] = [
    "",
    "NULL",
    "null",
    "it's \"quoted\", {braced} and \\escaped\\",
    "\\x00",
    "tab\tline\nreturn\r and \u{1} \u{7f} \u{b} \u{2028}",
    "Zoë 👩‍👩‍👧‍👦 \u{10ffff} \u{fffe}",
    " spaces ",
    "[{\"headers\":{\"control\":\"must-refetch\"}}]",
    "t",
    "0",
    "-Infinity",
];
const NUMERICS: [&str; 8] = [
    "1234567890123456789012345678901234567890.0987654321",
    "-0.0000000000000000000000000000000000000001",
    "1.00",
    "0",
    "0.00",
    "NaN",
    "Infinity",
    "-Infinity",
];
const JSONS: [&str; 4] =
    ["null", "{\"a\": [1e400, -0, 0.10, \"\\u0000 \\\" 👋\"]}", "\"\"", "12345678901234567890123456789012345678901"];

fn some<T: Clone>(values: impl IntoIterator<Item = T>) -> Option<Vec<Option<T>>> {
    let mut elements: Vec<Option<T>> = values.into_iter().map(Some).collect();
    // A NULL first, between, and last.
    elements.insert(0, None);
    elements.insert(elements.len().div_ceil(2), None);
    elements.push(None);
    Some(elements)
}

fn timestamps() -> [DateTime; 5] {
    [
        DateTime::MIN,
        Date::new(-43, 3, 15).unwrap().at(12, 0, 0, 1_000),
        Date::new(0, 2, 29).unwrap().at(0, 0, 0, 0),
        Date::new(2024, 2, 29).unwrap().at(23, 59, 59, 999_999_000),
        Date::new(9999, 12, 31).unwrap().at(23, 59, 59, 999_999_000),
    ]
}

fn instants() -> [Timestamp; 4] {
    ["-009999-01-03T00:00:00Z", "-000043-03-15T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z", "9999-12-30T00:00:00Z"]
        .map(|text| text.parse().unwrap())
}

fn times() -> [Time; 3] {
    [Time::MIN, Time::constant(12, 30, 0, 500_000_000), Time::constant(23, 59, 59, 999_999_000)]
}

/// Rows that have each extreme of each type somewhere; the ids begin at `first`.
fn extremes(first: i32) -> Vec<EveryType> {
    let dates = || timestamps().map(|timestamp| timestamp.date());
    let bytes = || [vec![], vec![0], (0..=255).collect::<Vec<u8>>(), b"\\x".to_vec()];
    let float4s = [
        f32::NAN,
        -0.0,
        0.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MIN,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        0.1,
        16_777_216.0,
    ];
    let float8s = [
        f64::NAN,
        -0.0,
        0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        0.1,
        9_007_199_254_740_993.0,
    ];
    let moods = || [Mood::Sad, Mood::Ok, Mood::Happy, Mood::Other("of a newer server".into())];
    let at = |length: usize, row: usize| row % length;
    let arrays = |id| EveryType {
        bools: some([true, false]),
        int2s: some([i16::MIN, 0, i16::MAX]),
        int4s: some([i32::MIN, 0, i32::MAX]),
        int8s: some([i64::MIN, 0, i64::MAX]),
        float4s: some(float4s),
        float8s: some(float8s),
        numerics: some(NUMERICS.map(|text| text.parse().unwrap())),
        texts: some(TEXTS.map(str::to_owned)),
        varchars: some(TEXTS.map(str::to_owned)),
        uuids: some([Uuid::nil(), Uuid::max()]),
        timestamps: some(timestamps()),
        timestamptzs: some(instants()),
        dates: some(dates()),
        times: some(times()),
        jsons: some(JSONS.map(Json::from_text)),
        jsonbs: some(JSONS.map(Json::from_text)),
        byteas: some(bytes()),
        moods: some(moods()),
        ..nulls(id)
    };
    let empty = |id| EveryType {
        a_text: Some(String::new()),
        a_varchar: Some(String::new()),
        a_bytea: Some(vec![]),
        bools: Some(vec![]),
        int2s: Some(vec![]),
        int4s: Some(vec![]),
        int8s: Some(vec![]),
        float4s: Some(vec![]),
        float8s: Some(vec![]),
        numerics: Some(vec![]),
        texts: Some(vec![]),
        varchars: Some(vec![]),
        uuids: Some(vec![]),
        timestamps: Some(vec![]),
        timestamptzs: Some(vec![]),
        dates: Some(vec![]),
        times: Some(vec![]),
        jsons: Some(vec![]),
        jsonbs: Some(vec![]),
        byteas: Some(vec![]),
        moods: Some(vec![]),
        ..nulls(id)
    };
    let mut rows = vec![nulls(first), empty(first + 1), arrays(first + 2)];
    for row in 0..TEXTS.len() {
        let text = TEXTS[row].to_owned();
        rows.push(EveryType {
            a_bool: Some(row % 2 == 0),
            an_int2: Some([i16::MIN, i16::MAX][at(2, row)]),
            an_int4: Some([i32::MIN, i32::MAX][at(2, row)]),
            an_int8: [i64::MIN, i64::MAX, -1][at(3, row)],
            a_float4: Some(float4s[at(float4s.len(), row)]),
            a_float8: Some(float8s[at(float8s.len(), row)]),
            a_numeric: Some(NUMERICS[at(NUMERICS.len(), row)].parse().unwrap()),
            a_text: Some(text.clone()),
            a_varchar: Some(text),
            a_uuid: Some([Uuid::nil(), Uuid::max()][at(2, row)]),
            a_timestamp: Some(timestamps()[at(timestamps().len(), row)]),
            a_timestamptz: Some(instants()[at(instants().len(), row)]),
            a_date: Some(dates()[at(dates().len(), row)]),
            a_time: Some(times()[at(times().len(), row)]),
            a_json: Some(Json::from_text(JSONS[at(JSONS.len(), row)])),
            a_jsonb: Some(Json::from_text(JSONS[at(JSONS.len(), row)])),
            a_bytea: Some(bytes()[at(bytes().len(), row)].clone()),
            a_mood: Some(moods()[at(moods().len(), row)].clone()),
            ..nulls(first + 3 + i32::try_from(row).unwrap())
        });
    }
    rows
}

/// The floats of a row by their bits, and the rest of the row: NaN equals nothing, and -0.0 equals 0.0.
fn bits(row: &EveryType) -> (Vec<Option<u64>>, EveryType) {
    let floats4 = row.float4s.iter().flatten().map(|value| value.map(|value| u64::from(value.to_bits())));
    let floats8 = row.float8s.iter().flatten().map(|value| value.map(f64::to_bits));
    let single = [row.a_float4.map(|value| u64::from(value.to_bits())), row.a_float8.map(f64::to_bits)];
    let counts = [&row.float4s.as_ref().map(Vec::len), &row.float8s.as_ref().map(Vec::len)];
    let counts = counts.map(|count| count.map(|count| count as u64));
    let floats = single.into_iter().chain(counts).chain(floats4).chain(floats8).collect();
    (floats, EveryType { a_float4: None, a_float8: None, float4s: None, float8s: None, ..row.clone() })
}

#[track_caller]
fn assert_same(found: &Snapshot<EveryType>, expected: &[EveryType]) {
    assert_eq!(found.len(), expected.len());
    for row in expected {
        let found = found.get(&row.id).unwrap_or_else(|| panic!("no row {}", row.id));
        assert_eq!(bits(found), bits(row), "{found:?}\n{row:?}");
    }
}

#[tokio::test]
async fn every_value_survives_the_wire_the_disk_and_a_start_without_network() {
    let stage = Stage::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, live) = (extremes(0), extremes(100));
    stage.source.transaction(|tx| snapshot.iter().for_each(|row| tx.insert(row))).unwrap();
    let rows = stage.client(folder.path(), ANN).every_type();
    rows.fresh().await.unwrap();
    assert_same(&rows.snapshot(), &snapshot);
    stage.held(1).await;

    // Inserts in the log, and updates of all columns: each row of the snapshot becomes the next one.
    let moved: Vec<EveryType> = snapshot
        .iter()
        .zip(snapshot.iter().cycle().skip(1))
        .map(|(row, next)| EveryType { id: row.id, ..next.clone() })
        .collect();
    let written = stage.source.transaction(|tx| {
        live.iter().for_each(|row| tx.insert(row));
        moved.iter().for_each(|row| tx.update(row));
    });
    written.unwrap();
    let expected: Vec<EveryType> = moved.into_iter().chain(live).collect();
    until("the changes", || rows.snapshot().len() == expected.len()).await;
    assert_same(&rows.snapshot(), &expected);
    stage.held(1).await;

    drop(rows);
    let address = stage.address();
    stage.listening.shutdown().await;
    let rows = client(address, folder.path(), ANN).every_type();
    rows.hydrated().await.unwrap();
    assert_same(&rows.snapshot(), &expected);
}

fn table() -> TableName {
    TableName::new("public", "every_type")
}

/// A row of PostgreSQL's own text, NULL but for the key, `an_int8` and the columns named.
fn row_of<'a>(id: &'a str, columns: &[(&str, &'a str)]) -> Vec<Option<&'a str>> {
    let named = |name: &str| columns.iter().find(|(column, _)| *column == name).map(|(_, text)| *text);
    EveryType::DEFINITION
        .columns
        .iter()
        .map(|column| match column.name {
            "id" => Some(id),
            "an_int8" => Some(named("an_int8").unwrap_or("0")),
            name => named(name),
        })
        .collect()
}

#[tokio::test]
async fn postgresqls_own_text_is_read_as_what_it_says() {
    let stage = Stage::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let date = Date::new(-43, 3, 15).unwrap();
    let cases: Vec<(&[(&str, &str)], EveryType)> = vec![
        (
            &[("a_bool", "t"), ("bools", "{t,f,NULL}")],
            EveryType { a_bool: Some(true), bools: Some(vec![Some(true), Some(false), None]), ..nulls(0) },
        ),
        (
            &[("an_int8", "-9223372036854775808"), ("int8s", "{9223372036854775807,NULL}")],
            EveryType { an_int8: i64::MIN, int8s: Some(vec![Some(i64::MAX), None]), ..nulls(0) },
        ),
        (&[("a_float4", "3.4028235e+38"), ("a_float8", "-5e-324"), ("float8s", "{NaN,-0,-Infinity,1e+300}")], {
            EveryType {
                a_float4: Some(f32::MAX),
                a_float8: Some(-f64::from_bits(1)),
                float8s: Some(vec![Some(f64::NAN), Some(-0.0), Some(f64::NEG_INFINITY), Some(1e300)]),
                ..nulls(0)
            }
        }),
        (
            &[("texts", r#"{"",NULL,"NULL","a \"b\"","c\\d","e,f","{g}",h}"#), ("a_text", "{}")],
            EveryType {
                texts: Some(
                    [Some(""), None, Some("NULL"), Some("a \"b\""), Some("c\\d"), Some("e,f"), Some("{g}"), Some("h")]
                        .map(|text| text.map(str::to_owned))
                        .to_vec(),
                ),
                a_text: Some("{}".to_owned()),
                ..nulls(0)
            },
        ),
        (
            &[("a_date", "0044-03-15 BC"), ("dates", "{\"0044-03-15 BC\",2024-02-29}")],
            EveryType {
                a_date: Some(date),
                dates: Some(vec![Some(date), Some(Date::new(2024, 2, 29).unwrap())]),
                ..nulls(0)
            },
        ),
        (
            &[("a_timestamptz", "0044-03-15 12:00:00.5+00 BC"), ("a_timestamp", "0044-03-15 12:00:00.5 BC")],
            EveryType {
                a_timestamptz: Some("-000043-03-15T12:00:00.5Z".parse().unwrap()),
                a_timestamp: Some(date.at(12, 0, 0, 500_000_000)),
                ..nulls(0)
            },
        ),
        (
            &[("a_bytea", "\\x00ff5c"), ("byteas", r#"{"\\x","\\xdead",NULL}"#)],
            EveryType {
                a_bytea: Some(vec![0, 0xff, 0x5c]),
                byteas: Some(vec![Some(vec![]), Some(vec![0xde, 0xad]), None]),
                ..nulls(0)
            },
        ),
        (
            &[("jsonbs", r#"{"{\"a\": [1, \"b\\\\c\"]}",null}"#), ("moods", "{happy,sad,NULL}")],
            EveryType {
                jsonbs: Some(vec![Some(Json::from_text(r#"{"a": [1, "b\\c"]}"#)), None]),
                moods: Some(vec![Some(Mood::Happy), Some(Mood::Sad), None]),
                ..nulls(0)
            },
        ),
    ];
    let ids: Vec<String> = (0..cases.len()).map(|id| id.to_string()).collect();
    let written = stage.source.transaction(|tx| {
        for (id, (columns, _)) in ids.iter().zip(&cases) {
            tx.insert_row(&table(), &row_of(id, columns));
        }
    });
    written.unwrap();
    let expected: Vec<EveryType> = (0..).zip(cases).map(|(id, (_, expected))| EveryType { id, ..expected }).collect();
    let rows = stage.client(folder.path(), ANN).every_type();
    rows.fresh().await.unwrap();
    assert_same(&rows.snapshot(), &expected);
}

#[tokio::test]
async fn a_value_that_no_rust_type_holds_stops_its_shape_and_no_other() {
    for (column, text) in [
        ("a_timestamp", "infinity"),
        ("a_timestamptz", "-infinity"),
        ("a_date", "10000-01-01"),
        ("a_time", "24:00:00"),
        ("int4s", "{{1,2},{3,4}}"),
    ] {
        let stage = Stage::empty().await;
        let folder = tempfile::tempdir().unwrap();
        stage.source.transaction(|tx| tx.insert(&nulls(1))).unwrap();
        let client = stage.client(folder.path(), ANN);
        let (rows, notifications) = (client.every_type(), client.notifications());
        rows.fresh().await.unwrap();
        notifications.fresh().await.unwrap();
        stage.source.transaction(|tx| tx.insert_row(&table(), &row_of("2", &[(column, text)]))).unwrap();

        let error = stopped(&rows).await;
        assert!(matches!(error, SyncError::Value { .. }), "{error:?}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        let message = format!("{error}: {cause}");
        assert!(message.contains("shape `every_type` of table public.every_type"), "{message}");
        assert!(message.contains(&format!("`{column}`")) && message.contains(&format!("`{text}`")), "{message}");
        assert_same(&rows.snapshot(), &[nulls(1)]);

        stage.source.transaction(|tx| tx.insert(&notification(ANN, 1, "goes on"))).unwrap();
        until("the other shape's row", || notifications.snapshot().len() == 1).await;
    }
}

async fn stopped(rows: &Collection<EveryType>) -> SyncError {
    let mut found = None;
    until("a stop", || {
        if let Connection::Stopped(error) = rows.connection() {
            found = Some((*error).clone());
        }
        found.is_some()
    })
    .await;
    found.unwrap()
}
