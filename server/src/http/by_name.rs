//! `/shapes/NAME`: a generated shape, bound to the session and to what the caller says.

use std::iter;
use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};
use shapegen_runtime::definition::{Filter, Load, ParamSource};

use crate::http::body;
use crate::http::query::{PROTOCOL, Pairs, Position, changes_only};
use crate::http::reply::{self, Invalid};
use crate::http::serve::{Asked, lookup, serve};
use crate::http::subset::{SubsetText, is_known, subset_key};
use crate::service::{Inner, uses_session};
use crate::shape::{ShapeSpec, check_params};
use crate::table::TableName;

pub(crate) async fn get(
    State(service): State<Arc<Inner>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    match read(&service, &name, &uri, &headers, Map::new()) {
        Ok(asked) => serve(&service, asked, &headers).await,
        Err(response) => *response,
    }
}

pub(crate) async fn post(
    State(service): State<Arc<Inner>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    reply::not_kept(match body::read(body).and_then(|body| read(&service, &name, &uri, &headers, body)) {
        Ok(asked) => serve(&service, asked, &headers).await,
        Err(response) => *response,
    })
}

pub(crate) async fn delete() -> Response {
    reply::not_kept(reply::error(StatusCode::METHOD_NOT_ALLOWED, "DELETE not allowed"))
}

fn read(
    service: &Inner,
    name: &str,
    uri: &Uri,
    headers: &HeaderMap,
    body: Map<String, Value>,
) -> Result<Asked, Box<Response>> {
    let shape = service.definitions.get(name);
    let shape = shape.ok_or_else(|| Box::new(reply::error(StatusCode::NOT_FOUND, "No such shape")))?;
    let session = service.sessions.as_ref().and_then(|sessions| sessions(headers));
    let unauthorized = || Box::new(reply::error(StatusCode::UNAUTHORIZED, "Unauthorized"));
    if session.is_none() && uses_session(shape) {
        return Err(unauthorized());
    }
    let session = session.unwrap_or_default();
    let respond = |invalid: Invalid| Box::new(invalid.into_response());
    let pairs = Pairs::of(uri).map_err(respond)?;
    let mut invalid = Invalid::default();
    // Each parameter is known and comes once: nothing that a proxy behind this might read in another way.
    let is_caller = |key: &str| shape.params.iter().any(|param| param.from == ParamSource::Caller && param.name == key);
    let same = |key: &str, other: &str| match subset_key(key) {
        Some(key) => subset_key(other) == Some(key),
        None => other == key,
    };
    for (key, _) in pairs.iter() {
        let of_subset = subset_key(key).is_some_and(|key| is_known(&key));
        if !PROTOCOL.contains(&key) && !is_caller(key) && !of_subset {
            invalid.add(key, "is not a parameter of this shape");
        } else if pairs.iter().filter(|(other, _)| same(key, other)).count() > 1 {
            invalid.add(key, "is given more than once");
        }
    }
    let changes_only = changes_only(&pairs, &mut invalid);
    let subset = SubsetText::read(&pairs, body, &mut invalid);
    let position = Position::read(&pairs, &mut invalid);
    let mut params = Vec::with_capacity(shape.params.len());
    for param in shape.params {
        let text = match param.from {
            ParamSource::Identity | ParamSource::Session => Some(session.get(param.name).ok_or_else(unauthorized)?),
            ParamSource::Caller => pairs.get(param.name),
        };
        if text.is_none() {
            invalid.add(param.name, "can't be blank");
        }
        params.push(text.unwrap_or_default().to_owned());
    }
    let Some(position) = invalid.or(position).map_err(respond)? else {
        // It is there when nothing is invalid.
        return Err(respond(Invalid::one("offset", "can't be blank")));
    };
    let filter = shape.filter.as_ref().map(|filter| filter.expr.clone());
    if let Some(filter) = &filter {
        check_params(filter, &params).map_err(|message| respond(Invalid::one("params", message)))?;
    }
    let name = TableName::new(shape.table.schema, shape.table.name);
    let unavailable = |reason: &dyn std::fmt::Display| {
        tracing::error!(shape = shape.name, %reason, "a shape can't be served");
        Box::new(reply::unavailable("The shape can't be read from the database right now", 10))
    };
    let table = lookup(service, &name)?.ok_or_else(|| unavailable(&"its table is missing"))?;
    let mut columns: Vec<String> = shape.columns.iter().map(|column| column.name.to_owned()).collect();
    columns.sort_unstable();
    if columns.iter().any(|column| table.position(column).is_none()) {
        return Err(unavailable(&"its table lacks a column"));
    }
    let older: Vec<&Filter> = match &shape.load {
        Load::Newest(newest) => iter::once(&newest.older).chain(&newest.older_undated).collect(),
        Load::All | Load::FromNow => Vec::new(),
    };
    let subset = subset.map(|subset| subset.check(service, &older, &table, &columns)).transpose()?;
    let spec = ShapeSpec { table: name, columns, filter, params, replica: shape.replica, changes_only };
    Ok(Asked { spec: Arc::new(spec), table, position, subset, private: uses_session(shape) })
}
