//! Captured exchanges with a real server and hand-written shapes of their tables: for tests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::columns::{ColumnError, Columns, Encoder};
use crate::definition::{Column, Filter, Load, LocalTable, Newest, Policy, Replica, ShapeDefinition, Table, Transport};
use crate::expr::{Comparison, Expr, Kind, Operand};
use crate::log::{Log, LogError, Message, Operation};
use crate::shape::Shape;
use crate::value::Numeric;

/// One captured response.
#[derive(Clone)]
pub(crate) struct Capture {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Capture {
    pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/captures");

    /// The capture whose file name begins so; the only one.
    pub(crate) fn load(prefix: &str) -> Self {
        let mut found = std::fs::read_dir(Self::FOLDER)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
        let path = found.next().unwrap_or_else(|| panic!("no capture {prefix}"));
        assert!(found.next().is_none(), "several captures {prefix}");
        Self::parse(&std::fs::read(path).unwrap())
    }

    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        Self { status, headers, body }
    }

    /// Capture 14 shows the framing of chunks; this takes it off.
    pub(crate) fn dechunked(mut self) -> Self {
        let (mut body, mut rest) = (Vec::new(), self.body.as_slice());
        loop {
            let end = rest.windows(2).position(|window| window == b"\r\n").unwrap();
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
            if size == 0 {
                break;
            }
            body.extend_from_slice(&rest[end + 2..end + 2 + size]);
            rest = &rest[end + 2 + size + 2..];
        }
        self.body = body;
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }
}

/// Why a body was not applied.
#[derive(Debug)]
pub(crate) enum Fault {
    Log(LogError),
    Column(ColumnError),
}

/// Applies a body to rows as a collection does; returns its last message. Rows stay as they were on an error.
pub(crate) fn apply<S: Shape>(body: &[u8], rows: &mut BTreeMap<S::Key, S>) -> Result<Option<Message>, Fault> {
    let mut after = rows.clone();
    let mut log = Log::new(body, S::DEFINITION).map_err(Fault::Log)?;
    let mut columns = log.columns();
    let mut last = None;
    while let Some(message) = log.next(&mut columns).map_err(Fault::Log)? {
        if let Message::Change(change) = &message {
            let key = S::decode_key(&columns).map_err(Fault::Column)?;
            match change.operation {
                Operation::Insert => {
                    after.insert(key, S::decode(&mut columns).map_err(Fault::Column)?);
                }
                Operation::Update => {
                    if let Some(row) = after.get_mut(&key) {
                        row.merge(&mut columns).map_err(Fault::Column)?;
                    }
                }
                Operation::Delete => {
                    after.remove(&key);
                }
            }
        }
        last = Some(message);
    }
    *rows = after;
    Ok(last)
}

const fn column(name: &'static str, pg_type: &'static str, dims: u8, not_null: bool) -> Column {
    Column { name, pg_type, dims, not_null, local: name, stored_as: "" }
}

const fn definition(
    name: &'static str,
    columns: &'static [Column],
    key: &'static [u16],
    transport: Transport,
    load: Load,
) -> ShapeDefinition {
    ShapeDefinition {
        name,
        table: Table { schema: "public", name },
        columns,
        key,
        filter: None,
        params: &[],
        request: 0,
        replica: if matches!(load, Load::FromNow) { Replica::Full } else { Replica::Default },
        load,
        policy: Policy { kept: false, flush_within_ms: 0, stale_after_s: 86_400, max_age_s: None, transport },
        local: LocalTable { table: name, create: "", indexes: &[], view: "", fingerprint: 0 },
    }
}

macro_rules! shape {
    ($(#[$doc:meta])* $row:ident of $table:literal by $transport:ident, load $load:expr, key $key_at:literal $key:ident: $key_type:ty,
     { $($field:ident: $type:ty = $pg_type:literal $dims:literal $not_null:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct $row { $(pub(crate) $field: $type),* }

        impl Shape for $row {
            type Key = $key_type;
            type Params = ();
            const DEFINITION: &'static ShapeDefinition = &definition(
                $table,
                &[$(column(stringify!($field), $pg_type, $dims, $not_null)),*],
                &[$key_at],
                Transport::$transport,
                $load,
            );

            fn key(&self) -> $key_type {
                self.$key.clone()
            }

            fn decode_key(columns: &Columns<'_>) -> Result<$key_type, ColumnError> {
                columns.peek($key_at)
            }

            fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
                Ok(Self { $($field: columns.take()?),* })
            }

            fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
                $(columns.merge(&mut self.$field)?;)*
                Ok(())
            }

            fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
                $(out.put(&self.$field);)*
            }

            fn encode_key<'a>(key: &'a $key_type, out: &mut Encoder<'a>) {
                out.put(key);
            }
        }
    };
}

shape! {
    /// Captures 05 to 16. The key isn't the first column, and no column stands where the server sends it.
    Item of "items" by LongPoll, load Load::All, key 1 id: i32, {
        title: String = "text" 0 true,
        id: i32 = "int4" 0 true,
        n: Option<i32> = "int4" 0 false,
        note: Option<String> = "text" 0 false,
        done: bool = "bool" 0 true,
    }
}

shape! {
    /// Captures 01 to 04: some of the 40 columns.
    AllTypes of "all_types" by LongPoll, load Load::All, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        i2: Option<i16> = "int2" 0 false,
        i8: i64 = "int8" 0 true,
        f8: Option<f64> = "float8" 0 false,
        num: Option<Numeric> = "numeric" 0 false,
        b: Option<bool> = "bool" 0 false,
        t: Option<String> = "text" 0 false,
        u: Option<Uuid> = "uuid" 0 false,
        tstz: Option<String> = "timestamptz" 0 false,
        d: Option<String> = "date" 0 false,
        jb: Option<String> = "jsonb" 0 false,
        by: Option<Vec<u8>> = "bytea" 0 false,
        m: Option<String> = "mood" 0 false,
        i4aa: Option<String> = "int4" 2 false,
    }
}

shape! {
    /// The first row of capture 01 alone has values that jiff holds.
    Dates of "all_types" by LongPoll, load Load::All, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        tstz: Option<Timestamp> = "timestamptz" 0 false,
        d: Option<Date> = "date" 0 false,
    }
}

shape! {
    /// Captures A1 to A5.
    Gone of "gone" by LongPoll, load Load::All, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        v: Option<String> = "text" 0 false,
    }
}

shape! {
    /// As `Gone`, followed by events.
    BusyGone of "gone" by Events, load Load::All, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        v: Option<String> = "text" 0 false,
    }
}

/// The two newest rows by `id`, which is the key.
const LAST_TWO: Load = Load::Newest(Newest {
    count: 2,
    order: &[0],
    order_by: "\"id\" desc",
    older: Filter {
        sql: "\"id\" < $1",
        expr: Expr::Compare {
            op: Comparison::Less,
            kind: Kind::Integer,
            left: Operand::Column(Cow::Borrowed("id")),
            right: Operand::Param(0),
        },
    },
    older_undated: None,
});

shape! {
    /// As `Gone`, its newest rows.
    LastGone of "gone" by LongPoll, load LAST_TWO, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        v: Option<String> = "text" 0 false,
    }
}

shape! {
    /// As `Gone`, from now on, with whole rows.
    ComingGone of "gone" by LongPoll, load Load::FromNow, key 0 id: i32, {
        id: i32 = "int4" 0 true,
        v: Option<String> = "text" 0 false,
    }
}

shape! {
    /// As `Item`, followed by events.
    BusyItem of "items" by Events, load Load::All, key 1 id: i32, {
        title: String = "text" 0 true,
        id: i32 = "int4" 0 true,
        n: Option<i32> = "int4" 0 false,
        note: Option<String> = "text" 0 false,
        done: bool = "bool" 0 true,
    }
}
