//! Whose rows a table's are, guessed from names and foreign keys.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use sqlparser::keywords::ALL_KEYWORDS;

use crate::catalog::{Catalog, Column, QualifiedName, Table};
use crate::naming::{self, Names};

/// Tables of people, the likeliest first: plural and singular.
const PEOPLE: &[(&str, &str)] = &[
    ("users", "user"),
    ("accounts", "account"),
    ("profiles", "profile"),
    ("people", "person"),
    ("members", "member"),
    ("customers", "customer"),
];

/// Tables of what people belong to, the likeliest first: plural and singular.
const TENANTS: &[(&str, &str)] = &[
    ("organizations", "organization"),
    ("organisations", "organisation"),
    ("orgs", "org"),
    ("companies", "company"),
    ("tenants", "tenant"),
    ("workspaces", "workspace"),
    ("accounts", "account"),
    ("teams", "team"),
];

/// Names of columns that say who owns a row, though they aren't named after the person's table.
const OWNERS: &[&str] = &["ownerid", "owner"];

/// Words in the names of columns that only a server has a use for.
const SECRETS: &[&str] = &["hash", "otp", "password", "passwd", "salt", "secret", "token", "totp"];

/// Words before `key` that make it one.
const SECRET_KEYS: &[&str] = &["access", "api", "encryption", "private", "signing", "stream"];

/// A manifest in the making.
pub(super) struct Guess {
    values: Vec<Value>,
    scopes: Vec<Scope>,
    /// What syncs, in the schema's order.
    pub(super) shapes: Vec<Shape>,
    /// What doesn't, and why.
    pub(super) left_out: Vec<(Shape, LeftOut)>,
}

/// A value of the session.
pub(super) struct Value {
    pub(super) name: String,
    pub(super) claim: String,
    pub(super) identity: bool,
}

/// A scoping rule.
#[derive(PartialEq)]
pub(super) struct Scope {
    pub(super) name: String,
    pub(super) condition: String,
    /// The name of its session value.
    value: String,
}

/// A shape of one table.
pub(super) struct Shape {
    pub(super) name: String,
    /// The table.
    pub(super) of: QualifiedName,
    /// Where it isn't the shape's name.
    pub(super) table: Option<String>,
    /// Where the default could be another table's, too.
    pub(super) row: Option<String>,
    pub(super) scope: Option<String>,
    /// The key where the table has no primary key.
    pub(super) key: Vec<String>,
    /// Columns that look like secrets.
    pub(super) except: Vec<String>,
    /// Other columns that could say whose rows they are.
    pub(super) others: Vec<String>,
}

/// Why a table is no shape.
pub(super) enum LeftOut {
    /// It refers to none of these.
    Unrelated(Vec<String>),
    /// Several of its columns could decide.
    Ambiguous(Vec<String>),
    /// `resolve` refused it, with this reason.
    Refused(String),
}

/// A table that rows can belong to.
struct Owner<'c> {
    name: &'c QualifiedName,
    key: &'c Column,
    singular: &'static str,
    person: bool,
}

/// How a table may belong to an owner.
struct Link<'c> {
    owner: usize,
    column: &'c Column,
    /// It is the owner's own table, or the column's name says what it is.
    plain: bool,
}

impl Guess {
    /// Guesses a scope for each table.
    pub(super) fn new(catalog: &Catalog) -> Self {
        let owners = owners(catalog);
        let mut values: Vec<Value> = owners.iter().map(Owner::value).collect();
        if values.iter().all(|value| !value.identity) {
            // Somebody must be asking: `resolve` refuses a session that doesn't say who.
            values.insert(0, Value { name: "user_id".to_owned(), claim: "sub".to_owned(), identity: true });
        }
        let mut guess = Self { values, scopes: Vec::new(), shapes: Vec::new(), left_out: Vec::new() };
        let mut names = Names::reserving([]);
        let mut scopes = Scopes::default();
        let mut tables: Vec<(&QualifiedName, &Table)> = catalog.tables.iter().collect();
        tables.sort_by_key(|(_, table)| table.span);
        for (name, table) in tables {
            let mut shape = Shape::new(name, table, &mut names);
            let links = links(&owners, name, table);
            match chosen(&links) {
                Some(link) => {
                    shape.scope = Some(scopes.name(&owners[link.owner], link.column));
                    let others = links.iter().filter(|other| other.column.name != link.column.name);
                    shape.others = others.map(|other| format!("`{}`", other.column.name)).collect();
                    guess.shapes.push(shape);
                }
                None if links.is_empty() => {
                    let tables = owners.iter().map(|owner| format!("`{}`", owner.name.name)).collect();
                    guess.left_out.push((shape, LeftOut::Unrelated(tables)));
                }
                None => {
                    let columns = links.iter().map(|link| format!("`{}`", link.column.name)).collect();
                    guess.left_out.push((shape, LeftOut::Ambiguous(columns)));
                }
            }
        }
        guess.scopes = scopes.all;
        guess
    }

    /// Completes what people would have to say before structs can be written: other names for rows that share one, and
    /// keys where the tables have no primary key.
    pub(super) fn complete(&mut self, catalog: &Catalog) {
        let mut rows = Names::default();
        for shape in self.shapes.iter_mut().chain(self.left_out.iter_mut().map(|(shape, _)| shape)) {
            let usual = shape.row.clone().unwrap_or_else(|| format!("{}Row", naming::camel(&shape.of.name)));
            let free = rows.take_free(&usual, "");
            if free != usual {
                shape.row = Some(free);
            }
            if let Some(table) = catalog.tables.get(&shape.of).filter(|table| table.primary_key.is_none()) {
                shape.key = unique(table, &shape.except);
            }
        }
    }

    /// Moves a shape to those that don't sync, or a draft to those that can't.
    pub(super) fn leave_out(&mut self, name: &str, why: LeftOut) {
        if let Some(at) = self.shapes.iter().position(|shape| shape.name == name) {
            let shape = self.shapes.remove(at);
            self.left_out.push((shape, why));
        } else if let Some((_, reason)) = self.left_out.iter_mut().find(|(shape, _)| shape.name == name) {
            *reason = why;
        }
    }

    /// What is left out for want of a scope alone.
    pub(super) fn drafts(&self) -> impl Iterator<Item = &Shape> {
        let wanting = self.left_out.iter().filter(|(_, why)| !matches!(why, LeftOut::Refused(_)));
        wanting.map(|(shape, _)| shape)
    }

    /// How many shapes were refused.
    pub(super) fn refused(&self) -> usize {
        self.left_out.len() - self.drafts().count()
    }

    /// The scope of a shape.
    pub(super) fn scope(&self, shape: &Shape) -> Option<&Scope> {
        self.scopes.iter().find(|scope| shape.scope.as_ref() == Some(&scope.name))
    }

    /// The scopes that shapes name.
    pub(super) fn used_scopes(&self) -> Vec<&Scope> {
        let used = |scope: &&Scope| self.shapes.iter().any(|shape| shape.scope.as_ref() == Some(&scope.name));
        self.scopes.iter().filter(used).collect()
    }

    /// The session values that scopes use, and who the person is.
    pub(super) fn used_values(&self, scopes: &[&Scope]) -> Vec<&Value> {
        let used = |value: &&Value| value.identity || scopes.iter().any(|scope| scope.value == value.name);
        self.values.iter().filter(used).collect()
    }

    /// One line for whoever asked.
    pub(super) fn summary(&self) -> String {
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let shapes = counted(self.shapes.len(), "shape");
        let left_out = counted(self.left_out.len(), "table");
        format!("{shapes}, {left_out} left out; scopes and frequencies are guesses, review every line")
    }
}

impl Shape {
    fn new(name: &QualifiedName, table: &Table, names: &mut Names) -> Self {
        let in_key = |column: &Column| table.primary_key.iter().flatten().any(|part| *part == column.name);
        let secret = table.columns.iter().filter(|column| is_secret(&column.name) && !in_key(column));
        let except = secret.map(|column| column.name.clone()).collect();
        let shape = Self {
            name: name.name.clone(),
            of: name.clone(),
            table: None,
            row: None,
            scope: None,
            key: Vec::new(),
            except,
            others: Vec::new(),
        };
        if name.schema == "public" && names.take(&name.name) {
            return shape;
        }
        let free = names.take_free(&format!("{}_{}", name.schema, name.name), "_");
        let row = Some(format!("{}Row", naming::camel(&free)));
        Self { name: free, table: Some(format!("{}.{}", name.schema, name.name)), row, ..shape }
    }
}

/// The first unique set of columns that are never NULL and that no secret is among.
fn unique(table: &Table, except: &[String]) -> Vec<String> {
    let not_null = |name: &String| table.columns.iter().any(|column| column.name == *name && column.not_null);
    let indexes = table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
    let mut sets = table.unique.iter().chain(indexes);
    let set = sets.find(|set| set.iter().all(|name| not_null(name) && !except.contains(name)));
    set.cloned().unwrap_or_default()
}

fn is_secret(column: &str) -> bool {
    let snake = column.to_snake_case();
    let words: Vec<&str> = snake.split('_').collect();
    words.iter().any(|word| SECRETS.contains(word))
        || words.windows(2).any(|pair| SECRET_KEYS.contains(&pair[0]) && pair[1] == "key")
}

impl Owner<'_> {
    /// The session value that is compared with its key.
    fn value_name(&self) -> String {
        format!("{}_id", self.singular)
    }

    fn value(&self) -> Value {
        let name = self.value_name();
        let claim = if self.person { "sub".to_owned() } else { name.clone() };
        Value { name, claim, identity: self.person }
    }
}

/// The table of people, if there is one, and the tables of what they belong to.
fn owners(catalog: &Catalog) -> Vec<Owner<'_>> {
    let find = |names: &(&str, &'static str), person: bool| {
        let mut named: Vec<_> = catalog
            .tables
            .iter()
            .filter(|(name, _)| [names.0, names.1].contains(&name.name.to_lowercase().as_str()))
            .collect();
        named.sort_by_key(|(name, _)| name.schema != "public");
        named.into_iter().find_map(|(name, table)| {
            let [key] = table.primary_key.as_deref()? else { return None };
            let key = table.columns.iter().find(|column| column.name == *key)?;
            Some(Owner { name, key, singular: names.1, person })
        })
    };
    let person = PEOPLE.iter().find_map(|names| find(names, true));
    let tenants = TENANTS.iter().filter_map(|names| find(names, false));
    let tenants: Vec<Owner<'_>> =
        tenants.filter(|tenant| person.as_ref().is_none_or(|person| person.name != tenant.name)).collect();
    person.into_iter().chain(tenants).collect()
}

/// The columns of a table that hold an owner's key, by owner and then in the table's order.
fn links<'c>(owners: &[Owner<'c>], name: &QualifiedName, table: &'c Table) -> Vec<Link<'c>> {
    if let Some(at) = owners.iter().position(|owner| owner.name == name) {
        return vec![Link { owner: at, column: owners[at].key, plain: true }];
    }
    let mut links = Vec::new();
    for (at, owner) in owners.iter().enumerate() {
        let named = folded(&owner.value_name());
        for column in &table.columns {
            // One value is compared with all of them, so they must be of one type.
            if column.data_type.dims != 0 || column.data_type.base != owner.key.data_type.base {
                continue;
            }
            let refers = table.foreign_keys.iter().any(|key| {
                key.columns == [column.name.as_str()]
                    && key.table == *owner.name
                    && key.references == [owner.key.name.as_str()]
            });
            let plain = folded(&column.name) == named;
            if refers || plain {
                let own = table.primary_key.as_deref() == Some(std::slice::from_ref(&column.name));
                let owns = owner.person && OWNERS.contains(&folded(&column.name).as_str());
                links.push(Link { owner: at, column, plain: plain || own || owns });
            }
        }
    }
    links
}

/// The link to take: one whose name leaves no doubt, else the only one to its owner.
fn chosen<'l, 'c>(links: &'l [Link<'c>]) -> Option<&'l Link<'c>> {
    let alone = |link: &&Link<'_>| links.iter().filter(|other| other.owner == link.owner).count() == 1;
    links.iter().find(|link| link.plain).or_else(|| links.iter().rev().find(alone))
}

/// `userId`, `UserID` and `user_id` are one name.
fn folded(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// The scopes so far.
#[derive(Default)]
struct Scopes {
    all: Vec<Scope>,
    by_condition: BTreeMap<String, String>,
}

impl Scopes {
    /// The name of the scope that holds a column to an owner's key: `user` for `user_id = $user_id`, `user_by_author_id`
    /// for another column.
    fn name(&mut self, owner: &Owner<'_>, column: &Column) -> String {
        let value = owner.value_name();
        let condition = format!("{} = ${value}", identifier(&column.name));
        if let Some(known) = self.by_condition.get(&condition) {
            return known.clone();
        }
        let mut names = Names::reserving(self.all.iter().map(|scope| scope.name.as_str()).chain(["public"]));
        let wish = if folded(&column.name) == folded(&value) {
            owner.singular.to_owned()
        } else {
            format!("{}_by_{}", owner.singular, column.name)
        };
        let name = names.take_free(&wish, "_");
        self.by_condition.insert(condition.clone(), name.clone());
        self.all.push(Scope { name: name.clone(), condition, value });
        name
    }
}

/// A column in SQL, quoted where PostgreSQL would read something else.
fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // `id` is a word of the standard, and no reserved one.
    let keyword = name != "id" && ALL_KEYWORDS.binary_search(&name.to_uppercase().as_str()).is_ok();
    if plain && !keyword { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
