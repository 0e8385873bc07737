//! A disk for the simulator: SQLite itself in memory, on which one thing after the other is done when it is told.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, TryRecvError};

use rusqlite::Connection;

use super::error::StoreError;
use super::file;
use super::partition::Partition;
use super::writer::{Job, Writer};

/// Pages from which on SQLite's own bound is none.
const UNBOUNDED: u32 = u32::MAX - 1;

/// What a partition writes to. Nothing happens on it but in [`step`](Self::step) and [`write_waiting`](Self::write_waiting).
pub struct Disk {
    writer: Option<Writer>,
    queue: Receiver<Job>,
    jobs: mpsc::Sender<Job>,
}

impl Disk {
    /// An empty disk.
    ///
    /// # Errors
    /// When SQLite can't be had.
    pub fn new() -> Result<Self, StoreError> {
        let (path, memory) = (PathBuf::from("simulated"), Connection::open_in_memory());
        let connection = memory.map_err(Into::into).and_then(|memory| file::prepare(memory, &path));
        let connection = connection.map_err(|fault| fault.of(&path, None))?;
        Ok(Self::over(connection))
    }

    fn over(connection: Connection) -> Self {
        let (jobs, queue) = mpsc::channel();
        Self { writer: Some(Writer::over("simulated".into(), connection, None, Box::new(|_| {}))), queue, jobs }
    }

    /// A partition on this disk, until the next crash.
    pub fn partition(&self) -> Partition {
        Partition::of(self.jobs.clone())
    }

    /// Does the next thing that was handed over; false when there is none.
    pub fn step(&mut self) -> bool {
        match (self.queue.try_recv(), &mut self.writer) {
            (Ok(job), Some(writer)) => {
                writer.work(job);
                true
            }
            (Ok(_), None) => true,
            (Err(TryRecvError::Empty | TryRecvError::Disconnected), _) => false,
        }
    }

    /// Writes what waits for others.
    pub fn write_waiting(&mut self) {
        if let Some(writer) = &mut self.writer {
            // Each batch's own reply carries its error.
            let _ = writer.write_waiting(|_| true);
        }
    }

    /// Lets no write succeed that needs room, or lets them all again.
    pub fn set_full(&mut self, full: bool) {
        let Some(connection) = self.connection() else { return };
        let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap_or(1);
        // Only a bound that SQLite can't keep is refused.
        let bound = connection.pragma_update_and_check(
            None,
            "max_page_count",
            if full { pages } else { UNBOUNDED },
            |_| Ok(()),
        );
        debug_assert!(bound.is_ok());
    }

    /// Loses what was handed over and not done, as when the process is killed.
    pub fn crash(&mut self) {
        let connection = self.writer.take().and_then(|mut writer| writer.connection.take());
        if let Some(connection) = connection {
            *self = Self::over(connection);
        }
    }

    /// What is written, to be looked at.
    pub fn connection(&self) -> Option<&Connection> {
        self.writer.as_ref()?.connection.as_ref()
    }
}
