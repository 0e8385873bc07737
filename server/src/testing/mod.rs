//! A shape server for tests of screens and programs: typed rows, and faults on demand.

#[cfg(test)]
mod exchange;
mod fake_server;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod held_rows;
#[cfg(test)]
mod open_files;
#[cfg(test)]
mod shaky;

#[cfg(test)]
pub(crate) use exchange::*;
pub use fake_server::{FakeServer, FakeServerError};
#[cfg(test)]
pub(crate) use fixtures::*;
#[cfg(test)]
pub(crate) use held_rows::HeldRows;
#[cfg(test)]
pub(crate) use open_files::affordable_connections;
#[cfg(test)]
pub(crate) use shaky::*;
