//! How a client comes to be: address, store, session, runtime.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::error::BuildError;
use super::expired::ExpiredHandles;
use super::http::Http;
use super::session::{Session, Token, TokenProvider};
use super::transport::{Header, Sender, Transport};
use super::{Client, Inner, Mode, Recover, Runtime, Storage};
use crate::clock::{Clock, ManualClock};
use crate::store::{Partition, SqliteStore};

/// A generated client: a newtype over [`Client`] with a constructor per shape.
pub trait TypedClient: Sized {
    /// The generated session.
    type Session: Into<Session>;
    /// The manifest's mode.
    const MODE: Mode;
    /// Puts the generated type around the client.
    fn from_client(client: Client) -> Self;
}

/// Collects what a client needs.
#[must_use]
pub struct ClientBuilder<C> {
    url: String,
    mode: Mode,
    session: Session,
    runtime: Option<Handle>,
    store: Option<SqliteStore>,
    clock: Clock,
    headers: Vec<Header>,
    recover: Option<Arc<dyn Recover>>,
    read_timeout: Option<Duration>,
    simulated: Option<(Arc<dyn Transport>, Option<Partition>)>,
    client: PhantomData<fn() -> C>,
}

/// 2000-01-01T00:00:00Z
const TEST_BEGINS: Timestamp = Timestamp::constant(946_684_800, 0);

impl<C: TypedClient> ClientBuilder<C> {
    /// A client of the service at `url`: in gatekeeper mode what comes before `/NAME`, in electric mode the shape
    /// endpoint itself (`…/v1/shape`).
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            mode: C::MODE,
            session: Session::new(),
            runtime: None,
            store: None,
            clock: Clock::System,
            headers: Vec::new(),
            recover: None,
            read_timeout: Some(READ_TIMEOUT),
            simulated: None,
            client: PhantomData,
        }
    }

    /// For tests of screens: rows in memory alone, and a clock that says 2000-01-01 until the test moves it. The server is
    /// `shapegen_server::testing::FakeServer`, or whatever answers at `url`.
    pub fn for_test(url: impl Into<String>) -> (Self, ManualClock) {
        let clock = ManualClock::new(TEST_BEGINS);
        (Self::new(url).clock(clock.clone()), clock)
    }

    /// Who is asking. Without it shapes that bind session values stop with an error.
    pub fn session(mut self, session: C::Session) -> Self {
        self.session = session.into();
        self
    }

    /// Keeps the rows of kept shapes on disk, in a partition of this session's person. Without it memory alone.
    pub fn store(mut self, store: SqliteStore) -> Self {
        self.store = Some(store);
        self
    }

    /// Another mode than the manifest's.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Runs the sync on a tokio runtime of the program; without it the client has a thread of its own.
    ///
    /// The runtime needs its time and I/O drivers.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sends this header with every request. Its value is never shown. One that HTTP doesn't allow is left out, and logged;
    /// `Authorization` is the token's, see the session.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.extend(Header::fixed(name, value));
        self
    }

    /// As [`header`](Self::header), with a value that is asked for before each request.
    pub fn header_from(mut self, name: &str, value: impl TokenProvider) -> Self {
        self.headers.extend(Header::asked(name, Arc::new(value)));
        self
    }

    /// Asks the program about each error that would end a sync and may be cured from outside: new headers after a 403, say.
    /// Without it, or when it says stop, the collection's connection is
    /// [`Stopped`](crate::Connection::Stopped) with the error.
    ///
    /// A 401 renews the session's token before; this is asked when that didn't help. After 50 recoveries without a delivery
    /// between them the sync ends.
    pub fn on_error(mut self, recover: impl Recover) -> Self {
        self.recover = Some(Arc::new(recover));
        self
    }

    /// A request for which no byte comes for so long is given up and sent anew; 45 s unless said otherwise, `None` for ever.
    ///
    /// Services hold a request for 20 s until there is news: it should be longer than that.
    pub fn read_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = timeout.into();
        self
    }

    pub(crate) fn simulated(mut self, transport: Arc<dyn Transport>, partition: Option<Partition>) -> Self {
        self.simulated = Some((transport, partition));
        self
    }

    /// Goes by a clock that a test moves.
    pub fn clock(mut self, clock: ManualClock) -> Self {
        self.clock = Clock::Manual(clock);
        self
    }

    /// Builds the client. No request is made before the first collection is asked for.
    ///
    /// A store that can't be opened is no error: the client works in memory, [`Client::storage`] says so.
    ///
    /// # Errors
    /// When the address is none, or thread, TLS or HTTP can't be set up.
    pub fn build(self) -> Result<C, BuildError> {
        let none = |reason| BuildError::Url { url: shown(&self.url).to_owned(), reason };
        let url = reqwest::Url::parse(&self.url).map_err(|error| none(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(none(format!("its scheme is `{}`", url.scheme())));
        }
        if self.read_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(BuildError::ReadTimeout);
        }
        let runtime = match self.runtime {
            Some(handle) => Runtime { handle, stop: None },
            None => own_runtime().map_err(BuildError::Thread)?,
        };
        let (transport, partition) = match self.simulated {
            Some((transport, partition)) => (transport, partition),
            None => {
                let http: Arc<dyn Transport> = Arc::new(Http::new(url.scheme() == "https", self.read_timeout)?);
                (http, None)
            }
        };
        let storage = match self.store {
            None => partition.map_or(Storage::Memory, Storage::Disk),
            Some(store) => match store.partition(&self.session.partition()) {
                Ok(partition) => Storage::Disk(partition),
                Err(error) => {
                    tracing::warn!(%error, "the local store can't be opened: nothing is kept");
                    Storage::Failed(Arc::new(error))
                }
            },
        };
        let token = Token::new(self.session.token_provider());
        let inner = Inner {
            url: self.url,
            mode: self.mode,
            session: self.session,
            sender: Sender::new(transport, token, self.headers),
            runtime,
            expired: Arc::new(ExpiredHandles::new(&storage)),
            storage,
            clock: self.clock,
            activity: Arc::default(),
            sleep_watch: OnceLock::new(),
            recover: self.recover,
            collections: Default::default(),
        };
        Ok(C::from_client(Client(Arc::new(inner))))
    }
}

fn shown(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

/// A thread with a runtime on it, until the client is gone.
fn own_runtime() -> std::io::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    std::thread::Builder::new().name("shapegen-sync".to_owned()).spawn(move || {
        // Either way of ending means that the client is gone.
        let _ = runtime.block_on(stopped);
        runtime.shutdown_background();
    })?;
    Ok(Runtime { handle, stop: Some(stop) })
}

/// A live request is answered after 20 s when there is no news; this long without a byte means a dead connection.
const READ_TIMEOUT: Duration = Duration::from_secs(45);
