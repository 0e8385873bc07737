//! From a manifest to everything that is generated: what the command line and build scripts share.

use std::fmt;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::emit::{self, EmitError};
use crate::manifest::{self, Manifest};
use crate::model::Model;
#[cfg(feature = "cli")]
use crate::output::stamp::Stamp;
use crate::output::{self, Output, OutputError};
use crate::resolve;
#[cfg(feature = "cli")]
use crate::schema::Entry;
use crate::schema::{self, Schema};
#[cfg(feature = "cli")]
use crate::source::SourceFile;
use crate::source::{SourceMap, Spanned};

/// Where the Rust module goes when the manifest doesn't say.
const RUST_FOLDER: &str = "src/sync";

/// What a manifest and its schema say, without errors.
#[derive(Debug)]
pub struct Loaded {
    /// The manifest.
    pub manifest: Manifest,
    /// The schema's tables.
    pub catalog: Catalog,
    /// Every decision.
    pub model: Model,
    /// The files that were read.
    pub sources: SourceMap,
    /// Warnings; no errors.
    pub report: Report,
    /// The schema's files: which parts of them were applied, and what they were chosen from.
    pub schema: Schema,
}

/// Everything that is generated from a manifest.
#[derive(Debug)]
pub struct Generated {
    /// What it was generated from.
    pub loaded: Loaded,
    /// The local database as SQL.
    pub local_sql: String,
    /// The local database in PostgreSQL's types, for PGlite.
    pub local_pglite_sql: String,
    /// What Electric needs on the PostgreSQL server.
    pub electric_sql: String,
}

/// Why nothing is generated.
#[derive(Debug)]
pub struct Failed {
    /// The files that were read.
    pub sources: SourceMap,
    /// What is wrong, at least one error among it.
    pub report: Report,
    /// What a change of can help, as far as the manifest could be read: see [`Loaded::inputs`].
    pub inputs: Vec<PathBuf>,
}

impl fmt::Display for Failed {
    /// The report as text without colors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report.render(&self.sources, false))
    }
}

impl std::error::Error for Failed {}

/// Reads a manifest and its schema, and decides everything. Writes nothing.
///
/// # Errors
/// When anything is wrong with the manifest or the schema: all of it is in the report.
pub fn load(manifest: &Path) -> Result<Loaded, Box<Failed>> {
    let mut sources = SourceMap::default();
    let mut report = Report::default();
    let mut named = vec![manifest.to_path_buf()];
    match read(manifest, &mut sources, &mut report, &mut named) {
        Some((manifest, schema, catalog, model)) if !report.has_errors() => {
            Ok(Loaded { manifest, schema, catalog, model, sources, report })
        }
        _ => {
            named.extend(sources.files().map(|(_, file)| file.path.clone()));
            Err(Box::new(Failed { sources, report, inputs: named }))
        }
    }
}

impl Loaded {
    /// What decides the output: the files that were read, the folders that files were chosen from, and what else decided
    /// the choice.
    pub fn inputs(&self) -> Vec<PathBuf> {
        self.sources.files().map(|(_, file)| file.path.clone()).chain(self.schema.choices.iter().cloned()).collect()
    }
}

/// `named` gets what the manifest names and files were chosen from, also where nothing is there.
fn read(
    path: &Path,
    sources: &mut SourceMap,
    report: &mut Report,
    named: &mut Vec<PathBuf>,
) -> Option<(Manifest, Schema, Catalog, Model)> {
    let manifest = manifest::read(sources, path, report)?;
    let schema = schema::of_manifest(&manifest, sources, report);
    let folder = manifest.folder(sources);
    named.extend(manifest.schema.iter().chain(&manifest.overrides).map(|entry| folder.join(&entry.value)));
    named.extend(schema.choices.iter().cloned());
    let catalog = Catalog::read(sources, &schema.scripts, report);
    if !schema.complete {
        // Every table of a missing file would be unknown.
        return None;
    }
    let model = resolve::resolve(&manifest, &catalog, sources, report)?;
    Some((manifest, schema, catalog, model))
}

/// How many files the last build made, if since then neither they nor anything that they are made from has changed: then
/// there is nothing to build. Builds that had something to say are not remembered.
#[cfg(feature = "cli")]
pub fn unchanged(manifest: &Path) -> Option<usize> {
    let stamp = Stamp::read(manifest)?;
    let mut sources = SourceMap::default();
    let text = sources.add(manifest, std::fs::read_to_string(manifest).ok()?);
    let folder = manifest.parent()?;
    let entries: Vec<Entry<'_>> = stamp.schema.iter().map(|path| Entry { path, named: None }).collect();
    let overrides = stamp.overrides.as_ref().map(|path| Entry { path, named: None });
    let mut report = Report::default();
    let schema = schema::read(folder, &entries, overrides.as_ref(), &mut sources, &mut report);
    if !report.diagnostics().is_empty() {
        return None;
    }
    let inputs = inputs(&sources.file(text).text, schema.hash(folder, &sources));
    if inputs == stamp.inputs { stamp.untouched() } else { None }
}

/// A hash of everything that decides the output.
#[cfg(feature = "cli")]
fn inputs(manifest: &str, schema: blake3::Hash) -> blake3::Hash {
    blake3::Hasher::new().update(schema.as_bytes()).update(manifest.as_bytes()).finalize()
}

/// Generates everything that a manifest asks for. Writes nothing.
///
/// # Errors
/// As [`load`].
pub fn generate(manifest: &Path) -> Result<Generated, Box<Failed>> {
    let mut loaded = load(manifest)?;
    match emit(&loaded.model) {
        Ok(Sql { local, local_pglite, electric }) => {
            Ok(Generated { loaded, local_sql: local, local_pglite_sql: local_pglite, electric_sql: electric })
        }
        Err(error) => {
            loaded.report.push(defect(&error));
            let inputs = loaded.inputs();
            Err(Box::new(Failed { sources: loaded.sources, report: loaded.report, inputs }))
        }
    }
}

fn defect(error: &EmitError) -> Diagnostic {
    let help = "this is a defect of shapegen: please report it with the manifest and the schema";
    Diagnostic::error(&codes::OUTPUT, error.to_string()).help(help)
}

struct Sql {
    local: String,
    local_pglite: String,
    electric: String,
}

fn emit(model: &Model) -> Result<Sql, EmitError> {
    Ok(Sql {
        local: emit::ddl::local_sql(model)?,
        local_pglite: emit::pglite::local_pglite_sql(model)?,
        electric: emit::electric::electric_sql(model)?,
    })
}

/// Which files of the Rust module are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// All of them.
    All,
    /// Those that aren't on disk already, as far as the headers of the files there tell.
    Changed,
}

impl Generated {
    /// The files and where the manifest wants them.
    ///
    /// # Errors
    /// When a file can't be printed, or one that is there can't be read.
    pub fn output(&self, print: Print) -> Result<Output, OutputError> {
        let Loaded { manifest, sources, .. } = &self.loaded;
        let folder = manifest.folder(sources);
        let rust = manifest.output.rust.as_ref().map_or(RUST_FOLDER, |path| path.value.as_str());
        let mut output = self.rust_in(&folder.join(rust), print)?;
        if let Some(ddl) = &manifest.output.ddl {
            let ddl = folder.join(&ddl.value);
            output.add(ddl.join("local.sql"), self.local_sql.as_str());
            output.add(ddl.join("local.pglite.sql"), self.local_pglite_sql.as_str());
            output.add(ddl.join("electric.sql"), self.electric_sql.as_str());
        }
        Ok(output)
    }

    /// Remembers that this output, which was written, is what the inputs lead to: for [`unchanged`].
    #[cfg(feature = "cli")]
    pub fn remember(&self, output: &Output) {
        let Loaded { manifest, schema, sources, report, .. } = &self.loaded;
        let SourceFile { path, text } = sources.file(manifest.file);
        let entries = manifest.schema.iter().map(|entry| entry.value.clone()).collect();
        let overrides = manifest.overrides.as_ref().map(|entry| entry.value.clone());
        let inputs = inputs(text, schema.hash(&manifest.folder(sources), sources));
        let stamp = Stamp::new(inputs, entries, overrides, output.paths()).filter(|_| report.diagnostics().is_empty());
        match stamp {
            Some(stamp) => stamp.write(path),
            None => Stamp::forget(path),
        }
    }

    /// What to say when the output can't be printed or written.
    pub fn refused(&self, error: &OutputError) -> Report {
        let mut report = Report::default();
        report.push(match error {
            OutputError::Emit(error) => defect(error),
            OutputError::Foreign(paths) => {
                let Loaded { manifest, sources, .. } = &self.loaded;
                let diagnostic = Diagnostic::error(&codes::OUTPUT, error.to_string());
                let is_around = |folder: &&Spanned<String>| {
                    let folder = manifest.folder(sources).join(&folder.value);
                    paths.iter().any(|path| path.parent() == Some(&folder))
                };
                match [&manifest.output.rust, &manifest.output.ddl].into_iter().flatten().find(is_around) {
                    Some(folder) => diagnostic.at(folder.span, "the folder of the output"),
                    None => diagnostic,
                }
                .help("move it away, or name another folder in `[output]`; nothing was written")
            }
            OutputError::Io { .. } => Diagnostic::error(&codes::OUTPUT, error.to_string()),
        });
        report
    }

    /// The Rust module alone, in a folder.
    ///
    /// # Errors
    /// As [`Generated::output`].
    pub fn rust_in(&self, folder: &Path, print: Print) -> Result<Output, OutputError> {
        let files: Vec<_> = emit::rust::files(&self.loaded.model)?.into_iter().collect();
        let printed = |(name, file): &(String, emit::rust::File<'_>)| {
            let path = folder.join(name);
            let is_current =
                print == Print::Changed && output::text(&path)?.is_some_and(|there| file.is_current(&there));
            let text = if is_current { None } else { Some(file.print()?) };
            Ok::<_, OutputError>((path, text))
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let parts = files.chunks(files.len().div_ceil(threads).max(1));
        let printed: Vec<_> = std::thread::scope(|scope| {
            let parts: Vec<_> =
                parts.map(|part| scope.spawn(|| part.iter().map(printed).collect::<Vec<_>>())).collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let mut output = Output::default();
        for file in printed {
            match file? {
                (path, Some(text)) => output.add(path, text),
                (path, None) => output.keep(path),
            }
        }
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_stands_unchanged_is_printed_for_a_check_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let schema = "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (id int PRIMARY KEY);\n";
        fs::write(path("schema.sql"), schema).unwrap();
        let shape = "{ scope = \"public\", change_frequency = \"low\" }";
        fs::write(path("shapes.toml"), format!("schema = \"schema.sql\"\n[shape]\na = {shape}\nb = {shape}\n"))
            .unwrap();
        let printed = |print| {
            let generated = generate(&path("shapes.toml")).unwrap();
            let output = generated.output(print).unwrap();
            let names = output.printed().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            (names.collect::<Vec<_>>(), output.write().unwrap())
        };
        let all = ["a.rs", "b.rs", "client.rs", "mod.rs"];
        assert_eq!(printed(Print::Changed).0, all);

        let (names, written) = printed(Print::Changed);
        assert_eq!((names.len(), written.unchanged), (0, 4));
        let (names, written) = printed(Print::All);
        assert_eq!((names.as_slice(), written.unchanged), (all.map(str::to_owned).as_slice(), 4));

        // One table changed, and somebody edited the file of the other: both are brought back.
        fs::write(path("schema.sql"), schema.replace("b (id int", "b (id bigint")).unwrap();
        let edited = path("src/sync/a.rs");
        let before = fs::read_to_string(&edited).unwrap();
        fs::write(&edited, before.replace("pub id: i32", "pub id: i64")).unwrap();
        let (names, written) = printed(Print::Changed);
        assert_eq!(names, ["a.rs", "b.rs"]);
        assert_eq!((written.written.len(), written.unchanged), (2, 2));
        assert_eq!(fs::read_to_string(&edited).unwrap(), before);
    }

    #[test]
    fn what_the_schema_says_in_no_readable_way_is_taken_from_the_overrides() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("db")).unwrap();
        fs::write(path("db/1_seen.sql"), "CREATE VIEW seen AS SELECT 1 AS id;").unwrap();
        fs::write(path("db/2_odd.sql"), "CREATE TABLE odd (id no_such_type);").unwrap();
        let stated = "CREATE TABLE seen (id int PRIMARY KEY);\nCREATE TABLE odd (id uuid PRIMARY KEY);\n";
        fs::write(path("overrides.sql"), stated).unwrap();
        let shape = "{ scope = \"public\", change_frequency = \"low\" }";
        let manifest = |overrides: &str| {
            let text = format!("schema = \"db\"\n{overrides}[shape]\nseen = {shape}\nodd = {shape}\n");
            fs::write(path("shapes.toml"), text).unwrap();
            load(&path("shapes.toml"))
        };
        let failed = manifest("").unwrap_err();
        let codes: Vec<&str> = failed.report.diagnostics().iter().map(|found| found.code.id).collect();
        assert_eq!(codes, ["SG0103", "SG0402", "SG0404"]);
        let loaded = manifest("overrides = \"overrides.sql\"\n").unwrap();
        assert_eq!(loaded.report.diagnostics(), []);
        assert!(loaded.inputs().contains(&path("overrides.sql")));
        let failed = manifest("overrides = 1\n").unwrap_err();
        assert!(failed.to_string().contains("`overrides` must be a string"), "{failed}");
    }

    #[test]
    fn nothing_is_built_until_an_input_or_an_output_changes() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("sql")).unwrap();
        fs::write(path("sql/a.sql"), "CREATE TABLE a (id int PRIMARY KEY);").unwrap();
        let manifest = "schema = \"sql/*.sql\"\n[shape]\na = { scope = \"public\", change_frequency = \"low\" }\n";
        fs::write(path("shapes.toml"), manifest).unwrap();
        let build = || {
            let generated = generate(&path("shapes.toml")).unwrap();
            let output = generated.output(Print::Changed).unwrap();
            output.write().unwrap();
            generated.remember(&output);
        };
        let unchanged = || unchanged(&path("shapes.toml"));
        build();
        assert_eq!(unchanged(), None, "there is no workspace to remember it in");
        fs::write(path("Cargo.lock"), "").unwrap();
        build();
        assert_eq!(unchanged(), Some(3));

        let changes: [(&str, &dyn Fn()); 5] = [
            ("the schema", &|| fs::write(path("sql/a.sql"), "CREATE TABLE a (id bigint PRIMARY KEY);").unwrap()),
            ("a new file", &|| fs::write(path("sql/b.sql"), "").unwrap()),
            ("the manifest", &|| fs::write(path("shapes.toml"), manifest.replace("low", "rare")).unwrap()),
            ("an output", &|| fs::write(path("src/sync/a.rs"), "").unwrap()),
            ("an output that is gone", &|| fs::remove_file(path("src/sync/mod.rs")).unwrap()),
        ];
        for (what, change) in changes {
            change();
            assert_eq!(unchanged(), None, "{what}");
            if what == "an output" {
                fs::remove_file(path("src/sync/a.rs")).unwrap();
            }
            build();
            assert_eq!(unchanged(), Some(3), "{what}");
        }

        let warned = manifest.replace("low", "high");
        fs::write(path("shapes.toml"), warned).unwrap();
        build();
        assert_eq!(unchanged(), None, "a warning is said each time");

        fs::write(path("shapes.toml"), manifest.replace("sql/*.sql", "sql")).unwrap();
        build();
        assert_eq!(unchanged(), Some(3));
        fs::write(path("sql/1_program.go"), "").unwrap();
        assert_eq!(unchanged(), None, "a folder that there is something to say about");
    }

    /// Everything that is generated, in one text.
    fn all(manifest: &Path) -> String {
        let generated = generate(manifest).unwrap();
        let files = emit::rust::files(&generated.loaded.model).unwrap();
        let files = files.iter().map(|(name, file)| format!("{name}\n{}", file.print().unwrap()));
        files.chain([generated.local_sql.clone()]).collect()
    }

    #[test]
    fn the_order_of_files_says_nothing_where_they_are_independent() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        let mut shapes = String::new();
        let mut files = Vec::new();
        for at in 0..12 {
            let sql = format!(
                "CREATE TYPE mood{at} AS ENUM ('good', 'bad {at}');\n\
                 CREATE TABLE t{at} (id int PRIMARY KEY, mood mood{at}[] NOT NULL, at timestamptz UNIQUE);\n\
                 CREATE INDEX ON t{at} (mood);\nCOMMENT ON COLUMN t{at}.mood IS 'of {at}';\n"
            );
            fs::write(path(&format!("{at}.sql")), sql).unwrap();
            shapes.push_str(&format!("t{at} = {{ scope = \"public\", change_frequency = \"low\" }}\n"));
            files.push(format!("{at}.sql"));
        }
        let write = |schema: &[String]| {
            fs::write(path("shapes.toml"), format!("schema = {schema:?}\n[shape]\n{shapes}")).unwrap();
        };
        write(&files);
        let expected = all(&path("shapes.toml"));
        assert_eq!(all(&path("shapes.toml")), expected, "a second run");
        for seed in 0..20 {
            fastrand::Rng::with_seed(seed).shuffle(&mut files);
            write(&files);
            assert_eq!(all(&path("shapes.toml")), expected, "seed {seed}: {files:?}");
        }
        for schema in ["*.sql", "."] {
            write(&[schema.to_owned()]);
            assert_eq!(all(&path("shapes.toml")), expected, "{schema}");
        }
    }
}
