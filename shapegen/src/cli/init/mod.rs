//! `shapegen init`: writes a manifest from a schema.

mod guess;
mod print;
#[cfg(test)]
mod tests;

use std::io::{self, Write as _};
use std::path::Path;

use clap::Args;

use super::message::Message;
use super::{Exit, ManifestArg, Terminal};
use crate::catalog::Catalog;
use crate::diagnostics::{Diagnostic, Report, Severity, codes};
use crate::manifest;
use crate::resolve::resolve;
use crate::schema::{self, Entry};
use crate::source::{SourceMap, relative};
use guess::{Guess, LeftOut};

/// Writes a manifest from a schema: who may see a table's rows is guessed from foreign keys, and to be reviewed.
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Files, folders of migrations and globs of the SQL schema, in the order in which they are applied.
    #[arg(required = true)]
    schema: Vec<String>,
}

impl Init {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let mut sources = SourceMap::default();
        let mut report = Report::default();
        let written = self.write(&mut sources, &mut report);
        terminal.report(&report, &sources)?;
        let Some(guess) = written else { return Ok(Exit::Diagnostics) };
        let (path, summary) = (self.manifest.manifest.display().to_string(), guess.summary());
        terminal.say(&format!("wrote {path}: {summary}\n"), &Message::ManifestWritten { path, summary })?;
        Ok(Exit::Fine)
    }

    /// The guess that was written; `None` after an error.
    fn write(&self, sources: &mut SourceMap, report: &mut Report) -> Option<Guess> {
        let path = &self.manifest.manifest;
        if path.symlink_metadata().is_ok() {
            report.push(self.refused(io::ErrorKind::AlreadyExists.into()));
            return None;
        }
        let catalog = self.catalog(sources, report)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let schema: Vec<String> = self.schema.iter().map(|entry| relative(folder, entry)).collect();
        let mut guess = Guess::new(&catalog);
        let text = settled(&mut guess, &schema, &catalog, sources, report)?;
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
        let path = self.manifest.manifest.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            return Diagnostic::error(&codes::OUTPUT, format!("there is a file `{path}` already"))
                .help("move it away, or name another one: `--manifest FILE`; nothing was written");
        }
        Diagnostic::error(&codes::OUTPUT, format!("can't write `{path}`: {error}"))
    }
}

/// The manifest's text. Shapes that `resolve` refuses are left out with its reason, so that what is written builds.
fn settled(
    guess: &mut Guess,
    schema: &[String],
    catalog: &Catalog,
    sources: &mut SourceMap,
    report: &mut Report,
) -> Option<String> {
    loop {
        let text = match print::manifest(guess, schema) {
            Ok(text) => text,
            Err(error) => {
                report.push(Diagnostic::error(&codes::OUTPUT, format!("the manifest can't be printed: {error}")));
                return None;
            }
        };
        let file = sources.add("shapes.toml", text.as_str());
        let mut said = Report::default();
        let read = manifest::parse(sources, file, &mut said);
        if let Some(manifest) = &read {
            resolve(manifest, catalog, sources, &mut said);
        }
        if !said.has_errors() {
            return Some(text);
        }
        // One shape is one line.
        let line = |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        let names = read.iter().flat_map(|manifest| &manifest.shapes).map(|shape| &shape.name);
        let shapes: Vec<(usize, &str)> = names.map(|name| (line(name.span.start), name.value.as_str())).collect();
        let before = guess.shapes.len();
        for diagnostic in said.diagnostics().iter().filter(|said| said.severity == Severity::Error) {
            let spans = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|(span, _)| span);
            let lines: Vec<usize> = spans.filter(|span| span.file == file).map(|span| line(span.start)).collect();
            if let Some((_, name)) = shapes.iter().find(|(at, _)| lines.contains(at)) {
                let help = diagnostic.help.first().map(|help| format!("; {help}")).unwrap_or_default();
                guess.leave_out(name, LeftOut::Refused(format!("{}{help}", diagnostic.message)));
            }
        }
        if guess.shapes.len() == before {
            for diagnostic in said.diagnostics() {
                report.push(diagnostic.clone());
            }
            return None;
        }
    }
}
