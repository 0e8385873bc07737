//! Electric's own clients, the TypeScript client and TanStack DB's collection, against the service: `tests/peers`.
//!
//! Without Node or the packages (`npm ci` in `tests/peers`) the test says so and passes; with `SHAPEGEN_CI=1` it fails.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use shapegen::dev::{Database, Dev};
use shapegen_server::Listening;

use crate::postgres::Postgres;

/// The peers' folder, where they can run.
fn peers() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let runs = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if runs && folder.join("node_modules").is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("SHAPEGEN_CI").is_none(), "Node or the peers' packages are missing");
    // Past the test runner, which hides what a test prints that passes.
    let said = "SKIPPED: Node, or `npm ci` in tests/peers, is missing: Electric's own clients against the service\n";
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

/// Runs every scenario against a service, with rows written by SQL in `database` or by the service itself.
async fn run(folder: PathBuf, url: String, database: Option<String>) {
    let scenarios = move || {
        let mut node = Command::new("node");
        node.arg("run.mjs").current_dir(folder).env("ELECTRIC_URL", url).env_remove("DATABASE_URL");
        node.envs(database.map(|database| ("DATABASE_URL", database))).output()
    };
    let output = tokio::task::spawn_blocking(scenarios).await.unwrap().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("passed, 0 failed"), "{printed}");
}

async fn serve(folder: &Path, database: Database) -> Listening {
    let loaded = shapegen::load(&folder.join("shapes.toml")).unwrap();
    Dev::new(database, ([127, 0, 0, 1], 0).into()).start(loaded).await.unwrap()
}

#[tokio::test]
async fn the_official_clients_pass_every_scenario_over_sqlite() {
    let Some(folder) = peers() else { return };
    let files = tempfile::tempdir().unwrap();
    let service = serve(&folder, Database::Sqlite(files.path().join("dev.db"))).await;
    run(folder, format!("http://{}", service.local_addr()), None).await;
    service.shutdown().await;
}

#[tokio::test]
async fn the_official_clients_pass_every_scenario_over_postgresql() {
    let Some(folder) = peers() else { return };
    let Some(server) = Postgres::shared("Electric's own clients over PostgreSQL") else { return };
    let database = server.database("peers");
    database.sql(&std::fs::read_to_string(folder.join("schema.sql")).unwrap());
    let service = serve(&folder, Database::Postgres(database.url(""))).await;
    run(folder, format!("http://{}", service.local_addr()), Some(database.socket_url())).await;
    service.shutdown().await;
}
