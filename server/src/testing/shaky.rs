//! A source for tests of what goes wrong.

use std::io;
use std::sync::{Arc, Mutex, Weak};

use crate::testing::capture_tables;
use crate::{
    Follower, MemorySource, Readiness, Row, SnapshotPosition, Source, SourceError, TableDefinition, TableName,
};

/// The captures' tables in a database that comes and goes.
#[derive(Clone)]
pub(crate) struct Shaky {
    source: MemorySource,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum State {
    Is(Readiness),
    /// It fails, and nobody noticed yet.
    Fails,
    /// A table is gone, and nobody noticed yet.
    Loses,
    Panics,
}

impl Shaky {
    pub(crate) fn new() -> Self {
        Self { source: capture_tables(), state: Arc::new(Mutex::new(State::Is(Readiness::Active))) }
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap()
    }

    pub(crate) fn becomes(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }
}

impl Source for Shaky {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        self.source.table(name)
    }

    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        match self.state() {
            State::Is(_) => self.source.snapshot(tables, visit),
            State::Fails => Err(SourceError::Database(Box::new(io::Error::other("no route to host")))),
            State::Loses => Err(SourceError::UnknownTable(tables[0].clone())),
            State::Panics => panic!("in the source"),
        }
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        self.source.follow(follower)
    }

    fn readiness(&self) -> Readiness {
        match self.state() {
            State::Is(readiness) => readiness,
            _ => Readiness::Active,
        }
    }
}
