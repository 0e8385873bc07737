//! `shapegen build --watch`: builds again whenever an input was changed.

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::{Duration, Instant};

use super::build::Built;
use super::inputs::{Change, INTERVAL, Inputs, NAMED, summary};
use super::{Exit, Terminal};
use crate::output::Written;

const WAITING: &str = "not built, waiting for the next change";

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

/// The inputs of a manifest, and what is said of each build.
struct Watch<'m> {
    manifest: &'m Path,
    inputs: Inputs,
}

impl<'m> Watch<'m> {
    fn new(manifest: &'m Path) -> Self {
        Self { manifest, inputs: Inputs::of(manifest) }
    }

    /// What is to be built, once the inputs stand still.
    fn poll(&mut self) -> Option<Vec<Change>> {
        self.inputs.poll()
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
        if self.inputs.were_read(built.inputs) {
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
