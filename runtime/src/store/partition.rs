//! The store's handles: the folder of all partitions, one open partition, one open instance of it.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::{StoreError, StoreEvent};
use super::writer::{Job, Writer};
use super::{Batch, LoadRows, Opened};
use crate::definition::ShapeDefinition;

/// Keeps rows on this device: a folder with one partition per person.
///
/// A partition's folder is named by a hash of the identity, so names on disk tell nobody who uses the program.
/// Clones are the same store.
#[derive(Clone)]
pub struct SqliteStore {
    folder: PathBuf,
    report: Arc<Report>,
}

/// The partitions that are or were open in this process, by folder: clients come and go, the file has one writer.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Entry>>> = LazyLock::new(Mutex::default);

type Report = dyn Fn(&StoreEvent) + Send + Sync;

/// A partition that is or was open.
struct Entry {
    shared: Weak<Shared>,
    /// Held by the writer thread while it lives: the next one waits until the last one has written everything.
    gate: Arc<Mutex<()>>,
}

impl SqliteStore {
    /// A store in this folder, which is made if it isn't there.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder can't be made.
    pub fn in_dir(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = folder.into();
        make_folder(&folder)?;
        let folder = folder.canonicalize().map_err(|cause| StoreError::Folder { path: folder, cause: cause.into() })?;
        Ok(Self { folder, report: Arc::new(|_| {}) })
    }

    /// Calls `report` for what the store does by itself, from the store's own thread. All of it is logged, too.
    #[must_use]
    pub fn on_event(mut self, report: impl Fn(&StoreEvent) + Send + Sync + 'static) -> Self {
        self.report = Arc::new(report);
        self
    }

    /// Opens a person's partition, or shares it where it is open.
    ///
    /// Blocks until the file is open: some milliseconds, more after a crash in the middle of a large first load.
    pub fn partition(&self, identity: &str) -> Result<Partition, StoreError> {
        let folder = self.folder.join(blake3::hash(identity.as_bytes()).to_hex().as_str());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = open.entry(folder.clone()).or_insert_with(|| Entry { shared: Weak::new(), gate: Arc::default() });
        if let Some(shared) = entry.shared.upgrade() {
            return Ok(Partition { shared });
        }
        let shared = Arc::new(Shared::start(folder, Arc::clone(&entry.gate), Arc::clone(&self.report))?);
        entry.shared = Arc::downgrade(&shared);
        Ok(Partition { shared })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    // Rows of a person are nobody else's on this machine, whatever the umask.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|cause| StoreError::Folder { path: folder.to_owned(), cause: cause.into() })
}

/// The local data of one person. Cheap to clone; when the last handle goes, everything is written and the file closed.
#[derive(Clone)]
pub struct Partition {
    shared: Arc<Shared>,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partition").finish_non_exhaustive()
    }
}

/// The writer thread's end of life hangs on this.
struct Shared {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    fn start(folder: PathBuf, gate: Arc<Mutex<()>>, report: Arc<Report>) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let (opened, result) = mpsc::sync_channel(1);
        let path = folder.clone();
        let write = move || {
            let _alone = gate.lock().unwrap_or_else(PoisonError::into_inner);
            let report = Box::new(move |event: StoreEvent| {
                tracing::warn!(%event, "local store");
                report(&event);
            });
            match make_folder(&folder).and_then(|()| Writer::open(&folder, report)) {
                Ok(writer) => {
                    // Nobody waits: the caller died. The empty queue ends the thread.
                    let _ = opened.send(Ok(()));
                    writer.run(&queue);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        };
        let thread = thread::Builder::new()
            .name("shapegen-store".to_owned())
            .spawn(write)
            .map_err(|cause| StoreError::Folder { path, cause: cause.into() })?;
        result.recv().map_err(|_| StoreError::Closed)??;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }
}

impl Partition {
    /// A partition whose jobs somebody else does.
    pub(super) fn of(jobs: mpsc::Sender<Job>) -> Self {
        Self { shared: Arc::new(Shared { jobs: Some(jobs), thread: None }) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            // The last handle may have been in a job of the thread itself.
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl Partition {
    /// Opens an instance: its table is made or changed, its rows go to `load`, generation by generation.
    ///
    /// `key` has the form `name#request?param=value…`: instances of the shape with another request are deleted before
    /// anything is read. `now` is in seconds since 1970. Opening an instance that is open ends the earlier opening.
    /// The work is done whether or not the future is polled.
    pub fn open_instance<L: LoadRows + 'static>(
        &self,
        shape: &'static ShapeDefinition,
        key: String,
        now: i64,
        mut load: L,
    ) -> impl Future<Output = Result<(L, Instance, Opened), StoreError>> + Send + use<L> {
        let (reply, result) = oneshot::channel();
        let partition = self.clone();
        self.send(Job::Run(Box::new(move |writer| {
            let opened = writer.open_instance(shape, key, now, &mut load);
            let opened = opened.map(|(slot, opened)| (load, Instance { partition, slot }, opened));
            // Nobody waits any more: the instance is closed by its own drop.
            let _ = reply.send(opened);
        })));
        async { result.await.unwrap_or(Err(StoreError::Closed)) }
    }

    /// The handle that an instance of this partition lost last; none where that isn't known.
    pub(crate) async fn expired_handle(&self, key: String) -> Option<String> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Run(Box::new(move |writer| drop(reply.send(writer.expired_handle(&key))))));
        result.await.ok().flatten()
    }

    /// Remembers the handle that an instance has lost, or forgets it; `most` are remembered. A memory that can't be
    /// written is none: it guards against caches on the way.
    pub(crate) fn set_expired_handle(&self, key: String, handle: Option<String>, now: i64, most: u32) {
        self.send(Job::Run(Box::new(move |writer| writer.set_expired_handle(&key, handle.as_deref(), now, most))));
    }

    /// Writes every batch that still waits for others.
    pub fn flush(&self) -> Commit {
        let (reply, result) = oneshot::channel();
        self.send(Job::Flush(reply));
        Commit(result)
    }

    /// A job that can't be sent drops its reply, which its future sees.
    pub(super) fn send(&self, job: Job) {
        if let Some(jobs) = &self.shared.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// An instance that was opened; closed when dropped.
pub struct Instance {
    partition: Partition,
    slot: u64,
}

impl Instance {
    /// Writes rows and position in one transaction.
    ///
    /// The batch is on its way when this returns; the future resolves when it is written, and need not be polled.
    /// A batch for the current generation may wait for others for `flush_within`; all that waited are one transaction.
    /// After a batch that failed every later one fails too, until a new generation begins: a phantom is allowed, a hole
    /// never.
    pub fn commit(&self, batch: Batch, flush_within: Duration) -> Commit {
        let (reply, result) = oneshot::channel();
        self.partition.send(Job::Commit { slot: self.slot, batch, flush_within, reply });
        Commit(result)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.partition.send(Job::Close(self.slot));
    }
}

/// Resolves when what was handed over is written, or could not be.
#[must_use = "a failed write is seen here, or at the next batch"]
pub struct Commit(oneshot::Receiver<Result<(), StoreError>>);

impl Commit {
    /// What became of it, without waiting; `None` while it is on its way.
    pub(crate) fn result(&mut self) -> Option<Result<(), StoreError>> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(StoreError::Closed)),
        }
    }
}

impl Future for Commit {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| result.unwrap_or(Err(StoreError::Closed)))
    }
}
