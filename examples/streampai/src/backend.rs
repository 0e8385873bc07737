//! Where the rows are: a service in this process, or a real Electric in front of PostgreSQL.

use std::error::Error;

use shapegen_runtime::cell::Cell;
use shapegen_runtime::columns::{Encoder, Form};
use shapegen_runtime::{Mode, Shape};
use shapegen_server::{HeaderMap, Listening, MemorySource, MemoryTransaction, Request, Service, SessionValues};
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;

use crate::seed::{ANN, BOB, SHAPES};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What clients talk to.
pub enum Backend {
    /// A service in this process, with its rows in memory.
    Embedded {
        /// The rows.
        source: MemorySource,
        /// The service.
        service: Service,
        /// Its socket, until the network is off.
        listening: Option<Listening>,
        /// What comes before a shape's name.
        url: String,
    },
    /// A running Electric.
    Electric {
        /// Its shape endpoint.
        url: String,
        /// The database behind it.
        database: tokio_postgres::Client,
    },
}

impl Backend {
    /// Electric where `ELECTRIC_URL` and `DATABASE_URL` name one, else a service of our own.
    pub async fn from_env() -> Outcome<Self> {
        match (std::env::var("ELECTRIC_URL"), std::env::var("DATABASE_URL")) {
            (Ok(electric), Ok(database)) => Self::electric(&electric, &database).await,
            (Ok(_), Err(_)) => Err("ELECTRIC_URL is set, so the rows are written to DATABASE_URL: set it, too".into()),
            _ => Self::embedded().await,
        }
    }

    async fn embedded() -> Outcome<Self> {
        let source = MemorySource::new(SHAPES)?;
        let service = Service::builder(source.clone()).shapes(SHAPES).sessions(session_of).build()?;
        let listening = service.bind("127.0.0.1:0").await?;
        let url = format!("http://{}/shapes", listening.local_addr());
        Ok(Self::Embedded { source, service, listening: Some(listening), url })
    }

    async fn electric(electric: &str, url: &str) -> Outcome<Self> {
        let (database, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        if database.query_one("select to_regclass('public.livestreams') is null", &[]).await?.get(0) {
            database.batch_execute(include_str!("../../../schemas/streampai.sql")).await?;
        }
        // Whatever an earlier run left hangs on its users.
        for person in [&ANN, &BOB] {
            let (id, email) = (person.id.to_string(), format!("{}@example.com", person.name));
            database.execute("delete from users where id = $1::text::uuid", &[&id]).await?;
            database.execute("insert into users (id, email) values ($1::text::uuid, $2)", &[&id, &email]).await?;
        }
        Ok(Self::Electric { url: format!("{}/v1/shape", electric.trim_end_matches('/')), database })
    }

    /// The address for clients.
    pub fn url(&self) -> &str {
        match self {
            Self::Embedded { url, .. } | Self::Electric { url, .. } => url,
        }
    }

    /// How clients name a shape.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Embedded { .. } => Mode::Gatekeeper,
            Self::Electric { .. } => Mode::Electric,
        }
    }

    /// Commits all of it in one transaction.
    pub async fn write(&mut self, writes: Writes) -> Outcome {
        match self {
            Self::Embedded { source, .. } => {
                source.transaction(|tx| writes.0.iter().for_each(|write| (write.in_memory)(tx)))?;
            }
            Self::Electric { database, .. } => {
                let transaction = database.transaction().await?;
                for Write { sql, values, .. } in &writes.0 {
                    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
                    transaction.execute(sql, &values).await?;
                }
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// What clients asked for so far; `None` where only the service knows.
    pub fn requests(&self) -> Option<Vec<Request>> {
        match self {
            Self::Embedded { service, .. } => Some(service.requests()),
            Self::Electric { .. } => None,
        }
    }

    /// Turns the network off: an address where nobody listens.
    pub async fn stop(&mut self) -> Outcome<String> {
        match self {
            Self::Embedded { listening, url, .. } => {
                if let Some(listening) = listening.take() {
                    listening.shutdown().await;
                }
                Ok(url.clone())
            }
            Self::Electric { .. } => {
                let address = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
                Ok(format!("http://{address}/v1/shape"))
            }
        }
    }
}

/// Who is asking: the bearer token of this story is the person's id. A real program verifies one.
fn session_of(headers: &HeaderMap) -> Option<SessionValues> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(SessionValues::new().with("user_id", token))
}

/// What one transaction writes.
#[derive(Default)]
pub struct Writes(Vec<Write>);

struct Write {
    in_memory: Box<dyn Fn(&mut MemoryTransaction<'_>)>,
    sql: String,
    values: Vec<Option<String>>,
}

impl Writes {
    /// A new row.
    pub fn insert<S: Shape>(&mut self, row: S) {
        let mut columns = columns(&row);
        // Columns that no client gets, and that the schema wants all the same.
        columns.extend(match S::DEFINITION.name {
            "livestreams" => Some(("\"stream_key\"".to_owned(), "text".to_owned(), Some("-".to_owned()))),
            "streaming_accounts" => Some(("\"access_token\"".to_owned(), "text".to_owned(), Some("-".to_owned()))),
            _ => None,
        });
        let names: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
        let places: Vec<String> =
            columns.iter().enumerate().map(|(at, (_, ty, _))| format!("${}::text::{ty}", at + 1)).collect();
        let sql = format!(
            "insert into {} ({}) overriding system value values ({})",
            quoted(S::DEFINITION.table.name),
            names.join(", "),
            places.join(", ")
        );
        let values = columns.into_iter().map(|(.., value)| value).collect();
        self.0.push(Write { in_memory: Box::new(move |tx| tx.insert(&row)), sql, values });
    }

    /// A row's new values, its key as it was.
    pub fn update<S: Shape>(&mut self, row: S) {
        let columns = columns(&row);
        let set = |at: usize| format!("{} = ${}::text::{}", columns[at].0, at + 1, columns[at].1);
        let key: Vec<usize> = S::DEFINITION.key.iter().map(|&at| usize::from(at)).collect();
        let changed: Vec<String> = (0..columns.len()).filter(|at| !key.contains(at)).map(set).collect();
        let found: Vec<String> = key.iter().map(|&at| set(at)).collect();
        let sql = format!(
            "update {} set {} where {}",
            quoted(S::DEFINITION.table.name),
            changed.join(", "),
            found.join(" and ")
        );
        let values = columns.into_iter().map(|(.., value)| value).collect();
        self.0.push(Write { in_memory: Box::new(move |tx| tx.update(&row)), sql, values });
    }
}

/// Name, type and PostgreSQL's text of each column.
fn columns<S: Shape>(row: &S) -> Vec<(String, String, Option<String>)> {
    let mut encoder = Encoder::new(Form::Postgres);
    row.encode(&mut encoder);
    let values = encoder.drain().map(|cell| match cell {
        Cell::Text(text) => Some(text.into_owned()),
        _ => None,
    });
    let columns = S::DEFINITION.columns.iter().zip(values);
    columns
        .map(|(column, value)| {
            let dims = "[]".repeat(column.dims.into());
            (quoted(column.name), format!("{}{dims}", quoted(column.pg_type)), value)
        })
        .collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
