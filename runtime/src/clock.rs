//! The time that a client goes by: the system's, or one that a test moves.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::sync::watch;

/// A clock that stands still until a test moves it: ages of rows, and pauses before a request is sent again, go by it.
///
/// Clones are the same clock. Requests that are under way, and batches that are joined before they are written to disk, go
/// by the system's time all the same.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<watch::Sender<Duration>>);

impl ManualClock {
    /// A clock that says this time; before 1970 is 1970.
    pub fn new(start: Timestamp) -> Self {
        let since_1970 = Duration::try_from(start.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Self(Arc::new(watch::Sender::new(since_1970)))
    }

    /// Moves it on; who waited for a time that is reached goes on.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.saturating_add(by));
    }
}

/// What a client goes by.
#[derive(Debug, Clone, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    Manual(ManualClock),
}

impl Clock {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.since_1970().as_secs()).unwrap_or(i64::MAX)
    }

    /// The time; a clock that was set wrong says what it says.
    pub(crate) fn since_1970(&self) -> Duration {
        match self {
            Self::System => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            Self::Manual(clock) => *clock.0.borrow(),
        }
    }

    pub(crate) async fn sleep(&self, pause: Duration) {
        match self {
            Self::System => tokio::time::sleep(pause).await,
            Self::Manual(clock) => {
                let mut time = clock.0.subscribe();
                let end = time.borrow().saturating_add(pause);
                // The sender is the clock itself, so waiting can't fail.
                let _ = time.wait_for(|now| *now >= end).await;
            }
        }
    }
}
