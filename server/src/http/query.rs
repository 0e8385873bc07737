//! The protocol's query parameters.

use axum::extract::Query;
use axum::http::Uri;

use crate::http::reply::Invalid;
use crate::offset::From;

/// A request's parameters, decoded, in their order.
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(crate) fn of(uri: &Uri) -> Result<Self, Invalid> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
        pairs.map(|Query(pairs)| Self(pairs)).map_err(|_| Invalid::one("query", "is invalid"))
    }

    /// A parameter's value: the last one where it came twice, as in Electric.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// As [`get`](Self::get), without empty values.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What a client may send whichever way it names the shape.
pub(crate) const PROTOCOL: [&str; 9] = [
    "offset",
    "handle",
    "live",
    "cursor",
    "log",
    "live_sse",
    "experimental_live_sse",
    "expired_handle",
    "cache-buster",
];

/// Where in the log a request is, and how it waits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) from: From,
    pub(crate) handle: Option<String>,
    pub(crate) live: bool,
    /// `live` as a stream of events.
    pub(crate) sse: bool,
    /// 0 where none, or no number, came.
    pub(crate) cursor: u64,
}

impl Position {
    /// Reads the protocol's parameters; what is wrong goes to `invalid`.
    pub(crate) fn read(pairs: &Pairs, invalid: &mut Invalid) -> Option<Self> {
        // Only the literal `false` is false, as in Electric: `live` and `live=` are true.
        let flag = |name| pairs.get(name).is_some_and(|value| value != "false");
        let live = flag("live");
        let sse = if pairs.get("live_sse").is_some() { flag("live_sse") } else { flag("experimental_live_sse") };
        if sse && !live {
            invalid.add("live_sse", "can't be true unless live is also true");
        }
        let handle = pairs.filled("handle").map(str::to_owned);
        let from = match pairs.filled("offset").map(From::parse) {
            None => {
                invalid.add("offset", "can't be blank");
                return None;
            }
            Some(None) => {
                invalid.add("offset", "has invalid format");
                return None;
            }
            Some(Some(from)) => from,
        };
        match from {
            From::Start if live => invalid.add("live", "can't be true when offset == -1"),
            From::Now if live => invalid.add("live", "can't be true when offset is 'now'"),
            From::After(_) if handle.is_none() => invalid.add("handle", "can't be blank when offset != -1"),
            _ => {}
        }
        let cursor = pairs.get("cursor").and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Self { from, handle, live, sse, cursor })
    }
}

/// Whether the log begins without rows: `log=changes_only`.
pub(crate) fn changes_only(pairs: &Pairs, invalid: &mut Invalid) -> bool {
    match pairs.filled("log") {
        None | Some("full") => false,
        Some("changes_only") => true,
        Some(_) => {
            invalid.add("log", "is invalid");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn read(query: &str) -> Result<Position, Invalid> {
        let pairs = Pairs::of(&format!("/v1/shape?{query}").parse().unwrap()).unwrap();
        let mut invalid = Invalid::default();
        let position = Position::read(&pairs, &mut invalid);
        changes_only(&pairs, &mut invalid);
        invalid.or(()).map(|()| position.unwrap())
    }

    #[test]
    fn s_001_to_s_005_what_is_wrong_is_said_of_its_parameter() {
        for (query, parameter, message) in [
            ("", "offset", "can't be blank"),
            ("offset=", "offset", "can't be blank"),
            ("offset=10", "offset", "has invalid format"),
            ("offset=0_0", "handle", "can't be blank when offset != -1"),
            ("offset=-1&live=true", "live", "can't be true when offset == -1"),
            ("offset=now&live", "live", "can't be true when offset is 'now'"),
            ("offset=-1&live_sse=true", "live_sse", "can't be true unless live is also true"),
            ("offset=-1&experimental_live_sse=true", "live_sse", "can't be true unless live is also true"),
            ("offset=-1&log=some", "log", "is invalid"),
        ] {
            assert_eq!(read(query), Err(Invalid::one(parameter, message)), "{query}");
        }
        assert_eq!(Invalid::one("offset", "x").into_response().headers()["cache-control"], "no-store");
    }

    #[test]
    fn s_058_the_old_name_counts_where_the_new_one_is_absent() {
        for (query, sse) in [
            ("live_sse=true", true),
            ("experimental_live_sse=true", true),
            ("live_sse=false&experimental_live_sse=true", false),
            ("live_sse&experimental_live_sse=false", true),
            ("", false),
        ] {
            assert_eq!(read(&format!("offset=0_0&handle=h&live&{query}")).unwrap().sse, sse, "{query}");
        }
    }

    #[test]
    fn s_069_only_the_word_false_is_false() {
        for (value, live) in [("&live", true), ("&live=", true), ("&live=1", true), ("&live=false", false), ("", false)]
        {
            assert_eq!(read(&format!("offset=0_0&handle=h{value}")).unwrap().live, live, "{value}");
        }
    }
}
