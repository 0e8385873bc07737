//! `shapegen manifest-schema`: the JSON Schema of the manifest, for editors.

use std::io;

use clap::Args;

use super::{Exit, Terminal};

const SCHEMA: &str = include_str!("../../manifest.schema.json");

/// Prints the JSON Schema of the manifest, for editors that complete and check TOML.
///
/// Write it into a file and name that in the manifest's first line: `#:schema ./shapes.schema.json`.
#[derive(Debug, Args)]
pub(super) struct ManifestSchema {}

impl ManifestSchema {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        terminal.out.write_all(SCHEMA.as_bytes())?;
        Ok(Exit::Fine)
    }
}

#[cfg(test)]
#[path = "manifest_schema_tests.rs"]
mod tests;
