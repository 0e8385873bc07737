//! What goes with what: `DROP` in all its forms.

use std::collections::HashSet;

use super::database::{ConstraintId, Database, ExtensionId, RelationId, SchemaId, TEMPORARY, TypeId};
use super::objects::{ColumnNumber, ConstraintFacts, NamedType, RelationKind, Type, TypeKind, TypeOf, TypeUse};
use super::replay::Replay;
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::extension_types::extension_type;
use crate::sql::statement::{DropKind, Ident, Name};

/// Something that can be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Object {
    Schema(SchemaId),
    Extension(ExtensionId),
    Relation(RelationId),
    Column(RelationId, ColumnNumber),
    Default(RelationId, ColumnNumber),
    Type(TypeId),
    Constraint(ConstraintId),
}

/// What stands on an object that is dropped.
#[derive(Default)]
struct Dependents {
    /// They go along.
    parts: Vec<Object>,
    /// They go along with CASCADE; without it the drop is refused.
    users: Vec<Object>,
}

impl Replay<'_> {
    pub(super) fn drop(&mut self, kind: DropKind, names: &[Name], if_exists: bool, cascade: bool) {
        // All of them at once: they may depend on each other.
        let mut objects = Vec::new();
        let mut span: Option<Span> = None;
        for name in names {
            let found = match kind {
                DropKind::Type => self.type_to_drop(name, if_exists),
                _ => self.relation_to_drop(kind, name, if_exists),
            };
            objects.extend(found);
            span = span.or(Some(name.span()));
        }
        if let Some((span, first)) = span.zip(names.first()) {
            self.drop_objects(objects, cascade, span, &first.name.value);
        }
    }

    fn relation_to_drop(&mut self, kind: DropKind, name: &Name, if_exists: bool) -> Option<Object> {
        let what = match kind {
            DropKind::Table => "table",
            DropKind::View => "view",
            DropKind::Index => "index",
            DropKind::Sequence | DropKind::Type => "sequence",
        };
        let found = self.lookup_relation(name).filter(|found| match (&self.db[*found].kind, kind) {
            (RelationKind::Table, DropKind::Table)
            | (RelationKind::Index(_), DropKind::Index)
            | (RelationKind::Sequence(_), DropKind::Sequence)
            | (RelationKind::Unreadable, _) => true,
            (RelationKind::View { is_table, .. }, DropKind::Table) => *is_table,
            (RelationKind::View { is_table, .. }, DropKind::View) => !is_table,
            _ => false,
        });
        let Some(found) = found else {
            if !if_exists {
                self.no_relation(what, name);
            }
            return None;
        };
        let owner = match &self.db[found].kind {
            RelationKind::Index(index) => {
                let constraint = index.constraint.map(|id| (self.db[id].name.clone(), self.db[id].span));
                constraint.map(|(name, span)| (format!("constraint `{name}`"), span))
            }
            RelationKind::Sequence(sequence) if sequence.identity => sequence.owner.map(|(table, column)| {
                let column = &self.db[table][column];
                (format!("column `{}`", column.name), column.span)
            }),
            _ => None,
        };
        if let Some((owner, declared)) = owner {
            let message = format!("{what} `{}` can't be dropped: {owner} is made with it", name.name.value);
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span(), "can't be dropped");
            self.report.push(error.see(declared, "made here").help(format!("drop {owner} instead")));
            return None;
        }
        Some(Object::Relation(found))
    }

    fn type_to_drop(&mut self, name: &Name, if_exists: bool) -> Option<Object> {
        let Some(NamedType::Own(found)) = self.lookup_type(name) else {
            let of_extension = extension_type(&name.name.value).is_some();
            if !if_exists && !of_extension {
                self.unknown_type(name);
            }
            return None;
        };
        match self.db[found].kind {
            TypeKind::Row(relation) if matches!(self.db[relation].kind, RelationKind::Composite) => {
                Some(Object::Relation(relation))
            }
            TypeKind::Row(_) | TypeKind::Multirange(_) => {
                let message = format!("type `{}` can't be dropped on its own", name.name.value);
                let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span(), "can't be dropped");
                self.report.push(error.see(self.db[found].span, "made with this"));
                None
            }
            _ => Some(Object::Type(found)),
        }
    }

    pub(super) fn drop_schemas(&mut self, names: &[Ident], _if_exists: bool, cascade: bool) {
        let schemas = names.iter().filter_map(|name| self.db.schema(&name.value)).map(Object::Schema);
        let schemas: Vec<Object> = schemas.collect();
        if let Some(name) = names.first() {
            self.drop_objects(schemas, cascade, name.span, &name.value);
        }
    }

    pub(super) fn drop_extensions(&mut self, names: &[Ident], _if_exists: bool, cascade: bool) {
        let extensions = names.iter().filter_map(|name| self.db.extension(&name.value)).map(Object::Extension);
        let extensions: Vec<Object> = extensions.collect();
        if let Some(name) = names.first() {
            self.drop_objects(extensions, cascade, name.span, &name.value);
        }
    }

    /// What a session leaves behind in its temporary schema.
    pub(super) fn drop_temporary(&mut self) {
        if let Some(schema) = self.db.schema(TEMPORARY) {
            for object in self.db.collect(vec![Object::Schema(schema)], true).0 {
                self.db.remove(object);
            }
        }
    }

    /// Drops objects and what goes with them. Without CASCADE it is an error that others depend on them; the word at
    /// `span` names them as `name`.
    pub(super) fn drop_objects(&mut self, objects: Vec<Object>, cascade: bool, span: Span, name: &str) -> bool {
        let (all, mut users) = self.db.collect(objects, cascade);
        if !cascade {
            users.retain(|user| !all.iter().any(|part| self.db.is_part(*user, *part)));
            if let Some(user) = users.first() {
                let (what, place) = self.db.described(*user);
                let message = format!("`{name}` can't be dropped: {what} depends on it");
                let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(span, "can't be dropped");
                let help = "drop or change that first; CASCADE drops it, too";
                let error = match place {
                    Some(place) => error.see(place, "depends on it"),
                    None => error,
                };
                self.report.push(error.help(help));
                return false;
            }
        }
        for object in all {
            self.db.remove(object);
        }
        true
    }
}

impl Database {
    /// Everything that goes when objects are dropped, and what keeps them without CASCADE.
    fn collect(&self, objects: Vec<Object>, cascade: bool) -> (Vec<Object>, Vec<Object>) {
        let mut seen: HashSet<Object> = objects.iter().copied().collect();
        let (mut all, mut users) = (objects, Vec::new());
        let mut at = 0;
        while at < all.len() {
            let dependents = self.dependents(all[at]);
            all.extend(dependents.parts.into_iter().filter(|part| seen.insert(*part)));
            for user in dependents.users {
                if !self.is_hint(user) {
                    users.push(user);
                }
                if cascade && seen.insert(user) {
                    all.push(user);
                }
            }
            at += 1;
        }
        (all, users)
    }

    /// Views are thought to read what their words say, which is no reason to refuse anything: where PostgreSQL doesn't,
    /// they read something else, and stay.
    fn is_hint(&self, object: Object) -> bool {
        matches!(object, Object::Relation(relation) if matches!(self[relation].kind, RelationKind::View { .. }))
    }

    /// Whether something goes when another thing does.
    fn is_part(&self, object: Object, of: Object) -> bool {
        let table = match object {
            Object::Column(table, _) | Object::Default(table, _) => Some(table),
            _ => None,
        };
        let column = match object {
            Object::Default(table, column) => Some(Object::Column(table, column)),
            _ => None,
        };
        object == of || column == Some(of) || table.map(Object::Relation) == Some(of)
    }

    fn dependents(&self, object: Object) -> Dependents {
        let mut found = Dependents::default();
        match object {
            Object::Schema(schema) => {
                let relations = self[schema].relations.values().map(|relation| Object::Relation(*relation));
                let types = self[schema].types.values().filter_map(|named| match named {
                    NamedType::Own(of) => match self[*of].kind {
                        TypeKind::Row(_) => None,
                        // Neither is there without the other, and the other can lie elsewhere.
                        TypeKind::Multirange(range) => Some(Object::Type(range)),
                        _ => Some(Object::Type(*of)),
                    },
                    NamedType::ArrayOf(_) => None,
                });
                let extensions = self.extensions().filter(|(_, extension)| extension.schema == schema);
                let is_made_here = |of: &Type| matches!(of.kind, TypeKind::Range { made_in, .. } if made_in == schema);
                let ranges = self.types().filter(|(_, of)| is_made_here(of)).map(|(id, _)| Object::Type(id));
                found.users = relations.chain(types).chain(ranges).collect();
                found.users.extend(extensions.map(|(id, _)| Object::Extension(id)));
                found.users.sort_by_key(|user| self.described(*user).1);
            }
            Object::Extension(extension) => {
                let name = self[extension].name.as_str();
                let uses =
                    |used: &TypeUse| matches!(&used.of, TypeOf::Extension { extension, .. } if *extension == name);
                self.users_of(uses, &mut found.users);
            }
            Object::Relation(relation) => self.dependents_of_relation(relation, &mut found),
            Object::Column(table, column) => self.dependents_of_column(table, column, &mut found),
            Object::Default(..) => {}
            Object::Type(of) => self.dependents_of_type(of, &mut found),
            Object::Constraint(constraint) => {
                found.parts.extend(self[constraint].children.iter().map(|child| Object::Constraint(*child)));
                found.parts.extend(self[constraint].kind.index().map(Object::Relation));
                // Without one partition of its target a foreign key isn't whole.
                let whole = self[constraint].parent.filter(|whole| self[*whole].table == self[constraint].table);
                found.parts.extend(whole.map(Object::Constraint));
            }
        }
        found
    }

    fn dependents_of_relation(&self, id: RelationId, found: &mut Dependents) {
        let relation = &self[id];
        found.parts.extend(relation.constraints.iter().map(|constraint| Object::Constraint(*constraint)));
        found.parts.extend(relation.indexes.iter().chain(&relation.sequences).map(|part| Object::Relation(*part)));
        for child in &relation.children {
            let is_part = self[*child].is_partition || matches!(relation.kind, RelationKind::Index(_));
            let list = if is_part { &mut found.parts } else { &mut found.users };
            list.push(Object::Relation(*child));
        }
        found.users.extend(relation.referenced_by.iter().map(|constraint| Object::Constraint(*constraint)));
        found.users.extend(relation.read_by.iter().map(|view| Object::Relation(*view)));
        match &relation.kind {
            RelationKind::Index(index) => {
                found.parts.extend(index.constraint.map(Object::Constraint));
                let keys = self[index.table].referenced_by.iter();
                let leaning = keys.filter(|key| match &self[**key].kind {
                    ConstraintFacts::Foreign(key) => key.index == Some(id),
                    _ => false,
                });
                found.users.extend(leaning.map(|key| Object::Constraint(*key)));
            }
            RelationKind::Sequence(sequence) => {
                let users = sequence.users.iter().filter(|(table, column)| {
                    let column = &self[*table][*column];
                    !self[*table].dropped && !column.dropped && column.sequences.contains(&id)
                });
                found.users.extend(users.map(|(table, column)| Object::Default(*table, *column)));
            }
            _ => {}
        }
        if let Some(row_type) = relation.row_type {
            self.dependents_of_type(row_type, found);
        }
    }

    fn dependents_of_column(&self, table: RelationId, column: ColumnNumber, found: &mut Dependents) {
        let relation = &self[table];
        for index in &relation.indexes {
            if let Some(facts) = self.index_facts(*index)
                && facts.uses(column)
            {
                found.parts.push(facts.constraint.map_or(Object::Relation(*index), Object::Constraint));
            }
        }
        for constraint in &relation.constraints {
            let uses = match &self[*constraint].kind {
                ConstraintFacts::Foreign(key) => key.columns.contains(&column),
                ConstraintFacts::Check { columns, .. } => columns.contains(&column),
                _ => false,
            };
            if uses {
                found.parts.push(Object::Constraint(*constraint));
            }
        }
        for constraint in &relation.referenced_by {
            if let ConstraintFacts::Foreign(key) = &self[*constraint].kind
                && key.references.contains(&column)
            {
                found.users.push(Object::Constraint(*constraint));
            }
        }
        let owned = relation.sequences.iter();
        let owned = owned.filter(|id| self.sequence(**id).is_some_and(|s| s.owner == Some((table, column))));
        found.parts.extend(owned.map(|sequence| Object::Relation(*sequence)));
        let readers = relation.live_columns().filter(|(_, reader)| reader.reads.contains(&column));
        found.users.extend(readers.map(|(number, _)| Object::Column(table, number)));
        let name = relation[column].name.as_str();
        let is_read = |view: &&RelationId| match &self[**view].kind {
            RelationKind::View { words, .. } => words.iter().any(|word| word == name || word == "*"),
            _ => false,
        };
        found.users.extend(relation.read_by.iter().filter(is_read).map(|view| Object::Relation(*view)));
    }

    fn dependents_of_type(&self, of: TypeId, found: &mut Dependents) {
        if let TypeKind::Range { multirange, .. } = self[of].kind {
            found.parts.push(Object::Type(multirange));
        }
        if self[of].used {
            self.users_of(|used| used.of == TypeOf::Declared(of), &mut found.users);
            for (id, relation) in self.relations() {
                let made_with = relation.live_columns();
                let made_with = made_with.filter(|(_, c)| c.default.is_some() && c.default_types.contains(&of));
                found.users.extend(made_with.map(|(number, _)| Object::Default(id, number)));
            }
            let typed = self.relations().filter(|(_, relation)| relation.of_type == Some(of));
            found.users.extend(typed.map(|(id, _)| Object::Relation(id)));
        }
    }

    /// The columns, domains and ranges that are declared with a type.
    fn users_of(&self, uses: impl Fn(&TypeUse) -> bool, users: &mut Vec<Object>) {
        for (id, relation) in self.relations() {
            let columns = relation.live_columns().filter(|(_, column)| column.data_type.as_ref().is_some_and(&uses));
            users.extend(columns.map(|(number, _)| Object::Column(id, number)));
        }
        for (id, found) in self.types() {
            let base = match &found.kind {
                TypeKind::Domain(facts) => facts.base.as_ref(),
                TypeKind::Range { subtype, .. } => subtype.as_ref(),
                _ => None,
            };
            if base.is_some_and(&uses) {
                users.push(Object::Type(id));
            }
        }
    }

    /// What an object is, for messages, and where it was declared.
    fn described(&self, object: Object) -> (String, Option<Span>) {
        match object {
            Object::Schema(schema) => (format!("schema `{}`", self[schema].name), None),
            Object::Extension(extension) => (format!("extension `{}`", self[extension].name), None),
            Object::Relation(relation) => {
                let relation = &self[relation];
                let what = match relation.kind {
                    RelationKind::Index(_) => "index",
                    RelationKind::Sequence(_) => "sequence",
                    RelationKind::Composite => "type",
                    RelationKind::View { is_table: false, .. } => "view",
                    _ => "table",
                };
                (format!("{what} `{}`", relation.name), Some(relation.span))
            }
            Object::Column(table, column) | Object::Default(table, column) => {
                let what = if matches!(object, Object::Default(..)) { "the default of column" } else { "column" };
                let column = &self[table][column];
                (format!("{what} `{}` of `{}`", column.name, self[table].name), Some(column.span))
            }
            Object::Type(of) => (format!("type `{}`", self[of].name), Some(self[of].span)),
            Object::Constraint(constraint) => {
                let constraint = &self[constraint];
                let table = &self[constraint.table].name;
                (format!("constraint `{}` of `{table}`", constraint.name), Some(constraint.span))
            }
        }
    }

    /// Takes objects away with all that can't be without them.
    pub(super) fn remove_with_parts(&mut self, objects: Vec<Object>) {
        for object in self.collect(objects, false).0 {
            self.remove(object);
        }
    }

    /// Takes one object away. What depends on it is taken away by its own.
    pub(super) fn remove(&mut self, object: Object) {
        match object {
            Object::Schema(schema) => self.remove_schema(schema),
            Object::Extension(extension) => self[extension].dropped = true,
            Object::Relation(relation) => self.remove_relation(relation),
            Object::Column(table, column) => {
                let column = &mut self[table][column];
                column.dropped = true;
                column.name.clear();
            }
            Object::Default(table, column) => {
                let column = &mut self[table][column];
                column.default = None;
                column.sequences.clear();
            }
            Object::Type(of) => {
                if !self[of].dropped {
                    if let TypeKind::Domain(facts) = &self[of].kind {
                        let (schema, checks) = (self[of].schema, facts.checks.clone());
                        checks.iter().for_each(|check| self.uncount_constraint_name(schema, check));
                    }
                    self.forget_type_name(of);
                    self[of].dropped = true;
                }
            }
            Object::Constraint(constraint) => self.remove_constraint(constraint),
        }
    }

    fn remove_relation(&mut self, id: RelationId) {
        if self[id].dropped {
            return;
        }
        self[id].dropped = true;
        let (schema, name) = (self[id].schema, std::mem::take(&mut self[id].name));
        self[schema].relations.remove(&name);
        for parent in std::mem::take(&mut self[id].parents) {
            self[parent].children.retain(|child| *child != id);
        }
        if let Some(row_type) = self[id].row_type.filter(|row_type| !self[*row_type].dropped) {
            self.forget_type_name(row_type);
            self[row_type].dropped = true;
        }
        match &self[id].kind {
            RelationKind::Index(index) => {
                let table = index.table;
                self[table].indexes.retain(|index| *index != id);
            }
            RelationKind::Sequence(sequence) => {
                if let Some((table, _)) = sequence.owner {
                    self[table].sequences.retain(|sequence| *sequence != id);
                }
            }
            _ => {}
        }
    }

    fn remove_constraint(&mut self, id: ConstraintId) {
        if self[id].dropped {
            return;
        }
        self[id].dropped = true;
        let table = self[id].table;
        self[table].constraints.retain(|constraint| *constraint != id);
        let (schema, name) = (self[table].schema, self[id].name.clone());
        self.uncount_constraint_name(schema, &name);
        if let ConstraintFacts::Foreign(key) = &self[id].kind {
            let target = key.target;
            self[target].referenced_by.retain(|constraint| *constraint != id);
        }
        if let Some(parent) = self[id].parent {
            self[parent].children.retain(|child| *child != id);
        }
        if let Some(index) = self[id].kind.index()
            && let Some(facts) = self.index_facts_mut(index)
        {
            facts.constraint = None;
        }
    }
}
