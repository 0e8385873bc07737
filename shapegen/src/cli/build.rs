//! `shapegen build`: writes the generated files, or compares them with what is there.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::message::Message;
use super::{Exit, ManifestArg, Terminal};
use crate::generate::{Generated, Print, generate, unchanged};
use crate::output::{OutputError, Written};

/// Writes the generated code and DDL.
#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Write nothing; print what would change as a diff and exit with 3 if there is anything.
    #[arg(long)]
    check: bool,
}

impl Build {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        if !self.check
            && let Some(count) = unchanged(&self.manifest.manifest)
        {
            let written = Written { unchanged: count, ..Written::default() };
            terminal.say(&written.to_string(), &finished(true, &written))?;
            return Ok(Exit::Fine);
        }
        let generated = match generate(&self.manifest.manifest) {
            Ok(generated) => generated,
            Err(failed) => {
                terminal.report(&failed.report, &failed.sources)?;
                return self.failed(terminal);
            }
        };
        terminal.report(&generated.loaded.report, &generated.loaded.sources)?;
        let done = if self.check { check(&generated, terminal)? } else { write(&generated, terminal)? };
        match done {
            Ok(exit) => Ok(exit),
            Err(error) => {
                terminal.report(&generated.refused(&error), &generated.loaded.sources)?;
                self.failed(terminal)
            }
        }
    }

    fn failed(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        if !self.check {
            terminal.say("", &finished(false, &Written::default()))?;
        }
        Ok(Exit::Diagnostics)
    }
}

fn check(generated: &Generated, terminal: &mut Terminal<'_>) -> io::Result<Result<Exit, OutputError>> {
    let diff = match generated.output(Print::All).and_then(|output| output.check()) {
        Ok(diff) => diff,
        Err(error) => return Ok(Err(error)),
    };
    let differs = !diff.is_empty();
    terminal.say(&diff, &Message::CheckFinished { differs, diff: &diff })?;
    Ok(Ok(if differs { Exit::Differences } else { Exit::Fine }))
}

fn write(generated: &Generated, terminal: &mut Terminal<'_>) -> io::Result<Result<Exit, OutputError>> {
    let written = generated.output(Print::Changed).and_then(|output| {
        let written = output.write()?;
        generated.remember(&output);
        Ok(written)
    });
    let written = match written {
        Ok(written) => written,
        Err(error) => return Ok(Err(error)),
    };
    terminal.say(&written.to_string(), &finished(true, &written))?;
    Ok(Ok(Exit::Fine))
}

fn finished(success: bool, done: &Written) -> Message<'static> {
    let shown = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    Message::BuildFinished {
        success,
        changed: Vec::new(),
        written: shown(&done.written),
        removed: shown(&done.removed),
        unchanged: done.unchanged,
    }
}
