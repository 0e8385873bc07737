//! A guess as the text of a manifest.

use askama::Template;

use super::guess::{Guess, LeftOut, Scope, Shape, Value};

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
    let width = guess.shapes.iter().map(|shape| key(&shape.name).chars().count()).max().unwrap_or(0);
    let scopes = guess.used_scopes();
    let text = ManifestText {
        schema: schema.iter().map(|entry| string(entry)).collect(),
        session: guess.used_values(&scopes).iter().map(|value| session(value)).collect(),
        scopes: scopes.iter().map(|scope| self::scope(scope)).collect(),
        shapes: guess.shapes.iter().map(|shape| self::shape(shape, width)).collect(),
        left_out: guess.left_out.iter().map(|(shape, why)| (reason(why), self::shape(shape, 0))).collect(),
    };
    text.render().map(|text| text + "\n")
}

fn session(value: &Value) -> String {
    let identity = if value.identity { ", identity = true" } else { "" };
    format!("{} = {{ claim = {}{identity} }}", value.name, string(&value.claim))
}

fn scope(scope: &Scope) -> String {
    format!("{} = {}", key(&scope.name), string(&scope.condition))
}

fn shape(shape: &Shape, width: usize) -> String {
    let mut entry = String::new();
    for (name, value) in [("table", &shape.table), ("row", &shape.row)] {
        if let Some(value) = value {
            entry.push_str(&format!("{name} = {}, ", string(value)));
        }
    }
    let scope = string(shape.scope.as_deref().unwrap_or("…"));
    let others = match shape.others.as_slice() {
        [] => String::new(),
        others => inert(&format!(" # or by {}?", others.join(", "))),
    };
    let except: Vec<String> = shape.except.iter().map(|column| string(column)).collect();
    let except = match except.as_slice() {
        [] => String::new(),
        columns => format!(", except = [{}]", columns.join(", ")),
    };
    let name = key(&shape.name);
    format!("{name:width$} = {{ {entry}scope = {scope}, change_frequency = \"medium\"{except} }}{others}")
}

fn reason(why: &LeftOut) -> String {
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
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { string(name) }
}

/// A TOML string on one line.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if hidden(c) => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Text for a comment: what would end it, or hide what follows, is shown as an escape.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Control characters, and those that change the direction or the line.
fn hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
