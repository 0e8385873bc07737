//! Collections against a running service: what readers see, when the sync runs, and who is asking.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use shapegen_runtime::{Change, Changes, Collection, Connection, Mode, Snapshot, Status, SyncError};
use shapegen_server::SessionValues;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::stage::{ANN, BOB, Stage, livestream, notification, until};
use crate::sync::{Client, Livestream, Session};

type Rows = BTreeMap<Uuid, Livestream>;

fn rows(snapshot: &Snapshot<Livestream>) -> Rows {
    snapshot.iter().map(|row| (row.id, Livestream::clone(row))).collect()
}

fn titles(livestreams: &Collection<Livestream>) -> Vec<String> {
    livestreams.snapshot().iter().map(|row| row.title.clone()).collect()
}

/// A client without a store.
fn in_memory(stage: &Stage) -> Client {
    let session = Session::user(ANN).token(|| std::future::ready(ANN.to_string()));
    Client::builder(format!("http://{}/shapes", stage.address())).session(session).build().unwrap()
}

/// One transaction of one to four random writes.
fn write(stage: &Stage, random: &mut fastrand::Rng, all: &mut Rows) {
    let written = stage.source.transaction(|tx| {
        for _ in 0..random.u32(1..=4) {
            let person = if random.u8(..4) == 0 { BOB } else { ANN };
            let mut row = livestream(person, random.u128(0..40), &random.u32(..).to_string());
            // Archived rows are not part of the shape: an update moves rows in and out.
            row.archived_at = (random.u8(..4) == 0).then_some(Timestamp::UNIX_EPOCH);
            let known = all.contains_key(&row.id);
            match random.u8(..3) {
                0 if known => {
                    tx.delete::<Livestream>(&row.id);
                    all.remove(&row.id);
                    continue;
                }
                _ if known => tx.update(&row),
                _ => tx.insert(&row),
            }
            all.insert(row.id, row);
        }
    });
    written.unwrap();
}

/// Folds batches into the rows they began with until a row with this title comes; each batch fits what was there.
async fn fold(first: Snapshot<Livestream>, mut changes: Changes<Livestream>, last: &str) -> Rows {
    let mut folded = rows(&first);
    while !folded.values().any(|row| row.title == last) {
        for change in changes.next().await.expect("the collection goes on").changes {
            match change {
                Change::Insert(new) => assert_eq!(folded.insert(new.id, (*new).clone()), None),
                Change::Update { old, new } => {
                    assert_ne!(old, new);
                    assert_eq!(folded.insert(new.id, (*new).clone()).as_ref(), Some(&*old));
                }
                Change::Delete(old) => assert_eq!(folded.remove(&old.id).as_ref(), Some(&*old)),
            }
        }
    }
    folded
}

#[tokio::test(flavor = "multi_thread")]
async fn who_subscribes_amid_writes_misses_nothing_and_sees_nothing_twice() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let stage = Arc::new(Stage::empty().await);
    let client = stage.client(folder.path(), ANN);
    let livestreams = client.livestreams();
    // Fifty transactions for each subscription: it falls somewhere among them.
    let (subscription, mut subscribed) = tokio::sync::mpsc::channel(1);
    let writer = thread::spawn({
        let stage = stage.clone();
        move || {
            let (mut random, mut all) = (fastrand::Rng::with_seed(seed), Rows::new());
            for number in 0..1_000 {
                if number % 50 == 0 {
                    subscribed.blocking_recv().unwrap();
                }
                write(&stage, &mut random, &mut all);
            }
            let last = livestream(ANN, 99, "the last");
            stage.source.transaction(|tx| tx.insert(&last)).unwrap();
            all.insert(last.id, last);
            all.retain(|_, row| row.user_id == ANN && row.archived_at.is_none());
            all
        }
    });
    let mut readers = Vec::new();
    while readers.len() < 20 {
        let (first, changes) = livestreams.subscribe();
        readers.push(tokio::spawn(fold(first, changes, "the last")));
        subscription.send(()).await.unwrap();
    }
    let expected = tokio::task::spawn_blocking(|| writer.join().unwrap()).await.unwrap();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), expected, "seed {seed}");
    }
    assert_eq!(rows(&livestreams.snapshot()), expected, "seed {seed}");
}

#[tokio::test]
async fn who_is_slow_gets_one_batch_with_the_difference() {
    let stage = Stage::of_two().await;
    let livestreams = in_memory(&stage).livestreams();
    livestreams.fresh().await.unwrap();
    let (first, mut changes) = livestreams.subscribe();
    let before: Vec<_> = first.iter().cloned().collect();
    for number in 0..50 {
        let written = stage.source.transaction(|tx| {
            tx.update(&livestream(ANN, 0, &number.to_string()));
            tx.insert(&livestream(ANN, 100 + number, "short-lived"));
        });
        written.unwrap();
        stage.source.transaction(|tx| tx.delete::<Livestream>(&livestream(ANN, 100 + number, "").id)).unwrap();
    }
    let written = stage.source.transaction(|tx| {
        tx.delete::<Livestream>(&before[1].id);
        tx.insert(&livestream(ANN, 7, "new"));
    });
    written.unwrap();
    until("the last change", || livestreams.snapshot().get(&livestream(ANN, 7, "").id).is_some()).await;

    let batch = changes.next().await.unwrap();
    let expected = [
        Change::Update { old: before[0].clone(), new: Arc::new(livestream(ANN, 0, "49")) },
        Change::Delete(before[1].clone()),
        Change::Insert(Arc::new(livestream(ANN, 7, "new"))),
    ];
    assert_eq!(batch.changes, expected);
    assert_eq!(changes.take(), None);
}

#[tokio::test]
async fn callbacks_run_until_their_guard_is_gone_also_beside_one_that_panics() {
    let stage = Stage::of_two().await;
    let livestreams = in_memory(&stage).livestreams();
    livestreams.fresh().await.unwrap();
    stage.held(1).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let panics = livestreams.on_change(|_| panic!("in the program's code"));
    let guard = livestreams.on_change({
        let seen = seen.clone();
        move |batch| seen.lock().unwrap().extend(batch.changes.clone())
    });
    let (first, second) = (livestream(ANN, 11, "first"), livestream(ANN, 12, "second"));
    stage.source.transaction(|tx| tx.insert(&first)).unwrap();
    until("the first call", || !seen.lock().unwrap().is_empty()).await;
    assert_eq!(*seen.lock().unwrap(), [Change::Insert(Arc::new(first))]);

    drop((guard, panics));
    stage.source.transaction(|tx| tx.insert(&second)).unwrap();
    until("the second row", || livestreams.snapshot().get(&second.id).is_some()).await;
    stage.held(1).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_guard_and_a_subscription_keep_the_sync_as_a_handle_does_and_the_last_one_ends_it() {
    let stage = Stage::of_two().await;
    let client = in_memory(&stage);
    let livestreams = client.livestreams();
    livestreams.fresh().await.unwrap();
    let (_, changes) = livestreams.subscribe();
    let guard = livestreams.on_change(|_| ());
    let clone = livestreams.clone();
    stage.held(1).await;
    let write = |number| stage.source.transaction(|tx| tx.insert(&livestream(ANN, number, "x"))).unwrap();
    drop(livestreams);
    drop(clone);
    drop(changes);
    let before = stage.requests(0).len();
    write(20);
    until("another request", || stage.requests(0).len() > before).await;
    stage.held(1).await;
    drop(guard);
    stage.held(0).await;
    let ended = stage.requests(0).len();
    write(21);

    // Who asks again gets a sync of its own, with all the rows.
    let livestreams = client.livestreams();
    livestreams.fresh().await.unwrap();
    assert_eq!(livestreams.snapshot().len(), 7);
    assert_eq!(stage.requests(ended).iter().filter(|request| request.contains("offset=-1")).count(), 1);
    drop((livestreams, client));
    stage.held(0).await;
}

#[tokio::test]
async fn many_handles_of_one_shape_cause_one_sync() {
    let stage = Stage::of_two().await;
    let client = in_memory(&stage);
    let handles: Vec<_> = (0..10).map(|_| client.clone().livestreams()).collect();
    for livestreams in &handles {
        livestreams.fresh().await.unwrap();
        assert_eq!(livestreams.snapshot().len(), 5);
    }
    stage.held(1).await;
    let requests = stage.requests(0);
    assert_eq!(requests.iter().filter(|request| request.contains("offset=-1")).count(), 1, "{requests:#?}");
    assert_eq!(requests.iter().filter(|request| request.contains("live=true")).count(), 1, "{requests:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_without_an_executor_can_wait() {
    let stage = Stage::of_two().await;
    let client = in_memory(&stage);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Client::builder(format!("http://{}/shapes", nobody.local_addr().unwrap()))
        .session(Session::user(ANN))
        .build()
        .unwrap();
    let stopped = Client::builder(format!("http://{}/shapes", stage.address())).build().unwrap();
    let waiting = thread::spawn(move || {
        let livestreams = client.livestreams();
        livestreams.ready_blocking(Duration::from_secs(30)).unwrap();
        assert_eq!(livestreams.snapshot().len(), 5);
        assert!(matches!(silent.livestreams().ready_blocking(Duration::from_millis(20)), Err(None)));
        let error = stopped.livestreams().ready_blocking(Duration::from_secs(30)).unwrap_err();
        assert!(matches!(error.as_deref(), Some(SyncError::Unbound { .. })), "{error:?}");
    });
    tokio::task::spawn_blocking(|| waiting.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_client_can_run_on_the_programs_own_runtime() {
    let stage = Stage::of_two().await;
    // A runtime of one thread: the callback runs here or it runs on a thread of the client's own.
    let here = thread::current().id();
    let session = Session::user(ANN).token(|| std::future::ready(ANN.to_string()));
    let client = Client::builder(format!("http://{}/shapes", stage.address()))
        .runtime(tokio::runtime::Handle::current())
        .session(session)
        .build()
        .unwrap();
    let livestreams = client.livestreams();
    let threads = Arc::new(Mutex::new(Vec::new()));
    let _guard = livestreams.on_change({
        let threads = threads.clone();
        move |_| threads.lock().unwrap().push(thread::current().id())
    });
    livestreams.fresh().await.unwrap();
    assert_eq!(*threads.lock().unwrap(), [here]);
    drop(client);
    stage.source.transaction(|tx| tx.insert(&livestream(ANN, 30, "on it goes"))).unwrap();
    until("the row", || livestreams.snapshot().len() == 6).await;
}

/// A service that takes the newest token alone, and a client that asks for tokens.
struct Tokens {
    stage: Stage,
    /// The token that is good, and how often one was asked for.
    good: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
}

impl Tokens {
    async fn new() -> Self {
        let good = Arc::new(AtomicU64::new(1));
        let valid = good.clone();
        let stage = Stage::admitting(move |headers| {
            let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
            let is_good = token == valid.load(Ordering::SeqCst).to_string();
            is_good.then(|| SessionValues::new().with("user_id", ANN.to_string()))
        });
        Self { stage: stage.await, good, asked: Arc::default() }
    }

    fn client(&self, folder: &Path, token: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Client {
        let (good, asked) = (self.good.clone(), self.asked.clone());
        let session = Session::user(ANN).token(move || {
            asked.fetch_add(1, Ordering::SeqCst);
            let token = token(good.load(Ordering::SeqCst)).to_string();
            async move {
                // Long enough for the others to come, too.
                tokio::task::yield_now().await;
                token
            }
        });
        Client::builder(format!("http://{}/shapes", self.stage.address()))
            .store(shapegen_runtime::SqliteStore::in_dir(folder).unwrap())
            .session(session)
            .build()
            .unwrap()
    }

    fn write(&self, number: u128) {
        let written = self.stage.source.transaction(|tx| {
            tx.insert(&livestream(ANN, number, "x"));
            tx.insert(&notification(ANN, number, "x"));
        });
        written.unwrap();
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_shapes() {
    let tokens = Tokens::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = tokens.client(folder.path(), |good| good);
    let (livestreams, notifications) = (client.livestreams(), client.notifications());
    livestreams.fresh().await.unwrap();
    notifications.fresh().await.unwrap();
    tokens.stage.held(2).await;
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 1);

    tokens.good.store(2, Ordering::SeqCst);
    for number in 1..=3 {
        tokens.write(number);
        let count = usize::try_from(number).unwrap();
        until("the rows", || livestreams.snapshot().len() == count && notifications.snapshot().len() == count).await;
        tokens.stage.held(2).await;
    }
    assert_eq!(tokens.asked.load(Ordering::SeqCst), 2);
    let refused = tokens.stage.service.requests().iter().filter(|request| request.status == Some(401)).count();
    assert!((1..=2).contains(&refused), "{refused} requests were refused");
}

#[tokio::test]
async fn a_token_that_stays_refused_stops_the_sync_and_the_rows_stay() {
    let tokens = Tokens::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = tokens.client(folder.path(), |_| 1);
    let livestreams = client.livestreams();
    livestreams.fresh().await.unwrap();
    tokens.write(1);
    until("the row", || livestreams.snapshot().len() == 1).await;
    tokens.stage.held(1).await;
    tokens.good.store(2, Ordering::SeqCst);
    tokens.write(2);
    until("a stop", || matches!(livestreams.connection(), Connection::Stopped(_))).await;
    let Connection::Stopped(error) = livestreams.connection() else { unreachable!() };
    assert_eq!(error.status(), Some(401), "{error}");
    assert!(!error.retryable());
    assert_eq!(livestreams.status(), Status::Ready);
    assert_eq!(livestreams.snapshot().len(), 2, "the answer that was held when the token went bad is good");
}

#[tokio::test]
async fn a_shape_without_its_session_stops_with_a_clear_error_and_asks_for_nothing() {
    for (mode, path) in [(Mode::Gatekeeper, "shapes"), (Mode::Electric, "v1/shape")] {
        let stage = Stage::of_two().await;
        let client = Client::builder(format!("http://{}/{path}", stage.address())).mode(mode).build().unwrap();
        let livestreams = client.livestreams();
        let error = livestreams.fresh().await.unwrap_err();
        assert!(matches!(*error, SyncError::Unbound { param: "user_id", .. }), "{error:?}");
        let expected = "shape `livestreams` of table public.livestreams: the session has no identity `user_id`";
        assert_eq!(error.to_string(), expected);
        assert!(matches!(livestreams.connection(), Connection::Stopped(_)));
        assert_eq!(livestreams.status(), Status::NeverSynced);
        assert_eq!(stage.requests(0), Vec::<String>::new());
        // Shapes for everybody need no session.
        client.every_type().fresh().await.unwrap();
    }
}

#[tokio::test]
async fn the_service_asked_by_table_and_condition_gives_the_rows_that_it_gives_by_name() {
    let stage = Stage::of_two().await;
    let by_name = in_memory(&stage).livestreams();
    let by_table = Client::builder(format!("http://{}/v1/shape", stage.address()))
        .mode(Mode::Electric)
        .session(Session::user(ANN))
        .build()
        .unwrap()
        .livestreams();
    for livestreams in [&by_name, &by_table] {
        livestreams.fresh().await.unwrap();
    }
    assert_eq!(rows(&by_name.snapshot()), rows(&by_table.snapshot()));
    assert_eq!(by_table.snapshot().len(), 5);

    let written = stage.source.transaction(|tx| {
        tx.update(&Livestream { archived_at: Some(Timestamp::UNIX_EPOCH), ..livestream(ANN, 0, "gone") });
        tx.update(&livestream(ANN, 1, "renamed"));
        tx.insert(&livestream(ANN, 40, "new"));
        tx.insert(&livestream(BOB, 41, "not ours"));
    });
    written.unwrap();
    for livestreams in [&by_name, &by_table] {
        until("the changes", || livestreams.snapshot().get(&livestream(ANN, 40, "").id).is_some()).await;
        let expected = ["renamed", "ANN'S stream 2", "ANN'S stream 3", "ANN'S stream 4", "new"];
        assert_eq!(titles(livestreams), expected);
    }
    let asked = stage.requests(0).into_iter().find(|request| request.contains("/v1/shape")).unwrap();
    for part in ["table=", "columns=", "where=", "params%5B1%5D="] {
        assert!(asked.contains(part), "{asked}");
    }
}
