//! Indexes, with and without a constraint.

use super::database::{ConstraintId, Database, RelationId};
use super::drop::Object;
use super::names::index_column_names;
use super::objects::{ColumnNumber, ConstraintFacts, Expression, IndexFacts, IndexKey, RelationKind};
use super::replay::Replay;
use crate::source::Span;
use crate::sql::statement::{CreateIndex, IndexElement, Name, Term};

/// The kind of constraint that an index belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Primary,
    Unique,
    Exclusion,
}

/// An index that is to be made.
pub(super) struct NewIndex {
    pub(super) table: RelationId,
    pub(super) key: Option<KeyKind>,
    pub(super) name: Option<String>,
    pub(super) keys: Vec<IndexKey>,
    pub(super) include: Vec<IndexKey>,
    pub(super) unique: bool,
    pub(super) nulls_not_distinct: bool,
    pub(super) deferrable: bool,
    pub(super) btree: bool,
    pub(super) predicate: Option<Expression>,
    pub(super) span: Span,
    /// Partitions don't get it.
    pub(super) only: bool,
    /// The partitioned table's index that it is a part of.
    pub(super) parent: Option<RelationId>,
}

impl NewIndex {
    /// One over nothing yet.
    pub(super) fn of(table: RelationId, span: Span) -> Self {
        Self {
            table,
            key: None,
            name: None,
            keys: Vec::new(),
            include: Vec::new(),
            unique: false,
            nulls_not_distinct: false,
            deferrable: false,
            btree: true,
            predicate: None,
            span,
            only: false,
            parent: None,
        }
    }
}

impl Replay<'_> {
    pub(super) fn create_index(&mut self, index: CreateIndex) {
        let Some(table) = self.find_relation(&index.table, false) else { return };
        if !matches!(self.db[table].kind, RelationKind::Table | RelationKind::View { .. }) {
            return;
        }
        let schema = self.db[table].schema;
        if let Some(name) = &index.name
            && let Some(before) = self.db[schema].relations.get(&name.value).copied()
        {
            if !index.if_not_exists {
                let before = self.db[before].span;
                self.declared_twice("relation", &name.value, name.span, before);
            }
            return;
        }
        let mut keys = Vec::new();
        for element in &index.elements {
            if let Some(column) = &element.column
                && self.db[table].column(&column.value).is_none()
            {
                self.no_column(table, column);
            }
            keys.push(self.index_key(table, element));
        }
        let relation = &self.db[table];
        let include = index.tail.include.iter().filter_map(|column| relation.column(&column.value));
        let include = include.map(|column| self.db.column_key(table, column)).collect();
        let predicate = index.tail.predicate.map(|terms| relation.expression(terms));
        self.make_index(NewIndex {
            name: index.name.map(|name| name.value),
            keys,
            include,
            unique: index.unique,
            nulls_not_distinct: index.tail.nulls_not_distinct,
            btree: index.method.is_none_or(|method| method.value == "btree"),
            predicate,
            only: index.only,
            ..NewIndex::of(table, index.span)
        });
    }

    /// An index element as the catalog keeps it.
    pub(super) fn index_key(&self, table: RelationId, element: &IndexElement) -> IndexKey {
        let relation = &self.db[table];
        let column = element.column.as_ref().and_then(|column| relation.column(&column.value));
        let expression = relation.expression(element.terms.clone());
        IndexKey { column, label: element.label.clone(), expression, class: element.class.clone() }
    }

    /// Makes an index and its constraint, on a table and on its partitions. A name that is taken is reported.
    pub(super) fn make_index(&mut self, new: NewIndex) -> Option<RelationId> {
        let NewIndex {
            table,
            key,
            name,
            keys,
            include,
            unique,
            nulls_not_distinct,
            deferrable,
            btree,
            predicate,
            span,
            only,
            parent,
        } = new;
        let schema = self.db[table].schema;
        if key == Some(KeyKind::Primary) {
            for column in keys.iter().filter_map(|key| key.column) {
                self.mark_not_null(table, column, !only);
            }
        }
        let name = match name {
            Some(name) => {
                if let Some(before) = self.db[schema].relations.get(&name).copied() {
                    let before = self.db[before].span;
                    self.declared_twice("relation", &name, span, before);
                    return None;
                }
                name
            }
            None => self.db.index_name(table, key, &keys, &include),
        };
        let facts = IndexFacts {
            table,
            keys,
            include,
            unique,
            nulls_not_distinct,
            deferrable,
            btree,
            predicate,
            constraint: None,
        };
        let index = self.db.add_relation(schema, &name, RelationKind::Index(facts), span);
        self.db[table].indexes.push(index);
        if let Some(key) = key {
            self.make_constraint_over(index, &name, key, span);
        }
        if let Some(parent) = parent {
            self.attach_index(parent, index);
        }
        if !only {
            self.copy_to_partitions_of(table, index);
        }
        Some(index)
    }

    /// Makes an index of a partition a part of the partitioned table's.
    pub(super) fn attach_index(&mut self, parent: RelationId, index: RelationId) {
        self.db[parent].children.push(index);
        self.db[index].parents = vec![parent];
        if let Some(constraint) = self.db.index_facts(index).and_then(|facts| facts.constraint) {
            (self.db[constraint].local, self.db[constraint].inherited) = (false, 1);
        }
    }

    /// Gives a partition the index of its parent, which it may have already.
    pub(super) fn ensure_index(&mut self, parent: RelationId, partition: RelationId) {
        let Some(wanted) = self.db.index_for(parent, partition) else { return };
        let needs_constraint = wanted.key.is_some();
        let fits = |index: &RelationId| {
            let Some(found) = self.db.index_facts(*index) else { return false };
            self.db[*index].parents.is_empty()
                && (!needs_constraint || found.constraint.is_some())
                // PostgreSQL doesn't compare what an exclusion excludes.
                && self.db.key_kind(*index) != Some(KeyKind::Exclusion)
                && found.is_like(&wanted)
        };
        match self.db[partition].indexes.iter().copied().find(fits) {
            Some(index) => self.attach_index(parent, index),
            None => {
                self.make_index(NewIndex { parent: Some(parent), ..wanted });
            }
        }
    }

    /// Makes the indexes again that use a column whose type changed in these tables, parents before children. From then
    /// on they know columns by the names that these have now, and partitions have new copies of their parents' ones.
    pub(super) fn make_indexes_anew(&mut self, tables: &[RelationId], name: &str) {
        let mut anew = Vec::new();
        for table in tables {
            let Some(column) = self.db[*table].column(name) else { continue };
            let uses = |index: &RelationId| self.db.index_facts(*index).is_some_and(|facts| facts.uses(column));
            let (mut using, others): (Vec<_>, Vec<_>) = self.db[*table].indexes.iter().copied().partition(uses);
            for index in &using {
                let copies = self.db[*index].children.iter().map(|copy| Object::Relation(*copy)).collect();
                self.db.remove_with_parts(copies);
            }
            // PostgreSQL goes through the constraints first.
            using.sort_by_key(|index| self.db.key_kind(*index).is_none());
            self.db[*table].indexes = others;
            anew.extend(using);
        }
        for index in anew {
            let Some(mut facts) = self.db.index_facts(index).cloned() else { continue };
            let table = facts.table;
            for key in facts.keys.iter_mut().chain(&mut facts.include) {
                if let Some(column) = key.column {
                    key.label = self.db[table][column].name.clone();
                }
            }
            self.db[index].kind = RelationKind::Index(facts);
            self.db[table].indexes.push(index);
            self.copy_to_partitions_of(table, index);
        }
        // Foreign keys are made again, too, and lean on what is the first index now.
        for table in tables {
            for constraint in self.db[*table].referenced_by.clone() {
                if let ConstraintFacts::Foreign(key) = &self.db[constraint].kind
                    && key.index.is_some()
                    && key.references.iter().any(|column| self.db[*table][*column].name == name)
                {
                    let index = self.db.index_to_lean_on(*table, &key.references);
                    self.db.lean_on(constraint, index);
                }
            }
        }
    }

    /// Gives the partitions of a table its index.
    fn copy_to_partitions_of(&mut self, table: RelationId, index: RelationId) {
        if self.db[table].is_partitioned() {
            for partition in self.db[table].children.clone() {
                if self.db[partition].is_table() {
                    self.ensure_index(index, partition);
                }
            }
        }
    }

    /// `ALTER INDEX … ATTACH PARTITION`
    pub(super) fn attach_written_index(&mut self, parent: RelationId, partition: &Name) {
        let Some(index) = self.lookup_relation(partition) else { return self.no_relation("index", partition) };
        if self.db.index_facts(index).is_some() && self.db[index].parents.is_empty() {
            self.attach_index(parent, index);
        }
    }
}

impl IndexFacts {
    fn is_like(&self, other: &NewIndex) -> bool {
        fn keys(keys: &[IndexKey]) -> impl Iterator<Item = (&Expression, &String)> {
            keys.iter().map(|key| (&key.expression, &key.class))
        }
        keys(&self.keys).eq(keys(&other.keys))
            && self.predicate == other.predicate
            && self.unique == other.unique
            && self.nulls_not_distinct == other.nulls_not_distinct
            && self.btree == other.btree
            && self.include.iter().map(|key| key.column).eq(other.include.iter().map(|key| key.column))
    }
}

impl Database {
    /// The unique index that a foreign key to these columns leans on.
    pub(super) fn index_to_lean_on(&self, table: RelationId, columns: &[ColumnNumber]) -> Option<RelationId> {
        let mut wanted = columns.to_vec();
        wanted.sort_unstable();
        let fits = |index: &RelationId| {
            let facts = self.index_facts(*index).filter(|facts| !facts.deferrable);
            let mut found = facts.and_then(IndexFacts::unique_columns).unwrap_or_default();
            found.sort_unstable();
            found == wanted
        };
        self[table].indexes.iter().copied().find(fits)
    }

    fn lean_on(&mut self, constraint: ConstraintId, index: Option<RelationId>) {
        if let ConstraintFacts::Foreign(key) = &mut self[constraint].kind {
            key.index = index;
        }
    }

    /// A column as a key of an index.
    pub(super) fn column_key(&self, table: RelationId, column: ColumnNumber) -> IndexKey {
        let label = self[table][column].name.clone();
        IndexKey { column: Some(column), label, expression: vec![Term::Column(column)], class: String::new() }
    }

    /// PostgreSQL's `ChooseIndexName`.
    fn index_name(&self, table: RelationId, key: Option<KeyKind>, keys: &[IndexKey], include: &[IndexKey]) -> String {
        let relation = &self[table];
        // An index that is made like another takes its labels, also where a column was renamed since.
        let labels = keys.iter().chain(include).map(|key| key.label.as_str());
        let columns = match key {
            Some(KeyKind::Primary) => String::new(),
            _ => index_column_names(labels),
        };
        let label = match key {
            Some(KeyKind::Primary) => "pkey",
            Some(KeyKind::Unique) => "key",
            Some(KeyKind::Exclusion) => "excl",
            None => "idx",
        };
        self.relation_name(relation.schema, &relation.name, &columns, label, key.is_some())
    }

    /// What kind of key an index is for.
    pub(super) fn key_kind(&self, index: RelationId) -> Option<KeyKind> {
        use super::objects::ConstraintFacts::{Exclusion, Primary, Unique};
        let constraint = self.index_facts(index)?.constraint?;
        match self[constraint].kind {
            Primary { .. } => Some(KeyKind::Primary),
            Unique { .. } => Some(KeyKind::Unique),
            Exclusion { .. } => Some(KeyKind::Exclusion),
            _ => None,
        }
    }

    /// The same index for a table that has the same columns, maybe in other places.
    pub(super) fn index_for(&self, index: RelationId, table: RelationId) -> Option<NewIndex> {
        let facts = self.index_facts(index)?;
        let there = |column: ColumnNumber| self[table].column(&self[facts.table][column].name);
        let expression_there = |expression: &Expression| -> Option<Expression> {
            let term_there = |term: &Term<ColumnNumber>| match term {
                Term::Column(column) => Some(Term::Column(there(*column)?)),
                Term::Word(word) => Some(Term::Word(word.clone())),
            };
            expression.iter().map(term_there).collect()
        };
        let keys_there = |keys: &[IndexKey]| -> Option<Vec<IndexKey>> {
            let key_there = |key: &IndexKey| {
                let column = match key.column {
                    Some(column) => Some(there(column)?),
                    None => None,
                };
                Some(IndexKey { column, expression: expression_there(&key.expression)?, ..key.clone() })
            };
            keys.iter().map(key_there).collect()
        };
        let predicate = match &facts.predicate {
            Some(predicate) => Some(expression_there(predicate)?),
            None => None,
        };
        Some(NewIndex {
            key: self.key_kind(index),
            keys: keys_there(&facts.keys)?,
            include: keys_there(&facts.include)?,
            unique: facts.unique,
            nulls_not_distinct: facts.nulls_not_distinct,
            deferrable: facts.deferrable,
            btree: facts.btree,
            predicate,
            ..NewIndex::of(table, self[index].span)
        })
    }

    /// The columns of another table that have the same names.
    pub(super) fn same_columns(
        &self,
        from: RelationId,
        columns: &[ColumnNumber],
        to: RelationId,
    ) -> Option<Vec<ColumnNumber>> {
        columns.iter().map(|column| self[to].column(&self[from][*column].name)).collect()
    }
}
