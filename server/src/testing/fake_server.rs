//! [`FakeServer`]: the shape service on a thread of its own, with rows from tests, and faults when they ask for them.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use shapegen_runtime::Shape;
use shapegen_runtime::definition::ShapeDefinition;
use tokio::sync::oneshot;

use crate::http::secret::noted;
use crate::memory::{MemoryError, MemorySource, MemoryTransaction, table_of};
use crate::requests::{self, RequestLog};
use crate::service::{BuildError, Service};
use crate::session::SessionValues;

/// A shape server of a test's own, in this process and on loopback, that ends when it is dropped.
///
/// It needs no executor: every call returns when it is done, from a thread or from an async test.
pub struct FakeServer {
    source: MemorySource,
    service: Service,
    address: SocketAddr,
    faults: Arc<Faults>,
    /// `None` while the network is off.
    running: Mutex<Option<Running>>,
}

/// Why a fake server doesn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FakeServerError {
    /// The shapes can't be parts of one database.
    #[error(transparent)]
    Tables(#[from] MemoryError),
    /// The shapes can't be served.
    #[error(transparent)]
    Shapes(#[from] BuildError),
    /// The system gives no port or no thread.
    #[error("can't listen: {0}")]
    Listen(#[from] io::Error),
}

/// So many requests are remembered.
const MOST_REQUESTS: usize = 10_000;

/// A server thread; dropped, its connections are gone, and held requests with them.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Faults {
    plan: Mutex<Plan>,
    requests: RequestLog,
}

#[derive(Default)]
struct Plan {
    delay: Duration,
    failures: VecDeque<StatusCode>,
    /// What clients showed of who they are, as they sent it.
    seen: HashSet<Vec<u8>>,
    expired: HashSet<Vec<u8>>,
}

impl FakeServer {
    /// Serves these shapes, whose tables are empty, to a session with these values.
    ///
    /// # Errors
    /// When the shapes disagree on a table, two have one name, or there is no port.
    pub fn start(
        shapes: impl IntoIterator<Item = &'static ShapeDefinition>,
        session: SessionValues,
    ) -> Result<Self, FakeServerError> {
        let shapes: Vec<_> = shapes.into_iter().collect();
        let source = MemorySource::new(shapes.iter().copied())?;
        let sessions = move |_: &HeaderMap| Some(session.clone());
        let service = Service::builder(source.clone()).shapes(shapes).sessions(sessions).build()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let faults = Arc::new(Faults { plan: Mutex::default(), requests: RequestLog::new(MOST_REQUESTS) });
        let running = Running::start(listener, &service, &faults)?;
        Ok(Self { source, service, address, faults, running: Mutex::new(Some(running)) })
    }

    /// What comes before a shape's name: the address for a client.
    pub fn url(&self) -> String {
        format!("http://{}/shapes", self.address)
    }

    /// Inserts a row. For several changes in one transaction see [`FakeServer::transaction`].
    ///
    /// # Errors
    /// When there is a row with its key.
    pub fn insert<S: Shape>(&self, row: &S) -> Result<(), MemoryError> {
        self.transaction(|transaction| transaction.insert(row))
    }

    /// Gives a row new values; its key stays.
    ///
    /// # Errors
    /// When there is no row with its key.
    pub fn update<S: Shape>(&self, row: &S) -> Result<(), MemoryError> {
        self.transaction(|transaction| transaction.update(row))
    }

    /// Deletes the row with a key.
    ///
    /// # Errors
    /// When there is none.
    pub fn delete<S: Shape>(&self, key: &S::Key) -> Result<(), MemoryError> {
        self.transaction(|transaction| transaction.delete::<S>(key))
    }

    /// Commits several changes together.
    ///
    /// # Errors
    /// The first error of a change; nothing was changed then.
    pub fn transaction(&self, write: impl FnOnce(&mut MemoryTransaction<'_>)) -> Result<(), MemoryError> {
        self.source.transaction(write).map(drop)
    }

    /// Ends the log of a shape's table: clients are told to fetch its shapes afresh, under another handle.
    pub fn must_refetch<S: Shape>(&self) {
        self.source.invalidate(&table_of::<S>());
    }

    /// Takes none of the tokens any more that came so far: answers are 401 until a client shows another one.
    pub fn expire_token(&self) {
        let plan = &mut *self.faults.plan();
        plan.expired.extend(plan.seen.drain());
    }

    /// Answers the next requests with a status of their own, in this order, instead of rows.
    pub fn fail_next(&self, statuses: impl IntoIterator<Item = u16>) {
        let statuses = statuses.into_iter().filter_map(|status| StatusCode::from_u16(status).ok());
        self.faults.plan().failures.extend(statuses);
    }

    /// Lets each answer wait this long.
    pub fn delay(&self, by: Duration) {
        self.faults.plan().delay = by;
    }

    /// Turns the network off: connections are cut, and nobody listens. Rows can be written all the same.
    pub fn offline(&self) {
        self.running().take();
    }

    /// Turns the network on again, at the same address.
    ///
    /// # Errors
    /// When somebody else has taken the port in the meantime.
    pub fn online(&self) -> io::Result<()> {
        let mut running = self.running();
        if running.is_none() {
            *running = Some(Running::start(TcpListener::bind(self.address)?, &self.service, &self.faults)?);
        }
        Ok(())
    }

    /// What clients asked for so far, oldest first, whatever came of it: the newest 10,000.
    pub fn requests(&self) -> Vec<requests::Request> {
        self.faults.requests.all()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Running {
    fn start(listener: TcpListener, service: &Service, faults: &Arc<Faults>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let router = service.router().layer(from_fn_with_state(Arc::clone(faults), around));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            runtime.block_on(async {
                let serving = async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await };
                tokio::select! {
                    // Either way of ending means that it is to stop.
                    _ = stopped => {}
                    ended = serving => if let Err(error) = ended {
                        tracing::error!(%error, "the fake server ended by itself");
                    },
                }
            });
            // Connections are cut, whatever they wait for.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("fake-server".to_owned()).spawn(serve)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It panicked: what it had to say was printed.
            let _ = thread.join();
        }
    }
}

impl Faults {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to answer instead of rows, and how long to wait before any answer.
    fn next(&self, headers: &HeaderMap) -> (Duration, Option<StatusCode>) {
        let plan = &mut *self.plan();
        let shown = headers.get(AUTHORIZATION).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        if plan.expired.contains(&shown) {
            return (plan.delay, Some(StatusCode::UNAUTHORIZED));
        }
        plan.seen.insert(shown);
        (plan.delay, plan.failures.pop_front())
    }
}

async fn around(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let number = faults.requests.arrived(noted(request.method(), request.uri()));
    let (delay, failure) = faults.next(request.headers());
    tokio::time::sleep(delay).await;
    let response = match failure {
        Some(status) => (status, r#"{"message":"as the test has it"}"#).into_response(),
        None => next.run(request).await,
    };
    faults.requests.answered(number, response.status());
    response
}
