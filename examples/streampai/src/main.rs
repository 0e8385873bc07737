//! A streaming app's start screen: a first start, live changes, a second start that is there at once, another person who
//! sees nothing of it, and a start without network.

mod backend;
mod screen;
mod seed;
mod sync {
    include!(concat!(env!("OUT_DIR"), "/sync/mod.rs"));
}

use std::error::Error;
use std::time::{Duration, Instant};

use backend::{Backend, Writes};
use jiff::Timestamp;
use screen::Screen;
use seed::{ANN, BOB};
use shapegen_runtime::{Change, Changes, Connection, Shape};
use sync::{Livestream, LivestreamStatus};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    // `RUST_LOG=shapegen_runtime=debug` tells what each sync does.
    let logs = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt().with_env_filter(logs).with_writer(std::io::stderr).init();
    tokio::runtime::Runtime::new()?.block_on(story())
}

async fn story() -> Outcome {
    let mut backend = Backend::from_env().await?;
    backend.write(seed::rows()).await?;
    let folder = tempfile::tempdir()?;
    println!("The rows of {} and {} are served at {}\n", ANN.name, BOB.name, backend.url());

    println!("First start, nothing on disk");
    let screen = Screen::open(backend.url(), backend.mode(), folder.path(), &ANN)?;
    screen.fresh().await?;
    screen.print();
    println!("  up to date after {}\n", screen.age());

    println!("Live changes");
    follow(&screen, &mut backend).await?;
    drop(screen);

    println!("\nSecond start");
    let before = backend.requests().map_or(0, |requests| requests.len());
    let screen = Screen::open(backend.url(), backend.mode(), folder.path(), &ANN)?;
    screen.hydrated().await?;
    println!("  kept rows from disk after {}", screen.age());
    screen.fresh().await?;
    println!("  up to date after {}", screen.age());
    for request in backend.requests().unwrap_or_default().iter().skip(before) {
        if !request.query.contains("live=true") {
            println!("    {} {}?{}", request.method, request.path, request.query);
        }
    }
    screen.print();
    let rows = screen.kept_rows();
    drop(screen);

    println!("\nAnother person in the same program");
    let other = Screen::open(backend.url(), backend.mode(), folder.path(), &BOB)?;
    other.fresh().await?;
    other.print();
    println!("  rows of {} among them: {}\n", ANN.name, other.rows_with(&seed::mark(&ANN)));
    if other.rows_with(&seed::mark(&ANN)) != 0 {
        return Err("a row of another person".into());
    }
    drop(other);

    println!("Third start, the network is off");
    let nobody = backend.stop().await?;
    let screen = Screen::open(&nobody, backend.mode(), folder.path(), &ANN)?;
    screen.hydrated().await?;
    println!("  kept rows from disk after {}", screen.age());
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

/// Changes rows at the service and shows how they arrive on the screen.
async fn follow(screen: &Screen, backend: &mut Backend) -> Outcome {
    let (rows, mut livestreams) = screen.livestreams.subscribe();
    let (_, mut notifications) = screen.notifications.subscribe();
    let mut stream = Livestream::clone(rows.iter().next().ok_or("no livestream")?);

    stream.status = LivestreamStatus::Live;
    stream.title.push_str(", on air");
    let sent = write(backend, |writes| writes.update(stream.clone())).await?;
    show(&mut livestreams, sent).await?;

    let sent = write(backend, |writes| writes.insert(seed::notification(&ANN, 900))).await?;
    show(&mut notifications, sent).await?;

    // Archived streams are no part of the shape.
    stream.archived_at = Some(Timestamp::UNIX_EPOCH);
    let sent = write(backend, |writes| writes.update(stream.clone())).await?;
    show(&mut livestreams, sent).await?;

    let sent = write(backend, |writes| {
        writes.insert(seed::livestream(&BOB, 901));
        writes.insert(seed::livestream(&ANN, 901));
    })
    .await?;
    show(&mut livestreams, sent).await
}

async fn write(backend: &mut Backend, fill: impl FnOnce(&mut Writes)) -> Outcome<Instant> {
    let mut writes = Writes::default();
    fill(&mut writes);
    let sent = Instant::now();
    backend.write(writes).await?;
    Ok(sent)
}

async fn show<S: Shape>(changes: &mut Changes<S>, sent: Instant) -> Outcome {
    let next = tokio::time::timeout(Duration::from_secs(10), changes.next()).await?;
    let after = sent.elapsed().as_secs_f64() * 1000.0;
    for change in next.ok_or("the collection was closed")?.changes {
        let (what, row) = match change {
            Change::Insert(row) => ("insert", row),
            Change::Update { new, .. } => ("update", new),
            Change::Delete(row) => ("delete", row),
        };
        println!("  {} {what} {:?}, {after:.1} ms after the write", S::DEFINITION.name, row.key());
    }
    Ok(())
}
