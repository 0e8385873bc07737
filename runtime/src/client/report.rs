//! What the syncs of a client are doing.

use std::any::Any;
use std::time::Duration;

use super::Running;
use crate::collection::{Connection, Counters, Progress, Status};
use crate::definition::Table;
use crate::shape::Shape;

/// What a sync is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SyncReport {
    /// The shape's name in the manifest.
    pub shape: &'static str,
    /// The table that it is a part of.
    pub table: Table,
    /// Rows that are shown.
    pub rows: usize,
    /// What is known of them.
    pub status: Status,
    /// What the sync is doing.
    pub connection: Connection,
    /// What it has done.
    pub counters: Counters,
    /// How far a load has come.
    pub progress: Option<Progress>,
    /// See [`Collection::lag`](crate::Collection::lag).
    pub lag: Option<Duration>,
}

/// A running instance without its type.
pub(super) trait AnyRunning: Any + Send + Sync {
    fn report(&self) -> SyncReport;
}

impl<S: Shape> AnyRunning for Running<S> {
    fn report(&self) -> SyncReport {
        let shared = &self.shared;
        SyncReport {
            shape: S::DEFINITION.name,
            table: S::DEFINITION.table,
            rows: shared.snapshot().len(),
            status: shared.status(),
            connection: shared.connection(),
            counters: shared.meters.counters(),
            progress: shared.meters.progress(),
            lag: shared.lag(),
        }
    }
}
