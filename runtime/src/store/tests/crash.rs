//! The program dies: its log is cut anywhere, its process is killed at any instant.
//!
//! A server's life is made up: epochs, each a handle with a first load in chunks and batches after it. What it holds at
//! each offset is known, so what is found on disk can be held against it.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;
use crate::store::{Current, Verdict};

static ITEMS: &ShapeDefinition = Item::DEFINITION;

/// The steps `0..CHUNKS` of an epoch are the first load, the rest batches.
const CHUNKS: u32 = 12;
const STEPS: u32 = 20;
/// Tells the test binary that it is the process to be killed.
const CHILD: &str = "SHAPEGEN_STORE_CRASH_CHILD";

/// Where a server is: an epoch and a step of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    epoch: u32,
    step: u32,
}

impl At {
    const START: Self = Self { epoch: 0, step: 0 };

    fn next(self) -> Self {
        let Self { epoch, step } = self;
        if step + 1 < STEPS { Self { epoch, step: step + 1 } } else { Self { epoch: epoch + 1, step: 0 } }
    }

    fn position(self) -> Position {
        Position {
            handle: format!("handle {}", self.epoch),
            offset: format!("{}_{}", self.epoch, self.step),
            oldest: None,
        }
    }

    fn of(position: &Position) -> Self {
        let (epoch, step) = position.offset.split_once('_').unwrap();
        let at = Self { epoch: epoch.parse().unwrap(), step: step.parse().unwrap() };
        assert_eq!(at.position(), *position, "handle and offset are of one response");
        at
    }

    fn target(self) -> Target {
        match self.step {
            step if step + 1 < CHUNKS => Target::Filling { first: step == 0 },
            step if step + 1 == CHUNKS => Target::Complete { first: false },
            _ => Target::Current,
        }
    }

    /// What this step does to the rows of those before it.
    fn changes(self, before: &Rows) -> Vec<RowChange> {
        let mut random = fastrand::Rng::with_seed(u64::from(self.epoch) << 32 | u64::from(self.step));
        let mut row = |id: u128| Item {
            name: format!("{self:?} {}", "filling ".repeat(random.usize(0..20))),
            count: Some(random.i64(..)),
            ..Item::new(id, "")
        };
        if self.step < CHUNKS {
            // The same keys in every epoch: generations must not mix.
            return (0..8).map(|at| put(&row(u128::from(self.step * 8 + at)))).collect();
        }
        let mut changes = vec![put(&row(u128::from(1000 + self.step)))];
        let mut random = fastrand::Rng::with_seed(u64::from(self.step));
        let mut ids: Vec<Uuid> = before.keys().copied().collect();
        random.shuffle(&mut ids);
        changes.extend(ids[..3].iter().map(|id| put(&row(id.as_u128()))));
        changes.extend(ids[3..5].iter().map(|id| remove(&before[id])));
        changes
    }

    /// What the server holds here; of a first load, what it has sent so far.
    fn rows(self) -> Rows {
        let mut rows = Rows::new();
        for step in 0..=self.step {
            let changes = Self { step, ..self }.changes(&rows);
            apply(&mut rows, &changes);
        }
        rows
    }
}

fn apply(rows: &mut Rows, changes: &[RowChange]) {
    use crate::columns::{Encoder, Form};
    for change in changes {
        let (RowChange::Put(row, _) | RowChange::Remove(row)) = change;
        let mut encoder = Encoder::new(Form::Local);
        row.encode(&mut encoder);
        let mut columns = Columns::new(encoder.cells().len());
        encoder.cells().iter().enumerate().for_each(|(at, cell)| columns.set(at, cell.clone()));
        let item = Item::decode(&mut columns).unwrap();
        match change {
            RowChange::Put(..) => rows.insert(item.id, item),
            RowChange::Remove(_) => rows.remove(&item.id),
        };
    }
}

/// Holds what was found against the server; returns where to go on: after the last response that was taken over.
fn verify(loaded: &Loaded, opened: &Opened, context: &str) -> At {
    let mut next = At::START;
    assert!(matches!(opened.verdict, Verdict::New | Verdict::Keep), "{context}: {opened:?}");
    if let Some(Current { position, up_to_date_at }) = &opened.current {
        let at = At::of(position.as_ref().unwrap());
        assert!(at.step + 1 >= CHUNKS, "{context}: {at:?} is no complete generation");
        assert_eq!(loaded.current(), at.rows(), "{context}: {at:?}");
        assert_eq!(*up_to_date_at, Some(NOW));
        next = at.next();
        if next.step == 0 && opened.filling.is_none() {
            return next;
        }
    } else {
        assert!(loaded.current.is_empty());
    }
    if let Some(filling) = &opened.filling {
        let at = At::of(filling);
        assert!(at.step + 1 < CHUNKS, "{context}: {at:?} is complete");
        assert_eq!(loaded.filling(), at.rows(), "{context}: {at:?}");
        assert!(next <= at, "{context}: {at:?} was filled before {next:?}");
        next = at.next();
    } else {
        assert!(loaded.filling.is_empty());
    }
    next
}

/// Follows the server from `at` on; some batches wait for others.
fn follow(instance: &Instance, mut at: At, mut goes_on: impl FnMut(At) -> bool) {
    let mut rows = if at.step == 0 { Rows::new() } else { At { step: at.step - 1, ..at }.rows() };
    let mut random = fastrand::Rng::new();
    while goes_on(at) {
        if at.step == 0 {
            rows.clear();
        }
        let changes = at.changes(&rows);
        apply(&mut rows, &changes);
        let up_to_date_at = (at.step + 1 >= CHUNKS).then_some(NOW);
        let batch = Batch { target: at.target(), changes, position: at.position(), up_to_date_at };
        let written = instance.commit(batch, Duration::from_millis(random.u64(0..3)));
        if random.bool() {
            wait(written).unwrap();
        }
        at = at.next();
    }
}

#[test]
fn c_151_a_log_cut_anywhere_leaves_rows_of_one_moment() {
    let dir = TempDir::new().unwrap();
    let (live, copy) = (dir.path().join("live"), dir.path().join("copy"));
    // The file holds one epoch, the log its end and another one, with the swap to its generation.
    let until = |end: At| {
        let partition = partition_in(&live);
        let (loaded, instance, opened) = open(&partition, ITEMS);
        let start = verify(&loaded, &opened, "live");
        follow(&instance, start, |at| at < end);
        wait(partition.flush()).unwrap();
        (partition, instance)
    };
    drop(until(At { epoch: 0, step: 15 }));
    let end = At { epoch: 1, step: 19 };
    let (partition, instance) = until(end);
    let file = folder_in(&live).join("cache.db");
    // On the thread itself, so that it writes nothing meanwhile.
    let (database, log) = on_writer(&partition, move |_| {
        (std::fs::read(&file).unwrap(), std::fs::read(file.with_file_name("cache.db-wal")).unwrap())
    });
    drop((instance, partition));

    let mut before = At::START;
    let mut seen = std::collections::BTreeSet::new();
    let cuts = (0..log.len()).step_by(512).chain([log.len()]);
    for cut in cuts {
        let folder = folder_in(&copy);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("cache.db"), &database).unwrap();
        std::fs::write(folder.join("cache.db-wal"), &log[..cut]).unwrap();
        let partition = partition_in(&copy);
        let (loaded, instance, opened) = open(&partition, ITEMS);
        drop(instance);
        let next = verify(&loaded, &opened, &format!("cut at {cut}"));
        assert!(next >= before, "cut at {cut}: {next:?} after {before:?}");
        before = next;
        seen.insert(next);
        // This copy needs not survive, and its close is most of the time.
        on_writer(&partition, |writer| {
            writer.connection.as_ref().unwrap().pragma_update(None, "synchronous", "off").unwrap();
        });
        drop(partition);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    assert_eq!(before, end, "the whole log holds everything");
    println!("{} cuts, {} moments", log.len() / 512, seen.len());
    assert!(seen.len() > 15, "the log was cut at few moments: {seen:?}");
}

#[test]
fn c_151_a_process_killed_at_any_instant_leaves_rows_of_one_moment() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let partition = partition_in(Path::new(&dir));
        let (loaded, instance, opened) = open(&partition, ITEMS);
        let start = verify(&loaded, &opened, "child");
        follow(&instance, start, |_| true);
    }
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut in_first_load, mut later) = (0, 0);
    for life in 0..10 {
        let dir = TempDir::new().unwrap();
        let mut before = At::START;
        for kill in 0..10 {
            let context = format!("seed {seed}, life {life}, kill {kill}");
            let mut child = Killed(child(dir.path()));
            // From the moment on at which it has begun a log; at first soon, so that first loads are hit, then later.
            let begun = Instant::now();
            let log = folder_in(dir.path()).join("cache.db-wal");
            while !log.exists() {
                assert!(begun.elapsed() < Duration::from_secs(60), "{context}: the child does not start");
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(random.u64(0..500 << kill)));
            child.0.kill().unwrap();
            let status = child.0.wait().unwrap();
            assert!(!status.success() && status.code().is_none(), "{context}: the child ended by itself: {status}");

            let (loaded, _, opened) = open(&partition_in(dir.path()), ITEMS);
            let next = verify(&loaded, &opened, &context);
            // A killed process loses nothing that was written: the first load never begins again.
            assert!(next >= before, "{context}: {next:?} after {before:?}");
            before = next;
            if opened.current.is_none() && opened.filling.is_some() {
                in_first_load += 1;
            }
            later += u32::from(opened.current.is_some());
        }
    }
    println!("{CHUNKS} chunks; killed in the first load {in_first_load} times, later {later} times");
    assert!(in_first_load > 0 && later > 0, "seed {seed}: the kills were all of one kind");
}

/// The process of the other side, gone whatever happens to the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn child(dir: &Path) -> Child {
    let name = "c_151_a_process_killed_at_any_instant_leaves_rows_of_one_moment";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("store::tests::crash::{name}"), "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
