//! Every captured answer that carries a shape log, whatever its table: whole, byte by byte, and message by message.

use std::collections::HashMap;

use serde_json::Value;

use super::*;
use crate::cell::Cell;
use crate::definition::{Column, Transport};
use crate::log::{Log, Operation};

/// The captured answers that carry a log, by name.
fn logs() -> Vec<(String, Capture)> {
    let mut names: Vec<String> = std::fs::read_dir(Capture::FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".http"))
        .collect();
    names.sort();
    let answers = names.into_iter().map(|name| {
        let answer = Capture::load(&name);
        let framed = name.starts_with("14_");
        (name, if framed { answer.dechunked() } else { answer })
    });
    answers.filter(|(_, answer)| answer.status == 200 && (is_pushed(answer) || answer.body.starts_with(b"["))).collect()
}

fn is_pushed(answer: &Capture) -> bool {
    header(answer, "content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
}

fn header<'a>(answer: &'a Capture, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// The messages, as a reader of JSON sees them.
fn messages(answer: &Capture) -> Vec<Value> {
    if !is_pushed(answer) {
        return serde_json::from_slice(&answer.body).unwrap();
    }
    let text = std::str::from_utf8(&answer.body).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// A shape of the columns that a schema header names, or the messages where there is none.
fn definition(schema: Option<&str>, messages: &[Value], events: bool) -> &'static ShapeDefinition {
    let named: Value = schema.map_or(Value::Null, |schema| serde_json::from_str(schema).unwrap());
    let mut columns: Vec<Column> = Vec::new();
    for (name, facts) in named.as_object().into_iter().flatten() {
        let mut column = Column::new(name.clone().leak(), facts["type"].as_str().unwrap().to_owned().leak());
        column.dims = facts["dims"].as_u64().unwrap_or(0).try_into().unwrap();
        columns.push(column);
    }
    for name in messages.iter().filter_map(|message| message["value"].as_object()).flat_map(|value| value.keys()) {
        if columns.iter().all(|column| column.name != name) {
            columns.push(Column::new(name.clone().leak(), "text"));
        }
    }
    if columns.is_empty() {
        columns.push(Column::new("id", "int4"));
    }
    let mut definition = crate::captures::Gone::DEFINITION.clone();
    definition.columns = columns.leak();
    definition.policy.transport = if events { Transport::Events } else { Transport::LongPoll };
    Box::leak(Box::new(definition))
}

/// A stream whose next answer is this one: its request, live or not, was sent.
fn before(answer: &Capture, definition: &'static ShapeDefinition) -> (Stream, Request) {
    let address = Address::gatekeeper("http://x", definition, []).unwrap();
    let live = header(answer, "electric-cursor").is_some();
    let at = header(answer, "electric-handle").map(|handle| Position {
        handle: handle.to_owned(),
        offset: "0_0".into(),
        oldest: None,
    });
    let mut stream = Stream::new(definition, address, at, None, 1);
    let mut request = sent(stream.on(Event::Start));
    if live {
        let id = request.id;
        let schema = header(answer, "electric-schema").map(str::to_owned).unwrap_or_else(|| schema(definition));
        let headers = [
            ("electric-handle", header(answer, "electric-handle").unwrap()),
            ("electric-offset", "0_inf"),
            ("electric-up-to-date", ""),
            ("electric-schema", schema.as_str()),
        ];
        stream.on(Event::Head { id, status: 200, headers: &headers.as_slice() });
        stream.on(Event::Piece { id, bytes: format!("[{UP_TO_DATE}]").as_bytes() });
        stream.on(Event::End { id, lasted: Duration::ZERO });
        request = sent(stream.on(Event::Delivered(Outcome::UpToDate)));
    }
    (stream, request)
}

fn schema(definition: &ShapeDefinition) -> String {
    let facts =
        |column: &Column| (column.name.to_owned(), serde_json::json!({"type": column.pg_type, "dims": column.dims}));
    Value::Object(definition.columns.iter().map(facts).collect()).to_string()
}

fn sent(effects: Vec<Effect>) -> Request {
    let mut sent = effects.into_iter().filter_map(|effect| match effect {
        Effect::Fetch(request) => Some(request),
        _ => None,
    });
    sent.next_back().unwrap()
}

/// What is delivered of an answer that comes in pieces of this size: the bodies and the offset behind the last.
fn delivered(answer: &Capture, definition: &'static ShapeDefinition, size: usize) -> (Vec<Vec<u8>>, Option<String>) {
    let (mut stream, Request { id, .. }) = before(answer, definition);
    let mut bodies = Vec::new();
    let mut effects = stream.on(Event::Head { id, status: 200, headers: &answer.headers.as_slice() });
    for bytes in answer.body.chunks(size) {
        effects.extend(stream.on(Event::Piece { id, bytes }));
        take(&mut stream, std::mem::take(&mut effects), &mut bodies);
    }
    effects.extend(stream.on(Event::End { id, lasted: Duration::from_secs(9) }));
    take(&mut stream, effects, &mut bodies);
    (bodies, stream.position().map(|position| position.offset))
}

fn take(stream: &mut Stream, effects: Vec<Effect>, bodies: &mut Vec<Vec<u8>>) {
    let mut effects = VecDeque::from(effects);
    while let Some(effect) = effects.pop_front() {
        if let Effect::Deliver(delivery) = effect {
            let up_to_date = delivery.body.windows(10).any(|bytes| bytes == b"up-to-date");
            bodies.push(delivery.body);
            let outcome = if up_to_date { Outcome::UpToDate } else { Outcome::More };
            effects.extend(stream.on(Event::Delivered(outcome)));
        }
    }
}

#[test]
fn every_captured_log_is_delivered_byte_for_byte() {
    let logs = logs();
    assert!(logs.len() > 90, "{}", logs.len());
    for (name, answer) in &logs {
        let messages = messages(answer);
        let definition = definition(header(answer, "electric-schema"), &messages, is_pushed(answer));
        let (bodies, offset) = delivered(answer, definition, usize::MAX);
        assert_eq!(delivered(answer, definition, 1), (bodies.clone(), offset.clone()), "{name}");
        let told: Vec<Value> =
            bodies.iter().flat_map(|body| serde_json::from_slice::<Vec<Value>>(body).unwrap()).collect();
        if is_pushed(answer) {
            assert_eq!(told, messages[..told.len()], "{name}");
            let left = messages[told.len()..].iter().any(|message| message["headers"]["control"] == "up-to-date");
            assert!(!left, "{name}: what is left is no whole batch");
        } else {
            assert_eq!(bodies, [answer.body.as_slice()], "{name}");
            assert_eq!(offset.as_deref(), header(answer, "electric-offset"), "{name}");
        }
    }
}

#[test]
fn every_captured_message_is_read_as_json_says_it() {
    for (name, answer) in logs() {
        let messages = messages(&answer);
        let definition = definition(header(&answer, "electric-schema"), &messages, false);
        let body = Value::Array(messages.clone()).to_string();
        let whole = if is_pushed(&answer) { body.as_bytes() } else { &answer.body };
        let mut log = Log::new(whole, definition).unwrap();
        let mut columns = log.columns();
        for message in &messages {
            let read = log.next(&mut columns).unwrap().unwrap();
            let headers = &message["headers"];
            let number = |name: &str| match &headers[name] {
                Value::String(text) => text.parse::<u64>().ok(),
                number => number.as_u64(),
            };
            match read {
                Message::Change(change) => {
                    let operation = match change.operation {
                        Operation::Insert => "insert",
                        Operation::Update => "update",
                        Operation::Delete => "delete",
                    };
                    assert_eq!(headers["operation"], operation, "{name}");
                    assert_eq!((change.lsn, change.op_position), (number("lsn"), number("op_position")), "{name}");
                    let txids = headers["txids"].as_array().into_iter().flatten().filter_map(Value::as_u64);
                    assert_eq!(change.txids, txids.collect::<Vec<_>>(), "{name}");
                    assert_eq!(change.last, headers["last"] == true, "{name}");
                    let tags = change.tags.map(|tags| (tags.ways, tags.active)).unwrap_or_default();
                    let list = |name: &str| headers[name].as_array().cloned().unwrap_or_default();
                    let ways: Vec<String> = list("tags").iter().map(|tag| tag.as_str().unwrap().to_owned()).collect();
                    let active: Vec<bool> = list("active_conditions").iter().map(|truth| truth == true).collect();
                    assert_eq!(tags, (ways, active), "{name}");
                    let cells: HashMap<&str, &Value> = message["value"]
                        .as_object()
                        .unwrap()
                        .iter()
                        .map(|(name, value)| (name.as_str(), value))
                        .collect();
                    for (position, column) in definition.columns.iter().enumerate() {
                        let found = columns.peek_with(position, |cell| {
                            Ok(match cell {
                                Cell::Absent => None,
                                Cell::Null => Some(Value::Null),
                                Cell::Text(text) => Some(Value::String(text.into_owned())),
                                other => panic!("{other:?}"),
                            })
                        });
                        assert_eq!(found.unwrap().as_ref(), cells.get(column.name).copied(), "{name} {}", column.name);
                    }
                }
                Message::UpToDate { lsn } => {
                    assert_eq!(
                        (lsn, headers["control"].as_str()),
                        (number("global_last_seen_lsn"), Some("up-to-date"))
                    );
                }
                Message::SnapshotEnd => assert_eq!(headers["control"], "snapshot-end", "{name}"),
                Message::MustRefetch => assert_eq!(headers["control"], "must-refetch", "{name}"),
                Message::MoveIn(moved) | Message::MoveOut(moved) => {
                    assert!(headers["event"].as_str().unwrap().starts_with("move-"), "{name}");
                    assert_eq!(moved.len(), headers["patterns"].as_array().unwrap().len(), "{name}");
                }
                Message::Other => panic!("{name}: {message}"),
            }
        }
        assert_eq!(log.next(&mut columns), Ok(None), "{name}");
    }
}
