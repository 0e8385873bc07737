//! Types, names, derives and attributes that the manifest asks for.

use super::{model, refused, run, rust, shown};

const SHOP: &str = r#"
CREATE TYPE mood AS ENUM ('so-so', 'so_so', 'fine', 'Other', '🎉');
CREATE TABLE users (
    id uuid PRIMARY KEY,
    "ID" text UNIQUE,
    born date,
    feels mood NOT NULL DEFAULT 'fine'
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    buyer uuid NOT NULL REFERENCES users,
    placed_by uuid REFERENCES users (id),
    twin text REFERENCES users ("ID"),
    type text NOT NULL,
    total numeric(12, 2) NOT NULL,
    valid_until timestamptz,
    meta jsonb,
    metas jsonb[],
    ip inet NOT NULL,
    ips inet[],
    board integer[][],
    during tstzrange,
    spans nummultirange,
    token text
);
CREATE TABLE items (
    "order" bigint NOT NULL REFERENCES orders,
    line int NOT NULL,
    owner uuid NOT NULL,
    PRIMARY KEY ("order", line),
    FOREIGN KEY (owner) REFERENCES users (id)
);
"#;

/// A manifest with all tables, and what is given.
fn toml(rest: &str) -> String {
    format!(
        r#"schema = "s.sql"
[session]
me = {{ claim = "sub", identity = true }}
[scope]
buyer = {{ where = "buyer = $me and id = $order", caller = ["order"] }}
owner = "owner = $me"
[shape]
users  = {{ scope = "public", change_frequency = "low", row = "User" }}
orders = {{ scope = "buyer", change_frequency = "low", row = "Order", secret = ["token"] }}
items  = {{ scope = "owner", change_frequency = "low", row = "Item" }}
{rest}
"#
    )
}

#[test]
fn types_of_columns_and_of_types() {
    let rest = r#"
[types]
"users.id" = { newtype = "UserId" }
"orders.id" = { newtype = "OrderId" }
"users.ID" = { newtype = "Handle" }
"public.orders.meta" = { json = "crate::Meta" }
"orders.metas" = { json = "std::collections::BTreeMap<String, i64>" }
"orders.ip" = { rust = "ipnet::IpNet", with = "crate::codec::inet" }
"timestamptz" = { infinity = true }
"date" = { rust = "crate::Birthday" }
"numeric" = "Decimal"
"orders.board" = "i64"
"mood" = "String"
[rename]
"orders.type" = "kind"
"users.ID" = "handle"
"#;
    let (model, report) = run(SHOP, &toml(rest));
    insta::assert_snapshot!(format!("{report}{}", shown(&model.expect("a model"))));
}

#[test]
fn options_of_rust_and_what_is_added() {
    let rest = r#"
[rust]
time = "chrono"
numeric = "rust_decimal"
serde = true
[types]
"users.id" = { newtype = "UserId" }
[rename]
"mood" = "Feeling"
"mood.so-so" = "Middling"
"public.mood.Other" = "OtherOne"
[derive]
"*" = { add = ["schemars::JsonSchema", "Eq"], except = ["orders", "UserId"] }
"users" = ["Default", "Debug"]
"public.mood" = ["strum::EnumIter"]
"UserId" = ["Default"]
[attribute]
"*" = ["non_exhaustive"]
"orders" = ['serde(rename_all = "camelCase")']
"orders.type" = ['serde(rename = "sort")', "deprecated"]
"#;
    let (model, report) = run(SHOP, &toml(rest));
    insta::assert_snapshot!(format!("{report}{}", shown(&model.expect("a model"))));
}

#[test]
fn what_types_cannot_be() {
    let rest = r#"
[types]
"user.id" = "String"
"ord" = "String"
"users" = "String"
"users.id" = "i64"
"users.born" = "Datum"
"orders.ip" = { json = "crate::Ip" }
"orders.total" = { infinity = true }
"orders.ips" = { rust = "ipnet::IpNet", with = "crate::codec::inet" }
"orders.id" = { newtype = "Id" }
"items.owner" = { newtype = "Id" }
"int4" = "i64"
"integer" = "i16"
"orders.type" = { newtype = "type" }
"orders.meta" = { json = "crate::Meta", newtype = "Meta" }
"orders.metas" = { json = "crate::Meta", with = "crate::codec" }
"orders.token" = { rust = "crate::Token<", with = "crate codec" }
"orders.twin" = {}
"orders.board" = 7
"users.feels" = { infinity = false }
"mood" = "i32"
"#;
    insta::assert_snapshot!(refused(SHOP, &toml(rest)));
}

#[test]
fn what_names_and_additions_cannot_be() {
    let rest = r##"
[types]
"users.id" = { newtype = "Order" }
"text" = { rust = "crate::Text", with = "crate::codec::text" }
[rename]
"orders" = "Bestellung"
"orders.typ" = "kind"
"orders.type" = "Kind"
"orders.token" = "self"
"public.orders.type" = "sort"
"mood.fine" = "Other"
"mood.so-so" = "SoSo"
"mood.so_so" = "SoSo"
"mood.sos" = "Help"
"public.mood" = "User"
"text" = "Text"
[derive]
"*" = ["not a path", "Default"]
"users" = { add = ["Default"], except = ["orders"] }
"public.users" = ["Default"]
"orders" = { except = [] }
"items" = "Default"
"items.line" = ["Default"]
[attribute]
"orders.total" = ["#[serde(skip)]"]
"orders.nothing" = ["deprecated"]
"##;
    insta::assert_snapshot!(refused(SHOP, &toml(rest)));
}

/// What is stored decides the fingerprint, what it is called in Rust doesn't.
#[test]
fn fingerprints_follow_what_is_stored() {
    let fingerprint = |rest: &str| model(SHOP, &toml(rest)).shapes.remove(1).local.fingerprint;
    let plain = fingerprint("");
    for same in [
        "[types]\n\"orders.id\" = { newtype = \"OrderId\" }",
        "[types]\n\"orders.meta\" = { json = \"crate::Meta\" }",
        "[types]\n\"timestamptz\" = { infinity = true }",
        "[rename]\n\"orders.type\" = \"kind\"",
        "[rust]\ntime = \"chrono\"\nnumeric = \"rust_decimal\"\nserde = true",
        "[derive]\n\"*\" = [\"Default\"]",
    ] {
        assert_eq!(fingerprint(same), plain, "{same}");
    }
    for other in [
        "[types]\n\"orders.id\" = \"String\"",
        "[types]\n\"orders.total\" = \"f64\"",
        "[types]\n\"orders.total\" = \"String\"",
        "[types]\n\"orders.ip\" = { rust = \"ipnet::IpNet\", with = \"crate::codec::inet\" }",
        "[types]\n\"orders.board\" = \"i64\"",
    ] {
        assert_eq!(fingerprint(other) != plain, !other.contains("board"), "{other}");
    }
}

/// A parameter is of the type of what it is compared with, in every shape and subquery.
#[test]
fn parameters_are_of_their_columns_types() {
    let types = |owner: &str| {
        let rest = "[types]\n\"users.id\" = { newtype = \"UserId\" }\n\"orders.id\" = { newtype = \"OrderId\" }";
        let toml = toml(rest).replace("owner = $me", owner);
        let model = model(SHOP, &toml);
        let items = model.shapes[2].params.iter().map(|param| format!(", {} {}", param.name, rust(&param.ty)));
        format!("{}{}", rust(&model.session.values[0].ty), items.collect::<String>())
    };
    assert_eq!(types("owner = $me"), "UserId(Uuid), me UserId(Uuid)");
    assert_eq!(types("\\\"order\\\" in (select id from orders where buyer = $me)"), "UserId(Uuid), me UserId(Uuid)");
    assert_eq!(types("owner = $me and owner::text = $me"), "UserId(Uuid), me UserId(Uuid), me UserId(Uuid)");
}

/// A secret that a module reads could be in what the module says of it.
#[test]
fn no_module_reads_a_secret() {
    let rest = "[types]\n\"orders.token\" = { rust = \"crate::Token\", with = \"crate::codec::token\" }";
    insta::assert_snapshot!(refused(SHOP, &toml(rest)));
}

/// Keys over types that aren't text or whole numbers.
#[test]
fn keys_of_many_types() {
    let schema = "CREATE TABLE t (a inet NOT NULL, b tsrange NOT NULL, c numeric NOT NULL, d int[] NOT NULL,
        e point NOT NULL UNIQUE, UNIQUE (a, b, c, d));";
    let toml = |key: &str| {
        format!("schema = \"s.sql\"\nshape.t = {{ scope = \"public\", change_frequency = \"low\", key = [{key}] }}\n")
    };
    model(schema, &toml("\"d\", \"a\", \"b\", \"c\""));
    let mut reports = refused(schema, &toml("\"a\""));
    reports.push_str(&refused(schema, &toml("\"e\"")));
    insta::assert_snapshot!(reports);
}
