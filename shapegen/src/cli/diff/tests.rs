//! `shapegen diff` on folders.

use std::fs;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::tests::{Ran, shapegen};

const SCHEMA: &str = "
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL, body text NOT NULL, mood mood NOT NULL);
CREATE TABLE tasks (id uuid PRIMARY KEY, user_id uuid NOT NULL, title varchar(80), state int NOT NULL);
CREATE TABLE events (id int, user_id uuid NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (id, at));
CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL);
";

const MANIFEST: &str = "
schema = \"schema.sql\"
[session]
user_id = { claim = \"sub\", identity = true }
[scope]
self = \"id = $user_id\"
user = \"user_id = $user_id\"
[shape]
notes  = { row = \"Note\", scope = \"user\", change_frequency = \"low\" }
tasks  = { scope = \"user\", change_frequency = \"medium\", finders = [\"state\"] }
events = { scope = \"user\", change_frequency = \"low\" }
users  = { scope = \"self\", change_frequency = \"rare\" }
";

/// A folder with a manifest and its schema; `edits` are replacements in both.
fn project(root: &Path, name: &str, edits: &[(&str, &str)]) -> String {
    let folder = root.join(name);
    fs::create_dir(&folder).unwrap();
    let edited = |text: &str| edits.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    fs::write(folder.join("schema.sql"), edited(SCHEMA)).unwrap();
    fs::write(folder.join("shapes.toml"), edited(MANIFEST)).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn differences_are_as_reviewed() {
    let root = tempfile::tempdir().unwrap();
    let old = project(root.path(), "old", &[]);
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("nothing", &[("-- ", "")]),
        ("a nullable column", &[("body text NOT NULL", "body text NOT NULL, color text")]),
        ("a column that is not null", &[("body text NOT NULL", "body text NOT NULL, color text NOT NULL")]),
        ("a column less, another renamed", &[("title varchar(80), state", "status"), ("[\"state\"]", "[\"status\"]")]),
        ("other types", &[("varchar(80)", "text"), ("state int", "state bigint"), ("body text NOT NULL", "body text")]),
        ("another key", &[("PRIMARY KEY (id, at)", "PRIMARY KEY (at, id)")]),
        ("labels and names", &[("'sad'", "'calm'"), ("\"Note\"", "\"Memo\"")]),
        ("another condition", &[("\"user_id = $user_id\"", "\"user_id = $user_id and id is not null\"")]),
        (
            "a parameter, a shape less, a shape more",
            &[
                ("self = ", "one = { where = \"user_id = $user_id and id = $note\", caller = [\"note\"] }\nself = "),
                ("notes  = { row = \"Note\", scope = \"user\"", "notes  = { row = \"Note\", scope = \"one\""),
                ("users  =", "people = { table = \"users\", scope = \"self\", change_frequency = \"rare\" }\n#"),
            ],
        ),
        (
            "policies, finders, session",
            &[("\"medium\", finders = [\"state\"]", "\"rare\", max_age = \"7d\""), ("\"sub\"", "\"uid\"")],
        ),
    ];
    let mut text = String::new();
    for (at, (name, edits)) in cases.iter().enumerate() {
        let new = project(root.path(), &at.to_string(), edits);
        let Ran { exit, out, err } = shapegen(&["diff", &old, &new, "--exit-code"]);
        assert_eq!((exit, err.as_str()), (if at == 0 { Exit::Fine } else { Exit::Differences }, ""), "{name}");
        text.push_str(&format!("── {name}\n{out}\n"));
        assert_eq!(shapegen(&["diff", &old, &format!("{new}/shapes.toml")]).exit, Exit::Fine);
        if at == 1 {
            text.push_str(&shapegen(&["diff", &old, &new, "--message-format", "json"]).out);
            text.push('\n');
        }
    }
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(text) });
}

#[test]
fn what_is_wrong_with_either_is_said() {
    let root = tempfile::tempdir().unwrap();
    let old = project(root.path(), "old", &[("body text", "body txt")]);
    let new = project(root.path(), "new", &[("scope = \"self\"", "scope = \"sef\"")]);
    let Ran { exit, out, err } = shapegen(&["diff", &old, &new]);
    assert_eq!((exit, out.as_str()), (Exit::Diagnostics, ""));
    assert!(err.contains("did you mean `text`?") && err.contains("did you mean `self`?"), "{err}");
    let Ran { exit, err, .. } = shapegen(&["diff", "no-such-revision:shapes.toml", &new]);
    assert_eq!(exit, Exit::Diagnostics);
    assert!(err.starts_with("error[SG0001]: can't read `no-such-revision:shapes.toml`: git"), "{err}");
    let Ran { err, .. } = shapegen(&["diff", "HEAD", &format!("{new}/shapes.tml")]);
    let [revision, file] = ["can't read `HEAD`: there is no such file", "shapes.toml`?"].map(|said| err.find(said));
    assert!(revision.is_some() && revision < file && err.contains("or a revision's: `main:shapes.toml`"), "{err}");
}
