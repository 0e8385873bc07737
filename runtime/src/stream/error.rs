//! Why a shape's sync waits or has stopped.

use std::fmt;

use crate::columns::ColumnError;
use crate::definition::{ParamSource, ShapeDefinition, Table};
use crate::log::LogError;
use crate::store::StoreError;
use crate::stream::AddressError;
use crate::value::ValueError;

/// Characters of an error's body that are kept.
const SHOWN: usize = 300;

/// Why a shape's sync waits or has stopped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// No answer, or one that broke off.
    #[error("{of}: no answer: {reason}")]
    Network {
        /// Whose sync.
        of: Origin,
        /// What the transport said.
        reason: String,
    },
    /// The service can't answer now: 408, 429, 5xx and whatever else is neither an answer nor a refusal.
    #[error("{of}: the service is unavailable (status {status}): {body}")]
    Unavailable {
        /// Whose sync.
        of: Origin,
        /// The HTTP status.
        status: u16,
        /// The answer's body, shortened.
        body: String,
    },
    /// The service refuses this request, and would again: 4xx.
    #[error("{of}: the service refuses (status {status}): {body}")]
    Refused {
        /// Whose sync.
        of: Origin,
        /// The HTTP status.
        status: u16,
        /// The answer's body, shortened.
        body: String,
    },
    /// An answer without headers that every answer has: something between client and service takes them away.
    #[error("{of}: the answer lacks {}", .headers.join(", "))]
    MissingHeaders {
        /// Whose sync.
        of: Origin,
        /// The headers, those that couldn't be read among them.
        headers: Vec<&'static str>,
    },
    /// An answer whose body is no shape log.
    #[error("{of}: the answer is no shape log")]
    Malformed {
        /// Whose sync.
        of: Origin,
        /// What was wrong, and where.
        #[source]
        error: LogError,
    },
    /// The service's table isn't the one that this program was compiled for.
    #[error("{of}: column `{column}` {drift}")]
    SchemaDrift {
        /// Whose sync.
        of: Origin,
        /// The column.
        column: &'static str,
        /// In what it differs.
        drift: Drift,
    },
    /// A value that its column's Rust type can't hold.
    #[error("{of}: column `{column}` came with a value that its type can't hold")]
    Value {
        /// Whose sync.
        of: Origin,
        /// The column.
        column: &'static str,
        /// The value, and the type.
        #[source]
        error: ValueError,
    },
    /// The shape binds a value that the session doesn't have.
    #[error("{of}: the session has no {}`{param}`", if *.from == ParamSource::Identity { "identity " } else { "" })]
    Unbound {
        /// Whose sync.
        of: Origin,
        /// The parameter.
        param: &'static str,
        /// As what the session would have it.
        from: ParamSource,
    },
    /// There is no address to ask at.
    #[error("{of}: {error}")]
    Address {
        /// Whose sync.
        of: Origin,
        /// Why.
        #[source]
        error: AddressError,
    },
    /// The local store didn't take a batch: the sync stops, so that the disk has no hole.
    #[error("{of}: {error}")]
    Store {
        /// Whose sync.
        of: Origin,
        /// What the store said.
        #[source]
        error: StoreError,
    },
    /// The service sent what this version can't follow.
    #[error("{of}: `{message}` messages are not supported")]
    Unsupported {
        /// Whose sync.
        of: Origin,
        /// The kind of message.
        message: &'static str,
    },
    /// The sync was told to stop, its runtime is gone, or it panicked.
    #[error("{of}: cancelled")]
    Cancelled {
        /// Whose sync.
        of: Origin,
    },
    /// Older rows were asked for, and the shape doesn't load its newest ones.
    #[error("{of}: there are no older rows to load: its `load` isn't `{{ newest = …, by = … }}`")]
    NotNewest {
        /// Whose sync.
        of: Origin,
    },
    /// Answers come and lead nowhere, again and again.
    #[error(
        "{of}: the answers don't lead on from offset `{offset}`: something on the way may ignore a part of the query"
    )]
    Loop {
        /// Whose sync.
        of: Origin,
        /// Where it stands.
        offset: String,
    },
    /// What the program did about errors didn't help, time after time.
    #[error("{of}: an error came again after each of many recoveries")]
    Unrecovered {
        /// Whose sync.
        of: Origin,
    },
    /// A cache between client and service goes on serving a log that is gone.
    #[error("{of}: a cache on the way keeps serving the expired handle `{handle}`")]
    StaleCache {
        /// Whose sync.
        of: Origin,
        /// The handle that came.
        handle: String,
    },
}

/// The shape that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The shape's name in the manifest.
    pub shape: &'static str,
    /// The shape's table.
    pub table: Table,
}

/// In what a column differs from the compiled one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Drift {
    /// The service doesn't send it.
    #[error("doesn't come from the service")]
    Missing,
    /// Its type is another one.
    #[error("is compiled as {compiled} and comes as {found}")]
    Type {
        /// The compiled type.
        compiled: String,
        /// The service's type.
        found: String,
    },
    /// NULL came, and the column was compiled as not null.
    #[error("is compiled as NOT NULL and came as NULL")]
    Null,
}

impl Origin {
    /// The shape of a definition.
    pub fn new(definition: &ShapeDefinition) -> Self {
        Self { shape: definition.name, table: definition.table }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shape `{}` of table {}.{}", self.shape, self.table.schema, self.table.name)
    }
}

impl SyncError {
    /// A body that is no shape log.
    pub fn malformed(definition: &ShapeDefinition, error: LogError) -> Self {
        Self::Malformed { of: Origin::new(definition), error }
    }

    /// A row that the compiled columns can't take.
    pub fn column(definition: &ShapeDefinition, error: ColumnError) -> Self {
        let of = Origin::new(definition);
        let column = definition.columns.get(error.position).map_or("?", |column| column.name);
        match error.error {
            ValueError::Null => Self::SchemaDrift { of, column, drift: Drift::Null },
            ValueError::Absent => Self::SchemaDrift { of, column, drift: Drift::Missing },
            error => Self::Value { of, column, error },
        }
    }

    /// The shape that this is about.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Network { of, .. }
            | Self::Unavailable { of, .. }
            | Self::Refused { of, .. }
            | Self::MissingHeaders { of, .. }
            | Self::Malformed { of, .. }
            | Self::SchemaDrift { of, .. }
            | Self::Value { of, .. }
            | Self::Unbound { of, .. }
            | Self::Unsupported { of, .. }
            | Self::Address { of, .. }
            | Self::Cancelled { of }
            | Self::NotNewest { of }
            | Self::Loop { of, .. }
            | Self::Unrecovered { of }
            | Self::StaleCache { of, .. } => *of,
            Self::Store { of, .. } => *of,
        }
    }

    /// The HTTP status, where there was one to speak of.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unavailable { status, .. } | Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Something outside of this sync may cure it.
    pub(crate) fn may_recover(&self) -> bool {
        !matches!(
            self,
            Self::Store { .. } | Self::MissingHeaders { .. } | Self::Cancelled { .. } | Self::Unrecovered { .. }
        )
    }

    /// The rows or the disk are at fault, not the service: asking again is no use.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Store { .. })
    }

    /// Whether the same request may succeed later, with nothing changed on this side.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Network { .. }
            | Self::Unavailable { .. }
            | Self::Malformed { .. }
            | Self::StaleCache { .. }
            | Self::Loop { .. } => true,
            Self::Store { error, .. } => error.retryable(),
            _ => false,
        }
    }
}

/// An error's body as a message can show it.
pub(super) fn shortened(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
