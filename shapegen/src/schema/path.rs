//! What an entry of the schema is on disk: a file, the files of a glob, a folder.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use crate::diagnostics::{Diagnostic, codes, nearest_file};

/// An entry, found.
#[derive(Debug)]
pub(super) enum Found {
    /// A file.
    File(PathBuf),
    /// A folder.
    Folder(PathBuf),
    /// A glob's matches, sorted by path.
    Matches {
        /// The folder that it chooses from.
        base: PathBuf,
        files: Vec<PathBuf>,
    },
}

/// What a path or a glob below a folder stands for, or what is wrong with it, without a place.
pub(super) fn find(folder: &Path, entry: &str) -> Result<Found, Box<Diagnostic>> {
    if is_glob(entry) {
        return matches(folder, entry);
    }
    let path = folder.join(entry);
    if path.is_dir() {
        return Ok(Found::Folder(path));
    }
    if path.is_file() {
        return Ok(Found::File(path));
    }
    // As the entry would be written: relative to the folder.
    let near = nearest_file(&path).and_then(|near| Some(near.strip_prefix(folder).ok()?.display().to_string()));
    let missing = Diagnostic::error(&codes::FILE, format!("there is no file `{entry}`"));
    Err(Box::new(match near {
        Some(near) => missing.help(format!("did you mean `{near}`?")),
        None => missing,
    }))
}

/// An empty path is the working folder to us, and no path to cargo and the system.
fn or_here(folder: PathBuf) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
}

fn is_glob(entry: &str) -> bool {
    entry.contains(['*', '?', '[', '{'])
}

fn matches(folder: &Path, entry: &str) -> Result<Found, Box<Diagnostic>> {
    let bad = |message: String| Box::new(Diagnostic::error(&codes::FILE, message));
    let (base, pattern) = split_glob(entry);
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| bad(format!("`{entry}` is not a glob: {}", error.kind())))?
        .compile_matcher();
    let base = or_here(folder.join(base));
    let mut files = Vec::new();
    let depth = if pattern.contains("**") { usize::MAX } else { pattern.matches('/').count() };
    visit(&base, &base, depth, &mut |path, relative| {
        if glob.is_match(relative) {
            files.push(path);
        }
    })
    .map_err(|error| bad(format!("can't list `{}`: {error}", base.display())))?;
    files.sort();
    if files.is_empty() {
        return Err(bad(format!("`{entry}` matches no file")));
    }
    Ok(Found::Matches { base, files })
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

/// Every file in a folder and in folders as deep as this below it; links to folders are not followed, so there are no
/// circles.
pub(super) fn visit(
    base: &Path,
    folder: &Path,
    depth: usize,
    found: &mut dyn FnMut(PathBuf, &Path),
) -> Result<(), std::io::Error> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if depth > 0 {
                visit(base, &path, depth - 1, found)?;
            }
        } else if let Ok(relative) = path.strip_prefix(base) {
            found(path.clone(), relative);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_globs_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["b.sql", "a.sql", "notes.md", "deep/2.sql", "deep/er/1.sql"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = |entry: &str, expected: &str| {
            let (base, files) = match find(folder.path(), entry).unwrap() {
                Found::File(file) => (PathBuf::new(), vec![file]),
                Found::Folder(folder) => (folder, Vec::new()),
                Found::Matches { base, files } => (base, files),
            };
            let below = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap_or(path).display().to_string();
            let shown: Vec<String> = files.iter().map(below).collect();
            assert_eq!(format!("{} < {}", shown.join(" "), below(&base)), expected, "{entry}");
        };
        found("b.sql", "b.sql < ");
        found("**/*.sql", "a.sql b.sql deep/2.sql deep/er/1.sql < ");
        found("deep/*.sql", "deep/2.sql < deep");
        found("*/*.sql", "deep/2.sql < ");
        found("deep", " < deep");
        found("./deep/../[ab].sql", "deep/../a.sql deep/../b.sql < deep/..");
        let refused = |entry: &str| find(folder.path(), entry).unwrap_err().message;
        assert_eq!(refused("c.sql"), "there is no file `c.sql`");
        assert_eq!(refused("c*.sql"), "`c*.sql` matches no file");
        assert!(refused("nowhere/[a.sql").contains("is not a glob"));
        assert!(refused("nowhere/*.sql").contains("can't list"));
        // Tests run in the folder of their package.
        let Found::Matches { base, files } = find(Path::new(""), "Cargo.*").unwrap() else { panic!("a glob") };
        assert_eq!((base, files), (PathBuf::from("."), vec![PathBuf::from("./Cargo.toml")]));
    }
}
