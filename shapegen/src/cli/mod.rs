//! The command line: one file per command.

mod build;
mod catalog;
mod completions;
mod dev;
mod diff;
mod explain;
mod init;
mod inputs;
mod manifest_schema;
mod message;
mod table;
mod watch;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::catalog::PassedOver;
use crate::diagnostics::Report;
use crate::generate::{Loaded, load};
use crate::source::SourceMap;
use message::Message;
pub use message::MessageFormat;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 something is wrong and was reported, 2 usage, 3 differences";

/// Turns a PostgreSQL schema and a manifest into typed sync code.
#[derive(Debug, Parser)]
#[command(name = "shapegen", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How diagnostics and results are said: as text, or as JSON objects, one a line, on standard output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true)]
    message_format: MessageFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Build),
    Catalog(catalog::PrintCatalog),
    Completions(completions::Completions),
    Dev(dev::Dev),
    Diff(diff::Diff),
    Explain(explain::Explain),
    Init(init::Init),
    ManifestSchema(manifest_schema::ManifestSchema),
}

/// Which manifest a command is about.
#[derive(Debug, Args)]
struct ManifestArg {
    /// The manifest.
    #[arg(long, value_name = "FILE", default_value = "shapes.toml")]
    manifest: PathBuf,
}

impl ManifestArg {
    /// What the manifest comes to; `None` when it was told what is wrong with it.
    fn load(&self, terminal: &mut Terminal<'_>) -> io::Result<Option<Loaded>> {
        match load(&self.manifest) {
            Ok(loaded) => {
                terminal.report(&loaded.report, &loaded.sources)?;
                Ok(Some(loaded))
            }
            Err(failed) => {
                terminal.report(&failed.report, &failed.sources)?;
                Ok(None)
            }
        }
    }
}

/// How a run ended; the number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Fine = 0,
    /// Something is wrong with the input or the system; it was reported.
    Diagnostics = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// `build --check`, or `diff --exit-code`, found differences.
    Differences = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Where a command writes to.
pub struct Terminal<'w> {
    /// Results.
    out: &'w mut dyn Write,
    /// Diagnostics for people.
    err: &'w mut dyn Write,
    /// Diagnostics may be colored.
    color: bool,
    messages: MessageFormat,
    /// Standard output holds a document, so that messages go elsewhere.
    document: bool,
}

impl<'w> Terminal<'w> {
    /// Results go to the first, diagnostics to the second.
    pub fn new(out: &'w mut dyn Write, err: &'w mut dyn Write, color: bool) -> Self {
        Self { out, err, color, messages: MessageFormat::Human, document: false }
    }

    fn report(&mut self, report: &Report, sources: &SourceMap) -> io::Result<()> {
        match self.messages {
            MessageFormat::Human => self.err.write_all(report.render(sources, self.color).as_bytes()),
            MessageFormat::Json => self.lines(&message::lines(report, sources)?),
        }
    }

    /// A result: as text, or as the message.
    fn say(&mut self, text: &str, message: &Message<'_>) -> io::Result<()> {
        match self.messages {
            MessageFormat::Human => self.out.write_all(text.as_bytes()),
            MessageFormat::Json => self.lines(&message.line()?),
        }
    }

    /// What people want to know and programs don't.
    fn note(&mut self, text: &str) -> io::Result<()> {
        match self.messages {
            MessageFormat::Human => self.err.write_all(text.as_bytes()),
            MessageFormat::Json => Ok(()),
        }
    }

    fn lines(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.document { self.err.write_all(lines) } else { self.out.write_all(lines) }
    }

    fn passed_over(&mut self, found: &[PassedOver], sources: &SourceMap) -> io::Result<()> {
        for PassedOver { kind, span, line } in found {
            let file = sources.file(span.file).path.display().to_string();
            match self.messages {
                MessageFormat::Human => writeln!(self.err, "{file}:{line}: passed over: {kind}")?,
                MessageFormat::Json => {
                    self.lines(&Message::PassedOver { file, line: *line, kind: kind.to_string() }.line()?)?;
                }
            }
        }
        Ok(())
    }
}

/// Runs the command line on this process's arguments and standard streams.
pub fn main() -> ExitCode {
    let color = colored(io::stderr().is_terminal(), std::env::var_os("NO_COLOR"));
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let mut terminal = Terminal::new(&mut out, &mut err, color);
    match run(std::env::args_os(), &mut terminal) {
        Ok(exit) => exit.into(),
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine.into(),
        Err(_) => Exit::Diagnostics.into(),
    }
}

/// Diagnostics are colored on terminals, unless `NO_COLOR` is set to anything at all.
fn colored(terminal: bool, no_color: Option<OsString>) -> bool {
    terminal && no_color.is_none_or(|value| value.is_empty())
}

/// Runs the command line, the program's name being the first argument.
///
/// # Errors
/// When the terminal can't be written to.
pub fn run(args: impl IntoIterator<Item = OsString>, terminal: &mut Terminal<'_>) -> io::Result<Exit> {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(message) if message.use_stderr() => {
            write!(terminal.err, "{message}")?;
            return Ok(Exit::Usage);
        }
        Err(help) => {
            write!(terminal.out, "{help}")?;
            return Ok(Exit::Fine);
        }
    };
    terminal.messages = cli.message_format;
    match cli.command {
        Command::Build(command) => command.run(terminal),
        Command::Catalog(command) => {
            terminal.document = true;
            command.run(terminal)
        }
        Command::Completions(command) => command.run(Cli::command(), terminal),
        Command::Dev(command) => command.run(terminal),
        Command::Diff(command) => command.run(terminal),
        Command::Explain(command) => command.run(terminal),
        Command::Init(command) => command.run(terminal),
        Command::ManifestSchema(command) => command.run(terminal),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    pub(super) struct Ran {
        pub(super) exit: Exit,
        pub(super) out: String,
        pub(super) err: String,
    }

    pub(super) fn shapegen(args: &[&str]) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut out, &mut err, false);
        let args = ["shapegen"].iter().chain(args).map(OsString::from);
        let exit = run(args, &mut terminal).unwrap();
        Ran { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
    }

    /// A folder with the streaming app's manifest and schema; the path of the manifest.
    fn streampai(root: &Path) -> String {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::copy(repository.join("schemas/streampai.sql"), root.join("schema.sql")).unwrap();
        let manifest = fs::read_to_string(repository.join("examples/streampai/shapes.toml")).unwrap();
        let manifest = manifest.replace("../../schemas/streampai.sql", "*.sql") + "\n[output]\nddl = \"sql\"\n";
        let path = root.join("shapes.toml");
        fs::write(&path, manifest).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn help_is_as_reviewed() {
        let help: String = ["", "build", "catalog", "completions", "dev", "diff", "explain", "init", "manifest-schema"]
            .iter()
            .map(|command| {
                let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
                let Ran { exit, out, err } = shapegen(&args);
                assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
                format!("$ shapegen {}\n{out}\n", args.join(" "))
            })
            .collect();
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(help) });
    }

    #[test]
    fn wrong_usage_exits_with_2() {
        for args in [&[][..], &["biuld"], &["build", "--chekc"], &["explain", "a", "b"], &["init"]] {
            let Ran { exit, out, err } = shapegen(args);
            assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{args:?}");
            assert!(err.contains("Usage"), "{err}");
        }
    }

    #[test]
    fn colors_are_for_terminals_without_no_color() {
        for (terminal, no_color, expected) in [
            (true, None, true),
            (true, Some(""), true),
            (true, Some("1"), false),
            (true, Some("0"), false),
            (false, None, false),
            (false, Some("1"), false),
        ] {
            assert_eq!(colored(terminal, no_color.map(OsString::from)), expected, "{terminal} {no_color:?}");
        }
    }

    #[test]
    fn build_check_and_build_again() {
        let root = tempfile::tempdir().unwrap();
        let manifest = streampai(root.path());
        let check = ["build", "--manifest", &manifest, "--check"];

        let before = shapegen(&check);
        assert_eq!(before.exit, Exit::Differences, "{}", before.err);
        assert!(before.out.contains("+pub struct Livestream {"), "{}", before.out);
        assert!(!root.path().join("src").exists() && !root.path().join("sql").exists());

        let built = shapegen(&check[..3]);
        assert_eq!(built.exit, Exit::Fine, "{}", built.err);
        for file in ["src/sync/mod.rs", "src/sync/client.rs", "src/sync/livestreams.rs", "sql/local.sql"] {
            assert!(root.path().join(file).is_file(), "{file}");
        }
        let after = shapegen(&check);
        assert_eq!((after.exit, after.out.as_str()), (Exit::Fine, ""), "{}", after.err);

        let module = root.path().join("src/sync/livestreams.rs");
        let before = fs::read(&module).unwrap();
        let schema = root.path().join("schema.sql");
        let renamed = fs::read_to_string(&schema).unwrap().replace("viewer_peak", "peak_viewers");
        fs::write(&schema, renamed).unwrap();
        let renamed = shapegen(&check);
        assert_eq!(renamed.exit, Exit::Differences);
        assert!(renamed.out.contains("-    pub viewer_peak: i32,\n+    pub peak_viewers: i32,"), "{}", renamed.out);
        let [from, to] = ["---", "+++"].map(|sign| format!("{sign} {}", module.display()));
        assert!(renamed.out.contains(&format!("{from}\n{to}\n@@ ")), "{}", renamed.out);
        assert!(!renamed.out.contains("notifications.rs"), "{}", renamed.out);
        assert_eq!(fs::read(&module).unwrap(), before);
    }

    #[test]
    fn a_shape_that_is_gone_takes_its_file_along() {
        let root = tempfile::tempdir().unwrap();
        let manifest = streampai(root.path());
        shapegen(&["build", "--manifest", &manifest]);
        let text = fs::read_to_string(&manifest).unwrap();
        let fewer: String =
            text.lines().filter(|line| !line.starts_with("notifications")).map(|line| format!("{line}\n")).collect();
        fs::write(&manifest, fewer).unwrap();
        let built = shapegen(&["build", "--manifest", &manifest]);
        assert_eq!(built.exit, Exit::Fine, "{}", built.err);
        assert!(!root.path().join("src/sync/notifications.rs").exists());
    }

    /// A report as it is reviewed: the temporary folder is not part of it.
    fn assert_report(name: &str, root: &Path, reports: &str) {
        let reports = reports.replace(&format!("{}/", root.display()), "");
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, reports) });
    }

    #[test]
    fn a_file_in_the_way_is_an_error_and_nothing_is_written() {
        let root = tempfile::tempdir().unwrap();
        let manifest = streampai(root.path());
        let mine = root.path().join("src/sync/client.rs");
        fs::create_dir_all(mine.parent().unwrap()).unwrap();
        fs::write(&mine, "// mine").unwrap();
        for named in [false, true] {
            if named {
                let text = "schema = \"schema.sql\"\n[output]\nrust = \"src/sync\"\n[shape]\n";
                fs::write(&manifest, text).unwrap();
            }
            for args in [&["build", "--manifest", &manifest][..], &["build", "--check", "--manifest", &manifest]] {
                let Ran { exit, out, err } = shapegen(args);
                assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""), "{args:?}");
                let name = if named { "a_file_in_the_way_of_a_named_folder" } else { "a_file_in_the_way" };
                assert_report(name, root.path(), &err);
            }
        }
        assert_eq!(fs::read_dir(mine.parent().unwrap()).unwrap().count(), 1);

        fs::create_dir(root.path().join("sql")).unwrap();
        fs::write(root.path().join("sql/local.sql"), "-- mine").unwrap();
        let text = "schema = \"schema.sql\"\n[output]\nrust = \"src/new\"\nddl = \"sql\"\n[shape]\n";
        fs::write(&manifest, text).unwrap();
        let Ran { err, .. } = shapegen(&["build", "--manifest", &manifest]);
        assert!(err.contains("4 | ddl = \"sql\"") && !root.path().join("src/new").exists(), "{err}");
    }

    #[test]
    fn what_is_missing_is_named_at_its_place() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("shapes.toml");
        let path = manifest.to_str().unwrap();
        let mut reports = String::new();
        let mut refused = |args: &[&str]| {
            let Ran { exit, out, err } = shapegen(&[args, &["--manifest", path][..]].concat());
            assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""));
            reports.push_str(&err);
        };
        refused(&["build"]);
        fs::write(&manifest, "schema = [\n    \"gone.sql\",\n    \"none/*.sql\",\n    \"*.sqlx\",\n]\n[shape]\n")
            .unwrap();
        refused(&["build"]);
        fs::write(root.path().join("schema.sql"), [0xff]).unwrap();
        fs::write(&manifest, "schema = \"schema.sql\"\n[shape]\n").unwrap();
        refused(&["build"]);
        streampai(root.path());
        refused(&["explain", "livestrems"]);
        refused(&["explain", "SG0320"]);
        refused(&["init", path]);
        assert_report("what_is_missing", root.path(), &reports);
    }

    #[test]
    fn nine_shapes_are_explained_as_reviewed() {
        let root = tempfile::tempdir().unwrap();
        let path = streampai(root.path());
        fs::write(&path, include_str!("../../tests-data/nine-shapes.toml")).unwrap();
        let explained: String = [&["explain"][..], &["explain", "livestreams"], &["explain", "chat_messages"]]
            .iter()
            .map(|args| {
                let Ran { exit, out, .. } = shapegen(&[args, &["--manifest", &path][..]].concat());
                assert_eq!(exit, Exit::Fine);
                format!("$ shapegen {}\n{out}\n", args.join(" "))
            })
            .collect();
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(explained) });
    }

    #[test]
    fn explain_knows_the_shapes_and_suggests_near_ones() {
        let root = tempfile::tempdir().unwrap();
        let manifest = streampai(root.path());
        let all = shapegen(&["explain", "--manifest", &manifest]);
        assert_eq!(all.exit, Exit::Fine, "{}", all.err);
        assert!(all.out.contains("9 long polls"), "{}", all.out);
        let one = shapegen(&["explain", "livestreams", "--manifest", &manifest]);
        assert!(one.out.contains("Livestream::STATUS"), "{}", one.out);
        let near = shapegen(&["explain", "livestrems", "--manifest", &manifest]);
        assert_eq!((near.exit, near.out.as_str()), (Exit::Diagnostics, ""));
        assert!(near.err.contains("did you mean `livestreams`?"), "{}", near.err);
    }

    #[test]
    fn files_beside_missing_ones_are_suggested() {
        let root = tempfile::tempdir().unwrap();
        let manifest = streampai(root.path());
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace("*.sql", "./shema.sql")).unwrap();
        let schema = shapegen(&["build", "--manifest", &manifest]);
        assert!(schema.err.contains("did you mean `schema.sql`?"), "{}", schema.err);
        let missing = shapegen(&["build", "--manifest", &manifest.replace("shapes.toml", "shape.toml")]);
        assert!(missing.err.contains(&format!("did you mean `{manifest}`?")), "{}", missing.err);
    }

    #[test]
    fn explain_knows_the_codes_without_a_manifest() {
        for id in ["SG0302", "sg0302"] {
            let Ran { exit, out, err } = shapegen(&["explain", id, "--manifest", "there/is/none.toml"]);
            assert_eq!((exit, err.as_str()), (Exit::Fine, ""));
            assert!(out.starts_with("SG0302: an unknown scope\n\nA shape names a scope"), "{out}");
        }
    }
}
