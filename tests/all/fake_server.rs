//! The testing kit, as teams test their screens with it: rows and faults on demand, and a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shapegen_runtime::{Connection, ManualClock, Status};
use shapegen_server::SessionValues;
use shapegen_server::testing::FakeServer;

use crate::stage::{ANN, SHAPES, notification, until};
use crate::sync::{Client, Notification, Session};

fn server() -> FakeServer {
    FakeServer::start(SHAPES, SessionValues::new().with("user_id", ANN)).unwrap()
}

fn client(server: &FakeServer, clock: &ManualClock) -> Client {
    Client::builder(server.url()).session(Session::user(ANN)).clock(clock.clone()).build().unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new("2024-05-01T12:00:00Z".parse::<Timestamp>().unwrap())
}

#[tokio::test]
async fn typed_rows_come_and_go_while_a_screen_looks_on() {
    let server = server();
    server.insert(&notification(ANN, 1, "first")).unwrap();
    let bell = client(&server, &clock()).notifications();
    bell.fresh().await.unwrap();
    let (rows, mut changes) = bell.subscribe();
    assert_eq!(rows.len(), 1);
    let mut row = notification(ANN, 2, "second");
    server.insert(&row).unwrap();
    assert_eq!(changes.next().await.unwrap().changes.len(), 1);
    row.body = "changed".to_owned();
    server.update(&row).unwrap();
    changes.next().await.unwrap();
    assert_eq!(bell.snapshot().get(&row.id).unwrap().body, "changed");
    server.delete::<Notification>(&row.id).unwrap();
    changes.next().await.unwrap();
    assert_eq!(bell.snapshot().len(), 1);
    assert!(server.delete::<Notification>(&row.id).is_err(), "there is no such row");
}

#[tokio::test]
async fn a_log_that_ends_is_fetched_afresh_and_the_rows_stay_on_the_screen() {
    let server = server();
    server.insert(&notification(ANN, 1, "first")).unwrap();
    let bell = client(&server, &clock()).notifications();
    bell.fresh().await.unwrap();
    let before = server.requests().len();
    server.must_refetch::<Notification>();
    until("a fetch from the beginning", || {
        server.requests().iter().skip(before).any(|request| request.query.contains("offset=-1"))
    })
    .await;
    assert_eq!(bell.snapshot().len(), 1);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once() {
    let server = server();
    server.insert(&notification(ANN, 1, "first")).unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let counter = asked.clone();
    let session = Session::user(ANN).token(move || {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        async move { format!("token {number}") }
    });
    let client = Client::builder(server.url()).session(session).clock(clock()).build().unwrap();
    let bell = client.notifications();
    bell.fresh().await.unwrap();
    server.expire_token();
    let (_, mut changes) = bell.subscribe();
    server.insert(&notification(ANN, 2, "second")).unwrap();
    changes.next().await.unwrap();
    server.insert(&notification(ANN, 3, "third")).unwrap();
    changes.next().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_is_tried_again_when_the_clock_says_so() {
    let (server, clock) = (server(), clock());
    server.insert(&notification(ANN, 1, "first")).unwrap();
    server.fail_next([503]);
    let bell = client(&server, &clock).notifications();
    until("offline", || matches!(bell.connection(), Connection::Offline(_))).await;
    assert_eq!((server.requests().len(), bell.status()), (1, Status::NeverSynced));
    // It was answered before the pause began.
    let asked = || {
        clock.advance(Duration::from_secs(60));
        server.requests().len() > 1
    };
    until("a second request", asked).await;
    bell.fresh().await.unwrap();
    assert_eq!(bell.snapshot().len(), 1);
}

#[tokio::test]
async fn rows_grow_old_with_the_clock_while_the_network_is_off() {
    let (server, clock) = (server(), clock());
    server.insert(&notification(ANN, 1, "first")).unwrap();
    server.delay(Duration::from_millis(20));
    let bell = client(&server, &clock).notifications();
    bell.fresh().await.unwrap();
    server.delay(Duration::ZERO);
    server.offline();
    until("offline", || matches!(bell.connection(), Connection::Offline(_))).await;
    assert_eq!(bell.status(), Status::Ready);
    clock.advance(Duration::from_secs(2 * 60 * 60));
    assert_eq!(bell.status(), Status::Stale, "`stale_after` of notifications is an hour");

    server.insert(&notification(ANN, 2, "while away")).unwrap();
    server.online().unwrap();
    let both = || {
        clock.advance(Duration::from_secs(60));
        bell.snapshot().len() == 2
    };
    until("the row that came meanwhile", both).await;
    assert_eq!(bell.status(), Status::Ready);
}
