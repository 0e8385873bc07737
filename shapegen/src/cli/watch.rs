//! `shapegen build --watch`: builds again whenever an input was changed.
//!
//! Inputs are looked at several times a second: that works on every file system, over networks and through renames, and
//! costs less than a millisecond for a thousand files.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use super::build::Built;
use super::{Exit, Terminal};
use crate::output::Written;

/// How often inputs are looked at; what was changed must stand still for as long before it is built.
const INTERVAL: Duration = Duration::from_millis(150);

/// How many files are named before they are only counted.
const NAMED: usize = 3;

const WAITING: &str = "not built, waiting for the next change";

/// Folders in which nobody keeps a schema, and programs write all the time.
const PASSED_OVER: &[&str] = &["target", "node_modules"];

/// Builds until `stop` comes, and after each change. What is wrong is said, and the next change waited for.
pub(super) async fn watch(
    manifest: &Path,
    terminal: &mut Terminal<'_>,
    stop: impl Future<Output = io::Result<()>>,
) -> io::Result<Exit> {
    let mut stop = pin!(stop);
    let mut watch = Watch::new(manifest);
    // Listening begins before the first build: a build is never interrupted.
    let mut wait = Duration::ZERO;
    loop {
        if let Ok(stopped) = tokio::time::timeout(wait, stop.as_mut()).await {
            return stopped.map(|()| Exit::Fine);
        }
        wait = INTERVAL;
        if let Some(changes) = watch.poll() {
            watch.build(&changes, terminal)?;
            terminal.out.flush()?;
        }
    }
}

/// What was built last, and what was seen since then.
struct Watch<'m> {
    manifest: &'m Path,
    inputs: Vec<PathBuf>,
    /// The inputs as the last build read them; `None` before the first one.
    built: Option<Snapshot>,
    /// The inputs as they were seen last.
    seen: Snapshot,
}

impl<'m> Watch<'m> {
    fn new(manifest: &'m Path) -> Self {
        let inputs = vec![manifest.to_path_buf()];
        Self { manifest, seen: Snapshot::take(&inputs), inputs, built: None }
    }

    /// What is to be built, once the inputs stand still.
    fn poll(&mut self) -> Option<Vec<Change>> {
        let Some(built) = &self.built else { return Some(Vec::new()) };
        let now = Snapshot::take(&self.inputs);
        let still = now == self.seen;
        self.seen = now;
        let changes = if still { built.changes(&self.seen) } else { Vec::new() };
        (!changes.is_empty()).then_some(changes)
    }

    fn build(&mut self, changes: &[Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
        let started = Instant::now();
        let built = Built::new(self.manifest, false, terminal)?;
        let text = match (&built.done, changes) {
            (Some(done), []) => done.to_string(),
            (None, []) => format!("{WAITING}\n"),
            (None, changes) => format!("{}: {WAITING}\n", summary(changes)),
            (Some(done), changes) => {
                let seconds = started.elapsed().as_secs_f64();
                format!("{}: {}, {seconds:.2} s\n", summary(changes), outcome(done))
            }
        };
        let changed = changes.iter().map(|change| change.path.display().to_string()).collect();
        terminal.say(&text, &built.message(changed))?;
        let first = self.built.is_none();
        let mut inputs = built.inputs;
        inputs.sort();
        inputs.dedup();
        // What was changed, or came, while it was built is built again.
        let mut read = Snapshot::take(&inputs);
        read.0.retain(|path, state| {
            match (self.seen.0.get(path), &*state) {
                (Some(before @ (State::File(..) | State::Missing)), _) => *state = *before,
                (None, State::Candidate) => return first,
                _ => {}
            }
            true
        });
        self.built = Some(read.clone());
        self.seen = read;
        self.inputs = inputs;
        if first {
            terminal.note("watching the manifest and the schema; ctrl-c ends it\n")?;
        }
        Ok(())
    }
}

fn outcome(done: &Written) -> String {
    let names = |paths: &[PathBuf]| {
        let names: Vec<_> = paths.iter().filter_map(|path| path.file_name()).map(OsStr::to_string_lossy).collect();
        if names.len() > NAMED { format!("{} files", names.len()) } else { names.join(", ") }
    };
    match (done.written.as_slice(), done.removed.as_slice()) {
        ([], []) => "nothing to write".to_owned(),
        (written, []) => format!("{} rewritten", names(written)),
        ([], removed) => format!("{} removed", names(removed)),
        (written, removed) => format!("{} rewritten, {} removed", names(written), names(removed)),
    }
}

/// One input that isn't as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    path: PathBuf,
    how: &'static str,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.how)
    }
}

fn summary(changes: &[Change]) -> String {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with a manifest that is watched, and what was said.
    struct Folder {
        root: tempfile::TempDir,
        out: Vec<u8>,
        err: Vec<u8>,
    }

    impl Folder {
        fn new(schema: &str) -> Self {
            let root = tempfile::tempdir().unwrap();
            let shape = "{ scope = \"public\", change_frequency = \"low\" }";
            let manifest = format!("schema = {schema}\n[shape]\na = {shape}\nb = {shape}\n");
            fs::write(root.path().join("shapes.toml"), manifest).unwrap();
            fs::create_dir(root.path().join("schema")).unwrap();
            let this = Self { root, out: Vec::new(), err: Vec::new() };
            this.write("schema/1.sql", "CREATE TABLE a (id int PRIMARY KEY);");
            this.write("schema/2.sql", "CREATE TABLE b (id int PRIMARY KEY);");
            this
        }

        fn path(&self, name: &str) -> PathBuf {
            self.root.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }

        /// Polls until the inputs stand still; what was said of a build.
        fn poll(&mut self, watch: &mut Watch<'_>) -> Option<String> {
            let changes = watch.poll().or_else(|| watch.poll())?;
            self.out.clear();
            self.err.clear();
            watch.build(&changes, &mut Terminal::new(&mut self.out, &mut self.err, false)).unwrap();
            let text =
                String::from_utf8(self.out.clone()).unwrap().replace(&format!("{}/", self.root.path().display()), "");
            let time = text.rfind(", ").filter(|_| text.ends_with(" s\n")).unwrap_or(text.len());
            Some(text[..time].to_owned())
        }
    }

    #[test]
    fn each_change_is_built_once_it_stands_still() {
        let mut folder = Folder::new("[\"schema/*.sql\"]");
        let manifest = folder.path("shapes.toml");
        let mut watch = Watch::new(&manifest);
        let first = folder.poll(&mut watch).unwrap();
        assert!(first.contains("wrote src/sync/a.rs\n"), "{first}");
        assert!(String::from_utf8_lossy(&folder.err).contains("ctrl-c"));
        assert_eq!(folder.poll(&mut watch), None);

        folder.write("schema/2.sql", "CREATE TABLE b (id bigint PRIMARY KEY);");
        assert!(watch.poll().is_none(), "it was just written");
        folder.write("schema/2.sql", "CREATE TABLE b (id bigint PRIMARY KEY, x int);");
        assert!(watch.poll().is_none(), "it is still being written");
        assert_eq!(folder.poll(&mut watch).unwrap(), "schema/2.sql changed: b.rs rewritten");
        assert_eq!(folder.poll(&mut watch), None);

        folder.write("schema/3.sql", "ALTER TABLE a ADD y int;");
        assert_eq!(folder.poll(&mut watch).unwrap(), "schema/3.sql is new: a.rs rewritten");
        assert_eq!(folder.poll(&mut watch), None);
        folder.write("schema/3.sql", "ALTER TABLE a ADD y int; -- as before");
        assert_eq!(folder.poll(&mut watch).unwrap(), "schema/3.sql changed: nothing to write");
        fs::remove_file(folder.path("schema/3.sql")).unwrap();
        assert_eq!(folder.poll(&mut watch).unwrap(), "schema/3.sql is gone: a.rs rewritten");

        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace("\nb = ", "\n# ")).unwrap();
        assert_eq!(folder.poll(&mut watch).unwrap(), "shapes.toml changed: client.rs, mod.rs rewritten, b.rs removed");
        folder.write("schema/notes.md", "no input");
        assert_eq!(folder.poll(&mut watch), None);
    }

    #[test]
    fn errors_are_said_and_survived() {
        let mut folder = Folder::new("[\"schema/1.sql\", \"schema/2.sql\"]");
        fs::remove_file(folder.path("schema/2.sql")).unwrap();
        let manifest = folder.path("shapes.toml");
        let mut watch = Watch::new(&manifest);
        let waiting = format!("{WAITING}\n");
        assert_eq!(folder.poll(&mut watch).unwrap(), waiting);
        assert!(String::from_utf8_lossy(&folder.err).contains("there is no file `schema/2.sql`"));
        assert_eq!(folder.poll(&mut watch), None);

        folder.write("schema/2.sql", "CREATE TABLE b (id itn PRIMARY KEY);");
        assert_eq!(folder.poll(&mut watch).unwrap(), format!("schema/2.sql is new: {waiting}"));
        assert!(String::from_utf8_lossy(&folder.err).contains("did you mean `int`?"));
        folder.write("schema/2.sql", "CREATE TABLE b (id int PRIMARY KEY);  ");
        let built = folder.poll(&mut watch).unwrap();
        assert_eq!(built, "schema/2.sql changed: 4 files rewritten");
        assert_eq!(folder.err, b"");

        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, format!("{text}nothing")).unwrap();
        assert_eq!(folder.poll(&mut watch).unwrap(), format!("shapes.toml changed: {waiting}"));
        fs::remove_file(&manifest).unwrap();
        assert_eq!(folder.poll(&mut watch).unwrap(), format!("shapes.toml is gone: {waiting}"));
        fs::write(&manifest, text).unwrap();
        assert_eq!(folder.poll(&mut watch).unwrap(), "shapes.toml is new: nothing to write");
    }

    #[test]
    fn stopping_ends_it_well() {
        let folder = Folder::new("[\"schema/*.sql\"]");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut out, &mut err, false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let manifest = folder.path("shapes.toml");
        let exit = runtime.block_on(watch(&manifest, &mut terminal, std::future::ready(Ok(()))));
        assert_eq!(exit.unwrap(), Exit::Fine);
        assert!(!folder.path("src").exists(), "nothing is built after it was stopped");
    }
}
