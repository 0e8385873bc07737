//! A client that knows no more than the protocol, over one connection a request: what a test holds against SQL.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::exchange::Answer;
use crate::held_rows::HeldRows;

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
    rows: HeldRows,
    pub refetched: usize,
}

impl Follower {
    pub fn new(address: SocketAddr, shape: impl Into<String>) -> Self {
        let (shape, offset) = (shape.into(), "-1".to_owned());
        Self { address, shape, handle: None, offset, rows: HeldRows::default(), refetched: 0 }
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
        messages.iter().for_each(|message| self.rows.take(message));
        self.handle = Some(answer.header("electric-handle").to_owned());
        self.offset = answer.header("electric-offset").to_owned();
        answer.headers.contains_key("electric-up-to-date")
    }

    /// The rows as JSON objects of texts, sorted; a bool as the log has it.
    pub fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> =
            self.rows.iter().map(|(_, value)| Value::Object(value.clone()).to_string()).collect();
        rows.sort();
        rows
    }
}
