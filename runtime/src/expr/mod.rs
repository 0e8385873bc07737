//! The condition of a shape: an expression tree and its three-valued interpreter.
//!
//! One interpreter for generated code, the protocol service and the overlay. Values come as PostgreSQL's text, so that
//! it needs no row type; each node says what its texts are of. Texts are those of a session with ISO dates, UTC, hex
//! bytea and ISO 8601 intervals, as Electric has them. Negation is not in the tree: whoever builds it pushes NOT down to
//! the leaves, which is exact in three-valued logic.

mod array;
mod calendar;
mod cast;
mod compare;
mod decimal;
mod error;
mod eval;
mod interval;
mod number;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod tree;
mod zone;

pub use error::EvalError;
pub use eval::{NoTables, RowText, Tables};
pub use tree::{ArrayTest, Comparison, Expr, Function, Kind, Like, Node, Number, Operand, Scalar, Select, Test};

/// PostgreSQL's text of a value of that type, of any text that stands for one; `None` where it stands for none.
pub fn canonical(scalar: Scalar, text: &str) -> Option<String> {
    cast::read(scalar, text).ok()
}

/// PostgreSQL's text of an array of that type, of any text that stands for one; `None` where it stands for none.
pub fn canonical_array(scalar: Scalar, text: &str) -> Option<String> {
    let mut array = array::Array::parse(text)?;
    array.map(|element| cast::read(scalar, element)).ok()?;
    Some(array.print())
}
