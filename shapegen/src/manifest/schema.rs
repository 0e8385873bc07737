//! The schema's files: what the manifest's paths and globs stand for on disk.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::Manifest;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::source::{SourceMap, Spanned};

/// The files of `schema`, in the order in which they are applied: as listed, a glob's matches sorted by path. Each with
/// the entry that names it.
///
/// A file that isn't there, a glob without a match and a folder are reported.
pub fn schema_files(manifest: &Manifest, sources: &SourceMap, report: &mut Report) -> Vec<Spanned<PathBuf>> {
    let folder = manifest.folder(sources);
    let mut files: Vec<Spanned<PathBuf>> = Vec::new();
    for entry in &manifest.schema {
        match expand(&folder, &entry.value) {
            Ok(found) => {
                for file in found {
                    if files.iter().all(|known| known.value != file) {
                        files.push(Spanned::new(file, entry.span));
                    }
                }
            }
            Err(diagnostic) => {
                let diagnostic = diagnostic.at(entry.span, "named here");
                report.push(if *diagnostic.code == codes::FILE {
                    diagnostic.help("paths are relative to the manifest")
                } else {
                    diagnostic
                });
            }
        }
    }
    files
}

/// The files that a path or a glob below a folder stands for, or what is wrong with it, without a place.
pub(crate) fn expand(folder: &Path, entry: &str) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    if is_glob(entry) { matches(folder, entry) } else { single(folder, entry).map(|file| vec![file]) }
}

/// The folders that the globs of `schema` choose from: a new file in one of them changes the output.
pub fn schema_folders(manifest: &Manifest, sources: &SourceMap) -> Vec<PathBuf> {
    let folder = manifest.folder(sources);
    let globs = manifest.schema.iter().filter(|entry| is_glob(&entry.value));
    globs.map(|glob| or_here(folder.join(split_glob(&glob.value).0))).collect()
}

/// An empty path is the working folder to us, and no path to cargo and the system.
fn or_here(folder: PathBuf) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
}

fn is_glob(entry: &str) -> bool {
    entry.contains(['*', '?', '[', '{'])
}

fn single(folder: &Path, entry: &str) -> Result<PathBuf, Box<Diagnostic>> {
    let path = folder.join(entry);
    if path.is_dir() {
        let diagnostic = Diagnostic::error(&codes::MANIFEST_NOT_YET, "folders of migrations can't be used yet")
            .help(format!("a glob names its files: `{}/*.sql`", entry.trim_end_matches('/')));
        return Err(Box::new(diagnostic));
    }
    if path.is_file() {
        return Ok(path);
    }
    Err(Box::new(Diagnostic::error(&codes::FILE, format!("there is no file `{entry}`"))))
}

fn matches(folder: &Path, entry: &str) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let bad = |message: String| Box::new(Diagnostic::error(&codes::FILE, message));
    let (base, pattern) = split_glob(entry);
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| bad(format!("`{entry}` is not a glob: {}", error.kind())))?
        .compile_matcher();
    let base = or_here(folder.join(base));
    let mut files = Vec::new();
    collect(&base, &base, pattern.contains("**") || pattern.contains('/'), &mut |path, relative| {
        if glob.is_match(relative) {
            files.push(path);
        }
    })
    .map_err(|error| bad(format!("can't list `{}`: {error}", base.display())))?;
    files.sort();
    if files.is_empty() {
        return Err(bad(format!("`{entry}` matches no file")));
    }
    Ok(files)
}

/// The leading folders without a wildcard, and the rest.
fn split_glob(glob: &str) -> (PathBuf, String) {
    let mut base = PathBuf::new();
    let mut pattern = Vec::new();
    for component in Path::new(glob).components() {
        let text = component.as_os_str().to_string_lossy();
        let literal = !is_glob(&text) || !matches!(component, Component::Normal(_));
        if pattern.is_empty() && literal {
            base.push(component);
        } else {
            pattern.push(text.into_owned());
        }
    }
    (base, pattern.join("/"))
}

/// Every file below a folder; links to folders are not followed, so there are no circles.
fn collect(
    base: &Path,
    folder: &Path,
    deep: bool,
    visit: &mut dyn FnMut(PathBuf, &Path),
) -> Result<(), std::io::Error> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if deep {
                collect(base, &path, deep, visit)?;
            }
        } else if let Ok(relative) = path.strip_prefix(base) {
            visit(path.clone(), relative);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_globs_in_their_order() {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["b.sql", "a.sql", "notes.md", "deep/2.sql", "deep/er/1.sql"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, "").expect("a file");
        }
        let files = |schema: &str| {
            let mut sources = SourceMap::default();
            let file = sources.add(folder.path().join("shapes.toml"), format!("schema = {schema}\n[shape]\n"));
            let mut report = Report::default();
            let manifest = super::super::parse(&sources, file, &mut report).expect("a manifest");
            let files = schema_files(&manifest, &sources, &mut report);
            let relative = files.iter().map(|file| file.value.strip_prefix(folder.path()).expect("below the folder"));
            let shown: Vec<String> = relative.map(|file| file.to_string_lossy().into_owned()).collect();
            let messages: Vec<String> = report.diagnostics().iter().map(|found| found.message.clone()).collect();
            (shown.join(" "), messages.join("; "))
        };
        let found = |schema: &str, expected: &str| assert_eq!(files(schema), (expected.to_owned(), String::new()));
        found("\"b.sql\"", "b.sql");
        found("[\"b.sql\", \"*.sql\"]", "b.sql a.sql");
        found("\"**/*.sql\"", "a.sql b.sql deep/2.sql deep/er/1.sql");
        found("\"deep/*.sql\"", "deep/2.sql");
        found("\"./deep/../[ab].sql\"", "deep/../a.sql deep/../b.sql");
        let refused = |schema: &str, expected: &str| assert_eq!(files(schema), (String::new(), expected.to_owned()));
        refused("\"c.sql\"", "there is no file `c.sql`");
        refused("\"c*.sql\"", "`c*.sql` matches no file");
        refused("\"deep\"", "folders of migrations can't be used yet");
        // Tests run in the folder of their package.
        assert_eq!(expand(Path::new(""), "Cargo.*").expect("a match"), [Path::new("./Cargo.toml")]);
        let (_, message) = files("\"nowhere/[a.sql\"");
        assert!(message.contains("is not a glob"), "{message}");
    }
}
