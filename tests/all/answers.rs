//! Answers that no sound service gives: what is on the screen and on the disk stays, the error says where, and good
//! answers are followed again.

use std::collections::VecDeque;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use shapegen_runtime::{Collection, Connection, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::stage::{ANN, client, until};
use crate::sync::Livestream;

/// The schema of `livestreams` as the service states it.
const SCHEMA: &str = r#"{"id":{"type":"uuid","not_null":true,"pk_index":0},"user_id":{"type":"uuid","not_null":true},"title":{"type":"text","not_null":true},"status":{"type":"livestream_status","not_null":true},"viewer_peak":{"type":"int4","not_null":true},"tags":{"type":"text","dims":1,"not_null":true},"meta":{"type":"jsonb"},"started_at":{"type":"timestamptz"},"ended_at":{"type":"timestamptz"},"archived_at":{"type":"timestamptz"}}"#;

/// An HTTP server that says, request after request, what it was told to say, and then holds its clients.
#[derive(Clone)]
struct Scripted(Arc<Script>);

struct Script {
    address: SocketAddr,
    answers: Mutex<VecDeque<Answer>>,
    more: Notify,
    /// The query of each request.
    requests: Mutex<Vec<String>>,
}

impl Scripted {
    async fn saying(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let script = Self(Arc::new(Script {
            address: listener.local_addr().unwrap(),
            answers: Mutex::new(answers.into_iter().collect()),
            more: Notify::new(),
            requests: Mutex::default(),
        }));
        let serving = script.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = serving.clone();
                // A client that went away in between is none of the server's business.
                tokio::spawn(async move { script.serve(stream).await });
            }
        });
        script
    }

    async fn serve(self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.split(' ').nth(1).unwrap();
        self.0.requests.lock().unwrap().push(target.split_once('?').unwrap().1.to_owned());
        let answer = loop {
            let next = self.0.answers.lock().unwrap().pop_front();
            match next {
                Some(answer) => break answer,
                None => self.0.more.notified().await,
            }
        };
        stream.write_all(&answer.bytes()).await?;
        stream.shutdown().await
    }

    fn say(&self, answer: Answer) {
        self.0.answers.lock().unwrap().push_back(answer);
        self.0.more.notify_one();
    }

    fn requests(&self) -> Vec<String> {
        self.0.requests.lock().unwrap().clone()
    }

    fn livestreams(&self, folder: &Path) -> Collection<Livestream> {
        client(self.0.address, folder, ANN).livestreams()
    }
}

/// One answer of a sound service, until something is done to it.
#[derive(Clone)]
struct Answer {
    headers: Vec<(&'static str, String)>,
    body: String,
    framing: Framing,
}

#[derive(Clone, Copy)]
enum Framing {
    Whole,
    /// More is announced than comes.
    Short,
    /// A chunk breaks off.
    ShortChunk,
    /// The chunks so far are whole, the last one doesn't come.
    NoLastChunk,
}

impl Answer {
    fn new(offset: &str, messages: &[String]) -> Self {
        let headers = vec![
            ("electric-handle", "1-1".to_owned()),
            ("electric-offset", offset.to_owned()),
            ("electric-cursor", "7".to_owned()),
            ("electric-schema", SCHEMA.to_owned()),
        ];
        Self { headers, body: format!("[{}]", messages.join(",")), framing: Framing::Whole }
    }

    /// All messages up to now.
    fn up_to_date(offset: &str, messages: &[String]) -> Self {
        let mut messages = messages.to_vec();
        messages.push(r#"{"headers":{"control":"up-to-date"}}"#.to_owned());
        Self::new(offset, &messages).with("electric-up-to-date", "")
    }

    fn with(mut self, header: &'static str, value: &str) -> Self {
        self = self.without(header);
        self.headers.push((header, value.to_owned()));
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = String::from("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let (body, length) = (&self.body, self.body.len());
        match self.framing {
            Framing::Whole => head.push_str(&format!("content-length: {length}\r\n\r\n{body}")),
            Framing::Short => head.push_str(&format!("content-length: {}\r\n\r\n{body}", length + 9)),
            Framing::ShortChunk => {
                head.push_str(&format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}", length + 9));
            }
            Framing::NoLastChunk => {
                head.push_str(&format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n"));
            }
        }
        head.into_bytes()
    }
}

/// A row that is new.
fn insert(number: u128, title: &str) -> String {
    let id = uuid::Uuid::from_u128(number);
    format!(
        r#"{{"key":"\"public\".\"livestreams\"/\"{id}\"","value":{{"id":"{id}","user_id":"{ANN}","title":"{title}","status":"live","viewer_peak":"1","tags":"{{a,b}}","meta":null,"started_at":null,"ended_at":null,"archived_at":null}},"headers":{{"operation":"insert"}}}}"#
    )
}

/// Columns of a row that changed, as JSON.
fn update(number: u128, columns: &str) -> String {
    let id = uuid::Uuid::from_u128(number);
    format!(
        r#"{{"key":"\"public\".\"livestreams\"/\"{id}\"","value":{{"id":"{id}",{columns}}},"headers":{{"operation":"update"}}}}"#
    )
}

/// What the bad answers try to write, and must not.
fn news() -> [String; 2] {
    [update(1, r#""title":"bad""#), insert(9, "bad")]
}

fn bad() -> Answer {
    Answer::up_to_date("20_0", &news())
}

fn titles(livestreams: &Collection<Livestream>) -> Vec<String> {
    livestreams.snapshot().iter().map(|row| row.title.clone()).collect()
}

/// The error and its causes.
fn spelt(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

struct Case {
    name: &'static str,
    /// Said one after the other, the first to a live request.
    answers: Vec<Answer>,
    /// The sync stops for good; otherwise it is offline and asks again.
    stops: bool,
    /// All of them are in the error.
    says: &'static [&'static str],
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    const PLACE: &str = "shape `livestreams` of table public.livestreams";
    // The first answer that breaks off is asked for again at once: servers close idle connections.
    let twice = |answer: Answer| vec![answer.clone(), answer];
    let once = |answer: Answer| vec![answer];
    vec![
        Case { name: "cut behind a message", answers: twice(bad().framed(Framing::Short)), stops: false, says: &[PLACE, "no answer"] },
        Case { name: "a chunk is cut", answers: twice(bad().framed(Framing::ShortChunk)), stops: false, says: &[PLACE, "no answer"] },
        Case { name: "the last chunk is missing", answers: twice(bad().framed(Framing::NoLastChunk)), stops: false, says: &[PLACE, "no answer"] },
        Case { name: "cut by something that mends the length", answers: once(bad().body(&format!("[{},{}", news()[0], &news()[1][..80]))), stops: false, says: &[PLACE, "no shape log"] },
        Case { name: "no JSON", answers: once(bad().body("<html>Welcome to the hotel</html>")), stops: false, says: &[PLACE, "no shape log"] },
        Case { name: "JSON of another kind", answers: once(bad().body(r#"{"message":"hello"}"#)), stops: false, says: &[PLACE, "no shape log"] },
        Case { name: "JSON behind the log", answers: once(bad().body(&format!("{}[]", bad().body))), stops: false, says: &[PLACE, "no shape log"] },
        Case { name: "a column of another type", answers: once(bad().with("electric-schema", &SCHEMA.replace(r#""viewer_peak":{"type":"int4""#, r#""viewer_peak":{"type":"int8""#))), stops: true, says: &[PLACE, "`viewer_peak`", "int4", "int8"] },
        Case { name: "a column that is gone", answers: once(bad().with("electric-schema", &SCHEMA.replace(r#""title":"#, r#""headline":"#))), stops: true, says: &[PLACE, "`title`", "doesn't come"] },
        Case { name: "an array that is none", answers: once(bad().with("electric-schema", &SCHEMA.replace(r#""dims":1,"#, ""))), stops: true, says: &[PLACE, "`tags`", "text[]"] },
        Case { name: "no schema of columns", answers: once(bad().with("electric-schema", "7")), stops: true, says: &[PLACE, "electric-schema"] },
        Case { name: "NULL in an update", answers: once(Answer::up_to_date("20_0", &[insert(9, "bad"), update(1, r#""title":null"#)])), stops: true, says: &[PLACE, "`title`", "NULL"] },
        Case { name: "NULL in a new row", answers: once(Answer::up_to_date("20_0", &[insert(9, "bad").replace(r#""viewer_peak":"1""#, r#""viewer_peak":null"#)])), stops: true, says: &[PLACE, "`viewer_peak`", "NULL"] },
        Case { name: "a new row without a column", answers: once(Answer::up_to_date("20_0", &[insert(9, "bad").replace(r#""viewer_peak":"1","#, "")])), stops: true, says: &[PLACE, "`viewer_peak`", "doesn't come"] },
        Case { name: "a value that is none", answers: once(Answer::up_to_date("20_0", &[update(1, r#""viewer_peak":"many""#)])), stops: true, says: &[PLACE, "`viewer_peak`", "`many`"] },
        Case { name: "no handle", answers: once(bad().without("electric-handle")), stops: true, says: &[PLACE, "electric-handle"] },
        Case { name: "no offset", answers: once(bad().without("electric-offset")), stops: true, says: &[PLACE, "electric-offset"] },
        Case { name: "no cursor", answers: once(bad().without("electric-cursor")), stops: true, says: &[PLACE, "electric-cursor"] },
    ]
}

#[tokio::test]
async fn a_bad_answer_changes_nothing_and_says_what_is_wrong_with_it() {
    for Case { name, answers, stops, says } in cases() {
        let folder = tempfile::tempdir().unwrap();
        let good = Answer::up_to_date("10_0", &[insert(1, "one"), insert(2, "two")]);
        let after = Answer::up_to_date("30_0", &[update(1, r#""title":"after""#)]);
        let server = Scripted::saying([good]).await;
        let livestreams = server.livestreams(folder.path());
        livestreams.fresh().await.unwrap();
        let (_, mut changes) = livestreams.subscribe();

        answers.into_iter().for_each(|answer| server.say(answer));
        let mut error = None;
        until(name, || {
            error = match livestreams.connection() {
                Connection::Offline(error) if !stops => Some(error),
                Connection::Stopped(error) => Some(error),
                _ => None,
            };
            error.is_some()
        })
        .await;
        let error = error.unwrap();
        assert_eq!(matches!(livestreams.connection(), Connection::Stopped(_)), stops, "{name}: {error}");
        assert_eq!(error.retryable(), !stops, "{name}");
        let text = spelt(&*error);
        assert!(says.iter().all(|part| text.contains(part)), "{name}: {text}");
        assert_eq!(titles(&livestreams), ["one", "two"], "{name}");
        assert_eq!(livestreams.status(), Status::Ready, "{name}");
        assert_eq!(changes.take(), None, "{name}");
        drop((livestreams, changes));

        // What the next start finds: the rows of the good answer, and where it ended.
        let server = Scripted::saying([]).await;
        let livestreams = server.livestreams(folder.path());
        livestreams.hydrated().await.unwrap();
        assert_eq!(titles(&livestreams), ["one", "two"], "{name}");
        until("the first request", || !server.requests().is_empty()).await;
        assert_eq!(server.requests(), ["handle=1-1&log=full&offset=10_0"], "{name}");
        server.say(after);
        until(name, || titles(&livestreams) == ["after", "two"]).await;
        assert!(matches!(livestreams.connection(), Connection::Online), "{name}");
    }
}

#[tokio::test]
async fn a_sync_that_was_offline_goes_on_by_itself() {
    for Case { name, answers, .. } in cases().into_iter().filter(|case| !case.stops) {
        let folder = tempfile::tempdir().unwrap();
        let server = Scripted::saying([Answer::up_to_date("10_0", &[insert(1, "one")])]).await;
        let livestreams = server.livestreams(folder.path());
        livestreams.fresh().await.unwrap();
        let bad = answers.len();
        answers.into_iter().for_each(|answer| server.say(answer));
        server.say(Answer::up_to_date("30_0", &[update(1, r#""title":"after""#)]));
        until(name, || titles(&livestreams) == ["after"]).await;
        assert!(matches!(livestreams.connection(), Connection::Online), "{name}");
        let requests = server.requests();
        assert!(requests[1..=bad + 1].iter().all(|request| request.contains("offset=10_0")), "{name}: {requests:#?}");
        assert!(!requests[bad + 1].contains("live=true"), "{name}: the first after a failure isn't held");
    }
}

#[tokio::test]
async fn bodies_that_are_no_log_stop_the_sync_when_they_dont_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::saying([Answer::up_to_date("10_0", &[insert(1, "one")])]).await;
    let livestreams = server.livestreams(folder.path());
    livestreams.fresh().await.unwrap();
    (0..4).for_each(|_| server.say(bad().body("<html>")));
    until("a stop", || matches!(livestreams.connection(), Connection::Stopped(_))).await;
    assert_eq!(titles(&livestreams), ["one"]);
    let requests = server.requests();
    let busters: Vec<_> = requests[2..].iter().filter_map(|request| request.split('&').next()).collect();
    assert!(busters.iter().all(|buster| buster.starts_with("cache-buster=")), "no cache gives the same answer again");
    assert_eq!(busters.len(), 3, "{requests:#?}");
    assert!(busters.windows(2).all(|pair| pair[0] != pair[1]));
}

#[tokio::test]
async fn a_cut_first_snapshot_is_resumed_at_the_chunk_that_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let cut = Answer::up_to_date("0_2", &[insert(2, "two")]).framed(Framing::Short);
    let first = Answer::new("0_1", &[insert(1, "one")]);
    let server = Scripted::saying([first, cut.clone(), cut]).await;
    let livestreams = server.livestreams(folder.path());
    until("offline", || matches!(livestreams.connection(), Connection::Offline(_))).await;
    assert_eq!(livestreams.status(), Status::NeverSynced);
    assert!(livestreams.snapshot().is_empty(), "half a snapshot isn't shown");
    drop(livestreams);

    let server = Scripted::saying([Answer::up_to_date("0_2", &[insert(2, "two")])]).await;
    let livestreams = server.livestreams(folder.path());
    livestreams.fresh().await.unwrap();
    assert_eq!(titles(&livestreams), ["one", "two"]);
    assert_eq!(server.requests()[0], "handle=1-1&log=full&offset=0_1");
}

#[tokio::test]
async fn an_answer_of_another_handle_is_not_taken_and_asked_for_again_past_the_caches() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::saying([Answer::up_to_date("10_0", &[insert(1, "one")])]).await;
    let livestreams = server.livestreams(folder.path());
    livestreams.fresh().await.unwrap();
    server.say(bad().with("electric-handle", "2-2"));
    until("the next request", || server.requests().len() == 3).await;
    let again = server.requests()[2].clone();
    assert!(
        again.contains("offset=10_0") && again.contains("handle=1-1") && again.contains("cache-buster="),
        "{again}"
    );
    assert_eq!(titles(&livestreams), ["one"]);
    server.say(Answer::up_to_date("30_0", &[update(1, r#""title":"after""#)]));
    until("the good answer", || titles(&livestreams) == ["after"]).await;
    until("the next live request", || server.requests().len() == 4).await;
    assert!(!server.requests()[3].contains("cache-buster"), "{}", server.requests()[3]);
}

#[tokio::test]
async fn a_service_that_insists_on_another_handle_is_asked_from_the_beginning_and_the_rows_stay_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::saying([Answer::up_to_date("10_0", &[insert(1, "one"), insert(2, "two")])]).await;
    let livestreams = server.livestreams(folder.path());
    livestreams.fresh().await.unwrap();
    let (_, mut changes) = livestreams.subscribe();
    let other = |answer: Answer| answer.with("electric-handle", "2-2");
    (0..4).for_each(|_| server.say(other(bad())));
    until("a refetch", || server.requests().iter().filter(|request| request.contains("offset=-1")).count() == 2).await;
    assert_eq!(titles(&livestreams), ["one", "two"], "no flicker");
    server.say(other(Answer::new("0_1", &[insert(1, "new one")])));
    until("the second chunk", || server.requests().last().unwrap().contains("offset=0_1")).await;
    assert_eq!(titles(&livestreams), ["one", "two"], "no flicker");
    server.say(other(Answer::up_to_date("0_2", &[insert(3, "three")])));
    let batch = changes.next().await.unwrap();
    assert_eq!(batch.changes.len(), 3, "an update, a delete, an insert: {batch:?}");
    assert_eq!(titles(&livestreams), ["new one", "three"]);
    until("the live request", || server.requests().last().unwrap().contains("live=true")).await;
    drop((livestreams, changes));

    let server = Scripted::saying([]).await;
    let livestreams = server.livestreams(folder.path());
    livestreams.hydrated().await.unwrap();
    assert_eq!(titles(&livestreams), ["new one", "three"]);
    until("the first request", || !server.requests().is_empty()).await;
    assert_eq!(server.requests(), ["handle=2-2&log=full&offset=0_2"]);
}
