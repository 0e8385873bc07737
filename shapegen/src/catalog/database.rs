//! The schema while statements change it, as PostgreSQL keeps it: objects have identities, and names are one of their
//! properties. So a name changes in one place, and what refers to an object never goes astray.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use super::objects::{
    Constraint, ConstraintFacts, Extension, IndexFacts, NamedType, Relation, RelationKind, Schema, SequenceFacts, Type,
    TypeKind,
};
use crate::source::Span;

/// Where PostgreSQL keeps temporary tables, under the name that statements can use for it.
pub(super) const TEMPORARY: &str = "pg_temp";

macro_rules! identities {
    ($($(#[$doc:meta])* $id:ident of $object:ident in $list:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub(super) struct $id(u32);

            impl Index<$id> for Database {
                type Output = $object;

                fn index(&self, id: $id) -> &$object {
                    &self.$list[id.0 as usize]
                }
            }

            impl IndexMut<$id> for Database {
                fn index_mut(&mut self, id: $id) -> &mut $object {
                    &mut self.$list[id.0 as usize]
                }
            }
        )*
    };
}

identities! {
    /// A schema.
    SchemaId of Schema in schemas;
    /// A table, view, index, sequence or composite type.
    RelationId of Relation in relations;
    /// A type, but not one of an array.
    TypeId of Type in types;
    /// A constraint of a table.
    ConstraintId of Constraint in constraints;
    /// An extension.
    ExtensionId of Extension in extensions;
}

/// Everything that was made up to now. What was dropped keeps its place and is marked.
#[derive(Debug, Clone, Default)]
pub(super) struct Database {
    schemas: Vec<Schema>,
    relations: Vec<Relation>,
    types: Vec<Type>,
    constraints: Vec<Constraint>,
    extensions: Vec<Extension>,
    schema_names: HashMap<String, SchemaId>,
}

/// What is there, in the order in which it was made.
macro_rules! living {
    ($($list:ident gives $id:ident of $object:ident;)*) => {
        impl Database {
            $(
                pub(super) fn $list(&self) -> impl Iterator<Item = ($id, &$object)> {
                    let all = self.$list.iter().enumerate().map(|(at, object)| ($id(at as u32), object));
                    all.filter(|(_, object)| !object.dropped)
                }
            )*
        }
    };
}

living! {
    relations gives RelationId of Relation;
    types gives TypeId of Type;
    extensions gives ExtensionId of Extension;
}

impl Database {
    /// A schema by its name.
    pub(super) fn schema(&self, name: &str) -> Option<SchemaId> {
        self.schema_names.get(name).copied()
    }

    /// A schema by its name; made if it isn't there, as somebody else may have made it.
    pub(super) fn ensure_schema(&mut self, name: &str) -> SchemaId {
        if let Some(schema) = self.schema(name) {
            return schema;
        }
        let id = SchemaId(self.schemas.len() as u32);
        self.schemas.push(Schema { name: name.to_owned(), ..Schema::default() });
        self.schema_names.insert(name.to_owned(), id);
        id
    }

    pub(super) fn rename_schema(&mut self, schema: SchemaId, to: &str) {
        let from = std::mem::replace(&mut self[schema].name, to.to_owned());
        self.schema_names.remove(&from);
        self.schema_names.insert(to.to_owned(), schema);
    }

    /// Takes a schema away; what was in it is gone already.
    pub(super) fn remove_schema(&mut self, schema: SchemaId) {
        let name = std::mem::take(&mut self[schema].name);
        self.schema_names.remove(&name);
        self[schema].dropped = true;
    }

    pub(super) fn add_extension(&mut self, name: String, schema: SchemaId) {
        self.extensions.push(Extension { name, schema, dropped: false });
    }

    pub(super) fn extension(&self, name: &str) -> Option<ExtensionId> {
        self.extensions().find(|(_, extension)| extension.name == name).map(|(id, _)| id)
    }

    /// Adds a relation under its name, without columns.
    pub(super) fn add_relation(&mut self, schema: SchemaId, name: &str, kind: RelationKind, span: Span) -> RelationId {
        let id = RelationId(self.relations.len() as u32);
        let incomplete = matches!(kind, RelationKind::View { .. } | RelationKind::Unreadable);
        self.relations.push(Relation {
            schema,
            name: name.to_owned(),
            span,
            dropped: false,
            kind,
            comment: None,
            row_type: None,
            columns: Vec::new(),
            incomplete,
            constraints: Vec::new(),
            indexes: Vec::new(),
            sequences: Vec::new(),
            parents: Vec::new(),
            children: Vec::new(),
            is_partition: false,
            partition_by: None,
            of_type: None,
            referenced_by: Vec::new(),
            read_by: Vec::new(),
        });
        self[schema].relations.insert(name.to_owned(), id);
        id
    }

    /// Adds a type under its name, which is free, and its array type.
    pub(super) fn add_type(&mut self, schema: SchemaId, name: &str, kind: TypeKind, span: Span) -> TypeId {
        let id = TypeId(self.types.len() as u32);
        self.free_type_name(schema, name);
        self[schema].types.insert(name.to_owned(), NamedType::Own(id));
        let array = self.array_name(schema, name);
        self[schema].types.insert(array.clone(), NamedType::ArrayOf(id));
        let name = name.to_owned();
        self.types.push(Type { schema, name, array, span, dropped: false, kind, comment: None, used: false });
        id
    }

    /// The name of a type, if only an array type has it: PostgreSQL gives that another one.
    fn free_type_name(&mut self, schema: SchemaId, name: &str) {
        if let Some(NamedType::ArrayOf(element)) = self[schema].types.get(name).copied() {
            let other = self.array_name(schema, name);
            self[schema].types.remove(name);
            self[schema].types.insert(other.clone(), NamedType::ArrayOf(element));
            self[element].array = other;
        }
    }

    /// Gives a type another name or schema.
    pub(super) fn move_type(&mut self, id: TypeId, schema: SchemaId, name: &str) {
        self.forget_type_name(id);
        self.free_type_name(schema, name);
        self[schema].types.insert(name.to_owned(), NamedType::Own(id));
        let renamed = self[id].name != name;
        name.clone_into(&mut self[id].name);
        self[id].schema = schema;
        if renamed || self[schema].types.contains_key(&self[id].array) {
            self[id].array = self.array_name(schema, name);
        }
        let array = self[id].array.clone();
        self[schema].types.insert(array, NamedType::ArrayOf(id));
    }

    pub(super) fn forget_type_name(&mut self, id: TypeId) {
        let (schema, name, array) = (self[id].schema, self[id].name.clone(), self[id].array.clone());
        self[schema].types.remove(&name);
        self[schema].types.remove(&array);
    }

    /// Adds a constraint to its table.
    pub(super) fn add_constraint(
        &mut self,
        table: RelationId,
        name: &str,
        kind: ConstraintFacts,
        span: Span,
    ) -> ConstraintId {
        let id = ConstraintId(self.constraints.len() as u32);
        if let ConstraintFacts::Foreign(key) = &kind {
            let target = key.target;
            self[target].referenced_by.push(id);
        }
        let (parent, children) = (None, Vec::new());
        let name = name.to_owned();
        self.count_constraint_name(self[table].schema, &name);
        self.constraints.push(Constraint {
            name,
            table,
            dropped: false,
            kind,
            span,
            local: true,
            inherited: 0,
            parent,
            children,
        });
        self[table].constraints.push(id);
        id
    }

    pub(super) fn count_constraint_name(&mut self, schema: SchemaId, name: &str) {
        *self[schema].constraint_names.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn uncount_constraint_name(&mut self, schema: SchemaId, name: &str) {
        if let Some(count) = self[schema].constraint_names.get_mut(name) {
            *count = count.saturating_sub(1);
        }
    }

    pub(super) fn is_constraint_name(&self, schema: SchemaId, name: &str) -> bool {
        self[schema].constraint_names.get(name).is_some_and(|count| *count > 0)
    }

    pub(super) fn rename_constraint(&mut self, id: ConstraintId, to: &str) {
        let schema = self[self[id].table].schema;
        let from = std::mem::replace(&mut self[id].name, to.to_owned());
        self.uncount_constraint_name(schema, &from);
        self.count_constraint_name(schema, to);
    }

    /// A table's constraint by its name.
    pub(super) fn constraint_of(&self, table: RelationId, name: &str) -> Option<ConstraintId> {
        self[table].constraints.iter().copied().find(|id| self[*id].name == name)
    }

    /// A relation and everything that inherits from it, parents first.
    pub(super) fn family(&self, relation: RelationId) -> Vec<RelationId> {
        let mut family = vec![relation];
        let mut at = 0;
        while at < family.len() {
            for child in &self[family[at]].children {
                if !family.contains(child) {
                    family.push(*child);
                }
            }
            at += 1;
        }
        family
    }

    /// What an index is over, if the relation is one.
    pub(super) fn index_facts(&self, relation: RelationId) -> Option<&IndexFacts> {
        match &self[relation].kind {
            RelationKind::Index(index) => Some(index),
            _ => None,
        }
    }

    pub(super) fn index_facts_mut(&mut self, relation: RelationId) -> Option<&mut IndexFacts> {
        match &mut self[relation].kind {
            RelationKind::Index(index) => Some(index),
            _ => None,
        }
    }

    pub(super) fn sequence_mut(&mut self, relation: RelationId) -> Option<&mut SequenceFacts> {
        match &mut self[relation].kind {
            RelationKind::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    pub(super) fn sequence(&self, relation: RelationId) -> Option<&SequenceFacts> {
        match &self[relation].kind {
            RelationKind::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }
}
