//! The files of a git revision, in a folder of their own.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A manifest as a revision has it, with everything around it.
#[derive(Debug)]
pub(super) struct Revision {
    folder: TempDir,
    manifest: PathBuf,
}

/// `main:path/shapes.toml`, as git writes it: the path is relative to the repository, after `./` to the working folder.
pub(super) fn split(written: &str) -> Option<(&str, &str)> {
    written.split_once(':').filter(|(revision, path)| !revision.is_empty() && !path.is_empty())
}

impl Revision {
    /// Takes a revision out of the repository that `folder` is in, whose index and files stay as they are.
    ///
    /// # Errors
    /// What git says, or the system.
    pub(super) fn check_out(folder: &Path, revision: &str, path: &str) -> Result<Self, String> {
        let commit =
            git(folder, None, ["rev-parse", "--verify", "--end-of-options", &format!("{revision}^{{commit}}")])?;
        let root = git(folder, None, ["rev-parse", "--show-toplevel"])?;
        let path = match path.strip_prefix("./") {
            Some(here) => git(folder, None, ["rev-parse", "--show-prefix"])? + here,
            None => path.to_owned(),
        };
        let target = tempfile::tempdir().map_err(|error| error.to_string())?;
        let index = target.path().join("index");
        git(Path::new(&root), Some(&index), ["read-tree", &commit])?;
        let files = target.path().join("files");
        let prefix = format!("--prefix={}/", files.display());
        git(Path::new(&root), Some(&index), ["checkout-index", "--all", "--quiet", &prefix])?;
        Ok(Self { manifest: files.join(path), folder: target })
    }

    /// The manifest's path.
    pub(super) fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// The folder that stands for the repository.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }
}

/// What git prints, without the line break at its end.
fn git<'a>(folder: &Path, index: Option<&Path>, args: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args.into_iter().map(OsStr::new));
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "git isn't installed".to_owned(),
        _ => format!("git: {error}"),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("git: {}", said.trim().trim_start_matches("fatal: ")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_revision_is_taken_out_beside_what_is_there() {
        if Command::new("git").arg("--version").output().is_err() {
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let run = |args: &[&str]| git(root.path(), None, args.iter().copied()).unwrap();
        let file = |name: &str| root.path().join(name);
        run(&["init", "--quiet"]);
        fs::create_dir(file("app")).unwrap();
        fs::write(file("app/shapes.toml"), "old").unwrap();
        fs::write(file("schema.sql"), "old").unwrap();
        run(&["add", "."]);
        run(&["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--no-gpg-sign", "-m", "one"]);
        fs::write(file("app/shapes.toml"), "new").unwrap();
        fs::write(file("app/added.sql"), "new").unwrap();
        run(&["add", "."]);
        let before = run(&["status", "--porcelain"]);
        for (folder, path) in [("", "app/shapes.toml"), ("app", "./shapes.toml"), ("app", "app/shapes.toml")] {
            let revision = Revision::check_out(&file(folder), "HEAD", path).unwrap();
            assert_eq!(fs::read_to_string(revision.manifest()).unwrap(), "old");
            assert!(revision.files().join("schema.sql").is_file() && !revision.files().join("app/added.sql").exists());
        }
        assert_eq!(run(&["status", "--porcelain"]), before);
        for name in ["gone", "--all", "-h"] {
            let error = Revision::check_out(root.path(), name, "app/shapes.toml").unwrap_err();
            assert!(error.starts_with("git: "), "{error}");
        }
    }

    #[test]
    fn revisions_are_written_as_git_writes_them() {
        assert_eq!(split("main:shapes.toml"), Some(("main", "shapes.toml")));
        assert_eq!(split("v1.0~2:a:b"), Some(("v1.0~2", "a:b")));
        for path in ["shapes.toml", ":shapes.toml", "main:"] {
            assert_eq!(split(path), None);
        }
    }
}
