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
        Some(Self { inputs, schema, overrides, outputs })
    }

    /// The stamp of a manifest's last build.
    pub(crate) fn read(manifest: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(place(manifest)?).ok()?)
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
        let mut lines = vec![FIRST_LINE.to_owned(), format!("inputs {}", self.inputs.to_hex())];
        lines.extend(self.schema.iter().map(|entry| format!("schema {entry}")));
        lines.extend(self.overrides.iter().map(|entry| format!("overrides {entry}")));
        for File { path, bytes, modified_ns } in &self.outputs {
            lines.push(format!("output {bytes} {modified_ns} {}", path.to_str()?));
        }
        lines.iter().all(|line| !line.contains(['\n', '\r'])).then(|| lines.join("\n"))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let inputs = blake3::Hash::from_hex(lines.next()?.strip_prefix("inputs ")?).ok()?;
        let mut stamp = Self { inputs, schema: Vec::new(), overrides: None, outputs: Vec::new() };
        for line in lines {
            match line.split_once(' ')? {
                ("schema", entry) => stamp.schema.push(entry.to_owned()),
                ("overrides", entry) => stamp.overrides = Some(entry.to_owned()),
                ("output", file) => {
                    let (bytes, file) = file.split_once(' ')?;
                    let (modified_ns, path) = file.split_once(' ')?;
                    let (bytes, modified_ns) = (bytes.parse().ok()?, modified_ns.parse().ok()?);
                    stamp.outputs.push(File { path: path.into(), bytes, modified_ns });
                }
                _ => return None,
            }
        }
        Some(stamp)
    }
}

/// Where the stamp of a manifest lies: in the target folder of the workspace around it.
fn place(manifest: &Path) -> Option<PathBuf> {
    let manifest = fs::canonicalize(manifest).ok()?;
    let workspace = manifest.ancestors().skip(1).find(|folder| folder.join("Cargo.lock").is_file())?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let name = blake3::hash(manifest.as_os_str().as_encoded_bytes()).to_hex();
    Some(target.join("shapegen").join(&name[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

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
