//! Ten thousand transactions in PostgreSQL while twenty clients come and go: at the end each has what its query gives.
//!
//! The transactions are drawn from a seed, which is printed when a client differs; `SHAPEGEN_SEED=…` draws them again.
//! How they interleave is up to PostgreSQL.

use std::fmt::Debug;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use shapegen_runtime::{Collection, Shape, SqliteStore};
use uuid::Uuid;

use crate::follower::Follower;
use crate::postgres::{Database, Postgres};
use crate::stage::until_equal;
use crate::sync::{ChatMessage, Client, Livestream, Notification, Session, Viewer};

/// With `SHAPEGEN_CI=1`; else a fifth of them.
const TRANSACTIONS: usize = 10_000;
const WRITERS: usize = 4;
const PERSONS: u128 = 4;
/// Of the twenty clients, those with typed collections and a store each.
const TYPED: u128 = 14;
/// What the others follow, by the protocol alone.
const FOLLOWED: [(&str, &str); 6] = [
    ("table=notifications&columns=id,body", "'id', id::text, 'body', body) FROM notifications"),
    (
        "table=livestreams&columns=id,title,viewer_peak&where=viewer_peak%3E10+and+archived_at+is+null",
        "'id', id, 'title', title, 'viewer_peak', viewer_peak::text) FROM livestreams WHERE viewer_peak > 10 AND archived_at IS NULL",
    ),
    (
        "table=livestreams&columns=id,status&where=status::text+in+($1,$2)&params[1]=live&params[2]=ended&replica=full",
        "'id', id, 'status', status) FROM livestreams WHERE status IN ('live', 'ended')",
    ),
    (
        "table=chat_messages&columns=id,body,livestream_id&where=livestream_id+in+(select+id+from+livestreams+where+archived_at+is+null)",
        "'id', id, 'body', body, 'livestream_id', livestream_id) FROM chat_messages
         WHERE livestream_id IN (SELECT id FROM livestreams WHERE archived_at IS NULL)",
    ),
    (
        "table=chat_messages&columns=id,body&where=body+like+'%25a%25'+or+livestream_id+not+in+(select+id+from+livestreams+where+viewer_peak%3C5)",
        "'id', id, 'body', body) FROM chat_messages
         WHERE body LIKE '%a%' OR livestream_id NOT IN (SELECT id FROM livestreams WHERE viewer_peak < 5)",
    ),
    (
        "table=viewers&columns=id,trust&where=id+in+(select+viewer_id+from+chat_messages+where+livestream_id+in+(select+id+from+livestreams+where+status::text%3D'live'))",
        "'id', id, 'trust', trust::text) FROM viewers
         WHERE id IN (SELECT viewer_id FROM chat_messages WHERE livestream_id IN (SELECT id FROM livestreams WHERE status = 'live'))",
    ),
];

fn person(number: u128) -> Uuid {
    Uuid::from_u128(0xa00 + number)
}

/// One transaction, perhaps taken back, perhaps in part.
fn transaction(random: &mut Rng) -> String {
    let mut sql = "BEGIN;\n".to_owned();
    for _ in 0..random.usize(1..6) {
        let id = |random: &mut Rng, of: u128| Uuid::from_u128(of << 64 | random.u128(0..60));
        let (user, stream, viewer) = (person(random.u128(0..PERSONS)), id(random, 1), id(random, 2));
        let word: String =
            (0..random.usize(1..12)).map(|_| random.choice(['a', 'b', 'ü', ' ', '"', '\\']).unwrap()).collect();
        let number = random.u8(0..20);
        let statement = match random.u8(0..20) {
            0..=2 => format!(
                "INSERT INTO livestreams (id, user_id, title, stream_key, viewer_peak) VALUES ('{stream}', '{user}', '{word}', 'k', {number})
                 ON CONFLICT (id) DO UPDATE SET title = excluded.title, user_id = excluded.user_id;"
            ),
            3 => format!("UPDATE livestreams SET archived_at = CASE WHEN archived_at IS NULL THEN now() END WHERE id = '{stream}';"),
            4 => format!("UPDATE livestreams SET viewer_peak = {number}, status = '{}' WHERE id = '{stream}';", random.choice(["live", "ended", "scheduled"]).unwrap()),
            5 => format!("DELETE FROM livestreams WHERE id = '{stream}';"),
            6..=8 => format!("INSERT INTO notifications (user_id, body) VALUES ('{user}', '{word}');"),
            9 => format!("UPDATE notifications SET body = body || '{number}', read_at = now() WHERE id % 31 = {number};"),
            10 => format!("DELETE FROM notifications WHERE id % 29 = {number};"),
            11 | 12 => format!(
                "INSERT INTO viewers (id, user_id, platform, display_name, first_seen, trust) VALUES ('{viewer}', '{user}', 'kick', '{word}', '2024-01-0{}', {number}.25)
                 ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, total_minutes = viewers.total_minutes + 1;",
                number % 9 + 1
            ),
            13 => format!("UPDATE viewers SET user_id = '{user}', trust = trust + 1 WHERE id = '{viewer}';"),
            14..=16 => format!(
                "INSERT INTO chat_messages (id, user_id, livestream_id, viewer_id, body)
                 SELECT gen_random_uuid(), user_id, id, (SELECT id FROM viewers WHERE id = '{viewer}'), '{word}' FROM livestreams WHERE id = '{stream}';"
            ),
            17 => format!("UPDATE chat_messages SET body = '{word}' WHERE livestream_id = '{stream}';"),
            18 => format!("SAVEPOINT s; DELETE FROM viewers; UPDATE livestreams SET title = '{word}'; ROLLBACK TO s;"),
            _ => format!("DELETE FROM viewers WHERE id = '{viewer}';"),
        };
        sql += &statement;
        sql.push('\n');
    }
    sql + if random.u8(0..10) == 0 { "ROLLBACK" } else { "COMMIT" }
}

/// One client of a person, with its store.
struct Screen {
    livestreams: Collection<Livestream>,
    notifications: Collection<Notification>,
    viewers: Collection<Viewer>,
    chat_messages: Collection<ChatMessage>,
}

impl Screen {
    fn open(url: &str, folder: &Path, person: Uuid) -> Self {
        let token = format!("{{\"sub\":\"{person}\"}}");
        let client = Client::builder(url)
            .store(SqliteStore::in_dir(folder).unwrap())
            .session(Session::user(person).token(move || ready(token.clone())))
            .build()
            .unwrap();
        Self {
            livestreams: client.livestreams(),
            notifications: client.notifications(),
            viewers: client.viewers(),
            chat_messages: client.chat_messages(),
        }
    }

    /// What its syncs are doing.
    fn connections(&self) -> String {
        format!(
            "{:?}",
            (
                self.livestreams.connection(),
                self.notifications.connection(),
                self.viewers.connection(),
                self.chat_messages.connection()
            )
        )
    }

    /// What it shows, in the form of [`queried`].
    fn shown(&self) -> Vec<String> {
        fn rows<S: Shape>(collection: &Collection<S>, text: impl Fn(&S) -> String) -> Vec<String> {
            collection.snapshot().iter().map(|row| text(row)).collect()
        }
        let optional = |text: &dyn Debug| format!("{text:?}");
        let mut shown = rows(&self.livestreams, |row| {
            format!("livestream {} {} {} {}", row.id, row.title, row.viewer_peak, optional(&row.status).to_lowercase())
        });
        shown.extend(rows(&self.notifications, |row| {
            format!("notification {} {} {}", row.id, row.body, row.read_at.is_some())
        }));
        shown.extend(rows(&self.viewers, |row| {
            format!("viewer {} {} {} {}", row.id, row.display_name, row.trust, row.total_minutes)
        }));
        shown.extend(rows(&self.chat_messages, |row| {
            format!("message {} {} {} {}", row.id, row.livestream_id, row.body, row.viewer_id.is_some())
        }));
        shown.sort();
        shown
    }
}

/// What a person is to see.
fn queried(database: &Database<'_>, person: Uuid) -> Vec<String> {
    let rows = database.sql(&format!(
        "SELECT json_build_array(concat_ws(' ', 'livestream', id, title, viewer_peak, status)) FROM livestreams
             WHERE user_id = '{person}' AND archived_at IS NULL;
         SELECT json_build_array(concat_ws(' ', 'notification', id, body, (read_at IS NOT NULL)::text)) FROM notifications WHERE user_id = '{person}';
         SELECT json_build_array(concat_ws(' ', 'viewer', id, display_name, trust, total_minutes)) FROM viewers WHERE user_id = '{person}';
         SELECT json_build_array(concat_ws(' ', 'message', id, livestream_id, body, (viewer_id IS NOT NULL)::text)) FROM chat_messages
             WHERE user_id = '{person}';"
    ));
    let text = |line: &str| serde_json::from_str::<[String; 1]>(line).unwrap().concat();
    let mut rows: Vec<String> = rows.lines().map(text).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_come_and_go_end_with_what_their_queries_give() {
    let Some(server) = Postgres::shared("that clients of PostgreSQL lose nothing under writes") else { return };
    let seed = std::env::var("SHAPEGEN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let transactions = if std::env::var_os("SHAPEGEN_CI").is_some() { TRANSACTIONS } else { TRANSACTIONS / 5 };
    let database = server.database("workload");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for schema in ["streampai", "types"] {
        database.sql(&std::fs::read_to_string(tests.join(format!("../schemas/{schema}.sql"))).unwrap());
    }
    for number in 0..PERSONS {
        database.sql(&format!("INSERT INTO users VALUES ('{}', '{number}')", person(number)));
    }
    let loaded = shapegen::load(&tests.join("shapes.toml")).unwrap();
    let postgres = shapegen::dev::Database::Postgres(database.url(""));
    let service = shapegen::dev::Dev::new(postgres, ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap();
    let address = service.local_addr();
    let url = format!("http://{address}/shapes");

    let done = Arc::new(AtomicBool::new(false));
    let folders: Vec<tempfile::TempDir> = (0..TYPED).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut screens = Vec::new();
    for (number, folder) in (0_u128..).zip(&folders) {
        let (done, url, folder) = (Arc::clone(&done), url.clone(), folder.path().to_owned());
        screens.push(tokio::spawn(async move {
            let mut random = Rng::with_seed(seed ^ u64::try_from(number).unwrap());
            let person = person(number % PERSONS);
            while !done.load(Ordering::Relaxed) {
                let screen = Screen::open(&url, &folder, person);
                if random.bool() {
                    screen.notifications.fresh().await.unwrap();
                }
                tokio::time::sleep(Duration::from_millis(random.u64(0..300))).await;
            }
            (person, Screen::open(&url, &folder, person))
        }));
    }
    let mut followers = Vec::new();
    for (number, (shape, _)) in (100..).zip(FOLLOWED) {
        let done = Arc::clone(&done);
        followers.push(tokio::spawn(async move {
            let mut random = Rng::with_seed(seed ^ number);
            let mut follower = Follower::new(address, shape);
            while !done.load(Ordering::Relaxed) {
                if random.u8(0..8) == 0 {
                    follower = Follower::new(address, shape);
                }
                follower.catch_up().await;
                tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
            }
            follower
        }));
    }
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let database = &database;
            scope.spawn(move || {
                let mut random = Rng::with_seed(seed + 1_000 * writer as u64);
                let mut session = database.session();
                session.run("SET deadlock_timeout = '2ms'");
                for _ in 0..transactions / WRITERS {
                    // One that PostgreSQL refuses, in a deadlock perhaps, is one more that is taken back.
                    session.run(&transaction(&mut random));
                }
            });
        }
    });
    done.store(true, Ordering::Relaxed);
    let committed = database.sql("SELECT count(*) > 100 FROM chat_messages;");
    assert_eq!(committed, "t\n", "something is there to compare");
    for screen in screens {
        let (person, screen) = screen.await.unwrap();
        let expected = queried(&database, person);
        let what = format!("the collections of {person}; SHAPEGEN_SEED={seed}");
        let shown = async || {
            let mut shown = screen.shown();
            if shown != expected {
                shown.push(screen.connections());
            }
            (shown, expected.clone())
        };
        until_equal(&what, shown).await;
    }
    for (follower, (shape, query)) in followers.into_iter().zip(FOLLOWED) {
        let mut follower = follower.await.unwrap();
        let rows = database.sql(&format!("SELECT jsonb_build_object({query};"));
        let row = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap().to_string();
        let mut expected: Vec<String> = rows.lines().map(row).collect();
        expected.sort();
        until_equal(&format!("{shape}; SHAPEGEN_SEED={seed}"), async || {
            follower.catch_up().await;
            (follower.rows(), expected.clone())
        })
        .await;
    }
    service.shutdown().await;
}
