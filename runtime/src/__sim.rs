//! A client without network and disk, for this workspace's simulator; no promise.

use std::sync::Arc;

pub use crate::client::transport::{Body, Pending, Response, Transport};
use crate::client::{ClientBuilder, TypedClient};
pub use crate::store::Disk;

/// The client sends its requests through `transport`, and keeps its rows on `disk`, or in memory.
pub fn simulated<C: TypedClient>(
    builder: ClientBuilder<C>,
    transport: Arc<dyn Transport>,
    disk: Option<&Disk>,
) -> ClientBuilder<C> {
    builder.simulated(transport, disk.map(Disk::partition))
}
