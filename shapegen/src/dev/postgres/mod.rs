//! A PostgreSQL database as the protocol service's source: real SQL, real texts, real transaction ids.
//!
//! A snapshot is read in a repeatable-read transaction; what is committed comes from a logical replication slot, which is
//! read over an ordinary connection by a thread of its own.

mod follow;
mod pgoutput;
mod setup;
mod tables;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use shapegen_server::{
    Follower, Followers, Readiness, Row, SnapshotPosition, Source, SourceError, TableDefinition, TableName, Transaction,
};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio_postgres::{Client, Config, SimpleQueryMessage};

pub use setup::PostgresError;

use follow::Session;
use tables::{KnownTable, Tables};

use super::log::{Event, Log};
use crate::naming::quoted;

/// How many snapshots are read at once, each on a connection of its own.
const CONNECTIONS: usize = 8;
/// How many rows of a snapshot are in memory at once.
const ROWS: usize = 5_000;
/// How long it waits before it connects again, doubled up to the last.
const RECONNECT: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// A PostgreSQL database. Clones are the same source; with the last one its publication and its slot go.
#[derive(Clone)]
pub(super) struct PostgresSource {
    shared: Arc<Shared>,
    _thread: Arc<Thread>,
}

/// What the thread that reads and the service have in common.
struct Shared {
    config: Config,
    log: Log,
    /// `None` while there is no connection.
    tables: RwLock<Option<Arc<Tables>>>,
    delivery: Mutex<Delivery>,
    connections: Semaphore,
}

struct Delivery {
    followers: Followers,
    /// The last commit that was told.
    lsn: u64,
}

struct Thread {
    stop: Option<oneshot::Sender<()>>,
    handle: Option<JoinHandle<()>>,
}

/// There is no connection.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL can't be reached")]
struct NoConnection;

impl PostgresSource {
    /// Connects, checks that the server can be followed, and begins to.
    ///
    /// # Errors
    /// When the server can't be reached, or lacks something; what was made is taken away then.
    pub(super) async fn open(url: &str, log: Log) -> Result<Self, PostgresError> {
        let mut config: Config = url.parse().map_err(PostgresError::Url)?;
        if config.get_application_name().is_none() {
            config.application_name("shapegen dev");
        }
        let shared = Arc::new(Shared {
            config,
            log,
            tables: RwLock::default(),
            delivery: Mutex::new(Delivery { followers: Followers::default(), lsn: 0 }),
            connections: Semaphore::new(CONNECTIONS),
        });
        let (stop, stopped) = oneshot::channel();
        let (opened, is_open) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(PostgresError::Thread)?;
        let reading = Arc::clone(&shared);
        let run = move || runtime.block_on(run(&reading, opened, stopped));
        let handle = std::thread::Builder::new().name("postgres log".to_owned()).spawn(run);
        let thread = Thread { stop: Some(stop), handle: Some(handle.map_err(PostgresError::Thread)?) };
        match is_open.await {
            Ok(Ok(())) => Ok(Self { shared, _thread: Arc::new(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(PostgresError::Unfit(vec!["- the thread that reads its log has ended".to_owned()])),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The last one to let go may be the thread itself, in the middle of telling a service that is gone.
        let other = self.handle.take().filter(|handle| handle.thread().id() != std::thread::current().id());
        if let Some(Err(_)) = other.map(JoinHandle::join) {
            tracing::error!("the thread that read PostgreSQL's log has panicked");
        }
    }
}

/// Reads until it is stopped, and connects again when the connection breaks.
async fn run(shared: &Shared, opened: oneshot::Sender<Result<(), PostgresError>>, mut stopped: oneshot::Receiver<()>) {
    let mut session = match Session::open(shared).await {
        Ok(session) => session,
        // If nobody waits any more, nobody needs to know.
        Err(error) => return drop(opened.send(Err(error))),
    };
    shared.resume(&session);
    if opened.send(Ok(())).is_err() {
        return session.close().await;
    }
    loop {
        let Some(Err(broken)) = unless(&mut stopped, session.follow(shared)).await else {
            return session.close().await;
        };
        shared.note(format!("the connection broke: {broken}"));
        shared.set_down();
        // With it the lock goes that says that its publication is in use: the next one takes that away.
        drop(session);
        let [mut wait, longest] = RECONNECT;
        session = loop {
            match unless(&mut stopped, Session::open(shared)).await {
                None => return,
                Some(Ok(session)) => break session,
                Some(Err(error)) => shared.note(format!("not followed again yet: {error}")),
            }
            if unless(&mut stopped, tokio::time::sleep(wait)).await.is_none() {
                return;
            }
            wait = (wait * 2).min(longest);
        };
        shared.resume(&session);
        shared.note("followed again; every shape is fetched afresh".to_owned());
    }
}

/// What the work gives, or `None` when it is stopped before.
async fn unless<T>(stopped: &mut oneshot::Receiver<()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        _ = stopped => None,
        done = work => Some(done),
    }
}

impl Shared {
    fn note(&self, text: String) {
        (self.log)(Event::note("postgres", text));
    }

    fn delivery(&self) -> MutexGuard<'_, Delivery> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tables(&self) -> Option<Arc<Tables>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the tables as they are now, and ends the shapes of those that were something else.
    fn set_tables(&self, tables: &Arc<Tables>) {
        let former = self.tables.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(tables));
        for (name, known) in former.iter().flat_map(|former| former.iter()) {
            let same = |now: &KnownTable| {
                (now.oid, &now.types) == (known.oid, &known.types) && now.definition.has_rows_like(&known.definition)
            };
            if !tables.get(name).is_some_and(same) {
                self.void(name);
            }
        }
    }

    fn set_down(&self) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Goes on with a new slot: what was committed before it was never told, so that every shape ends.
    fn resume(&self, session: &Session) {
        let mut delivery = self.delivery();
        delivery.lsn = delivery.lsn.max(session.start);
        for name in session.tables.keys() {
            delivery.followers.tell(|follower| follower.table_changed(name));
        }
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&session.tables));
    }

    fn tell(&self, transaction: &Arc<Transaction>) {
        let mut delivery = self.delivery();
        delivery.followers.tell(|follower| follower.committed(transaction));
        delivery.lsn = transaction.lsn;
    }

    /// Ends the shapes of a table.
    fn void(&self, name: &TableName) {
        self.delivery().followers.tell(|follower| follower.table_changed(name));
    }

    /// A connection beside the one that reads the log, while its permit lives.
    async fn connect(&self) -> Result<(Client, SemaphorePermit<'_>), SourceError> {
        // It is never closed.
        let permit = self.connections.acquire().await.map_err(database)?;
        Ok((setup::connect(&self.config).await.map_err(database)?, permit))
    }

    async fn end_of_log(&self) -> Result<u64, SourceError> {
        let (client, _permit) = self.connect().await?;
        let end = "SELECT (pg_current_wal_insert_lsn() - '0/0')::int8";
        let end: i64 = client.query_one(end, &[]).await.map_err(database)?.get(0);
        Ok(end.cast_unsigned())
    }

    async fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        let known = self.tables().ok_or_else(|| database(NoConnection))?;
        let (client, _permit) = self.connect().await?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        client.batch_execute(begin).await.map_err(database)?;
        let position = follow::current_snapshot(&client).await.map_err(database)?;
        for (at, name) in tables.iter().enumerate() {
            let table = known.get(name).filter(|table| table.published);
            let table = table.ok_or_else(|| SourceError::UnknownTable(name.clone()))?;
            let columns: Vec<String> = table.definition.columns.iter().map(|column| quoted(&column.name)).collect();
            let columns = columns.join(", ");
            // Rows of tables that inherit are told as theirs; rows of partitions as the parent's.
            let only = if table.partitioned { "" } else { "ONLY " };
            let from = format!("{only}{}", setup::qualified(name));
            // Simple queries give every value as its text.
            let declare = format!("DECLARE rows NO SCROLL CURSOR FOR SELECT {columns} FROM {from}");
            client.batch_execute(&declare).await.map_err(database)?;
            loop {
                let fetched = client.simple_query(&format!("FETCH {ROWS} FROM rows")).await.map_err(database)?;
                let mut count = 0;
                for message in &fetched {
                    if let SimpleQueryMessage::Row(row) = message {
                        count += 1;
                        let width = table.definition.columns.len();
                        visit(at, &(0..width).map(|at| row.get(at).map(Box::from)).collect());
                    }
                }
                if count < ROWS {
                    break;
                }
            }
            client.batch_execute("CLOSE rows").await.map_err(database)?;
        }
        client.batch_execute("COMMIT").await.map_err(database)?;
        Ok(position)
    }
}

/// Waits on a thread that may block, where the executor's own isn't at hand.
fn wait_for<T>(work: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(database)?.block_on(work)
}

fn database(error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError::Database(Box::new(error))
}

impl Source for PostgresSource {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        let tables = self.shared.tables().ok_or_else(|| database(NoConnection))?;
        let table = tables.get(name).filter(|table| table.published);
        Ok(table.map(|table| Arc::clone(&table.definition)))
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        wait_for(self.shared.snapshot(tables, visit))
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        let mut delivery = self.shared.delivery();
        delivery.followers.add(follower);
        delivery.lsn
    }

    fn lsn(&self) -> Result<Option<u64>, SourceError> {
        wait_for(self.shared.end_of_log()).map(Some)
    }

    fn readiness(&self) -> Readiness {
        if self.shared.tables().is_some() { Readiness::Active } else { Readiness::Starting }
    }
}
