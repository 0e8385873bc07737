//! Diagnostics as rustc shows them.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Report, Severity};
use crate::source::{FileId, SourceMap, Span};

pub(super) fn render(report: &Report, sources: &SourceMap, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in report.diagnostics() {
        let group = group(diagnostic, sources);
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id));
    let primary = diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label));
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let labels: Vec<_> = primary.chain(secondary).collect();
    // One snippet per file, in the order in which the labels come.
    let mut files: Vec<FileId> = Vec::new();
    for (_, (span, _)) in &labels {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    for id in files {
        let file = sources.file(id);
        let here = labels.iter().filter(|(_, (span, _))| span.file == id);
        let annotations = here.map(|(kind, (span, label))| kind.span(within(&file.text, *span)).label(label.as_str()));
        let snippet = Snippet::source(file.text.as_str()).path(file.path.to_string_lossy());
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
