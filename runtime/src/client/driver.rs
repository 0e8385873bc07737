//! The thin driver: gives the stream HTTP, time and randomness, the rows their columns, the store its batches.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::Arc;

use reqwest::header::HeaderMap;

use super::kept::Kept;
use super::local::Local;
use super::session::Token;
use super::{Client, Mode};
use crate::clock::Clock;
use crate::collection::{Connection, ErasedRows};
use crate::definition::{ParamSource, ShapeDefinition};
use crate::stream::{Address, AddressError, Effect, Event, Headers, Origin, Request, Stream, SyncError};

/// What one sync needs, without the client: it must not keep the client alive.
pub(super) struct Driver {
    definition: &'static ShapeDefinition,
    address: Result<Address, SyncError>,
    http: reqwest::Client,
    token: Token,
    clock: Clock,
    kept: Kept,
}

impl Client {
    pub(super) fn driver(
        &self,
        definition: &'static ShapeDefinition,
        key: String,
        bound: Vec<Option<String>>,
    ) -> Driver {
        let inner = &self.0;
        Driver {
            definition,
            address: address(definition, &inner.url, inner.mode, bound),
            http: inner.http.clone(),
            token: inner.token.clone(),
            clock: inner.clock.clone(),
            kept: Kept::new(&inner.storage, definition, key),
        }
    }
}

/// Where the shape is asked for; an error where the session lacks a value that the shape binds.
fn address(
    definition: &ShapeDefinition,
    url: &str,
    mode: Mode,
    bound: Vec<Option<String>>,
) -> Result<Address, SyncError> {
    let of = Origin::new(definition);
    let mut values = Vec::with_capacity(bound.len());
    for (param, value) in definition.params.iter().zip(bound) {
        values.push(value.ok_or(SyncError::Unbound { of, param: param.name, from: param.from })?);
    }
    let address = match mode {
        Mode::Electric => Address::electric(url, definition, &values),
        Mode::Gatekeeper => {
            let named = definition.params.iter().zip(&values);
            let caller = named
                .filter(|(param, _)| param.from == ParamSource::Caller)
                .map(|(param, value)| (param.name, value.as_str()));
            Address::gatekeeper(url, definition, caller)
        }
    };
    address.map_err(|error: AddressError| SyncError::Address { of, error })
}

/// Follows a shape until it stops for good, or the task is aborted.
pub(super) async fn run(driver: Driver, rows: Box<dyn ErasedRows>) {
    let Driver { definition, address, http, token, clock, kept } = driver;
    let (local, position) = Local::open(definition, kept, rows, clock.clone()).await;
    let mut sync = Sync { definition, http, token, clock, local };
    let stopped = match address {
        Ok(address) => sync.follow(Stream::new(definition, address, position, fastrand::u64(..))).await,
        Err(error) => error,
    };
    tracing::error!(shape = definition.name, error = %stopped, "the sync has stopped");
    sync.local.connection(Connection::Stopped(Arc::new(stopped)));
}

struct Sync {
    definition: &'static ShapeDefinition,
    http: reqwest::Client,
    token: Token,
    clock: Clock,
    local: Local,
}

impl Sync {
    /// Does what the stream says, until it says stop or the disk does.
    async fn follow(&mut self, mut stream: Stream) -> SyncError {
        let mut effects = VecDeque::from(stream.on(Event::Start));
        while let Some(effect) = effects.pop_front() {
            effects.extend(match effect {
                Effect::Fetch(request) => self.fetch(&mut stream, &request).await,
                Effect::Deliver(delivery) => match self.local.deliver(&delivery).await {
                    Ok(outcome) => stream.on(Event::Delivered(outcome)),
                    Err(error) if error.is_local() => return error,
                    Err(error) => stream.on(Event::Rejected(error)),
                },
                Effect::Wait { at_least, up_to } => {
                    self.clock.sleep(at_least.max(up_to.mul_f64(fastrand::f64()))).await;
                    stream.on(Event::Timer)
                }
                Effect::Refetch => {
                    tracing::info!(shape = self.definition.name, "the log is gone: the rows are fetched anew");
                    Vec::new()
                }
                Effect::Online => {
                    self.local.connection(Connection::Online);
                    Vec::new()
                }
                Effect::Offline(error) => {
                    tracing::warn!(shape = self.definition.name, %error, "no usable answer");
                    self.local.connection(Connection::Offline(Arc::new(error)));
                    Vec::new()
                }
                Effect::Stop(error) => {
                    return error.unwrap_or(SyncError::Cancelled { of: Origin::new(self.definition) });
                }
            });
        }
        SyncError::Cancelled { of: Origin::new(self.definition) }
    }

    /// Sends one request and feeds the answer to the stream.
    async fn fetch(&self, stream: &mut Stream, request: &Request) -> Vec<Effect> {
        tracing::debug!(shape = self.definition.name, live = request.live, "request");
        let mut response = match self.send(&request.url).await {
            Ok(response) => response,
            Err(error) => return stream.on(Event::Failed(reason(&error))),
        };
        let status = response.status().as_u16();
        let mut effects = stream.on(Event::Head { status, headers: &ByName(response.headers()) });
        // Only `Online` leaves the answer's body still to be read.
        if effects.iter().any(|effect| *effect != Effect::Online) {
            return effects;
        }
        loop {
            effects.extend(match response.chunk().await {
                Ok(Some(piece)) => stream.on(Event::Piece(&piece)),
                Ok(None) => {
                    effects.extend(stream.on(Event::End));
                    return effects;
                }
                Err(error) => {
                    effects.extend(stream.on(Event::Failed(reason(&error))));
                    return effects;
                }
            });
        }
    }

    /// A 401 renews the token, once.
    async fn send(&self, url: &str) -> reqwest::Result<reqwest::Response> {
        let token = self.token.get(None).await;
        let response = self.get(url, token.as_deref()).await?;
        if response.status() != reqwest::StatusCode::UNAUTHORIZED || token.is_none() {
            return Ok(response);
        }
        let renewed = self.token.get(token.as_ref()).await;
        self.get(url, renewed.as_deref()).await
    }

    async fn get(&self, url: &str, token: Option<&str>) -> reqwest::Result<reqwest::Response> {
        let request = self.http.get(url);
        match token {
            Some(token) => request.bearer_auth(token).send().await,
            None => request.send().await,
        }
    }
}

struct ByName<'a>(&'a HeaderMap);

impl Headers for ByName<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// What went wrong and why, without the URL: it names the person.
fn reason(error: &reqwest::Error) -> String {
    let mut reason = String::new();
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(error) = cause {
        if !reason.is_empty() {
            reason.push_str(": ");
        }
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    if reason.is_empty() { "the request failed".to_owned() } else { reason }
}
