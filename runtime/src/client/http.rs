//! HTTP itself: its client, its connections, its answers.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::redirect::{Action, Attempt, Policy};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::Mutex;

use super::error::BuildError;
use super::transport::{Body, Pending, Response, Transport};

/// So long other requests wait for the first one.
const ALONE: Duration = Duration::from_millis(500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 10;

/// A client's connections.
pub(super) struct Http {
    client: reqwest::Client,
    /// Held by the first request: its handshake tells whether its connection serves all others, too. Sent at once, each
    /// would open one of its own before that is known.
    first: Arc<Mutex<()>>,
    /// That is known, or there is no TLS to tell.
    opened: Arc<AtomicBool>,
}

impl Http {
    pub(super) fn new(https: bool, read_timeout: Option<Duration>) -> Result<Self, BuildError> {
        let client = client(https, read_timeout)?;
        Ok(Self { client, first: Arc::default(), opened: Arc::new(AtomicBool::new(!https)) })
    }
}

impl Transport for Http {
    fn get(&self, url: &str, headers: HeaderMap) -> Pending<'static, Result<Response, String>> {
        let (first, opened) = (self.first.clone(), self.opened.clone());
        let request = self.client.get(url).headers(headers);
        Box::pin(async move {
            let mut alone = None;
            if !opened.load(Ordering::Relaxed) {
                alone = tokio::time::timeout(ALONE, first.lock()).await.ok();
            }
            // Those who waited go together.
            let alone = alone.filter(|_| !opened.load(Ordering::Relaxed));
            let mut response = request.send().await.map_err(reason)?;
            opened.store(true, Ordering::Relaxed);
            drop(alone);
            let headers = std::mem::take(response.headers_mut());
            Ok(Response { status: response.status().as_u16(), headers, body: Box::new(response) })
        })
    }
}

/// TLS by ring, whatever provider the program installed for itself; the platform's roots where the address needs them.
fn client(https: bool, read_timeout: Option<Duration>) -> Result<reqwest::Client, BuildError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(BuildError::Tls)?;
    let config = if https {
        config.with_platform_verifier().map_err(BuildError::Tls)?
    } else {
        config.with_root_certificates(rustls::RootCertStore::empty())
    };
    let mut config = config.with_no_client_auth();
    // One connection for all shapes, where the service offers it: a configuration of one's own has to say so.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(Policy::custom(same_origin))
        .connect_timeout(CONNECT_TIMEOUT);
    if let Some(timeout) = read_timeout {
        builder = builder.read_timeout(timeout);
    }
    builder.build().map_err(BuildError::Http)
}

/// Who is asking and what for goes to nobody else, and not in clear where it was asked for encrypted.
fn same_origin(attempt: Attempt<'_>) -> Action {
    let to = attempt.url();
    let stays = attempt.previous().last().is_some_and(|from| from.origin() == to.origin());
    if stays && attempt.previous().len() < MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

impl Body for reqwest::Response {
    fn piece(&mut self) -> Pending<'_, Result<Option<Bytes>, String>> {
        Box::pin(async { self.chunk().await.map_err(reason) })
    }
}

/// What went wrong and why, without the URL.
fn reason(error: reqwest::Error) -> String {
    let mut reason = String::new();
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(error) = cause {
        if !reason.is_empty() {
            reason.push_str(": ");
        }
        reason.push_str(&error.to_string());
        cause = error.source();
    }
    if reason.is_empty() { "the request failed".to_owned() } else { reason }
}
