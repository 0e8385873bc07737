//! Handles of logs that are lost: an answer that has one comes from a cache, also after a restart.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Storage;
use crate::store::Partition;

/// So many are remembered; then the one that was lost longest ago is forgotten.
const MOST: u32 = 250;

/// The last lost handle of each instance, in the partition's file where there is one.
pub(crate) struct ExpiredHandles {
    /// By instance key, the newest last.
    known: Mutex<VecDeque<(String, String)>>,
    partition: Option<Partition>,
}

impl ExpiredHandles {
    pub(super) fn new(storage: &Storage) -> Self {
        let partition = match storage {
            Storage::Disk(partition) => Some(partition.clone()),
            _ => None,
        };
        Self { known: Mutex::default(), partition }
    }

    pub(super) async fn get(&self, key: &str) -> Option<String> {
        if let Some(partition) = &self.partition {
            return partition.expired_handle(key.to_owned()).await;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == key).map(|(_, handle)| handle.clone())
    }

    pub(super) fn set(&self, key: &str, handle: Option<String>, now: i64) {
        if let Some(partition) = &self.partition {
            return partition.set_expired_handle(key.to_owned(), handle, now, MOST);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(other, _)| other != key);
        known.extend(handle.map(|handle| (key.to_owned(), handle)));
        if known.len() > MOST as usize {
            known.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn c_069_c_070_the_newest_250_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let partition = || crate::SqliteStore::in_dir(folder.path()).unwrap().partition("ann").unwrap();
        for storage in [Storage::Memory, Storage::Disk(partition())] {
            let mut handles = ExpiredHandles::new(&storage);
            for number in 0..252 {
                handles.set(&format!("key {number}"), Some(format!("handle {number}")), number);
            }
            handles.set("key 2", Some("another".to_owned()), 1_000);
            handles.set("key 3", None, 1_000);
            if handles.partition.take().is_some() {
                drop((storage, handles));
                // A program that starts anew.
                handles = ExpiredHandles::new(&Storage::Disk(partition()));
            }
            let mut found = Vec::new();
            for number in [0, 1, 2, 3, 4, 251] {
                found.push(handles.get(&format!("key {number}")).await);
            }
            let some = |text: &str| Some(text.to_owned());
            assert_eq!(found, [None, None, some("another"), None, some("handle 4"), some("handle 251")]);
        }
    }
}
