//! Shapes from structs beside the same shapes from manifests: one definition, one request, one meaning of the same bytes.

mod rebuild;
mod streampai;
mod typed;
mod types;

use std::fmt::Debug;
use std::pin::Pin;

use shapegen_runtime::cell::Cell;
use shapegen_runtime::columns::{Columns, Encoder, Form};
use shapegen_runtime::definition::{Column, Load};
use shapegen_runtime::{Client, Session, Shape, ShapeParams, SqliteStore};

use crate::stage::{ANN, SHAPES, Stage, livestream, notification};
use crate::{sync, typed_sync};

/// A shape from a manifest, and the same from a struct.
macro_rules! pairs {
    ($run:ident) => {
        [
            $run::<sync::UserPreferences, streampai::UserPreferences>,
            $run::<sync::Livestream, streampai::Livestream>,
            $run::<sync::WidgetConfig, streampai::WidgetConfig>,
            $run::<sync::Notification, streampai::Notification>,
            $run::<sync::StreamingAccount, streampai::StreamingAccount>,
            $run::<sync::StreamEvent, streampai::StreamEvent>,
            $run::<sync::ChatMessage, streampai::ChatMessage>,
            $run::<sync::Viewer, streampai::Viewer>,
            $run::<sync::UserRole, streampai::UserRole>,
            $run::<sync::EveryType, types::EveryType>,
        ]
    };
}

/// Names, columns, key, filter, parameters, policy, local DDL and fingerprint.
#[test]
fn definitions_are_the_same() {
    fn same<M: Shape, D: Shape>() -> &'static str {
        assert_eq!(M::DEFINITION, D::DEFINITION);
        D::DEFINITION.name
    }
    let compared = pairs!(same).map(|same| same());
    // The example's nine shapes are among them: they are those of the streaming app.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/streampai/shapes.toml");
    let example = shapegen::load(manifest.as_ref()).unwrap().model;
    for shape in &example.shapes {
        assert!(compared.contains(&shape.name.as_str()), "{}", shape.name);
        let of_test = SHAPES.iter().find(|of_test| of_test.name == shape.name).unwrap();
        assert_eq!((shape.request, shape.local.fingerprint), (of_test.request, of_test.local.fingerprint));
    }
}

/// What a manifest says of types holds for structs that name it.
#[test]
fn definitions_of_a_manifest_with_types_are_the_same() {
    assert_eq!(typed_sync::Person::DEFINITION, typed::Person::DEFINITION);
    assert_eq!(typed_sync::Order::DEFINITION, typed::Order::DEFINITION);
    assert_eq!(typed_sync::Line::DEFINITION, typed::Line::DEFINITION);
    fn cells(params: &impl ShapeParams) -> Vec<String> {
        let mut encoder = Encoder::new(Form::Postgres);
        params.encode(&mut encoder);
        encoder.cells().iter().map(|cell| format!("{cell:?}")).collect()
    }
    assert_eq!(cells(&typed::lines(5)), cells(&typed_sync::Lines { order: typed_sync::OrderId(5) }));
}

/// Texts of PostgreSQL for a column, some of them NULL where it may be.
fn sample(column: &Column, number: usize) -> Option<String> {
    if !column.not_null && number.is_multiple_of(3) {
        return None;
    }
    let one = match column.pg_type {
        "bool" => ["t", "f"][number % 2].to_owned(),
        "int2" | "int4" | "int8" => format!("{}", number * 37),
        "float4" | "float8" => ["0.5", "NaN", "-0", "1e+30"][number % 4].to_owned(),
        "numeric" => ["12345678901234567890.10", "NaN", "0.00"][number % 3].to_owned(),
        "uuid" => format!("00000000-0000-0a11-0000-{number:012}"),
        "timestamp" => "2024-02-29 23:59:59.999999".to_owned(),
        "timestamptz" => "2024-02-29 23:59:59.999999+00".to_owned(),
        "date" => "2024-02-29".to_owned(),
        "time" => "12:30:00.5".to_owned(),
        "json" | "jsonb" => "{\"a\": [1e400, 0.10]}".to_owned(),
        "bytea" => "\\x00ff".to_owned(),
        "platform" => ["twitch", "of a newer server"][number % 2].to_owned(),
        _ => format!("it's {number}"),
    };
    if column.dims == 0 {
        return Some(one);
    }
    let quoted = one.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("{{\"{quoted}\",NULL}}"))
}

fn columns<'c>(texts: &'c [Option<String>], from: usize) -> Columns<'c> {
    let mut columns = Columns::new(texts.len());
    for (at, text) in texts.iter().enumerate().skip(from) {
        columns.set(at, text.as_deref().map_or(Cell::Null, Cell::text));
    }
    columns
}

fn cells<S: Shape>(row: &S, form: Form) -> Vec<String> {
    let mut encoder = Encoder::new(form);
    row.encode(&mut encoder);
    encoder.cells().iter().map(|cell| format!("{cell:?}")).collect()
}

fn key_cells<S: Shape>(key: &S::Key) -> Vec<String> {
    let mut encoder = Encoder::new(Form::Local);
    S::encode_key(key, &mut encoder);
    encoder.cells().iter().map(|cell| format!("{cell:?}")).collect()
}

#[test]
fn the_same_bytes_are_the_same_rows() {
    fn same<M: Shape, D: Shape>() {
        let shape = M::DEFINITION.name;
        for number in 0..12 {
            let texts: Vec<Option<String>> =
                M::DEFINITION.columns.iter().map(|column| sample(column, number)).collect();
            let mut of_manifest = M::decode(&mut columns(&texts, 0)).unwrap();
            let mut of_struct = D::decode(&mut columns(&texts, 0)).unwrap();
            let equal = |of_manifest: &M, of_struct: &D| {
                for form in [Form::Postgres, Form::Local] {
                    assert_eq!(cells(of_manifest, form), cells(of_struct, form), "{shape} {form:?}");
                }
                assert_eq!(key_cells::<M>(&of_manifest.key()), key_cells::<D>(&of_struct.key()), "{shape}");
            };
            equal(&of_manifest, &of_struct);
            let key = (M::decode_key(&columns(&texts, 0)).unwrap(), D::decode_key(&columns(&texts, 0)).unwrap());
            assert_eq!(key, (of_manifest.key(), of_struct.key()));

            // An update brings some of the columns.
            let next: Vec<Option<String>> =
                M::DEFINITION.columns.iter().map(|column| sample(column, number + 1)).collect();
            of_manifest.merge(&mut columns(&next, 2)).unwrap();
            of_struct.merge(&mut columns(&next, 2)).unwrap();
            equal(&of_manifest, &of_struct);
        }
        // What isn't of the column's type is refused by both, at the same column.
        for at in 0..M::DEFINITION.columns.len() {
            let mut texts: Vec<Option<String>> = M::DEFINITION.columns.iter().map(|column| sample(column, 1)).collect();
            texts[at] = Some("\u{0}no value of any type".to_owned());
            let said = |error: Option<_>| error.map(|error: shapegen_runtime::columns::ColumnError| error.position);
            let (of_manifest, of_struct) = (M::decode(&mut columns(&texts, 0)), D::decode(&mut columns(&texts, 0)));
            assert_eq!(said(of_manifest.err()), said(of_struct.err()), "{shape} {at}");
        }
    }
    pairs!(same).iter().for_each(|same| same());
}

/// Twelve rows of Ann's, or fewer where the key leaves no room for so many.
fn sample_rows<S: Shape>() -> Vec<S> {
    let mut rows: Vec<S> = Vec::new();
    for number in 0..12 {
        let text = |column: &Column| match column.name {
            "user_id" => Some(ANN.to_string()),
            _ => sample(column, number),
        };
        let texts: Vec<Option<String>> = S::DEFINITION.columns.iter().map(text).collect();
        let row = S::decode(&mut columns(&texts, 0)).unwrap();
        if rows.iter().all(|earlier| earlier.key() != row.key()) {
            rows.push(row);
        }
    }
    rows
}

/// The rows that a client of its own gets, and what it asked for until it was up to date.
async fn synced<S: Shape<Params = ()>>(stage: &Stage) -> (Vec<Vec<String>>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let before = stage.service.requests().len();
    let token = ANN.to_string();
    let client = Client::builder(format!("http://{}/shapes", stage.address()))
        .store(SqliteStore::in_dir(folder.path()).unwrap())
        .session(Session::new().identity("user_id", &ANN).token(move || std::future::ready(token.clone())))
        .build()
        .unwrap();
    let collection = client.collection::<S>(());
    collection.fresh().await.unwrap();
    let rows = collection.snapshot().iter().map(|row| cells(&**row, Form::Postgres)).collect();
    // A subset is up to date at once: what is asked for behind it may be on its way, also that of the shape before.
    let own = format!("/shapes/{}?", S::DEFINITION.name);
    let counts = |request: &String| match S::DEFINITION.load {
        Load::Newest(_) => request.contains("subset__"),
        Load::All | Load::FromNow => !request.contains("live=true"),
    };
    (rows, stage.requests(before).into_iter().filter(|request| request.contains(&own) && counts(request)).collect())
}

#[tokio::test]
async fn the_same_is_asked_for_and_comes() {
    fn same<M: Shape<Params = ()>, D: Shape<Params = ()>>(stage: &Stage) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async {
            stage.source.transaction(|tx| sample_rows::<M>().iter().for_each(|row| tx.insert(row))).unwrap();
            let (of_manifest, of_struct) = (synced::<M>(stage).await, synced::<D>(stage).await);
            assert!(!of_manifest.0.is_empty() && !of_manifest.1.is_empty(), "{}", M::DEFINITION.name);
            assert_eq!(of_manifest, of_struct);
        })
    }
    let stage = Stage::empty().await;
    for same in pairs!(same) {
        same(&stage).await;
    }
}

#[tokio::test]
async fn shapes_of_structs_and_of_a_manifest_live_in_one_client_and_one_store() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    {
        let client = stage.client(folder.path(), ANN);
        let (livestreams, notifications) = (client.livestreams(), client.collection::<streampai::Notification>(()));
        livestreams.fresh().await.unwrap();
        notifications.fresh().await.unwrap();
        assert_eq!((livestreams.snapshot().len(), notifications.snapshot().len()), (5, 5));
        let (_, mut changes) = notifications.subscribe();
        stage.source.transaction(|tx| tx.insert(&notification(ANN, 99, "live"))).unwrap();
        assert_eq!(changes.next().await.unwrap().changes.len(), 1);
        stage.held(2).await;
    }
    // The other way round: each reads what the other one kept.
    let before = stage.service.requests().len();
    let client = stage.client(folder.path(), ANN);
    let (livestreams, notifications) = (client.collection::<streampai::Livestream>(()), client.notifications());
    livestreams.hydrated().await.unwrap();
    notifications.hydrated().await.unwrap();
    assert_eq!((livestreams.snapshot().len(), notifications.snapshot().len()), (5, 6));
    stage.source.transaction(|tx| tx.insert(&livestream(ANN, 98, "while it runs"))).unwrap();
    livestreams.fresh().await.unwrap();
    notifications.fresh().await.unwrap();
    assert!(stage.requests(before).iter().all(|request| !request.contains("offset=-1")));
}

/// Rows of a person are kept in a partition of that person's: a value that doesn't say who that is brings none.
#[tokio::test]
async fn a_value_that_should_say_who_the_person_is_and_does_not_stops_the_shape() {
    let stage = Stage::of_two().await;
    let client = Client::builder(format!("http://{}/shapes", stage.address()))
        .session(Session::new().value("user_id", &ANN))
        .build()
        .unwrap();
    let error = client.collection::<streampai::Notification>(()).fresh().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "shape `notifications` of table public.notifications: the session has no identity `user_id`"
    );
    assert_eq!(stage.requests(0), [""; 0]);
}

/// Rows are told apart and found as those of generated code are.
#[test]
fn keys_and_finders() {
    fn debug(key: impl Debug) -> String {
        format!("{key:?}")
    }
    let account = streampai::StreamingAccountKey { user_id: ANN, platform: streampai::Platform::Kick };
    let of_manifest = sync::StreamingAccountKey { user_id: ANN, platform: sync::Platform::Kick };
    assert_eq!(debug(account), debug(of_manifest));
    assert_eq!(streampai::Livestream::STATUS.name, sync::Livestream::STATUS.name);
    assert_eq!(streampai::Livestream::OWNER.name, sync::Livestream::USER_ID.name);
}
