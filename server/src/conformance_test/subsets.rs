//! Subsets, by GET and by POST.

use std::sync::{Arc, Weak};

use super::{by_name, start, streams};
use shapegen_runtime::Shape as _;

use crate::testing::{Answer, Title, builder, capture_tables, get, listen, parse_where, post, send, send_body, table};
use crate::{Follower, MemorySource, Row, Service, SnapshotPosition, Source, SourceError, TableDefinition, TableName};

/// The keys' values of a subset's rows.
fn keys(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let rows = json["data"].as_array().unwrap_or_else(|| panic!("no data in {answer:?}"));
    rows.iter().map(|row| row["value"]["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn s_050_a_subset_says_when_it_was_read() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let committed = source.transaction(|tx| tx.delete_row(&table("items"), &[Some("1")])).unwrap();
    let answer = get(&service, "/v1/shape?table=items&offset=-1&subset__order_by=id+desc&subset__limit=2").await;
    assert_eq!(keys(&answer), ["5", "4"]);
    let metadata = &answer.json()["metadata"];
    assert_eq!(metadata["database_lsn"], committed.lsn.to_string());
    assert_eq!(metadata["xmin"], (committed.txid + 1).to_string());
    assert_eq!((&metadata["xmax"], &metadata["xip_list"]), (&metadata["xmin"], &serde_json::json!([])));
    assert!(metadata["snapshot_mark"].as_u64().unwrap() < 1 << 31);
    assert_eq!(answer.json()["data"][0]["headers"]["snapshot_mark"], metadata["snapshot_mark"]);
    assert_eq!((answer.header("electric-snapshot"), answer.header("cache-control")), ("true", "no-cache"));
    assert!(!answer.headers.contains_key("etag"), "S-029: there is nothing to compare");
}

/// A source whose snapshots hold what its followers weren't told yet.
struct Ahead(MemorySource);

impl Source for Ahead {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        self.0.table(name)
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        self.0.snapshot(tables, visit)
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        self.0.follow(follower)
    }

    fn lsn(&self) -> Result<Option<u64>, SourceError> {
        Ok(Some(1 << 40))
    }
}

#[tokio::test]
async fn s_050_no_transaction_of_the_snapshot_is_above_its_lsn() {
    let ahead = Service::builder(Ahead(capture_tables())).where_parser(parse_where);
    let service = listen(ahead).await;
    let answer = get(&service, "/v1/shape?table=items&offset=-1&subset__where=id+=+5").await;
    assert_eq!(answer.json()["metadata"]["database_lsn"], (1_u64 << 40).to_string());
}

#[tokio::test]
async fn s_051_to_s_053_what_is_wrong_is_said_of_its_part() {
    let service = listen(builder(&capture_tables())).await;
    for (query, part, message) in [
        ("subset__limit=2", "order_by", "order_by is required"),
        ("subset__offset=2", "order_by", "order_by is required"),
        ("subset__order_by=n&subset__limit=0", "limit", "must be greater than 0"),
        ("subset__order_by=lower(title)", "order_by", "only column names"),
        ("subset__order_by=(select+1)", "order_by", "only column names"),
        ("subset__order_by=n::text", "order_by", "only column names"),
        ("subset__order_by=case+when+done+then+1+end", "order_by", "only column names"),
        ("subset__order_by=$1", "order_by", "parameter $1 is not supported"),
        ("subset__order_by=nope", "order_by", "unknown reference nope"),
        ("table=all_types&subset__order_by=m", "order_by", "the order of type mood is not known"),
        ("table=all_types&subset__where=m+=+%27nobody%27", "where", "invalid value for enum mood"),
        (
            "table=issues&subset__where=project_id+IN+(SELECT+id+FROM+projects+WHERE+owner+=+%27ann%27)",
            "where",
            "Subqueries are not allowed in subsets",
        ),
        ("subset__where=n+%3E+$1", "where", "parameter $1 was not provided"),
        ("subset__where=n+%3E+$1&subset__params[1]=x", "where", "invalid syntax for type int8: x"),
        ("subset__where=n+%3E+$1&subset__params=x", "params", "is invalid"),
    ] {
        let answer = get(&service, &format!("/v1/shape?table=items&offset=-1&{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let found = answer.json()["errors"]["subset"][part][0].as_str().unwrap_or_default().to_owned();
        assert!(found.contains(message), "{query}: {answer:?}");
    }
    let long = format!("{{\"where\": \"{}\"}}", "x".repeat(65_537));
    let answer = post(&service, "/v1/shape?table=items&offset=-1", &long).await;
    assert_eq!((answer.status, answer.text.contains("should be at most 65536 byte(s)")), (400, true));
}

#[tokio::test]
async fn s_054_the_subset_is_of_the_shape_also_where_that_says_or() {
    let source = capture_tables();
    let row = |id| [Some(id), Some("x"), Some("f"), Some("9"), None];
    source.transaction(|tx| ["6", "7"].iter().for_each(|id| tx.insert_row(&table("items"), &row(id)))).unwrap();
    let service = listen(builder(&source)).await;
    let shape = "/v1/shape?table=items&where=id+=+5+OR+id+=+7&offset=-1";
    let subset = format!("{shape}&subset__where=n+%3E+$1&subset__params[1]=5");
    assert_eq!(keys(&get(&service, &subset).await), ["7"], "neither 5, which is not above, nor 6");
    // Parameters of the shape and of the subset are told apart.
    let both = "/v1/shape?table=items&where=n+%3E+$1&params[1]=4&offset=-1";
    let answer = get(&service, &format!("{both}&subset__where=n+%3E+$1&subset__params[1]=1&subset__order_by=id")).await;
    assert_eq!(keys(&answer), ["5", "6", "7"]);
}

#[tokio::test]
async fn s_010_queryable_columns_limit_columns_and_subsets_and_not_the_shapes_condition() {
    let service = listen(builder(&capture_tables())).await;
    let shape = "/v1/shape?table=items&queryable_columns=id,title&offset=-1";
    let answer = get(&service, &format!("{shape}&where=n+%3E+$1&params[1]=4")).await;
    assert_eq!(answer.json()[0]["value"], serde_json::json!({ "id": "5", "title": "item 5" }));
    let narrower = get(&service, &format!("{shape}&columns=id")).await;
    assert_eq!(narrower.json()[0]["value"], serde_json::json!({ "id": "1" }));
    let subset = get(&service, &format!("{shape}&columns=id&subset__order_by=title+desc&subset__limit=1")).await;
    assert_eq!(keys(&subset), ["5"]);
    let key = "The list of columns must include all primary key columns, missing: id";
    for (query, message) in [
        ("&columns=id,n", serde_json::json!({ "columns": ["The following columns are not found on the table: n"] })),
        ("&subset__order_by=n", serde_json::json!({ "subset": { "order_by": ["unknown reference n"] } })),
        (
            "&subset__where=n+%3E+$1&subset__params[1]=1",
            serde_json::json!({ "subset": { "where": ["unknown reference n"] } }),
        ),
        ("&queryable_columns=title", serde_json::json!({ "queryable_columns": [key] })),
    ] {
        assert_eq!(get(&service, &format!("{shape}{query}")).await.json()["errors"], message, "{query}");
    }
}

#[tokio::test]
async fn a_subset_of_a_shape_by_name_stays_within_the_session_and_its_columns() {
    let service = listen(by_name(&streams())).await;
    let ann = "authorization: ann\r\n";
    let path = "/shapes/streams?offset=-1&above=0";
    let all = send(service.local_addr(), "GET", &format!("{path}&subset__order_by=id+desc"), ann).await;
    assert_eq!((keys(&all), all.header("cache-control")), (vec!["2".to_owned(), "1".to_owned()], "private, no-store"));
    let body = r#"{"where": "owner = 'bob'"}"#;
    let others = send_body(service.local_addr(), "POST", path, ann, body).await;
    assert_eq!((keys(&others), others.header("cache-control")), (vec![], "private, no-store"));
    for (query, body) in
        [("&subset__order_by=title", ""), ("&subset__where=title+=+%27x%27", ""), ("", r#"{"where": "title = 'x'"}"#)]
    {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let hidden = send_body(service.local_addr(), method, &format!("{path}{query}"), ann, body).await;
        assert!(hidden.text.contains("unknown reference title"), "{query}{body}: {hidden:?}");
    }
    for body in [r#"{"above": "0"}"#, r#"{"owner": "bob"}"#, r#"{"table": "users"}"#, r#"{"subset": {}, "where": "x"}"#]
    {
        let answer = send_body(service.local_addr(), "POST", path, ann, body).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
    assert_eq!(send_body(service.local_addr(), "POST", path, "", body).await.status, 401);
}

#[tokio::test]
async fn older_rows_of_a_shape_by_name_need_no_parser() {
    let service = listen(Service::builder(streams()).shapes([Title::DEFINITION])).await;
    let shape = "/shapes/titles?log=changes_only&offset=now&subset__order_by=id+desc&subset__limit=5";
    assert_eq!(keys(&get(&service, shape).await), ["3", "2", "1"]);
    let older = get(&service, &format!("{shape}&subset__where=id+%3C+$1&subset__params=%7B%221%22:%223%22%7D")).await;
    assert_eq!(keys(&older), ["2", "1"]);
    for (query, message) in [
        ("&subset__where=id+%3E+$1&subset__params=%7B%221%22:%223%22%7D", "this service takes no conditions"),
        ("&subset__where=id+%3C+$1&subset__params=%7B%221%22:%22x%22%7D", "where"),
        ("&subset__where=id+%3C+$1", "where"),
    ] {
        let refused = get(&service, &format!("{shape}{query}")).await;
        assert!(refused.status == 400 && refused.text.contains(message), "{query}: {refused:?}");
    }
}

#[tokio::test]
async fn a_subset_calls_the_values_of_subqueries_as_the_log_does() {
    let service = listen(builder(&capture_tables())).await;
    let shape = "table=issues&where=project_id+IN+%28SELECT+id+FROM+projects+WHERE+owner+%3D+%27ann%27%29";
    let first = get(&service, &format!("/v1/shape?{shape}&offset=-1")).await;
    let subset = get(&service, &format!("/v1/shape?{shape}&offset=-1&subset__order_by=id+desc&subset__limit=1")).await;
    assert_eq!(keys(&subset), ["2"]);
    let (row, of_subset) = (&first.json()[1]["headers"], &subset.json()["data"][0]["headers"]);
    assert_eq!((&row["tags"], &row["active_conditions"]), (&of_subset["tags"], &of_subset["active_conditions"]));
    assert!(row["tags"].is_array());
}

#[tokio::test]
async fn a_subset_isnt_live_and_needs_the_right_handle() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let at = start(&service, "table=items").await;
    let live = get(&service, &format!("/v1/shape?table=items{at}&live=true&live_sse=true&subset__where=id+=+5")).await;
    assert_eq!((keys(&live), live.header("electric-offset")), (vec!["5".to_owned()], "0_inf"));
    source.transaction(|tx| tx.truncate_table(&table("items"))).unwrap();
    let refused = get(&service, &format!("/v1/shape?table=items{at}&subset__where=id+=+5")).await;
    assert_eq!((refused.status, refused.messages()), (409, vec!["must-refetch".to_owned()]));
    assert_eq!(
        keys(&get(&service, "/v1/shape?table=items&offset=now&subset__where=id+=+5").await),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn s_055_and_s_056_a_body_is_an_object_and_names_no_shape() {
    let service = listen(builder(&capture_tables())).await;
    let path = "/v1/shape?table=items&offset=-1";
    let body = r#"{"order_by": "id desc", "limit": 1}"#;
    let by_get = get(&service, &format!("{path}&subset[order_by]=id+desc&subset[limit]=1")).await;
    assert_eq!(keys(&post(&service, path, body).await), keys(&by_get));
    let large = format!("{{\"where\": \"{}\"}}", "x".repeat(8_000_000));
    for (body, status, text) in [
        ("[]", 400, r#"{"error":"Request body must be a JSON object"}"#),
        (large.as_str(), 413, r#"{"error":"Request body too large"}"#),
    ] {
        let answer = post(&service, path, body).await;
        assert_eq!((answer.status, answer.text.as_str()), (status, text));
    }
    for key in ["table", "columns", "queryable_columns", "handle", "replica", "log", "live", "secret"] {
        let answer = post(&service, path, &format!("{{\"{key}\": \"x\"}}")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (400, "no-cache"));
        assert!(answer.json()["errors"][key].is_array(), "{answer:?}");
    }
    let twice = post(&service, &format!("{path}&subset__where=id+=+5"), r#"{"where": "id = -1"}"#).await;
    assert!(twice.text.contains("is given in the query and in the body"), "{twice:?}");
    let plain = post(&service, path, "").await;
    assert_eq!((plain.messages().len(), plain.header("cache-control")), (6, "no-cache"));
}
