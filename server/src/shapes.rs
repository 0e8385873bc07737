//! All live shapes over one source.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::JoinError;

use crate::live_shape::{LiveShape, Stage};
use crate::shape::{BoundShape, ShapeSpec};
use crate::source::{Archive, Follower, KeptShape, Readiness, SnapshotPosition, Source, SourceError, Transaction};
use crate::subqueries::{Plan, Standing, inner_tables};
use crate::table::{Row, TableDefinition, TableName};

/// What shapes may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// A chunk ends behind the message that crosses this.
    pub(crate) chunk_bytes: usize,
    /// A longer log is dropped: fetching the shape afresh costs less.
    pub(crate) log_bytes: usize,
    /// Above it, the shapes that were not asked for the longest are dropped.
    pub(crate) total_bytes: usize,
}

/// The shapes, by what they are; each has the one handle that is valid for it.
pub(crate) struct Shapes {
    source: Arc<dyn Source>,
    limits: Limits,
    live: Mutex<LiveShapes>,
    /// Shapes of an earlier process that nobody asked for yet, by their identity.
    kept: Mutex<HashMap<String, KeptShape>>,
    /// LSN up to which every live shape has taken in the transactions.
    processed: AtomicU64,
    /// Counts requests: the clock of "least recently used".
    clock: AtomicU64,
    last_handle: AtomicU64,
    hasher: RandomState,
}

#[derive(Default)]
struct LiveShapes {
    /// By their own table.
    by_table: HashMap<TableName, HashMap<Arc<ShapeSpec>, Arc<LiveShape>>>,
    /// By the tables of their subqueries.
    by_inner_table: HashMap<TableName, Vec<Arc<LiveShape>>>,
}

/// Why there is no shape to answer from.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ShapeError {
    #[error("{0}")]
    Source(#[from] Arc<SourceError>),
    /// What of a condition can't be followed.
    #[error("{0}")]
    Condition(String),
    #[error("the table changes faster than it can be read")]
    Restless,
}

impl Shapes {
    pub(crate) fn new(source: Arc<dyn Source>, limits: Limits) -> Arc<Self> {
        let kept = source.archive().map_or(Ok(Vec::new()), Archive::kept).unwrap_or_else(|error| {
            tracing::warn!(%error, "what an earlier process kept can't be read: clients fetch afresh");
            Vec::new()
        });
        let kept = kept.into_iter().map(|shape| (shape.identity.clone(), shape)).collect();
        let shapes = Arc::new(Self {
            source,
            limits,
            live: Mutex::default(),
            kept: Mutex::new(kept),
            processed: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            last_handle: AtomicU64::new(0),
            hasher: RandomState::new(),
        });
        let follower: Arc<dyn Follower> = Arc::<Self>::clone(&shapes);
        let lsn = shapes.source.follow(Arc::downgrade(&follower));
        shapes.processed.fetch_max(lsn, Ordering::SeqCst);
        shapes
    }

    /// Every live shape has what was committed up to here. Read it before the shape.
    pub(crate) fn processed(&self) -> u64 {
        self.processed.load(Ordering::SeqCst)
    }

    pub(crate) fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        self.source.table(name)
    }

    pub(crate) fn readiness(&self) -> Readiness {
        self.source.readiness()
    }

    /// Gives a shape's rows as they are now to `visit`. Returns the position of that moment, and an LSN that none of the
    /// transactions in it is above; `None` when the shape has ended. Blocks.
    pub(crate) fn rows_now(
        &self,
        shape: &LiveShape,
        visit: &mut dyn FnMut(&Row, &Standing),
    ) -> Result<Option<(SnapshotPosition, u64)>, SourceError> {
        let Some(position) = shape.rows_now(&*self.source, visit)? else { return Ok(None) };
        let lsn = self.source.lsn()?.unwrap_or(0).max(self.processed());
        Ok(Some((position, lsn)))
    }

    /// Ends the shape of this kind, if one is followed, and has the handle that is named where one is; false otherwise.
    pub(crate) fn end(&self, spec: &ShapeSpec, handle: Option<&str>) -> bool {
        let mut live = self.live();
        let known = live.by_table.get(&spec.table).and_then(|of_table| of_table.get(spec)).cloned();
        let Some(shape) = known.filter(|shape| handle.is_none_or(|handle| handle == shape.handle)) else {
            return false;
        };
        live.forget(&shape);
        shape.end();
        true
    }

    /// A table as it is now.
    fn current(&self, name: &TableName) -> Result<Arc<TableDefinition>, ShapeError> {
        self.source.table(name).map_err(Arc::new)?.ok_or_else(|| unknown(name))
    }

    /// The live shape, with its snapshot read; created where there is none.
    pub(crate) async fn ready(
        self: &Arc<Self>,
        spec: &Arc<ShapeSpec>,
        table: &Arc<TableDefinition>,
    ) -> Result<Arc<LiveShape>, ShapeError> {
        let mut table = Arc::clone(table);
        for _ in 0..5 {
            // Before the shapes are locked: a source that tells of a commit holds its own lock, and waits for them.
            let inner = spec.filter.as_ref().map(inner_tables).unwrap_or_default();
            let inner = inner.iter().map(|name| self.current(name)).collect::<Result<Vec<_>, _>>()?;
            let (shape, created) = self.get_or_create(spec, &table, &inner)?;
            let mut changes = shape.changes();
            if created {
                let (shapes, shape) = (Arc::clone(self), Arc::clone(&shape));
                // Goes on when this request is dropped; if it panicked, the shape has ended.
                let _ = self.off_executor(move || shapes.load(&shape)).await;
            }
            loop {
                changes.borrow_and_update();
                match shape.stage() {
                    Stage::Ready => return Ok(shape),
                    Stage::Failed(error) => return Err(error.into()),
                    Stage::Gone => break,
                    // The sender lives in the shape that is held here, so that this only ever waits.
                    Stage::Loading => drop(changes.changed().await),
                }
            }
            table = self.current(&spec.table)?;
        }
        Err(ShapeError::Restless)
    }

    /// Does work that reads the source where it may block.
    pub(crate) async fn off_executor<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        if self.source.blocks() { tokio::task::spawn_blocking(work).await } else { Ok(work()) }
    }

    fn live(&self) -> MutexGuard<'_, LiveShapes> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get_or_create(
        &self,
        spec: &Arc<ShapeSpec>,
        table: &Arc<TableDefinition>,
        inner: &[Arc<TableDefinition>],
    ) -> Result<(Arc<LiveShape>, bool), ShapeError> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut live = self.live();
        let known = live.by_table.get(&spec.table).and_then(|of_table| of_table.get(spec)).cloned();
        if let Some(shape) = known {
            if matches!(shape.stage(), Stage::Loading | Stage::Ready) {
                shape.touch(now);
                return Ok((shape, false));
            }
            live.forget(&shape);
        }
        let filter = spec.filter.as_ref().filter(|filter| filter.has_select());
        let plan = filter.map(|filter| Plan::new(filter, table, inner)).transpose().map_err(ShapeError::Condition)?;
        let shape = BoundShape::new(Arc::clone(spec), Arc::clone(table), plan).ok_or_else(|| unknown(&spec.table))?;
        let (handle, position) = match self.take_kept(&shape) {
            Some(kept) => (kept.handle, Some(kept.position)),
            None => (self.next_handle(spec), None),
        };
        let shape = Arc::new(LiveShape::new(shape, handle, position));
        shape.touch(now);
        live.add(&shape);
        Ok((shape, true))
    }

    /// A kept shape is taken up once: when it has ended, the next one gets a handle of its own.
    fn take_kept(&self, shape: &BoundShape) -> Option<KeptShape> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return None;
        }
        kept.remove(&shape.identity()?)
    }

    fn load(&self, shape: &Arc<LiveShape>) {
        let unfinished = EndUnlessLoaded(shape);
        shape.load(&*self.source, self.limits.chunk_bytes);
        drop(unfinished);
        let mut live = self.live();
        if !matches!(shape.stage(), Stage::Ready) {
            live.forget(shape);
        }
        self.evict(&mut live);
    }

    /// `<number>-<unix microseconds>`, never the same twice: the number is the shape's within this process, and the
    /// time goes on also when the clock doesn't.
    fn next_handle(&self, spec: &ShapeSpec) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_micros() as u64);
        let later = |last: u64| Some(now.max(last + 1));
        let last = self.last_handle.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later).unwrap_or_default();
        format!("{}-{}", self.hasher.hash_one(spec) % (1 << 27), now.max(last + 1))
    }

    /// Drops the shapes that were not asked for the longest until the rest fits, but never the last.
    fn evict(&self, live: &mut LiveShapes) {
        let all = || live.by_table.values().flat_map(HashMap::values);
        let mut total: usize = all().map(|shape| shape.bytes()).sum();
        if total <= self.limits.total_bytes {
            return;
        }
        let mut by_use: Vec<Arc<LiveShape>> = all().cloned().collect();
        by_use.sort_by_key(|shape| shape.used.load(Ordering::Relaxed));
        by_use.pop();
        for shape in by_use {
            if total <= self.limits.total_bytes {
                break;
            }
            total -= shape.bytes().min(total);
            live.forget(&shape);
            shape.end();
        }
    }
}

fn unknown(name: &TableName) -> ShapeError {
    ShapeError::Source(Arc::new(SourceError::UnknownTable(name.clone())))
}

/// Ends a shape whose source panicked, so that nobody waits for it.
struct EndUnlessLoaded<'a>(&'a LiveShape);

impl Drop for EndUnlessLoaded<'_> {
    fn drop(&mut self) {
        if matches!(self.0.stage(), Stage::Loading) {
            self.0.end();
        }
    }
}

impl LiveShapes {
    fn add(&mut self, shape: &Arc<LiveShape>) {
        let spec = &shape.shape.spec;
        self.by_table.entry(spec.table.clone()).or_default().insert(Arc::clone(spec), Arc::clone(shape));
        for table in shape.shape.plan.iter().flat_map(Plan::tables) {
            self.by_inner_table.entry(table.clone()).or_default().push(Arc::clone(shape));
        }
    }

    fn forget(&mut self, shape: &Arc<LiveShape>) {
        let spec = &shape.shape.spec;
        if let Some(of_table) = self.by_table.get_mut(&spec.table)
            && of_table.get(spec).is_some_and(|current| Arc::ptr_eq(current, shape))
        {
            of_table.remove(spec);
        }
        for table in shape.shape.plan.iter().flat_map(Plan::tables) {
            if let Some(shapes) = self.by_inner_table.get_mut(table) {
                shapes.retain(|current| !Arc::ptr_eq(current, shape));
            }
        }
    }

    /// The shapes that these tables decide about, each once.
    fn reading(&self, tables: &[&TableName]) -> Vec<Arc<LiveShape>> {
        let own = tables.iter().filter_map(|table| self.by_table.get(table)).flat_map(HashMap::values);
        let inner = tables.iter().filter_map(|table| self.by_inner_table.get(table)).flatten();
        let mut shapes: Vec<Arc<LiveShape>> = own.chain(inner).cloned().collect();
        shapes.sort_unstable_by_key(Arc::as_ptr);
        shapes.dedup_by(|left, right| Arc::ptr_eq(left, right));
        shapes
    }
}

impl Follower for Shapes {
    fn committed(&self, transaction: &Arc<Transaction>) {
        let mut tables: Vec<&TableName> = transaction.changes.iter().map(|change| &change.table).collect();
        tables.sort_unstable();
        tables.dedup();
        // Held throughout: a shape is created before the transaction, and gets it, or after it, and reads it.
        let mut live = self.live();
        let mut grown = false;
        for shape in live.reading(&tables) {
            if !shape.apply(transaction) {
                live.forget(&shape);
                continue;
            }
            grown = true;
            if shape.log_bytes() > self.limits.log_bytes {
                live.forget(&shape);
                shape.end();
            }
        }
        if grown {
            self.evict(&mut live);
        }
        drop(live);
        self.processed.fetch_max(transaction.lsn, Ordering::SeqCst);
    }

    fn table_changed(&self, name: &TableName) {
        let mut live = self.live();
        for shape in live.reading(&[name]) {
            live.forget(&shape);
            shape.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySource;
    use crate::shape::Replica;

    #[test]
    fn s_026_handles_differ_also_within_a_microsecond() {
        let limits = Limits { chunk_bytes: 1, log_bytes: 1, total_bytes: 1 };
        let shapes = Shapes::new(Arc::new(MemorySource::new([]).unwrap()), limits);
        let spec = ShapeSpec {
            table: TableName::new("public", "t"),
            columns: Vec::new(),
            filter: None,
            params: Vec::new(),
            replica: Replica::Default,
            changes_only: false,
        };
        let mut handles: Vec<String> = (0..10_000).map(|_| shapes.next_handle(&spec)).collect();
        handles.sort();
        handles.dedup();
        assert_eq!(handles.len(), 10_000);
    }
}
