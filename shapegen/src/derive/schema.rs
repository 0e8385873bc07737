//! Where structs and enums have their schema from; its catalog is parsed once in a compiler process however many name it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::catalog::{Catalog, Script};
use crate::diagnostics::{Diagnostic, Report, codes, nearest_file};
use crate::manifest::{self, Manifest};
use crate::schema::Schema;
use crate::source::{FileId, SourceMap, Span};

/// A parsed schema and what was wrong with it.
pub(super) struct Parsed {
    scripts: Vec<Script>,
    texts: Vec<String>,
    pub(super) catalog: Catalog,
    diagnostics: Vec<Diagnostic>,
}

/// The newest state of each schema, by the paths of its files.
static PARSED: LazyLock<Mutex<HashMap<Vec<PathBuf>, Arc<Parsed>>>> = LazyLock::new(Mutex::default);

/// The settings of the manifest at a path, which is named at `span`.
pub(super) fn settings(path: &Path, span: Span, sources: &mut SourceMap, report: &mut Report) -> Option<Manifest> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file = sources.add(path, text);
            manifest::parse_settings(sources, file, report)
        }
        Err(error) => {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let message = match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no manifest `{}`", name(path)),
                _ => format!("can't read the manifest `{}`: {error}", name(path)),
            };
            let wrong = Diagnostic::error(&codes::FILE, message).at(span, "named here");
            report.push(match nearest_file(path) {
                Some(near) => wrong.help(format!("did you mean `{}`?", name(&near))),
                None => wrong.help("paths are relative to the crate's folder"),
            });
            None
        }
    }
}

/// A file without text where a manifest would be: a schema's files have the same numbers whoever names it.
pub(super) fn no_settings(sources: &mut SourceMap) -> FileId {
    sources.add("", "")
}

/// The catalog that a manifest's schema declares. `None` after an error.
pub(super) fn catalog(manifest: &Manifest, sources: &mut SourceMap, report: &mut Report) -> Option<Arc<Parsed>> {
    let schema = crate::schema::of_manifest(manifest, sources, report);
    if !schema.complete {
        return None;
    }
    let parsed = parsed(&schema, sources);
    let before = report.diagnostics().len();
    parsed.diagnostics.iter().for_each(|diagnostic| report.push(diagnostic.clone()));
    // Every table of a statement that can't be read would be unknown.
    (!report.has_errors_since(before)).then_some(parsed)
}

fn parsed(schema: &Schema, sources: &SourceMap) -> Arc<Parsed> {
    let files = || schema.scripts.iter().map(|script| sources.file(script.file));
    let paths: Vec<PathBuf> = files().map(|file| file.path.clone()).collect();
    let mut known = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let same = |parsed: &&Arc<Parsed>| {
        parsed.scripts == schema.scripts && parsed.texts.iter().eq(files().map(|file| &file.text))
    };
    if let Some(parsed) = known.get(&paths).filter(same) {
        return parsed.clone();
    }
    let mut report = Report::default();
    let catalog = Catalog::read(sources, &schema.scripts, &mut report);
    let parsed = Arc::new(Parsed {
        scripts: schema.scripts.clone(),
        texts: files().map(|file| file.text.clone()).collect(),
        catalog,
        diagnostics: report.diagnostics().to_vec(),
    });
    known.insert(paths, parsed.clone());
    parsed
}

/// Who says what is wrong with a file that several structs read, by crate and text.
static SAID: LazyLock<Mutex<HashMap<(PathBuf, String), String>>> = LazyLock::new(Mutex::default);

/// Whether it is for this struct to say something of such a file: the first that came upon it, and that one always.
pub(super) fn says(folder: &Path, text: &str, who: &str) -> bool {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.entry((folder.to_path_buf(), text.to_owned())).or_insert_with(|| who.to_owned()) == who
}
