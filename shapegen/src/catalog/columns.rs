//! Columns: made, changed and dropped, with the ones of children.

use super::database::{RelationId, TypeId};
use super::drop::Object;
use super::objects::{Column, ColumnNumber, NamedType, RelationKind, SequenceFacts, TypeKind, TypeOf, TypeUse};
use super::replay::Replay;
use super::{Generated, Identity};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::statement::{
    ColumnDef, ColumnOptions, ConstraintDef, DefaultDef, DefaultValue, GeneratedDef, Ident, IdentityDef, Name, TypeName,
};

impl Column {
    /// A column of which nothing but the type is known.
    pub(super) fn new(name: String, span: Span, data_type: Option<TypeUse>) -> Self {
        Self {
            name,
            span,
            dropped: false,
            data_type,
            not_null: false,
            not_null_name: None,
            default: None,
            sequences: Vec::new(),
            default_types: Vec::new(),
            identity: None,
            generated: None,
            reads: Vec::new(),
            comment: None,
            local: true,
            inherited: 0,
        }
    }

    /// Makes an inherited column the table's own, too, with what its own declaration adds.
    pub(super) fn merge(&mut self, own: Self) {
        self.local = true;
        self.not_null |= own.not_null;
        self.comment = own.comment;
        self.generated = self.generated.or(own.generated);
        if own.default.is_some() {
            (self.default, self.sequences, self.default_types) = (own.default, own.sequences, own.default_types);
        }
    }
}

impl super::objects::Relation {
    /// The column that was added last.
    pub(super) fn last_column(&self) -> Option<ColumnNumber> {
        ColumnNumber::try_from(self.columns.len().checked_sub(1)?).ok()
    }
}

impl Replay<'_> {
    /// Adds a column to a new table, or merges it with the one that it inherits, and gives back its inline constraints.
    pub(super) fn declare_column(
        &mut self,
        table: RelationId,
        column: ColumnDef,
        data_type: Option<TypeUse>,
    ) -> Vec<ConstraintDef> {
        let ColumnDef { serial, options, .. } = column;
        let number = match self.db[table].column(&options.name.value) {
            Some(number) if !self.db[table][number].local => {
                let own = &mut self.db[table][number];
                own.local = true;
                own.data_type = own.data_type.take().or(data_type);
                number
            }
            Some(before) => {
                let before = self.db[table][before].span;
                self.declared_twice("column", &options.name.value, options.name.span, before);
                return Vec::new();
            }
            None => {
                let column = Column::new(options.name.value.clone(), options.name.span, data_type);
                self.db[table].columns.push(column);
                let Some(number) = self.db[table].last_column() else { return Vec::new() };
                number
            }
        };
        self.set_options(table, number, options, serial)
    }

    /// Gives a column what was written behind its type.
    pub(super) fn set_options(
        &mut self,
        table: RelationId,
        number: ColumnNumber,
        options: ColumnOptions,
        serial: bool,
    ) -> Vec<ConstraintDef> {
        let column = &mut self.db[table][number];
        column.not_null |= options.not_null;
        column.not_null_name = options.not_null_name.map(|name| name.value).or(column.not_null_name.take());
        if let Some(default) = &options.default {
            self.set_default(table, number, default);
        }
        if serial {
            let sequence = self.make_sequence_of(table, number, false, None);
            let column = &mut self.db[table][number];
            (column.default, column.sequences) = (Some(DefaultValue::Counter), vec![sequence]);
            self.use_sequences(table, number);
        }
        if let Some(identity) = options.identity {
            self.make_identity(table, number, identity);
        }
        if let Some(GeneratedDef { stored, words }) = options.generated {
            let reads = self.db[table].columns_among(&words);
            let column = &mut self.db[table][number];
            column.generated = Some(if stored { Generated::Stored } else { Generated::Virtual });
            (column.reads, column.default) = (reads, None);
        }
        options.constraints
    }

    /// Columns that are generated may read ones that stand behind them.
    pub(super) fn set_reads(&mut self, table: RelationId, generated: &[(String, Vec<String>)]) {
        for (column, words) in generated {
            if let Some(number) = self.db[table].column(column) {
                self.db[table][number].reads = self.db[table].columns_among(words);
            }
        }
    }

    fn set_default(&mut self, table: RelationId, number: ColumnNumber, default: &DefaultDef) {
        let is_null = self.is_no_default(&self.db[table][number], default);
        let sequences = default.sequences.iter().filter_map(|name| self.lookup_relation(name));
        let sequences = sequences.filter(|found| self.db.sequence(*found).is_some()).collect();
        let types: Vec<TypeId> = default.types.iter().filter_map(|name| self.used_type(name)).collect();
        let column = &mut self.db[table][number];
        column.default_types = types;
        column.default = (!is_null).then_some(DefaultValue::Expression(default.span));
        column.sequences = if is_null { Vec::new() } else { sequences };
        self.use_sequences(table, number);
    }

    /// A declared type that an expression is made with.
    fn used_type(&mut self, name: &Name) -> Option<TypeId> {
        let (NamedType::Own(found) | NamedType::ArrayOf(found)) = self.lookup_type(name)?;
        self.db[found].used = true;
        Some(found)
    }

    /// Whether PostgreSQL sees nothing but NULL. It doesn't where the type makes a call of it: a length, a domain.
    fn is_no_default(&self, column: &Column, default: &DefaultDef) -> bool {
        let Some(casts) = &default.null else { return false };
        let Some(own) = &column.data_type else { return true };
        let is_plain = match &own.of {
            // PostgreSQL sees through the call for an interval, but not for an array of them.
            TypeOf::BuiltIn { name, modifiers } => modifiers.is_empty() || (*name == "interval" && own.dims == 0),
            TypeOf::Extension { modifiers, .. } => modifiers.is_empty(),
            TypeOf::Declared(of) => own.dims > 0 || !matches!(self.db[*of].kind, TypeKind::Domain(_)),
        };
        let is_same = |cast: &TypeName| self.type_if_known(cast).is_some_and(|cast| cast.of == own.of);
        is_plain && casts.iter().all(is_same)
    }

    /// Tells the sequences of a column's default about it.
    pub(super) fn use_sequences(&mut self, table: RelationId, number: ColumnNumber) {
        for sequence in self.db[table][number].sequences.clone() {
            if let Some(facts) = self.db.sequence_mut(sequence) {
                facts.users.push((table, number));
            }
        }
    }

    /// Makes the sequence of a serial or an identity column.
    fn make_sequence_of(
        &mut self,
        table: RelationId,
        number: ColumnNumber,
        identity: bool,
        name: Option<(super::database::SchemaId, String)>,
    ) -> RelationId {
        let relation = &self.db[table];
        let span = relation[number].span;
        let (schema, name) = name.unwrap_or_else(|| {
            let column = &relation[number].name;
            (relation.schema, self.db.relation_name(relation.schema, &relation.name, column, "seq", false))
        });
        let facts = SequenceFacts { owner: Some((table, number)), identity, users: Vec::new() };
        let sequence = self.db.add_relation(schema, &name, RelationKind::Sequence(facts), span);
        self.db[table].sequences.push(sequence);
        sequence
    }

    pub(super) fn make_identity(&mut self, table: RelationId, number: ColumnNumber, identity: IdentityDef) {
        let name = identity.sequence.and_then(|name| {
            let schema = match &name.schema {
                Some(schema) => self.db.ensure_schema(&schema.value),
                None => self.db[table].schema,
            };
            let is_free = !self.db[schema].relations.contains_key(&name.name.value);
            is_free.then_some((schema, name.name.value))
        });
        self.make_sequence_of(table, number, true, name);
        let column = &mut self.db[table][number];
        column.identity = Some(if identity.always { Identity::Always } else { Identity::ByDefault });
        column.not_null = true;
    }

    /// `ADD COLUMN`: on the table and on what inherits from it. Gives back the inline constraints, unless the column was
    /// there already.
    pub(super) fn add_column(
        &mut self,
        table: RelationId,
        column: ColumnDef,
        if_not_exists: bool,
        only: bool,
    ) -> Vec<ConstraintDef> {
        let name = column.options.name.clone();
        if let Some(before) = self.db[table].column(&name.value) {
            if !if_not_exists {
                let before = self.db[table][before].span;
                self.declared_twice("column", &name.value, name.span, before);
            }
            return Vec::new();
        }
        let data_type = self.data_type(&column.data_type);
        let constraints = self.declare_column(table, column, data_type);
        if !only {
            self.pass_column_on(table, &name.value);
        }
        constraints
    }

    /// Gives the children of a table its new column.
    fn pass_column_on(&mut self, table: RelationId, name: &str) {
        let Some(number) = self.db[table].column(name) else { return };
        for child in self.db[table].children.clone() {
            if !self.db[child].is_table() {
                continue;
            }
            match self.db[child].column(name) {
                Some(own) => self.db[child][own].inherited += 1,
                None => {
                    let column = self.db[table][number].clone();
                    let reads = self.db.same_columns(table, &column.reads, child).unwrap_or_default();
                    let column = Column { local: false, inherited: 1, comment: None, identity: None, reads, ..column };
                    self.db[child].columns.push(column);
                    if let Some(own) = self.db[child].last_column() {
                        self.use_sequences(child, own);
                    }
                    self.pass_column_on(child, name);
                }
            }
        }
    }

    pub(super) fn drop_column(
        &mut self,
        table: RelationId,
        column: &Ident,
        if_exists: bool,
        cascade: bool,
        only: bool,
    ) {
        let Some(number) = self.db[table].column(&column.value) else {
            if !if_exists {
                self.no_column(table, column);
            }
            return;
        };
        if self.db[table][number].inherited > 0 {
            let message = format!("column `{}` comes from the parent of the table", column.value);
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(column.span, "can't be dropped here");
            return self.report.push(error.help("drop it at the parent"));
        }
        let mut objects = vec![Object::Column(table, number)];
        if only {
            self.disinherit_column(table, &column.value, true, &mut Vec::new());
        } else {
            self.disinherit_column(table, &column.value, false, &mut objects);
        }
        self.drop_objects(objects, cascade, column.span, &column.value);
    }

    /// A column of a parent goes: the children keep theirs if they have it from elsewhere, too.
    fn disinherit_column(&mut self, table: RelationId, name: &str, keep: bool, dropped: &mut Vec<Object>) {
        for child in self.db[table].children.clone() {
            let Some(number) = self.db[child].column(name) else { continue };
            let column = &mut self.db[child][number];
            column.inherited = column.inherited.saturating_sub(1);
            if keep {
                column.local = true;
            } else if column.inherited == 0 && !column.local {
                dropped.push(Object::Column(child, number));
                self.disinherit_column(child, name, false, dropped);
            }
        }
    }

    pub(super) fn rename_column(&mut self, table: RelationId, from: &Ident, to: &Ident) {
        if self.db[table].column(&from.value).is_none() {
            return self.no_column(table, from);
        }
        if let Some(before) = self.db[table].column(&to.value) {
            let before = self.db[table][before].span;
            return self.declared_twice("column", &to.value, to.span, before);
        }
        for relation in self.db.family(table) {
            if let Some(number) = self.db[relation].column(&from.value) {
                to.value.clone_into(&mut self.db[relation][number].name);
            }
        }
    }

    /// Changes a column, of the children as well unless `only`.
    pub(super) fn alter_column(
        &mut self,
        table: RelationId,
        column: &Ident,
        only: bool,
        change: impl Fn(&mut Column),
    ) -> bool {
        if self.db[table].column(&column.value).is_none() {
            self.no_column(table, column);
            return false;
        }
        let family = if only { vec![table] } else { self.db.family(table) };
        for relation in family {
            if let Some(number) = self.db[relation].column(&column.value) {
                change(&mut self.db[relation][number]);
            }
        }
        true
    }

    pub(super) fn set_not_null(&mut self, table: RelationId, column: &Ident, children: bool) -> bool {
        self.alter_column(table, column, !children, |column| column.not_null = true)
    }

    /// NOT NULL for a column that a key is over.
    pub(super) fn mark_not_null(&mut self, table: RelationId, number: ColumnNumber, children: bool) {
        let name = self.db[table][number].name.clone();
        let family = if children { self.db.family(table) } else { vec![table] };
        for relation in family {
            if let Some(number) = self.db[relation].column(&name) {
                self.db[relation][number].not_null = true;
            }
        }
    }

    pub(super) fn drop_not_null(&mut self, table: RelationId, column: &Ident, only: bool) {
        if let (Some(key), Some(number)) = (self.primary_key(table), self.db[table].column(&column.value))
            && self.db.index_facts(key).is_some_and(|facts| facts.keys.iter().any(|key| key.column == Some(number)))
        {
            let message = format!("column `{}` is part of the primary key", column.value);
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(column.span, "can't be NULL");
            return self.report.push(error.see(self.db[key].span, "the key"));
        }
        self.alter_column(table, column, only, |column| (column.not_null, column.not_null_name) = (false, None));
    }

    pub(super) fn alter_default(
        &mut self,
        table: RelationId,
        column: &Ident,
        default: Option<&DefaultDef>,
        only: bool,
    ) {
        if self.db[table].column(&column.value).is_none() {
            return self.no_column(table, column);
        }
        let family = if only { vec![table] } else { self.db.family(table) };
        for relation in family {
            let Some(number) = self.db[relation].column(&column.value) else { continue };
            match default {
                Some(default) => self.set_default(relation, number, default),
                None => {
                    let column = &mut self.db[relation][number];
                    column.default = None;
                    column.sequences.clear();
                }
            }
        }
    }

    pub(super) fn add_identity(&mut self, table: RelationId, column: &Ident, identity: IdentityDef) {
        match self.db[table].column(&column.value) {
            Some(number) if self.db[table][number].identity.is_some() => {
                let message = format!("column `{}` is an identity already", column.value);
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, message);
                self.report.push(error.at(column.span, "an identity already"));
            }
            Some(number) => self.make_identity(table, number, identity),
            None => self.no_column(table, column),
        }
    }

    pub(super) fn drop_expression(&mut self, table: RelationId, column: &Ident, if_exists: bool, only: bool) {
        let number = self.db[table].column(&column.value);
        if !if_exists && number.is_some_and(|number| self.db[table][number].generated.is_none()) {
            return self.is_no(column, "generated");
        }
        self.alter_column(table, column, only, |column| {
            column.generated = None;
            column.reads.clear();
        });
    }

    /// A column isn't what a statement takes it for.
    fn is_no(&mut self, column: &Ident, what: &str) {
        let message = format!("column `{}` is not {what}", column.value);
        self.report.push(Diagnostic::error(&codes::SQL_REFERENCE, message).at(column.span, format!("not {what}")));
    }

    pub(super) fn drop_identity(&mut self, table: RelationId, column: &Ident, if_exists: bool) {
        let Some(number) = self.db[table].column(&column.value) else { return self.no_column(table, column) };
        if self.db[table][number].identity.take().is_none() {
            if !if_exists {
                self.is_no(column, "an identity");
            }
            return;
        }
        let owned = self.db[table].sequences.iter().copied();
        let of_identity = |sequence: &RelationId| {
            let facts = self.db.sequence(*sequence);
            facts.is_some_and(|facts| facts.identity && facts.owner == Some((table, number)))
        };
        let sequences: Vec<Object> = owned.filter(of_identity).map(Object::Relation).collect();
        self.drop_objects(sequences, true, column.span, &column.value);
    }

    pub(super) fn alter_column_type(&mut self, table: RelationId, column: &Ident, data_type: &TypeName) {
        let data_type = self.data_type(data_type);
        if self.db[table].column(&column.value).is_none() {
            return self.no_column(table, column);
        }
        let family = self.db.family(table);
        self.change_type(&family, &column.value, data_type.as_ref());
    }

    /// The declared type that a constant is of where this one is expected: of a domain it is what that is over.
    fn type_of_constants(&self, used: &TypeUse) -> Option<TypeId> {
        let TypeOf::Declared(of) = used.of else { return None };
        match &self.db[of].kind {
            TypeKind::Domain(facts) if used.dims == 0 => self.type_of_constants(facts.base.as_ref()?),
            _ => Some(of),
        }
    }

    /// Gives a column of these tables, parents before children, another type.
    pub(super) fn change_type(&mut self, tables: &[RelationId], name: &str, data_type: Option<&TypeUse>) {
        for table in tables {
            let Some(number) = self.db[*table].column(name) else { continue };
            let before = self.db[*table][number].data_type.as_ref().and_then(|used| self.type_of_constants(used));
            let column = &mut self.db[*table][number];
            // A default is converted, and its expression still made with the old type.
            if column.default.is_some() {
                column.default_types.extend(before);
            }
            column.data_type = data_type.cloned();
        }
        self.make_indexes_anew(tables, name);
    }
}
