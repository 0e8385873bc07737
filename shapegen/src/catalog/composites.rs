//! `ALTER TYPE … ATTRIBUTE`, and the tables that follow their type.

use super::database::{RelationId, TypeId};
use super::drop::Object;
use super::objects::Column;
use super::replay::Replay;
use crate::sql::statement::AttributeAction;

impl Replay<'_> {
    pub(super) fn alter_composite(&mut self, relation: RelationId, of: TypeId, actions: Vec<AttributeAction>) {
        let tables = if self.db[of].used {
            self.db.relations().filter(|(_, table)| table.of_type == Some(of)).map(|(id, _)| id).collect()
        } else {
            Vec::new()
        };
        let mut relations = vec![relation];
        for table in tables {
            relations.extend(self.db.family(table));
        }
        for action in actions {
            self.alter_attribute(&relations, action);
        }
    }

    fn alter_attribute(&mut self, relations: &[RelationId], action: AttributeAction) {
        let Some((composite, tables)) = relations.split_first() else { return };
        let (name, if_exists) = match &action {
            AttributeAction::Add { name, .. } => (name, true),
            AttributeAction::Drop { name, if_exists } => (name, *if_exists),
            AttributeAction::Type { name, .. } | AttributeAction::Rename { from: name, .. } => (name, false),
        };
        let found = self.db[*composite].column(&name.value);
        if found.is_none() && !if_exists {
            return self.no_column(*composite, name);
        }
        match action {
            AttributeAction::Add { name, data_type } => {
                if let Some(before) = found {
                    let before = self.db[*composite][before].span;
                    return self.declared_twice("attribute", &name.value, name.span, before);
                }
                let data_type = self.data_type(&data_type);
                for relation in relations {
                    let is_root = relation == composite || self.db[*relation].of_type.is_some();
                    let mut column = Column::new(name.value.clone(), name.span, data_type.clone());
                    (column.local, column.inherited) = (is_root, u32::from(!is_root));
                    self.db[*relation].columns.push(column);
                }
            }
            AttributeAction::Drop { name, .. } => {
                let columns = relations.iter().filter_map(|relation| {
                    self.db[*relation].column(&name.value).map(|column| Object::Column(*relation, column))
                });
                let columns: Vec<Object> = columns.collect();
                // What else depends on the attribute goes, too, or PostgreSQL would have refused.
                self.drop_objects(columns, true, name.span, &name.value);
            }
            AttributeAction::Type { name, data_type } => {
                let data_type = self.data_type(&data_type);
                self.change_type(relations, &name.value, data_type.as_ref());
            }
            AttributeAction::Rename { from, to } => {
                if self.db[*composite].column(&to.value).is_some() {
                    return self.declared_twice("attribute", &to.value, to.span, from.span);
                }
                for relation in std::iter::once(composite).chain(tables) {
                    if let Some(column) = self.db[*relation].column(&from.value) {
                        to.value.clone_into(&mut self.db[*relation][column].name);
                    }
                }
            }
        }
    }
}
