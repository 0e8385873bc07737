//! Selectors of the manifest: which table, column, type or label a name stands for.

use std::collections::BTreeSet;

use crate::catalog::{BaseType, Catalog, Column, QualifiedName, Table};
use crate::diagnostics::{Diagnostic, Report, codes, listed};
use crate::source::Spanned;
use crate::sql::types as built_in;

use super::selection::{names, shown};

/// What a selector stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// `*`
    All,
    Table(QualifiedName),
    Column(QualifiedName, String),
    /// A type of `pg_catalog`, by its `typname`.
    BuiltIn(&'static str),
    /// A type of the catalog, or of an extension.
    Type(QualifiedName),
    /// A label of an enum, or an attribute of a composite type.
    Part(QualifiedName, String),
    /// A newtype, by its Rust name.
    Newtype(String),
}

/// Kinds of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    Table,
    Column,
    BuiltIn,
    Type,
    Part,
    Newtype,
}

impl Target {
    fn kind(&self) -> Kind {
        match self {
            Self::All => Kind::All,
            Self::Table(_) => Kind::Table,
            Self::Column(..) => Kind::Column,
            Self::BuiltIn(_) => Kind::BuiltIn,
            Self::Type(_) => Kind::Type,
            Self::Part(..) => Kind::Part,
            Self::Newtype(_) => Kind::Newtype,
        }
    }

    /// The selector that says it without doubt.
    pub(super) fn spelt(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Table(name) => shown(name),
            Self::Column(table, column) => format!("{}.{column}", shown(table)),
            Self::BuiltIn(name) => (*name).to_owned(),
            Self::Type(name) => format!("{}.{}", name.schema, name.name),
            Self::Part(name, part) => format!("{}.{}.{part}", name.schema, name.name),
            Self::Newtype(name) => name.clone(),
        }
    }
}

/// Finds what selectors stand for.
pub(super) struct Selectors<'c> {
    catalog: &'c Catalog,
    /// Types that are no declared ones, but those of columns and attributes: of extensions, mostly.
    used: BTreeSet<&'c QualifiedName>,
    newtypes: Vec<&'c str>,
}

impl<'c> Selectors<'c> {
    pub(super) fn new(catalog: &'c Catalog, newtypes: Vec<&'c str>) -> Self {
        let of_tables = catalog.tables.values().flat_map(|table| &table.columns).map(|column| &column.data_type);
        let of_composites = catalog.composites.values().flat_map(|composite| &composite.attributes).map(|(_, ty)| ty);
        let of_domains = catalog.domains.values().map(|domain| &domain.base);
        let of_ranges = catalog.ranges.values().map(|range| &range.subtype);
        let all = of_tables.chain(of_composites).chain(of_domains).chain(of_ranges);
        let used = all.filter_map(|data_type| match &data_type.base {
            BaseType::Extension { name, .. } | BaseType::Opaque(name) => Some(name),
            _ => None,
        });
        Self { catalog, used: used.collect(), newtypes }
    }

    /// The one thing of these kinds that a selector stands for; another number of them is reported. `section` is the
    /// manifest's.
    pub(super) fn find(
        &self,
        selector: &Spanned<String>,
        kinds: &[Kind],
        section: &str,
        report: &mut Report,
    ) -> Option<Target> {
        let found = self.candidates(&selector.value);
        let fitting: Vec<&Target> = found.iter().filter(|target| kinds.contains(&target.kind())).collect();
        let text = &selector.value;
        let diagnostic = match (fitting.as_slice(), found.first()) {
            ([target], _) => return Some((*target).clone()),
            ([], None) => {
                let spellings = self.spellings(kinds);
                let message = format!("`{text}` in `[{section}]` names nothing of the schema");
                Diagnostic::error(&codes::SELECTOR, message)
                    .at(selector.span, format!("no {}", words(kinds)))
                    .suggest(text, spellings.iter().map(String::as_str))
            }
            ([], Some(other)) => {
                let message = format!("`{text}` in `[{section}]` is {}", one(other.kind()));
                let diagnostic = Diagnostic::error(&codes::SELECTOR, message)
                    .at(selector.span, format!("must be a {}", words(kinds)));
                match (section, other) {
                    ("rename", Target::Table(_)) => diagnostic.help("a shape names its row type: `row = \"…\"`"),
                    _ => diagnostic,
                }
            }
            (several, _) => {
                let spelt: Vec<String> = several.iter().map(|target| target.spelt()).collect();
                let spelt: Vec<&str> = spelt.iter().map(String::as_str).collect();
                let message = format!("`{text}` in `[{section}]` names several things");
                Diagnostic::error(&codes::SELECTOR, message)
                    .at(selector.span, "could be any of them")
                    .help(format!("say {}", listed(&spelt, "or")))
            }
        };
        report.push(diagnostic);
        None
    }

    fn candidates(&self, text: &str) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        if text == "*" {
            found.insert(Target::All);
        }
        if self.newtypes.contains(&text) {
            found.insert(Target::Newtype(text.to_owned()));
        }
        let bare = text.strip_prefix("pg_catalog.").unwrap_or(text);
        let spelling = built_in::alias(bare).unwrap_or(bare);
        found.extend(built_in::built_in(spelling).map(Target::BuiltIn));
        for name in names(text) {
            if self.catalog.tables.contains_key(&name) {
                found.insert(Target::Table(name.clone()));
            }
            if self.is_type(&name) {
                found.insert(Target::Type(name));
            }
        }
        // An extension's types are wherever it was put.
        let of_extensions = self.used.iter().filter(|name| name.name == text);
        found.extend(of_extensions.map(|name| Target::Type((*name).clone())));
        for (dot, _) in text.match_indices('.') {
            let (owner, part) = (&text[..dot], &text[dot + 1..]);
            for name in names(owner) {
                let column = self.catalog.tables.get(&name).and_then(|table| column_of(table, part));
                if column.is_some() {
                    found.insert(Target::Column(name.clone(), part.to_owned()));
                }
                if self.parts(&name).any(|known| known == part) {
                    found.insert(Target::Part(name, part.to_owned()));
                }
            }
        }
        found
    }

    fn is_type(&self, name: &QualifiedName) -> bool {
        let Catalog { enums, domains, composites, ranges, .. } = self.catalog;
        enums.contains_key(name)
            || domains.contains_key(name)
            || composites.contains_key(name)
            || ranges.contains_key(name)
            || self.used.contains(name)
    }

    fn parts(&self, name: &QualifiedName) -> impl Iterator<Item = &'c str> + use<'c> {
        let labels = self.catalog.enums.get(name).into_iter().flat_map(|known| &known.labels);
        let attributes = self.catalog.composites.get(name).into_iter().flat_map(|known| &known.attributes);
        labels.map(String::as_str).chain(attributes.map(|(name, _)| name.as_str()))
    }

    /// Everything that a selector could be, as it would be written.
    fn spellings(&self, kinds: &[Kind]) -> Vec<String> {
        let Catalog { tables, enums, domains, composites, ranges, .. } = self.catalog;
        let mut all = Vec::new();
        let mut both = |name: &QualifiedName, part: Option<&str>| {
            let tail = part.map(|part| format!(".{part}")).unwrap_or_default();
            all.push(format!("{}.{}{tail}", name.schema, name.name));
            if name.schema == "public" {
                all.push(format!("{}{tail}", name.name));
            }
        };
        for (name, table) in tables {
            if kinds.contains(&Kind::Table) {
                both(name, None);
            }
            if kinds.contains(&Kind::Column) {
                table.columns.iter().for_each(|column| both(name, Some(&column.name)));
            }
        }
        let types = enums.keys().chain(domains.keys()).chain(composites.keys()).chain(ranges.keys());
        for name in types.chain(self.used.iter().copied()) {
            if kinds.contains(&Kind::Type) {
                both(name, None);
            }
            if kinds.contains(&Kind::Part) {
                self.parts(name).for_each(|part| both(name, Some(part)));
            }
        }
        if kinds.contains(&Kind::BuiltIn) {
            all.extend(built_in::spellings().map(str::to_owned));
        }
        if kinds.contains(&Kind::Newtype) {
            all.extend(self.newtypes.iter().map(|name| (*name).to_owned()));
        }
        all
    }
}

/// A table's column by its name.
pub(super) fn column_of<'c>(table: &'c Table, name: &str) -> Option<&'c Column> {
    table.columns.iter().find(|column| column.name == name)
}

fn words(kinds: &[Kind]) -> String {
    let words = kinds.iter().filter_map(|kind| match kind {
        Kind::Table => Some("table"),
        Kind::Column => Some("column"),
        Kind::Type => Some("type"),
        Kind::Part => Some("label"),
        Kind::All | Kind::BuiltIn | Kind::Newtype => None,
    });
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

fn one(kind: Kind) -> &'static str {
    match kind {
        Kind::All => "everything",
        Kind::Table => "a table",
        Kind::Column => "a column",
        Kind::BuiltIn => "a type of PostgreSQL itself",
        Kind::Type => "a type",
        Kind::Part => "part of a type",
        Kind::Newtype => "a newtype",
    }
}
