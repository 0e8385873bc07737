//! Diagnostics as rustc shows them.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Report, Severity};
use crate::source::{FileId, SourceMap, Span};

/// Places of one file that lie further apart are shown as if they were of two.
const FAR_APART: usize = 500;

pub(super) fn render(report: &Report, sources: &SourceMap, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut lines = Lines { sources, starts: BTreeMap::new() };
    let mut out = String::new();
    for diagnostic in report.diagnostics() {
        let group = group(diagnostic, &mut lines);
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// Where lines start: the renderer is given the lines that it shows, since it reads all that it is given each time.
struct Lines<'a> {
    sources: &'a SourceMap,
    starts: BTreeMap<FileId, Vec<usize>>,
}

impl<'a> Lines<'a> {
    /// The line, from 0, of a place in a file.
    fn line(&mut self, file: FileId, at: usize) -> usize {
        let text = &self.sources.file(file).text;
        let starts = self.starts.entry(file).or_insert_with(|| {
            // Behind the last line end there is no line to show.
            let ends = text.bytes().enumerate().filter(|(at, byte)| *byte == b'\n' && at + 1 < text.len());
            std::iter::once(0).chain(ends.map(|(end, _)| end + 1)).collect()
        });
        starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The text of some lines, and where it starts.
    fn text(&self, file: FileId, lines: Range<usize>) -> (&'a str, usize) {
        let text = self.sources.file(file).text.as_str();
        let start = |line: usize| self.starts.get(&file).and_then(|starts| starts.get(line)).copied();
        let (from, to) = (start(lines.start).unwrap_or(0), start(lines.end).unwrap_or(text.len()));
        (&text[from..to], from)
    }
}

/// Labels that are shown in one piece of a file.
struct Excerpt<'a> {
    file: FileId,
    lines: Range<usize>,
    labels: Vec<(AnnotationKind, Range<usize>, &'a str)>,
}

fn group<'a>(diagnostic: &'a Diagnostic, lines: &mut Lines<'a>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id));
    let primary = diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label));
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    // One excerpt per file, in the order in which the labels come.
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (kind, (span, text)) in primary.chain(secondary) {
        let range = within(&lines.sources.file(span.file).text, *span);
        let here = lines.line(span.file, range.start)..lines.line(span.file, range.end) + 1;
        let near = |excerpt: &&mut Excerpt<'_>| {
            excerpt.file == span.file
                && here.start < excerpt.lines.end + FAR_APART
                && excerpt.lines.start < here.end + FAR_APART
        };
        let label = (kind, range, text.as_str());
        match excerpts.iter_mut().find(near) {
            Some(excerpt) => {
                excerpt.lines = excerpt.lines.start.min(here.start)..excerpt.lines.end.max(here.end);
                excerpt.labels.push(label);
            }
            None => excerpts.push(Excerpt { file: span.file, lines: here, labels: vec![label] }),
        }
    }
    for Excerpt { file, lines: shown, labels } in excerpts {
        let (text, start) = lines.text(file, shown.clone());
        let annotations = labels
            .into_iter()
            .map(|(kind, range, label)| kind.span(range.start - start..range.end - start).label(label));
        let path = lines.sources.file(file).path.to_string_lossy();
        let snippet = Snippet::source(text).line_start(shown.start + 1).path(path);
        group = group.element(snippet.annotations(annotations));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// A place moved into its text and to whole characters: the renderer panics at others.
fn within(text: &str, span: Span) -> Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::codes;

    #[test]
    fn a_report_reads_like_rustcs() {
        let mut sources = SourceMap::default();
        let sql = sources.add("schema/one.sql", "CREATE TABLE größe (\n\tid uuid,\n\tname txt\n);\n");
        let manifest = sources.add("shapes.toml", "[shape.notes]\ntable = \"ntoes\"\n");
        let place = |file, text: &str, word: &str| {
            let start = text.find(word).expect("the word is there");
            Span::new(file, start..start + word.len())
        };
        let text = |file| sources.file(file).text.clone();
        let (table, column) = (place(sql, &text(sql), "größe"), place(sql, &text(sql), "txt"));
        let in_manifest = place(manifest, &text(manifest), "ntoes");
        let mut report = Report::default();
        report.push(
            Diagnostic::error(&codes::SQL_TYPE, "there is no type `txt`")
                .at(column, "not a type")
                .see(table, "in this table")
                .suggest("txt", ["text", "int4"]),
        );
        report.push(
            Diagnostic::error(&codes::SQL_REFERENCE, "there is no table `ntoes`")
                .at(in_manifest, "no such table")
                .see(table, "there is this one")
                .help("tables are named as in SQL"),
        );
        report.push(
            Diagnostic::error(&codes::FILE, "schema/two.sql: no such file").help("paths are relative to the manifest"),
        );
        report.push(
            Diagnostic::warning(&codes::SQL_UNKNOWN, "a statement at the very end was passed over")
                .at(Span::new(sql, sources.file(sql).text.len()..sources.file(sql).text.len()), "here"),
        );
        insta::assert_snapshot!(report.render(&sources, false));
        assert!(report.render(&sources, true).contains("\u{1b}["), "colors when they are asked for");
        assert_eq!(Report::default().render(&sources, false), "");
    }

    #[test]
    fn places_that_are_none_are_moved_to_the_next_one() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.sql", "é");
        for range in [1..1, 0..1, 1..2, 2..9, 9..12, Range { start: 2, end: 0 }] {
            let mut report = Report::default();
            report.push(Diagnostic::error(&codes::FILE, "no place").at(Span::new(file, range), "here"));
            assert!(report.render(&sources, false).contains("a.sql:1:"));
        }
    }
}
