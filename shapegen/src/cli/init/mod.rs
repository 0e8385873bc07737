//! `shapegen init`: writes a manifest, or structs that derive, from a schema.

mod derive;
mod guess;
mod print;
#[cfg(test)]
mod tests;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use super::message::Message;
use super::{Exit, Terminal};
use crate::catalog::Catalog;
use crate::diagnostics::{Diagnostic, Report, Severity, codes};
use crate::manifest;
use crate::model::Model;
use crate::resolve::resolve;
use crate::schema::{self, Entry};
use crate::source::{SourceMap, relative};
use guess::{Guess, LeftOut};

/// Writes a manifest, or structs that derive, from a schema: who may see a table's rows is guessed from foreign keys, and
/// to be reviewed.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// What is written.
    #[arg(long, value_name = "STYLE", value_enum, default_value_t)]
    style: Style,
    /// The manifest to write, `shapes.toml` if not given.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The file to write with `--style derive`, `src/shapes.rs` if not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Files, folders of migrations and globs of the SQL schema, in the order in which they are applied.
    #[arg(required = true)]
    schema: Vec<String>,
}

/// Where a team says what syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Style {
    /// A manifest, which `shapegen build` generates code from.
    #[default]
    Manifest,
    /// A Rust file, written once, of structs that derive `Shape`.
    Derive,
}

impl Style {
    /// The option that names the file.
    fn option(self) -> &'static str {
        match self {
            Self::Manifest => "--manifest",
            Self::Derive => "--output",
        }
    }
}

impl Init {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        if let Some(wrong) = self.wrong_option() {
            write!(terminal.err, "{wrong}")?;
            return Ok(Exit::Usage);
        }
        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let written = self.write(&mut sources, &mut report);
        terminal.report(&report, &sources)?;
        let Some(guess) = written else { return Ok(Exit::Diagnostics) };
        let (path, summary) = (self.path().display().to_string(), guess.summary());
        let text = format!("wrote {path}: {summary}\n");
        let message = match self.style {
            Style::Manifest => Message::ManifestWritten { path, summary },
            Style::Derive => Message::ShapesWritten { path, summary },
        };
        terminal.say(&text, &message)?;
        Ok(Exit::Fine)
    }

    /// An option that goes with the other style.
    fn wrong_option(&self) -> Option<clap::Error> {
        let (other, style) = match self.style {
            Style::Manifest => (self.output.as_ref().map(|_| Style::Derive)?, "derive"),
            Style::Derive => (self.manifest.as_ref().map(|_| Style::Manifest)?, "manifest"),
        };
        let message = format!("the argument '{} <FILE>' goes with '--style {style}'", other.option());
        Some(Self::augment_args(clap::Command::new("shapegen init")).error(ErrorKind::ArgumentConflict, message))
    }

    /// The file to write.
    fn path(&self) -> &Path {
        match self.style {
            Style::Manifest => self.manifest.as_deref().unwrap_or(Path::new("shapes.toml")),
            Style::Derive => self.output.as_deref().unwrap_or(Path::new("src/shapes.rs")),
        }
    }

    /// The guess that was written; `None` after an error.
    fn write(&self, sources: &mut SourceMap, report: &mut Report) -> Option<Guess> {
        let path = self.path();
        if path.symlink_metadata().is_ok() {
            report.push(self.refused(io::ErrorKind::AlreadyExists.into()));
            return None;
        }
        let catalog = self.catalog(sources, report)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let folder = match self.style {
            Style::Manifest => folder.to_owned(),
            Style::Derive => crate_folder(folder),
        };
        let schema: Vec<String> = self.schema.iter().map(|entry| relative(&folder, entry)).collect();
        let mut guess = Guess::new(&catalog);
        if self.style == Style::Derive {
            guess.complete(&catalog);
        }
        let mut draft = Draft { style: self.style, schema: &schema, catalog: &catalog, sources, report };
        let (manifest, model) = draft.settled(&mut guess)?;
        let text = match self.style {
            Style::Manifest => manifest,
            Style::Derive => {
                let text = derive::shapes(&guess, &model, &catalog, &schema);
                text.map_err(|error| report.push(unprintable(&error))).ok()?
            }
        };
        // Not over a file that came in the meantime.
        let written = std::fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => Some(guess),
            Err(error) => {
                report.push(self.refused(error));
                None
            }
        }
    }

    fn catalog(&self, sources: &mut SourceMap, report: &mut Report) -> Option<Catalog> {
        let entries: Vec<Entry<'_>> = self.schema.iter().map(|path| Entry { path, named: None }).collect();
        let schema = schema::read(Path::new(""), &entries, None, sources, report);
        let catalog = Catalog::read(sources, &schema.scripts, report);
        (!report.has_errors()).then_some(catalog)
    }

    fn refused(&self, error: io::Error) -> Diagnostic {
        let path = self.path().display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let help =
                format!("move it away, or name another one: `{} FILE`; nothing was written", self.style.option());
            return Diagnostic::error(&codes::OUTPUT, format!("there is a file `{path}` already")).help(help);
        }
        Diagnostic::error(&codes::OUTPUT, format!("can't write `{path}`: {error}"))
    }
}

/// The folder of the crate that a folder belongs to, which paths in attributes are relative to.
fn crate_folder(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder.join("x"));
    let above = absolute.iter().flat_map(|path| path.ancestors().skip(1));
    above.into_iter().find(|above| above.join("Cargo.toml").is_file()).unwrap_or(folder).to_owned()
}

fn unprintable(error: &askama::Error) -> Diagnostic {
    Diagnostic::error(&codes::OUTPUT, format!("what was guessed can't be printed: {error}"))
}

/// A manifest in the making.
struct Draft<'d> {
    style: Style,
    schema: &'d [String],
    catalog: &'d Catalog,
    sources: &'d mut SourceMap,
    report: &'d mut Report,
}

impl Draft<'_> {
    /// The manifest's text and what it comes to. Shapes that `resolve` refuses are left out with its reason, so that what
    /// is written builds.
    fn settled(&mut self, guess: &mut Guess) -> Option<(String, Model)> {
        loop {
            let text = match self.style {
                Style::Manifest => print::manifest(guess, self.schema),
                Style::Derive => print::draft(guess, self.schema),
            };
            let text = text.map_err(|error| self.report.push(unprintable(&error))).ok()?;
            let file = self.sources.add("shapes.toml", text.as_str());
            let mut said = Report::default();
            let mut read = manifest::parse(self.sources, file, &mut said);
            if let (Some(manifest), Style::Derive) = (&mut read, self.style) {
                manifest.place = manifest::Place::Draft;
            }
            let model = read.as_ref().and_then(|read| resolve(read, self.catalog, self.sources, &mut said));
            if let Some(model) = model {
                return Some((text, model));
            }
            // One shape is one line.
            let line = |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
            let names = read.iter().flat_map(|manifest| &manifest.shapes).map(|shape| &shape.name);
            let shapes: Vec<(usize, &str)> = names.map(|name| (line(name.span.start), name.value.as_str())).collect();
            let before = guess.refused();
            for diagnostic in said.diagnostics().iter().filter(|said| said.severity == Severity::Error) {
                let spans = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|(span, _)| span);
                let lines: Vec<usize> = spans.filter(|span| span.file == file).map(|span| line(span.start)).collect();
                let concerned = || shapes.iter().filter(|(at, _)| lines.contains(at)).map(|(_, name)| *name);
                // What doesn't sync is in nobody's way.
                let draft = concerned().find(|name| guess.drafts().any(|draft| draft.name == *name));
                if let Some(name) = draft.or_else(|| concerned().next()) {
                    let help = diagnostic.help.first().map(|help| format!("; {help}")).unwrap_or_default();
                    guess.leave_out(name, LeftOut::Refused(format!("{}{help}", diagnostic.message)));
                }
            }
            if guess.refused() == before {
                for diagnostic in said.diagnostics() {
                    self.report.push(diagnostic.clone());
                }
                return None;
            }
        }
    }
}
