//! From decoded columns to published snapshots: the typed half of a sync, behind one vtable per shape.

use std::collections::HashMap;
use std::sync::Arc;

use super::subsets::Subsets;
use super::{Shared, Snapshot, Teller};
use crate::columns::{ColumnError, Columns};
use crate::definition::{Load, Replica};
use crate::log::{Change, Moved, Operation, Tags, Visibility};
use crate::shape::Shape;
use crate::store::{LoadRows, RowChange, Saved};

/// What the driver does with rows whose type it doesn't know.
pub(crate) trait ErasedRows: LoadRows + Sync {
    /// The response that is read next is a subset, of which this is known.
    fn begin_subset(&mut self, taken: Visibility);
    /// Takes one change of the response that is being read; nothing of it counts before `keep`.
    fn change(&mut self, change: Change, columns: &mut Columns<'_>) -> Result<(), ColumnError>;
    /// The same for values that came into a subquery, or went out of it and take rows with them. False where it isn't
    /// known which rows go.
    fn moved(&mut self, moved: &[Moved], into: bool) -> bool;
    /// The response has come to an up-to-date, at this position of the server's log.
    fn up_to_date(&mut self, lsn: u64);
    /// The response was read to its end: its changes count.
    fn keep(&mut self);
    /// The response was not right: nothing of it counts.
    fn reject(&mut self);
    /// What has come to count since the last call, in order, for the store.
    fn take_changes(&mut self) -> Vec<RowChange>;
    /// A new generation begins, with no rows; the published ones stay.
    fn restart(&mut self);
    /// The half-filled generation that was loaded goes on; the published rows stay.
    fn resume_filling(&mut self);
    /// Makes everything that counts visible as a whole.
    fn publish(&mut self);
    /// Tells the collection's handles something, from wherever.
    fn teller(&self) -> Arc<dyn Teller>;
    /// Empty rows of the same collection, which keeps nothing.
    fn unkept(&self) -> Box<dyn ErasedRows>;
}

pub(crate) struct Rows<S: Shape> {
    shared: Arc<Shared<S>>,
    /// Everything that counts, published or not yet.
    working: Generation<S>,
    /// A half-filled generation of an earlier run, until somebody resumes it.
    filling: Generation<S>,
    /// The changes of the response that is being read; `None` is a row that goes.
    response: Vec<(S::Key, Option<Arc<S>>)>,
    /// Where in `response` a key was last changed; built only when an update or a delete has to look.
    last_change: Option<HashMap<S::Key, usize>>,
    /// What the response changed in the tags, in order, as it was before.
    tags_before: Vec<(S::Key, Option<Tags>)>,
    /// Where not all rows are loaded.
    subsets: Subsets<S::Key>,
    /// For the store, where the shape is kept.
    changes: Vec<RowChange>,
    kept: bool,
}

/// The rows of one generation.
struct Generation<S: Shape> {
    rows: Snapshot<S>,
    /// Why each row is there, in a shape with subqueries; `None` where that isn't known of all rows.
    tags: Option<HashMap<S::Key, Tags>>,
}

impl<S: Shape> Default for Generation<S> {
    fn default() -> Self {
        Self { rows: Snapshot::default(), tags: S::DEFINITION.has_subquery().then(HashMap::new) }
    }
}

impl<S: Shape> Rows<S> {
    pub(crate) fn new(shared: Arc<Shared<S>>, kept: bool) -> Self {
        Self {
            shared,
            working: Generation::default(),
            filling: Generation::default(),
            response: Vec::new(),
            last_change: None,
            tags_before: Vec::new(),
            subsets: Subsets::new(),
            changes: Vec::new(),
            kept,
        }
    }

    fn loaded(&mut self, generation: Saved) -> &mut Generation<S> {
        match generation {
            Saved::Current => &mut self.working,
            Saved::Filling => &mut self.filling,
        }
    }

    /// The row as the changes so far leave it.
    fn row(&mut self, key: &S::Key) -> Option<Arc<S>> {
        let response = &self.response;
        let last_change = self
            .last_change
            .get_or_insert_with(|| response.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect());
        match last_change.get(key) {
            Some(&at) => self.response[at].1.clone(),
            None => self.working.rows.get(key).cloned(),
        }
    }

    fn push(&mut self, key: S::Key, row: Option<Arc<S>>) {
        if let Some(last_change) = &mut self.last_change {
            last_change.insert(key.clone(), self.response.len());
        }
        self.response.push((key, row));
    }

    /// Rows that stayed as they were, for other reasons than before.
    fn put_tagged(&mut self, tagged: Vec<(S::Key, Option<Tags>)>, response: &[(S::Key, Option<Arc<S>>)]) {
        let mut keys: Vec<S::Key> = tagged.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let changed = response.binary_search_by(|(other, _)| other.cmp(&key)).is_ok();
            if !changed && let Some(row) = self.working.rows.get(&key).cloned() {
                self.put(&key, row);
            }
        }
    }

    /// Remembers why a row is there, or forgets it.
    fn tag(&mut self, key: &S::Key, tags: Option<Tags>) {
        let Some(all) = &mut self.working.tags else { return };
        let before = match tags {
            Some(tags) => all.insert(key.clone(), tags),
            None => all.remove(key),
        };
        self.tags_before.push((key.clone(), before));
    }

    /// The store's copy of a row, with its tags.
    fn put(&mut self, key: &S::Key, row: Arc<S>) {
        if self.kept {
            let tags = self.working.tags.as_ref().and_then(|all| all.get(key)).cloned().map(Box::new);
            self.changes.push(RowChange::Put(row, tags));
        }
    }
}

impl<S: Shape> LoadRows for Rows<S> {
    fn load(&mut self, generation: Saved, columns: &mut Columns<'_>, tags: Option<Tags>) -> Result<(), ColumnError> {
        let row = S::decode(columns)?;
        let key = row.key();
        let loaded = self.loaded(generation);
        match (&mut loaded.tags, tags) {
            (Some(all), Some(tags)) => drop(all.insert(key.clone(), tags)),
            (unknown, _) => *unknown = None,
        }
        loaded.rows.rows_mut().insert(key, Arc::new(row));
        Ok(())
    }

    fn discard(&mut self, generation: Saved) {
        *self.loaded(generation) = Generation::default();
    }
}

/// Whether an update tells all of a row that was never loaded.
fn comes_in_by_update<S: Shape>() -> bool {
    S::DEFINITION.load != Load::All && S::DEFINITION.replica == Replica::Full
}

impl LoadRows for Box<dyn ErasedRows> {
    fn load(&mut self, generation: Saved, columns: &mut Columns<'_>, tags: Option<Tags>) -> Result<(), ColumnError> {
        (**self).load(generation, columns, tags)
    }

    fn discard(&mut self, generation: Saved) {
        (**self).discard(generation);
    }
}

impl<S: Shape> ErasedRows for Rows<S> {
    fn begin_subset(&mut self, taken: Visibility) {
        self.subsets.begin(taken);
    }

    fn up_to_date(&mut self, lsn: u64) {
        self.subsets.up_to_date(lsn);
    }

    fn change(&mut self, change: Change, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        if self.subsets.may_show(&change) && self.subsets.show(&change, &S::decode_key(columns)?) {
            return Ok(());
        }
        let tags = change.tags.filter(|tags| !tags.ways.is_empty()).map(|tags| *tags);
        match change.operation {
            Operation::Insert => {
                let row = S::decode(columns)?;
                let key = row.key();
                self.subsets.add(|| key.clone());
                match tags {
                    Some(tags) => self.tag(&key, Some(tags)),
                    None => self.working.tags = None,
                }
                self.push(key, Some(Arc::new(row)));
            }
            Operation::Update => {
                let key = S::decode_key(columns)?;
                let row = match self.row(&key) {
                    Some(row) => {
                        let mut row = S::clone(&row);
                        row.merge(columns)?;
                        row
                    }
                    None if comes_in_by_update::<S>() => S::decode(columns)?,
                    // An update of a row that isn't there makes no ghost.
                    None => return Ok(()),
                };
                if tags.is_some() {
                    self.tag(&key, tags);
                }
                self.push(key, Some(Arc::new(row)));
            }
            Operation::Delete => {
                let key = S::decode_key(columns)?;
                if self.row(&key).is_some() {
                    self.tag(&key, None);
                    self.push(key, None);
                }
            }
        }
        Ok(())
    }

    fn moved(&mut self, moved: &[Moved], into: bool) -> bool {
        let Some(all) = &mut self.working.tags else { return into };
        let touched = all.iter().filter(|(_, tags)| moved.iter().any(|moved| tags.has(moved)));
        let touched: Vec<(S::Key, Tags)> = touched.map(|(key, tags)| (key.clone(), tags.clone())).collect();
        for (key, mut tags) in touched {
            for moved in moved {
                if tags.has(moved) {
                    tags.set(moved, into);
                }
            }
            if tags.is_in() {
                self.tag(&key, Some(tags));
            } else {
                self.tag(&key, None);
                self.push(key, None);
            }
        }
        true
    }

    fn keep(&mut self) {
        self.last_change = None;
        self.subsets.keep();
        let tagged = std::mem::take(&mut self.tags_before);
        // A first load's memory isn't held for the small responses after it.
        let mut response = std::mem::take(&mut self.response);
        // Neighbours in the map and in the store's index come one after the other. Stable: a key's last change stays last.
        response.sort_by(|(left, _), (right, _)| left.cmp(right));
        if self.kept {
            self.put_tagged(tagged, &response);
        }
        let mut response = response.into_iter().peekable();
        while let Some((key, row)) = response.next() {
            if response.peek().is_some_and(|(next, _)| *next == key) {
                continue;
            }
            match row {
                Some(row) => {
                    self.put(&key, row.clone());
                    self.working.rows.rows_mut().insert(key, row);
                }
                None => {
                    if let Some(row) = self.working.rows.rows_mut().remove(&key)
                        && self.kept
                    {
                        self.changes.push(RowChange::Remove(row));
                    }
                }
            }
        }
    }

    fn reject(&mut self) {
        self.last_change = None;
        self.subsets.reject();
        self.response.clear();
        if let Some(all) = &mut self.working.tags {
            for (key, before) in self.tags_before.drain(..).rev() {
                match before {
                    Some(tags) => all.insert(key, tags),
                    None => all.remove(&key),
                };
            }
        }
    }

    fn take_changes(&mut self) -> Vec<RowChange> {
        std::mem::take(&mut self.changes)
    }

    fn restart(&mut self) {
        self.reject();
        self.changes.clear();
        self.working = Generation::default();
        self.subsets = Subsets::new();
    }

    fn resume_filling(&mut self) {
        self.working = std::mem::take(&mut self.filling);
    }

    fn publish(&mut self) {
        self.shared.publish(self.working.rows.clone());
    }

    fn teller(&self) -> Arc<dyn Teller> {
        self.shared.clone()
    }

    fn unkept(&self) -> Box<dyn ErasedRows> {
        Box::new(Self::new(self.shared.clone(), false))
    }
}
