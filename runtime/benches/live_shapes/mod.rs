//! Many live shapes in one process: how soon they are there, what they hold, how soon all have a change.

use std::borrow::Cow;
use std::time::Instant;

use shapegen_runtime::columns::{ColumnError, Columns, Encoder};
use shapegen_runtime::definition::{
    Column, Filter, Load, LocalTable, Param, ParamSource, Policy, Replica, ShapeDefinition, Table, Transport,
};
use shapegen_runtime::expr::Expr;
use shapegen_runtime::shape::ShapeParams;
use shapegen_runtime::{Client, Collection, Mode, Shape};
use tokio::runtime::Runtime;

use crate::open_files::affordable_connections;
use crate::replay::Replay;

const SHAPES: usize = 1_000;
const ROWS: usize = 10;

#[derive(Debug, Clone, PartialEq)]
struct Small {
    id: i64,
}

#[derive(Debug, Clone, PartialEq)]
struct OfList {
    list: i64,
}

impl ShapeParams for OfList {
    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.list);
    }
}

impl Shape for Small {
    type Key = i64;
    type Params = OfList;
    const DEFINITION: &'static ShapeDefinition = &ShapeDefinition {
        name: "small",
        table: Table { schema: "public", name: "small" },
        columns: &[Column::new("id", "int8").not_null()],
        key: &[0],
        filter: Some(Filter { sql: "list = $1", expr: Expr::All(Cow::Borrowed(&[])) }),
        params: &[Param { name: "list", from: ParamSource::Caller, pg_type: "int8" }],
        request: 1,
        load: Load::All,
        replica: Replica::Default,
        policy: Policy {
            kept: false,
            flush_within_ms: 0,
            stale_after_s: 86_400,
            max_age_s: None,
            transport: Transport::LongPoll,
        },
        local: LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 },
    };

    fn key(&self) -> i64 {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<i64, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self { id: columns.take()? })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
    }

    fn encode_key<'a>(key: &'a i64, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

fn body(ids: std::ops::Range<usize>) -> Vec<u8> {
    let row = |id| format!(r#"{{"key":"{id}","value":{{"id":"{id}"}},"headers":{{"operation":"insert"}}}},"#);
    let rows: String = ids.map(row).collect();
    format!(r#"[{rows}{{"headers":{{"control":"up-to-date"}}}}]"#).into_bytes()
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

pub fn measure(runtime: &Runtime) {
    let count = affordable_connections(SHAPES);
    let replay = Replay::serve(vec![body(0..ROWS)], Small::DEFINITION, None);
    let client = Client::builder(&*replay.url).mode(Mode::Electric).build().unwrap();
    let before = resident();
    let start = Instant::now();
    let shapes: Vec<Collection<Small>> =
        (0..count).map(|list| client.collection(OfList { list: i64::try_from(list).unwrap() })).collect();
    let until = |rows: usize| {
        runtime.block_on(async {
            for shape in &shapes {
                let (mut snapshot, mut changes) = shape.subscribe();
                while snapshot.len() < rows {
                    changes.next().await.unwrap();
                    snapshot = shape.snapshot();
                }
            }
        });
    };
    until(ROWS);
    println!("{count} live shapes of {ROWS} rows in one process");
    println!("  all there after {:.1?}", start.elapsed());
    // Until each polls.
    while !replay.take_requests().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let each = (resident().saturating_sub(before)) / count as u64;
    println!("  {each} bytes each, with its connection on both sides");
    let start = Instant::now();
    replay.change(&body(ROWS..ROWS + 1));
    until(ROWS + 1);
    println!("  a change is in all of them after {:.1?}", start.elapsed());
}
