//! Turns a PostgreSQL schema and a manifest into typed sync code.

pub mod catalog;
pub mod diagnostics;
pub mod emit;
pub mod fragment;
pub mod manifest;
pub mod model;
mod naming;
pub mod output;
pub mod resolve;
pub mod source;
mod sql;
