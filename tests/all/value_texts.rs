//! PostgreSQL's own text of every type: read, printed again and stored locally, it is the same byte for byte.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use shapegen_runtime::__private::v1::{CompositeReader, CompositeWriter, chrono, rust_decimal::Decimal};
use shapegen_runtime::cell::Cell;
use shapegen_runtime::value::{
    Array, Bits, Cidr, Circle, Hstore, Inet, Interval, Json, Line, MacAddr, MacAddr8, Money, Multirange, Numeric,
    OrInfinity, Path, PgValue, Point, Polygon, Range, Rectangle, Segment, TimeOfDay, TimeTz, Vector,
};
use uuid::Uuid;

use crate::postgres::{Database, Postgres};

/// What Electric sets for its queries and for replication.
const SETTINGS: &str = "SET bytea_output = 'hex'; SET DateStyle = 'ISO, DMY'; SET TimeZone = 'UTC';
    SET extra_float_digits = 1; SET IntervalStyle = 'iso_8601'; SET xmloption = 'content';
    SET client_min_messages = error;\n";

/// A PostgreSQL type, the Rust type that holds it, and values of it as PostgreSQL reads them.
struct Case {
    pg_type: &'static str,
    rust: &'static str,
    survives: Survives,
    values: Vec<String>,
}

/// Reads a text and prints it again: what came out, or why it could not be read.
type Survive = fn(&str) -> Result<String, String>;

/// Reads a text and prints it again, alone and as part of something: what came out.
#[derive(Clone, Copy)]
struct Survives {
    value: Survive,
    list: Survive,
    array: Survive,
    composite: Survive,
    range: Survive,
}

impl Survives {
    fn of<T: PgValue>() -> Self {
        Self {
            value: survive::<T>,
            list: survive::<Vec<Option<T>>>,
            array: survive::<Array<T>>,
            composite: survive::<Triple<T>>,
            range: survive::<Range<T>>,
        }
    }
}

fn survive<T: PgValue>(text: &str) -> Result<String, String> {
    let value = T::decode(Cell::text(text)).map_err(|error| error.to_string())?;
    let stored = T::decode(value.local()).map_err(|error| format!("stored as {:?}: {error}", value.local()))?;
    let (printed, stored) = (printed(&value), printed(&stored));
    if printed == stored { Ok(printed) } else { Err(format!("stored and read again: {stored}")) }
}

fn printed(value: &impl PgValue) -> String {
    match value.text() {
        Cell::Text(text) => text.into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

/// A row of a value, a NULL and the value again.
struct Triple<T>([Option<T>; 3]);

impl<T: PgValue> PgValue for Triple<T> {
    fn decode(cell: Cell<'_>) -> Result<Self, shapegen_runtime::value::ValueError> {
        let Cell::Text(text) = &cell else { panic!("{cell:?} is no text") };
        let mut fields = CompositeReader::new("row", text)?;
        let row = Self([fields.take()?, fields.take()?, fields.take()?]);
        fields.finish()?;
        Ok(row)
    }

    fn local(&self) -> Cell<'_> {
        self.text()
    }

    fn text(&self) -> Cell<'_> {
        let mut fields = CompositeWriter::default();
        self.0.iter().for_each(|field| fields.put(field));
        Cell::Text(fields.finish().into())
    }
}

fn case<T: PgValue>(pg_type: &'static str, values: &[&str]) -> Case {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Case { pg_type, rust: std::any::type_name::<T>(), survives: Survives::of::<T>(), values }
}

impl Case {
    /// Adds random values.
    fn and(mut self, random: &mut fastrand::Rng, value: impl Fn(&mut fastrand::Rng) -> String) -> Self {
        self.values.extend((0..40).map(|_| value(random)));
        self
    }
}

const FLOATS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1.5",
    "NaN",
    "Infinity",
    "-Infinity",
    "0.1",
    "1e-4",
    "1e-5",
    "123456",
    "1234567",
    "1e6",
    "123456789012345",
    "1e15",
    "1e16",
    "1.17549435e-38",
    "3.4028235e38",
    "1e-45",
    "16777216",
];
const TEXTS: &[&str] = &[
    "",
    "NULL",
    "null",
    "a",
    " a ",
    "a,b;c",
    "it's \"quoted\" \\ {braced} (round) [square]",
    "\t\n\r\u{b}\u{c}",
    "Zoë 👋 \u{2028}",
    "empty",
    "infinity",
    "\\N",
    "\"\"",
];
const DATES: &[&str] = &["2024-02-29", "0001-01-01", "9999-12-31", "0001-12-31 BC", "4713-01-01 BC", "1970-01-01"];
const TIMES: &[&str] = &["00:00:00", "13:14:15.5", "23:59:59.999999", "00:00:00.000001", "12:00:00.120"];
const TIMESTAMPS: &[&str] = &[
    "2024-01-02 03:04:05.678901",
    "0001-01-01 00:00:00",
    "9999-12-29 23:59:59.999999",
    "0044-03-15 12:00:00.5 BC",
    "4713-01-01 00:00:00 BC",
    "1900-01-01 00:00:00",
];
const INFINITIES: &[&str] = &["infinity", "-infinity"];
const NUMERICS: &[&str] = &["0", "0.00", "1", "-1", "1.00", "0.1", "-12345678901234567890.12345678", "7.9e27", "1e-28"];

fn digits(random: &mut fastrand::Rng, most: usize) -> String {
    (0..random.usize(1..=most)).map(|_| random.digit(10)).collect()
}

/// Of any bits; and, where floats are about as dense as decimals, of few bits.
fn random_double(random: &mut fastrand::Rng) -> String {
    let value = match random.u8(..3) {
        0 => f64::from_bits(random.u64(..)),
        1 => random.u64(1 << 52..1 << 54) as f64 * 2_f64.powi(random.i32(-30..80)),
        _ => (random.u64(..) >> random.u8(..64)) as f64 * 2_f64.powi(-random.i32(..64)),
    };
    format!("{value:e}").replace("inf", "Infinity")
}

/// As [`random_double`].
fn random_single(random: &mut fastrand::Rng) -> String {
    let value = match random.u8(..3) {
        0 => f32::from_bits(random.u32(..)),
        1 => random.u32(1 << 23..1 << 25) as f32 * 2_f32.powi(random.i32(-20..40)),
        _ => (random.u32(..) >> random.u8(..32)) as f32 * 2_f32.powi(-random.i32(..32)),
    };
    format!("{value:e}").replace("inf", "Infinity")
}

fn random_point(random: &mut fastrand::Rng) -> String {
    format!("({},{})", random_double(random), random_double(random))
}

fn random_text(random: &mut fastrand::Rng) -> String {
    const HOSTILE: [char; 19] =
        ['a', ',', ' ', '"', '\\', '{', '}', '(', ')', '[', ']', ';', '=', '\'', '\n', '\t', 'é', '👋', 'N'];
    (0..random.usize(..9)).map(|_| random.choice(HOSTILE).unwrap()).collect()
}

fn random_date(random: &mut fastrand::Rng) -> String {
    let era = if random.u8(..4) == 0 { " BC" } else { "" };
    let year = random.u16(1..if era.is_empty() { 9999 } else { 4713 });
    format!("{year:04}-{:02}-{:02}{era}", random.u8(1..=12), random.u8(1..=28))
}

fn random_time(random: &mut fastrand::Rng) -> String {
    let (hour, minute, second) = (random.u8(..24), random.u8(..60), random.u8(..60));
    format!("{hour:02}:{minute:02}:{second:02}.{:06}", random.u32(..1_000_000))
}

fn random_timestamp(random: &mut fastrand::Rng) -> String {
    let (date, time) = (random_date(random), random_time(random));
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {time} BC"),
        None => format!("{date} {time}"),
    }
}

fn random_interval(random: &mut fastrand::Rng) -> String {
    let scale = |random: &mut fastrand::Rng| 10_i64.pow(random.u32(..9)).min(i64::from(random.u32(1..=500_000_000)));
    let mut part = |unit: &str| {
        let most = scale(random);
        format!("{} {unit} ", random.i64(-most..=most))
    };
    ["months", "days", "seconds", "microseconds"].map(&mut part).concat()
}

fn random_address(random: &mut fastrand::Rng) -> (String, u8) {
    if random.bool() {
        (std::net::Ipv4Addr::from(random.u32(..)).to_string(), random.u8(..=32))
    } else {
        // Many zeros, so that the short forms come up.
        let parts: [u16; 8] = std::array::from_fn(|_| if random.u8(..3) == 0 { random.u16(..) } else { 0 });
        (std::net::Ipv6Addr::from(parts).to_string(), random.u8(..=128))
    }
}

fn random_mac(random: &mut fastrand::Rng, bytes: usize) -> String {
    (0..bytes).map(|_| format!("{:02x}", random.u8(..))).collect::<Vec<_>>().join(":")
}

fn random_bounds(random: &mut fastrand::Rng, mut value: impl FnMut(&mut fastrand::Rng) -> i64) -> String {
    let (a, b) = (value(random), value(random));
    let bound =
        |random: &mut fastrand::Rng, bound: i64| if random.u8(..5) == 0 { String::new() } else { bound.to_string() };
    let (lower, upper) = (bound(random, a.min(b)), bound(random, a.max(b)));
    let (opening, closing) = (random.choice(['[', '(']).unwrap(), random.choice([']', ')']).unwrap());
    format!("{opening}{lower},{upper}{closing}")
}

fn random_json(random: &mut fastrand::Rng) -> String {
    let text = serde_json_string(&random_text(random));
    format!("{{\"a\":[{},null,true , {{}}], {text} :{text}, \"b\":1.50e3}}", random.i64(..))
}

fn serde_json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control.is_control() => write!(out, "\\u{:04x}", u32::from(control)).unwrap(),
            other => out.push(other),
        }
    }
    out + "\""
}

/// Every built-in type that has values.
fn built_in(random: &mut fastrand::Rng) -> Vec<Case> {
    let r = random;
    let jsons =
        ["null", "\"\"", "[1, \"b\\\\\\\"c\", {\"x y\": 1e10}]", "12345678901234567890.12345678901234567890", "{}"];
    let ranges = ["empty", "[1,10)", "[1,10]", "(,5)", "[5,)", "(,)", "[-7,-7]"];
    let multiranges = ["{}", "{[1,3),[5,7)}", "{(,1),(2,)}", "{(,)}", "{[1,3),[3,7)}"];
    let moments = ["empty", "(,)", "[2024-01-01,infinity)", "[-infinity,2024-02-29]", "[4713-01-01 BC,0001-01-01]"];
    let span = |random: &mut fastrand::Rng| random.i64(-1_000_000..1_000_000);
    let mut cases = vec![
        case::<bool>("bool", &["true", "false"]),
        case::<i16>("int2", &["0", "-32768", "32767"]),
        case::<i32>("int4", &["0", "-2147483648", "2147483647"]),
        case::<i64>("int8", &["0", "-9223372036854775808", "9223372036854775807"]),
        case::<f32>("float4", FLOATS).and(r, random_single),
        case::<f64>("float8", FLOATS).and(r, random_double),
        case::<f64>(
            "float8",
            &["5e-324", "1.7976931348623157e308", "2.2250738585072014e-308", "9007199254740993", "1e23"],
        ),
        case::<Numeric>("numeric", NUMERICS)
            .and(r, |r| format!("{}{}.{}", if r.bool() { "-" } else { "" }, digits(r, 40), digits(r, 20))),
        case::<Numeric>("numeric", &["NaN", "Infinity", "-Infinity", "1e131071", "-1e-16383", "1.5e1000"]),
        case::<Decimal>("numeric", NUMERICS).and(r, |r| format!("-{}.{}", digits(r, 10), digits(r, 10))),
        case::<Money>("money", &["0", "1234.56", "-0.05", "92233720368547758.07", "-92233720368547758.08"]),
        case::<String>("text", TEXTS).and(r, random_text),
        case::<String>("varchar", TEXTS),
        case::<String>("bpchar", TEXTS),
        case::<String>("name", TEXTS),
        case::<String>("char", &["", "a", "\"", "\\", "\\377", "\\001"]),
        case::<Vec<u8>>("bytea", &["", "\\x", "\\x00ff5c", "\\xdeadbeef"])
            .and(r, |r| format!("\\x{:032x}", r.u128(..))),
        case::<Uuid>("uuid", &["00000000-0000-0000-0000-000000000000", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"]),
        case::<Json>("json", &jsons).and(r, random_json),
        case::<Json>("jsonb", &jsons).and(r, random_json),
        case::<Date>("date", DATES).and(r, random_date),
        case::<Time>("time", TIMES).and(r, random_time),
        case::<DateTime>("timestamp", TIMESTAMPS).and(r, random_timestamp),
        case::<Timestamp>("timestamptz", TIMESTAMPS).and(r, random_timestamp),
        case::<OrInfinity<Date>>("date", &[DATES, INFINITIES].concat()).and(r, random_date),
        case::<TimeOfDay>("time", &[TIMES, &["24:00:00"]].concat()).and(r, random_time),
        case::<OrInfinity<DateTime>>("timestamp", &[TIMESTAMPS, INFINITIES].concat()),
        case::<OrInfinity<Timestamp>>("timestamptz", &[TIMESTAMPS, INFINITIES].concat()),
        case::<chrono::NaiveDate>("date", &[DATES, &["262142-12-31"]].concat()).and(r, random_date),
        case::<chrono::NaiveTime>("time", TIMES).and(r, random_time),
        case::<chrono::NaiveDateTime>("timestamp", &[TIMESTAMPS, &["12345-01-01 00:00:00"]].concat())
            .and(r, random_timestamp),
        case::<OrInfinity<chrono::DateTime<chrono::Utc>>>("timestamptz", &[TIMESTAMPS, INFINITIES].concat())
            .and(r, random_timestamp),
        case::<TimeTz>(
            "timetz",
            &["24:00:00-15:59:59", "00:00:00+15:59:59", "13:14:15.5+02", "01:02:03+05:30", "12:00Z"],
        )
        .and(r, |r| format!("{}{:+03}:{:02}:{:02}", random_time(r), r.i8(-15..=15), r.u8(..60), r.u8(..60))),
        case::<Interval>("interval", &["0", "1 month", "-1 day", "1 day -1 microsecond", "-0.5 seconds", "100:00:00"])
            .and(r, random_interval),
        case::<Interval>("interval", &["178956970 years 7 mons 2147483647 days 2562047788:00:54.775806"]),
        case::<Interval>("interval", &["-178956970 years -8 mons", "-2147483648 days", "-2562047788:00:54.775807"]),
        case::<Inet>(
            "inet",
            &["10.0.0.1/24", "10.0.0.1", "0.0.0.0/0", "::", "::1", "::2", "::1.2.3.4", "::ffff:1.2.3.4"],
        )
        .and(r, |r| random_address(r).0),
        case::<Inet>("inet", &["2001:db8::1/64", "::1:0:0", "::ffff:0:0/96", "1::/16", "1:0:0:2::3", "::1:2:3/0"]).and(
            r,
            |r| {
                let (address, prefix) = random_address(r);
                format!("{address}/{prefix}")
            },
        ),
        case::<Cidr>("cidr", &["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1", "::1.2.3.0/120"]),
        case::<MacAddr>("macaddr", &["00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF"]).and(r, |r| random_mac(r, 6)),
        case::<MacAddr8>("macaddr8", &["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff:ff:ff"]).and(r, |r| random_mac(r, 8)),
        case::<Bits>("bit", &["", "0", "1", "10101010", "000000000000000000000000000000000"]),
        case::<Bits>("varbit", &["", "0", "1"]).and(r, |r| format!("{:b}", r.u128(..))),
        case::<String>("xml", &["", "<a>1</a>", "<a b=\"c, d\">&lt; {é}</a>", "text"]),
        case::<String>("tsvector", &["", "a:1 fat:2B,4C cat:3A", "'it''s' 'a b' 'c\\\\d'"]),
        case::<String>("tsquery", &["", "fat & (cat | !rat:AB*)", "'a b' <-> 'c''d'"]),
        case::<String>("jsonpath", &["$", "$.a[*] ? (@.\"x y\" > 1.5)", "strict $.**{2 to last}"]),
        case::<Range<i32>>("int4range", &ranges).and(r, |r| random_bounds(r, span)),
        case::<Range<i64>>("int8range", &ranges).and(r, |r| random_bounds(r, span)),
        case::<Range<Numeric>>("numrange", &ranges).and(r, |r| random_bounds(r, span)),
        case::<Range<Numeric>>("numrange", &["[-1.50,NaN]", "(-Infinity,Infinity)"]),
        case::<Range<OrInfinity<Date>>>("daterange", &moments),
        case::<Range<OrInfinity<DateTime>>>("tsrange", &moments),
        case::<Range<OrInfinity<Timestamp>>>("tstzrange", &moments),
        case::<Range<Timestamp>>("tstzrange", &["empty", "[2024-01-01 00:00:00.5+02,2024-02-01)", "(,)"]),
        case::<Multirange<i32>>("int4multirange", &multiranges),
        case::<Multirange<i64>>("int8multirange", &multiranges),
        case::<Multirange<Numeric>>("nummultirange", &multiranges),
        case::<Multirange<OrInfinity<Date>>>(
            "datemultirange",
            &["{}", "{[2024-01-01,2024-02-01),[2025-01-01,infinity)}"],
        ),
        case::<Multirange<OrInfinity<DateTime>>>("tsmultirange", &["{}", "{[2024-01-01,2024-02-01],(2025-01-01,)}"]),
        case::<Multirange<OrInfinity<Timestamp>>>("tstzmultirange", &["{}", "{[2024-01-01,2024-02-01],(2025-01-01,)}"]),
        case::<Point>("point", &["(1.5,2)", "(NaN,-0)", "(Infinity,-Infinity)"]).and(r, random_point),
        case::<Line>("line", &["{1,-1,0}", "{-0,1.5,1e300}", "{NaN,1,2}"]),
        case::<Segment>("lseg", &["[(0,0),(1,1)]", "[(NaN,1e-7),(-0,2)]"])
            .and(r, |r| format!("[{},{}]", random_point(r), random_point(r))),
        case::<Rectangle>("box", &["(3,3),(0,0)", "(0,0),(3,3)", "(1e300,NaN),(-1,-0)"])
            .and(r, |r| format!("{},{}", random_point(r), random_point(r))),
        case::<Path>("path", &["[(0,0),(1,1)]", "((0,0),(1,1),(2,0))", "[(1,2)]", "((1,2))"])
            .and(r, |r| format!("[{},{}]", random_point(r), random_point(r))),
        case::<Polygon>("polygon", &["((0,0),(1,1),(1,0))", "((1,2))"])
            .and(r, |r| format!("({},{})", random_point(r), random_point(r))),
        case::<Circle>("circle", &["<(0,0),1.5>", "<(1,-0),0>", "<(NaN,1),Infinity>"])
            .and(r, |r| format!("<{},{}>", random_point(r), r.u32(..))),
        case::<u32>("oid", &["0", "4294967295"]),
        case::<u32>("xid", &["0", "4294967295"]),
        case::<u32>("cid", &["0", "4294967295"]),
        case::<u64>("xid8", &["0", "42", "18446744073709551615"]),
        case::<String>("tid", &["(0,1)", "(4294967295,65535)"]),
        case::<String>("pg_lsn", &["0/0", "FFFFFFFF/FFFFFFFF"]),
        case::<String>("txid_snapshot", &["10:20:10,14,15"]),
        case::<String>("pg_snapshot", &["10:20:10,14,15"]),
        case::<String>("refcursor", TEXTS),
        case::<String>("aclitem", &["judge=arwdDxt/judge", "=r*/judge"]),
        case::<String>("int2vector", &["", "1 -2 3"]),
        case::<String>("oidvector", &["", "1 2 3"]),
        case::<String>("regclass", &["pg_class", "information_schema.tables", "4294967295"]),
        case::<String>("regtype", &["timestamp with time zone", "numeric[]"]),
        case::<String>("regproc", &["now"]),
        case::<String>("regprocedure", &["substr(text,integer)"]),
        case::<String>("regoper", &["||/"]),
        case::<String>("regoperator", &["+(integer,integer)"]),
        case::<String>("regrole", &["judge", "pg_monitor"]),
        case::<String>("regnamespace", &["pg_catalog"]),
        case::<String>("regcollation", &["\"C\"", "\"default\""]),
        case::<String>("regconfig", &["english"]),
        case::<String>("regdictionary", &["simple"]),
    ];
    for case in &mut cases {
        case.values.sort();
        case.values.dedup();
    }
    cases
}

/// What extensions that come with PostgreSQL bring.
fn of_extensions(random: &mut fastrand::Rng) -> Vec<Case> {
    vec![
        case::<String>("citext", TEXTS).and(random, random_text),
        case::<Hstore>(
            "hstore",
            &["", "a=>1, bb=>NULL, \"\"=>\"\"", "\"q\\\"\\\\\"=>\"a, b=>c\", c=>null, \"NULL\"=>\"NULL\""],
        )
        .and(random, |r| {
            let mut quoted = || format!("\"{}\"", random_text(r).replace('\\', "\\\\").replace('"', "\\\""));
            format!("{}=>{}, {}=>NULL, {}=>{}", quoted(), quoted(), quoted(), quoted(), quoted())
        }),
        case::<String>("ltree", &["", "a.b_c.d1"]),
        case::<String>("lquery", &["*.a*{2,}.!b|c@"]),
        case::<String>("ltxtquery", &["a & !b@ | c*"]),
        case::<String>("cube", &["(1,2),(3,4)", "(0)"]),
        case::<String>("seg", &["1.0 .. 2.0", "~3", "<4"]),
        case::<String>("isbn", &["978-0-393-04002-9"]),
        case::<String>("ean13", &["4600051000057"]),
    ]
}

/// Types of `pg_catalog` that take no value from outside: their text is all that they have.
const WITHOUT_INPUT: [&str; 7] = [
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
];

/// Types that have no place in a range, since they have no order; and those whose ranges are there already.
fn has_ranges(database: &Database<'_>) -> BTreeSet<String> {
    let ordered = database.sql(
        "SELECT t.typname FROM pg_type t JOIN pg_opclass o ON o.opcintype = t.oid AND o.opcdefault
         JOIN pg_am a ON a.oid = o.opcmethod WHERE a.amname = 'btree' AND t.typtype <> 'p';",
    );
    ordered.lines().map(str::to_owned).collect()
}

fn hex(sql: &str) -> String {
    format!("encode(convert_to(format('%s', {sql}), 'UTF8'), 'hex')")
}

fn unhex(text: &str) -> String {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    String::from_utf8((0..text.len()).step_by(2).map(byte).collect()).unwrap()
}

/// What is asked of a value, and what is wrong with the answer.
fn check(case: &Case, form: &str, texts: [&str; 2]) -> Result<(), String> {
    let [out, cast] = texts;
    let survives = match form {
        "value" => case.survives.value,
        "list" => case.survives.list,
        "array" => case.survives.array,
        "row" => case.survives.composite,
        _ => case.survives.range,
    };
    let printed = survives(out).map_err(|error| format!("`{out}`: {error}"))?;
    // A boolean's cast is what Electric sends of a column; other types have one text, but for what a cast leaves out.
    let expected = if (case.pg_type, form) == ("bool", "value") { cast } else { out };
    if printed != expected {
        return Err(format!("`{expected}` is printed as `{printed}`"));
    }
    if matches!(case.pg_type, "bpchar" | "char") {
        return Ok(());
    }
    let printed = survives(cast).map_err(|error| format!("cast to text: `{cast}`: {error}"))?;
    if printed == expected { Ok(()) } else { Err(format!("cast to text: `{cast}` is printed as `{printed}`")) }
}

/// All that PostgreSQL prints of the cases, and what is wrong with ours.
fn failures(database: &Database<'_>, cases: &[Case]) -> Vec<String> {
    let ordered = has_ranges(database);
    let mut sql = String::from(SETTINGS);
    let mut has_range = BTreeSet::new();
    for (at, case) in cases.iter().enumerate() {
        let ty = format!("\"{}\"", case.pg_type);
        let mut ask = |form: &str, value: &str| {
            writeln!(sql, "SELECT {at}, '{form}', {}, {} FROM (SELECT {value} AS v) AS q;", hex("v"), hex("v::text"))
                .unwrap();
        };
        let literals: Vec<String> = case.values.iter().map(|value| format!("$_${value}$_$::{ty}")).collect();
        literals.iter().for_each(|literal| ask("value", literal));
        let all = literals.join(", ");
        let (first, last) = (literals.first().unwrap(), literals.last().unwrap());
        let lists = [format!("ARRAY[{all}, NULL]"), format!("ARRAY[NULL, {last}]::{ty}[]"), format!("'{{}}'::{ty}[]")];
        for list in &lists {
            ask("list", list);
            ask("array", list);
        }
        ask("array", &format!("ARRAY[[{first}, NULL], [{last}, {first}]]"));
        ask("array", &format!("('[0:1][-3:-2]=' || ARRAY[[{first}, {last}], [NULL, {first}]]::text)::{ty}[]"));
        ask("array", &format!("('[7:7]=' || ARRAY[{last}]::text)::{ty}[]"));
        ask("array", &format!("ARRAY[[[[[[{first}]]]]]]"));
        for literal in &literals {
            ask("row", &format!("ROW({literal}, NULL, {literal})"));
        }
        if ordered.contains(case.pg_type) {
            let name = format!("\"{}_as_range\"", case.pg_type);
            if has_range.insert(case.pg_type) {
                database.sql(&format!("CREATE TYPE {name} AS RANGE (subtype = {ty});"));
            }
            for literal in &literals {
                for bounds in ["[]", "()", "[)"] {
                    ask("range", &format!("{name}({literal}, NULL, '{bounds}')"));
                    ask("range", &format!("{name}(NULL, {literal}, '{bounds}')"));
                    ask("range", &format!("{name}({literal}, {literal}, '{bounds}')"));
                }
            }
        }
    }
    let answers = database.sql(&sql);
    let mut failures = Vec::new();
    let mut checked = 0;
    for line in answers.lines() {
        let mut columns = line.split('|');
        let mut next = || columns.next().unwrap();
        let (at, form, out, cast) = (next(), next(), unhex(next()), unhex(next()));
        let case = &cases[at.parse::<usize>().unwrap()];
        if let Err(error) = check(case, form, [&out, &cast]) {
            failures.push(format!("{} as {}, {form}: {error}", case.pg_type, case.rust));
        }
        checked += 1;
    }
    assert!(checked > 20 * cases.len(), "PostgreSQL answered {checked} times");
    failures
}

fn seeded() -> (u64, fastrand::Rng) {
    let seed = std::env::var("SHAPEGEN_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    (seed, fastrand::Rng::with_seed(seed))
}

#[test]
fn postgresqls_text_of_every_built_in_type_survives() {
    let Some(postgres) = Postgres::shared("that PostgreSQL's own text of every type survives") else { return };
    let (seed, mut random) = seeded();
    let cases = built_in(&mut random);
    let database = postgres.database("value_texts");
    let names = database.sql(
        "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
         AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = pg_type.oid) ORDER BY 1;",
    );
    let known: BTreeSet<&str> = cases.iter().map(|case| case.pg_type).chain(WITHOUT_INPUT).collect();
    let forgotten: Vec<_> = names.lines().filter(|name| !known.contains(name)).collect();
    assert!(forgotten.is_empty(), "no case of {forgotten:?}");
    let failures = failures(&database, &cases);
    assert!(failures.is_empty(), "SHAPEGEN_SEED={seed}\n{}", failures.join("\n"));
}

#[test]
fn postgresqls_text_of_the_types_of_extensions_survives() {
    let Some(postgres) = Postgres::shared("that PostgreSQL's own text of extensions' types survives") else { return };
    let (seed, mut random) = seeded();
    let database = postgres.database("value_texts_extensions");
    for extension in ["citext", "hstore", "ltree", "cube", "seg", "isn"] {
        database.sql(&format!("CREATE EXTENSION {extension};"));
    }
    let failures = failures(&database, &of_extensions(&mut random));
    assert!(failures.is_empty(), "SHAPEGEN_SEED={seed}\n{}", failures.join("\n"));
}

#[test]
fn a_float_is_as_short_as_postgresqls() {
    let Some(postgres) = Postgres::shared("that floats are as short as PostgreSQL's") else { return };
    let (seed, mut random) = seeded();
    let database = postgres.database("value_texts_floats");
    let doubles: Vec<String> = (0..10_000).map(|_| random_double(&mut random)).collect();
    let singles: Vec<String> = (0..10_000).map(|_| random_single(&mut random)).collect();
    for (ty, survive, values) in
        [("float8", survive::<Vec<Option<f64>>> as Survive, doubles), ("float4", survive::<Vec<Option<f32>>>, singles)]
    {
        let printed = database.sql(&format!("{SETTINGS} SELECT '{{{}}}'::{ty}[];", values.join(",")));
        let ours = survive(printed.trim_end()).unwrap();
        for (theirs, ours) in printed.trim_end().split(',').zip(ours.split(',')) {
            assert_eq!(theirs, ours, "SHAPEGEN_SEED={seed}");
        }
    }
}

#[test]
fn an_interval_is_the_same_in_each_of_postgresqls_styles() {
    let Some(postgres) = Postgres::shared("that each style of intervals is read") else { return };
    let (seed, mut random) = seeded();
    let database = postgres.database("value_texts_intervals");
    let mut values: Vec<String> = (0..200).map(|_| random_interval(&mut random)).collect();
    values.extend(
        ["0", "1 month", "-1 month 1 day", "-1 day", "-1 day -1 hour", "1 year -00:00:00.5"].map(str::to_owned),
    );
    let mut sql = String::from(SETTINGS);
    // The style decides on how a text is read, too: so they are read before it changes.
    let rows: Vec<String> = (0..).zip(&values).map(|(at, value)| format!("({at}, '{value}'::interval)")).collect();
    writeln!(sql, "CREATE TABLE spans AS SELECT * FROM (VALUES {}) AS v (id, span);", rows.join(", ")).unwrap();
    for at in 0..values.len() {
        for style in ["iso_8601", "postgres", "postgres_verbose", "sql_standard"] {
            writeln!(sql, "SET IntervalStyle = '{style}'; SELECT span FROM spans WHERE id = {at};").unwrap();
        }
    }
    let answers = database.sql(&sql);
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(lines.len(), 4 * values.len());
    for styles in lines.chunks(4) {
        let read = |text: &str| text.parse::<Interval>().unwrap_or_else(|error| panic!("SHAPEGEN_SEED={seed} {error}"));
        for text in styles {
            assert_eq!(read(text), read(styles[0]), "SHAPEGEN_SEED={seed} {styles:?}");
        }
    }
}

#[test]
fn what_a_checked_type_refuses_is_named() {
    let refused: [(Survive, &[&str]); 9] = [
        (survive::<Date>, &["infinity", "-infinity", "10000-01-01", "5874897-12-31"]),
        (survive::<DateTime>, &["infinity", "294276-12-31 23:59:59.999999"]),
        (survive::<Timestamp>, &["-infinity", "294276-12-31 23:59:59.999999+00"]),
        (survive::<OrInfinity<Date>>, &["10000-01-01", "Infinity"]),
        (survive::<Time>, &["24:00:00"]),
        (survive::<Range<Date>>, &["[2024-01-01,infinity)"]),
        (survive::<Decimal>, &["NaN", "Infinity", "0.00000000000000000000000000001", "79228162514264337593543950336"]),
        (survive::<Vec<Option<i32>>>, &["{{1,2},{3,4}}", "[0:1]={1,2}"]),
        (survive::<Vector>, &["1,2", "[a]"]),
    ];
    for (survive, texts) in refused {
        for text in texts {
            let error = survive(text).expect_err(text);
            let value = text.trim_matches(['[', ')', ']']).rsplit(',').next().unwrap();
            assert!(error.contains(value), "{text}: {error}");
        }
    }
}
