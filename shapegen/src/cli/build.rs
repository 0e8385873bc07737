//! `shapegen build`: writes the generated files, or compares them with what is there.

use std::io;

use clap::Args;

use super::{Exit, ManifestArg, Terminal};
use crate::generate::{Print, generate};

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
        let generated = match generate(&self.manifest.manifest) {
            Ok(generated) => generated,
            Err(failed) => {
                terminal.report(&failed.report, &failed.sources)?;
                return Ok(Exit::Diagnostics);
            }
        };
        terminal.report(&generated.loaded.report, &generated.loaded.sources)?;
        let result = if self.check {
            let diff = generated.output(Print::All).and_then(|output| output.check());
            diff.map(|diff| (if diff.is_empty() { Exit::Fine } else { Exit::Differences }, diff))
        } else {
            let written = generated.output(Print::Changed).and_then(|output| output.write());
            written.map(|written| (Exit::Fine, written.to_string()))
        };
        match result {
            Ok((exit, text)) => {
                terminal.out.write_all(text.as_bytes())?;
                Ok(exit)
            }
            Err(error) => {
                terminal.report(&generated.refused(&error), &generated.loaded.sources)?;
                Ok(Exit::Diagnostics)
            }
        }
    }
}
