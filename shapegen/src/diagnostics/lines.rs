//! The lines of a text, found once.

use std::ops::Range;

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

/// A place as editors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        // The break at the end of the text ends a line and begins none.
        let breaks = text.bytes().enumerate().filter(|(at, byte)| *byte == b'\n' && at + 1 < text.len());
        let after = breaks.map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after).collect() }
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The number of the line that a byte is in, from 0.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of whole lines, with their line breaks.
    pub(crate) fn bytes(&self, lines: Range<usize>) -> Range<usize> {
        let start = |line: usize| self.starts.get(line).copied().unwrap_or(self.text.len());
        start(lines.start)..start(lines.end)
    }

    /// The place of a byte.
    pub(crate) fn position(&self, at: usize) -> Position {
        let line = self.line(at);
        let before = self.text.get(self.bytes(line..line).start..at).unwrap_or_default();
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// A range moved into the text and to whole characters.
    pub(crate) fn within(&self, range: Range<usize>) -> Range<usize> {
        let floor =
            |at: usize| (0..=at.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let start = floor(range.start);
        start..floor(range.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_lines_and_columns() {
        let lines = Lines::new("é\nab\n");
        let places: Vec<(usize, usize)> = [0, 2, 3, 4, 5, 6]
            .iter()
            .map(|at| lines.position(*at))
            .map(|Position { line, column }| (line, column))
            .collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 4)]);
        assert_eq!(lines.bytes(1..2), 3..6);
        assert_eq!(lines.bytes(0..9), 0..6);
        assert_eq!(Lines::new("").bytes(0..1), 0..0);
    }
}
