//! What structs and enums expand to, as it was reviewed; what is wrong is shown by `shapegen-macros/tests/ui`.

use std::path::Path;
use std::sync::Arc;

use quote::quote;

use super::*;
use crate::diagnostics::Report;
use crate::manifest;

fn of() -> Crate {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    Crate { folder, runtime: quote!(::shapegen_runtime) }
}

fn printed(code: TokenStream) -> String {
    let text = code.to_string();
    assert!(!text.contains("compile_error"), "{text}");
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "a path of this machine: {text}");
    prettyplease::unparse(&syn::parse2(code).unwrap())
}

fn snapshot(name: &str, code: TokenStream) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, printed(code));
    });
}

#[test]
fn a_struct_of_one_table() {
    let code = shape(
        quote! {
            /// One broadcast.
            #[shape(table = "livestreams", schema = "../schemas/streampai.sql", change_frequency = "low")]
            #[shape(session(user_id(identity)), scope = "user_id = $user_id", where(archived_at is null), finders(status))]
            pub struct Livestream {
                /// Which one.
                pub id: Uuid,
                pub user_id: uuid::Uuid,
                pub title: String,
                pub status: LivestreamStatus,
                pub tags: Vec<Option<String>>,
                pub started_at: Option<jiff::Timestamp>,
            }
        },
        &of(),
    );
    snapshot("livestream", code);
}

#[test]
fn a_key_of_several_columns_parameters_and_everything_that_a_field_can_say() {
    let code = shape(
        quote! {
            #[shape(table = "visits", name = "visits_of_a_day", schema = "fixtures/derive.sql", change_frequency = "high", load = "all")]
            #[shape(session(company_id(identity, claim = "company")), caller(workspace_id, day))]
            #[shape(scope = "workspace_id = $workspace_id and day = $day and visitor = $company_id")]
            struct Visit {
                /// Whose.
                workspace_id: WorkspaceId,
                visitor: String,
                day: jiff::civil::Date,
                mood: Option<crate::Mood>,
                #[shape(default)]
                note: String,
                #[shape(column = "from", with = "crate::codec::inet")]
                origin: Option<ipnet::IpNet>,
                #[shape(json)]
                meta: JsonOf<Meta>,
                screen: Option<String>,
                #[shape(secret)]
                token: Secret<String>,
                span: Option<Range<Timestamp>>,
                moods: Vec<Option<Mood>>,
                until: Option<OrInfinity<Date>>,
                #[shape(skip)]
                seen: bool,
            }
        },
        &of(),
    );
    snapshot("visit", code);
}

#[test]
fn an_enum_with_labels_that_are_no_names() {
    let code = shape_enum(
        quote! {
            #[shape(type = "mood", schema = "fixtures/derive.sql")]
            pub(crate) enum Mood {
                #[shape(other)]
                Unknown(String),
                #[shape(label = "so-so")]
                Middling,
                Good,
                #[shape(label = "Self")]
                Itself,
            }
        },
        &of(),
    );
    snapshot("mood", code);
}

#[test]
fn what_is_wrong_leaves_an_inert_shape() {
    let code = shape(
        quote! {
            #[shape(table = "visits", schema = "fixtures/derive.sql", change_frequency = "low", caller(workspace_id))]
            #[shape(session(user(identity)), scope = "workspace_id = $workspace_id and visitr = $user")]
            pub struct Visit {
                #[shape(key)]
                pub workspace_id: Uuid,
                pub note: i32,
            }
        },
        &of(),
    );
    let text = prettyplease::unparse(&syn::parse2(code).unwrap());
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("inert", text);
    });
}

#[test]
fn a_renamed_runtime_is_called_by_its_name() {
    let item = |attribute: TokenStream| {
        quote! {
            #[shape(table = "users", schema = "../schemas/streampai.sql", scope = "public", change_frequency = "low")]
            #attribute
            struct User { id: Uuid }
        }
    };
    let of = Crate { runtime: quote!(::sync), ..of() };
    assert!(printed(shape(item(quote!()), &of)).contains("use ::sync::__private::v1 as _shapegen;"));
    let said = shape(item(quote!(#[shape(crate = "crate::facade::runtime")])), &of);
    assert!(printed(said).contains("use crate::facade::runtime::__private::v1 as _shapegen;"));
}

#[test]
fn a_schema_is_parsed_once_as_long_as_it_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("schema.sql"), text).unwrap();
    let parsed = || {
        let mut sources = SourceMap::default();
        let file = sources.add(folder.path().join("shape"), "schema = \"schema.sql\"");
        schema::no_settings(&mut sources);
        let settings = manifest::parse_settings(&sources, file, &mut Report::default()).unwrap();
        schema::catalog(&settings, &mut sources, &mut Report::default()).unwrap()
    };
    write("CREATE TABLE notes (id int PRIMARY KEY);");
    let first = parsed();
    assert!((0..50).all(|_| Arc::ptr_eq(&first, &parsed())));
    write("CREATE TABLE notes (id bigint PRIMARY KEY);");
    assert!(!Arc::ptr_eq(&first, &parsed()));
}

/// Whatever stands in an attribute, there are errors and no panic.
#[test]
fn tokens_of_any_kind_bring_errors_and_no_panic() {
    let words = [
        "table",
        "=",
        "\"visits\"",
        "schema",
        "\"fixtures/derive.sql\"",
        ",",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "scope",
        "where",
        "$",
        "x",
        "\"user_id = $user_id\"",
        "session",
        "identity",
        "caller",
        "5",
        "-1.5e3",
        "'c'",
        "b\"x\"",
        "true",
        "manifest",
        "key",
        "load",
        "newest",
        "::",
        "r#type",
        "'a",
        "é",
        "\"\\u{0}'''\\n\"",
        "#",
        "!",
    ];
    let seed =
        std::env::var("SHAPEGEN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SHAPEGEN_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..3_000 {
        let mut some = |most: usize| -> String {
            (0..random.usize(..most)).map(|_| words[random.usize(..words.len())]).collect::<Vec<_>>().join(" ")
        };
        let (container, field) = (some(24), some(6));
        let item = format!("#[shape({container})] struct Visit {{ #[shape({field})] id: Vec<Option<u8>>, b: (u8,) }}");
        let Ok(item) = item.parse::<TokenStream>() else { continue };
        let code = shape(item.clone(), &of()).to_string();
        assert!(code.contains("compile_error"), "{item}");
        let item = format!("#[shape({container})] enum Mood {{ #[shape({field})] Good, Other(Box<str>) }}");
        if let Ok(item) = item.parse::<TokenStream>() {
            shape_enum(item, &of());
        }
    }
}
