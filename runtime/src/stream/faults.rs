//! What a stream does about everything that goes wrong: another try, a wait, a new beginning, or the end.

use std::time::Duration;

use super::exchange::{Asked, Refusal};
use super::push::Shorts;
use super::{BEGINNING, Effect, Phase, Place, Stream, SyncError, retry};

/// Answers with an expired handle before the memory of it is doubted.
pub(super) const STALE_ANSWERS: u32 = 3;
/// Refetches without an up-to-date between them, before the next one waits.
pub(super) const REFETCHES_AT_ONCE: u32 = 2;
/// Answers that move nothing, before something is done about it.
pub(super) const STANDSTILLS: u32 = 5;
/// Times that something was done about it, before the stream stops.
pub(super) const LOOPS: u32 = 5;
/// Bodies that are no log, one after the other, before the stream stops.
pub(super) const MALFORMED_ANSWERS: u32 = 4;
/// Failures of a request for older rows before who waits for them is told, and the log goes on.
pub(super) const OLDER_FAILURES: u32 = 3;
/// Errors that the program recovered from, without a delivery between them, before the stream stops for good.
pub(super) const RECOVERIES: u32 = 50;

impl Stream {
    pub(super) fn disconnected(&mut self, reason: String, effects: &mut Vec<Effect>) {
        // Servers close idle connections just when the next request goes out.
        if std::mem::take(&mut self.reused) {
            return self.ask(effects);
        }
        self.fail(SyncError::Network { of: self.origin(), reason }, Duration::ZERO, effects);
    }

    pub(super) fn refused(&mut self, asked: Asked, refusal: &Refusal, effects: &mut Vec<Effect>) {
        let status = refusal.status;
        if status == 400 && self.at.offset != BEGINNING && refusal.is_out_of_bounds() {
            return self.begin_again(None, effects);
        }
        let (of, body) = (self.origin(), refusal.shown());
        match status {
            408 | 429 => {}
            400..500 => {
                let error = SyncError::Refused { of, status, body };
                return self.give_up(asked, error, effects);
            }
            _ => {}
        }
        let error = SyncError::Unavailable { of, status, body };
        if matches!(asked, Asked::Older(_)) && self.failures + 1 >= OLDER_FAILURES {
            self.window.give_up(error.clone(), effects);
        }
        self.fail(error, refusal.retry_after, effects);
    }

    pub(super) fn fail(&mut self, error: SyncError, at_least: Duration, effects: &mut Vec<Effect>) {
        self.offline = true;
        // An answer that is not held back shows sooner that the service is there again.
        self.at.live = false;
        effects.push(Effect::Offline(error));
        let up_to = retry::backoff(self.failures);
        self.failures += 1;
        self.wait(at_least, up_to, effects);
    }

    pub(super) fn wait(&mut self, at_least: Duration, up_to: Duration, effects: &mut Vec<Effect>) {
        self.abandon(effects);
        if self.phase == Phase::Open {
            self.phase = Phase::Waiting;
            effects.push(Effect::Wait { at_least, up_to });
        }
    }

    pub(super) fn stale(&mut self, handle: String, effects: &mut Vec<Effect>) {
        self.stale += 1;
        self.bust_caches();
        if self.stale <= STALE_ANSWERS {
            return self.ask(effects);
        }
        self.stale = 0;
        if self.healed {
            return self.stop(Some(SyncError::StaleCache { of: self.origin(), handle }), effects);
        }
        tracing::warn!(handle, "caches insist on an expired handle: beginning again");
        self.healed = true;
        self.forget_expired(effects);
        self.begin_again(None, effects);
    }

    pub(super) fn forget_expired(&mut self, effects: &mut Vec<Effect>) {
        if self.expired.take().is_some() {
            effects.push(Effect::Expired(None));
        }
    }

    pub(super) fn bust_caches(&mut self) {
        self.cache_busters += 1;
        self.cache_buster = Some(format!("{:x}-{}", self.seed, self.cache_busters));
    }

    /// The log is gone; `successor` is the handle of the one that took its place, where that is known.
    pub(super) fn lost(&mut self, successor: Option<String>, effects: &mut Vec<Effect>) {
        if let Some(handle) = self.at.handle.take() {
            effects.push(Effect::Expired(Some(handle.clone())));
            self.expired = Some(handle);
        }
        let successor = successor.filter(|handle| self.expired.as_ref() != Some(handle));
        self.begin_again(successor, effects);
    }

    pub(super) fn begin_again(&mut self, handle: Option<String>, effects: &mut Vec<Effect>) {
        self.at = Place::beginning(handle);
        self.window.begin_again();
        self.bust_caches();
        self.standstills = 0;
        self.shorts = Shorts::default();
        effects.push(Effect::Refetch);
        self.refetches += 1;
        match self.refetches.checked_sub(REFETCHES_AT_ONCE + 1) {
            None => self.go_on(effects),
            Some(times) => self.wait(Duration::ZERO, retry::backoff(times), effects),
        }
    }

    /// Nothing moves. The first cure is to begin again without a memory, then to wait; then it is given up.
    pub(super) fn standstill(&mut self, effects: &mut Vec<Effect>) {
        self.standstills += 1;
        if self.standstills < STANDSTILLS {
            return self.go_on(effects);
        }
        self.standstills = 0;
        self.loops += 1;
        match self.loops {
            1 => {
                self.forget_expired(effects);
                self.begin_again(None, effects);
            }
            LOOPS => {
                self.loops = 0;
                let error = SyncError::Loop { of: self.origin(), offset: self.at.offset.clone() };
                self.stop(Some(error), effects);
            }
            times => self.wait(Duration::ZERO, retry::backoff(times - 2), effects),
        }
    }

    pub(super) fn rejected(&mut self, error: SyncError, effects: &mut Vec<Effect>) {
        let Some((_, asked)) = self.delivering.take() else { return };
        if matches!(error, SyncError::Malformed { .. }) {
            self.malformed += 1;
            if self.malformed < MALFORMED_ANSWERS {
                // It may be a cache that holds half an answer.
                self.bust_caches();
                return self.fail(error, Duration::ZERO, effects);
            }
            self.malformed = 0;
            return self.give_up(asked, error, effects);
        }
        self.stop(Some(error), effects);
    }

    /// Older rows can't be had, and the rows that are there go on; or nothing can.
    fn give_up(&mut self, asked: Asked, error: SyncError, effects: &mut Vec<Effect>) {
        match asked {
            Asked::Older(_) => {
                self.window.give_up(error, effects);
                self.go_on(effects);
            }
            Asked::Log | Asked::Newest(_) => self.stop(Some(error), effects),
        }
    }

    pub(super) fn recover(&mut self, effects: &mut Vec<Effect>) {
        self.at.live = false;
        let up_to = match self.recoveries {
            0 => Duration::ZERO,
            times => retry::backoff(times - 1),
        };
        self.recoveries += 1;
        if self.recoveries > RECOVERIES {
            self.recoveries = 0;
            return self.stop(Some(SyncError::Unrecovered { of: self.origin() }), effects);
        }
        self.phase = Phase::Open;
        self.wait(Duration::ZERO, up_to, effects);
    }

    pub(super) fn stop(&mut self, error: Option<SyncError>, effects: &mut Vec<Effect>) {
        self.abandon(effects);
        self.delivering = None;
        self.phase = Phase::Stopped;
        effects.push(Effect::Stop(error));
    }
}
