//! A bare HTTP client on one connection, so that what is measured is the service.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What a client looks at.
pub struct Answer {
    pub offset: String,
    pub handle: String,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::with_capacity(1 << 16) }
    }

    pub async fn send(&mut self, path: &str) {
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    }

    /// The answer to a request whose body's length is told.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(path).await;
        let end = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await;
        };
        let head = String::from_utf8(self.received[..end].to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        let length: usize = header("content-length").parse().unwrap();
        while self.received.len() < end + length {
            self.read().await;
        }
        let body = self.received[end..end + length].to_vec();
        self.received.drain(..end + length);
        Answer { offset: header("electric-offset"), handle: header("electric-handle"), body }
    }

    /// Reads a stream until so many messages came; what is counted is their last byte.
    pub async fn messages(&mut self, wanted: usize) {
        let mut seen = 0;
        while seen < wanted {
            self.read().await;
            // A message that is cut in two is counted with what comes.
            let whole = self.received.windows(6).rposition(|bytes| bytes == b"data: ").unwrap_or_default();
            seen += count(&self.received[..whole], b"\"operation\"");
            self.received.drain(..whole);
            if seen + count(&self.received, b"\"operation\"") >= wanted {
                return;
            }
        }
    }

    async fn read(&mut self) {
        assert!(self.stream.read_buf(&mut self.received).await.unwrap() > 0, "the service hung up");
    }
}

pub fn count(bytes: &[u8], pattern: &[u8]) -> usize {
    bytes.windows(pattern.len()).filter(|window| *window == pattern).count()
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}
