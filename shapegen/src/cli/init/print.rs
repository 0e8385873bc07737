//! A guess as the text of a manifest.

use askama::Template;

use super::guess::{Guess, LeftOut, Scope, Shape, Value};
use crate::manifest::{hidden, quoted};

#[derive(Template)]
#[template(path = "shapes.toml", escape = "none")]
struct ManifestText {
    schema: Vec<String>,
    session: Vec<String>,
    scopes: Vec<String>,
    shapes: Vec<String>,
    /// A reason and a shape's line.
    left_out: Vec<(String, String)>,
}

/// The manifest's text; a shape is a line.
pub(super) fn manifest(guess: &Guess, schema: &[String]) -> Result<String, askama::Error> {
    text(guess, schema, Vec::new())
}

/// The manifest that structs are written from: what is left out for want of a scope is drafted, too.
pub(super) fn draft(guess: &Guess, schema: &[String]) -> Result<String, askama::Error> {
    text(guess, schema, guess.drafts().map(|draft| shape(draft, "public", 0)).collect())
}

fn text(guess: &Guess, schema: &[String], drafts: Vec<String>) -> Result<String, askama::Error> {
    let width = guess.shapes.iter().map(|shape| key(&shape.name).chars().count()).max().unwrap_or(0);
    let scopes = guess.used_scopes();
    let text = ManifestText {
        schema: schema.iter().map(|entry| quoted(entry)).collect(),
        session: guess.used_values(&scopes).iter().map(|value| session(value)).collect(),
        scopes: scopes.iter().map(|scope| self::scope(scope)).collect(),
        shapes: guess.shapes.iter().map(|shape| self::shape(shape, "…", width)).chain(drafts).collect(),
        left_out: guess.left_out.iter().map(|(shape, why)| (reason(why), self::shape(shape, "…", 0))).collect(),
    };
    text.render().map(|text| text + "\n")
}

fn session(value: &Value) -> String {
    let identity = if value.identity { ", identity = true" } else { "" };
    format!("{} = {{ claim = {}{identity} }}", value.name, quoted(&value.claim))
}

fn scope(scope: &Scope) -> String {
    format!("{} = {}", key(&scope.name), quoted(&scope.condition))
}

/// `unknown` is the scope of a shape that has none.
fn shape(shape: &Shape, unknown: &str, width: usize) -> String {
    let mut entry = String::new();
    for (name, value) in [("table", &shape.table), ("row", &shape.row)] {
        if let Some(value) = value {
            entry.push_str(&format!("{name} = {}, ", quoted(value)));
        }
    }
    let scope = quoted(shape.scope.as_deref().unwrap_or(unknown));
    let others = match shape.others.as_slice() {
        [] => String::new(),
        others => inert(&format!(" # or by {}?", others.join(", "))),
    };
    let (unique, except) = (columns("key", &shape.key), columns("except", &shape.except));
    let name = key(&shape.name);
    format!("{name:width$} = {{ {entry}scope = {scope}, change_frequency = \"medium\"{unique}{except} }}{others}")
}

fn columns(entry: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    if columns.is_empty() { String::new() } else { format!(", {entry} = [{}]", columns.join(", ")) }
}

pub(super) fn reason(why: &LeftOut) -> String {
    inert(&match why {
        LeftOut::Unrelated(owners) if owners.is_empty() => {
            "no table of people or organisations was found that its rows could belong to".to_owned()
        }
        LeftOut::Unrelated(owners) => {
            format!("nothing says whose rows these are: no foreign key to {}", owners.join(" or "))
        }
        LeftOut::Ambiguous(columns) => format!("whose rows are these? {} could say it", columns.join(", ")),
        LeftOut::Refused(reason) => reason.clone(),
    })
}

/// A TOML key, quoted where it must be.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// Text for a comment: what would end it, or hide what follows, is shown as an escape.
pub(super) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}
