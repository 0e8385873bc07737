//! One struct, synced and live: rows that a service sends, a change, and the change on the screen.

use jiff::Timestamp;
use shapegen_macros::{Shape, ShapeEnum};
use shapegen_runtime::{Client, Session, Shape};
use shapegen_server::{MemorySource, Service, SessionValues};
use uuid::Uuid;

/// What the bell shows.
#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notifications", schema = "../../schemas/streampai.sql", change_frequency = "medium")]
#[shape(session(user_id(identity)), scope = "user_id = $user_id", where = "read_at is null")]
struct Notification {
    id: i64,
    user_id: Uuid,
    level: Level,
    body: String,
    read_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "notification_level", schema = "../../schemas/streampai.sql")]
enum Level {
    Info,
    Success,
    Warning,
    Error,
    #[shape(other)]
    Other(Box<str>),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ann = Uuid::from_u128(0xa11);
    let source = MemorySource::new([Notification::DEFINITION])?;
    let service = Service::builder(source.clone()).shapes([Notification::DEFINITION]);
    let service = service.sessions(move |_| Some(SessionValues::new().with("user_id", ann.to_string()))).build()?;
    let listening = service.bind("127.0.0.1:0").await?;
    let mut row =
        Notification { id: 1, user_id: ann, level: Level::Info, body: "Ada follows you".into(), read_at: None };
    source.transaction(|tx| tx.insert(&row))?;

    let url = format!("http://{}/shapes", listening.local_addr());
    let client = Client::builder(url).session(Session::new().identity("user_id", &ann)).build()?;
    let (rows, mut changes) = {
        let notifications = client.collection::<Notification>(());
        notifications.fresh().await?;
        notifications.subscribe()
    };
    println!("{:#?}", rows.iter().collect::<Vec<_>>());
    row.read_at = Some(Timestamp::now());
    source.transaction(|tx| tx.update(&row))?;
    println!("{:?}", changes.next().await.map(|batch| batch.changes));
    Ok(())
}
