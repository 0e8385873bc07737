//! Statements applied in order.

use std::collections::{BTreeMap, BTreeSet};

use super::overrides::Stated;
use super::relation::Relation;
use super::{Catalog, EnumType, QualifiedName, Script};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::source::{FileId, SourceMap, Span};
use crate::sql::classify::{Class, Subject, classify};
use crate::sql::grammar;
use crate::sql::split::{Piece, PieceKind, Splitter};
use crate::sql::statement::{Ident, Name, SearchPath, Statement};

/// Where PostgreSQL keeps temporary tables, under the name that statements can use for it.
const TEMPORARY: &str = "pg_temp";

/// The catalog, as far as the statements up to now made it.
pub(super) struct Replay<'r> {
    pub(super) report: &'r mut Report,
    pub(super) tables: BTreeMap<QualifiedName, Relation>,
    pub(super) enums: BTreeMap<QualifiedName, EnumType>,
    pub(super) views: BTreeMap<QualifiedName, Span>,
    /// Types whose name is taken and that no column can have yet, with what they are.
    pub(super) other_types: BTreeMap<QualifiedName, (Span, &'static str)>,
    /// Tables that were reported as unreadable: what refers to them is not reported again.
    unreadable: BTreeSet<QualifiedName>,
    pub(super) search_path: Vec<String>,
    pub(super) stated: Stated<'r>,
    /// Every name that a key ever had, in any table: a name that isn't here is free without a closer look.
    pub(super) key_names: BTreeSet<String>,
}

/// Applies scripts in their order.
pub(super) fn replay<'r>(sources: &'r SourceMap, scripts: &[Script], report: &'r mut Report) -> Catalog {
    let mut replay = Replay {
        report,
        tables: BTreeMap::new(),
        enums: BTreeMap::new(),
        views: BTreeMap::new(),
        other_types: BTreeMap::new(),
        unreadable: BTreeSet::new(),
        search_path: default_search_path(),
        stated: Stated::of(sources, scripts),
        key_names: BTreeSet::new(),
    };
    for script in scripts {
        replay.script(script, &sources.file(script.file).text);
    }
    Catalog {
        tables: replay.tables.into_iter().map(|(name, relation)| (name, relation.into_table())).collect(),
        enums: replay.enums,
        views: replay.views,
        ..Catalog::default()
    }
}

pub(super) fn default_search_path() -> Vec<String> {
    vec!["public".to_owned()]
}

impl Replay<'_> {
    /// Each script is a session of its own: it starts with the default search path and leaves no temporary tables.
    fn script(&mut self, script: &Script, text: &str) {
        self.search_path = default_search_path();
        let file = script.file;
        for part in &script.parts {
            let mut splitter = Splitter::within(text, part.clone());
            while let Some(piece) = splitter.next_piece() {
                match piece.kind {
                    PieceKind::Statement if self.overridden(script, text, &piece) => {}
                    PieceKind::Statement => self.statement(file, text, &piece),
                    PieceKind::Unclosed => self.unclosed(file, text, &piece),
                    PieceKind::PsqlLine => self.psql_line(Span::new(file, piece.range.clone()), &text[piece.range]),
                    PieceKind::CopyData => {}
                }
            }
        }
        self.tables.retain(|name, _| name.schema != TEMPORARY);
        self.forget_dangling();
    }

    pub(super) fn statement(&mut self, file: FileId, text: &str, piece: &Piece<'_>) {
        match classify(text, piece.tokens) {
            Class::PassedOver => {}
            Class::Block => self.do_block(file, text, piece),
            Class::Unknown => self.unknown(file, text, piece),
            Class::Relevant(subject) => match grammar::read(file, text, piece.tokens, subject) {
                Ok(statement) => self.apply(statement),
                Err(error) => {
                    self.report.push(*error);
                    if subject == Subject::CreateTable {
                        let name = grammar::created_table(file, text, piece.tokens);
                        let name = name.and_then(|name| self.qualify_new(&name));
                        self.unreadable.extend(name);
                    }
                }
            },
        }
    }

    /// Remembers that something is there that nothing is known of.
    pub(super) fn note_missing(&mut self, is_relation: bool, name: QualifiedName) {
        if is_relation {
            self.unreadable.insert(name);
        }
    }

    /// The file in which a table, a view or a type was declared.
    pub(super) fn declared_in(&self, is_relation: bool, name: &QualifiedName) -> Option<FileId> {
        let span = if is_relation { self.relation_span(name) } else { self.type_span(name) };
        span.map(|span| span.file)
    }

    fn unknown(&mut self, file: FileId, text: &str, piece: &Piece<'_>) {
        let Some(first) = piece.tokens.first() else { return };
        let word = &text[first.start..first.end];
        let warning = Diagnostic::warning(&codes::SQL_UNKNOWN, "this statement was passed over");
        let help = match word.to_ascii_lowercase().as_str() {
            "rollback" | "abort" => "statements that it undoes were replayed: take them out",
            "select" => "SELECT … INTO makes a table: write it as CREATE TABLE with its columns",
            _ => "if it changes tables or types, the generated code will miss that",
        };
        self.report.push(warning.at(Span::new(file, first.start..first.end), "not known to shapegen").help(help));
    }

    fn unclosed(&mut self, file: FileId, text: &str, piece: &Piece<'_>) {
        let Some(open) = piece.tokens.last() else { return };
        let what = match text.as_bytes()[open.start] {
            b'/' => "comment",
            b'$' => "dollar-quoted string",
            b'"' => "quoted identifier",
            _ => "string",
        };
        let opening = text[open.start..].char_indices().nth(1).map_or(open.end, |(len, _)| open.start + len);
        let error = Diagnostic::error(&codes::SQL_SYNTAX, format!("a {what} is never closed"));
        self.report.push(error.at(Span::new(file, open.start..opening), "opened here; the rest of the file is in it"));
    }

    /// Lines for psql change its settings or the connection; only the ones that bring statements matter.
    fn psql_line(&mut self, span: Span, line: &str) {
        let command = line.split_ascii_whitespace().next().unwrap_or_default();
        let brings_statements =
            ["\\i", "\\ir", "\\include", "\\include_relative", "\\if", "\\elif", "\\else", "\\gexec"]
                .contains(&command);
        if brings_statements {
            let span = Span { end: span.start + command.len(), ..span };
            let warning = Diagnostic::warning(&codes::SQL_UNKNOWN, format!("`{command}` was passed over"));
            let help = "only psql knows which statements it runs: name the files themselves as schema files";
            self.report.push(warning.at(span, "not replayed").help(help));
        }
    }

    fn apply(&mut self, statement: Statement) {
        match statement {
            Statement::CreateTable(table) => self.create_table(table),
            Statement::CreateEnum { name, labels } => self.create_enum(&name, labels),
            Statement::CreateOtherType { name, what } => self.create_other_type(&name, what),
            Statement::CreateView { name, replace, if_not_exists } => self.create_view(&name, replace || if_not_exists),
            Statement::AlterTable { name, if_exists, actions } => self.alter_table(&name, if_exists, actions),
            Statement::AlterView { name, if_exists, action } => self.alter_view(&name, if_exists, action),
            Statement::AlterType { name, action } => self.alter_type(&name, action),
            Statement::RenameSchema { from, to } => self.rename_schema(&from.value, &to.value),
            Statement::Drop { kind, names, if_exists, cascade } => self.drop(kind, &names, if_exists, cascade),
            Statement::DropSchemas(schemas) => self.drop_schemas(&schemas),
            Statement::Comment { on, text } => self.comment(on, text),
            Statement::SearchPath(SearchPath::Default) => self.search_path = default_search_path(),
            Statement::SearchPath(SearchPath::Schemas(schemas)) => {
                // `$user` names a schema that hardly anybody has.
                self.search_path = schemas.into_iter().filter(|name| !name.is_empty() && name != "$user").collect();
            }
            Statement::Nothing => {}
        }
    }

    /// The schemas in which a name is looked up.
    pub(super) fn lookup<'n>(&'n self, name: &'n Name) -> impl Iterator<Item = QualifiedName> + 'n {
        let along_path = std::iter::once(TEMPORARY).chain(self.search_path.iter().map(String::as_str));
        let explicit = name.schema.as_ref().map(|schema| schema.value.as_str());
        let schemas = explicit.into_iter().chain(along_path.filter(move |_| explicit.is_none()));
        schemas.map(|schema| QualifiedName { schema: schema.to_owned(), name: name.name.value.clone() })
    }

    /// The name of something new.
    pub(super) fn qualify_new(&mut self, name: &Name) -> Option<QualifiedName> {
        let schema = match &name.schema {
            Some(schema) => Some(schema.value.clone()),
            None => self.search_path.first().cloned(),
        };
        if schema.is_none() {
            let error = Diagnostic::error(
                &codes::SQL_REFERENCE,
                format!("no schema to create `{}` in: the search path is empty", name.name.value),
            );
            self.report.push(error.at(name.span(), "needs a schema").help("write `schema.name`, or set search_path"));
        }
        schema.map(|schema| QualifiedName { schema, name: name.name.value.clone() })
    }

    /// The name of a new table.
    pub(super) fn qualify_table(&mut self, name: &Name, temporary: bool) -> Option<QualifiedName> {
        if temporary {
            return Some(QualifiedName { schema: TEMPORARY.to_owned(), name: name.name.value.clone() });
        }
        self.qualify_new(name)
    }

    /// A table that a statement refers to. `None` is reported, unless that was done before or there is nothing to know.
    pub(super) fn find_table(&mut self, name: &Name, if_exists: bool) -> Option<QualifiedName> {
        let is_relation = |name: &QualifiedName| {
            self.tables.contains_key(name) || self.views.contains_key(name) || self.unreadable.contains(name)
        };
        let found = self.lookup(name).find(is_relation);
        if found.is_none() && !if_exists {
            let tables: Vec<&str> = self.tables.keys().map(|table| table.name.as_str()).collect();
            let error = Diagnostic::error(&codes::SQL_REFERENCE, format!("there is no table `{}`", shown(name)));
            let error = error.at(name.span(), "not declared before this").suggest(&name.name.value, tables);
            self.report.push(error);
        }
        found.filter(|name| self.tables.contains_key(name))
    }

    /// Forgets a table that was reported as unreadable, and says whether there was one.
    pub(super) fn forget_unreadable(&mut self, name: &Name) -> bool {
        let found = self.lookup(name).find(|name| self.unreadable.contains(name));
        found.is_some_and(|name| self.unreadable.remove(&name))
    }

    pub(super) fn no_column(&mut self, table: &QualifiedName, column: &Ident) {
        let Some(relation) = self.tables.get(table).filter(|relation| !relation.incomplete) else { return };
        let error = Diagnostic::error(
            &codes::SQL_REFERENCE,
            format!("table `{}` has no column `{}`", table.name, column.value),
        );
        let error = error.at(column.span, "no such column").see(relation.span, "the table");
        let columns = relation.columns.iter().map(|column| column.name.as_str());
        self.report.push(error.suggest(&column.value, columns));
    }

    pub(super) fn declared_twice(&mut self, what: &str, name: &str, at: Span, before: Span) {
        let error = Diagnostic::error(&codes::SQL_DUPLICATE, format!("{what} `{name}` is declared twice"));
        self.report.push(error.at(at, "declared again").see(before, "declared before"));
    }
}

/// A name as it was written.
pub(super) fn shown(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", schema.value, name.name.value),
        None => name.name.value.clone(),
    }
}
