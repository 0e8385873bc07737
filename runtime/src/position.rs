//! How far a shape's log was taken over.

/// How far a generation has come: persisted in the transaction that holds its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// `electric-handle`.
    pub handle: String,
    /// `electric-offset` of the last response that was taken over.
    pub offset: String,
    /// Where rows before one were not loaded: that row's values of [`Newest::order`](crate::definition::Newest::order).
    pub oldest: Option<Vec<Option<String>>>,
}
