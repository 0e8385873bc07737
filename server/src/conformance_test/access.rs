//! Who gets an answer at all.

use super::{by_name, start, streams};
use crate::testing::{
    Answer, EventStream, Shaky, State, builder, capture_tables, get, listen, parse_where, send, send_body, table,
};
use crate::{Readiness, Service};

#[tokio::test]
async fn s_034_every_spelling_of_the_path_needs_the_secret() {
    let service = listen(builder(&capture_tables()).secret("s3cret")).await;
    let ask = async |method: &str, path: &str, query: &str| -> Answer {
        send(service.local_addr(), method, &format!("{path}?table=items&offset=-1{query}"), "").await
    };
    for path in ["/v1/shape", "/v1/shape/", "/v1//shape", "//v1/shape", "/v1/%73hape", "/%76%31/shape//"] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            for query in ["", "&secret=x", "&secret=", "&secret=x&api_secret=s3cret", "&api_secret=s3cre"] {
                assert_eq!(ask(method, path, query).await.status, 401, "{method} {path} {query}");
            }
            let status = if method == "DELETE" { 405 } else { 200 };
            for query in ["&secret=s3cret", "&api_secret=s3cret"] {
                assert_eq!(ask(method, path, query).await.status, status, "{method} {path} {query}");
            }
        }
        assert_eq!(ask("OPTIONS", path, "").await.status, 204, "{path}");
    }
    for path in ["/", "/v1/health", "/v1//health/"] {
        assert_eq!(ask("GET", path, "").await.status, 200, "{path}");
    }
    for path in ["/v1%2Fshape", "/v1/shape/x", "/v1/./shape", "/v1/nope"] {
        assert_eq!(ask("GET", path, "&secret=s3cret").await.status, 404, "{path}");
    }
    let body = r#"{"secret": "s3cret"}"#;
    let in_body = send_body(service.local_addr(), "POST", "/v1/shape?table=items&offset=-1", "", body).await;
    assert_eq!(in_body.status, 401, "a body has no secret");
}

#[tokio::test]
async fn other_spellings_of_a_shapes_name_are_bound_to_the_session_alike() {
    let service = listen(by_name(&streams())).await;
    for path in ["/shapes/streams", "/shapes/%73treams", "//shapes/streams/", "/%73hapes/streams"] {
        let path = format!("{path}?offset=-1&above=0");
        assert_eq!(get(&service, &path).await.status, 401, "{path}");
        let answer = send(service.local_addr(), "GET", &path, "authorization: bob\r\n").await;
        assert_eq!(answer.messages(), ["insert /\"3\"", "snapshot-end"], "{path}");
    }
}

#[tokio::test]
async fn s_064_a_request_keeps_its_place_until_its_body_is_sent() {
    let source = capture_tables();
    let service = listen(builder(&source).chunk_bytes(100_000).max_concurrent(1, 1)).await;
    let at = start(&service, "table=gone").await;
    let text = "x".repeat(200_000);
    for id in 100..200 {
        source.transaction(|tx| tx.insert_row(&table("gone"), &[Some(&id.to_string()), Some(&text)])).unwrap();
    }
    let path = format!("/v1/shape?table=gone{at}&live&live_sse");
    let mut slow = EventStream::get(&service, &path).await;
    let refused = get(&service, &path).await;
    assert_eq!((refused.status, refused.header("cache-control")), (503, "no-store"));
    assert_eq!(refused.json()["code"], "concurrent_request_limit_exceeded");
    // The start of a log has places of its own.
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    assert_eq!((first.status, first.headers.contains_key("content-length")), (200, true));
    assert_eq!(slow.rest().await.messages().len(), 101);

    let none = listen(builder(&source).max_concurrent(0, 1)).await;
    let refused = get(&none, "/v1/shape?table=items&offset=-1").await;
    assert!(refused.text.contains("Concurrent initial request limit exceeded (limit: 0)"), "{refused:?}");
}

#[tokio::test]
async fn s_065_without_a_database_clients_come_back_later() {
    let source = Shaky::new();
    let service = listen(Service::builder(source.clone()).where_parser(parse_where)).await;
    let at = start(&service, "table=items").await;
    let known = format!("/v1/shape?table=items{at}");
    let paths = [
        known.clone(),
        format!("{known}&live=true"),
        "/v1/shape?table=items&columns=id&offset=-1".to_owned(),
        "/v1/shape?table=never_seen&offset=-1".to_owned(),
    ];
    for (readiness, status) in [(Readiness::Waiting, "waiting"), (Readiness::Starting, "starting")] {
        source.becomes(State::Is(readiness));
        let health = get(&service, "/v1/health").await;
        assert_eq!((health.status, health.text), (202, format!("{{\"status\":\"{status}\"}}")));
        for path in &paths {
            let answer = get(&service, path).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{path}");
        }
    }
    source.becomes(State::Fails);
    assert_eq!(get(&service, &known).await.status, 200, "what was read is served");
    for path in ["/v1/shape?table=nopk&offset=-1".to_owned(), format!("{known}&subset__where=id+=+5")] {
        let answer = get(&service, &path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "10"), "{path}");
        assert_eq!(answer.json()["code"], "database_unreachable");
        assert!(!answer.text.contains("no route to host"), "S-066");
    }
    source.becomes(State::Loses);
    let lost = get(&service, "/v1/shape?table=nopk&offset=-1").await;
    assert_eq!(lost.status, 400);
    assert!(lost.json()["errors"]["table"][0].as_str().unwrap().contains("does not exist"));
    source.becomes(State::Is(Readiness::Active));
    assert_eq!(get(&service, &known).await.status, 200);
    assert_eq!(get(&service, "/v1/health").await.status, 200);
}

#[tokio::test]
async fn s_066_a_panic_is_an_internal_error_and_no_more() {
    let source = Shaky::new();
    let service = listen(Service::builder(source.clone()).where_parser(parse_where)).await;
    let at = start(&service, "table=items").await;
    source.becomes(State::Panics);
    for path in [
        "/v1/shape?table=items&offset=-1&where=panic".to_owned(),
        format!("/v1/shape?table=items{at}&subset__limit=1&subset__order_by=id"),
    ] {
        let answer = get(&service, &path).await;
        assert_eq!((answer.status, answer.text.as_str()), (500, r#"{"error":"Internal server error"}"#), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(service.requests().last().and_then(|request| request.status), Some(500));
    assert_eq!(get(&service, &format!("/v1/shape?table=items{at}")).await.status, 200);
}

#[tokio::test]
async fn s_067_shapes_are_deleted_only_where_that_is_allowed() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let delete = async |service: &crate::Listening, query: &str| -> Answer {
        send(service.local_addr(), "DELETE", &format!("/v1/shape?{query}"), "").await
    };
    let refused = delete(&service, "table=items").await;
    assert_eq!((refused.status, refused.text.as_str()), (405, r#"{"message":"DELETE not allowed"}"#));

    let service = listen(builder(&source).allow_delete()).await;
    let at = start(&service, "table=items").await;
    for query in ["table=items&columns=id", "table=items&handle=1-2", "table=gone"] {
        let unknown = delete(&service, query).await;
        assert_eq!((unknown.status, unknown.text.as_str()), (404, r#"{"message":"No existing shape found"}"#));
    }
    assert_eq!(delete(&service, "").await.status, 400);
    let mut stream = EventStream::get(&service, &format!("/v1/shape?table=items{at}&live&live_sse")).await;
    assert_eq!(delete(&service, "table=items").await.status, 202);
    assert_eq!(stream.block().await, None);
    assert_eq!(get(&service, &format!("/v1/shape?table=items{at}")).await.status, 409);
}
