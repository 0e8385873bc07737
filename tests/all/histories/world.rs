//! What a history has made so far, as far as its next statements need to know. It may be wrong: PostgreSQL decides.

/// A schema and a name in it.
pub type Name = (String, String);

/// What goes together in keys, defaults and comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Int,
    Text,
    Time,
    Other,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partitioning {
    Range,
    List,
    Hash,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: Name,
    pub columns: Vec<Column>,
    /// Primary keys and uniques; the primary one is marked.
    pub keys: Vec<(bool, Vec<String>)>,
    pub constraints: Vec<String>,
    pub indexes: Vec<String>,
    /// By a column of the class `Int`.
    pub partitioned: Option<(Partitioning, String)>,
    pub parent: Option<Name>,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub schemas: Vec<String>,
    pub path: Vec<String>,
    pub tables: Vec<Table>,
    pub enums: Vec<(Name, Vec<String>)>,
    pub domains: Vec<(Name, Class)>,
    pub composites: Vec<(Name, Vec<Column>)>,
    pub ranges: Vec<Name>,
    pub sequences: Vec<Name>,
    pub views: Vec<Name>,
}

impl World {
    /// All names of things that can move to another schema or lose theirs.
    fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        let tables = self.tables.iter_mut().flat_map(|table| [Some(&mut table.name), table.parent.as_mut()]).flatten();
        let enums = self.enums.iter_mut().map(|(name, _)| name);
        let domains = self.domains.iter_mut().map(|(name, _)| name);
        let composites = self.composites.iter_mut().map(|(name, _)| name);
        let rest = self.ranges.iter_mut().chain(&mut self.sequences).chain(&mut self.views);
        tables.chain(enums).chain(domains).chain(composites).chain(rest)
    }

    pub fn rename_schema(&mut self, from: &str, to: &str) {
        for name in self.names().filter(|name| name.0 == from) {
            to.clone_into(&mut name.0);
        }
        for schema in self.schemas.iter_mut().filter(|schema| *schema == from) {
            to.clone_into(schema);
        }
    }

    pub fn drop_schema(&mut self, gone: &str) {
        self.schemas.retain(|schema| schema != gone);
        self.tables.retain(|table| table.name.0 != gone);
        self.enums.retain(|(name, _)| name.0 != gone);
        self.domains.retain(|(name, _)| name.0 != gone);
        self.composites.retain(|(name, _)| name.0 != gone);
        for names in [&mut self.ranges, &mut self.sequences, &mut self.views] {
            names.retain(|name| name.0 != gone);
        }
    }
}
