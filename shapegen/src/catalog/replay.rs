//! Statements applied in order.

use std::collections::BTreeSet;

use super::database::{Database, RelationId, SchemaId, TEMPORARY};
use super::objects::{NamedType, RelationKind, TypeKind};
use super::overrides::Stated;
use super::{Catalog, QualifiedName, Script};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::source::{FileId, SourceMap, Span};
use crate::sql::classify::{Class, Subject, classify};
use crate::sql::grammar::{self, About};
use crate::sql::split::{Piece, PieceKind, Splitter};
use crate::sql::statement::{Ident, Name, SearchPath, Statement, TransactionControl};

/// The catalog, as far as the statements up to now made it.
pub(super) struct Replay<'r> {
    pub(super) report: &'r mut Report,
    pub(super) db: Database,
    /// What comes after a `BEGIN` can be undone.
    transaction: Option<Transaction>,
    /// The script undoes statements, so what they change is worth a copy.
    undoes: bool,
    pub(super) search_path: Vec<String>,
    pub(super) stated: Stated<'r>,
}

/// An open transaction.
struct Transaction {
    before: Option<Box<Saved>>,
    /// The search path from before a `SET LOCAL`.
    path_before_local: Option<Vec<String>>,
    savepoints: Vec<(String, Option<Box<Saved>>)>,
}

/// What `ROLLBACK` goes back to.
#[derive(Clone)]
struct Saved {
    db: Database,
    search_path: Vec<String>,
    path_before_local: Option<Vec<String>>,
}

/// Applies scripts in their order.
pub(super) fn replay<'r>(sources: &'r SourceMap, scripts: &[Script], report: &'r mut Report) -> Catalog {
    let mut replay = Replay {
        report,
        db: Database::default(),
        transaction: None,
        undoes: false,
        search_path: default_search_path(),
        stated: Stated::of(sources, scripts),
    };
    replay.db.ensure_schema("public");
    for script in scripts {
        replay.script(script, &sources.file(script.file).text);
    }
    replay.db.catalog()
}

pub(super) fn default_search_path() -> Vec<String> {
    vec!["public".to_owned()]
}

impl Replay<'_> {
    /// Each script is a session of its own: it starts with the default search path and leaves no temporary tables and
    /// no open transaction.
    fn script(&mut self, script: &Script, text: &str) {
        self.search_path = default_search_path();
        self.undoes = undoes(text);
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
        // The tools that run migrations commit what a script leaves open.
        self.transaction = None;
        self.drop_temporary();
    }

    /// Applies one statement of a file; `text` is the whole file.
    pub(super) fn statement(&mut self, file: FileId, text: &str, piece: &Piece<'_>) {
        match classify(text, piece.tokens) {
            Class::PassedOver => {}
            Class::Block => self.do_block(file, text, piece),
            Class::Unknown => self.unknown(file, piece),
            Class::Relevant(subject) => match grammar::read(file, text, piece.tokens, subject) {
                Ok(statement) => self.apply(statement),
                Err(error) => {
                    self.report.push(*error);
                    self.note_unreadable(grammar::about(file, text, piece.tokens, subject));
                    if subject == Subject::Transaction {
                        self.transaction = None;
                    }
                }
            },
        }
    }

    /// Remembers what a statement was about that was reported as unreadable.
    fn note_unreadable(&mut self, about: Option<About>) {
        match about {
            Some(About::NewRelation(name)) => {
                if let Some(schema) = self.new_schema(&name, false)
                    && !self.db[schema].relations.contains_key(&name.name.value)
                {
                    self.db.add_relation(schema, &name.name.value, RelationKind::Unreadable, name.span());
                }
            }
            Some(About::NewType(name)) => {
                if let Some(schema) = self.new_schema(&name, false)
                    && !self.db[schema].types.contains_key(&name.name.value)
                {
                    self.db.add_type(schema, &name.name.value, TypeKind::Unreadable, name.span());
                }
            }
            Some(About::Table(name)) => {
                if let Some(relation) = self.lookup_relation(&name) {
                    self.db[relation].incomplete = true;
                }
            }
            None => {}
        }
    }

    /// Remembers that something is there that nothing is known of.
    pub(super) fn note_missing(&mut self, is_relation: bool, name: &QualifiedName, span: Span) {
        let schema = self.db.ensure_schema(&name.schema);
        if is_relation && !self.db[schema].relations.contains_key(&name.name) {
            self.db.add_relation(schema, &name.name, RelationKind::Unreadable, span);
        } else if !is_relation && !self.db[schema].types.contains_key(&name.name) {
            self.db.add_type(schema, &name.name, TypeKind::Unreadable, span);
        }
    }

    /// The file in which a relation or a type was declared that could be read.
    pub(super) fn declared_in(&self, is_relation: bool, name: &QualifiedName) -> Option<FileId> {
        let schema = &self.db[self.db.schema(&name.schema)?];
        if is_relation {
            let relation = &self.db[*schema.relations.get(&name.name)?];
            (!matches!(relation.kind, RelationKind::Unreadable)).then_some(relation.span.file)
        } else {
            let NamedType::Own(found) = schema.types.get(&name.name)? else { return None };
            let found = &self.db[*found];
            (!matches!(found.kind, TypeKind::Unreadable)).then_some(found.span.file)
        }
    }

    fn unknown(&mut self, file: FileId, piece: &Piece<'_>) {
        let Some(first) = piece.tokens.first() else { return };
        let warning = Diagnostic::warning(&codes::SQL_UNKNOWN, "this statement was passed over");
        let help = "if it changes tables or types, the generated code will miss that";
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
            Statement::CreateView(view) => self.create_view(view),
            Statement::CreateType { name, definition } => self.create_type(&name, definition),
            Statement::CreateDomain { name, base, constraints } => self.create_domain(&name, &base, constraints),
            Statement::CreateIndex(index) => self.create_index(index),
            Statement::CreateSequence { name, temporary, if_not_exists, owner } => {
                self.create_sequence(&name, temporary, if_not_exists, owner);
            }
            Statement::CreateExtension { name, if_not_exists, schema } => {
                self.create_extension(name, if_not_exists, schema);
            }
            Statement::CreateSchema { name, elements } => self.create_schema(name, elements),
            Statement::AlterTable { name, only, if_exists, actions } => {
                self.alter_table(&name, only, if_exists, actions);
            }
            Statement::AlterRelation { kind, name, if_exists, action } => {
                self.alter_relation(kind, &name, if_exists, action);
            }
            Statement::AlterType { name, action } => self.alter_type(&name, action),
            Statement::AlterDomain { name, action } => self.alter_domain(&name, action),
            Statement::AlterExtension { name, schema } => self.alter_extension(&name, &schema),
            Statement::RenameSchema { from, to } => self.rename_schema(&from, &to),
            Statement::Drop { kind, names, if_exists, cascade } => self.drop(kind, &names, if_exists, cascade),
            Statement::DropSchemas { names, if_exists, cascade } => self.drop_schemas(&names, if_exists, cascade),
            Statement::DropExtensions { names, if_exists, cascade } => self.drop_extensions(&names, if_exists, cascade),
            Statement::Comment { on, text } => self.comment(on, text),
            Statement::SearchPath { path, local } => self.set_search_path(path, local),
            Statement::Transaction(control) => self.control(control),
            Statement::Nothing => {}
        }
    }

    fn create_schema(&mut self, name: Ident, elements: Vec<Statement>) {
        let schema = self.db.ensure_schema(&name.value);
        let name = self.db[schema].name.clone();
        // The statements inside see the new schema first.
        self.search_path.insert(0, name);
        for element in elements {
            self.apply(element);
        }
        self.search_path.remove(0);
    }

    fn rename_schema(&mut self, from: &Ident, to: &Ident) {
        // A schema that nothing was made in may have been made elsewhere.
        let schema = self.db.ensure_schema(&from.value);
        if self.db.schema(&to.value).is_some() {
            let error = Diagnostic::error(&codes::SQL_DUPLICATE, format!("schema `{}` is there already", to.value));
            return self.report.push(error.at(to.span, "there already"));
        }
        self.db.rename_schema(schema, &to.value);
    }

    fn set_search_path(&mut self, path: SearchPath, local: bool) {
        // Outside of a transaction it is gone with its own statement.
        if local && self.transaction.is_none() {
            return;
        }
        let path = match path {
            SearchPath::Default => default_search_path(),
            // `$user` names a schema that hardly anybody has.
            SearchPath::Schemas(schemas) => {
                schemas.into_iter().filter(|name| !name.is_empty() && name != "$user").collect()
            }
        };
        let before = std::mem::replace(&mut self.search_path, path);
        if let Some(transaction) = &mut self.transaction {
            if local {
                transaction.path_before_local.get_or_insert(before);
            } else {
                transaction.path_before_local = None;
            }
        }
    }

    fn saved(&self) -> Option<Box<Saved>> {
        let path_before_local = self.transaction.as_ref().and_then(|open| open.path_before_local.clone());
        let search_path = self.search_path.clone();
        self.undoes.then(|| Box::new(Saved { db: self.db.clone(), search_path, path_before_local }))
    }

    fn control(&mut self, control: TransactionControl) {
        match control {
            TransactionControl::Begin => {
                if self.transaction.is_none() {
                    self.begin();
                }
            }
            TransactionControl::Commit { chain } => {
                let local = self.transaction.take().and_then(|transaction| transaction.path_before_local);
                if let Some(path) = local {
                    self.search_path = path;
                }
                if chain {
                    self.begin();
                }
            }
            TransactionControl::Rollback { chain } => {
                let before = self.transaction.take().and_then(|transaction| transaction.before);
                self.restore(before);
                if chain {
                    self.begin();
                }
            }
            TransactionControl::Savepoint(name) => {
                let saved = self.saved();
                if let Some(transaction) = &mut self.transaction {
                    transaction.savepoints.push((name, saved));
                }
            }
            TransactionControl::Release(name) => {
                if let Some(transaction) = &mut self.transaction
                    && let Some(at) = transaction.savepoints.iter().rposition(|(saved, _)| *saved == name)
                {
                    transaction.savepoints.truncate(at);
                }
            }
            TransactionControl::RollbackTo(name) => {
                let Some(transaction) = &mut self.transaction else { return };
                let Some(at) = transaction.savepoints.iter().rposition(|(saved, _)| *saved == name) else { return };
                transaction.savepoints.truncate(at + 1);
                let saved = transaction.savepoints.last().and_then(|(_, saved)| saved.clone());
                self.restore(saved);
            }
        }
    }

    fn begin(&mut self) {
        let before = self.saved();
        self.transaction = Some(Transaction { before, path_before_local: None, savepoints: Vec::new() });
    }

    fn restore(&mut self, saved: Option<Box<Saved>>) {
        if let Some(saved) = saved {
            (self.db, self.search_path) = (saved.db, saved.search_path);
            if let Some(transaction) = &mut self.transaction {
                transaction.path_before_local = saved.path_before_local;
            }
        }
    }

    /// The schemas in which a name is looked up, in order.
    fn schemas_of(&self, name: &Name) -> impl Iterator<Item = SchemaId> + use<'_> {
        let explicit = name.schema.as_ref().and_then(|schema| self.db.schema(&schema.value));
        let along_path = name.schema.is_none().then(|| {
            // What is temporary comes first, unless the path says where.
            let temporary = (!self.search_path.iter().any(|schema| schema == TEMPORARY)).then_some(TEMPORARY);
            let path = temporary.into_iter().chain(self.search_path.iter().map(String::as_str));
            path.filter_map(|schema| self.db.schema(schema))
        });
        explicit.into_iter().chain(along_path.into_iter().flatten())
    }

    /// A relation of any kind by its name.
    pub(super) fn lookup_relation(&self, name: &Name) -> Option<RelationId> {
        self.schemas_of(name).find_map(|schema| self.db[schema].relations.get(&name.name.value).copied())
    }

    /// A declared type by its name.
    pub(super) fn lookup_type(&self, name: &Name) -> Option<NamedType> {
        self.schemas_of(name).find_map(|schema| self.db[schema].types.get(&name.name.value).copied())
    }

    /// The schema of something new. `None` is reported.
    pub(super) fn new_schema(&mut self, name: &Name, temporary: bool) -> Option<SchemaId> {
        let temporary_path = self.search_path.first().is_some_and(|schema| schema == TEMPORARY);
        if temporary || name.schema.is_none() && temporary_path {
            return Some(self.db.ensure_schema(TEMPORARY));
        }
        if let Some(schema) = &name.schema {
            return Some(self.db.ensure_schema(&schema.value));
        }
        let there = self.search_path.iter().find_map(|schema| self.db.schema(schema));
        let schema = there.or_else(|| {
            let first = self.search_path.first()?;
            Some(self.db.ensure_schema(first))
        });
        if schema.is_none() {
            let error = Diagnostic::error(
                &codes::SQL_REFERENCE,
                format!("no schema to create `{}` in: the search path is empty", name.name.value),
            );
            self.report.push(error.at(name.span(), "needs a schema").help("write `schema.name`, or set search_path"));
        }
        schema
    }

    /// The schema that `CREATE EXTENSION` puts things in.
    pub(super) fn schema_of_extension(&mut self, written: Option<&Ident>) -> SchemaId {
        let along_path = self.search_path.iter().find_map(|schema| self.db.schema(schema));
        match (written, along_path) {
            (Some(written), _) => self.db.ensure_schema(&written.value),
            (None, Some(schema)) => schema,
            (None, None) => self.db.ensure_schema("public"),
        }
    }

    /// A relation that a statement refers to as a table. `None` is reported, unless it may be missing.
    pub(super) fn find_relation(&mut self, name: &Name, if_exists: bool) -> Option<RelationId> {
        let found = self.lookup_relation(name);
        if found.is_none() && !if_exists {
            self.no_relation("table", name);
        }
        found
    }

    /// A table that a statement refers to. `None` is reported, unless that was done before or there is nothing to know.
    pub(super) fn find_table(&mut self, name: &Name, if_exists: bool) -> Option<RelationId> {
        self.find_relation(name, if_exists).filter(|found| self.db[*found].is_table())
    }

    pub(super) fn no_relation(&mut self, what: &str, name: &Name) {
        let is_kind = |kind: &RelationKind| match what {
            "view" => matches!(kind, RelationKind::View { .. }),
            "index" => matches!(kind, RelationKind::Index(_)),
            "sequence" => matches!(kind, RelationKind::Sequence(_)),
            _ => matches!(kind, RelationKind::Table),
        };
        let known: BTreeSet<&str> = self
            .db
            .relations()
            .filter(|(_, relation)| is_kind(&relation.kind))
            .map(|(_, relation)| relation.name.as_str())
            .collect();
        let error = Diagnostic::error(&codes::SQL_REFERENCE, format!("there is no {what} `{}`", shown(name)));
        let error = error.at(name.span(), "not declared before this").suggest(&name.name.value, known);
        self.report.push(error);
    }

    pub(super) fn no_column(&mut self, table: RelationId, column: &Ident) {
        let relation = &self.db[table];
        if relation.incomplete {
            return;
        }
        let error = Diagnostic::error(
            &codes::SQL_REFERENCE,
            format!("table `{}` has no column `{}`", relation.name, column.value),
        );
        let error = error.at(column.span, "no such column").see(relation.span, "the table");
        let columns = relation.live_columns().map(|(_, column)| column.name.as_str());
        self.report.push(error.suggest(&column.value, columns));
    }

    pub(super) fn declared_twice(&mut self, what: &str, name: &str, at: Span, before: Span) {
        let error = Diagnostic::error(&codes::SQL_DUPLICATE, format!("{what} `{name}` is declared twice"));
        self.report.push(error.at(at, "declared again").see(before, "declared before"));
    }
}

/// Whether a script may hold a `ROLLBACK`.
fn undoes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let holds = |word: &[u8]| {
        bytes.windows(word.len()).any(|window| (window[0] | 0x20) == word[0] && window.eq_ignore_ascii_case(word))
    };
    holds(b"rollback") || holds(b"abort")
}

/// A name as it was written.
pub(super) fn shown(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", schema.value, name.name.value),
        None => name.name.value.clone(),
    }
}
