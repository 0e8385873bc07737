//! What a PostgreSQL server must allow, and the publication that the service makes there and takes away again.

use std::collections::BTreeSet;

use shapegen_server::TableName;
use tokio_postgres::{Client, Config, NoTls};

use super::super::log::{Event, Log};
use super::tables::{self, Tables};
use crate::naming::quoted;

/// All publications of dev services begin so; what follows is a number of the process's own.
const PREFIX: &str = "shapegen_dev_";
/// The class of the advisory locks that say that a publication's service is alive.
const LOCK_CLASS: i32 = 0x7368_6170;

/// Why PostgreSQL can't be a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// It can't be reached, or failed.
    #[error("{}", said(.0))]
    Database(#[from] tokio_postgres::Error),
    /// The URL can't be read.
    #[error("the URL can't be read: {0}")]
    Url(#[source] tokio_postgres::Error),
    /// The server or the role lacks something; each line says what, and what to do.
    #[error("PostgreSQL can't be followed yet:\n{}", .0.join("\n"))]
    Unfit(Vec<String>),
    /// The thread that reads the log can't be started.
    #[error("a thread can't be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// The server's own message, where there is one: the outer text says no more than `db error`.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => db.message().to_owned(),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// A table's name in SQL.
pub(super) fn qualified(name: &TableName) -> String {
    format!("{}.{}", quoted(&name.schema), quoted(&name.name))
}

/// Opens a connection whose texts are Electric's: snapshot and log are read through such connections only.
pub(super) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        // Whoever waits for an answer is told, too.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    });
    client
        .batch_execute(
            "SET bytea_output = 'hex'; SET DateStyle = 'ISO, DMY'; SET TimeZone = 'UTC'; SET extra_float_digits = 1;
             SET IntervalStyle = 'iso_8601'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
             SET lock_timeout = '5s'; SET xmlbinary = 'base64'",
        )
        .await?;
    Ok(client)
}

/// What decides whether a server can be followed.
struct Facts {
    version: i32,
    wal_level: String,
    may_replicate: bool,
    may_publish: bool,
    has_free_slot: bool,
    role: String,
    database: String,
}

impl Facts {
    /// Everything that is in the way, so that all of it is said at once.
    fn missing(&self) -> Vec<String> {
        let Self { wal_level, .. } = self;
        let (role, database) = (quoted(&self.role), quoted(&self.database));
        let says = [
            (self.version < 140_000, "- it is older than PostgreSQL 14".to_owned()),
            (
                wal_level != "logical",
                format!(
                    "- wal_level is {wal_level}, not logical: run `ALTER SYSTEM SET wal_level = logical;` and restart \
                     PostgreSQL"
                ),
            ),
            (
                !self.may_replicate,
                format!("- the role {role} may not follow changes: run `ALTER ROLE {role} REPLICATION;`"),
            ),
            (
                !self.may_publish,
                format!(
                    "- the role {role} may not create a publication: run `GRANT CREATE ON DATABASE {database} TO {role};`"
                ),
            ),
            (
                !self.has_free_slot,
                "- all replication slots are taken: drop one, or raise max_replication_slots and restart PostgreSQL"
                    .to_owned(),
            ),
        ];
        says.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, said)| said).collect()
    }
}

/// Fails when the server can't be followed.
pub(super) async fn check(client: &Client) -> Result<(), PostgresError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('wal_level'),
                    rolreplication OR rolsuper, has_database_privilege(current_database(), 'CREATE'),
                    current_setting('max_replication_slots')::int8 > (SELECT count(*) FROM pg_replication_slots),
                    rolname::text, current_database()::text
             FROM pg_roles WHERE rolname = current_user",
            &[],
        )
        .await?;
    let facts = Facts {
        version: row.get(0),
        wal_level: row.get(1),
        may_replicate: row.get(2),
        may_publish: row.get(3),
        has_free_slot: row.get(4),
        role: row.get(5),
        database: row.get(6),
    };
    let missing = facts.missing();
    if missing.is_empty() { Ok(()) } else { Err(PostgresError::Unfit(missing)) }
}

/// Creates an empty publication, and drops those of services that ended without doing it.
pub(super) async fn publish(client: &Client) -> Result<String, tokio_postgres::Error> {
    let leftovers = client
        .query("SELECT pubname::text FROM pg_publication WHERE pubname LIKE $1 || '%'", &[&PREFIX.replace('_', "\\_")])
        .await?;
    for row in leftovers {
        let publication: String = row.get(0);
        let lock = "SELECT pg_try_advisory_lock($1, hashtext($2))";
        if client.query_one(lock, &[&LOCK_CLASS, &publication]).await?.get(0) {
            unpublish(client, &publication).await?;
            client.query_one("SELECT pg_advisory_unlock($1, hashtext($2))", &[&LOCK_CLASS, &publication]).await?;
        }
    }
    let publication = format!("{PREFIX}{:016x}", fastrand::u64(..));
    client.query_one("SELECT pg_advisory_lock($1, hashtext($2))::text", &[&LOCK_CLASS, &publication]).await?;
    let create = format!("CREATE PUBLICATION {} WITH (publish_via_partition_root = true)", quoted(&publication));
    client.batch_execute(&create).await?;
    Ok(publication)
}

/// Creates the slot. It is temporary: PostgreSQL drops it with the connection, however the process ends, so that none is
/// left to hold the server's log for ever.
pub(super) async fn create_slot(client: &Client, slot: &str) -> Result<u64, tokio_postgres::Error> {
    let create = "SELECT (lsn - '0/0')::int8 FROM pg_create_logical_replication_slot($1, 'pgoutput', true)";
    let lsn: i64 = client.query_one(create, &[&slot]).await?.get(0);
    Ok(lsn.cast_unsigned())
}

/// Takes tables that aren't yet into the publication, and tells which of them can't be and why.
pub(super) async fn adopt(
    client: &Client,
    publication: &str,
    tables: &mut Tables,
    refused: &mut BTreeSet<TableName>,
    log: &Log,
) -> Result<(), tokio_postgres::Error> {
    let mut adopted = false;
    for (name, known) in tables.iter().filter(|(_, known)| !known.published) {
        if !known.owned {
            if refused.insert(name.clone()) {
                let text = "not served: the role doesn't own it, and can't set REPLICA IDENTITY FULL";
                log(Event::note(name.to_string(), text));
            }
            continue;
        }
        match adopt_one(client, publication, name, known.oid, log).await {
            Ok(()) => {
                adopted = true;
                refused.remove(name);
            }
            // Gone meanwhile, or locked by somebody: the next look decides.
            Err(error) if error.as_db_error().is_some() => {
                client.batch_execute("ROLLBACK").await?;
                if refused.insert(name.clone()) {
                    log(Event::note(name.to_string(), format!("not served for now: {}", said(&error))));
                }
            }
            Err(error) => return Err(error),
        }
    }
    if adopted {
        *tables = tables::read(client, publication).await?;
    }
    Ok(())
}

async fn adopt_one(
    client: &Client,
    publication: &str,
    name: &TableName,
    oid: u32,
    log: &Log,
) -> Result<(), tokio_postgres::Error> {
    let table = qualified(name);
    // The lock waits for everybody who has written and not committed yet: their rows would be in no snapshot, and, as
    // they were written before the table was published, in no log.
    // Who writes for long is not waited for: nothing would be told meanwhile. The next look tries again.
    client
        .batch_execute(&format!(
            "BEGIN; SET LOCAL lock_timeout = '200ms'; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"
        ))
        .await?;
    let parts = client
        .query(
            "SELECT n.nspname::text, c.relname::text
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid IN (SELECT $1::oid UNION SELECT relid FROM pg_partition_tree($1::oid))
               AND c.relkind IN ('r', 'p') AND c.relreplident <> 'f'",
            &[&oid],
        )
        .await?;
    for part in parts {
        let part = TableName::new(part.get::<_, String>(0), part.get::<_, String>(1));
        client.batch_execute(&format!("ALTER TABLE {} REPLICA IDENTITY FULL", qualified(&part))).await?;
        log(Event::note(part.to_string(), "set REPLICA IDENTITY FULL, as Electric does"));
    }
    let there = "SELECT FROM pg_publication_rel p JOIN pg_publication b ON b.oid = p.prpubid
                 WHERE p.prrelid = $1 AND b.pubname = $2";
    if client.query_opt(there, &[&oid, &publication]).await?.is_none() {
        client.batch_execute(&format!("ALTER PUBLICATION {} ADD TABLE {table}", quoted(publication))).await?;
    }
    client.batch_execute("COMMIT").await
}

/// Takes a publication away.
///
/// Table by table, each while nobody writes to it: a writer who looks its publications up while one is dropped would get
/// an error of PostgreSQL's ("cache lookup failed for publication").
pub(super) async fn unpublish(client: &Client, publication: &str) -> Result<(), tokio_postgres::Error> {
    let tables = "SELECT n.nspname::text, c.relname::text
                  FROM pg_publication b
                  JOIN pg_publication_rel p ON p.prpubid = b.oid
                  JOIN pg_class c ON c.oid = p.prrelid
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE b.pubname = $1";
    let name = quoted(publication);
    for row in client.query(tables, &[&publication]).await? {
        let table = qualified(&TableName::new(row.get::<_, String>(0), row.get::<_, String>(1)));
        let quietly = format!(
            "BEGIN; SET LOCAL lock_timeout = '500ms'; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
             ALTER PUBLICATION {name} DROP TABLE {table}; COMMIT"
        );
        // Who holds the table for longer has looked its publications up already.
        if client.batch_execute(&quietly).await.is_err() {
            client.batch_execute("ROLLBACK").await?;
        }
    }
    client.batch_execute(&format!("DROP PUBLICATION IF EXISTS {name}")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_is_missing_is_said_with_what_helps() {
        let fit = Facts {
            version: 140_001,
            wal_level: "logical".to_owned(),
            may_replicate: true,
            may_publish: true,
            has_free_slot: true,
            role: "a\"b".to_owned(),
            database: "app".to_owned(),
        };
        assert_eq!(fit.missing(), [] as [&str; 0]);
        let unfit = Facts {
            version: 130_015,
            wal_level: "replica".to_owned(),
            may_replicate: false,
            may_publish: false,
            has_free_slot: false,
            ..fit
        };
        insta::assert_snapshot!(unfit.missing().join("\n"), @r#"
        - it is older than PostgreSQL 14
        - wal_level is replica, not logical: run `ALTER SYSTEM SET wal_level = logical;` and restart PostgreSQL
        - the role "a""b" may not follow changes: run `ALTER ROLE "a""b" REPLICATION;`
        - the role "a""b" may not create a publication: run `GRANT CREATE ON DATABASE "app" TO "a""b";`
        - all replication slots are taken: drop one, or raise max_replication_slots and restart PostgreSQL
        "#);
    }
}
