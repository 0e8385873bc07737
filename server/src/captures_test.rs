//! The service against recorded exchanges with Electric 1.7.12: the same status, headers and bodies.
//!
//! What differs, and may: lsn, transaction ids, handles and cursors (their form is compared), the order of a snapshot's
//! rows, how the body is delimited, and texts of the where parser, which is handed in.

mod access;
mod events;
mod subsets;

use std::time::Duration;

use crate::testing::{Answer, assert_same, builder, capture_tables, get, get_held, listen, send, table};
use crate::{Listening, MemoryTransaction};

fn capture(name: &str) -> Answer {
    let path = format!("{}/../tests/captures/{name}.http", env!("CARGO_MANIFEST_DIR"));
    Answer::parse(&std::fs::read_to_string(path).unwrap())
}

/// A client that follows one shape, capture by capture.
struct Follow<'s> {
    service: &'s Listening,
    source: &'s crate::MemorySource,
    shape: &'static str,
    handle: String,
    offset: String,
}

impl<'s> Follow<'s> {
    /// Fetches the snapshot, and the answer behind it.
    async fn start(
        service: &'s Listening,
        source: &'s crate::MemorySource,
        shape: &'static str,
        [snapshot, catch_up]: [&str; 2],
    ) -> Self {
        let mut follow = Self { service, source, shape, handle: String::new(), offset: String::new() };
        follow.take(snapshot, &get(service, &format!("/v1/shape?{shape}&offset=-1")).await);
        follow.take(catch_up, &get(service, &follow.path("")).await);
        follow
    }

    fn path(&self, more: &str) -> String {
        format!("/v1/shape?{}&offset={}&handle={}{more}", self.shape, self.offset, self.handle)
    }

    fn take(&mut self, name: &str, answer: &Answer) {
        assert_same(name, &capture(name), answer);
        self.handle = answer.header("electric-handle").to_owned();
        self.offset = answer.header("electric-offset").to_owned();
    }

    /// Holds a live request, runs a transaction, and compares the answer.
    async fn live(&mut self, name: &str, write: impl FnOnce(&mut MemoryTransaction<'_>)) {
        let source = self.source;
        let answer =
            get_held(self.service, &self.path("&live=true&cursor=1"), || drop(source.transaction(write).unwrap()))
                .await;
        self.take(name, &answer);
    }
}

#[tokio::test]
async fn items_as_in_captures_05_to_35_and_55() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let items = table("items");
    let row = |id: &'static str, title, done, n| [Some(id), Some(title), Some(done), n, None];

    let mut follow = Follow::start(&service, &source, "table=items", ["05_items", "05_items_catchup1"]).await;
    follow.live("06_items_live_insert", |tx| tx.insert_row(&items, &row("6", "new one", "f", Some("100")))).await;
    let updated = row("6", "new one", "t", Some("100"));
    follow.live("07_items_live_update", |tx| tx.update_row(&items, &[Some("6")], &updated)).await;
    follow.live("08_items_live_delete", |tx| tx.delete_row(&items, &[Some("6")])).await;
    follow
        .live("09_items_live_multi_tx", |tx| {
            tx.insert_row(&items, &row("7", "t1", "f", Some("1")));
            tx.insert_row(&items, &row("8", "t2", "f", Some("2")));
            tx.update_row(&items, &[Some("1")], &row("1", "item 1", "f", Some("11")));
            tx.delete_row(&items, &[Some("2")]);
        })
        .await;
    let moved = row("1001", "item 1", "f", Some("11"));
    follow.live("10_items_live_pk_update", |tx| tx.update_row(&items, &[Some("1")], &moved)).await;
    let answer = get_held(&service, &follow.path("&live=true&cursor=1"), || {
        let same = row("3", "item 3", "f", Some("3"));
        source.transaction(|tx| tx.update_row(&items, &[Some("3")], &same)).unwrap();
        source.transaction(|tx| tx.insert_row(&items, &row("9", "after noop", "f", None))).unwrap();
    })
    .await;
    follow.take("11_items_live_noop_update", &answer);
    let path = format!("/v1/shape?table=items&offset=0_0&handle={}", follow.handle);
    assert_same("13", &capture("13_items_replay_from_0_0"), &get(&service, &path).await);
    let tag = format!("if-none-match: \"{}:-1:0_0\"\r\n", follow.handle);
    let unchanged = send(service.local_addr(), "GET", "/v1/shape?table=items&offset=-1", &tag).await;
    assert_same("16", &capture("16_items_etag_304"), &unchanged);

    let full = "table=items&replica=full";
    let mut follow = Follow::start(&service, &source, full, ["20_replica_full", "20_replica_full_catchup1"]).await;
    let changed = row("3", "changed", "f", None);
    follow.live("21_replica_full_update", |tx| tx.update_row(&items, &[Some("3")], &changed)).await;
    follow.live("22_replica_full_delete", |tx| tx.delete_row(&items, &[Some("3")])).await;
    let moved = row("1004", "item 4", "f", Some("4"));
    follow.live("23_replica_full_pk_update", |tx| tx.update_row(&items, &[Some("4")], &moved)).await;

    let some = "table=items&columns=id,title";
    let mut follow = Follow::start(&service, &source, some, ["30_columns", "30_columns_catchup1"]).await;
    let answer = get_held(&service, &follow.path("&live=true&cursor=1"), || {
        for title in ["item 5", "five"] {
            source.transaction(|tx| tx.update_row(&items, &[Some("5")], &row("5", title, "f", Some("77")))).unwrap();
        }
    })
    .await;
    follow.take("31_columns_live", &answer);

    let condition = "table=items&where=n+%3E+%241+AND+title+LIKE+%242&params%5B1%5D=2&params%5B2%5D=%25t%25";
    let mut follow = Follow::start(&service, &source, condition, ["32_where_params", "32_where_params_catchup1"]).await;
    for (name, n) in
        [("33_where_params_move_in", "50"), ("34_where_params_move_out", "0"), ("35_where_params_move_in_again", "60")]
    {
        let changed = row("1001", "item 1", "f", Some(n));
        follow.live(name, |tx| tx.update_row(&items, &[Some("1001")], &changed)).await;
    }
    assert_same("55", &capture("55_offset_now"), &get(&service, "/v1/shape?table=items&offset=now").await);
    let changes_only = "table=items&log=changes_only";
    Follow::start(&service, &source, changes_only, ["57_changes_only", "57_changes_only_catchup1"]).await;
}

#[tokio::test]
async fn keys_as_in_captures_40_to_45() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let names = ["40_comp_pk_keys", "40_comp_pk_keys_catchup1"];
    let mut follow = Follow::start(&service, &source, "table=comp_pk", names).await;
    let (key, new) = ([Some("1"), Some("x/y")], [Some("1"), Some("x/y"), Some("z")]);
    follow.live("41_comp_pk_update", |tx| tx.update_row(&table("comp_pk"), &key, &new)).await;

    let mut follow = Follow::start(&service, &source, "table=nopk", ["42_nopk", "42_nopk_catchup1"]).await;
    let (old, new) = ([Some("2"), None], [Some("2"), Some("y")]);
    follow.live("43_nopk_update", |tx| tx.update_row(&table("nopk"), &old, &new)).await;

    let names = ["44_partitioned", "44_partitioned_catchup1"];
    let follow = Follow::start(&service, &source, "table=parted", names).await;
    let answer = get_held(&service, &follow.path("&live=true"), || {
        source.transaction(|tx| tx.insert_row(&table("parted"), &["3", "12", "p3"].map(Some))).unwrap();
    })
    .await;
    // Electric's live key names the partition, its snapshot keys the parent: ours is the parent's in both.
    let mut expected = capture("45_partitioned_insert");
    expected.text = expected.text.replace("parted_2", "parted");
    assert_same("45", &expected, &answer);
}

#[tokio::test]
async fn a_live_request_without_news_as_in_capture_12() {
    let source = capture_tables();
    let service = listen(builder(&source).long_poll(Duration::from_secs(1))).await;
    let names = ["05_items", "05_items_catchup1"];
    let mut follow = Follow::start(&service, &source, "table=items", names).await;
    source.transaction(|tx| tx.delete_row(&table("items"), &[Some("1")])).unwrap();
    follow.offset = get(&service, &follow.path("")).await.header("electric-offset").to_owned();
    let answer = get(&service, &follow.path("&live=true&cursor=1")).await;
    follow.take("12_items_live_timeout", &answer);
}

#[tokio::test]
async fn errors_as_in_captures_80_to_99() {
    let source = capture_tables();
    // The offset out of bounds is waited for half as long.
    let service = listen(builder(&source).long_poll(Duration::from_secs(1))).await;
    let handle = get(&service, "/v1/shape?table=items&offset=-1").await.header("electric-handle").to_owned();
    let items = "/v1/shape?table=items";
    for (name, path) in [
        ("80_err_invalid_where_syntax", format!("{items}&offset=-1&where=n+%3E")),
        ("81_err_where_unknown_column", format!("{items}&offset=-1&where=nope+%3D+1")),
        ("82_err_where_not_boolean", format!("{items}&offset=-1&where=n+%2B+1")),
        ("83_err_where_unsupported_fn", format!("{items}&offset=-1&where=now%28%29+%3E+now%28%29")),
        ("84_err_where_missing_param", format!("{items}&offset=-1&where=n+%3D+%241")),
        ("85_err_where_bad_param_value", format!("{items}&offset=-1&where=n+%3D+%241&params%5B1%5D=abc")),
        ("86_err_unknown_table", "/v1/shape?table=no_such_table&offset=-1".to_owned()),
        ("87_err_unknown_column_list", format!("{items}&offset=-1&columns=id,nope")),
        ("88_err_columns_without_pk", format!("{items}&offset=-1&columns=title")),
        ("89_err_no_offset", items.to_owned()),
        ("90_err_no_table", "/v1/shape?offset=-1".to_owned()),
        ("91_err_bad_offset", format!("{items}&offset=zzz")),
        ("92_err_live_with_minus1", format!("{items}&offset=-1&live=true")),
        ("93_err_offset_without_handle", format!("{items}&offset=0_0")),
        ("94_err_sse_without_live", format!("{items}&offset=-1&live_sse=true")),
        ("95_err_offset_out_of_bounds", format!("{items}&offset=99999999999_0&handle={handle}")),
        ("96_404", "/v1/nope".to_owned()),
        ("97_health", "/v1/health".to_owned()),
        ("D11_params_url_json", format!("{items}&offset=-1&where=n+%3D+%241&params=%7B%221%22%3A%225%22%7D")),
    ] {
        let (expected, found) = (capture(name), get(&service, &path).await);
        assert_same(name, &expected, &found);
        if !expected.text.contains("\"where\"") {
            assert_eq!(found.text, expected.text, "{name}, byte by byte");
        }
    }
    let origin = "origin: http://x\r\naccess-control-request-method: GET\r\n";
    let preflight = send(service.local_addr(), "OPTIONS", &format!("{items}&offset=-1"), origin).await;
    assert_same("98", &capture("98_options_cors"), &preflight);
    let head = send(service.local_addr(), "HEAD", &format!("{items}&offset=-1"), "").await;
    assert_same("99", &capture("99_head"), &head);
}

#[tokio::test]
async fn must_refetch_as_in_captures_a0_to_a5() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let items = get(&service, "/v1/shape?table=items&offset=-1").await.header("electric-handle").to_owned();
    let unknown = get(&service, "/v1/shape?table=items&offset=0_0&handle=12345-678").await;
    assert_same("A0", &capture("A0_409_unknown_handle"), &unknown);
    assert_eq!(unknown.header("electric-handle"), items);
    let other = get(&service, &format!("/v1/shape?table=gone&offset=0_0&handle={items}")).await;
    assert_same("A1", &capture("A1_409_handle_of_other_shape"), &other);

    let names = ["A2_truncate_prep", "A2_truncate_prep_catchup1"];
    let follow = Follow::start(&service, &source, "table=gone", names).await;
    assert_eq!(follow.handle, other.header("electric-handle"));
    let held = get_held(&service, &follow.path("&live=true"), || {
        source.transaction(|tx| tx.truncate_table(&table("gone"))).unwrap();
    })
    .await;
    assert_same("A3", &capture("A3_409_truncate_while_live"), &held);
    let next = get(&service, &follow.path("")).await;
    assert_same("A4", &capture("A4_409_truncate_next_request"), &next);
    assert_ne!(next.header("electric-handle"), follow.handle);
    let afresh = get(&service, "/v1/shape?table=gone&offset=-1").await;
    assert_same("A5", &capture("A5_truncate_refetch"), &afresh);
    assert_eq!(afresh.header("electric-handle"), next.header("electric-handle"));
}

#[tokio::test]
async fn subqueries_as_in_captures_c0_to_c3() {
    let source = capture_tables();
    let service = listen(builder(&source)).await;
    let shape = "table=issues&where=project_id+IN+%28SELECT+id+FROM+projects+WHERE+owner+%3D+%27ann%27%29";
    let mut follow = Follow::start(&service, &source, shape, ["C0_subquery", "C0_subquery_catchup1"]).await;
    let (projects, issues) = (table("projects"), table("issues"));
    follow.live("C1_subquery_move_in", |tx| tx.update_row(&projects, &[Some("2")], &["2", "ann"].map(Some))).await;
    assert_eq!(follow.offset, "1_2");
    follow.live("C2_subquery_move_out", |tx| tx.update_row(&projects, &[Some("1")], &["1", "bob"].map(Some))).await;
    assert_eq!(follow.offset, "1_3");
    follow.live("C3_subquery_insert", |tx| tx.insert_row(&issues, &["4", "2", "i4"].map(Some))).await;
}
