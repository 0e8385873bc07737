//! Diagnostics as rustc shows them.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::lines::{Lines, Position};
use super::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};

/// Places further apart than this are shown one by one: the renderer reads all that lies between two of one snippet.
const FAR_LINES: usize = 200;

/// Prints diagnostics; what it has to find out about the sources it finds out once.
pub(crate) struct Printer<'s> {
    renderer: Renderer,
    sources: &'s SourceMap,
    lines: BTreeMap<FileId, Lines<'s>>,
}

impl<'s> Printer<'s> {
    pub(crate) fn new(sources: &'s SourceMap, color: bool) -> Self {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        Self { renderer, sources, lines: BTreeMap::new() }
    }

    /// The lines of a file.
    pub(crate) fn lines(&mut self, file: FileId) -> &Lines<'s> {
        self.lines.entry(file).or_insert_with(|| Lines::new(&self.sources.file(file).text))
    }

    /// A place as `file:line:column`.
    pub(crate) fn place(&mut self, span: Span) -> String {
        let lines = self.lines(span.file);
        let Position { line, column } = lines.position(lines.within(span.range()).start);
        format!("{}:{line}:{column}", self.sources.file(span.file).path.display())
    }

    /// One diagnostic, without a line break at its end.
    pub(crate) fn print(&mut self, diagnostic: &Diagnostic) -> String {
        let (level, message) = (level(diagnostic.severity), diagnostic.message.as_str());
        let mut group = Group::with_title(level.primary_title(message).id(diagnostic.code.id));
        for part in self.parts(diagnostic) {
            let text = self.lines(part.file).text();
            let window = self.lines(part.file).bytes(part.first..part.last + 1);
            let annotations = part.labels.iter().map(|(kind, (span, label))| {
                let span = self.lines[&part.file].within(span.range());
                kind.span(span.start - window.start..span.end - window.start).label(label.as_str())
            });
            let snippet = Snippet::source(&text[window.clone()])
                .line_start(part.first + 1)
                .path(self.sources.file(part.file).path.to_string_lossy());
            group = group.element(snippet.annotations(annotations));
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        self.renderer.render(&[group])
    }

    /// The parts of files that are shown, in the order in which the labels come.
    fn parts<'d>(&mut self, diagnostic: &'d Diagnostic) -> Vec<Part<'d>> {
        let primary = diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label));
        let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
        let mut parts: Vec<Part<'d>> = Vec::new();
        for (kind, label) in primary.chain(secondary) {
            let file = label.0.file;
            let lines = self.lines(file);
            let range = lines.within(label.0.range());
            let (first, last) = (lines.line(range.start), lines.line(range.end));
            let near = parts
                .iter_mut()
                .find(|part| part.file == file && first <= part.last + FAR_LINES && part.first <= last + FAR_LINES);
            match near {
                Some(part) => {
                    part.first = part.first.min(first);
                    part.last = part.last.max(last);
                    part.labels.push((kind, label));
                }
                None => parts.push(Part { file, first, last, labels: vec![(kind, label)] }),
            }
        }
        parts
    }
}

/// Lines of a file, and what points into them.
struct Part<'d> {
    file: FileId,
    first: usize,
    last: usize,
    labels: Vec<(AnnotationKind, &'d (Span, String))>,
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    use crate::diagnostics::{Report, codes};

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

    #[test]
    fn far_places_are_shown_one_by_one_with_their_own_lines() {
        let mut sources = SourceMap::default();
        let text: String = (1..=1000).map(|line| format!("line {line}\n")).collect();
        let file = sources.add("a.sql", text.as_str());
        let place = |word: &str| {
            let start = text.find(word).expect("the word is there");
            Span::new(file, start..start + word.len())
        };
        let mut report = Report::default();
        let diagnostic = Diagnostic::error(&codes::SQL_DUPLICATE, "declared twice").at(place("line 900"), "again here");
        report.push(diagnostic.see(place("line 7"), "first here").see(place("line 902"), "near"));
        insta::assert_snapshot!(report.render(&sources, false));
    }
}
