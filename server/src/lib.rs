//! A shape protocol service for development and tests.
//!
//! A [`Service`] serves the shapes of a [`Source`] over Electric's HTTP protocol: by shape name from generated
//! definitions, and by table and where clause when a [parser](ServiceBuilder::where_parser) is handed in.
//! [`MemorySource`] keeps tables in memory and takes typed rows; anything that can give a snapshot with a position and
//! the transactions after it can be a source.
//!
//! `docs/conformance.md` lists each item of the protocol with the tests that hold it, and where the service differs from
//! Electric on purpose.

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
    Archive, Change, Follower, Followers, KeptShape, Readiness, RowChange, SnapshotPosition, Source, SourceError,
    Transaction,
};
pub use table::{Column, Row, TableDefinition, TableName, TableNameError};
