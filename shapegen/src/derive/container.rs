//! What is said of a whole struct or enum: where its schema is, and what its shape is.

use std::ops::Range;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, LitStr};

use super::attribute::{Entry, Value};
use super::document::{Document, Origin};
use super::field::Field;
use crate::diagnostics::codes;

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
        (None, Some(manifest)) => {
            syn::Error::new(manifest.key.span(), "`manifest` is a path: `manifest = \"shapes.toml\"`")
        }
        (Some(schema), None) => return Some(Origins::Schema(schema)),
        (Some(schema), Some(_)) => syn::Error::new(
            schema.key.span(),
            "`schema` and `manifest` exclude each other: a manifest names the schema\n= help: remove one of them",
        ),
        (None, None) => {
            let message = format!("nothing says where the schema of `{who}` is [{}]", codes::MANIFEST_MISSING.id);
            let help = "\n= help: name the SQL, `schema = \"schema.sql\"`, or a manifest, `manifest = \"shapes.toml\"`, \
                        relative to the crate's folder";
            syn::Error::new(who.span(), message + help)
        }
    };
    errors.push(wrong);
    None
}

pub(super) fn find<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.is(key))
}

/// The text of an entry that is a string.
pub(super) fn text<'e>(entries: &'e [Entry], key: &str, errors: &mut Vec<syn::Error>) -> Option<&'e LitStr> {
    let entry = find(entries, key)?;
    match &entry.value {
        Value::Text(text) => Some(text),
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

/// What has a meaning of its own here; everything else is an entry of the shape.
const OWN: [&str; 8] = ["name", "schema", "overrides", "manifest", "session", "caller", "unguarded", "crate"];

impl Container<'_> {
    /// Writes it down. Where a manifest is named, the place of its path is returned.
    pub(super) fn write(&self, document: &mut Document, errors: &mut Vec<syn::Error>) -> Option<Range<usize>> {
        let mut written = self.refused();
        let manifest = self.origins.write(self.entries, document, &mut written);
        if manifest.is_some() {
            written.extend(find(self.entries, "session").map(said_by_manifest));
        } else {
            written.extend(self.session(document).err());
        }
        let scope = self.scope(document);
        let (name, span) = &self.name;
        document.plain("[shape.").string(name, *span).plain("]\nrow = ");
        document.string(&self.row.to_string(), self.row.span()).plain("\n");
        match scope {
            Ok(Scope::Named(entry)) => written.extend(document.entry(entry).err()),
            Ok(Scope::Own(span)) => {
                document.plain("scope = ").string(&self.scope_name(), span).plain("\n");
            }
            Err(error) => {
                written.push(error);
                // So that the other rules find one, and have nothing to add.
                document.plain("scope = \"public\"\n");
            }
        }
        let keys = ["scope", "row", "columns", "except"];
        for entry in self.entries.iter().filter(|entry| OWN.iter().chain(&keys).all(|own| !entry.is(own))) {
            written.extend(document.entry(entry).err());
        }
        self.columns(document);
        errors.extend(written);
        manifest
    }

    /// What a manifest's shape says and a struct says by itself.
    fn refused(&self) -> Vec<syn::Error> {
        let keys = [
            ("row", "the row type is the struct itself"),
            ("columns", "the columns are the struct's fields"),
            ("except", "the columns are the struct's fields: what has none is left out"),
        ];
        let found = keys.into_iter().filter_map(|(key, why)| Some((find(self.entries, key)?, why)));
        found
            .map(|(entry, why)| {
                let message = format!("`{}` is for manifests: {why}\n= help: remove it", entry.key);
                syn::Error::new(entry.key.span(), message)
            })
            .collect()
    }

    /// `session(user_id(identity), company_id)`; a claim is named like its value unless it says otherwise.
    fn session(&self, document: &mut Document) -> syn::Result<()> {
        let Some(session) = find(self.entries, "session") else { return Ok(()) };
        document.plain("[session]\n");
        for value in session.entries()? {
            let name = value.key.to_string();
            document.put(&name, value.key.span());
            document.plain(" = { ");
            let parts = match &value.value {
                Value::Nothing => Vec::new(),
                _ => value.entries()?,
            };
            if !parts.iter().any(|part| part.is("claim")) {
                document.plain("claim = ").string(&name, value.key.span()).plain(", ");
            }
            for part in &parts {
                document.put(&part.key.to_string(), part.key.span());
                document.plain(" = ");
                match &part.value {
                    Value::Nothing => {
                        document.put("true", part.key.span());
                    }
                    Value::Text(text) => {
                        document.string(&text.value(), text.span());
                    }
                    _ => {
                        let message =
                            "a value of the session is `user_id`, `user_id(identity)` or `user_id(claim = \"sub\")`";
                        return Err(syn::Error::new(part.key.span(), message));
                    }
                }
                document.plain(", ");
            }
            document.plain("}\n");
        }
        Ok(())
    }

    /// The scope: one that has a name, or a condition that is declared by the name of the struct.
    fn scope(&self, document: &mut Document) -> syn::Result<Scope<'_>> {
        let caller = find(self.entries, "caller");
        let unguarded = find(self.entries, "unguarded");
        let Some(scope) = find(self.entries, "scope") else {
            let message = format!("`{}` has no scope: who may see its rows? [{}]", self.row, codes::SCOPE_MISSING.id);
            let helps = match self.origins {
                Origins::Schema(_) => "\n= help: say which rows a person sees: `scope = \"user_id = $user_id\"`",
                Origins::Manifest(_) => {
                    "\n= help: name a scope of the manifest, `scope = \"user\"`, or say which rows a \
                                         person sees: `scope = \"user_id = $user_id\"`"
                }
            };
            let everybody = "\n= help: if everybody may see all of its rows, say so: `scope = \"public\"`";
            return Err(syn::Error::new(self.row.span(), message + helps + everybody));
        };
        let named = match &scope.value {
            Value::Text(text) => is_word(&text.value()),
            Value::Tokens(group) => is_word(&group.stream().to_string()),
            _ => true,
        };
        if named {
            if let Some(entry) = caller.or(unguarded) {
                let message = format!("`{}` goes with a condition as scope, not with the name of one", entry.key);
                let help = match self.origins {
                    Origins::Schema(_) => "write the rule as the scope: `scope = \"workspace_id = $workspace_id\"`",
                    Origins::Manifest(_) => "a scope of the manifest says itself what its caller binds",
                };
                return Err(syn::Error::new(entry.key.span(), format!("{message}\n= help: {help}")));
            }
            return Ok(Scope::Named(scope));
        }
        document.plain("[scope.").string(&self.scope_name(), scope.key.span()).plain("]\nwhere = ");
        match &scope.value {
            Value::Text(text) => document.fragment(text),
            Value::Tokens(group) => document.words(group.stream()),
            _ => {}
        }
        document.plain("\n");
        for entry in [caller, unguarded].into_iter().flatten() {
            document.entry(entry)?;
        }
        Ok(Scope::Own(scope.key.span()))
    }

    fn scope_name(&self) -> String {
        self.row.to_string()
    }

    /// `columns`, `key` and `secret`, from the fields.
    fn columns(&self, document: &mut Document) {
        let columns: Vec<(String, Span)> =
            self.fields.iter().filter(|field| field.skip.is_none()).map(Field::column).collect();
        let list = |columns: &[(String, Span)], document: &mut Document| {
            document.strings(columns.iter().map(|(name, span)| (name.as_str(), Origin::from(*span))));
        };
        document.plain("columns = ");
        list(&columns, document);
        let of = |pick: fn(&Field) -> bool| -> Vec<(String, Span)> {
            self.fields.iter().filter(|field| field.skip.is_none() && pick(field)).map(Field::column).collect()
        };
        for (word, columns) in [
            ("key", of(|field| field.key.is_some())),
            ("secret", of(|field| field.secret.is_some() || field.is_redacted())),
        ] {
            // What the struct says itself is an entry already.
            if !columns.is_empty() && find(self.entries, word).is_none() {
                document.plain(&format!("\n{word} = "));
                list(&columns, document);
            }
        }
        document.plain("\n");
    }
}

enum Scope<'e> {
    Named(&'e Entry),
    Own(Span),
}

/// One word: the name of a scope, where a condition would compare something.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
