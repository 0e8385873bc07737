//! The parts of a history that make tables.

use super::generate::{COLUMNS, Generator, NAMES};
use super::world::{Class, Column, Name, Partitioning, Table};

impl Generator {
    pub(super) fn create_table(&mut self) {
        if self.one_in(14) && !self.world.composites.is_empty() {
            return self.create_of();
        }
        let name = self.new_name(NAMES);
        let mut table = Table {
            name,
            columns: Vec::new(),
            keys: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned: None,
            parent: None,
        };
        let mut parts = Vec::new();
        for _ in 0..self.random.usize(1..7) {
            parts.push(self.column_definition(&mut table));
        }
        for _ in 0..self.random.usize(0..3) {
            let constraint = self.constraint(&mut table);
            let at = self.random.usize(1..=parts.len());
            // A constraint may stand before the columns that it is over.
            parts.insert(at, constraint);
        }
        let full = self.full(&table.name);
        let kind = match self.random.u8(0..16) {
            0 => "UNLOGGED ",
            1 => {
                // It hides what has its name until the session ends.
                let (name, parts) = (self.id(&table.name.1), parts.join(", "));
                let temp = self.pick(&["TEMP", "TEMPORARY", "LOCAL TEMP"]);
                return self.say(format!("CREATE {temp} TABLE {name} ({parts})"));
            }
            _ => "",
        };
        let exists = self.maybe(5, "IF NOT EXISTS");
        let tail = self.maybe(12, " USING heap") + &self.maybe(8, " WITH (fillfactor = 70)");
        self.say(format!("CREATE {kind}TABLE {exists}{full} ({}){tail}", parts.join(", ")));
        self.world.tables.push(table);
    }

    fn create_of(&mut self) {
        let at = self.random.usize(..self.world.composites.len());
        let (of, columns) = self.world.composites[at].clone();
        let name = self.new_name(NAMES);
        let (full, of_full) = (self.full(&name), self.full(&of));
        let options = match columns.first().cloned() {
            Some(first) if self.one_in(2) => {
                let (column, with) = (self.id(&first.name), self.pick(&["WITH OPTIONS ", ""]));
                let option = self.pick(&["NOT NULL", "PRIMARY KEY", "DEFAULT NULL", "UNIQUE NOT NULL"]);
                format!(" ({column} {with}{option})")
            }
            _ => String::new(),
        };
        self.say(format!("CREATE TABLE {full} OF {of_full}{options}"));
        self.world.tables.push(Table {
            name,
            columns,
            keys: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned: None,
            parent: None,
        });
    }

    /// A column of a new table, or for `ADD COLUMN`.
    pub(super) fn column_definition(&mut self, table: &mut Table) -> String {
        let name = self.fresh(COLUMNS);
        let column = self.id(&name);
        let mut parts = Vec::new();
        let class = if self.one_in(10) {
            parts.push(self.pick(&["serial", "bigserial", "smallserial", "serial4", "serial8"]).to_owned());
            Class::Int
        } else {
            let (of, class) = self.data_type();
            parts.push(of);
            class
        };
        let serial = parts[0].contains("serial");
        match self.random.u8(0..9) {
            0 if class == Class::Int && !serial => {
                let how = self.pick(&["ALWAYS", "BY DEFAULT"]);
                let options = self.pick(&["", "", " (START WITH 5)", " (INCREMENT BY 2 MINVALUE -3 NO CYCLE)"]);
                parts.push(format!("GENERATED {how} AS IDENTITY{options}"));
            }
            1 if class == Class::Int && !serial => {
                let other = table.columns.iter().find(|column| column.class == Class::Int).cloned();
                let other = other.map_or_else(|| "1".to_owned(), |column| self.id(&column.name));
                parts.push(format!("GENERATED ALWAYS AS ({other} * 2) STORED"));
            }
            2 | 3 if !serial => {
                let default = self.default(class);
                parts.push(format!("DEFAULT {default}"));
            }
            _ => {}
        }
        let named = if self.one_in(4) {
            let name = self.fresh(&["con", "my key", "C"]);
            let shown = self.id(&name);
            table.constraints.push(name);
            format!("CONSTRAINT {shown} ")
        } else {
            String::new()
        };
        let mut keys = Vec::new();
        match self.random.u8(0..14) {
            0 => parts.push(named + "NOT NULL"),
            1 => parts.push("NULL".to_owned()),
            2 | 3 if class != Class::Other && table.keys.iter().all(|(primary, _)| !primary) => {
                parts.push(named + "PRIMARY KEY");
                keys.push((true, vec![name.clone()]));
            }
            4 | 5 if class != Class::Other => {
                let nulls = self.pick(&["", "", " NULLS NOT DISTINCT", " DEFERRABLE"]);
                parts.push(format!("{named}UNIQUE{nulls}"));
                keys.push((false, vec![name.clone()]));
            }
            6 => {
                let check = format!("CHECK ({column} IS NOT NULL)");
                parts.push(named + &check);
            }
            7..=9 if class != Class::Other => {
                if let Some(references) = self.references(&[class]) {
                    parts.push(named + &references);
                }
            }
            _ => {}
        }
        table.keys.extend(keys);
        table.columns.push(Column { name, class });
        // Constraints come in any order behind the type.
        if parts.len() > 2 && self.one_in(2) {
            parts[1..].reverse();
        }
        format!("{column} {}", parts.join(" "))
    }

    /// `REFERENCES …` of something with a key of these classes.
    fn references(&mut self, classes: &[Class]) -> Option<String> {
        let fitting: Vec<(Name, bool, Vec<String>)> = self
            .world
            .tables
            .iter()
            .flat_map(|table| table.keys.iter().map(move |(primary, columns)| (table, *primary, columns)))
            .filter(|(table, _, columns)| {
                let class = |name: &String| table.columns.iter().find(|column| column.name == *name).map(|c| c.class);
                columns.iter().map(class).eq(classes.iter().map(|class| Some(*class)))
            })
            .map(|(table, primary, columns)| (table.name.clone(), primary, columns.clone()))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let (target, primary, columns) = fitting[self.random.usize(..fitting.len())].clone();
        let mut text = format!("REFERENCES {}", self.full(&target));
        if !primary || self.one_in(2) {
            let columns = self.ids(&columns);
            text += &format!(" ({columns})");
        }
        text += self.pick(&["", "", " MATCH FULL", " MATCH SIMPLE"]);
        let action = self.pick(&["", " CASCADE", " SET NULL", " SET DEFAULT", " RESTRICT", " NO ACTION"]);
        let update = self.pick(&["", "", " ON UPDATE CASCADE", " ON UPDATE SET NULL"]);
        let delete = if action.is_empty() { String::new() } else { format!(" ON DELETE{action}") };
        text += &if self.one_in(2) { format!("{update}{delete}") } else { format!("{delete}{update}") };
        text += self.pick(&["", "", "", " DEFERRABLE", " NOT DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"]);
        Some(text)
    }

    /// A table constraint.
    pub(super) fn constraint(&mut self, table: &mut Table) -> String {
        let mut columns = self.some_columns(table);
        if columns.is_empty() {
            return "CHECK (1 < 2)".to_owned();
        }
        let name = if self.one_in(2) {
            let name = self.fresh(&["con", "my key", "C"]);
            let shown = self.id(&name);
            table.constraints.push(name);
            format!("CONSTRAINT {shown} ")
        } else {
            String::new()
        };
        let list = self.ids(&columns);
        let body = match self.random.u8(0..9) {
            0 | 1 if table.keys.iter().all(|(primary, _)| !primary) => {
                table.keys.push((true, columns));
                format!("PRIMARY KEY ({list})")
            }
            0..=3 => {
                let nulls = self.pick(&["", "", " NULLS NOT DISTINCT"]);
                let tail = self.pick(&["", "", " DEFERRABLE INITIALLY DEFERRED", " WITH (fillfactor = 90)"]);
                table.keys.push((false, columns));
                format!("UNIQUE{nulls} ({list}){tail}")
            }
            4..=6 => {
                let class = |name: &String| table.columns.iter().find(|c| c.name == *name).map(|c| c.class);
                if !self.one_in(3) {
                    columns.truncate(1);
                }
                let classes: Vec<Class> = columns.iter().filter_map(class).collect();
                let list = self.ids(&columns);
                match self.references(&classes) {
                    Some(references) => format!("FOREIGN KEY ({list}) {references}"),
                    None => format!("CHECK (({list}) IS NOT NULL)"),
                }
            }
            7 => {
                let first = self.id(&columns[0]);
                // Each with its own condition: of two that say the same in one statement PostgreSQL makes one.
                self.counter += 1;
                format!("EXCLUDE USING btree ({first} WITH =) WHERE ({} > 0)", self.counter)
            }
            _ => {
                let first = self.id(&columns[0]);
                let tail = self.pick(&["", " NO INHERIT"]);
                format!("CHECK ({first} IS NOT NULL){tail}")
            }
        };
        name + &body
    }

    pub(super) fn create_like(&mut self) {
        let Some(model) = self.table() else { return };
        let name = self.new_name(NAMES);
        let (full, like) = (self.full(&name), self.full(&model.name));
        let mut options = String::new();
        for _ in 0..self.random.usize(0..4) {
            let which = self.pick(&["INCLUDING", "INCLUDING", "EXCLUDING"]);
            let what = self.pick(&[
                "ALL",
                "DEFAULTS",
                "CONSTRAINTS",
                "INDEXES",
                "IDENTITY",
                "GENERATED",
                "COMMENTS",
                "STORAGE",
                "STATISTICS",
            ]);
            options += &format!(" {which} {what}");
        }
        let mut table = Table {
            name,
            columns: Vec::new(),
            keys: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned: None,
            parent: None,
        };
        let mut parts = vec![format!("LIKE {like}{options}")];
        if self.one_in(3) {
            let extra = self.column_definition(&mut table);
            parts.insert(self.random.usize(0..=1), extra);
        }
        self.say(format!("CREATE TABLE {full} ({})", parts.join(", ")));
        table.columns.extend(model.columns);
        self.world.tables.push(table);
    }

    pub(super) fn create_child(&mut self) {
        let Some(parent) = self.table().filter(|table| table.parent.is_none() && table.partitioned.is_none()) else {
            return;
        };
        let name = self.new_name(NAMES);
        let mut table = Table {
            name,
            columns: Vec::new(),
            keys: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned: None,
            parent: None,
        };
        let mut parts = Vec::new();
        for _ in 0..self.random.usize(0..3) {
            parts.push(self.column_definition(&mut table));
        }
        let mut parents = self.full(&parent.name);
        let mut columns = parent.columns.clone();
        if let Some(second) = self.table().filter(|_| self.one_in(3))
            && second.name != parent.name
        {
            parents = format!("{parents}, {}", self.full(&second.name));
            columns.extend(second.columns);
        }
        columns.append(&mut table.columns);
        table.columns = columns;
        if self.one_in(3) {
            parts.push(self.constraint(&mut table));
        }
        let full = self.full(&table.name);
        self.say(format!("CREATE TABLE {full} ({}) INHERITS ({parents})", parts.join(", ")));
        self.world.tables.push(table);
    }

    pub(super) fn partitions(&mut self) {
        let parents: Vec<Table> =
            self.world.tables.iter().filter(|table| table.partitioned.is_some()).cloned().collect();
        if parents.is_empty() || self.one_in(4) {
            return self.create_partitioned();
        }
        let parent = parents[self.random.usize(..parents.len())].clone();
        let Some((how, _)) = parent.partitioned.clone() else { return };
        let parts: Vec<Name> = self
            .world
            .tables
            .iter()
            .filter(|table| table.parent.as_ref() == Some(&parent.name))
            .map(|table| table.name.clone())
            .collect();
        let parent_full = self.full(&parent.name);
        if !parts.is_empty() && self.one_in(4) {
            let part = parts[self.random.usize(..parts.len())].clone();
            let (full, tail) = (self.full(&part), self.pick(&["", "", " CONCURRENTLY"]));
            self.say(format!("ALTER TABLE {parent_full} DETACH PARTITION {full}{tail}"));
            if let Some(table) = self.table_mut(&part) {
                table.parent = None;
            }
            return;
        }
        self.counter += 1;
        let n = self.counter;
        let bound = match how {
            _ if how != Partitioning::Hash && self.one_in(8) => "DEFAULT".to_owned(),
            Partitioning::Range => format!("FOR VALUES FROM ({}) TO ({})", n * 10, n * 10 + 10),
            Partitioning::List => format!("FOR VALUES IN ({}, {})", n * 10, n * 10 + 1),
            Partitioning::Hash => format!("FOR VALUES WITH (MODULUS 8, REMAINDER {})", n % 8),
        };
        let name = self.new_name(NAMES);
        let full = self.full(&name);
        let mut table = Table { name, keys: Vec::new(), ..parent.clone() };
        table.partitioned = None;
        table.parent = Some(parent.name.clone());
        if self.one_in(3) {
            let options = self.pick(&["", " INCLUDING ALL", " INCLUDING DEFAULTS INCLUDING CONSTRAINTS"]);
            self.say(format!("CREATE TABLE {full} (LIKE {parent_full}{options})"));
            let only = self.maybe(2, "ONLY");
            self.say(format!("ALTER TABLE {only}{parent_full} ATTACH PARTITION {full} {bound}"));
        } else {
            let mut options = String::new();
            if let Some(column) = self.column(&parent).filter(|_| self.one_in(2)) {
                let (name, default) = (self.id(&column.name), self.default(column.class));
                let default = format!("DEFAULT {default}");
                let option = self.pick(&["NOT NULL", "WITH OPTIONS UNIQUE", "CHECK (1 < 2)", default.as_str()]);
                options = format!(" ({name} {option})");
            }
            let mut tail = String::new();
            if self.one_in(5)
                && let Some(by) = parent.columns.iter().find(|column| column.class == Class::Int).cloned()
            {
                tail = format!(" PARTITION BY RANGE ({})", self.id(&by.name));
                table.partitioned = Some((Partitioning::Range, by.name));
            }
            self.say(format!("CREATE TABLE {full} PARTITION OF {parent_full}{options} {bound}{tail}"));
        }
        self.world.tables.push(table);
    }

    fn create_partitioned(&mut self) {
        let name = self.new_name(NAMES);
        let mut table = Table {
            name,
            columns: vec![Column { name: "part".to_owned(), class: Class::Int }],
            keys: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            partitioned: None,
            parent: None,
        };
        let (kind, word) = match self.random.u8(0..3) {
            0 => (Partitioning::Range, "RANGE"),
            1 => (Partitioning::List, "LIST"),
            _ => (Partitioning::Hash, "HASH"),
        };
        table.partitioned = Some((kind, "part".to_owned()));
        let part = self.id("part");
        let mut parts = vec![format!("{part} int{}", self.pick(&["", " NOT NULL", " DEFAULT 3"]))];
        for _ in 0..self.random.usize(0..3) {
            let (of, class) = self.data_type();
            let name = self.fresh(COLUMNS);
            parts.push(format!("{} {of}", self.id(&name)));
            table.columns.push(Column { name, class });
        }
        for _ in 0..self.random.usize(0..3) {
            parts.push(self.constraint(&mut table));
        }
        let full = self.full(&table.name);
        self.say(format!("CREATE TABLE {full} ({}) PARTITION BY {word} ({part})", parts.join(", ")));
        self.world.tables.push(table);
    }
}
