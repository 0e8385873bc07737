//! Which tool's layout a folder of migrations has, and with it which files are applied in which order.

mod flat;
mod folders;
mod journal;
mod prefixed;

use std::path::{Path, PathBuf};

use super::path::visit;
use crate::diagnostics::{Diagnostic, codes};
pub(super) use flat::is_way_back;

/// What a folder comes to.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The files that are applied, relative to the folder, in order.
    pub(super) files: Vec<String>,
    /// Their names are numbers and words: the markers in them may tell whose they are.
    pub(super) numbered: bool,
    /// Errors and warnings about names, without a place.
    pub(super) remarks: Vec<Diagnostic>,
}

impl Layout {
    fn error(&mut self, message: impl Into<String>, help: &str) {
        self.remarks.push(Diagnostic::error(&codes::MIGRATION_FOLDER, message).help(help));
    }

    fn warning(&mut self, message: impl Into<String>, help: &str) {
        self.remarks.push(Diagnostic::warning(&codes::MIGRATION_FOLDER, message).help(help));
    }

    /// Files that no rule of the layout takes: never left out without a word.
    fn left_out(&mut self, files: &[&str], why: &str) {
        if !files.is_empty() {
            let message = format!("{} {} left out: {why}", several(files), if files.len() == 1 { "is" } else { "are" });
            self.warning(message, "to apply what is left out, name it in `schema` itself");
        }
    }

    /// Reports neighbours in the order that have the same version, or what else the order is by.
    fn twins<V: PartialEq>(&mut self, what: &str, sorted: &[(V, &str)]) {
        for same in sorted.chunk_by(|(left, _), (right, _)| left == right).filter(|same| same.len() > 1) {
            let names: Vec<&str> = same.iter().map(|(_, name)| *name).collect();
            self.error(format!("{} have the same {what}", several(&names)), "which comes first can't be told");
        }
    }
}

/// Names for a message; of many, the first few.
pub(super) fn several(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names {
        [rest @ .., last] if !rest.is_empty() && names.len() <= SHOWN => format!("{} and `{last}`", quoted(rest)),
        [shown @ .., _] if names.len() > SHOWN => {
            format!("{} and {} more", quoted(&shown[..SHOWN - 1]), names.len() - (SHOWN - 1))
        }
        names => quoted(names),
    }
}

/// The layout of a folder.
pub(super) fn read(folder: &Path) -> std::io::Result<Layout> {
    if let Some(layout) = journal::read(folder, || scripts(folder, 0))? {
        return Ok(layout);
    }
    let mut names = scripts(folder, 1)?;
    if names.is_empty() || prefixed::fits(&names) {
        names = scripts(folder, usize::MAX)?;
    }
    let mut layout = of(names);
    folders::check_lock(folder, &mut layout);
    Ok(layout)
}

/// Files besides the scripts that decide: a change in one of them changes the output.
pub(super) fn inputs(folder: &Path) -> Vec<PathBuf> {
    let journal = folder.join(journal::PATH);
    std::iter::once(folder.to_owned()).chain(journal.is_file().then_some(journal)).collect()
}

/// The layout of these scripts. In which order they come says nothing.
fn of(mut names: Vec<String>) -> Layout {
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if prefixed::fits(&names) {
        prefixed::layout(&names)
    } else if folders::fits(&names) {
        folders::layout(&names)
    } else {
        flat::layout(&names)
    }
}

/// Every `.sql` file in a folder and as deep as this below it, by its path with slashes. Not hidden ones, and not
/// `seed.sql`, which is data by convention.
fn scripts(folder: &Path, depth: usize) -> std::io::Result<Vec<String>> {
    let mut scripts = Vec::new();
    visit(folder, folder, depth, &mut |_, relative| {
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let is_script = stem(&relative.to_string_lossy()).is_some();
        let is_seed = relative.file_name().is_some_and(|name| name == "seed.sql" || name == "seeds.sql");
        if is_script && !is_seed && !parts.iter().any(|part| part.starts_with('.')) {
            scripts.push(parts.join("/"));
        }
    })?;
    Ok(scripts)
}

/// A script's name without `.sql`.
fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    extension.eq_ignore_ascii_case("sql").then_some(stem)
}

/// The last part of a path with slashes.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_a_few_are_shown() {
        assert_eq!(several(&["a"]), "`a`");
        assert_eq!(several(&["a", "b"]), "`a` and `b`");
        assert_eq!(several(&["a", "b", "c", "d"]), "`a`, `b`, `c` and `d`");
        assert_eq!(several(&["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
