//! Clients of a service that answers what the test says, when the test says it.

mod http2;
mod life;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;
use crate::collection::Connection;
use crate::columns::{ColumnError, Columns};
use crate::definition::{Column, Filter, Load, LocalTable, Policy, Replica, Table, Transport};
use crate::expr::{Expr, Kind, Operand, Select};
use crate::store::SqliteStore;
use crate::stream::SyncError;

#[derive(Debug, Clone, PartialEq)]
struct Note {
    id: i64,
}

impl Shape for Note {
    type Key = i64;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &ShapeDefinition {
        name: "notes",
        table: Table { schema: "public", name: "notes" },
        columns: &[Column::new("id", "int8").not_null()],
        key: &[0],
        filter: None,
        params: &[],
        request: 1,
        load: Load::All,
        replica: Replica::Default,
        // Batches wait for others for weeks: what depends on their being written never happens.
        policy: Policy {
            kept: true,
            flush_within_ms: u32::MAX,
            stale_after_s: 86_400,
            max_age_s: None,
            transport: Transport::LongPoll,
        },
        local: LocalTable {
            table: "_rows_notes",
            create: r#"CREATE TABLE "_rows_notes" ("_g" INTEGER NOT NULL, "id" INTEGER NOT NULL,
                PRIMARY KEY ("_g", "id")) STRICT"#,
            indexes: &[],
            view: r#"CREATE VIEW "notes" AS SELECT "id" FROM "_rows_notes""#,
            fingerprint: 1,
        },
    };

    fn key(&self) -> i64 {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<i64, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self { id: columns.take()? })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
    }

    fn encode_key<'a>(key: &'a i64, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

/// A note of another shape.
macro_rules! note {
    ($row:ident, $definition:expr) => {
        #[derive(Debug, Clone, PartialEq)]
        pub(super) struct $row(Note);

        impl Shape for $row {
            type Key = i64;
            type Params = ();
            const DEFINITION: &'static ShapeDefinition = &$definition;

            fn key(&self) -> i64 {
                self.0.key()
            }

            fn decode_key(columns: &Columns<'_>) -> Result<i64, ColumnError> {
                Note::decode_key(columns)
            }

            fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
                Note::decode(columns).map(Self)
            }

            fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
                self.0.merge(columns)
            }

            fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
                self.0.encode(out);
            }

            fn encode_key<'a>(key: &'a i64, out: &mut Encoder<'a>) {
                Note::encode_key(key, out);
            }
        }
    };
}

mod older;
mod watching;

// A shape with a subquery.
note!(
    OurNote,
    ShapeDefinition {
        filter: Some(Filter {
            sql: "id in (select id from ours)",
            expr: Expr::InSelect {
                operands: Cow::Borrowed(&[Operand::Column(Cow::Borrowed("id"))]),
                kinds: Cow::Borrowed(&[Kind::Integer]),
                select: Cow::Borrowed(&[Select {
                    schema: Cow::Borrowed("public"),
                    table: Cow::Borrowed("ours"),
                    columns: Cow::Borrowed(&[Cow::Borrowed("id")]),
                    condition: Expr::All(Cow::Borrowed(&[])),
                }]),
                negated: false,
            },
        }),
        load: Load::All,
        ..*Note::DEFINITION
    }
);

fn tagged(id: i64, operation: &str, tag: &str) -> String {
    format!(
        r#"{{"key":"{id}","value":{{"id":"{id}"}},"headers":{{"operation":"{operation}","tags":["{tag}"],"active_conditions":[true]}}}}"#
    )
}

fn moved(event: &str, value: &str) -> String {
    format!(r#"{{"headers":{{"event":"{event}","patterns":[{{"pos":0,"value":"{value}"}}],"txids":[]}}}}"#)
}

fn ids(notes: &Collection<OurNote>) -> Vec<i64> {
    notes.snapshot().iter().map(|note| note.0.id).collect()
}

struct NoteClient(Client);

impl TypedClient for NoteClient {
    type Session = Session;
    const MODE: Mode = Mode::Gatekeeper;

    fn from_client(client: Client) -> Self {
        Self(client)
    }
}

/// A service that answers requests, whatever they ask, in the order in which they came with what it was given.
struct Service {
    address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<String>,
    held: usize,
    /// What came, head by head.
    requests: Vec<String>,
}

impl Service {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::default());
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, serving.clone()));
            }
        });
        Self { address, state }
    }

    fn builder(&self) -> ClientBuilder<NoteClient> {
        ClientBuilder::new(format!("http://{}", self.address))
    }

    fn answer(&self, status: u16, headers: &str, body: &str) {
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
        self.state.send_modify(|state| state.answers.push_back(answer));
    }

    /// Answers with these notes.
    fn notes(&self, offset: u32, notes: &[i64], up_to_date: bool) {
        self.log("h", offset, notes, up_to_date);
    }

    fn log(&self, handle: &str, offset: u32, notes: &[i64], up_to_date: bool) {
        let mut messages: Vec<String> = notes
            .iter()
            .map(|id| format!(r#"{{"key":"{id}","value":{{"id":"{id}"}},"headers":{{"operation":"insert"}}}}"#))
            .collect();
        self.messages(handle, offset, &mut messages, up_to_date);
    }

    fn messages(&self, handle: &str, offset: u32, messages: &mut Vec<String>, up_to_date: bool) {
        if up_to_date {
            messages.push(r#"{"headers":{"control":"up-to-date"}}"#.to_owned());
        }
        let head = if up_to_date { "electric-up-to-date: \r\n" } else { "" };
        let headers = format!(
            "{head}electric-handle: {handle}\r\nelectric-offset: {offset}_0\r\nelectric-cursor: 1\r\n\
             electric-schema: {{\"id\":{{\"type\":\"int8\"}}}}\r\n"
        );
        self.answer(200, &headers, &format!("[{}]", messages.join(",")));
    }

    /// Waits until so many requests have no answer.
    async fn held(&self, count: usize) {
        let mut state = self.state.subscribe();
        within(state.wait_for(|state| state.held == count && state.answers.is_empty())).await.unwrap();
    }
}

async fn serve(mut socket: TcpStream, state: watch::Sender<State>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    state.send_modify(|state| {
        state.held += 1;
        state.requests.push(request);
    });
    let mut given = state.subscribe();
    let answer = tokio::select! {
        _ = socket.read_u8() => None,
        _ = given.wait_for(|state| !state.answers.is_empty()) => Some(()),
    };
    let mut taken = None;
    state.send_modify(|state| {
        state.held -= 1;
        taken = answer.and_then(|()| state.answers.pop_front());
    });
    if let Some(answer) = taken {
        // The client may be gone.
        let _ = socket.write_all(answer.as_bytes()).await;
    }
}

/// The file of the only person's partition, as somebody at a SQL prompt has it.
fn cache(folder: &Path) -> rusqlite::Connection {
    let partition = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    rusqlite::Connection::open(partition.join("cache.db")).unwrap()
}

/// Half a minute means never.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("this never came")
}

async fn until(mut reached: impl FnMut() -> bool) {
    within(async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_waits_for_others_holds_no_live_change_back() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    for number in 2..=5 {
        service.notes(number, &[number.into()], true);
    }
    until(|| notes.snapshot().len() == 5).await;
    service.held(1).await;
}

#[tokio::test]
async fn a_joined_batch_that_was_not_written_stops_the_sync_at_the_next_answer() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.notes(2, &[2], true);
    service.held(1).await;

    let file = cache(folder.path());
    file.execute_batch("DROP VIEW notes; DROP TABLE _rows_notes").unwrap();
    let Storage::Disk(disk) = client.storage() else { panic!("no store") };
    within(disk.flush()).await.unwrap_err();

    // Nothing new: the position is the one that is on its way to the disk, and never arrived.
    service.notes(2, &[], true);
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    let Connection::Stopped(error) = notes.connection() else { unreachable!() };
    assert!(matches!(*error, SyncError::Store { .. }), "{error:?}");
    assert_eq!(notes.snapshot().len(), 2);
}

#[tokio::test]
async fn a_refetch_waits_for_no_joined_batch() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.notes(2, &[2], true);
    service.answer(409, "electric-handle: h2\r\n", "[]");
    service.log("h2", 1, &[3], false);
    service.log("h2", 2, &[4], true);
    service.held(1).await;
    assert_eq!(notes.snapshot().iter().map(|note| note.id).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn changes_end_when_the_sync_has_stopped() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    let (_, mut changes) = notes.subscribe();
    service.notes(2, &[2], true);
    service.held(1).await;
    service.answer(403, "", "no");
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    assert_eq!(within(changes.next()).await.map(|batch| batch.changes.len()), Some(1), "what came before the stop");
    assert_eq!(within(changes.next()).await, None);
    assert_eq!(within(notes.subscribe().1.next()).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_in_vain_keeps_no_sync_alive() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.held(1).await;
    let waited = tokio::task::spawn_blocking(move || notes.ready_blocking(Duration::from_millis(1))).await.unwrap();
    assert!(matches!(waited, Err(None)), "{waited:?}");
    service.held(0).await;
}

#[tokio::test]
async fn a_sync_that_panics_is_a_sync_that_has_stopped() {
    let service = Service::new().await;
    let session = Session::new().token(|| async { panic!("in the program's code") });
    let client = service.builder().session(session).build().unwrap().0;
    let notes = client.collection::<Note>(());
    let error = within(notes.ready()).await.unwrap_err();
    assert!(matches!(*error, SyncError::Cancelled { .. }), "{error:?}");
}

#[tokio::test]
async fn who_asks_again_after_a_stop_gets_a_new_sync() {
    let service = Service::new().await;
    service.answer(403, "", "not you");
    let client = service.builder().build().unwrap().0;
    let refused = client.collection::<Note>(());
    assert_eq!(within(refused.ready()).await.unwrap_err().status(), Some(403));
    service.notes(1, &[1], true);
    let notes = client.collection::<Note>(());
    within(notes.fresh()).await.unwrap();
    assert_eq!((notes.snapshot().len(), refused.snapshot().len()), (1, 0));
    assert_eq!(client.collection::<Note>(()).snapshot().len(), 1, "and whoever comes later shares it");
}

#[tokio::test]
async fn a_redirect_to_somebody_else_is_not_followed() {
    let (service, elsewhere) = (Service::new().await, Service::new().await);
    elsewhere.notes(1, &[1], true);
    service.answer(302, &format!("location: http://{}/notes\r\n", elsewhere.address), "");
    let client = service.builder().build().unwrap();
    let notes = client.0.collection::<Note>(());
    until(|| matches!(notes.connection(), Connection::Offline(error) if error.status() == Some(302))).await;
    assert_eq!(elsewhere.state.borrow().answers.len(), 1, "it was never asked");
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed() {
    let service = Service::new().await;
    service.answer(307, "location: /elsewhere\r\n", "");
    service.notes(1, &[1], true);
    let notes = service.builder().build().unwrap().0.collection::<Note>(());
    within(notes.fresh()).await.unwrap();
    assert_eq!(notes.snapshot().len(), 1);
}

#[tokio::test]
async fn the_first_answer_is_a_connection() {
    let service = Service::new().await;
    let client = service.builder().build().unwrap().0;
    let notes = client.collection::<Note>(());
    service.held(1).await;
    assert!(matches!(notes.connection(), Connection::Connecting));
    service.notes(1, &[1], false);
    service.held(1).await;
    assert!(matches!(notes.connection(), Connection::Online), "{:?}", notes.connection());
    assert_eq!(notes.snapshot().len(), 0);
}

#[tokio::test]
async fn a_client_whose_instance_another_one_took_over_goes_on_in_memory() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let build = || service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let (first, second) = (build(), build());
    let before = first.collection::<Note>(());
    service.notes(1, &[1], true);
    service.held(1).await;
    let after = second.collection::<Note>(());
    within(after.hydrated()).await.unwrap();
    service.held(2).await;
    for number in 2..=5 {
        service.notes(number, &[number.into()], true);
    }
    // Each of the two gets what the other one doesn't.
    until(|| before.snapshot().len() + after.snapshot().len() == 6).await;
    service.held(2).await;
    for notes in [&before, &after] {
        assert!(matches!(notes.connection(), Connection::Online), "{:?}", notes.connection());
    }
}

#[test]
fn an_address_that_is_none_is_shown_without_its_secrets() {
    for url in ["ftp://me:hunter2@host/v1/shape?secret=hunter2", "http://me:hunter2@:80:80/?secret=hunter2"] {
        let error = ClientBuilder::<NoteClient>::new(url).build().err().unwrap();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn c_142_c_144_c_145_a_row_goes_when_its_value_moves_out_of_the_subquery() {
    let service = Service::new().await;
    let notes = service.builder().build().unwrap().0.collection::<OurNote>(());
    let mut offset = 0;
    let mut say = |messages: Vec<String>| {
        offset += 1;
        service.messages("h", offset, &mut messages.clone(), true);
    };
    say(vec![tagged(1, "insert", "a"), tagged(2, "insert", "b"), tagged(3, "insert", "a")]);
    service.held(1).await;
    assert_eq!(ids(&notes), [1, 2, 3]);
    // A row that the same answer brings another reason for stays.
    say(vec![tagged(3, "update", "c"), moved("move-out", "a")]);
    service.held(1).await;
    assert_eq!(ids(&notes), [2, 3]);
    say(vec![moved("move-in", "a"), tagged(1, "insert", "a"), moved("move-out", "c")]);
    service.held(1).await;
    assert_eq!(ids(&notes), [1, 2]);
    // Half an answer counts for nothing, what it says of tags neither.
    let headers = "electric-handle: h\r\nelectric-offset: 9_0\r\nelectric-cursor: 1\r\n";
    service.answer(200, headers, &format!("[{},{},", tagged(2, "update", "a"), moved("move-out", "b")));
    say(vec![moved("move-out", "b")]);
    service.held(1).await;
    assert_eq!(ids(&notes), [1]);
    assert!(matches!(notes.connection(), Connection::Online), "{:?}", notes.connection());
}

/// A client that has synced these messages and is gone, all written.
async fn an_earlier_run(service: &Service, folder: &Path, messages: &[Vec<String>]) {
    let client = service.builder().store(SqliteStore::in_dir(folder).unwrap()).build().unwrap().0;
    let notes = client.collection::<OurNote>(());
    for (offset, messages) in (1..).zip(messages) {
        service.messages("h", offset, &mut messages.clone(), true);
        service.held(1).await;
    }
    let Storage::Disk(disk) = client.storage() else { panic!("no store") };
    within(disk.flush()).await.unwrap();
    drop((notes, client));
    service.held(0).await;
}

#[tokio::test]
async fn c_148_a_move_out_after_a_restart_takes_its_rows() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    // Row 3 changes its reason, row 2 has one more for a while, row 4 comes and goes.
    let runs = [
        vec![tagged(1, "insert", "a"), tagged(2, "insert", "b"), tagged(3, "insert", "a"), tagged(4, "insert", "a")],
        vec![tagged(3, "update", "b"), r#"{"key":"4","value":{"id":"4"},"headers":{"operation":"delete"}}"#.to_owned()],
    ];
    an_earlier_run(&service, folder.path(), &runs).await;
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<OurNote>(());
    within(notes.hydrated()).await.unwrap();
    assert_eq!(ids(&notes), [1, 2, 3]);
    service.messages("h", 3, &mut vec![moved("move-out", "a")], true);
    service.held(1).await;
    assert_eq!(ids(&notes), [2, 3]);
    let asked = service.state.borrow().requests[3..].join("");
    assert!(!asked.contains("offset=-1"), "{asked}");
    drop((notes, client));
    let file = cache(folder.path());
    let tags = || {
        let tags = "SELECT group_concat(tags, ' ') FROM _tags";
        file.query_row(tags, [], |row| row.get::<_, String>(0)).unwrap()
    };
    // What waited for others is written with the last handle.
    until(|| tags() == r#"[["b"],[true]] [["b"],[true]]"#).await;
}

/// As a version wrote it that kept no tags: the rows are fetched anew, once.
#[tokio::test]
async fn a_move_out_of_rows_without_tags_is_followed_from_the_beginning() {
    let service = Service::new().await;
    let folder = tempfile::tempdir().unwrap();
    let rows = || vec![tagged(1, "insert", "a"), tagged(2, "insert", "b")];
    an_earlier_run(&service, folder.path(), &[rows()]).await;
    let file = cache(folder.path());
    let since_1 = "DROP TABLE _tags; DROP TABLE _expired; ALTER TABLE _instance DROP COLUMN current_oldest";
    file.execute_batch(&format!("{since_1}; PRAGMA user_version = 1")).unwrap();
    drop(file);
    let client = service.builder().store(SqliteStore::in_dir(folder.path()).unwrap()).build().unwrap().0;
    let notes = client.collection::<OurNote>(());
    within(notes.hydrated()).await.unwrap();
    service.messages("h", 2, &mut vec![moved("move-out", "a")], true);
    service.messages("h", 1, &mut rows(), false);
    service.messages("h", 2, &mut vec![moved("move-out", "a")], true);
    service.held(1).await;
    assert_eq!(ids(&notes), [2]);
    assert!(matches!(notes.connection(), Connection::Online), "{:?}", notes.connection());
}

#[tokio::test]
async fn c_147_a_new_generation_knows_no_reason_of_the_old_one() {
    let service = Service::new().await;
    let notes = service.builder().build().unwrap().0.collection::<OurNote>(());
    service.messages("h", 1, &mut vec![tagged(1, "insert", "a")], true);
    service.held(1).await;
    service.answer(409, "electric-handle: h2\r\n", "[]");
    service.messages("h2", 1, &mut vec![tagged(1, "insert", "b"), tagged(2, "insert", "b")], true);
    service.held(1).await;
    service.messages("h2", 2, &mut vec![moved("move-out", "a")], true);
    service.held(1).await;
    assert_eq!(ids(&notes), [1, 2]);
}

#[tokio::test]
async fn rows_that_may_have_moved_out_are_not_shown() {
    let service = Service::new().await;
    let notes = service.builder().build().unwrap().0.collection::<OurNote>(());
    service.notes(1, &[1, 2], true);
    service.held(1).await;
    assert_eq!(ids(&notes), [1, 2]);
    service.messages("h", 2, &mut vec![moved("move-out", "a")], true);
    until(|| matches!(notes.connection(), Connection::Stopped(_))).await;
    let Connection::Stopped(error) = notes.connection() else { unreachable!() };
    assert!(matches!(*error, SyncError::Unsupported { .. }), "{error:?}");
    assert!(notes.snapshot().is_empty());
}

#[test]
fn c_020_who_asks_is_part_of_an_instances_key() {
    for from in [ParamSource::Identity, ParamSource::Session, ParamSource::Caller] {
        let params = vec![crate::definition::Param { name: "user_id", from, pg_type: "int8" }].leak();
        let definition = ShapeDefinition { params, ..Note::DEFINITION.clone() };
        let key = |value: &str| instance_key(&definition, &[Some(value.to_owned())]);
        assert_ne!(key("1"), key("2"), "{from:?}");
        assert_eq!(key("a b"), "notes#0000000000000001?user_id=a%20b");
    }
}
