//! hstore.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::quoted::{push_escaped, unescape};
use super::{PgValue, ValueError};
use crate::cell::Cell;

/// An hstore: text keys with text or NULL: `"a"=>"1", "b"=>NULL`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hstore(pub BTreeMap<String, Option<String>>);

impl PgValue for Hstore {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        match &cell {
            Cell::Text(text) => pairs(text).map(Self).ok_or_else(|| ValueError::invalid("hstore", text)),
            _ => Err(ValueError::unexpected("hstore", &cell)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    /// Shorter keys first, as hstore keeps them.
    fn text(&self) -> Cell<'_> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_by_key(|(key, _)| key.len());
        let mut out = String::new();
        for (key, value) in pairs {
            if !out.is_empty() {
                out.push_str(", ");
            }
            push_escaped(key, &mut out);
            out.push_str("=>");
            match value {
                Some(value) => push_escaped(value, &mut out),
                None => out.push_str("NULL"),
            }
        }
        Cell::Text(Cow::Owned(out))
    }
}

fn pairs(text: &str) -> Option<BTreeMap<String, Option<String>>> {
    let mut pairs = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !pairs.is_empty() {
            rest = rest.strip_prefix(", ")?;
        }
        let (key, after) = unescape(rest.strip_prefix('"')?)?;
        let after = after.strip_prefix("=>")?;
        let value = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = unescape(quoted)?;
                rest = after;
                Some(value)
            }
            None => {
                rest = after.strip_prefix("NULL")?;
                None
            }
        };
        if pairs.insert(key, value).is_some() {
            return None;
        }
    }
    Some(pairs)
}
