//! Statements about tables, applied.

use super::relation::{Key, KeyKind, Relation, default_key_name, rename};
use super::replay::{Replay, shown};
use super::{Column, ForeignKey, Generated, QualifiedName};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::sql::statement::{
    ColumnDef, Commented, ConstraintDef, ConstraintKind, CreateTable, DropKind, Ident, MoveAction, Name, TableAction,
};

impl Replay<'_> {
    pub(super) fn create_table(&mut self, table: CreateTable) {
        let Some(name) = self.qualify_table(&table.name, table.temporary) else { return };
        if let Some(before) = self.relation_span(&name) {
            if !table.if_not_exists {
                self.declared_twice("relation", &name.name, table.name.span(), before);
            }
            return;
        }
        self.forget_unreadable(&table.name);
        let span = table.name.span();
        let relation = Relation { span, columns: Vec::new(), keys: Vec::new(), comment: None, incomplete: false };
        self.tables.insert(name.clone(), relation);
        let mut constraints = Vec::new();
        for column in table.columns {
            constraints.extend(self.add_column(&name, column, false));
        }
        constraints.extend(table.constraints);
        // PostgreSQL makes the primary key first and the foreign keys last, and leaves out a second key over the same
        // columns.
        constraints.sort_by_key(|constraint| match constraint.kind {
            ConstraintKind::PrimaryKey(_) | ConstraintKind::NotNull(_) => 0,
            ConstraintKind::Unique(_) => 1,
            ConstraintKind::ForeignKey { .. } => 2,
        });
        for constraint in constraints {
            if let ConstraintKind::Unique(columns) = &constraint.kind {
                let is_same = |key: &Key| {
                    !matches!(key.kind, KeyKind::Foreign(_))
                        && key.columns().iter().eq(columns.iter().map(|c| &c.value))
                };
                if self.tables.get(&name).is_some_and(|relation| relation.keys.iter().any(is_same)) {
                    continue;
                }
            }
            self.add_constraint(&name, constraint);
        }
    }

    /// Adds a column and gives back its inline keys.
    fn add_column(&mut self, table: &QualifiedName, column: ColumnDef, if_not_exists: bool) -> Vec<ConstraintDef> {
        let data_type = self.data_type(&column.data_type);
        let Some(relation) = self.tables.get_mut(table) else { return Vec::new() };
        if let Some(before) = relation.columns.iter().find(|before| before.name == column.name.value) {
            let before = before.span;
            if !if_not_exists {
                self.declared_twice("column", &column.name.value, column.name.span, before);
            }
            return Vec::new();
        }
        match data_type {
            Some(data_type) => relation.columns.push(Column {
                name: column.name.value,
                span: column.name.span,
                data_type,
                not_null: column.not_null,
                default: column.default,
                identity: None,
                generated: column.generated.then_some(Generated::Stored),
                comment: None,
            }),
            None => relation.incomplete = true,
        }
        column.constraints
    }

    fn add_constraint(&mut self, table: &QualifiedName, constraint: ConstraintDef) {
        let ConstraintDef { name, kind, span } = constraint;
        let (label, kind) = match kind {
            ConstraintKind::NotNull(column) => {
                if self.check_columns(table, std::slice::from_ref(&column)) {
                    self.set_not_null(table, &column.value);
                }
                return;
            }
            ConstraintKind::PrimaryKey(columns) => {
                if !self.check_columns(table, &columns) {
                    return;
                }
                if self.tables.get(table).is_some_and(|relation| relation.primary_key().is_some()) {
                    let error = format!("table `{}` has a primary key already", table.name);
                    self.report.push(Diagnostic::error(&codes::SQL_DUPLICATE, error).at(span, "a second one"));
                    return;
                }
                for column in &columns {
                    self.set_not_null(table, &column.value);
                }
                ("pkey", KeyKind::Primary(values(columns)))
            }
            ConstraintKind::Unique(columns) => {
                if !self.check_columns(table, &columns) {
                    return;
                }
                ("key", KeyKind::Unique(values(columns)))
            }
            ConstraintKind::ForeignKey { columns, table: target, references } => {
                if !self.check_columns(table, &columns) {
                    return;
                }
                match self.foreign_key(columns, &target, references) {
                    Some(key) => ("fkey", KeyKind::Foreign(key)),
                    None => return,
                }
            }
        };
        let name = match name {
            Some(name) => name.value,
            None => self.default_key_name(table, &kind, label),
        };
        if let Some(relation) = self.tables.get_mut(table) {
            self.key_names.insert(name.clone());
            relation.keys.push(Key { name, kind });
        }
    }

    fn default_key_name(&self, table: &QualifiedName, kind: &KeyKind, label: &str) -> String {
        let columns = match kind {
            KeyKind::Primary(_) => &[],
            KeyKind::Unique(columns) => &columns[..],
            KeyKind::Foreign(key) => &key.columns[..],
        };
        // Names of keys with an index are unique in the schema, those of foreign keys in the table.
        let is_foreign = matches!(kind, KeyKind::Foreign(_));
        let is_rival = |name: &QualifiedName| name == table || (!is_foreign && name.schema == table.schema);
        default_key_name(table, columns, label, |wanted| {
            let mut rivals = self.tables.iter().filter(|(name, _)| is_rival(name));
            self.key_names.contains(wanted) && rivals.any(|(_, rival)| rival.keys.iter().any(|key| key.name == wanted))
        })
    }

    /// A foreign key whose target is there; without columns it means the target's primary key.
    fn foreign_key(&mut self, columns: Vec<Ident>, target: &Name, references: Vec<Ident>) -> Option<ForeignKey> {
        let table = self.find_table(target, false)?;
        let relation = self.tables.get(&table)?;
        let references = if references.is_empty() {
            match relation.primary_key() {
                Some(key) => key.to_vec(),
                None if relation.incomplete => return None,
                None => {
                    let message = format!("table `{}` has no primary key to refer to", table.name);
                    let error = Diagnostic::error(&codes::SQL_REFERENCE, message).see(relation.span, "the table");
                    let error = error.at(target.span(), "no primary key there");
                    self.report.push(error.help("name the columns: `REFERENCES table (column)`"));
                    return None;
                }
            }
        } else {
            if !self.check_columns(&table, &references) {
                return None;
            }
            values(references)
        };
        if references.len() != columns.len() {
            let message = format!("a foreign key from {} to {} columns", columns.len(), references.len());
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message);
            self.report.push(error.at(target.span(), format!("its key has {} columns", references.len())));
            return None;
        }
        Some(ForeignKey { columns: values(columns), table, references, on_delete: None })
    }

    /// Whether a table has all of these columns; reports the ones that are missing.
    fn check_columns(&mut self, table: &QualifiedName, columns: &[Ident]) -> bool {
        let mut all = true;
        for column in columns {
            if !self.tables.get(table).is_some_and(|relation| relation.has_column(&column.value)) {
                self.no_column(table, column);
                all = false;
            }
        }
        all
    }

    fn set_not_null(&mut self, table: &QualifiedName, column: &str) {
        if let Some(column) = self.column_mut(table, column) {
            column.not_null = true;
        }
    }

    fn column_mut(&mut self, table: &QualifiedName, column: &str) -> Option<&mut Column> {
        self.tables.get_mut(table).and_then(|relation| relation.column_mut(column))
    }

    /// Where a table or view was declared.
    pub(super) fn relation_span(&self, name: &QualifiedName) -> Option<Span> {
        self.tables.get(name).map(|relation| relation.span).or_else(|| self.views.get(name).copied())
    }

    pub(super) fn alter_table(&mut self, name: &Name, if_exists: bool, actions: Vec<TableAction>) {
        // Owners, sequences and views are altered with ALTER TABLE, too; without an action that matters they aren't
        // looked up.
        if actions.is_empty() {
            return;
        }
        if let [TableAction::Move(_)] = &actions[..]
            && self.lookup(name).any(|name| self.views.contains_key(&name))
        {
            for action in actions {
                if let TableAction::Move(action) = action {
                    self.alter_view(name, if_exists, action);
                }
            }
            return;
        }
        let Some(mut table) = self.find_table(name, if_exists) else { return };
        for action in actions {
            table = self.table_action(table, action);
        }
    }

    /// Applies one action, and gives back the table's name after it.
    fn table_action(&mut self, table: QualifiedName, action: TableAction) -> QualifiedName {
        match action {
            TableAction::AddColumn { column, if_not_exists } => {
                for constraint in self.add_column(&table, column, if_not_exists) {
                    self.add_constraint(&table, constraint);
                }
            }
            TableAction::DropColumn { name, if_exists } => self.drop_column(&table, &name, if_exists),
            TableAction::RenameColumn { from, to } => self.rename_column(&table, &from, &to),
            TableAction::AddConstraint(constraint) => self.add_constraint(&table, constraint),
            TableAction::DropConstraint(name) => self.drop_constraint(&table, &name.value),
            TableAction::RenameConstraint { from, to } => {
                let keys = self.tables.get_mut(&table).map(|relation| relation.keys.iter_mut());
                if let Some(key) = keys.and_then(|mut keys| keys.find(|key| key.name == from.value)) {
                    self.key_names.insert(to.value.clone());
                    key.name = to.value;
                }
            }
            TableAction::NotNull { column, set } => self.alter_column(&table, &column, |column| column.not_null = set),
            TableAction::Default { column, default } => {
                self.alter_column(&table, &column, |column| {
                    column.default = default;
                });
            }
            TableAction::DropExpression(column) => {
                self.alter_column(&table, &column, |column| column.generated = None);
            }
            TableAction::Type { column, data_type } => match self.data_type(&data_type) {
                Some(data_type) => self.alter_column(&table, &column, |column| column.data_type = data_type),
                None => {
                    if let Some(relation) = self.tables.get_mut(&table) {
                        relation.incomplete = true;
                    }
                }
            },
            TableAction::Move(MoveAction::Rename(to)) => {
                let new = QualifiedName { schema: table.schema.clone(), name: to.value.clone() };
                return self.move_table(table, new, &to);
            }
            TableAction::Move(MoveAction::SetSchema(to)) => {
                let new = QualifiedName { schema: to.value.clone(), name: table.name.clone() };
                return self.move_table(table, new, &to);
            }
            TableAction::Move(MoveAction::Nothing) => {}
        }
        table
    }

    fn alter_column(&mut self, table: &QualifiedName, column: &Ident, change: impl FnOnce(&mut Column)) {
        match self.column_mut(table, &column.value) {
            Some(column) => change(column),
            None => self.no_column(table, column),
        }
    }

    fn drop_column(&mut self, table: &QualifiedName, column: &Ident, if_exists: bool) {
        let Some(relation) = self.tables.get_mut(table) else { return };
        if !relation.has_column(&column.value) {
            if !if_exists {
                self.no_column(table, column);
            }
            return;
        }
        relation.drop_column(&column.value);
        for relation in self.tables.values_mut() {
            relation.retain_foreign_keys(|key| key.table != *table || !key.references.contains(&column.value));
        }
    }

    fn rename_column(&mut self, table: &QualifiedName, from: &Ident, to: &Ident) {
        let Some(relation) = self.tables.get_mut(table) else { return };
        if !relation.has_column(&from.value) {
            return self.no_column(table, from);
        }
        if let Some(before) = relation.columns.iter().find(|column| column.name == to.value) {
            let before = before.span;
            return self.declared_twice("column", &to.value, to.span, before);
        }
        relation.rename_column(&from.value, &to.value);
        for relation in self.tables.values_mut() {
            for key in relation.foreign_keys_mut().filter(|key| key.table == *table) {
                rename(&mut key.references, &from.value, &to.value);
            }
        }
    }

    /// A name that isn't here belongs to a check or an exclusion. Foreign keys that lean on a dropped key go with it:
    /// PostgreSQL would refuse otherwise.
    fn drop_constraint(&mut self, table: &QualifiedName, name: &str) {
        let Some(relation) = self.tables.get_mut(table) else { return };
        let Some(at) = relation.keys.iter().position(|key| key.name == name) else { return };
        let dropped = relation.keys.remove(at);
        if matches!(dropped.kind, KeyKind::Foreign(_)) {
            return;
        }
        for relation in self.tables.values_mut() {
            relation.retain_foreign_keys(|key| key.table != *table || key.references != dropped.columns());
        }
    }

    fn move_table(&mut self, from: QualifiedName, to: QualifiedName, written: &Ident) -> QualifiedName {
        if from == to {
            return from;
        }
        if let Some(before) = self.relation_span(&to) {
            self.declared_twice("relation", &to.name, written.span, before);
            return from;
        }
        self.rename_table(&from, &to);
        to
    }

    /// Gives a table another name, there and where foreign keys refer to it.
    pub(super) fn rename_table(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let Some(relation) = self.tables.remove(from) else { return };
        self.tables.insert(to.clone(), relation);
        for relation in self.tables.values_mut() {
            for key in relation.foreign_keys_mut().filter(|key| key.table == *from) {
                key.table = to.clone();
            }
        }
    }

    pub(super) fn create_view(&mut self, name: &Name, may_exist: bool) {
        let Some(qualified) = self.qualify_new(name) else { return };
        match self.relation_span(&qualified) {
            Some(before) if !may_exist => self.declared_twice("relation", &qualified.name, name.span(), before),
            Some(_) => {}
            None => {
                self.views.insert(qualified, name.span());
            }
        }
    }

    pub(super) fn alter_view(&mut self, name: &Name, if_exists: bool, action: MoveAction) {
        let found = self.lookup(name).find(|name| self.views.contains_key(name));
        let Some(from) = found else {
            if !if_exists && !matches!(action, MoveAction::Nothing) {
                self.no_view(name);
            }
            return;
        };
        let to = match action {
            MoveAction::Rename(to) => QualifiedName { schema: from.schema.clone(), name: to.value },
            MoveAction::SetSchema(to) => QualifiedName { schema: to.value, name: from.name.clone() },
            MoveAction::Nothing => return,
        };
        if let Some(span) = self.views.remove(&from) {
            self.views.insert(to, span);
        }
    }

    fn no_view(&mut self, name: &Name) {
        let views: Vec<&str> = self.views.keys().map(|view| view.name.as_str()).collect();
        let error = Diagnostic::error(&codes::SQL_REFERENCE, format!("there is no view `{}`", shown(name)));
        let error = error.at(name.span(), "not declared before this").suggest(&name.name.value, views);
        self.report.push(error);
    }

    pub(super) fn drop(&mut self, kind: DropKind, names: &[Name], if_exists: bool, cascade: bool) {
        for name in names {
            match kind {
                DropKind::Table => {
                    if !self.forget_unreadable(name)
                        && let Some(table) = self.find_table(name, if_exists)
                    {
                        self.tables.remove(&table);
                    }
                }
                DropKind::View => {
                    let found = self.lookup(name).find(|name| self.views.contains_key(name));
                    match found {
                        Some(view) => _ = self.views.remove(&view),
                        None if !if_exists => self.no_view(name),
                        None => {}
                    }
                }
                DropKind::Type => self.drop_type(name, if_exists, cascade),
            }
        }
        self.forget_dangling();
    }

    pub(super) fn drop_schemas(&mut self, schemas: &[Ident]) {
        let stays = |name: &QualifiedName| !schemas.iter().any(|schema| schema.value == name.schema);
        self.tables.retain(|name, _| stays(name));
        self.enums.retain(|name, _| stays(name));
        self.views.retain(|name, _| stays(name));
        self.other_types.retain(|name, _| stays(name));
        self.forget_dangling();
    }

    pub(super) fn comment(&mut self, on: Commented, text: Option<String>) {
        match on {
            Commented::Table(name) => {
                if let Some(table) = self.find_table(&name, false)
                    && let Some(relation) = self.tables.get_mut(&table)
                {
                    relation.comment = text;
                }
            }
            Commented::Column(name, column) => {
                if let Some(table) = self.find_table(&name, false) {
                    self.alter_column(&table, &column, |column| column.comment = text);
                }
            }
            Commented::Type(name) => self.comment_on_type(&name, text),
        }
    }
}

fn values(idents: Vec<Ident>) -> Vec<String> {
    idents.into_iter().map(|ident| ident.value).collect()
}
