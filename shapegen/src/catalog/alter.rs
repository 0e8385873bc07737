//! `ALTER TABLE`, action by action in PostgreSQL's order.

use super::Identity;
use super::database::RelationId;
use super::objects::RelationKind;
use super::replay::Replay;
use crate::sql::statement::{ColumnDef, ConstraintKind, KeyDef, Name, TableAction, TypeName};

/// PostgreSQL applies the actions of one statement in passes; within one, as they were written.
const PASSES: usize = 7;

/// The pass of an action.
fn pass(action: &TableAction) -> usize {
    match action {
        TableAction::DropColumn { .. }
        | TableAction::DropConstraint { .. }
        | TableAction::NotNull { set: false, .. }
        | TableAction::Default { default: None, .. }
        | TableAction::DropIdentity { .. }
        | TableAction::DropExpression { .. } => 0,
        TableAction::Type { .. } => 1,
        TableAction::AddColumn { .. } | TableAction::SetExpression { .. } => 2,
        TableAction::NotNull { set: true, .. } => 3,
        TableAction::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::PrimaryKey(KeyDef::Index(_)) | ConstraintKind::Unique(KeyDef::Index(_)) => 4,
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclusion(..) => 4,
            _ => 5,
        },
        TableAction::Default { .. } | TableAction::AddIdentity { .. } => 5,
        _ => 6,
    }
}

impl Replay<'_> {
    pub(super) fn alter_table(&mut self, name: &Name, only: bool, if_exists: bool, actions: Vec<TableAction>) {
        // Owners, sequences and views are altered with ALTER TABLE, too; without an action that matters they aren't
        // looked up.
        if actions.is_empty() {
            return;
        }
        let Some(relation) = self.find_relation(name, if_exists) else { return };
        let is_table = matches!(self.db[relation].kind, RelationKind::Table);
        let mut passes: [Vec<(TableAction, bool)>; PASSES] = Default::default();
        for action in actions {
            // Columns of what is no table aren't known; its name is.
            if is_table || matches!(action, TableAction::Move(_)) {
                // PostgreSQL decides before the first action which of them partitions take part in.
                let only = only || self.passes_partitions_by(relation, &action);
                passes[pass(&action)].push((action, only));
            }
        }
        // Constraints of a new column come later, and before the ones that stand on their own.
        let mut of_columns: [Vec<(TableAction, bool)>; PASSES] = Default::default();
        for at in 0..PASSES {
            let actions = std::mem::take(&mut of_columns[at]).into_iter().chain(std::mem::take(&mut passes[at]));
            for (action, only) in actions {
                for constraint in self.table_action(relation, only, action) {
                    of_columns[pass(&constraint)].push((constraint, only));
                }
            }
        }
    }

    /// Whether an action doesn't go down to partitions: what is NOT NULL already is taken to be so in all of them.
    fn passes_partitions_by(&self, table: RelationId, action: &TableAction) -> bool {
        let TableAction::NotNull { column, set: true } = action else { return false };
        let relation = &self.db[table];
        relation.is_partitioned() && relation.column(&column.value).is_some_and(|number| relation[number].not_null)
    }

    /// Applies one action, and gives back what follows from it.
    fn table_action(&mut self, table: RelationId, only: bool, action: TableAction) -> Vec<TableAction> {
        match action {
            TableAction::AddColumn { column, if_not_exists } => {
                return self.add_written_column(table, *column, if_not_exists, only);
            }
            TableAction::DropColumn { name, if_exists, cascade } => {
                self.drop_column(table, &name, if_exists, cascade, only);
            }
            TableAction::RenameColumn { from, to } => self.rename_column(table, &from, &to),
            TableAction::AddConstraint(constraint) => self.add_constraint(table, constraint, only),
            TableAction::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(table, &name, if_exists, cascade);
            }
            TableAction::RenameConstraint { from, to } => self.rename_constraint(table, &from, &to, only),
            TableAction::NotNull { column, set: true } => {
                self.set_not_null(table, &column, !only);
            }
            TableAction::NotNull { column, set: false } => self.drop_not_null(table, &column, only),
            TableAction::Default { column, default } => self.alter_default(table, &column, default.as_ref(), only),
            TableAction::AddIdentity { column, identity } => self.add_identity(table, &column, identity),
            TableAction::SetIdentity { column, always } => {
                let identity = if always { Identity::Always } else { Identity::ByDefault };
                self.alter_column(table, &column, true, |column| column.identity = Some(identity));
            }
            TableAction::DropIdentity { column, if_exists } => self.drop_identity(table, &column, if_exists),
            TableAction::SetExpression { column, words } => {
                if let Some(number) = self.db[table].column(&column.value) {
                    self.db[table][number].reads = self.db[table].columns_among(&words);
                } else {
                    self.no_column(table, &column);
                }
            }
            TableAction::DropExpression { column, if_exists } => {
                self.drop_expression(table, &column, if_exists, only);
            }
            TableAction::Type { column, data_type } => self.alter_column_type(table, &column, &data_type),
            TableAction::Attach(partition) => self.attach(table, &partition),
            TableAction::Detach { partition, concurrently } => self.detach(table, &partition, concurrently),
            TableAction::Inherit(parent) => self.inherit(table, &parent),
            TableAction::NoInherit(parent) => self.no_inherit(table, &parent),
            TableAction::Of(name) => {
                let span = name.span();
                let name = TypeName { name, modifiers: Vec::new(), words: Vec::new(), dims: 0, span };
                let found = self.data_type(&name).and_then(|found| self.composite(&found));
                self.db[table].of_type = found.map(|(of, _)| of);
            }
            TableAction::NotOf => self.db[table].of_type = None,
            TableAction::Move(action) => self.move_relation(table, action),
        }
        Vec::new()
    }

    fn add_written_column(
        &mut self,
        table: RelationId,
        column: ColumnDef,
        if_not_exists: bool,
        only: bool,
    ) -> Vec<TableAction> {
        let constraints = self.add_column(table, column, if_not_exists, only);
        constraints.into_iter().map(TableAction::AddConstraint).collect()
    }
}
