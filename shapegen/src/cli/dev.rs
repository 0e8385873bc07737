//! `shapegen dev`: a shape service over a SQLite file or a PostgreSQL database.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;

use super::message::Message;
use super::{Exit, ManifestArg, Terminal};
use crate::dev::{self, Database};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::source::SourceMap;

/// Serves the schema's tables and the manifest's shapes from a SQLite file or a PostgreSQL database, on this machine only.
///
/// Tables are at /v1/shape?table=…, shapes at /shapes/NAME. Over SQLite POST /dev/sql runs SQL text as one transaction:
/// INSERT, UPDATE, DELETE and TRUNCATE with literals; foreign keys, checks and triggers are not run. Over PostgreSQL
/// (14 or newer, wal_level = logical) whatever is committed there is served. Bearer tokens are read without being
/// verified: as a JWT, or as claims in plain JSON.
#[derive(Debug, Args)]
pub(super) struct Dev {
    #[command(flatten)]
    manifest: ManifestArg,
    /// The SQLite file; it is created where there is none, and kept.
    #[arg(long, value_name = "FILE", required_unless_present = "postgres")]
    db: Option<PathBuf>,
    /// The PostgreSQL database, as postgres://user:password@host/database. Its tables get REPLICA IDENTITY FULL; the
    /// publication and the slot that it takes are gone when the command ends.
    #[arg(long, value_name = "URL", conflicts_with = "db")]
    postgres: Option<String>,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

impl Dev {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let Some(loaded) = self.manifest.load(terminal)? else {
            return Ok(Exit::Diagnostics);
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (database, named) = match (&self.db, &self.postgres) {
            (_, Some(url)) => (Database::Postgres(url.clone()), "--postgres".to_owned()),
            (file, None) => {
                let file = file.clone().unwrap_or_default();
                (Database::Sqlite(file.clone()), file.display().to_string())
            }
        };
        runtime.block_on(async {
            let service = match dev::start(loaded, &database, (Ipv4Addr::LOCALHOST, self.port).into()).await {
                Ok(service) => service,
                Err(error) => {
                    let mut report = Report::default();
                    report.push(Diagnostic::error(&codes::FILE, format!("`{named}`: {error}")));
                    terminal.report(&report, &SourceMap::default())?;
                    return Ok(Exit::Diagnostics);
                }
            };
            let url = format!("http://{}", service.local_addr());
            terminal.say(&format!("listening on {url}\n"), &Message::Listening { url })?;
            terminal.out.flush()?;
            tokio::signal::ctrl_c().await?;
            service.shutdown().await;
            Ok(Exit::Fine)
        })
    }
}
