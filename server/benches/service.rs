//! What the protocol service gives to many clients: a snapshot, changes, and how little a waiting client costs.
//!
//! Each is done by hand, too (`baseline`), and told as a ratio of the two.

#[path = "../../runtime/benches/alternate/mod.rs"]
mod alternate;
mod baseline;
mod connection;
#[path = "../src/testing/open_files.rs"]
mod open_files;

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use alternate::{compare, median, timed};
use baseline::Baseline;
use bytes::Bytes;
use connection::{Answer, Connection, count};
use open_files::affordable_connections;
use shapegen_server::{Column, Listening, MemorySource, Service, TableDefinition, TableName};
use tokio::runtime::Runtime;
use tokio::sync::watch;

const ROWS: usize = 200_000;
const CHANGES: usize = 2_000;
const SHAPE: &str = "/v1/shape?table=items";

fn table() -> TableName {
    TableName::new("public", "items")
}

/// A table of rows of some 200 bytes.
fn filled(rows: usize) -> MemorySource {
    let source = MemorySource::new([]).unwrap();
    let columns = ["id", "title", "body"].map(|name| Column::new(name, "text", name == "id"));
    source.define(TableDefinition::new(table(), columns.into(), &["id"]));
    source
        .transaction(|tx| {
            (0..rows).for_each(|id| tx.insert_row(&table(), &row(id).each_ref().map(|text| Some(text.as_str()))))
        })
        .unwrap();
    source
}

fn row(id: usize) -> [String; 3] {
    [id.to_string(), format!("item number {id}"), format!("{id:x}").repeat(20)]
}

fn insert(source: &MemorySource, id: usize) {
    source.transaction(|tx| tx.insert_row(&table(), &row(id).each_ref().map(|text| Some(text.as_str())))).unwrap();
}

async fn serve(source: &MemorySource) -> Listening {
    // Without where clauses there is nothing to parse.
    let service = Service::builder(source.clone()).where_parser(|_, _, _| Err("not here".to_owned()));
    service.long_poll(Duration::from_secs(600)).sse_timeout(Duration::from_secs(600)).bind("127.0.0.1:0").await.unwrap()
}

/// All chunks of the snapshot, and where the log goes on.
async fn snapshot(connection: &mut Connection) -> (Vec<Bytes>, String) {
    let mut answer = connection.get(&format!("{SHAPE}&offset=-1")).await;
    let mut chunks = Vec::new();
    loop {
        let more = format!("&offset={}&handle={}", answer.offset, answer.handle);
        if count(&answer.body[answer.body.len().saturating_sub(200)..], b"up-to-date") > 0 {
            return (chunks, more);
        }
        chunks.push(Bytes::from(std::mem::take(&mut answer.body)));
        answer = connection.get(&format!("{SHAPE}{more}")).await;
    }
}

fn snapshots(runtime: &Runtime) {
    let source = filled(ROWS);
    let service = runtime.block_on(serve(&source));
    let fetch = || runtime.block_on(async { snapshot(&mut Connection::open(service.local_addr()).await).await.0 });
    let (first, chunks) = timed(fetch, Vec::clone);
    let bytes = chunks.iter().map(Bytes::len).sum::<usize>();
    let rate = |took: Duration| bytes as f64 / 1e6 / took.as_secs_f64();
    println!("snapshot of {ROWS} rows, {:.1} MB in {} chunks", bytes as f64 / 1e6, chunks.len());
    println!("  the first request, which makes it: {first:.1?}, {:.0} MB/s", rate(first));
    let (_, bare) = runtime.block_on(Baseline::start(chunks.clone()));
    let baseline = || {
        runtime.block_on(async {
            let mut connection = Connection::open(bare).await;
            let start = Instant::now();
            let mut read = Vec::new();
            for at in 0..chunks.len() {
                read.push(connection.get(&format!("/chunk/{at}")).await.body);
            }
            (start.elapsed(), read.iter().map(Vec::len).sum::<usize>())
        })
    };
    let ours = || {
        runtime.block_on(async {
            let mut connection = Connection::open(service.local_addr()).await;
            let start = Instant::now();
            let (chunks, _) = snapshot(&mut connection).await;
            (start.elapsed(), chunks.iter().map(Bytes::len).sum())
        })
    };
    let (theirs, own) =
        compare("the same snapshot again, beside the bare bytes", None, Box::new(baseline), Box::new(ours));
    println!("  {:.0} MB/s beside {:.0} MB/s", rate(own), rate(theirs));
}

/// Clients that poll until each has all changes; how long that took from the first commit on.
fn polled(
    runtime: &Runtime,
    clients: usize,
    address: SocketAddr,
    path: fn(&str, &str) -> String,
    first: (String, String),
    mut held: watch::Receiver<usize>,
    write: impl FnOnce(),
) -> Duration {
    runtime.block_on(async {
        let mut following = Vec::new();
        for _ in 0..clients {
            let (mut offset, handle) = first.clone();
            let mut connection = Connection::open(address).await;
            following.push(tokio::spawn(async move {
                let mut seen = 0;
                while seen < CHANGES {
                    let answer = connection.get(&path(&offset, &handle)).await;
                    seen += count(&answer.body, b"\"operation\"");
                    offset = answer.offset;
                }
            }));
        }
        held.wait_for(|held| *held == clients).await.unwrap();
        let start = Instant::now();
        tokio::task::block_in_place(write);
        for client in following {
            client.await.unwrap();
        }
        start.elapsed()
    })
}

fn fan_out(runtime: &Runtime, clients: usize) {
    let message = {
        let source = filled(0);
        let service = runtime.block_on(serve(&source));
        runtime.block_on(async {
            let mut connection = Connection::open(service.local_addr()).await;
            let (_, at) = snapshot(&mut connection).await;
            insert(&source, 1_000_000);
            let body = connection.get(&format!("{SHAPE}{at}&live=true")).await.body;
            let end = body.windows(13).position(|bytes| bytes == b",{\"headers\":{\"").unwrap_or(body.len() - 1);
            Bytes::from(body[1..end].to_vec())
        })
    };
    let live = |offset: &str, handle: &str| format!("{SHAPE}&live=true&cursor=1&offset={offset}&handle={handle}");
    let baseline = || {
        let (bare, address) = runtime.block_on(Baseline::start(Vec::new()));
        let write = || (0..CHANGES).for_each(|_| bare.push(message.clone()));
        (
            polled(
                runtime,
                clients,
                address,
                |offset, _| format!("/after/{offset}"),
                ("0".to_owned(), String::new()),
                bare.held(),
                write,
            ),
            CHANGES,
        )
    };
    let ours = || {
        let source = filled(0);
        let service = runtime.block_on(serve(&source));
        let first = runtime
            .block_on(async { Connection::open(service.local_addr()).await.get(&format!("{SHAPE}&offset=now")).await });
        let write = || (0..CHANGES).for_each(|id| insert(&source, id));
        let first = (first.offset, first.handle);
        (polled(runtime, clients, service.local_addr(), live, first, service.held(), write), CHANGES)
    };
    let (theirs, own) = compare(
        &format!("{CHANGES} transactions to {clients} clients that poll"),
        None,
        Box::new(baseline),
        Box::new(ours),
    );
    let rate = |took: Duration| CHANGES as f64 / took.as_secs_f64();
    println!("  {:.0} changes/s to each beside {:.0}", rate(own), rate(theirs));
    let mut times: Vec<Duration> = (0..5).map(|_| streamed(runtime, clients)).collect();
    println!("  by events: {:.0} changes/s to each", rate(median(&mut times)));
}

/// As [`polled`], with a stream for each client.
fn streamed(runtime: &Runtime, clients: usize) -> Duration {
    let source = filled(0);
    let service = runtime.block_on(serve(&source));
    runtime.block_on(async {
        let first = Connection::open(service.local_addr()).await.get(&format!("{SHAPE}&offset=now")).await;
        let path = format!("{SHAPE}&live=true&live_sse=true&offset={}&handle={}", first.offset, first.handle);
        let mut following = Vec::new();
        for _ in 0..clients {
            let mut connection = Connection::open(service.local_addr()).await;
            connection.send(&path).await;
            following.push(tokio::spawn(async move { connection.messages(CHANGES).await }));
        }
        service.held().wait_for(|held| *held == clients).await.unwrap();
        let start = Instant::now();
        tokio::task::block_in_place(|| (0..CHANGES).for_each(|id| insert(&source, id)));
        for client in following {
            client.await.unwrap();
        }
        start.elapsed()
    })
}

const TIMES: usize = 2_000;

/// How long each answer takes from the write to its last byte; the next is written once its request waits.
async fn answered(
    connection: &mut Connection,
    mut held: watch::Receiver<usize>,
    write: impl Fn(usize) + Clone + Send + 'static,
    first: String,
    next: impl Fn(Answer) -> String,
) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut path = first;
    for id in 0..TIMES {
        let (mut writing, write) = (held.clone(), write.clone());
        let writer = tokio::spawn(async move {
            writing.wait_for(|held| *held > 0).await.unwrap();
            let start = Instant::now();
            write(id);
            start
        });
        let answer = connection.get(&path).await;
        let end = Instant::now();
        times.push(end - writer.await.unwrap());
        path = next(answer);
        held.wait_for(|held| *held == 0).await.unwrap();
    }
    times
}

/// From the commit to the body, while nothing else goes on.
fn latency(runtime: &Runtime) {
    let source = filled(0);
    let mut ours = runtime.block_on(async {
        let service = serve(&source).await;
        let mut connection = Connection::open(service.local_addr()).await;
        let live = |at: &str| format!("{SHAPE}{at}&live=true");
        let first = live(&snapshot(&mut connection).await.1);
        let next = |answer: Answer| live(&format!("&offset={}&handle={}", answer.offset, answer.handle));
        answered(&mut connection, service.held(), move |id| insert(&source, id), first, next).await
    });
    let mut theirs = runtime.block_on(async {
        let (bare, address) = Baseline::start(Vec::new()).await;
        let mut connection = Connection::open(address).await;
        let (held, after) = (bare.held(), |offset: &str| format!("/after/{offset}"));
        let write = move |_| bare.push(Bytes::from_static(b"{\"headers\":{\"operation\":\"insert\"}}"));
        answered(&mut connection, held, write, after("0"), |answer| after(&answer.offset)).await
    });
    let (own, their) = (median(&mut ours), median(&mut theirs));
    let late = |times: &[Duration]| times[TIMES * 99 / 100];
    println!("from commit to client, {TIMES} times");
    println!("  p50 {own:.1?} beside {their:.1?}, ratio {:.2}", own.as_secs_f64() / their.as_secs_f64());
    println!("  p99 {:.1?} beside {:.1?}", late(&ours), late(&theirs));
}

/// What a waiting client costs the service; its own side is the kernel's.
fn memory(runtime: &Runtime) {
    let polls = affordable_connections(1_000);
    let service = runtime.block_on(serve(&filled(0)));
    let at = runtime.block_on(async { snapshot(&mut Connection::open(service.local_addr()).await).await.1 });
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4096
    };
    let hold = || -> Vec<TcpStream> {
        let open = |_| {
            let mut stream = TcpStream::connect(service.local_addr()).unwrap();
            write!(stream, "GET {SHAPE}{at}&live=true HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            stream
        };
        (0..polls).map(open).collect()
    };
    let before = resident();
    let held = hold();
    runtime.block_on(async { service.held().wait_for(|held| *held == polls).await.map(drop).unwrap() });
    println!("memory of a held poll, of {polls}: {} kB resident", resident().saturating_sub(before) / polls / 1000);
    drop(held);
}

fn main() {
    let runtime = Runtime::new().unwrap();
    // First, while nothing is there that could be used again.
    memory(&runtime);
    snapshots(&runtime);
    latency(&runtime);
    fan_out(&runtime, 100);
    fan_out(&runtime, affordable_connections(1_000));
}
