//! A service in this process with the rows of two people, and clients of it.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use shapegen::catalog::{Catalog, QualifiedName};
use shapegen::fragment::{Subject, parse_where};
use shapegen_runtime::definition::ShapeDefinition;
use shapegen_runtime::expr::Expr;
use shapegen_runtime::{Shape, SqliteStore};
use shapegen_server::{HeaderMap, Listening, MemorySource, Service, SessionValues, TableDefinition};
use uuid::Uuid;

use crate::sync::{
    ChatMessage, Client, EveryType, Livestream, LivestreamStatus, Member, Notification, NotificationLevel, Searched,
    Session, StreamEvent, StreamingAccount, UserPreferences, UserRole, Viewer, WidgetConfig,
};

pub const ANN: Uuid = Uuid::from_u128(0xa11);
pub const BOB: Uuid = Uuid::from_u128(0xb0b);

pub static SHAPES: [&ShapeDefinition; 12] = [
    UserPreferences::DEFINITION,
    Livestream::DEFINITION,
    WidgetConfig::DEFINITION,
    Notification::DEFINITION,
    StreamingAccount::DEFINITION,
    StreamEvent::DEFINITION,
    ChatMessage::DEFINITION,
    Viewer::DEFINITION,
    UserRole::DEFINITION,
    EveryType::DEFINITION,
    Searched::DEFINITION,
    Member::DEFINITION,
];

pub struct Stage {
    pub source: MemorySource,
    pub service: Service,
    pub listening: Listening,
}

impl Stage {
    /// A service without rows.
    pub async fn empty() -> Self {
        Self::admitting(session_of).await
    }

    /// A service without rows that knows people in its own way.
    pub async fn admitting(sessions: impl Fn(&HeaderMap) -> Option<SessionValues> + Send + Sync + 'static) -> Self {
        let source = MemorySource::new(SHAPES).unwrap();
        let service = Service::builder(source.clone())
            .shapes(SHAPES)
            .sessions(sessions)
            .where_parser(where_clause)
            .build()
            .unwrap();
        let listening = service.bind("127.0.0.1:0").await.unwrap();
        Self { source, service, listening }
    }

    /// A service with some rows of Ann and Bob, a mark of the person in each.
    pub async fn of_two() -> Self {
        let stage = Self::empty().await;
        stage
            .source
            .transaction(|tx| {
                for (person, mark) in [(ANN, "ANN'S"), (BOB, "BOB'S")] {
                    for number in 0..5 {
                        tx.insert(&livestream(person, number, &format!("{mark} stream {number}")));
                        tx.insert(&notification(person, number, &format!("{mark} notification {number}")));
                    }
                }
            })
            .unwrap();
        stage
    }

    pub fn address(&self) -> SocketAddr {
        self.listening.local_addr()
    }

    pub fn client(&self, folder: &Path, person: Uuid) -> Client {
        client(self.address(), folder, person)
    }

    /// Waits until so many live requests are held: whoever sent them has handed all that came before to the disk.
    pub async fn held(&self, count: usize) {
        let mut held = self.service.held();
        let waiting = tokio::time::timeout(Duration::from_secs(30), held.wait_for(|held| *held == count));
        waiting.await.unwrap_or_else(|_| panic!("never came: {count} live requests")).unwrap();
    }

    /// Method, path and query of what clients asked for after the first `before` requests.
    pub fn requests(&self, before: usize) -> Vec<String> {
        let requests = self.service.requests();
        requests
            .iter()
            .skip(before)
            .map(|request| format!("{} {}?{}", request.method, request.path, request.query))
            .collect()
    }
}

pub fn client(address: SocketAddr, folder: &Path, person: Uuid) -> Client {
    let token = person.to_string();
    Client::builder(format!("http://{address}/shapes"))
        .store(SqliteStore::in_dir(folder).unwrap())
        .session(Session::user(person).token(move || std::future::ready(token.clone())))
        .build()
        .unwrap()
}

/// The token is the person's id.
fn session_of(headers: &HeaderMap) -> Option<SessionValues> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(SessionValues::new().with("user_id", token))
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("shapes.toml");
    shapegen::load(&manifest).unwrap().catalog
});

/// Reads where clauses at `/v1/shape` as the dev service does.
fn where_clause(table: &TableDefinition, text: &str, _: &[String]) -> Result<Expr, String> {
    let name = QualifiedName { schema: table.name.schema.clone(), name: table.name.name.clone() };
    let table = CATALOG.tables.get(&name).ok_or_else(|| format!("no table {name:?}"))?;
    let subject = Subject { name: &name, table, catalog: &CATALOG };
    parse_where(text, subject).map(|parsed| parsed.expr).map_err(|errors| errors[0].to_string())
}

pub fn livestream(person: Uuid, number: u128, title: &str) -> Livestream {
    Livestream {
        id: Uuid::from_u128(person.as_u128() << 64 | number),
        user_id: person,
        title: title.to_owned(),
        status: LivestreamStatus::Scheduled,
        viewer_peak: 0,
        tags: vec![],
        meta: None,
        started_at: None,
        ended_at: None,
        archived_at: None,
    }
}

pub fn notification(person: Uuid, number: u128, body: &str) -> Notification {
    Notification {
        id: i64::try_from(person.as_u128() * 1000 + number).unwrap(),
        user_id: person,
        level: NotificationLevel::Info,
        body: body.to_owned(),
        read_at: None,
        inserted_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// Waits for something that can only be looked at; half a minute means that it never comes.
pub async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let waiting = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("never came: {what}"));
}

/// Waits until two sides that have to be asked for are equal; half a minute in which the first doesn't move means that
/// they never are, and shows both.
pub async fn until_equal<T: PartialEq + Debug>(what: &str, mut sides: impl AsyncFnMut() -> (T, T)) {
    let mut last = None;
    let mut moved = Instant::now();
    loop {
        let (found, expected) = sides().await;
        if found == expected {
            return;
        }
        if last.as_ref() != Some(&found) {
            moved = Instant::now();
        }
        assert!(moved.elapsed() < Duration::from_secs(30), "{what}:\n{found:#?}\nis not\n{expected:#?}");
        last = Some(found);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
