//! Schemas, manifests and fragments that somebody broke: whatever they say, nothing panics and nothing hangs.
//!
//! `SHAPEGEN_FUZZ_SECONDS=60` goes on for that long, from another seed each time; `SHAPEGEN_FUZZ_SEED=0x…` runs the one
//! case that a failure names.

use std::fs;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use shapegen::catalog::{Catalog, Script, passed_over};
use shapegen::diagnostics::Report;
use shapegen::fragment::{Subject, parse_where};
use shapegen::source::SourceMap;
use shapegen::{emit, manifest, resolve};

use crate::dependencies::workspace;

/// How many cases a normal run tries.
const CASES: u64 = 400;

/// No case needs more than a few milliseconds; after this long it hangs.
const HANGS: Duration = Duration::from_secs(60);

/// What a case starts from.
struct Corpus {
    sql: Vec<String>,
    manifests: Vec<String>,
    /// A schema that the manifests and fragments are about.
    schema: String,
}

impl Corpus {
    fn read() -> Self {
        let root = workspace();
        let text = |path: &Path| fs::read_to_string(path).unwrap();
        let mut files = vec![root.join("shapegen/fixtures/shop.sql"), root.join("shapegen/fixtures/shop.dump.sql")];
        sql_files(&root.join("schemas"), &mut files);
        let mut sql: Vec<String> = files.iter().map(|path| text(path)).collect();
        sql.push(BLOCK.to_owned());
        let manifests = ["examples/streampai/shapes.toml", "shapegen/tests-data/nine-shapes.toml"];
        let manifests = manifests.map(|path| text(&root.join(path))).into();
        Self { sql, manifests, schema: text(&root.join("schemas/streampai.sql")) }
    }
}

fn sql_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sql_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

const BLOCK: &str = "DO LANGUAGE plpgsql $body$ <<outer>> DECLARE ddl text := 'DROP TABLE t'; BEGIN
    IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'e') THEN CREATE TYPE e AS ENUM ('a'); ELSIF a THEN NULL; END IF;
    FOR i IN 1..3 LOOP EXECUTE format('CREATE TABLE t_%s (a int)', i); END LOOP; EXECUTE 'CREATE TYPE g AS ENUM (''it''''s'')';
    CASE a WHEN 1 THEN EXECUTE ddl; ELSE RETURN; END CASE; BEGIN ALTER TABLE t ADD b int; EXCEPTION WHEN OTHERS THEN END;
END outer $body$; CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;
CREATE RULE r AS ON INSERT TO t DO INSTEAD (DELETE FROM t; SELECT 1); COPY t FROM stdin;\n\\N\t';\n\\.\n";

const FRAGMENTS: &[&str] = &[
    "user_id = $user_id AND status IN ('live', 'ended') AND NOT (title LIKE 'a%' OR ended_at IS NULL)",
    "id = ANY($1) AND score::int > 3 + 4 * -1 AND lower(title) = 'x' AND tags @> ARRAY['a']",
    "livestream_id IN (SELECT id FROM livestreams WHERE user_id = $user_id) AND inserted_at >= '2020-01-01'",
];

/// Words and signs that change what stands around them.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "'", "\"", "$$", "$a$", "\\", "\\.\n", "\n", "\r\n", ";", "(", ")", "[", "]", "{", "}", ",", ".", "/*", "*/", "--", "E'", "U&'",
    "U&\"", "=", "=>", "::", "<<", ">>", "\0", "\u{feff}", "é", "😀", "$1", "$user_id", "-", "1e9", "99999999999999999999", "NULL",
    "NOT", "CREATE", "ALTER", "DROP", "TABLE", "TYPE", "COLUMN", "ADD", "AS", "ENUM", "PRIMARY KEY", "REFERENCES", "UNIQUE", "DEFAULT",
    "GENERATED ALWAYS AS", "IDENTITY", "CHECK", "CONSTRAINT", "PARTITION OF", "INHERITS", "LIKE", "IF NOT EXISTS", "CASCADE", "ONLY",
    "RENAME TO", "SET SCHEMA", "BEGIN", "END", "ROLLBACK", "SAVEPOINT a", "DO", "EXECUTE", "LOOP", "CASE", "WHEN", "THEN", "ELSE",
    "EXCEPTION", "COPY t FROM stdin", "CREATE RULE", "BEGIN ATOMIC", "CREATE EXTENSION citext", "COMMENT ON COLUMN", "SELECT", "IN",
    "interval day to second(3)", "numeric(10,2)", "geometry(Point,4326)", "text[]", "int", "serial", "\"char\"", "public", "pg_catalog",
];

/// A few kilobytes of a text, broken in some places.
fn broken(text: &str, corpus: &[String], random: &mut Rng) -> String {
    let boundary =
        |text: &str, at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let start = boundary(text, random.usize(..=text.len()));
    let mut text = text[start..boundary(text, start + random.usize(..6_000))].to_owned();
    for _ in 0..random.usize(1..8) {
        let from = boundary(&text, random.usize(..=text.len()));
        let to = boundary(&text, from + random.usize(..60)).max(from);
        match random.u8(..7) {
            0 => text.replace_range(from..to, ""),
            1 => {
                let again = text[from..to].to_owned();
                text.insert_str(from, &again);
            }
            2 => text.insert_str(from, WORDS[random.usize(..WORDS.len())]),
            3 => text.replace_range(from..to, WORDS[random.usize(..WORDS.len())]),
            4 => text.insert(from, random.char(..)),
            5 => {
                let other = &corpus[random.usize(..corpus.len())];
                let start = boundary(other, random.usize(..=other.len()));
                text.insert_str(from, &other[start..boundary(other, start + random.usize(..300))]);
            }
            // Deep nesting, now and then.
            _ if random.u8(..8) == 0 => text.insert_str(from, &WORDS[random.usize(..WORDS.len())].repeat(2_000)),
            _ => text.truncate(to),
        }
    }
    text
}

fn read(text: &str) -> (SourceMap, Vec<Script>, Catalog, Report) {
    let mut sources = SourceMap::default();
    let file = sources.add("broken.sql", text);
    let scripts = vec![Script::whole(&sources, file)];
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &scripts, &mut report);
    (sources, scripts, catalog, report)
}

/// Every place is one of its text, and the report can be printed.
fn check(sources: &SourceMap, report: &Report) {
    for diagnostic in report.diagnostics() {
        for (span, _) in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            assert!(sources.file(span.file).text.get(span.range()).is_some(), "{diagnostic:?}");
        }
    }
    report.render(sources, false);
}

fn sql(corpus: &Corpus, random: &mut Rng) {
    let text = broken(&corpus.sql[random.usize(..corpus.sql.len())], &corpus.sql, random);
    let (sources, scripts, catalog, report) = read(&text);
    check(&sources, &report);
    passed_over(&sources, &scripts);
    for column in catalog.tables.values().flat_map(|table| &table.columns) {
        column.data_type.formatted();
    }
}

fn a_manifest(corpus: &Corpus, random: &mut Rng) {
    let text = broken(&corpus.manifests[random.usize(..corpus.manifests.len())], &corpus.manifests, random);
    let (mut sources, _, catalog, mut report) = read(&corpus.schema);
    let file = sources.add("shapes.toml", text);
    let read = manifest::parse(&sources, file, &mut report);
    let model = read.and_then(|manifest| resolve::resolve(&manifest, &catalog, &sources, &mut report));
    check(&sources, &report);
    if let Some(model) = model.filter(|_| !report.has_errors()) {
        for file in emit::rust::files(&model).unwrap().values() {
            file.print().unwrap();
        }
        emit::ddl::local_sql(&model).unwrap();
    }
}

fn a_fragment(corpus: &Corpus, random: &mut Rng) {
    let fragments: Vec<String> = FRAGMENTS.iter().map(|fragment| (*fragment).to_owned()).collect();
    let text = broken(&fragments[random.usize(..fragments.len())], &fragments, random);
    let (_, _, catalog, _) = read(&corpus.schema);
    let tables: Vec<_> = catalog.tables.iter().collect();
    let (name, table) = tables[random.usize(..tables.len())];
    for error in parse_where(&text, Subject { name, table, catalog: &catalog }).err().unwrap_or_default() {
        assert!(text.get(error.at.clone()).is_some(), "{error:?} in {text:?}");
    }
}

/// One case on a thread of its own, so that a stack that overflows names the seed, too.
fn case(seed: u64, corpus: &'static Corpus) {
    let (done, ended) = channel::<()>();
    let run = move || {
        let mut random = Rng::with_seed(seed);
        match random.u8(..6) {
            0 => a_manifest(corpus, &mut random),
            1 => a_fragment(corpus, &mut random),
            _ => sql(corpus, &mut random),
        }
        drop(done);
    };
    let name = format!("SHAPEGEN_FUZZ_SEED={seed:#x}");
    let thread = Builder::new().name(name.clone()).spawn(run).unwrap();
    let hangs = ended.recv_timeout(HANGS) == Err(RecvTimeoutError::Timeout);
    assert!(!hangs && thread.join().is_ok(), "{name} {}", if hangs { "hangs" } else { "panics" });
}

#[test]
fn whatever_is_broken_nothing_panics_and_nothing_hangs() {
    let corpus: &'static Corpus = Box::leak(Box::new(Corpus::read()));
    let variable = |name: &str| std::env::var(name).ok();
    if let Some(seed) = variable("SHAPEGEN_FUZZ_SEED") {
        return case(u64::from_str_radix(seed.trim_start_matches("0x"), 16).unwrap(), corpus);
    }
    let seconds: Option<u64> = variable("SHAPEGEN_FUZZ_SECONDS").map(|seconds| seconds.parse().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    // Neighbouring seeds of one run don't come again in another.
    let first = if seconds.is_some() { now << 20 } else { 0x5eed << 20 };
    let started = Instant::now();
    let mut count = 0;
    while seconds.map_or(count < CASES, |seconds| started.elapsed().as_secs() < seconds) {
        case(first + count, corpus);
        count += 1;
    }
    println!("{count} cases from seed {first:#x}");
}
