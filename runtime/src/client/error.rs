//! Why a client can't be built.

/// Why a client can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is not an absolute http or https URL.
    #[error("`{url}` is not an address of a shape service: {reason}")]
    Url {
        /// The address, without what may be secret in it: its query, and who asks.
        url: String,
        /// Why.
        reason: String,
    },
    /// A read timeout of zero: every request would be given up before its answer.
    #[error("a read timeout of zero gives every request up")]
    ReadTimeout,
    /// The thread for the sync can't be started.
    #[error("the sync's thread can't be started")]
    Thread(#[source] std::io::Error),
    /// The HTTP client can't be set up.
    #[error("the HTTP client can't be set up")]
    Http(#[source] reqwest::Error),
    /// The TLS library can't be set up.
    #[error("TLS can't be set up")]
    Tls(#[source] rustls::Error),
}
