//! What the manifest's overrides state, in the place of what the scripts say about it.
//!
//! A stated object is made where the scripts make it, so that what refers to it finds it there; what else they say about
//! it is not read. Where that isn't possible, and what the scripts never make, is made when the overrides are applied.

use std::collections::BTreeMap;
use std::ops::Range;

use super::replay::{Replay, default_search_path};
use super::{QualifiedName, Script};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, SourceMap, Span};
use crate::sql::classify::{Class, classify};
use crate::sql::cursor::Cursor;
use crate::sql::grammar;
use crate::sql::lex::Token;
use crate::sql::split::{Piece, PieceKind, Splitter};
use crate::sql::statement::{DropKind, Ident, Name, SearchPath, Statement};

/// Tables and views have names of their own, types have others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Relation,
    Type,
}

/// What a statement does to the object that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Change,
    Drop,
}

/// A statement of the overrides that makes something.
#[derive(Debug, Clone)]
struct Creation<'s> {
    file: FileId,
    /// The whole file.
    text: &'s str,
    range: Range<usize>,
    search_path: Vec<String>,
}

/// Everything that the overrides make.
#[derive(Debug, Default)]
pub(super) struct Stated<'s>(BTreeMap<(Kind, QualifiedName), Creation<'s>>);

impl<'s> Stated<'s> {
    /// Reads the scripts that are overrides.
    pub(super) fn of(sources: &'s SourceMap, scripts: &[Script]) -> Self {
        let mut stated = Self::default();
        for script in scripts.iter().filter(|script| script.overrides) {
            let file = script.file;
            let text = sources.file(file).text.as_str();
            let mut search_path = default_search_path();
            for part in &script.parts {
                let mut splitter = Splitter::within(text, part.clone());
                while let Some(piece) = splitter.next_piece() {
                    if let Some(path) = changed_path(file, text, &piece) {
                        search_path = path;
                    }
                    if let Some((Verb::Create, kind, name)) = about(file, text, piece.tokens)
                        && let Some(name) = candidates(&name, &search_path).next()
                    {
                        let range = piece.range.clone();
                        let creation = Creation { file, text, range, search_path: search_path.clone() };
                        stated.0.insert((kind, name), creation);
                    }
                }
            }
        }
        stated
    }

    fn find(&self, kind: Kind, name: &Name, search_path: &[String]) -> Option<(QualifiedName, Creation<'s>)> {
        let mut found = candidates(name, search_path);
        found.find_map(|name| self.0.get(&(kind, name.clone())).map(|creation| (name, creation.clone())))
    }
}

/// What a name can mean along a search path.
fn candidates<'n>(name: &'n Name, search_path: &'n [String]) -> impl Iterator<Item = QualifiedName> + 'n {
    let explicit = name.schema.as_ref().map(|schema| &schema.value);
    let along_path = search_path.iter().filter(move |_| explicit.is_none());
    explicit
        .into_iter()
        .chain(along_path)
        .map(|schema| QualifiedName { schema: schema.clone(), name: name.name.value.clone() })
}

fn changed_path(file: FileId, text: &str, piece: &Piece<'_>) -> Option<Vec<String>> {
    let Class::Relevant(subject) = classify(text, piece.tokens) else { return None };
    match grammar::read(file, text, piece.tokens, subject) {
        Ok(Statement::SearchPath { path: SearchPath::Schemas(schemas), .. }) => Some(schemas),
        Ok(Statement::SearchPath { path: SearchPath::Default, .. }) => Some(default_search_path()),
        _ => None,
    }
}

/// What a statement is about, as far as its first words tell. They are enough, also where the rest can't be read.
fn about(file: FileId, text: &str, tokens: &[Token]) -> Option<(Verb, Kind, Name)> {
    read_about(&mut Cursor::new(file, text, tokens)).ok().flatten()
}

fn read_about(cursor: &mut Cursor<'_>) -> Result<Option<(Verb, Kind, Name)>, Box<Diagnostic>> {
    const MODIFIERS: &[&str] =
        &["or", "replace", "global", "local", "unlogged", "foreign", "materialized", "recursive", "unique"];
    if cursor.eat("comment on column") {
        return cursor.column_name().map(|(table, _)| Some((Verb::Change, Kind::Relation, table)));
    }
    let verb = match cursor.peek(0).to_ascii_lowercase().as_str() {
        "create" => Verb::Create,
        "alter" => Verb::Change,
        "comment" if cursor.is("comment on") => {
            cursor.advance();
            Verb::Change
        }
        "drop" => Verb::Drop,
        _ => return Ok(None),
    };
    cursor.advance();
    while MODIFIERS.iter().any(|modifier| cursor.is(modifier)) {
        cursor.advance();
    }
    if verb == Verb::Create && cursor.eat("index") {
        while !cursor.eat("on") {
            if cursor.at_end() {
                return Ok(None);
            }
            cursor.advance();
        }
        cursor.eat("only");
        return cursor.name("a table").map(|table| Some((Verb::Change, Kind::Relation, table)));
    }
    let kind = if cursor.eat("table") || cursor.eat("view") {
        Kind::Relation
    } else if cursor.eat("type") || cursor.eat("domain") {
        Kind::Type
    } else {
        return Ok(None);
    };
    cursor.eat("if not exists");
    cursor.eat("if exists");
    cursor.eat("only");
    cursor.name("a name").map(|name| Some((verb, kind, name)))
}

impl<'s> Replay<'s> {
    /// Deals with a statement that is about something stated, and says whether it did.
    pub(super) fn overridden(&mut self, script: &Script, text: &str, piece: &Piece<'_>) -> bool {
        if self.stated.0.is_empty() {
            return false;
        }
        let Some((verb, kind, name)) = about(script.file, text, piece.tokens) else { return false };
        let Some((name, creation)) = self.stated.find(kind, &name, &self.search_path) else { return false };
        let before = self.report.diagnostics().len();
        match (verb, script.overrides) {
            (Verb::Create, true) => self.make(kind, &name, &creation),
            (Verb::Create, false) => {
                self.make(kind, &name, &creation);
                if self.report.has_errors_since(before) {
                    // What it needs comes later.
                    self.unmake(kind, &name, &creation);
                    self.note_missing(kind == Kind::Relation, &name, Span::new(creation.file, creation.range));
                    self.report.truncate(before);
                }
            }
            (Verb::Change, false) => {}
            (Verb::Drop, false) => {
                self.statement(script.file, text, piece);
                self.report.truncate(before);
            }
            (Verb::Change | Verb::Drop, true) => return false,
        }
        true
    }

    /// Makes what is stated, unless that was done, in the place of what has its name.
    fn make(&mut self, kind: Kind, name: &QualifiedName, creation: &Creation<'s>) {
        if self.declared_in(kind == Kind::Relation, name) == Some(creation.file) {
            return;
        }
        if kind == Kind::Relation {
            self.unmake(kind, name, creation);
        }
        let path = std::mem::replace(&mut self.search_path, creation.search_path.clone());
        let mut splitter = Splitter::within(creation.text, creation.range.clone());
        if let Some(piece) = splitter.next_piece().filter(|piece| piece.kind == PieceKind::Statement) {
            self.statement(creation.file, creation.text, &piece);
        }
        self.search_path = path;
    }

    fn unmake(&mut self, kind: Kind, name: &QualifiedName, creation: &Creation<'s>) {
        let before = self.report.diagnostics().len();
        let kinds: &[DropKind] =
            if kind == Kind::Relation { &[DropKind::Table, DropKind::View] } else { &[DropKind::Type] };
        let place = Span::new(creation.file, creation.range.clone());
        let ident = |text: &str| Ident::new(text.to_owned(), place);
        let written = [Name { schema: Some(ident(&name.schema)), name: ident(&name.name) }];
        for kind in kinds {
            self.drop(*kind, &written, true, true);
        }
        self.report.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;
    use super::*;
    use crate::diagnostics::Report;

    /// What is known of each table and type, and what is said.
    fn read(schema: &str, overrides: &str) -> (Vec<String>, Vec<String>) {
        let mut sources = SourceMap::default();
        let schema = sources.add("schema.sql", schema);
        let overrides = sources.add("overrides.sql", overrides);
        let last = Script { overrides: true, ..Script::whole(&sources, overrides) };
        let mut report = Report::default();
        let catalog = Catalog::read(&sources, &[Script::whole(&sources, schema), last], &mut report);
        let shown = |name: &QualifiedName| match name.schema.as_str() {
            "public" => name.name.clone(),
            schema => format!("{schema}.{}", name.name),
        };
        let mut known = Vec::new();
        for (name, table) in &catalog.tables {
            let columns = table.columns.iter().map(|column| {
                let comment = column.comment.as_ref().map(|comment| format!(" '{comment}'")).unwrap_or_default();
                format!("{} {}{comment}", column.name, column.data_type.base.typname())
            });
            let keys = table.primary_key.iter().map(|key| format!("key {}", key.join(" ")));
            let foreign = table
                .foreign_keys
                .iter()
                .map(|key| format!("{} -> {} {}", key.columns.join(" "), shown(&key.table), key.references.join(" ")));
            let facts: Vec<String> = columns.chain(keys).chain(foreign).collect();
            known.push(format!("{}: {}", shown(name), facts.join(", ")));
        }
        known.extend(catalog.enums.iter().map(|(name, found)| format!("{}: {}", shown(name), found.labels.join(" "))));
        known.extend(catalog.views.keys().map(|name| format!("view {}", shown(name))));
        (known, report.diagnostics().iter().map(|found| found.message.clone()).collect())
    }

    /// With these overrides the catalog is this, without a word.
    fn states(schema: &str, overrides: &str, expected: &[&str]) {
        let (known, said) = read(schema, overrides);
        assert_eq!((known, said), (expected.iter().map(|line| (*line).to_owned()).collect(), Vec::new()), "{schema}");
    }

    const X: &str = "CREATE TABLE x (id int PRIMARY KEY, name text);";

    #[test]
    fn what_is_created_replaces_what_has_its_name() {
        let stated = "x: id int4, name text, key id";
        for schema in [
            "",
            "CREATE TABLE x (a bool);",
            "CREATE TABLE x AS SELECT 1;",
            "CREATE VIEW x AS SELECT 1;",
            "CREATE MATERIALIZED VIEW x AS SELECT 1;",
            "CREATE TABLE x (a nonsense(;",
            "CREATE TABLE x (a no_such_type);",
            "CREATE TABLE x (LIKE nowhere);",
            "CREATE TABLE y (a int); ALTER TABLE y RENAME TO x;",
            "CREATE TABLE x (a bool); DROP TABLE x;",
            "CREATE TABLE x (a bool); DROP TABLE x; CREATE TABLE x (b bool);",
            "DROP TABLE x;",
        ] {
            states(schema, X, &[stated]);
        }
    }

    #[test]
    fn what_is_said_elsewhere_about_what_is_stated_is_not_read() {
        states(
            "CREATE TABLE x (LIKE nowhere INCLUDING ALL);
             ALTER TABLE x ADD COLUMN name int;
             ALTER TABLE ONLY public.x DROP COLUMN gone, ADD PRIMARY KEY (nothing);
             CREATE UNIQUE INDEX IF NOT EXISTS i ON x (nothing);
             COMMENT ON TABLE x IS 'theirs';
             COMMENT ON COLUMN x.nothing IS 'theirs';",
            X,
            &["x: id int4, name text, key id"],
        );
    }

    #[test]
    fn others_refer_to_what_is_stated() {
        states(
            "CREATE TYPE mood AS nonsense(;
             CREATE TABLE x (LIKE nowhere);
             CREATE TABLE y (id int PRIMARY KEY REFERENCES x, m mood);",
            "CREATE TABLE x (id int PRIMARY KEY, name text); CREATE TYPE mood AS ENUM ('good', 'bad');",
            &["x: id int4, name text, key id", "y: id int4, m mood, key id, id -> x id", "mood: good bad"],
        );
    }

    #[test]
    fn what_is_stated_can_need_what_comes_later() {
        states(
            "CREATE TABLE x (LIKE nowhere); ALTER TABLE x ADD a int; CREATE TYPE mood AS ENUM ('good');",
            "CREATE TABLE x (m mood);",
            &["x: m mood", "mood: good"],
        );
    }

    #[test]
    fn alters_and_comments_apply_to_what_is_there() {
        states(
            "CREATE TABLE a (id int); CREATE SCHEMA s; CREATE TABLE s.b (id int);",
            "ALTER TABLE a ADD COLUMN name text; COMMENT ON COLUMN a.name IS 'ours'; ALTER TABLE a RENAME id TO no;
             SET search_path = s; ALTER TABLE b ADD PRIMARY KEY (id); CREATE TABLE x (id int); DROP TABLE public.a;",
            &["s.b: id int4, key id", "s.x: id int4"],
        );
        states(
            "CREATE TABLE x (a nonsense(;",
            "CREATE TABLE x (id int); ALTER TABLE x ADD name text; COMMENT ON COLUMN x.id IS 'ours';",
            &["x: id int4 'ours', name text"],
        );
    }

    #[test]
    fn errors_of_the_overrides_and_of_others_are_reported() {
        let said = |schema: &str, overrides: &str| read(schema, overrides).1;
        assert_eq!(said("", "CREATE TABLE x (id integre);"), ["there is no type `integre`"]);
        assert_eq!(said("CREATE TABLE x (a int);", "CREATE TABLE x (id integre);"), ["there is no type `integre`"]);
        assert_eq!(said("CREATE TABLE y (id integre);", X), ["there is no type `integre`"]);
        assert_eq!(said("", "ALTER TABLE nowhere ADD a int;"), ["there is no table `nowhere`"]);
        // Another schema's table is another table.
        assert_eq!(said("CREATE SCHEMA s; CREATE TABLE s.x (id integre);", X), ["there is no type `integre`"]);
    }
}
