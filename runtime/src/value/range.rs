//! Ranges and multiranges.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Bound;

use super::quoted::{is_space, push_doubled, undouble};
use super::{PgValue, ValueError};
use crate::cell::Cell;

/// A range of `T`: `[1,10)`, `(,2024-02-29]`, `empty`; of a built-in range type or one of the schema's own.
///
/// Ordered as PostgreSQL orders ranges: empty first, then by lower and by upper bound. A bound that `T` refuses refuses
/// the range: `[2024-01-01,infinity)` needs `Range<OrInfinity<Date>>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range<T> {
    /// Holds nothing.
    Empty,
    /// Everything between two bounds.
    Between {
        /// Where it begins; `Unbounded`: at no value.
        lower: Bound<T>,
        /// Where it ends; `Unbounded`: at no value.
        upper: Bound<T>,
    },
}

/// Ranges that neither touch nor overlap, in ascending order, as PostgreSQL keeps them: `{[1,3),[5,7)}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Multirange<T>(pub Vec<Range<T>>);

impl<T: PartialOrd> Range<T> {
    /// Whether a value lies in the range.
    pub fn contains(&self, value: &T) -> bool {
        let Self::Between { lower, upper } = self else { return false };
        let above = match lower {
            Bound::Included(bound) => bound <= value,
            Bound::Excluded(bound) => bound < value,
            Bound::Unbounded => true,
        };
        above
            && match upper {
                Bound::Included(bound) => value <= bound,
                Bound::Excluded(bound) => value < bound,
                Bound::Unbounded => true,
            }
    }
}

impl<T: Ord> Ord for Range<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Empty, Self::Empty) => Ordering::Equal,
            (Self::Empty, Self::Between { .. }) => Ordering::Less,
            (Self::Between { .. }, Self::Empty) => Ordering::Greater,
            (Self::Between { lower: a, upper: b }, Self::Between { lower: c, upper: d }) => {
                compare(a, c, Ordering::Less).then_with(|| compare(b, d, Ordering::Greater))
            }
        }
    }
}

impl<T: Ord> PartialOrd for Range<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Multirange<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T: Ord> PartialOrd for Multirange<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `outward` is how an unbounded side compares with any value; at the same value an exclusive bound lies inward.
fn compare<T: Ord>(left: &Bound<T>, right: &Bound<T>, outward: Ordering) -> Ordering {
    match (left, right) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => outward,
        (_, Bound::Unbounded) => outward.reverse(),
        (Bound::Included(left), Bound::Included(right)) | (Bound::Excluded(left), Bound::Excluded(right)) => {
            left.cmp(right)
        }
        (Bound::Included(left), Bound::Excluded(right)) => left.cmp(right).then(outward),
        (Bound::Excluded(left), Bound::Included(right)) => left.cmp(right).then(outward.reverse()),
    }
}

impl<T: PgValue> PgValue for Range<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = &cell else { return Err(ValueError::unexpected("range", &cell)) };
        match scan(text) {
            Some((range, "")) => range.decode(),
            _ => Err(ValueError::invalid("range", text)),
        }
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::new();
        print(self, &mut out);
        Cell::Text(Cow::Owned(out))
    }
}

impl<T: PgValue> PgValue for Multirange<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, ValueError> {
        let Cell::Text(text) = &cell else { return Err(ValueError::unexpected("multirange", &cell)) };
        let ranges = scan_all(text).ok_or_else(|| ValueError::invalid("multirange", text))?;
        ranges.into_iter().map(Range::decode).collect::<Result<_, _>>().map(Self)
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut out = String::from("{");
        for (at, range) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            print(range, &mut out);
        }
        out.push('}');
        Cell::Text(Cow::Owned(out))
    }
}

impl Range<Cow<'_, str>> {
    fn decode<T: PgValue>(self) -> Result<Range<T>, ValueError> {
        let bound = |bound| {
            Ok(match bound {
                Bound::Included(text) => Bound::Included(T::decode(Cell::Text(text))?),
                Bound::Excluded(text) => Bound::Excluded(T::decode(Cell::Text(text))?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        Ok(match self {
            Self::Empty => Range::Empty,
            Self::Between { lower, upper } => Range::Between { lower: bound(lower)?, upper: bound(upper)? },
        })
    }
}

type Scanned<'t> = Range<Cow<'t, str>>;

/// A range at the front, and what follows it.
fn scan(text: &str) -> Option<(Scanned<'_>, &str)> {
    if let Some(rest) = text.strip_prefix("empty") {
        return Some((Range::Empty, rest));
    }
    let (lower_included, rest) = match text.strip_prefix('[') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('(')?),
    };
    let (lower, rest) = scan_bound(rest, &[','])?;
    let (upper, rest) = scan_bound(rest.strip_prefix(',')?, &[')', ']'])?;
    let (upper_included, rest) = match rest.strip_prefix(']') {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(')')?),
    };
    let bound = |value, included| match value {
        Some(value) if included => Bound::Included(value),
        Some(value) => Bound::Excluded(value),
        None => Bound::Unbounded,
    };
    Some((Range::Between { lower: bound(lower, lower_included), upper: bound(upper, upper_included) }, rest))
}

/// A bound up to one of `ends`, which stays; `Some(None)` where there is none.
fn scan_bound<'t>(text: &'t str, ends: &[char]) -> Option<(Option<Cow<'t, str>>, &'t str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = undouble(quoted)?;
        return Some((Some(Cow::Owned(value)), rest));
    }
    let (value, rest) = text.split_at(text.find(ends)?);
    if value.contains(['(', '[', '"', '\\', ',']) {
        return None;
    }
    Some(((!value.is_empty()).then_some(Cow::Borrowed(value)), rest))
}

fn scan_all(text: &str) -> Option<Vec<Scanned<'_>>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        if !ranges.is_empty() {
            rest = rest.strip_prefix(',')?;
        }
        let (range, after) = scan(rest)?;
        ranges.push(range);
        rest = after;
    }
    Some(ranges)
}

fn print<T: PgValue>(range: &Range<T>, out: &mut String) {
    let Range::Between { lower, upper } = range else { return out.push_str("empty") };
    out.push(if matches!(lower, Bound::Included(_)) { '[' } else { '(' });
    print_bound(lower, out);
    out.push(',');
    print_bound(upper, out);
    out.push(if matches!(upper, Bound::Included(_)) { ']' } else { ')' });
}

fn print_bound<T: PgValue>(bound: &Bound<T>, out: &mut String) {
    let (Bound::Included(value) | Bound::Excluded(value)) = bound else { return };
    let Cell::Text(text) = value.nested_text() else { return };
    let special = |byte: u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b'[' | b']' | b',') || is_space(byte);
    if text.is_empty() || text.bytes().any(special) {
        push_doubled(&text, out);
    } else {
        out.push_str(&text);
    }
}
