//! What all relations have in common: their names; and views, sequences and extensions.

use super::database::{RelationId, SchemaId};
use super::drop::Object;
use super::objects::{RelationKind, SequenceFacts};
use super::replay::Replay;
use crate::diagnostics::{Diagnostic, codes};
use crate::sql::statement::{Commented, CreateView, DropKind, Ident, MoveAction, Name, RelationAction, SequenceOwner};

impl Replay<'_> {
    pub(super) fn create_view(&mut self, view: CreateView) {
        let CreateView { name, is_table, temporary, replace, if_not_exists, partition_of, reads, words } = view;
        let Some(schema) = self.new_schema(&name, temporary) else { return };
        if let Some(before) = self.db[schema].relations.get(&name.name.value).copied()
            && matches!(self.db[before].kind, RelationKind::View { is_table: false, .. })
            && !is_table
        {
            // One that was dropped along with what it read is hard to tell from one that is still there.
            if replace || !if_not_exists {
                let sources = self.readable(&reads);
                self.read_by(before, sources);
                self.db[before].kind = RelationKind::View { is_table, words };
            }
            return;
        }
        if !self.may_create(schema, &name, if_not_exists) {
            return;
        }
        let sources = self.readable(&reads);
        let view = self.add_rows(schema, &name.name.value, RelationKind::View { is_table, words }, name.span());
        self.read_by(view, sources);
        if let Some(parent) = partition_of.and_then(|parent| self.find_table(&parent, false)) {
            self.attach_foreign(parent, view);
        }
    }

    fn readable(&self, reads: &[Name]) -> Vec<RelationId> {
        reads.iter().filter_map(|name| self.lookup_relation(name)).collect()
    }

    fn read_by(&mut self, view: RelationId, sources: Vec<RelationId>) {
        for source in sources {
            if source != view && !self.db[source].read_by.contains(&view) {
                self.db[source].read_by.push(view);
            }
        }
    }

    pub(super) fn create_sequence(
        &mut self,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
        owner: Option<SequenceOwner>,
    ) {
        let Some(schema) = self.new_schema(name, temporary) else { return };
        if self.db[schema].relations.contains_key(&name.name.value) {
            self.may_create(schema, name, if_not_exists);
            return;
        }
        let facts = RelationKind::Sequence(SequenceFacts::default());
        let sequence = self.db.add_relation(schema, &name.name.value, facts, name.span());
        if let Some(owner) = owner {
            self.set_owner(sequence, owner);
        }
    }

    fn set_owner(&mut self, sequence: RelationId, owner: SequenceOwner) {
        let owner = match owner {
            SequenceOwner::None => None,
            SequenceOwner::Column(table, column) => {
                let Some(table) = self.find_table(&table, false) else { return };
                let Some(number) = self.db[table].column(&column.value) else {
                    return self.no_column(table, &column);
                };
                Some((table, number))
            }
        };
        let Some(facts) = self.db.sequence_mut(sequence) else { return };
        let before = std::mem::replace(&mut facts.owner, owner);
        if let Some((table, _)) = before {
            self.db[table].sequences.retain(|owned| *owned != sequence);
        }
        if let Some((table, _)) = owner {
            self.db[table].sequences.push(sequence);
        }
    }

    pub(super) fn create_extension(&mut self, name: Ident, if_not_exists: bool, schema: Option<Ident>) {
        if self.db.extension(&name.value).is_some() {
            if !if_not_exists {
                let message = format!("extension `{}` is there already", name.value);
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, message).at(name.span, "created again");
                self.report.push(error.help("write CREATE EXTENSION IF NOT EXISTS if that is fine"));
            }
            return;
        }
        let schema = self.schema_of_extension(schema.as_ref());
        self.db.add_extension(name.value, schema);
    }

    pub(super) fn alter_extension(&mut self, name: &Ident, schema: &Ident) {
        let schema = self.db.ensure_schema(&schema.value);
        match self.db.extension(&name.value) {
            Some(extension) => self.db[extension].schema = schema,
            // It was created elsewhere.
            None => self.db.add_extension(name.value.clone(), schema),
        }
    }

    pub(super) fn alter_relation(&mut self, kind: DropKind, name: &Name, if_exists: bool, action: RelationAction) {
        let what = match kind {
            DropKind::Index => "index",
            DropKind::Sequence => "sequence",
            _ => "view",
        };
        let Some(found) = self.lookup_relation(name) else {
            if !if_exists {
                self.no_relation(what, name);
            }
            return;
        };
        match action {
            RelationAction::Move(action) => self.move_relation(found, action),
            RelationAction::AttachPartition(index) => self.attach_written_index(found, &index),
            RelationAction::OwnedBy(owner) => self.set_owner(found, owner),
        }
    }

    /// Gives a relation another name or schema, with what goes along. A name that is taken is reported.
    pub(super) fn move_relation(&mut self, relation: RelationId, action: MoveAction) {
        let (schema, name, span) = match action {
            MoveAction::Rename(to) => (self.db[relation].schema, to.value, to.span),
            MoveAction::SetSchema(to) => (self.db.ensure_schema(&to.value), self.db[relation].name.clone(), to.span),
        };
        if schema == self.db[relation].schema && name == self.db[relation].name {
            return;
        }
        if let Some(before) = self.db[schema].relations.get(&name).copied() {
            if !matches!(self.db[before].kind, RelationKind::Unreadable) {
                let before = self.db[before].span;
                return self.declared_twice("relation", &name, span, before);
            }
            self.drop_objects(vec![Object::Relation(before)], true, span, &name);
        }
        let old_schema = self.db[relation].schema;
        self.rename_relation(relation, schema, &name);
        if schema != old_schema {
            let relation = &self.db[relation];
            let parts: Vec<RelationId> = relation.indexes.iter().chain(&relation.sequences).copied().collect();
            let constraints = relation.constraints.clone();
            for constraint in constraints {
                let name = self.db[constraint].name.clone();
                self.db.uncount_constraint_name(old_schema, &name);
                self.db.count_constraint_name(schema, &name);
            }
            for part in parts {
                let name = self.db[part].name.clone();
                self.move_name(part, schema, &name);
            }
        }
    }

    /// Renames a relation, its row type, and the constraint that it belongs to.
    pub(super) fn rename_relation(&mut self, relation: RelationId, schema: SchemaId, name: &str) {
        let constraint = self.db.index_facts(relation).and_then(|facts| facts.constraint);
        if let Some(constraint) = constraint {
            self.db.rename_constraint(constraint, name);
        }
        self.move_name(relation, schema, name);
        if let Some(row_type) = self.db[relation].row_type {
            self.db.move_type(row_type, schema, name);
        }
    }

    fn move_name(&mut self, relation: RelationId, schema: SchemaId, name: &str) {
        let old_schema = self.db[relation].schema;
        let old_name = std::mem::replace(&mut self.db[relation].name, name.to_owned());
        self.db[old_schema].relations.remove(&old_name);
        self.db[schema].relations.insert(name.to_owned(), relation);
        self.db[relation].schema = schema;
    }

    pub(super) fn comment(&mut self, on: Commented, text: Option<String>) {
        match on {
            Commented::Table(name) => {
                if let Some(table) = self.find_relation(&name, false) {
                    self.db[table].comment = text;
                }
            }
            Commented::Column(name, column) => {
                let Some(relation) = self.find_relation(&name, false) else { return };
                match self.db[relation].column(&column.value) {
                    Some(number) => self.db[relation][number].comment = text,
                    None => self.no_column(relation, &column),
                }
            }
            Commented::Type(name) => self.comment_on_type(&name, text),
        }
    }
}
