//! The verified values of who is asking, and the token that proves them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::shape::pg_text;
use crate::value::PgValue;

/// The values of a session as the generated `Session` gives them.
#[derive(Clone, Default)]
pub struct Session {
    values: Vec<SessionValue>,
    token: Option<Arc<dyn TokenProvider>>,
}

#[derive(Clone)]
struct SessionValue {
    name: &'static str,
    text: String,
    identity: bool,
}

/// Where tokens come from: any `Fn` that returns a future of a `String`.
pub trait TokenProvider: Send + Sync + 'static {
    /// A token, fetched anew.
    fn token(&self) -> Pin<Box<dyn Future<Output = String> + Send>>;
}

impl<P, F> TokenProvider for P
where
    P: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = String> + Send + 'static,
{
    fn token(&self) -> Pin<Box<dyn Future<Output = String> + Send>> {
        Box::pin(self())
    }
}

impl Session {
    /// A session without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value that is part of who the person is: it decides the partition.
    #[must_use]
    pub fn identity(self, name: &'static str, value: &impl PgValue) -> Self {
        self.with(name, value, true)
    }

    /// Adds another verified value.
    #[must_use]
    pub fn value(self, name: &'static str, value: &impl PgValue) -> Self {
        self.with(name, value, false)
    }

    /// Where the bearer token comes from: asked once, and again when the service answers 401.
    #[must_use]
    pub fn token(mut self, provider: impl TokenProvider) -> Self {
        self.token = Some(Arc::new(provider));
        self
    }

    fn with(mut self, name: &'static str, value: &impl PgValue, identity: bool) -> Self {
        self.values.retain(|value| value.name != name);
        if let Some(text) = pg_text(value) {
            self.values.push(SessionValue { name, text: text.into_owned(), identity });
        }
        self
    }

    /// PostgreSQL's text of a value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|value| value.name == name).map(|value| value.text.as_str())
    }

    /// PostgreSQL's text of a value that is part of who the person is: any other would be kept for everybody.
    pub(crate) fn get_identity(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|value| value.identity && value.name == name).map(|value| value.text.as_str())
    }

    pub(crate) fn token_provider(&self) -> Option<Arc<dyn TokenProvider>> {
        self.token.clone()
    }

    /// Names the partition: the same for the same person, different for any other.
    pub(crate) fn partition(&self) -> String {
        let mut identity: Vec<_> = self.values.iter().filter(|value| value.identity).collect();
        if identity.is_empty() {
            return "public".to_owned();
        }
        identity.sort_by_key(|value| value.name);
        // Lengths keep `a=1, b=2` apart from a value that contains `b=2`.
        identity.iter().map(|value| format!("{}={}:{};", value.name, value.text.len(), value.text)).collect()
    }
}

/// Neither values nor tokens are shown.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|value| value.name)).finish()
    }
}

/// The session of clients whose manifest declares none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSession;

impl From<NoSession> for Session {
    fn from(_: NoSession) -> Self {
        Self::new()
    }
}

/// A token that all streams of a client share: asked for once, renewed once for all.
#[derive(Clone, Default)]
pub(crate) struct Token {
    provider: Option<Arc<dyn TokenProvider>>,
    current: Arc<tokio::sync::Mutex<Option<Arc<str>>>>,
}

impl Token {
    pub(crate) fn new(provider: Option<Arc<dyn TokenProvider>>) -> Self {
        Self { provider, current: Arc::default() }
    }

    /// The token to send; `refused` is one that the service answered with 401.
    ///
    /// Who comes while another asks waits for that answer.
    pub(crate) async fn get(&self, refused: Option<&Arc<str>>) -> Option<Arc<str>> {
        let provider = self.provider.as_ref()?;
        let mut current = self.current.lock().await;
        match (&*current, refused) {
            (Some(token), None) => Some(token.clone()),
            (Some(token), Some(refused)) if token != refused => Some(token.clone()),
            _ => {
                let token: Arc<str> = provider.token().await.into();
                *current = Some(token.clone());
                Some(token)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_tell_people_apart() {
        let session = |a: &str, b: &str| Session::new().identity("a", &a.to_owned()).identity("b", &b.to_owned());
        assert_eq!(session("1", "2").partition(), session("1", "2").partition());
        assert_ne!(session("1", "2").partition(), session("2", "1").partition());
        assert_ne!(session("1;b=1:2;", "").partition(), session("1", "2").partition());
        assert_eq!(Session::new().value("roles", &"admin".to_owned()).partition(), "public");
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_once_for_all() {
        let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counter = asked.clone();
        let session = Session::new().token(move || {
            let number = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            async move { format!("token {number}") }
        });
        let token = Token::new(session.token_provider());
        let first = token.get(None).await.unwrap();
        assert_eq!(token.get(None).await.unwrap(), first);
        let renewed = token.get(Some(&first)).await.unwrap();
        assert_eq!(&*renewed, "token 1");
        assert_eq!(token.get(Some(&first)).await.unwrap(), renewed, "a second stream with the old token");
    }

    #[test]
    fn debug_shows_no_value() {
        let session = Session::new().identity("user_id", &"secret".to_owned());
        assert_eq!(format!("{session:?}"), r#"["user_id"]"#);
    }
}
