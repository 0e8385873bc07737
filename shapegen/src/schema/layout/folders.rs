//! A folder for each migration: diesel (`VERSION_name/up.sql`), Prisma and drizzle (`VERSION_name/migration.sql`).

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Layout;

const DIESEL: &str = "up.sql";
const PRISMA: &str = "migration.sql";

fn in_folder(name: &str) -> Option<(&str, &str)> {
    name.split_once('/')
}

pub(super) fn fits(names: &[&str]) -> bool {
    names.iter().filter_map(|name| in_folder(name)).any(|(_, file)| file == DIESEL || file == PRISMA)
}

/// diesel's by version: the name up to its first `_`, without `-`, as text. The others' by the folder's name.
pub(super) fn layout(names: &[&str]) -> Layout {
    let mut layout = Layout::default();
    let (mut diesel, mut prisma, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for &name in names {
        match in_folder(name) {
            Some((folder, DIESEL)) => {
                let version = folder.split('_').next().unwrap_or(folder);
                diesel.push((version.replace('-', ""), name));
            }
            Some((folder, PRISMA)) => prisma.push((folder, name)),
            Some((folder, "down.sql")) if names.binary_search(&format!("{folder}/{DIESEL}").as_str()).is_ok() => {}
            _ => others.push(name),
        }
    }
    if let ([(_, first), ..], [(_, second), ..]) = (diesel.as_slice(), prisma.as_slice()) {
        let message = format!("`{first}` and `{second}` belong to different tools");
        layout.error(message, "list the migrations themselves in `schema`, in their order");
        return layout;
    }
    let file = if prisma.is_empty() { DIESEL } else { PRISMA };
    layout.left_out(&others, &format!("a migration here is a folder with `{file}`"));
    diesel.sort();
    layout.twins("version", &diesel);
    prisma.sort();
    let diesel = diesel.into_iter().map(|(_, name)| name);
    layout.files = diesel.chain(prisma.into_iter().map(|(_, name)| name)).map(str::to_owned).collect();
    layout
}

/// Prisma notes for which database its migrations are.
pub(super) fn check_lock(folder: &Path, layout: &mut Layout) {
    let Ok(text) = std::fs::read_to_string(folder.join("migration_lock.toml")) else { return };
    let (lock, _) = DeTable::parse_recoverable(&text);
    if let Some(DeValue::String(provider)) = lock.get_ref().get("provider").map(|value| value.get_ref())
        && !["postgresql", "postgres", "cockroachdb"].contains(&&**provider)
    {
        let message = format!("`migration_lock.toml` says that these migrations are for `{provider}`");
        layout.error(message, "the schema must be PostgreSQL's");
    }
}
