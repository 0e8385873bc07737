//! Bytes to typed rows in a map, beside the same work written by hand with serde_json.
//!
//! `cargo bench -p shapegen-runtime --bench decode -- 1000000` takes another number of rows than 100,000.

mod alternate;
mod baseline;
mod fixture;

use std::collections::HashMap;
use std::hint::black_box;

use alternate::{compare, timed};
use fixture::{Row, checksum};
use shapegen_runtime::Shape;
use shapegen_runtime::log::{Log, Message, Operation};
use uuid::Uuid;

fn main() {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let bodies = fixture::bodies(rows);
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    println!("{} bodies, {:.1} MB, {} bytes a row", bodies.len(), bytes as f64 / 1e6, bytes / rows.max(1));
    let sum = |rows: &HashMap<Uuid, Row>| checksum(rows.values());
    compare(
        "bytes to map",
        rows,
        vec![
            ("serde_json, typed, HashMap", Box::new(|| timed(|| baseline::rows(&bodies), sum))),
            ("log cursor, typed, HashMap", Box::new(|| timed(|| collect(&bodies), sum))),
        ],
    );
    compare(
        "bytes to rows, each dropped",
        rows,
        vec![
            ("log cursor, cells only", Box::new(|| timed(|| cells(&bodies), |count| *count))),
            ("log cursor, typed", Box::new(|| timed(|| decode(&bodies), |count| *count))),
        ],
    );
}

fn collect(bodies: &[Vec<u8>]) -> HashMap<Uuid, Row> {
    let mut rows = HashMap::new();
    for body in bodies {
        let mut log = Log::new(body, Row::DEFINITION).unwrap();
        let mut columns = log.columns();
        while let Some(message) = log.next(&mut columns).unwrap() {
            if let Message::Change(change) = message {
                assert_eq!(change.operation, Operation::Insert);
                let row = Row::decode(&mut columns).unwrap();
                rows.insert(row.id, row);
            }
        }
    }
    rows
}

fn decode(bodies: &[Vec<u8>]) -> usize {
    walk(bodies, |columns| drop(black_box(Row::decode(columns).unwrap())))
}

fn cells(bodies: &[Vec<u8>]) -> usize {
    walk(bodies, |columns| {
        black_box(columns);
    })
}

fn walk(bodies: &[Vec<u8>], mut each: impl FnMut(&mut shapegen_runtime::cell::Columns<'_>)) -> usize {
    let mut count = 0;
    for body in bodies {
        let mut log = Log::new(body, Row::DEFINITION).unwrap();
        let mut columns = log.columns();
        while let Some(message) = log.next(&mut columns).unwrap() {
            if let Message::Change(_) = message {
                each(&mut columns);
                count += 1;
            }
        }
    }
    count
}
