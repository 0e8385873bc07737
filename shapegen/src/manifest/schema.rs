//! The schema's files: what the manifest's paths and globs stand for on disk.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::Manifest;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::source::{SourceMap, Spanned};

/// The files of `schema`, in the order in which they are applied: as listed, a glob's matches sorted by path.
///
/// A file that isn't there, a glob without a match and a folder are reported.
pub fn schema_files(manifest: &Manifest, sources: &SourceMap, report: &mut Report) -> Vec<PathBuf> {
    let folder = manifest.folder(sources);
    let mut files = Vec::new();
    for entry in &manifest.schema {
        let found =
            if is_glob(&entry.value) { matches(&folder, entry) } else { single(&folder, entry).map(|file| vec![file]) };
        match found {
            Ok(found) => {
                for file in found {
                    if !files.contains(&file) {
                        files.push(file);
                    }
                }
            }
            Err(diagnostic) => report.push(*diagnostic),
        }
    }
    files
}

/// The folders that the globs of `schema` choose from: a new file in one of them changes the output.
pub fn schema_folders(manifest: &Manifest, sources: &SourceMap) -> Vec<PathBuf> {
    let folder = manifest.folder(sources);
    let globs = manifest.schema.iter().filter(|entry| is_glob(&entry.value));
    let base = |glob: &Spanned<String>| folder.join(split_glob(&glob.value).0);
    // An empty path is no path to cargo.
    globs.map(base).map(|base| if base.as_os_str().is_empty() { PathBuf::from(".") } else { base }).collect()
}

fn is_glob(entry: &str) -> bool {
    entry.contains(['*', '?', '[', '{'])
}

fn single(folder: &Path, entry: &Spanned<String>) -> Result<PathBuf, Box<Diagnostic>> {
    let path = folder.join(&entry.value);
    if path.is_dir() {
        let diagnostic = Diagnostic::error(&codes::MANIFEST_NOT_YET, "folders of migrations can't be used yet")
            .at(entry.span, "a folder")
            .help(format!("a glob names its files: `{}/*.sql`", entry.value.trim_end_matches('/')));
        return Err(Box::new(diagnostic));
    }
    if path.is_file() {
        return Ok(path);
    }
    let diagnostic = Diagnostic::error(&codes::FILE, format!("there is no file `{}`", entry.value))
        .at(entry.span, "named here")
        .help("paths are relative to the manifest");
    Err(Box::new(diagnostic))
}

fn matches(folder: &Path, entry: &Spanned<String>) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let bad = |message: String| Box::new(Diagnostic::error(&codes::FILE, message).at(entry.span, "this glob"));
    let (base, pattern) = split_glob(&entry.value);
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| bad(format!("`{}` is not a glob: {}", entry.value, error.kind())))?
        .compile_matcher();
    let base = folder.join(base);
    let mut files = Vec::new();
    collect(&base, &base, pattern.contains("**") || pattern.contains('/'), &mut |path, relative| {
        if glob.is_match(relative) {
            files.push(path);
        }
    })
    .map_err(|error| bad(format!("can't list `{}`: {error}", base.display())))?;
    files.sort();
    if files.is_empty() {
        let nothing = bad(format!("`{}` matches no file", entry.value));
        return Err(Box::new(nothing.help("paths are relative to the manifest")));
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
            let relative = files.iter().map(|file| file.strip_prefix(folder.path()).expect("below the folder"));
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
        let (_, message) = files("\"nowhere/[a.sql\"");
        assert!(message.contains("is not a glob"), "{message}");
    }
}
