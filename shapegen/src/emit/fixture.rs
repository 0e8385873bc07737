//! A model made by hand: three shapes of the streaming app, one with a composite key, one with hostile names.

use shapegen_runtime::definition::{ParamSource, Policy, Replica, Transport};
use shapegen_runtime::expr::{Comparison, Expr, Kind, Operand};

use crate::catalog::QualifiedName;
use crate::model::{
    Attribute, Composite, Enum, Field, Filter, Index, Load, Local, LocalIndex, Marks, Mode, Model, Newtype, Own, Param,
    Postgres, RustType, Session, SessionValue, Shape, scalar,
};
use crate::naming;

/// Settings of the snapshots of generated files: the version is not part of what was reviewed.
pub(crate) fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/src/emit/snapshots"));
    settings.add_filter(r"shapegen \d+\.\d+\.\d+:", "shapegen [version]:");
    settings.add_filter(r"Inputs: [0-9a-f]{16}, text: [0-9a-f]{16}", "Inputs: [hash], text: [hash]");
    settings
}

/// A model as `resolve` makes it, of a schema with what PostgreSQL's side has to cope with.
pub(crate) fn resolved() -> Model {
    load(include_str!("../../fixtures/postgres.sql"), include_str!("../../fixtures/postgres.toml"))
}

/// A model as `resolve` makes it, of names and comments that try to get out of what they are printed into.
pub(crate) fn of_hostile_names() -> Model {
    load(include_str!("../../../schemas/hostile.sql"), include_str!("../../fixtures/hostile.toml"))
}

fn load(schema: &str, manifest: &str) -> Model {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("schema.sql"), schema).unwrap();
    let path = root.path().join("shapes.toml");
    std::fs::write(&path, manifest).unwrap();
    crate::generate::load(&path).unwrap_or_else(|failed| panic!("{failed}")).model
}

pub(crate) fn model() -> Model {
    Model {
        shapes: vec![user_preferences(), livestreams(), notifications(), streaming_accounts(), orders(), hostile()],
        enums: vec![
            an_enum("LivestreamStatus", "livestream_status", &[("Scheduled", "scheduled"), ("Live", "live")]),
            an_enum("NotificationLevel", "notification_level", &[("Info", "info"), ("Error", "error")]),
            an_enum("Platform", "platform", &[("Twitch", "twitch"), ("Youtube", "youtube")]),
            Enum {
                docs: vec!["*/ #![doc = \"x\"]".to_owned(), "```".to_owned(), "loop {}".to_owned()],
                ..an_enum(
                    "Mood",
                    "mo\"od",
                    &[("Empty", ""), ("Quote", "\"#;\u{202e}"), ("Line", "a\nb"), ("Brace", "\\{}\r\0")],
                )
            },
        ],
        composites: vec![
            Composite {
                ident: "Address".to_owned(),
                name: qualified("address"),
                docs: vec!["Where a parcel goes.".to_owned()],
                attributes: vec![
                    Attribute { ident: "street".to_owned(), ty: RustType::STRING },
                    Attribute { ident: "r#type".to_owned(), ty: RustType::Enum("Platform".into()) },
                    Attribute {
                        ident: "before".to_owned(),
                        ty: RustType::Array(Box::new(RustType::Composite("Area".into()))),
                    },
                ],
                marks: derives(&["Debug", "Clone", "PartialEq", "serde::Serialize"]),
            },
            Composite {
                ident: "Area".to_owned(),
                name: qualified("area"),
                docs: Vec::new(),
                attributes: vec![Attribute { ident: "code".to_owned(), ty: RustType::Scalar(&scalar::I32) }],
                marks: derives(&["Debug", "Clone", "PartialEq", "serde::Serialize"]),
            },
        ],
        newtypes: vec![Newtype {
            ident: "OrderId".to_owned(),
            of: "orders.id".to_owned(),
            inner: RustType::Scalar(&scalar::UUID),
            marks: derives(&["Debug", "Clone", "Copy", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord"]),
        }],
        session: Session {
            values: vec![
                SessionValue {
                    name: "user_id".into(),
                    claim: "sub".into(),
                    identity: true,
                    ty: RustType::Scalar(&scalar::UUID),
                },
                SessionValue { name: "company".into(), claim: "company".into(), identity: false, ty: RustType::STRING },
                SessionValue {
                    name: "type".into(),
                    claim: "typ".into(),
                    identity: false,
                    ty: RustType::Scalar(&scalar::I64),
                },
            ],
            constructor: "user".into(),
        },
        mode: Mode::Gatekeeper,
        postgres: Postgres::default(),
    }
}

fn an_enum(ident: &str, name: &str, variants: &[(&str, &str)]) -> Enum {
    let variants = variants.iter().map(|(variant, label)| ((*variant).to_owned(), (*label).to_owned())).collect();
    Enum {
        ident: ident.to_owned(),
        name: qualified(name),
        docs: Vec::new(),
        variants,
        serde: false,
        marks: derives(&["Debug", "Clone", "PartialEq", "Eq", "Hash", "PartialOrd", "Ord"]),
    }
}

fn derives(paths: &[&str]) -> Marks {
    Marks { derives: paths.iter().map(|path| (*path).to_owned()).collect(), attributes: Vec::new() }
}

fn qualified(name: &str) -> QualifiedName {
    QualifiedName { schema: "public".to_owned(), name: name.to_owned() }
}

fn field(name: &str, pg_type: &str, ty: RustType, local_type: &'static str) -> Field {
    Field {
        ident: name.to_owned(),
        column: name.to_owned(),
        docs: Vec::new(),
        pg_type: pg_type.to_owned(),
        dims: 0,
        not_null: true,
        ty,
        type_reason: None,
        attributes: Vec::new(),
        secret: false,
        local: name.to_owned(),
        local_type,
        stored_as: None,
    }
}

fn nullable(field: Field) -> Field {
    Field { not_null: false, ..field }
}

fn uuid(name: &str) -> Field {
    field(name, "uuid", RustType::Scalar(&scalar::UUID), "BLOB")
}

fn text(name: &str) -> Field {
    field(name, "text", RustType::STRING, "TEXT")
}

fn timestamptz(name: &str) -> Field {
    field(name, "timestamptz", RustType::Scalar(&scalar::TIMESTAMP), "TEXT")
}

fn is_user() -> Expr {
    Expr::Compare {
        op: Comparison::Equal,
        kind: Kind::Uuid,
        left: Operand::Column("user_id".into()),
        right: Operand::Param(0),
    }
}

fn shape(name: &str, row: &str, fields: Vec<Field>) -> Shape {
    Shape {
        name: name.to_owned(),
        ident: name.to_owned(),
        table: qualified(name),
        docs: Vec::new(),
        row: row.to_owned(),
        marks: derives(&["Debug", "Clone", "PartialEq"]),
        fields,
        key: vec![0],
        key_struct: None,
        filter: Some(Filter { sql: "\"user_id\" = $1".to_owned(), expr: is_user() }),
        params: vec![Param {
            name: "user_id".into(),
            from: ParamSource::Identity,
            pg_type: "uuid".into(),
            ty: RustType::Scalar(&scalar::UUID),
        }],
        params_struct: None,
        indexes: vec![Index { constant: "ID".into(), field: 0, reason: "key" }],
        load: Load::All,
        replica: Replica::Default,
        policy: Policy {
            kept: true,
            flush_within_ms: 0,
            stale_after_s: 86_400,
            max_age_s: None,
            transport: Transport::LongPoll,
        },
        policy_reasons: vec!["kept on the device: a table of frequency `low` is worth keeping".to_owned()],
        request: 0x0123_4567_89ab_cdef,
        local: Local {
            table: format!("_rows_{name}"),
            view: name.to_owned(),
            indexes: Vec::new(),
            fingerprint: 0xfedc_ba98_7654_3210,
        },
        scope: "user".to_owned(),
    }
}

fn user_preferences() -> Shape {
    let donation = field("min_donation", "numeric", RustType::Scalar(&scalar::NUMERIC), "TEXT");
    let fields = vec![
        uuid("user_id"),
        text("locale"),
        field("dark_mode", "bool", RustType::Scalar(&scalar::BOOL), "INTEGER"),
        Field { docs: vec!["Donations below this amount show no alert.".to_owned()], ..nullable(donation) },
        field("settings", "jsonb", RustType::Scalar(&scalar::JSON), "TEXT"),
        timestamptz("updated_at"),
    ];
    Shape {
        docs: vec!["How the app looks and behaves for one person.".to_owned()],
        indexes: vec![Index { constant: "USER_ID".into(), field: 0, reason: "key" }],
        ..shape("user_preferences", "UserPreferences", fields)
    }
}

fn livestreams() -> Shape {
    let status = field("status", "livestream_status", RustType::Enum("LivestreamStatus".into()), "TEXT");
    let tags = field("tags", "text", RustType::Array(Box::new(RustType::STRING)), "TEXT");
    let fields = vec![
        uuid("id"),
        uuid("user_id"),
        text("title"),
        status,
        field("viewer_peak", "int4", RustType::Scalar(&scalar::I32), "INTEGER"),
        Field { dims: 1, ..tags },
        nullable(field("meta", "jsonb", RustType::Scalar(&scalar::JSON), "TEXT")),
        nullable(timestamptz("archived_at")),
    ];
    let not_archived = Expr::IsNull { operand: Operand::Column("archived_at".into()), negated: false };
    let mut shape = shape("livestreams", "Livestream", fields);
    shape.docs = vec!["One broadcast, from the first plan to the archive.".to_owned()];
    shape.filter = Some(Filter {
        sql: "\"archived_at\" IS NULL AND \"user_id\" = $1".to_owned(),
        expr: Expr::All(vec![not_archived, is_user()].into()),
    });
    shape.indexes.extend([
        Index { constant: "USER_ID".into(), field: 1, reason: "foreign key" },
        Index { constant: "STATUS".into(), field: 3, reason: "finder" },
    ]);
    shape.local.indexes = local_indexes(&shape, &[1, 3]);
    shape
}

pub(crate) fn notifications() -> Shape {
    let fields = vec![
        field("id", "int8", RustType::Scalar(&scalar::I64), "INTEGER"),
        uuid("user_id"),
        field("level", "notification_level", RustType::Enum("NotificationLevel".into()), "TEXT"),
        text("body"),
        nullable(timestamptz("read_at")),
        timestamptz("inserted_at"),
    ];
    Shape {
        load: Load::All,
        replica: Replica::Default,
        policy: Policy {
            kept: true,
            flush_within_ms: 250,
            stale_after_s: 3_600,
            max_age_s: Some(1_209_600),
            transport: Transport::LongPoll,
        },
        ..shape("notifications", "Notification", fields)
    }
}

fn streaming_accounts() -> Shape {
    let fields = vec![
        uuid("user_id"),
        field("platform", "platform", RustType::Enum("Platform".into()), "TEXT"),
        text("account_name"),
        Field { secret: true, ..text("access_token") },
        Field { secret: true, ..nullable(text("refresh_token")) },
    ];
    Shape {
        docs: vec!["Where a person broadcasts to.".to_owned()],
        key: vec![0, 1],
        key_struct: Some("StreamingAccountKey".to_owned()),
        indexes: Vec::new(),
        ..shape("streaming_accounts", "StreamingAccount", fields)
    }
}

/// Types that the manifest asks for, derives and attributes.
fn orders() -> Shape {
    let id = RustType::Newtype { ident: "OrderId".into(), inner: Box::new(RustType::Scalar(&scalar::UUID)) };
    let codec = Own { path: "ipnet::IpNet".into(), with: Some("crate::codec::inet".into()), key: true };
    let infinite = RustType::OrInfinity(Box::new(RustType::Scalar(&scalar::TIMESTAMP)));
    let period = RustType::Range(Box::new(RustType::Scalar(&scalar::DATE)));
    let fields = vec![
        Field { type_reason: Some("as `[types]` says".into()), ..field("id", "uuid", id, "BLOB") },
        field("ip", "inet", RustType::Own(codec.clone()), "ANY"),
        nullable(field("from_ip", "inet", RustType::Own(codec), "ANY")),
        field("until", "timestamptz", infinite, "TEXT"),
        nullable(field("period", "daterange", period, "TEXT")),
        field("meta", "jsonb", RustType::JsonOf("crate::Meta".into()), "TEXT"),
        Field {
            attributes: vec!["serde(rename = \"address\")".into()],
            ..nullable(field("ship_to", "address", RustType::Composite("Address".into()), "TEXT"))
        },
        Field { dims: 2, ..field("board", "int4", RustType::Nested(Box::new(RustType::Scalar(&scalar::I32))), "TEXT") },
        field("colour", "colour", RustType::Own(Own { path: "crate::Colour".into(), with: None, key: false }), "ANY"),
    ];
    let mut shape = shape("orders", "Order", fields);
    shape.marks = Marks {
        derives: ["Debug", "Clone", "PartialEq", "serde::Serialize"].map(str::to_owned).into(),
        attributes: vec!["serde(rename_all = \"camelCase\")".to_owned()],
    };
    shape.key = vec![0, 1];
    shape.key_struct = Some("OrderKey".to_owned());
    shape
}

/// Keywords, quotes, comment ends, code blocks, reordering characters: whatever a schema may hold.
fn hostile() -> Shape {
    let literal = |text: &'static str| Operand::Literal(text.into());
    let column = |name: &'static str| Operand::Column(name.into());
    let fields = vec![
        Field {
            ident: "r#fn".to_owned(),
            column: "fn".to_owned(),
            docs: vec!["*/ }} #![allow(warnings)] \u{202e} [link](javascript:x) <script>".to_owned()],
            ..field("fn", "text", RustType::STRING, "TEXT")
        },
        Field {
            ident: "quote_semicolon".to_owned(),
            column: "\"; DROP TABLE x; --".to_owned(),
            docs: vec!["```\nstd::process::exit(1);\n```\n\n    also_code();\n1. list\n- list\n~~~".to_owned()],
            local: "~22; drop table x; --".to_owned(),
            ..text("x")
        },
        Field {
            ident: "lines".to_owned(),
            column: "a\n    }\n\"#b\\".to_owned(),
            local: "a\"\n    }\n\"#b\\".to_owned(),
            ..nullable(field("x", "mo\"od", RustType::Enum("Mood".into()), "TEXT"))
        },
        Field { column: "\u{202e}é".to_owned(), ident: "e".to_owned(), ..text("e") },
        field("ratio", "float8", RustType::Scalar(&scalar::F64), "ANY"),
    ];
    let mut shape = shape("type", "Type", fields);
    shape.ident = "r#type".to_owned();
    shape.name = "ty`pe".to_owned();
    shape.table = QualifiedName { schema: "we\"ird".to_owned(), name: "ta\"#ble */".to_owned() };
    shape.filter = Some(Filter {
        sql: "\"fn\" IN ('\"#', 'x\\', NULL) OR NOT (\"ratio\" < '-0') OR \"fn\" = $1 OR \"ratio\" = $2".to_owned(),
        expr: Expr::Any(
            vec![
                Expr::In {
                    kind: Kind::Text,
                    operand: column("fn"),
                    list: vec![literal("\"#"), literal("x\\"), Operand::Null].into(),
                    negated: false,
                },
                Expr::Compare {
                    op: Comparison::GreaterOrEqual,
                    kind: Kind::Float,
                    left: column("ratio"),
                    right: literal("-0"),
                },
                Expr::Compare { op: Comparison::Equal, kind: Kind::Text, left: column("fn"), right: Operand::Param(0) },
                Expr::Compare {
                    op: Comparison::Equal,
                    kind: Kind::Float,
                    left: column("ratio"),
                    right: Operand::Param(1),
                },
            ]
            .into(),
        ),
    });
    let caller = |pg_type: &str, ty| Param {
        name: "match".to_owned(),
        from: ParamSource::Caller,
        pg_type: pg_type.to_owned(),
        ty,
    };
    shape.params = vec![caller("text", RustType::STRING), caller("float8", RustType::Scalar(&scalar::F64))];
    shape.params_struct = Some("TypeParams".to_owned());
    shape.indexes = vec![Index { constant: "FN".into(), field: 0, reason: "key" }];
    shape.local.table = "_rows_type".to_owned();
    shape.local.indexes = local_indexes(&shape, &[2]);
    shape.policy = Policy {
        kept: false,
        flush_within_ms: 2_000,
        stale_after_s: 86_400,
        max_age_s: None,
        transport: Transport::LongPoll,
    };
    shape
}

/// Indexes over these fields, named as `resolve` names them.
pub(super) fn local_indexes(shape: &Shape, fields: &[usize]) -> Vec<LocalIndex> {
    let name = |field: usize| naming::mangled_index(&shape.local.table, &shape.fields[field].local);
    fields.iter().map(|&field| LocalIndex { name: name(field), field }).collect()
}
