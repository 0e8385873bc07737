//! Every code is unique, shown by some snapshot, and explained by examples that do what they say.

use std::fs;
use std::path::Path;

use super::{ALL, Code};
use crate::generate::load;

#[test]
fn ids_are_unique_and_sorted() {
    for pair in ALL.windows(2) {
        assert!(pair[0].id < pair[1].id, "{} stands before {}", pair[0].id, pair[1].id);
    }
}

/// A code that no reviewed report shows is dead, or not tested.
#[test]
fn every_code_is_shown_by_a_snapshot() {
    let mut shown = String::new();
    read_snapshots(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut shown);
    let dead: Vec<&str> = ALL.iter().map(|code| code.id).filter(|id| !shown.contains(&format!("[{id}]: "))).collect();
    assert_eq!(dead, [""; 0]);
}

fn read_snapshots(folder: &Path, shown: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Rendering is tested with diagnostics that nobody raised.
        if path.is_dir() && !path.ends_with("diagnostics") {
            read_snapshots(&path, shown);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            shown.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// What no manifest and no single schema file can cause.
const OF_COMMANDS: [&str; 5] = ["SG0002", "SG0003", "SG0004", "SG0006", "SG0107"];

#[test]
fn every_explanation_shows_what_causes_the_code_and_what_does_not() {
    for code in ALL {
        let (mut wrong, mut right) = (0, 0);
        for (info, example) in blocks(code.explanation) {
            let (sql, toml) = match info.split_once(',') {
                Some(("sql", _)) => (Some(example), None),
                Some(("toml", _)) => (None, Some(example)),
                _ => continue,
            };
            let said = codes_of(sql, toml);
            if info.ends_with("wrong") {
                wrong += 1;
                assert!(said.contains(&code.id), "{}: this brings {said:?}:\n{example}", code.id);
            } else {
                right += 1;
                assert_eq!(said, [""; 0], "{}:\n{example}", code.id);
            }
        }
        if !OF_COMMANDS.contains(&code.id) {
            assert!(wrong > 0 && right > 0, "{} is explained without examples", code.id);
        }
        assert_shape(code);
    }
}

/// Lines fit a terminal, blocks are closed, and something stands before the first one.
fn assert_shape(code: &Code) {
    let text = code.explained();
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{}: a long line", code.id);
    assert_eq!(text.matches("```").count() % 2, 0, "{}: an open block", code.id);
    assert!(!code.explanation.starts_with("```") && code.explanation.contains("```"), "{}", code.id);
    assert!(!text.contains(",wrong") && !text.contains(",right"), "{text}");
}

/// The fenced blocks with their info strings.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = text.split("```").collect();
    parts.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

/// The codes of what is said of a schema and a manifest, where what is left out is as most examples have it.
fn codes_of(sql: Option<&str>, toml: Option<&str>) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let table =
        "CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL, status text, body text, revision int);";
    fs::write(folder.path().join("schema.sql"), sql.unwrap_or(table)).unwrap();
    let mut manifest = String::new();
    let toml = toml.unwrap_or_default();
    if !toml.contains("schema = ") {
        manifest.push_str("schema = \"schema.sql\"\n");
    }
    manifest.push_str(toml);
    for (section, entry) in [
        ("session", "user_id = { claim = \"sub\", identity = true }"),
        ("scope", "user = \"user_id = $user_id\""),
        ("shape", "notes = { scope = \"user\", change_frequency = \"low\" }"),
    ] {
        if !toml.contains(&format!("[{section}]")) {
            manifest.push_str(&format!("\n[{section}]\n{entry}\n"));
        }
    }
    let path = folder.path().join("shapes.toml");
    fs::write(&path, manifest).unwrap();
    let report = match load(&path) {
        Ok(loaded) => loaded.report,
        Err(failed) => failed.report,
    };
    report.diagnostics().iter().map(|diagnostic| diagnostic.code.id).collect()
}
