//! The interpreter's answers against PostgreSQL's own: random conditions of the whole language on random rows.
//!
//! The seed is printed; `SHAPEGEN_SEED` replays it. What fails is made smaller before it is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use shapegen::catalog::{Catalog, QualifiedName, Script};
use shapegen::diagnostics::Report;
use shapegen::fragment::{Subject, parse_where, print};
use shapegen::source::SourceMap;
use shapegen_runtime::Shape as _;
use shapegen_runtime::expr::{EvalError, Expr, RowText, Tables};

use crate::postgres::{Database, Postgres};

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE t (
        id int4 PRIMARY KEY, b bool, i2 int2, i4 int4, j4 int4, i8 int8, f4 float4, f8 float8, n numeric, s text,
        v varchar(40), c char(6), u uuid, d date, h time, ts timestamp, tz timestamptz, iv interval, m mood,
        ia int4[], sa text[], da date[]
    );
    CREATE TABLE o (oid int4 PRIMARY KEY, oi int4, ot text, ou uuid);
";

/// What each row is written and read with, as Electric's sessions are.
const SESSION: &str = "SET timezone = 'UTC'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 1;\n";

/// A type of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ty {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Ints,
    Texts,
}

/// Types, their columns, and values as they are written; what Electric reads as a literal comes first, so many.
fn values(ty: Ty) -> (&'static [&'static str], &'static str, usize, &'static [&'static str]) {
    match ty {
        Ty::Bool => (&["b"], "bool", 2, &["true", "false"]),
        Ty::Int2 => (&["i2"], "int2", 4, &["0", "1", "-7", "32767", "-32768"]),
        Ty::Int4 => (&["i4", "j4", "id"], "int4", 5, &["0", "1", "2", "-3", "1000", "2147483647", "-2147483648"]),
        Ty::Int8 => {
            (&["i8"], "int8", 4, &["0", "3", "-5", "4294967296", "9223372036854775807", "-9223372036854775808"])
        }
        Ty::Float4 => (&["f4"], "float4", 4, &["0", "0.1", "-2.5", "1e10", "3.4e38", "NaN", "Infinity", "-0"]),
        Ty::Float8 => (
            &["f8"],
            "float8",
            5,
            &["0", "0.1", "-2.5", "1e15", "3", "1e308", "NaN", "Infinity", "-Infinity", "-0", "5e-324"],
        ),
        Ty::Numeric => (
            &["n"],
            "numeric",
            5,
            &["0.0", "1.50", "-0.001", "12345678901234567890.5", "2.5", "NaN", "Infinity", "1e-20", "-7"],
        ),
        Ty::Text => (
            &["s", "v"],
            "text",
            12,
            &["", "a", "A", "ab", "a%b", "Zoë", "ÉTÉ", "x_y", "5", "-12", "it''s", "🙂b", "a\nb", "a\\b", "  sp "],
        ),
        Ty::Uuid => (
            &["u"],
            "uuid",
            2,
            &[
                "6f1c2d34-0000-4000-8000-000000000000",
                "6F1C2D34-0000-4000-8000-00000000000a",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
            ],
        ),
        Ty::Date => (
            &["d"],
            "date",
            4,
            &[
                "2024-02-29",
                "1999-12-31",
                "2024-03-31",
                "0001-01-01",
                "infinity",
                "-infinity",
                "0044-03-15 BC",
                "20000-01-01",
            ],
        ),
        Ty::Time => (&["h"], "time", 3, &["00:00:00", "13:14:15.5", "23:59:59.999999", "24:00:00"]),
        Ty::Timestamp => (
            &["ts"],
            "timestamp",
            4,
            &[
                "2024-02-29 13:14:15.678",
                "2024-03-31 02:30:00",
                "2024-10-27 02:30:00",
                "1969-12-31 23:59:59",
                "infinity",
                "0044-03-15 12:00:00 BC",
            ],
        ),
        Ty::Timestamptz => (
            &["tz"],
            "timestamptz",
            4,
            &[
                "2024-02-29 13:14:15.678+00",
                "2024-03-31 01:30:00+02",
                "2024-10-27 00:30:00+00",
                "1900-01-01 00:00:00+00",
                "infinity",
                "-infinity",
            ],
        ),
        Ty::Interval => (
            &["iv"],
            "interval",
            8,
            &[
                "P1D",
                "PT24H",
                "1 mon",
                "30 days",
                "-1 year 2 mons 3 days",
                "PT-1.5S",
                "1 day -04:05:06.7",
                "PT0S",
                "P178956970Y",
            ],
        ),
        Ty::Ints => (&["ia"], "int4[]", 5, &["{}", "{1,2}", "{2,NULL,-3}", "{{1,2},{3,4}}", "{1}", "[0:1]={5,6}"]),
        Ty::Texts => {
            (&["sa"], "text[]", 5, &["{}", "{a}", "{a,NULL,\"\"}", "{\"b c\",\"NULL\",a}", "{{a,b},{5,it''s}}", "{A}"])
        }
    }
}

const ALL: [Ty; 16] = [
    Ty::Bool,
    Ty::Int2,
    Ty::Int4,
    Ty::Int8,
    Ty::Float4,
    Ty::Float8,
    Ty::Numeric,
    Ty::Text,
    Ty::Uuid,
    Ty::Date,
    Ty::Time,
    Ty::Timestamp,
    Ty::Timestamptz,
    Ty::Interval,
    Ty::Ints,
    Ty::Texts,
];

/// An expression as pieces of text and inner expressions, so that it can be made smaller.
#[derive(Debug, Clone)]
struct Tree {
    ty: Ty,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Tree(Tree),
}

impl Tree {
    fn leaf(ty: Ty, text: impl Into<String>) -> Self {
        Self { ty, pieces: vec![Piece::Text(text.into())] }
    }

    /// `template` with `?` for each of the inner ones.
    fn of(ty: Ty, template: &str, inner: Vec<Tree>) -> Self {
        let mut pieces = Vec::new();
        let mut inner = inner.into_iter();
        for (at, text) in template.split('?').enumerate() {
            if at > 0 {
                pieces.push(Piece::Tree(inner.next().unwrap()));
            }
            pieces.push(Piece::Text(text.to_owned()));
        }
        assert!(inner.next().is_none(), "{template}");
        Self { ty, pieces }
    }

    fn sql(&self) -> String {
        self.pieces.iter().fold(String::new(), |mut sql, piece| {
            match piece {
                Piece::Text(text) => sql.push_str(text),
                Piece::Tree(tree) => sql.push_str(&tree.sql()),
            }
            sql
        })
    }

    fn inner(&self) -> impl Iterator<Item = &Tree> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Tree(tree) => Some(tree),
            Piece::Text(_) => None,
        })
    }

    fn gather<'t>(&'t self, into: &mut Vec<&'t Tree>) {
        into.push(self);
        self.inner().for_each(|tree| tree.gather(into));
    }

    /// Smaller ones of the same type: an inner one in place of the whole, or of a part.
    fn smaller(&self) -> Vec<Tree> {
        let mut all = Vec::new();
        self.gather(&mut all);
        let mut found: Vec<Tree> = all.into_iter().skip(1).filter(|tree| tree.ty == self.ty).cloned().collect();
        for (at, piece) in self.pieces.iter().enumerate() {
            if let Piece::Tree(tree) = piece {
                for smaller in tree.smaller() {
                    let mut whole = self.clone();
                    whole.pieces[at] = Piece::Tree(smaller);
                    found.push(whole);
                }
            }
        }
        found
    }
}

struct Generator(fastrand::Rng);

impl Generator {
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.0.usize(..list.len())]
    }

    fn column(&mut self, ty: Ty) -> Tree {
        let (columns, ..) = values(ty);
        let column = self.pick(columns);
        Tree::leaf(ty, column)
    }

    /// A literal that says its type.
    fn literal(&mut self, ty: Ty) -> Tree {
        let (_, name, literals, all) = values(ty);
        let text = self.pick(&all[..literals]);
        Tree::leaf(
            ty,
            match ty {
                Ty::Bool | Ty::Int4 if self.0.bool() => text.to_owned(),
                Ty::Numeric => text.to_owned(),
                Ty::Interval if self.0.bool() => format!("interval '{text}'"),
                _ => format!("'{text}'::{name}"),
            },
        )
    }

    /// A literal that takes its type from what it stands beside.
    fn open(&mut self, ty: Ty) -> Tree {
        let (_, _, literals, all) = values(ty);
        let text = self.pick(&all[..literals]);
        Tree::leaf(ty, format!("'{text}'"))
    }

    /// A literal, or something that a row decides: what PostgreSQL reckons out beforehand can spare it an error.
    fn value(&mut self, ty: Ty, depth: u32) -> Tree {
        let tree = self.any_value(ty, depth);
        if tree.inner().next().is_some() && !has_column(&tree) { self.column(ty) } else { tree }
    }

    fn any_value(&mut self, ty: Ty, depth: u32) -> Tree {
        if depth == 0 || self.0.u8(..10) < 3 {
            return if self.0.u8(..10) < 7 { self.column(ty) } else { self.literal(ty) };
        }
        let down = depth - 1;
        macro_rules! of {
            ($template:expr $(, $inner:expr)*) => {{
                let inner = vec![$(self.value($inner, down)),*];
                Tree::of(ty, $template, inner)
            }};
        }
        match (ty, self.0.u8(..12)) {
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric, 0) => of!("(? + ?)", ty, ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric, 1) => of!("(? - ?)", ty, ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric, 2) => of!("(? * ?)", ty, ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric, 3) => of!("(- ?)", ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric, 4) => of!("(@ ?)", ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8, 5) => of!("(? / ?)", ty, ty),
            (Ty::Int2 | Ty::Int4 | Ty::Int8, 6) => {
                let op = self.pick(&["&", "|", "#"]);
                of!(&format!("(? {op} ?)"), ty, ty)
            }
            (Ty::Int2 | Ty::Int4 | Ty::Int8, 7) => of!("(~ ?)", ty),
            (Ty::Int4, 8) => of!("array_ndims(?)", Ty::Texts),
            (Ty::Int4, 9) => of!("(? - ?)", Ty::Date, Ty::Date),
            (Ty::Int4, 10) => {
                let at = self.pick(&["1", "2", "-1", "j4", "1][2"]);
                of!(&format!("(?)[{at}]"), Ty::Ints)
            }
            (Ty::Int4, 11) => of!("?::int4", Ty::Bool),
            (Ty::Int8, 8) => of!("(? + ?)", Ty::Int4, Ty::Int8),
            (Ty::Int8, 9) => of!("?::int8", Ty::Int4),
            (Ty::Float8, 6) => of!("(? ^ ?)", Ty::Float8, Ty::Float8),
            (Ty::Float8, 7) => of!("(|/ ?)", Ty::Float8),
            (Ty::Float8, 8) => of!("(? + ?)", Ty::Float4, Ty::Int4),
            (Ty::Float8, 9) => of!("(? * ?)", Ty::Numeric, Ty::Float8),
            (Ty::Float8, 10) => of!("?::float8", Ty::Numeric),
            (Ty::Numeric, 5) => of!("(? + ?)", Ty::Numeric, Ty::Int8),
            (Ty::Text, 0) => of!("(? || ?)", Ty::Text, Ty::Text),
            (Ty::Text, 1) => of!("lower(?)", Ty::Text),
            (Ty::Text, 2) => of!("upper(?)", Ty::Text),
            (Ty::Text, 3) => of!("concat(?, 'x', ?)", Ty::Text, Ty::Text),
            (Ty::Text, 4) => of!("?::text", Ty::Int4),
            (Ty::Text, 5) => of!("?::text", Ty::Date),
            (Ty::Text, 6) => Tree::leaf(ty, "m::text"),
            (Ty::Text, 7) => of!("(?)[1]", Ty::Texts),
            (Ty::Text, 8) => of!("?::text", Ty::Interval),
            (Ty::Text, 9) => Tree::leaf(ty, "c"),
            (Ty::Uuid, 0) => of!("?::text::uuid", Ty::Uuid),
            (Ty::Date, 0) => of!("(? + ?)", Ty::Date, Ty::Int4),
            (Ty::Date, 1) => of!("(? - ?)", Ty::Date, Ty::Int4),
            (Ty::Time, 0) => of!("(? + ?)", Ty::Time, Ty::Interval),
            (Ty::Time, 1) => of!("(? - ?)", Ty::Time, Ty::Interval),
            (Ty::Timestamp, 0) => of!("(? + ?)", Ty::Date, Ty::Time),
            (Ty::Timestamp, 1) => of!("(? - ?)", Ty::Date, Ty::Interval),
            (Ty::Timestamp, 2 | 3) => of!("(? + ?)", Ty::Timestamp, Ty::Interval),
            (Ty::Timestamp, 4) => of!("?::timestamp", Ty::Date),
            (Ty::Timestamp | Ty::Timestamptz, 5 | 6) => {
                let zone = self.pick(&["Europe/Berlin", "UTC", "America/New_York", "Asia/Kathmandu"]);
                let other = if ty == Ty::Timestamp { Ty::Timestamptz } else { Ty::Timestamp };
                of!(&format!("(? at time zone '{zone}')"), other)
            }
            (Ty::Timestamptz, 0 | 1) => of!("(? + ?)", Ty::Interval, Ty::Timestamptz),
            (Ty::Timestamptz, 2) => of!("(? - ?)", Ty::Timestamptz, Ty::Interval),
            (Ty::Interval, 0) => of!("(? + ?)", Ty::Interval, Ty::Interval),
            (Ty::Interval, 1) => of!("(? - ?)", Ty::Interval, Ty::Interval),
            (Ty::Interval, 2) => of!("(? * ?)", Ty::Interval, Ty::Float8),
            (Ty::Interval, 3) => of!("(? - ?)", Ty::Timestamp, Ty::Timestamp),
            (Ty::Interval, 4) => of!("(? - ?)", Ty::Timestamptz, Ty::Timestamptz),
            (Ty::Interval, 5 | 6) => {
                let name = self.pick(&["justify_days", "justify_hours", "justify_interval"]);
                of!(&format!("{name}(?)"), Ty::Interval)
            }
            (Ty::Ints, 0) => of!("array[?, ?]", Ty::Int4, Ty::Int4),
            (Ty::Texts, 0) => of!("array[?, null, ?]", Ty::Text, Ty::Text),
            (Ty::Ints | Ty::Texts, 1) => of!("(? || ?)", ty, ty),
            (Ty::Ints, 2) => of!("array_append(?, ?)", ty, Ty::Int4),
            (Ty::Texts, 2) => of!("(? || ?)", Ty::Text, ty),
            (Ty::Ints, 3) => of!("array_prepend(?, ?)", Ty::Int4, ty),
            (Ty::Ints | Ty::Texts, 4) => of!("array_cat(?, ?)", ty, ty),
            (Ty::Ints | Ty::Texts, 5 | 6) => {
                let slice = self.pick(&["1:2", "2:", ":1", ":", "0:j4", "1:2][2:2", "2:1", "1][1:1"]);
                of!(&format!("(?)[{slice}]"), ty)
            }
            (Ty::Ints, 7) => of!("array[?, ?]", Ty::Ints, Ty::Ints),
            (Ty::Bool, _) => {
                let condition = self.condition(down);
                Tree::of(ty, "(?)", vec![condition])
            }
            (Ty::Ints | Ty::Texts | Ty::Interval, _) => {
                let inner = vec![self.column(ty), self.value(ty, down)];
                Tree::of(ty, "coalesce(?, ?)", inner)
            }
            _ => {
                let inner = vec![self.column(ty), self.value(ty, down)];
                let name = self.pick(&["coalesce", "greatest", "least"]);
                Tree::of(ty, &format!("{name}(?, ?)"), inner)
            }
        }
    }

    /// True, false or unknown, and never the same for every row.
    fn condition(&mut self, depth: u32) -> Tree {
        let down = depth.saturating_sub(1);
        if depth > 0 && self.0.u8(..10) < 4 {
            return match self.0.u8(..5) {
                0 => self.conditions("(? and ?)", 2, down),
                1 => self.conditions("(? or ?)", 2, down),
                2 => self.conditions("not (?)", 1, down),
                3 => self.conditions("(? and ? or ?)", 3, down),
                _ => {
                    let test = self.pick(&["true", "false", "unknown", "not true", "not false", "not unknown"]);
                    self.conditions(&format!("(?) is {test}"), 1, down)
                }
            };
        }
        let ty = self.pick(&ALL);
        let left = if depth > 0 && self.0.bool() { self.value(ty, down) } else { self.column(ty) };
        // What PostgreSQL reckons out before it looks at rows can fail where it isn't needed.
        let left = if has_column(&left) { left } else { self.column(ty) };
        let ordered = !matches!(ty, Ty::Bool | Ty::Interval | Ty::Ints | Ty::Texts);
        let element = if ty == Ty::Ints { Ty::Int4 } else { Ty::Text };
        let bool_of = |template: &str, inner: Vec<Tree>| Tree::of(Ty::Bool, template, inner);
        match self.0.u8(..14) {
            0 => bool_of(self.pick(&["? is null", "? is not null"]), vec![left]),
            1 => {
                let right = self.open(ty);
                bool_of(self.pick(&["? = ?", "? <> ?", "? is distinct from ?"]), vec![left, right])
            }
            2 => {
                let right = self.value(ty, down);
                bool_of(self.pick(&["? is distinct from ?", "? is not distinct from ?"]), vec![left, right])
            }
            3 | 4 if !matches!(ty, Ty::Ints | Ty::Texts) => {
                let (one, other) = (self.literal(ty), self.column(ty));
                bool_of(self.pick(&["? in (?, ?)", "? not in (?, ?)", "? in (?, null, ?)"]), vec![left, one, other])
            }
            3 | 4 => {
                let right = self.value(ty, down);
                bool_of(self.pick(&["? @> ?", "? <@ ?", "? && ?", "not (? @> ?)"]), vec![left, right])
            }
            5 if ordered => {
                let (low, high) = (self.value(ty, down), self.value(ty, down));
                let templates = ["? between ? and ?", "? not between ? and ?", "? between symmetric ? and ?"];
                bool_of(self.pick(&templates), vec![left, low, high])
            }
            5 if matches!(ty, Ty::Ints | Ty::Texts) => {
                let needle = self.value(element, down);
                let ops = ["? = any(?)", "? <> all(?)", "? < any(?)", "not (? = any(?))", "? >= all(?)"];
                bool_of(self.pick(&ops), vec![needle, left])
            }
            6 | 7 if ty == Ty::Text => {
                let pattern = match self.0.bool() {
                    true => self.value(Ty::Text, down),
                    false => Tree::leaf(
                        Ty::Text,
                        format!(
                            "'{}'",
                            self.pick(&["a%", "%b", "_", "%", "", "a\\%b", "%_b%", "z%", "É%", "a_b", "%\\\\%"])
                        ),
                    ),
                };
                let ops =
                    ["? like ?", "? not like ?", "? ilike ?", "? not ilike ?", "? ~~ ?", "? !~~* ?", "like(?, ?)"];
                bool_of(self.pick(&ops), vec![left, pattern])
            }
            8 if matches!(ty, Ty::Int4 | Ty::Uuid | Ty::Text) => self.subquery(),
            9 => {
                let label = self.pick(&[
                    "m = 'happy'",
                    "m <> 'ok'",
                    "m in ('sad', 'ok')",
                    "m::text < 'p'",
                    "m is distinct from 'ok'",
                ]);
                Tree::leaf(Ty::Bool, label)
            }
            10 if matches!(ty, Ty::Int2 | Ty::Int4 | Ty::Int8 | Ty::Float4 | Ty::Float8 | Ty::Numeric) => {
                let other = self.pick(&[Ty::Int2, Ty::Int4, Ty::Int8, Ty::Float4, Ty::Float8, Ty::Numeric]);
                let right = self.value(other, down);
                let op = self.pick(&["=", "<", ">=", "<>"]);
                bool_of(&format!("? {op} ?"), vec![left, right])
            }
            10 if ty == Ty::Date => {
                let right = self.value(Ty::Timestamp, down);
                bool_of(self.pick(&["? < ?", "? = ?"]), vec![left, right])
            }
            11 if ty == Ty::Bool => bool_of(self.pick(&["?", "? is true", "? is not unknown"]), vec![left]),
            _ => {
                let right = self.value(ty, down);
                let op = if ordered { self.pick(&["=", "<>", "<", "<=", ">", ">="]) } else { self.pick(&["=", "<>"]) };
                bool_of(&format!("? {op} ?"), vec![left, right])
            }
        }
    }

    fn conditions(&mut self, template: &str, count: usize, depth: u32) -> Tree {
        let inner = (0..count).map(|_| self.condition(depth)).collect();
        Tree::of(Ty::Bool, template, inner)
    }

    fn subquery(&mut self) -> Tree {
        let inner = self.pick(&[
            "",
            " where oi > 0",
            " where ot like 'a%' or oi is null",
            " where oi in (select i4 from t where b)",
            " where oid < 0",
            " where ou is not null and not (oi = 1)",
        ]);
        let head = self.pick(&[
            "i4 in (select oi from o",
            "i4 not in (select oi from o",
            "s in (select ot from o",
            "u not in (select ou from o",
            "(j4, s) in (select oi, ot from o",
            "(u, i4) not in (select ou, oi from o",
            "id in (select oid from o",
        ]);
        Tree::leaf(Ty::Bool, format!("{head}{inner})"))
    }
}

fn has_column(tree: &Tree) -> bool {
    let mut all = Vec::new();
    tree.gather(&mut all);
    all.iter().any(|tree| ALL.iter().any(|ty| values(*ty).0.contains(&tree.sql().as_str())))
}

struct Row(BTreeMap<String, Option<String>>);

impl RowText for Row {
    fn column(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }
}

struct World<'s> {
    database: Database<'s>,
    catalog: Catalog,
    rows: BTreeMap<&'static str, Vec<Row>>,
}

impl Tables for World<'_> {
    fn rows(
        &self,
        _: &str,
        table: &str,
        visit: &mut dyn FnMut(&dyn RowText) -> Result<bool, EvalError>,
    ) -> Result<(), EvalError> {
        for row in &self.rows[table] {
            if !visit(row)? {
                break;
            }
        }
        Ok(())
    }
}

impl<'s> World<'s> {
    fn new(server: &'s Postgres, rng: &mut Generator, name: &str, rows: usize) -> Self {
        let database = server.database(name);
        // Letters beyond ASCII have case only where the locale knows them; texts are in the order of their bytes.
        let known = database.sql("SELECT count(*) FROM pg_collation WHERE collname = 'C.utf8'").trim() == "1";
        let schema = if known {
            SCHEMA
                .replace(" s text,", " s text COLLATE \"C.utf8\",")
                .replace("v varchar(40)", "v varchar(40) COLLATE \"C.utf8\"")
        } else {
            SCHEMA.to_owned()
        };
        database.sql(&schema);
        database.sql(JUDGE);
        let mut sources = SourceMap::default();
        let file = sources.add("schema.sql", SCHEMA);
        let mut report = Report::default();
        let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
        assert!(!report.has_errors(), "{}", report.render(&sources, false));
        let mut sql = SESSION.to_owned();
        for id in 0..rows {
            let mut columns = vec!["id".to_owned()];
            let mut texts = vec![id.to_string()];
            for ty in ALL {
                let (names, _, _, all) = values(ty);
                for name in names.iter().filter(|name| **name != "id") {
                    columns.push((*name).to_owned());
                    let text = if rng.0.u8(..6) == 0 { "NULL".to_owned() } else { format!("'{}'", rng.pick(all)) };
                    texts.push(text);
                }
            }
            for (name, all) in [("m", &["'sad'", "'happy'", "NULL"][..]), ("c", &["'ab'", "'a'", "NULL", "'abcdef'"])] {
                columns.push(name.to_owned());
                texts.push(rng.pick(all).to_owned());
            }
            writeln!(sql, "INSERT INTO t ({}) VALUES ({});", columns.join(", "), texts.join(", ")).unwrap();
        }
        for id in 0..8 {
            let mut text =
                |ty: Ty| if rng.0.u8(..5) == 0 { "NULL".to_owned() } else { format!("'{}'", rng.pick(values(ty).3)) };
            let (oi, ot, ou) = (text(Ty::Int4), text(Ty::Text), text(Ty::Uuid));
            writeln!(sql, "INSERT INTO o VALUES ({id}, {oi}, {ot}, {ou});").unwrap();
        }
        database.sql(&sql);
        let mut this = Self { database, catalog, rows: BTreeMap::new() };
        for table in ["t", "o"] {
            let rows = this.read(table);
            this.rows.insert(table, rows);
        }
        this
    }

    /// A table's rows as PostgreSQL prints them.
    fn read(&self, table: &'static str) -> Vec<Row> {
        let name = QualifiedName { schema: "public".to_owned(), name: table.to_owned() };
        let columns: Vec<&str> = self.catalog.tables[&name].columns.iter().map(|column| column.name.as_str()).collect();
        // A char(n) keeps its spaces on the wire.
        let hex = |column: &&str| match *column {
            "c" => "coalesce(encode(convert_to(rpad(c::text, 6), 'UTF8'), 'hex'), '-')".to_owned(),
            column => format!("coalesce(encode(convert_to({column}::text, 'UTF8'), 'hex'), '-')"),
        };
        let list: Vec<String> = columns.iter().map(hex).collect();
        let sql = format!("{SESSION}SELECT {} FROM {table} ORDER BY {};", list.join(", "), columns[0]);
        let text = |hex: &str| {
            let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
            String::from_utf8(bytes.collect()).unwrap()
        };
        let row = |line: &str| {
            let cells = line.split('|').map(|cell| (cell != "-").then(|| text(cell)));
            Row(columns.iter().map(|column| (*column).to_owned()).zip(cells).collect())
        };
        self.database.sql(&sql).lines().map(row).collect()
    }

    fn parse(&self, sql: &str) -> Result<Expr, String> {
        let name = QualifiedName { schema: "public".to_owned(), name: "t".to_owned() };
        let subject = Subject { name: &name, table: &self.catalog.tables[&name], catalog: &self.catalog };
        parse_where(sql, subject).map(|parsed| parsed.expr).map_err(|errors| errors[0].to_string())
    }

    /// A letter for each row: true, false, null, error.
    fn ours(&self, expr: &Expr) -> String {
        let letter = |row: &Row| match expr.eval_with(row, &[], self) {
            Ok(Some(true)) => 't',
            Ok(Some(false)) => 'f',
            Ok(None) => 'n',
            Err(_) => 'e',
        };
        self.rows["t"].iter().map(letter).collect()
    }

    /// PostgreSQL's answers to conditions, in the same letters.
    fn theirs(&self, conditions: &[String]) -> Vec<String> {
        let mut sql = SESSION.to_owned();
        for condition in conditions {
            writeln!(sql, "SELECT judge($judge${condition}$judge$);").unwrap();
        }
        self.database.sql(&sql).lines().map(str::to_owned).collect()
    }

    /// Those that fail, as they are written and printed, with both answers.
    fn wrong(&self, trees: &[Tree]) -> Vec<(Tree, String)> {
        let mut asked = Vec::new();
        for tree in trees {
            let sql = tree.sql();
            if let Ok(expr) = self.parse(&sql) {
                let (ours, printed) = (self.ours(&expr), print(&expr));
                asked.push((tree, ours, [sql, printed]));
            }
        }
        let conditions: Vec<String> = asked.iter().flat_map(|(.., conditions)| conditions.clone()).collect();
        let theirs = self.theirs(&conditions);
        assert_eq!(theirs.len(), conditions.len(), "an answer each");
        let mut wrong = Vec::new();
        for ((tree, ours, conditions), theirs) in asked.into_iter().zip(theirs.chunks(2)) {
            for (at, (condition, theirs)) in conditions.iter().zip(theirs).enumerate() {
                // What Electric takes and PostgreSQL doesn't is printed so that both do.
                let as_written = at == 0 && theirs.starts_with('X');
                if *theirs != ours && !as_written {
                    wrong.push((tree.clone(), format!("{condition}\n  ours   {ours}\n  theirs {theirs}")));
                    break;
                }
            }
        }
        wrong
    }

    fn shrunk(&self, tree: Tree, said: String) -> String {
        let whole = tree.sql();
        let (mut tree, mut said) = (tree, said);
        for _ in 0..20 {
            let mut smaller = self.wrong(&tree.smaller());
            smaller.sort_by_key(|(tree, _)| tree.sql().len());
            let Some(next) = smaller.into_iter().next().filter(|(next, _)| next.sql().len() < tree.sql().len()) else {
                break;
            };
            (tree, said) = next;
        }
        format!("{said}\n  made smaller from {whole}")
    }
}

/// A condition's truth for every row; row by row where one fails, and `X` with the reason where it isn't SQL.
const JUDGE: &str = "
CREATE FUNCTION judge(condition text) RETURNS text LANGUAGE plpgsql AS $body$
DECLARE
    found text;
    one text;
    number int;
    asked text := 'CASE WHEN truth THEN ''t'' WHEN NOT truth THEN ''f'' ELSE ''n'' END';
BEGIN
    BEGIN
        EXECUTE 'SELECT string_agg(' || asked || ', '''' ORDER BY id) FROM (SELECT id, (' || condition ||
            ') AS truth FROM t) AS answers' INTO found;
        RETURN found;
    EXCEPTION WHEN others THEN
        IF sqlstate LIKE '42%' THEN
            RETURN 'X ' || replace(sqlerrm, E'\\n', ' ');
        END IF;
    END;
    found := '';
    FOR number IN SELECT id FROM t ORDER BY id LOOP
        BEGIN
            EXECUTE 'SELECT ' || asked || ' FROM (SELECT (' || condition || ') AS truth FROM t WHERE id = $1) AS answer'
                INTO one USING number;
        EXCEPTION WHEN others THEN
            one := 'e';
        END;
        found := found || one;
    END LOOP;
    RETURN found;
END $body$;
";

#[test]
fn conditions_are_as_true_as_in_postgresql() {
    let Some(server) = Postgres::shared("that conditions are evaluated as PostgreSQL does") else { return };
    let seed = std::env::var("SHAPEGEN_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("SHAPEGEN_SEED={seed}");
    let count = if std::env::var_os("SHAPEGEN_CI").is_some() { 2_000 } else { 200 };
    let mut generator = Generator(fastrand::Rng::with_seed(seed));
    let world = World::new(server, &mut generator, "expressions", 30);
    let (mut trees, mut refused) = (Vec::new(), BTreeMap::<String, usize>::new());
    while trees.len() < count {
        let depth = generator.0.u32(0..4);
        let tree = generator.condition(depth);
        match world.parse(&tree.sql()) {
            Ok(_) => trees.push(tree),
            Err(error) => *refused.entry(error).or_default() += 1,
        }
    }
    let total: usize = refused.values().sum();
    assert!(total < count, "most of what is generated is of the language: {refused:#?}");
    let wrong = world.wrong(&trees);
    let failed = wrong.len();
    let shown: Vec<String> = wrong.into_iter().take(12).map(|(tree, said)| world.shrunk(tree, said)).collect();
    assert!(failed == 0, "SHAPEGEN_SEED={seed}: {failed} of {count} conditions\n{}", shown.join("\n"));
}

/// What generated code carries reads as what it was made of, and so does its SQL.
#[test]
fn generated_conditions_are_the_ones_of_the_manifest() {
    let mut sources = SourceMap::default();
    let files = [include_str!("../../schemas/streampai.sql"), include_str!("../../schemas/types.sql")];
    let scripts = files.map(|text| {
        let file = sources.add("schema.sql", text);
        Script::whole(&sources, file)
    });
    let catalog = Catalog::read(&sources, &scripts, &mut Report::default());
    let name = QualifiedName { schema: "public".to_owned(), name: "every_type".to_owned() };
    let subject = Subject { name: &name, table: &catalog.tables[&name], catalog: &catalog };
    for definition in [crate::sync::Searched::DEFINITION, crate::sync::Member::DEFINITION] {
        let filter = definition.filter.as_ref().unwrap();
        let read = parse_where(filter.sql, subject).unwrap().expr;
        assert_eq!(print(&read), filter.sql);
        assert_eq!(read, filter.expr, "{}", filter.sql);
    }
}
