//! Requests that wait for news, and those that may be answered at all.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::reply;
use crate::service::Inner;

/// Counts a request that waits.
pub(crate) struct Held(Arc<Inner>);

impl Held {
    pub(crate) fn new(service: &Arc<Inner>) -> Self {
        service.held.send_modify(|held| *held += 1);
        Self(Arc::clone(service))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.send_modify(|held| *held = held.saturating_sub(1));
    }
}

/// How many requests are answered at once.
pub(crate) struct Admission {
    kind: &'static str,
    limit: usize,
    free: Arc<Semaphore>,
}

impl Admission {
    pub(crate) fn new(kind: &'static str, limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self { kind, limit, free: Arc::new(Semaphore::new(limit)) }
    }

    /// A place for one request, or the answer that there is none.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Box<Response>> {
        let permit = Arc::clone(&self.free).try_acquire_owned();
        permit.map_err(|_| Box::new(reply::overloaded(self.kind, self.limit)))
    }
}

/// A body that keeps its request's place until it is sent, or its client is gone.
pub(crate) struct Admitted {
    body: Body,
    _permit: OwnedSemaphorePermit,
}

impl Admitted {
    pub(crate) fn new(body: Body, permit: OwnedSemaphorePermit) -> Self {
        Self { body, _permit: permit }
    }
}

impl http_body::Body for Admitted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
