//! Every recorded exchange with Electric 1.7.12, against the service over the same rows in PostgreSQL: requests in their
//! order, SQL while a request waits, and the same status, headers and bodies.
//!
//! What is not asked here is in a table, with the test that compares it or the reason why nothing can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use shapegen::dev::{Database as Served, Dev};

use crate::dependencies::workspace;
use crate::exchange::{Answer, assert_same};
use crate::follower::{Follower, send};
use crate::postgres::{Database, Postgres};

/// Names that begin so are compared by the test of the service's own, or differ for the reason.
const ELSEWHERE: [(&str, Why); 29] = [
    ("12_", Why::Test("a_live_request_without_news_as_in_capture_12")),
    ("14_", Why::Differs("recorded with the framing of HTTP's chunks; 05 asks for the same")),
    ("45_", Why::Test("keys_as_in_captures_40_to_45")),
    ("46_", Why::Differs("its bodies were cut when they were recorded; chunks are held by s_049")),
    ("50_", Why::Differs("a second recording has overwritten it; 13 asks for the same")),
    ("51_", Why::Test("events_as_in_captures_51_52_d1_and_b6")),
    ("52_", Why::Test("events_as_in_captures_51_52_d1_and_b6")),
    ("95_", Why::Test("errors_as_in_captures_80_to_99")),
    ("B2_", Why::Differs("Electric notices within a minute that a table is gone, and this service at once: s_047")),
    ("B3_", Why::Differs("as B2")),
    ("B4_", Why::Differs("as B2")),
    ("B6_", Why::Test("events_as_in_captures_51_52_d1_and_b6")),
    ("B8_", Why::Test("deletes_as_in_captures_b8_and_b9")),
    ("B9_", Why::Test("deletes_as_in_captures_b8_and_b9")),
    ("D1_", Why::Test("events_as_in_captures_51_52_d1_and_b6")),
    ("D2_", Why::Differs("as B2")),
    ("D3_", Why::Differs("as B2")),
    ("D4_", Why::Differs("as B2")),
    ("D9_", Why::Test("a_body_that_names_the_shape_is_refused_unlike_in_capture_d9")),
    ("D12_", Why::Differs("its table is not on record; large values are held by clients_follow_what_is_committed")),
    ("D13_", Why::Differs("as D12")),
    ("E0_", Why::Differs("recorded with chunks of 300 bytes: s_049")),
    ("E1_", Why::Differs("as E0")),
    ("E2_", Why::Differs("as E0")),
    ("E3_", Why::Differs("as E0; restarts are held by s_026")),
    ("E5_", Why::Test("too_many_requests_as_in_capture_e5")),
    ("F4_", Why::Differs("a table's head, as in 55")),
    ("F", Why::Test("secrets_as_in_captures_f0_to_f2 and no_database_as_in_captures_f3_to_f9")),
    ("G0_", Why::Differs("over PostgreSQL no handle survives a restart")),
];

enum Why {
    /// Names of tests in `server/src/captures_test`.
    Test(&'static str),
    Differs(&'static str),
}

/// Exchanges that only this test compares, by how their names begin, and what of PostgreSQL they depend on.
const ONLY_POSTGRESQL: [(&[&str], &str); 5] = [
    (&["01_", "02_", "03_", "04_", "72_"], "the texts of every type"),
    (&["36_", "37_", "38_", "39_", "D7_"], "conditions, and names in quotes and schemas, as its catalog has them"),
    (&["A6_", "A7_", "A8_", "A9_", "B0_", "B1_"], "ALTER TABLE while clients follow"),
    (&["D5_", "D6_", "D6b_"], "views and generated columns"),
    (
        &["15_", "17_", "56_", "58_", "59_", "60_", "A5b_", "B5_", "B7_", "D0_", "E4_"],
        "rows as the statements of the exchanges before have left them",
    ),
];

/// A statement that isn't on record, and stands in the answer.
const UNRECORDED: (&str, &str) = ("B5_sse_409_prep_catchup1", "insert into gone values (1, 'a');");

/// Exchanges that are compared elsewhere, and whose statements change what later ones see.
const WRITES: [&str; 4] = ["45_", "51_", "B6_", "D1_"];

/// Tables that stand in no schema of the recording.
const MORE: &str = r#"
create view v1 as select 1 as id;
create table gen (id int primary key, a int, b int generated always as (a * 2) stored); insert into gen (id, a) values (1, 2);
create table enumpk (m mood primary key, "a""b" text); insert into enumpk values ('ok', 'quoted col');
create table marks (id serial primary key);
"#;

/// One request as it was recorded.
#[derive(Deserialize)]
struct Recorded {
    name: String,
    method: String,
    path: String,
    headers: Vec<String>,
    body: String,
    /// Statements that ran one after the other while the request waited.
    sql: Vec<String>,
}

fn folder() -> PathBuf {
    workspace().join("tests/captures")
}

fn recorded() -> Vec<Recorded> {
    let lines = std::fs::read_to_string(folder().join("requests.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn elsewhere(name: &str) -> Option<&'static Why> {
    ELSEWHERE.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, why)| why)
}

/// Our handles and offsets in place of the recorded ones.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn learn(&mut self, recorded: &Answer, found: &Answer) {
        for header in ["electric-handle", "electric-offset"] {
            if let (Some(recorded), Some(found)) = (recorded.headers.get(header), found.headers.get(header)) {
                self.0.insert(recorded.clone(), found.clone());
            }
        }
    }

    fn path(&self, path: &str) -> String {
        let value = |pair: &str| match pair.split_once('=') {
            Some((key @ ("handle" | "offset" | "expired_handle"), value)) => {
                format!("{key}={}", self.0.get(value).map_or(value, String::as_str))
            }
            _ => pair.to_owned(),
        };
        let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
        format!("{path}?{}", query.split('&').map(value).collect::<Vec<_>>().join("&"))
    }

    fn header(&self, header: &str) -> String {
        self.0.iter().fold(header.to_owned(), |header, (recorded, found)| match recorded.contains('-') {
            true => header.replace(recorded, found),
            false => header,
        })
    }
}

/// Sources of the service's own tests.
fn own_tests() -> String {
    let files = ["captures_test.rs", "captures_test/access.rs", "captures_test/events.rs", "captures_test/subsets.rs"];
    files.map(|file| std::fs::read_to_string(workspace().join("server/src").join(file)).unwrap()).concat()
}

#[test]
fn every_exchange_is_compared_somewhere() {
    let (recorded, own) = (recorded(), own_tests());
    let mut used = BTreeSet::new();
    let mut only_here = BTreeSet::new();
    for Recorded { name, .. } in &recorded {
        let there = folder().join(format!("{name}.http")).exists();
        // Each test opens what it compares by its name.
        let opened = own.contains(&format!("\"{name}\""));
        match elsewhere(name) {
            None => {
                assert!(there, "{name} can't be compared");
                only_here.extend((!opened).then_some(name.as_str()));
            }
            Some(Why::Differs(why)) => assert!(!why.is_empty()),
            Some(Why::Test(tests)) => {
                let missing = tests.split(" and ").find(|test| !own.contains(&format!("fn {test}(")));
                assert_eq!(missing, None, "{name} is said to be compared there");
                assert!(opened && there, "{name} is compared by none of the service's tests");
            }
        }
        used.extend(ELSEWHERE.iter().map(|(prefix, _)| *prefix).find(|prefix| name.starts_with(prefix)));
    }
    assert_eq!(used, ELSEWHERE.iter().map(|(prefix, _)| *prefix).collect(), "each line says something of an exchange");
    let expected = ONLY_POSTGRESQL.iter().flat_map(|(prefixes, _)| *prefixes);
    let expected: BTreeSet<&str> = expected
        .flat_map(|prefix| {
            let names = only_here.iter().filter(move |name| name.starts_with(prefix)).copied();
            let names: Vec<&str> = names.collect();
            assert!(!names.is_empty(), "{prefix} is compared elsewhere, too, or not at all");
            names
        })
        .collect();
    assert_eq!(only_here, expected, "what is compared over PostgreSQL alone is listed");

    let named: BTreeSet<String> = recorded.iter().map(|recorded| format!("{}.http", recorded.name)).collect();
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let unnamed: Vec<String> = files.filter(|file| file.ends_with(".http") && !named.contains(file)).collect();
    assert_eq!(unnamed, [] as [&str; 0], "files that no request is known of");
}

/// Waits until the service has what was written: it tells in the order of commits.
async fn told(database: &Database<'_>, marks: &mut Follower) {
    database.sql("insert into marks default values;");
    marks.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_over_postgresql_are_as_recorded() {
    let Some(server) = Postgres::shared("recorded exchanges with Electric, over PostgreSQL") else { return };
    let database = server.database("captures");
    let schema = std::fs::read_to_string(folder().join("schema.sql")).unwrap();
    database.sql(&schema);
    database.sql(MORE);
    let root = tempfile::tempdir().unwrap();
    // The script drops what an earlier run of it may have left.
    let created = schema.lines().filter(|line| !line.starts_with("drop ") && !line.starts_with("set "));
    let created = created.map(|line| line.replace("drop schema if exists other cascade; ", ""));
    std::fs::write(root.path().join("schema.sql"), created.collect::<Vec<_>>().join("\n") + MORE).unwrap();
    let manifest = "schema = \"schema.sql\"\n[shape]\nitems = { scope = \"public\", change_frequency = \"low\" }\n";
    std::fs::write(root.path().join("shapes.toml"), manifest).unwrap();
    let loaded = shapegen::load(&root.path().join("shapes.toml")).unwrap_or_else(|failed| panic!("{failed}"));
    let service = Dev::new(Served::Postgres(database.url("")), ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap();
    let address = service.local_addr();
    let mut names = Names::default();
    let mut marks = Follower::new(address, "table=marks");
    marks.catch_up().await;
    let (mut compared, mut differ) = (0, Vec::new());
    for Recorded { name, method, path, headers, body, sql } in recorded() {
        if elsewhere(&name).is_some() {
            if WRITES.iter().any(|prefix| name.starts_with(prefix)) {
                sql.iter().for_each(|sql| drop(database.sql(&format!("{sql};"))));
                told(&database, &mut marks).await;
            }
            continue;
        }
        let expected = Answer::parse(&std::fs::read_to_string(folder().join(format!("{name}.http"))).unwrap());
        if name == UNRECORDED.0 {
            database.sql(UNRECORDED.1);
            told(&database, &mut marks).await;
        }
        let path = names.path(&path);
        let headers: Vec<String> = headers.iter().map(|header| names.header(header)).collect();
        let request = tokio::spawn(async move { send(address, &method, &path, &headers, &body).await });
        if !sql.is_empty() {
            service.held().wait_for(|held| *held > 0).await.unwrap();
            sql.iter().for_each(|sql| drop(database.sql(&format!("{sql};"))));
        }
        let found = request.await.unwrap();
        if std::panic::catch_unwind(|| assert_same(&name, &expected, &found)).is_err() {
            differ.push(name);
        }
        names.learn(&expected, &found);
        compared += 1;
    }
    assert_eq!(differ, [] as [&str; 0], "of {compared} exchanges; each is printed above");
    assert!(compared > 110, "{compared}");
    service.shutdown().await;
}
