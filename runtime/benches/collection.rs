//! Bytes to a published collection, beside the same work by hand with serde_json.
//!
//! `cargo bench -p shapegen-runtime --bench collection -- 1000000` takes another number of rows than 100,000.

mod alternate;
mod baseline {
    pub mod map;
}
mod fixture;

use std::collections::HashMap;

use alternate::{compare, timed};
use fixture::{Row, checksum};
use shapegen_runtime::__bench::Sync;
use tokio::runtime::Builder;

fn main() {
    let deliveries = fixture::first_sync();
    let executor = Builder::new_current_thread().build().unwrap();
    let by_hand = || {
        let mut rows = HashMap::new();
        deliveries.iter().for_each(|delivery| baseline::map::take(&delivery.body, &mut rows, |_| ()));
        rows
    };
    let synced = || {
        executor.block_on(async {
            let mut sync = Sync::<Row>::open(None).await.unwrap();
            for delivery in &deliveries {
                sync.deliver(delivery).await.unwrap();
            }
            sync.snapshot()
        })
    };
    compare(
        "bytes to collection",
        1.0,
        Box::new(|| timed(by_hand, |rows| checksum(rows.values()))),
        Box::new(|| timed(synced, |rows| checksum(rows.iter().map(|row| &**row)))),
    );
}
