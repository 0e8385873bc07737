//! From a manifest to everything that is generated: what the command line and build scripts share.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::emit::{self, EmitError};
use crate::manifest::{self, Manifest};
use crate::model::Model;
use crate::output::{Output, OutputError};
use crate::resolve;
use crate::source::SourceMap;

/// Where the Rust module goes when the manifest doesn't say.
const RUST_FOLDER: &str = "src/sync";

/// What a manifest and its schema say, without errors.
#[derive(Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// The schema's tables.
    pub catalog: Catalog,
    /// Every decision.
    pub model: Model,
    /// The files that were read.
    pub sources: SourceMap,
    /// Warnings; no errors.
    pub report: Report,
}

/// Everything that is generated from a manifest.
#[derive(Debug)]
pub struct Generated {
    /// What it was generated from.
    pub loaded: Loaded,
    /// The files of the Rust module by name, `mod.rs` among them.
    pub rust: BTreeMap<String, String>,
    /// The local database as SQL.
    pub local_sql: String,
}

/// Why nothing is generated.
#[derive(Debug)]
pub struct Failed {
    /// The files that were read.
    pub sources: SourceMap,
    /// What is wrong, at least one error among it.
    pub report: Report,
}

impl fmt::Display for Failed {
    /// The report as text without colors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report.render(&self.sources, false))
    }
}

impl std::error::Error for Failed {}

/// Reads a manifest and its schema, and decides everything. Writes nothing.
///
/// # Errors
/// When anything is wrong with the manifest or the schema: all of it is in the report.
pub fn load(manifest: &Path) -> Result<Loaded, Box<Failed>> {
    let mut sources = SourceMap::default();
    let mut report = Report::default();
    match read(manifest, &mut sources, &mut report) {
        Some((manifest, catalog, model)) if !report.has_errors() => {
            Ok(Loaded { manifest, catalog, model, sources, report })
        }
        _ => Err(Box::new(Failed { sources, report })),
    }
}

impl Loaded {
    /// What decides the output: the files that were read, and the folders that globs choose from.
    pub fn inputs(&self) -> Vec<PathBuf> {
        let files = self.sources.files().map(|(_, file)| file.path.clone());
        files.chain(manifest::schema_folders(&self.manifest, &self.sources)).collect()
    }
}

fn read(path: &Path, sources: &mut SourceMap, report: &mut Report) -> Option<(Manifest, Catalog, Model)> {
    let manifest = manifest::read(sources, path, report)?;
    let mut files = Vec::new();
    for path in manifest::schema_files(&manifest, sources, report) {
        match std::fs::read_to_string(&path.value) {
            Ok(text) => files.push(sources.add(path.value, text)),
            Err(error) => {
                let message = format!("can't read `{}`: {error}", path.value.display());
                report.push(Diagnostic::error(&codes::FILE, message).at(path.span, "named here"));
            }
        }
    }
    let catalog = Catalog::read(sources, &files, report);
    if report.diagnostics().iter().any(|diagnostic| *diagnostic.code == codes::FILE) {
        // Every table of a missing file would be unknown.
        return None;
    }
    let model = resolve::resolve(&manifest, &catalog, sources, report)?;
    Some((manifest, catalog, model))
}

/// Generates everything that a manifest asks for. Writes nothing.
///
/// # Errors
/// As [`load`].
pub fn generate(manifest: &Path) -> Result<Generated, Box<Failed>> {
    let mut loaded = load(manifest)?;
    match emit(&loaded.model) {
        Ok((rust, local_sql)) => Ok(Generated { loaded, rust, local_sql }),
        Err(error) => {
            let help = "this is a defect of shapegen: please report it with the manifest and the schema";
            loaded.report.push(Diagnostic::error(&codes::OUTPUT, error.to_string()).help(help));
            Err(Box::new(Failed { sources: loaded.sources, report: loaded.report }))
        }
    }
}

fn emit(model: &Model) -> Result<(BTreeMap<String, String>, String), EmitError> {
    Ok((emit::rust::files(model)?, emit::ddl::local_sql(model)?))
}

impl Generated {
    /// The files and where the manifest wants them.
    pub fn output(&self) -> Output {
        let Loaded { manifest, sources, .. } = &self.loaded;
        let folder = manifest.folder(sources);
        let rust = manifest.output.rust.as_ref().map_or(RUST_FOLDER, |path| path.value.as_str());
        let mut output = self.rust_in(&folder.join(rust));
        if let Some(ddl) = &manifest.output.ddl {
            output.add(folder.join(&ddl.value).join("local.sql"), self.local_sql.as_str());
        }
        output
    }

    /// What to say when the output can't be written.
    pub fn refused(&self, error: &OutputError) -> Report {
        let mut diagnostic = Diagnostic::error(&codes::OUTPUT, error.to_string());
        if let OutputError::Foreign(_) = error {
            diagnostic = match &self.loaded.manifest.output.rust {
                Some(folder) => diagnostic.at(folder.span, "the folder of the output"),
                None => diagnostic,
            }
            .help("move it away, or name another folder in `[output]`; nothing was written");
        }
        let mut report = Report::default();
        report.push(diagnostic);
        report
    }

    /// The Rust module alone, in a folder.
    pub fn rust_in(&self, folder: &Path) -> Output {
        let mut output = Output::default();
        for (name, text) in &self.rust {
            output.add(folder.join(name), text.as_str());
        }
        output
    }
}
