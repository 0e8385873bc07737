//! Keys, checks and the other constraints of tables.

use super::database::{ConstraintId, RelationId};
use super::drop::Object;
use super::indexes::{KeyKind, NewIndex};
use super::names::object_name;
use super::objects::{ColumnNumber, ConstraintFacts, ForeignKeyFacts};
use super::replay::Replay;
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::statement::{ConstraintDef, ConstraintKind, ForeignKeyActions, Ident, KeyDef, Name};

impl Replay<'_> {
    /// Adds a constraint as `ALTER TABLE … ADD` does.
    pub(super) fn add_constraint(&mut self, table: RelationId, constraint: ConstraintDef, only: bool) {
        let ConstraintDef { name, kind, span } = constraint;
        if let Some(name) = &name
            && let Some(before) = self.db.constraint_of(table, &name.value)
        {
            let own = &self.db[before];
            if matches!((&kind, &own.kind), (ConstraintKind::Check { .. }, ConstraintFacts::Check { .. })) && !own.local
            {
                // It is one with the check that is inherited by that name; nothing of a partition's is its own.
                self.db[before].local = !self.db[table].is_partition;
                return;
            }
            let before = own.span;
            return self.declared_twice("constraint", &name.value, name.span, before);
        }
        match kind {
            ConstraintKind::NotNull(column) => self.add_not_null(table, &column, name, only),
            ConstraintKind::PrimaryKey(KeyDef::Columns { columns, include, flags }) => {
                self.add_key(table, name, KeyKind::Primary, &columns, &include, flags, span, only);
            }
            ConstraintKind::Unique(KeyDef::Columns { columns, include, flags }) => {
                self.add_key(table, name, KeyKind::Unique, &columns, &include, flags, span, only);
            }
            ConstraintKind::PrimaryKey(KeyDef::Index(index)) => {
                self.add_key_over(table, name, KeyKind::Primary, &index, span, only);
            }
            ConstraintKind::Unique(KeyDef::Index(index)) => {
                self.add_key_over(table, name, KeyKind::Unique, &index, span, only);
            }
            ConstraintKind::Exclusion(elements, tail) => {
                let keys = elements.iter().map(|element| self.index_key(table, element)).collect();
                let include = self.db[table].columns_among(&idents(&tail.include));
                let include = include.into_iter().map(|column| self.db.column_key(table, column)).collect();
                self.make_index(NewIndex {
                    key: Some(KeyKind::Exclusion),
                    name: name.map(|name| name.value),
                    keys,
                    include,
                    ..NewIndex::of(table, span)
                });
            }
            ConstraintKind::Check { words, no_inherit } => {
                let name = name.map(|name| name.value);
                self.add_check(table, name, &words, no_inherit, span, only);
            }
            ConstraintKind::ForeignKey { columns, table: target, references, actions } => {
                self.add_foreign_key(table, name, &columns, &target, &references, actions, span);
            }
        }
    }

    /// `ADD CONSTRAINT name NOT NULL column` of PostgreSQL 18.
    fn add_not_null(&mut self, table: RelationId, column: &Ident, name: Option<Ident>, only: bool) {
        if self.set_not_null(table, column, !only)
            && let Some(number) = self.db[table].column(&column.value)
        {
            self.db[table][number].not_null_name = name.map(|name| name.value);
        }
    }

    pub(super) fn columns_of(&mut self, table: RelationId, columns: &[Ident]) -> Option<Vec<ColumnNumber>> {
        let mut numbers = Vec::new();
        for column in columns {
            match self.db[table].column(&column.value) {
                Some(number) => numbers.push(number),
                None => self.no_column(table, column),
            }
        }
        let all = numbers.len() == columns.len();
        if !all {
            // The constraint is missing, so that later statements about it mean something unknown.
            self.db[table].incomplete = true;
        }
        all.then_some(numbers)
    }

    #[expect(clippy::too_many_arguments, reason = "a key is made of these")]
    fn add_key(
        &mut self,
        table: RelationId,
        name: Option<Ident>,
        key: KeyKind,
        columns: &[Ident],
        include: &[Ident],
        [nulls_not_distinct, deferrable, _]: [bool; 3],
        span: Span,
        only: bool,
    ) {
        let (Some(columns), Some(include)) = (self.columns_of(table, columns), self.columns_of(table, include)) else {
            return;
        };
        if key == KeyKind::Primary && !self.may_have_primary_key(table, span) {
            return;
        }
        let [keys, include] = [columns, include]
            .map(|columns| columns.into_iter().map(|column| self.db.column_key(table, column)).collect());
        let name = name.map(|name| name.value);
        let key = Some(key);
        let unique = true;
        self.make_index(NewIndex {
            key,
            name,
            keys,
            include,
            unique,
            nulls_not_distinct,
            deferrable,
            only,
            ..NewIndex::of(table, span)
        });
    }

    /// Whether a table has no primary key yet. A second one is reported.
    fn may_have_primary_key(&mut self, table: RelationId, span: Span) -> bool {
        let has = self.primary_key(table).is_some();
        if has {
            let error = format!("table `{}` has a primary key already", self.db[table].name);
            self.report.push(Diagnostic::error(&codes::SQL_DUPLICATE, error).at(span, "a second one"));
        }
        !has
    }

    /// `ADD CONSTRAINT … USING INDEX`: the index becomes the key's and takes its name.
    fn add_key_over(
        &mut self,
        table: RelationId,
        name: Option<Ident>,
        key: KeyKind,
        index: &Ident,
        span: Span,
        only: bool,
    ) {
        let schema = self.db[table].schema;
        let found = self.db[schema].relations.get(&index.value).copied();
        let found = found.filter(|found| self.db.index_facts(*found).is_some_and(|facts| facts.table == table));
        let Some(found) = found else {
            if !self.db[table].incomplete {
                self.no_relation("index", &Name { schema: None, name: index.clone() });
            }
            return;
        };
        if key == KeyKind::Primary {
            if !self.may_have_primary_key(table, span) {
                return;
            }
            let columns = self.db.index_facts(found).map(|facts| facts.keys.clone()).unwrap_or_default();
            for column in columns.iter().filter_map(|key| key.column) {
                self.mark_not_null(table, column, !only);
            }
        }
        let name = name.map_or_else(|| index.value.clone(), |name| name.value);
        if name != index.value {
            self.rename_relation(found, schema, &name);
        }
        self.make_constraint_over(found, &name, key, span);
    }

    /// The constraint that an index belongs to.
    pub(super) fn make_constraint_over(
        &mut self,
        index: RelationId,
        name: &str,
        key: KeyKind,
        span: Span,
    ) -> Option<ConstraintId> {
        let table = self.db.index_facts(index)?.table;
        let facts = match key {
            KeyKind::Primary => ConstraintFacts::Primary { index },
            KeyKind::Unique => ConstraintFacts::Unique { index },
            KeyKind::Exclusion => ConstraintFacts::Exclusion { index },
        };
        let constraint = self.db.add_constraint(table, name, facts, span);
        if let Some(facts) = self.db.index_facts_mut(index) {
            facts.constraint = Some(constraint);
        }
        Some(constraint)
    }

    /// The index of a table's primary key.
    pub(super) fn primary_key(&self, table: RelationId) -> Option<RelationId> {
        self.db[table].constraints.iter().find_map(|constraint| match self.db[*constraint].kind {
            ConstraintFacts::Primary { index } => Some(index),
            _ => None,
        })
    }

    /// Adds a check to a table and, unless it says otherwise, to what inherits from it.
    pub(super) fn add_check(
        &mut self,
        table: RelationId,
        name: Option<String>,
        words: &[String],
        no_inherit: bool,
        span: Span,
        only: bool,
    ) {
        let columns = self.db[table].columns_among(words);
        let name = name.unwrap_or_else(|| {
            let relation = &self.db[table];
            // With one column PostgreSQL takes that into the name.
            let column = if let [column] = columns[..] { relation[column].name.as_str() } else { "" };
            self.db.constraint_name(relation.schema, &relation.name, column, "check")
        });
        self.db.add_constraint(table, &name, ConstraintFacts::Check { columns, no_inherit }, span);
        if only || no_inherit {
            return;
        }
        for child in self.db[table].children.clone() {
            self.inherit_check(child, &name, words, span);
        }
    }

    /// Gives a child its parent's check, which it may have already.
    pub(super) fn inherit_check(&mut self, child: RelationId, name: &str, words: &[String], span: Span) {
        if let Some(own) = self.db.constraint_of(child, name) {
            self.db[own].inherited += 1;
            self.db[own].local &= !self.db[child].is_partition;
            return;
        }
        let columns = self.db[child].columns_among(words);
        let check = ConstraintFacts::Check { columns, no_inherit: false };
        let constraint = self.db.add_constraint(child, name, check, span);
        (self.db[constraint].local, self.db[constraint].inherited) = (false, 1);
        for grandchild in self.db[child].children.clone() {
            self.inherit_check(grandchild, name, words, span);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a foreign key is made of these")]
    fn add_foreign_key(
        &mut self,
        table: RelationId,
        name: Option<Ident>,
        columns: &[Ident],
        target: &Name,
        references: &[Ident],
        actions: ForeignKeyActions,
        span: Span,
    ) {
        let (columns, target_table) = (self.columns_of(table, columns), self.find_table(target, false));
        let (Some(columns), Some(target_table)) = (columns, target_table) else {
            self.db[table].incomplete = true;
            return;
        };
        let Some((references, index)) = self.referenced_key(target_table, target, references) else {
            self.db[table].incomplete = true;
            return;
        };
        if references.len() != columns.len() {
            let message = format!("a foreign key from {} to {} columns", columns.len(), references.len());
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message);
            self.report.push(error.at(target.span(), format!("its key has {} columns", references.len())));
            return;
        }
        let key = ForeignKeyFacts { columns, target: target_table, references, index, actions };
        let name = name.map_or_else(|| self.foreign_key_name(table, &key.columns), |name| name.value);
        self.make_foreign_key(table, name, key, span);
    }

    /// The columns that a foreign key refers to, and the unique index over them.
    fn referenced_key(
        &mut self,
        target: RelationId,
        written: &Name,
        references: &[Ident],
    ) -> Option<(Vec<ColumnNumber>, Option<RelationId>)> {
        let relation = &self.db[target];
        if references.is_empty() {
            let index = self.primary_key(target);
            let columns = index.and_then(|index| self.db.index_facts(index)?.unique_columns());
            if columns.is_none() && !relation.incomplete {
                let message = format!("table `{}` has no primary key to refer to", relation.name);
                let error = Diagnostic::error(&codes::SQL_REFERENCE, message).see(relation.span, "the table");
                let error = error.at(written.span(), "no primary key there");
                self.report.push(error.help("name the columns: `REFERENCES table (column)`"));
            }
            return columns.map(|columns| (columns, index));
        }
        let columns = self.columns_of(target, references)?;
        let relation = &self.db[target];
        let index = self.db.index_to_lean_on(target, &columns);
        if index.is_none() && !relation.incomplete {
            let names: Vec<&str> = references.iter().map(|column| column.value.as_str()).collect();
            let message = format!("no key of table `{}` is over ({})", relation.name, names.join(", "));
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).see(relation.span, "the table");
            let error = error.at(written.span(), "a foreign key needs a primary key or a unique index there");
            self.report.push(error);
            return None;
        }
        Some((columns, index))
    }

    pub(super) fn foreign_key_name(&self, table: RelationId, columns: &[ColumnNumber]) -> String {
        let relation = &self.db[table];
        let columns: Vec<&str> = columns.iter().map(|column| relation[*column].name.as_str()).collect();
        self.db.constraint_name(relation.schema, &relation.name, &columns.join("_"), "fkey")
    }

    pub(super) fn drop_constraint(&mut self, table: RelationId, name: &Ident, if_exists: bool, cascade: bool) {
        let Some(found) = self.db.constraint_of(table, &name.value) else {
            return self.drop_not_null_constraint(table, name, if_exists);
        };
        let constraint = &self.db[found];
        if constraint.inherited > 0 || constraint.parent.is_some() {
            let message = format!("constraint `{}` comes from the parent of the table", name.value);
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span, "can't be dropped here");
            return self.report.push(error.help("drop it at the parent"));
        }
        if let ConstraintFacts::Check { no_inherit: false, .. } = constraint.kind {
            for child in self.db[table].children.clone() {
                self.disinherit_check(child, &name.value);
            }
        }
        self.drop_objects(vec![Object::Constraint(found)], cascade, name.span, &name.value);
    }

    /// A parent's check is gone or means this child no more.
    pub(super) fn disinherit_check(&mut self, child: RelationId, name: &str) {
        let Some(found) = self.db.constraint_of(child, name) else { return };
        let constraint = &mut self.db[found];
        constraint.inherited = constraint.inherited.saturating_sub(1);
        if constraint.inherited > 0 || constraint.local {
            return;
        }
        let span = constraint.span;
        for grandchild in self.db[child].children.clone() {
            self.disinherit_check(grandchild, name);
        }
        self.drop_objects(vec![Object::Constraint(found)], false, span, name);
    }

    /// As of PostgreSQL 18 NOT NULL is a constraint with a name; without one it is `table_column_not_null`.
    fn drop_not_null_constraint(&mut self, table: RelationId, name: &Ident, if_exists: bool) {
        // Before 18 there is none, which only `IF EXISTS` forgives.
        if if_exists {
            return;
        }
        let relation = &self.db[table];
        let column = relation.live_columns().find(|(_, column)| match &column.not_null_name {
            Some(of_column) => *of_column == name.value,
            None => {
                column.not_null
                    && name.value.ends_with("_not_null")
                    && object_name(&relation.name, &column.name, "not_null") == name.value
            }
        });
        if let Some((number, _)) = column {
            let column = self.db[table][number].name.clone();
            for relation in self.db.family(table) {
                if let Some(number) = self.db[relation].column(&column) {
                    let column = &mut self.db[relation][number];
                    (column.not_null, column.not_null_name) = (false, None);
                }
            }
        } else {
            self.no_constraint(table, name);
        }
    }

    fn no_constraint(&mut self, table: RelationId, name: &Ident) {
        let relation = &self.db[table];
        if relation.incomplete {
            return;
        }
        let message = format!("table `{}` has no constraint `{}`", relation.name, name.value);
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span, "no such constraint");
        let names = relation.constraints.iter().map(|constraint| self.db[*constraint].name.as_str());
        let error = error.see(relation.span, "the table").suggest(&name.value, names);
        self.report.push(error);
    }

    pub(super) fn rename_constraint(&mut self, table: RelationId, from: &Ident, to: &Ident, only: bool) {
        let Some(found) = self.db.constraint_of(table, &from.value) else {
            let columns = &mut self.db[table].columns;
            match columns.iter_mut().find(|column| column.not_null_name.as_ref() == Some(&from.value)) {
                Some(column) => column.not_null_name = Some(to.value.clone()),
                None => self.no_constraint(table, from),
            }
            return;
        };
        if let Some(before) = self.db.constraint_of(table, &to.value) {
            let before = self.db[before].span;
            return self.declared_twice("constraint", &to.value, to.span, before);
        }
        match self.db[found].kind.index() {
            Some(index) => {
                let schema = self.db[table].schema;
                self.rename_relation(index, schema, &to.value);
            }
            None => self.db.rename_constraint(found, &to.value),
        }
        let inherits = matches!(self.db[found].kind, ConstraintFacts::Check { no_inherit: false, .. });
        if inherits && !only {
            for child in self.db[table].children.clone() {
                if self.db.constraint_of(child, &from.value).is_some() {
                    self.rename_constraint(child, from, to, false);
                }
            }
        }
    }
}

fn idents(idents: &[Ident]) -> Vec<String> {
    idents.iter().map(|ident| ident.value.clone()).collect()
}
