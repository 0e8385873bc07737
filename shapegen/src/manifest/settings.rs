//! `[server]`, `[output]`, `[session]` and `[scope]`.

use toml::de::{DeTable, DeValue};

use super::document::{Reader, in_order};
use super::{Output, Scope, Server, SessionValue};
use crate::diagnostics::{Diagnostic, codes, nearest};
use crate::model::Mode;
use crate::source::Spanned;

pub(super) fn server(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Server {
    let mut server = Server { electric: None, postgres: None, mode: Mode::Gatekeeper };
    let Some(table) = reader.table(root, "server") else { return server };
    reader.known_keys(table, "`[server]`", &["electric", "postgres", "mode"]);
    server.electric = reader.string(table, "electric");
    if let Some(version) = &server.electric {
        let numbers = version.value.split('.').map(str::parse::<u32>);
        if numbers.clone().any(|number| number.is_err()) {
            reader.push(
                Diagnostic::error(&codes::MANIFEST_VALUE, format!("`{}` is not a version of Electric", version.value))
                    .at(version.span, "not a version")
                    .help("write it as `\"1.7\"`"),
            );
        }
    }
    server.postgres = reader.number(table, "postgres");
    let modes = [("gatekeeper", Mode::Gatekeeper), ("electric", Mode::Electric)];
    server.mode = reader.word(table, "mode", &modes).unwrap_or(Mode::Gatekeeper);
    server
}

pub(super) fn output(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Output {
    let Some(table) = reader.table(root, "output") else { return Output::default() };
    reader.known_keys(table, "`[output]`", &["rust", "ddl"]);
    Output { rust: reader.string(table, "rust"), ddl: reader.string(table, "ddl") }
}

pub(super) fn session(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<SessionValue> {
    let Some(table) = reader.table(root, "session") else { return Vec::new() };
    let mut values = Vec::new();
    for (key, value) in in_order(table) {
        let name = Spanned::new(key.get_ref().to_string(), reader.span(key.span()));
        parameter_name(reader, &name);
        let DeValue::Table(entry) = value.get_ref() else {
            reader.wrong(&name.value, value, "a table such as `{ claim = \"sub\", identity = true }`");
            continue;
        };
        reader.known_keys(entry, &format!("the session value `{}`", name.value), &["claim", "identity"]);
        if !entry.contains_key("claim") {
            reader.push(
                Diagnostic::error(&codes::MANIFEST_MISSING, format!("the session value `{}` has no claim", name.value))
                    .at(name.span, "where does the server take it from?")
                    .help("name the verified claim: `claim = \"sub\"`"),
            );
        }
        let claim = reader.string(entry, "claim").map(|claim| claim.value).unwrap_or_default();
        // Nobody misses what was most likely meant.
        let misspelt =
            entry.keys().map(|key| key.get_ref()).any(|key| key != "identity" && nearest(key, ["identity"]).is_some());
        let identity = reader.boolean(entry, "identity").unwrap_or(misspelt);
        values.push(SessionValue { name, claim, identity });
    }
    values
}

pub(super) fn scopes(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Scope> {
    let Some(table) = reader.table(root, "scope") else { return Vec::new() };
    let mut scopes = Vec::new();
    for (key, value) in in_order(table) {
        let name = Spanned::new(key.get_ref().to_string(), reader.span(key.span()));
        match value.get_ref() {
            DeValue::String(text) => {
                let condition = Spanned::new(text.to_string(), reader.span(value.span()));
                scopes.push(Scope { name, condition, caller: Vec::new(), unguarded: None });
            }
            DeValue::Table(entry) => {
                reader.known_keys(entry, &format!("the scope `{}`", name.value), &["where", "caller", "unguarded"]);
                let caller = reader.strings(entry, "caller").map(|list| list.value).unwrap_or_default();
                for parameter in &caller {
                    parameter_name(reader, parameter);
                }
                let unguarded = reader.string(entry, "unguarded");
                if let Some(reason) = unguarded.as_ref().filter(|reason| reason.value.trim().is_empty()) {
                    reader.push(
                        Diagnostic::error(&codes::MANIFEST_VALUE, "`unguarded` must say why")
                            .at(reason.span, "no reason given"),
                    );
                }
                match reader.string(entry, "where") {
                    Some(condition) => {
                        let unguarded = unguarded.map(|reason| reason.value);
                        scopes.push(Scope { name, condition, caller, unguarded });
                    }
                    None if entry.contains_key("where") => {}
                    None => reader.push(
                        Diagnostic::error(&codes::MANIFEST_MISSING, format!("the scope `{}` has no where", name.value))
                            .at(name.span, "which rows does it let through?")
                            .help("say `where = \"user_id = $user_id\"`, or what fits"),
                    ),
                }
            }
            _ => reader.wrong(&name.value, value, "a where fragment or a table with `where`"),
        }
    }
    scopes
}

/// A parameter's name is a Rust field, too.
fn parameter_name(reader: &mut Reader<'_>, name: &Spanned<String>) {
    let word = &name.value;
    let plain = word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
    if !plain || crate::naming::is_keyword(word) {
        reader.push(
            Diagnostic::error(&codes::MANIFEST_VALUE, format!("`{word}` can't be the name of a parameter"))
                .at(name.span, "not a plain name")
                .help("use lower-case letters, digits and `_`, a letter first, and no keyword of Rust"),
        );
    }
}
