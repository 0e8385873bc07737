//! The shape protocol as a state machine: events in, effects out; no executor, clock, socket or randomness in it.
//!
//! [`Stream::on`] takes what happened and says what to do. A driver does it: sends requests, feeds the answers back
//! piece by piece, waits, applies what is delivered. Requests are sent ahead of the answers before them; answers are
//! taken over in order. An answer counts as a whole or not at all: the position moves only when the driver has
//! confirmed that the messages were taken over.

mod address;
mod error;
mod event;
mod exchange;
mod faults;
mod push;
mod retry;
mod schema;
mod subset;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

pub use address::{Address, AddressError};
pub use error::{Drift, Origin, SyncError};
pub use event::{Delivery, Effect, Event, Headers, Outcome, Request, RequestId};

use crate::definition::{Load, ShapeDefinition, Transport};
use crate::position::Position;
use exchange::{Answer, Asked, Exchange, Head, State};
use push::Shorts;
use subset::Window;

/// The offset before everything.
const BEGINNING: &str = "-1";
/// Requests that are sent before the answer that is due is taken over.
const AHEAD: usize = 2;

/// The state of one shape's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    definition: &'static ShapeDefinition,
    address: Address,
    at: Place,
    phase: Phase,
    /// What was asked, in the order in which the answers are taken over.
    exchanges: VecDeque<Exchange>,
    /// Where the stream is once the driver has taken over what was delivered, and what that was an answer to.
    delivering: Option<(Place, Asked)>,
    /// What is loaded of the rows, where not all of them are.
    window: Window,
    requests: u64,
    refresh: Refresh,
    /// The handle of the log that was lost last. Handles never come back, so an answer with it is an old one.
    expired: Option<String>,
    /// Makes a URL that no cache knows; for requests until the next answer that is taken over.
    cache_buster: Option<String>,
    cache_busters: u64,
    seed: u64,
    /// Answers with an expired handle, one after the other.
    stale: u32,
    /// The memory of an expired handle was given up, and no up-to-date came since.
    healed: bool,
    /// Refetches since the last up-to-date.
    refetches: u32,
    /// Answers that moved nothing, one after the other.
    standstills: u32,
    /// Times that something was done about standstills, since the last up-to-date.
    loops: u32,
    malformed: u32,
    /// Waits since the last delivery.
    failures: u32,
    recoveries: u32,
    /// Streams of events that ended at once.
    shorts: Shorts,
    /// The connection has served before: when it breaks, another try may go out at once.
    reused: bool,
    offline: bool,
}

/// Where a request reads.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    handle: Option<String>,
    offset: String,
    cursor: Option<String>,
    live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Stopped,
    Paused,
    Waiting,
    Open,
}

/// Whether somebody wants to know that the rows are as new as now.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Refresh {
    None,
    Wanted,
    /// A request that isn't held was sent after that.
    Asked,
}

impl Stream {
    /// A stream that stands at `position`, or before everything. `expired` is what the last [`Effect::Expired`] told of
    /// the same shape instance, also in an earlier run.
    ///
    /// `seed` is a random number; it makes this stream's cache busters differ from those of others.
    pub fn new(
        definition: &'static ShapeDefinition,
        address: Address,
        position: Option<Position>,
        expired: Option<String>,
        seed: u64,
    ) -> Self {
        let mut at = Place::beginning(None);
        let mut window = Window::new(definition);
        if let Some(Position { handle, offset, oldest }) = position {
            (at.handle, at.offset) = (Some(handle), offset);
            window.resume(oldest);
        }
        Self {
            definition,
            address,
            at,
            phase: Phase::Stopped,
            exchanges: VecDeque::new(),
            delivering: None,
            window,
            requests: 0,
            refresh: Refresh::None,
            expired,
            cache_buster: None,
            cache_busters: 0,
            seed,
            stale: 0,
            healed: false,
            refetches: 0,
            standstills: 0,
            loops: 0,
            malformed: 0,
            failures: 0,
            recoveries: 0,
            shorts: Shorts::default(),
            reused: false,
            offline: false,
        }
    }

    /// The last position that was taken over; `None` before the first, and after a refetch.
    pub fn position(&self) -> Option<Position> {
        let handle = self.at.handle.clone().filter(|_| self.at.offset != BEGINNING)?;
        Some(Position { handle, offset: self.at.offset.clone(), oldest: self.window.oldest().cloned() })
    }

    /// Takes in what happened. An event that doesn't fit what is under way, such as a late one, changes nothing.
    pub fn on(&mut self, event: Event<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let to = &mut effects;
        match event {
            Event::Start if self.phase == Phase::Stopped => {
                self.at.live = false;
                self.ask(to);
            }
            Event::Recover if self.phase == Phase::Stopped => self.recover(to),
            Event::Timer if self.phase == Phase::Waiting => self.ask(to),
            Event::Head { id, status, headers } => self.head(id, status, headers, to),
            Event::Piece { id, bytes } => self.piece(id, bytes, to),
            Event::End { id, lasted } => self.end(id, lasted, to),
            Event::Failed { id, reason, lasted } => self.broken(id, reason, lasted, to),
            Event::Delivered(outcome) => self.delivered(outcome, to),
            Event::Rejected(error) => self.rejected(error, to),
            Event::Refresh => self.refresh(to),
            Event::LoadOlder(rows) => self.load_older(rows, to),
            Event::Pause if self.phase != Phase::Stopped => {
                self.abandon(to);
                self.phase = Phase::Paused;
            }
            Event::Resume if self.phase == Phase::Paused => {
                self.at.live = false;
                self.phase = Phase::Open;
                if self.delivering.is_none() {
                    self.ask(to);
                }
            }
            Event::Cancel if self.phase != Phase::Stopped => self.stop(None, to),
            _ => {}
        }
        effects
    }

    /// Sends these parameters from the next request on, in place of those of their names.
    ///
    /// # Errors
    /// When the protocol uses a name; nothing is changed then.
    pub fn set_parameters(&mut self, parameters: &[(String, String)]) -> Result<(), AddressError> {
        self.address.set(parameters)
    }

    fn origin(&self) -> Origin {
        Origin::new(self.definition)
    }

    /// Asks for what comes next; nothing else is under way then.
    fn ask(&mut self, effects: &mut Vec<Effect>) {
        self.abandon(effects);
        self.phase = Phase::Open;
        if self.refresh == Refresh::Wanted {
            (self.refresh, self.at.live) = (Refresh::Asked, false);
        }
        let (place, asked) = self.due();
        self.send(place, asked, self.cache_buster.clone(), effects);
    }

    fn send(&mut self, place: Place, asked: Asked, cache_buster: Option<String>, effects: &mut Vec<Effect>) {
        let events = place.live && self.definition.policy.transport == Transport::Events && !self.shorts.fell_back();
        let (log, beginning) = match self.definition.load {
            Load::All => ("full", BEGINNING),
            Load::Newest(_) | Load::FromNow => ("changes_only", "now"),
        };
        let offset = if place.offset == BEGINNING { beginning } else { &place.offset };
        let mut query = vec![("log", log), ("offset", offset)];
        query.extend(place.handle.as_deref().map(|handle| ("handle", handle)));
        let subset = self.window.query(self.definition, asked);
        query.extend(subset.iter().map(|(name, value)| (*name, value.as_str())));
        if place.live {
            query.push(("live", "true"));
            query.extend(place.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        }
        if events {
            query.push(("live_sse", "true"));
        }
        query.extend(self.expired.as_deref().map(|handle| ("expired_handle", handle)));
        query.extend(cache_buster.as_deref().map(|buster| ("cache-buster", buster)));
        self.requests += 1;
        let id = RequestId(self.requests);
        effects.push(Effect::Fetch(Request { id, url: self.address.url(&query), live: place.live, events }));
        self.exchanges.push_back(Exchange { id, place, asked, state: State::Asked });
    }

    /// Asks ahead, where the last answer's headers say that the log goes on.
    fn read_ahead(&mut self, effects: &mut Vec<Effect>) {
        let due = usize::from(self.delivering.is_none());
        while self.exchanges.len() < AHEAD + due
            && let Some(next) = self.exchanges.back().and_then(Exchange::continues)
        {
            self.send(next, Asked::Log, None, effects);
        }
    }

    /// Drops all requests.
    fn abandon(&mut self, effects: &mut Vec<Effect>) {
        self.abandon_from(0, effects);
    }

    fn abandon_from(&mut self, first: usize, effects: &mut Vec<Effect>) {
        let dropped = self.exchanges.drain(first..).filter(|exchange| !exchange.is_over());
        effects.extend(dropped.map(|exchange| Effect::Abandon(exchange.id)));
    }

    /// Where a request stands in the row, and whether its answer is due; one that isn't is only kept where it is good.
    fn find(&self, id: RequestId) -> Option<(usize, bool)> {
        let index = self.exchanges.iter().position(|exchange| exchange.id == id)?;
        let due = index == 0 && (self.delivering.is_none() || matches!(self.exchanges[0].state, State::Pushed(_)));
        Some((index, due))
    }

    fn head(&mut self, id: RequestId, status: u16, headers: &dyn Headers, effects: &mut Vec<Effect>) {
        let Some((index, due)) = self.find(id) else { return };
        let exchange = &self.exchanges[index];
        if exchange.state != State::Asked {
            return;
        }
        let head = exchange::head(self.definition, exchange, self.expired.as_deref(), status, headers);
        match head {
            Head::Good(state) => self.exchanges[index].state = state,
            _ if !due => return self.abandon_from(index, effects),
            Head::Refused(refusal) => {
                self.exchanges[index].state = State::Refused(refusal);
                return;
            }
            Head::Lost(successor) => return self.lost(successor, effects),
            Head::Stale(handle) => return self.stale(handle, effects),
            Head::Fatal(error) => return self.stop(Some(error), effects),
        }
        if status == 204 {
            self.shorts.fall_back();
        }
        if std::mem::take(&mut self.offline) {
            effects.push(Effect::Online);
        }
        self.read_ahead(effects);
    }

    fn piece(&mut self, id: RequestId, bytes: &[u8], effects: &mut Vec<Effect>) {
        let Some((index, _)) = self.find(id) else { return };
        match &mut self.exchanges[index].state {
            State::Receiving(answer) => answer.body.extend_from_slice(bytes),
            State::Refused(refusal) => refusal.take(bytes),
            State::Pushed(pushed) => {
                pushed.take(bytes);
                self.deliver_pushed(effects);
            }
            State::Asked | State::Complete(_) => {}
        }
    }

    fn end(&mut self, id: RequestId, lasted: Duration, effects: &mut Vec<Effect>) {
        let Some((index, _)) = self.find(id) else { return };
        let exchange = &mut self.exchanges[index];
        match std::mem::replace(&mut exchange.state, State::Asked) {
            State::Receiving(answer) => {
                exchange.state = State::Complete(answer);
                self.deliver_complete(effects);
            }
            State::Refused(refusal) => {
                let asked = exchange.asked;
                self.exchanges.pop_front();
                self.refused(asked, &refusal, effects);
            }
            State::Pushed(mut pushed) => {
                pushed.ended = Some((lasted, None));
                exchange.state = State::Pushed(pushed);
                self.push_ended(effects);
            }
            State::Asked => self.broken(id, "the connection was closed".to_owned(), lasted, effects),
            complete @ State::Complete(_) => exchange.state = complete,
        }
    }

    fn broken(&mut self, id: RequestId, reason: String, lasted: Duration, effects: &mut Vec<Effect>) {
        let Some((index, due)) = self.find(id) else { return };
        match &mut self.exchanges[index].state {
            State::Complete(_) => {}
            // The status says enough where the body broke off.
            State::Refused(_) => self.end(id, lasted, effects),
            State::Pushed(pushed) => {
                pushed.ended = Some((lasted, Some(reason)));
                self.push_ended(effects);
            }
            State::Asked | State::Receiving(_) if !due => self.abandon_over(index, effects),
            State::Asked | State::Receiving(_) => {
                self.exchanges.pop_front();
                self.disconnected(reason, effects);
            }
        }
    }

    /// Drops a request that is over, and those behind it.
    fn abandon_over(&mut self, index: usize, effects: &mut Vec<Effect>) {
        self.abandon_from(index + 1, effects);
        self.exchanges.truncate(index);
    }

    /// Asks, unless it was told to rest.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Open {
            self.ask(effects);
        }
    }

    /// Gives the answer that is due to the driver, once it is complete.
    fn deliver_complete(&mut self, effects: &mut Vec<Effect>) {
        if self.delivering.is_some()
            || !matches!(self.exchanges.front(), Some(Exchange { state: State::Complete(_), .. }))
        {
            return;
        }
        let Some(Exchange { state: State::Complete(Answer { next, handle, body, .. }), place, asked, .. }) =
            self.exchanges.pop_front()
        else {
            return;
        };
        // Not even an empty array: nothing says that the messages before the new offset were none.
        if body.is_empty() {
            return self.standstill(effects);
        }
        self.deliver(next, handle, body, asked, place.offset == BEGINNING, effects);
        self.read_ahead(effects);
    }

    fn deliver(
        &mut self,
        next: Place,
        handle: String,
        body: Vec<u8>,
        asked: Asked,
        first: bool,
        effects: &mut Vec<Effect>,
    ) {
        let position = Position { handle, offset: next.offset.clone(), oldest: self.window.oldest().cloned() };
        effects.push(Effect::Deliver(Delivery { body, subset: asked.rows(), position, first }));
        self.delivering = Some((next, asked));
    }

    fn delivered(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        let Some((next, asked)) = self.delivering.take() else { return };
        (self.stale, self.malformed, self.failures, self.recoveries) = (0, 0, 0, 0);
        self.reused = true;
        self.cache_buster = None;
        if outcome == Outcome::MustRefetch {
            return self.lost(None, effects);
        }
        if outcome == Outcome::Restart {
            return self.begin_again(None, effects);
        }
        let moved = self.at.offset != next.offset;
        self.at = next;
        if let Outcome::Subset { rows, oldest } = outcome {
            self.took_subset(asked, rows, oldest, effects);
            return self.go_on(effects);
        }
        self.window.whole = outcome == Outcome::UpToDate;
        if outcome == Outcome::UpToDate {
            self.at.live = true;
            (self.healed, self.refetches, self.loops) = (false, 0, 0);
            if self.refresh == Refresh::Asked {
                self.refresh = Refresh::None;
                effects.push(Effect::Refreshed);
            }
        } else if !moved {
            return self.standstill(effects);
        }
        self.standstills = 0;
        if self.phase != Phase::Open {
            return;
        }
        let goes_on = |exchange: &Exchange| match &exchange.state {
            State::Pushed(_) => true,
            _ => exchange.place.follows(&self.at),
        };
        let wanted = self.refresh == Refresh::Wanted || self.window.is_wanted();
        if !self.exchanges.front().is_some_and(goes_on) || wanted {
            return self.ask(effects);
        }
        self.deliver_complete(effects);
        self.deliver_pushed(effects);
        self.push_ended(effects);
        self.read_ahead(effects);
    }

    fn refresh(&mut self, effects: &mut Vec<Effect>) {
        self.refresh = Refresh::Wanted;
        let held = self.exchanges.front().is_some_and(|exchange| exchange.place.live);
        if self.delivering.is_none() && (self.phase == Phase::Waiting || (self.phase == Phase::Open && held)) {
            self.ask(effects);
        }
    }
}

impl Place {
    fn beginning(handle: Option<String>) -> Self {
        Self { handle, offset: BEGINNING.to_owned(), cursor: None, live: false }
    }

    /// Whether a request that was sent ahead reads from there.
    fn follows(&self, at: &Self) -> bool {
        self.handle == at.handle && self.offset == at.offset
    }
}
