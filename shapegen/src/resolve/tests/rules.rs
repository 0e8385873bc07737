//! Single rules of names, keys, columns and policies.

use shapegen_runtime::definition::ParamSource;

use super::{SCHEMA, model, refused, run, shown};
use crate::model::{Load, RustType, scalar};

const ODD: &str = r#"
CREATE TYPE result AS ENUM ('live', 'LIVE', 'other', 'C++', '');
CREATE VIEW recent AS SELECT 1;
CREATE TABLE odd (
    "ID" int PRIMARY KEY,
    id int NOT NULL UNIQUE,
    type text NOT NULL,
    self text,
    _g interval,
    definition text UNIQUE,
    outcome result NOT NULL,
    outcomes result[],
    total int GENERATED ALWAYS AS (1) STORED
);
CREATE TABLE keyless (
    code text NOT NULL,
    region text NOT NULL,
    weight real NOT NULL,
    note text,
    UNIQUE (region, code)
);
CREATE TABLE measured (
    value real PRIMARY KEY
);
CREATE TABLE members (
    user_id uuid NOT NULL,
    owner text NOT NULL,
    team int NOT NULL,
    state result NOT NULL,
    PRIMARY KEY (user_id, team)
);
"#;

#[test]
fn a_schema_and_one_shape_are_enough() {
    let model = model(ODD, "schema = \"s.sql\"\nshape.odd = { scope = \"public\", change_frequency = \"low\" }\n");
    insta::assert_snapshot!(shown(&model));
}

/// The examples of `docs/manifest.md` are one manifest.
#[test]
fn the_manifest_of_the_docs_is_resolved_without_a_word() {
    let docs = include_str!("../../../docs/manifest.md");
    let examples = |language: &str| {
        let blocks = docs.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language));
        blocks.collect::<String>()
    };
    let (model, report) = run(&examples("sql\n"), &examples("toml\n"));
    assert_eq!(report, "");
    let shapes = model.expect("a model").shapes;
    assert_eq!(
        shapes.iter().map(|shape| shape.row.as_str()).collect::<Vec<_>>(),
        ["User", "Order", "ShelvesRow", "Message"]
    );
}

#[test]
fn keys() {
    let shape = |rest: &str| {
        format!("schema = \"s.sql\"\nshape.keyless = {{ scope = \"public\", change_frequency = \"low\"{rest} }}\n")
    };
    let declared =
        model(ODD, &shape(", row = \"Keyless\", key = [\"code\", \"region\"], columns = [\"region\", \"code\"]"));
    assert_eq!(declared.shapes[0].key, [0, 1]);
    assert_eq!(declared.shapes[0].key_struct.as_deref(), Some("KeylessKey"));
    let mut reports = String::new();
    for rest in [
        "",
        ", key = [\"code\"]",
        ", key = [\"region\", \"note\"]",
        ", key = [\"region\", \"cod\"]",
        ", key = [\"weight\"]",
    ] {
        reports.push_str(&refused(ODD, &shape(rest)));
    }
    for table in ["recent", "measured"] {
        let toml =
            format!("schema = \"s.sql\"\nshape.{table} = {{ scope = \"public\", change_frequency = \"low\" }}\n");
        reports.push_str(&refused(ODD, &toml));
    }
    insta::assert_snapshot!(reports);
}

/// A key may rest on an index that no constraint stands for, as long as it covers every row.
#[test]
fn keys_over_bare_unique_indexes() {
    let schema = "CREATE TABLE t (a int NOT NULL, b int NOT NULL, c text NOT NULL, d int NOT NULL, e int);
        CREATE UNIQUE INDEX ON t (b DESC) INCLUDE (e);
        CREATE UNIQUE INDEX ON t (a, d);
        CREATE UNIQUE INDEX ON t (a) WHERE b > 0;
        CREATE UNIQUE INDEX ON t (lower(c));
        CREATE UNIQUE INDEX ON t (e);
        CREATE INDEX ON t (d);";
    let toml = |key: &str| {
        format!("schema = \"s.sql\"\nshape.t = {{ scope = \"public\", change_frequency = \"low\", key = {key} }}\n")
    };
    assert_eq!(model(schema, &toml(r#"["b"]"#)).shapes[0].key, [1]);
    assert_eq!(model(schema, &toml(r#"["d", "a"]"#)).shapes[0].key, [3, 0]);
    for key in [r#"["a"]"#, r#"["c"]"#, r#"["d"]"#, r#"["b", "a"]"#] {
        let said = refused(schema, &toml(key));
        assert!(said.contains("is no unique set of its table"), "{key}: {said}");
        assert!(said.contains(r#"a unique set is `key = ["b"]`"#) && !said.contains(r#"["e"]"#), "{key}: {said}");
    }
}

#[test]
fn generated_columns_are_sent_from_postgresql_18_on() {
    let toml = |version: u32, rest: &str| {
        format!(
            "schema = \"s.sql\"\nserver.postgres = {version}\n\
             shape.odd = {{ scope = \"public\", change_frequency = \"low\"{rest} }}\n"
        )
    };
    let columns = |version| {
        let model = model(ODD, &toml(version, ""));
        model.shapes[0].fields.iter().map(|field| field.column.clone()).collect::<Vec<_>>()
    };
    assert!(!columns(17).contains(&"total".to_owned()));
    assert!(columns(18).contains(&"total".to_owned()));
    insta::assert_snapshot!(refused(ODD, &toml(17, ", columns = [\"ID\", \"total\"], except = []")));
}

#[test]
fn parameters_of_session_and_caller() {
    let toml = r#"
schema = "s.sql"
[session]
actor = { claim = "act.sub", identity = true }
org   = { claim = "org", identity = true }
[scope]
member = { where = "user_id = $actor and owner = $actor and team = $team and state = $state", caller = ["team", "state"] }
owner  = "owner = $org"
[shape]
members = { scope = "member", change_frequency = "medium", where = "state in ('live', $state)", max_age = "7d" }
owned   = { table = "members", row = "Owned", scope = "owner", change_frequency = "high", persist = "always", load = "all" }
"#;
    let model = model(ODD, toml);
    insta::assert_snapshot!(shown(&model));
    assert_eq!(model.session.constructor, "new");
    assert_eq!(model.session.values[0].ty, RustType::Scalar(&scalar::UUID));
    assert!(model.shapes[1].params.iter().all(|param| param.from == ParamSource::Identity));
}

#[test]
fn one_parameter_of_two_types() {
    let toml = r#"
schema = "s.sql"
[session]
me = { claim = "sub", identity = true }
[scope]
by_user = "user_id = $me"
by_team = "team = $me"
both    = { where = "user_id = $me and (team = $x or user_id = $x)", caller = ["x"] }
[shape]
users = { table = "members", row = "ByUser", scope = "by_user", change_frequency = "low" }
teams = { table = "members", row = "ByTeam", scope = "by_team", change_frequency = "low" }
both  = { table = "members", row = "Both", scope = "both", change_frequency = "low" }
"#;
    insta::assert_snapshot!(refused(ODD, toml));
}

/// Busy tables get a warning that names the column to load by; a model is made all the same.
#[test]
fn busy_tables_are_warned_of() {
    let toml = r#"
schema = "schema.sql"
[shape]
chat_messages = { scope = "public", change_frequency = "very_high" }
stream_events = { scope = "public", change_frequency = "high", load = "all" }
widget_configs = { scope = "public", change_frequency = "high" }
viewers = { scope = "public", change_frequency = "high", load = "from_now", roles = ["admin"] }
"#;
    let (model, report) = run(SCHEMA, toml);
    assert!(model.is_some());
    insta::assert_snapshot!(report);
}

const EVENTS: &str = r#"
CREATE TABLE events (
    room integer, nr bigint, at timestamptz NOT NULL, seen_at timestamptz, body json NOT NULL, "said ""by""" text NOT NULL,
    PRIMARY KEY (room, nr)
);
"#;

#[test]
fn newest_rows_are_ordered_by_a_column_and_the_key() {
    let toml = r#"
schema = "schema.sql"
[shape]
by_time = { table = "events", row = "Row1", scope = "public", where = "room = 1 or nr > 5", change_frequency = "high", load = { newest = 10, by = "at" } }
by_key = { table = "events", row = "Row2", scope = "public", change_frequency = "high", load = { newest = 10, by = "nr" }, replica = "full" }
by_name = { table = "events", row = "Row3", scope = "public", change_frequency = "high", load = { newest = 1, by = 'said "by"' } }
by_some = { table = "events", row = "Row5", scope = "public", change_frequency = "high", load = { newest = 9, by = "seen_at" } }
coming = { table = "events", row = "Row4", scope = "public", change_frequency = "high", load = "from_now" }
"#;
    let (model, report) = run(EVENTS, toml);
    let model = model.unwrap_or_else(|| panic!("{report}"));
    let told = model.shapes.iter().map(|shape| {
        let load = match &shape.load {
            Load::Newest(newest) => {
                let older = [Some(&newest.older), newest.older_undated.as_ref()].into_iter().flatten();
                let older: Vec<&str> = older.map(|filter| filter.sql.as_str()).collect();
                format!("{:?} {}\n{}", newest.order, newest.order_by, older.join("\n"))
            }
            load => format!("{load:?}"),
        };
        let reasons =
            shape.policy_reasons.iter().skip(3).fold(String::new(), |reasons, line| reasons + "  " + line + "\n");
        format!("{}: {load}\n{reasons}", shape.name)
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
    assert_eq!(model.shapes[0].filter.as_ref().unwrap().sql, "(room = 1 or nr > 5)");
    let requests: std::collections::BTreeSet<u64> = model.shapes[1..].iter().map(|shape| shape.request).collect();
    assert_eq!(requests.len(), 4, "what is loaded is part of the request");
}

#[test]
fn newest_rows_need_an_order() {
    let toml = r#"
schema = "schema.sql"
[shape]
unknown = { table = "events", row = "Row5", scope = "public", change_frequency = "high", load = { newest = 10, by = "sen_at" } }
left_out = { table = "events", row = "Row6", scope = "public", except = ["at"], change_frequency = "high", load = { newest = 10, by = "at" } }
json = { table = "events", row = "Row8", scope = "public", change_frequency = "high", load = { newest = 10, by = "body" } }
secret = { table = "events", row = "Row9", scope = "public", secret = ["nr"], change_frequency = "high", load = { newest = 10, by = "at" } }
none = { table = "events", row = "Row10", scope = "public", change_frequency = "high", load = { newest = 0, by = "at" }, replica = "ful" }
"#;
    let (model, report) = run(EVENTS, toml);
    assert!(model.is_none());
    insta::assert_snapshot!(report);
}

#[test]
fn policies_follow_the_table() {
    for (frequency, persist, kept, flush) in [
        ("rare", "auto", true, 0),
        ("low", "auto", true, 0),
        ("medium", "auto", true, 250),
        ("high", "auto", false, 2_000),
        ("very_high", "auto", false, 2_000),
        ("rare", "never", false, 0),
        ("high", "always", true, 2_000),
    ] {
        let toml = format!(
            "schema = \"s.sql\"\nshape.users = {{ scope = \"public\", change_frequency = \"{frequency}\", \
             persist = \"{persist}\", load = \"all\" }}\n"
        );
        let policy = model(SCHEMA, &toml).shapes[0].policy;
        assert_eq!((policy.kept, policy.flush_within_ms), (kept, flush), "{frequency} {persist}");
        assert_eq!((policy.stale_after_s, policy.max_age_s), (86_400, None));
    }
}

/// What a hash must tell apart, and what it must not.
#[test]
fn hashes_follow_what_they_are_over() {
    let one = |rest: &str| {
        let toml = format!(
            "schema = \"s.sql\"\n[session]\nme = {{ claim = \"sub\", identity = true }}\n[scope]\nmine = \"user_id = $me\"\n\
             [shape]\nlivestreams = {{ change_frequency = \"low\"{rest} }}\n"
        );
        let shape = model(SCHEMA, &toml).shapes.remove(0);
        (shape.request, shape.local.fingerprint)
    };
    let plain = one(", scope = \"mine\"");
    assert_eq!(one(", scope = \"mine\", persist = \"never\", row = \"X\", finders = [\"status\"]"), plain);
    let narrower = one(", scope = \"mine\", except = [\"meta\"]");
    assert_eq!(narrower.0, plain.0);
    assert_ne!(narrower.1, plain.1);
    let filtered = one(", scope = \"mine\", where = \"archived_at is null\"");
    assert_ne!(filtered.0, plain.0);
    assert_eq!(filtered.1, plain.1);
    assert_ne!(one(", scope = \"public\"").0, plain.0);
}

/// A list that holds what the caller binds, or the value itself, can be true for every row.
#[test]
fn a_session_value_among_parameters_guards_nothing() {
    for (condition, guards) in [
        ("user_id in ($me)", true),
        ("$me in (user_id, '6f1c2d34-0000-4000-8000-000000000000')", true),
        ("$me in (user_id, $other)", false),
        ("$other in (user_id, $me)", false),
        ("$me in (user_id, $me)", false),
        ("user_id in ($me, $other)", false),
        ("user_id not in ($me)", false),
        ("user_id = $me or true", false),
        ("user_id = $me and (user_id = $other or true)", true),
        ("user_id >= $me", false),
    ] {
        let caller = if condition.contains("$other") { "caller = [\"other\"], " } else { "" };
        let toml = format!(
            "schema = \"s.sql\"\nsession.me = {{ claim = \"sub\", identity = true }}\n\
             scope.mine = {{ {caller}where = \"{condition}\" }}\n\
             shape.members = {{ scope = \"mine\", change_frequency = \"low\" }}\n"
        );
        let (model, report) = run(ODD, &toml);
        assert_eq!(model.is_some(), guards, "{condition}: {report}");
        assert_eq!(report.contains("SG0304"), !guards, "{condition}: {report}");
    }
}

/// The name is part of a request's path and of SQL: some can't be.
#[test]
fn names_that_no_shape_can_have() {
    let toml = |name: &str| {
        format!(
            "schema = \"s.sql\"\n[shape]\n\"{name}\" = {{ table = \"members\", scope = \"public\", change_frequency = \"low\" }}\n"
        )
    };
    for name in ["", ".", "..", "a\\u0000b"] {
        assert!(refused(ODD, &toml(name)).contains("SG0405"), "{name}");
    }
    for name in ["...", "a\\nb", "sales.members", "größe", "a b", "a/b?c", "it's \\\"so\\\""] {
        model(ODD, &toml(name));
    }
}
