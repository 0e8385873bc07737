//! A device of the simulation: a program with its client, collections and disk, which crash, fill up and start again.

use std::sync::Arc;

use fastrand::Rng;
use shapegen_runtime::__sim::{Disk, simulated};
use shapegen_runtime::{Client, Collection, Connection, ManualClock, PauseGuard, Recovery, Session, Status};

use super::network::Network;
use super::world::{AnyItem, BusyItem, Item, LatestItem, PERSONS, Rows, SharedItem, World};

pub struct Device {
    /// Whose it is at the moment.
    person: usize,
    /// Rows are kept on disk, else in memory.
    keeps: bool,
    /// One for each person who was there.
    disks: [Option<Disk>; PERSONS],
    client: Option<Client>,
    items: Option<Collection<Item>>,
    busy: Option<Collection<BusyItem>>,
    shared: Option<Collection<SharedItem>>,
    latest: Option<Collection<LatestItem>>,
    rest: Option<PauseGuard>,
}

impl Device {
    pub fn new(keeps: bool) -> Self {
        let disks = [const { None }; PERSONS];
        Self { person: 0, keeps, disks, client: None, items: None, busy: None, shared: None, latest: None, rest: None }
    }

    /// The disk of who is there.
    fn disk(&mut self) -> Option<&mut Disk> {
        self.disks[self.person].as_mut()
    }

    /// The program starts.
    pub fn start(&mut self, network: &Network, clock: &ManualClock) {
        let builder = Client::builder("http://sim/shapes").clock(clock.clone());
        let builder = builder.runtime(tokio::runtime::Handle::current());
        let builder = builder.on_error(|_| std::future::ready(Recovery::retry()));
        let person = self.person;
        if self.keeps {
            self.disks[person].get_or_insert_with(|| Disk::new().unwrap());
        }
        let session = Session::new().identity("person", &i32::try_from(person).unwrap());
        let builder = builder.session(session.token(move || async move { person.to_string() }));
        let client = simulated(builder, Arc::new(network.clone()), self.disk().as_deref()).build().unwrap();
        self.items = Some(client.collection(()));
        self.busy = Some(client.collection(()));
        self.shared = Some(client.collection(()));
        self.latest = Some(client.collection(()));
        self.client = Some(client);
    }

    /// The disk does the next thing that was handed over; false when there is none.
    pub fn write(&mut self) -> bool {
        self.disk().is_some_and(Disk::step)
    }

    fn stop(&mut self) {
        (self.items, self.busy, self.shared, self.latest) = (None, None, None, None);
        (self.client, self.rest) = (None, None);
    }

    /// One of many things that happen to a device.
    pub fn happen(&mut self, what: u8, network: &Network, clock: &ManualClock, random: &mut Rng) {
        match what {
            0..=2 => {
                self.stop();
                self.disk().map(Disk::crash);
                self.person = random.usize(..PERSONS);
                self.start(network, clock);
            }
            3 | 4 => {
                self.stop();
                while self.write() {}
                self.disk().map(Disk::write_waiting);
                self.person = random.usize(..PERSONS);
                self.start(network, clock);
            }
            5 | 6 => drop(self.disk().map(|disk| disk.set_full(random.bool()))),
            7..=9 => drop(self.disk().map(Disk::write_waiting)),
            10 => self.rest = self.client.as_ref().filter(|_| self.rest.is_none()).map(Client::pause),
            11 | 12 => self.rest = None,
            13 => {
                let (Some(client), Some(items)) = (&self.client, self.items.take()) else { return };
                drop(items);
                self.items = Some(client.collection(()));
            }
            14..=16 => self.reopen_stopped(network, clock),
            17..=19 => self.load_older(random.u32(1..6)),
            _ => {
                if let Some(busy) = self.busy.clone() {
                    // Who doesn't wait for the answer still asks.
                    tokio::spawn(async move {
                        drop(tokio::time::timeout(std::time::Duration::from_secs(1), busy.refresh()).await)
                    });
                }
            }
        }
    }

    fn load_older(&self, rows: u32) {
        if let Some(latest) = self.latest.clone() {
            tokio::spawn(async move {
                drop(tokio::time::timeout(std::time::Duration::from_secs(1), latest.load_older(rows)).await)
            });
        }
    }

    /// What a program does once a sync has stopped for good: it starts again.
    pub fn reopen_stopped(&mut self, network: &Network, clock: &ManualClock) {
        let stopped = |connection: Option<Connection>| matches!(connection, Some(Connection::Stopped(_)));
        if stopped(self.items.as_ref().map(Collection::connection))
            || stopped(self.busy.as_ref().map(Collection::connection))
            || stopped(self.shared.as_ref().map(Collection::connection))
            || stopped(self.latest.as_ref().map(Collection::connection))
        {
            self.stop();
            self.start(network, clock);
        }
    }

    /// Nothing is wrong with it any more.
    pub fn heal(&mut self, network: &Network, clock: &ManualClock) {
        for disk in self.disks.iter_mut().flatten() {
            disk.set_full(false);
        }
        self.rest = None;
        self.reopen_stopped(network, clock);
    }

    /// What always holds.
    pub fn check(&self, world: &World) -> Result<(), String> {
        check(self.items.as_ref(), self.person, world)?;
        check(self.busy.as_ref(), self.person, world)?;
        check(self.shared.as_ref(), self.person, world)?;
        check(self.latest.as_ref(), self.person, world)?;
        self.disks[self.person].as_ref().map_or(Ok(()), |disk| check_disk(disk, self.person, world))
    }

    /// What holds when all is quiet.
    pub fn is_settled(&self, world: &World) -> Result<(), String> {
        is_settled(self.items.as_ref(), self.person, world)?;
        is_settled(self.busy.as_ref(), self.person, world)?;
        is_settled(self.shared.as_ref(), self.person, world)?;
        let all = is_settled(self.latest.as_ref(), self.person, world);
        if all.is_err() {
            // What was never loaded is still to come.
            self.load_older(100);
        }
        all
    }
}

fn rows<S: AnyItem>(collection: &Collection<S>) -> Rows {
    collection.snapshot().iter().map(|row| (row.key(), row.plain())).collect()
}

/// The rows were those of the person's shape at some commit; of a shape with a subquery, or of which not all is loaded, each of them
/// was at some.
fn was(shape: &str, person: usize, rows: &Rows, world: &World) -> bool {
    if shape == "latest" {
        return rows
            .iter()
            .all(|(id, item)| world.history.iter().any(|moment| moment.rows(shape, person).get(id) == Some(item)));
    }
    if shape != "shared" {
        return world.history.iter().rev().any(|moment| moment.rows(shape, person) == rows);
    }
    rows.keys().all(|id| world.history.iter().any(|moment| moment.rows(shape, person).contains_key(id)))
}

fn check<S: AnyItem>(collection: Option<&Collection<S>>, person: usize, world: &World) -> Result<(), String> {
    let Some(collection) = collection else { return Ok(()) };
    let (shape, rows) = (S::DEFINITION.name, rows(collection));
    if collection.status() == Status::NeverSynced {
        return if rows.is_empty() { Ok(()) } else { Err(format!("`{shape}` shows {rows:?} and was never synced")) };
    }
    if was(shape, person, &rows, world) { Ok(()) } else { Err(format!("`{shape}` shows {rows:?}, which never was")) }
}

fn is_settled<S: AnyItem>(collection: Option<&Collection<S>>, person: usize, world: &World) -> Result<(), String> {
    let Some(collection) = collection else { return Err("no collection".to_owned()) };
    let (shown, expected) = (rows(collection), world.now().rows(S::DEFINITION.name, person));
    if shown == *expected {
        return Ok(());
    }
    let (shape, connection) = (S::DEFINITION.name, collection.connection());
    Err(format!("`{shape}` shows {shown:?} instead of {expected:?}; {connection:?}"))
}

/// What is on the disk is all of some commit: the one at its offset, where that says which.
fn check_disk(disk: &Disk, person: usize, world: &World) -> Result<(), String> {
    let Some(connection) = disk.connection() else { return Ok(()) };
    let sql = "SELECT shape, local, current_g, current_offset FROM _instance WHERE current_g IS NOT NULL";
    let mut instances = connection.prepare_cached(sql).unwrap();
    let mut instances = instances.query([]).unwrap();
    while let Some(instance) = instances.next().unwrap() {
        let (shape, local): (String, String) = (instance.get(0).unwrap(), instance.get(1).unwrap());
        let (g, offset): (i64, Option<String>) = (instance.get(2).unwrap(), instance.get(3).unwrap());
        let sql = format!("SELECT id, list_id, title, n FROM {local} WHERE _g = ?");
        let mut select = connection.prepare_cached(&sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)));
        let rows: Rows = select.query_map([g], row).unwrap().collect::<Result<_, _>>().unwrap();
        let lsn =
            offset.as_deref().and_then(|offset| offset.split_once('_')).and_then(|(lsn, _)| lsn.parse::<u64>().ok());
        let named = lsn.filter(|&lsn| lsn > 0 && !matches!(&*shape, "shared" | "latest"));
        let right = match named.and_then(|lsn| world.history.iter().find(|moment| moment.lsn == lsn)) {
            Some(moment) => *moment.rows(&shape, person) == rows,
            None => was(&shape, person, &rows, world),
        };
        if !right {
            return Err(format!("the disk holds {rows:?} of `{shape}` at offset {offset:?}, which is not so"));
        }
    }
    Ok(())
}
