//! Answers of the service and recorded ones, and when they are the same. Also used by the workspace's tests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Answer {
    /// Reads what `curl -i` prints.
    pub fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        };
        Self { status, headers: lines.map(header).collect(), text: body.trim_end_matches('\n').to_owned() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The body; of a stream of events the list of its messages.
    pub fn json(&self) -> Value {
        let messages: Vec<&str> = self.text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        let text = if self.is_stream() { format!("[{}]", messages.join(",")) } else { self.text.clone() };
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub fn is_stream(&self) -> bool {
        self.headers.get("content-type").is_some_and(|value| value == "text/event-stream")
    }

    /// `operation key` or `control` of each message.
    pub fn messages(&self) -> Vec<String> {
        let json = self.json();
        let tell = |message: &Value| match message["headers"]["control"].as_str() {
            Some(control) => control.to_owned(),
            None => {
                let key = message["key"].as_str().unwrap();
                let operation = message["headers"]["operation"].as_str().unwrap();
                format!("{operation} {}", &key[key.find('/').unwrap()..])
            }
        };
        json.as_array().unwrap().iter().map(tell).collect()
    }
}

/// How a message is delimited is HTTP's business, not the protocol's.
const NOT_COMPARED: [&str; 4] = ["content-length", "transfer-encoding", "connection", "date"];
/// Present in both, with values of their own.
const VALUES_DIFFER: [&str; 3] = ["electric-server", "x-request-id", "electric-cursor"];

/// Numbers of five digits and more become `N`: LSNs and handles.
fn form(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() > 4 { "N" } else { &digits });
        digits.clear();
        out.extend((c != '\0').then_some(c));
    }
    out
}

fn header_form(name: &str, value: &str, handle: Option<&String>) -> String {
    let value = handle.map_or(value.to_owned(), |handle| value.replace(handle, "HANDLE"));
    match name {
        _ if VALUES_DIFFER.contains(&name) => String::new(),
        "electric-schema" => serde_json::from_str::<Value>(&value).unwrap().to_string(),
        // The fourth part of an entity tag is a counter.
        "etag" => value.trim_matches('"').split(':').take(3).map(form).collect::<Vec<_>>().join(":"),
        _ => form(&value),
    }
}

fn body_form(answer: &Answer) -> Value {
    if (answer.text.is_empty() && !answer.is_stream()) || answer.status == 404 {
        return answer.text.clone().into();
    }
    let mut body = answer.json();
    hide_tags(&mut body);
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        for form in ["xmin", "xmax", "database_lsn"] {
            assert!(metadata[form].as_str().unwrap().parse::<u64>().is_ok());
            metadata.insert(form.to_owned(), form.into());
        }
        hide_running(metadata);
        let mark = metadata.insert("snapshot_mark".to_owned(), "mark".into()).unwrap();
        for row in body["data"].as_array_mut().unwrap() {
            assert_eq!(row["headers"]["snapshot_mark"], mark);
            row["headers"]["snapshot_mark"] = "mark".into();
        }
    }
    if let Some(messages) = body.as_array_mut() {
        for headers in messages.iter_mut().map(|message| &mut message["headers"]) {
            for (name, form) in [("lsn", "L"), ("global_last_seen_lsn", "L"), ("xmin", "X"), ("xmax", "X")] {
                if headers[name].as_str().is_some_and(|text| text.parse::<u64>().is_ok()) {
                    headers[name] = form.into();
                }
            }
            if headers["txids"].as_array().is_some_and(|ids| ids.len() == 1 && ids[0].is_u64()) {
                headers["txids"] = "one".into();
            }
            hide_running(headers.as_object_mut().unwrap());
            // Indexing made what wasn't there null.
            headers.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        }
        if messages.iter().any(|message| message["headers"]["control"] == "snapshot-end") {
            messages.sort_by_key(|message| message["key"].as_str().map(str::to_owned));
        }
    }
    // Texts of the parser, which is handed in.
    for errors in ["/errors", "/errors/subset"] {
        if let Some(said) = body.pointer_mut(errors).and_then(|errors| errors.get_mut("where")) {
            *said = "of the parser".into();
        }
    }
    body
}

/// Which other transactions run is nobody's doing here.
fn hide_running(position: &mut Map<String, Value>) {
    if let Some(Value::Array(running)) = position.get_mut("xip_list") {
        assert!(running.iter().all(|txid| txid.as_str().is_some_and(|txid| txid.parse::<u64>().is_ok())));
        running.clear();
    }
}

/// A tag's hash depends on the handle.
fn hide_tags(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(hide_tags),
        Value::Object(fields) => fields.values_mut().for_each(hide_tags),
        Value::String(text) if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            *text = "TAG".to_owned();
        }
        _ => {}
    }
}

/// Demands the same status, headers and body, but for what differs from run to run.
pub fn assert_same(name: &str, expected: &Answer, found: &Answer) {
    assert_eq!(found.status, expected.status, "{name}: {found:?}");
    let names = |answer: &Answer| -> BTreeSet<String> {
        answer.headers.keys().filter(|name| !NOT_COMPARED.contains(&name.as_str())).cloned().collect()
    };
    assert_eq!(names(found), names(expected), "{name}");
    for header in names(expected) {
        let form =
            |answer: &Answer| header_form(&header, &answer.headers[&header], answer.headers.get("electric-handle"));
        assert_eq!(form(found), form(expected), "{name}: {header}");
    }
    assert_eq!(body_form(found), body_form(expected), "{name}");
}
