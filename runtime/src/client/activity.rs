//! What holds for all syncs of a client: whether they rest, and whether the device has slept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;

/// What a client says to its syncs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    /// So many guards hold the syncs.
    pub(crate) pauses: usize,
    /// Counts how often the device woke up.
    pub(crate) wakes: u64,
}

/// Holds all syncs of a client until it is dropped; see [`Client::pause`](super::Client::pause).
#[must_use = "the syncs go on when the guard is dropped"]
pub struct PauseGuard(Arc<watch::Sender<Activity>>);

impl PauseGuard {
    pub(super) fn new(activity: Arc<watch::Sender<Activity>>) -> Self {
        activity.send_modify(|activity| activity.pauses += 1);
        Self(activity)
    }
}

impl Drop for PauseGuard {
    fn drop(&mut self) {
        self.0.send_modify(|activity| activity.pauses -= 1);
    }
}

/// The time is looked at so often, and a gap of more than `GAP` between two looks means that nothing ran.
const TICK: Duration = Duration::from_secs(2);
const GAP: Duration = Duration::from_secs(6);

/// Looks for gaps in time until the client is gone.
pub(super) async fn watch_for_sleep(clock: Clock, activity: std::sync::Weak<watch::Sender<Activity>>) {
    let mut last = clock.since_1970();
    loop {
        clock.sleep(TICK).await;
        let now = clock.since_1970();
        let Some(activity) = activity.upgrade() else { return };
        if now.saturating_sub(last) > GAP {
            activity.send_modify(|activity| activity.wakes += 1);
        }
        last = now;
    }
}
