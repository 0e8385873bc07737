//! A renamed column: `build --check` says so and writes nothing, the program fails to compile where it uses the old name,
//! and a store of the old program opens and fetches that one shape again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use shapegen::cli::{Exit, Terminal};
use shapegen_runtime::{Client, Shape, SqliteStore, Status, Storage};
use shapegen_server::{Column, MemorySource, TableDefinition, TableName};

use crate::compile::{compile, runtimes, stderr};
use crate::stage::{ANN, Stage, livestream, notification, until};
use crate::{renamed, sync};

const SCHEMA: &str = "CREATE TABLE livestreams (id uuid PRIMARY KEY, title text NOT NULL, viewers int NOT NULL);\n";
const MANIFEST: &str = "schema = \"schema.sql\"\n\n[output]\nddl = \"sql\"\n\n\
    [shape]\nlivestreams = { row = \"Livestream\", scope = \"public\", change_frequency = \"low\" }\n";
/// A program that uses both fields; the one that will be renamed in its fifth line.
const PROGRAM: &str = "mod sync;
use sync::Livestream;

pub fn caption(row: &Livestream) -> String {
    row.title.clone()
}

fn main() {
    let viewers: fn(&Livestream) -> i32 = |row| row.viewers;
    let _ = (caption as fn(&Livestream) -> String, viewers);
}
";

/// What a run of the command line said, its exit first.
fn shapegen(arguments: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal::new(&mut out, &mut err, false);
    let arguments = ["shapegen"].iter().chain(arguments).map(OsString::from);
    let exit = shapegen::cli::run(arguments, &mut terminal).unwrap();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn check_says_so_and_the_program_fails_to_compile_where_it_uses_the_old_name() {
    let project = tempfile::tempdir().unwrap();
    let path = |name: &str| project.path().join(name);
    fs::create_dir(path("src")).unwrap();
    fs::write(path("schema.sql"), SCHEMA).unwrap();
    fs::write(path("shapes.toml"), MANIFEST).unwrap();
    fs::write(path("src/main.rs"), PROGRAM).unwrap();
    let manifest = path("shapes.toml");
    let build = ["build", "--manifest", manifest.to_str().unwrap()];
    let check = [&build[..], &["--check"]].concat();
    let (exit, _, err) = shapegen(&build);
    assert_eq!(exit, Exit::Fine, "{err}");
    assert_eq!(shapegen(&check), (Exit::Fine, String::new(), String::new()));
    let compiled = |runtime: &Path| compile(&path("src/main.rs"), runtime, &["--cap-lints", "allow"]);
    let mut said = Vec::new();
    let runtime = runtimes().into_iter().find(|runtime| {
        let output = compiled(runtime);
        said.push(stderr(&output));
        output.status.success()
    });
    let runtime = runtime.unwrap_or_else(|| panic!("the program compiles with no runtime: {said:#?}"));

    fs::write(path("schema.sql"), SCHEMA.replace("title", "headline")).unwrap();
    let before = files(project.path());
    let (exit, diff, err) = shapegen(&check);
    assert_eq!((exit, err.as_str()), (Exit::Differences, ""));
    assert!(diff.contains("-    pub title: String,\n+    pub headline: String,\n"), "{diff}");
    assert!(diff.contains("sql/local.sql"), "{diff}");
    assert_eq!(files(project.path()), before, "nothing is written");

    let (exit, _, err) = shapegen(&build);
    assert_eq!(exit, Exit::Fine, "{err}");
    let failed = compiled(&runtime);
    assert!(!failed.status.success());
    let errors: Vec<String> =
        stderr(&failed).lines().filter(|line| line.contains("error[")).map(str::to_owned).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("main.rs:5:9: error[E0609]: no field `title`"), "{errors:?}");

    fs::write(path("src/main.rs"), PROGRAM.replace("row.title", "row.headline")).unwrap();
    assert!(compiled(&runtime).status.success());
}

/// `livestreams` as it is after the rename.
fn migrate(source: &MemorySource) {
    let columns = |shape: &'static shapegen_runtime::definition::ShapeDefinition| -> Vec<Column> {
        let column = |column: &shapegen_runtime::definition::Column| Column {
            dims: column.dims,
            ..Column::new(column.name, column.pg_type, column.not_null)
        };
        shape.columns.iter().map(column).collect()
    };
    let name = TableName::new("public", "livestreams");
    source.define(TableDefinition::new(name, columns(renamed::Livestream::DEFINITION), &["id"]));
    let written = source.transaction(|tx| {
        for number in 0..5 {
            let old = livestream(ANN, number, "renamed");
            tx.update(&renamed::Livestream {
                id: old.id,
                user_id: old.user_id,
                headline: old.title,
                status: renamed::LivestreamStatus::Scheduled,
                viewer_peak: 0,
                tags: vec![],
                meta: None,
                started_at: None,
                ended_at: None,
                archived_at: None,
            });
        }
    });
    written.unwrap();
}

#[tokio::test]
async fn a_store_of_before_opens_and_fetches_that_shape_alone() {
    let stage = Stage::of_two().await;
    let folder = tempfile::tempdir().unwrap();
    let store = || SqliteStore::in_dir(folder.path()).unwrap();
    // Electric itself: one service speaks to both programs, before and after the migration.
    let url = format!("http://{}/v1/shape", stage.address());
    let on_disk = |client: &Client| matches!(client.storage(), Storage::Disk(_));
    {
        let client = sync::Client::builder(&url)
            .mode(shapegen_runtime::Mode::Electric)
            .store(store())
            .session(sync::Session::user(ANN))
            .build()
            .unwrap();
        let (livestreams, notifications) = (client.livestreams(), client.notifications());
        livestreams.fresh().await.unwrap();
        notifications.fresh().await.unwrap();
        stage.held(2).await;
        assert_eq!((livestreams.snapshot().len(), notifications.snapshot().len()), (5, 5));
        assert!(on_disk(&client));
    }
    stage.held(0).await;
    migrate(&stage.source);
    stage.source.transaction(|tx| tx.insert(&notification(ANN, 77, "while away"))).unwrap();

    let before = stage.service.requests().len();
    let client = renamed::Client::builder(&url)
        .mode(shapegen_runtime::Mode::Electric)
        .store(store())
        .session(renamed::Session::user(ANN))
        .build()
        .unwrap();
    assert!(on_disk(&client), "{:?}", client.storage());
    let (livestreams, notifications) = (client.livestreams(), client.notifications());
    livestreams.fresh().await.unwrap();
    notifications.fresh().await.unwrap();
    until("the row that came while away", || notifications.snapshot().len() == 6).await;
    assert_eq!(livestreams.status(), Status::Ready);
    let headlines: Vec<_> = livestreams.snapshot().iter().map(|row| row.headline.clone()).collect();
    assert_eq!(headlines, ["renamed"; 5]);

    let requests = stage.requests(before);
    let from_the_beginning: Vec<_> = requests.iter().filter(|request| request.contains("offset=-1")).collect();
    assert_eq!(from_the_beginning.len(), 1, "{requests:#?}");
    assert!(from_the_beginning[0].contains("livestreams") && from_the_beginning[0].contains("headline"));
}
