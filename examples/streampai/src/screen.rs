//! One person's start screen: a client and a collection for each shape.

use std::error::Error;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use shapegen_runtime::{Collection, Mode, Shape, SqliteStore, SyncError};

use crate::seed::Person;
use crate::sync::{Client, Livestream, Notification, Session};

pub struct Screen {
    pub livestreams: Collection<Livestream>,
    pub notifications: Collection<Notification>,
    tables: Vec<Box<dyn Table>>,
    opened: Instant,
}

impl Screen {
    pub fn open(url: &str, mode: Mode, folder: &Path, person: &Person) -> Result<Self, Box<dyn Error>> {
        let opened = Instant::now();
        let token = person.id.to_string();
        let client = Client::builder(url)
            .mode(mode)
            .store(SqliteStore::in_dir(folder)?)
            .session(Session::user(person.id).token(move || std::future::ready(token.clone())))
            .build()?;
        let (livestreams, notifications) = (client.livestreams(), client.notifications());
        let tables: Vec<Box<dyn Table>> = vec![
            Box::new(client.user_preferences()),
            Box::new(livestreams.clone()),
            Box::new(client.widget_configs()),
            Box::new(notifications.clone()),
            Box::new(client.streaming_accounts()),
            Box::new(client.stream_events()),
            Box::new(client.chat_messages()),
            Box::new(client.viewers()),
            Box::new(client.user_roles()),
        ];
        Ok(Self { livestreams, notifications, tables, opened })
    }

    /// Waits for the rows of the last run.
    pub async fn hydrated(&self) -> Result<(), Arc<SyncError>> {
        for table in self.kept() {
            table.hydrated().await?;
        }
        Ok(())
    }

    /// Waits until every table is up to date with the service.
    pub async fn fresh(&self) -> Result<(), Arc<SyncError>> {
        for table in &self.tables {
            table.fresh().await?;
        }
        Ok(())
    }

    /// How long the screen has been open.
    pub fn age(&self) -> String {
        format!("{:.1} ms", self.opened.elapsed().as_secs_f64() * 1000.0)
    }

    /// One line for the tables of a kind.
    pub fn print(&self) {
        for (kind, kept) in [("kept on disk", true), ("in memory", false)] {
            let tables = self.tables.iter().filter(|table| table.is_kept() == kept);
            let counts: Vec<String> = tables.map(|table| format!("{} {}", table.name(), table.rows().len())).collect();
            println!("  {kind:<14}{}", counts.join(", "));
        }
    }

    /// The rows of the shapes that are kept on the device, as text.
    pub fn kept_rows(&self) -> Vec<String> {
        self.kept().flat_map(|table| table.rows()).collect()
    }

    /// How many rows have this text in them.
    pub fn rows_with(&self, text: &str) -> usize {
        self.tables.iter().flat_map(|table| table.rows()).filter(|row| row.contains(text)).count()
    }

    fn kept(&self) -> impl Iterator<Item = &dyn Table> {
        self.tables.iter().map(|table| &**table).filter(|table| table.is_kept())
    }
}

type Waiting<'a> = Pin<Box<dyn Future<Output = Result<(), Arc<SyncError>>> + 'a>>;

/// A collection of any shape.
trait Table {
    fn name(&self) -> &'static str;
    fn is_kept(&self) -> bool;
    fn rows(&self) -> Vec<String>;
    fn hydrated(&self) -> Waiting<'_>;
    fn fresh(&self) -> Waiting<'_>;
}

impl<S: Shape> Table for Collection<S> {
    fn name(&self) -> &'static str {
        S::DEFINITION.name
    }

    fn is_kept(&self) -> bool {
        S::DEFINITION.policy.kept
    }

    fn rows(&self) -> Vec<String> {
        self.snapshot().iter().map(|row| format!("{row:?}")).collect()
    }

    fn hydrated(&self) -> Waiting<'_> {
        Box::pin(self.hydrated())
    }

    fn fresh(&self) -> Waiting<'_> {
        Box::pin(self.fresh())
    }
}
