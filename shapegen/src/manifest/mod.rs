//! `shapes.toml` as written, with the place of everything: read strictly, all errors of a run at once.

mod document;
mod duration;
mod quoted;
mod settings;
mod shape;
mod types;

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Diagnostic, Report, codes, nearest_file};
use crate::model::Mode;
use crate::source::{FileId, SourceMap, Span, Spanned};
use shapegen_runtime::definition::Replica;

use document::Reader;
#[cfg(feature = "cli")]
pub(crate) use quoted::hidden;
pub(crate) use quoted::quoted;
pub use types::{Added, Numeric, Rust, Selected, Time, TypeRule};

/// One manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its file.
    pub file: FileId,
    /// Files, folders and globs of the SQL schema, relative to the manifest, in order.
    pub schema: Vec<Spanned<String>>,
    /// The SQL file that states what can't be read, relative to the manifest.
    pub overrides: Option<Spanned<String>>,
    /// `[server]`.
    pub server: Server,
    /// `[output]`.
    pub output: Output,
    /// `[rust]`.
    pub rust: Rust,
    /// `[types]`, in order.
    pub types: Vec<Selected<TypeRule>>,
    /// `[rename]`, in order.
    pub renames: Vec<Selected<Spanned<String>>>,
    /// `[derive]`, in order.
    pub derives: Vec<Selected<Added>>,
    /// `[attribute]`, in order.
    pub attributes: Vec<Selected<Added>>,
    /// `[session]`, in order.
    pub session: Vec<SessionValue>,
    /// `[scope]`, in order.
    pub scopes: Vec<Scope>,
    /// `[shape]`, in order.
    pub shapes: Vec<Shape>,
    /// Where it was written, for those who are told what to write there.
    pub place: Place,
}

/// Where a shape is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a manifest.
    Manifest,
    /// At a struct that derives it.
    Struct,
    /// In a draft, which structs that derive are written from.
    Draft,
}

/// Who wrote something, and is told what to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Whoever wrote the manifest.
    Manifest,
    /// Whoever wrote a struct that says all of it.
    Struct,
    /// Whoever wrote a struct that takes session, scopes and settings from a manifest.
    StructOfManifest,
}

/// What the shapes are served by.
#[derive(Debug, Clone)]
pub struct Server {
    /// Electric's version as written.
    pub electric: Option<Spanned<String>>,
    /// PostgreSQL's major version.
    pub postgres: Option<u32>,
    /// How clients name shapes unless they say otherwise.
    pub mode: Mode,
}

/// Where the output goes, relative to the manifest.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// The folder of the Rust module.
    pub rust: Option<Spanned<String>>,
    /// The folder of the local DDL.
    pub ddl: Option<Spanned<String>>,
}

/// A verified value of who is asking.
#[derive(Debug, Clone)]
pub struct SessionValue {
    /// The name after `$`.
    pub name: Spanned<String>,
    /// The claim that the server takes it from.
    pub claim: String,
    /// Part of who the person is.
    pub identity: bool,
}

/// A named scoping rule.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The name.
    pub name: Spanned<String>,
    /// The where fragment; the span covers the TOML string with its quotes.
    pub condition: Spanned<String>,
    /// What the program binds.
    pub caller: Vec<Spanned<String>>,
    /// Why rows may be seen by whoever asks for them.
    pub unguarded: Option<String>,
}

/// One shape as written.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The name.
    pub name: Spanned<String>,
    /// The row type's name.
    pub row: Option<Spanned<String>>,
    /// The table where it is not the shape's name.
    pub table: Option<Spanned<String>>,
    /// The scope's name; `None` was reported when it was read.
    pub scope: Option<Spanned<String>>,
    /// A where fragment; the span covers the TOML string with its quotes.
    pub condition: Option<Spanned<String>>,
    /// The columns to ask for.
    pub columns: Option<Spanned<Vec<Spanned<String>>>>,
    /// The columns to leave out.
    pub except: Option<Spanned<Vec<Spanned<String>>>>,
    /// The key, where the table has no primary key.
    pub key: Option<Spanned<Vec<Spanned<String>>>>,
    /// Columns that are redacted in `Debug`.
    pub secret: Vec<Spanned<String>>,
    /// Columns that rows are found by.
    pub finders: Vec<Spanned<String>>,
    /// How often the table changes.
    pub change_frequency: ChangeFrequency,
    /// Whether rows are kept on the device.
    pub persist: Persist,
    /// What is loaded at the start.
    pub load: Option<Spanned<Load>>,
    /// How much of a row its changes carry.
    pub replica: Replica,
    /// Seconds after which rows are shown as stale.
    pub stale_after_s: Option<u32>,
    /// Seconds after which rows are deleted.
    pub max_age_s: Option<u32>,
    /// The fields of the struct that it is derived for: one for each of its columns.
    pub fields: Option<Vec<StructField>>,
}

/// A field of a struct that derives a shape.
#[derive(Debug, Clone)]
pub struct StructField {
    /// Its name, as Rust spells it.
    pub ident: String,
    /// Its doc comment, lines.
    pub docs: Vec<String>,
    /// The column.
    pub column: Spanned<String>,
    /// The type as written.
    pub ty: Spanned<WrittenType>,
    /// The module that reads and writes it.
    pub with: Option<Spanned<String>>,
    /// Said to be a JSON document.
    pub json: Option<Span>,
    /// NULL is read as the type's default.
    pub default: Option<Span>,
    /// Said to be redacted.
    pub secret: Option<Span>,
}

/// A field's type, as far as its words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenType {
    /// All of it but [`WrittenType::arguments`].
    pub text: String,
    /// The last word of a path, such as `Option`; empty for what is no path.
    pub word: String,
    /// The types between `<` and `>`.
    pub arguments: Vec<WrittenType>,
}

impl Shape {
    /// The field of a column, of a struct that has one.
    pub(crate) fn field(&self, column: &str) -> Option<&StructField> {
        self.fields.iter().flatten().find(|field| field.column.value == column)
    }
}

impl WrittenType {
    /// The one type between `<` and `>` of a type of this name.
    pub fn around(&self, word: &str) -> Option<&Self> {
        match self.arguments.as_slice() {
            [only] if self.word == word => Some(only),
            _ => None,
        }
    }

    /// Without the path in front.
    pub fn short(&self) -> String {
        format!("{}{}", self.word, self.bracketed(Self::short))
    }

    /// What stands between `<` and `>`.
    pub fn arguments_text(&self) -> String {
        self.arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn bracketed(&self, show: fn(&Self) -> String) -> String {
        let shown: Vec<String> = self.arguments.iter().map(show).collect();
        if shown.is_empty() { String::new() } else { format!("<{}>", shown.join(", ")) }
    }
}

impl std::fmt::Display for WrittenType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.text, self.bracketed(Self::to_string))
    }
}

/// How often a table changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeFrequency {
    /// `rare`
    Rare,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `very_high`
    VeryHigh,
}

impl ChangeFrequency {
    /// The word in the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rare => "rare",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::VeryHigh => "very_high",
        }
    }
}

/// Whether rows are kept on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persist {
    /// As the change frequency has it.
    Auto,
    /// Kept.
    Always,
    /// Not kept.
    Never,
}

/// What is loaded at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// Every row.
    All,
    /// The newest rows by a column.
    Newest {
        /// How many.
        count: u32,
        /// By which column.
        by: Spanned<String>,
    },
    /// Nothing but what changes from now on.
    FromNow,
}

const SECTIONS: &[&str] = &[
    "schema",
    "overrides",
    "server",
    "output",
    "rust",
    "types",
    "rename",
    "derive",
    "attribute",
    "session",
    "scope",
    "shape",
    "set",
    "data_version",
];

/// Reads a manifest file.
///
/// `None` when the file can't be read or is not TOML. What is wrong in itself is left out of the manifest and stands in
/// the report, so that a later stage can still say what else is wrong.
pub fn read(sources: &mut SourceMap, path: &Path, report: &mut Report) -> Option<Manifest> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file = sources.add(path, text);
            parse(sources, file, report)
        }
        Err(error) => {
            let missing = Diagnostic::error(&codes::FILE, format!("can't read `{}`: {error}", path.display()));
            report.push(match nearest_file(path) {
                Some(near) => missing.help(format!("did you mean `{}`?", near.display())),
                None => missing.help("`shapegen init` writes a manifest from a schema"),
            });
            None
        }
    }
}

/// Reads a manifest that is already among the sources; see [`read`].
pub fn parse(sources: &SourceMap, file: FileId, report: &mut Report) -> Option<Manifest> {
    let root = document::parse(sources, file, report)?;
    let mut reader = Reader::new(file, report);
    reader.known_keys(&root, "the manifest", SECTIONS);
    for (section, what) in [("set", "sets of shapes"), ("data_version", "the data version")] {
        if let Some((key, _)) = root.get_key_value(section) {
            reader.not_yet(key.span(), &format!("{what} (`[{section}]`)"));
        }
    }
    let settings = settings(&mut reader, &root);
    Some(Manifest { shapes: shape::shapes(&mut reader, &root), ..settings })
}

/// Reads what a derived shape takes from a manifest: everything but what concerns the manifest's own shapes.
pub(crate) fn parse_settings(sources: &SourceMap, file: FileId, report: &mut Report) -> Option<Manifest> {
    let root = document::parse(sources, file, report)?;
    let mut reader = Reader::new(file, report);
    reader.known_keys(&root, "the manifest", SECTIONS);
    let settings = settings(&mut reader, &root);
    Some(Manifest { renames: Vec::new(), derives: Vec::new(), attributes: Vec::new(), ..settings })
}

/// Reads what a struct says of its shape, in the form of a manifest, into the settings of a real one where it names one.
pub(crate) fn parse_derived(
    sources: &SourceMap,
    file: FileId,
    named: Option<Manifest>,
    report: &mut Report,
) -> Option<Manifest> {
    let root = document::parse(sources, file, report)?;
    let mut reader = Reader::new(file, report);
    let settings = match named {
        Some(mut named) => {
            named.scopes.extend(settings::scopes(&mut reader, &root));
            named
        }
        None => settings(&mut reader, &root),
    };
    Some(Manifest { shapes: shape::shapes(&mut reader, &root), place: Place::Struct, ..settings })
}

fn settings(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Manifest {
    let schema = schema(reader, root);
    let overrides = reader.string(root, "overrides");
    let server = settings::server(reader, root);
    let output = settings::output(reader, root);
    let rust = types::rust(reader, root);
    let rules = types::types(reader, root);
    let renames = types::renames(reader, root);
    let derives = types::derives(reader, root);
    let attributes = types::attributes(reader, root);
    let session = settings::session(reader, root);
    let scopes = settings::scopes(reader, root);
    let file = reader.file();
    Manifest {
        file,
        schema,
        overrides,
        server,
        output,
        rust,
        types: rules,
        renames,
        derives,
        attributes,
        session,
        scopes,
        shapes: Vec::new(),
        place: Place::Manifest,
    }
}

fn schema(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Vec<Spanned<String>> {
    let Some(value) = root.get("schema") else {
        reader.push(
            Diagnostic::error(&codes::MANIFEST_MISSING, "the manifest names no schema")
                .at(Span::new(reader.file(), 0..0), "")
                .help("begin with `schema = [\"schema.sql\"]`: files, folders and globs, relative to the manifest"),
        );
        return Vec::new();
    };
    match value.get_ref() {
        DeValue::String(text) => vec![Spanned::new(text.to_string(), reader.span(value.span()))],
        _ => reader.strings(root, "schema").map(|list| list.value).unwrap_or_default(),
    }
}

impl Manifest {
    /// Who wrote what stands at a place.
    pub(crate) fn writer(&self, at: Span) -> Writer {
        let at_struct = self.place == Place::Struct
            && self.shapes.iter().any(|shape| shape.fields.is_some() && shape.name.span.file == at.file);
        match at_struct {
            true if at.file == self.file => Writer::Struct,
            true => Writer::StructOfManifest,
            false => Writer::Manifest,
        }
    }

    /// The folder that its paths are relative to.
    pub fn folder(&self, sources: &SourceMap) -> PathBuf {
        sources.file(self.file).path.parent().map(Path::to_path_buf).unwrap_or_default()
    }
}
