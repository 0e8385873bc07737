//! The way to the service: HTTP with tokens and headers, each answer fed piece by piece to its driver.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::session::{Token, TokenProvider};
use crate::stream::{Headers, Request, RequestId};

/// A future that a trait gives.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What carries requests; HTTP itself, or a test's idea of it.
pub trait Transport: Send + Sync {
    /// Sends a GET request; the error is what is to be told, without the URL: it names the person.
    fn get(&self, url: &str, headers: HeaderMap) -> Pending<'static, Result<Response, String>>;
}

/// The beginning of an answer.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The rest.
    pub body: Box<dyn Body>,
}

/// The rest of an answer.
pub trait Body: Send {
    /// The next piece, `None` at the end; an error where it breaks off.
    fn piece(&mut self) -> Pending<'_, Result<Option<Bytes>, String>>;
}

/// A header of every request. Its value is told nobody else.
#[derive(Clone)]
pub(crate) struct Header {
    name: HeaderName,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Fixed(HeaderValue),
    Asked(Arc<dyn TokenProvider>),
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl Header {
    /// One whose value stays; none where HTTP doesn't allow it.
    pub(crate) fn fixed(name: &str, value: &str) -> Option<Self> {
        let value = secret(value).or_else(|| {
            tracing::error!(name, "a header's value has characters that HTTP doesn't allow: it isn't sent");
            None
        })?;
        Some(Self { name: header_name(name)?, value: Value::Fixed(value) })
    }

    /// One whose value is asked for before each request.
    pub(crate) fn asked(name: &str, provider: Arc<dyn TokenProvider>) -> Option<Self> {
        Some(Self { name: header_name(name)?, value: Value::Asked(provider) })
    }
}

/// Sends a driver's requests, with what proves who asks.
#[derive(Clone)]
pub(crate) struct Sender {
    transport: Arc<dyn Transport>,
    token: Token,
    headers: Vec<Header>,
}

/// What came of a request.
pub(crate) enum Arrived {
    Head { status: u16, headers: HeaderMap },
    Piece(Bytes),
    End(Duration),
    Failed(String, Duration),
}

/// Pieces that wait for their driver; then the network waits.
const WAITING: usize = 32;

/// A driver's requests that are under way. Dropped, all of them end.
pub(crate) struct Requests {
    sender: Sender,
    send: mpsc::Sender<(RequestId, Arrived)>,
    arrived: mpsc::Receiver<(RequestId, Arrived)>,
    tasks: JoinSet<()>,
    under_way: Vec<(RequestId, AbortHandle)>,
}

impl Sender {
    pub(crate) fn new(transport: Arc<dyn Transport>, token: Token, headers: Vec<Header>) -> Self {
        Self { transport, token, headers }
    }

    /// Sends this header in place of the one of its name.
    pub(crate) fn set_header(&mut self, header: Header) {
        self.headers.retain(|other| other.name != header.name);
        self.headers.push(header);
    }

    /// A 401 renews the token, once.
    async fn get(&self, url: &str, events: bool) -> Result<Response, String> {
        let mut headers = self.headers().await?;
        if events {
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        }
        let token = self.token.get(None).await;
        let response = self.transport.get(url, bearing(headers.clone(), token.as_deref())?).await?;
        if response.status != 401 || token.is_none() {
            return Ok(response);
        }
        let renewed = self.token.get(token.as_ref()).await;
        self.transport.get(url, bearing(headers, renewed.as_deref())?).await
    }

    /// The headers' values; those that are asked for are asked for at the same time.
    async fn headers(&self) -> Result<HeaderMap, String> {
        let mut asked: Vec<_> = self
            .headers
            .iter()
            .filter_map(|Header { name, value }| match value {
                Value::Fixed(_) => None,
                Value::Asked(provider) => Some((name, Some(provider.token()), String::new())),
            })
            .collect();
        poll_fn(|context| {
            for (_, waiting, value) in &mut asked {
                if let Some(Poll::Ready(text)) = waiting.as_mut().map(|waiting| waiting.as_mut().poll(context)) {
                    (*waiting, *value) = (None, text);
                }
            }
            if asked.iter().all(|(_, waiting, _)| waiting.is_none()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let mut headers = HeaderMap::new();
        for Header { name, value } in &self.headers {
            if let Value::Fixed(value) = value {
                headers.insert(name, value.clone());
            }
        }
        for (name, _, value) in asked {
            headers.insert(name, secret(&value).ok_or_else(|| format!("the value of the header `{name}` is none"))?);
        }
        Ok(headers)
    }
}

fn bearing(mut headers: HeaderMap, token: Option<&str>) -> Result<HeaderMap, String> {
    if let Some(token) = token {
        let value = secret(&format!("Bearer {token}")).ok_or("the token can't be sent in a header")?;
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn header_name(name: &str) -> Option<HeaderName> {
    let known = HeaderName::from_bytes(name.as_bytes()).ok();
    if known.is_none() {
        tracing::error!(name, "no header can be called so: it isn't sent");
    }
    known
}

/// A header's value that isn't shown.
fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Requests {
    pub(crate) fn new(sender: Sender) -> Self {
        let (send, arrived) = mpsc::channel(WAITING);
        Self { sender, send, arrived, tasks: JoinSet::new(), under_way: Vec::new() }
    }

    pub(crate) fn sender(&mut self) -> &mut Sender {
        &mut self.sender
    }

    pub(crate) fn send(&mut self, request: Request) {
        let (sender, send) = (self.sender.clone(), self.send.clone());
        let id = request.id;
        let task = self.tasks.spawn(async move {
            let begun = Instant::now();
            let mut response = match sender.get(&request.url, request.events).await {
                Ok(response) => response,
                Err(reason) => return drop(send.send((id, Arrived::Failed(reason, begun.elapsed()))).await),
            };
            let head = Arrived::Head { status: response.status, headers: response.headers };
            if send.send((id, head)).await.is_err() {
                return;
            }
            loop {
                let (arrived, over) = match response.body.piece().await {
                    Ok(Some(piece)) => (Arrived::Piece(piece), false),
                    Ok(None) => (Arrived::End(begun.elapsed()), true),
                    Err(reason) => (Arrived::Failed(reason, begun.elapsed()), true),
                };
                if send.send((id, arrived)).await.is_err() || over {
                    return;
                }
            }
        });
        self.under_way.push((id, task));
    }

    pub(crate) fn abandon(&mut self, id: RequestId) {
        self.under_way.retain(|(other, task)| {
            if *other == id {
                task.abort();
            }
            *other != id
        });
    }

    /// What arrives next.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(RequestId, Arrived)> {
        while let Poll::Ready(Some(ended)) = self.tasks.poll_join_next(context) {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                // The program's own code, asked for a token or a header.
                std::panic::resume_unwind(panic);
            }
        }
        let Poll::Ready(Some((id, arrived))) = self.arrived.poll_recv(context) else {
            // The channel doesn't close: a sender is in here.
            return Poll::Pending;
        };
        if matches!(arrived, Arrived::End(_) | Arrived::Failed(..)) {
            self.under_way.retain(|(other, _)| *other != id);
        }
        Poll::Ready((id, arrived))
    }
}

impl Headers for HeaderMap {
    fn get(&self, name: &str) -> Option<&str> {
        HeaderMap::get(self, name)?.to_str().ok()
    }
}
