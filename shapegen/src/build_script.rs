//! The door for build scripts.

use std::path::{Path, PathBuf};

use crate::diagnostics::Severity;
use crate::generate::{Print, generate};

/// Generates the Rust module into `OUT_DIR/sync` and tells cargo what it depends on: for `build.rs`.
///
/// ```no_run
/// shapegen::build("shapes.toml");
/// ```
///
/// The program includes the module where it wants it:
///
/// ```ignore
/// mod sync {
///     include!(concat!(env!("OUT_DIR"), "/sync/mod.rs"));
/// }
/// ```
///
/// Paths are relative to the package. When anything is wrong, all of it is printed and the build script ends with a
/// failure.
pub fn build(manifest: impl AsRef<Path>) {
    match run(manifest.as_ref()) {
        Ok(lines) => lines.iter().for_each(|line| println!("{line}")),
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }
}

/// The lines for cargo, or what is wrong.
fn run(manifest: &Path) -> Result<Vec<String>, String> {
    let Some(out_dir) = std::env::var_os("OUT_DIR") else {
        return Err("OUT_DIR is not set: `shapegen::build` is for build scripts".to_owned());
    };
    write_into(&PathBuf::from(out_dir).join("sync"), manifest)
}

fn write_into(folder: &Path, manifest: &Path) -> Result<Vec<String>, String> {
    let generated = generate(manifest).map_err(|failed| failed.to_string())?;
    let output = generated.rust_in(folder, Print::Changed).and_then(|output| output.write());
    output.map_err(|error| error.to_string())?;
    let loaded = &generated.loaded;
    let mut lines: Vec<String> =
        loaded.inputs().iter().map(|path| format!("cargo::rerun-if-changed={}", path.display())).collect();
    let warnings = loaded.report.diagnostics().iter().filter(|diagnostic| diagnostic.severity == Severity::Warning);
    // A name of the schema or the manifest can hold a newline, and cargo obeys every line.
    let one_line = |text: &str| text.split(['\r', '\n']).collect::<Vec<_>>().join(" ");
    lines
        .extend(warnings.map(|warning| format!("cargo::warning={} [{}]", one_line(&warning.message), warning.code.id)));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn cargo_hears_of_the_manifest_each_schema_file_and_the_folders_that_they_are_chosen_from() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::create_dir_all(path("schema/later")).unwrap();
        fs::write(path("schema/a.sql"), "CREATE TABLE notes (id int PRIMARY KEY);").unwrap();
        fs::write(path("other.sql"), "CREATE TABLE others (id int PRIMARY KEY);").unwrap();
        fs::create_dir_all(path("drizzle/meta")).unwrap();
        fs::write(path("drizzle/meta/_journal.json"), "{\"entries\": [{\"tag\": \"0000_a\"}]}").unwrap();
        fs::write(path("drizzle/0000_a.sql"), "CREATE TYPE a AS ENUM ('b')").unwrap();
        fs::write(path("overrides.sql"), "").unwrap();
        let manifest = "schema = [\"other.sql\", \"schema/**/*.sql\", \"drizzle\"]\noverrides = \"overrides.sql\"\n\
                        [shape]\nnotes = { scope = \"public\", change_frequency = \"low\" }\n";
        fs::write(path("shapes.toml"), manifest).unwrap();
        let lines = write_into(&path("out"), &path("shapes.toml")).unwrap();
        let files = ["shapes.toml", "other.sql", "schema/a.sql", "drizzle/0000_a.sql", "overrides.sql"];
        let expected: Vec<String> = files
            .iter()
            .chain(&["schema", "drizzle", "drizzle/meta/_journal.json"])
            .map(|name| format!("cargo::rerun-if-changed={}", path(name).display()))
            .collect();
        assert_eq!(lines, expected);
        let written = fs::read_to_string(path("out/notes.rs")).unwrap();
        assert!(written.contains("pub struct NotesRow {"), "{written}");
    }

    #[cfg(feature = "cli")]
    #[test]
    fn the_command_line_writes_the_same_bytes() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        fs::write(path("schema.sql"), include_str!("../../schemas/streampai.sql")).unwrap();
        let run = |arguments: &[&str]| {
            let manifest = path("shapes.toml");
            let arguments = [arguments, &["--manifest", manifest.to_str().unwrap()]].concat();
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut terminal = crate::cli::Terminal::new(&mut out, &mut err, false);
            let arguments = ["shapegen"].iter().chain(&arguments).map(|argument| argument.into());
            let exit = crate::cli::run(arguments, &mut terminal).unwrap();
            assert_eq!(exit, crate::cli::Exit::Fine, "{}", String::from_utf8_lossy(&err));
        };
        run(&["init", path("schema.sql").to_str().unwrap()]);
        run(&["build"]);
        write_into(&path("out"), &path("shapes.toml")).unwrap();
        let files = |folder: &str| {
            let entries = fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap());
            let mut files: Vec<_> =
                entries.map(|entry| (entry.file_name(), fs::read_to_string(entry.path()).unwrap())).collect();
            files.sort();
            files
        };
        let written = files("src/sync");
        assert!(written.len() > 10, "{} files", written.len());
        assert_eq!(written, files("out"));
        write_into(&path("out"), &path("shapes.toml")).unwrap();
        assert_eq!(written, files("out"), "a second run");
    }

    #[test]
    fn a_warning_is_one_line_to_cargo() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("shapes.toml");
        fs::write(root.path().join("s.sql"), "CREATE TABLE notes (id int PRIMARY KEY);").unwrap();
        let shape = "{ table = \"notes\", scope = \"public\", change_frequency = \"high\" }";
        let text = format!("schema = \"s.sql\"\n[shape]\n\"a\\ncargo::rustc-cfg=mine\" = {shape}\n");
        fs::write(&manifest, text).unwrap();
        let lines = write_into(&root.path().join("out"), &manifest).unwrap();
        let warning = lines.last().unwrap();
        assert!(warning.starts_with("cargo::warning=`a cargo::rustc-cfg=mine`"), "{warning}");
        assert!(lines.iter().all(|line| line.lines().count() == 1), "{lines:?}");
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_is_written() {
        let root = tempfile::tempdir().unwrap();
        let manifest = root.path().join("shapes.toml");
        fs::write(&manifest, "schema = [\"gone.sql\"]").unwrap();
        let message = write_into(&root.path().join("out"), &manifest).unwrap_err();
        assert!(message.contains("gone.sql"), "{message}");
        assert!(!root.path().join("out").exists());
    }
}
