//! Positions in a shape's log, and what a client asks for with them.

use std::fmt::{self, Display};

/// `<lsn>_<op>`; with 0 as LSN it counts snapshot chunks, and `0_inf` is the end of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Offset {
    pub(crate) lsn: u64,
    /// `u64::MAX` is `inf`.
    pub(crate) op: u64,
}

impl Offset {
    /// `0_inf`
    pub(crate) const SNAPSHOT_END: Self = Self { lsn: 0, op: u64::MAX };

    /// The next one, for a message that stands behind this offset and belongs to no operation of a transaction.
    pub(crate) fn following(self) -> Self {
        match self.op.checked_add(1) {
            Some(op) => Self { op, ..self },
            None => Self { lsn: self.lsn + 1, op: 0 },
        }
    }

    /// `0_<chunk>`: that chunk of the snapshot was read.
    pub(crate) fn chunk(number: usize) -> Self {
        Self { lsn: 0, op: number as u64 }
    }
}

impl Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op {
            u64::MAX => write!(f, "{}_inf", self.lsn),
            op => write!(f, "{}_{op}", self.lsn),
        }
    }
}

/// What a request's `offset` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// `-1`: everything.
    Start,
    /// `now`: only what comes.
    Now,
    /// What is behind this position.
    After(Offset),
}

impl From {
    /// `None` when the text has no valid format.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "-1" | "-1_0" => return Some(Self::Start),
            "now" => return Some(Self::Now),
            _ => {}
        }
        let (lsn, op) = text.split_once('_')?;
        let op = if op == "inf" { u64::MAX } else { number(op)? };
        Some(Self::After(Offset { lsn: number(lsn)?, op }))
    }
}

impl Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("-1"),
            Self::Now => f.write_str("now"),
            Self::After(offset) => offset.fmt(f),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_002_only_electrics_offsets_are_read() {
        for (text, canonical) in [
            ("-1", Some("-1")),
            ("-1_0", Some("-1")),
            ("now", Some("now")),
            ("0_0", Some("0_0")),
            ("0_02", Some("0_2")),
            ("0_inf", Some("0_inf")),
            ("55753296_4", Some("55753296_4")),
            ("10", None),
            ("1_2_3", None),
            ("1_2 ", None),
            ("10_32.1", None),
            ("0_-1", None),
            ("+1_0", None),
            ("abc", None),
            ("_", None),
            ("", None),
            ("99999999999999999999_0", None),
        ] {
            assert_eq!(From::parse(text).map(|from| from.to_string()).as_deref(), canonical, "{text}");
        }
    }

    #[test]
    fn offsets_order_by_lsn_then_operation_with_inf_last() {
        let at = |lsn, op| Offset { lsn, op };
        let ordered = [at(0, 0), at(0, 7), Offset::SNAPSHOT_END, at(1, 0), at(1, 2), at(2, 0)];
        assert!(ordered.is_sorted());
    }
}
