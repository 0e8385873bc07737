//! Random transactions over tables that look into each other: a client that follows tags and events has what SQL says.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Map, Value};
use shapegen_runtime::expr::{Comparison, EvalError, Expr, Kind, Operand, RowText, Select, Tables};

use crate::live_shape::{Answer, LiveShape};
use crate::log::Body;
use crate::offset::From;
use crate::shape::{Replica, ShapeSpec};
use crate::shapes::{Limits, Shapes};
use crate::source::Source;
use crate::table::{Row, RowOf};
use crate::testing::{HeldRows, table};
use crate::{Column, MemorySource, TableDefinition, TableName};

const TABLES: [&str; 3] = ["a", "b", "c"];

/// Three tables alike: `id int primary key, k int not null, g int, v text`.
fn source() -> MemorySource {
    let source = MemorySource::new([]).unwrap();
    for name in TABLES {
        let columns = [("id", true), ("k", true), ("g", false), ("v", false)];
        let columns =
            columns.map(|(name, not_null)| Column::new(name, if name == "v" { "text" } else { "int4" }, not_null));
        source.define(TableDefinition::new(table(name), columns.into(), &["id"]));
    }
    source
}

fn is(column: &'static str, kind: Kind, right: Operand) -> Expr {
    Expr::Compare { op: Comparison::Equal, kind, left: Operand::column(column), right }
}

fn v_is(text: &'static str) -> Expr {
    is("v", Kind::Text, Operand::literal(text))
}

fn any_of(name: &'static str, columns: &[&'static str], condition: Expr) -> Select {
    let columns: Vec<_> = columns.iter().map(|&column| column.into()).collect();
    Select { schema: "public".into(), table: name.into(), columns: columns.into(), condition }
}

fn in_select(columns: &[&'static str], select: Select, negated: bool) -> Expr {
    Expr::InSelect {
        operands: columns.iter().map(|&column| Operand::column(column)).collect(),
        kinds: vec![Kind::Integer; columns.len()].into(),
        select: vec![select].into(),
        negated,
    }
}

/// Conditions on rows of `a`.
fn conditions() -> Vec<(&'static str, Expr)> {
    let owned = || any_of("b", &["id"], is("v", Kind::Text, Operand::Param(0)));
    let all = |conditions: Vec<Expr>| Expr::All(conditions.into());
    let any = |conditions: Vec<Expr>| Expr::Any(conditions.into());
    let nested = any_of("b", &["id"], all(vec![v_is("x"), in_select(&["g"], any_of("c", &["k"], v_is("y")), false)]));
    let negated_inside = any_of("b", &["k"], in_select(&["k"], any_of("c", &["id"], v_is("x")), true));
    vec![
        ("in", in_select(&["k"], owned(), false)),
        ("not in", in_select(&["k"], owned(), true)),
        ("nullable in", in_select(&["g"], any_of("c", &["g"], v_is("x")), false)),
        ("nullable not in", in_select(&["g"], any_of("c", &["g"], v_is("x")), true)),
        (
            "nullable not in or",
            any(vec![in_select(&["k"], owned(), false), in_select(&["g"], any_of("c", &["g"], v_is("x")), true)]),
        ),
        ("and", all(vec![v_is("x"), in_select(&["k"], owned(), false)])),
        ("or", any(vec![v_is("x"), in_select(&["k"], owned(), false), in_select(&["g"], owned(), false)])),
        (
            "and of or",
            all(vec![
                any(vec![in_select(&["k"], owned(), false), in_select(&["g"], any_of("c", &["id"], v_is("y")), false)]),
                any(vec![v_is("x"), in_select(&["id"], any_of("c", &["k"], v_is("z")), true)]),
            ]),
        ),
        ("nested", in_select(&["k"], nested, false)),
        ("not in inside", in_select(&["k"], negated_inside, false)),
        ("two columns", in_select(&["k", "g"], any_of("b", &["k", "g"], v_is("x")), false)),
        ("itself", in_select(&["k"], any_of("a", &["id"], v_is("x")), false)),
        ("everything of nothing", in_select(&["k"], any_of("b", &["id"], Expr::Any(vec![].into())), true)),
    ]
}

/// A random transaction on the tables.
fn write(source: &MemorySource, random: &mut Rng) {
    let ids: Vec<Vec<String>> = TABLES.iter().map(|name| ids(source, name)).collect();
    let mut ids: Vec<Vec<String>> = ids;
    source
        .transaction(|tx| {
            for _ in 0..random.usize(1..5) {
                let at = random.usize(0..TABLES.len());
                let name = table(TABLES[at]);
                let number = |random: &mut Rng| random.u8(0..6).to_string();
                let (k, g) = (number(random), random.bool().then(|| number(random)));
                let v = [None, Some("x"), Some("x"), Some("y"), Some("z")][random.usize(0..5)];
                let free = |ids: &[String], random: &mut Rng| {
                    let id = random.u8(0..12).to_string();
                    (!ids.contains(&id)).then_some(id)
                };
                let known = random.choice(&ids[at]).cloned();
                match (random.u8(0..20), known) {
                    (0, _) if at > 0 => {
                        tx.truncate_table(&name);
                        ids[at].clear();
                    }
                    (1..=4, Some(id)) => {
                        tx.delete_row(&name, &[Some(&id)]);
                        ids[at].retain(|known| *known != id);
                    }
                    (5..=12, Some(id)) => tx.update_row(&name, &[Some(&id)], &[Some(&id), Some(&k), g.as_deref(), v]),
                    (13, Some(id)) => {
                        if let Some(next) = free(&ids[at], random) {
                            tx.update_row(&name, &[Some(&id)], &[Some(&next), Some(&k), g.as_deref(), v]);
                            ids[at].retain(|known| *known != id);
                            ids[at].push(next);
                        }
                    }
                    _ => {
                        if let Some(id) = free(&ids[at], random) {
                            tx.insert_row(&name, &[Some(&id), Some(&k), g.as_deref(), v]);
                            ids[at].push(id);
                        }
                    }
                }
            }
        })
        .unwrap();
}

fn rows(source: &MemorySource, name: &TableName) -> Vec<Row> {
    let mut rows = Vec::new();
    source.snapshot(std::slice::from_ref(name), &mut |_, row| rows.push(row.clone())).unwrap();
    rows
}

fn ids(source: &MemorySource, name: &str) -> Vec<String> {
    rows(source, &table(name)).iter().map(|row| row[0].as_deref().unwrap().to_owned()).collect()
}

struct All<'a>(&'a MemorySource);

impl Tables for All<'_> {
    fn rows(
        &self,
        schema: &str,
        name: &str,
        visit: &mut dyn FnMut(&dyn RowText) -> Result<bool, EvalError>,
    ) -> Result<(), EvalError> {
        let name = TableName::new(schema, name);
        let table = self.0.table(&name).unwrap().unwrap();
        for row in rows(self.0, &name) {
            if !visit(&RowOf { table: &table, row: &row })? {
                break;
            }
        }
        Ok(())
    }
}

/// What SQL says.
fn selected(source: &MemorySource, condition: &Expr) -> BTreeMap<String, Map<String, Value>> {
    let definition = source.table(&table("a")).unwrap().unwrap();
    let holds = |row: &Row| {
        let row = RowOf { table: &definition, row };
        condition.eval_with(&row, &[Some("x")], &All(source)).unwrap() == Some(true)
    };
    let value = |row: &Row| {
        let texts = row.iter().map(|text| text.as_deref().map_or(Value::Null, Value::from));
        definition.columns.iter().map(|column| column.name.clone()).zip(texts).collect()
    };
    let rows = rows(source, &table("a")).into_iter().filter(holds);
    rows.map(|row| (format!("\"public\".\"a\"/\"{}\"", row[0].as_deref().unwrap()), value(&row))).collect()
}

/// A client that knows no more than the protocol.
#[derive(Default)]
struct Client {
    shape: Option<(Arc<LiveShape>, From)>,
    rows: HeldRows,
    refetched: usize,
}

impl Client {
    async fn catch_up(&mut self, shapes: &Arc<Shapes>, spec: &Arc<ShapeSpec>) {
        loop {
            let table = shapes.table(&spec.table).unwrap().unwrap();
            let (shape, from) = match self.shape.take() {
                Some(following) => following,
                None => (shapes.ready(spec, &table).await.unwrap(), From::Start),
            };
            let Answer::Read(read) = shape.read(from) else {
                self.rows.clear();
                self.refetched += 1;
                continue;
            };
            self.shape = Some((shape, From::After(read.next)));
            let (text, done) = match read.body {
                Body::Snapshot(bytes) => (String::from_utf8(bytes.to_vec()).unwrap(), false),
                Body::Part(messages) => (format!("[{}]", String::from_utf8(messages.join(&b',')).unwrap()), false),
                Body::Head { messages, .. } => {
                    (format!("[{}]", String::from_utf8(messages.join(&b',')).unwrap()), true)
                }
            };
            let messages: Vec<Value> = serde_json::from_str(&text).unwrap();
            messages.iter().for_each(|message| self.rows.take(message));
            if done {
                return;
            }
        }
    }
}

#[tokio::test]
async fn s_062_clients_that_follow_tags_have_what_sql_says() {
    let mut refetched = BTreeMap::new();
    for (seed, (name, condition)) in (0..16).flat_map(|seed| conditions().into_iter().map(move |one| (seed, one))) {
        let mut random = Rng::with_seed(seed);
        let source = source();
        let limits = Limits { chunk_bytes: 300, log_bytes: 1 << 20, total_bytes: 1 << 30 };
        let shapes = Shapes::new(Arc::new(source.clone()), limits);
        let spec = Arc::new(ShapeSpec {
            table: table("a"),
            columns: ["g", "id", "k", "v"].map(str::to_owned).into(),
            filter: Some(condition.clone()),
            params: vec!["x".to_owned()],
            replica: Replica::Default,
            changes_only: false,
        });
        (0..10).for_each(|_| write(&source, &mut random));
        let mut clients = [Client::default(), Client::default()];
        for step in 0..150 {
            write(&source, &mut random);
            for (at, client) in clients.iter_mut().enumerate() {
                // The second one comes late, and stays away for a while.
                if at == 0 || step % 7 == 6 {
                    client.catch_up(&shapes, &spec).await;
                    let held = client.rows.iter().map(|(key, value)| (key.to_owned(), value.clone()));
                    let held: BTreeMap<_, _> = held.collect();
                    assert_eq!(held, selected(&source, &condition), "`{name}`, seed {seed}, step {step}, client {at}");
                }
            }
        }
        *refetched.entry(name).or_insert(0) += clients[0].refetched;
    }
    let refetched: Vec<_> = refetched.into_iter().filter(|(_, times)| *times > 0).map(|(name, _)| name).collect();
    assert_eq!(refetched, ["nullable not in", "nullable not in or"], "the others are told by events alone");
}
