//! A service by hand for the work of the benchmark: the same bodies, and a list of messages that grows.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use tokio::sync::watch;

/// Bodies at `/chunk/N`; messages after the Nth at `/after/N`, waited for.
#[derive(Clone, Default)]
pub struct Baseline {
    chunks: Arc<Vec<Bytes>>,
    messages: Arc<Mutex<Vec<Bytes>>>,
    count: watch::Sender<usize>,
    held: watch::Sender<usize>,
}

impl Baseline {
    pub async fn start(chunks: Vec<Bytes>) -> (Self, SocketAddr) {
        let this = Self { chunks: Arc::new(chunks), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/chunk/{number}", get(chunk)).route("/after/{number}", get(after));
        let router = routes.with_state(this.clone());
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (this, address)
    }

    /// How many requests wait for a message.
    pub fn held(&self) -> watch::Receiver<usize> {
        self.held.subscribe()
    }

    pub fn push(&self, message: Bytes) {
        self.messages.lock().unwrap().push(message);
        self.count.send_modify(|count| *count += 1);
    }
}

async fn chunk(State(this): State<Baseline>, Path(number): Path<usize>) -> Response {
    this.chunks.get(number).cloned().unwrap_or_default().into_response()
}

async fn after(State(this): State<Baseline>, Path(number): Path<usize>) -> Response {
    let mut count = this.count.subscribe();
    this.held.send_modify(|held| *held += 1);
    let count = *count.wait_for(|count| *count > number).await.unwrap();
    this.held.send_modify(|held| *held -= 1);
    let mut body = Vec::new();
    for (at, message) in this.messages.lock().unwrap()[number..count].iter().enumerate() {
        body.push(if at == 0 { b'[' } else { b',' });
        body.extend_from_slice(message);
    }
    body.push(b']');
    ([("electric-offset", count.to_string())], body).into_response()
}
