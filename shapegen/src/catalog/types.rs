//! Statements about types, applied; and which type a column's words mean.

use std::collections::BTreeSet;

use super::replay::{Replay, shown};
use super::{BaseType, DataType, EnumType, QualifiedName};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::statement::{Ident, MoveAction, Name, Side, TypeAction, TypeName};
use crate::sql::types;

const PG_CATALOG: &str = "pg_catalog";

impl Replay<'_> {
    /// The type that was written; what can't be told is reported.
    pub(super) fn data_type(&mut self, written: &TypeName) -> Option<DataType> {
        let name = &written.name;
        // `pg_catalog` comes first on every search path.
        if name.schema.as_ref().is_none_or(|schema| schema.value == PG_CATALOG)
            && let Some(built_in) = types::built_in(&name.name.value)
        {
            let base = BaseType::BuiltIn { name: built_in, modifiers: written.modifiers.clone() };
            return Some(DataType { base, dims: written.dims });
        }
        match self.find_type(name) {
            Some(found) if self.enums.contains_key(&found) => {
                Some(DataType { base: BaseType::Enum(found), dims: written.dims })
            }
            Some(found) => {
                if let Some((declared, what)) = self.other_types.get(&found) {
                    let message = format!("{what} as a column's type can't be read yet");
                    let error = Diagnostic::error(&codes::SQL_UNSUPPORTED, message);
                    let error = error.at(written.span, "not supported").see(*declared, format!("it is {what}"));
                    self.report.push(error.help("a column needs a built-in type or an enum"));
                }
                None
            }
            None => {
                self.unknown_type(name);
                None
            }
        }
    }

    fn unknown_type(&mut self, name: &Name) {
        let mut candidates: Vec<&str> = types::spellings().collect();
        candidates.extend(self.enums.keys().map(|name| name.name.as_str()));
        let error = Diagnostic::error(&codes::SQL_TYPE, format!("there is no type `{}`", shown(name)));
        let label = "neither PostgreSQL nor these files declare it before this";
        let error = error.at(name.span(), label);
        self.report.push(match types::alias(&name.name.value) {
            // Only the grammar knows these words, and only where they stand alone.
            Some(known) => error.help(format!("write `{known}`, or the word without quotes and without a schema")),
            None => error.suggest(&name.name.value, candidates),
        });
    }

    /// A type that these files declare.
    fn find_type(&self, name: &Name) -> Option<QualifiedName> {
        self.lookup(name).find(|name| self.type_span(name).is_some())
    }

    pub(super) fn type_span(&self, name: &QualifiedName) -> Option<Span> {
        let other = self.other_types.get(name).map(|(span, _)| *span);
        self.enums.get(name).map(|found| found.span).or(other)
    }

    /// The name of a new type, unless it is taken.
    fn new_type(&mut self, name: &Name) -> Option<QualifiedName> {
        let qualified = self.qualify_new(name)?;
        if let Some(before) = self.type_span(&qualified) {
            self.declared_twice("type", &qualified.name, name.span(), before);
            return None;
        }
        Some(qualified)
    }

    pub(super) fn create_enum(&mut self, name: &Name, labels: Vec<Ident>) {
        let Some(qualified) = self.new_type(name) else { return };
        let mut seen: Vec<Ident> = Vec::new();
        for label in labels {
            match seen.iter().find(|before| before.value == label.value).map(|before| before.span) {
                Some(before) => self.declared_twice("label", &label.value, label.span, before),
                None => seen.push(label),
            }
        }
        let labels = seen.into_iter().map(|label| label.value).collect();
        self.enums.insert(qualified, EnumType { span: name.span(), labels, comment: None });
    }

    pub(super) fn create_other_type(&mut self, name: &Name, what: &'static str) {
        if let Some(qualified) = self.new_type(name) {
            self.other_types.insert(qualified, (name.span(), what));
        }
    }

    pub(super) fn alter_type(&mut self, name: &Name, action: TypeAction) {
        let Some(found) = self.find_type(name) else { return self.unknown_type(name) };
        match action {
            TypeAction::AddValue { label, if_not_exists, next_to } => {
                self.add_value(&found, label, if_not_exists, next_to);
            }
            TypeAction::RenameValue { from, to } => {
                let Some(labels) = self.enums.get_mut(&found).map(|found| &mut found.labels) else { return };
                if labels.contains(&to.value) {
                    let message = format!("type `{}` has a label `{}` already", found.name, to.value);
                    let error = Diagnostic::error(&codes::SQL_DUPLICATE, message);
                    return self.report.push(error.at(to.span, "there already"));
                }
                match labels.iter_mut().find(|label| **label == from.value) {
                    Some(label) => *label = to.value,
                    None => self.no_label(&found, &from),
                }
            }
            TypeAction::Move(MoveAction::Rename(to)) => {
                self.move_type(&found, &QualifiedName { schema: found.schema.clone(), name: to.value });
            }
            TypeAction::Move(MoveAction::SetSchema(to)) => {
                self.move_type(&found, &QualifiedName { schema: to.value, name: found.name.clone() });
            }
            TypeAction::Move(MoveAction::Nothing) => {}
        }
    }

    fn add_value(&mut self, name: &QualifiedName, label: Ident, if_not_exists: bool, next_to: Option<(Ident, Side)>) {
        let Some(labels) = self.enums.get_mut(name).map(|found| &mut found.labels) else { return };
        if labels.contains(&label.value) {
            if !if_not_exists {
                let message = format!("type `{}` has a label `{}` already", name.name, label.value);
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, message).at(label.span, "there already");
                self.report.push(error.help("write ADD VALUE IF NOT EXISTS if that is fine"));
            }
            return;
        }
        let at = match &next_to {
            None => Some(labels.len()),
            Some((neighbour, side)) => labels
                .iter()
                .position(|label| *label == neighbour.value)
                .map(|at| if *side == Side::After { at + 1 } else { at }),
        };
        match (at, next_to) {
            (Some(at), _) => labels.insert(at, label.value),
            (None, Some((neighbour, _))) => self.no_label(name, &neighbour),
            (None, None) => {}
        }
    }

    fn no_label(&mut self, name: &QualifiedName, label: &Ident) {
        let Some(found) = self.enums.get(name) else { return };
        let message = format!("type `{}` has no label `{}`", name.name, label.value);
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(label.span, "no such label");
        let error = error.see(found.span, "the type").suggest(&label.value, found.labels.iter().map(String::as_str));
        self.report.push(error);
    }

    /// Gives a type another name, there and where columns have it.
    fn move_type(&mut self, from: &QualifiedName, to: &QualifiedName) {
        if let Some(other) = self.other_types.remove(from) {
            self.other_types.insert(to.clone(), other);
        }
        let Some(moved) = self.enums.remove(from) else { return };
        self.enums.insert(to.clone(), moved);
        for column in self.tables.values_mut().flat_map(|relation| &mut relation.columns) {
            if matches!(&column.data_type.base, BaseType::Enum(name) if name == from) {
                column.data_type.base = BaseType::Enum(to.clone());
            }
        }
    }

    pub(super) fn drop_type(&mut self, name: &Name, if_exists: bool, cascade: bool) {
        let Some(found) = self.find_type(name) else {
            if !if_exists {
                self.unknown_type(name);
            }
            return;
        };
        if !cascade {
            let mut columns = self.tables.values().flat_map(|relation| &relation.columns);
            let user = columns.find(|column| matches!(&column.data_type.base, BaseType::Enum(name) if *name == found));
            if let Some(column) = user {
                let message = format!("type `{}` is still a column's type", found.name);
                let error = Diagnostic::error(&codes::SQL_REFERENCE, message).see(column.span, "this column has it");
                let help = "drop or change the column first; CASCADE drops it, too";
                return self.report.push(error.at(name.span(), "can't be dropped").help(help));
            }
        }
        self.other_types.remove(&found);
        self.enums.remove(&found);
    }

    pub(super) fn comment_on_type(&mut self, name: &Name, text: Option<String>) {
        match self.find_type(name) {
            Some(found) => {
                if let Some(found) = self.enums.get_mut(&found) {
                    found.comment = text;
                }
            }
            None => self.unknown_type(name),
        }
    }

    /// Gives a schema another name.
    pub(super) fn rename_schema(&mut self, from: &str, to: &str) {
        let renamed = |name: &QualifiedName| QualifiedName { schema: to.to_owned(), name: name.name.clone() };
        let enums: Vec<_> =
            self.enums.keys().chain(self.other_types.keys()).filter(|n| n.schema == from).cloned().collect();
        for name in enums {
            self.move_type(&name, &renamed(&name));
        }
        let tables: Vec<_> = self.tables.keys().filter(|name| name.schema == from).cloned().collect();
        for name in tables {
            self.rename_table(&name, &renamed(&name));
        }
        let views: Vec<_> = self.views.keys().filter(|name| name.schema == from).cloned().collect();
        for name in views {
            if let Some(span) = self.views.remove(&name) {
                self.views.insert(renamed(&name), span);
            }
        }
    }

    /// Drops what leans on something that is gone: foreign keys to tables, columns of enums.
    pub(super) fn forget_dangling(&mut self) {
        let tables: BTreeSet<QualifiedName> = self.tables.keys().cloned().collect();
        for relation in self.tables.values_mut() {
            relation.retain_foreign_keys(|key| tables.contains(&key.table));
            let is_gone = |base: &BaseType| matches!(base, BaseType::Enum(name) if !self.enums.contains_key(name));
            let gone: Vec<String> = relation
                .columns
                .iter()
                .filter(|column| is_gone(&column.data_type.base))
                .map(|column| column.name.clone())
                .collect();
            for column in gone {
                relation.drop_column(&column);
            }
        }
    }
}
