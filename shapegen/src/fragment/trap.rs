//! Where Electric's evaluation of a row can differ from PostgreSQL's: a row is in the snapshot, its changes are missing.

use std::ops::Range;

use super::FragmentError;
use crate::diagnostics::codes;

/// One such difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trap {
    /// Wildcards don't match a line's end.
    Lines,
    /// `\%` and `\_` are not read as PostgreSQL reads them.
    Escapes,
    /// Letter case beyond ASCII follows the database's collation.
    Letters,
    /// The order of texts follows the database's collation.
    Order,
    /// Floats and numerics are 64-bit floats without NaN and infinities.
    Numbers,
    /// NULL elements are equal to NULL.
    NullElements,
    /// NULL in a subquery's column counts as a value.
    NullInSelect,
    /// A month is not 30 days.
    Intervals,
    /// `char(n)` has its spaces at the end.
    Blanks,
}

impl Trap {
    pub(super) fn warning(self, at: Range<usize>) -> FragmentError {
        let (message, label, help) = match self {
            Self::Lines => (
                "Electric's `%` and `_` don't match line breaks, PostgreSQL's do",
                "differs for texts of several lines",
                "use it for columns of one line",
            ),
            Self::Escapes => (
                "Electric reads a backslash in a pattern otherwise than PostgreSQL",
                "differs for every row",
                "write patterns without a backslash",
            ),
            Self::Letters => (
                "PostgreSQL's upper and lower case follow the database's collation, Electric's don't",
                "can differ for letters beyond A to Z",
                "use it for plain ASCII, or keep a folded copy in a column",
            ),
            Self::Order => (
                "Electric orders texts by bytes, PostgreSQL by the database's collation",
                "can differ but for a database with collation C",
                "compare with `=`, or order by a number or a date",
            ),
            Self::Numbers => (
                "Electric compares these numbers as 64-bit floats and reads no NaN and no infinity",
                "differs for such values and beyond 15 digits",
                "use integers where each digit counts, and a CHECK against NaN",
            ),
            Self::NullElements => (
                "for Electric a NULL in an array is equal to NULL, for PostgreSQL it is unknown",
                "differs for arrays with NULL in them",
                "keep NULL out of the array with a CHECK",
            ),
            Self::NullInSelect => (
                "for PostgreSQL `not in` is unknown as soon as there is a NULL, for Electric it isn't",
                "differs when one of the columns is NULL",
                "add `… is not null` to the subquery and to the fragment",
            ),
            Self::Intervals => (
                "Electric compares intervals by their parts, PostgreSQL by their length",
                "differs for `1 day` and `24 hours`",
                "compare timestamps, or keep the length as a number",
            ),
            Self::Blanks => (
                "Electric sees the spaces that fill a `char(n)`, PostgreSQL doesn't count them",
                "differs for texts that are shorter than the column",
                "declare the column as text",
            ),
        };
        FragmentError {
            code: &codes::FRAGMENT_DIFFERS,
            message: message.to_owned(),
            at,
            label: label.to_owned(),
            help: vec![help.to_owned()],
        }
    }
}
