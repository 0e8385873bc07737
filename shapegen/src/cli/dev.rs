//! `shapegen dev`: a shape service over a SQLite file or a PostgreSQL database, until it is stopped.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use shapegen_server::Listening;
use tokio::sync::mpsc;

use super::inputs::{Change, INTERVAL, Inputs, summary};
use super::message::Message;
use super::{Exit, ManifestArg, Terminal};
use crate::dev::{self, Database, DevError, Event};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::generate::load;
use crate::source::SourceMap;

/// How many events wait to be printed; what comes when they are many is only counted.
const WAITING: usize = 10_000;
/// How many lines are printed at once.
const LINES: usize = 200;

/// Serves the schema's tables and the manifest's shapes from a SQLite file or a PostgreSQL database, on this machine only.
///
/// Tables are at /v1/shape?table=…, shapes at /shapes/NAME. Over SQLite POST /dev/sql runs SQL text as one transaction:
/// INSERT, UPDATE, DELETE and TRUNCATE with literals; foreign keys, checks and triggers are not run. Over PostgreSQL
/// (14 or newer, wal_level = logical) whatever is committed there is served. Bearer tokens are read without being
/// verified: as a JWT, or as claims in plain JSON. When the manifest or the schema was changed, it goes on with them.
#[derive(Debug, Args)]
pub(super) struct Dev {
    #[command(flatten)]
    manifest: ManifestArg,
    /// The SQLite file; it is created where there is none, and kept.
    #[arg(long, value_name = "FILE", required_unless_present = "postgres")]
    db: Option<PathBuf>,
    /// The PostgreSQL database, as postgres://user:password@host/database. Its tables get REPLICA IDENTITY FULL; the
    /// publication and the slot that it takes are gone when the command ends.
    #[arg(long, value_name = "URL", conflicts_with = "db")]
    postgres: Option<String>,
    /// SQL that is run once, as /dev/sql takes it, where the database has no rows yet.
    #[arg(long, value_name = "FILE", conflicts_with = "postgres")]
    seed: Option<PathBuf>,
    /// The address, with or without a port. Whoever reaches it sees every row: without this it is this machine only.
    #[arg(long, value_name = "ADDRESS", value_parser = listen_address)]
    listen: Option<(IpAddr, Option<u16>)>,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

impl Dev {
    pub(super) fn run(&self, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.serve(terminal, stopped()))
    }

    /// Serves until `stop` comes.
    async fn serve(&self, terminal: &mut Terminal<'_>, stop: impl Future<Output = io::Result<()>>) -> io::Result<Exit> {
        let mut stop = pin!(stop);
        let (mut events, log) = Events::new();
        let mut serving = Serving { dev: self, address: self.address(), listening: None, log };
        let mut inputs = Inputs::of(&self.manifest.manifest);
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            tokio::select! {
                stopped = stop.as_mut() => {
                    stopped?;
                    break;
                }
                _ = ticks.tick() => {
                    if let Some(changes) = inputs.poll()
                        && !serving.reload(&changes, &mut inputs, terminal).await?
                    {
                        return Ok(Exit::Diagnostics);
                    }
                    events.print(terminal)?;
                    terminal.out.flush()?;
                }
            }
        }
        if let Some(listening) = serving.listening.take() {
            listening.shutdown().await;
        }
        events.print(terminal)?;
        terminal.note("stopped\n")?;
        Ok(Exit::Fine)
    }

    fn address(&self) -> SocketAddr {
        let (address, port) = self.listen.unwrap_or((Ipv4Addr::LOCALHOST.into(), None));
        SocketAddr::new(address, port.unwrap_or(self.port))
    }

    /// The database, and what it is called in an error.
    fn database(&self) -> (Database, String) {
        match (&self.db, &self.postgres) {
            // A URL may hold a password.
            (_, Some(url)) => (Database::Postgres(url.clone()), "--postgres".to_owned()),
            (file, None) => {
                let file = file.clone().unwrap_or_default();
                (Database::Sqlite(file.clone()), file.display().to_string())
            }
        }
    }
}

/// An address with or without a port; an IPv6 address with one stands in brackets.
fn listen_address(text: &str) -> Result<(IpAddr, Option<u16>), String> {
    let only = text.parse::<IpAddr>().map(|address| (address, None));
    let with_port = || text.parse::<SocketAddr>().map(|address| (address.ip(), Some(address.port())));
    only.or_else(|_| with_port()).map_err(|_| "not an address such as 0.0.0.0 or 192.168.1.5:3000".to_owned())
}

/// The service that runs now.
struct Serving<'d> {
    dev: &'d Dev,
    address: SocketAddr,
    listening: Option<Listening>,
    log: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Serving<'_> {
    /// Goes on with the manifest and the schema as they are now; false when that can't be and nothing runs.
    async fn reload(
        &mut self,
        changes: &[Change],
        inputs: &mut Inputs,
        terminal: &mut Terminal<'_>,
    ) -> io::Result<bool> {
        let loaded = match load(&self.dev.manifest.manifest) {
            Ok(loaded) => loaded,
            Err(failed) => {
                terminal.report(&failed.report, &failed.sources)?;
                inputs.were_read(failed.inputs);
                if !changes.is_empty() {
                    let text = format!("{}: the service goes on as before", summary(changes));
                    terminal.say(&format!("{text}\n"), &Message::note(&text))?;
                }
                return Ok(!changes.is_empty());
            }
        };
        terminal.report(&loaded.report, &loaded.sources)?;
        inputs.were_read(loaded.inputs());
        if let Some(former) = self.listening.take() {
            former.shutdown().await;
        }
        let (database, named) = self.dev.database();
        let log = Arc::clone(&self.log);
        let mut service = dev::Dev::new(database, self.address).log(move |event| log(event));
        if let Some(seed) = self.dev.seed.as_ref().filter(|_| changes.is_empty()) {
            service = service.seed(seed);
        }
        match service.start(loaded).await {
            Ok(listening) => {
                // A free port is taken once.
                self.address = listening.local_addr();
                self.listening = Some(listening);
                self.say_listening(changes, terminal)?;
                Ok(true)
            }
            Err(DevError::Seed(refused)) => {
                terminal.report(&refused.report, &refused.sources)?;
                Ok(false)
            }
            Err(error) => {
                let mut report = Report::default();
                report.push(Diagnostic::error(&codes::FILE, format!("`{named}`: {error}")));
                terminal.report(&report, &SourceMap::default())?;
                // What was changed may be changed back.
                Ok(!changes.is_empty())
            }
        }
    }

    fn say_listening(&self, changes: &[Change], terminal: &mut Terminal<'_>) -> io::Result<()> {
        if !changes.is_empty() {
            let text = format!("{}: the service goes on with it", summary(changes));
            return terminal.say(&format!("{text}\n"), &Message::note(&text));
        }
        let url = format!("http://{}", self.address);
        terminal.say(&format!("listening on {url}\n"), &Message::Listening { url })?;
        if !self.address.ip().is_loopback() {
            terminal.note(
                "this is for development: tokens are believed, not verified, and whoever reaches the address sees every row\n",
            )?;
        }
        Ok(())
    }
}

/// What happened and isn't printed yet.
struct Events {
    receiver: mpsc::Receiver<Event>,
    lost: Arc<AtomicUsize>,
}

impl Events {
    fn new() -> (Self, Arc<dyn Fn(Event) + Send + Sync>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let lost = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&lost);
        let log = move |event| {
            if sender.try_send(event).is_err() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        };
        (Self { receiver, lost }, Arc::new(log))
    }

    /// Prints what came, what is the same once and with its count.
    fn print(&mut self, terminal: &mut Terminal<'_>) -> io::Result<()> {
        let mut counted: Vec<(Event, usize)> = Vec::new();
        let mut more = self.lost.swap(0, Ordering::Relaxed);
        while let Ok(event) = self.receiver.try_recv() {
            if let Some((_, count)) = counted.iter_mut().find(|(known, _)| *known == event) {
                *count += 1;
            } else if counted.len() == LINES {
                more += 1;
            } else {
                counted.push((event, 1));
            }
        }
        let time = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
        for (Event { kind, subject, text }, count) in counted {
            let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
            let line = format!("{time} {} {subject}: {text}{times}\n", kind.mark());
            terminal.say(&line, &Message::Event { kind: kind.name(), subject: &subject, text: &text, count })?;
        }
        if more > 0 {
            let text = format!("and {more} more");
            terminal.say(&format!("{time}   {text}\n"), &Message::note(&text))?;
        }
        Ok(())
    }
}

/// Ctrl-c, or what asks a process to end.
async fn stopped() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use clap::Parser as _;
    use tokio::sync::oneshot;

    use super::super::{Cli, Command};
    use super::*;

    /// What was printed so far; results and notes in their order.
    #[derive(Clone, Default)]
    struct Printed(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Printed {
        /// Waits until the text is there `times` times, and gives all that was printed, without times and folder.
        fn until(&self, text: &str, times: usize, folder: &Path) -> String {
            for _ in 0..1_200 {
                let printed = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
                if printed.matches(text).count() >= times {
                    return printed.replace(&format!("{}/", folder.display()), "");
                }
                std::thread::sleep(Duration::from_millis(25));
            }
            panic!("never printed: {text}\n{}", String::from_utf8_lossy(&self.0.lock().unwrap()));
        }
    }

    /// Sends a request of Ann's, and gives the answer's headers and body.
    fn request(port: u16, method: &str, path: &str, body: &str) -> (BTreeMap<String, String>, String) {
        let token = "authorization: Bearer {\"sub\":\"ann\"}\r\n";
        let (_, headers, body) = dev::tests::request((Ipv4Addr::LOCALHOST, port).into(), method, path, token, body);
        (headers, body)
    }

    fn handle(port: u16, path: &str) -> String {
        request(port, "GET", path, "").0["electric-handle"].clone()
    }

    /// Runs the command in a folder while `visit` looks on with what is printed and the port.
    fn serve(folder: &Path, more: &[&str], visit: impl FnOnce(&Printed, u16) + Send + 'static) -> (Exit, String) {
        let manifest = folder.join("shapes.toml");
        let db = folder.join("dev.db");
        let arguments =
            ["shapegen", "dev", "--port", "0", "--manifest", manifest.to_str().unwrap(), "--db", db.to_str().unwrap()];
        let Command::Dev(command) = Cli::try_parse_from(arguments.iter().chain(more)).unwrap().command else {
            panic!("another command")
        };
        let printed = Printed::default();
        let (mut out, mut err) = (printed.clone(), printed.clone());
        let mut terminal = Terminal::new(&mut out, &mut err, false);
        let (stop, stopped) = oneshot::channel::<()>();
        let visitor = std::thread::spawn({
            let (printed, folder) = (printed.clone(), folder.to_owned());
            move || {
                // Dropped in the end, and also when something is not as it should be.
                let _stop = stop;
                let started = printed.until("\n", 1, &folder);
                let port = started.split("listening on http://127.0.0.1:").nth(1);
                if let Some(port) = port.and_then(|rest| rest.lines().next()) {
                    visit(&printed, port.parse().unwrap());
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stop = async {
            let _dropped = stopped.await;
            Ok(())
        };
        let exit = runtime.block_on(command.serve(&mut terminal, stop)).unwrap();
        visitor.join().unwrap();
        let text = printed.until("", 0, folder);
        // `HH:MM:SS` at the beginning of a line, and the port.
        let untimed = |line: &str| match line.as_bytes() {
            [_, _, b':', _, _, b':', ..] => format!("00:00:00{}\n", &line[8..]),
            _ => format!("{}\n", line.split("127.0.0.1:").next().unwrap()),
        };
        (exit, text.lines().map(untimed).collect())
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "schema = \"schema.sql\"\n[session]\nme = { claim = \"sub\", identity = true }\n\
                        [scope]\nmine = { where = \"owner = $me and n > $above\", caller = [\"above\"] }\n\
                        [shape]\nnotes = { scope = \"mine\", change_frequency = \"low\" }\n";
        fs::write(folder.path().join("shapes.toml"), manifest).unwrap();
        fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
        fs::write(folder.path().join("seed.sql"), "INSERT INTO notes VALUES (1, 'ann', 5), (2, 'bob', 6);\n").unwrap();
        folder
    }

    const SCHEMA: &str = "CREATE TABLE notes (id int PRIMARY KEY, owner text NOT NULL, n int NOT NULL);\n";

    #[test]
    fn what_clients_do_is_told_line_by_line() {
        let folder = folder();
        let seed = folder.path().join("seed.sql");
        let path = folder.path().to_owned();
        let (exit, text) = serve(folder.path(), &["--seed", seed.to_str().unwrap()], move |printed, port| {
            let (headers, rows) = request(port, "GET", "/shapes/notes?above=1&offset=-1", "");
            assert!(rows.contains("\"1\"") && !rows.contains("bob"), "{rows}");
            printed.until("snapshot", 1, &path);
            let at = format!("/shapes/notes?above=1&handle={}", headers["electric-handle"]);
            request(port, "GET", &format!("{at}&offset=0_0"), "");
            printed.until("up to date", 1, &path);
            request(port, "POST", "/dev/sql", "INSERT INTO notes VALUES (3, 'ann', 7); DELETE FROM notes WHERE id = 2");
            printed.until("transaction", 1, &path);
            request(port, "GET", &format!("{at}&offset=0_inf&live=true"), "");
            printed.until("changes", 1, &path);
            let table = "/v1/shape?table=notes&columns=id,n&where=n+%3E+$1&params[1]=2&offset=-1";
            (0..3).for_each(|_| drop(request(port, "GET", table, "")));
            printed.until("notes (id, n)", 1, &path);
            request(port, "GET", "/v1/shape?table=nots&offset=-1", "");
            printed.until("400", 1, &path);
            request(port, "POST", "/dev/sql", "TRUNCATE notes");
            printed.until("truncated", 1, &path);
            request(port, "GET", &format!("{at}&offset=0_inf"), "");
            printed.until("afresh", 1, &path);
        });
        assert_eq!(exit, Exit::Fine);
        // However the three equal requests fall into moments.
        let text = text.lines().filter(|line| !line.contains("notes (id, n)")).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_changed_schema_is_taken_up_and_a_wrong_one_is_not() {
        let folder = folder();
        let path = folder.path().to_owned();
        let (exit, text) = serve(folder.path(), &[], move |printed, port| {
            request(port, "POST", "/dev/sql", "INSERT INTO notes VALUES (1, 'ann', 5)");
            let shape = "/v1/shape?table=notes&offset=-1";
            let before = handle(port, shape);
            fs::write(path.join("schema.sql"), SCHEMA.replace("int NOT NULL)", "itn)")).unwrap();
            printed.until("goes on as before", 1, &path);
            assert_eq!(handle(port, shape), before);
            fs::write(path.join("schema.sql"), SCHEMA.replace("NULL);", "NULL, t text DEFAULT 'x');")).unwrap();
            printed.until("goes on with it", 1, &path);
            let (headers, rows) = request(port, "GET", shape, "");
            assert!(rows.contains(r#""t":"x""#), "{rows}");
            assert_ne!(headers["electric-handle"], before);
        });
        assert_eq!(exit, Exit::Fine);
        let text = text.lines().filter(|line| !line.starts_with("00:00:00")).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_seed_that_is_refused_leaves_nothing_behind() {
        let folder = folder();
        let seed = folder.path().join("seed.sql");
        fs::write(&seed, "INSERT INTO notes VALUES (1, 'ann', 5);\nINSERT INTO notes (id, ower) VALUES (2, 'bob');\n")
            .unwrap();
        let more = ["--seed", seed.to_str().unwrap()];
        let (exit, text) = serve(folder.path(), &more, |_, _| panic!("it serves"));
        assert_eq!(exit, Exit::Diagnostics);
        insta::assert_snapshot!(text);
        fs::write(&seed, "INSERT INTO notes VALUES (1, 'ann', 5);").unwrap();
        let (_, text) = serve(folder.path(), &more, |_, _| {});
        assert!(text.contains("its rows were written"), "nothing was left of the first try: {text}");
        let (_, text) = serve(folder.path(), &more, |_, _| {});
        assert!(text.contains("not run: the database has rows"), "{text}");
    }

    #[test]
    fn only_what_is_asked_for_is_listened_on() {
        let address = |arguments: &[&str]| {
            let all = ["shapegen", "dev", "--db", "x"].iter().chain(arguments);
            match Cli::try_parse_from(all).map(|cli| cli.command) {
                Ok(Command::Dev(dev)) => dev.address().to_string(),
                Ok(_) => panic!("another command"),
                Err(error) => error.kind().to_string(),
            }
        };
        assert_eq!(address(&[]), "127.0.0.1:3000");
        assert_eq!(address(&["--port", "0"]), "127.0.0.1:0");
        assert_eq!(address(&["--listen", "0.0.0.0"]), "0.0.0.0:3000");
        assert_eq!(address(&["--listen", "192.168.1.5:80", "--port", "4000"]), "192.168.1.5:80");
        assert_eq!(address(&["--listen", "::1", "--port", "4000"]), "[::1]:4000");
        assert_eq!(address(&["--listen", "[::]:5000"]), "[::]:5000");
        assert!(address(&["--listen", "localhost"]).starts_with("invalid value"));
        assert!(address(&["--postgres", "x"]).contains("cannot be used with"));
    }
}
