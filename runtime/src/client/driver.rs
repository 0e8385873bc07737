//! The thin driver: gives the stream HTTP, time and randomness, the rows their columns, the store its batches.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot, watch};
use tracing::Instrument;

use super::activity::Activity;
use super::expired::ExpiredHandles;
use super::kept::Kept;
use super::local::Local;
use super::recovery::Recover;
use super::transport::{Arrived, Pending, Requests, Sender};
use super::{Client, Mode};
use crate::clock::Clock;
use crate::collection::{Command, Connection, ErasedRows, Meters, Teller};
use crate::definition::{ParamSource, ShapeDefinition};
use crate::stream::{Address, AddressError, Delivery, Effect, Event, Origin, Outcome, RequestId, Stream, SyncError};

/// What one sync needs, without the client: it must not keep the client alive.
pub(super) struct Driver {
    definition: &'static ShapeDefinition,
    key: String,
    address: Result<Address, SyncError>,
    sender: Sender,
    clock: Clock,
    kept: Kept,
    expired: Arc<ExpiredHandles>,
    activity: watch::Receiver<Activity>,
    recover: Option<Arc<dyn Recover>>,
    meters: Arc<Meters>,
}

impl Client {
    pub(super) fn driver(
        &self,
        definition: &'static ShapeDefinition,
        key: String,
        bound: Vec<Option<String>>,
        meters: Arc<Meters>,
    ) -> Driver {
        let inner = &self.0;
        Driver {
            definition,
            address: address(definition, &inner.url, inner.mode, bound),
            sender: inner.sender.clone(),
            clock: inner.clock.clone(),
            kept: Kept::new(&inner.storage, definition, key.clone()),
            key,
            expired: inner.expired.clone(),
            activity: inner.activity.subscribe(),
            recover: inner.recover.clone(),
            meters,
        }
    }
}

/// Where the shape is asked for; an error where the session lacks a value that the shape binds.
fn address(
    definition: &ShapeDefinition,
    url: &str,
    mode: Mode,
    bound: Vec<Option<String>>,
) -> Result<Address, SyncError> {
    let of = Origin::new(definition);
    let mut values = Vec::with_capacity(bound.len());
    for (param, value) in definition.params.iter().zip(bound) {
        values.push(value.ok_or(SyncError::Unbound { of, param: param.name, from: param.from })?);
    }
    let address = match mode {
        Mode::Electric => Address::electric(url, definition, &values),
        Mode::Gatekeeper => {
            let named = definition.params.iter().zip(&values);
            let caller = named
                .filter(|(param, _)| param.from == ParamSource::Caller)
                .map(|(param, value)| (param.name, value.as_str()));
            Address::gatekeeper(url, definition, caller)
        }
    };
    address.map_err(|error: AddressError| SyncError::Address { of, error })
}

/// Follows a shape until it stops for good, or the task is aborted. All that is logged of it is in one span.
pub(super) fn run(
    driver: Driver,
    rows: Box<dyn ErasedRows>,
    commands: mpsc::UnboundedReceiver<Command>,
) -> impl Future<Output = ()> + Send {
    let table = Origin::new(driver.definition).table;
    let span =
        tracing::info_span!("sync", shape = driver.definition.name, table = format!("{}.{}", table.schema, table.name));
    drive(driver, rows, commands).instrument(span)
}

async fn drive(driver: Driver, rows: Box<dyn ErasedRows>, commands: mpsc::UnboundedReceiver<Command>) {
    let Driver { definition, key, address, sender, clock, kept, expired, activity, recover, meters } = driver;
    let (local, position) = Local::open(definition, kept, rows, clock.clone(), meters.clone()).await;
    match &position {
        Some(position) => tracing::info!(offset = position.offset, "the sync goes on from the local store"),
        None => tracing::info!("the sync begins with nothing"),
    }
    if local.is_filling() {
        meters.begin_load();
    }
    let handle = expired.get(&key).await;
    let teller = local.teller();
    let stopped = match address {
        Ok(address) => {
            let wakes = activity.borrow().wakes;
            let mut sync = Sync {
                definition,
                stream: Stream::new(definition, address, position, handle, fastrand::u64(..)),
                requests: Requests::new(sender),
                local: Some(Box::new(local)),
                delivering: None,
                timer: None,
                commands,
                wakes,
                activity,
                resting: false,
                refreshing: Vec::new(),
                loading: VecDeque::new(),
                remember: (expired, key),
                recover,
                teller: teller.clone(),
                clock,
                meters,
            };
            sync.follow().await
        }
        Err(error) => error,
    };
    tracing::error!(error = %stopped, "the sync has stopped");
    teller.connection(&Connection::Stopped(Arc::new(stopped)));
}

struct Sync {
    definition: &'static ShapeDefinition,
    stream: Stream,
    requests: Requests,
    /// Away while a body is taken over.
    local: Option<Box<Local>>,
    delivering: Option<Delivering>,
    timer: Option<Pending<'static, ()>>,
    commands: mpsc::UnboundedReceiver<Command>,
    activity: watch::Receiver<Activity>,
    /// Told to rest by the client.
    resting: bool,
    wakes: u64,
    /// Who waits for rows that are as new as now.
    refreshing: Vec<oneshot::Sender<()>>,
    /// Who waits for older rows, in the order of their calls.
    loading: VecDeque<oneshot::Sender<Result<usize, Arc<SyncError>>>>,
    remember: (Arc<ExpiredHandles>, String),
    recover: Option<Arc<dyn Recover>>,
    teller: Arc<dyn Teller>,
    clock: Clock,
    meters: Arc<Meters>,
}

/// A body that is taken over, and who does it.
type Delivering = Pending<'static, (Box<Local>, Result<Outcome, SyncError>)>;

/// What happens next.
enum Next {
    Arrived(RequestId, Arrived),
    Delivered(Box<Local>, Result<Outcome, SyncError>),
    Timer,
    Command(Command),
    Activity,
}

impl Sync {
    /// Does what the stream says, until it says stop or the disk does.
    async fn follow(&mut self) -> SyncError {
        let mut effects = VecDeque::from(self.stream.on(Event::Start));
        effects.extend(self.attend());
        loop {
            while let Some(effect) = effects.pop_front() {
                if let Some(error) = self.perform(effect) {
                    match self.recovered(error).await {
                        Ok(more) => effects.extend(more),
                        Err(error) => return error,
                    }
                }
            }
            effects.extend(match self.next().await {
                Next::Arrived(id, arrived) => self.stream.on(match &arrived {
                    Arrived::Head { status, headers } => {
                        tracing::debug!(status, "answer");
                        Event::Head { id, status: *status, headers }
                    }
                    Arrived::Piece(bytes) => {
                        self.meters.count(|counters| counters.bytes += bytes.len() as u64);
                        Event::Piece { id, bytes }
                    }
                    Arrived::End(lasted) => Event::End { id, lasted: *lasted },
                    Arrived::Failed(reason, lasted) => Event::Failed { id, reason: reason.clone(), lasted: *lasted },
                }),
                Next::Delivered(local, result) => {
                    self.local = Some(local);
                    match result {
                        Ok(outcome) => self.stream.on(Event::Delivered(outcome)),
                        Err(error) if error.is_local() => return error,
                        Err(error) => self.stream.on(Event::Rejected(error)),
                    }
                }
                Next::Timer => self.stream.on(Event::Timer),
                Next::Command(Command::Refresh(refreshed)) => {
                    self.refreshing.push(refreshed);
                    self.stream.on(Event::Refresh)
                }
                Next::Command(Command::LoadOlder(rows, loaded)) => {
                    self.loading.push_back(loaded);
                    self.stream.on(Event::LoadOlder(rows))
                }
                Next::Activity => self.attend(),
            });
        }
    }

    /// Does it; returns why the stream stops, where it does.
    fn perform(&mut self, effect: Effect) -> Option<SyncError> {
        match effect {
            Effect::Fetch(request) => {
                tracing::debug!(live = request.live, events = request.events, "request");
                self.meters.count(|counters| counters.requests += 1);
                self.requests.send(request);
            }
            Effect::Abandon(id) => self.requests.abandon(id),
            // It is here: the stream delivers one body after the other.
            Effect::Deliver(delivery) => self.delivering = self.local.take().map(|local| deliver(local, delivery)),
            Effect::Wait { at_least, up_to } => {
                let clock = self.clock.clone();
                let pause = at_least.max(up_to.mul_f64(fastrand::f64()));
                tracing::debug!(?pause, "waits before the next request");
                self.meters.count(|counters| counters.retries += 1);
                self.timer = Some(Box::pin(async move { clock.sleep(pause).await }));
            }
            Effect::Refetch => {
                tracing::info!("the log is gone: the rows are fetched anew");
                self.meters.count(|counters| counters.refetches += 1);
                self.meters.begin_load();
            }
            Effect::Refreshed => {
                // Who doesn't wait any more needs no answer.
                for refreshed in self.refreshing.drain(..) {
                    let _ = refreshed.send(());
                }
            }
            Effect::Loaded(rows) => {
                if let Some(loaded) = self.loading.pop_front() {
                    let _ = loaded.send(rows.map_err(Arc::new));
                }
            }
            Effect::Expired(handle) => self.remember.0.set(&self.remember.1, handle, self.clock.now()),
            Effect::Online => {
                tracing::info!("answers come again");
                self.connection(Connection::Online);
            }
            Effect::Offline(error) => {
                tracing::warn!(%error, "no usable answer");
                let offline = Connection::Offline(Arc::new(error));
                // What the next answer leaves out is known when it has come to its end.
                self.teller.tell(&mut |state| (state.connection, state.whole) = (offline.clone(), false));
            }
            Effect::Stop(error) => {
                return Some(error.unwrap_or(SyncError::Cancelled { of: Origin::new(self.definition) }));
            }
        }
        None
    }

    /// Asks the program what to do about an error; what follows, or the error where it ends the sync.
    async fn recovered(&mut self, error: SyncError) -> Result<Vec<Effect>, SyncError> {
        let Some(recover) = self.recover.clone().filter(|_| error.may_recover()) else { return Err(error) };
        self.connection(Connection::Offline(Arc::new(error.clone())));
        let Some(renewed) = recover.recover(Arc::new(error.clone())).await.into_renewed() else { return Err(error) };
        tracing::info!(%error, "the program goes on after an error");
        renewed.headers.into_iter().for_each(|header| self.requests.sender().set_header(header));
        let of = Origin::new(self.definition);
        self.stream.set_parameters(&renewed.parameters).map_err(|error| SyncError::Address { of, error })?;
        let mut effects = self.stream.on(Event::Recover);
        if self.resting {
            // It was told while there was nothing to hold.
            effects.extend(self.stream.on(Event::Pause));
        }
        Ok(effects)
    }

    /// What the client says to all of its syncs: rest, go on, the device has slept.
    fn attend(&mut self) -> Vec<Effect> {
        let Activity { pauses, wakes } = *self.activity.borrow_and_update();
        let mut effects = Vec::new();
        if std::mem::replace(&mut self.resting, pauses > 0) != self.resting {
            effects = self.stream.on(if self.resting { Event::Pause } else { Event::Resume });
        }
        if std::mem::replace(&mut self.wakes, wakes) != wakes {
            tracing::info!("the device has slept: asking anew");
            effects.extend(self.stream.on(Event::Refresh));
        }
        effects
    }

    async fn next(&mut self) -> Next {
        let Self { requests, delivering, timer, commands, activity, .. } = self;
        let mut changed = pin!(activity.changed());
        poll_fn(|context| {
            if let Some((local, result)) = poll_once(delivering, context) {
                return Poll::Ready(Next::Delivered(local, result));
            }
            if let Poll::Ready((id, arrived)) = requests.poll(context) {
                return Poll::Ready(Next::Arrived(id, arrived));
            }
            if poll_once(timer, context).is_some() {
                return Poll::Ready(Next::Timer);
            }
            // Without handles there are no more commands, and without a client nothing changes.
            if let Poll::Ready(Some(command)) = commands.poll_recv(context) {
                return Poll::Ready(Next::Command(command));
            }
            match changed.as_mut().poll(context) {
                Poll::Ready(Ok(())) => Poll::Ready(Next::Activity),
                _ => Poll::Pending,
            }
        })
        .await
    }

    fn connection(&self, connection: Connection) {
        self.teller.connection(&connection);
    }
}

/// Polls what may be there, and takes it away when it is done.
fn poll_once<T>(waiting: &mut Option<Pending<'static, T>>, context: &mut Context<'_>) -> Option<T> {
    match waiting.as_mut()?.as_mut().poll(context) {
        Poll::Ready(value) => {
            *waiting = None;
            Some(value)
        }
        Poll::Pending => None,
    }
}

/// Bodies from this size on are read beside the network, on a thread of their own.
const LARGE: usize = 256 * 1024;

fn deliver(mut local: Box<Local>, delivery: Delivery) -> Delivering {
    Box::pin(async move {
        let taken = if delivery.body.len() < LARGE {
            local.take(&delivery)
        } else {
            let span = tracing::Span::current();
            let reading = tokio::task::spawn_blocking(move || {
                let _entered = span.enter();
                let taken = local.take(&delivery);
                (local, taken)
            });
            let (back, taken) = match reading.await {
                Ok(read) => read,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is shutting down, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            };
            local = back;
            taken
        };
        let result = match taken {
            Ok(taken) => local.settle(taken).await,
            Err(error) => Err(error),
        };
        (local, result)
    })
}
