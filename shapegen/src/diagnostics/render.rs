//! Diagnostics as rustc shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

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
    let mut group =
        level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id).elements(Vec::<Origin<'_>>::new());
    let labels = diagnostic
        .primary
        .iter()
        .map(|label| (AnnotationKind::Primary, label))
        .chain(diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label)));
    let mut by_file: Vec<(FileId, Vec<(AnnotationKind, &(Span, String))>)> = Vec::new();
    for (kind, label) in labels {
        match by_file.iter_mut().find(|(file, _)| *file == label.0.file) {
            Some((_, labels)) => labels.push((kind, label)),
            None => by_file.push((label.0.file, vec![(kind, label)])),
        }
    }
    for (file, labels) in by_file {
        let file = sources.file(file);
        let path = file.path.to_string_lossy().into_owned();
        let snippet = Snippet::source(file.text.as_str())
            .path(path)
            .annotations(labels.into_iter().map(|(kind, (span, label))| kind.span(span.range()).label(label.as_str())));
        group = group.element(snippet);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}
