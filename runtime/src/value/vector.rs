//! pgvector's vector and halfvec.

use std::borrow::Cow;

use super::{PgValue, ValueError, push_nested};
use crate::cell::Cell;

/// A vector of pgvector: `[1,2.5,-3]`. `vector` and `halfvec` print the same form, and `f32` holds both exactly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vector(pub Vec<f32>);

impl PgValue for Vector {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = &cell else { return Err(ValueError::unexpected("vector", &cell)) };
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match inner.ok_or_else(|| ValueError::invalid("vector", text))? {
            "" => Ok(Self::default()),
            inner => {
                inner.split(',').map(|element| f32::decode(Cell::text(element))).collect::<Result<_, _>>().map(Self)
            }
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::from("[");
        for (at, element) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_nested(element, &mut out);
        }
        out.push(']');
        Cell::Text(Cow::Owned(out))
    }
}
