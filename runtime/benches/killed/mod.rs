//! A first sync that is killed at half: where it goes on, and what it holds in memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shapegen_runtime::{Client, Collection, Mode, SqliteStore};

use crate::fixture::{Row, checksum};
use crate::replay::Replay;

/// Tells a process that it is the client: the service's URL and the store's folder.
const CLIENT: &str = "SHAPEGEN_BENCH_CLIENT";
/// What a row holds in memory, by `--bench memory`.
const ROW_BYTES: u64 = 536;

/// Whether this process is the client; then it has done its work.
pub fn was_client() -> bool {
    let Ok(client) = std::env::var(CLIENT) else { return false };
    let (url, folder) = client.split_once(' ').unwrap();
    sync(url, Path::new(folder));
    true
}

/// Expects the rows of a sync that was not killed.
pub fn measure(replay: &Replay, expected: (usize, u64)) {
    let chunks = replay.chunks().len();
    replay.take_requests();
    let folder = tempfile::tempdir().unwrap();

    let mut first = start(replay, folder.path());
    let half = format!("0_{}", chunks / 2);
    let mut before = Vec::new();
    while !before.contains(&half) {
        before.extend(replay.take_requests());
        std::thread::sleep(Duration::from_millis(1));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let asked_before = before.len() + replay.take_requests().len();

    let begun = Instant::now();
    let second = start(replay, folder.path()).wait_with_output().unwrap();
    assert!(second.status.success());
    let told = String::from_utf8(second.stdout).unwrap();
    let after = replay.take_requests();
    println!("killed after {asked_before} of {chunks} requests for chunks");
    println!(
        "  the next run begins at {} and asks for {} chunks",
        after[0],
        after.iter().filter(|at| at.starts_with("0_")).count()
    );
    assert!(after.iter().all(|at| at != "-1"), "nothing is fetched from the beginning");
    println!("  complete {:.1?} after its start", begun.elapsed());
    let numbers: Vec<u64> = told.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [rows, sum, peak] = numbers[..] else { panic!("{told}") };
    assert_eq!((rows as usize, sum), expected, "the rows of a sync that was not killed");
    let ratio = peak as f64 / (rows * ROW_BYTES) as f64;
    let verdict = if ratio < 2.0 { "held" } else { "missed" };
    println!(
        "  {rows} rows, at most {:.0} MB resident: {ratio:.2} of the rows' size, promised 2: {verdict}",
        peak as f64 / 1e6
    );
}

fn start(replay: &Replay, folder: &Path) -> Child {
    let client = format!("{} {}", replay.url, folder.display());
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.env(CLIENT, client).stdout(Stdio::piped()).spawn().unwrap()
}

fn sync(url: &str, folder: &Path) {
    let store = SqliteStore::in_dir(folder).unwrap();
    let rows = synced(Client::builder(url).mode(Mode::Electric).store(store).build().unwrap());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    let (count, sum) = checksum(rows.snapshot().iter().map(|row| &**row));
    println!("{count} {sum} {}", peak.unwrap_or_default() * 1024);
}

fn synced(client: Client) -> Collection<Row> {
    let rows = client.collection(());
    let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    executor.block_on(rows.fresh()).unwrap();
    rows
}
