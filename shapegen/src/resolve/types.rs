//! Which Rust type a column has: PostgreSQL's types, and what the manifest says of types and columns.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{BaseType, Catalog, Column, DataType, QualifiedName};
use crate::diagnostics::{Diagnostic, Report, codes};
use crate::fragment::ParamUse;
use crate::manifest::{self, Manifest, Place, Selected, TypeRule};
use crate::model::{Own, RustType, scalar};
use crate::source::{Span, Spanned};

use super::built_in;
use super::selector::{Kind, Selectors, Target, column_of};

/// The Rust types of a catalog's columns.
pub(super) struct Types<'c> {
    catalog: &'c Catalog,
    rust: manifest::Rust,
    /// What the manifest says, by type or column.
    rules: BTreeMap<Target, Rule<'c>>,
    /// What a struct says of its table's columns.
    declared: BTreeMap<(QualifiedName, String), RustType>,
    /// Who is told: a struct's enums and composite types have the names that it gives them.
    place: Place,
}

/// One entry of `[types]`.
#[derive(Clone, Copy)]
struct Rule<'c> {
    rule: &'c TypeRule,
    span: Span,
}

/// What decided a column's type.
pub(super) struct Typed {
    pub(super) ty: RustType,
    /// Why it isn't the usual one.
    pub(super) reason: Option<String>,
}

/// Gives a declared enum or composite type its Rust name.
pub(super) type Named<'n> = &'n mut dyn FnMut(&QualifiedName) -> String;

const ENTRY: [Kind; 3] = [Kind::Column, Kind::BuiltIn, Kind::Type];

impl<'c> Types<'c> {
    pub(super) fn new(
        manifest: &'c Manifest,
        catalog: &'c Catalog,
        selectors: &Selectors<'c>,
        report: &mut Report,
    ) -> Self {
        let mut this = Self {
            catalog,
            rust: manifest.rust,
            rules: BTreeMap::new(),
            declared: BTreeMap::new(),
            place: manifest.place,
        };
        for Selected { selector, value } in &manifest.types {
            let Some(target) = selectors.find(selector, &ENTRY, "types", report) else { continue };
            if let Some(earlier) = this.rules.get(&target) {
                let message = format!("the type of `{}` is said twice", target.spelt());
                let diagnostic = Diagnostic::error(&codes::MANIFEST_DUPLICATE, message).at(selector.span, "again here");
                report.push(diagnostic.see(earlier.span, "first here").help("remove one of them"));
                continue;
            }
            this.check(selector, value, &target, report);
            this.rules.insert(target, Rule { rule: value, span: selector.span });
        }
        this.check_newtypes(report);
        this
    }

    /// Whether a rule fits what it is for.
    fn check(&self, selector: &Spanned<String>, rule: &TypeRule, target: &Target, report: &mut Report) {
        let (what, dims) = match target {
            Target::Column(table, column) => {
                let found = self.catalog.tables.get(table).and_then(|table| column_of(table, column));
                let Some(found) = found else { return };
                self.last_base(&found.data_type)
            }
            Target::BuiltIn(name) => (BaseType::BuiltIn { name, modifiers: Vec::new() }, false),
            Target::Type(name) => match self.catalog.domains.get(name) {
                Some(domain) => self.last_base(&domain.base),
                None => (self.declared(name), false),
            },
            _ => return,
        };
        let pg = what.typname();
        let wrong =
            |at: Span, message: String, label: &str| Diagnostic::error(&codes::RUST_TYPE, message).at(at, label);
        let known = |base: &BaseType| matches!(base, BaseType::BuiltIn { .. });
        let open = matches!(what, BaseType::Extension { .. } | BaseType::Opaque(_));
        let diagnostic = match rule {
            TypeRule::Named(name) => match scalar::ALL.iter().find(|scalar| scalar.name == name.value) {
                None => {
                    let names: Vec<&str> = scalar::ALL.iter().map(|scalar| scalar.name).collect();
                    wrong(name.span, format!("`{}` is no type that shapegen has", name.value), "not one of its types")
                        .suggest_or_list(&name.value, "they", &names)
                        .help("a type of the program: `{ rust = \"…\" }`; a new one: `{ newtype = \"…\" }`")
                }
                Some(scalar) if scalar.reads.is_empty() || open || (known(&what) && scalar.reads.contains(&pg)) => {
                    return;
                }
                Some(scalar) => {
                    let message = format!("`{}` can't hold a `{pg}`", name.value);
                    let reads: Vec<&str> = scalar.reads.to_vec();
                    wrong(name.span, message, "of other types").help(format!(
                        "it holds {}; `\"String\"` holds the text of any type",
                        crate::diagnostics::listed(&reads, "and")
                    ))
                }
            },
            TypeRule::Json(path) if !matches!(pg, "json" | "jsonb") => {
                wrong(path.span, format!("`{}` is of type `{pg}`, which holds no JSON", selector.value), "not JSON")
                    .help("a type of the program that reads it: `{ rust = \"…\", with = \"…\" }`")
            }
            TypeRule::Infinity if !matches!(pg, "date" | "timestamp" | "timestamptz") => {
                wrong(selector.span, format!("a `{pg}` is never infinite"), "not a date or a timestamp")
                    .help("`date`, `timestamp` and `timestamptz` can be")
            }
            TypeRule::Rust { with: Some(with), .. } if dims => wrong(
                with.span,
                format!("`with` reads single values, and `{}` is an array", selector.value),
                "an array",
            )
            .help("a type that is a `shapegen_runtime::value::PgValue` itself needs no `with`"),
            TypeRule::Json(_) | TypeRule::Infinity | TypeRule::Newtype(_) | TypeRule::Rust { .. } => return,
        };
        report.push(diagnostic);
    }

    /// One Rust name is one type, wherever it is said.
    fn check_newtypes(&self, report: &mut Report) {
        let mut known: BTreeMap<&str, (RustType, Span, String)> = BTreeMap::new();
        let mut full = |name: &QualifiedName| format!("{}.{}", name.schema, name.name);
        for (target, rule) in &self.rules {
            let TypeRule::Newtype(name) = rule.rule else { continue };
            let inner = match target {
                Target::Column(table, column) => {
                    let found = self.catalog.tables.get(table).and_then(|table| column_of(table, column));
                    found.map(|column| self.base(&column.data_type.base, &mut full))
                }
                Target::BuiltIn(name) => {
                    Some(self.usual(&BaseType::BuiltIn { name, modifiers: Vec::new() }, &mut full))
                }
                Target::Type(name) => Some(self.usual(&self.declared(name), &mut full)),
                _ => None,
            };
            let Some(inner) = inner else { continue };
            let label = format!("around `{inner}`");
            match known.get(name.value.as_str()) {
                Some((earlier, span, other)) if *earlier != inner => {
                    let message = format!("the newtype `{}` is around two types", name.value);
                    let diagnostic = Diagnostic::error(&codes::RUST_TYPE, message).at(name.span, label);
                    let diagnostic = diagnostic.see(*span, other.clone());
                    report.push(diagnostic.help("give one of them another name, or both columns one type"));
                }
                Some(_) => {}
                None => {
                    known.insert(&name.value, (inner, name.span, label));
                }
            }
        }
    }

    /// Where a newtype's name was written first.
    pub(super) fn newtype(&self, ident: &str) -> Option<Span> {
        let spans = self.rules.values().filter_map(|rule| match rule.rule {
            TypeRule::Newtype(name) if name.value == ident => Some(name.span),
            _ => None,
        });
        spans.min_by_key(|span| span.start)
    }

    /// What a newtype is for: the first selector that names it.
    pub(super) fn newtype_of(&self, ident: &str) -> Option<String> {
        let rules =
            self.rules.iter().filter(|(_, rule)| matches!(rule.rule, TypeRule::Newtype(name) if name.value == ident));
        rules.min_by_key(|(_, rule)| rule.span.start).map(|(target, _)| target.spelt())
    }

    pub(super) fn is_enum(&self, name: &QualifiedName) -> bool {
        self.catalog.enums.contains_key(name)
    }

    /// The attributes of a composite type, or of a table's row type.
    pub(super) fn attributes(&self, name: &QualifiedName) -> Vec<(&'c str, &'c DataType)> {
        match (self.catalog.composites.get(name), self.catalog.tables.get(name)) {
            (Some(composite), _) => composite.attributes.iter().map(|(name, ty)| (name.as_str(), ty)).collect(),
            (None, Some(table)) => {
                table.columns.iter().map(|column| (column.name.as_str(), &column.data_type)).collect()
            }
            (None, None) => Vec::new(),
        }
    }

    /// What the catalog knows of a type's name.
    fn declared(&self, name: &QualifiedName) -> BaseType {
        let Catalog { enums, domains, composites, ranges, .. } = self.catalog;
        let name = name.clone();
        if enums.contains_key(&name) {
            BaseType::Enum(name)
        } else if domains.contains_key(&name) {
            BaseType::Domain(name)
        } else if composites.contains_key(&name) {
            BaseType::Composite(name)
        } else if ranges.contains_key(&name) {
            BaseType::Range(name)
        } else {
            BaseType::Extension { name, modifiers: String::new() }
        }
    }

    /// Takes over what a struct says of a column.
    pub(super) fn declare(&mut self, table: &QualifiedName, column: String, ty: RustType) {
        self.declared.insert((table.clone(), column), ty);
    }

    /// What is below all domains, and whether an array is on the way.
    pub(super) fn last_base(&self, data_type: &DataType) -> (BaseType, bool) {
        let (mut base, mut array) = (&data_type.base, data_type.dims > 0);
        while let BaseType::Domain(name) = base
            && let Some(domain) = self.catalog.domains.get(name)
        {
            base = &domain.base.base;
            array |= domain.base.dims > 0;
        }
        (base.clone(), array)
    }

    /// A column's type.
    pub(super) fn column(&self, table: &QualifiedName, column: &Column, named: Named<'_>) -> Typed {
        if let Some(ty) = self.declared.get(&(table.clone(), column.name.clone())) {
            return Typed { ty: ty.clone(), reason: Some("as the struct says".to_owned()) };
        }
        let own = self.rules.get(&Target::Column(table.clone(), column.name.clone()));
        let (ty, reason) = match own {
            Some(rule) => (
                self.wrapped(&column.data_type, &mut |base| Self::ruled(rule.rule, self.base(base, &mut *named))),
                Some("as `[types]` says".to_owned()),
            ),
            None => match self.referred(table, column) {
                Some((rule, to)) => (
                    self.wrapped(&column.data_type, &mut |base| Self::ruled(rule, self.base(base, &mut *named))),
                    Some(format!("as `{}` is, which it refers to", to.spelt())),
                ),
                None => {
                    let reason =
                        self.type_rule(&column.data_type.base).map(|_| "as `[types]` says of its type".to_owned());
                    (self.data_type(&column.data_type, named), reason)
                }
            },
        };
        Typed { ty, reason }
    }

    /// The newtype of the column that a column refers to, straight or by way of others.
    fn referred(&self, table: &QualifiedName, column: &Column) -> Option<(&'c TypeRule, Target)> {
        if !self.rules.values().any(|rule| matches!(rule.rule, TypeRule::Newtype(_))) {
            return None;
        }
        let mut seen = BTreeSet::new();
        let mut next = vec![(table.clone(), column.name.clone())];
        while let Some((table, name)) = next.pop() {
            if !seen.insert((table.clone(), name.clone())) {
                continue;
            }
            let found = self.catalog.tables.get(&table)?;
            // In another type it would be another newtype.
            if column_of(found, &name).is_none_or(|there| !same_type(&there.data_type, &column.data_type)) {
                continue;
            }
            let target = Target::Column(table, name.clone());
            match self.rules.get(&target) {
                Some(Rule { rule: rule @ TypeRule::Newtype(_), .. }) => return Some((rule, target)),
                Some(_) => continue,
                None => {}
            }
            for key in found.foreign_keys.iter().rev() {
                if let Some(at) = key.columns.iter().position(|own| *own == name)
                    && let Some(there) = key.references.get(at)
                {
                    next.push((key.table.clone(), there.clone()));
                }
            }
        }
        None
    }

    /// The form in which the local database holds a column of a type, where the manifest made it another than the usual.
    pub(super) fn stored_as(&self, data_type: &DataType, ty: &RustType) -> Option<String> {
        let usual = Types {
            catalog: self.catalog,
            rust: manifest::Rust::default(),
            rules: BTreeMap::new(),
            declared: BTreeMap::new(),
            place: Place::Manifest,
        };
        let usual = usual.data_type(data_type, &mut |name| name.name.clone());
        Some(ty.stored()).filter(|form| *form != usual.stored())
    }

    /// A parameter's type: that of the columns that it is compared with, where they agree.
    pub(super) fn param(&self, param: &ParamUse, named: Named<'_>) -> RustType {
        let plain = self.data_type(&param.data_type, named);
        let mut types = Vec::new();
        for (table, name) in &param.columns {
            let column = self.catalog.tables.get(table).and_then(|table| column_of(table, name));
            let Some(column) = column else { continue };
            let ty = self.column(table, column, named).ty;
            match param.data_type.dims.checked_sub(column.data_type.dims) {
                Some(0) => types.push(ty),
                // Compared with any of several.
                Some(1) => types.push(RustType::Array(Box::new(ty))),
                _ => types.push(plain.clone()),
            }
        }
        let Some(first) = types.first().cloned() else { return plain };
        if types.iter().all(|ty| *ty == first) {
            return first;
        }
        merged(types).unwrap_or(plain)
    }

    /// The type of any value of a data type.
    pub(super) fn data_type(&self, data_type: &DataType, named: Named<'_>) -> RustType {
        self.wrapped(data_type, &mut |base| self.base(base, named))
    }

    /// The element's type inside of as many dimensions as there are.
    fn wrapped(&self, data_type: &DataType, element: &mut dyn FnMut(&BaseType) -> RustType) -> RustType {
        let ty = element(&data_type.base);
        match data_type.dims {
            0 => ty,
            1 => RustType::Array(Box::new(ty)),
            _ => RustType::Nested(Box::new(ty)),
        }
    }

    fn type_rule(&self, base: &BaseType) -> Option<&Rule<'c>> {
        match base {
            BaseType::BuiltIn { name, .. } => self.rules.get(&Target::BuiltIn(name)),
            BaseType::Extension { name, .. }
            | BaseType::Enum(name)
            | BaseType::Domain(name)
            | BaseType::Composite(name)
            | BaseType::Range(name)
            | BaseType::Multirange { name, .. }
            | BaseType::Opaque(name) => self.rules.get(&Target::Type(name.clone())),
        }
    }

    fn base(&self, base: &BaseType, named: Named<'_>) -> RustType {
        let usual = self.usual(base, named);
        match self.type_rule(base) {
            Some(rule) => Self::ruled(rule.rule, usual),
            None => usual,
        }
    }

    /// The type without a rule for it.
    fn usual(&self, base: &BaseType, named: Named<'_>) -> RustType {
        match base {
            BaseType::BuiltIn { name, .. } => match built_in::subtype(name) {
                None => RustType::Scalar(built_in::scalar(name, self.rust)),
                Some((of, many)) => {
                    let bound = Box::new(self.base(&BaseType::BuiltIn { name: of, modifiers: Vec::new() }, named));
                    if many { RustType::Multirange(bound) } else { RustType::Range(bound) }
                }
            },
            BaseType::Extension { name, .. } => built_in::of_extension(&name.name),
            BaseType::Enum(_) if self.place == Place::Struct => RustType::STRING,
            BaseType::Composite(_) if self.place != Place::Manifest => RustType::STRING,
            BaseType::Enum(name) => RustType::Enum(named(name)),
            BaseType::Composite(name) => RustType::Composite(named(name)),
            BaseType::Domain(name) => match self.catalog.domains.get(name) {
                Some(domain) => self.data_type(&domain.base, named),
                None => RustType::STRING,
            },
            BaseType::Range(name) => self.range(name, named).map_or(RustType::STRING, RustType::Range),
            BaseType::Multirange { range, .. } => {
                self.range(range, named).map_or(RustType::STRING, RustType::Multirange)
            }
            BaseType::Opaque(_) => RustType::STRING,
        }
    }

    fn range(&self, name: &QualifiedName, named: Named<'_>) -> Option<Box<RustType>> {
        self.catalog.ranges.get(name).map(|range| Box::new(self.data_type(&range.subtype, named)))
    }

    fn ruled(rule: &TypeRule, usual: RustType) -> RustType {
        match rule {
            TypeRule::Named(name) => {
                let found = scalar::ALL.iter().find(|scalar| scalar.name == name.value);
                RustType::Scalar(found.copied().unwrap_or(&scalar::STRING))
            }
            TypeRule::Newtype(name) => RustType::Newtype { ident: name.value.clone(), inner: Box::new(usual) },
            TypeRule::Json(path) => RustType::JsonOf(path.value.clone()),
            TypeRule::Rust { path, with } => RustType::Own(Own {
                path: path.value.clone(),
                with: with.as_ref().map(|with| with.value.clone()),
                key: usual.is_key(),
            }),
            TypeRule::Infinity => RustType::OrInfinity(Box::new(usual)),
        }
    }
}

/// Whether two columns are of one type but for its modifiers.
fn same_type(left: &DataType, right: &DataType) -> bool {
    let same = match (&left.base, &right.base) {
        (BaseType::BuiltIn { name: left, .. }, BaseType::BuiltIn { name: right, .. }) => left == right,
        (BaseType::Extension { name: left, .. }, BaseType::Extension { name: right, .. }) => left == right,
        (left, right) => left == right,
    };
    same && left.dims == right.dims
}

/// `pg_type.typname`, of an array the element's.
pub(super) fn pg_type(data_type: &DataType) -> &str {
    data_type.base.typname()
}

/// One type for a value that is compared as several: text takes part in all, since every value has its text, and a
/// newtype goes with what it is around. `None` where they exclude each other.
pub(super) fn merged(types: impl IntoIterator<Item = RustType>) -> Option<RustType> {
    types.into_iter().try_fold(RustType::STRING, |known, next| match (known, next) {
        (known, next) if known == next || next == RustType::STRING => Some(known),
        (known, next) if known == RustType::STRING => Some(next),
        (RustType::Newtype { inner, .. }, RustType::Newtype { inner: other, .. }) => (inner == other).then_some(*inner),
        (RustType::Newtype { ident, inner }, other) | (other, RustType::Newtype { ident, inner }) => {
            (*inner == other).then_some(RustType::Newtype { ident, inner })
        }
        _ => None,
    })
}
