//! Where a shape is asked for: the parts of a URL that stay the same from request to request.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::definition::{Replica, ShapeDefinition};

/// What RFC 3986 calls unreserved stays as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parameters that the stream itself sends, and those that would change what an answer means.
const PROTOCOL: [&str; 10] = [
    "cache-buster",
    "cursor",
    "expired_handle",
    "experimental_live_sse",
    "handle",
    "live",
    "live_sse",
    "log",
    "offset",
    "replica",
];

/// Parameters that state a shape to Electric.
const ELECTRIC: [&str; 3] = ["columns", "table", "where"];

/// Where a shape is asked for, its parameters bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: String,
    /// `name=value`, encoded.
    query: Vec<String>,
}

/// Why there is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Neither `http://` nor `https://`, or no host.
    #[error("`{0}` is no http or https URL")]
    Url(String),
    /// A name that the protocol uses.
    #[error("the parameter `{0}` has a meaning in the protocol: choose another name")]
    Reserved(String),
    /// A shape's filter has another number of parameters than values were given.
    #[error("shape `{shape}` has {wanted} parameters, {given} values were given")]
    Values {
        /// The shape.
        shape: &'static str,
        /// Parameters of its definition.
        wanted: usize,
        /// Values that were given.
        given: usize,
    },
}

impl Address {
    /// A shape by its name, with the parameters that the program binds; the gatekeeper knows the rest.
    ///
    /// `base` is what comes before the name; a query that it has is kept.
    pub fn gatekeeper<'a>(
        base: &str,
        definition: &ShapeDefinition,
        caller: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, AddressError> {
        let mut address = Self::new(base, &[])?;
        address.base = format!("{}/{}", address.base.trim_end_matches('/'), encoded(definition.name));
        for (name, value) in caller {
            check_name(name, &[])?;
            address.add(name, value);
        }
        // One value is one parameter, also where the filter uses it in several types.
        address.query.sort();
        address.query.dedup();
        Ok(address)
    }

    /// A shape stated in full to Electric itself, or to what speaks as Electric does.
    ///
    /// `values` are PostgreSQL's text of the definition's parameters, in their order.
    pub fn electric(url: &str, definition: &ShapeDefinition, values: &[String]) -> Result<Self, AddressError> {
        if values.len() != definition.params.len() {
            let (shape, wanted, given) = (definition.name, definition.params.len(), values.len());
            return Err(AddressError::Values { shape, wanted, given });
        }
        let mut address = Self::new(url, &ELECTRIC)?;
        let columns: Vec<String> = definition.columns.iter().map(|column| quoted(column.name)).collect();
        address.add("columns", &columns.join(","));
        address.add("table", &format!("{}.{}", quoted(definition.table.schema), quoted(definition.table.name)));
        if let Some(filter) = &definition.filter {
            address.add("where", filter.sql);
        }
        if definition.replica == Replica::Full {
            address.add("replica", "full");
        }
        for (at, value) in values.iter().enumerate() {
            address.add(&format!("params[{}]", at + 1), value);
        }
        Ok(address)
    }

    fn new(url: &str, reserved: &[&str]) -> Result<Self, AddressError> {
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(AddressError::Url(base.to_owned()));
        }
        let query: Vec<String> = query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
        for pair in &query {
            let name = pair.split_once('=').map_or(pair.as_str(), |(name, _)| name);
            check_name(&percent_decode_str(name).decode_utf8_lossy(), reserved)?;
        }
        Ok(Self { base: base.to_owned(), query })
    }

    /// Parameters in place of those of their names; a shape's own can't be set.
    pub(super) fn set(&mut self, parameters: &[(String, String)]) -> Result<(), AddressError> {
        for (name, _) in parameters {
            check_name(name, &ELECTRIC)?;
            if name.starts_with("params[") {
                return Err(AddressError::Reserved(name.clone()));
            }
        }
        for (name, value) in parameters {
            let own = encoded(name);
            self.query.retain(|pair| name_of(pair) != own);
            self.add(name, value);
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: &str) {
        self.query.push(pair(name, value));
    }

    /// The URL of one request; parameters are sorted, so that the same request is the same URL to a cache.
    pub(super) fn url(&self, protocol: &[(&str, &str)]) -> String {
        let mut query: Vec<Cow<'_, str>> = self.query.iter().map(Cow::from).collect();
        query.extend(protocol.iter().map(|(name, value)| Cow::from(pair(name, value))));
        query.sort_by(|left, right| name_of(left).cmp(name_of(right)));
        format!("{}?{}", self.base, query.join("&"))
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn check_name(name: &str, reserved: &[&str]) -> Result<(), AddressError> {
    let taken = PROTOCOL.contains(&name) || reserved.contains(&name) || name.starts_with("subset__");
    if taken { Err(AddressError::Reserved(name.to_owned())) } else { Ok(()) }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
