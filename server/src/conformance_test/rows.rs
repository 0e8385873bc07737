//! What of a row's life is told, and in which words.

use serde_json::{Value, json};

use super::{next, start};
use crate::testing::{Answer, builder, capture_tables, get, get_held, listen, table};
use crate::{Listening, MemorySource, MemoryTransaction, TableDefinition};

/// Reads on from `at`, and what is told of a transaction there.
async fn told(
    service: &Listening,
    source: &MemorySource,
    shape: &str,
    at: &mut String,
    write: impl FnOnce(&mut MemoryTransaction<'_>),
) -> Vec<Value> {
    source.transaction(write).unwrap();
    let answer = get(service, &format!("/v1/shape?{shape}{at}")).await;
    *at = next(&answer);
    let mut messages = answer.json().as_array().unwrap().clone();
    assert_eq!(messages.pop().unwrap()["headers"]["control"], "up-to-date");
    messages
}

fn operations(messages: &[Value]) -> Vec<(&str, &Value)> {
    messages.iter().map(|message| (message["headers"]["operation"].as_str().unwrap(), &message["value"])).collect()
}

const fn item<'a>(id: &'a str, title: &'a str, n: &'a str) -> [Option<&'a str>; 5] {
    [Some(id), Some(title), Some("f"), Some(n), None]
}

#[tokio::test]
async fn s_039_and_s_044_an_update_has_the_key_and_what_changed_of_the_shapes_columns() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let (items, shape) = (table("items"), "table=items&columns=id,title,done");
    let mut at = start(&service, shape).await;
    let update =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "x", "1")));
    assert_eq!(operations(&update.await), [("update", &json!({ "id": "1", "title": "x" }))]);
    let hidden =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "x", "9")));
    assert_eq!(hidden.await, [] as [Value; 0], "S-044: only a column that wasn't asked for");
    let delete = told(&service, &source, shape, &mut at, |tx| tx.delete_row(&items, &[Some("1")]));
    assert_eq!(operations(&delete.await), [("delete", &json!({ "id": "1" }))]);
}

#[tokio::test]
async fn s_040_a_full_replica_has_all_columns_and_the_old_values_of_the_changed_ones() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let (items, shape) = (table("items"), "table=items&columns=id,title,n&replica=full");
    let mut at = start(&service, shape).await;
    let update =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "x", "1")));
    let update = update.await;
    assert_eq!(operations(&update), [("update", &json!({ "id": "1", "title": "x", "n": "1" }))]);
    assert_eq!(update[0]["old_value"], json!({ "title": "item 1" }));
    let delete = told(&service, &source, shape, &mut at, |tx| tx.delete_row(&items, &[Some("1")]));
    assert_eq!(operations(&delete.await), [("delete", &json!({ "id": "1", "title": "x", "n": "1" }))]);
}

#[tokio::test]
async fn s_041_rows_that_come_into_the_condition_are_inserts_and_those_that_leave_deletes() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let (items, shape) = (table("items"), "table=items&columns=id,n&where=n+%3E+$1&params[1]=3");
    let mut at = start(&service, shape).await;
    let enters =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "x", "7")));
    assert_eq!(operations(&enters.await), [("insert", &json!({ "id": "1", "n": "7" }))]);
    let leaves =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "x", "3")));
    assert_eq!(operations(&leaves.await), [("delete", &json!({ "id": "1" }))]);
    let outside =
        told(&service, &source, shape, &mut at, |tx| tx.update_row(&items, &[Some("1")], &item("1", "y", "2")));
    assert_eq!(outside.await, [] as [Value; 0]);
}

#[tokio::test]
async fn s_042_and_s_043_another_key_is_a_delete_and_an_insert() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let mut at = start(&service, "table=items").await;
    let items = table("items");
    let moved = told(&service, &source, "table=items", &mut at, |tx| {
        tx.delete_row(&items, &[Some("5")]);
        tx.update_row(&items, &[Some("1")], &item("9", "item 1", "1"));
    });
    let moved = moved.await;
    let headers = |at: usize| &moved[at]["headers"];
    assert_eq!(headers(1)["key_change_to"], moved[2]["key"]);
    assert_eq!(headers(2)["key_change_from"], moved[1]["key"]);
    assert_eq!([&headers(1)["op_position"], &headers(2)["op_position"]], [2, 3]);
    assert_eq!([&headers(1)["last"], &headers(2)["last"]], [&Value::Null, &Value::Bool(true)]);

    // S-043: without a primary key all columns are the key.
    let mut at = start(&service, "table=nopk").await;
    let (old, new) = ([Some("2"), None], [Some("2"), Some("y")]);
    let update = told(&service, &source, "table=nopk", &mut at, |tx| tx.update_row(&table("nopk"), &old, &new));
    let expected = [json!({ "a": "2", "b": null }), json!({ "a": "2", "b": "y" })];
    assert_eq!(operations(&update.await), [("delete", &expected[0]), ("insert", &expected[1])]);
}

#[tokio::test]
async fn s_046_and_s_024_a_truncate_ends_the_shape() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let head = get(&service, &format!("/v1/shape?table=gone{}", start(&service, "table=gone").await)).await;
    let at = next(&head);
    let held = get_held(&service, &format!("/v1/shape?table=gone{at}&live"), || {
        source.transaction(|tx| tx.truncate_table(&table("gone"))).unwrap();
    })
    .await;
    let must_refetch = |answer: &Answer| {
        assert_eq!((answer.status, answer.messages()), (409, vec!["must-refetch".to_owned()]));
    };
    must_refetch(&held);
    assert!(!held.headers.contains_key("electric-handle"), "as captured");
    assert_eq!(held.header("cache-control"), "public, max-age=1, must-revalidate");
    let again = get(&service, &format!("/v1/shape?table=gone{at}")).await;
    must_refetch(&again);
    assert_eq!(again.header("cache-control"), "public, max-age=60, must-revalidate");
    let afresh = get(&service, "/v1/shape?table=gone&offset=-1").await;
    assert_eq!(afresh.header("electric-handle"), again.header("electric-handle"));
    assert_eq!(afresh.messages(), ["snapshot-end"]);
}

#[tokio::test]
async fn s_006_to_s_009_and_s_070_tables_and_columns_that_are_not_there() {
    let source = capture_tables();
    let columns = ["id", "a"].map(|name| crate::Column::new(name, "int4", name == "id"));
    let generated = TableDefinition::new(table("gen"), columns.into(), &["id"]).with_generated(vec!["b".to_owned()]);
    source.define(generated);
    let service = listen(builder(&source)).await;
    for (query, parameter, message) in [
        ("", "table", "can't be blank"),
        ("table=", "table", "can't be blank"),
        ("table=Items2", "table", "Table \"public\".\"items2\" does not exist."),
        ("table=a.b.c", "table", "too many delimiters"),
        ("table=comp_pk&columns=a,v", "columns", "must include all primary key columns, missing: b"),
        ("table=items&columns=id,nope,no", "columns", "not found on the table: nope, no"),
        ("table=items&columns=id,", "columns", "Invalid"),
        ("table=items&columns=", "columns", "Invalid"),
        ("table=gen", "columns", "The following columns are generated and cannot be included in the shape: b."),
        (
            "table=gen&columns=id,b",
            "columns",
            "The following columns are generated and cannot be included in the shape: b.",
        ),
    ] {
        let answer = get(&service, &format!("/v1/shape?{query}&offset=-1")).await;
        assert_eq!(answer.status, 400, "{query}");
        let json = answer.json();
        assert_eq!(json["message"], "Invalid request", "{query}");
        let said = json["errors"][parameter][0].as_str().unwrap_or_else(|| panic!("{query}: {json}"));
        assert!(said.contains(message), "{query}: {said}");
    }
    assert_eq!(get(&service, "/v1/shape?table=Items&offset=-1").await.status, 200, "unquoted names fold");
    assert_eq!(get(&service, "/v1/shape?table=gen&columns=id,a&offset=-1").await.status, 200);
}

#[tokio::test]
async fn s_013_s_029_s_033_what_caches_and_pages_are_told() {
    let service = listen(builder(&capture_tables())).await;
    let first = get(&service, "/v1/shape?table=items&offset=-1").await;
    let week = "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746";
    assert_eq!(first.header("cache-control"), week);
    let head = get(&service, &format!("/v1/shape?table=items{}", next(&first))).await;
    assert_eq!(head.header("cache-control"), "public, max-age=60, stale-while-revalidate=300");
    let error = get(&service, "/v1/shape?table=items").await;
    assert_eq!([error.header("cache-control"), error.header("surrogate-control")], ["no-store"; 2]);
    for answer in [&first, &head, &error] {
        let exposed: Vec<&str> = answer.header("access-control-expose-headers").split(',').collect();
        for header in ["cursor", "handle", "has-data", "offset", "schema", "up-to-date", "internal-known-error"] {
            assert!(exposed.contains(&format!("electric-{header}").as_str()), "{header}");
        }
        assert!(exposed.contains(&"retry-after"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}
