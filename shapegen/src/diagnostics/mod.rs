//! What is wrong, where, why, and what to do: collected over a run, shown at its end.

pub mod codes;
mod lines;
mod render;
mod suggest;

pub use codes::Code;
#[cfg(feature = "cli")]
pub(crate) use lines::Position;
pub(crate) use render::Printer;
pub use suggest::{nearest, nearest_file};

use crate::source::{SourceMap, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The output is written.
    Warning,
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The stable code, from the table in [`codes`].
    pub code: &'static Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line: lower case, names in backticks, no final period.
    pub message: String,
    /// The very word, and what to say under it.
    pub primary: Option<(Span, String)>,
    /// Other places that explain it.
    pub secondary: Vec<(Span, String)>,
    /// What to do.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error with a code of the table.
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            help: Vec::new(),
        }
    }

    /// A warning with a code of the table.
    pub fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Points at the very word.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.primary = Some((span, label.into()));
        self
    }

    /// Points at another place that explains it.
    #[must_use]
    pub fn see(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds "did you mean" when a candidate is near enough.
    #[must_use]
    pub fn suggest<'c>(self, wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self {
        match nearest(wrong, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// As [`Diagnostic::suggest`], and where none is near enough lists what there is: `what` is "its columns", say.
    #[must_use]
    pub fn suggest_or_list(self, wrong: &str, what: &str, known: &[&str]) -> Self {
        match nearest(wrong, known.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("{what} are {}", listed(known, "and"))),
        }
    }
}

/// `a`, `b` and `c`, in backticks.
pub fn listed(words: &[&str], last_word: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {last_word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Everything that a run has to say.
#[derive(Debug, Default)]
#[must_use]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether anything stops the output.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether an error came after the first so many.
    pub(crate) fn has_errors_since(&self, count: usize) -> bool {
        self.diagnostics.iter().skip(count).any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Takes back all but the first so many.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.diagnostics.truncate(count);
    }

    /// All of them, in the order in which they were found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The report as text, as rustc would show it.
    pub fn render(&self, sources: &SourceMap, color: bool) -> String {
        let mut printer = Printer::new(sources, color);
        self.diagnostics.iter().map(|diagnostic| printer.print(diagnostic) + "\n\n").collect()
    }
}
