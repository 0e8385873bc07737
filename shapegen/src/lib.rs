//! Turns a PostgreSQL schema and a manifest into typed sync code.
//!
//! Build scripts call [`build`]. [`generate()`] does the same without writing anything, and [`load`] stops at the
//! [`model`], where every decision is made. The command line is the feature `cli`.

pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod derive;
#[cfg(feature = "cli")]
pub mod dev;
pub mod diagnostics;
pub mod emit;
pub mod fragment;
mod generate;
pub mod manifest;
pub mod model;
mod naming;
pub mod output;
pub mod resolve;
pub mod schema;
pub mod source;
mod sql;

mod build_script;

pub use build_script::build;
#[cfg(feature = "cli")]
pub use generate::unchanged;
pub use generate::{Failed, Generated, Loaded, Print, generate, load};
