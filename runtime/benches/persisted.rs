//! Bytes to a collection and a checkpointed file with its index, then one row more, beside rusqlite by hand.
//!
//! `cargo bench -p shapegen-runtime --bench persisted -- 1000000` takes another number of rows than 100,000.

mod alternate;
mod baseline {
    pub mod load;
    pub mod map;
}
mod fixture;

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use alternate::{compare, median, timed};
use baseline::load::Rows;
use fixture::{Row, UP_TO_DATE, checksum, message, position};
use shapegen_runtime::__bench::Sync;
use shapegen_runtime::SqliteStore;
use shapegen_runtime::stream::Delivery;
use tokio::runtime::Builder;

/// One-row transactions of which a run's figure is the median.
const TRANSACTIONS: usize = 1000;

fn main() {
    let deliveries = fixture::first_sync();
    let executor = Builder::new_current_thread().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    compare(
        "bytes to collection and file, indexed, checkpointed",
        1.1,
        Box::new(|| {
            let folder = folder("by_hand");
            timed(|| by_hand(&folder, &deliveries).map, |rows| checksum(rows.values()))
        }),
        Box::new(|| {
            let folder = folder("synced");
            let load = async {
                // Closing the file is its checkpoint.
                synced(&folder, &deliveries).await.snapshot()
            };
            timed(|| executor.block_on(load), |rows| checksum(rows.iter().map(|row| &**row)))
        }),
    );

    let mut rows = by_hand(&folder("by_hand"), &deliveries);
    let mut sync = executor.block_on(synced(&folder("synced"), &deliveries));
    let (mut random, mut same) = (fastrand::Rng::with_seed(1), fastrand::Rng::with_seed(1));
    compare(
        "one row and its position, from the body to the file, p50",
        2.0,
        Box::new(|| {
            let times = (0..TRANSACTIONS).map(|_| {
                let delivery = one_row(&mut random);
                let start = Instant::now();
                rows.take(&delivery);
                start.elapsed()
            });
            (p50(times), checksum(rows.map.values()))
        }),
        Box::new(|| {
            let times = (0..TRANSACTIONS).map(|_| {
                let delivery = one_row(&mut same);
                let start = Instant::now();
                executor.block_on(sync.deliver(&delivery)).unwrap();
                start.elapsed()
            });
            (p50(times), checksum(sync.snapshot().iter().map(|row| &**row)))
        }),
    );
}

fn by_hand(folder: &Path, deliveries: &[Delivery]) -> Rows {
    let mut rows = Rows::create(&folder.join("cache.db"));
    deliveries.iter().for_each(|delivery| rows.take(delivery));
    rows.index();
    rows.checkpoint();
    rows
}

async fn synced(folder: &Path, deliveries: &[Delivery]) -> Sync<Row> {
    let store = SqliteStore::in_dir(folder).unwrap();
    let mut sync = Sync::open(Some(&store)).await.unwrap();
    for delivery in deliveries {
        sync.deliver(delivery).await.unwrap();
    }
    sync
}

fn p50(times: impl Iterator<Item = Duration>) -> Duration {
    median(&mut times.collect::<Vec<_>>())
}

/// A row that comes later, alone.
fn one_row(random: &mut fastrand::Rng) -> Delivery {
    let mut body = String::from("[");
    message(random, &mut body);
    let _ = write!(body, ",{UP_TO_DATE}]");
    Delivery { body: body.into_bytes(), subset: None, position: position(random.usize(..)), first: false }
}
