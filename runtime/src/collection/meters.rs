//! What a sync has done so far, counted.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a sync has done since it began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Requests that were sent.
    pub requests: u64,
    /// Bytes of answers, without headers, as they are once nothing is compressed any more.
    pub bytes: u64,
    /// Inserts, updates and deletes that were taken over.
    pub rows: u64,
    /// Times that the log was gone and the rows were fetched anew.
    pub refetches: u64,
    /// Waits for another try, after an answer that was none.
    pub retries: u64,
}

/// How far the rows have come that are loaded for the first time, or anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Rows that were taken over. How many there are, nobody knows before the last one.
    pub rows: u64,
    /// Bytes of answers that have come.
    pub bytes: u64,
    /// How long that took.
    pub elapsed: Duration,
}

impl Progress {
    /// Rows a second, so far.
    pub fn rows_per_second(&self) -> f64 {
        per_second(self.rows, self.elapsed)
    }

    /// Bytes a second, so far.
    pub fn bytes_per_second(&self) -> f64 {
        per_second(self.bytes, self.elapsed)
    }
}

fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(0.001)
}

/// Counts; shared by a sync and the handles of its collection.
#[derive(Debug, Default)]
pub(crate) struct Meters(Mutex<Metered>);

#[derive(Debug, Default)]
struct Metered {
    counters: Counters,
    load: Option<Load>,
}

/// A load that has not yet come to its end.
#[derive(Debug)]
struct Load {
    began: Instant,
    rows: u64,
    /// As the counters were when it began.
    bytes_before: u64,
}

impl Meters {
    /// Changes the counters.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.lock().counters);
    }

    /// Rows are loaded from the beginning.
    pub(crate) fn begin_load(&self) {
        let mut metered = self.lock();
        let bytes_before = metered.counters.bytes;
        metered.load = Some(Load { began: Instant::now(), rows: 0, bytes_before });
    }

    /// So many changes were taken over.
    pub(crate) fn took(&self, rows: u64) {
        let mut metered = self.lock();
        metered.counters.rows += rows;
        if let Some(load) = &mut metered.load {
            load.rows += rows;
        }
    }

    /// The rows are complete. What that took, where it was a load.
    pub(crate) fn end_load(&self) -> Option<Progress> {
        let mut metered = self.lock();
        let progress = metered.progress();
        metered.load = None;
        progress
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters
    }

    pub(crate) fn progress(&self) -> Option<Progress> {
        self.lock().progress()
    }

    fn lock(&self) -> MutexGuard<'_, Metered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metered {
    fn progress(&self) -> Option<Progress> {
        self.load.as_ref().map(|load| Progress {
            rows: load.rows,
            bytes: self.counters.bytes - load.bytes_before,
            elapsed: load.began.elapsed(),
        })
    }
}
