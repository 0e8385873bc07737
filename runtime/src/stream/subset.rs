//! Shapes of which not all rows are loaded: the newest at the start, older ones beside the log when they are asked for.

use std::collections::VecDeque;

use super::exchange::Asked;
use super::{BEGINNING, Effect, Phase, Place, Stream, SyncError};
use crate::definition::{Load, ShapeDefinition};

/// How far back rows are loaded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// A beginning asks for so many rows: those of the definition, and those that were asked for since.
    rows: u32,
    /// The row before which nothing was loaded.
    oldest: Option<Vec<Option<String>>>,
    /// How many older rows were asked for, call by call.
    older: VecDeque<u32>,
    /// The rows stand at an up-to-date, and not within a transaction.
    pub(super) whole: bool,
}

impl Window {
    pub(super) fn new(definition: &ShapeDefinition) -> Self {
        let rows = match &definition.load {
            Load::Newest(newest) => newest.count,
            Load::All | Load::FromNow => 0,
        };
        Self { rows, oldest: None, older: VecDeque::new(), whole: false }
    }

    /// Goes on from what an earlier run has loaded.
    pub(super) fn resume(&mut self, oldest: Option<Vec<Option<String>>>) {
        (self.oldest, self.whole) = (oldest, true);
    }

    /// Nothing is loaded any more.
    pub(super) fn begin_again(&mut self) {
        (self.oldest, self.whole) = (None, false);
    }

    pub(super) fn oldest(&self) -> Option<&Vec<Option<String>>> {
        self.oldest.as_ref()
    }

    /// Older rows can be asked for, and somebody wants some.
    pub(super) fn is_wanted(&self) -> bool {
        self.whole && !self.older.is_empty()
    }

    /// Tells who asked for older rows first that they don't come.
    pub(super) fn give_up(&mut self, error: SyncError, effects: &mut Vec<Effect>) {
        self.older.pop_front();
        effects.push(Effect::Loaded(Err(error)));
    }

    /// What a request says of the subset that it asks for.
    pub(super) fn query(&self, definition: &ShapeDefinition, asked: Asked) -> Vec<(&'static str, String)> {
        let (Load::Newest(newest), Some(rows)) = (&definition.load, asked.rows()) else { return Vec::new() };
        let mut query = vec![("subset__order_by", newest.order_by.to_owned()), ("subset__limit", rows.to_string())];
        if let (Asked::Older(_), Some(oldest)) = (asked, &self.oldest) {
            let (older, values) = match (oldest.split_first(), &newest.older_undated) {
                (Some((None, others)), Some(older)) => (older, others),
                _ => (&newest.older, oldest.as_slice()),
            };
            let numbered =
                values.iter().zip(1..).map(|(text, number): (_, u32)| (number.to_string(), text.clone().into()));
            let params: serde_json::Map<String, serde_json::Value> = numbered.collect();
            query.push(("subset__params", serde_json::Value::from(params).to_string()));
            query.push(("subset__where", older.sql.to_owned()));
        }
        query
    }
}

impl Asked {
    /// How many rows a subset has at most; `None` for the log.
    pub(super) fn rows(self) -> Option<u32> {
        match self {
            Self::Log => None,
            Self::Newest(rows) | Self::Older(rows) => Some(rows),
        }
    }
}

impl Stream {
    /// What is to be asked for next, and where.
    pub(super) fn due(&self) -> (Place, Asked) {
        let at = self.at.clone();
        match (&self.definition.load, self.window.older.front()) {
            (Load::Newest(_), _) if at.offset == BEGINNING => (at, Asked::Newest(self.window.rows)),
            (Load::Newest(_), Some(&rows)) if self.window.whole => (Place { live: false, ..at }, Asked::Older(rows)),
            _ => (at, Asked::Log),
        }
    }

    pub(super) fn load_older(&mut self, rows: u32, effects: &mut Vec<Effect>) {
        self.window.older.push_back(rows);
        if self.at.offset != BEGINNING {
            self.nothing_older(effects);
        }
        let held = self.exchanges.front().is_some_and(|exchange| exchange.place.live);
        if self.window.is_wanted() && self.phase == Phase::Open && self.delivering.is_none() && held {
            self.ask(effects);
        }
    }

    pub(super) fn took_subset(
        &mut self,
        asked: Asked,
        rows: usize,
        oldest: Option<Vec<Option<String>>>,
        effects: &mut Vec<Effect>,
    ) {
        (self.window.oldest, self.window.whole) = (oldest, true);
        if let Asked::Older(wanted) = asked {
            self.window.rows = self.window.rows.saturating_add(wanted);
            self.window.older.pop_front();
            effects.push(Effect::Loaded(Ok(rows)));
        }
        self.nothing_older(effects);
    }

    /// Answers all calls where the rows are loaded from the first one on.
    fn nothing_older(&mut self, effects: &mut Vec<Effect>) {
        if self.window.oldest.is_none() {
            effects.extend(self.window.older.drain(..).map(|_| Effect::Loaded(Ok(0))));
        }
    }
}
