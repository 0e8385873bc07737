//! What is said of a whole struct or enum: where its schema is, and what its shape is.

use std::ops::Range;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, LitStr};

use super::attribute::{self, Entry, Value, Vocabulary};
use super::document::{Document, Origin};
use super::field::Field;
use crate::diagnostics::codes;

/// What can be said of a struct: what a shape of a manifest says, too, and what a manifest says elsewhere.
pub(super) const VOCABULARY: Vocabulary = Vocabulary {
    of: "a struct",
    keys: &[
        "table",
        "name",
        "schema",
        "overrides",
        "manifest",
        "session",
        "scope",
        "where",
        "caller",
        "unguarded",
        "change_frequency",
        "persist",
        "load",
        "replica",
        "stale_after",
        "max_age",
        "key",
        "finders",
        "roles",
        "crate",
    ],
    refused: &["row", "columns", "except", "secret", "writes", "via"],
};

/// What can be said of a value of the session.
const OF_SESSION: Vocabulary = Vocabulary { of: "a value of the session", keys: &["identity", "claim"], refused: &[] };

/// Where the schema is.
pub(super) enum Origins<'e> {
    /// Named here.
    Schema(&'e Entry),
    /// What a manifest names.
    Manifest(&'e LitStr),
}

impl Origins<'_> {
    /// What is wrong with the files is said there.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Schema(Entry { value: Value::Text(path), .. }) => path.span(),
            Self::Manifest(path) => path.span(),
            Self::Schema(entry) => entry.key.span(),
        }
    }

    /// Writes down which schema it is. Where a manifest names it, its path is a remark.
    pub(super) fn write(
        &self,
        entries: &[Entry],
        document: &mut Document,
        errors: &mut Vec<syn::Error>,
    ) -> Option<Range<usize>> {
        let overrides = find(entries, "overrides");
        match self {
            Self::Schema(schema) => {
                let named = [Some(*schema), overrides].into_iter().flatten();
                errors.extend(named.filter_map(|entry| document.entry(entry).err()));
                None
            }
            Self::Manifest(path) => {
                errors.extend(overrides.map(said_by_manifest));
                Some(document.remark(&path.value(), path.span()))
            }
        }
    }
}

fn said_by_manifest(entry: &Entry) -> syn::Error {
    syn::Error::new(entry.key.span(), format!("`{}` is what the manifest says\n= help: remove it here", entry.key))
}

/// The schema or the manifest that is named; `None` after an error.
pub(super) fn origins<'e>(entries: &'e [Entry], who: &Ident, errors: &mut Vec<syn::Error>) -> Option<Origins<'e>> {
    let (schema, manifest) = (find(entries, "schema"), find(entries, "manifest"));
    let wrong = match (schema, manifest) {
        (None, Some(Entry { value: Value::Text(path), .. })) => return Some(Origins::Manifest(path)),
        (Some(Entry { value: Value::Wrong, .. }), _) | (_, Some(Entry { value: Value::Wrong, .. })) => return None,
        (None, Some(manifest)) => {
            syn::Error::new(manifest.key.span(), "`manifest` is a path: `manifest = \"shapes.toml\"`")
        }
        (Some(schema), None) if is_paths(&schema.value) => return Some(Origins::Schema(schema)),
        (Some(schema), None) => {
            let message = "`schema` is a path or a list of paths: `schema = \"schema.sql\"`";
            syn::Error::new(schema.key.span(), message)
        }
        (Some(schema), Some(_)) => syn::Error::new(
            schema.key.span(),
            "`schema` and `manifest` exclude each other: a manifest names the schema\n= help: remove one of them",
        ),
        (None, None) => {
            let message = format!("`{who}` doesn't say where its schema is [{}]", codes::MANIFEST_MISSING.id);
            let help = "\n= help: name the SQL, `schema = \"schema.sql\"`, or a manifest, `manifest = \"shapes.toml\"`, \
                        relative to the crate's folder";
            syn::Error::new(who.span(), message + help)
        }
    };
    errors.push(wrong);
    None
}

fn is_paths(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::List(paths, _) => !paths.is_empty() && paths.iter().all(|path| matches!(path, Value::Text(_))),
        _ => false,
    }
}

/// What a struct can't do without, besides its schema. The scope, which differs by where the schema is, is asked for with
/// it where that is known.
pub(super) fn missing(entries: &[Entry], row: &Ident, origins: Option<&Origins<'_>>, errors: &mut Vec<syn::Error>) {
    let mut say = |message: String| errors.push(syn::Error::new(row.span(), message));
    if find(entries, "table").is_none() {
        say(format!("`{row}` names no table [{}]\n= help: add it: `table = \"…\"`", codes::MANIFEST_MISSING.id));
    }
    if find(entries, "scope").is_none() {
        say(format!(
            "`{row}` has no scope: who may see its rows? [{}]{}",
            codes::SCOPE_MISSING.id,
            scope_helps(origins)
        ));
    }
    if find(entries, "change_frequency").is_none() {
        say(format!(
            "`{row}` doesn't say how often its table changes [{}]\n= help: add `change_frequency = \"low\"`, or `rare`, \
             `medium`, `high`, `very_high`",
            codes::MANIFEST_MISSING.id
        ));
    }
}

/// How a scope is said.
fn scope_helps(origins: Option<&Origins<'_>>) -> String {
    let named = match origins {
        Some(Origins::Manifest(_)) => "\n= help: name a scope of the manifest: `scope = \"user\"`",
        _ => "",
    };
    let own = "\n= help: say which rows a person sees: `scope = \"user_id = $user_id\"`";
    let everybody = "\n= help: if everybody may see all of its rows, say so: `scope = \"public\"`";
    format!("{named}{own}{everybody}")
}

pub(super) fn find<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.is(key))
}

/// The text of an entry that is a string.
pub(super) fn text<'e>(entries: &'e [Entry], key: &str, errors: &mut Vec<syn::Error>) -> Option<&'e LitStr> {
    let entry = find(entries, key)?;
    match &entry.value {
        Value::Text(text) => Some(text),
        Value::Wrong => None,
        _ => {
            errors.push(syn::Error::new(entry.key.span(), format!("`{key}` is a string: `{key} = \"…\"`")));
            None
        }
    }
}

/// The path of the runtime: what `crate = "…"` says, or what the crate's dependencies say.
pub(super) fn runtime(entries: &[Entry], usual: &TokenStream, errors: &mut Vec<syn::Error>) -> TokenStream {
    let Some(path) = text(entries, "crate", errors) else { return usual.clone() };
    match path.parse_with(syn::Path::parse_mod_style) {
        Ok(path) => quote!(#path),
        Err(_) => {
            let message = format!("`{}` is not the path of a crate: write it as `::shapegen_runtime`", path.value());
            errors.push(syn::Error::new(path.span(), message));
            usual.clone()
        }
    }
}

/// A struct's shape in the form of a manifest.
pub(super) struct Container<'e> {
    pub(super) entries: &'e [Entry],
    pub(super) row: &'e Ident,
    /// The shape's name and where it was said.
    pub(super) name: (String, Span),
    pub(super) fields: &'e [Field],
    pub(super) origins: &'e Origins<'e>,
}

/// What has a meaning of its own here, or none; everything else is an entry of the shape.
const OWN: [&str; 13] = [
    "name",
    "schema",
    "overrides",
    "manifest",
    "session",
    "scope",
    "caller",
    "unguarded",
    "crate",
    "row",
    "columns",
    "except",
    "secret",
];

/// Lists of names.
const LISTS: [(&str, &str); 4] =
    [("caller", "workspace_id"), ("finders", "user_id"), ("key", "order_id, line"), ("roles", "admin")];

impl Container<'_> {
    /// Writes it down. Where a manifest is named, the place of its path is returned.
    pub(super) fn write(&self, document: &mut Document, errors: &mut Vec<syn::Error>) -> Option<Range<usize>> {
        let mut written = self.refused();
        let manifest = self.origins.write(self.entries, document, &mut written);
        if manifest.is_some() {
            written.extend(find(self.entries, "session").map(said_by_manifest));
        } else {
            self.session(document, &mut written);
        }
        let scope = self.scope(document, &mut written);
        let (name, span) = &self.name;
        document.plain("[shape.").string(name, *span).plain("]\nrow = ");
        document.string(&self.row.to_string(), self.row.span()).plain("\n");
        match scope {
            Some(Scope::Named(entry)) => written.extend(document.entry(entry).err()),
            Some(Scope::Own(span)) => {
                document.plain("scope = ").string(&self.scope_name(), span).plain("\n");
            }
            // So that the other rules find one, and have nothing to add.
            None => {
                document.plain("scope = \"public\"\n");
            }
        }
        if find(self.entries, "change_frequency").is_none_or(|said| matches!(said.value, Value::Wrong | Value::Nothing))
        {
            document.plain("change_frequency = \"low\"\n");
        }
        for entry in self.entries.iter().filter(|entry| OWN.iter().all(|own| !entry.is(own))) {
            written.extend(self.entry(document, entry).err());
        }
        self.columns(document, &mut written);
        errors.extend(written);
        manifest
    }

    /// An entry as the manifest has it.
    fn entry(&self, document: &mut Document, entry: &Entry) -> syn::Result<()> {
        let Some((_, example)) = LISTS.iter().find(|(list, _)| entry.is(list)) else { return document.entry(entry) };
        let names = match &entry.value {
            Value::Wrong => return Ok(()),
            Value::List(values, _) if values.iter().all(|value| matches!(value, Value::Text(_))) => None,
            Value::Tokens(_) => {
                let names = entry.entries()?;
                names.iter().any(|name| !matches!(name.value, Value::Nothing)).then_some(names)
            }
            _ => Some(Vec::new()),
        };
        let Some(names) = names else { return document.entry(entry) };
        // What was most likely meant, so that nobody misses it.
        let meant: Vec<(String, Span)> = match &entry.value {
            Value::Text(text) => vec![(text.value(), text.span())],
            _ => names.iter().map(|name| (name.word(), name.key.span())).collect(),
        };
        document.name(&entry.word(), entry.key.span()).plain(" = ");
        document.strings(meant.iter().map(|(name, span)| (name.as_str(), Origin::from(*span)))).plain("\n");
        let message = format!("`{0}` is a list of names: `{0}({example})`", entry.key);
        Err(syn::Error::new(entry.key.span(), message))
    }

    /// What a manifest's shape says and a struct says otherwise.
    fn refused(&self) -> Vec<syn::Error> {
        let keys = [
            ("row", "the row type is the struct itself", "remove it"),
            ("columns", "the columns are the struct's fields", "remove it"),
            ("except", "the columns are the struct's fields", "remove it, and the fields that are not wanted"),
            ("secret", "a struct says it at the field", "mark the field with `#[shape(secret)]`"),
        ];
        let found = keys.into_iter().filter_map(|(key, why, help)| Some((find(self.entries, key)?, why, help)));
        found
            .map(|(entry, why, help)| {
                let message = format!("`{}` is for manifests: {why}\n= help: {help}", entry.key);
                syn::Error::new(entry.key.span(), message)
            })
            .collect()
    }

    /// `session(user_id(identity), company_id)`; a claim is named like its value unless it says otherwise.
    fn session(&self, document: &mut Document, errors: &mut Vec<syn::Error>) {
        let Some(session) = find(self.entries, "session").filter(|said| !matches!(said.value, Value::Wrong)) else {
            return;
        };
        let values = match session.entries() {
            Ok(values) => values,
            Err(_) => {
                let message = "`session` is a list of its values: `session(user_id(identity), company_id)`";
                errors.push(syn::Error::new(session.key.span(), message));
                // What was most likely meant, so that nobody misses it.
                let Value::Text(text) = &session.value else { return };
                document.plain("[session]\n").string(&text.value(), text.span());
                document.plain(" = { claim = \"\", identity = true }\n");
                return;
            }
        };
        document.plain("[session]\n");
        for value in values {
            document.name(&value.word(), value.key.span()).plain(" = { ");
            let parts = match &value.value {
                Value::Nothing => Vec::new(),
                Value::Tokens(group) => attribute::listed_entries(group, &OF_SESSION, errors),
                _ => {
                    errors.push(of_session(value.key.span()));
                    // Most likely so, and nobody misses it.
                    document.plain("identity = true, ");
                    Vec::new()
                }
            };
            if !parts.iter().any(|part| part.is("claim")) {
                document.plain("claim = ").string(&value.word(), value.key.span()).plain(", ");
            }
            for part in &parts {
                match &part.value {
                    Value::Nothing if part.is("identity") => {
                        document.name("identity", part.key.span()).plain(" = true, ");
                    }
                    Value::Text(text) if part.is("claim") => {
                        document.name("claim", part.key.span()).plain(" = ").string(&text.value(), text.span());
                        document.plain(", ");
                    }
                    wrong => {
                        if !matches!(wrong, Value::Wrong) {
                            errors.push(of_session(part.key.span()));
                        }
                        document.name(&part.word(), part.key.span()).plain(" = ");
                        document.plain(if part.is("claim") { "\"\", " } else { "true, " });
                    }
                }
            }
            document.plain("}\n");
        }
    }

    /// The scope: one that has a name, or a condition that is declared by the name of the struct. `None` after an error.
    fn scope(&self, document: &mut Document, errors: &mut Vec<syn::Error>) -> Option<Scope<'_>> {
        let caller = find(self.entries, "caller");
        let unguarded = find(self.entries, "unguarded");
        let scope = find(self.entries, "scope")?;
        let text = match &scope.value {
            Value::Text(text) => text.value(),
            Value::Tokens(group) => group.stream().to_string(),
            Value::Wrong => return None,
            _ => {
                let message = "`scope` is a condition, or the name of one";
                errors.push(syn::Error::new(scope.key.span(), format!("{message}{}", scope_helps(Some(self.origins)))));
                return None;
            }
        };
        if text.trim().is_empty() {
            let message = "`scope` says nothing: who may see the rows?";
            errors.push(syn::Error::new(scope.key.span(), format!("{message}{}", scope_helps(Some(self.origins)))));
            return None;
        }
        if is_word(&text) {
            for entry in [caller, unguarded].into_iter().flatten() {
                let message = format!("`{}` goes with a condition as scope, not with the name of one", entry.key);
                let help = match self.origins {
                    Origins::Schema(_) => "write the rule as the scope: `scope = \"workspace_id = $workspace_id\"`",
                    Origins::Manifest(_) => "remove it: a scope of the manifest says itself what its caller binds",
                };
                errors.push(syn::Error::new(entry.key.span(), format!("{message}\n= help: {help}")));
            }
            return Some(Scope::Named(scope));
        }
        document.plain("[scope.").string(&self.scope_name(), scope.key.span()).plain("]\nwhere = ");
        match &scope.value {
            Value::Text(text) => document.fragment(text),
            Value::Tokens(group) => document.words(group),
            _ => {}
        }
        document.plain("\n");
        errors.extend(caller.and_then(|entry| self.entry(document, entry).err()));
        if let Some(entry) = unguarded {
            let told = matches!(entry.value, Value::Text(_));
            if told {
                errors.extend(document.entry(entry).err());
            } else {
                document.plain("unguarded = \"…\"\n");
            }
            if !told && !matches!(entry.value, Value::Wrong) {
                let message = "`unguarded` must say why: `unguarded = \"the catalog is public\"`";
                errors.push(syn::Error::new(entry.key.span(), message));
            }
        }
        Some(Scope::Own(scope.key.span()))
    }

    fn scope_name(&self) -> String {
        self.row.to_string()
    }

    /// `columns`, `key` and `secret`, from the fields.
    fn columns(&self, document: &mut Document, errors: &mut Vec<syn::Error>) {
        // One that two fields have is reported there.
        let mut columns: Vec<(&Field, String, Span)> = Vec::new();
        for field in self.fields.iter().filter(|field| field.skip.is_none()) {
            let (name, span) = field.column();
            if columns.iter().all(|(_, earlier, _)| *earlier != name) {
                columns.push((field, name, span));
            }
        }
        document.plain("columns = ");
        let start = document.text.len();
        document.plain("[");
        for (field, name, span) in &columns {
            let written = document.text.len();
            document.string(name, *span);
            if field.doubtful {
                document.doubt(written..document.text.len());
            }
            document.plain(", ");
        }
        document.plain("]");
        if self.fields.iter().any(|field| field.doubtful) {
            document.doubt(start..document.text.len());
        }
        document.plain("\n");
        let key: Vec<_> = columns.iter().filter(|(field, ..)| field.key.is_some()).collect();
        let marks = || key.iter().filter_map(|(field, ..)| field.key);
        match (find(self.entries, "key"), marks().next()) {
            (Some(_), Some(mark)) => {
                let message = "the key is said twice: by `key` of the struct, and here\n= help: remove one of them";
                errors.push(syn::Error::new(mark, message));
            }
            (None, Some(mark)) => {
                document.plain("key = ");
                let start = document.text.len();
                document.strings(key.iter().map(|(_, name, span)| (name.as_str(), Origin::from(*span))));
                document.around(start, Origin::from(mark));
                if key.iter().any(|(field, ..)| field.doubtful) {
                    document.doubt(start..document.text.len());
                }
                document.plain("\n");
            }
            (_, None) => {}
        }
        let secret = columns.iter().filter(|(field, ..)| field.secret.is_some() || field.is_redacted());
        let mut secret = secret.map(|(_, name, span)| (name.as_str(), Origin::from(*span))).peekable();
        if secret.peek().is_some() {
            document.plain("secret = ").strings(secret).plain("\n");
        }
    }
}

fn of_session(span: Span) -> syn::Error {
    let message = "a value of the session is `user_id`, `user_id(identity)` or `user_id(claim = \"sub\")`";
    syn::Error::new(span, message)
}

enum Scope<'e> {
    Named(&'e Entry),
    Own(Span),
}

/// One word: the name of a scope, where a condition would compare something.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
