//! `CREATE TABLE`.

use super::database::{RelationId, SchemaId, TypeId};
use super::drop::Object;
use super::objects::{Column, ConstraintFacts, NamedType, RelationKind, TypeKind, TypeOf, TypeUse};
use super::replay::Replay;
use super::{Generated, Identity};
use crate::source::Span;
use crate::sql::statement::{
    ConstraintDef, ConstraintKind, CreateTable, Ident, IdentityDef, Including, KeyDef, Name, TableElement, TableSource,
    TypeName,
};

impl Replay<'_> {
    /// Whether a relation can get this name. One that is taken is reported, unless it may be.
    pub(super) fn may_create(&mut self, schema: SchemaId, name: &Name, if_not_exists: bool) -> bool {
        if let Some(before) = self.db[schema].relations.get(&name.name.value).copied() {
            let relation = &self.db[before];
            if matches!(relation.kind, RelationKind::Unreadable) {
                self.drop_objects(vec![Object::Relation(before)], true, name.span(), &name.name.value);
                return true;
            }
            if !if_not_exists {
                let before = relation.span;
                self.declared_twice("relation", &name.name.value, name.span(), before);
            }
            return false;
        }
        match self.db[schema].types.get(&name.name.value).copied() {
            Some(NamedType::Own(before)) => {
                let unreadable = matches!(self.db[before].kind, TypeKind::Unreadable);
                if unreadable {
                    self.drop_objects(vec![Object::Type(before)], true, name.span(), &name.name.value);
                } else {
                    let before = self.db[before].span;
                    self.declared_twice("type", &name.name.value, name.span(), before);
                }
                unreadable
            }
            _ => true,
        }
    }

    /// Adds a relation with its row type.
    pub(super) fn add_rows(&mut self, schema: SchemaId, name: &str, kind: RelationKind, span: Span) -> RelationId {
        let relation = self.db.add_relation(schema, name, kind, span);
        let row_type = self.db.add_type(schema, name, TypeKind::Row(relation), span);
        self.db[relation].row_type = Some(row_type);
        relation
    }

    pub(super) fn create_table(&mut self, table: CreateTable) {
        let CreateTable { name, temporary, if_not_exists, source, elements, partition_by } = table;
        let Some(schema) = self.new_schema(&name, temporary) else { return };
        if !self.may_create(schema, &name, if_not_exists) {
            return;
        }
        // A new table doesn't hide another one of its name from its own statement, nor does its row type.
        let parents = self.sources(&source);
        let of_type = self.typed_source(&source);
        let types: Vec<Option<TypeUse>> = elements.iter().map(|element| self.column_type(element)).collect();
        let likes: Vec<Option<RelationId>> = elements.iter().map(|element| self.like_source(element)).collect();
        let table = self.add_rows(schema, &name.name.value, RelationKind::Table, name.span());
        let is_partition = matches!(source, TableSource::PartitionOf(_));
        let missing = parents.iter().any(Option::is_none)
            || elements.iter().zip(&likes).any(|(e, like)| matches!(e, TableElement::Like { .. }) && like.is_none());
        self.db[table].incomplete |= missing;
        let parents: Vec<RelationId> = parents.into_iter().flatten().collect();
        match of_type {
            Some((of, relation)) => {
                self.db[table].of_type = Some(of);
                self.db[table].columns = self.db[relation].live_columns().map(|(_, column)| column.clone()).collect();
            }
            None => self.db[table].incomplete |= matches!(source, TableSource::OfType(_)),
        }
        for parent in &parents {
            self.inherit_columns(table, *parent);
        }
        let (mut constraints, mut copies, mut generated) = (Vec::new(), Vec::new(), Vec::new());
        for ((element, like), data_type) in elements.into_iter().zip(likes).zip(types) {
            match element {
                TableElement::Column(column) => {
                    let words = column.options.generated.as_ref().map(|generated| generated.words.clone());
                    generated.extend(words.map(|words| (column.options.name.value.clone(), words)));
                    constraints.extend(self.declare_column(table, column, data_type));
                }
                TableElement::ColumnOptions(options) => match self.db[table].column(&options.name.value) {
                    Some(number) => constraints.extend(self.set_options(table, number, options, false)),
                    None => self.no_column(table, &options.name),
                },
                TableElement::Constraint(constraint) => constraints.push(constraint),
                TableElement::Like { including, table: written } => {
                    if let Some(like) = like {
                        self.like_columns(table, like, including, &written);
                        copies.push((like, including));
                    }
                }
            }
        }
        self.set_reads(table, &generated);
        self.db[table].partition_by = partition_by.map(|words| self.db[table].columns_among(&words));
        for parent in parents {
            self.link(parent, table);
            self.inherit_checks(table, parent);
            if is_partition {
                self.db[table].is_partition = true;
            }
        }
        let (checks, keys, foreign_keys) = in_order(constraints);
        for check in checks {
            self.add_constraint(table, check, false);
        }
        if is_partition && let Some(parent) = self.db[table].parents.first().copied() {
            self.inherit_keys(table, parent);
        }
        for key in keys {
            self.add_constraint(table, key, false);
        }
        for (like, including) in copies {
            self.like_constraints(table, like, including);
        }
        for key in foreign_keys {
            self.add_constraint(table, key, false);
        }
    }

    /// The tables that a new one inherits from.
    fn sources(&mut self, source: &TableSource) -> Vec<Option<RelationId>> {
        match source {
            TableSource::Inherits(parents) => parents.iter().map(|parent| self.find_table(parent, false)).collect(),
            TableSource::PartitionOf(parent) => vec![self.find_table(parent, false)],
            TableSource::OfType(_) => Vec::new(),
        }
    }

    fn like_source(&mut self, element: &TableElement) -> Option<RelationId> {
        let TableElement::Like { table, .. } = element else { return None };
        let found = self.find_relation(table, false)?;
        match self.db[found].kind {
            RelationKind::Table | RelationKind::Composite => Some(found),
            RelationKind::View { .. } => {
                use crate::diagnostics::{Diagnostic, codes};
                let message = format!("the columns of `{}` aren't known", table.name.value);
                let error = Diagnostic::error(&codes::SQL_UNSUPPORTED, message).at(table.span(), "only its name is");
                let error = error.see(self.db[found].span, "declared here");
                self.report.push(error.help("write the columns in place of LIKE"));
                None
            }
            _ => None,
        }
    }

    fn column_type(&mut self, element: &TableElement) -> Option<TypeUse> {
        let TableElement::Column(column) = element else { return None };
        self.data_type(&column.data_type)
    }

    /// The type of `CREATE TABLE … OF type`.
    fn typed_source(&mut self, source: &TableSource) -> Option<(TypeId, RelationId)> {
        let TableSource::OfType(name) = source else { return None };
        let (name, span) = (name.clone(), name.span());
        let found = self.data_type(&TypeName { name, modifiers: Vec::new(), words: Vec::new(), dims: 0, span })?;
        self.composite(&found)
    }

    /// The attributes of a composite type.
    pub(super) fn composite(&self, found: &TypeUse) -> Option<(TypeId, RelationId)> {
        let TypeOf::Declared(of) = found.of else { return None };
        match self.db[of].kind {
            TypeKind::Row(relation) => Some((of, relation)),
            _ => None,
        }
    }

    fn like_columns(&mut self, table: RelationId, like: RelationId, including: Including, written: &Name) {
        let columns: Vec<Column> = self.db[like].live_columns().map(|(_, column)| column.clone()).collect();
        self.db[table].incomplete |= self.db[like].incomplete;
        for column in columns {
            let before = self.db[table].column(&column.name);
            if let Some(before) = before
                && self.db[table][before].local
            {
                let before = self.db[table][before].span;
                self.declared_twice("column", &column.name, written.span(), before);
                continue;
            }
            let identity = column.identity.filter(|_| including.identity);
            let keeps_default = including.defaults && column.generated.is_none();
            let generated = column.generated.filter(|_| including.generated);
            let copy = Column {
                default: column.default.filter(|_| keeps_default),
                sequences: if keeps_default { column.sequences } else { Vec::new() },
                identity: None,
                generated,
                comment: column.comment.filter(|_| including.comments),
                local: true,
                inherited: 0,
                reads: Vec::new(),
                ..column
            };
            let number = match before {
                Some(inherited) => {
                    self.db[table][inherited].merge(copy);
                    inherited
                }
                None => {
                    self.db[table].columns.push(copy);
                    let Some(number) = self.db[table].last_column() else { continue };
                    number
                }
            };
            self.use_sequences(table, number);
            if let Some(identity) = identity {
                let always = identity == Identity::Always;
                self.make_identity(table, number, IdentityDef { always, sequence: None });
            }
        }
        let reads: Vec<(String, Vec<String>)> = self.db[like]
            .live_columns()
            .filter(|(_, column)| matches!(column.generated, Some(Generated::Stored | Generated::Virtual)))
            .map(|(_, column)| {
                let words = column.reads.iter().map(|read| self.db[like][*read].name.clone());
                (column.name.clone(), words.collect())
            })
            .collect();
        if including.generated {
            self.set_reads(table, &reads);
        }
    }

    fn like_constraints(&mut self, table: RelationId, like: RelationId, including: Including) {
        if including.constraints {
            for check in self.db[like].constraints.clone() {
                let ConstraintFacts::Check { columns, no_inherit } = &self.db[check].kind else { continue };
                let words: Vec<String> = columns.iter().map(|column| self.db[like][*column].name.clone()).collect();
                let (name, no_inherit, span) = (self.db[check].name.clone(), *no_inherit, self.db[check].span);
                if self.db.constraint_of(table, &name).is_none() {
                    self.add_check(table, Some(name), &words, no_inherit, span, false);
                }
            }
        }
        if including.indexes {
            for index in self.db[like].indexes.clone() {
                if let Some(copy) = self.db.index_for(index, table) {
                    self.make_index(copy);
                }
            }
        }
    }
}

/// The constraints of a new table in the order in which PostgreSQL makes them: checks, the primary key, other keys
/// without the ones that say the same again, foreign keys.
fn in_order(constraints: Vec<ConstraintDef>) -> (Vec<ConstraintDef>, Vec<ConstraintDef>, Vec<ConstraintDef>) {
    let (mut checks, mut keys, mut foreign_keys) = (Vec::new(), Vec::<ConstraintDef>::new(), Vec::new());
    for constraint in constraints {
        match constraint.kind {
            ConstraintKind::Check { .. } | ConstraintKind::NotNull(_) => checks.push(constraint),
            ConstraintKind::ForeignKey { .. } => foreign_keys.push(constraint),
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclusion(..) => {
                keys.push(constraint);
            }
        }
    }
    keys.sort_by_key(|key| !matches!(key.kind, ConstraintKind::PrimaryKey(_)));
    let mut kept: Vec<ConstraintDef> = Vec::new();
    for key in keys {
        match kept.iter_mut().find(|before| says_the_same(before, &key)) {
            Some(before) => before.name = before.name.take().or(key.name),
            None => kept.push(key),
        }
    }
    (checks, kept, foreign_keys)
}

/// Whether the second key is needless beside the first.
fn says_the_same(first: &ConstraintDef, second: &ConstraintDef) -> bool {
    let of = |key: &ConstraintDef| match &key.kind {
        ConstraintKind::PrimaryKey(KeyDef::Columns { columns, include, flags })
        | ConstraintKind::Unique(KeyDef::Columns { columns, include, flags }) => {
            let values = |idents: &[Ident]| idents.iter().map(|ident| ident.value.clone()).collect::<Vec<_>>();
            Some((values(columns), values(include), *flags))
        }
        _ => None,
    };
    let second_primary = matches!(second.kind, ConstraintKind::PrimaryKey(_));
    !second_primary && of(first).is_some_and(|first| Some(first) == of(second))
}
