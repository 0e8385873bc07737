//! What can go wrong with the local store, and what it did about it by itself.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

/// Why the local store could not do what it was asked to.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A folder or the lock file in it can't be made or used.
    #[error("the store's folder {} can't be used: {cause}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: Arc<io::Error>,
    },
    /// Another process, or another store of this one, has the partition open.
    #[error("the partition {} is in use by another process", path.display())]
    InUse {
        /// The partition's folder.
        path: PathBuf,
    },
    /// A newer version of this program wrote the file; it was left as it is.
    #[error("{} is of format {found}, and this version reads formats up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's format.
        found: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// The file was corrupt, was set aside, and an empty one stands in its place.
    #[error("{} was corrupt and is now {}: {cause}", path.display(), aside.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the corrupt file is now.
        aside: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// SQLite could not do it: disk full, no permission, an error of the disk.
    #[error("{}{}: {cause}", path.display(), table.map(|table| format!(", table {table}")).unwrap_or_default())]
    Database {
        /// The file.
        path: PathBuf,
        /// The local table, where it was about one.
        table: Option<&'static str>,
        /// What SQLite said.
        #[source]
        cause: Cause,
    },
    /// An earlier batch of this instance was not written, so this one would leave a hole and was refused too.
    ///
    /// A new generation (`first`), or opening the instance again, ends this.
    #[error("shape {shape}: an earlier batch was not written")]
    Behind {
        /// The shape.
        shape: &'static str,
    },
    /// A batch for a generation that isn't there.
    #[error("shape {shape}: there is no {generation} generation to write to")]
    NoGeneration {
        /// The shape.
        shape: &'static str,
        /// `filling` or `current`.
        generation: &'static str,
    },
    /// A row came with another number of columns than its shape has.
    #[error("shape {shape}: a row has {found} columns instead of {expected}")]
    Columns {
        /// The shape.
        shape: &'static str,
        /// How many columns the shape has.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// The instance was closed or opened anew, or the partition's thread is gone.
    #[error("the instance is closed")]
    Closed,
}

/// Equal when they say the same.
impl PartialEq for StoreError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl StoreError {
    /// The same call may succeed later, without a change of the program.
    pub fn retryable(&self) -> bool {
        match self {
            Self::InUse { .. } | Self::Corrupt { .. } => true,
            Self::Database { cause, .. } => cause.retryable,
            _ => false,
        }
    }
}

/// What SQLite said.
#[derive(Debug, Clone)]
pub struct Cause {
    error: Arc<rusqlite::Error>,
    retryable: bool,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// What the store did by itself, for logs and support screens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreEvent {
    /// A corrupt file was moved and an empty one stands in its place; everything in it is fetched again.
    SetAside {
        /// The file.
        path: PathBuf,
        /// Where the corrupt file is now.
        aside: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// A stored row could not be read; its generation was deleted and is fetched again.
    Unreadable {
        /// The shape.
        shape: &'static str,
        /// What was wrong with which column.
        cause: String,
    },
}

impl fmt::Display for StoreEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { path, aside, cause } => {
                write!(f, "{} was corrupt and is now {}: {cause}", path.display(), aside.display())
            }
            Self::Unreadable { shape, cause } => write!(f, "shape {shape}: a stored row can't be read: {cause}"),
        }
    }
}

/// An error on its way out, before it is known which file it is about.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The file is broken, whatever is tried next.
    pub(super) fn is_corruption(&self) -> bool {
        match self {
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Store(_) => false,
        }
    }

    pub(super) fn of(self, path: &Path, table: Option<&'static str>) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) => {
                let retryable = matches!(
                    error.sqlite_error_code(),
                    Some(
                        ErrorCode::DiskFull
                            | ErrorCode::DatabaseBusy
                            | ErrorCode::DatabaseLocked
                            | ErrorCode::SystemIoFailure
                            | ErrorCode::OutOfMemory
                            | ErrorCode::CannotOpen
                    )
                );
                let cause = Cause { error: Arc::new(error), retryable };
                StoreError::Database { path: path.to_owned(), table, cause }
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}
