//! `/v1/shape`: a shape by table, columns, where clause and parameters.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use crate::http::query::{Pairs, Position};
use crate::http::reply::{self, Invalid};
use crate::http::serve::{Asked, serve};
use crate::service::Inner;
use crate::shape::{Replica, ShapeSpec, check_params};
use crate::table::{TableDefinition, TableName, identifiers};

pub(crate) async fn get(State(service): State<Arc<Inner>>, uri: Uri, headers: HeaderMap) -> Response {
    match read(&service, &uri) {
        Ok(asked) => serve(&service, asked, &headers).await,
        Err(response) => *response,
    }
}

fn read(service: &Inner, uri: &Uri) -> Result<Asked, Box<Response>> {
    let respond = |invalid: Invalid| Box::new(invalid.into_response());
    let pairs = Pairs::of(uri).map_err(respond)?;
    let mut invalid = Invalid::default();
    let position = Position::read(&pairs, &mut invalid);
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
    if pairs.get("queryable_columns").is_some() {
        invalid.add("queryable_columns", "is not supported by this service");
    }
    let params = params(&pairs).unwrap_or_else(|message| {
        invalid.add("params", message);
        Vec::new()
    });
    let (Some(position), Some(name)) = invalid.or((position, name)).map_err(respond)? else {
        // Both are there when nothing is invalid.
        return Err(respond(Invalid::one("table", "can't be blank")));
    };
    let name = TableName::parse(name).map_err(|error| respond(Invalid::one("table", error.to_string())))?;
    let table = service.shapes.table(&name).map_err(|error| {
        tracing::error!(%error, "a table can't be looked up");
        Box::new(reply::unavailable("The database can't be asked right now", 10))
    })?;
    let table = table.ok_or_else(|| {
        respond(Invalid::one(
            "table",
            format!("Table {name} does not exist. If the table name contains capitals or special characters you must quote it."),
        ))
    })?;
    let columns = columns(&table, pairs.get("columns")).map_err(|message| respond(Invalid::one("columns", message)))?;
    let filter = match (pairs.filled("where"), &service.where_parser) {
        (Some(text), Some(parser)) => {
            let filter = parser(&table, text, &params)
                .and_then(|filter| check_params(&filter, &params).map(|()| filter))
                .and_then(|filter| service.shapes.check_subqueries(&filter, &table).map(|()| filter))
                .map_err(|message| respond(Invalid::one("where", message)))?;
            Some(filter)
        }
        _ => None,
    };
    let spec = ShapeSpec { table: name, columns, filter, params, replica, changes_only: position.changes_only };
    Ok(Asked { spec: Arc::new(spec), table, position, private: false })
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

/// The columns that are asked for, sorted; all of the table's without a list.
fn columns(table: &TableDefinition, list: Option<&str>) -> Result<Vec<String>, String> {
    let mut columns = match list {
        None => table.columns.iter().map(|column| column.name.clone()).collect(),
        Some(list) => {
            let names = identifiers(list, ',').map_err(|error| error.to_string())?;
            let unknown: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| table.position(name).is_none()).collect();
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
