//! An immutable view of a collection's rows that shares structure with those before and after it.

use std::sync::Arc;

use imbl::OrdMap;

use crate::shape::{Index, Shape};

/// The rows at one moment, sorted by key. Cloning is O(1).
#[derive(Debug)]
pub struct Snapshot<S: Shape> {
    rows: OrdMap<S::Key, Arc<S>>,
}

impl<S: Shape> Clone for Snapshot<S> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone() }
    }
}

impl<S: Shape> Default for Snapshot<S> {
    fn default() -> Self {
        Self { rows: OrdMap::new() }
    }
}

impl<S: Shape> Snapshot<S> {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none. [`Collection::status`](super::Collection::status) says whether that means anything.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row with a key.
    pub fn get(&self, key: &S::Key) -> Option<&Arc<S>> {
        self.rows.get(key)
    }

    /// All rows, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<S>> {
        self.rows.values()
    }

    /// The rows whose indexed field equals `value`, sorted by key. Looks at every row.
    pub fn by<'s, V: PartialEq>(&'s self, index: Index<S, V>, value: &'s V) -> impl Iterator<Item = &'s Arc<S>> {
        self.rows.values().filter(move |row| (index.of)(row) == value)
    }

    pub(super) fn rows(&self) -> &OrdMap<S::Key, Arc<S>> {
        &self.rows
    }

    pub(super) fn rows_mut(&mut self) -> &mut OrdMap<S::Key, Arc<S>> {
        &mut self.rows
    }
}
