//! Who gets an answer at all.

use super::{Follow, capture};
use crate::testing::{
    EventStream, Shaky, State, assert_same, builder, capture_tables, get, get_held, listen, parse_where, send, table,
};
use crate::{Readiness, Service};

#[tokio::test]
async fn deletes_as_in_captures_b8_and_b9() {
    let source = capture_tables();
    let service = listen(builder(&source).allow_delete()).await;
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    let handle = first.header("electric-handle");
    let path = format!("/v1/shape?table=items&handle={handle}");
    let deleted = send(service.local_addr(), "DELETE", &path, "").await;
    assert_same("B8", &capture("B8_delete_shape"), &deleted);
    let refused = get(&service, &format!("{path}&offset=0_0")).await;
    assert_same("B9", &capture("B9_after_delete"), &refused);
    assert_ne!(refused.header("electric-handle"), handle);
}

#[tokio::test]
async fn secrets_as_in_captures_f0_to_f2() {
    let service = listen(builder(&capture_tables()).secret("s3cret")).await;
    for (name, query) in
        [("F0_401_no_secret", ""), ("F1_401_wrong_secret", "&secret=x"), ("F2_200_with_secret", "&secret=s3cret")]
    {
        let mut answer = get(&service, &format!("/v1/shape?table=items&offset=-1&columns=id{query}")).await;
        let mut expected = capture(name);
        if expected.status == 200 {
            // Of rows that aren't the captures' only the headers are compared.
            answer.text.clear();
            expected.text.clear();
        }
        assert_same(name, &expected, &answer);
        assert_eq!(answer.text, expected.text, "{name}");
    }
}

#[tokio::test]
async fn too_many_requests_as_in_capture_e5() {
    let source = capture_tables();
    let service = listen(builder(&source).max_concurrent(9, 1)).await;
    let follow = Follow::start(&service, &source, "table=items", ["05_items", "05_items_catchup1"]).await;
    let path = follow.path("&live=true");
    let held = EventStream::get(&service, &follow.path("&live=true&live_sse=true")).await;
    let refused = get(&service, &path).await;
    let mut expected = capture("E5_503_concurrency_limit");
    assert!((6..=10).contains(&refused.header("retry-after").parse::<u8>().unwrap()));
    expected.headers.insert("retry-after".to_owned(), refused.header("retry-after").to_owned());
    assert_same("E5", &expected, &refused);
    assert_eq!(refused.text, expected.text);
    drop(held);
    service.held().wait_for(|held| *held == 0).await.unwrap();
    let answer = get_held(&service, &path, || {
        source.transaction(|tx| tx.delete_row(&table("items"), &[Some("1")])).unwrap();
    });
    assert_eq!(answer.await.status, 200);
}

#[tokio::test]
async fn no_database_as_in_captures_f3_to_f9() {
    let source = Shaky::new();
    let service = listen(Service::builder(source.clone()).where_parser(parse_where)).await;
    let at = get(&service, "/v1/shape?table=items&offset=now").await;
    let known = format!("/v1/shape?table=items&offset=0_inf&handle={}", at.header("electric-handle"));
    source.becomes(State::Is(Readiness::Waiting));
    assert_same("F3", &capture("F3_health_during_startup"), &get(&service, "/v1/health").await);
    source.becomes(State::Is(Readiness::Starting));
    for (name, path) in [
        ("F5_pgdown_health", "/v1/health".to_owned()),
        ("F6_pgdown_existing_shape", known.clone()),
        ("F7_pgdown_new_shape", "/v1/shape?table=items&where=id+%3D+77&offset=-1".to_owned()),
        ("F8_pgdown_new_table", "/v1/shape?table=never_seen&offset=-1".to_owned()),
        ("F9_pgdown_live", format!("{known}&live=true")),
    ] {
        let (expected, found) = (capture(name), get(&service, &path).await);
        assert_same(name, &expected, &found);
        assert_eq!(found.text, expected.text, "{name}");
    }
}
