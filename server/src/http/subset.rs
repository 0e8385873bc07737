//! What a request says of a subset, in its query or in its body.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use shapegen_runtime::definition::Filter;

use crate::http::query::Pairs;
use crate::http::reply::Invalid;
use crate::service::Inner;
use crate::shape::check_params;
use crate::subset::{OrderBy, Subset, orderable};
use crate::table::TableDefinition;

/// What may be said of a subset; the last two are of newer clients, say the same in another way, and are passed over.
const KEYS: [&str; 7] = ["where", "params", "order_by", "limit", "offset", "where_expr", "order_by_expr"];
/// A longer condition is refused.
const MOST_WHERE_BYTES: usize = 64 << 10;

/// `where` of `subset__where` and of `subset[where]`, `params[1]` of `subset__params[1]` and of `subset[params][1]`;
/// `None` where a query's parameter says nothing of a subset.
pub(crate) fn subset_key(key: &str) -> Option<String> {
    match (key.strip_prefix("subset__"), key.strip_prefix("subset[")) {
        (Some(key), _) => Some(key.to_owned()),
        (None, Some(key)) => Some(key.replacen(']', "", 1)),
        (None, None) => None,
    }
}

/// Whether [`subset_key`] gave something that is known.
pub(crate) fn is_known(key: &str) -> bool {
    KEYS.contains(&key) || param_number(key).is_some()
}

fn param_number(key: &str) -> Option<&str> {
    key.strip_prefix("params[")?.strip_suffix(']')
}

/// A subset as it was asked for, before the shape is known.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SubsetText {
    filter: Option<String>,
    params: Vec<String>,
    order_by: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl SubsetText {
    /// Reads the query and the body; `None` when neither says anything of a subset. What is wrong goes to `invalid`.
    pub(crate) fn read(pairs: &Pairs, body: Map<String, Value>, invalid: &mut Invalid) -> Option<Self> {
        let mut said = from_body(body, invalid);
        let in_body: Vec<String> = said.iter().flat_map(|said| said.keys().cloned()).collect();
        let mut numbered = BTreeMap::new();
        for (key, value) in pairs.iter() {
            let Some(key) = subset_key(key) else {
                if key == "subset" {
                    invalid.add("subset", "is invalid");
                }
                continue;
            };
            let said = said.get_or_insert_default();
            let name = match param_number(&key) {
                Some(number) => {
                    numbered.insert(number.to_owned(), Value::from(value));
                    "params"
                }
                None => key.as_str(),
            };
            if in_body.iter().any(|known| known == name) {
                invalid.add_subset(name, "is given in the query and in the body");
            }
            if name == key {
                said.insert(key, Value::from(value));
            }
        }
        let mut said = said?;
        if !numbered.is_empty() {
            said.insert("params".to_owned(), Value::Object(numbered.into_iter().collect()));
        }
        let order_by = text(&said, "order_by", invalid);
        let limit = integer(&said, "limit", 1, "must be greater than 0", invalid);
        let offset = integer(&said, "offset", 0, "must be greater than or equal to 0", invalid);
        if order_by.is_none() && (limit.is_some() || offset.is_some()) {
            invalid.add_subset("order_by", "order_by is required when limit or offset is present");
        }
        let filter = text(&said, "where", invalid);
        if filter.as_ref().is_some_and(|filter| filter.len() > MOST_WHERE_BYTES) {
            invalid.add_subset("where", format!("should be at most {MOST_WHERE_BYTES} byte(s)"));
        }
        let params = params(said.remove("params")).unwrap_or_else(|message| {
            invalid.add_subset("params", message);
            Vec::new()
        });
        Some(Self { filter, params, order_by, limit, offset })
    }

    /// Checks it against the columns that the client may know. `known` are conditions that need no parser.
    pub(crate) fn check(
        self,
        service: &Inner,
        known: &[&Filter],
        table: &TableDefinition,
        columns: &[String],
    ) -> Result<Subset, Box<Response>> {
        let respond = |invalid: Invalid| Box::new(invalid.into_response());
        let is_hidden = |column: &str| !columns.iter().any(|known| known == column);
        let mut invalid = Invalid::default();
        let filter = self.filter.map(|text| {
            if let Some(known) = known.iter().find(|known| known.sql == text) {
                check_params(&known.expr, &self.params)?;
                return Ok(known.expr.clone());
            }
            let parser = service.where_parser.as_ref().ok_or("this service takes no conditions")?;
            let filter = parser(table, &text, &self.params)?;
            if filter.has_select() {
                return Err("Subqueries are not allowed in subsets".to_owned());
            }
            check_params(&filter, &self.params)?;
            let mut hidden = None;
            filter.for_each_column(&mut |column| {
                if is_hidden(column) {
                    hidden = Some(format!("unknown reference {column}"));
                }
            });
            hidden.map_or(Ok(filter), Err)
        });
        let filter = filter.transpose().unwrap_or_else(|message: String| {
            invalid.add_subset("where", message);
            None
        });
        let order = self.order_by.map_or(Ok(Vec::new()), |text| OrderBy::parse(&text)).and_then(|order| {
            for OrderBy { column, .. } in &order {
                if is_hidden(column) {
                    return Err(format!("unknown reference {column}"));
                }
                orderable(table, column).map_err(|error| error.to_string())?;
            }
            Ok(order)
        });
        let order = order.unwrap_or_else(|message| {
            invalid.add_subset("order_by", message);
            Vec::new()
        });
        let subset = Subset { filter, params: self.params, order, limit: self.limit, offset: self.offset.unwrap_or(0) };
        invalid.or(subset).map_err(respond)
    }
}

/// What a body says of a subset: at its top, or all of it in `subset`. It says nothing else: whoever pins the shape in
/// the query must not be overridden.
fn from_body(mut body: Map<String, Value>, invalid: &mut Invalid) -> Option<Map<String, Value>> {
    let nested = body.remove("subset");
    let is_nested = nested.is_some();
    for key in body.keys().filter(|key| is_nested || !KEYS.contains(&key.as_str())) {
        invalid.add(key, "can't be given in the body: it says nothing but what subset is asked for");
    }
    match nested {
        None => (!body.is_empty()).then_some(body),
        Some(Value::Object(subset)) => Some(subset),
        Some(_) => {
            invalid.add("subset", "is invalid");
            None
        }
    }
}

fn text(said: &Map<String, Value>, key: &str, invalid: &mut Invalid) -> Option<String> {
    match said.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
        Some(_) => {
            invalid.add_subset(key, "is invalid");
            None
        }
    }
}

fn integer(said: &Map<String, Value>, key: &str, least: i64, too_small: &str, invalid: &mut Invalid) -> Option<usize> {
    let number = match said.get(key)? {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    };
    let message = match number {
        None => "is invalid",
        Some(number) if number < least => too_small,
        Some(number) => return Some(usize::try_from(number).unwrap_or(usize::MAX)),
    };
    invalid.add_subset(key, message);
    None
}

/// The values of `$1`, `$2` …: an object whose keys are numbered from 1 without a gap, or its JSON text.
fn params(value: Option<Value>) -> Result<Vec<String>, &'static str> {
    let value = match value {
        Some(Value::String(text)) if text.is_empty() => Value::Null,
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|_| "is invalid")?,
        value => value.unwrap_or_default(),
    };
    let object = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(object) => object,
        _ => return Err("is invalid"),
    };
    let mut numbered = BTreeMap::new();
    for (key, value) in object {
        let number = key.parse::<usize>().map_err(|_| "Parameters can only use numbers as keys")?;
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return Err("is invalid"),
        };
        numbered.insert(number, text);
    }
    if !numbered.keys().copied().eq(1..=numbered.len()) {
        return Err("Parameters must be numbered sequentially, starting from 1");
    }
    Ok(numbered.into_values().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: &str, body: Value) -> Result<Option<SubsetText>, Invalid> {
        let pairs = Pairs::of(&format!("/?{query}").parse().unwrap()).unwrap();
        let mut invalid = Invalid::default();
        let Value::Object(body) = body else { panic!("no object") };
        let subset = SubsetText::read(&pairs, body, &mut invalid);
        invalid.or(subset)
    }

    #[test]
    fn s_055_query_and_body_say_the_same() {
        let expected = read(
            "subset__where=n+%3E+$1&subset__params=%7B%221%22:%224%22%7D&subset__order_by=n+desc&subset__limit=2",
            json!({}),
        );
        assert_eq!(expected.as_ref().unwrap().as_ref().unwrap().params, ["4"]);
        let flat = json!({ "where": "n > $1", "params": { "1": "4" }, "order_by": "n desc", "limit": 2 });
        let texts = json!({ "where": "n > $1", "params": { "1": 4 }, "order_by": "n desc", "limit": "2" });
        for (query, body) in [
            ("subset[where]=n+%3E+$1&subset[params][1]=4&subset[order_by]=n+desc&subset%5Blimit%5D=2", json!({})),
            ("subset__where=n+%3E+$1&subset__params[1]=4&subset[order_by]=n+desc&subset__limit=2", json!({})),
            ("", flat.clone()),
            ("", json!({ "subset": flat })),
            ("", texts),
            ("subset__limit=2&subset__order_by=n+desc", json!({ "where": "n > $1", "params": { "1": "4" } })),
        ] {
            assert_eq!(read(query, body.clone()), expected, "{query} {body}");
        }
        assert_eq!(read("offset=-1&where=x&params[1]=2", json!({})), Ok(None));
        assert!(read("subset__where_expr=x", json!({})).unwrap().is_some(), "any of them asks for a subset");
    }

    #[test]
    fn s_051_and_s_053_what_is_wrong_is_said_of_its_part() {
        let required = "order_by is required when limit or offset is present";
        let sequence = "Parameters must be numbered sequentially, starting from 1";
        let long = "x".repeat(MOST_WHERE_BYTES + 1);
        for (body, key, message) in [
            (json!({ "limit": 2 }), "order_by", required),
            (json!({ "offset": 0 }), "order_by", required),
            (json!({ "limit": 0 }), "limit", "must be greater than 0"),
            (json!({ "limit": 1.5 }), "limit", "is invalid"),
            (json!({ "limit": "two" }), "limit", "is invalid"),
            (json!({ "offset": -1 }), "offset", "must be greater than or equal to 0"),
            (json!({ "where": true }), "where", "is invalid"),
            (json!({ "where": long }), "where", "should be at most 65536 byte(s)"),
            (json!({ "params": ["a"] }), "params", "is invalid"),
            (json!({ "params": "{" }), "params", "is invalid"),
            (json!({ "params": { "1": {} } }), "params", "is invalid"),
            (json!({ "params": { "2": "a" } }), "params", sequence),
            (json!({ "params": { "a": "a" } }), "params", "Parameters can only use numbers as keys"),
        ] {
            assert_eq!(read("", body.clone()), Err(Invalid::of_subset(key, message)), "{body}");
        }
        let twice = Invalid::of_subset("where", "is given in the query and in the body");
        assert_eq!(read("subset[where]=true", json!({ "where": "true" })), Err(twice));
        assert_eq!(read("subset=true", json!({})), Err(Invalid::one("subset", "is invalid")));
    }

    #[test]
    fn s_056_a_body_says_nothing_of_the_shape() {
        let message = "can't be given in the body: it says nothing but what subset is asked for";
        for (body, key) in [
            (json!({ "table": "other" }), "table"),
            (json!({ "where": "true", "columns": "id" }), "columns"),
            (json!({ "subset": {}, "where": "true" }), "where"),
            (json!({ "subset": {}, "params": {} }), "params"),
            (json!({ "handle": "x" }), "handle"),
            (json!({ "replica": "full" }), "replica"),
            (json!({ "queryable_columns": "id" }), "queryable_columns"),
            (json!({ "subset__where": "true" }), "subset__where"),
        ] {
            assert_eq!(read("", body.clone()), Err(Invalid::one(key, message)), "{body}");
        }
    }
}
