//! A first sync through HTTP from a static server: beside curl, the official client and serde_json; then one change from its
//! socket to the subscriber, and 1,000 live shapes.
//!
//! `cargo bench -p shapegen-runtime --bench first_sync -- 1000000` takes another number of rows than 100,000;
//! with `killed` behind it, only the first sync that is killed is run.

mod alternate;
mod baseline {
    pub mod load;
    pub mod map;
}
mod fixture;
mod killed;
mod live_shapes;
#[path = "../../server/src/testing/open_files.rs"]
mod open_files;
mod replay;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use alternate::{compare, median, timed};
use baseline::load::Rows;
use fixture::{Row, checksum};
use replay::Replay;
use shapegen_runtime::stream::Delivery;
use shapegen_runtime::{Client, Collection, Mode, Shape, SqliteStore};
use tokio::runtime::{Builder, Runtime};

/// One change at a time, this often a run.
const CHANGES: usize = 200;
/// What a static server of Node.js gives curl, in bytes a second; Electric itself gives a third of it.
const PACE: u32 = 345_000_000;
/// Who was measured before is still freeing its rows.
const PAUSE: Duration = Duration::from_millis(400);
/// Turns of the official client, the first to warm it.
const TURNS: usize = 4;

fn main() {
    if killed::was_client() {
        return;
    }
    let deliveries = fixture::first_sync();
    let (replay, fast) = (serve(&deliveries, Some(PACE)), serve(&deliveries, None));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let expected = checksum(by_hand(&deliveries).values());
    let rows = expected.0;
    if std::env::args().any(|argument| argument == "killed") {
        return killed::measure(&fast, expected);
    }

    let ours = |replay: &Replay| {
        std::thread::sleep(PAUSE);
        let (took, sum) =
            timed(|| runtime.block_on(sync(replay, None)), |rows| checksum(rows.snapshot().iter().map(|row| &**row)));
        assert_eq!(sum, expected, "the same rows");
        (took, ())
    };
    compare(
        "first sync in memory from a server of 345 MB/s, beside curl",
        1.3,
        Box::new(|| (curl(&replay), ())),
        Box::new(|| ours(&replay)),
    );
    let (_, in_memory) = compare(
        "the same from a server as fast as it can",
        None,
        Box::new(|| (curl(&fast), ())),
        Box::new(|| ours(&fast)),
    );

    let bare = || {
        let folder = tempfile::tempdir().unwrap();
        let inserts = timed(|| inserted(folder.path(), &deliveries), |_| ()).0;
        (inserts.max(curl(&replay)), ())
    };
    let kept = || {
        std::thread::sleep(PAUSE);
        let folder = tempfile::tempdir().unwrap();
        timed(
            || runtime.block_on(sync(&replay, Some(folder.path()))),
            |rows| assert_eq!(rows.snapshot().len(), expected.0),
        )
    };
    compare("the same persisted, beside the slower of curl and bare inserts", 1.3, Box::new(bare), Box::new(kept));

    let (serde_json, _) = timed(|| by_hand(&deliveries), |_| ());
    let a_second = |took: Duration| (rows as f64 / took.as_secs_f64()) as u64;
    println!(
        "rows a second: ours through HTTP {}, serde_json from memory {}",
        a_second(in_memory),
        a_second(serde_json)
    );
    match official(&fast, rows) {
        Some(theirs) => println!(
            "  the official client's Shape {}: ours is {:.1} times as fast, promised 10",
            a_second(theirs),
            theirs.as_secs_f64() / in_memory.as_secs_f64()
        ),
        None => println!("  the official client isn't here: `npm ci` in tests/peers brings it"),
    }
    killed::measure(&replay, expected);
    one_change(&deliveries, &runtime);
    live_shapes::measure(&runtime);
}

fn serve(deliveries: &[Delivery], pace: Option<u32>) -> Replay {
    Replay::serve(deliveries.iter().map(|delivery| delivery.body.clone()).collect(), Row::DEFINITION, pace)
}

fn by_hand(deliveries: &[Delivery]) -> HashMap<uuid::Uuid, Row> {
    let mut rows = HashMap::new();
    deliveries.iter().for_each(|delivery| baseline::map::take(&delivery.body, &mut rows, |_| ()));
    rows
}

fn inserted(folder: &Path, deliveries: &[Delivery]) -> Rows {
    let mut rows = Rows::create(&folder.join("cache.db"));
    deliveries.iter().for_each(|delivery| rows.take(delivery));
    rows.index();
    rows.checkpoint();
    rows
}

fn curl(replay: &Replay) -> Duration {
    std::thread::sleep(PAUSE);
    let start = Instant::now();
    let ran = Command::new("curl").arg("-sf").args(replay.chunks()).stdout(Stdio::null()).status();
    assert!(ran.expect("curl is there").success());
    start.elapsed()
}

async fn sync(replay: &Replay, folder: Option<&Path>) -> Collection<Row> {
    let mut builder = Client::builder(&*replay.url).mode(Mode::Electric);
    if let Some(folder) = folder {
        builder = builder.store(SqliteStore::in_dir(folder).unwrap());
    }
    let rows = builder.build().unwrap().collection(());
    rows.fresh().await.unwrap();
    rows
}

/// The median of the warm turns.
fn official(replay: &Replay, rows: usize) -> Option<Duration> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/first_sync.mjs");
    let ran = Command::new("node").args([script, &replay.url, &TURNS.to_string()]).output().ok()?;
    let told = String::from_utf8(ran.stdout).unwrap();
    let turns = told.lines().map(|line| {
        let (milliseconds, count) = line.split_once(' ').unwrap();
        assert_eq!(count.parse(), Ok(rows), "the same rows");
        Duration::from_secs_f64(milliseconds.parse::<f64>().unwrap() / 1e3)
    });
    let mut warm: Vec<Duration> = turns.skip(1).collect();
    (!warm.is_empty()).then(|| median(&mut warm))
}

/// From the server's write to the subscriber, all rows held; beside a long poll by hand.
fn one_change(deliveries: &[Delivery], runtime: &Runtime) {
    // Each row is a new one: of one that is there already nobody hears.
    let body = |random: &mut fastrand::Rng| {
        let mut body = String::from("[");
        fixture::message(random, &mut body);
        body + "," + fixture::UP_TO_DATE + "]"
    };
    let mut random = fastrand::Rng::with_seed(7);
    let mut same = random.clone();
    let (theirs, own) = (serve(deliveries, None), serve(deliveries, None));
    let mut poll = Poll::new(&theirs, deliveries);
    let rows = runtime.block_on(sync(&own, None));
    let (_, mut changes) = rows.subscribe();
    let p50 = |times: Vec<Duration>| (median(&mut { times }), ());
    let (baseline, ours) = compare(
        "one change to the subscriber, p50",
        None,
        Box::new(|| {
            let times = (0..CHANGES).map(|_| {
                let body = body(&mut random);
                poll.ask();
                std::thread::sleep(Duration::from_millis(1));
                let start = Instant::now();
                theirs.change(body.as_bytes());
                poll.take();
                start.elapsed()
            });
            p50(times.collect())
        }),
        Box::new(|| {
            let times = (0..CHANGES).map(|_| {
                let body = body(&mut same);
                std::thread::sleep(Duration::from_millis(1));
                let start = Instant::now();
                own.change(body.as_bytes());
                runtime.block_on(changes.next()).unwrap();
                start.elapsed()
            });
            p50(times.collect())
        }),
    );
    let more = ours.saturating_sub(baseline);
    println!("  {more:.3?} more, promised 0.5 ms: {}", if more.as_micros() <= 500 { "held" } else { "missed" });
}

/// A long poll without a client: a socket, serde_json, a map.
struct Poll {
    socket: TcpStream,
    offset: String,
    rows: HashMap<uuid::Uuid, Row>,
}

impl Poll {
    fn new(replay: &Replay, deliveries: &[Delivery]) -> Self {
        let host = replay.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let socket = TcpStream::connect(host).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, offset: format!("0_{}", deliveries.len() - 1), rows: by_hand(deliveries) }
    }

    fn ask(&mut self) {
        let request = format!("GET /v1/shape?live=true&offset={} HTTP/1.1\r\nhost: x\r\n\r\n", self.offset);
        self.socket.write_all(request.as_bytes()).unwrap();
    }

    fn take(&mut self) {
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        loop {
            let count = self.socket.read(&mut piece).unwrap();
            assert!(count > 0, "the server is there");
            answer.extend_from_slice(&piece[..count]);
            let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&answer[..end]).unwrap();
            let value =
                |name: &str| head.split("\r\n").find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            let length: usize = value("content-length:").parse().unwrap();
            if answer.len() == end + 4 + length {
                self.offset = value("electric-offset:");
                baseline::map::take(&answer[end + 4..], &mut self.rows, |_| ());
                return;
            }
        }
    }
}
