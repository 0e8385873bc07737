//! What a program does about an error that would end a sync.

use std::sync::Arc;

use super::transport::{Header, Pending};
use crate::stream::SyncError;

/// What is to follow an error that would end a sync; see [`ClientBuilder::on_error`](super::ClientBuilder::on_error).
#[derive(Debug, Clone)]
#[must_use]
pub struct Recovery(Option<Renewed>);

/// What the next requests have that the one that failed had not.
#[derive(Debug, Clone, Default)]
pub(super) struct Renewed {
    pub(super) headers: Vec<Header>,
    pub(super) parameters: Vec<(String, String)>,
}

impl Recovery {
    /// The sync ends with the error.
    pub fn stop() -> Self {
        Self(None)
    }

    /// The sync goes on from where it stopped: the first time at once, then ever more slowly, until something is
    /// delivered.
    pub fn retry() -> Self {
        Self(Some(Renewed::default()))
    }

    /// With this header in place of the one of its name. One that HTTP doesn't allow is left out, and logged.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Some(renewed), Some(header)) = (&mut self.0, Header::fixed(name, value)) {
            renewed.headers.push(header);
        }
        self
    }

    /// With this parameter in the query, in place of the one of its name. One that the protocol uses ends the sync.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Some(renewed) = &mut self.0 {
            renewed.parameters.push((name.into(), value.into()));
        }
        self
    }

    pub(super) fn into_renewed(self) -> Option<Renewed> {
        self.0
    }
}

/// Asked about each error that would end a sync and may be cured: any `Fn` that returns a future of a [`Recovery`].
pub trait Recover: Send + Sync + 'static {
    /// What is to be done.
    fn recover(&self, error: Arc<SyncError>) -> Pending<'static, Recovery>;
}

impl<R, F> Recover for R
where
    R: Fn(Arc<SyncError>) -> F + Send + Sync + 'static,
    F: Future<Output = Recovery> + Send + 'static,
{
    fn recover(&self, error: Arc<SyncError>) -> Pending<'static, Recovery> {
        Box::pin(self(error))
    }
}
