//! Streams of events.

use std::time::Duration;

use serde_json::Value;

use super::{by_name, next, start, streams};
use crate::testing::{Answer, EventStream, Stream, builder, capture_tables, get, listen, send, table};
use crate::{Listening, MemorySource};

/// Where a stream of the table `gone` begins.
async fn path(service: &Listening) -> String {
    format!("/v1/shape?table=gone{}&live&live_sse", start(service, "table=gone").await)
}

fn insert(source: &MemorySource, id: usize, text: &str) {
    source.transaction(|tx| tx.insert_row(&table("gone"), &[Some(&id.to_string()), Some(text)])).unwrap();
}

#[tokio::test]
async fn s_057_a_silent_stream_gets_comments_and_then_news() {
    let source = capture_tables();
    let service = listen(builder(&source).sse_keep_alive(Duration::from_millis(1))).await;
    let mut stream = EventStream::get(&service, &path(&service).await).await;
    for _ in 0..3 {
        assert_eq!(stream.block().await.as_deref(), Some(": keep-alive"));
    }
    insert(&source, 2, "x");
    let mut blocks = Vec::new();
    while blocks.len() < 2 {
        blocks.extend(stream.block().await.filter(|block| block != ": keep-alive"));
    }
    assert!(blocks[0].contains(r#""operation":"insert""#) && blocks[1].contains("up-to-date"), "{blocks:?}");
    let message: Value = serde_json::from_str(&blocks[1]["data: ".len()..]).unwrap();
    let lsn = message["headers"]["global_last_seen_lsn"].as_str().unwrap();
    let path = format!("/v1/shape?table=gone&handle={}&offset={lsn}_0", stream.answer().header("electric-handle"));
    let next = get(&service, &path).await;
    assert_eq!(next.messages(), ["up-to-date"], "the message says where to go on");
}

#[tokio::test]
async fn s_057_a_stream_ends_after_its_time_also_when_there_is_always_news() {
    let source = capture_tables();
    let service = listen(builder(&source).sse_timeout(Duration::from_millis(20))).await;
    let path = path(&service).await;
    let answer = get(&service, &path).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(answer.header("content-type"), "text/event-stream");

    let mut stream = EventStream::get(&service, &path).await;
    let mut id = 10;
    while stream.block().await.is_some() {
        insert(&source, id, "x");
        id += 1;
    }
    let handle = stream.answer().header("electric-handle").to_owned();
    assert_eq!(get(&service, &path).await.header("electric-handle"), handle, "the shape goes on");
}

#[tokio::test]
async fn s_057_a_backlog_comes_in_parts_with_one_up_to_date() {
    let source = capture_tables();
    let service = listen(builder(&source).chunk_bytes(300)).await;
    let from_head = path(&service).await;
    let mut stream = EventStream::get(&service, &from_head).await;
    source
        .transaction(|tx| (100..120).for_each(|id| tx.insert_row(&table("gone"), &[Some(&id.to_string()), None])))
        .unwrap();
    let backlog = get(&service, &from_head).await;
    let mut expected: Vec<String> = (100..120).map(|id| format!("insert /\"{id}\"")).collect();
    expected.push("up-to-date".to_owned());
    assert_eq!(backlog.messages(), expected);
    while stream.answer().text.matches("up-to-date").count() == 0 {
        stream.block().await.unwrap();
    }
    assert_eq!(stream.answer().messages(), expected);
    // From within the snapshot, which was cut, too.
    let handle = backlog.header("electric-handle");
    let from_snapshot = get(&service, &format!("/v1/shape?table=gone&offset=0_0&handle={handle}&live&live_sse")).await;
    assert_eq!(from_snapshot.messages(), expected);
}

#[tokio::test]
async fn s_057_what_is_wrong_is_said_before_the_stream() {
    let source = capture_tables();
    let service = listen(builder(&source).long_poll(Duration::from_millis(2))).await;
    let path = path(&service).await;
    let handle = get(&service, "/v1/shape?table=gone&offset=-1").await.header("electric-handle").to_owned();
    let beyond = format!("/v1/shape?table=gone&handle={handle}&offset=99999999999_0&live&live_sse");
    for (path, status) in [(path.replace(&handle, "1-2"), 409), (beyond, 400), (format!("{path}&offset=x"), 400)] {
        let answer = get(&service, &path).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/json; charset=utf-8"));
    }
}

#[tokio::test]
async fn s_058_the_old_name_opens_a_stream_too() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let path = path(&service).await.replace("live_sse", "experimental_live_sse=true");
    let mut stream = EventStream::get(&service, &path).await;
    insert(&source, 2, "x");
    assert!(stream.block().await.unwrap().starts_with("data: "));
}

#[tokio::test]
async fn s_071_a_client_that_went_away_frees_all_and_shutdown_ends_the_others() {
    let service = listen(builder(&capture_tables()).max_concurrent(9, 2)).await;
    let path = path(&service).await;
    let mut held = service.held();
    for _ in 0..3 {
        let streams = [EventStream::get(&service, &path).await, EventStream::get(&service, &path).await];
        held.wait_for(|held| *held == 2).await.unwrap();
        drop(streams);
        held.wait_for(|held| *held == 0).await.unwrap();
    }
    let mut stream = EventStream::get(&service, &path).await;
    held.wait_for(|held| *held == 1).await.unwrap();
    service.shutdown().await;
    assert_eq!(stream.block().await, None);
}

/// A stream of which more is to be sent than the system buffers for a connection.
async fn slow_stream(source: &MemorySource, service: &Listening) -> EventStream {
    let path = path(service).await;
    let text = "x".repeat(200_000);
    (100..350).for_each(|id| insert(source, id, &text));
    EventStream::get(service, &path).await
}

#[tokio::test]
async fn s_071_a_client_that_takes_nothing_does_not_keep_the_service_from_stopping() {
    let source = capture_tables();
    let service = listen(builder(&source).chunk_bytes(100_000)).await;
    let mut stream = slow_stream(&source, &service).await;
    // From here on a wait is over as soon as nothing else happens.
    tokio::time::pause();
    service.shutdown().await;
    assert!(!stream.rest().await.text.contains("up-to-date"));
}

#[tokio::test]
async fn s_071_the_log_is_read_only_as_far_as_a_slow_client_takes_it() {
    let source = capture_tables();
    let service = listen(builder(&source).chunk_bytes(100_000)).await;
    let mut stream = slow_stream(&source, &service).await;
    // What was read before still comes; what wasn't is gone.
    source.transaction(|tx| tx.truncate_table(&table("gone"))).unwrap();
    let answer = stream.rest().await;
    let count = answer.text.matches("data: ").count();
    assert!((1..250).contains(&count) && !answer.text.contains("up-to-date"), "{count}");
}

#[tokio::test]
async fn a_shape_by_name_is_followed_by_events() {
    let source = streams();
    let service = listen(by_name(&source)).await;
    let get = async |query: &str| -> Answer {
        let path = format!("/shapes/streams?above=0{query}");
        send(service.local_addr(), "GET", &path, "authorization: ann\r\n").await
    };
    let at = next(&get("&offset=-1").await);
    source
        .transaction(|tx| {
            tx.insert(&Stream { id: 7, owner: "ann".to_owned(), live: true });
            tx.insert(&Stream { id: 8, owner: "bob".to_owned(), live: true });
        })
        .unwrap();
    let answer = get(&format!("{at}&live=true&live_sse=true")).await;
    assert_eq!(answer.messages(), ["insert /\"7\"", "up-to-date"]);
    assert_eq!(answer.header("cache-control"), "private, no-store");
}
