//! The file `cache.db`: opened, checked, laid out; set aside when it is corrupt.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::error::{Fault, StoreError, StoreEvent};

/// How long a writer at a SQL prompt is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Marks the file as ours: "shpc".
const APPLICATION_ID: i64 = 0x7368_7063;
/// The layout below. Another one gets the next number and a migration.
const FORMAT: i64 = 3;
/// Corrupt files that are kept for a look; older ones go, or a failing disk would fill itself.
const KEPT_ASIDE: u32 = 3;

/// One row per shape's table, one per instance, and the generations that are to be deleted.
///
/// Generations are numbered once per file, so a row's `_g` alone says whether it is shown.
const LAYOUT: &str = "
    CREATE TABLE _meta (name TEXT PRIMARY KEY, value ANY) STRICT;
    INSERT INTO _meta VALUES ('last_g', 0);
    CREATE TABLE _shape (
        local TEXT PRIMARY KEY, name TEXT NOT NULL, view TEXT, fingerprint INTEGER NOT NULL,
        columns TEXT NOT NULL, indexes TEXT NOT NULL
    ) STRICT;
    CREATE TABLE _instance (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, shape TEXT NOT NULL, local TEXT NOT NULL,
        current_g INTEGER, current_handle TEXT, current_offset TEXT,
        filling_g INTEGER, filling_handle TEXT, filling_offset TEXT,
        up_to_date_at INTEGER, last_used_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE _dropped (g INTEGER PRIMARY KEY, local TEXT NOT NULL) STRICT;
";
/// What format 2 has more: why rows are there, by row id, and the handles of logs that are lost, by instance.
const SINCE_1: &str = "
    CREATE TABLE _tags (row_id INTEGER PRIMARY KEY, tags TEXT NOT NULL) STRICT;
    CREATE TABLE _expired (key TEXT PRIMARY KEY, handle TEXT NOT NULL, lost_at INTEGER NOT NULL) STRICT;
";

/// What format 3 has more: where rows before one were not loaded, as a JSON array of texts.
const SINCE_2: &str = "ALTER TABLE _instance ADD COLUMN current_oldest TEXT;";

/// Opens the file; a corrupt one is set aside, reported, and replaced by an empty one.
pub(super) fn open(path: &Path, report: &dyn Fn(StoreEvent)) -> Result<Connection, StoreError> {
    match connect(path) {
        Ok(connection) => Ok(connection),
        Err(fault) if fault.is_corruption() => {
            let cause = fault.to_string();
            let aside = set_aside(path)?;
            report(StoreEvent::SetAside { path: path.to_owned(), aside, cause });
            connect(path).map_err(|fault| fault.of(path, None))
        }
        Err(fault) => Err(fault.of(path, None)),
    }
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    prepare(Connection::open(path)?, path)
}

/// Checks what is there, and lays out what is empty.
pub(super) fn prepare(mut connection: Connection, path: &Path) -> Result<Connection, Fault> {
    // The layout is checked before anything is set: a newer file must stay as it is, to the byte.
    let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == APPLICATION_ID && format > FORMAT {
        return Err(StoreError::Newer { path: path.to_owned(), found: format, known: FORMAT }.into());
    }
    let empty = tables == 0 && format == 0 && application == 0;
    if !empty && (application != APPLICATION_ID || !(1..=FORMAT).contains(&format)) {
        return Err(corruption("not a file of this store"));
    }
    configure(&connection)?;
    if format < FORMAT {
        let layout = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if empty {
            layout.execute_batch(LAYOUT)?;
        }
        if format < 2 {
            layout.execute_batch(SINCE_1)?;
        }
        layout.execute_batch(SINCE_2)?;
        layout.pragma_update(None, "application_id", APPLICATION_ID)?;
        layout.pragma_update(None, "user_version", FORMAT)?;
        layout.commit()?;
    }
    // No `quick_check`: it reads the whole file, and the pages that matter, those of the rows that are shown, are read
    // and decoded anyway when their instance is opened. Here the tables that everything hangs on are read.
    let last: rusqlite::Result<i64> =
        connection.query_row("SELECT value FROM _meta WHERE name = 'last_g'", [], |row| row.get(0));
    last.map_err(|error| match Fault::from(error) {
        fault if fault.is_corruption() => fault,
        fault => corruption(&format!("its layout is broken: {fault}")),
    })?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // People with a SQL prompt may read at any time; a writer of theirs is waited for.
    connection.busy_timeout(PATIENCE)?;
    // Where a file system has no shared memory SQLite stays with its rollback journal: slower, as safe.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // No fsync per commit: a power cut may lose the last batches, rows and position together, and they are fetched again.
    connection.pragma_update(None, "synchronous", "normal")?;
    // Checkpoints are ours to time: by default the commit that passes 1,000 pages pays 16 ms for one.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // 16 MiB hold the key index of some 200,000 rows: with the 2 MB of the default a first load rereads its own pages.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    // Sorts for an index of a large table stay in memory: no rows of a person in a file outside of the partition.
    connection.pragma_update(None, "temp_store", "memory")?;
    // The bundled SQLite switches them on. There are none, and looking for them costs time at every delete.
    connection.pragma_update(None, "foreign_keys", false)?;
    // A damaged page is seen when it is read, not when it is walked over. No `mmap_size`: a read error of a mapped page
    // is a signal that ends the program.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Statements are few and kept for good: three per open shape, and the store's own.
    connection.set_prepared_statement_cache_capacity(512);
    Ok(())
}

/// An error that makes the file be set aside.
pub(super) fn corruption(why: &str) -> Fault {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Fault::Sqlite(rusqlite::Error::SqliteFailure(code, Some(why.to_owned())))
}

/// Moves the file and what belongs to it to `cache.db.corrupt-<n>`; nobody may have it open.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |cause: std::io::Error| StoreError::Folder { path: path.to_owned(), cause: cause.into() };
    let mut number = 1;
    // The newest number plus one: the numbers before it may be gone already.
    let folder = path.parent().unwrap_or(Path::new("."));
    let prefix = format!("{}.corrupt-", path.file_name().unwrap_or_default().to_string_lossy());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(found) = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.parse::<u32>().ok()) {
            number = number.max(found.saturating_add(1));
        }
    }
    let aside = |number: u32| folder.join(format!("{prefix}{number}"));
    // The file itself first: SQLite deletes a log that it finds beside no file or an empty one.
    for suffix in ["", "-wal", "-shm"] {
        match fs::rename(suffixed(path, suffix), suffixed(&aside(number), suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        if let Some(oldest) = number.checked_sub(KEPT_ASIDE) {
            // It may never have been there.
            let _ = fs::remove_file(suffixed(&aside(oldest), suffix));
        }
    }
    Ok(aside(number))
}

/// The file that SQLite keeps beside another one: `-wal`, `-shm`.
pub(super) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
