//! `shapegen diff`: what is different between two manifests and their schemas, for the programs and the rows they keep.

mod compare;
mod revision;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::explain::printable;
use super::message::{Message, MessageChange};
use super::{Exit, Terminal};
use crate::diagnostics::{Diagnostic, Report, codes, nearest_file};
use crate::generate::load;
use crate::model::Model;
use crate::source::SourceMap;
use compare::{Change, Difference, Verdict, compare};
use revision::Revision;

/// Shows what changes for programs and for the rows on devices: per shape `keep`, `widen` or `refetch`, and the Rust API.
///
/// keep: the rows on the device stay. widen: a nullable column came; the old rows are shown while the shape is fetched
/// again. refetch: the old rows are deleted, and the shape is fetched again.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// A manifest, a folder with a shapes.toml, or `REVISION:PATH` of a git repository: `main:shapes.toml`.
    old: PathBuf,
    /// The same for what comes.
    new: PathBuf,
    /// Exit with 3 when anything is different.
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let old = model(&self.old, terminal)?;
        let new = model(&self.new, terminal)?;
        let (Some(old), Some(new)) = (old, new) else { return Ok(Exit::Diagnostics) };
        let difference = compare(&old, &new);
        say(&difference, terminal)?;
        Ok(if self.exit_code && !difference.is_empty() { Exit::Differences } else { Exit::Fine })
    }
}

/// What a manifest comes to; `None` when it was said what is wrong.
fn model(written: &Path, terminal: &mut Terminal<'_>) -> io::Result<Option<Model>> {
    let revision = match written.to_str().and_then(revision::split) {
        Some((name, path)) if !written.exists() => match Revision::check_out(Path::new("."), name, path) {
            Ok(revision) => Some((revision, name)),
            Err(said) => return missing(written, &said, terminal),
        },
        _ => None,
    };
    let mut path = revision.as_ref().map_or(written, |(revision, _)| revision.manifest()).to_path_buf();
    if path.is_dir() {
        path.push("shapes.toml");
    }
    if !path.exists() {
        let said = if revision.is_some() { "the revision has no such file" } else { "there is no such file" };
        return missing(written, said, terminal);
    }
    match load(&path) {
        // Its warnings are those of a build, and are said there.
        Ok(loaded) => Ok(Some(loaded.model)),
        Err(mut failed) => {
            if let Some((revision, name)) = &revision {
                failed.sources.show_as(&revision.files(), name);
            }
            terminal.report(&failed.report, &failed.sources)?;
            Ok(None)
        }
    }
}

/// Says that there is no manifest.
fn missing(written: &Path, said: &str, terminal: &mut Terminal<'_>) -> io::Result<Option<Model>> {
    let mut report = Report::default();
    let diagnostic = Diagnostic::error(&codes::FILE, format!("can't read `{}`: {said}", written.display()));
    report.push(match nearest_file(written) {
        Some(near) => diagnostic.help(format!("did you mean `{}`?", near.display())),
        None => diagnostic.help("name a manifest, a folder with a shapes.toml, or a revision's: `main:shapes.toml`"),
    });
    terminal.report(&report, &SourceMap::default())?;
    Ok(None)
}

fn say(difference: &Difference, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let mut unchanged = Vec::new();
    for shape in &difference.shapes {
        let verdict = shape.verdict.word();
        let mut text = String::new();
        if shape.verdict == Verdict::Keep && shape.changes.is_empty() {
            unchanged.push(shape.name.as_str());
        } else {
            text = format!("{}: {verdict}\n{}", shape.name, lines(&shape.changes));
        }
        let changes = messages(&shape.changes);
        terminal.say(&printable(&text), &Message::ShapeDiff { shape: &shape.name, verdict, changes })?;
    }
    if !difference.client.is_empty() {
        let changes = messages(&difference.client);
        let text = format!("client\n{}", lines(&difference.client));
        terminal.say(&printable(&text), &Message::ClientDiff { changes })?;
    }
    let mut text = String::new();
    if !unchanged.is_empty() {
        let _ = writeln!(text, "unchanged: {}", unchanged.join(", "));
    }
    terminal.say(&printable(&text), &Message::DiffFinished { differs: !difference.is_empty() })
}

fn lines(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("  {}\n", change.text)).collect()
}

fn messages(changes: &[Change]) -> Vec<MessageChange<'_>> {
    changes.iter().map(|change| MessageChange { subject: change.subject, text: &change.text }).collect()
}
