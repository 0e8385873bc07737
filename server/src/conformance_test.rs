//! The protocol's rules, by the ids of the conformance checklist. What the captures show is tested against them.

mod access;
mod concurrent;
mod events;
mod rows;
mod subsets;

use std::time::Duration;

use axum::http::HeaderMap;
use shapegen_runtime::Shape;

use crate::testing::{Answer, Stream, Title, builder, capture_tables, get, get_held, listen, send, table};
use crate::{Column, Listening, MemorySource, SessionValues, TableDefinition};

/// `offset` and `handle` to go on with.
fn next(answer: &Answer) -> String {
    format!("&offset={}&handle={}", answer.header("electric-offset"), answer.header("electric-handle"))
}

async fn start(service: &Listening, shape: &str) -> String {
    next(&get(service, &format!("/v1/shape?{shape}&offset=-1")).await)
}

#[tokio::test]
async fn s_011_to_s_018_and_s_030_the_first_responses() {
    let source = capture_tables();
    let service = listen(builder(&source).long_poll(Duration::from_secs(1))).await;
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    assert_eq!(first.messages().last().unwrap(), "snapshot-end");
    assert!(!first.headers.contains_key("electric-up-to-date"), "S-011");
    let again = get(&service, "/v1/shape?table=items&offset=-1&handle=other").await;
    assert_eq!(again.header("etag"), first.header("etag"), "S-015, S-016");

    source.transaction(|tx| tx.delete_row(&table("gone"), &[Some("1")])).unwrap();
    let empty = get(&service, "/v1/shape?table=gone&offset=-1").await;
    assert_eq!(empty.messages(), ["snapshot-end"], "S-012");

    let head = get(&service, &format!("/v1/shape?table=items{}", next(&first))).await;
    assert_eq!(head.messages(), ["up-to-date"], "S-014, S-017");
    assert_eq!(head.header("electric-has-data"), "true");
    let idle = format!("/v1/shape?table=items{}&live=true", next(&head));
    let (idle, again) = (get(&service, &idle).await, get(&service, &idle).await);
    assert_eq!(idle.messages(), ["up-to-date"], "S-018");
    assert_eq!(idle.header("electric-has-data"), "false");
    assert_ne!(idle.header("etag"), again.header("etag"), "S-030");
}

#[tokio::test]
async fn s_019_and_s_021_live_rows_come_with_the_lsn_and_without_schema() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let head = get(&service, &format!("/v1/shape?table=gone{}", start(&service, "table=gone").await)).await;
    let answer = get_held(&service, &format!("/v1/shape?table=gone{}&live", next(&head)), || {
        source.transaction(|tx| tx.insert_row(&table("gone"), &[Some("2"), None])).unwrap();
    })
    .await;
    let json = answer.json();
    assert_eq!(json[0]["headers"]["lsn"], json[1]["headers"]["global_last_seen_lsn"]);
    assert!(!answer.headers.contains_key("electric-schema"));
    assert!(answer.headers.contains_key("electric-cursor"));
    let late = get(&service, &format!("/v1/shape?table=gone{}&live=true", next(&head))).await;
    assert_eq!(late.messages(), ["insert /\"2\"", "up-to-date"], "a backlog comes at once");
}

#[tokio::test]
async fn s_023_to_s_026_other_handles_are_refused() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let items = get(&service, "/v1/shape?table=items&offset=-1").await;
    let refused = get(&service, &format!("/v1/shape?table=items&columns=id{}", next(&items))).await;
    assert_eq!((refused.status, refused.messages()), (409, vec!["must-refetch".to_owned()]), "S-023");
    let narrow = get(&service, "/v1/shape?table=items&columns=id&offset=-1").await;
    assert_eq!(refused.header("electric-handle"), narrow.header("electric-handle"));
    assert_ne!(refused.header("electric-handle"), items.header("electric-handle"));
    assert!(refused.header("cache-control").contains("max-age=60"), "S-024");

    let mut handles = vec![items.header("electric-handle").to_owned()];
    for _ in 0..20 {
        source.transaction(|tx| tx.truncate_table(&table("items"))).unwrap();
        handles.push(get(&service, "/v1/shape?table=items&offset=-1").await.header("electric-handle").to_owned());
    }
    handles.sort();
    handles.dedup();
    assert_eq!(handles.len(), 21, "S-026");
}

#[tokio::test]
async fn s_025_an_offset_beyond_the_head_may_still_come_true() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let handle = get(&service, "/v1/shape?table=gone&offset=-1").await.header("electric-handle").to_owned();
    let insert = |id: &str| source.transaction(|tx| tx.insert_row(&table("gone"), &[Some(id), None])).unwrap();
    let lsn = insert("8").lsn;
    // One operation behind the log's end, then two commits on.
    let path = format!("/v1/shape?table=gone&offset={lsn}_1&handle={handle}");
    let answer = get_held(&service, &path, || drop(insert("9"))).await;
    assert_eq!((answer.status, answer.messages()), (200, vec!["insert /\"9\"".to_owned(), "up-to-date".to_owned()]));
}

#[tokio::test]
async fn s_027_and_s_028_now_and_changes_only() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let now = get(&service, "/v1/shape?table=items&offset=now").await;
    assert_eq!(now.messages(), ["up-to-date"]);
    assert_eq!((now.header("electric-offset"), now.header("electric-has-data")), ("0_inf", "false"));
    let changes = get(&service, "/v1/shape?table=items&offset=-1&log=changes_only").await;
    assert_eq!(changes.messages(), ["snapshot-end"]);
    assert_ne!(changes.header("electric-handle"), now.header("electric-handle"));
}

#[tokio::test]
async fn s_029_a_known_answer_is_not_sent_again() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    let tags = format!("if-none-match: \"x\", {}\r\n", first.header("etag"));
    let unchanged = send(service.local_addr(), "GET", "/v1/shape?table=items&offset=-1", &tags).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(unchanged.header("cache-control"), first.header("cache-control"));
    source.transaction(|tx| tx.truncate_table(&table("items"))).unwrap();
    let changed = send(service.local_addr(), "GET", "/v1/shape?table=items&offset=-1", &tags).await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn s_031_and_s_032_head_and_options() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let [get, head] =
        ["GET", "HEAD"].map(|method| send(service.local_addr(), method, "/v1/shape?table=items&offset=-1", ""));
    let (get, head) = (get.await, head.await);
    assert_eq!(head.text, "");
    let names = |answer: &Answer| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&head), names(&get));
    let asked = "access-control-request-headers: authorization\r\n";
    let preflight = send(service.local_addr(), "OPTIONS", "/v1/shape", asked).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (204, "authorization"));
}

#[tokio::test]
async fn s_035_bools_are_words_in_the_snapshot_and_letters_in_the_log() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    assert_eq!(first.json()[0]["value"]["done"], "false");
    assert_eq!(first.json()[0]["value"]["note"], serde_json::Value::Null);
    let row = [Some("9"), Some("t"), Some("t"), None, None];
    source.transaction(|tx| tx.insert_row(&table("items"), &row)).unwrap();
    let live = get(&service, &format!("/v1/shape?table=items{}&live", next(&first))).await;
    assert_eq!(live.json()[0]["value"]["done"], "t");
    assert_eq!(live.json()[0]["value"]["title"], "t");
}

#[tokio::test]
async fn s_041_a_row_that_moves_and_changes_its_key_is_only_told_where_it_was_in_the_shape() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let shape = "table=items&where=n+%3E+%241&params[1]=3";
    let at = start(&service, shape).await;
    let row = |id, n| [Some(id), Some("x"), Some("f"), Some(n), None];
    source
        .transaction(|tx| {
            tx.update_row(&table("items"), &[Some("1")], &row("11", "9"));
            tx.update_row(&table("items"), &[Some("4")], &row("14", "0"));
            tx.update_row(&table("items"), &[Some("2")], &row("12", "1"));
            tx.update_row(&table("items"), &[Some("5")], &row("15", "5"));
        })
        .unwrap();
    let answer = get(&service, &format!("/v1/shape?{shape}{at}&live")).await;
    assert_eq!(answer.messages(), ["insert /\"11\"", "delete /\"4\"", "delete /\"5\"", "insert /\"15\"", "up-to-date"]);
    let json = answer.json();
    let positions: Vec<_> = (0..4).map(|at| json[at]["headers"]["op_position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [0, 2, 6, 7], "S-042");
    let last: Vec<_> = (0..4).map(|at| json[at]["headers"]["last"].as_bool()).collect();
    assert_eq!(last, [None, None, None, Some(true)], "S-045");
}

#[tokio::test]
async fn s_045_the_changes_of_other_tables_count_and_are_not_told() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let at = start(&service, "table=gone").await;
    let committed = source
        .transaction(|tx| {
            tx.insert_row(&table("nopk"), &[None, None]);
            tx.insert_row(&table("gone"), &[Some("2"), None]);
            tx.insert_row(&table("nopk"), &[None, None]);
        })
        .unwrap();
    let answer = get(&service, &format!("/v1/shape?table=gone{at}&live")).await;
    let headers = &answer.json()[0]["headers"];
    assert_eq!((headers["op_position"].as_u64(), headers["last"].as_bool()), (Some(2), Some(true)));
    assert_eq!(headers["txids"][0], committed.txid);
    assert_eq!(answer.header("electric-offset"), format!("{}_2", committed.lsn));
}

#[tokio::test]
async fn s_047_and_s_048_a_changed_column_ends_the_shape_and_a_changed_null_does_not() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let at = start(&service, "table=gone").await;
    let define = |not_null, more: &[&str]| {
        let mut columns = vec![Column::new("id", "int4", true), Column::new("v", "text", not_null)];
        columns.extend(more.iter().map(|name| Column::new(*name, "int4", false)));
        source.define(TableDefinition::new(table("gone"), columns, &["id"]));
    };
    define(true, &[]);
    let head = get(&service, &format!("/v1/shape?table=gone{at}")).await;
    assert_eq!(head.status, 200);
    let schema: serde_json::Value = serde_json::from_str(head.header("electric-schema")).unwrap();
    assert_eq!(schema["v"]["not_null"], true, "S-048");

    let path = format!("/v1/shape?table=gone{}&live", next(&head));
    let held = get_held(&service, &path, || define(true, &["extra"]));
    assert_eq!(held.await.status, 409, "S-047");
    let afresh = get(&service, "/v1/shape?table=gone&offset=-1").await;
    assert_eq!(afresh.json()[0]["value"], serde_json::json!({ "extra": null, "id": "1", "v": "a" }));
}

#[tokio::test]
async fn s_049_a_long_log_comes_in_parts_of_which_only_the_last_is_up_to_date() {
    let source = capture_tables();
    let service = listen(builder(&source).chunk_bytes(300)).await;
    let mut answer = get(&service, "/v1/shape?table=items&offset=-1").await;
    source
        .transaction(|tx| {
            (100..120)
                .for_each(|n| tx.insert_row(&table("items"), &[Some(&n.to_string()), Some("x"), Some("f"), None, None]))
        })
        .unwrap();
    let mut rows = Vec::new();
    let mut responses = 0;
    loop {
        rows.extend(answer.messages());
        responses += 1;
        if answer.headers.contains_key("electric-up-to-date") {
            break;
        }
        assert!(!answer.messages().contains(&"up-to-date".to_owned()));
        answer = get(&service, &format!("/v1/shape?table=items{}", next(&answer))).await;
    }
    assert!(responses > 10, "{responses}");
    let expected = (1..=5).chain(100..120).map(|id| format!("insert /\"{id}\"")).collect::<Vec<_>>();
    rows.retain(|message| message.starts_with("insert"));
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn shapes_over_the_limits_are_dropped_and_fetched_afresh() {
    let source = capture_tables();
    let insert = |id: u32| {
        source.transaction(|tx| tx.insert_row(&table("gone"), &[Some(&id.to_string()), Some("x")])).unwrap();
    };
    let service = listen(builder(&source).max_log_bytes(1000)).await;
    let at = start(&service, "table=gone").await;
    (10..13).for_each(insert);
    assert_eq!(get(&service, &format!("/v1/shape?table=gone{at}")).await.status, 200);
    (13..30).for_each(insert);
    assert_eq!(get(&service, &format!("/v1/shape?table=gone{at}")).await.status, 409);

    let service = listen(builder(&source).max_bytes(1500)).await;
    let (old, new) = (start(&service, "table=items").await, start(&service, "table=nopk").await);
    assert_eq!(get(&service, &format!("/v1/shape?table=nopk{new}")).await.status, 200);
    let third = start(&service, "table=comp_pk").await;
    assert_eq!(get(&service, &format!("/v1/shape?table=items{old}")).await.status, 409);
    assert_eq!(get(&service, &format!("/v1/shape?table=comp_pk{third}")).await.status, 409);
}

fn session(headers: &HeaderMap) -> Option<SessionValues> {
    Some(SessionValues::new().with("owner", headers.get("authorization")?.to_str().ok()?))
}

fn streams() -> MemorySource {
    let source = MemorySource::new([Stream::DEFINITION, Title::DEFINITION]).unwrap();
    let stream = |id, owner: &str| Stream { id, owner: owner.to_owned(), live: id == 2 };
    source
        .transaction(|tx| {
            for (id, owner) in [(1, "ann"), (2, "ann"), (3, "bob")] {
                tx.insert(&stream(id, owner));
            }
        })
        .unwrap();
    source
}

fn by_name(source: &MemorySource) -> crate::ServiceBuilder {
    builder(source).shapes([Stream::DEFINITION, Title::DEFINITION]).sessions(session)
}

#[tokio::test]
async fn a_shape_by_name_is_bound_to_the_session() {
    let service = listen(by_name(&streams())).await;
    let path = "/shapes/streams?offset=-1&above=0";
    for (person, keys) in [("ann", vec!["insert /\"1\"", "insert /\"2\""]), ("bob", vec!["insert /\"3\""])] {
        let header = format!("authorization: {person}\r\n");
        let answer = send(service.local_addr(), "GET", path, &header).await;
        assert_eq!(answer.messages(), [keys, vec!["snapshot-end"]].concat());
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let schema: serde_json::Value = serde_json::from_str(answer.header("electric-schema")).unwrap();
        assert_eq!(schema["id"], serde_json::json!({ "type": "int4", "not_null": true, "pk_index": 0 }));
        assert_eq!(schema.as_object().unwrap().len(), 3);
    }
    assert_eq!(get(&service, path).await.status, 401);
    let public = get(&service, "/shapes/titles?offset=-1").await;
    assert_eq!(public.messages().len(), 4);
    assert!(public.header("cache-control").starts_with("public"));
    assert_eq!(get(&service, "/shapes/nothing?offset=-1").await.status, 404);
}

#[tokio::test]
async fn a_client_of_a_shape_by_name_names_no_table_column_or_condition() {
    let service = listen(by_name(&streams())).await;
    let header = "authorization: ann\r\n";
    for (query, parameter) in [
        ("table=users", "table"),
        ("where=true", "where"),
        ("columns=id", "columns"),
        ("params[1]=bob", "params[1]"),
        ("params%5B1%5D=bob", "params[1]"),
        ("replica=full", "replica"),
        ("owner=bob", "owner"),
        ("queryable_columns=id", "queryable_columns"),
        ("subset__where=true&subset[where]=true", "subset__where"),
        ("subset__nothing=true", "subset__nothing"),
        ("subset=true", "subset"),
        ("secret=x", "secret"),
        ("above=1", "above"),
        ("offset=0_0", "offset"),
    ] {
        let path = format!("/shapes/streams?offset=-1&above=0&{query}");
        let answer = send(service.local_addr(), "GET", &path, header).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["errors"].get(parameter).is_some(), "{query}: {answer:?}");
    }
    for (query, parameter) in [("offset=-1", "above"), ("offset=-1&above=x", "params"), ("above=0", "offset")] {
        let answer = send(service.local_addr(), "GET", &format!("/shapes/streams?{query}"), header).await;
        assert!(answer.json()["errors"].get(parameter).is_some(), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn typed_writes_touch_only_the_columns_of_their_shape() {
    let source = streams();
    let service = listen(by_name(&source)).await;
    let at = next(&get(&service, "/shapes/titles?offset=-1").await);
    let header = "authorization: ann\r\n";
    let path = "/shapes/streams?above=0";
    let mine = next(&send(service.local_addr(), "GET", &format!("{path}&offset=-1"), header).await);
    source
        .transaction(|tx| {
            tx.update(&Title { id: 1, title: Some("t".to_owned()) });
            tx.update(&Stream { id: 2, owner: "ann".to_owned(), live: false });
            tx.delete::<Stream>(&3);
            tx.update_key(&2, &Title { id: 9, title: None });
        })
        .unwrap();
    let titles = get(&service, &format!("/shapes/titles?{at}&live")).await;
    assert_eq!(titles.json()[0]["value"], serde_json::json!({ "id": "1", "title": "t" }));
    assert_eq!(titles.messages(), ["update /\"1\"", "delete /\"3\"", "delete /\"2\"", "insert /\"9\"", "up-to-date"]);
    let streams = send(service.local_addr(), "GET", &format!("{path}{mine}&live"), header).await;
    assert_eq!(streams.messages(), ["update /\"2\"", "delete /\"2\"", "insert /\"9\"", "up-to-date"]);
    assert_eq!(streams.json()[0]["value"], serde_json::json!({ "id": "2", "live": "f" }));
    assert_eq!(streams.json()[2]["value"], serde_json::json!({ "id": "9", "live": "f", "owner": "ann" }));
}

#[tokio::test]
async fn requests_are_remembered_and_shutdown_answers_held_ones() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let path = format!("/v1/shape?table=gone{}&live", start(&service, "table=gone").await);
    let address = service.local_addr();
    let held = tokio::spawn({
        let path = path.clone();
        async move { send(address, "GET", &path, "").await }
    });
    service.held().wait_for(|held| *held == 1).await.unwrap();
    let seen: Vec<_> =
        service.requests().into_iter().map(|request| (request.path, request.query, request.status)).collect();
    assert_eq!(
        seen,
        [
            ("/v1/shape".to_owned(), "table=gone&offset=-1".to_owned(), Some(200)),
            ("/v1/shape".to_owned(), path["/v1/shape?".len()..].to_owned(), None),
        ]
    );
    service.shutdown().await;
    assert_eq!(held.await.unwrap().status, 503);
}
