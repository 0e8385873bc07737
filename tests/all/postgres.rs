//! A PostgreSQL of the tests' own: one server for all of them, a database each.
//!
//! It lives in a temporary folder, is reached through a socket there, and ends with the process, however that ends.
//! Without PostgreSQL's programs the tests say so and pass; with `SHAPEGEN_CI=1` they fail.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A running PostgreSQL.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    /// PostgreSQL refuses to run as root; then it runs as this user and group.
    user: Option<(u32, u32)>,
    /// Stops the server and removes its folder when its standard input ends, as it does with this process.
    _guard: Child,
}

impl Postgres {
    /// The server, or `None` where this machine has no PostgreSQL; `what` isn't shown without it is said out loud.
    pub fn shared(what: &str) -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Postgres>> = OnceLock::new();
        let server = SERVER.get_or_init(|| programs().map(Self::start)).as_ref();
        if server.is_none() {
            assert!(std::env::var_os("SHAPEGEN_CI").is_none(), "PostgreSQL's programs are missing");
            // Past the test runner, which hides what a test prints that passes.
            let said = format!("SKIPPED: PostgreSQL's programs (initdb, pg_ctl, psql) are missing: {what}\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
        }
        server
    }

    fn start(programs: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let user = unprivileged_user();
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let as_user = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(&folder).env_clear().env("LC_ALL", "C");
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command
        };
        let data = folder.join("data");
        let arguments = ["-U", "judge", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        run(as_user("initdb").arg("-D").arg(&data).args(arguments), "").unwrap();
        let script = "read -r line; \"$1/pg_ctl\" -D data -m immediate stop; cd /; rm -rf \"$2\"";
        let mut guard = Command::new("sh");
        guard.args(["-c", script, "sh"]).arg(&programs).arg(&folder).current_dir(&folder);
        if let Some((user, group)) = user {
            guard.uid(user).gid(group);
        }
        // A group of its own: an interrupt from the keyboard ends the tests, not what cleans up behind them.
        let guard = guard.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = guard.spawn().unwrap();
        let options = format!(
            "-c listen_addresses= -c fsync=off -c max_connections=120 -c wal_level=logical -c max_replication_slots=20 -k {}",
            folder.display()
        );
        let log = folder.join("log");
        run(as_user("pg_ctl").arg("-D").arg(&data).arg("-l").arg(log).args(["-w", "-o", &options, "start"]), "")
            .unwrap();
        Self { programs, folder, user, _guard: guard }
    }

    /// A new, empty database.
    pub fn database(&self, name: &str) -> Database<'_> {
        let database = Database { server: self, name: name.to_owned() };
        let postgres = Database { server: self, name: "postgres".to_owned() };
        postgres.sql(&format!("CREATE DATABASE \"{name}\";"));
        database
    }

    /// A program of PostgreSQL's, to be run as the server's user.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).env_clear().env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A database of the server.
pub struct Database<'s> {
    server: &'s Postgres,
    name: String,
}

impl Database<'_> {
    /// Runs SQL as psql does, and gives the rows as lines with `|` between the columns, or what is wrong.
    pub fn try_sql(&self, sql: &str) -> Result<String, String> {
        let mut psql = self.server.command("psql");
        psql.arg("-h").arg(&self.server.folder).args(["-U", "judge", "-d", &self.name]);
        run(psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]), sql)
    }

    /// One psql that takes a statement after the other.
    pub fn session(&self) -> Session {
        let mut psql = self.server.command("psql");
        psql.arg("-h")
            .arg(&self.server.folder)
            .args(["-U", "judge", "-d", &self.name, "-X", "-q", "-A", "-t", "-f", "-"]);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (statements, answers) = (psql.stdin.take().unwrap(), BufReader::new(psql.stdout.take().unwrap()));
        Session { psql, statements: Some(statements), answers }
    }

    /// How a client reaches it, with more settings of libpq's.
    pub fn url(&self, more: &str) -> String {
        format!("host={} user=judge dbname={} {more}", self.server.folder.display(), self.name)
    }

    /// The same as one URL.
    pub fn socket_url(&self) -> String {
        let folder = self.server.folder.display().to_string().replace('/', "%2F");
        format!("postgres://judge@{folder}/{}", self.name)
    }

    /// Runs SQL, which must not fail.
    pub fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A psql that stays; a statement that fails doesn't end it, nor the transaction that it stands in.
pub struct Session {
    psql: Child,
    statements: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Session {
    /// Runs a statement, and gives its rows as lines, or `None` if it failed.
    pub fn run(&mut self, statement: &str) -> Option<String> {
        let statements = self.statements.as_mut().unwrap();
        // On its own line: the statement may end in a comment.
        write!(statements, "\\set ON_ERROR_ROLLBACK on\n{statement}\n;\n\\echo ~~ :ERROR\n").unwrap();
        let mut rows = String::new();
        loop {
            let before = rows.len();
            assert!(self.answers.read_line(&mut rows).unwrap() > 0, "psql ended at {statement}");
            let done = match &rows[before..] {
                "~~ false\n" => true,
                "~~ true\n" => return None,
                _ => false,
            };
            if done {
                rows.truncate(before);
                return Some(rows);
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // psql leaves at the end of its input.
        self.statements = None;
        let _left = self.psql.wait();
    }
}

fn run(command: &mut Command, input: &str) -> Result<String, String> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A pipe holds little: what is read and what is written must not wait for each other.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    });
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The newest PostgreSQL on this machine: where Debian puts it, or what `pg_config` says.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    versions.sort();
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.and_then(|output| String::from_utf8(output.stdout).ok());
    let folders = versions.into_iter().rev().map(|(_, path)| path);
    let mut folders = folders.chain(configured.map(|path| PathBuf::from(path.trim())));
    folders.find(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|program| folder.join(program).is_file()))
}

/// Whom root's PostgreSQL runs as.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}
