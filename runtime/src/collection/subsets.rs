//! Subsets that were read beside the log: a change that one of them shows already doesn't count again.

use std::collections::HashSet;
use std::hash::Hash;

use crate::log::{Change, Visibility};

/// The subsets that the log has not yet passed.
pub(super) struct Subsets<K>(Vec<Subset<K>>);

struct Subset<K> {
    taken: Visibility,
    keys: HashSet<K>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// It is the response that is being read.
    New,
    Held,
    /// The response that is being read has passed it.
    Passed,
}

impl<K: Eq + Hash> Subsets<K> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// The response that is read next is a subset.
    pub(super) fn begin(&mut self, taken: Visibility) {
        self.0.push(Subset { taken, keys: HashSet::new(), stage: Stage::New });
    }

    /// A row came.
    pub(super) fn add(&mut self, key: impl FnOnce() -> K) {
        if let Some(Subset { keys, stage: Stage::New, .. }) = self.0.last_mut() {
            keys.insert(key());
        }
    }

    /// Whether a change must be looked at at all.
    pub(super) fn may_show(&self, change: &Change) -> bool {
        !self.0.is_empty() && !change.txids.is_empty()
    }

    /// Whether some subset shows what a change of this row did.
    pub(super) fn show(&mut self, change: &Change, key: &K) -> bool {
        let mut shown = false;
        for Subset { taken, keys, stage } in self.0.iter_mut().filter(|subset| subset.stage == Stage::Held) {
            let Some(newest) = taken.newest(&change.txids) else { continue };
            shown |= keys.contains(key) && taken.shows(newest);
            if newest >= taken.xmax || change.lsn.is_some_and(|lsn| lsn >= taken.lsn) {
                *stage = Stage::Passed;
            }
        }
        shown
    }

    /// The log has come to an up-to-date.
    pub(super) fn up_to_date(&mut self, lsn: u64) {
        for Subset { taken, stage, .. } in &mut self.0 {
            if *stage == Stage::Held && lsn >= taken.lsn {
                *stage = Stage::Passed;
            }
        }
    }

    /// The response counts.
    pub(super) fn keep(&mut self) {
        self.0.retain(|subset| subset.stage != Stage::Passed);
        self.0.iter_mut().for_each(|subset| subset.stage = Stage::Held);
    }

    /// The response doesn't count.
    pub(super) fn reject(&mut self) {
        self.0.retain(|subset| subset.stage != Stage::New);
        self.0.iter_mut().for_each(|subset| subset.stage = Stage::Held);
    }
}
