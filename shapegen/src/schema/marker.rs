//! Lines by which a migration says which of its parts is the way up.

use std::ops::Range;

use crate::diagnostics::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// Whose markers a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markers {
    /// `-- +goose Up`
    Goose,
    /// `-- migrate:up`
    Dbmate,
    /// `--> statement-breakpoint`
    Breakpoints,
}

impl Markers {
    /// The markers of a file; `None` when all of it is SQL.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Most files have none: the search for a word is much faster than a look at every line.
        if text.contains("+goose") && lines(text).any(|(_, line)| goose(line).is_some()) {
            return Some(Self::Goose);
        }
        if text.contains("migrate:") && lines(text).any(|(_, line)| dbmate(line).is_some()) {
            return Some(Self::Dbmate);
        }
        text.contains(BREAKPOINT).then_some(Self::Breakpoints)
    }

    /// The line that a file of these markers can't do without.
    pub(super) fn up(self) -> &'static str {
        match self {
            Self::Goose => "-- +goose Up",
            Self::Dbmate => "-- migrate:up",
            Self::Breakpoints => BREAKPOINT,
        }
    }

    /// The parts of a text that are applied.
    pub(super) fn parts(self, file: FileId, text: &str) -> (Vec<Range<usize>>, Option<Diagnostic>) {
        let mut cutter = Cutter { file, text, parts: Vec::new(), start: None, remark: None };
        let read = match self {
            Self::Goose => cutter.goose(),
            Self::Dbmate => cutter.dbmate(),
            Self::Breakpoints => {
                cutter.breakpoints();
                Ok(())
            }
        };
        match read {
            Ok(()) => (cutter.parts, cutter.remark),
            Err(wrong) => (Vec::new(), Some(*wrong)),
        }
    }
}

const BREAKPOINT: &str = "--> statement-breakpoint";

/// The words after `+goose` of such a line, in lower case. It has no space at its front, and its case doesn't matter.
fn goose(line: &str) -> Option<String> {
    let mut words = line.strip_prefix("--")?.split_ascii_whitespace();
    words.next().filter(|word| word.eq_ignore_ascii_case("+goose"))?;
    Some(words.collect::<Vec<_>>().join(" ").to_ascii_lowercase())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// `-- migrate:up` with or without options. It has no space at its front, and its case matters.
fn dbmate(line: &str) -> Option<Way> {
    match line.strip_prefix("--")?.split_ascii_whitespace().next()? {
        "migrate:up" => Some(Way::Up),
        "migrate:down" => Some(Way::Down),
        _ => None,
    }
}

/// The lines with their ends, and where they start.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

struct Cutter<'t> {
    file: FileId,
    text: &'t str,
    parts: Vec<Range<usize>>,
    /// Where the part began that is open.
    start: Option<usize>,
    remark: Option<Diagnostic>,
}

impl Cutter<'_> {
    fn cut(&mut self, end: usize) {
        if let Some(start) = self.start.take()
            && !self.text[start..end].trim().is_empty()
        {
            self.parts.push(start..end);
        }
    }

    fn wrong(&self, at: usize, line: &str, message: impl Into<String>, label: &str) -> Box<Diagnostic> {
        let span = Span::new(self.file, at..at + line.trim_end().len());
        Box::new(Diagnostic::error(&codes::MIGRATION_MARKER, message).at(span, label))
    }

    fn before_up(&self, at: usize, line: &str, markers: Markers) -> Box<Diagnostic> {
        let message = format!("a statement before `{}`", markers.up());
        let mut wrong = self.wrong(at, line, message, "neither on the way up nor on the way down");
        *wrong = wrong.help("move it below the marker");
        wrong
    }

    fn goose(&mut self) -> Result<(), Box<Diagnostic>> {
        let mut up = None;
        let mut block = None;
        let mut substitutes = false;
        for (at, line) in lines(self.text) {
            let next = at + line.len();
            let Some(words) = goose(line) else {
                if up.is_none() && is_statement(line) {
                    return Err(self.before_up(at, line, Markers::Goose));
                }
                if substitutes && self.remark.is_none() && up.is_some() {
                    self.remark = self.substituted(at, line);
                }
                continue;
            };
            match (words.as_str(), up) {
                ("up", None) => (up, self.start) = (Some(at), Some(next)),
                ("up", Some(_)) => {
                    return Err(self.wrong(at, line, "a second `-- +goose Up`", "there can be one only"));
                }
                ("down", Some(_)) if block.is_none() => {
                    self.cut(at);
                    return Ok(());
                }
                ("statementbegin", Some(_)) if block.is_none() => {
                    self.cut(at);
                    (block, self.start) = (Some((at, line)), Some(next));
                }
                ("statementend", Some(_)) if block.is_some() => {
                    self.cut(at);
                    (block, self.start) = (None, Some(next));
                }
                ("no transaction", _) => {}
                ("envsub on", _) => substitutes = true,
                ("envsub off", _) => substitutes = false,
                ("down" | "statementbegin" | "statementend", _) => {
                    let message = format!("`{}` is out of place", line.trim_end());
                    let help = "`Up` comes first, `Down` last, and each `StatementBegin` has its `StatementEnd`";
                    let mut wrong = self.wrong(at, line, message, "not expected here");
                    *wrong = wrong.help(help);
                    return Err(wrong);
                }
                _ => {
                    let known = ["up", "down", "statementbegin", "statementend", "no transaction", "envsub on"];
                    let message = format!("`{}` is nothing that goose knows", line.trim_end());
                    let mut wrong = self.wrong(at, line, message, "an unknown annotation");
                    *wrong = wrong.suggest(&words, known);
                    return Err(wrong);
                }
            }
        }
        if let Some((at, line)) = block {
            return Err(self.wrong(at, line, "a `StatementBegin` without its `StatementEnd`", "never ended"));
        }
        if up.is_none() {
            return Err(self.wrong(
                0,
                self.text.lines().next().unwrap_or_default(),
                "no `-- +goose Up`",
                "in this file",
            ));
        }
        self.cut(self.text.len());
        Ok(())
    }

    /// What the environment of the run decides can't be told.
    fn substituted(&self, at: usize, line: &str) -> Option<Diagnostic> {
        let from = line.find("${").or_else(|| {
            let named = |(found, _): &(usize, &str)| {
                line[found + 1..].starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            };
            line.match_indices('$').find(named).map(|(found, _)| found)
        })?;
        let len = line[from..].find('}').map_or(1, |end| end + 1);
        let warning =
            Diagnostic::warning(&codes::MIGRATION_MARKER, "what goose takes from the environment is not known");
        let span = Span::new(self.file, at + from..at + from + len);
        Some(warning.at(span, "read as it stands here").help("state what it makes in the manifest's `overrides`"))
    }

    fn dbmate(&mut self) -> Result<(), Box<Diagnostic>> {
        for (at, line) in lines(self.text) {
            match (dbmate(line), self.start) {
                (Some(Way::Up), None) => self.start = Some(at + line.len()),
                (Some(Way::Up), Some(_)) => {
                    return Err(self.wrong(at, line, "a second `-- migrate:up`", "there can be one only"));
                }
                (Some(Way::Down), Some(_)) => {
                    self.cut(at);
                    return Ok(());
                }
                (Some(Way::Down), None) => {
                    return Err(self.wrong(at, line, "`-- migrate:down` before `-- migrate:up`", "out of place"));
                }
                (None, None) if is_statement(line) => return Err(self.before_up(at, line, Markers::Dbmate)),
                (None, _) => {}
            }
        }
        self.cut(self.text.len());
        Ok(())
    }

    fn breakpoints(&mut self) {
        self.start = Some(0);
        for (at, marker) in self.text.match_indices(BREAKPOINT) {
            self.cut(at);
            self.start = Some(at + marker.len());
        }
        self.cut(self.text.len());
    }
}

fn is_statement(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("--")
}
