//! Scopes through subqueries: what keeps people apart, and what doesn't.

use std::fmt::Write;

use super::{model, refused, run};
use crate::catalog::{Catalog, Script};
use crate::diagnostics::Report;
use crate::source::SourceMap;

const COMPANIES: &str = "
CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE companies (id uuid PRIMARY KEY, name text NOT NULL, deleted_at timestamptz);
CREATE TABLE company_members (
    company_id uuid NOT NULL, user_id uuid NOT NULL, role text NOT NULL, PRIMARY KEY (company_id, user_id)
);
CREATE TABLE user_groups (id uuid PRIMARY KEY, company_id uuid NOT NULL);
CREATE TABLE user_group_members (group_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (group_id, user_id));
CREATE TABLE workspaces (id uuid PRIMARY KEY, company_id uuid NOT NULL);
CREATE TABLE folders (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, name text, readers uuid[] NOT NULL);
";

const SESSION: &str = r#"
schema = "s.sql"
[session]
user_id    = { claim = "sub", identity = true }
company_id = { claim = "company" }
"#;

#[test]
fn the_scopes_of_companies() {
    let toml = format!(
        r#"{SESSION}
[scope]
mine       = "id in (select company_id from company_members where user_id = $user_id)"
our        = "company_id in (select company_id from company_members where user_id = $user_id)"
our_group  = "group_id in (select id from user_groups where company_id in (select company_id from company_members where user_id = $user_id))"
our_space  = "workspace_id in (select id from workspaces where company_id in (select company_id from company_members where user_id = $user_id))"
workspace  = {{ where = "workspace_id = $workspace_id and workspace_id in (select id from workspaces where company_id = $company_id)", caller = ["workspace_id"] }}
colleagues = "id in (select user_id from company_members where company_id = $company_id)"
[shape]
companies          = {{ scope = "mine", change_frequency = "rare", where = "deleted_at is null" }}
company_members    = {{ scope = "our", change_frequency = "low" }}
user_group_members = {{ scope = "our_group", change_frequency = "low" }}
folders            = {{ scope = "our_space", change_frequency = "low" }}
one_workspace      = {{ table = "folders", row = "Folder", scope = "workspace", change_frequency = "low" }}
users              = {{ scope = "colleagues", change_frequency = "low" }}
"#
    );
    let model = model(COMPANIES, &toml);
    let shown = model.shapes.iter().fold(String::new(), |mut shown, shape| {
        let params: Vec<String> =
            shape.params.iter().map(|param| format!("{} {} {:?}", param.name, param.pg_type, param.from)).collect();
        let sql = shape.filter.as_ref().map_or("", |filter| &filter.sql);
        let _ = writeln!(shown, "{}\n  {sql}\n  [{}]", shape.name, params.join(", "));
        shown
    });
    insta::assert_snapshot!(shown);
    assert!(model.shapes.iter().all(|shape| shape.filter.as_ref().is_some_and(|filter| filter.expr.has_select())));
}

/// A row that passes was held against the session, whatever way it took.
#[test]
fn what_guards() {
    let select = "workspace_id in (select id from workspaces where company_id";
    for (condition, guards) in [
        (format!("{select} = $company_id)"), true),
        (format!("{select} is not distinct from $company_id)"), true),
        (format!("{select} in (select company_id from company_members where user_id = $user_id))"), true),
        (format!("{select} not in (select company_id from company_members where user_id = $user_id))"), false),
        (format!("not {select} = $company_id)"), false),
        (format!("not ({select} = $company_id))"), false),
        (format!("not (not ({select} = $company_id)))"), true),
        (format!("{select} <> $company_id)"), false),
        (format!("{select} = $company_id or true)"), false),
        (format!("{select} = $company_id) or id is null"), false),
        (format!("{select} = $company_id) or id = $user_id"), true),
        (format!("{select} = $other)"), false),
        (format!("{select} = $other) and workspace_id = $user_id"), true),
        (format!("{select} in ($company_id, $other))"), false),
        (format!("{select} = any($other) and company_id = $company_id)"), true),
        (format!("({select} = $company_id)) is true"), true),
        (format!("({select} = $company_id)) is not false"), false),
        ("workspace_id in (select id from workspaces)".to_owned(), false),
        ("id in (select user_id from company_members where user_id <> $user_id)".to_owned(), false),
        ("$user_id = any(readers)".to_owned(), true),
        ("$user_id = all(readers)".to_owned(), false),
        ("not ($user_id <> all(readers))".to_owned(), true),
        ("$user_id <> any(readers)".to_owned(), false),
        ("readers @> array[$user_id::uuid]".to_owned(), true),
        ("array[$user_id::uuid, $other::uuid] <@ readers".to_owned(), true),
        ("readers && array[$user_id::uuid, $other::uuid]".to_owned(), false),
        ("not (readers @> array[$user_id::uuid])".to_owned(), false),
        ("readers || $other::uuid @> array[$user_id::uuid]".to_owned(), false),
        ("id = coalesce($other::uuid, $user_id::uuid)".to_owned(), false),
        ("coalesce($other::uuid, id) = $user_id".to_owned(), false),
        ("coalesce(id, workspace_id) = $user_id".to_owned(), true),
        ("id between $user_id and $user_id".to_owned(), false),
        ("id is distinct from $user_id".to_owned(), false),
        ("name like $user_id".to_owned(), false),
        ("name = $user_id".to_owned(), true),
        ("(id = $user_id) = true".to_owned(), false),
    ] {
        let caller = if condition.contains("$other") { "caller = [\"other\"], " } else { "" };
        let toml = format!(
            "{SESSION}\n[scope]\nrule = {{ {caller}where = \"{condition}\" }}\n\
             [shape]\nfolders = {{ scope = \"rule\", change_frequency = \"low\" }}\n"
        );
        let (model, report) = run(COMPANIES, &toml);
        assert_eq!(model.is_some(), guards, "{condition}: {report}");
        assert_eq!(report.contains("SG0304"), !guards, "{condition}: {report}");
    }
}

/// A claim that is a rank or a flag guards by its order or its truth, as long as not every value will do.
#[test]
fn ranks_and_flags() {
    let sql =
        "CREATE TABLE papers (id uuid PRIMARY KEY, author text NOT NULL, company uuid NOT NULL, level int4 NOT NULL,
                                    until timestamptz NOT NULL, open bool NOT NULL, flags bool[] NOT NULL);";
    for (condition, guards) in [
        ("level <= $rank", true),
        ("not (level > $rank)", true),
        ("level + 1 < $rank", true),
        ("level <= $rank or (author = $user_id and level > $rank)", true),
        ("level <= $rank or author = $user_id", true),
        ("level <= $rank or level > $rank", false),
        ("level <= $rank or $rank < level", false),
        ("$rank >= level or not ($rank > level)", false),
        ("(level <= $rank and open) or (level > $rank and open) ", false),
        ("(level <= $rank and author = $user_id) or level > $rank", true),
        ("(level <= $rank) is true or (level >= $rank) is true", false),
        ("level between symmetric 0 and $rank", false),
        ("level between 0 and $rank", true),
        ("level not between $rank and 7", false),
        ("id in (select id from papers where level <= $rank) or level > $rank", false),
        ("$rank::int4 >= 0", false),
        ("$rank::int4 = 3", true),
        ("$rank::int4 in (1, 2)", true),
        ("company <= $tenant", false),
        ("company = $tenant", true),
        ("author > $team", false),
        ("until > $since", true),
        ("open = $staff", true),
        ("$staff::bool", true),
        ("not $staff::bool", true),
        ("$staff::bool or not $staff::bool", false),
        ("$staff::bool is not distinct from true or $staff::bool = false", false),
        ("$staff::bool in (true, false)", false),
        ("$staff::bool = any(array[true, false])", false),
        ("array[true, false] @> array[$staff::bool]", false),
        ("$staff::bool = any(flags)", false),
        ("$staff::bool is not null or open", false),
        ("open = $user_id", false),
        ("author = $user_id or author is not distinct from $team", true),
        ("lower(author) = $user_id", true),
        ("author = lower($user_id::text)", false),
        ("author is not distinct from coalesce($user_id::text, author)", false),
        ("author = author", false),
        ("$user_id::text = $user_id::text", false),
        ("author like '%'", false),
        ("author like $user_id", false),
        ("author = any('{}')", false),
        ("$user_id::text in (author, author || $team::text)", false),
        ("$user_id::text in (author, 'root')", true),
        ("author >= $user_id and author <= $user_id", false),
        ("author not in ('nobody')", false),
        ("true", false),
    ] {
        let toml = format!(
            r#"
schema = "s.sql"
[session]
user_id = {{ claim = "sub", identity = true }}
rank    = {{ claim = "rank" }}
tenant  = {{ claim = "tenant" }}
team    = {{ claim = "team" }}
since   = {{ claim = "since" }}
staff   = {{ claim = "staff" }}
[scope]
rule = "{condition}"
[shape]
papers = {{ scope = "rule", change_frequency = "low" }}
"#
        );
        let (model, report) = run(sql, &toml);
        assert_eq!(model.is_some(), guards, "{condition}: {report}");
        assert_eq!(report.contains("SG0304"), !guards, "{condition}: {report}");
    }
}

#[test]
fn scope_and_where_must_fit_together() {
    let of = |shape: &str| {
        format!(
            "{SESSION}\n[scope]\nour = \"id in (select company_id from company_members where user_id = $user_id)\"\n\
             [shape]\ncompanies = {{ scope = \"our\", change_frequency = \"low\", where = \"{shape}\" }}\n"
        )
    };
    let both = of("id not in (select company_id from company_members where user_id = $user_id)");
    let beside = of("coalesce(name, '') <> ''");
    insta::assert_snapshot!(format!("{}{}", refused(COMPANIES, &both), refused(COMPANIES, &beside)));
}

/// Warnings don't stop the output, and the ones of a scope come once for all its shapes.
#[test]
fn where_electric_differs() {
    let toml = format!(
        r#"{SESSION}
[scope]
named = "id = $user_id and name < 'm'"
[shape]
users   = {{ scope = "named", change_frequency = "low", where = "name like 'a%' and lower(name) <> 'x'" }}
folders = {{ scope = "named", change_frequency = "low", where = "id not in (select user_id from company_members) and not (readers @> '{{}}')" }}
"#
    );
    let mut sources = SourceMap::default();
    let file = sources.add("schema.sql", COMPANIES);
    let mut report = Report::default();
    let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    let (model, report) = super::run_on(&catalog, sources, report, &toml);
    assert!(model.is_some());
    insta::assert_snapshot!(report);
}
