//! `shapegen build`: writes the generated files, or compares them with what is there.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::message::Message;
use super::watch::watch;
use super::{Exit, ManifestArg, Terminal};
use crate::catalog::passed_over;
use crate::generate::{Loaded, Print, generate, unchanged};
use crate::output::Written;

/// Writes the generated code and DDL.
#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Write nothing; print what would change as a diff and exit with 3 if there is anything.
    #[arg(long)]
    check: bool,
    /// Build again whenever the manifest or the schema was changed, until ctrl-c.
    #[arg(long, conflicts_with_all = ["check", "verbose"])]
    watch: bool,
    /// Also list on standard error which statements were passed over on purpose.
    #[arg(long)]
    verbose: bool,
}

impl Build {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let manifest = &self.manifest.manifest;
        if self.watch {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            return runtime.block_on(watch(manifest, terminal, tokio::signal::ctrl_c()));
        }
        if self.check {
            return check(manifest, self.verbose, terminal);
        }
        let built = match unchanged(manifest).filter(|_| !self.verbose) {
            Some(count) => {
                let done = Written { unchanged: count, ..Written::default() };
                Built { done: Some(done), inputs: Vec::new() }
            }
            None => Built::new(manifest, self.verbose, terminal)?,
        };
        let text = built.done.as_ref().map(Written::to_string).unwrap_or_default();
        terminal.say(&text, &built.message(Vec::new()))?;
        Ok(if built.done.is_some() { Exit::Fine } else { Exit::Diagnostics })
    }
}

fn check(manifest: &Path, verbose: bool, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let generated = match generate(manifest) {
        Ok(generated) => generated,
        Err(failed) => {
            terminal.report(&failed.report, &failed.sources)?;
            return Ok(Exit::Diagnostics);
        }
    };
    inform(&generated.loaded, verbose, terminal)?;
    match generated.output(Print::All).and_then(|output| output.check()) {
        Ok(diff) => {
            let differs = !diff.is_empty();
            terminal.say(&diff, &Message::CheckFinished { differs, diff: &diff })?;
            Ok(if differs { Exit::Differences } else { Exit::Fine })
        }
        Err(error) => {
            terminal.report(&generated.refused(&error), &generated.loaded.sources)?;
            Ok(Exit::Diagnostics)
        }
    }
}

/// Says what there is to say of the inputs.
fn inform(loaded: &Loaded, verbose: bool, terminal: &mut Terminal<'_>) -> io::Result<()> {
    if verbose {
        terminal.passed_over(&passed_over(&loaded.sources, &loaded.schema.scripts), &loaded.sources)?;
    }
    terminal.report(&loaded.report, &loaded.sources)
}

/// A build that came to its end.
pub(super) struct Built {
    /// `None` when it was said what is wrong.
    pub(super) done: Option<Written>,
    /// What it was built from.
    pub(super) inputs: Vec<PathBuf>,
}

impl Built {
    /// Builds, and says what there is to say of the inputs.
    pub(super) fn new(manifest: &Path, verbose: bool, terminal: &mut Terminal<'_>) -> io::Result<Self> {
        let generated = match generate(manifest) {
            Ok(generated) => generated,
            Err(failed) => {
                terminal.report(&failed.report, &failed.sources)?;
                return Ok(Self { done: None, inputs: failed.inputs });
            }
        };
        inform(&generated.loaded, verbose, terminal)?;
        let written = generated.output(Print::Changed).and_then(|output| {
            let written = output.write()?;
            generated.remember(&output);
            Ok(written)
        });
        let inputs = generated.loaded.inputs();
        match written {
            Ok(written) => Ok(Self { done: Some(written), inputs }),
            Err(error) => {
                terminal.report(&generated.refused(&error), &generated.loaded.sources)?;
                Ok(Self { done: None, inputs })
            }
        }
    }

    pub(super) fn message(&self, changed: Vec<String>) -> Message<'static> {
        let shown = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
        let nothing = Written::default();
        let done = self.done.as_ref().unwrap_or(&nothing);
        Message::BuildFinished {
            success: self.done.is_some(),
            changed,
            written: shown(&done.written),
            removed: shown(&done.removed),
            unchanged: done.unchanged,
        }
    }
}
