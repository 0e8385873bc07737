//! What the tests share: a bare HTTP client, tables, and shapes that a program would have generated.

use std::net::SocketAddr;
use std::time::Duration;

use shapegen_runtime::Shape;
use shapegen_runtime::columns::{ColumnError, Columns, Encoder};
use shapegen_runtime::definition::{
    Column as ShapeColumn, Filter, Load, LocalTable, Newest, Param, ParamSource, Policy, Replica, ShapeDefinition,
    Table, Transport,
};
use shapegen_runtime::expr::{Comparison, Expr, Kind, Operand, Select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::testing::Answer;
use crate::{Column, Listening, MemorySource, Service, ServiceBuilder, TableDefinition, TableName};

/// Sends one request and reads the answer.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    send_body(address, method, path, headers, "").await
}

/// As [`send`], with a body.
pub(crate) async fn send_body(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let mut stream = EventStream::open(address, method, path, &format!("{length}{headers}"), body).await;
    stream.rest().await
}

pub(crate) async fn post(service: &Listening, path: &str, body: &str) -> Answer {
    send_body(service.local_addr(), "POST", path, "content-type: application/json\r\n", body).await
}

/// An answer that is read as it comes.
pub(crate) struct EventStream {
    connection: TcpStream,
    received: Vec<u8>,
    /// How many blocks were taken.
    taken: usize,
}

impl EventStream {
    async fn open(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Self {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n{body}");
        connection.write_all(request.as_bytes()).await.unwrap();
        Self { connection, received: Vec::new(), taken: 0 }
    }

    /// Asks for events, and reads the answer's head.
    pub(crate) async fn get(service: &Listening, path: &str) -> Self {
        let mut stream = Self::open(service.local_addr(), "GET", path, "", "").await;
        while !stream.received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            assert!(stream.read().await, "no head in {:?}", String::from_utf8_lossy(&stream.received));
        }
        stream
    }

    /// False when all was read.
    async fn read(&mut self) -> bool {
        self.connection.read_buf(&mut self.received).await.unwrap() > 0
    }

    /// Reads the whole answer.
    pub(crate) async fn rest(&mut self) -> Answer {
        while self.read().await {}
        self.answer()
    }

    /// What came so far: the head, and the body as far as its chunks are whole.
    fn parts(&self) -> (String, String) {
        let received = String::from_utf8(self.received.clone()).unwrap();
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        let chunked = head.contains("transfer-encoding: chunked");
        (head.to_owned(), if chunked { dechunked(body) } else { body.to_owned() })
    }

    pub(crate) fn answer(&self) -> Answer {
        let (head, body) = self.parts();
        Answer::parse(&format!("{head}\r\n\r\n{body}"))
    }

    /// The next block, without the blank line behind it; `None` when the stream has ended.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            let (_, body) = self.parts();
            let block = body.split_inclusive("\n\n").nth(self.taken).and_then(|block| block.strip_suffix("\n\n"));
            if let Some(block) = block {
                self.taken += 1;
                return Some(block.to_owned());
            }
            if !self.read().await {
                return None;
            }
        }
    }
}

/// The whole chunks of a body.
fn dechunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        let Some(chunk) = rest.get(..length) else { break };
        text.push_str(chunk);
        body = rest.get(length + 2..).unwrap_or_default();
    }
    text
}

pub(crate) async fn get(service: &Listening, path: &str) -> Answer {
    send(service.local_addr(), "GET", path, "").await
}

/// Sends a live request, and runs `write` once it is held.
pub(crate) async fn get_held(service: &Listening, path: &str, write: impl FnOnce()) -> Answer {
    let (address, path) = (service.local_addr(), path.to_owned());
    let mut held = service.held();
    let request = tokio::spawn(async move { send(address, "GET", &path, "").await });
    held.wait_for(|held| *held == 1).await.unwrap();
    write();
    request.await.unwrap()
}

/// The tables of the captures, as far as the tests need them.
pub(crate) fn capture_tables() -> MemorySource {
    let source = MemorySource::new([]).unwrap();
    let column = |&(name, pg_type, not_null): &(&str, &str, bool)| Column::new(name, pg_type, not_null);
    let define = |name: &str, columns: &[(&str, &str, bool)], key: &[&str]| {
        source.define(TableDefinition::new(table(name), columns.iter().map(column).collect(), key));
    };
    let items = [
        ("id", "int4", true),
        ("title", "text", true),
        ("done", "bool", true),
        ("n", "int4", false),
        ("note", "text", false),
    ];
    define("items", &items, &["id"]);
    define("comp_pk", &[("a", "int4", true), ("b", "text", true), ("v", "text", false)], &["a", "b"]);
    define("nopk", &[("a", "int4", false), ("b", "text", false)], &[]);
    define("gone", &[("id", "int4", true), ("v", "text", false)], &["id"]);
    define("projects", &[("id", "int4", true), ("owner", "text", true)], &["id"]);
    define("issues", &[("id", "int4", true), ("project_id", "int4", true), ("title", "text", false)], &["id"]);
    define("all_types", &[("id", "int4", true), ("m", "mood", false)], &["id"]);
    define("parted", &[("id", "int4", true), ("d", "int4", true), ("v", "text", false)], &["id", "d"]);
    source
        .transaction(|tx| {
            for n in ["1", "2", "3", "4", "5"] {
                tx.insert_row(&table("items"), &[Some(n), Some(&format!("item {n}")), Some("f"), Some(n), None]);
            }
            for row in [["1", "x/y", "v1"], ["2", "q\"uo", "v2"], ["3", "", "empty"], ["4", "//", "slashes"]] {
                tx.insert_row(&table("comp_pk"), &row.map(Some));
            }
            for row in [[Some("1"), Some("x")], [Some("1"), Some("x")], [Some("2"), None]] {
                tx.insert_row(&table("nopk"), &row);
            }
            tx.insert_row(&table("gone"), &[Some("1"), Some("a")]);
            for row in [["1", "ann"], ["2", "bob"]] {
                tx.insert_row(&table("projects"), &row.map(Some));
            }
            for row in [["1", "1", "i1"], ["2", "1", "i2"], ["3", "2", "i3"]] {
                tx.insert_row(&table("issues"), &row.map(Some));
            }
            tx.insert_row(&table("all_types"), &["1", "happy"].map(Some));
            tx.insert_row(&table("all_types"), &["2", "sad"].map(Some));
            tx.insert_row(&table("parted"), &["1", "1", "p1"].map(Some));
            tx.insert_row(&table("parted"), &["2", "11", "p2"].map(Some));
        })
        .unwrap();
    source
}

pub(crate) fn table(name: &str) -> TableName {
    TableName::new("public", name)
}

fn compare(op: Comparison, column: &'static str, kind: Kind, right: Operand) -> Expr {
    Expr::Compare { op, kind, left: Operand::Column(column.into()), right }
}

/// Stands in for the SQL front end: the conditions that the tests use, and the messages of the captures.
pub(crate) fn parse_where(_: &TableDefinition, text: &str, _: &[String]) -> Result<Expr, String> {
    let param = |op, at| compare(op, "n", Kind::Integer, Operand::Param(at));
    match text {
        "n = $1" => Ok(param(Comparison::Equal, 0)),
        "id = 5" => Ok(compare(Comparison::Equal, "id", Kind::Integer, Operand::literal("5"))),
        "id = -1" => Ok(compare(Comparison::Equal, "id", Kind::Integer, Operand::literal("-1"))),
        "id = 5 OR id = 7" => Ok(Expr::Any(
            ["5", "7"].map(|id| compare(Comparison::Equal, "id", Kind::Integer, Operand::literal(id))).to_vec().into(),
        )),
        "owner = 'bob'" => Ok(compare(Comparison::Equal, "owner", Kind::Text, Operand::literal("bob"))),
        "title = 'x'" => Ok(compare(Comparison::Equal, "title", Kind::Text, Operand::literal("x"))),
        "m = 'happy'" => Ok(compare(Comparison::Equal, "m", Kind::Text, Operand::literal("happy"))),
        "m = 'nobody'" => Err("At location 4: invalid value for enum mood: nobody".to_owned()),
        "panic" => panic!("in the embedder's parser"),
        "n > $1" => Ok(param(Comparison::Greater, 0)),
        // The interpreter has no LIKE yet; in the captures' rows it leaves out the one with this title.
        "n > $1 AND title LIKE $2" => Ok(Expr::All(
            vec![
                param(Comparison::Greater, 0),
                compare(Comparison::NotEqual, "title", Kind::Text, Operand::Literal("five".into())),
            ]
            .into(),
        )),
        "project_id IN (SELECT id FROM projects WHERE owner = 'ann')" => Ok(Expr::InSelect {
            operands: vec![Operand::column("project_id")].into(),
            kinds: vec![Kind::Integer].into(),
            select: vec![Select {
                schema: "public".into(),
                table: "projects".into(),
                columns: vec!["id".into()].into(),
                condition: compare(Comparison::Equal, "owner", Kind::Text, Operand::literal("ann")),
            }]
            .into(),
            negated: false,
        }),
        "n >" => Err("At location 18: syntax error at end of input".to_owned()),
        "nope = 1" => Err("At location 0: unknown reference nope".to_owned()),
        "n + 1" => Err("WHERE clause must return a boolean".to_owned()),
        "now() > now()" => Err("At location 0: unknown or unsupported function now/0".to_owned()),
        text => Err(format!("the test's parser doesn't know `{text}`")),
    }
}

/// A builder over the captures' tables, whose live requests wait long enough for any write of a test.
pub(crate) fn builder(source: &MemorySource) -> ServiceBuilder {
    Service::builder(source.clone()).where_parser(parse_where).long_poll(Duration::from_secs(600))
}

pub(crate) async fn listen(builder: ServiceBuilder) -> Listening {
    builder.bind("127.0.0.1:0").await.unwrap()
}

const LOCAL: LocalTable = LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 };
const POLICY: Policy =
    Policy { kept: false, flush_within_ms: 0, stale_after_s: 0, max_age_s: None, transport: Transport::LongPoll };

const fn shape_column(name: &'static str, pg_type: &'static str, not_null: bool) -> ShapeColumn {
    ShapeColumn { name, pg_type, dims: 0, not_null, local: name, stored_as: "" }
}

/// `select id, owner, live from streams where owner = $owner and n > $above`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    pub(crate) id: i32,
    pub(crate) owner: String,
    pub(crate) live: bool,
}

static STREAMS: ShapeDefinition = ShapeDefinition {
    name: "streams",
    table: Table { schema: "public", name: "streams" },
    columns: &[
        shape_column("id", "int4", true),
        shape_column("owner", "text", true),
        shape_column("live", "bool", true),
    ],
    key: &[0],
    filter: Some(Filter {
        sql: "owner = $1 and id > $2",
        expr: Expr::All(std::borrow::Cow::Borrowed(&[
            Expr::Compare {
                op: Comparison::Equal,
                kind: Kind::Text,
                left: Operand::Column(std::borrow::Cow::Borrowed("owner")),
                right: Operand::Param(0),
            },
            Expr::Compare {
                op: Comparison::Greater,
                kind: Kind::Integer,
                left: Operand::Column(std::borrow::Cow::Borrowed("id")),
                right: Operand::Param(1),
            },
        ])),
    }),
    params: &[
        Param { name: "owner", from: ParamSource::Session, pg_type: "text" },
        Param { name: "above", from: ParamSource::Caller, pg_type: "int4" },
    ],
    request: 1,
    load: Load::All,
    replica: Replica::Default,
    policy: POLICY,
    local: LOCAL,
};

impl Shape for Stream {
    type Key = i32;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &STREAMS;

    fn key(&self) -> i32 {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<i32, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self { id: columns.take()?, owner: columns.take()?, live: columns.take()? })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)?;
        columns.merge(&mut self.owner)?;
        columns.merge(&mut self.live)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
        out.put(&self.owner);
        out.put(&self.live);
    }

    fn encode_key<'a>(key: &'a i32, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

/// Another part of the table: `select id, title from streams`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Title {
    pub(crate) id: i32,
    pub(crate) title: Option<String>,
}

static TITLES: ShapeDefinition = ShapeDefinition {
    name: "titles",
    table: Table { schema: "public", name: "streams" },
    columns: &[shape_column("id", "int4", true), shape_column("title", "text", false)],
    key: &[0],
    filter: None,
    params: &[],
    request: 2,
    load: Load::Newest(Newest {
        count: 1,
        order: &[0],
        order_by: "id desc",
        older: Filter {
            sql: "id < $1",
            expr: Expr::Compare {
                op: Comparison::Less,
                kind: Kind::Integer,
                left: Operand::Column(std::borrow::Cow::Borrowed("id")),
                right: Operand::Param(0),
            },
        },
        older_undated: None,
    }),
    replica: Replica::Default,
    policy: POLICY,
    local: LOCAL,
};

impl Shape for Title {
    type Key = i32;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &TITLES;

    fn key(&self) -> i32 {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<i32, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self { id: columns.take()?, title: columns.take()? })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)?;
        columns.merge(&mut self.title)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
        out.put(&self.title);
    }

    fn encode_key<'a>(key: &'a i32, out: &mut Encoder<'a>) {
        out.put(key);
    }
}
