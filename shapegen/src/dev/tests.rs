//! SQL in, rows and the protocol out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use shapegen_server::{Follower, RowChange, Source, TableName, Transaction};

use super::source::{OpenError, Refused, SqliteSource};
use super::{Database, Dev};
use crate::catalog::{Catalog, Script};
use crate::diagnostics::Report;
use crate::generate::load;
use crate::source::SourceMap;

const SCHEMA: &str = "
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE people (
    id serial PRIMARY KEY,
    email varchar(20) NOT NULL UNIQUE,
    mood mood NOT NULL DEFAULT 'ok'::mood,
    active boolean DEFAULT true,
    score numeric(6, 2),
    tags text[] NOT NULL DEFAULT '{}',
    meta jsonb DEFAULT '{\"b\":1,\"a\":2}',
    created_at timestamptz NOT NULL DEFAULT now(),
    shout text GENERATED ALWAYS AS (upper(email)) STORED
);
CREATE TABLE notes (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text NOT NULL, kind text DEFAULT lower('X'));
CREATE TABLE \"Odd\" (\"Id\" int, \"_row\" text, PRIMARY KEY (\"Id\", \"_row\"));
CREATE VIEW v AS SELECT 1;
";

fn open(folder: &Path, schema: &str) -> Result<SqliteSource, OpenError> {
    let mut sources = SourceMap::default();
    let file = sources.add("schema.sql", schema);
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    assert!(!report.has_errors(), "{}", report.render(&sources, false));
    SqliteSource::open(&folder.join("dev.db"), catalog.into(), &sources)
}

/// The rows of a table, values with `|` between them.
fn rows(source: &SqliteSource, table: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let visit = &mut |_, row: &shapegen_server::Row| {
        let values: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
        rows.push(values.join("|"));
    };
    source.snapshot(&[TableName::new("public", table)], visit).unwrap();
    rows
}

fn refused(source: &SqliteSource, sql: &str) -> (String, String) {
    match source.run(sql) {
        Err(Refused::Text(refused)) => (refused.message.clone(), refused.to_string()),
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn inserts_take_literals_and_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    source
        .run(
            "-- three rows, one transaction
             INSERT INTO people (email, mood, score, tags, created_at) VALUES
                 ('a@x', 'happy', 1.005, ARRAY['x', 'y z', NULL], '2024-01-02T03:04:05Z'),
                 (E'it''s', DEFAULT, -2, '{ a , \"b,c\" }', timestamptz '2024-01-02 03:04:05+02');
             insert into public.people (id, email, active, created_at, meta)
                 values (7, $$c@x$$, 'no', '2024-01-02', null);",
        )
        .unwrap();
    assert_eq!(
        rows(&source, "people"),
        [
            r#"1|a@x|happy|t|1.01|{x,"y z",NULL}|{"a": 2, "b": 1}|2024-01-02 03:04:05+00"#,
            r#"2|it's|ok|t|-2.00|{a,"b,c"}|{"a": 2, "b": 1}|2024-01-02 01:04:05+00"#,
            "7|c@x|ok|f|NULL|{}|NULL|2024-01-02 00:00:00+00",
        ]
    );
    source.run("INSERT INTO notes (body, kind) VALUES ('x', NULL)").unwrap();
    source.run("INSERT INTO \"Odd\" VALUES (1, 'a'), (1, 'b')").unwrap();
    assert_eq!(rows(&source, "Odd"), ["1|a", "1|b"]);
    let note = &rows(&source, "notes")[0];
    assert!(note.len() == 43 && note.ends_with("|x|NULL"), "{note}");
}

#[test]
fn updates_and_deletes_find_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    let at = "timestamptz '2024-01-01 00:00:00+00'";
    source
        .run(&format!(
            "INSERT INTO people (email, score, created_at) VALUES ('a', 1, {at}), ('b', 2, {at}), ('c', NULL, {at})"
        ))
        .unwrap();
    let count = |sql: &str| source.run(sql).unwrap().changes.len();
    assert_eq!(count("UPDATE people SET mood = 'sad' WHERE score >= 1.50"), 1);
    assert_eq!(count("UPDATE people SET email = 'z', active = false WHERE id = 3"), 1);
    assert_eq!(count("UPDATE people SET meta = DEFAULT WHERE id = 1 AND email = 'other'"), 0);
    assert_eq!(count("UPDATE people SET score = 5 WHERE mood = 'ok' AND NOT score IS NULL"), 1);
    assert_eq!(count("DELETE FROM people WHERE id IN (2, 9)"), 1);
    let mut seen = String::new();
    for row in rows(&source, "people") {
        writeln!(seen, "{}", row.split('|').take(5).collect::<Vec<_>>().join("|")).unwrap();
    }
    assert_eq!(seen, "1|a|ok|t|5.00\n3|z|ok|f|NULL\n");

    let committed = source.run("UPDATE people SET id = 4 WHERE id = 3; DELETE FROM people; TRUNCATE people").unwrap();
    let told = |transaction: &Transaction| -> Vec<&str> {
        let what = |row: &RowChange| match row {
            RowChange::Insert { .. } => "insert",
            RowChange::Update { .. } => "update",
            RowChange::Delete { .. } => "delete",
            RowChange::Truncate => "truncate",
        };
        transaction.changes.iter().map(|change| what(&change.row)).collect()
    };
    assert_eq!(told(&committed), ["update", "delete", "delete", "truncate"]);
    source.run("TRUNCATE TABLE people RESTART IDENTITY; INSERT INTO people (email) VALUES ('new')").unwrap();
    assert!(rows(&source, "people")[0].starts_with("1|new|"));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    source.run("INSERT INTO people (email) VALUES ('a'); INSERT INTO notes (body, kind) VALUES ('n', 'k')").unwrap();
    let before = (rows(&source, "people"), rows(&source, "notes"));
    let mut said = String::new();
    for sql in [
        "INSERT INTO people (email) VALUES ('b'), ('a')",
        "INSERT INTO people (id, email) VALUES (1, 'b')",
        "UPDATE people SET email = NULL",
        "INSERT INTO people (mood) VALUES ('ok')",
        "INSERT INTO people (email) VALUES ('much longer than twenty')",
        "INSERT INTO people (email, mood) VALUES ('b', 'hapy')",
        "INSERT INTO people (email, score) VALUES ('b', 12345)",
        "INSERT INTO people (email, active) VALUES ('b', 1)",
        "INSERT INTO people (emial) VALUES ('b')",
        "INSERT INTO people (shout) VALUES ('b')",
        "INSERT INTO peple (email) VALUES ('b')",
        "INSERT INTO v VALUES (1)",
        "INSERT INTO people (email) VALUES ('b', 'c')",
        "INSERT INTO people (email, email) VALUES ('b', 'c')",
        "INSERT INTO people (email) SELECT 'b'",
        "INSERT INTO people (email) VALUES ('b') ON CONFLICT DO NOTHING",
        "INSERT INTO people (email) VALUES ('b') RETURNING id",
        "INSERT INTO people (email) VALUES (lower('B'))",
        "INSERT INTO people (email) VALUES ('b'::bytea)",
        "INSERT INTO notes (body) VALUES ('no kind')",
        "UPDATE people SET score = score + 1",
        "UPDATE people SET score = 1, score = 2",
        "UPDATE people SET active = false WHERE emial = 'a'",
        "UPDATE people SET active = false WHERE id = 'x'",
        "UPDATE people SET active = false WHERE id = $1",
        "UPDATE people SET active = false FROM notes",
        "DELETE FROM people WHERE",
        "DELETE FROM people USING notes",
        "TRUNCATE people CASCADE",
        "SELECT 1",
        "BEGIN",
        "DROP TABLE people",
        "DELETE FROM people; INSERT INTO notes (body) VALUES (NULL)",
        "INSERT INTO notes (body) VALUES ('never closed",
        &format!("INSERT INTO notes (body) VALUES {}", "(".repeat(10_000)),
    ] {
        let (message, details) = refused(&source, sql);
        let sql = sql.trim_end_matches('(');
        assert!(details.contains(&message), "{sql}: {details}");
        writeln!(said, "{sql}\n    {}", details.lines().next().unwrap_or_default()).unwrap();
    }
    assert_eq!((rows(&source, "people"), rows(&source, "notes")), before);
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(said) });
}

#[test]
fn a_refusal_shows_the_place_in_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    let (_, details) = refused(&source, "INSERT INTO people (email) VALUES ('a');\nUPDATE people SET email = NULL");
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(details) });
}

#[test]
fn rows_and_positions_survive_a_restart_and_a_wider_schema() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    let first = source.run("INSERT INTO people (email) VALUES ('a')").unwrap();
    assert!(matches!(open(folder.path(), SCHEMA), Err(OpenError::InUse)));
    let before = rows(&source, "people");
    drop(source);

    let source = open(folder.path(), SCHEMA).unwrap();
    assert_eq!(rows(&source, "people"), before);
    let second = source.run("INSERT INTO people (email) VALUES ('b')").unwrap();
    assert!(second.lsn > first.lsn && second.txid > first.txid);
    assert!(rows(&source, "people")[1].starts_with("2|b|"), "the counter goes on");
    drop(source);

    let wider = SCHEMA.replace("email varchar(20)", "nick text NOT NULL DEFAULT 'none', email varchar(20)");
    let source = open(folder.path(), &wider).unwrap();
    assert!(rows(&source, "people")[0].starts_with("1|none|a|"));
    drop(source);
    let narrow = SCHEMA.replace("email varchar(20)", "must int NOT NULL, email varchar(20)");
    assert!(matches!(open(folder.path(), &narrow), Err(OpenError::Prepare(_))));
}

/// Sends a request and gives status, headers by lower-case name, and body.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    more: &str,
    body: &str,
) -> (u16, BTreeMap<String, String>, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{more}\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    (status, lines.filter_map(header).collect(), body.to_owned())
}

#[test]
fn the_service_serves_tables_shapes_and_sql() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("shapes.toml");
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    let text = "schema = [\"schema.sql\"]\n[session]\nemail = { claim = \"sub\", identity = true }\n\
                [scope]\nme = \"email = $email\"\n\
                [shape]\npeople = { scope = \"me\", change_frequency = \"low\", columns = [\"id\", \"email\"] }\n";
    fs::write(&manifest, text).unwrap();
    let loaded = load(&manifest).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::Sqlite(folder.path().join("dev.db"));
        let service = Dev::new(database, ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap();
        let address = service.local_addr();
        assert!(address.ip().is_loopback());
        let client = tokio::task::spawn_blocking(move || {
            let sql = |text: &str| request(address, "POST", "/dev/sql", "", text);
            let (status, _, body) = sql("INSERT INTO people (email, score) VALUES ('ann', 1), ('bob', 3)");
            assert_eq!(status, 200, "{body}");
            assert!(body.contains("\"changes\":2"), "{body}");
            let (status, _, body) = sql("INSERT INTO people (email) VALUES ('ann')");
            assert_eq!(status, 400);
            assert!(body.contains("(email) = (ann) already"), "{body}");
            let page = "origin: https://elsewhere.example\r\n";
            assert_eq!(request(address, "POST", "/dev/sql", page, "TRUNCATE people").0, 403);

            let shape = "/v1/shape?table=people&columns=id,email&where=score+%3E+%241&params[1]=2";
            let (status, headers, body) = request(address, "GET", &format!("{shape}&offset=-1"), "", "");
            assert_eq!(status, 200, "{body}");
            assert!(body.contains(r#""value":{"email":"bob","id":"2"}"#) && !body.contains("ann"), "{body}");
            assert_eq!(
                headers["electric-schema"],
                r#"{"email":{"max_length":20,"not_null":true,"type":"varchar"},"id":{"not_null":true,"pk_index":0,"type":"int4"}}"#
            );
            let at = format!("{shape}&offset={}&handle={}", headers["electric-offset"], headers["electric-handle"]);
            sql("UPDATE people SET score = 9 WHERE email = 'ann'");
            let (_, _, body) = request(address, "GET", &format!("{at}&live=true"), "", "");
            assert!(body.contains(r#""operation":"insert""#) && body.contains(r#""email":"ann""#), "{body}");
            sql("TRUNCATE people; INSERT INTO people (email, score) VALUES ('ann', 1)");
            assert_eq!(request(address, "GET", &at, "", "").0, 409);

            let bad = "/v1/shape?table=people&columns=id,email&offset=-1&where=scoer+%3E+1";
            let (status, _, body) = request(address, "GET", bad, "", "");
            assert_eq!(status, 400);
            assert!(body.contains(r#""where":["At location 0: "#), "{body}");

            let mine = "/shapes/people?offset=-1";
            assert_eq!(request(address, "GET", mine, "", "").0, 401);
            let token = "authorization: Bearer {\"sub\":\"ann\"}\r\n";
            let (status, _, body) = request(address, "GET", mine, token, "");
            assert_eq!(status, 200, "{body}");
            assert!(body.contains(r#""email":"ann""#), "{body}");
        });
        client.await.unwrap();
        service.shutdown().await;
    });
}

/// Runs `client` against a service over the folder's schema and database, and stops the service.
fn served<T: Send + 'static>(folder: &Path, client: impl FnOnce(SocketAddr) -> T + Send + 'static) -> T {
    let manifest = folder.join("shapes.toml");
    fs::write(
        &manifest,
        "schema = [\"schema.sql\"]\n[shape]\npeople = { scope = \"public\", change_frequency = \"low\" }\n",
    )
    .unwrap();
    let loaded = load(&manifest).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::Sqlite(folder.join("dev.db"));
        let service = Dev::new(database, ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap();
        let address = service.local_addr();
        let result = tokio::task::spawn_blocking(move || client(address)).await.unwrap();
        service.shutdown().await;
        result
    })
}

#[test]
fn s_026_handles_and_logs_survive_a_restart() {
    const SHAPE: &str = "/v1/shape?table=people&columns=id,email&where=score+%3E+%241&params[1]=2";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    let get = |address, query: &str| request(address, "GET", &format!("{SHAPE}{query}"), "", "");
    let (handle, snapshot, at) = served(folder.path(), move |address| {
        sql_of(address, "INSERT INTO people (email, score) VALUES ('ann', 1), ('bob', 3)");
        let (_, headers, snapshot) = get(address, "&offset=-1");
        let handle = headers["electric-handle"].clone();
        sql_of(address, "INSERT INTO people (email, score) VALUES ('cid', 4)");
        let (_, headers, _) = get(address, &format!("&handle={handle}&offset=0_0"));
        sql_of(address, "UPDATE people SET email = 'bea' WHERE email = 'bob'");
        (handle, snapshot, headers["electric-offset"].clone())
    });

    let query = format!("&handle={handle}&offset={at}");
    let next = query.clone();
    let again = served(folder.path(), move |address| {
        let (status, _, body) = get(address, &next);
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(r#""value":{"email":"bea","id":"2"}"#) && !body.contains("cid"), "{body}");
        sql_of(address, "DELETE FROM people WHERE email = 'cid'");
        let (_, _, body) = get(address, &next);
        assert!(body.contains("bea") && body.contains(r#""operation":"delete""#), "{body}");
        let (_, headers, body) = get(address, "&offset=-1");
        assert_eq!(body, snapshot, "the same bytes as before");
        sql_of(address, "TRUNCATE people");
        headers["electric-handle"].clone()
    });
    assert_eq!(again, handle);

    let next = query.clone();
    let other = served(folder.path(), move |address| {
        let (status, headers, _) = get(address, &next);
        assert_eq!(status, 409, "the table was truncated");
        headers["electric-handle"].clone()
    });
    assert_ne!(other, handle);

    // Without the transactions there would be a hole.
    Connection::open(folder.path().join("dev.db")).unwrap().execute("DELETE FROM _log", []).unwrap();
    let query = format!("&handle={other}&offset=0_0");
    let next = query.clone();
    let status = served(folder.path(), move |address| {
        sql_of(address, "INSERT INTO people (email, score) VALUES ('dan', 5)");
        get(address, &next).0
    });
    assert_eq!(status, 200, "nothing was committed since the snapshot");
    Connection::open(folder.path().join("dev.db")).unwrap().execute("DELETE FROM _log", []).unwrap();
    let next = query.clone();
    assert_eq!(served(folder.path(), move |address| get(address, &next).0), 409);

    let handle = served(folder.path(), move |address| get(address, "&offset=-1").1["electric-handle"].clone());
    let changed = SCHEMA.replacen("email varchar(20)", "email varchar(30)", 1);
    assert_ne!(changed, SCHEMA);
    fs::write(folder.path().join("schema.sql"), changed).unwrap();
    let query = format!("&handle={handle}&offset=0_0");
    assert_eq!(served(folder.path(), move |address| get(address, &query).0), 409, "a column has another type");
}

#[test]
fn s_059_to_s_063_conditions_that_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    let cases = [
        ("score+%3E+$1", "parameter $1 was not provided"),
        ("score+%3E+$1&params[1]=x%27%20or%20true", "invalid syntax for type numeric"),
        ("score+%3E+$1+and+score+%3C+$2&params[1]=1&params[3]=2", "numbered sequentially"),
        ("now()+%3E+now()", "At location 0: "),
        ("email+~+%27a%27", "At location "),
        ("score+%2B+1", "At location "),
        ("active%3B+drop+table+people", "At location "),
        ("scoer+%3E+1", "At location 0: "),
        ("id+in+(select+id+from+nowhere)", "At location "),
        (
            "id+in+(select+id+from+people+where+active)+and+id+not+in+(select+id+from+people+where+active)",
            "At location ",
        ),
        ("id+in+(select+id+from+people+where+active)+is+true", "beside `and` and `or`"),
    ];
    served(folder.path(), move |address| {
        sql_of(address, "INSERT INTO people (email, score) VALUES ('ann', 1)");
        for (condition, said) in cases {
            let path = format!("/v1/shape?table=people&columns=id,email&offset=-1&where={condition}");
            let (status, _, body) = request(address, "GET", &path, "", "");
            assert_eq!(status, 400, "{condition}: {body}");
            assert!(body.contains(said), "{condition}: {body}");
        }
        // A value stays a value, whatever it looks like.
        let path =
            "/v1/shape?table=people&columns=id,email&offset=-1&where=email%3D$1&params[1]=x%27%20or%20%27%27%3D%27";
        let (status, _, body) = request(address, "GET", path, "", "");
        assert!(status == 200 && !body.contains("ann"), "{body}");
    });
}

fn sql_of(address: SocketAddr, text: &str) {
    assert_eq!(request(address, "POST", "/dev/sql", "", text).0, 200);
}

/// Asks, while it is told of a commit, how far a snapshot of that moment reaches.
struct Asking {
    source: SqliteSource,
    found: Mutex<Vec<(u64, Option<u64>)>>,
}

impl Follower for Asking {
    fn committed(&self, transaction: &Arc<Transaction>) {
        self.found.lock().unwrap().push((transaction.lsn, self.source.lsn().unwrap()));
    }

    fn table_changed(&self, _: &TableName) {}
}

#[test]
fn s_050_a_snapshot_reaches_as_far_as_the_last_commit_also_before_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(folder.path(), SCHEMA).unwrap();
    let asking = Arc::new(Asking { source: source.clone(), found: Mutex::default() });
    let follower: Arc<dyn Follower> = asking.clone();
    let before = source.follow(Arc::downgrade(&follower));
    assert_eq!(source.lsn().unwrap(), Some(before));
    let lsn = source.run("INSERT INTO notes (body, kind) VALUES ('x', 'y')").unwrap().lsn;
    assert_eq!(*asking.found.lock().unwrap(), [(lsn, Some(lsn))]);
}
