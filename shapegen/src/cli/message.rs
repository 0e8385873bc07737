//! `--message-format json`: everything that a run says, one JSON object a line. Documented in `docs/messages.md`.

use std::io;

use clap::ValueEnum;
use serde::Serialize;

use crate::dev::EventKind;
use crate::diagnostics::{Diagnostic, Position, Printer, Report, Severity};
use crate::source::{SourceMap, Span};

/// How a run says what it has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum MessageFormat {
    /// Text for people.
    #[default]
    Human,
    /// JSON objects, one a line, for editors and scripts.
    Json,
}

/// One line of JSON.
#[derive(Debug, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub(super) enum Message<'m> {
    /// Something is wrong, or may be.
    Diagnostic {
        code: &'static str,
        level: &'static str,
        message: &'m str,
        spans: Vec<Place<'m>>,
        help: &'m [String],
        rendered: String,
    },
    /// A build came to its end.
    BuildFinished {
        success: bool,
        /// What was changed in the inputs since the last build, with `--watch`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
        written: Vec<String>,
        removed: Vec<String>,
        unchanged: usize,
    },
    /// `build --check` came to its end.
    CheckFinished { differs: bool, diff: &'m str },
    /// `diff`: a shape of either manifest.
    ShapeDiff { shape: &'m str, verdict: &'static str, changes: Vec<MessageChange<'m>> },
    /// `diff`: what no single shape has.
    ClientDiff { changes: Vec<MessageChange<'m>> },
    /// `diff` came to its end.
    DiffFinished { differs: bool },
    /// What `explain` has to say.
    Explanation { text: &'m str },
    /// `catalog --verbose`: a statement that doesn't matter.
    PassedOver { file: String, line: usize, kind: String },
    /// `dev` serves.
    Listening { url: String },
    /// `dev`: what a client did, what was written, what the service has to say.
    Event { kind: &'static str, subject: &'m str, text: &'m str, count: usize },
    /// `init` wrote a manifest.
    ManifestWritten { path: String, summary: String },
    /// `init --style derive` wrote structs.
    ShapesWritten { path: String, summary: String },
}

/// One difference.
#[derive(Debug, Serialize)]
pub(super) struct MessageChange<'m> {
    pub(super) subject: &'static str,
    pub(super) text: &'m str,
}

/// A place in a file.
#[derive(Debug, Serialize)]
pub(super) struct Place<'m> {
    file: String,
    byte_start: usize,
    byte_end: usize,
    line_start: usize,
    column_start: usize,
    line_end: usize,
    column_end: usize,
    is_primary: bool,
    label: &'m str,
}

impl<'m> Message<'m> {
    /// What the dev service has to say of itself.
    pub(super) fn note(text: &'m str) -> Self {
        Self::Event { kind: EventKind::Note.name(), subject: "", text, count: 1 }
    }
}

impl Message<'_> {
    /// The line, with its break.
    pub(super) fn line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// A report as lines.
pub(super) fn lines(report: &Report, sources: &SourceMap) -> io::Result<Vec<u8>> {
    let mut printer = Printer::new(sources, false);
    let mut lines = Vec::new();
    for diagnostic in report.diagnostics() {
        lines.extend(message(diagnostic, sources, &mut printer).line()?);
    }
    Ok(lines)
}

fn message<'m>(diagnostic: &'m Diagnostic, sources: &SourceMap, printer: &mut Printer<'_>) -> Message<'m> {
    let primary = diagnostic.primary.iter().map(|place| (true, place));
    let secondary = diagnostic.secondary.iter().map(|place| (false, place));
    let spans = primary.chain(secondary).map(|(is_primary, (span, label))| {
        let file = sources.file(span.file).path.to_string_lossy().into_owned();
        place(file, *span, is_primary, label, printer)
    });
    Message::Diagnostic {
        code: diagnostic.code.id,
        level: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        spans: spans.collect(),
        help: &diagnostic.help,
        rendered: printer.print(diagnostic),
    }
}

fn place<'m>(file: String, span: Span, is_primary: bool, label: &'m str, printer: &mut Printer<'_>) -> Place<'m> {
    let lines = printer.lines(span.file);
    let bytes = lines.within(span.range());
    let (start, end) = (lines.position(bytes.start), lines.position(bytes.end));
    let Position { line: line_start, column: column_start } = start;
    let Position { line: line_end, column: column_end } = end;
    Place {
        file,
        byte_start: bytes.start,
        byte_end: bytes.end,
        line_start,
        column_start,
        line_end,
        column_end,
        is_primary,
        label,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::cli::Exit;
    use crate::cli::tests::{Ran, shapegen};

    /// Runs in a folder with a schema and a manifest of these shapes; the lines, which must be JSON, without the folder.
    fn lines(column: &str, shapes: &str, args: &[&str]) -> (Exit, String) {
        let root = tempfile::tempdir().unwrap();
        let schema = format!("CREATE TABLE größen (\n\tid uuid PRIMARY KEY,\n\t\"größe\" {column}\n);\n");
        fs::write(root.path().join("schema.sql"), schema).unwrap();
        let manifest = root.path().join("shapes.toml");
        fs::write(&manifest, format!("schema = \"schema.sql\"\n[shape]\n{shapes}\n")).unwrap();
        let manifest = manifest.to_str().unwrap();
        let Ran { exit, out, err } =
            shapegen(&[args, &["--manifest", manifest, "--message-format", "json"][..]].concat());
        assert_eq!(err, "");
        for line in out.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value["reason"].is_string(), "{line}");
        }
        (exit, out.replace(&format!("{}/", root.path().display()), ""))
    }

    #[test]
    fn messages_are_as_reviewed() {
        let mut text = String::new();
        let mut run = |column: &str, columns: &str, args: &[&str], expected: Exit| {
            let shape =
                format!("\"größen\" = {{ columns = [{columns}], scope = \"public\", change_frequency = \"low\" }}");
            let (exit, lines) = lines(column, &shape, args);
            assert_eq!(exit, expected, "{lines}");
            text.push_str(&format!("$ shapegen {}\n{lines}\n", args.join(" ")));
        };
        let both = "\"id\", \"größe\"";
        run("txt", both, &["build"], Exit::Diagnostics);
        run("text", "\"gröβe\"", &["build", "--check"], Exit::Diagnostics);
        run("text", both, &["build"], Exit::Fine);
        run("text", both, &["explain", "größe"], Exit::Diagnostics);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(text) });
    }

    #[test]
    fn results_are_messages_too() {
        let shape = "\"größen\" = { scope = \"public\", change_frequency = \"low\" }";
        let (exit, explained) = lines("text", shape, &["explain"]);
        assert!(exit == Exit::Fine && explained.starts_with("{\"reason\":\"explanation\",\"text\":\""), "{explained}");
        let (exit, checked) = lines("text", shape, &["build", "--check"]);
        let start = "{\"reason\":\"check-finished\",\"differs\":true,\"diff\":\"";
        assert!(exit == Exit::Differences && checked.starts_with(start), "{checked}");
    }

    #[test]
    fn beside_a_document_messages_go_to_standard_error() {
        let root = tempfile::tempdir().unwrap();
        let schema = root.path().join("schema.sql");
        fs::write(&schema, "CREATE TABLE notes (id int);\nGRANT ALL ON notes TO me;\nFROB x;\n").unwrap();
        let args = ["catalog", schema.to_str().unwrap(), "--verbose", "--message-format", "json"];
        let Ran { exit, out, err } = shapegen(&args);
        assert_eq!(exit, Exit::Fine);
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["tables"][0]["table"], "notes");
        let reasons: Vec<serde_json::Value> = err
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["reason"].clone())
            .collect();
        assert_eq!(reasons, ["passed-over", "diagnostic"]);
    }
}
