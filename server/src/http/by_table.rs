//! `/v1/shape`: a shape by table, columns, where clause and parameters.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::http::body;
use crate::http::query::{Pairs, Position, changes_only};
use crate::http::reply::{self, Invalid};
use crate::http::serve::{Asked, lookup, serve};
use crate::http::subset::SubsetText;
use crate::service::Inner;
use crate::shape::{Replica, ShapeSpec, check_params};
use crate::table::{TableDefinition, TableName, identifiers};

pub(crate) async fn get(State(service): State<Arc<Inner>>, uri: Uri, headers: HeaderMap) -> Response {
    match read(&service, &uri, Map::new()) {
        Ok(asked) => serve(&service, asked, &headers).await,
        Err(response) => *response,
    }
}

pub(crate) async fn post(
    State(service): State<Arc<Inner>>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    reply::not_kept(match body::read(body).and_then(|body| read(&service, &uri, body)) {
        Ok(asked) => serve(&service, asked, &headers).await,
        Err(response) => *response,
    })
}

/// Ends a shape: its handle is void.
pub(crate) async fn delete(State(service): State<Arc<Inner>>, uri: Uri) -> Response {
    if !service.allow_delete {
        return reply::not_kept(reply::error(StatusCode::METHOD_NOT_ALLOWED, "DELETE not allowed"));
    }
    let ended = Pairs::of(&uri).map_err(|invalid| Box::new(invalid.into_response())).and_then(|pairs| {
        let Definition { spec, .. } = Definition::read(&service, &pairs, Invalid::default())?;
        Ok(service.shapes.end(&spec, pairs.filled("handle")))
    });
    reply::not_kept(match ended {
        Ok(true) => {
            let has_data = (HeaderName::from_static("electric-has-data"), HeaderValue::from_static("true"));
            (StatusCode::ACCEPTED, [reply::JSON, has_data]).into_response()
        }
        Ok(false) => reply::error(StatusCode::NOT_FOUND, "No existing shape found"),
        Err(response) => *response,
    })
}

fn read(service: &Inner, uri: &Uri, body: Map<String, Value>) -> Result<Asked, Box<Response>> {
    let respond = |invalid: Invalid| Box::new(invalid.into_response());
    let pairs = Pairs::of(uri).map_err(respond)?;
    let mut invalid = Invalid::default();
    let position = Position::read(&pairs, &mut invalid);
    let subset = SubsetText::read(&pairs, body, &mut invalid);
    let Definition { spec, table, queryable } = Definition::read(service, &pairs, invalid)?;
    // It is there when nothing is invalid.
    let position = position.ok_or_else(|| respond(Invalid::one("offset", "can't be blank")))?;
    let subset = subset.map(|subset| subset.check(service, &[], &table, &queryable)).transpose()?;
    Ok(Asked { spec, table, position, subset, private: false })
}

/// Which shape is asked for.
struct Definition {
    spec: Arc<ShapeSpec>,
    table: Arc<TableDefinition>,
    /// The columns that a subset may name.
    queryable: Vec<String>,
}

impl Definition {
    /// Reads it; fails also when `invalid` says that something else is wrong.
    fn read(service: &Inner, pairs: &Pairs, mut invalid: Invalid) -> Result<Self, Box<Response>> {
        let respond = |invalid: Invalid| Box::new(invalid.into_response());
        let changes_only = changes_only(pairs, &mut invalid);
        let name = pairs.filled("table");
        if name.is_none() {
            invalid.add("table", "can't be blank");
        }
        let replica = match pairs.filled("replica") {
            None | Some("default") => Replica::Default,
            Some("full") => Replica::Full,
            Some(_) => {
                invalid.add("replica", "is invalid");
                Replica::Default
            }
        };
        let params = params(pairs).unwrap_or_else(|message| {
            invalid.add("params", message);
            Vec::new()
        });
        let Some(name) = invalid.or(name).map_err(respond)? else {
            // It is there when nothing is invalid.
            return Err(respond(Invalid::one("table", "can't be blank")));
        };
        let name = TableName::parse(name).map_err(|error| respond(Invalid::one("table", error.to_string())))?;
        let table = lookup(service, &name)?.ok_or_else(|| respond(Invalid::unknown_table(&name)))?;
        let all: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let list = |parameter: &'static str, of: &[String]| {
            columns(&table, of, pairs.get(parameter)).map_err(|message| respond(Invalid::one(parameter, message)))
        };
        let queryable = list("queryable_columns", &all)?;
        let columns = list("columns", &queryable)?;
        if ["columns", "queryable_columns"].iter().all(|list| pairs.get(list).is_none()) && !table.generated.is_empty()
        {
            let generated = table.generated.iter().map(String::as_str).collect();
            return Err(respond(Invalid::one("columns", self::generated(generated))));
        }
        let filter = match (pairs.filled("where"), &service.where_parser) {
            (Some(text), Some(parser)) => {
                let filter = parser(&table, text, &params)
                    .and_then(|filter| check_params(&filter, &params).map(|()| filter))
                    .map_err(|message| respond(Invalid::one("where", message)))?;
                Some(filter)
            }
            _ => None,
        };
        let spec = Arc::new(ShapeSpec { table: name, columns, filter, params, replica, changes_only });
        Ok(Self { spec, table, queryable })
    }
}

/// The values of `params[1]`, `params[2]` …, which must be numbered from 1 without a gap.
fn params(pairs: &Pairs) -> Result<Vec<String>, &'static str> {
    let mut numbered = std::collections::BTreeMap::new();
    for (key, value) in pairs.iter() {
        if key == "params" {
            return Err("is invalid");
        }
        if let Some(rest) = key.strip_prefix("params[") {
            let number = rest.strip_suffix(']').and_then(|number| number.parse::<usize>().ok());
            numbered.insert(number.ok_or("Parameters can only use numbers as keys")?, value.to_owned());
        }
    }
    if !numbered.keys().copied().eq(1..=numbered.len()) {
        return Err("Parameters must be numbered sequentially, starting from 1");
    }
    Ok(numbered.into_values().collect())
}

/// The columns that are asked for, sorted; all that are known without a list.
fn columns(table: &TableDefinition, known: &[String], list: Option<&str>) -> Result<Vec<String>, String> {
    let mut columns = match list {
        None => known.to_vec(),
        Some(list) => {
            let names = identifiers(list, ',').map_err(|error| error.to_string())?;
            let (asked, unknown): (Vec<&str>, Vec<&str>) = names
                .iter()
                .map(String::as_str)
                .filter(|name| !known.iter().any(|known| known == name))
                .partition(|name| table.generated.iter().any(|generated| generated == name));
            if !asked.is_empty() {
                return Err(generated(asked));
            }
            if !unknown.is_empty() {
                return Err(format!("The following columns are not found on the table: {}", unknown.join(", ")));
            }
            names
        }
    };
    let missing: Vec<&str> = table
        .key()
        .iter()
        .filter_map(|&at| table.columns.get(at))
        .map(|column| column.name.as_str())
        .filter(|key| !columns.iter().any(|column| column == key))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(format!("The list of columns must include all primary key columns, missing: {missing}"));
    }
    columns.sort_unstable();
    columns.dedup();
    Ok(columns)
}

/// Why generated columns can't be in a shape.
fn generated(names: Vec<&str>) -> String {
    format!(
        "The following columns are generated and cannot be included in the shape: {}. You can exclude them from the shape \
         by explicitly listing which columns to fetch in the 'columns' query param",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_059_parameters_are_numbered_from_1_without_a_gap() {
        let read = |query: &str| params(&Pairs::of(&format!("/?{query}").parse().unwrap()).unwrap());
        assert_eq!(read("params[2]=b&params%5B1%5D=a%27;--"), Ok(vec!["a';--".to_owned(), "b".to_owned()]));
        assert_eq!(read(""), Ok(vec![]));
        for (query, message) in [
            ("params[1]=a&params[3]=c", "Parameters must be numbered sequentially, starting from 1"),
            ("params[0]=a", "Parameters must be numbered sequentially, starting from 1"),
            ("params[a]=a", "Parameters can only use numbers as keys"),
            ("params[1=a", "Parameters can only use numbers as keys"),
            ("params=%7B%221%22:%225%22%7D", "is invalid"),
        ] {
            assert_eq!(read(query), Err(message), "{query}");
        }
    }
}
