//! The input files and places in them.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// A file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A place: bytes `start..end` of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A place in a file.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self { file, start: range.start, end: range.end }
    }

    /// The bytes, as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One input file.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as diagnostics show it.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

/// Every input file of a run.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile { path: path.into(), text: text.into() });
        FileId((self.files.len() - 1) as u32)
    }

    /// A file by its id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text at a place.
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.range()]
    }

    /// Shows the files below a folder as files of a git revision: `main:schema.sql`.
    #[cfg(feature = "cli")]
    pub(crate) fn show_as(&mut self, folder: &Path, revision: &str) {
        for file in &mut self.files {
            if let Ok(inside) = file.path.strip_prefix(folder) {
                file.path = PathBuf::from(format!("{revision}:{}", inside.display()));
            }
        }
    }

    /// Shows files by their paths from a folder.
    pub(crate) fn show_from(&mut self, folder: &Path) {
        for file in self.files.iter_mut().filter(|file| !file.path.as_os_str().is_empty()) {
            file.path = relative(folder, &file.path.to_string_lossy()).into();
        }
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

/// A path or glob as it is named from a folder. Only the text is looked at: links stay as they were written.
pub(crate) fn relative(folder: &Path, entry: &str) -> String {
    let (Ok(from), Ok(to)) = (std::path::absolute(folder.join("x")), std::path::absolute(entry)) else {
        return entry.to_owned();
    };
    let (mut from, to) = (folded(&from), folded(&to));
    from.pop();
    let shared = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
    if shared == 0 {
        // Another drive.
        return entry.to_owned();
    }
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    up.chain(to.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
}

/// The parts of an absolute path, without `.` and `..`.
fn folded(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts
}
