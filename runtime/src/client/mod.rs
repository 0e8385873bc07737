//! The client: one session's collections, each synced once however many ask.

mod activity;
mod builder;
mod driver;
mod error;
mod expired;
mod http;
mod kept;
mod local;
mod recovery;
mod report;
mod session;
#[cfg(test)]
mod tests;
pub(crate) mod transport;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

pub use activity::PauseGuard;
pub use builder::{ClientBuilder, TypedClient};
pub use error::BuildError;
pub(crate) use kept::Kept;
pub(crate) use local::Local;
pub use recovery::{Recover, Recovery};
pub use report::SyncReport;
pub use session::{NoSession, Session, TokenProvider};

use crate::cell::Cell;
use crate::clock::{Clock, ManualClock};
use crate::collection::{Collection, Lease, Rows, Shared};
use crate::columns::{Encoder, Form};
use crate::definition::{ParamSource, ShapeDefinition};
use crate::shape::{Shape, ShapeParams};
use activity::Activity;
use expired::ExpiredHandles;
use report::AnyRunning;
use transport::Sender;

/// How a client names a shape to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By shape name and caller parameters: a gatekeeper binds the rest.
    Gatekeeper,
    /// By table, where, params and columns: Electric itself, for development and trusted back ends.
    Electric,
}

/// The collections of one session. Cheap to clone; the sync ends with the last clone and collection.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    url: String,
    mode: Mode,
    session: Session,
    sender: Sender,
    runtime: Runtime,
    storage: Storage,
    expired: Arc<ExpiredHandles>,
    clock: Clock,
    activity: Arc<watch::Sender<Activity>>,
    /// Looks for gaps in time, from the first collection on.
    sleep_watch: OnceLock<AbortHandle>,
    recover: Option<Arc<dyn Recover>>,
    /// The running instances, by row type and instance key.
    collections: Mutex<HashMap<(TypeId, String), Weak<dyn AnyRunning>>>,
}

/// Where a client keeps rows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Storage {
    /// In memory: no store was given.
    Memory,
    /// On disk.
    Disk(crate::store::Partition),
    /// In memory, since the store can't be opened.
    Failed(Arc<crate::store::StoreError>),
}

impl Storage {
    fn is_disk(&self) -> bool {
        matches!(self, Self::Disk(_))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(watch) = self.sleep_watch.get() {
            watch.abort();
        }
    }
}

struct Runtime {
    handle: Handle,
    /// Dropped with the client: ends the client's own thread.
    #[expect(dead_code, reason = "its drop is what it is for")]
    stop: Option<oneshot::Sender<()>>,
}

/// An instance that is being synced, as long as somebody holds it.
struct Running<S: Shape> {
    shared: Arc<Shared<S>>,
    lease: Weak<Lease>,
}

/// Goes with the sync, however that ends.
struct Over<S: Shape>(Arc<Shared<S>>);

impl<S: Shape> Drop for Over<S> {
    fn drop(&mut self) {
        self.0.over();
    }
}

impl Client {
    /// The collection of a shape, with the parameters that the program binds. Returns at once; one sync however many ask.
    ///
    /// Where the sync has stopped, this begins a new one, after a new login for instance; older handles stay as they are.
    pub fn collection<S: Shape>(&self, params: S::Params) -> Collection<S> {
        let bound = bind(S::DEFINITION, &self.0.session, &params);
        let key = instance_key(S::DEFINITION, &bound);
        let id = (TypeId::of::<S>(), key.clone());
        let mut collections = self.0.collections.lock().unwrap_or_else(PoisonError::into_inner);
        collections.retain(|_, running| running.strong_count() > 0);
        if let Some(collection) = collections.get(&id).and_then(Weak::upgrade).and_then(reuse::<S>) {
            return collection;
        }
        self.0.sleep_watch.get_or_init(|| {
            let watch = activity::watch_for_sleep(self.0.clock.clone(), Arc::downgrade(&self.0.activity));
            self.0.runtime.handle.spawn(watch).abort_handle()
        });
        let (commands, commanded) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(self.0.clock.clone(), commands));
        let rows = Box::new(Rows::new(shared.clone(), S::DEFINITION.policy.kept && self.0.storage.is_disk()));
        let over = Over(shared.clone());
        let run = driver::run(self.driver(S::DEFINITION, key, bound, shared.meters.clone()), rows, commanded);
        let sync = self.0.runtime.handle.spawn(async move {
            let _over = over;
            run.await;
        });
        let lease = Arc::new_cyclic(|lease| {
            let running: Arc<dyn AnyRunning> = Arc::new(Running { shared: shared.clone(), lease: lease.clone() });
            collections.insert(id, Arc::downgrade(&running));
            Lease::new(self.0.runtime.handle.clone(), sync.abort_handle(), (self.clone(), running))
        });
        Collection::new(shared, lease)
    }

    /// Settings of a client for the shape service at `url`, for shapes that structs derive: generated clients have a
    /// builder of their own.
    pub fn builder(url: impl Into<String>) -> ClientBuilder<Self> {
        ClientBuilder::new(url)
    }

    /// Settings of a client for tests, and its clock: see [`ClientBuilder::for_test`].
    pub fn for_test(url: impl Into<String>) -> (ClientBuilder<Self>, ManualClock) {
        ClientBuilder::for_test(url)
    }

    /// Holds all syncs until the guard is dropped: requests that are under way are dropped, rows stay as they are. For a
    /// program in the background, say. Several guards hold together; then each sync asks at once what it has missed.
    pub fn pause(&self) -> PauseGuard {
        PauseGuard::new(self.0.activity.clone())
    }

    /// What each sync is doing, in the order of their shapes' names: for a support page, or metrics. A sync is there as
    /// long as somebody holds its collection.
    pub fn syncs(&self) -> Vec<SyncReport> {
        let collections = self.0.collections.lock().unwrap_or_else(PoisonError::into_inner);
        let running: Vec<Arc<dyn AnyRunning>> = collections.values().filter_map(Weak::upgrade).collect();
        // The last handle may be one of these: its end needs the lock.
        drop(collections);
        let mut reports: Vec<SyncReport> = running.iter().map(|running| running.report()).collect();
        reports.sort_by_key(|report| report.shape);
        reports
    }

    /// Where rows are kept.
    pub fn storage(&self) -> &Storage {
        &self.0.storage
    }
}

impl TypedClient for Client {
    type Session = Session;
    const MODE: Mode = Mode::Gatekeeper;

    fn from_client(client: Client) -> Self {
        client
    }
}

fn reuse<S: Shape>(running: Arc<dyn AnyRunning>) -> Option<Collection<S>> {
    let running: Arc<dyn Any + Send + Sync> = running;
    let running = running.downcast::<Running<S>>().ok().filter(|running| !running.shared.is_stopped())?;
    Some(Collection::new(running.shared.clone(), running.lease.upgrade()?))
}

/// The shape's parameters in order, in PostgreSQL's text; `None` where the session lacks the value.
fn bind(definition: &ShapeDefinition, session: &Session, params: &impl ShapeParams) -> Vec<Option<String>> {
    let mut caller = Encoder::new(Form::Postgres);
    params.encode(&mut caller);
    let mut caller = caller.cells().iter();
    definition
        .params
        .iter()
        .map(|param| match param.from {
            ParamSource::Identity => session.get_identity(param.name).map(str::to_owned),
            ParamSource::Session => session.get(param.name).map(str::to_owned),
            ParamSource::Caller => match caller.next() {
                Some(Cell::Text(text)) => Some(text.clone().into_owned()),
                _ => None,
            },
        })
        .collect()
}

/// Names an instance: `livestreams#0123456789abcdef?user_id=…`. Not a URL; the same for the same rows.
fn instance_key(definition: &ShapeDefinition, bound: &[Option<String>]) -> String {
    let mut key = format!("{}#{:016x}", definition.name, definition.request);
    for (at, (param, text)) in definition.params.iter().zip(bound).enumerate() {
        key.push(if at == 0 { '?' } else { '&' });
        key.push_str(param.name);
        if let Some(text) = text {
            key.push('=');
            key.extend(utf8_percent_encode(text, NON_ALPHANUMERIC));
        }
    }
    key
}
