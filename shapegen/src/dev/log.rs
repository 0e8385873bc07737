//! What clients do and what is written, told so that a person can follow it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use shapegen_runtime::definition::ParamSource;
use shapegen_server::{Answered, Follower, RowChange, TableName, Transaction};

use crate::model::Model;

/// Takes what is told; called from any thread, and must not block.
pub type Log = Arc<dyn Fn(Event) + Send + Sync>;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Of which sort.
    pub kind: EventKind,
    /// What it is about: a shape, a table.
    pub subject: String,
    /// What happened, in a few words.
    pub text: String,
}

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A client got rows, or was told to fetch afresh.
    Served,
    /// A client got an error.
    Refused,
    /// Rows were written.
    Written,
    /// The service has something to say of itself.
    Note,
}

impl EventKind {
    /// As programs read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Refused => "refused",
            Self::Written => "written",
            Self::Note => "note",
        }
    }

    /// As it stands before a line, for people.
    pub fn mark(self) -> char {
        match self {
            Self::Served => ' ',
            Self::Refused => '!',
            Self::Written => '+',
            Self::Note => '*',
        }
    }
}

impl Event {
    /// The service has something to say.
    pub(super) fn note(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind: EventKind::Note, subject: subject.into(), text: text.into() }
    }
}

/// Where nobody follows.
pub(super) fn traced() -> Log {
    Arc::new(|Event { subject, text, .. }| tracing::info!(subject, "{text}"))
}

/// The caller parameters of each shape: what else stands in a request's query is the protocol's.
pub(super) struct CallerParams(BTreeMap<String, Vec<String>>);

impl CallerParams {
    pub(super) fn of(model: &Model) -> Self {
        let names = |params: &[crate::model::Param]| {
            let of_caller = params.iter().filter(|param| param.from == ParamSource::Caller);
            of_caller.map(|param| param.name.clone()).collect()
        };
        Self(model.shapes.iter().map(|shape| (shape.name.clone(), names(&shape.params))).collect())
    }

    /// What is told of an answer; nothing of a poll without news, and of what is not about shapes.
    pub(super) fn event(&self, answered: &Answered<'_>) -> Option<Event> {
        let query = Query(answered.request.parameters());
        let subject = match answered.request.path.strip_prefix("/shapes/") {
            Some(name) => {
                let params = self.0.get(name).into_iter().flatten();
                let params = params.filter_map(|name| Some(format!(" {name}={}", query.get(name)?)));
                format!("{name}{}", params.collect::<String>())
            }
            None if answered.request.path.trim_end_matches('/').ends_with("/shape") => query.by_table(),
            None => return None,
        };
        let status = answered.request.status.unwrap_or_default();
        if let Some(error) = answered.error {
            return Some(Event { kind: EventKind::Refused, subject, text: format!("{status} {}", error.trim()) });
        }
        let header = |name: &str| answered.headers.get(name).and_then(|value| value.to_str().ok());
        let live = query.get("live").is_some_and(|live| live != "false");
        let what = match status {
            304 => "nothing new since it asked last".to_owned(),
            409 => "must fetch afresh".to_owned(),
            202 => "dropped".to_owned(),
            200 if answered.request.method == "OPTIONS" => return None,
            200 if header("electric-snapshot").is_some() => format!("subset, {}", size(answered.bytes)),
            200 if header("content-type") == Some("text/event-stream") => "follows by events".to_owned(),
            200 if header("electric-has-data") == Some("false") => return None,
            200 if live => format!("changes, {}", size(answered.bytes)),
            200 if query.get("offset") == Some("-1") => format!("snapshot, {}", size(answered.bytes)),
            200 if header("electric-up-to-date").is_some() => format!("up to date, {}", size(answered.bytes)),
            200 => format!("goes on, {}", size(answered.bytes)),
            _ => return None,
        };
        Some(Event { kind: EventKind::Served, subject, text: what })
    }
}

/// A query's parameters.
struct Query(Vec<(String, String)>);

impl Query {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `items (id, title) where n > $1 [5]`
    fn by_table(&self) -> String {
        let mut shown = self.get("table").unwrap_or("?").to_owned();
        // Writing to a String can't fail.
        if let Some(columns) = self.get("columns") {
            let _ = write!(shown, " ({})", columns.replace(',', ", ").replace('"', ""));
        }
        if let Some(condition) = self.get("where") {
            let _ = write!(shown, " where {condition}");
        }
        let params: Vec<&str> =
            self.0.iter().filter(|(key, _)| key.starts_with("params[")).map(|(_, value)| value.as_str()).collect();
        if !params.is_empty() {
            let _ = write!(shown, " [{}]", params.join(", "));
        }
        shown
    }
}

fn size(bytes: Option<u64>) -> String {
    match bytes {
        None => "a stream".to_owned(),
        Some(bytes @ ..1_000) => format!("{bytes} B"),
        Some(bytes @ ..1_000_000) => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        Some(bytes) => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Tells what is committed.
pub(super) struct Writes(pub(super) Log);

impl Follower for Writes {
    fn committed(&self, transaction: &Arc<Transaction>) {
        let mut counts: BTreeMap<&TableName, [usize; 4]> = BTreeMap::new();
        for change in &transaction.changes {
            let kind = match change.row {
                RowChange::Insert { .. } => 0,
                RowChange::Update { .. } => 1,
                RowChange::Delete { .. } => 2,
                RowChange::Truncate => 3,
            };
            counts.entry(&change.table).or_default()[kind] += 1;
        }
        for (table, counts) in counts {
            let shown = match table.schema.as_str() {
                "public" => table.name.clone(),
                schema => format!("{schema}.{}", table.name),
            };
            let words = ["inserted", "updated", "deleted", "truncated"].iter().zip(counts);
            let words = words.filter(|(_, count)| *count > 0).map(|(word, count)| match *word {
                "truncated" => (*word).to_owned(),
                word => format!("{count} {word}"),
            });
            let text = format!("{}, transaction {}", words.collect::<Vec<_>>().join(", "), transaction.txid);
            (self.0)(Event { kind: EventKind::Written, subject: shown, text });
        }
    }

    fn table_changed(&self, _: &TableName) {}
}
