//! Types as statements write them, resolved; and `CREATE` and `ALTER` of declared ones.

use std::collections::BTreeSet;

use super::database::{RelationId, SchemaId, TypeId};
use super::names::multirange_name;
use super::objects::{Column, DomainFacts, NamedType, RelationKind, TypeKind, TypeOf, TypeUse};
use super::replay::{Replay, shown};
use crate::diagnostics::{Diagnostic, codes};
use crate::sql::extension_types::{extension_type, types_of};
use crate::sql::statement::{
    DomainAction, DomainConstraint, Ident, MoveAction, Name, Side, TypeAction, TypeDefinition, TypeName,
};
use crate::sql::types;

const PG_CATALOG: &str = "pg_catalog";

/// What the words of a type mean.
enum Meaning {
    Known(TypeUse),
    /// Its statement was reported as unreadable.
    Unreadable,
    Unknown,
    WrongModifiers,
}

impl Replay<'_> {
    /// The type that was written; what can't be told is reported.
    pub(super) fn data_type(&mut self, written: &TypeName) -> Option<TypeUse> {
        match self.meaning(written) {
            Meaning::Known(found) => {
                if let TypeOf::Declared(of) = found.of {
                    self.db[of].used = true;
                }
                return Some(found);
            }
            Meaning::Unreadable => {}
            Meaning::Unknown => self.unknown_type(&written.name),
            Meaning::WrongModifiers => {
                let message = format!("type `{}` can't have these modifiers", shown(&written.name));
                self.report.push(Diagnostic::error(&codes::SQL_TYPE, message).at(written.span, "not its modifiers"));
            }
        }
        None
    }

    /// The type that was written, if it can be told.
    pub(super) fn type_if_known(&self, written: &TypeName) -> Option<TypeUse> {
        match self.meaning(written) {
            Meaning::Known(found) => Some(found),
            _ => None,
        }
    }

    fn meaning(&self, written: &TypeName) -> Meaning {
        let name = &written.name;
        let typname = name.name.value.as_str();
        let element = typname.strip_prefix('_');
        let (dims, array_dims) = (written.dims, written.dims.max(1));
        let may_be_built_in = match &name.schema {
            Some(schema) => schema.value == PG_CATALOG,
            None => !self.is_before_built_in(typname),
        };
        if may_be_built_in {
            let built_in = |name, dims| {
                let of = TypeOf::BuiltIn { name, modifiers: written.modifiers.clone() };
                Meaning::Known(TypeUse { of, dims })
            };
            if let Some(found) = types::built_in(typname) {
                return built_in(found, dims);
            }
            if let Some(found) = element.and_then(types::built_in) {
                return built_in(found, array_dims);
            }
        }
        match self.lookup_type(name) {
            Some(NamedType::Own(of) | NamedType::ArrayOf(of)) if matches!(self.db[of].kind, TypeKind::Unreadable) => {
                return Meaning::Unreadable;
            }
            Some(NamedType::Own(of)) => return Meaning::Known(TypeUse { of: TypeOf::Declared(of), dims }),
            Some(NamedType::ArrayOf(of)) => {
                return Meaning::Known(TypeUse { of: TypeOf::Declared(of), dims: array_dims });
            }
            None => {}
        }
        let (known, dims) = match (extension_type(typname), element.and_then(extension_type)) {
            (Some(known), _) => (known, dims),
            (None, Some(known)) => (known, array_dims),
            (None, None) => return Meaning::Unknown,
        };
        let Some(modifiers) = known.modifiers(&written.words) else { return Meaning::WrongModifiers };
        let schema = name.schema.as_ref().map(|schema| schema.value.clone());
        let (typname, extension) = (known.typname, known.extension);
        Meaning::Known(TypeUse { of: TypeOf::Extension { typname, extension, schema, modifiers }, dims })
    }

    /// Whether a declared type hides the built-in one of its name: `pg_catalog` comes first, unless the search path
    /// says where.
    fn is_before_built_in(&self, typname: &str) -> bool {
        let Some(at) = self.search_path.iter().position(|schema| schema == PG_CATALOG) else { return false };
        let mut before = self.search_path[..at].iter().filter_map(|schema| self.db.schema(schema));
        before.any(|schema| self.db[schema].types.contains_key(typname))
    }

    pub(super) fn unknown_type(&mut self, name: &Name) {
        let mut candidates: BTreeSet<&str> = types::spellings().collect();
        let declared = self.db.types().filter(|(_, found)| !matches!(found.kind, TypeKind::Row(_)));
        candidates.extend(declared.map(|(_, found)| found.name.as_str()));
        let extensions = self.db.extensions().flat_map(|(_, extension)| types_of(&extension.name));
        candidates.extend(extensions.map(|known| known.typname));
        let error = Diagnostic::error(&codes::SQL_TYPE, format!("there is no type `{}`", shown(name)));
        let label = "neither PostgreSQL nor these files declare it before this";
        let error = error.at(name.span(), label);
        self.report.push(match types::alias(&name.name.value) {
            // Only the grammar knows these words, and only where they stand alone.
            Some(known) => error.help(format!("write `{known}`, or the word without quotes and without a schema")),
            None => error.suggest(&name.name.value, candidates),
        });
    }

    /// Where a new type goes, unless its name is taken.
    fn new_type(&mut self, name: &Name) -> Option<SchemaId> {
        let schema = self.new_schema(name, false)?;
        if let Some(NamedType::Own(before)) = self.db[schema].types.get(&name.name.value).copied() {
            match self.db[before].kind {
                // A shell becomes the type itself.
                TypeKind::Opaque | TypeKind::Unreadable => {
                    self.db.forget_type_name(before);
                    self.db[before].dropped = true;
                }
                _ => {
                    let span = self.db[before].span;
                    self.declared_twice("type", &name.name.value, name.span(), span);
                    return None;
                }
            }
        }
        Some(schema)
    }

    pub(super) fn create_type(&mut self, name: &Name, definition: TypeDefinition) {
        let span = name.span();
        match definition {
            TypeDefinition::Enum(labels) => {
                let Some(schema) = self.new_type(name) else { return };
                let mut seen: Vec<Ident> = Vec::new();
                for label in labels {
                    match seen.iter().find(|before| before.value == label.value).map(|before| before.span) {
                        Some(before) => self.declared_twice("label", &label.value, label.span, before),
                        None => seen.push(label),
                    }
                }
                let labels = seen.into_iter().map(|label| label.value).collect();
                self.db.add_type(schema, &name.name.value, TypeKind::Enum(labels), span);
            }
            TypeDefinition::Composite(attributes) => {
                // The new type is none that its own statement could mean.
                let types: Vec<Option<TypeUse>> = attributes.iter().map(|(_, of)| self.data_type(of)).collect();
                let Some(schema) = self.new_type(name) else { return };
                let relation = self.db.add_relation(schema, &name.name.value, RelationKind::Composite, span);
                let row_type = self.db.add_type(schema, &name.name.value, TypeKind::Row(relation), span);
                self.db[relation].row_type = Some(row_type);
                for ((attribute, _), data_type) in attributes.into_iter().zip(types) {
                    self.add_attribute(relation, attribute, data_type);
                }
            }
            TypeDefinition::Range { subtype, multirange } => {
                let subtype = self.data_type(&subtype);
                let Some(schema) = self.new_type(name) else { return };
                let (other_schema, other) = match &multirange {
                    Some(written) => match self.new_type(written) {
                        Some(schema) => (schema, written.name.value.clone()),
                        None => return,
                    },
                    None => (schema, multirange_name(&name.name.value)),
                };
                // Either type refers to the other, which gets its identity next.
                let range = self.db.add_type(schema, &name.name.value, TypeKind::Opaque, span);
                let multirange = self.db.add_type(other_schema, &other, TypeKind::Multirange(range), span);
                self.db[range].kind = TypeKind::Range { subtype, multirange, made_in: schema };
            }
            TypeDefinition::Base => {
                let Some(schema) = self.new_schema(name, false) else { return };
                // The shell is there already.
                if !matches!(self.db[schema].types.get(&name.name.value), Some(NamedType::Own(_))) {
                    self.db.add_type(schema, &name.name.value, TypeKind::Opaque, span);
                }
            }
        }
    }

    fn add_attribute(&mut self, relation: RelationId, name: Ident, data_type: Option<TypeUse>) {
        if let Some(before) = self.db[relation].column(&name.value) {
            let before = self.db[relation][before].span;
            return self.declared_twice("attribute", &name.value, name.span, before);
        }
        self.db[relation].columns.push(Column::new(name.value, name.span, data_type));
    }

    pub(super) fn create_domain(&mut self, name: &Name, base: &TypeName, constraints: Vec<DomainConstraint>) {
        let base = self.data_type(base);
        let Some(schema) = self.new_type(name) else { return };
        let domain = DomainFacts { base, not_null: false, not_null_name: None, checks: Vec::new() };
        let domain = self.db.add_type(schema, &name.name.value, TypeKind::Domain(domain), name.span());
        for constraint in constraints {
            self.add_domain_constraint(domain, constraint);
        }
    }

    fn domain_mut(&mut self, domain: TypeId) -> Option<&mut DomainFacts> {
        match &mut self.db[domain].kind {
            TypeKind::Domain(facts) => Some(facts),
            _ => None,
        }
    }

    fn add_domain_constraint(&mut self, domain: TypeId, constraint: DomainConstraint) {
        match constraint {
            DomainConstraint::NotNull(name) => {
                if let Some(facts) = self.domain_mut(domain) {
                    (facts.not_null, facts.not_null_name) = (true, name.map(|name| name.value));
                }
            }
            DomainConstraint::Null => {}
            DomainConstraint::Check(name) => {
                let (schema, of) = (self.db[domain].schema, self.db[domain].name.clone());
                let name = name.map(|name| name.value);
                let name = name.unwrap_or_else(|| self.db.constraint_name(schema, &of, "", "check"));
                self.db.count_constraint_name(schema, &name);
                if let Some(facts) = self.domain_mut(domain) {
                    facts.checks.push(name);
                }
            }
        }
    }

    /// A declared type that a statement refers to. `None` is reported.
    fn find_type(&mut self, name: &Name) -> Option<TypeId> {
        match self.lookup_type(name) {
            Some(NamedType::Own(found)) => Some(found),
            _ => {
                let of_extension = extension_type(&name.name.value).is_some();
                if !of_extension {
                    self.unknown_type(name);
                }
                None
            }
        }
    }

    pub(super) fn alter_type(&mut self, name: &Name, action: TypeAction) {
        let Some(found) = self.find_type(name) else { return };
        if matches!(self.db[found].kind, TypeKind::Unreadable) {
            return;
        }
        match action {
            TypeAction::AddValue { label, if_not_exists, next_to } => {
                self.add_value(found, label, if_not_exists, next_to);
            }
            TypeAction::RenameValue { from, to } => {
                let name = self.db[found].name.clone();
                let TypeKind::Enum(labels) = &mut self.db[found].kind else { return };
                if labels.contains(&to.value) {
                    let message = format!("type `{name}` has a label `{}` already", to.value);
                    let error = Diagnostic::error(&codes::SQL_DUPLICATE, message);
                    return self.report.push(error.at(to.span, "there already"));
                }
                match labels.iter_mut().find(|label| **label == from.value) {
                    Some(label) => *label = to.value,
                    None => self.no_label(found, &from),
                }
            }
            TypeAction::Attributes { actions } => {
                if let TypeKind::Row(relation) = self.db[found].kind {
                    self.alter_composite(relation, found, actions);
                }
            }
            TypeAction::Move(action) => self.move_declared_type(found, action),
        }
    }

    fn add_value(&mut self, of: TypeId, label: Ident, if_not_exists: bool, next_to: Option<(Ident, Side)>) {
        let name = self.db[of].name.clone();
        let TypeKind::Enum(labels) = &mut self.db[of].kind else { return };
        if labels.contains(&label.value) {
            if !if_not_exists {
                let message = format!("type `{name}` has a label `{}` already", label.value);
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, message).at(label.span, "there already");
                self.report.push(error.help("write ADD VALUE IF NOT EXISTS if that is fine"));
            }
            return;
        }
        let at = match &next_to {
            None => Some(labels.len()),
            Some((neighbour, side)) => labels
                .iter()
                .position(|label| *label == neighbour.value)
                .map(|at| if *side == Side::After { at + 1 } else { at }),
        };
        match (at, next_to) {
            (Some(at), _) => labels.insert(at, label.value),
            (None, Some((neighbour, _))) => self.no_label(of, &neighbour),
            (None, None) => {}
        }
    }

    fn no_label(&mut self, of: TypeId, label: &Ident) {
        let found = &self.db[of];
        let TypeKind::Enum(labels) = &found.kind else { return };
        let message = format!("type `{}` has no label `{}`", found.name, label.value);
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(label.span, "no such label");
        let error = error.see(found.span, "the type").suggest(&label.value, labels.iter().map(String::as_str));
        self.report.push(error);
    }

    fn move_declared_type(&mut self, found: TypeId, action: MoveAction) {
        if let TypeKind::Row(relation) = self.db[found].kind {
            return self.move_relation(relation, action);
        }
        let (schema, name, span) = match action {
            MoveAction::Rename(to) => (self.db[found].schema, to.value, to.span),
            MoveAction::SetSchema(to) => (self.db.ensure_schema(&to.value), self.db[found].name.clone(), to.span),
        };
        if let Some(NamedType::Own(before)) = self.db[schema].types.get(&name).copied() {
            if before != found {
                let before = self.db[before].span;
                self.declared_twice("type", &name, span, before);
            }
            return;
        }
        // The names of a domain's checks go along.
        if let TypeKind::Domain(facts) = &self.db[found].kind {
            let from = self.db[found].schema;
            for check in facts.checks.clone() {
                self.db.uncount_constraint_name(from, &check);
                self.db.count_constraint_name(schema, &check);
            }
        }
        self.db.move_type(found, schema, &name);
    }

    pub(super) fn alter_domain(&mut self, name: &Name, action: DomainAction) {
        let Some(found) = self.find_type(name) else { return };
        if let DomainAction::Move(action) = action {
            return self.move_declared_type(found, action);
        }
        let schema = self.db[found].schema;
        let Some(facts) = self.domain_mut(found) else { return };
        match action {
            DomainAction::NotNull(set) => facts.not_null = set,
            DomainAction::AddConstraint(constraint) => self.add_domain_constraint(found, constraint),
            DomainAction::DropConstraint { name, if_exists } => {
                // PostgreSQL 18 gives NOT NULL a name, too.
                let default_name = format!("{}_not_null", self.db[found].name);
                let Some(facts) = self.domain_mut(found) else { return };
                let is_not_null = match &facts.not_null_name {
                    Some(of_not_null) => *of_not_null == name.value,
                    None => facts.not_null && name.value == default_name,
                };
                if let Some(at) = facts.checks.iter().position(|check| *check == name.value) {
                    facts.checks.remove(at);
                    self.db.uncount_constraint_name(schema, &name.value);
                } else if is_not_null {
                    (facts.not_null, facts.not_null_name) = (false, None);
                } else if !if_exists {
                    self.no_domain_constraint(found, &name);
                }
            }
            DomainAction::RenameConstraint { from, to } => {
                if facts.not_null_name.as_ref() == Some(&from.value) {
                    facts.not_null_name = Some(to.value);
                } else if let Some(check) = facts.checks.iter_mut().find(|check| **check == from.value) {
                    to.value.clone_into(check);
                    self.db.uncount_constraint_name(schema, &from.value);
                    self.db.count_constraint_name(schema, &to.value);
                } else {
                    self.no_domain_constraint(found, &from);
                }
            }
            DomainAction::Move(_) => {}
        }
    }

    fn no_domain_constraint(&mut self, domain: TypeId, name: &Ident) {
        let found = &self.db[domain];
        let TypeKind::Domain(facts) = &found.kind else { return };
        let message = format!("domain `{}` has no constraint `{}`", found.name, name.value);
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span, "no such constraint");
        let error = error.see(found.span, "the domain");
        self.report.push(error.suggest(&name.value, facts.checks.iter().map(String::as_str)));
    }
}

impl Replay<'_> {
    pub(super) fn comment_on_type(&mut self, name: &Name, text: Option<String>) {
        let Some(found) = self.find_type(name) else { return };
        self.db[found].comment = text;
    }
}
