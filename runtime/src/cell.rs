//! One value on its way between a row struct and the wire or the local database.

use std::borrow::Cow;

/// A value as PostgreSQL's text or as SQLite stores it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell<'a> {
    /// The column did not come: an update that left it alone.
    #[default]
    Absent,
    /// SQL NULL.
    Null,
    /// PostgreSQL's text form, or a TEXT value of SQLite.
    Text(Cow<'a, str>),
    /// An INTEGER value of SQLite.
    Integer(i64),
    /// A REAL value of SQLite.
    Real(f64),
    /// A BLOB value of SQLite.
    Blob(Cow<'a, [u8]>),
}

impl<'a> Cell<'a> {
    /// A text cell that borrows.
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
