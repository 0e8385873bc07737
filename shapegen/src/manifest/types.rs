//! `[rust]`, `[types]`, `[rename]`, `[derive]` and `[attribute]`: which Rust the schema becomes.
//!
//! ```toml
//! [rust]
//! time    = "chrono"                      # or "jiff", the default
//! numeric = "rust_decimal"                # or "text", the default: any length, nothing lost
//! serde   = true                          # rows, enums, newtypes and composites are Serialize and Deserialize
//!
//! [types]                                 # by type of PostgreSQL, or by column; of an array the element's
//! "citext"              = "String"
//! "public.email"        = { newtype = "Email" }
//! "users.id"            = { newtype = "UserId" }
//! "livestreams.meta"    = { json = "crate::StreamMeta" }
//! "inet"                = { rust = "ipnet::IpNet", with = "crate::codec::inet" }
//! "ulid"                = { rust = "crate::Ulid" }      # is a `PgValue` itself
//! "contracts.valid_until" = { infinity = true }
//!
//! [rename]                                # fields, enums, labels, composites and their attributes
//! "orders.type"         = "kind"
//! "public.mood"         = "Feeling"
//! "public.mood.so-so"   = "SoSo"
//!
//! [derive]                                # beside what is derived anyway
//! "*"                   = { add = ["schemars::JsonSchema"], except = ["secrets"] }
//! "public.mood"         = ["strum::EnumIter"]
//!
//! [attribute]
//! "livestreams"         = ['serde(rename_all = "camelCase")']
//! "livestreams.title"   = ['serde(rename = "headline")']
//! ```
//!
//! Selectors are names of PostgreSQL, as in SQL but never folded: a table, a column (`table.column`), a type, an enum's
//! label or a composite's attribute (`type.label`), each also behind its schema. `*` is every generated type, and a
//! newtype goes by its Rust name, too.

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use super::document::{Reader, in_order};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Spanned;

/// `[rust]`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rust {
    /// Whose types dates and times are.
    pub time: Time,
    /// What holds a numeric.
    pub numeric: Numeric,
    /// Generated types are `Serialize` and `Deserialize`.
    pub serde: bool,
}

/// Whose types dates and times are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// jiff's.
    #[default]
    Jiff,
    /// chrono's.
    Chrono,
}

/// What holds a numeric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numeric {
    /// Its text: any length, NaN and the infinities.
    #[default]
    Text,
    /// `rust_decimal::Decimal`: 28 digits, and an error for more.
    RustDecimal,
}

/// An entry of a section whose keys are selectors.
#[derive(Debug, Clone)]
pub struct Selected<T> {
    /// What it is for.
    pub selector: Spanned<String>,
    /// What is said of it.
    pub value: T,
}

/// What a type or a column becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeRule {
    /// One of shapegen's own types, by its name.
    Named(Spanned<String>),
    /// A generated struct of this name.
    Newtype(Spanned<String>),
    /// A JSON document as a type of the program.
    Json(Spanned<String>),
    /// A type of the program.
    Rust {
        /// The type.
        path: Spanned<String>,
        /// The module that reads and writes it.
        with: Option<Spanned<String>>,
    },
    /// A date or timestamp that can be infinite.
    Infinity,
}

/// What is added to generated types.
#[derive(Debug, Clone)]
pub struct Added {
    /// Paths or attributes.
    pub add: Vec<Spanned<String>>,
    /// What it is not added to.
    pub except: Vec<Spanned<String>>,
}

pub(super) fn rust(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Rust {
    let Some(table) = reader.table(root, "rust") else { return Rust::default() };
    reader.known_keys(table, "`[rust]`", &["time", "numeric", "serde"]);
    let times = [("jiff", Time::Jiff), ("chrono", Time::Chrono)];
    let numerics = [("text", Numeric::Text), ("rust_decimal", Numeric::RustDecimal)];
    Rust {
        time: reader.word(table, "time", &times).unwrap_or_default(),
        numeric: reader.word(table, "numeric", &numerics).unwrap_or_default(),
        serde: reader.boolean(table, "serde").unwrap_or_default(),
    }
}

pub(super) fn types(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Selected<TypeRule>> {
    selected(reader, root, "types", type_rule)
}

pub(super) fn renames(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Selected<Spanned<String>>> {
    selected(reader, root, "rename", |reader, selector, value| reader.string_value(&selector.value, value))
}

pub(super) fn derives(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Selected<Added>> {
    selected(reader, root, "derive", |reader, selector, value| {
        let added = added(reader, selector, value)?;
        checked::<syn::Path>(reader, &added.add, "the path of a derive macro", "write it as `serde::Serialize`");
        Some(added)
    })
}

pub(super) fn attributes(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Selected<Added>> {
    selected(reader, root, "attribute", |reader, selector, value| {
        let added = added(reader, selector, value)?;
        let help = "write what stands between `#[` and `]`: `serde(rename = \"title\")`";
        checked::<syn::Meta>(reader, &added.add, "an attribute", help);
        Some(added)
    })
}

fn selected<T>(
    reader: &mut Reader<'_>,
    root: &DeTable<'_>,
    section: &str,
    mut read: impl FnMut(&mut Reader<'_>, &Spanned<String>, &TomlSpanned<DeValue<'_>>) -> Option<T>,
) -> Vec<Selected<T>> {
    let Some(table) = reader.table(root, section) else { return Vec::new() };
    let entries = in_order(table).into_iter().filter_map(|(key, value)| {
        let selector = Spanned::new(key.get_ref().to_string(), reader.span(key.span()));
        let value = read(reader, &selector, value)?;
        Some(Selected { selector, value })
    });
    entries.collect()
}

const FORMS: &str = "the name of a type, or `{ newtype = \"UserId\" }`, `{ json = \"crate::Meta\" }`, \
    `{ rust = \"crate::Ip\", with = \"crate::codec::ip\" }`, `{ infinity = true }`";

fn type_rule(
    reader: &mut Reader<'_>,
    selector: &Spanned<String>,
    value: &TomlSpanned<DeValue<'_>>,
) -> Option<TypeRule> {
    let table = match value.get_ref() {
        DeValue::String(_) => return Some(TypeRule::Named(reader.string_value(&selector.value, value)?)),
        DeValue::Table(table) => table,
        _ => {
            reader.wrong(&selector.value, value, FORMS);
            return None;
        }
    };
    let forms = ["newtype", "json", "rust", "infinity"];
    reader.known_keys(
        table,
        &format!("the type of `{}`", selector.value),
        &["newtype", "json", "rust", "with", "infinity"],
    );
    let given: Vec<&str> = forms.into_iter().filter(|form| table.contains_key(*form)).collect();
    match (given.as_slice(), table.get_key_value("with")) {
        (["newtype"], None) => {
            let name = reader.string(table, "newtype")?;
            if !crate::naming::is_type_name(&name.value) {
                let message = format!("`{}` can't be the name of a Rust type", name.value);
                let camel = crate::naming::camel(&name.value);
                let diagnostic = Diagnostic::error(&codes::SHAPE_NAME, message).at(name.span, "not a type's name");
                reader.push(diagnostic.help(format!("write it in camel case: `{camel}`")));
                return None;
            }
            Some(TypeRule::Newtype(name))
        }
        (["json"], None) => {
            let path = reader.string(table, "json")?;
            checked::<syn::Type>(reader, [&path], "a type", "write it as `crate::Meta`").then_some(TypeRule::Json(path))
        }
        (["rust"], _) => {
            let path = reader.string(table, "rust")?;
            let with = reader.string(table, "with");
            let fine = checked::<syn::Type>(reader, [&path], "a type", "write it as `ipnet::IpNet`")
                & checked::<syn::Path>(reader, &with, "the path of a module", "write it as `crate::codec::inet`");
            fine.then_some(TypeRule::Rust { path, with })
        }
        (["infinity"], None) => {
            if reader.boolean(table, "infinity")? {
                return Some(TypeRule::Infinity);
            }
            let message = format!("`infinity` of `{}` must be `true`, or left out", selector.value);
            let span = reader.span(value.span());
            reader.push(Diagnostic::error(&codes::MANIFEST_VALUE, message).at(span, "says nothing"));
            None
        }
        (["newtype" | "json" | "infinity"], Some((with, _))) => {
            let message = format!("`with` goes with `rust` alone, in the type of `{}`", selector.value);
            let span = reader.span(with.span());
            reader.push(Diagnostic::error(&codes::MANIFEST_VALUE, message).at(span, "nothing to read with it"));
            None
        }
        _ => {
            let label = if given.is_empty() { "says nothing" } else { "says several things" };
            let message = format!("the type of `{}` must be one thing", selector.value);
            let span = reader.span(value.span());
            let diagnostic = Diagnostic::error(&codes::MANIFEST_VALUE, message).at(span, label);
            reader.push(diagnostic.help(format!("it is {FORMS}")));
            None
        }
    }
}

fn added(reader: &mut Reader<'_>, selector: &Spanned<String>, value: &TomlSpanned<DeValue<'_>>) -> Option<Added> {
    match value.get_ref() {
        DeValue::Array(_) => {
            let add = reader.strings_value(&selector.value, value)?.value;
            Some(Added { add, except: Vec::new() })
        }
        DeValue::Table(table) => {
            reader.known_keys(table, &format!("`{}`", selector.value), &["add", "except"]);
            let except = reader.strings(table, "except").map(|list| list.value).unwrap_or_default();
            let Some(add) = reader.strings(table, "add") else {
                if !table.contains_key("add") {
                    let message = format!("nothing is added to `{}`", selector.value);
                    reader.push(
                        Diagnostic::error(&codes::MANIFEST_MISSING, message)
                            .at(selector.span, "no `add`")
                            .help("say what: `add = [\"…\"]`"),
                    );
                }
                return None;
            };
            Some(Added { add: add.value, except })
        }
        _ => {
            reader.wrong(&selector.value, value, "a list of strings, or a table with `add` and `except`");
            None
        }
    }
}

/// Whether each text is Rust of that kind; what isn't is reported.
fn checked<'t, T: syn::parse::Parse>(
    reader: &mut Reader<'_>,
    texts: impl IntoIterator<Item = &'t Spanned<String>>,
    what: &str,
    help: &str,
) -> bool {
    let mut fine = true;
    for text in texts {
        if let Err(error) = syn::parse_str::<T>(&text.value) {
            fine = false;
            let message = format!("`{}` is not {what} in Rust", text.value);
            // What else could stand there is a list of all that Rust knows.
            let error = error.to_string();
            let label = error.split(", expected one of").next().unwrap_or(&error);
            reader.push(Diagnostic::error(&codes::RUST_TEXT, message).at(text.span, label).help(help));
        }
    }
    fine
}
