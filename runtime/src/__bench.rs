//! A sync without its service, for this crate's own benchmarks; no promise.

use std::sync::Arc;

use crate::client::{Kept, Local, Storage};
use crate::collection::{Rows, Shared, Snapshot};
use crate::shape::Shape;
use crate::stream::{Delivery, Outcome, SyncError};
use crate::{SqliteStore, StoreError};

/// What a client does with bodies once they are here.
pub struct Sync<S: Shape> {
    local: Local,
    shared: Arc<Shared<S>>,
}

impl<S: Shape> Sync<S> {
    /// Shows what the store holds, where there is one.
    ///
    /// # Errors
    /// When the store can't be opened.
    pub async fn open(store: Option<&SqliteStore>) -> Result<Self, StoreError> {
        let storage = match store {
            Some(store) => Storage::Disk(store.partition("bench")?),
            None => Storage::Memory,
        };
        let shared = Arc::new(Shared::new(Default::default(), tokio::sync::mpsc::unbounded_channel().0));
        let kept = Kept::new(&storage, S::DEFINITION, format!("{}#1", S::DEFINITION.name));
        let rows = Box::new(Rows::new(shared.clone(), store.is_some()));
        let (local, _) = Local::open(S::DEFINITION, kept, rows, Default::default(), shared.meters.clone()).await;
        Ok(Self { local, shared })
    }

    /// Takes a body over.
    ///
    /// # Errors
    /// When it is no log of the shape, or can't be written.
    pub async fn deliver(&mut self, delivery: &Delivery) -> Result<Outcome, SyncError> {
        self.local.deliver(delivery).await
    }

    /// What programs see.
    pub fn snapshot(&self) -> Snapshot<S> {
        self.shared.snapshot()
    }
}
