//! The SQL front end: a file's text becomes statements, each fact with its place.
//!
//! `split` cuts a file into statements on the tokens of `lex`; `classify` says which of them the catalog needs; `grammar`
//! reads those. It is a grammar of our own because the facts that the catalog needs are few, and sqlparser rejects a third
//! of what `pg_dump` writes, misreads some of the rest without an error, and gives no places for types and constraints.

pub(crate) mod classify;
pub(crate) mod cursor;
pub(crate) mod do_block;
mod expression;
pub(crate) mod extension_types;
pub(crate) mod grammar;
pub(crate) mod lex;
pub(crate) mod literal;
pub(crate) mod split;
pub(crate) mod statement;
#[cfg(test)]
mod tests;
pub(crate) mod types;
