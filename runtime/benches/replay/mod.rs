//! A shape server that makes nothing: the same chunks for everybody, then one change after the other to those who poll.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shapegen_runtime::definition::ShapeDefinition;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::Instant;

pub struct Replay {
    pub url: String,
    served: Arc<Served>,
    changes: watch::Sender<Change>,
    /// Its own thread.
    _runtime: Runtime,
}

/// Bytes that are sent at once, where that has a pace.
const PIECE: usize = 512 * 1024;

/// A body with its number.
type Change = (u64, Arc<[u8]>);

struct Served {
    bodies: Vec<Vec<u8>>,
    schema: String,
    /// Bytes a second of one answer; as fast as it can without.
    pace: Option<u32>,
    requests: Mutex<Vec<String>>,
}

impl Replay {
    pub fn serve(bodies: Vec<Vec<u8>>, definition: &ShapeDefinition, pace: Option<u32>) -> Self {
        let mut schema = String::new();
        for column in definition.columns {
            let _ = write!(schema, r#","{}":{{"type":"{}"}}"#, column.name, column.pg_type);
        }
        let schema = format!("{{{}}}", &schema[1..]);
        let served = Arc::new(Served { bodies, schema, pace, requests: Mutex::default() });
        let changes = watch::Sender::new((0, Arc::from([])));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let (serving, changing) = (served.clone(), changes.subscribe());
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (serving, changing) = (serving.clone(), changing.clone());
                // Clients go when they like.
                tokio::spawn(async move { drop(connection(socket, &serving, changing).await) });
            }
        });
        Self { url: format!("http://{address}/v1/shape"), served, changes, _runtime: runtime }
    }

    /// The URLs of all chunks, for who needs no client.
    pub fn chunks(&self) -> Vec<String> {
        let offset = |at: usize| if at == 0 { "-1".to_owned() } else { format!("0_{}", at - 1) };
        (0..self.served.bodies.len()).map(|at| format!("{}?offset={}", self.url, offset(at))).collect()
    }

    /// Answers everybody who polls.
    pub fn change(&self, body: &[u8]) {
        self.changes.send_modify(|(number, change)| (*number, *change) = (*number + 1, body.into()));
    }

    /// The offsets that were asked for since the last call.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.served.requests.lock().unwrap())
    }
}

async fn connection(
    mut socket: TcpStream,
    served: &Served,
    mut changes: watch::Receiver<Change>,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut head = Vec::new();
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            if socket.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let target = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
        let value = |name: &str| target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let offset = value("offset").unwrap_or_default();
        served.requests.lock().unwrap().push(offset.to_owned());
        let change: Option<u64> =
            offset.strip_suffix("_0").filter(|_| offset != "0_0").and_then(|lsn| lsn.parse().ok());
        let chunk = match offset.strip_prefix("0_") {
            _ if offset == "-1" => 0,
            Some(at) => at.parse::<usize>().map_or(0, |at| at + 1),
            None => served.bodies.len(),
        };
        if let Some(body) = served.bodies.get(chunk) {
            let last = chunk + 1 == served.bodies.len();
            answer(&mut socket, served, &format!("0_{chunk}"), last, body).await?;
            continue;
        }
        let seen = change.unwrap_or(0);
        if value("live").is_some() {
            let mut next = [0];
            let closed = tokio::select! {
                changed = changes.wait_for(|(number, _)| *number > seen) => changed.is_err(),
                // Who goes away says nothing more before.
                _ = socket.peek(&mut next) => true,
            };
            if closed {
                return Ok(());
            }
        }
        let (number, body) = changes.borrow().clone();
        if number > seen {
            answer(&mut socket, served, &format!("{number}_0"), true, &body).await?;
        } else {
            answer(&mut socket, served, offset, true, br#"[{"headers":{"control":"up-to-date"}}]"#).await?;
        }
    }
}

async fn answer(socket: &mut TcpStream, served: &Served, offset: &str, last: bool, body: &[u8]) -> std::io::Result<()> {
    let up_to_date = if last { "electric-up-to-date: \r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nelectric-handle: 1-1\r\nelectric-offset: {offset}\r\n\
         electric-cursor: 1\r\nelectric-schema: {}\r\n{up_to_date}content-length: {}\r\n\r\n",
        served.schema,
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    let Some(pace) = served.pace else { return socket.write_all(body).await };
    let (begun, mut sent) = (Instant::now(), 0);
    for piece in body.chunks(PIECE) {
        socket.write_all(piece).await?;
        sent += piece.len();
        tokio::time::sleep_until(begun + Duration::from_secs_f64(sent as f64 / f64::from(pace))).await;
    }
    Ok(())
}
