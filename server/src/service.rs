//! The service: how it is set up, started, watched and stopped.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::serve::ListenerExt;
use shapegen_runtime::definition::{ParamSource, ShapeDefinition};
use shapegen_runtime::expr::Expr;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::watch;

use crate::http;
use crate::http::held::Admission;
use crate::requests::{Answered, Request, RequestLog};
use crate::session::SessionValues;
use crate::shapes::{Limits, Shapes};
use crate::source::Source;
use crate::table::TableDefinition;

pub(crate) type SessionsFn = dyn Fn(&HeaderMap) -> Option<SessionValues> + Send + Sync;
pub(crate) type ObserverFn = dyn Fn(&Answered<'_>) + Send + Sync;
pub(crate) type WhereParserFn = dyn Fn(&TableDefinition, &str, &[String]) -> Result<Expr, String> + Send + Sync;

/// A shape service over one source. Clones are the same service.
#[derive(Clone)]
pub struct Service(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) shapes: Arc<Shapes>,
    pub(crate) definitions: BTreeMap<&'static str, &'static ShapeDefinition>,
    pub(crate) sessions: Option<Box<SessionsFn>>,
    pub(crate) where_parser: Option<Box<WhereParserFn>>,
    pub(crate) long_poll: Duration,
    pub(crate) sse_keep_alive: Duration,
    pub(crate) sse_timeout: Duration,
    pub(crate) secret: Option<String>,
    pub(crate) allow_delete: bool,
    /// Requests from the start of a log.
    pub(crate) initial: Admission,
    /// All others.
    pub(crate) existing: Admission,
    pub(crate) requests: RequestLog,
    pub(crate) observer: Option<Box<ObserverFn>>,
    pub(crate) held: watch::Sender<usize>,
    pub(crate) closing: watch::Sender<bool>,
    /// Makes the entity tags of answers without news differ.
    pub(crate) no_news: AtomicU64,
}

/// What a [`Service`] is to be; see [`Service::builder`].
pub struct ServiceBuilder {
    source: Arc<dyn Source>,
    definitions: Vec<&'static ShapeDefinition>,
    sessions: Option<Box<SessionsFn>>,
    where_parser: Option<Box<WhereParserFn>>,
    long_poll: Duration,
    sse_keep_alive: Duration,
    sse_timeout: Duration,
    secret: Option<String>,
    allow_delete: bool,
    max_initial: usize,
    max_existing: usize,
    limits: Limits,
    requests: usize,
    observer: Option<Box<ObserverFn>>,
}

/// Why a service can't be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two shapes have one name.
    #[error("two shapes are called `{0}`")]
    DuplicateShape(&'static str),
    /// A shape is bound to session values that nobody gives.
    #[error("shape `{0}` uses session values: call `sessions` to give them")]
    NoSessions(&'static str),
}

/// Why a service can't listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The service can't be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address is taken, or not ours.
    #[error("can't listen: {0}")]
    Listen(#[from] io::Error),
}

impl Service {
    /// A service over `source`. Without further settings it serves nothing but `/v1/health`.
    pub fn builder(source: impl Source) -> ServiceBuilder {
        ServiceBuilder {
            source: Arc::new(source),
            definitions: Vec::new(),
            sessions: None,
            where_parser: None,
            long_poll: Duration::from_secs(20),
            sse_keep_alive: Duration::from_secs(21),
            sse_timeout: Duration::from_secs(60),
            secret: None,
            allow_delete: false,
            max_initial: usize::MAX,
            max_existing: usize::MAX,
            limits: Limits { chunk_bytes: 10 << 20, log_bytes: 64 << 20, total_bytes: 1 << 30 },
            requests: 10_000,
            observer: None,
        }
    }

    /// The routes, for a server of one's own.
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.0))
    }

    /// Starts listening on the running tokio executor.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> Result<Listening, BindError> {
        self.bind_with(address, Router::new()).await
    }

    /// As [`bind`](Self::bind), with routes of one's own beside the service's.
    ///
    /// # Errors
    /// When the address can't be bound.
    pub async fn bind_with(&self, address: impl ToSocketAddrs, routes: Router) -> Result<Listening, BindError> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = self.router().merge(routes);
        let mut closing = self.0.closing.subscribe();
        let stop = async move {
            // An error means that the service is gone, which ends it, too.
            let _ = closing.wait_for(|closing| *closing).await;
        };
        // News are small, and not to wait until those before are acknowledged.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let server = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop).await });
        Ok(Listening { service: self.clone(), address, server })
    }

    /// What clients asked for so far, oldest first; the newest 10,000 unless the builder said otherwise.
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests.all()
    }

    /// How many live requests wait for news, streams of events among them: a test writes once its client waits.
    pub fn held(&self) -> watch::Receiver<usize> {
        self.0.held.subscribe()
    }
}

impl ServiceBuilder {
    /// Serves these shapes at `/shapes/NAME`.
    #[must_use]
    pub fn shapes(mut self, shapes: impl IntoIterator<Item = &'static ShapeDefinition>) -> Self {
        self.definitions.extend(shapes);
        self
    }

    /// Says who is asking, from a request's headers; `None` answers 401 where a shape uses session values.
    #[must_use]
    pub fn sessions(mut self, sessions: impl Fn(&HeaderMap) -> Option<SessionValues> + Send + Sync + 'static) -> Self {
        self.sessions = Some(Box::new(sessions));
        self
    }

    /// Serves every table of the source at `/v1/shape`, to everybody who can reach it, with where clauses read by
    /// `parser` from the table, the text and the values of `$1`, `$2` ….
    #[must_use]
    pub fn where_parser(
        mut self,
        parser: impl Fn(&TableDefinition, &str, &[String]) -> Result<Expr, String> + Send + Sync + 'static,
    ) -> Self {
        self.where_parser = Some(Box::new(parser));
        self
    }

    /// How long a live request waits for news: 20 s unless set.
    #[must_use]
    pub fn long_poll(mut self, timeout: Duration) -> Self {
        self.long_poll = timeout;
        self
    }

    /// How long a stream of events may be silent before it gets a comment: 21 s unless set.
    #[must_use]
    pub fn sse_keep_alive(mut self, silence: Duration) -> Self {
        self.sse_keep_alive = silence;
        self
    }

    /// How long a stream of events goes on before its client must ask again: 60 s unless set.
    #[must_use]
    pub fn sse_timeout(mut self, timeout: Duration) -> Self {
        self.sse_timeout = timeout;
        self
    }

    /// Requests at `/v1/shape` must give this as `secret`, or are answered with 401. Shapes by name are guarded by their
    /// [sessions](Self::sessions).
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Lets clients end shapes by a DELETE at `/v1/shape`, which is refused unless set: for tests of clients.
    #[must_use]
    pub fn allow_delete(mut self) -> Self {
        self.allow_delete = true;
        self
    }

    /// How many requests are answered at once, those that wait for news and those that are being sent among them: from
    /// the start of a log, and all others. More are answered with 503. No limit unless set.
    #[must_use]
    pub fn max_concurrent(mut self, initial: usize, existing: usize) -> Self {
        self.max_initial = initial;
        self.max_existing = existing;
        self
    }

    /// A response ends behind the message that crosses this many bytes: 10 MiB unless set.
    #[must_use]
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.limits.chunk_bytes = bytes;
        self
    }

    /// A shape whose log outgrows this many bytes must be fetched afresh: 64 MiB unless set.
    #[must_use]
    pub fn max_log_bytes(mut self, bytes: usize) -> Self {
        self.limits.log_bytes = bytes;
        self
    }

    /// Above this many bytes of snapshots and logs the shapes that were not asked for the longest are dropped, and must
    /// be fetched afresh: 1 GiB unless set.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.limits.total_bytes = bytes;
        self
    }

    /// How many requests [`Service::requests`] remembers.
    #[must_use]
    pub fn max_requests(mut self, count: usize) -> Self {
        self.requests = count;
        self
    }

    /// Is shown each answer before it is sent, on the executor: it must not block.
    #[must_use]
    pub fn on_answer(mut self, observer: impl Fn(&Answered<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The service, not yet listening.
    ///
    /// # Errors
    /// When two shapes have one name, or nobody gives the session values that a shape uses.
    pub fn build(self) -> Result<Service, BuildError> {
        let mut definitions = BTreeMap::new();
        for shape in self.definitions {
            if definitions.insert(shape.name, shape).is_some() {
                return Err(BuildError::DuplicateShape(shape.name));
            }
            if self.sessions.is_none() && uses_session(shape) {
                return Err(BuildError::NoSessions(shape.name));
            }
        }
        Ok(Service(Arc::new(Inner {
            shapes: Shapes::new(self.source, self.limits),
            definitions,
            sessions: self.sessions,
            where_parser: self.where_parser,
            long_poll: self.long_poll,
            sse_keep_alive: self.sse_keep_alive,
            sse_timeout: self.sse_timeout,
            secret: self.secret,
            allow_delete: self.allow_delete,
            initial: Admission::new("initial", self.max_initial),
            existing: Admission::new("existing", self.max_existing),
            requests: RequestLog::new(self.requests),
            observer: self.observer,
            held: watch::Sender::new(0),
            closing: watch::Sender::new(false),
            no_news: AtomicU64::new(0),
        })))
    }

    /// Builds the service and starts listening on the running tokio executor; port 0 takes a free one.
    ///
    /// # Errors
    /// As [`build`](Self::build), and when the address can't be bound.
    pub async fn bind(self, address: impl ToSocketAddrs) -> Result<Listening, BindError> {
        self.build()?.bind(address).await
    }
}

pub(crate) fn uses_session(shape: &ShapeDefinition) -> bool {
    shape.params.iter().any(|param| param.from != ParamSource::Caller)
}

/// How long a service that ends waits for its clients.
const GRACE: Duration = Duration::from_secs(5);

/// A service that listens. Dropping it stops the service.
pub struct Listening {
    service: Service,
    address: SocketAddr,
    server: tokio::task::JoinHandle<io::Result<()>>,
}

impl Listening {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers the held requests, ends the streams, closes the connections, and returns when all is closed; for clients
    /// that don't take what is sent to them it waits 5 s.
    pub async fn shutdown(mut self) {
        self.service.0.closing.send_replace(true);
        match tokio::time::timeout(GRACE, &mut self.server).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the service ended by itself"),
            Err(_) => self.server.abort(),
        }
    }
}

impl Deref for Listening {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.service.0.closing.send_replace(true);
    }
}
