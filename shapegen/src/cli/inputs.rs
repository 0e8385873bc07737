//! The inputs of a manifest, watched for changes.
//!
//! They are looked at several times a second: that works on every file system, over networks and through renames, and
//! costs less than a millisecond for a thousand files.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often inputs are looked at; what was changed must stand still for as long before it counts.
pub(super) const INTERVAL: Duration = Duration::from_millis(150);

/// How many files are named before they are only counted.
pub(super) const NAMED: usize = 3;

/// Folders in which nobody keeps a schema, and programs write all the time.
const PASSED_OVER: &[&str] = &["target", "node_modules"];

/// What was read last, and what was seen since then.
pub(super) struct Inputs {
    paths: Vec<PathBuf>,
    /// As they were read last; `None` before the first time.
    read: Option<Snapshot>,
    /// As they were seen last.
    seen: Snapshot,
}

impl Inputs {
    /// Only the manifest, as long as it isn't known what it names.
    pub(super) fn of(manifest: &Path) -> Self {
        let paths = vec![manifest.to_path_buf()];
        Self { seen: Snapshot::take(&paths), paths, read: None }
    }

    /// What is to be read again, once it stands still; nothing, but at once, before the first time.
    pub(super) fn poll(&mut self) -> Option<Vec<Change>> {
        let Some(read) = &self.read else { return Some(Vec::new()) };
        let now = Snapshot::take(&self.paths);
        let still = now == self.seen;
        self.seen = now;
        let changes = if still { read.changes(&self.seen) } else { Vec::new() };
        (!changes.is_empty()).then_some(changes)
    }

    /// Notes what was read; whether that was the first time.
    pub(super) fn were_read(&mut self, mut paths: Vec<PathBuf>) -> bool {
        let first = self.read.is_none();
        paths.sort();
        paths.dedup();
        // What was changed, or came, while it was read is read again.
        let mut read = Snapshot::take(&paths);
        read.0.retain(|path, state| {
            match (self.seen.0.get(path), &*state) {
                (Some(before @ (State::File(..) | State::Missing)), _) => *state = *before,
                (None, State::Candidate) => return first,
                _ => {}
            }
            true
        });
        self.read = Some(read.clone());
        self.seen = read;
        self.paths = paths;
        first
    }
}

/// One input that isn't as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    how: &'static str,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.how)
    }
}

/// What was changed, in a few words.
pub(super) fn summary(changes: &[Change]) -> String {
    if changes.len() > NAMED {
        return format!("{} files changed", changes.len());
    }
    changes.iter().map(Change::to_string).collect::<Vec<_>>().join(", ")
}

/// How the inputs are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Snapshot(BTreeMap<PathBuf, State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Missing,
    /// When it was written last, and how many bytes it has.
    File(Option<SystemTime>, u64),
    /// In a folder that files are chosen from: what is in it doesn't matter before it is chosen.
    Candidate,
    Folder,
}

impl Snapshot {
    fn take(inputs: &[PathBuf]) -> Self {
        let mut this = Self::default();
        let extensions: Vec<&OsStr> =
            inputs.iter().filter_map(|path| path.extension()).chain([OsStr::new("sql")]).collect();
        for path in inputs {
            let state = match std::fs::metadata(path) {
                Ok(there) if there.is_dir() => {
                    this.candidates(path, &extensions);
                    State::Folder
                }
                Ok(there) => State::File(there.modified().ok(), there.len()),
                Err(_) => State::Missing,
            };
            this.0.insert(path.clone(), state);
        }
        this
    }

    /// The files that could be chosen. Links to folders are not followed, so there are no circles.
    fn candidates(&mut self, folder: &Path, extensions: &[&OsStr]) {
        // A folder that can't be listed is as good as empty: the build says why.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let passed_over = name.as_encoded_bytes().starts_with(b".") || PASSED_OVER.iter().any(|one| name == *one);
            let chosen = path.extension().is_some_and(|extension| extensions.contains(&extension));
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !passed_over => self.candidates(&path, extensions),
                Ok(kind) if !kind.is_dir() && chosen => {
                    self.0.entry(path).or_insert(State::Candidate);
                }
                _ => {}
            }
        }
    }

    fn changes(&self, newer: &Self) -> Vec<Change> {
        let state = |snapshot: &Self, path: &Path| snapshot.0.get(path).copied().unwrap_or(State::Missing);
        let mut paths: Vec<&PathBuf> = self.0.keys().chain(newer.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let changes = paths.into_iter().filter_map(|path| {
            let how = match (state(self, path), state(newer, path)) {
                (was, is) if was == is => return None,
                (State::Missing, _) => "is new",
                (_, State::Missing) => "is gone",
                _ => "changed",
            };
            Some(Change { path: path.clone(), how })
        });
        changes.collect()
    }
}
