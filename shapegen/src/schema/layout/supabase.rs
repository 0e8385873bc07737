//! Supabase's declared schema: all files below `supabase/schemas`, sorted by path.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Layout;

pub(super) fn fits(folder: &Path) -> bool {
    std::path::absolute(folder).is_ok_and(|folder| folder.ends_with("supabase/schemas"))
}

pub(super) fn layout(folder: &Path, mut names: Vec<String>) -> Layout {
    let mut layout = Layout::default();
    if names.is_empty() {
        layout.error("there is no `.sql` file in the folder or below it", "Supabase keeps declared tables there");
    }
    if has_paths(folder) {
        let message = "`supabase/config.toml` has `schema_paths`, which say another order than that of the names";
        layout.warning(message, "list the same paths in `schema`");
    }
    names.sort_by(|left, right| left.split('/').cmp(right.split('/')));
    layout.files = names;
    layout
}

/// The file in which the order can be said.
pub(super) fn config(folder: &Path) -> PathBuf {
    folder.join("../config.toml")
}

fn has_paths(folder: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(config(folder)) else { return false };
    let (root, _) = DeTable::parse_recoverable(&text);
    let migrations = table(root.get_ref(), "db").and_then(|db| table(db, "migrations"));
    let paths = migrations.and_then(|migrations| migrations.get("schema_paths"));
    paths.is_some_and(|paths| matches!(paths.get_ref(), DeValue::Array(paths) if !paths.is_empty()))
}

fn table<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    match table.get(key)?.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    }
}
