//! Tokens, headers, recovery, rest and refresh, as a program sees them.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use super::*;
use crate::collection::Status;

impl Service {
    /// The last request's head.
    fn last(&self) -> String {
        self.state.borrow().requests.last().cloned().unwrap_or_default()
    }

    fn count(&self) -> usize {
        self.state.borrow().requests.len()
    }

    fn has(&self, needle: &str) -> bool {
        self.last().to_lowercase().contains(needle)
    }
}

fn counted() -> (Arc<AtomicUsize>, impl TokenProvider) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    (asked, move || std::future::ready(format!("value {}", count.fetch_add(1, Ordering::SeqCst))))
}

#[tokio::test]
async fn c_013_c_014_each_request_has_its_headers_asked_for_anew() {
    let service = Service::new().await;
    let (asked, provider) = counted();
    let builder = service.builder().header("x-app", "notes").header("bad name", "x").header("x-bad", "a\nb");
    let client = builder.header_from("x-trace", provider).build().unwrap().0;
    let _notes = client.collection::<Note>(());
    for number in 0..3 {
        service.held(1).await;
        assert!(service.has("x-app: notes\r\n") && service.has(&format!("x-trace: value {number}\r\n")));
        assert!(!service.has("x-bad") && !service.has("bad name"), "{}", service.last());
        service.notes(number + 1, &[], true);
    }
    service.held(1).await;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn c_013_headers_are_asked_for_at_the_same_time() {
    let service = Service::new().await;
    let meeting = Arc::new(tokio::sync::Barrier::new(2));
    let provider = || {
        let meeting = meeting.clone();
        move || {
            let meeting = meeting.clone();
            async move {
                meeting.wait().await;
                "met".to_owned()
            }
        }
    };
    let client = service.builder().header_from("x-a", provider()).header_from("x-b", provider()).build().unwrap().0;
    let _notes = client.collection::<Note>(());
    service.held(1).await;
    assert!(service.has("x-a: met\r\n") && service.has("x-b: met\r\n"));
}

#[tokio::test]
async fn c_090_c_092_a_program_renews_what_was_refused_or_ends_the_sync() {
    let service = Service::new().await;
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = seen.clone();
    let recover = move |error: Arc<SyncError>| {
        let mut told = told.lock().unwrap();
        told.push(error.status());
        let retry = Recovery::retry().header("x-key", "new").parameter("tenant", "two");
        std::future::ready(if told.len() < 3 { retry } else { Recovery::stop() })
    };
    let client = service.builder().header("x-key", "old").on_error(recover).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.held(1).await;
    assert!(service.has("x-key: old\r\n") && !service.has("tenant"));
    service.notes(1, &[1], true);
    service.held(1).await;
    service.answer(403, "", "not yours");
    service.held(1).await;
    assert!(service.has("x-key: new\r\n") && !service.has("x-key: old") && service.has("tenant=two"));
    assert!(service.has("offset=1_0&"), "{}", service.last());
    assert!(matches!(notes.connection(), Connection::Offline(error) if error.status() == Some(403)));
    service.notes(2, &[2], true);
    service.held(1).await;
    assert!(matches!(notes.connection(), Connection::Online));
    service.answer(400, "", "no");
    service.held(1).await;
    service.answer(404, "", "gone");
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    assert_eq!(*seen.lock().unwrap(), [Some(403), Some(400), Some(404)]);
    assert_eq!(notes.snapshot().len(), 2, "the rows stay");
}

#[tokio::test]
async fn c_027_c_093_nothing_recovers_from_missing_headers_and_without_a_handler_an_error_is_seen() {
    let service = Service::new().await;
    let recover = |_| -> std::future::Ready<Recovery> { panic!("asked for what can't be cured") };
    let client = service.builder().on_error(recover).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.answer(200, "electric-handle: h\r\n", "[]");
    let error = within(notes.ready()).await.unwrap_err();
    assert!(matches!(*error, SyncError::MissingHeaders { .. }));

    service.answer(403, "", "not yours");
    let client = service.builder().build().unwrap().0;
    assert_eq!(within(client.collection::<Note>(()).ready()).await.unwrap_err().status(), Some(403));
}

#[tokio::test]
async fn c_098_c_099_a_client_rests_while_anybody_wants_it_to() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    assert!(service.has("live=true"));
    let (first, second) = (client.pause(), client.pause());
    service.held(0).await;
    drop(first);
    let later = client.collection::<OurNote>(());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(service.count(), 2, "also one that begins meanwhile rests");
    drop(second);
    service.held(2).await;
    let asked = service.state.borrow().requests[2..].join("\n");
    assert!(!asked.contains("live=true") && asked.contains("offset=1_0 ") && asked.contains("offset=-1 "), "{asked}");
    drop((notes, later));
}

#[tokio::test]
async fn a_recovery_while_the_client_rests_asks_for_nothing_until_it_goes_on() {
    let service = Service::new().await;
    let (begun, go_on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (said, waits) = (begun.clone(), go_on.clone());
    let recover = move |_| {
        let (said, waits) = (said.clone(), waits.clone());
        async move {
            said.notify_one();
            waits.notified().await;
            Recovery::retry()
        }
    };
    let client = service.builder().on_error(recover).build().unwrap().0;
    let _notes = client.collection::<Note>(());
    service.answer(403, "", "not yours");
    within(begun.notified()).await;
    let rest = client.pause();
    go_on.notify_one();
    service.held(0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    service.held(0).await;
    drop(rest);
    service.held(1).await;
}

#[tokio::test]
async fn c_048_a_refresh_returns_when_the_rows_are_as_new_as_its_call() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    let refreshing = tokio::spawn({
        let notes = notes.clone();
        async move { notes.refresh().await }
    });
    until(|| service.count() == 3).await;
    service.held(1).await;
    assert!(!service.has("live=true") && !refreshing.is_finished());
    service.notes(2, &[2], true);
    within(refreshing).await.unwrap().unwrap();
    assert_eq!(notes.snapshot().len(), 2);
    service.held(1).await;
    service.answer(403, "", "");
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    assert_eq!(within(notes.refresh()).await.unwrap_err().status(), Some(403));
}

#[tokio::test]
async fn c_100_a_device_that_slept_asks_anew() {
    let service = Service::new().await;
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let client = service.builder().clock(clock.clone()).build().unwrap().0;
    let _notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    for _ in 0..5 {
        clock.advance(Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(service.count(), 2, "time that goes by is no sleep");
    clock.advance(Duration::from_secs(7));
    until(|| service.count() == 3).await;
    assert!(!service.has("live=true"));
    service.held(1).await;
}

#[tokio::test]
async fn c_046_a_poll_without_a_byte_for_too_long_is_asked_anew_in_silence() {
    let service = Service::new().await;
    let client = service.builder().read_timeout(Duration::from_millis(300)).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    until(|| service.count() == 3).await;
    assert!(matches!(notes.connection(), Connection::Online));
    assert!(service.has("offset=1_0"));
    // The second time in a row somebody may want to know.
    until(|| matches!(notes.connection(), Connection::Offline(_))).await;
}

#[tokio::test]
async fn c_047_a_timeout_of_nothing_is_refused_and_none_is_allowed() {
    let service = Service::new().await;
    let refused = service.builder().read_timeout(Duration::ZERO).build().err();
    assert!(matches!(refused, Some(BuildError::ReadTimeout)));
    assert!(service.builder().read_timeout(None).build().is_ok());
}

#[tokio::test]
async fn c_069_a_lost_handle_is_remembered_by_the_next_collection() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.log("h1", 1, &[1], true);
    service.answer(409, "", "[]");
    service.held(1).await;
    drop(notes);
    service.held(0).await;
    let _again = client.collection::<Note>(());
    service.held(1).await;
    assert!(service.has("expired_handle=h1&"), "{}", service.last());
}

#[tokio::test]
async fn c_037_c_126_a_first_load_is_shown_when_it_is_complete() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    for chunk in 1..=3 {
        service.notes(chunk, &[chunk.into()], false);
        until(|| service.count() > chunk as usize).await;
        service.held(1).await;
        assert_eq!((notes.snapshot().len(), notes.status()), (0, Status::NeverSynced));
    }
    service.notes(4, &[4], true);
    service.held(1).await;
    assert_eq!((notes.snapshot().len(), notes.status()), (4, Status::Ready));
}

#[tokio::test]
async fn c_151_an_offset_waits_for_its_rows() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    // A part of a transaction: it is neither shown nor written before the rest is there.
    service.notes(2, &[2], false);
    until(|| service.count() == 3).await;
    service.held(1).await;
    let Storage::Disk(disk) = client.storage() else { panic!("no store") };
    within(disk.flush()).await.unwrap();
    let file = cache(folder.path());
    let stands = || {
        let sql = "SELECT current_offset, (SELECT count(*) FROM _rows_notes) FROM _instance";
        file.query_row(sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap()
    };
    assert_eq!((stands(), notes.snapshot().len()), (("1_0".to_owned(), 1), 1));
    service.notes(3, &[3], true);
    service.held(1).await;
    within(disk.flush()).await.unwrap();
    assert_eq!((stands(), notes.snapshot().len()), (("3_0".to_owned(), 3), 3));
}
