//! Turns a PostgreSQL schema and a manifest into typed sync code.

pub mod catalog;
pub mod diagnostics;
pub mod emit;
pub mod model;
pub mod output;
pub mod source;
