//! `#[derive(Shape)]` and its companions: a shape from a struct, for teams who think struct first.
//!
//! A derived struct gives everything that a shape in a [manifest] gives: rows are decoded and merged by it, it has a key,
//! parameters, finders, a definition with its request and its local table, and a collection:
//! `client.collection::<Livestream>(())`. It goes through the same model and the same emitter as `shapegen build`, so the
//! two ask for the same rows in the same words, keep them in the same tables, and live side by side in one client and one
//! store.
//!
//! ```
//! use jiff::Timestamp;
//! use shapegen_macros::{Shape, ShapeEnum};
//! use uuid::Uuid;
//!
//! /// One broadcast.
//! #[derive(Debug, Clone, PartialEq, Shape)]
//! #[shape(table = "livestreams", schema = "../schemas/streampai.sql", change_frequency = "low")]
//! #[shape(session(user_id(identity)), scope = "user_id = $user_id", where = "archived_at is null")]
//! pub struct Livestream {
//!     pub id: Uuid,
//!     pub user_id: Uuid,
//!     pub title: String,
//!     pub status: Status,
//!     pub started_at: Option<Timestamp>,
//! }
//!
//! #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
//! #[shape(type = "livestream_status", schema = "../schemas/streampai.sql")]
//! pub enum Status {
//!     Scheduled,
//!     Live,
//!     Ended,
//!     #[shape(other)]
//!     Other(Box<str>),
//! }
//! ```
//!
//! Everything is checked against the schema while the program is compiled: that columns and tables exist, that types and
//! nullability fit, that the key is complete, that conditions are valid and every parameter is bound and used, and that
//! nobody can see another person's rows. What is wrong is said at the very token, all of it at once:
//!
//! ```text
//! error: the table `livestreams` has no column `archved_at` [SG0312]
//!          | archved_at is null
//!          | ^^^^^^^^^^ no such column
//!        = help: did you mean `archived_at`?
//!   --> src/rows.rs:9:77
//!    |
//!  9 | #[shape(session(user_id(identity)), scope = "user_id = $user_id", where = "archved_at is null")]
//!    |                                                                           ^^^^^^^^^^^^^^^^^^^^
//! ```
//!
//! `shapegen explain SG0312` says more of a code. `shapegen init --style derive schema.sql` writes the structs of a schema to
//! begin with.
//!
//! # The struct
//!
//! `#[shape(…)]` can stand there several times. Lists are written `finders = ["status"]` or `finders(status)`.
//!
//! | attribute | what it says |
//! | --- | --- |
//! | `table = "livestreams"` | The table; one of another schema is `"sales.orders"`. Required. |
//! | `schema = "schema.sql"` | Where the SQL is: a file, a glob, a folder of migrations, or a list of them, relative to the crate's folder. |
//! | `overrides = "overrides.sql"` | SQL that is applied last and states what can't be read. |
//! | `manifest = "shapes.toml"` | Instead of `schema`, `overrides` and `session`: those of a manifest, and its `[scope]`, `[types]`, `[rust]` and `[server]`. Its shapes are not looked at. |
//! | `session(user_id(identity))` | The verified values of who is asking. `identity` marks what tells people apart: each has local data of their own. `company_id(claim = "company")` names the claim that the server takes a value from; without it the claim is named like the value. |
//! | `scope = "user_id = $user_id"` | Who may see a row: a condition, in which `$name` is a value of the session or listed in `caller`. One word is the name of a scope: `public`, for everybody, or one of the manifest's. Required. |
//! | `caller(workspace_id)` | What the program binds when it asks for the collection: the fields of the parameters' struct, which is named like the shape, `DataTables` for `data_tables`. |
//! | `unguarded = "threads are public"` | Why whoever asks may see the rows, where the scope holds nobody to a value of the session. |
//! | `where = "archived_at is null"` | Which of these rows. |
//! | `change_frequency = "low"` | How often the table changes: `rare`, `low`, `medium`, `high`, `very_high`. Required; what is kept and how it is followed comes of it. |
//! | `persist = "always"` | Whether rows are kept on the device: `always`, `never`, or `auto`, which is what comes of the frequency. |
//! | `load = "all"` | What is loaded at the start: `"all"`, `"from_now"`, `load(newest = 200, by = "inserted_at")`. |
//! | `stale_after = "1h"` | From which age on rows are shown as stale: a day. |
//! | `max_age = "7d"` | From which age on rows are deleted and not shown. |
//! | `finders(status)` | Columns that rows are found by, beside those of the key, of unique constraints and of foreign keys. |
//! | `key = ["room", "place"]` | The key, in this order, of a table without a primary key; `#[shape(key)]` at the fields is the same. |
//! | `name = "live_now"` | The shape's name, the table's without it. Two shapes of one table need two names: rows are kept by name. |
//! | `crate = "crate::runtime"` | The path of `shapegen_runtime`, where it is neither a dependency nor found under its name there. |
//!
//! `scope` and `where` also take tokens: `where(archived_at is null and status = "live")`. A string of Rust is a string of
//! SQL there; whatever Rust has no tokens for is written as a string.
//!
//! The struct derives `Debug`, `Clone` and `PartialEq`. Its doc comments go over to the fields of the key's struct.
//!
//! ## What it gets
//!
//! For a struct `Account` with the key `(user_id, platform)` and `caller(platform)`:
//!
//! ```
//! # use shapegen_macros::{Shape, ShapeEnum};
//! # use uuid::Uuid;
//! #[derive(Debug, Clone, PartialEq, Shape)]
//! #[shape(table = "streaming_accounts", schema = "../schemas/streampai.sql", change_frequency = "rare")]
//! #[shape(session(user_id(identity)), caller(platform))]
//! #[shape(scope = "user_id = $user_id and platform = $platform")]
//! pub struct Account {
//!     pub user_id: Uuid,
//!     pub platform: String,
//!     pub account_name: String,
//! }
//!
//! # let ann = Uuid::nil();
//! // What tells one row from another, where that is several columns; else it is the field's type.
//! let key = AccountKey { user_id: ann, platform: "twitch".to_owned() };
//! // What the program binds: `client.collection::<Account>(params)`.
//! let params = StreamingAccounts { platform: "twitch".to_owned() };
//! // What rows are found by: `rows.by(Account::USER_ID, &ann)`.
//! let index = Account::USER_ID;
//! // The shape as data, for servers and tests.
//! let definition = <Account as shapegen_runtime::Shape>::DEFINITION;
//! # assert_eq!((definition.name, index.name), ("streaming_accounts", "user_id"));
//! # let _ = (key, params);
//! ```
//!
//! # Fields
//!
//! A field is the column of its name, and the columns that have no field are not asked for. Its type is the one that
//! `shapegen build` would choose (`shapegen explain` shows it), or another one that holds the column's values, such as `i64`
//! for an `int4`; a column that may be NULL is an `Option`. A type of the program is one that implements
//! `shapegen_runtime::value::PgValue`.
//!
//! | attribute | what it says |
//! | --- | --- |
//! | `#[shape(column = "type")]` | The column, where the field has another name. |
//! | `#[shape(key)]` | Part of the key. Needed where the table has no primary key; all fields of the key are marked then. |
//! | `#[shape(default)]` | NULL is read as the type's `Default`, and the field is no `Option`. |
//! | `#[shape(json)]` | The column is a JSON document, and the field a `JsonOf<T>`, which reads it as a `T` and keeps its text. |
//! | `#[shape(with = "crate::codec::inet")]` | A module with the functions `decode`, `local` and `text` reads and writes the column, so that the field can be of any type. |
//! | `#[shape(secret)]` | Neither `Debug` nor errors show the value: the field is a `Secret<T>`. |
//! | `#[shape(skip)]` | No column: the field is its type's `Default` in each row that comes. |
//!
//! `JsonOf<T>` and `Secret<T>` do their work without the attribute, too; the attribute holds the field to it.
//!
//! ```
//! # use shapegen_macros::Shape;
//! # use shapegen_runtime::Secret;
//! # use uuid::Uuid;
//! #[derive(Debug, Clone, PartialEq, Shape)]
//! #[shape(table = "streaming_accounts", schema = "../schemas/streampai.sql", change_frequency = "rare")]
//! #[shape(session(user_id(identity)), scope = "user_id = $user_id")]
//! pub struct Account {
//!     #[shape(column = "user_id")]
//!     pub owner: Uuid,
//!     pub platform: String,
//!     #[shape(secret)]
//!     pub refresh_token: Secret<String>,
//!     #[shape(skip)]
//!     pub is_selected: bool,
//! }
//! ```
//!
//! # Enums
//!
//! A column of an enum is a `String` or an enum that derives [`ShapeEnum`], of the same enum of PostgreSQL: another one does
//! not compile. Labels and variants are held against each other, so a label that comes with a migration is an error until it
//! has a variant.
//!
//! | attribute | what it says |
//! | --- | --- |
//! | `type = "livestream_status"` | The enum of PostgreSQL. Required. |
//! | `schema`, `overrides`, `manifest`, `crate` | As for a struct. |
//! | `#[shape(label = "so-so")]` | The label of a variant whose name doesn't say it: `Live` is `live`, `InProgress` is `in progress` or `in_progress`. |
//! | `#[shape(other)]` | The variant that holds a label that a newer server sends: `Other(Box<str>)` or `Other(String)`. Required. |
//!
//! # Newtypes
//!
//! A struct around one value keeps ids apart that are all of one type. Where a manifest says `{ newtype = "UserId" }` of a
//! column, rows are kept in the same form as in generated code.
//!
//! ```
//! # use shapegen_macros::{Shape, ShapeNewtype};
//! # use uuid::Uuid;
//! #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
//! pub struct UserId(pub Uuid);
//!
//! #[derive(Debug, Clone, PartialEq, Shape)]
//! #[shape(table = "users", schema = "../schemas/streampai.sql", change_frequency = "rare")]
//! #[shape(session(user_id(identity)), scope = "id = $user_id")]
//! pub struct User {
//!     pub id: UserId,
//!     pub email: String,
//! }
//! ```
//!
//! # When the schema changes
//!
//! The files that were read are part of the crate's inputs: a change of one compiles it anew. The compiler is not told of
//! files that come: where `schema` is a folder or a glob, a `build.rs` beside it says that there may be new ones:
//!
//! ```
//! # #[expect(clippy::needless_doctest_main)]
//! fn main() {
//!     println!("cargo::rerun-if-changed=migrations");
//! }
//! ```
//!
//! A schema is parsed once in a compiler process, however many structs name it. Unoptimised macros are slow ones; this makes
//! them quick in dev builds:
//!
//! ```toml
//! [profile.dev.build-override]
//! opt-level = 2
//! ```
//!
//! # Warnings
//!
//! A macro can't warn, so a warning, for instance of a busy table that is loaded whole, comes as the use of a deprecated
//! constant, at the place that it is about. `#[allow(deprecated)]` at the struct or the module silences it. What there is
//! to say of the schema's files alone, `shapegen catalog schema.sql` says.
//!
//! [manifest]: shapegen::manifest

use std::path::PathBuf;

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use shapegen::derive::Crate;

/// Makes a struct the row of a shape; its attributes are described [above](crate#the-struct).
///
/// # Errors
/// Whatever is wrong is a compiler error at its place. The struct gets an inert implementation then, so that its uses bring
/// no errors of their own.
#[proc_macro_derive(Shape, attributes(shape))]
pub fn shape(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    shapegen::derive::shape(input.into(), &this_crate()).into()
}

/// Makes an enum one of PostgreSQL; its attributes are described [above](crate#enums).
///
/// # Errors
/// As for [`Shape`](macro@Shape).
#[proc_macro_derive(ShapeEnum, attributes(shape))]
pub fn shape_enum(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    shapegen::derive::shape_enum(input.into(), &this_crate()).into()
}

/// Makes a struct around one value a type of columns, read and written as that value is; see [above](crate#newtypes).
///
/// # Errors
/// As for [`Shape`](macro@Shape).
#[proc_macro_derive(ShapeNewtype, attributes(shape))]
pub fn shape_newtype(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    shapegen::derive::shape_newtype(input.into(), &this_crate()).into()
}

/// The crate that is being compiled.
fn this_crate() -> Crate {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    Crate { folder, runtime: runtime() }
}

/// The runtime by the name that the crate's dependencies give it.
fn runtime() -> TokenStream {
    match crate_name("shapegen-runtime") {
        Ok(FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // Where it isn't found, the compiler says what is missing.
        Ok(FoundCrate::Itself) | Err(_) => quote!(::shapegen_runtime),
    }
}
