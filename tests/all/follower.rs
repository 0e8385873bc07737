//! A client that knows no more than the protocol, over one connection a request: what a test holds against SQL.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::exchange::Answer;

/// Sends a GET and reads the answer.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &[], "").await
}

/// Sends a request and reads the answer.
pub async fn send(address: SocketAddr, method: &str, path: &str, headers: &[String], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{length}{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    Answer::parse(&answer)
}

/// One shape, followed.
pub struct Follower {
    address: SocketAddr,
    /// `table=…` and what else says which shape it is, encoded.
    shape: String,
    handle: Option<String>,
    offset: String,
    rows: BTreeMap<String, Row>,
    pub refetched: usize,
}

struct Row {
    value: Map<String, Value>,
    /// Of a shape with subqueries: by disjunct the positions with their slots.
    tags: Vec<Vec<(usize, String)>>,
    conditions: Vec<bool>,
}

impl Follower {
    pub fn new(address: SocketAddr, shape: impl Into<String>) -> Self {
        let (shape, offset) = (shape.into(), "-1".to_owned());
        Self { address, shape, handle: None, offset, rows: BTreeMap::new(), refetched: 0 }
    }

    /// The handle that the service gave.
    pub fn handle(&self) -> &str {
        self.handle.as_deref().unwrap_or_default()
    }

    fn path(&self) -> String {
        let handle = self.handle.as_ref().map(|handle| format!("&handle={handle}")).unwrap_or_default();
        format!("/v1/shape?{}&offset={}{handle}", self.shape, self.offset)
    }

    /// Reads on until the log's end.
    pub async fn catch_up(&mut self) {
        while !self.step(false).await {}
    }

    /// Waits for news, and reads on until the log's end.
    pub async fn wait(&mut self) {
        while !self.step(true).await {}
    }

    /// One request; whether it reached the log's end.
    async fn step(&mut self, live: bool) -> bool {
        let live = if live && self.offset != "-1" { "&live=true" } else { "" };
        let answer = get(self.address, &format!("{}{live}", self.path())).await;
        match answer.status {
            200 => {}
            409 => {
                self.rows.clear();
                self.refetched += 1;
                (self.handle, self.offset) = (None, "-1".to_owned());
                return false;
            }
            503 => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                return false;
            }
            status => panic!("{status} for {}: {}", self.path(), answer.text),
        }
        let messages: Vec<Value> = serde_json::from_str(&answer.text).unwrap();
        messages.iter().for_each(|message| self.take(message));
        self.handle = Some(answer.header("electric-handle").to_owned());
        self.offset = answer.header("electric-offset").to_owned();
        answer.headers.contains_key("electric-up-to-date")
    }

    fn take(&mut self, message: &Value) {
        let headers = &message["headers"];
        if let Some(event) = headers["event"].as_str() {
            for pattern in headers["patterns"].as_array().unwrap() {
                let position = usize::try_from(pattern["pos"].as_u64().unwrap()).unwrap();
                let is = |(at, slot): &(usize, String)| *at == position && pattern["value"] == slot.as_str();
                for row in self.rows.values_mut().filter(|row| row.tags.iter().flatten().any(is)) {
                    row.conditions[position] = event == "move-in";
                }
            }
            let holds = |row: &Row, tag: &Vec<(usize, String)>| tag.iter().all(|(at, _)| row.conditions[*at]);
            self.rows.retain(|_, row| row.tags.is_empty() || row.tags.iter().any(|tag| holds(row, tag)));
        }
        let Some(operation) = headers["operation"].as_str() else { return };
        let key = message["key"].as_str().unwrap().to_owned();
        let value = message["value"].as_object().unwrap().clone();
        match operation {
            "insert" => {
                self.rows.insert(key.clone(), Row { value, tags: Vec::new(), conditions: Vec::new() });
            }
            "update" => {
                let row = self.rows.get_mut(&key);
                row.unwrap_or_else(|| panic!("an update of a row that isn't there: {message}")).value.extend(value);
            }
            _ => assert!(self.rows.remove(&key).is_some(), "a delete of a row that isn't there: {message}"),
        }
        if let (Some(tags), Some(row)) = (headers["tags"].as_array(), self.rows.get_mut(&key)) {
            let slots = |tag: &Value| {
                let slots = tag.as_str().unwrap().split('/').enumerate();
                slots.filter(|(_, slot)| !slot.is_empty()).map(|(at, slot)| (at, slot.to_owned())).collect()
            };
            row.tags = tags.iter().map(slots).collect();
            let conditions = headers["active_conditions"].as_array().unwrap();
            row.conditions = conditions.iter().map(|truth| truth.as_bool().unwrap()).collect();
        }
    }

    /// The rows as JSON objects of texts, sorted; a bool as the log has it.
    pub fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> =
            self.rows.values().map(|row| Value::Object(row.value.clone()).to_string()).collect();
        rows.sort();
        rows
    }
}
