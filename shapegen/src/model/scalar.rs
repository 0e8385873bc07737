//! The Rust types of single values: how code spells them, how the local database stores them, what they can do.

use std::fmt;

/// A Rust type without parameters that the runtime reads and writes.
#[derive(PartialEq, Eq, Hash)]
pub struct Scalar {
    /// What the manifest and `explain` call it: `String`, `Uuid`.
    pub name: &'static str,
    /// As generated code spells it: `String`, `v1::Uuid`.
    pub path: &'static str,
    /// The column's type in the local database: `INTEGER`, `TEXT`, `BLOB` or `ANY`.
    pub local_type: &'static str,
    /// What the local database holds: equal for types that read each other's rows.
    pub stored: &'static str,
    /// It is `Copy`.
    pub copy: bool,
    /// It is `Eq`, `Ord` and `Hash`, and equal values are stored alike: rows are told apart and found by it.
    pub key: bool,
    /// The types of PostgreSQL whose text it reads, by `pg_type.typname`; empty: any.
    pub reads: &'static [&'static str],
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

const COPY: bool = true;
const KEY: bool = true;
const NO: bool = false;

macro_rules! scalars {
    ($($ident:ident = $name:literal, $path:literal, $local_type:ident as $stored:literal, $copy:ident $key:ident,
        $reads:expr;)*) => {
        $(
            #[doc = concat!("`", $path, "`")]
            pub static $ident: Scalar = Scalar {
                name: $name,
                path: $path,
                local_type: stringify!($local_type),
                stored: $stored,
                copy: $copy,
                key: $key,
                reads: $reads,
            };
        )*

        /// All of them.
        pub static ALL: &[&Scalar] = &[$(&$ident),*];
    };
}

const INTEGERS: &[&str] = &["int2", "int4", "int8", "numeric", "oid", "xid", "cid", "xid8"];
const NUMBERS: &[&str] = &["float4", "float8", "int2", "int4", "int8", "numeric"];

scalars! {
    BOOL = "bool", "bool", INTEGER as "bool", COPY KEY, &["bool"];
    I16 = "i16", "i16", INTEGER as "integer", COPY KEY, INTEGERS;
    I32 = "i32", "i32", INTEGER as "integer", COPY KEY, INTEGERS;
    I64 = "i64", "i64", INTEGER as "integer", COPY KEY, INTEGERS;
    // NaN and -0.0 are stored as text.
    F32 = "f32", "f32", ANY as "float4", COPY NO, NUMBERS;
    F64 = "f64", "f64", ANY as "float8", COPY NO, NUMBERS;
    STRING = "String", "String", TEXT as "text", NO KEY, &[];
    BYTES = "Vec<u8>", "Vec<u8>", BLOB as "bytea", NO KEY, &["bytea"];
    NUMERIC = "Numeric", "v1::Numeric", TEXT as "numeric", NO KEY, NUMBERS;
    UUID = "Uuid", "v1::Uuid", BLOB as "uuid", COPY KEY, &["uuid"];
    DATE = "Date", "v1::Date", TEXT as "date", COPY KEY, &["date"];
    TIME = "Time", "v1::Time", TEXT as "time", COPY KEY, &["time"];
    DATE_TIME = "DateTime", "v1::DateTime", TEXT as "timestamp", COPY KEY, &["timestamp"];
    TIMESTAMP = "Timestamp", "v1::Timestamp", TEXT as "timestamptz", COPY KEY, &["timestamptz"];
    JSON = "Json", "v1::Json", TEXT as "json", NO NO, &["json", "jsonb"];
    U32 = "u32", "u32", INTEGER as "integer", COPY KEY, INTEGERS;
    U64 = "u64", "u64", TEXT as "u64", COPY KEY, INTEGERS;
    DECIMAL = "Decimal", "v1::rust_decimal::Decimal", TEXT as "numeric", COPY KEY, NUMBERS;
    NAIVE_DATE = "NaiveDate", "v1::chrono::NaiveDate", TEXT as "date", COPY KEY, &["date"];
    NAIVE_TIME = "NaiveTime", "v1::chrono::NaiveTime", TEXT as "time", COPY KEY, &["time"];
    NAIVE_DATE_TIME = "NaiveDateTime", "v1::chrono::NaiveDateTime", TEXT as "timestamp", COPY KEY, &["timestamp"];
    DATE_TIME_UTC = "DateTime<Utc>", "v1::chrono::DateTime<v1::chrono::Utc>", TEXT as "timestamptz", COPY KEY, &["timestamptz"];
    TIME_OF_DAY = "TimeOfDay", "v1::TimeOfDay", TEXT as "time", COPY KEY, &["time"];
    TIME_TZ = "TimeTz", "v1::TimeTz", TEXT as "timetz", COPY KEY, &["timetz"];
    INTERVAL = "Interval", "v1::Interval", TEXT as "interval", COPY KEY, &["interval"];
    MONEY = "Money", "v1::Money", TEXT as "text", NO KEY, &["money"];
    INET = "Inet", "v1::Inet", TEXT as "inet", COPY KEY, &["inet", "cidr"];
    CIDR = "Cidr", "v1::Cidr", TEXT as "cidr", COPY KEY, &["cidr"];
    MAC_ADDR = "MacAddr", "v1::MacAddr", TEXT as "text", COPY KEY, &["macaddr"];
    MAC_ADDR8 = "MacAddr8", "v1::MacAddr8", TEXT as "text", COPY KEY, &["macaddr8"];
    BITS = "Bits", "v1::Bits", TEXT as "text", NO KEY, &["bit", "varbit"];
    POINT = "Point", "v1::Point", TEXT as "text", COPY NO, &["point"];
    LINE = "Line", "v1::Line", TEXT as "text", COPY NO, &["line"];
    SEGMENT = "Segment", "v1::Segment", TEXT as "text", COPY NO, &["lseg"];
    RECTANGLE = "Rectangle", "v1::Rectangle", TEXT as "text", COPY NO, &["box"];
    PATH = "Path", "v1::Path", TEXT as "text", NO NO, &["path"];
    POLYGON = "Polygon", "v1::Polygon", TEXT as "text", NO NO, &["polygon"];
    CIRCLE = "Circle", "v1::Circle", TEXT as "text", COPY NO, &["circle"];
    HSTORE = "Hstore", "v1::Hstore", TEXT as "text", NO NO, &["hstore"];
    VECTOR = "Vector", "v1::Vector", TEXT as "text", NO NO, &["vector"];
}
