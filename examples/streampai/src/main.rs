//! A streaming app's start screen: a first start, live changes, a second start that is there at once, a start without
//! network, and another person who sees nothing of it.

mod screen;
mod seed;
mod sync {
    include!(concat!(env!("OUT_DIR"), "/sync/mod.rs"));
}

use std::error::Error;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use screen::Screen;
use seed::{ANN, BOB};
use shapegen_runtime::{Batch, Change, Changes, Connection, Shape};
use shapegen_server::{HeaderMap, MemorySource, Service, SessionValues};
use sync::{Livestream, LivestreamStatus};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    tokio::runtime::Runtime::new()?.block_on(story())
}

async fn story() -> Outcome {
    let source = MemorySource::new(seed::SHAPES)?;
    seed::fill(&source)?;
    let service = Service::builder(source.clone()).shapes(seed::SHAPES).sessions(session_of).build()?;
    let listening = service.bind("127.0.0.1:0").await?;
    let url = format!("http://{}/shapes", listening.local_addr());
    let folder = tempfile::tempdir()?;
    println!("A shape service in this process, with the rows of {} and {}: {url}\n", ANN.name, BOB.name);

    println!("First start, nothing on disk");
    let screen = Screen::open(&url, folder.path(), &ANN)?;
    screen.fresh().await?;
    screen.print();
    println!("  up to date after {}\n", screen.age());

    println!("Live changes");
    follow(&screen, &source).await?;
    drop(screen);

    println!("Second start");
    let before = service.requests().len();
    let screen = Screen::open(&url, folder.path(), &ANN)?;
    screen.hydrated().await?;
    println!("  all rows from disk after {}", screen.age());
    screen.fresh().await?;
    println!("  up to date after {}, with these requests:", screen.age());
    for request in service.requests().iter().skip(before).filter(|request| !request.query.contains("live=true")) {
        println!("    {} {}?{}", request.method, request.path, request.query);
    }
    screen.print();
    let rows = screen.kept_rows();
    drop(screen);

    println!("\nAnother person in the same program");
    let other = Screen::open(&url, folder.path(), &BOB)?;
    other.fresh().await?;
    other.print();
    println!("  rows of {} among them: {}\n", ANN.name, other.rows_with(&seed::mark(&ANN)));
    if other.rows_with(&seed::mark(&ANN)) != 0 {
        return Err("a row of another person".into());
    }
    drop(other);

    println!("Third start, the network is off");
    listening.shutdown().await;
    let screen = Screen::open(&url, folder.path(), &ANN)?;
    screen.hydrated().await?;
    println!("  all rows from disk after {}", screen.age());
    screen.print();
    while !matches!(screen.livestreams.connection(), Connection::Offline(_)) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("  the connection is offline, the rows are there all the same");
    if screen.kept_rows() != rows {
        return Err("the rows differ from those before".into());
    }
    Ok(())
}

/// Who is asking: the bearer token of this story is the person's id. A real program verifies one.
fn session_of(headers: &HeaderMap) -> Option<SessionValues> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(SessionValues::new().with("user_id", token))
}

/// Changes rows at the service and shows how they arrive on the screen.
async fn follow(screen: &Screen, source: &MemorySource) -> Outcome {
    let (rows, mut livestreams) = screen.livestreams.subscribe();
    let (_, mut notifications) = screen.notifications.subscribe();
    let mut stream = Livestream::clone(rows.iter().next().ok_or("no livestream")?);

    stream.status = LivestreamStatus::Live;
    stream.title.push_str(", on air");
    let sent = Instant::now();
    source.transaction(|tx| tx.update(&stream))?;
    show(&mut livestreams, sent).await?;

    let sent = Instant::now();
    source.transaction(|tx| tx.insert(&seed::notification(&ANN, 900)))?;
    show(&mut notifications, sent).await?;

    stream.archived_at = Some(Timestamp::now());
    let sent = Instant::now();
    source.transaction(|tx| tx.update(&stream))?;
    show(&mut livestreams, sent).await?;

    let sent = Instant::now();
    source.transaction(|tx| {
        tx.insert(&seed::livestream(&BOB, 901));
        tx.insert(&seed::livestream(&ANN, 901));
    })?;
    show(&mut livestreams, sent).await?;
    println!();
    Ok(())
}

async fn show<S: Shape>(changes: &mut Changes<S>, sent: Instant) -> Outcome {
    let Batch { changes: batch, .. } =
        tokio::time::timeout(Duration::from_secs(10), changes.next()).await?.ok_or("the collection was closed")?;
    let after = sent.elapsed().as_secs_f64() * 1000.0;
    for change in batch {
        let (what, row) = match change {
            Change::Insert(row) => ("insert", row),
            Change::Update { new, .. } => ("update", new),
            Change::Delete(row) => ("delete", row),
        };
        println!("  {} {what} {:?}, {after:.1} ms after the write", S::DEFINITION.name, row.key());
    }
    Ok(())
}
