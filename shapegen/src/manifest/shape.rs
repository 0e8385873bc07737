//! `[shape]`.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::document::{Reader, in_order};
use super::{ChangeFrequency, Load, Persist, Replica, Shape, duration};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Spanned;

const KEYS: &[&str] = &[
    "row",
    "table",
    "scope",
    "where",
    "columns",
    "except",
    "key",
    "secret",
    "change_frequency",
    "persist",
    "load",
    "replica",
    "stale_after",
    "max_age",
    "finders",
    "roles",
    "writes",
    "via",
];

const FREQUENCIES: &[(&str, ChangeFrequency)] = &[
    ("rare", ChangeFrequency::Rare),
    ("low", ChangeFrequency::Low),
    ("medium", ChangeFrequency::Medium),
    ("high", ChangeFrequency::High),
    ("very_high", ChangeFrequency::VeryHigh),
];

pub(super) fn shapes(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Shape> {
    if !root.contains_key("shape") {
        let nothing = Diagnostic::error(&codes::MANIFEST_MISSING, "the manifest declares no shape")
            .at(reader.span(0..0), "")
            .help("a line in `[shape]` is one: `users = { scope = \"public\", change_frequency = \"low\" }`");
        reader.push(nothing);
    }
    let Some(table) = reader.table(root, "shape") else { return Vec::new() };
    let mut shapes = Vec::new();
    for (key, value) in in_order(table) {
        let name = key.get_ref();
        match value.get_ref() {
            DeValue::Table(entry) => shapes.push(shape(reader, name, key.span(), entry)),
            _ => reader.wrong(name, value, "a table such as `{ scope = \"public\", change_frequency = \"low\" }`"),
        }
    }
    shapes
}

fn shape(reader: &mut Reader<'_>, name: &str, range: Range<usize>, entry: &DeTable<'_>) -> Shape {
    let name = Spanned::new(name.to_owned(), reader.span(range));
    check_name(reader, &name);
    reader.known_keys(entry, &format!("the shape `{}`", name.value), KEYS);
    for (key, what) in [("writes", "writes"), ("via", "push and pull (`via`)")] {
        if let Some((key, _)) = entry.get_key_value(key) {
            reader.not_yet(key.span(), what);
        }
    }
    if let (Some(_), Some((key, _))) = (reader.strings(entry, "roles"), entry.get_key_value("roles")) {
        let span = reader.span(key.span());
        reader.push(
            Diagnostic::warning(&codes::MANIFEST_NOT_YET, "`roles` is not checked yet")
                .at(span, "has no effect in this version")
                .help(format!("let the scope of `{}` keep other people out", name.value)),
        );
    }
    if let (Some((columns, _)), Some((except, _))) = (entry.get_key_value("columns"), entry.get_key_value("except")) {
        let diagnostic = Diagnostic::error(&codes::MANIFEST_VALUE, "`columns` and `except` exclude each other")
            .at(reader.span(except.span()), "says what is left out")
            .see(reader.span(columns.span()), "says what is asked for");
        reader.push(diagnostic.help("remove one of them"));
    }
    Shape {
        row: reader.string(entry, "row"),
        table: reader.string(entry, "table"),
        scope: scope(reader, &name, entry),
        condition: reader.string(entry, "where"),
        columns: reader.strings(entry, "columns"),
        except: reader.strings(entry, "except"),
        key: reader.strings(entry, "key"),
        secret: reader.strings(entry, "secret").map(|list| list.value).unwrap_or_default(),
        finders: reader.strings(entry, "finders").map(|list| list.value).unwrap_or_default(),
        change_frequency: change_frequency(reader, &name, entry),
        persist: reader
            .word(entry, "persist", &[("auto", Persist::Auto), ("always", Persist::Always), ("never", Persist::Never)])
            .unwrap_or(Persist::Auto),
        load: load(reader, entry),
        replica: reader
            .word(entry, "replica", &[("default", Replica::Default), ("full", Replica::Full)])
            .unwrap_or(Replica::Default),
        stale_after_s: seconds(reader, entry, "stale_after"),
        max_age_s: seconds(reader, entry, "max_age"),
        fields: None,
        name,
    }
}

/// A shape's name is part of a request's path, and of SQL.
fn check_name(reader: &mut Reader<'_>, name: &Spanned<String>) {
    if matches!(name.value.as_str(), "" | "." | "..") || name.value.contains('\0') {
        reader.push(
            Diagnostic::error(&codes::SHAPE_NAME, format!("a shape can't be named `{}`", name.value.escape_debug()))
                .at(name.span, "no name that a request could carry")
                .help("choose another name, and name its table: `table = \"…\"`"),
        );
    }
}

fn scope(reader: &mut Reader<'_>, name: &Spanned<String>, entry: &DeTable<'_>) -> Option<Spanned<String>> {
    if !entry.contains_key("scope") {
        reader.push(
            Diagnostic::error(&codes::SCOPE_MISSING, format!("the shape `{}` has no scope", name.value))
                .at(name.span, "who may see its rows?")
                .help("name a rule of `[scope]`: `scope = \"user\"`")
                .help("if everybody may see all of its rows, say so: `scope = \"public\"`"),
        );
    }
    reader.string(entry, "scope")
}

fn change_frequency(reader: &mut Reader<'_>, name: &Spanned<String>, entry: &DeTable<'_>) -> ChangeFrequency {
    if !entry.contains_key("change_frequency") {
        let message = format!("the shape `{}` doesn't say how often its table changes", name.value);
        reader.push(
            Diagnostic::error(&codes::MANIFEST_MISSING, message)
                .at(name.span, "no `change_frequency`")
                .help("add `change_frequency = \"low\"`, or `rare`, `medium`, `high`, `very_high`"),
        );
    }
    reader.word(entry, "change_frequency", FREQUENCIES).unwrap_or(ChangeFrequency::Low)
}

fn load(reader: &mut Reader<'_>, entry: &DeTable<'_>) -> Option<Spanned<Load>> {
    const EXPECTED: &str = "`\"all\"`, `\"from_now\"` or `{ newest = 200, by = \"inserted_at\" }`";
    let value = entry.get("load")?;
    let span = reader.span(value.span());
    let load = match value.get_ref() {
        DeValue::String(text) if text == "all" => Load::All,
        DeValue::String(text) if text == "from_now" => Load::FromNow,
        DeValue::Table(newest) if newest.contains_key("newest") && newest.contains_key("by") => {
            reader.known_keys(newest, "`load`", &["newest", "by"]);
            Load::Newest { count: reader.number(newest, "newest")?, by: reader.string(newest, "by")? }
        }
        _ => {
            reader.wrong("load", value, EXPECTED);
            return None;
        }
    };
    Some(Spanned::new(load, span))
}

fn seconds(reader: &mut Reader<'_>, entry: &DeTable<'_>, key: &str) -> Option<u32> {
    let text = reader.string(entry, key)?;
    let seconds = duration::seconds(&text.value);
    if seconds.is_none() {
        reader.push(
            Diagnostic::error(&codes::MANIFEST_VALUE, format!("`{key}` must be a duration, not `{}`", text.value))
                .at(text.span, "not a duration")
                .help("write a whole number and a unit: `10s`, `30m`, `1h`, `7d`"),
        );
    }
    seconds
}
