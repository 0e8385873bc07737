//! Manifests with one mistake each, and one with several: the reports as people read them.

use super::{SCHEMA, refused, run_on};
use crate::catalog::{Catalog, Script};
use crate::diagnostics::Report;
use crate::source::SourceMap;

/// `[session]` and `[scope]` as most manifests have them.
const HEAD: &str = r#"schema = "schema.sql"

[session]
user_id = { claim = "sub", identity = true }

[scope]
user = "user_id = $user_id"
"#;

macro_rules! reports {
    ($($name:ident: $toml:expr;)*) => {$(
        #[test]
        fn $name() {
            let toml = $toml;
            let report = refused(SCHEMA, &format!("{HEAD}{toml}"));
            insta::assert_snapshot!(report);
        }
    )*};
}

reports! {
    unknown_table: "
[shape]
livestream = { scope = \"user\", change_frequency = \"low\" }
messages = { table = \"chat_mesages\", scope = \"user\", change_frequency = \"low\" }
";
    misspelt_column: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", where = \"archivd_at is null\", except = [\"streamkey\"], finders = [\"state\"] }
";
    misspelt_column_in_a_scope: "
mine = \"usr_id = $user_id\"

[shape]
livestreams = { scope = \"mine\", change_frequency = \"low\" }
viewers = { scope = \"mine\", change_frequency = \"low\" }
";
    where_of_the_wrong_type: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", where = \"viewer_peak = 'many' and status = 'lvie'\" }
viewers = { scope = \"user\", change_frequency = \"low\", where = 'display_name' }
chat_messages = { scope = \"user\", change_frequency = \"low\", where = \"lower(body) = 'x'\" }
";
    where_that_is_no_sql: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", where = \"status = \" }
viewers = { scope = \"user\", change_frequency = \"low\", where = \"trust > 1 limit 5\" }
notifications = { scope = \"user\", change_frequency = \"low\", where = '''
read_at is null and
  levle = 'info'
''' }
widget_configs = { scope = \"user\", change_frequency = \"low\", where = \"kind = '\\u0061' and knd = 'b'\" }
";
    unknown_key: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", exept = [\"stream_key\"], colour = \"red\" }

[server]
postgre = 15

[shapes]
";
    value_of_the_wrong_kind: "
[shape]
livestreams = { scope = 5, change_frequency = \"sometimes\", except = \"stream_key\", stale_after = \"1 hour\", persist = \"allways\", load = { newest = -1, by = \"id\" } }
viewers = \"all\"

[server]
electric = \"latest\"
postgres = \"15\"
mode = \"direct\"
";
    duplicate_shape: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\" }
viewers = { scope = \"user\", change_frequency = \"low\", scope = \"public\" }
livestreams = { scope = \"public\", change_frequency = \"low\" }
";
    duplicate_shape_as_a_table: "
[shape.livestreams]
scope = \"user\"
change_frequency = \"low\"

[shape.livestreams]
scope = \"public\"
change_frequency = \"low\"
";
    shape_without_scope: "
[shape]
livestreams = { change_frequency = \"low\" }
viewers = { scope = \"users\", change_frequency = \"low\" }
";
    name_that_nobody_binds: "
team = \"user_id = $userid or user_id = $team_id\"

[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", where = \"title = $title\" }
viewers = { scope = \"team\", change_frequency = \"low\" }
";
    columns_without_the_key: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", columns = [\"title\", \"status\"] }
streaming_accounts = { scope = \"user\", change_frequency = \"low\", except = [\"platform\"] }
";
    what_is_not_there_yet: "
[shape]
livestreams = { scope = \"user\", change_frequency = \"low\", roles = [\"admin\"], writes = { insert = true } }

[rust]
time = \"chrono\"
numeric = \"decimal\"

[types]
\"users.id\" = { newtype = \"UserId\" }

[set]
base = { shapes = [\"livestreams\"] }

[data_version]
every = \"10m\"
";
    scopes_that_keep_nobody_out: "
thread = { where = \"livestream_id = $stream\", caller = [\"stream\"] }
either = { where = \"user_id = $user_id or livestream_id = $stream\", caller = [\"stream\"] }
all_of = \"user_id is not null\"
others = \"user_id <> $user_id\"
public = \"user_id = $user_id\"
unused = { where = \"user_id = $user_id\", caller = [\"stream\", \"user_id\"] }
empty  = { where = \"livestream_id = $stream\", caller = [\"stream\"], unguarded = \" \" }

[shape]
chat_messages = { scope = \"thread\", change_frequency = \"low\" }
stream_events = { scope = \"either\", change_frequency = \"low\" }
viewers = { scope = \"all_of\", change_frequency = \"low\" }
notifications = { scope = \"others\", change_frequency = \"low\" }
";
    names_that_collide: "
[shape]
livestreams = { row = \"Viewer\", scope = \"user\", change_frequency = \"low\" }
viewers = { row = \"Viewer\", scope = \"user\", change_frequency = \"low\" }
notifications = { row = \"my_row\", scope = \"user\", change_frequency = \"low\" }
widget_configs = { row = \"Option\", scope = \"user\", change_frequency = \"low\" }
";
    several_in_one_run: "
team = \"team_id = $team_id\"

[shape]
livestream = { scope = \"user\", change_frequency = \"low\" }
viewers = { change_frequency = \"often\", where = \"trust > 'much'\" }
notifications = { scope = \"user\", change_frequency = \"low\", columns = [\"body\"], wehre = \"read_at is null\" }
";
}

#[test]
fn toml_syntax() {
    let mut reports = String::new();
    for toml in [
        "schema = \"schema.sql\n[shape]\n",
        "schema = [\"a.sql\"\n\n[shape]\nusers = { scope = }\n",
        "schema =",
        "[shape\nusers = 1",
        "a b c = 1\nd = 2020-13-45\n",
        "\u{feff}schema",
    ] {
        reports.push_str(&refused(SCHEMA, toml));
    }
    insta::assert_snapshot!(reports);
}

#[test]
fn nothing_but_an_empty_file() {
    insta::assert_snapshot!(refused(SCHEMA, ""));
}

#[test]
fn a_session_without_an_identity() {
    let toml = "schema = \"schema.sql\"\nsession.user_id = { claim = \"sub\" }\nsession.Type = { identity = 1 }\n\
                session.company = \"c\"\nshape.users = { scope = \"public\", change_frequency = \"low\" }\n";
    insta::assert_snapshot!(refused(SCHEMA, toml));
}

#[test]
fn session_values_named_like_methods() {
    let toml = "schema = \"schema.sql\"\nsession.user_id = { claim = \"sub\", identity = true }\n\
                session.token = { claim = \"t\" }\nsession.user = { claim = \"u\" }\n\
                shape.users = { scope = \"public\", change_frequency = \"low\" }\n";
    insta::assert_snapshot!(refused(SCHEMA, toml));
}

/// Any text is answered, and places lie within it: cut everywhere, and with a byte changed everywhere.
#[test]
fn broken_manifests_are_refused_not_fatal() {
    let toml = include_str!("../../../../examples/streampai/shapes.toml");
    let read = || {
        let mut sources = SourceMap::default();
        let file = sources.add("schema.sql", SCHEMA);
        (sources, file)
    };
    let (sources, file) = read();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut Report::default());
    let run = |toml: &str| {
        let (model, report) = run_on(&catalog, read().0, Report::default(), toml);
        assert!(model.is_some() || report.contains("error["), "neither model nor error:\n{toml}");
    };
    for at in 0..toml.len() {
        let (before, after) = toml.split_at(at);
        run(before);
        for other in ["\"", "{", "\n", "é", "$"] {
            run(&format!("{before}{other}{}", &after[1..]));
        }
    }
}
