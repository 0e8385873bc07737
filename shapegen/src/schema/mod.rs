//! The schema's files: what paths, globs and folders of migrations stand for on disk, in which order their scripts are
//! applied, and which parts of them.

mod layout;
mod marker;
mod path;
#[cfg(test)]
mod tests;
mod text;
mod version;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::catalog::Script;
use crate::diagnostics::{Diagnostic, Report, Severity, codes};
use crate::manifest::{Manifest, Place};
use crate::source::{FileId, SourceMap, Span, Spanned};
use layout::Layout;
use marker::Markers;
use path::Found;
use text::NotText;

/// A file, a folder or a glob, as somebody named it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// Its path.
    pub path: &'e str,
    /// Where it was named, and in what, if it was not on a command line.
    pub named: Option<(Span, Place)>,
}

impl<'e> Entry<'e> {
    fn at(named: &'e Spanned<String>, place: Place) -> Self {
        Self { path: &named.value, named: Some((named.span, place)) }
    }
}

/// What entries come to.
#[derive(Debug, Default)]
pub struct Schema {
    /// The scripts, in the order in which they are applied.
    pub scripts: Vec<Script>,
    /// The folders that files were chosen from, and the files that decided the choice.
    pub choices: Vec<PathBuf>,
    /// Nothing is missing: no error was reported.
    pub complete: bool,
}

/// Reads entries, relative to a folder, in their order: files as they are, a glob's matches sorted by path, a folder as
/// the tool that its names and markers belong to applies it. A file that comes twice is read once. The overrides come
/// last.
pub fn read(
    folder: &Path,
    entries: &[Entry<'_>],
    overrides: Option<&Entry<'_>>,
    sources: &mut SourceMap,
    report: &mut Report,
) -> Schema {
    let mut reader = Reader::new(folder, sources, report);
    for entry in entries {
        reader.entry(entry);
    }
    if let Some(entry) = overrides {
        reader.overrides(entry);
    }
    reader.schema
}

/// Reads what a manifest names: the entries of `schema`, and last the file of `overrides`.
pub(crate) fn of_manifest(manifest: &Manifest, sources: &mut SourceMap, report: &mut Report) -> Schema {
    let entries: Vec<Entry<'_>> = manifest.schema.iter().map(|named| Entry::at(named, manifest.place)).collect();
    let overrides = manifest.overrides.as_ref().map(|named| Entry::at(named, manifest.place));
    read(&manifest.folder(sources), &entries, overrides.as_ref(), sources, report)
}

impl Schema {
    /// A hash of the scripts, by their paths below a folder, and of which parts of them are applied.
    #[cfg(feature = "cli")]
    pub(crate) fn hash(&self, folder: &Path, sources: &SourceMap) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for Script { file, parts, overrides } in &self.scripts {
            let file = sources.file(*file);
            let path = file.path.strip_prefix(folder).unwrap_or(&file.path);
            let facts = format!("{path:?} {} {parts:?} {overrides}\n", file.text.len());
            hasher.update(facts.as_bytes()).update(file.text.as_bytes());
        }
        hasher.finalize()
    }
}

struct Reader<'r> {
    folder: &'r Path,
    sources: &'r mut SourceMap,
    report: &'r mut Report,
    known: HashSet<PathBuf>,
    schema: Schema,
}

impl<'r> Reader<'r> {
    fn new(folder: &'r Path, sources: &'r mut SourceMap, report: &'r mut Report) -> Self {
        let schema = Schema { complete: true, ..Schema::default() };
        Self { folder, sources, report, known: HashSet::new(), schema }
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        match path::find(self.folder, entry.path) {
            Ok(Found::File(file)) => self.files(vec![file], entry),
            Ok(Found::Matches { base, files }) => {
                self.ways_back(&files, entry);
                self.schema.choices.push(base);
                self.files(files, entry);
            }
            Ok(Found::Folder(folder)) => self.migrations(&folder, entry),
            Err(wrong) => self.not_found(*wrong, entry),
        }
    }

    fn overrides(&mut self, entry: &Entry<'_>) {
        match path::find(self.folder, entry.path) {
            Ok(Found::File(file)) => {
                if let Some(file) = self.text(file, entry) {
                    self.schema.scripts.push(Script { overrides: true, ..Script::whole(self.sources, file) });
                }
            }
            Ok(_) => {
                let wrong = Diagnostic::error(&codes::FILE, format!("`{}` is not one file", entry.path));
                self.say(wrong.help("`overrides` names a single SQL file"), entry);
            }
            Err(wrong) => self.not_found(*wrong, entry),
        }
    }

    fn migrations(&mut self, folder: &Path, entry: &Entry<'_>) {
        self.schema.choices.extend(layout::inputs(folder));
        let Layout { files, numbered, remarks } = match layout::read(folder) {
            Ok(layout) => layout,
            Err(error) => {
                let message = format!("can't list `{}`: {error}", folder.display());
                return self.say(Diagnostic::error(&codes::FILE, message), entry);
            }
        };
        for mut remark in remarks {
            remark.message = format!("`{}`: {}", entry.path, remark.message);
            self.say(remark, entry);
        }
        let read = files.iter().filter_map(|name| self.text(folder.join(name), entry)).collect();
        self.scripts(read, numbered, entry);
    }

    /// A glob takes the way back like any other file: hardly what was meant.
    fn ways_back(&mut self, files: &[PathBuf], entry: &Entry<'_>) {
        let names = files.iter().filter_map(|file| file.file_name()?.to_str());
        let back: Vec<&str> = names.filter(|name| layout::is_way_back(name)).collect();
        if !back.is_empty() {
            let message = format!("the glob also matches ways back: {}", layout::several(&back));
            let warning = Diagnostic::warning(&codes::MIGRATION_FOLDER, message);
            self.say(warning.help("they are applied like the others: name the folder instead of a glob"), entry);
        }
    }

    fn files(&mut self, files: Vec<PathBuf>, entry: &Entry<'_>) {
        let read = files.into_iter().filter_map(|path| self.text(path, entry)).collect();
        self.scripts(read, false, entry);
    }

    /// Files that were read become scripts. In a folder of numbered files all are of the same tool.
    fn scripts(&mut self, read: Vec<FileId>, numbered: bool, entry: &Entry<'_>) {
        let mut files: Vec<(FileId, Option<Markers>)> =
            read.into_iter().map(|file| (file, Markers::of(&self.sources.file(file).text))).collect();
        if numbered {
            let of_tools = [Markers::Goose, Markers::Dbmate];
            let tools = of_tools.into_iter().filter(|tool| files.iter().any(|(_, markers)| *markers == Some(*tool)));
            if let Some(tool) = tools.min_by_key(|tool| files.iter().filter(|(_, of)| *of != Some(*tool)).count()) {
                self.strangers(&files, tool, entry);
                if tool == Markers::Dbmate {
                    // dbmate alone goes by name, `10_` before `9_`.
                    files.sort_by(|(left, _), (right, _)| {
                        self.sources.file(*left).path.cmp(&self.sources.file(*right).path)
                    });
                }
            }
        }
        for (file, markers) in files {
            let mut script = Script::whole(self.sources, file);
            if let Some(markers) = markers {
                let (parts, remark) = markers.parts(file, &self.sources.file(file).text);
                script.parts = parts;
                if let Some(remark) = remark {
                    self.push(remark);
                }
            }
            self.schema.scripts.push(script);
        }
    }

    fn strangers(&mut self, files: &[(FileId, Option<Markers>)], tool: Markers, entry: &Entry<'_>) {
        let others = files.iter().filter(|(_, markers)| *markers != Some(tool));
        let paths: Vec<PathBuf> = others.map(|(file, _)| self.sources.file(*file).path.clone()).collect();
        if !paths.is_empty() {
            let names: Vec<&str> = paths.iter().filter_map(|path| path.file_name()?.to_str()).collect();
            let message = format!("`{}`: no `{}` in {}", entry.path, tool.up(), layout::several(&names));
            let error = Diagnostic::error(&codes::MIGRATION_FOLDER, message);
            self.say(error.help("other files of the folder have it: add it, or move these elsewhere"), entry);
        }
    }

    /// Reads a file that was not read before.
    fn text(&mut self, path: PathBuf, entry: &Entry<'_>) -> Option<FileId> {
        if !self.known.insert(path.clone()) {
            return None;
        }
        let wrong = match std::fs::read(&path).map(text::decode) {
            Ok(Ok(text)) => return Some(self.sources.add(path, text)),
            Ok(Err(not_text)) => {
                let NotText { encoding, at, line } = not_text;
                let message = format!("`{}` is not {encoding}: byte {at}, in line {line}", path.display());
                Diagnostic::error(&codes::FILE, message).help("save it as UTF-8")
            }
            Err(error) => Diagnostic::error(&codes::FILE, format!("can't read `{}`: {error}", path.display())),
        };
        self.say(wrong, entry);
        None
    }

    fn not_found(&mut self, wrong: Diagnostic, entry: &Entry<'_>) {
        let wrong = match entry.named {
            None => wrong,
            Some((_, Place::Manifest | Place::Draft)) => wrong.help("paths are relative to the manifest"),
            Some((_, Place::Struct)) => wrong.help("paths are relative to the crate's folder"),
        };
        self.say(wrong, entry);
    }

    /// Reports something at the place where the entry was named.
    fn say(&mut self, diagnostic: Diagnostic, entry: &Entry<'_>) {
        self.push(match entry.named {
            Some((span, _)) => diagnostic.at(span, "named here"),
            None => diagnostic,
        });
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.schema.complete &= diagnostic.severity != Severity::Error;
        self.report.push(diagnostic);
    }
}
