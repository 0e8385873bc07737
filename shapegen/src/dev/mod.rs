//! `shapegen dev`: the protocol service over the schema's tables in a SQLite file or in a PostgreSQL database, for a
//! laptop and for tests.
//!
//! It serves every table at `/v1/shape`, the manifest's shapes at `/shapes/NAME`, and over SQLite takes SQL at
//! `/dev/sql`: INSERT, UPDATE, DELETE and TRUNCATE with literals. Foreign keys, checks and triggers are not run there.

mod archive;
mod decimal;
mod definition;
mod jsonb;
mod log;
mod postgres;
mod session;
mod source;
mod statement;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod value;
mod write;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use shapegen_runtime::expr::Expr;
use shapegen_server::{BindError, Follower, Listening, Service, Source, TableName};

use crate::catalog::{Catalog, QualifiedName};
use crate::fragment::{self, FragmentError, Subject};
use crate::generate::Loaded;
use crate::model::Model;

use postgres::PostgresSource;
use source::{Refused, SqliteSource};

pub use log::{Event, EventKind, Log};
pub use postgres::PostgresError;
pub use source::{OpenError, RefusedText};
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
    /// The first rows can't be written: the file can't be read, or what it says is refused.
    #[error("can't read `{}`: {cause}", path.display())]
    SeedFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The first rows are refused; nothing of them was written.
    #[error("{0}")]
    Seed(Box<RefusedText>),
    /// The database failed with the first rows.
    #[error("the database failed: {0}")]
    SeedDatabase(#[source] rusqlite::Error),
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

/// A dev service that is to be.
pub struct Dev {
    database: Database,
    address: SocketAddr,
    seed: Option<PathBuf>,
    log: Option<Log>,
}

impl Dev {
    /// A service over a database at an address; port 0 takes a free one. It believes whatever token it is given: an
    /// address that others can reach shows them every row.
    pub fn new(database: Database, address: SocketAddr) -> Self {
        Self { database, address, seed: None, log: None }
    }

    /// Runs a file of SQL, as `/dev/sql` takes it, where no table has rows yet. Not over PostgreSQL.
    #[must_use]
    pub fn seed(mut self, file: impl Into<PathBuf>) -> Self {
        self.seed = Some(file.into());
        self
    }

    /// Tells what clients do and what is written.
    #[must_use]
    pub fn log(mut self, log: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the database can't be opened, its first rows can't be written, or the address is taken.
    pub async fn start(self, loaded: Loaded) -> Result<Listening, DevError> {
        let Loaded { catalog, model, sources, .. } = loaded;
        let catalog = Arc::new(catalog);
        let claims: Vec<(String, String)> =
            model.session.values.iter().map(|value| (value.name.clone(), value.claim.clone())).collect();
        let log = self.log.clone().unwrap_or_else(log::traced);
        let writes = self.log.clone().map(|log| Arc::new(log::Writes(log)));
        let follow = |source: &dyn Source| {
            if let Some(writes) = &writes {
                let follower: Arc<dyn Follower> = Arc::<log::Writes>::clone(writes);
                source.follow(Arc::downgrade(&follower));
            }
        };
        let (builder, routes) = match &self.database {
            Database::Sqlite(file) => {
                let source = SqliteSource::open(file, Arc::clone(&catalog), &sources)?;
                if let Some(path) = &self.seed {
                    seed(&source, path, &log)?;
                }
                follow(&source);
                let sql = Router::new().route("/dev/sql", post(sql)).layer(DefaultBodyLimit::max(MOST_SQL_BYTES));
                (Service::builder(source.clone()), sql.with_state(source))
            }
            Database::Postgres(url) => {
                let source = PostgresSource::open(url, Arc::clone(&log)).await?;
                say_missing(&model, &source, &log);
                follow(&source);
                (Service::builder(source), Router::new())
            }
        };
        let mut builder = builder
            .shapes(model.shapes.iter().map(definition::of))
            .sessions(move |headers| session::unverified(headers, &claims))
            .where_parser(move |table, text, params| where_clause(&catalog, &table.name, text, params));
        if let Some(log) = self.log {
            let params = log::CallerParams::of(&model);
            builder = builder.on_answer(move |answered| {
                // It follows as long as the service answers.
                let _writes = &writes;
                if let Some(event) = params.event(answered) {
                    log(event);
                }
            });
        }
        let service = builder.build().map_err(BindError::from)?;
        Ok(service.bind_with(self.address, routes).await?)
    }
}

/// Says which shapes can't be served, since the database isn't what the schema says.
fn say_missing(model: &Model, source: &dyn Source, log: &Log) {
    for shape in &model.shapes {
        let name = TableName::new(&shape.table.schema, &shape.table.name);
        let text = match source.table(&name) {
            Ok(Some(table)) => {
                let columns = shape.fields.iter().map(|field| field.column.as_str());
                let missing: Vec<&str> = columns.filter(|column| table.position(column).is_none()).collect();
                if missing.is_empty() {
                    continue;
                }
                format!("not served: the database's table {name} has no column {}", missing.join(", "))
            }
            Ok(None) => format!("not served: the database has no table {name} that can be followed"),
            Err(error) => format!("not served: {error}"),
        };
        log(Event::note(&shape.name, text));
    }
}

fn seed(source: &SqliteSource, path: &Path, log: &Log) -> Result<(), DevError> {
    let text = std::fs::read_to_string(path).map_err(|cause| DevError::SeedFile { path: path.to_owned(), cause })?;
    let said = match source.seed(path, &text) {
        Ok(true) => "its rows were written",
        Ok(false) => "not run: the database has rows",
        Err(Refused::Text(refused)) => return Err(DevError::Seed(refused)),
        Err(Refused::Database(error)) => return Err(DevError::SeedDatabase(error)),
    };
    log(Event::note(path.display().to_string(), said));
    Ok(())
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
        Ok(Err(Refused::Text(refused))) => {
            (StatusCode::BAD_REQUEST, json!({ "message": refused.message, "details": refused.to_string() }))
        }
        Ok(Err(Refused::Database(error))) => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": format!("the database failed: {error}") }))
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "message": "the statement could not be run" })),
    };
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}
