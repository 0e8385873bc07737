//! What Electric's own client runs through in `tests/peers`, run by ours, against the service over SQLite and PostgreSQL, and
//! against the one that `ELECTRIC_URL` names, with rows written in `DATABASE_URL`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shapegen::dev::{Database, Dev};
use shapegen_macros::{Shape, ShapeEnum};
use shapegen_runtime::{Client, Collection, Connection, Json, Mode, Numeric, Shape, SqliteStore};
use shapegen_server::Listening;

use crate::follower::send;
use crate::postgres::Postgres;
use crate::stage::until;

/// How far an item is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "status", schema = "peers/schema.sql")]
enum Status {
    Open,
    Done,
    #[shape(other)]
    Other(String),
}

/// An item, whole.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", schema = "peers/schema.sql", scope = "public", change_frequency = "low")]
struct Item {
    id: i32,
    list_id: i32,
    title: String,
    status: Status,
    price: Option<Numeric>,
    meta: Option<Json>,
    tags: Vec<Option<String>>,
    changed_at: Option<Timestamp>,
}

/// The same, followed by events.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "pushed", schema = "peers/schema.sql", scope = "public")]
#[shape(change_frequency = "very_high", load = "all")]
struct PushedItem {
    id: i32,
    title: String,
}

/// Two columns.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "titles", schema = "peers/schema.sql", scope = "public", change_frequency = "low")]
struct Title {
    id: i32,
    title: String,
}

/// What is to be done on a list.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "open_items", schema = "peers/schema.sql", change_frequency = "low")]
#[shape(scope = "list_id = $list_id", caller(list_id), unguarded = "lists are public", where = "status = 'open'")]
struct OpenItem {
    id: i32,
    list_id: i32,
    title: String,
    status: Status,
}

/// Items of lists that are shared.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(
    table = "items",
    name = "shared_items",
    schema = "peers/schema.sql",
    scope = "public",
    change_frequency = "low"
)]
#[shape(where = "list_id in (select id from lists where shared)")]
struct SharedItem {
    id: i32,
    list_id: i32,
    title: String,
}

/// Items for one reason or another.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "done_or_shared", schema = "peers/schema.sql", scope = "public")]
#[shape(change_frequency = "low")]
#[shape(where = "status = 'done' or (list_id in (select id from lists where shared) and title <> 'hidden')")]
struct DoneOrShared {
    id: i32,
    list_id: i32,
    title: String,
    status: Status,
}

/// The latest items, list by list.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "latest", schema = "peers/schema.sql", scope = "public", change_frequency = "high")]
#[shape(where = "status = 'open' or status = 'done'", load(newest = 2, by = "list_id"), persist = "always")]
struct LatestItem {
    id: i32,
    list_id: i32,
    title: String,
}

/// The items that changed last; some never did.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "changed", schema = "peers/schema.sql", scope = "public", change_frequency = "high")]
#[shape(load(newest = 2, by = "changed_at"))]
struct ChangedItem {
    id: i32,
    title: String,
    changed_at: Option<Timestamp>,
}

/// The last item of the lists that are shared.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(
    table = "items",
    name = "last_shared",
    schema = "peers/schema.sql",
    scope = "public",
    change_frequency = "high"
)]
#[shape(where = "list_id in (select id from lists where shared)", load(newest = 1, by = "id"))]
struct LastShared {
    id: i32,
    list_id: i32,
    title: String,
}

/// What becomes of items from now on, whole.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "items", name = "coming", schema = "peers/schema.sql", scope = "public", change_frequency = "high")]
#[shape(load = "from_now", replica = "full")]
struct ComingItem {
    id: i32,
    title: String,
    price: Option<Numeric>,
}

/// Says that the service has what was written before.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "rounds", schema = "peers/schema.sql", scope = "public", change_frequency = "low")]
struct Round {
    id: i32,
}

trait Titled: Shape {
    fn title(&self) -> &str;
}

macro_rules! titled {
    ($($row:ident),*) => { $(impl Titled for $row { fn title(&self) -> &str { &self.title } })* };
}

titled!(Item, PushedItem, Title, OpenItem, SharedItem, DoneOrShared, LatestItem, ChangedItem, LastShared, ComingItem);

/// The service under test, and how rows are written behind it.
struct Service {
    url: String,
    write: Box<dyn Fn(&str) -> Written + Sync>,
    round: AtomicI32,
}

type Written = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

const ROWS: &str = "
INSERT INTO lists (id, name, shared) VALUES (1, 'kitchen', true), (2, 'shed', false);
INSERT INTO items (id, list_id, title, status, price, meta, tags) VALUES
    (1, 1, 'milk', 'open', 1.50, '{\"a\": [1, \"é\"]}', '{x,\"y z\"}'),
    (2, 1, 'it''s bread', 'done', NULL, NULL, '{}'),
    (3, 2, 'nails', 'open', NULL, NULL, '{}');";

impl Service {
    fn new(url: String, write: impl Fn(&str) -> Written + Sync + 'static) -> Self {
        Self { url, write: Box::new(write), round: AtomicI32::new(0) }
    }

    async fn sql(&self, text: &str) {
        (self.write)(text).await;
    }

    fn client(&self) -> Client {
        Client::builder(format!("{}/v1/shape", self.url)).mode(Mode::Electric).build().unwrap()
    }

    /// The rows as every scenario finds them.
    async fn begin(&self, rounds: &Collection<Round>) {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        self.sql(&format!("DELETE FROM items; DELETE FROM lists; {ROWS} INSERT INTO rounds VALUES ({round})")).await;
        until("the round", || rounds.snapshot().get(&round).is_some()).await;
    }
}

async fn shown<S: Titled>(items: &Collection<S>, expected: &[&str]) {
    let titles = || items.snapshot().iter().map(|row| row.title().to_owned()).collect::<Vec<_>>();
    until(&format!("{expected:?}"), || titles() == expected).await;
    let connection = items.connection();
    assert!(matches!(connection, Connection::Connecting | Connection::Online), "{connection:?}");
}

async fn fresh<S: Titled<Params = ()>>(client: &Client) -> Collection<S> {
    let items = client.collection::<S>(());
    items.fresh().await.unwrap();
    items
}

async fn initial_sync(service: &Service) {
    let items = fresh::<Item>(&service.client()).await;
    let row = |id, list_id, title: &str, status| Item {
        id,
        list_id,
        title: title.to_owned(),
        status,
        price: None,
        meta: None,
        tags: vec![],
        changed_at: None,
    };
    let milk = Item {
        price: Some("1.50".parse().unwrap()),
        meta: Some(Json::from_text(r#"{"a": [1, "é"]}"#)),
        tags: vec![Some("x".to_owned()), Some("y z".to_owned())],
        ..row(1, 1, "milk", Status::Open)
    };
    let expected = [milk, row(2, 1, "it's bread", Status::Done), row(3, 2, "nails", Status::Open)];
    assert_eq!(items.snapshot().iter().map(|row| (**row).clone()).collect::<Vec<_>>(), expected);
}

async fn live_changes(service: &Service) {
    let items = fresh::<Item>(&service.client()).await;
    service.sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer')").await;
    shown(&items, &["milk", "it's bread", "nails", "hammer"]).await;
    service.sql("UPDATE items SET title = 'oat milk', status = 'done' WHERE id = 1").await;
    shown(&items, &["oat milk", "it's bread", "nails", "hammer"]).await;
    assert_eq!(items.snapshot().get(&1).unwrap().price, Some("1.50".parse().unwrap()), "what didn't change stays");
    service.sql("DELETE FROM items WHERE id = 2").await;
    shown(&items, &["oat milk", "nails", "hammer"]).await;
}

async fn a_changed_key(service: &Service) {
    let items = fresh::<Item>(&service.client()).await;
    let (_, mut changes) = items.subscribe();
    service.sql("UPDATE items SET id = 9 WHERE id = 3").await;
    until("the new key", || items.snapshot().get(&9).is_some()).await;
    shown(&items, &["milk", "it's bread", "nails"]).await;
    assert_eq!(changes.next().await.unwrap().changes.len(), 2, "the old one goes with the same batch");
}

async fn reconnect(service: &Service) {
    let folder = tempfile::tempdir().unwrap();
    let client = || {
        let builder = Client::builder(format!("{}/v1/shape", service.url)).mode(Mode::Electric);
        builder.store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap()
    };
    drop(fresh::<Item>(&client()).await);
    service.sql("INSERT INTO items (id, list_id, title) VALUES (5, 1, 'while away')").await;
    let items = client().collection::<Item>(());
    items.hydrated().await.unwrap();
    let (before, mut changes) = items.subscribe();
    if before.len() == 3 {
        assert_eq!(changes.next().await.unwrap().changes.len(), 1, "the row that came meanwhile, and no other");
    }
    shown(&items, &["milk", "it's bread", "nails", "while away"]).await;
}

async fn truncate(service: &Service) {
    let items = fresh::<Item>(&service.client()).await;
    service.sql("TRUNCATE items").await;
    shown(&items, &[]).await;
    service.sql("INSERT INTO items (id, list_id, title) VALUES (1, 1, 'again')").await;
    shown(&items, &["again"]).await;
}

async fn columns(service: &Service) {
    let items = fresh::<Title>(&service.client()).await;
    service.sql("UPDATE items SET price = 7 WHERE id = 1").await;
    service.sql("UPDATE items SET title = 'cream' WHERE id = 1").await;
    shown(&items, &["cream", "it's bread", "nails"]).await;
}

async fn where_with_parameters(service: &Service) {
    let items = service.client().collection::<OpenItem>(OpenItems { list_id: 1 });
    items.fresh().await.unwrap();
    shown(&items, &["milk"]).await;
    service.sql("UPDATE items SET status = 'open' WHERE id = 2").await;
    shown(&items, &["milk", "it's bread"]).await;
    service.sql("UPDATE items SET list_id = 2 WHERE id = 1").await;
    shown(&items, &["it's bread"]).await;
}

async fn many_rows_in_one_transaction(service: &Service) {
    let items = fresh::<Title>(&service.client()).await;
    let rows: Vec<String> = (0..2_000).map(|at| format!("({}, 1, 'row {at}')", 100 + at)).collect();
    service.sql(&format!("INSERT INTO items (id, list_id, title) VALUES {}", rows.join(", "))).await;
    until("2,003 rows", || items.snapshot().len() == 2_003).await;
    service.sql("DELETE FROM items WHERE id >= 100").await;
    until("3 rows", || items.snapshot().len() == 3).await;
}

async fn subquery_moves(service: &Service) {
    let items = fresh::<SharedItem>(&service.client()).await;
    shown(&items, &["milk", "it's bread"]).await;
    service.sql("UPDATE lists SET shared = true WHERE id = 2").await;
    shown(&items, &["milk", "it's bread", "nails"]).await;
    service.sql("UPDATE lists SET shared = false WHERE id = 1").await;
    shown(&items, &["nails"]).await;
    service.sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer'), (5, 1, 'hidden')").await;
    shown(&items, &["nails", "hammer"]).await;
    service.sql("UPDATE items SET list_id = 2 WHERE id = 5; UPDATE items SET list_id = 1 WHERE id = 3").await;
    shown(&items, &["hammer", "hidden"]).await;
    service
        .sql("INSERT INTO lists (id, name, shared) VALUES (3, 'attic', true); INSERT INTO items (id, list_id, title) VALUES (6, 3, 'trunk')")
        .await;
    shown(&items, &["hammer", "hidden", "trunk"]).await;
}

async fn subqueries_beside_other_conditions(service: &Service) {
    let items = fresh::<DoneOrShared>(&service.client()).await;
    shown(&items, &["milk", "it's bread"]).await;
    service.sql("UPDATE lists SET shared = false WHERE id = 1; UPDATE lists SET shared = true WHERE id = 2").await;
    shown(&items, &["it's bread", "nails"]).await;
    service.sql("UPDATE items SET status = 'open' WHERE id = 2; UPDATE items SET status = 'done' WHERE id = 1").await;
    shown(&items, &["milk", "nails"]).await;
    service.sql("UPDATE lists SET shared = true").await;
    shown(&items, &["milk", "it's bread", "nails"]).await;
}

async fn server_sent_events(service: &Service) {
    let items = fresh::<PushedItem>(&service.client()).await;
    for round in 0..5 {
        let insert = format!("INSERT INTO items (id, list_id, title) VALUES ({}, 1, 'round {round}')", 10 + round);
        service.sql(&format!("{insert}; UPDATE items SET title = 'milk {round}' WHERE id = 1")).await;
        until(&format!("round {round}"), || {
            let rows = items.snapshot();
            rows.get(&(10 + round)).is_some() && rows.get(&1).is_some_and(|row| row.title == format!("milk {round}"))
        })
        .await;
    }
    service.sql("DELETE FROM items WHERE id >= 10").await;
    shown(&items, &["milk 4", "it's bread", "nails"]).await;
    service.sql("TRUNCATE items").await;
    shown(&items, &[]).await;
}

async fn the_newest_rows_and_older_ones(service: &Service) {
    let more = |from: i32| (from..from + 5).map(|id| format!("({id}, 1, 'row {id}')")).collect::<Vec<_>>().join(", ");
    service.sql(&format!("INSERT INTO items (id, list_id, title) VALUES {}", more(10))).await;
    let folder = tempfile::tempdir().unwrap();
    let client = || {
        let builder = Client::builder(format!("{}/v1/shape", service.url)).mode(Mode::Electric);
        builder.store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap()
    };
    let items = fresh::<LatestItem>(&client()).await;
    shown(&items, &["nails", "row 14"]).await;
    service.sql("UPDATE items SET title = 'unseen' WHERE id = 13; UPDATE items SET title = 'last' WHERE id = 14").await;
    service.sql("INSERT INTO items (id, list_id, title) VALUES (4, 1, 'new, of an old list')").await;
    shown(&items, &["nails", "new, of an old list", "last"]).await;
    assert_eq!(items.load_older(2).await.unwrap(), 2);
    shown(&items, &["nails", "new, of an old list", "row 12", "unseen", "last"]).await;
    service.sql("DELETE FROM items WHERE id = 12; UPDATE items SET title = 'seen' WHERE id = 13").await;
    shown(&items, &["nails", "new, of an old list", "seen", "last"]).await;
    drop(items);

    let items = fresh::<LatestItem>(&client()).await;
    shown(&items, &["nails", "new, of an old list", "seen", "last"]).await;
    assert_eq!(items.load_older(100).await.unwrap(), 5);
    assert_eq!(items.load_older(1).await.unwrap(), 0);
    let all = ["milk", "it's bread", "nails", "new, of an old list", "row 10", "row 11", "seen", "last"];
    shown(&items, &all).await;
    service.sql("TRUNCATE items").await;
    shown(&items, &[]).await;
    service.sql(&format!("INSERT INTO items (id, list_id, title) VALUES {}", more(1))).await;
    shown(&items, &["row 1", "row 2", "row 3", "row 4", "row 5"]).await;
    let error = fresh::<Item>(&client()).await.load_older(1).await.unwrap_err();
    assert!(error.to_string().contains("no older rows to load"), "{error}");
}

async fn rows_without_a_time_are_the_oldest(service: &Service) {
    service.sql("UPDATE items SET changed_at = '2026-02-01 00:00+00' WHERE id = 1").await;
    let dated = "(10, 1, 'row 10', '2026-01-01 00:00+00'), (11, 1, 'row 11', NULL)";
    service.sql(&format!("INSERT INTO items (id, list_id, title, changed_at) VALUES {dated}")).await;
    let items = fresh::<ChangedItem>(&service.client()).await;
    shown(&items, &["milk", "row 10"]).await;
    assert_eq!(items.load_older(1).await.unwrap(), 1);
    shown(&items, &["milk", "row 10", "row 11"]).await;
    assert_eq!(items.load_older(1).await.unwrap(), 1);
    shown(&items, &["milk", "nails", "row 10", "row 11"]).await;
    assert_eq!(items.load_older(9).await.unwrap(), 1);
    assert_eq!(items.load_older(9).await.unwrap(), 0);
    shown(&items, &["milk", "it's bread", "nails", "row 10", "row 11"]).await;
}

async fn the_newest_rows_go_with_their_list(service: &Service) {
    let items = fresh::<LastShared>(&service.client()).await;
    shown(&items, &["it's bread"]).await;
    assert_eq!(items.load_older(5).await.unwrap(), 1);
    shown(&items, &["milk", "it's bread"]).await;
    service.sql("UPDATE lists SET shared = true WHERE id = 2").await;
    shown(&items, &["milk", "it's bread", "nails"]).await;
    service.sql("UPDATE lists SET shared = false WHERE id = 1").await;
    shown(&items, &["nails"]).await;
}

async fn what_comes_from_now_on(service: &Service) {
    let items = fresh::<ComingItem>(&service.client()).await;
    shown(&items, &[]).await;
    service.sql("UPDATE items SET title = 'oat milk' WHERE id = 1").await;
    shown(&items, &["oat milk"]).await;
    assert_eq!(items.snapshot().get(&1).unwrap().price, Some("1.50".parse().unwrap()), "the whole row came");
    service.sql("DELETE FROM items WHERE id = 2; INSERT INTO items (id, list_id, title) VALUES (7, 1, 'tea')").await;
    shown(&items, &["oat milk", "tea"]).await;
    service.sql("DELETE FROM items WHERE id = 1").await;
    shown(&items, &["tea"]).await;
}

async fn run(service: &Service) {
    service.sql("DELETE FROM rounds").await;
    let rounds = service.client().collection::<Round>(());
    macro_rules! scenarios {
        ($($scenario:ident),* $(,)?) => {
            $(
                service.begin(&rounds).await;
                let scenario = tokio::time::timeout(Duration::from_secs(60), $scenario(service));
                scenario.await.unwrap_or_else(|_| panic!("{} doesn't end", stringify!($scenario)));
                println!("ok: {}", stringify!($scenario));
            )*
        };
    }
    scenarios!(
        initial_sync,
        live_changes,
        a_changed_key,
        reconnect,
        truncate,
        columns,
        where_with_parameters,
        many_rows_in_one_transaction,
        subquery_moves,
        subqueries_beside_other_conditions,
        server_sent_events,
        the_newest_rows_and_older_ones,
        rows_without_a_time_are_the_oldest,
        the_newest_rows_go_with_their_list,
        what_comes_from_now_on,
    );
}

async fn serve(database: Database) -> Listening {
    let loaded = shapegen::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/shapes.toml")).unwrap();
    Dev::new(database, ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap()
}

#[tokio::test]
async fn our_client_passes_the_peers_scenarios_over_sqlite() {
    let files = tempfile::tempdir().unwrap();
    let listening = serve(Database::Sqlite(files.path().join("dev.db"))).await;
    let address = listening.local_addr();
    let write = move |sql: &str| -> Written {
        let sql = sql.to_owned();
        Box::pin(async move {
            let answer = send(address, "POST", "/dev/sql", &[], &sql).await;
            assert_eq!(answer.status, 200, "{sql}: {}", answer.text);
        })
    };
    run(&Service::new(format!("http://{address}"), write)).await;
    listening.shutdown().await;
}

/// Writes by a psql that knows where the database is.
fn by_psql(psql: impl Fn() -> Command + Sync + 'static) -> impl Fn(&str) -> Written + Sync + 'static {
    move |sql| {
        let mut psql = psql();
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-c", sql]).stdin(Stdio::null()).stdout(Stdio::null());
        Box::pin(async move {
            let ran = tokio::task::spawn_blocking(move || psql.status()).await.unwrap().unwrap();
            assert!(ran.success());
        })
    }
}

#[tokio::test]
async fn our_client_passes_the_peers_scenarios_over_postgresql() {
    let Some(server) = Postgres::shared("our client against the peers' scenarios over PostgreSQL") else { return };
    let database = server.database("own_client");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/schema.sql");
    database.sql(&std::fs::read_to_string(schema).unwrap());
    let listening = serve(Database::Postgres(database.url(""))).await;
    let url = database.socket_url();
    let psql = move || {
        let mut psql = server.command("psql");
        psql.arg(&url);
        psql
    };
    run(&Service::new(format!("http://{}", listening.local_addr()), by_psql(psql))).await;
    listening.shutdown().await;
}

/// Runs where somebody names a service: the rows of `lists`, `items` and `rounds` in its database are lost.
#[tokio::test]
async fn our_client_passes_the_peers_scenarios_against_a_service_that_is_named() {
    let (Ok(url), Ok(database)) = (std::env::var("ELECTRIC_URL"), std::env::var("DATABASE_URL")) else { return };
    let psql = move || {
        let mut psql = Command::new("psql");
        psql.arg(&database);
        psql
    };
    run(&Service::new(url, by_psql(psql))).await;
}
