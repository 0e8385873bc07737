//! A closed file to a published collection, beside a select of the same rows by hand.
//!
//! `cargo bench -p shapegen-runtime --bench hydrate -- 1000000` takes another number of rows than 100,000.

mod alternate;
mod baseline {
    pub mod select;
}
mod fixture;

use std::{fs, thread};

use alternate::{compare, timed};
use baseline::select;
use fixture::{Row, checksum};
use shapegen_runtime::__bench::Sync;
use shapegen_runtime::SqliteStore;
use tokio::runtime::Builder;

fn main() {
    let executor = Builder::new_current_thread().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::in_dir(dir.path()).unwrap();
    executor.block_on(async {
        let mut sync = Sync::<Row>::open(Some(&store)).await.unwrap();
        for delivery in fixture::first_sync() {
            sync.deliver(&delivery).await.unwrap();
        }
    });
    // Both read the file that the store has written.
    let partition = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    let opened = || executor.block_on(async { Sync::<Row>::open(Some(&store)).await.unwrap().snapshot() });
    // A program that starts has no warm heap: both fill one of a new thread, as the store's reader is.
    let selected = || thread::scope(|scope| scope.spawn(|| select::rows(&partition.join("cache.db"))).join().unwrap());
    compare(
        "closed file to collection",
        1.2,
        Box::new(|| timed(selected, |rows| checksum(rows.values()))),
        Box::new(|| timed(opened, |rows| checksum(rows.iter().map(|row| &**row)))),
    );
}
