//! drizzle: files in the order of `meta/_journal.json`.

use std::path::Path;

use serde::Deserialize;

use super::{Layout, several, stem};

/// Where drizzle keeps it.
pub(super) const PATH: &str = "meta/_journal.json";

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    tag: String,
}

/// The layout of a folder that has a journal. `scripts` are the ones that are there.
pub(super) fn read(
    folder: &Path,
    scripts: impl FnOnce() -> std::io::Result<Vec<String>>,
) -> std::io::Result<Option<Layout>> {
    let bytes = match std::fs::read(folder.join(PATH)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut layout = Layout::default();
    let journal: Journal = match serde_json::from_slice(&bytes) {
        Ok(journal) => journal,
        Err(error) => {
            layout.error(format!("`{PATH}` can't be read: {error}"), "drizzle-kit writes it");
            return Ok(Some(layout));
        }
    };
    if let Some(dialect) = journal.dialect.filter(|dialect| dialect != "postgresql" && dialect != "pg") {
        let message = format!("`{PATH}` says that these migrations are for `{dialect}`");
        layout.error(message, "the schema must be PostgreSQL's");
        return Ok(Some(layout));
    }
    let mut there = scripts()?;
    there.sort();
    let is_there = |tag: &str| there.iter().any(|name| stem(name) == Some(tag));
    let (found, missing): (Vec<&str>, Vec<&str>) =
        journal.entries.iter().map(|entry| entry.tag.as_str()).partition(|tag| is_there(tag));
    if !missing.is_empty() {
        layout.error(format!("`{PATH}` names {}, which isn't there", several(&missing)), "bring the `.sql` file back");
    }
    let others: Vec<&str> =
        there.iter().map(String::as_str).filter(|name| stem(name).is_none_or(|stem| !found.contains(&stem))).collect();
    layout.left_out(&others, "`meta/_journal.json` doesn't name it");
    layout.files = found.iter().map(|tag| format!("{tag}.sql")).collect();
    Ok(Some(layout))
}
