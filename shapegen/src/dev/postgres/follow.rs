//! Reading the log of a PostgreSQL server, and telling what was committed.
//!
//! `pg_logical_slot_get_binary_changes` on an ordinary connection, whenever the end of the server's log has moved. What
//! was read and got lost on the way can't be read again: when the connection breaks, the slot is gone with it, and every
//! shape is fetched afresh.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shapegen_server::{Change, Row, RowChange, SnapshotPosition, TableName, Transaction};
use tokio_postgres::{Client, Statement};

use super::Shared;
use super::pgoutput::{self, Field, Message, Relation, Tuples, Unreadable};
use super::setup::{self, PostgresError};
use super::tables::{self, Tables};

/// How often the end of the log is looked at: often while people write, seldom enough for a laptop's battery else.
const BUSY: Duration = Duration::from_millis(5);
const QUIET: Duration = Duration::from_millis(25);
/// How long after the last change it counts as quiet.
const QUIET_AFTER: Duration = Duration::from_secs(2);
/// How often the catalog is looked at while the log moves: not all that changes a table is told with its rows.
const CATALOG: Duration = Duration::from_millis(500);
/// After how many changes PostgreSQL ends a batch, at the next commit.
const BATCH: i32 = 10_000;

/// A connection with its slot and its publication.
pub(super) struct Session {
    client: Client,
    publication: String,
    read: Statement,
    slot: String,
    /// Where the slot begins.
    pub(super) start: u64,
    pub(super) tables: Arc<Tables>,
    refused: BTreeSet<TableName>,
}

/// Why following ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{}", setup::said(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Session {
    pub(super) async fn open(shared: &Shared) -> Result<Self, PostgresError> {
        let client = setup::connect(&shared.config).await?;
        setup::check(&client).await?;
        let publication = setup::publish(&client).await?;
        let mut tables = tables::read(&client, &publication).await?;
        let mut refused = BTreeSet::new();
        setup::adopt(&client, &publication, &mut tables, &mut refused, &shared.log).await?;
        // After the tables: the slot begins where all of them are published.
        let slot = publication.clone();
        let start = setup::create_slot(&client, &slot).await?;
        let read = client
            .prepare(
                "SELECT data FROM pg_logical_slot_get_binary_changes(
                     $1, NULL, $2, 'proto_version', '1', 'publication_names', $3)",
            )
            .await?;
        Ok(Self { client, publication, read, slot, start, tables: Arc::new(tables), refused })
    }

    /// Tells commits until the connection breaks.
    pub(super) async fn follow(&mut self, shared: &Shared) -> Result<Infallible, Broken> {
        let (mut seen, mut moved, mut catalog) = (0, Instant::now(), Instant::now());
        let mut catalog_is_old = false;
        loop {
            let end = "SELECT (pg_current_wal_flush_lsn() - '0/0')::int8";
            let end: i64 = self.client.query_one(end, &[]).await?.get(0);
            if catalog_is_old && catalog.elapsed() >= CATALOG {
                self.refresh(shared).await?;
                (catalog, catalog_is_old) = (Instant::now(), false);
            }
            if end == seen {
                tokio::time::sleep(if moved.elapsed() < QUIET_AFTER { BUSY } else { QUIET }).await;
                continue;
            }
            catalog_is_old = true;
            let rows = self.client.query(&self.read, &[&self.slot, &BATCH, &self.publication]).await?;
            let messages = rows.iter().map(|row| pgoutput::read(row.get(0))).collect::<Result<Vec<_>, _>>()?;
            if messages.is_empty() {
                seen = end;
                continue;
            }
            moved = Instant::now();
            drop(rows);
            self.tell(shared, messages).await?;
        }
    }

    /// Tells a batch, which ends with a commit.
    async fn tell(&mut self, shared: &Shared, messages: Vec<Message>) -> Result<(), Broken> {
        let epoch = self.visible(&messages).await?;
        let mut relations: HashMap<u32, Reading> = HashMap::new();
        let mut open = Transaction { lsn: 0, txid: 0, changes: Vec::new() };
        // Tables with a change whose old row is not known.
        let mut unknown: BTreeSet<TableName> = BTreeSet::new();
        for message in messages {
            match message {
                Message::Begin { xid } => open.txid = full_txid(xid, epoch),
                Message::Commit { lsn } => {
                    open.lsn = lsn;
                    let empty = Transaction { lsn: 0, txid: 0, changes: Vec::new() };
                    shared.tell(&Arc::new(std::mem::replace(&mut open, empty)));
                    unknown.iter().for_each(|table| shared.void(table));
                    unknown.clear();
                }
                Message::Relation(relation) => {
                    let name = TableName::new(relation.schema.clone(), relation.name.clone());
                    if !self.is_as_known(&name, &relation) {
                        self.refresh(shared).await?;
                    }
                    if let Some(known) = self.tables.get(&name) {
                        let position = |name: &str| relation.columns.iter().position(|column| column.name == name);
                        let columns = known.definition.columns.iter().map(|column| position(&column.name)).collect();
                        relations.insert(relation.oid, Reading { name, columns });
                    }
                }
                Message::Truncate { relations: truncated } => {
                    for reading in truncated.iter().filter_map(|oid| relations.get(oid)) {
                        open.changes.push(Change { table: reading.name.clone(), row: RowChange::Truncate });
                    }
                }
                Message::Row { relation, change } => {
                    let Some(reading) = relations.get(&relation) else { continue };
                    let row = match change {
                        Tuples::Insert { new } => Some(RowChange::Insert { new: reading.row(&new, None) }),
                        Tuples::Update { old, new } => old.map(|old| RowChange::Update {
                            new: reading.row(&new, Some(&old)),
                            old: reading.row(&old, None),
                        }),
                        Tuples::Delete { old } => old.map(|old| RowChange::Delete { old: reading.row(&old, None) }),
                    };
                    match row {
                        Some(row) => open.changes.push(Change { table: reading.name.clone(), row }),
                        None => drop(unknown.insert(reading.name.clone())),
                    }
                }
                Message::Other => {}
            }
        }
        Ok(())
    }

    /// Waits until snapshots hold the batch's transactions, and tells the next transaction id, with its epoch: a commit
    /// is in the log a moment before it is visible, and a shape that is created in that moment would miss it.
    async fn visible(&self, messages: &[Message]) -> Result<u64, Broken> {
        loop {
            let position = current_snapshot(&self.client).await?;
            let visible = messages.iter().all(|message| match message {
                Message::Begin { xid } => position.contains(full_txid(*xid, position.xmax)),
                _ => true,
            });
            if visible {
                return Ok(position.xmax);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn is_as_known(&self, name: &TableName, relation: &Relation) -> bool {
        self.tables.get(name).is_some_and(|known| {
            let columns = known.definition.columns.iter().zip(&known.types);
            let columns = columns.map(|(column, (oid, modifier))| (column.name.as_str(), *oid, *modifier));
            let told = relation.columns.iter().map(|told| (told.name.as_str(), told.type_oid, told.type_modifier));
            known.oid == relation.oid && columns.eq(told)
        })
    }

    /// Looks at the catalog, and ends the shapes of tables that are no longer what they were.
    async fn refresh(&mut self, shared: &Shared) -> Result<(), tokio_postgres::Error> {
        let mut tables = tables::read(&self.client, &self.publication).await?;
        setup::adopt(&self.client, &self.publication, &mut tables, &mut self.refused, &shared.log).await?;
        self.tables = Arc::new(tables);
        shared.set_tables(&self.tables);
        Ok(())
    }

    /// Takes away what the session made.
    pub(super) async fn close(self) {
        if let Err(error) = setup::unpublish(&self.client, &self.publication).await {
            tracing::warn!(error = %setup::said(&error), publication = self.publication, "a publication is left behind");
        }
    }
}

/// How the rows of a relation become rows of the table.
struct Reading {
    name: TableName,
    /// For each column of the definition its place in the message.
    columns: Vec<Option<usize>>,
}

impl Reading {
    /// `old` has the large values that an update left as they were.
    fn row(&self, fields: &[Field], old: Option<&[Field]>) -> Row {
        let text = |field: &Field| match field {
            Field::Text(text) => Some(text.clone()),
            Field::Null | Field::Unchanged => None,
        };
        let value = |at: &Option<usize>| {
            let at = (*at)?;
            match fields.get(at)? {
                Field::Unchanged => old.and_then(|old| text(old.get(at)?)),
                field => text(field),
            }
        };
        self.columns.iter().map(value).collect()
    }
}

/// The transaction id with its epoch; `next` is the next one.
fn full_txid(xid: u32, next: u64) -> u64 {
    let full = (next & !u64::from(u32::MAX)) | u64::from(xid);
    if full < next { full } else { full.saturating_sub(1 << 32) }
}

/// What is visible now, or in the connection's transaction.
pub(super) async fn current_snapshot(client: &Client) -> Result<SnapshotPosition, tokio_postgres::Error> {
    let text: String = client.query_one("SELECT pg_current_snapshot()::text", &[]).await?.get(0);
    let mut parts = text.split(':');
    let mut number = || parts.next().and_then(|text| text.parse().ok()).unwrap_or_default();
    let (xmin, xmax) = (number(), number());
    let running = parts.next().unwrap_or_default().split(',').filter_map(|text| text.parse().ok()).collect();
    Ok(SnapshotPosition { xmin, xmax, running })
}

#[cfg(test)]
mod tests {
    use super::full_txid;

    #[test]
    fn a_transaction_id_gets_the_epoch_that_puts_it_before_the_next() {
        let epoch = 3 << 32;
        for (xid, next, full) in [
            (7, 8, 7),
            (7, epoch + 8, epoch + 7),
            (u32::MAX, epoch + 2, epoch - 1),
            (9, epoch + 8, epoch + 9 - (1 << 32)),
        ] {
            assert_eq!(full_txid(xid, next), full, "{xid} before {next}");
        }
    }
}
