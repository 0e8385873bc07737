//! The verified values of who is asking.

use std::collections::BTreeMap;

/// Session values by their name in the manifest, as PostgreSQL's text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SessionValues(BTreeMap<String, String>);

impl SessionValues {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl ToString) -> Self {
        self.0.insert(name.into(), text.to_string());
        self
    }

    /// A value's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Names only: the values say who somebody is.
impl std::fmt::Debug for SessionValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
