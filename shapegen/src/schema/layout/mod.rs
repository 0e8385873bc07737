//! Which tool's layout a folder of migrations has, and with it which files are applied in which order.

mod flat;
mod folders;
mod journal;
mod prefixed;
mod supabase;

use std::path::{Path, PathBuf};

use super::path::visit;
use super::version::leading_number;
use crate::diagnostics::{Diagnostic, Severity, codes};
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
    let mut layout = choose(folder)?;
    if layout.files.is_empty() && layout.remarks.iter().all(|remark| remark.severity != Severity::Error) {
        layout.error("nothing in the folder is applied", "name its files in `schema`, in their order");
    }
    Ok(layout)
}

fn choose(folder: &Path) -> std::io::Result<Layout> {
    let all = |depth| scripts(folder, depth).map(|found| found.names);
    if let Some(layout) = journal::read(folder, || all(0))? {
        return Ok(layout);
    }
    if supabase::fits(folder) {
        return all(usize::MAX).map(|names| supabase::layout(folder, names));
    }
    let mut found = scripts(folder, 1)?;
    if found.names.is_empty() || prefixed::fits(&found.names) {
        found = scripts(folder, usize::MAX)?;
    }
    let mut layout = of(found.names);
    folders::check_lock(folder, &mut layout);
    let programs: Vec<&str> = found.programs.iter().map(String::as_str).collect();
    if !programs.is_empty() {
        let message = format!("only SQL is read: what {} does is not known", several(&programs));
        layout.warning(message, "state in the manifest's `overrides` what it makes");
    }
    Ok(layout)
}

/// The folder, and the files in which an order can be said: a change of one of them changes the output.
pub(super) fn inputs(folder: &Path) -> Vec<PathBuf> {
    let journal = Some(folder.join(journal::PATH));
    let config = supabase::fits(folder).then(|| supabase::config(folder));
    let files = [journal, config].into_iter().flatten().filter(|file| file.is_file());
    std::iter::once(folder.to_owned()).chain(files).collect()
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

/// What a folder has, by paths with slashes.
#[derive(Default)]
struct Scripts {
    names: Vec<String>,
    /// Migrations in other languages, sorted.
    programs: Vec<String>,
}

/// Every script in a folder and as deep as this below it. Not hidden ones, and not `seed.sql`, which is data by
/// convention.
fn scripts(folder: &Path, depth: usize) -> std::io::Result<Scripts> {
    let mut scripts = Scripts::default();
    visit(folder, folder, depth, &mut |_, relative| {
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let Some(name) = parts.last().filter(|_| !parts.iter().any(|part| part.starts_with('.'))) else { return };
        if stem(name).is_some() {
            if name != "seed.sql" && name != "seeds.sql" {
                scripts.names.push(parts.join("/"));
            }
        } else if is_program(name) {
            scripts.programs.push(parts.join("/"));
        }
    })?;
    scripts.programs.sort();
    Ok(scripts)
}

/// Go migrations of goose, Rust ones of refinery, Java and Kotlin ones of Flyway.
fn is_program(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    match extension {
        "go" => leading_number(stem).is_some_and(|(_, rest)| rest.starts_with('_') && !rest.ends_with("_test")),
        "rs" | "java" | "kt" => prefixed::fits(&[format!("{stem}.sql")]),
        _ => false,
    }
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

    #[test]
    fn the_order_in_which_the_system_lists_files_says_nothing() {
        let folders: &[&[&str]] = &[
            &["9_a.sql", "10_b.sql", "010_c.sql", "x.sql", "y.sql", "old/1_d.sql"],
            &["9_a.up.sql", "9_a.down.sql", "10_b.up.sql", "7_c.down.sql", "11_d.sql", "e.sql"],
            &["V1__a.sql", "V1_1__b.sql", "sub/V10__c.sql", "R__d.sql", "R__a.sql", "U1__a.sql", "B1__a.sql", "z.sql"],
            &["2_a/up.sql", "2_a/down.sql", "1-0_b/up.sql", "10_c/up.sql", "4_d/down.sql", "e.sql"],
            &["2_a/migration.sql", "2_a-b/migration.sql", "1_c/migration.sql", "x.sql"],
            &["b.sql", "a.sql", "C.sql", "1.sql"],
        ];
        for names in folders {
            let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let expected = format!("{:?}", of(names.clone()));
            for seed in 0..50 {
                fastrand::Rng::with_seed(seed).shuffle(&mut names);
                assert_eq!(format!("{:?}", of(names.clone())), expected, "seed {seed}: {names:?}");
            }
        }
    }
}
