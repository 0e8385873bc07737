//! A shape protocol service for development and tests.
//!
//! A [`Service`] serves the shapes of a [`Source`] over Electric's HTTP protocol: by shape name from generated
//! definitions, and by table and where clause when a [parser](ServiceBuilder::where_parser) is handed in.
//! [`MemorySource`] keeps tables in memory and takes typed rows; anything that can give a snapshot with a position and
//! the transactions after it can be a source.
//!
//! # Where it differs from Electric
//!
//! - The body of a POST says nothing but which subset is asked for. In Electric it overrides the query, table and
//!   condition included; here that, and what is said in both, is a 400.
//! - A subset is ordered by columns whose type the service can compare, texts by their bytes; an enum's order is not
//!   known to it, and refused. A subset of a shape by name may only name the shape's own columns.
//! - The shape's condition and the subset's are each taken as a whole: Electric joins their texts, so that an `or` in the
//!   shape's lets rows through that the subset's refuses.
//! - While a source isn't [active](Readiness), requests are answered with 503 at once; Electric waits 5 s before.
//! - A panic of the embedder's closures is answered with 500, and secrets are not among what
//!   [`requests`](Service::requests) remembers.

mod http;
mod key;
mod live_shape;
mod log;
mod memory;
mod message;
mod offset;
mod requests;
mod service;
mod session;
mod shape;
mod shapes;
mod source;
mod subqueries;
mod subset;
mod table;

#[cfg(test)]
mod captures_test;
#[cfg(test)]
mod conformance_test;
pub mod testing;

pub use axum::http::HeaderMap;
pub use bytes::Bytes;
pub use memory::{MemoryError, MemorySource, MemoryTransaction};
pub use requests::{Answered, Request};
pub use service::{BindError, BuildError, Listening, Service, ServiceBuilder};
pub use session::SessionValues;
pub use source::{
    Archive, Change, Follower, KeptShape, Readiness, RowChange, SnapshotPosition, Source, SourceError, Transaction,
};
pub use table::{Column, Row, TableDefinition, TableName, TableNameError};
