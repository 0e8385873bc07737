//! Which table, which columns and which key a shape has.

use crate::catalog::{Catalog, Column, QualifiedName, Table};
use crate::diagnostics::{Diagnostic, Report, codes, listed};
use crate::fragment::Subject;
use crate::manifest::{Manifest, Shape, Writer};
use crate::source::{Span, Spanned};

use super::types::{self, Types};

/// Electric leaves generated columns out before this version of PostgreSQL.
const SENDS_GENERATED_COLUMNS: u32 = 18;

/// So many tables can be listed.
const FEW: usize = 12;

/// A shape's part of its table.
pub(super) struct Selection<'c> {
    pub(super) entry: &'c Shape,
    pub(super) table_name: &'c QualifiedName,
    pub(super) table: &'c Table,
    /// In the table's order.
    pub(super) columns: Vec<&'c Column>,
    /// Positions in `columns`, in the key's order.
    pub(super) key: Vec<usize>,
}

/// Reads what a shape says of its table. `None` after an error.
pub(super) fn select<'c>(
    entry: &'c Shape,
    manifest: &Manifest,
    catalog: &'c Catalog,
    types: &Types<'_>,
    report: &mut Report,
) -> Option<Selection<'c>> {
    let Subject { name: table_name, table, .. } = find_table(entry, catalog, report)?;
    let generated = manifest.server.postgres.is_some_and(|version| version >= SENDS_GENERATED_COLUMNS);
    let writer = manifest.writer(entry.name.span);
    let chooser = Chooser { entry, table_name, table, types, generated, writer };
    let columns = chooser.columns(report);
    let key = chooser.key(report);
    for list in [&entry.secret, &entry.finders] {
        chooser.check_selected(list, columns.as_deref(), report);
    }
    let (columns, key) = (columns?, key?);
    let key = chooser.positions(&columns, &key, report);
    Some(Selection { entry, table_name, table, columns, key: key? })
}

/// The table that a shape names.
pub(super) fn find_table<'c>(entry: &Shape, catalog: &'c Catalog, report: &mut Report) -> Option<Subject<'c>> {
    let written = entry.table.as_ref().unwrap_or(&entry.name);
    if let Some((name, table)) = names(&written.value).find_map(|name| catalog.tables.get_key_value(&name)) {
        return Some(Subject { name, table, catalog });
    }
    if let Some(span) = names(&written.value).find_map(|name| catalog.views.get(&name)) {
        let columns = if entry.fields.is_some() { "the fields that are wanted" } else { "`columns`" };
        report.push(
            Diagnostic::error(&codes::SHAPE_VIEW, format!("`{}` is a view, and only tables sync", written.value))
                .at(written.span, "a view")
                .see(*span, "declared here")
                .help(format!("make the shape of the table behind it, with a `where` and {columns}")),
        );
        return None;
    }
    let known: Vec<String> = catalog.tables.keys().map(shown).collect();
    let message = match &entry.table {
        Some(_) => format!("the schema has no table `{}`", written.value),
        None => format!("the schema has no table `{}`, which the shape is named after", written.value),
    };
    let diagnostic = Diagnostic::error(&codes::SHAPE_TABLE, message)
        .at(written.span, "no such table")
        .suggest(&written.value, known.iter().map(String::as_str));
    let diagnostic = match &entry.table {
        Some(_) if entry.fields.is_some() && diagnostic.help.is_empty() => match known.as_slice() {
            [] => diagnostic.help("it declares no table at all"),
            few if few.len() <= FEW => {
                let few: Vec<&str> = few.iter().map(String::as_str).collect();
                diagnostic.help(format!("its tables are {}", listed(&few, "and")))
            }
            _ => diagnostic,
        },
        Some(_) => diagnostic,
        None => diagnostic.help("a shape of another name than its table says `table = \"…\"`"),
    };
    report.push(diagnostic);
    None
}

/// What a written name can mean: `orders`, `sales.orders`; a schema's name may hold points, too.
pub(crate) fn names(written: &str) -> impl Iterator<Item = QualifiedName> + '_ {
    let name = |schema: &str, name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() };
    let qualified = written.match_indices('.').map(move |(at, _)| name(&written[..at], &written[at + 1..]));
    std::iter::once(name("public", written)).chain(qualified)
}

pub(super) fn shown(name: &QualifiedName) -> String {
    if name.schema == "public" { name.name.clone() } else { format!("{}.{}", name.schema, name.name) }
}

fn toml_list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", names.join(", "))
}

struct Chooser<'c, 't> {
    entry: &'c Shape,
    table_name: &'c QualifiedName,
    table: &'c Table,
    types: &'t Types<'t>,
    /// Generated columns are sent.
    generated: bool,
    writer: Writer,
}

impl<'c> Chooser<'c, '_> {
    fn find(&self, name: &str) -> Option<&'c Column> {
        self.table.columns.iter().find(|column| column.name == name)
    }

    /// Whether rows can be told apart by a column.
    fn is_key(&self, column: &Column) -> bool {
        self.types.column(self.table_name, column, &mut |name| name.name.clone()).ty.is_key()
    }

    fn sent(&self, column: &Column) -> bool {
        self.generated || column.generated.is_none()
    }

    fn unknown(&self, name: &Spanned<String>) -> Diagnostic {
        let message = format!("the table `{}` has no column `{}`", shown(self.table_name), name.value);
        let columns: Vec<&str> = self.table.columns.iter().map(|column| column.name.as_str()).collect();
        Diagnostic::error(&codes::SHAPE_COLUMN, message).at(name.span, "no such column").suggest_or_list(
            &name.value,
            "its columns",
            &columns,
        )
    }

    /// A column that is asked for by name.
    fn named(&self, name: &Spanned<String>, report: &mut Report) -> Option<&'c Column> {
        let Some(column) = self.find(&name.value) else {
            report.push(self.unknown(name));
            return None;
        };
        if !self.sent(column) {
            let message = format!("the column `{}` is generated, and Electric doesn't send it", name.value);
            let diagnostic = Diagnostic::error(&codes::SHAPE_COLUMN, message)
                .at(name.span, "not sent")
                .see(column.span, "declared here");
            let (newer, older) = match self.writer {
                Writer::Manifest => ("say `postgres = 18` in `[server]`", "leave the column out"),
                Writer::Struct => ("name a manifest that says `postgres = 18` in `[server]`", "remove the field"),
                Writer::StructOfManifest => ("say `postgres = 18` in `[server]` of the manifest", "remove the field"),
            };
            let diagnostic = diagnostic.help(format!("with PostgreSQL 18 it is: {newer}"));
            report.push(diagnostic.help(format!("without it, {older}")));
            return None;
        }
        Some(column)
    }

    fn columns(&self, report: &mut Report) -> Option<Vec<&'c Column>> {
        let mut chosen: Vec<&Column> = self.table.columns.iter().filter(|column| self.sent(column)).collect();
        if let Some(list) = &self.entry.columns {
            let named: Vec<Option<&Column>> = list.value.iter().map(|name| self.named(name, report)).collect();
            let named: Vec<&Column> = named.into_iter().collect::<Option<_>>()?;
            chosen.retain(|column| named.iter().any(|named| named.name == column.name));
        }
        if let Some(list) = &self.entry.except {
            let mut failed = false;
            for name in list.value.iter().filter(|name| self.find(&name.value).is_none()) {
                failed = true;
                report.push(self.unknown(name));
            }
            chosen.retain(|column| list.value.iter().all(|name| name.value != column.name));
            if failed {
                return None;
            }
        }
        Some(chosen)
    }

    fn key(&self, report: &mut Report) -> Option<Vec<&'c Column>> {
        let key = match (&self.entry.key, &self.table.primary_key) {
            (Some(list), _) => self.declared_key(list, report)?,
            (None, Some(primary)) => primary.iter().filter_map(|name| self.find(name)).collect(),
            (None, None) => {
                report.push(self.no_key());
                return None;
            }
        };
        let span = self.entry.key.as_ref().map_or(self.entry.name.span, |list| list.span);
        let mut failed = key.is_empty();
        for column in &key {
            let message = if !self.is_key(column) {
                let pg_type = types::pg_type(&column.data_type);
                let array = if column.data_type.dims > 0 { "[]" } else { "" };
                format!("the column `{}` of type `{pg_type}{array}` can't be part of a key", column.name)
            } else if !self.sent(column) {
                format!(
                    "the column `{}` is part of the key, and Electric doesn't send it: it is generated",
                    column.name
                )
            } else {
                continue;
            };
            failed = true;
            let diagnostic = Diagnostic::error(&codes::SHAPE_KEY, message)
                .at(self.place(column, span), format!("the key of `{}`", self.entry.name.value))
                .see(column.span, "declared here");
            report.push(diagnostic.help(match self.entry.fields {
                Some(_) => "mark the fields of another unique set with `#[shape(key)]`",
                None => "name another unique set of columns: `key = […]`",
            }));
        }
        (!failed).then_some(key)
    }

    /// Where a struct has a column; elsewhere the key's place.
    fn place(&self, column: &Column, key: Span) -> Span {
        self.entry.field(&column.name).map_or(key, |field| field.column.span)
    }

    /// How a unique set is made the key.
    fn as_key(&self, set: &[String]) -> String {
        if self.entry.fields.is_none() {
            return format!("`key = {}`", toml_list(set));
        }
        let names: Vec<&str> = set.iter().map(String::as_str).collect();
        listed(&names, "and")
    }

    fn no_key(&self) -> Diagnostic {
        let written = self.entry.table.as_ref().unwrap_or(&self.entry.name);
        let message = format!("the table `{}` has no primary key", shown(self.table_name));
        let diagnostic = Diagnostic::error(&codes::SHAPE_KEY, message)
            .at(written.span, "its rows can't be told apart")
            .see(self.table.span, "declared here");
        // Best one that a struct has the fields for.
        let lacking = |set: &&[String]| set.iter().filter(|name| self.entry.field(name).is_none()).count();
        match self.usable_sets().min_by_key(lacking) {
            Some(set) if self.entry.fields.is_some() => {
                let mark = if set.len() == 1 { "mark it" } else { "mark them" };
                diagnostic.help(format!("{} can be the key: {mark} with `#[shape(key)]`", self.as_key(set)))
            }
            Some(set) => diagnostic.help(format!("one of its unique sets can be the key: {}", self.as_key(set))),
            None => {
                diagnostic.help("give it a primary key, or a unique constraint or index over columns that are not null")
            }
        }
    }

    /// What tells rows apart: the primary key, unique constraints, and unique indexes without a constraint.
    fn unique_sets(&self) -> impl Iterator<Item = &'c [String]> + use<'c> {
        let indexes = self.table.indexes.iter().filter(|index| index.unique).map(|index| index.columns.as_slice());
        let constraints = self.table.primary_key.iter().chain(&self.table.unique).map(Vec::as_slice);
        constraints.chain(indexes)
    }

    /// The unique sets that can be the key.
    fn usable_sets(&self) -> impl Iterator<Item = &'c [String]> {
        let usable = |name: &String| self.find(name).is_some_and(|column| column.not_null && self.is_key(column));
        self.unique_sets().filter(move |set| set.iter().all(usable))
    }

    /// `key = […]`: a unique set of columns that are never NULL.
    fn declared_key(&self, list: &Spanned<Vec<Spanned<String>>>, report: &mut Report) -> Option<Vec<&'c Column>> {
        let mut failed = false;
        let mut key = Vec::with_capacity(list.value.len());
        for name in &list.value {
            match self.find(&name.value) {
                Some(column) if column.not_null => key.push(column),
                Some(column) => {
                    failed = true;
                    let message = format!("the column `{}` can be NULL, so it can't be part of a key", name.value);
                    let diagnostic = Diagnostic::error(&codes::SHAPE_KEY, message)
                        .at(name.span, "can be NULL")
                        .see(column.span, "declared here");
                    report.push(diagnostic.help(match self.entry.fields {
                        Some(_) => "declare it NOT NULL, or mark the fields of another unique set with `#[shape(key)]`",
                        None => "declare it NOT NULL, or name another unique set of columns",
                    }));
                }
                None => {
                    failed = true;
                    report.push(self.unknown(name));
                }
            }
        }
        let same =
            |set: &&[String]| set.len() == list.value.len() && list.value.iter().all(|name| set.contains(&name.value));
        if !failed && !self.unique_sets().any(|set| same(&set)) {
            failed = true;
            let message = match (&self.entry.row, &self.entry.fields) {
                (Some(row), Some(_)) => format!("the key of `{}` is no unique set of its table", row.value),
                _ => format!("the key of `{}` is no unique set of its table", self.entry.name.value),
            };
            let mut diagnostic = Diagnostic::error(&codes::SHAPE_KEY, message).at(list.span, "two rows could share it");
            for set in self.usable_sets().take(3) {
                diagnostic = diagnostic.help(match self.entry.fields {
                    Some(_) => format!("a unique set is {}: mark its fields with `#[shape(key)]`", self.as_key(set)),
                    None => format!("a unique set is {}", self.as_key(set)),
                });
            }
            report.push(diagnostic);
        }
        (!failed).then_some(key)
    }

    /// Where the key's columns stand among the chosen; what was left out is an error.
    fn positions(&self, columns: &[&Column], key: &[&Column], report: &mut Report) -> Option<Vec<usize>> {
        let positions = key.iter().map(|part| {
            let position = columns.iter().position(|column| column.name == part.name);
            if position.is_none() {
                report.push(self.left_out(part));
            }
            position
        });
        let positions: Vec<Option<usize>> = positions.collect();
        positions.into_iter().collect()
    }

    fn left_out(&self, part: &Column) -> Diagnostic {
        let shape = &self.entry.name.value;
        if let (Some(row), Some(_)) = (&self.entry.row, &self.entry.fields) {
            let ty = self.types.column(self.table_name, part, &mut |name| name.name.clone()).ty;
            let message = format!("`{}` has no field for `{}`, which is part of its key", row.value, part.name);
            return Diagnostic::error(&codes::SHAPE_KEY, message)
                .at(self.entry.columns.as_ref().map_or(row.span, |list| list.span), "no such field")
                .see(part.span, "declared here")
                .help(format!("add a field: `pub {}: {ty}`", crate::naming::snake(&part.name)));
        }
        let message = format!("the shape `{shape}` leaves out `{}`, which is part of its key", part.name);
        let diagnostic = Diagnostic::error(&codes::SHAPE_KEY, message);
        let excluded =
            self.entry.except.as_ref().and_then(|list| list.value.iter().find(|name| name.value == part.name));
        match (excluded, &self.entry.columns) {
            (Some(name), _) => {
                diagnostic.at(name.span, "left out here").help(format!("remove `{}` from `except`", part.name))
            }
            (None, Some(list)) => diagnostic
                .at(list.span, format!("`{}` is missing", part.name))
                .help(format!("add `\"{}\"` to `columns`", part.name)),
            (None, None) => diagnostic.at(self.entry.name.span, "this shape"),
        }
    }

    /// `secret` and `finders` name columns of the shape.
    fn check_selected(&self, list: &[Spanned<String>], columns: Option<&[&Column]>, report: &mut Report) {
        for name in list {
            if self.find(&name.value).is_none() {
                report.push(self.unknown(name));
            } else if columns.is_some_and(|columns| columns.iter().all(|column| column.name != name.value)) {
                let message = match (&self.entry.row, &self.entry.fields) {
                    (Some(row), Some(_)) => format!("`{}` has no field for the column `{}`", row.value, name.value),
                    _ => format!("the column `{}` is not part of the shape `{}`", name.value, self.entry.name.value),
                };
                let diagnostic =
                    Diagnostic::error(&codes::SHAPE_COLUMN, message).at(name.span, "left out of the shape");
                report.push(diagnostic.help(match self.entry.fields {
                    Some(_) => "remove it here, or add a field for it",
                    None => "remove it here, or let `columns` or `except` take it in",
                }));
            }
        }
    }
}
