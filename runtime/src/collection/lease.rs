//! Keeps one sync alive as long as somebody holds its collection.

use std::any::Any;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// Dropped with the last handle of a collection: the sync ends, and whatever it needed goes.
pub(crate) struct Lease {
    runtime: Handle,
    sync: AbortHandle,
    _needed: Box<dyn Any + Send + Sync>,
}

impl Lease {
    /// `needed` lives as long as the lease.
    pub(crate) fn new(runtime: Handle, sync: AbortHandle, needed: impl Any + Send + Sync) -> Self {
        Self { runtime, sync, _needed: Box::new(needed) }
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.sync.abort();
    }
}
