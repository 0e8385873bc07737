//! What the last build read and left on disk, so that the next one can tell that nothing has changed.
//!
//! A stamp is about one machine: it knows outputs by size and time. So it lies in cargo's target folder, where nobody
//! commits it; without such a folder there is none, and a build looks at everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What a stamp says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The program that built: another one of the same version may make something else of the same inputs.
    program: File,
    /// Hash of the manifest and the schema's scripts.
    pub(crate) inputs: blake3::Hash,
    /// The manifest's `schema`.
    pub(crate) schema: Vec<String>,
    /// The manifest's `overrides`.
    pub(crate) overrides: Option<String>,
    /// The files that the build made.
    outputs: Vec<File>,
}

/// A file as the build left it.
#[derive(Debug, PartialEq, Eq)]
struct File {
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
}

impl File {
    fn at(path: PathBuf) -> Option<Self> {
        let metadata = fs::metadata(&path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self { path, bytes: metadata.len(), modified_ns: modified.as_nanos() })
    }

    /// `None` when the path isn't text.
    fn print(&self) -> Option<String> {
        Some(format!("{} {} {}", self.bytes, self.modified_ns, self.path.to_str()?))
    }

    fn parse(text: &str) -> Option<Self> {
        let (bytes, rest) = text.split_once(' ')?;
        let (modified_ns, path) = rest.split_once(' ')?;
        Some(Self { path: path.into(), bytes: bytes.parse().ok()?, modified_ns: modified_ns.parse().ok()? })
    }
}

/// This program's own file.
fn program() -> Option<File> {
    File::at(std::env::current_exe().ok()?)
}

const FIRST_LINE: &str = concat!("shapegen ", env!("CARGO_PKG_VERSION"));

impl Stamp {
    /// `None` when a file isn't there.
    pub(crate) fn new<'p>(
        inputs: blake3::Hash,
        schema: Vec<String>,
        overrides: Option<String>,
        outputs: impl Iterator<Item = &'p Path>,
    ) -> Option<Self> {
        let outputs = outputs.map(|path| File::at(std::path::absolute(path).ok()?)).collect::<Option<_>>()?;
        Some(Self { program: program()?, inputs, schema, overrides, outputs })
    }

    /// The stamp of a manifest's last build, if this program made it.
    pub(crate) fn read(manifest: &Path) -> Option<Self> {
        let stamp = Self::parse(&fs::read_to_string(place(manifest)?).ok()?)?;
        (stamp.program == program()?).then_some(stamp)
    }

    /// Leaves it for the next build. That it can't be written costs that build time and nothing else.
    pub(crate) fn write(&self, manifest: &Path) {
        let Some((place, text)) = place(manifest).zip(self.print()) else { return };
        let staged = place.with_extension(std::process::id().to_string());
        let written = place.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&staged, text));
        if written.and_then(|()| fs::rename(&staged, &place)).is_err() {
            let _ = fs::remove_file(&staged);
        }
    }

    /// Takes away what an earlier build left.
    pub(crate) fn forget(manifest: &Path) {
        if let Some(place) = place(manifest) {
            let _ = fs::remove_file(place);
        }
    }

    /// How many files the build made, if all of them are as it left them.
    pub(crate) fn untouched(&self) -> Option<usize> {
        let is_untouched = |file: &File| File::at(file.path.clone()).as_ref() == Some(file);
        self.outputs.iter().all(is_untouched).then_some(self.outputs.len())
    }

    /// One fact a line; `None` when a path can't be one.
    fn print(&self) -> Option<String> {
        let mut lines = vec![FIRST_LINE.to_owned(), format!("program {}", self.program.print()?)];
        lines.push(format!("inputs {}", self.inputs.to_hex()));
        lines.extend(self.schema.iter().map(|entry| format!("schema {entry}")));
        lines.extend(self.overrides.iter().map(|entry| format!("overrides {entry}")));
        for file in &self.outputs {
            lines.push(format!("output {}", file.print()?));
        }
        lines.iter().all(|line| !line.contains(['\n', '\r'])).then(|| lines.join("\n"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let program = File::parse(lines.next()?.strip_prefix("program ")?)?;
        let inputs = blake3::Hash::from_hex(lines.next()?.strip_prefix("inputs ")?).ok()?;
        let mut stamp = Self { program, inputs, schema: Vec::new(), overrides: None, outputs: Vec::new() };
        for line in lines {
            match line.split_once(' ')? {
                ("schema", entry) => stamp.schema.push(entry.to_owned()),
                ("overrides", entry) => stamp.overrides = Some(entry.to_owned()),
                ("output", file) => stamp.outputs.push(File::parse(file)?),
                _ => return None,
            }
        }
        Some(stamp)
    }
}

/// Where the stamp of a manifest lies: in the target folder of the workspace around it.
fn place(manifest: &Path) -> Option<PathBuf> {
    // A linked manifest is another one: its paths are relative to the link.
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let manifest = fs::canonicalize(folder).ok()?.join(manifest.file_name()?);
    let workspace = manifest.ancestors().skip(1).find(|folder| folder.join("Cargo.lock").is_file())?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let name = blake3::hash(manifest.as_os_str().as_encoded_bytes()).to_hex();
    Some(target.join("shapegen").join(&name[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_program_built_is_not_remembered() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.lock"), "").unwrap();
        let manifest = root.path().join("shapes.toml");
        let stamp = || Stamp::new(blake3::hash(b"x"), Vec::new(), None, [].into_iter()).unwrap();
        stamp().write(&manifest);
        assert_eq!(Stamp::read(&manifest), Some(stamp()));
        let program = File { bytes: 1, ..program().unwrap() };
        Stamp { program, ..stamp() }.write(&manifest);
        assert_eq!(Stamp::read(&manifest), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_manifest_has_a_stamp_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("Cargo.lock"), "").unwrap();
        fs::write(root.path().join("shapes.toml"), "").unwrap();
        fs::create_dir(root.path().join("app")).unwrap();
        let link = root.path().join("app/shapes.toml");
        std::os::unix::fs::symlink("../shapes.toml", &link).unwrap();
        assert_ne!(place(&link), place(&root.path().join("shapes.toml")));
        assert_eq!(place(&root.path().join("app/../shapes.toml")), place(&root.path().join("shapes.toml")));
    }

    #[test]
    fn what_was_printed_is_parsed_and_damage_is_no_stamp() {
        let root = tempfile::tempdir().unwrap();
        let output = root.path().join("a file.rs");
        fs::write(&output, "x").unwrap();
        let entries = vec!["a b.sql".to_owned(), String::new()];
        let stamp = |outputs: &[&Path]| {
            Stamp::new(blake3::hash(b"x"), entries.clone(), Some("o.sql".to_owned()), outputs.iter().copied())
        };
        assert_eq!(stamp(&[root.path().join("gone").as_path()]), None);
        let stamp = stamp(&[output.as_path()]).unwrap();
        let text = stamp.print().unwrap();
        assert_eq!(Stamp::parse(&text).as_ref(), Some(&stamp));
        for damaged in
            ["", "shapegen 0", FIRST_LINE, &text.replace("inputs ", "inputs 0"), &text.replace("output ", "out ")]
        {
            assert_eq!(Stamp::parse(damaged), None, "{damaged}");
        }
        assert_eq!(stamp.untouched(), Some(1));
        fs::write(&output, "xx").unwrap();
        assert_eq!(stamp.untouched(), None);
        assert_eq!(Stamp { schema: vec!["a\nb".to_owned()], ..stamp }.print(), None);
    }
}
