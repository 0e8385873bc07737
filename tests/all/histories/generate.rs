//! Writes random histories: statements that are mostly valid where they stand.

use fastrand::Rng;

use super::style::Style;
use super::world::{Class, Column, Name, Table, World};

/// Names with everything that names can have; the plain ones more often.
pub(super) const NAMES: &[&str] = &[
    "orders",
    "items",
    "users",
    "notes",
    "log",
    "a",
    "b",
    "t",
    "parts",
    "Order",
    "select",
    "user x",
    "étage",
    "A",
    "a_name_that_is_long_enough_to_be_cut_when_more_is_added_to_it",
    "ta\"ble",
    "Orders",
];
pub(super) const COLUMNS: &[&str] = &[
    "id",
    "name",
    "kind",
    "note",
    "at",
    "qty",
    "parent",
    "code",
    "Total",
    "from",
    "a b",
    "größe",
    "Id",
    "x",
    "y",
    "z",
    "a_column_whose_name_is_almost_as_long_as_it_can_be_in_here",
    "value",
    "tag",
    "type",
];
const INTS: &[&str] = &["integer", "int", "int4", "bigint", "int8", "smallint", "int2", "pg_catalog.int4"];
const TEXTS: &[&str] = &[
    "text",
    "varchar",
    "varchar(40)",
    "CHARACTER VARYING(9)",
    "char(3)",
    "character(5)",
    "bpchar",
    "char",
    "NATIONAL CHARACTER VARYING(7)",
    "\"text\"",
    "nchar varying(3)",
    "text COLLATE \"C\"",
];
const TIMES: &[&str] = &[
    "timestamp",
    "timestamptz",
    "timestamp(3)",
    "TIMESTAMP WITH TIME ZONE",
    "timestamp(0) without time zone",
    "date",
    "time",
    "time(2) with time zone",
    "timetz",
    "timestamptz(6)",
];
const OTHERS: &[&str] = &[
    "numeric",
    "numeric(8)",
    "numeric(6,2)",
    "decimal(10,0)",
    "numeric(3, -2)",
    "real",
    "float",
    "float(10)",
    "float(53)",
    "DOUBLE PRECISION",
    "boolean",
    "bool",
    "uuid",
    "json",
    "jsonb",
    "bytea",
    "interval",
    "interval(2)",
    "INTERVAL DAY TO SECOND(3)",
    "interval year to month",
    "inet",
    "cidr",
    "macaddr",
    "bit(3)",
    "bit",
    "BIT VARYING(5)",
    "varbit",
    "xml",
    "point",
    "int4range",
    "tstzrange",
    "int8multirange",
    "tsvector",
    "money",
    "name",
    "oid",
    "\"char\"",
    "regclass",
    "dec",
    "interval minute",
    "pg_catalog.varchar(3)",
    "\"timestamp\"",
];

/// What came of a history.
pub struct History {
    /// The statements that PostgreSQL took.
    pub taken: Vec<String>,
    /// How many it refused.
    pub refused: usize,
}

/// Writes one history.
pub struct Generator {
    pub(super) random: Rng,
    style: Style,
    pub(super) world: World,
    /// The world at BEGIN and at each savepoint since, with its name.
    pub(super) saved: Vec<(String, World)>,
    pub(super) counter: u32,
    statements: Vec<String>,
}

impl Generator {
    /// Writes a history, statement by statement; `run` says whether PostgreSQL took one.
    pub fn write(seed: u64, mut run: impl FnMut(&str) -> bool) -> History {
        let mut random = Rng::with_seed(seed);
        let style = Style::any(&mut random);
        let world = World { schemas: vec!["public".into()], path: vec!["public".into()], ..World::default() };
        let mut generator = Self { random, style, world, saved: Vec::new(), counter: 0, statements: Vec::new() };
        let length = generator.random.usize(20..=60);
        let mut history = History { taken: Vec::new(), refused: 0 };
        while history.taken.len() < length && history.refused < 2 * length {
            let before = (generator.world.clone(), generator.saved.clone());
            if history.taken.len() < 3 {
                generator.create_table();
            } else {
                generator.step();
            }
            let refused = history.refused;
            for statement in generator.statements.drain(..) {
                if run(&statement) {
                    history.taken.push(statement);
                } else {
                    history.refused += 1;
                }
            }
            if history.refused > refused {
                (generator.world, generator.saved) = before;
            }
        }
        if !generator.saved.is_empty() {
            let end = generator.pick(&["COMMIT", "COMMIT", "END", "ROLLBACK"]);
            run(end);
            history.taken.push(end.to_owned());
        }
        history
    }

    fn step(&mut self) {
        // Most transactions are short.
        if !self.saved.is_empty() && self.one_in(6) {
            return self.transaction();
        }
        match self.random.u8(0..100) {
            0..=9 => self.create_table(),
            10..=13 => self.create_like(),
            14..=17 => self.create_child(),
            18..=23 => self.partitions(),
            24..=31 => self.create_type(),
            32..=36 => self.alter_type(),
            37..=60 => self.alter_table(),
            61..=70 => self.rename(),
            71..=75 => self.index(),
            76..=79 => self.comment(),
            80..=84 => self.schema(),
            85..=88 => self.transaction(),
            89..=92 => self.drop(),
            93..=95 => self.sequence_or_view(),
            96..=97 => self.set_schema(),
            _ => self.pass_over(),
        }
    }

    // Words.

    pub(super) fn say(&mut self, statement: String) {
        let written = self.style.written(&statement, &mut self.random);
        self.statements.push(written);
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.random.usize(..choices.len())]
    }

    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.random.u32(..n) == 0
    }

    /// A word or nothing.
    pub(super) fn maybe(&mut self, n: u32, word: &str) -> String {
        if self.one_in(n) { format!("{word} ") } else { String::new() }
    }

    pub(super) fn id(&mut self, name: &str) -> String {
        let mut bytes = name.bytes();
        let plain = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let keyword = ["select", "from", "order"].contains(&name);
        if self.style.quoted || !plain || keyword || self.one_in(20) {
            return format!("\"{}\"", name.replace('"', "\"\""));
        }
        name.to_owned()
    }

    pub(super) fn ids(&mut self, names: &[String]) -> String {
        names.iter().map(|name| self.id(name)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn full(&mut self, name: &Name) -> String {
        let found = self.world.path.first() == Some(&name.0);
        let first = self.id(&name.1);
        if self.style.qualified || !found || self.one_in(6) {
            return format!("{}.{first}", self.id(&name.0));
        }
        first
    }

    pub(super) fn string(&mut self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    pub(super) fn fresh(&mut self, pool: &[&str]) -> String {
        let base = self.pick(pool);
        self.counter += 1;
        let name = if self.one_in(3) { base.to_owned() } else { format!("{base}{}", self.counter) };
        // As PostgreSQL cuts it; none of the pool's long names has a letter of two bytes.
        name.chars().take(63).collect()
    }

    /// A new name, mostly where the path puts it.
    pub(super) fn new_name(&mut self, pool: &[&str]) -> Name {
        let name = self.fresh(pool);
        let anywhere = self.style.qualified || self.one_in(5) || self.world.path.is_empty();
        let schemas = if anywhere { &self.world.schemas } else { &self.world.path };
        let at = if anywhere && !schemas.is_empty() { self.random.usize(..schemas.len()) } else { 0 };
        (schemas.get(at).cloned().unwrap_or_else(|| "public".to_owned()), name)
    }

    pub(super) fn table(&mut self) -> Option<Table> {
        let count = self.world.tables.len();
        (count > 0).then(|| self.world.tables[self.random.usize(..count)].clone())
    }

    pub(super) fn table_mut(&mut self, name: &Name) -> Option<&mut Table> {
        self.world.tables.iter_mut().find(|table| table.name == *name)
    }

    pub(super) fn column(&mut self, table: &Table) -> Option<Column> {
        let count = table.columns.len();
        (count > 0).then(|| table.columns[self.random.usize(..count)].clone())
    }

    pub(super) fn some_columns(&mut self, table: &Table) -> Vec<String> {
        let mut columns = table.columns.clone();
        self.random.shuffle(&mut columns);
        let usable = columns.into_iter().filter(|column| column.class != Class::Other).map(|column| column.name);
        let mut chosen: Vec<String> = usable.take(1 + self.random.usize(..2)).collect();
        if let Some((_, by)) = &table.partitioned
            && !chosen.contains(by)
        {
            chosen.push(by.clone());
        }
        chosen
    }

    // Types.

    pub(super) fn data_type(&mut self) -> (String, Class) {
        let (name, class) = match self.random.u8(0..20) {
            0..=6 => (self.pick(INTS).to_owned(), Class::Int),
            7..=10 => (self.pick(TEXTS).to_owned(), Class::Text),
            11..=12 => (self.pick(TIMES).to_owned(), Class::Time),
            13..=15 => (self.pick(OTHERS).to_owned(), Class::Other),
            _ => self.own_type(),
        };
        if name.contains("COLLATE") || !self.one_in(10) {
            return (name, class);
        }
        let array = self.pick(&["[]", "[3]", "[][]", " ARRAY", " ARRAY[4]"]);
        (name + array, Class::Other)
    }

    fn own_type(&mut self) -> (String, Class) {
        let world = &self.world;
        let enums = world.enums.iter().map(|(name, _)| (name, Class::Other));
        let domains = world.domains.iter().map(|(name, class)| (name, *class));
        let composites = world.composites.iter().map(|(name, _)| (name, Class::Other));
        let ranges = world.ranges.iter().map(|name| (name, Class::Other));
        let rows = world.tables.iter().take(1).map(|table| (&table.name, Class::Other));
        let all: Vec<(Name, Class)> = enums
            .chain(domains)
            .chain(composites)
            .chain(ranges)
            .chain(rows)
            .map(|(name, class)| (name.clone(), class))
            .collect();
        if all.is_empty() {
            return ("uuid".to_owned(), Class::Other);
        }
        let (name, class) = all[self.random.usize(..all.len())].clone();
        (self.full(&name), class)
    }

    pub(super) fn default(&mut self, class: Class) -> String {
        let choices: &[&str] = match class {
            Class::Int => &["0", "1 + 2", "-1", "NULL", "'7'", "(NULL)", "5::bigint", "NULL::int", "+3"],
            Class::Text => &["'x'", "''", "NULL", "'it''s; --'", "'a' || 'b'", "$$do$$", "NULL::text", "upper('a')"],
            Class::Time => &["now()", "CURRENT_TIMESTAMP", "NULL", "LOCALTIME", "'infinity'", "CURRENT_TIMESTAMP(2)"],
            Class::Other => &["NULL", "NULL", "gen_random_uuid()", "'{}'", "true", "1.5"],
        };
        self.pick(choices).to_owned()
    }

    fn create_type(&mut self) {
        let name = self.new_name(&["mood", "state", "Kind", "money2", "span", "pair", "code"]);
        let full = self.full(&name);
        match self.random.u8(0..6) {
            0 | 1 => {
                let labels: Vec<String> = ["sad", "glad", "it's", "", "A", "a b"].map(str::to_owned).to_vec();
                let labels = labels[..self.random.usize(..=labels.len())].to_vec();
                let list = labels.iter().map(|label| self.string(label)).collect::<Vec<_>>().join(", ");
                self.say(format!("CREATE TYPE {full} AS ENUM ({list})"));
                self.world.enums.push((name, labels));
            }
            2 | 3 => {
                let (of, class) = self.data_type();
                let word = self.pick(&["AS ", ""]);
                let mut tail = self.maybe(4, " NOT NULL");
                if self.one_in(3) {
                    tail += &format!(" DEFAULT {}", self.default(class));
                }
                tail += &self.maybe(4, " CHECK (VALUE IS NOT NULL)");
                self.say(format!("CREATE DOMAIN {full} {word}{of}{tail}"));
                self.world.domains.push((name, class));
            }
            4 => {
                let mut columns: Vec<Column> = Vec::new();
                let mut parts = Vec::new();
                for _ in 0..self.random.usize(1..4) {
                    let (of, class) = self.data_type();
                    let column = self.fresh(COLUMNS);
                    parts.push(format!("{} {of}", self.id(&column)));
                    columns.push(Column { name: column, class });
                }
                self.say(format!("CREATE TYPE {full} AS ({})", parts.join(", ")));
                self.world.composites.push((name, columns));
            }
            _ => {
                let subtype = self.pick(&["numeric", "integer", "time", "text", "timestamp with time zone"]);
                let many = if self.one_in(3) { ", multirange_type_name = many_of_these" } else { "" };
                self.say(format!("CREATE TYPE {full} AS RANGE (subtype = {subtype}{many})"));
                self.world.ranges.push(name);
            }
        }
    }

    fn alter_type(&mut self) {
        match self.random.u8(0..3) {
            0 if !self.world.enums.is_empty() => {
                let at = self.random.usize(..self.world.enums.len());
                let (name, labels) = self.world.enums[at].clone();
                let full = self.full(&name);
                self.counter += 1;
                let new = format!("label {}", self.counter);
                let (text, old) = (self.string(&new), labels.first().cloned());
                match (self.random.u8(0..3), old) {
                    (0, Some(old)) => {
                        let old = self.string(&old);
                        self.say(format!("ALTER TYPE {full} RENAME VALUE {old} TO {text}"));
                        self.world.enums[at].1[0] = new;
                    }
                    (1, Some(old)) => {
                        let (place, old) = (self.pick(&["BEFORE", "AFTER"]), self.string(&old));
                        self.say(format!("ALTER TYPE {full} ADD VALUE {text} {place} {old}"));
                    }
                    _ => {
                        let exists = self.maybe(2, "IF NOT EXISTS");
                        self.say(format!("ALTER TYPE {full} ADD VALUE {exists}{text}"));
                        self.world.enums[at].1.push(new);
                    }
                }
            }
            1 if !self.world.composites.is_empty() => {
                let at = self.random.usize(..self.world.composites.len());
                let (name, columns) = self.world.composites[at].clone();
                let full = self.full(&name);
                let Some(first) = columns.first() else { return };
                let first = self.id(&first.name);
                let cascade = self.maybe(2, " CASCADE");
                let (of, class) = self.data_type();
                let fresh = self.fresh(COLUMNS);
                let new = self.id(&fresh);
                let change = match self.random.u8(0..4) {
                    0 => {
                        self.world.composites[at].1.push(Column { name: fresh, class });
                        format!("ADD ATTRIBUTE {new} {of}{cascade}")
                    }
                    1 => {
                        self.world.composites[at].1.remove(0);
                        format!("DROP ATTRIBUTE {first}{cascade}")
                    }
                    2 => format!("ALTER ATTRIBUTE {first} TYPE {of}{cascade}"),
                    _ => {
                        self.world.composites[at].1[0].name = fresh;
                        format!("RENAME ATTRIBUTE {first} TO {new}{cascade}")
                    }
                };
                self.say(format!("ALTER TYPE {full} {change}"));
            }
            _ if !self.world.domains.is_empty() => {
                let at = self.random.usize(..self.world.domains.len());
                let (name, class) = self.world.domains[at].clone();
                let full = self.full(&name);
                let default = self.default(class);
                let set = format!("SET DEFAULT {default}");
                let change = self.pick(&[
                    "SET NOT NULL",
                    "DROP NOT NULL",
                    "DROP DEFAULT",
                    "ADD CONSTRAINT c CHECK (VALUE IS NOT NULL) NOT VALID",
                    "DROP CONSTRAINT IF EXISTS c",
                    set.as_str(),
                ]);
                let change = change.to_owned();
                self.say(format!("ALTER DOMAIN {full} {change}"));
            }
            _ => self.create_type(),
        }
    }
}
