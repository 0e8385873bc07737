//! One struct, synced and live: the rows of a person, and a change as it comes.

use jiff::Timestamp;
use shapegen_macros::Shape;
use shapegen_runtime::{Client, Session, Shape};
use shapegen_server::{MemorySource, Service, SessionValues};
use uuid::Uuid;

/// What the bell shows: the notifications that a person has not read.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notifications", schema = "../../schemas/streampai.sql", change_frequency = "medium")]
#[shape(session(user_id(identity)), scope = "user_id = $user_id", where = "read_at is null")]
struct Notification {
    id: i64,
    user_id: Uuid,
    body: String,
    read_at: Option<Timestamp>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A shape service in this process, where a real program has a gatekeeper in front of Electric.
    let ann = Uuid::from_u128(0xa11);
    let source = MemorySource::new([Notification::DEFINITION])?;
    let service = Service::builder(source.clone()).shapes([Notification::DEFINITION]);
    let service = service.sessions(move |_| Some(SessionValues::new().with("user_id", ann.to_string()))).build()?;
    let listening = service.bind("127.0.0.1:0").await?;
    let mut row = Notification { id: 1, user_id: ann, body: "Ada follows you".to_owned(), read_at: None };
    source.transaction(|tx| tx.insert(&row))?;

    let url = format!("http://{}/shapes", listening.local_addr());
    let client = Client::builder(url).session(Session::new().identity("user_id", &ann)).build()?;
    let bell = client.collection::<Notification>(());
    bell.ready().await?;
    let (rows, mut changes) = bell.subscribe();
    println!("unread: {:#?}", rows.iter().collect::<Vec<_>>());

    row.read_at = Some(Timestamp::now());
    source.transaction(|tx| tx.update(&row))?;
    println!("then: {:#?}", changes.next().await.map(|batch| batch.changes));
    Ok(())
}
