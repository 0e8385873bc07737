//! `shapegen dev`: the protocol service over the schema's tables in a SQLite file or in a PostgreSQL database, for a
//! laptop and for tests.
//!
//! It serves every table at `/v1/shape`, the manifest's shapes at `/shapes/NAME`, and over SQLite takes SQL at
//! `/dev/sql`: INSERT, UPDATE, DELETE and TRUNCATE with literals. Foreign keys, checks and triggers are not run there.

mod archive;
mod decimal;
mod definition;
mod jsonb;
mod postgres;
mod session;
mod source;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod write;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use shapegen_runtime::expr::Expr;
use shapegen_server::{BindError, Listening, Service, TableName};

use crate::catalog::{Catalog, QualifiedName};
use crate::fragment::{self, FragmentError, Subject};
use crate::generate::Loaded;

use postgres::PostgresSource;
use source::{Refused, SqliteSource};

pub use postgres::PostgresError;
pub use source::OpenError;
pub use table::PrepareError;

/// The largest text that `/dev/sql` takes.
const MOST_SQL_BYTES: usize = 64 << 20;

/// Why the dev service doesn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevError {
    /// The database can't be opened.
    #[error("can't open the database: {0}")]
    Open(#[from] OpenError),
    /// PostgreSQL can't be followed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The port is taken.
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// Where the dev service keeps its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Database {
    /// A SQLite file; it is created where there is none.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its URL. Writes are PostgreSQL's own business there.
    Postgres(String),
}

/// Starts the dev service; port 0 takes a free one. It believes whatever token it is given: an address that others can
/// reach shows them every row.
///
/// # Errors
/// When the database can't be opened or the address is taken.
pub async fn start(loaded: Loaded, database: &Database, address: SocketAddr) -> Result<Listening, DevError> {
    let Loaded { catalog, model, sources, .. } = loaded;
    let catalog = Arc::new(catalog);
    let claims: Vec<(String, String)> =
        model.session.values.iter().map(|value| (value.name.clone(), value.claim.clone())).collect();
    let (builder, routes) = match database {
        Database::Sqlite(file) => {
            let source = SqliteSource::open(file, Arc::clone(&catalog), &sources)?;
            let sql = Router::new().route("/dev/sql", post(sql)).layer(DefaultBodyLimit::max(MOST_SQL_BYTES));
            (Service::builder(source.clone()), sql.with_state(source))
        }
        Database::Postgres(url) => (Service::builder(PostgresSource::open(url).await?), Router::new()),
    };
    let service = builder
        .shapes(model.shapes.iter().map(definition::of))
        .sessions(move |headers| session::unverified(headers, &claims))
        .where_parser(move |table, text, params| where_clause(&catalog, &table.name, text, params))
        .build()
        .map_err(BindError::from)?;
    Ok(service.bind_with(address, routes).await?)
}

fn where_clause(catalog: &Catalog, name: &TableName, text: &str, params: &[String]) -> Result<Expr, String> {
    let qualified = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
    let table = catalog.tables.get_key_value(&qualified);
    let (name, table) =
        table.ok_or_else(|| format!("the schema that the service was started with has no table {name}"))?;
    let subject = Subject { name, table, catalog };
    let said = |error: &FragmentError| format!("At location {}: {}", error.at.start, error.message);
    let parsed = fragment::parse_where(text, subject);
    let parsed = parsed.map_err(|errors| errors.iter().map(said).collect::<Vec<_>>().join("; "))?;
    parsed.check_values(params)?;
    Ok(parsed.expr)
}

/// Runs a text of SQL as one transaction.
async fn sql(State(source): State<SqliteSource>, headers: HeaderMap, text: String) -> Response {
    // Any page in a browser on this machine can send a form to a loopback port.
    if headers.contains_key(header::ORIGIN) {
        let body = json!({ "message": "requests of web pages are refused" });
        return (StatusCode::FORBIDDEN, body.to_string()).into_response();
    }
    let ran = tokio::task::spawn_blocking(move || source.run(&text)).await;
    let (status, body) = match ran {
        Ok(Ok(committed)) => {
            let lsn = committed.lsn.to_string();
            (StatusCode::OK, json!({ "txid": committed.txid, "lsn": lsn, "changes": committed.changes.len() }))
        }
        Ok(Err(Refused::Text { message, details })) => {
            (StatusCode::BAD_REQUEST, json!({ "message": message, "details": details }))
        }
        Ok(Err(Refused::Database(error))) => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": format!("the database failed: {error}") }))
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": "the statement could not be run" })),
    };
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}
