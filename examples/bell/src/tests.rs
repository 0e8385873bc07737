//! The screen in each of its states: no Docker, no network, no waiting.

use std::time::Duration;

use shapegen_runtime::{Client, ManualClock, Session, Shape};
use shapegen_server::SessionValues;
use shapegen_server::testing::FakeServer;

use super::*;

const ANN: Uuid = Uuid::from_u128(0xa11);

fn notification(id: i64, body: &str) -> Notification {
    Notification { id, user_id: ANN, body: body.to_owned(), read_at: None }
}

/// A server for Ann, her bell, and the clock that the bell goes by.
fn bell() -> (FakeServer, Collection<Notification>, ManualClock) {
    let server = FakeServer::start([Notification::DEFINITION], SessionValues::new().with("user_id", ANN)).unwrap();
    let session = Session::new().identity("user_id", &ANN);
    let (client, clock) = Client::for_test(server.url());
    let client = client.session(session).build().unwrap();
    let bell = client.collection(());
    (server, bell, clock)
}

#[tokio::test]
async fn the_bell_shows_what_comes_and_forgets_what_was_read() {
    let (server, bell, _clock) = bell();
    insta::assert_snapshot!(screen(&bell), @"…");
    bell.fresh().await.unwrap();
    insta::assert_snapshot!(screen(&bell), @"nothing new");

    let (_, mut changes) = bell.subscribe();
    server.insert(&notification(1, "Ada follows you")).unwrap();
    changes.next().await;
    server.insert(&notification(2, "Bob gave 5 €")).unwrap();
    changes.next().await;
    insta::assert_snapshot!(screen(&bell), @r"
    * Ada follows you
    * Bob gave 5 €
    ");

    server
        .update(&Notification { read_at: Some(Timestamp::UNIX_EPOCH), ..notification(1, "Ada follows you") })
        .unwrap();
    changes.next().await;
    insta::assert_snapshot!(screen(&bell), @"* Bob gave 5 €");
}

#[tokio::test]
async fn without_a_network_the_rows_stay_and_grow_old() {
    let (server, bell, clock) = bell();
    server.insert(&notification(1, "Ada follows you")).unwrap();
    bell.fresh().await.unwrap();
    server.offline();
    while !matches!(bell.connection(), Connection::Offline(_)) {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(2 * 60 * 60));
    insta::assert_snapshot!(screen(&bell), @r"
    * Ada follows you
    (from a while ago)
    (no connection)
    ");
}
