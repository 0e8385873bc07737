//! json and jsonb as the text that PostgreSQL sent.

use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A JSON document as text: nothing is lost, no number is rounded, and nobody pays for a tree that is not read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Json(Box<str>);

impl Json {
    /// A document from its text, which is not checked here: PostgreSQL checked it.
    pub fn from_text(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The document's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PgValue for Json {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match cell {
            Cell::Text(text) => Ok(Self(text.into())),
            cell => Err(ValueError::unexpected("json", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }

    fn text(&self) -> Cell<'_> {
        Cell::text(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_109_the_document_null_is_not_sqls_null() {
        assert_eq!(Option::<Json>::decode(Cell::text("null")), Ok(Some(Json::from_text("null"))));
        assert_eq!(Option::<Json>::decode(Cell::Null), Ok(None));
    }
}
