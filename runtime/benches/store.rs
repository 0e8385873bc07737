//! The store against rusqlite by hand: a first load, one row, a start from a closed file.
//!
//! Prints medians of alternating runs and their ratios. `ROWS` sets the number of rows, 100,000 without it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shapegen_runtime::__bench::{Batch, Instance, LoadRows, Opened, Partition, RowChange, Saved, Target};
use shapegen_runtime::__private::v1::{
    Column, ColumnError, Columns, Encoder, Json, LocalTable, Numeric, Policy, Shape, ShapeDefinition, Table, Timestamp,
    Uuid,
};
use shapegen_runtime::Position;
use shapegen_runtime::SqliteStore;

#[path = "baseline/store.rs"]
mod baseline;

const RUNS: usize = 11;
/// Rows of some 10 MiB on the wire, as Electric cuts them.
const CHUNK: usize = 25_000;
/// The store's own choice; the baseline is measured with it, and with SQLite's default.
const CACHE_KIB: i64 = 16 * 1024;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    id: Uuid,
    name: String,
    body: String,
    small: i32,
    large: i64,
    flag: bool,
    created_at: Timestamp,
    amount: Numeric,
    meta: Json,
    note: Option<String>,
}

const fn column(name: &'static str, pg_type: &'static str, not_null: bool) -> Column {
    Column { name, pg_type, dims: 0, not_null, local: name }
}

static SHAPE: ShapeDefinition = ShapeDefinition {
    name: "bench",
    table: Table { schema: "public", name: "bench" },
    columns: &[
        column("id", "uuid", true),
        column("name", "text", true),
        column("body", "text", true),
        column("small", "int4", true),
        column("large", "int8", true),
        column("flag", "bool", true),
        column("created_at", "timestamptz", true),
        column("amount", "numeric", true),
        column("meta", "jsonb", true),
        column("note", "text", false),
    ],
    key: &[0],
    filter: None,
    params: &[],
    request: 1,
    policy: Policy { kept: true, flush_within_ms: 0, stale_after_s: 86_400, max_age_s: None },
    local: LocalTable {
        table: "_rows_bench",
        create: r#"CREATE TABLE "_rows_bench" ("_g" INTEGER NOT NULL, "id" BLOB NOT NULL, "name" TEXT NOT NULL,
            "body" TEXT NOT NULL, "small" INTEGER NOT NULL, "large" INTEGER NOT NULL, "flag" INTEGER NOT NULL,
            "created_at" TEXT NOT NULL, "amount" TEXT NOT NULL, "meta" TEXT NOT NULL, "note" TEXT,
            PRIMARY KEY ("_g", "id")) STRICT"#,
        indexes: &[r#"CREATE INDEX "_rows_bench.created_at" ON "_rows_bench" ("_g", "created_at")"#],
        view: r#"CREATE VIEW "bench" AS SELECT * FROM "_rows_bench" WHERE "_g" IN (SELECT "current_g" FROM "_instance")"#,
        fingerprint: 1,
    },
};

impl Shape for Row {
    type Key = Uuid;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &SHAPE;

    fn key(&self) -> Uuid {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<Uuid, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self {
            id: columns.take()?,
            name: columns.take()?,
            body: columns.take()?,
            small: columns.take()?,
            large: columns.take()?,
            flag: columns.take()?,
            created_at: columns.take()?,
            amount: columns.take()?,
            meta: columns.take()?,
            note: columns.take()?,
        })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        *self = Self::decode(columns)?;
        Ok(())
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
        out.put(&self.name);
        out.put(&self.body);
        out.put(&self.small);
        out.put(&self.large);
        out.put(&self.flag);
        out.put(&self.created_at);
        out.put(&self.amount);
        out.put(&self.meta);
        out.put(&self.note);
    }

    fn encode_key<'a>(key: &'a Uuid, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

fn rows(count: usize) -> Vec<Row> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = |length: usize| (0..length).map(|_| random.alphanumeric()).collect::<String>();
    let mut texts: Vec<[String; 4]> = Vec::new();
    texts.resize_with(count, || [text(24), text(80), text(108), text(12)]);
    let row = |(at, [name, body, meta, note]): (usize, [String; 4])| Row {
        id: Uuid::from_u128(random.u128(..)),
        name,
        body,
        small: random.i32(..),
        large: random.i64(..),
        flag: random.bool(),
        created_at: Timestamp::from_microsecond(1_700_000_000_000_000 + random.i64(0..1 << 40)).unwrap(),
        amount: format!("{}.{:02}", random.u32(..), random.u32(0..100)).parse().unwrap(),
        meta: Json::from_text(format!(r#"{{"key": "{meta}"}}"#)),
        note: (at % 3 == 0).then_some(note),
    };
    texts.into_iter().enumerate().map(row).collect()
}

/// Takes the rows of a start into a map.
#[derive(Default)]
struct IntoMap(HashMap<Uuid, Row>);

impl LoadRows for IntoMap {
    fn load(&mut self, _: Saved, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        let row = Row::decode(columns)?;
        self.0.insert(row.id, row);
        Ok(())
    }

    fn discard(&mut self, _: Saved) {
        self.0.clear();
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn open(dir: &Path) -> (Partition, IntoMap, Instance, Opened) {
    let partition = SqliteStore::in_dir(dir).unwrap().partition("bench").unwrap();
    let opening = partition.open_instance(&SHAPE, "bench#1".to_owned(), 0, IntoMap::default());
    let (map, instance, opened) = wait(opening).unwrap();
    (partition, map, instance, opened)
}

fn batch(target: Target, changes: Vec<RowChange>) -> Batch {
    let position = Position { handle: "1-1".to_owned(), offset: "0_0".to_owned() };
    Batch { target, changes, position, up_to_date_at: Some(0) }
}

fn load(dir: &Path, chunks: Vec<Vec<RowChange>>) {
    let (_partition, _, instance, _) = open(dir);
    let last = chunks.len() - 1;
    for (at, chunk) in chunks.into_iter().enumerate() {
        let target = if at == last { Target::Complete { first: at == 0 } } else { Target::Filling { first: at == 0 } };
        wait(instance.commit(batch(target, chunk), Duration::ZERO)).unwrap();
    }
}

/// What a run took, and a checksum of what it did.
fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Alternating runs of both sides.
fn compare(what: &str, promise: f64, mut ours: impl FnMut() -> Duration, mut theirs: impl FnMut() -> Duration) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        their_times.push(theirs());
        our_times.push(ours());
    }
    let (ours, theirs) = (median(our_times), median(their_times));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what:<48} {theirs:>12.2?} {ours:>12.2?} {ratio:>6.2} x   (at most {promise} x)");
}

fn main() {
    let count = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let rows = rows(count);
    let shared: Vec<Arc<Row>> = rows.iter().cloned().map(Arc::new).collect();
    let put = |row: &Arc<Row>| RowChange::Put(Arc::clone(row) as _);
    let chunks = || shared.chunks(CHUNK).map(|chunk| chunk.iter().map(put).collect()).collect::<Vec<Vec<_>>>();
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs.db"));
    let clear = || {
        let _ = std::fs::remove_dir_all(&ours);
        let _ = std::fs::remove_file(&theirs);
    };
    println!("{:<48} {:>12} {:>12}", format!("{count} rows"), "by hand", "store");

    for (what, cache_kib) in
        [("first load, indexed, to the closed file", CACHE_KIB), ("  by hand with 2 MB of cache", 2000)]
    {
        let our_load = || {
            clear();
            let chunks = chunks();
            timed(|| load(&ours, chunks))
        };
        compare(what, 1.1, our_load, || {
            clear();
            timed(|| baseline::load(&theirs, &rows, cache_kib))
        });
    }

    clear();
    load(&ours, chunks());
    baseline::load(&theirs, &rows, CACHE_KIB);
    let expected: HashMap<Uuid, Row> = rows.iter().map(|row| (row.id, row.clone())).collect();
    assert!(open(&ours).1.0 == expected && baseline::hydrate(&theirs, CACHE_KIB) == expected, "both hold all fields");
    compare(
        "start from the closed file, into a map",
        1.2,
        || timed(|| drop(std::hint::black_box(open(&ours).1))),
        || timed(|| drop(std::hint::black_box(baseline::hydrate(&theirs, CACHE_KIB)))),
    );

    let (_partition, _, instance, _) = open(&ours);
    let connection = baseline::connect(&theirs, CACHE_KIB);
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let mut one_row = baseline::one_row(&connection);
    let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = fastrand::Rng::with_seed(2);
    let (mut picks, mut more_picks) = (random.clone(), random.fork());
    compare(
        "one row and the position, p50 of 2,000",
        2.0,
        || {
            let one = || {
                let change = put(&shared[picks.usize(0..count)]);
                timed(|| {
                    executor.block_on(instance.commit(batch(Target::Current, vec![change]), Duration::ZERO)).unwrap()
                })
            };
            median(std::iter::repeat_with(one).take(2000).collect())
        },
        || {
            let one = || {
                let row = &rows[more_picks.usize(0..count)];
                timed(|| one_row(row))
            };
            median(std::iter::repeat_with(one).take(2000).collect())
        },
    );
}
