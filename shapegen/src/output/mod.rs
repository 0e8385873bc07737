//! The files of one run: written, or compared with what is there.

#[cfg(feature = "cli")]
mod check;
#[cfg(feature = "cli")]
pub(crate) mod stamp;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::emit::{EmitError, MARK};

pub use write::Written;

/// Everything that one run generates, by path. Each folder in it is shapegen's alone as far as generated files go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Files that are on disk as they should be, so that their content isn't at hand.
    current: BTreeSet<PathBuf>,
}

/// Why the output can't be written or compared. Nothing was changed, unless [`OutputError::Io`] says that a rename or a
/// removal failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// Files that shapegen didn't write are where its own should be.
    #[error("{} not written by shapegen: {}", were(.0), list(.0))]
    Foreign(Vec<PathBuf>),
    /// A file can't be printed.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// The operating system refused.
    #[error("can't {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, …
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn were(paths: &[PathBuf]) -> &'static str {
    if paths.len() == 1 { "a file in the way was" } else { "files in the way were" }
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    paths.join(", ")
}

/// What a run would change.
#[derive(Debug, Default)]
struct Plan {
    /// Files that are new or differ, with what is there now.
    write: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Files of an earlier run that this one has no more, with what is there now.
    remove: Vec<(PathBuf, Vec<u8>)>,
    /// How many files are as they should be.
    unchanged: usize,
}

impl Output {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), text.into());
    }

    /// Adds a file that is on disk as it should be.
    pub fn keep(&mut self, path: impl Into<PathBuf>) {
        self.current.insert(path.into());
    }

    /// All files.
    #[cfg(feature = "cli")]
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().chain(&self.current).map(PathBuf::as_path)
    }

    /// The files whose content is at hand.
    pub fn printed(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Compares with the disk.
    fn plan(&self) -> Result<Plan, OutputError> {
        let mut plan = Plan { unchanged: self.current.len(), ..Plan::default() };
        let mut foreign = Vec::new();
        for (path, bytes) in &self.files {
            match read(path)? {
                Some(there) if there == *bytes => plan.unchanged += 1,
                Some(there) if !is_ours(&there) => foreign.push(path.clone()),
                there => plan.write.push((path.clone(), there)),
            }
        }
        if !foreign.is_empty() {
            return Err(OutputError::Foreign(foreign));
        }
        let folders: BTreeSet<&Path> =
            self.files.keys().chain(&self.current).filter_map(|path| path.parent()).collect();
        for folder in folders {
            self.stale(folder, &mut plan)?;
        }
        Ok(plan)
    }

    /// Adds what an earlier run left in a folder.
    fn stale(&self, folder: &Path, plan: &mut Plan) -> Result<(), OutputError> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = match std::fs::read_dir(here) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("list", folder)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(failed("list", folder))?.file_name());
        }
        names.sort();
        for path in names.into_iter().map(|name| folder.join(name)) {
            let generated = path.extension().is_some_and(|extension| extension == "rs" || extension == "sql");
            let wanted = self.files.contains_key(&path) || self.current.contains(&path);
            if generated && !wanted && path.is_file() && begins_as_ours(&path)? {
                let there = read(&path)?.unwrap_or_default();
                plan.remove.push((path, there));
            }
        }
        Ok(())
    }
}

/// A file's bytes, `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, OutputError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        // A link to nothing is somebody's, too.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => Ok(Some(Vec::new())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// A file's text, `None` where there is none and where it is no text.
pub(crate) fn text(path: &Path) -> Result<Option<String>, OutputError> {
    Ok(read(path)?.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// Whether a file that may be large and somebody else's has our first line.
fn begins_as_ours(path: &Path) -> Result<bool, OutputError> {
    let mut beginning = Vec::new();
    let file = std::fs::File::open(path).map_err(failed("read", path))?;
    file.take(64).read_to_end(&mut beginning).map_err(failed("read", path))?;
    Ok(is_ours(&beginning))
}

fn is_ours(bytes: &[u8]) -> bool {
    let comment = bytes.strip_prefix(b"// ").or_else(|| bytes.strip_prefix(b"-- "));
    comment.is_some_and(|text| text.starts_with(MARK.as_bytes()))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OutputError {
    let path = path.to_path_buf();
    move |source| OutputError::Io { action, path, source }
}
