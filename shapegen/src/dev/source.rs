//! The schema's tables in a SQLite file, as the protocol service's source.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use shapegen_server::{
    Archive, Bytes, Follower, Followers, KeptShape, Row, SnapshotPosition, Source, SourceError, TableDefinition,
    TableName, Transaction,
};

use super::archive;
use super::statement;
use super::table::{PrepareError, StoredTable};
use super::write::{Failure, Schema, Writing};
use crate::catalog::Catalog;
use crate::diagnostics::Report;
use crate::source::{FileId, SourceMap};

/// How long one connection waits for another.
const BUSY: Duration = Duration::from_secs(10);

/// Tables in a SQLite file. Clones are the same source.
#[derive(Clone)]
pub(super) struct SqliteSource(Arc<Inner>);

struct Inner {
    path: PathBuf,
    schema: Schema,
    writer: Mutex<Writer>,
    /// A connection of its own: it is used while followers are told of a commit.
    archive: Mutex<Connection>,
    /// Held as long as the file is ours.
    _lock: File,
}

struct Writer {
    connection: Connection,
    followers: Followers,
}

/// Why the database can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("another process uses it")]
    InUse,
    /// The folder or the file can't be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It isn't a database, or its rows don't fit the schema.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Prepare(error.into())
    }
}

/// Why a text was not run.
#[derive(Debug)]
pub(super) enum Refused {
    /// What is wrong with it.
    Text(Box<RefusedText>),
    Database(rusqlite::Error),
}

/// What is wrong with a text, and where.
#[derive(Debug)]
pub struct RefusedText {
    /// In one line.
    pub message: String,
    /// With its place.
    pub report: Report,
    /// The text.
    pub sources: SourceMap,
}

impl fmt::Display for RefusedText {
    /// The report as text without colors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report.render(&self.sources, false))
    }
}

impl SqliteSource {
    /// Opens the file, creating it where there is none, and brings it to the schema's form.
    pub(super) fn open(path: &Path, catalog: Arc<Catalog>, sources: &SourceMap) -> Result<Self, OpenError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push("-lock");
        let lock = File::create(lock_path)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse,
            TryLockError::Error(error) => error.into(),
        })?;
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS _position (
                 id INTEGER PRIMARY KEY CHECK (id = 0), lsn INTEGER NOT NULL, txid INTEGER NOT NULL
             ) STRICT;
             INSERT INTO _position VALUES (0, 16777216, 1000) ON CONFLICT DO NOTHING;
             CREATE TABLE IF NOT EXISTS _counter (
                 schema TEXT, relation TEXT, column TEXT, last INTEGER NOT NULL, PRIMARY KEY (schema, relation, column)
             ) STRICT;",
        )?;
        archive::prepare(&transaction)?;
        let mut tables = std::collections::BTreeMap::new();
        for (name, table) in &catalog.tables {
            let table = StoredTable::new(name, table, sources);
            table.prepare(&transaction, &catalog)?;
            tables.insert(table.definition.name.clone(), Arc::new(table));
        }
        transaction.commit()?;
        let writer = Mutex::new(Writer { connection, followers: Followers::default() });
        let archive = Connection::open(path)?;
        archive.busy_timeout(BUSY)?;
        let schema = Schema { catalog, tables };
        Ok(Self(Arc::new(Inner { path: path.to_owned(), schema, writer, archive: Mutex::new(archive), _lock: lock })))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a file's text where no table has rows yet; false where one has. Blocks.
    pub(super) fn seed(&self, path: &Path, text: &str) -> Result<bool, Refused> {
        let has_rows = {
            let writer = self.writer();
            let mut tables = self.0.schema.tables.values().map(|table| table.has_rows(&writer.connection));
            tables.try_fold(false, |found, has_rows| Ok(found || has_rows?)).map_err(Refused::Database)?
        };
        if !has_rows {
            self.run_file(path, text)?;
        }
        Ok(!has_rows)
    }

    /// Runs a text of SQL as one transaction. Blocks.
    pub(super) fn run(&self, text: &str) -> Result<Arc<Transaction>, Refused> {
        self.run_file(Path::new("request.sql"), text)
    }

    fn run_file(&self, path: &Path, text: &str) -> Result<Arc<Transaction>, Refused> {
        let mut sources = SourceMap::default();
        let file = sources.add(path, text);
        self.try_run(file, text).map_err(|failure| match failure {
            Failure::Refused(diagnostic) => {
                let message = diagnostic.message.clone();
                let mut report = Report::default();
                report.push(*diagnostic);
                Refused::Text(Box::new(RefusedText { message, report, sources }))
            }
            Failure::Database(error) => Refused::Database(error),
        })
    }

    fn try_run(&self, file: FileId, text: &str) -> Result<Arc<Transaction>, Failure> {
        let writes = statement::read(file, text)?;
        let mut writer = self.writer();
        let writer = &mut *writer;
        let database = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writing = Writing { schema: &self.0.schema, text, connection: &database, changes: Vec::new() };
        for write in &writes {
            writing.apply(write)?;
        }
        let changes = writing.changes;
        let advance = "UPDATE _position SET lsn = lsn + ?1, txid = txid + 1 RETURNING lsn, txid";
        let step = 8 * (i64::try_from(changes.len()).unwrap_or(i64::MAX / 16) + 1);
        let (lsn, txid) =
            database.query_row(advance, [step], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        archive::log(&database, lsn, txid, &changes)?;
        database.commit()?;
        let committed = Arc::new(Transaction { lsn: lsn.unsigned_abs(), txid: txid.unsigned_abs(), changes });
        writer.followers.tell(|follower| follower.committed(&committed));
        Ok(committed)
    }
}

fn position(connection: &Connection) -> rusqlite::Result<(u64, u64)> {
    let read =
        |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()));
    let position = connection.query_row("SELECT lsn, txid FROM _position", [], read).optional()?;
    Ok(position.unwrap_or_default())
}

fn database(error: rusqlite::Error) -> SourceError {
    SourceError::Database(Box::new(error))
}

impl Source for SqliteSource {
    fn table(&self, name: &TableName) -> Result<Option<Arc<TableDefinition>>, SourceError> {
        Ok(self.0.schema.tables.get(name).map(|table| Arc::clone(&table.definition)))
    }

    /// On a connection of its own, so that writers don't wait: the position is of the same moment as the rows.
    fn snapshot(
        &self,
        tables: &[TableName],
        visit: &mut dyn FnMut(usize, &Row),
    ) -> Result<SnapshotPosition, SourceError> {
        let stored = |name: &TableName| {
            let table = self.0.schema.tables.get(name);
            table.ok_or_else(|| SourceError::UnknownTable(name.clone()))
        };
        let tables = tables.iter().map(stored).collect::<Result<Vec<_>, _>>()?;
        let mut read = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let mut connection = Connection::open_with_flags(&self.0.path, flags)?;
            connection.busy_timeout(BUSY)?;
            let moment = connection.transaction()?;
            let (_, txid) = position(&moment)?;
            for (at, table) in tables.iter().enumerate() {
                table.for_each_row(&moment, None, |_, row| visit(at, &row))?;
            }
            Ok(SnapshotPosition { xmin: txid + 1, xmax: txid + 1, running: Vec::new() })
        };
        read().map_err(database)
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> u64 {
        let mut writer = self.writer();
        writer.followers.add(follower);
        position(&writer.connection).map_or(0, |(lsn, _)| lsn)
    }

    /// A snapshot may hold what is committed and not told yet.
    fn lsn(&self) -> Result<Option<u64>, SourceError> {
        self.in_archive(|connection| position(connection)).map(|(lsn, _)| Some(lsn))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        Some(self)
    }
}

impl SqliteSource {
    fn in_archive<T>(&self, with: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, SourceError> {
        let mut connection = self.0.archive.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut connection).map_err(database)
    }
}

impl Archive for SqliteSource {
    fn kept(&self) -> Result<Vec<KeptShape>, SourceError> {
        self.in_archive(|connection| archive::kept(connection))
    }

    fn keep(&self, shape: &KeptShape, snapshot: &[Bytes]) -> Result<(), SourceError> {
        self.in_archive(|connection| archive::keep(connection, shape, snapshot))
    }

    fn chunks(&self, handle: &str) -> Result<Vec<Bytes>, SourceError> {
        self.in_archive(|connection| archive::chunks(connection, handle))
    }

    fn replay(&self, after: &SnapshotPosition, visit: &mut dyn FnMut(Transaction)) -> Result<bool, SourceError> {
        self.in_archive(|connection| archive::replay(connection, after, visit))
    }
}
