//! Why a condition has no truth for a row.

/// Why a condition has no truth for a row: PostgreSQL would raise an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A text that is not of the type that the condition says.
    #[error("`{text}` is not a value of {kind}")]
    Invalid {
        /// The text.
        text: String,
        /// What it should be of.
        kind: &'static str,
    },
    /// A function has no result for its arguments.
    #[error("{0}")]
    Failed(&'static str),
    /// A time zone that this machine doesn't know.
    #[error("the time zone `{0}` is not known")]
    Zone(String),
    /// A subquery's table can't be read here.
    #[error("the rows of {0} are not known here")]
    Table(String),
}

impl EvalError {
    pub(super) fn invalid(text: &str, kind: &'static str) -> Self {
        Self::Invalid { text: text.chars().take(80).collect(), kind }
    }
}
