//! Streams of events.

use serde_json::Value;

use super::{Follow, capture};
use crate::testing::{EventStream, assert_same, builder, capture_tables, get, listen, table};
use crate::{Listening, MemorySource, MemoryTransaction};

/// A client of the items at the head of their log, which doesn't end at `0_inf`.
async fn at_head<'s>(service: &'s Listening, source: &'s MemorySource) -> Follow<'s> {
    let mut follow = Follow::start(service, source, "table=items", ["05_items", "05_items_catchup1"]).await;
    source.transaction(|tx| tx.delete_row(&table("items"), &[Some("1")])).unwrap();
    follow.offset = get(service, &follow.path("")).await.header("electric-offset").to_owned();
    follow
}

const fn row<'a>(id: &'a str, title: &'a str, n: Option<&'a str>) -> [Option<&'a str>; 5] {
    [Some(id), Some(title), Some("f"), n, None]
}

#[tokio::test]
async fn events_as_in_captures_51_52_d1_and_b6() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let items = table("items");
    let mut follow = at_head(&service, &source).await;
    let path = follow.path("&live=true&live_sse=true&cursor=1");

    let mut stream = EventStream::get(&service, &path).await;
    source.transaction(|tx| tx.insert_row(&items, &row("10", "sse 1", None))).unwrap();
    source.transaction(|tx| tx.update_row(&items, &[Some("10")], &row("10", "sse 1", Some("5")))).unwrap();
    source
        .transaction(|tx| {
            tx.insert_row(&items, &row("11", "sse a", None));
            tx.insert_row(&items, &row("12", "sse b", None));
        })
        .unwrap();
    source.transaction(|tx| tx.delete_row(&items, &[Some("11")])).unwrap();
    let mut messages = Vec::new();
    while messages.iter().filter(|key| *key == "delete").count() < 1 {
        messages.push(operation(&stream.block().await.unwrap()));
    }
    assert_eq!(operation(&stream.block().await.unwrap()), "up-to-date");
    messages.retain(|message| message != "up-to-date");
    assert_eq!(messages, ["insert", "update", "insert", "insert", "delete"]);
    let backlog = get(&service, &path).await;
    assert_same("52", &capture("52_sse_from_old_offset"), &backlog);

    // Batch by batch, each taken before the next is written.
    follow.offset = backlog.header("electric-offset").to_owned();
    let mut stream = EventStream::get(&service, &follow.path("&live=true&live_sse=true")).await;
    source.transaction(|tx| tx.insert_row(&items, &row("14", "sse long", None))).unwrap();
    for expected in ["insert", "up-to-date"] {
        assert_eq!(operation(&stream.block().await.unwrap()), expected);
    }
    assert_same("D1", &capture("D1_sse_server_close_60s"), &stream.answer());

    let names = ["A2_truncate_prep", "A2_truncate_prep_catchup1"];
    let mut follow = Follow::start(&service, &source, "table=gone", names).await;
    source.transaction(|tx| tx.insert_row(&table("gone"), &[Some("2"), None])).unwrap();
    follow.offset = get(&service, &follow.path("")).await.header("electric-offset").to_owned();
    let mut stream = EventStream::get(&service, &follow.path("&live=true&live_sse=true")).await;
    source.transaction(|tx| tx.truncate_table(&table("gone"))).unwrap();
    assert_eq!(stream.block().await, None);
    assert_same("B6", &capture("B6_sse_truncate"), &stream.answer());
}

/// What a block tells.
fn operation(block: &str) -> String {
    let message: Value = serde_json::from_str(block.strip_prefix("data: ").unwrap()).unwrap();
    let headers = &message["headers"];
    headers["operation"].as_str().or(headers["control"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn batches_of_events_as_in_capture_51() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let items = table("items");
    let follow = at_head(&service, &source).await;
    let mut stream = EventStream::get(&service, &follow.path("&live=true&live_sse=true")).await;
    let mut batch = async |write: &dyn Fn(&mut MemoryTransaction<'_>)| {
        source.transaction(|tx| write(tx)).unwrap();
        while operation(&stream.block().await.unwrap()) != "up-to-date" {}
    };
    batch(&|tx| tx.insert_row(&items, &row("10", "sse 1", None))).await;
    batch(&|tx| tx.update_row(&items, &[Some("10")], &row("10", "sse 1", Some("5")))).await;
    batch(&|tx| {
        tx.insert_row(&items, &row("11", "sse a", None));
        tx.insert_row(&items, &row("12", "sse b", None));
    })
    .await;
    batch(&|tx| tx.delete_row(&items, &[Some("11")])).await;
    assert_same("51", &capture("51_sse"), &stream.answer());
}
