//! Partitions and inheritance: what parents give to their children, and take back.

use super::database::{ConstraintId, RelationId};
use super::drop::Object;
use super::objects::{Column, ColumnNumber, ConstraintFacts, ForeignKeyFacts, RelationKind};
use super::replay::Replay;
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::statement::Name;

impl Replay<'_> {
    /// Gives a new table the columns of what it inherits from; the ones of the same name are one.
    pub(super) fn inherit_columns(&mut self, table: RelationId, parent: RelationId) {
        let numbered: Vec<(ColumnNumber, Column)> =
            self.db[parent].live_columns().map(|(number, column)| (number, column.clone())).collect();
        self.db[table].incomplete |= self.db[parent].incomplete;
        for (_, column) in numbered.iter().cloned() {
            match self.db[table].column(&column.name) {
                Some(number) => {
                    let own = &mut self.db[table][number];
                    own.inherited += 1;
                    own.not_null |= column.not_null;
                    if own.default.is_none() {
                        own.default = column.default;
                        own.sequences.clone_from(&column.sequences);
                        own.default_types.clone_from(&column.default_types);
                    }
                    self.use_sequences(table, number);
                }
                None => {
                    self.db[table].columns.push(Column {
                        identity: None,
                        comment: None,
                        local: false,
                        inherited: 1,
                        not_null_name: None,
                        ..column
                    });
                    if let Some(number) = self.db[table].last_column() {
                        self.use_sequences(table, number);
                    }
                }
            }
        }
        // A generated column can stand before the ones that it reads.
        for (number, _) in numbered {
            let reads = self.db.same_columns(parent, &self.db[parent][number].reads, table).unwrap_or_default();
            if let Some(own) = self.db[table].column(&self.db[parent][number].name) {
                self.db[table][own].reads = reads;
            }
        }
    }

    /// Makes one table the child of another, without a look at columns and constraints.
    pub(super) fn link(&mut self, parent: RelationId, child: RelationId) {
        self.db[parent].children.push(child);
        self.db[child].parents.push(parent);
    }

    /// Gives a child the checks of its parent.
    pub(super) fn inherit_checks(&mut self, child: RelationId, parent: RelationId) {
        for check in self.db[parent].constraints.clone() {
            if let ConstraintFacts::Check { columns, no_inherit: false } = &self.db[check].kind {
                let words: Vec<String> = columns.iter().map(|column| self.db[parent][*column].name.clone()).collect();
                let (name, span) = (self.db[check].name.clone(), self.db[check].span);
                self.inherit_check(child, &name, &words, span);
            }
        }
    }

    /// Gives a partition the indexes, keys and foreign keys of its parent.
    pub(super) fn inherit_keys(&mut self, partition: RelationId, parent: RelationId) {
        for index in self.db[parent].indexes.clone() {
            self.ensure_index(index, partition);
        }
        for constraint in self.db[parent].constraints.clone() {
            if let ConstraintFacts::Foreign(key) = &self.db[constraint].kind {
                // What only stands for a partition of the target is made anew.
                let stands_for_part = self.db[constraint].parent.is_some_and(|of| self.db[of].table == parent);
                if !stands_for_part && key.target != partition {
                    self.ensure_foreign_key(constraint, partition);
                }
            }
        }
        // Foreign keys that refer to the parent refer to its partition, too.
        for constraint in self.db[parent].referenced_by.clone() {
            if let ConstraintFacts::Foreign(key) = self.db[constraint].kind.clone()
                && !self.is_copy_in_partition(constraint)
            {
                self.refer_to_partition(constraint, &key, partition);
            }
        }
    }

    /// Takes away what stands for one partition of a foreign key's target.
    fn remove_entry(&mut self, entry: ConstraintId) {
        for below in self.db[entry].children.clone() {
            self.remove_entry(below);
        }
        self.db.remove(Object::Constraint(entry));
    }

    /// Whether a foreign key is a partition's copy of the one that its parent table has.
    fn is_copy_in_partition(&self, constraint: ConstraintId) -> bool {
        let own = &self.db[constraint];
        own.parent.is_some_and(|parent| self.db[parent].table != own.table)
    }

    /// Makes a foreign key, with what PostgreSQL keeps for partitions on either side.
    pub(super) fn make_foreign_key(
        &mut self,
        table: RelationId,
        name: String,
        key: ForeignKeyFacts,
        span: Span,
    ) -> ConstraintId {
        let constraint = self.db.add_constraint(table, &name, ConstraintFacts::Foreign(key.clone()), span);
        if self.db[key.target].is_partitioned() {
            for partition in self.db[key.target].children.clone() {
                self.refer_to_partition(constraint, &key, partition);
            }
        }
        self.copy_to_partitions(constraint);
        constraint
    }

    fn copy_to_partitions(&mut self, constraint: ConstraintId) {
        let table = self.db[constraint].table;
        if self.db[table].is_partitioned() {
            for partition in self.db[table].children.clone() {
                if self.db[partition].is_table() {
                    self.ensure_foreign_key(constraint, partition);
                }
            }
        }
    }

    /// The entry that PostgreSQL keeps for a foreign key and one partition of its target.
    fn refer_to_partition(&mut self, constraint: ConstraintId, key: &ForeignKeyFacts, partition: RelationId) {
        if !self.db[partition].is_table() {
            return;
        }
        let (table, name, span) =
            (self.db[constraint].table, self.db[constraint].name.clone(), self.db[constraint].span);
        let Some(references) = self.db.same_columns(key.target, &key.references, partition) else { return };
        let name = self.free_constraint_name(table, name, &key.columns);
        let part = ForeignKeyFacts { target: partition, references, index: None, ..key.clone() };
        let entry = self.db.add_constraint(table, &name, ConstraintFacts::Foreign(part.clone()), span);
        self.db[entry].parent = Some(constraint);
        self.db[constraint].children.push(entry);
        if self.db[partition].is_partitioned() {
            for below in self.db[partition].children.clone() {
                self.refer_to_partition(entry, &part, below);
            }
        }
    }

    /// The parent's name of a foreign key where the table has no constraint of that name, a new one otherwise.
    fn free_constraint_name(&self, table: RelationId, name: String, columns: &[ColumnNumber]) -> String {
        if self.db.constraint_of(table, &name).is_some() { self.foreign_key_name(table, columns) } else { name }
    }

    /// Gives a partition the foreign key of its parent, which it may have already.
    fn ensure_foreign_key(&mut self, parent: ConstraintId, partition: RelationId) {
        let ConstraintFacts::Foreign(key) = self.db[parent].kind.clone() else { return };
        let table = self.db[parent].table;
        let Some(columns) = self.db.same_columns(table, &key.columns, partition) else { return };
        let wanted = ForeignKeyFacts { columns, ..key };
        let same = self.db[partition].constraints.iter().copied().find(|own| {
            let own = &self.db[*own];
            own.parent.is_none()
                && matches!(&own.kind, ConstraintFacts::Foreign(key)
                    if key.columns == wanted.columns && key.target == wanted.target
                        && key.references == wanted.references && key.actions == wanted.actions)
        });
        let own = match same {
            Some(own) => {
                // Its entries for the target's partitions are its parent's now.
                let entries = std::mem::take(&mut self.db[own].children);
                let (entries, copies): (Vec<_>, Vec<_>) =
                    entries.into_iter().partition(|entry| self.db[*entry].table == partition);
                self.db[own].children = copies;
                for entry in entries {
                    self.remove_entry(entry);
                }
                own
            }
            None => {
                let name = self.free_constraint_name(partition, self.db[parent].name.clone(), &wanted.columns);
                let span = self.db[parent].span;
                self.db.add_constraint(partition, &name, ConstraintFacts::Foreign(wanted), span)
            }
        };
        self.db[own].parent = Some(parent);
        (self.db[own].local, self.db[own].inherited) = (false, 1);
        self.db[parent].children.push(own);
        if same.is_none() {
            self.copy_to_partitions(own);
        }
    }

    pub(super) fn attach(&mut self, parent: RelationId, partition: &Name) {
        let Some(child) = self.find_relation(partition, false) else { return };
        if !self.db[parent].is_partitioned() && !self.db[parent].incomplete {
            let message = format!("table `{}` is not partitioned", self.db[parent].name);
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message);
            let error = error.at(partition.span(), "can't become a partition");
            return self.report.push(error.see(self.db[parent].span, "declared without PARTITION BY"));
        }
        if matches!(self.db[child].kind, RelationKind::View { .. } | RelationKind::Unreadable) {
            return self.attach_foreign(parent, child);
        }
        if !self.db[child].is_table() || self.db[child].is_partition {
            return;
        }
        self.db[child].is_partition = true;
        self.link(parent, child);
        self.adopt_columns(parent, child, partition);
        self.inherit_keys(child, parent);
    }

    /// A foreign table can be a partition; it has nothing that matters here but its life.
    pub(super) fn attach_foreign(&mut self, parent: RelationId, child: RelationId) {
        self.db[child].is_partition = true;
        self.link(parent, child);
    }

    /// Columns and checks that a table has already become its parent's, too.
    fn adopt_columns(&mut self, parent: RelationId, child: RelationId, written: &Name) {
        let is_partition = self.db[child].is_partition;
        let names: Vec<String> = self.db[parent].live_columns().map(|(_, column)| column.name.clone()).collect();
        for name in names {
            match self.db[child].column(&name) {
                Some(number) => {
                    let column = &mut self.db[child][number];
                    column.inherited += 1;
                    column.local &= !is_partition;
                }
                None if self.db[child].incomplete => {}
                None => {
                    let message = format!("table `{}` has no column `{name}`", self.db[child].name);
                    let error = Diagnostic::error(&codes::SQL_REFERENCE, message);
                    let error = error.at(written.span(), "its parent has this column");
                    self.report.push(error.see(self.db[parent].span, "the parent"));
                }
            }
        }
        self.inherit_checks(child, parent);
        if is_partition {
            for constraint in self.db[child].constraints.clone() {
                if self.db[constraint].inherited > 0 {
                    self.db[constraint].local = false;
                }
            }
        }
    }

    pub(super) fn detach(&mut self, parent: RelationId, partition: &Name, concurrently: bool) {
        let Some(child) = self.find_relation(partition, false) else { return };
        if !self.db[child].parents.contains(&parent) {
            return self.no_child(parent, partition);
        }
        if concurrently && self.db[child].is_table() {
            self.check_bounds(parent, child, partition.span());
        }
        self.db[child].is_partition = false;
        self.unlink(parent, child);
        for index in self.db[child].indexes.clone() {
            for above in std::mem::take(&mut self.db[index].parents) {
                self.db[above].children.retain(|below| *below != index);
            }
            if let Some(constraint) = self.db.index_facts(index).and_then(|facts| facts.constraint) {
                (self.db[constraint].local, self.db[constraint].inherited) = (true, 0);
            }
        }
        for constraint in self.db[child].constraints.clone() {
            if self.is_copy_in_partition(constraint)
                && let Some(above) = self.db[constraint].parent.take()
            {
                self.db[above].children.retain(|below| *below != constraint);
                (self.db[constraint].local, self.db[constraint].inherited) = (true, 0);
            }
        }
        let references = self.db[child].referenced_by.clone();
        let entries = references.into_iter().filter(|reference| {
            let entry = &self.db[*reference];
            entry.parent.is_some_and(|of| self.db[of].table == entry.table)
        });
        let entries: Vec<ConstraintId> = entries.collect();
        for entry in entries {
            self.remove_entry(entry);
        }
    }

    /// The check that a partition gets in place of its bounds and the ones of the tables above it, as others may still
    /// rely on them when it is detached.
    fn check_bounds(&mut self, parent: RelationId, partition: RelationId, span: Span) {
        let mut names: Vec<String> = Vec::new();
        let mut above = Some(parent);
        while let Some(table) = above {
            let relation = &self.db[table];
            let columns = relation.partition_by.iter().flatten();
            names.extend(columns.map(|column| relation[*column].name.clone()));
            above = relation.parents.first().copied().filter(|_| relation.is_partition);
        }
        self.add_check(partition, None, &names, false, span, false);
    }

    pub(super) fn inherit(&mut self, child: RelationId, parent: &Name) {
        let Some(found) = self.find_table(parent, false) else { return };
        self.link(found, child);
        self.adopt_columns(found, child, parent);
    }

    pub(super) fn no_inherit(&mut self, child: RelationId, parent: &Name) {
        let Some(found) = self.find_table(parent, false) else { return };
        if !self.db[child].parents.contains(&found) {
            return self.no_child(found, parent);
        }
        self.unlink(found, child);
    }

    /// Ends an inheritance; columns and checks stay as the child's own.
    fn unlink(&mut self, parent: RelationId, child: RelationId) {
        self.db[parent].children.retain(|other| *other != child);
        self.db[child].parents.retain(|other| *other != parent);
        let names: Vec<String> = self.db[parent].live_columns().map(|(_, column)| column.name.clone()).collect();
        for name in names {
            if let Some(number) = self.db[child].column(&name) {
                let column = &mut self.db[child][number];
                column.inherited = column.inherited.saturating_sub(1);
                column.local |= column.inherited == 0;
            }
        }
        for check in self.db[parent].constraints.clone() {
            if matches!(self.db[check].kind, ConstraintFacts::Check { no_inherit: false, .. }) {
                let name = self.db[check].name.clone();
                if let Some(own) = self.db.constraint_of(child, &name) {
                    let own = &mut self.db[own];
                    own.inherited = own.inherited.saturating_sub(1);
                    own.local |= own.inherited == 0;
                }
            }
        }
    }

    fn no_child(&mut self, parent: RelationId, written: &Name) {
        let message = format!("`{}` is no parent or partition here", written.name.value);
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(written.span(), "not attached");
        self.report.push(error.see(self.db[parent].span, "the parent"));
    }
}
