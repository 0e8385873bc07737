//! The database as a catalog: identities become names.

use super::database::{Database, SchemaId};
use super::objects::{Constraint, ConstraintFacts, Relation, RelationKind, TypeKind, TypeOf, TypeUse};
use super::{
    BaseType, Catalog, Column, Composite, DataType, Domain, EnumType, ForeignKey, Index, OnDelete, QualifiedName,
    RangeType, Table,
};
use crate::sql::statement::{Action, DefaultValue};

impl Database {
    /// Everything that is there now, by its name.
    pub(super) fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::default();
        for (_, relation) in self.relations() {
            let name = self.qualified(relation.schema, &relation.name);
            match &relation.kind {
                RelationKind::Table => {
                    catalog.tables.insert(name, self.table(relation));
                }
                RelationKind::View { .. } => {
                    catalog.views.insert(name, relation.span);
                }
                RelationKind::Composite => {
                    catalog.composites.insert(name, self.composite(relation));
                }
                RelationKind::Index(_) | RelationKind::Sequence(_) | RelationKind::Unreadable => {}
            }
        }
        for (_, found) in self.types() {
            let name = self.qualified(found.schema, &found.name);
            let (span, comment) = (found.span, found.comment.clone());
            match &found.kind {
                TypeKind::Enum(labels) => {
                    catalog.enums.insert(name, EnumType { span, labels: labels.clone(), comment });
                }
                TypeKind::Domain(facts) => {
                    if let Some(base) = &facts.base {
                        let base = self.data_type(base);
                        catalog.domains.insert(name, Domain { span, base, not_null: facts.not_null, comment });
                    }
                }
                TypeKind::Range { subtype: Some(subtype), multirange, .. } => {
                    let multirange = &self[*multirange];
                    let multirange = self.qualified(multirange.schema, &multirange.name);
                    let subtype = self.data_type(subtype);
                    catalog.ranges.insert(name, RangeType { span, subtype, multirange, comment });
                }
                _ => {}
            }
        }
        catalog
    }

    fn qualified(&self, schema: SchemaId, name: &str) -> QualifiedName {
        QualifiedName { schema: self[schema].name.clone(), name: name.to_owned() }
    }

    fn table(&self, relation: &Relation) -> Table {
        let mut table = Table {
            span: relation.span,
            partitioned: relation.is_partitioned(),
            partition_of: None,
            columns: self.columns(relation),
            primary_key: None,
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            comment: relation.comment.clone(),
        };
        if relation.is_partition
            && let Some(parent) = relation.parents.first()
        {
            table.partition_of = Some(self.qualified(self[*parent].schema, &self[*parent].name));
        }
        for constraint in &relation.constraints {
            let constraint = &self[*constraint];
            match &constraint.kind {
                ConstraintFacts::Primary { index } => table.primary_key = Some(self.key_columns(relation, *index)),
                ConstraintFacts::Unique { index } => table.unique.push(self.key_columns(relation, *index)),
                ConstraintFacts::Foreign(_) => table.foreign_keys.extend(self.foreign_key(relation, constraint)),
                ConstraintFacts::Exclusion { .. } | ConstraintFacts::Check { .. } => {}
            }
        }
        for index in &relation.indexes {
            let Some(facts) = self.index_facts(*index).filter(|facts| facts.constraint.is_none()) else { continue };
            let columns = facts.keys.iter().map_while(|key| key.column);
            table.indexes.push(Index {
                name: self[*index].name.clone(),
                columns: columns.map(|column| relation[column].name.clone()).collect(),
                unique: facts.unique_columns().is_some(),
                finds_all: facts.btree && facts.predicate.is_none(),
            });
        }
        table
    }

    fn columns(&self, relation: &Relation) -> Vec<Column> {
        let known = relation.live_columns().filter_map(|(_, column)| Some((column, column.data_type.as_ref()?)));
        known
            .map(|(column, data_type)| Column {
                name: column.name.clone(),
                span: column.span,
                data_type: self.data_type(data_type),
                not_null: column.not_null,
                default: column.identity.map(|_| DefaultValue::Counter).or(column.default),
                identity: column.identity,
                generated: column.generated,
                comment: column.comment.clone(),
            })
            .collect()
    }

    fn key_columns(&self, relation: &Relation, index: super::database::RelationId) -> Vec<String> {
        let keys = self.index_facts(index).map(|facts| facts.keys.as_slice()).unwrap_or_default();
        keys.iter().filter_map(|key| key.column).map(|column| relation[column].name.clone()).collect()
    }

    /// `None` for what a partition has from its parent, and for what stands for a partition of the target.
    fn foreign_key(&self, relation: &Relation, constraint: &Constraint) -> Option<ForeignKey> {
        let ConstraintFacts::Foreign(key) = &constraint.kind else { return None };
        if constraint.parent.is_some() {
            return None;
        }
        let target = &self[key.target];
        Some(ForeignKey {
            columns: key.columns.iter().map(|column| relation[*column].name.clone()).collect(),
            table: self.qualified(target.schema, &target.name),
            references: key.references.iter().map(|column| target[*column].name.clone()).collect(),
            on_delete: key.actions.on_delete.map(|action| match action {
                Action::Restrict => OnDelete::Restrict,
                Action::Cascade => OnDelete::Cascade,
                Action::SetNull => OnDelete::SetNull,
                Action::SetDefault => OnDelete::SetDefault,
            }),
        })
    }

    fn composite(&self, relation: &Relation) -> Composite {
        let attributes = relation.live_columns().filter_map(|(_, column)| {
            let data_type = self.data_type(column.data_type.as_ref()?);
            Some((column.name.clone(), data_type))
        });
        let comment = relation.row_type.and_then(|row_type| self[row_type].comment.clone());
        Composite { span: relation.span, attributes: attributes.collect(), comment }
    }

    fn data_type(&self, used: &TypeUse) -> DataType {
        DataType { base: self.base_type(&used.of), dims: used.dims }
    }

    fn base_type(&self, of: &TypeOf) -> BaseType {
        match of {
            TypeOf::BuiltIn { name, modifiers } => BaseType::BuiltIn { name, modifiers: modifiers.clone() },
            TypeOf::Extension { typname, extension, schema, modifiers } => {
                // Where it was created, else where the statement says that it is.
                let created = self.extension(extension).map(|extension| self[extension].schema);
                let schema = match (created, schema) {
                    (Some(schema), _) => self[schema].name.clone(),
                    (None, Some(schema)) => schema.clone(),
                    (None, None) => "public".to_owned(),
                };
                let name = QualifiedName { schema, name: (*typname).to_owned() };
                BaseType::Extension { name, modifiers: modifiers.clone() }
            }
            TypeOf::Declared(of) => {
                let found = &self[*of];
                let name = self.qualified(found.schema, &found.name);
                match &found.kind {
                    TypeKind::Enum(_) => BaseType::Enum(name),
                    TypeKind::Domain(_) => BaseType::Domain(name),
                    TypeKind::Row(relation) => match self[*relation].kind {
                        RelationKind::Table | RelationKind::Composite => BaseType::Composite(name),
                        _ => BaseType::Opaque(name),
                    },
                    TypeKind::Range { .. } => BaseType::Range(name),
                    TypeKind::Multirange(range) => {
                        let range = &self[*range];
                        BaseType::Multirange { name, range: self.qualified(range.schema, &range.name) }
                    }
                    TypeKind::Opaque | TypeKind::Unreadable => BaseType::Opaque(name),
                }
            }
        }
    }
}
