//! Structs and enums that derive, as the text that a person would have written, for people who go on writing it.

use std::collections::{BTreeMap, BTreeSet};

use super::print::{code, doc_lines, string};
use crate::model::{Enum, Field, Marks, RustType, Shape};
use crate::naming;

/// No line is longer where it can be broken.
const WIDTH: usize = 100;

/// What rustfmt leaves on one line between the parentheses of an attribute, if it is several entries.
const ATTRIBUTE: usize = 70;

/// A row struct.
pub(crate) struct Row<'r> {
    pub(crate) shape: &'r Shape,
    /// What `#[shape(…)]` says, in order.
    pub(crate) said: Vec<Said<'r>>,
    /// The table has no primary key, so that the fields say what the key is.
    pub(crate) says_key: bool,
    /// A comment above it.
    pub(crate) remark: Option<String>,
    /// Comments about columns that have no field: the position of the field that each stands before.
    pub(crate) without_field: Vec<(usize, String)>,
}

/// An entry of `#[shape(…)]`.
pub(crate) enum Said<'s> {
    /// `key = "text"`
    Text(&'static str, &'s str),
    /// `key = "text"`, or `key = ["text", "text"]` of several.
    Texts(&'static str, &'s [String]),
    /// As it is.
    Words(String),
}

impl Said<'_> {
    /// On one line; a long list on several.
    fn printed(&self, indent: &str) -> String {
        match self {
            Self::Text(key, text) => format!("{key} = {}", string(text)),
            Self::Texts(key, [only]) => format!("{key} = {}", string(only)),
            Self::Texts(key, texts) => {
                let texts: Vec<String> = texts.iter().map(|text| string(text).to_string()).collect();
                let flat = format!("{key} = [{}]", texts.join(", "));
                if indent.len() + flat.chars().count() < WIDTH {
                    return flat;
                }
                let lines: Vec<String> = texts.iter().map(|text| format!("{indent}    {text}")).collect();
                format!("{key} = [\n{}\n{indent}]", lines.join(",\n"))
            }
            Self::Words(words) => words.clone(),
        }
    }
}

/// `#[shape(…)]`: on one line, or an entry a line, as rustfmt does it: without a comma behind the last.
fn attribute(said: &[Said<'_>], indent: &str) -> String {
    let inner = format!("{indent}    ");
    let entries: Vec<String> = said.iter().map(|said| said.printed(&inner)).collect();
    let flat = entries.join(", ");
    let short = entries.len() == 1 || flat.chars().count() <= ATTRIBUTE;
    if short && !flat.contains('\n') {
        return format!("{indent}#[shape({flat})]\n");
    }
    format!("{indent}#[shape(\n{inner}{}\n{indent})]\n", entries.join(&format!(",\n{inner}")))
}

fn docs(lines: &[String], otherwise: &str, indent: &str) -> String {
    let lines = doc_lines(lines, otherwise);
    lines.iter().map(|line| format!("{indent}///{}{line}\n", if line.is_empty() { "" } else { " " })).collect()
}

fn derives(marks: &Marks, ours: &str) -> String {
    format!("#[derive({}, {ours})]\n", marks.derives.join(", "))
}

impl Row<'_> {
    /// The struct.
    pub(crate) fn print(&self) -> String {
        let Self { shape, said, remark, without_field, .. } = self;
        let mut out = docs(&shape.docs, &format!("A row of {}.", code(&shape.table.name)), "");
        out.extend(remark.iter().map(|remark| format!("// {remark}\n")));
        out.push_str(&derives(&shape.marks, "Shape"));
        out.push_str(&attribute(said, ""));
        out.push_str(&format!("pub struct {} {{\n", shape.row));
        for at in 0..=shape.fields.len() {
            let remarks = without_field.iter().filter(|(before, _)| *before == at);
            out.extend(remarks.map(|(_, remark)| format!("    // {remark}\n")));
            out.extend(shape.fields.get(at).map(|field| self.field(at, field)));
        }
        out + "}\n"
    }

    fn field(&self, at: usize, field: &Field) -> String {
        let Field { ident, column, ty, .. } = field;
        let mut said = Vec::new();
        if self.says_key && self.shape.key.contains(&at) {
            said.push(Said::Words("key".to_owned()));
        }
        if ident.trim_start_matches("r#") != column {
            said.push(Said::Text("column", column));
        }
        let mut out = docs(&field.docs, "", "    ");
        if !said.is_empty() {
            out.push_str(&attribute(&said, "    "));
        }
        let ty = if field.not_null { ty.to_string() } else { format!("Option<{ty}>") };
        out + &format!("    pub {ident}: {ty},\n")
    }
}

/// An enum; `said` is what `#[shape(…)]` says.
pub(crate) fn enumeration(item: &Enum, said: &[Said<'_>]) -> String {
    let mut out = docs(&item.docs, &format!("The enum {}.", code(&item.name.name)), "");
    out.push_str(&derives(&item.marks, "ShapeEnum"));
    out.push_str(&attribute(said, ""));
    out.push_str(&format!("pub enum {} {{\n", item.ident));
    for (variant, label) in &item.variants {
        if !tells(variant, label) {
            out.push_str(&attribute(&[Said::Text("label", label)], "    "));
        }
        out.push_str(&format!("    {variant},\n"));
    }
    out + "    /// A label that this code doesn't know.\n    #[shape(other)]\n    Other(Box<str>),\n}\n"
}

/// Whether a variant's name says its label, whatever other labels come.
fn tells(variant: &str, label: &str) -> bool {
    let alone = naming::variants(&[naming::Wanted::from(label)]);
    alone.iter().any(|alone| alone.ident == variant && !alone.doubtful)
}

/// The names of types that fields are spelt with, by the modules that they come from.
#[derive(Default, Clone)]
pub(crate) struct Imports {
    modules: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Imports {
    /// A name of a module.
    pub(crate) fn add(&mut self, module: &'static str, name: &'static str) {
        self.modules.entry(module).or_default().insert(name);
    }

    /// What a type is spelt with.
    pub(crate) fn add_type(&mut self, ty: &RustType) {
        match ty {
            RustType::Scalar(scalar) if scalar.path.starts_with("v1::") => self.add(module(scalar.name), scalar.name),
            RustType::OrInfinity(_) => self.add(RUNTIME, "OrInfinity"),
            RustType::Range(_) => self.add(RUNTIME, "Range"),
            RustType::Multirange(_) => self.add(RUNTIME, "Multirange"),
            RustType::Nested(_) => self.add(RUNTIME, "Array"),
            _ => {}
        }
        if let Some(inner) = ty.inner() {
            self.add_type(inner);
        }
    }

    /// What these have and others don't.
    pub(crate) fn without(mut self, others: &Self) -> Self {
        for (module, names) in &mut self.modules {
            names.retain(|name| others.modules.get(module).is_none_or(|there| !there.contains(name)));
        }
        self
    }

    /// `use` lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(module, names): (&&str, &BTreeSet<&str>)| {
            let listed = names.iter().copied().collect::<Vec<_>>().join(", ");
            match names.len() {
                0 => None,
                1 => Some(format!("use {module}::{listed};")),
                _ => Some(format!("use {module}::{{{listed}}};")),
            }
        };
        self.modules.iter().filter_map(line).collect()
    }
}

/// The runtime crate.
const RUNTIME: &str = "shapegen_runtime";

/// The module that the program has a type from.
fn module(name: &str) -> &'static str {
    match name {
        "Uuid" => "uuid",
        "Timestamp" => "jiff",
        "Date" | "DateTime" | "Time" => "jiff::civil",
        _ => RUNTIME,
    }
}
