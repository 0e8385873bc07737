//! Memory per row of a collection that is being synced, beside a `HashMap<Key, Row>`.
//!
//! `cargo bench -p shapegen-runtime --bench memory -- 1000000` takes another number of rows than 100,000.

mod baseline {
    pub mod map;
}
mod counting;
mod fixture;

use std::collections::HashMap;

use counting::in_use;
use fixture::{Row, checksum};
use shapegen_runtime::__bench::Sync;
use tokio::runtime::Builder;

const PROMISE: f64 = 1.0;

fn main() {
    let deliveries = fixture::first_sync();
    let executor = Builder::new_current_thread().build().unwrap();
    let (map, theirs) = held(|| {
        let mut rows = HashMap::new();
        deliveries.iter().for_each(|delivery| baseline::map::take(&delivery.body, &mut rows, |_| ()));
        rows
    });
    // The sync lives on, and what it holds with it.
    let (sync, ours) = held(|| {
        executor.block_on(async {
            let mut sync = Sync::<Row>::open(None).await.unwrap();
            for delivery in &deliveries {
                sync.deliver(delivery).await.unwrap();
            }
            sync
        })
    });
    let rows = sync.snapshot();
    assert_eq!(checksum(map.values()), checksum(rows.iter().map(|row| &**row)), "the baseline and ours made the same");
    let ratio = ours as f64 / theirs as f64;
    let verdict = if ratio <= PROMISE { "held" } else { "missed" };
    println!("memory of {} rows, bytes a row", rows.len());
    println!("  baseline {:>10}   ours {:>10}", theirs / rows.len(), ours / rows.len());
    println!("  ratio {ratio:.2}, promised {PROMISE:.2}: {verdict}");
}

/// What was made, and how many bytes it holds.
fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = in_use();
    let made = make();
    let held = in_use() - before;
    (made, held)
}
