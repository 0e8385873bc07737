//! The trait that generated row structs implement, and what goes with it.

use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

use crate::cell::Cell;
use crate::columns::{ColumnError, Columns, Encoder};
use crate::definition::ShapeDefinition;
use crate::value::PgValue;

/// A row struct of one shape. Implemented by generated code.
pub trait Shape: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The row's key: the field's own type, or a struct of several.
    type Key: Clone + Ord + Hash + Debug + Send + Sync + 'static;
    /// What the program binds when it asks for the collection.
    type Params: ShapeParams;
    /// The shape as data.
    const DEFINITION: &'static ShapeDefinition;

    /// This row's key.
    fn key(&self) -> Self::Key;
    /// The key of a row that came with at least its key columns.
    fn decode_key(columns: &Columns<'_>) -> Result<Self::Key, ColumnError>;
    /// A row from all of its columns.
    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError>;
    /// Takes over the columns that came.
    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError>;
    /// All columns, in order.
    fn encode<'a>(&'a self, out: &mut Encoder<'a>);
    /// The key's columns, in the key's order.
    fn encode_key<'a>(key: &'a Self::Key, out: &mut Encoder<'a>);
}

/// Parameters that the program binds: a generated struct, or `()` where there are none.
pub trait ShapeParams: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The values in the order in which the shape's definition lists its caller parameters.
    fn encode<'a>(&'a self, out: &mut Encoder<'a>);
}

impl ShapeParams for () {
    fn encode<'a>(&'a self, _: &mut Encoder<'a>) {}
}

/// Something that rows are found by: a key, a unique constraint, a foreign key or a declared finder.
pub struct Index<S, V> {
    /// The column's name.
    pub name: &'static str,
    /// The indexed field of a row.
    pub of: fn(&S) -> &V,
}

impl<S, V> Index<S, V> {
    /// An index over one field.
    pub const fn new(name: &'static str, of: fn(&S) -> &V) -> Self {
        Self { name, of }
    }
}

impl<S, V> Clone for Index<S, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, V> Copy for Index<S, V> {}

impl<S, V> Debug for Index<S, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("name", &self.name).finish_non_exhaustive()
    }
}

/// PostgreSQL's text of one value, `None` for NULL.
pub fn pg_text<T: PgValue>(value: &T) -> Option<Cow<'_, str>> {
    match value.text() {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}
