//! Types as Electric's evaluator sees them: which it has, which turn into which, and by which names.

use shapegen_runtime::expr::{Kind, Number, Scalar};

use crate::catalog::{BaseType, DataType, QualifiedName};

/// A type with operators or casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Varchar,
    Bpchar,
    Name,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
}

/// Each with its `pg_type.typname`.
const NAMES: [(Base, &str); 17] = [
    (Base::Bool, "bool"),
    (Base::Int2, "int2"),
    (Base::Int4, "int4"),
    (Base::Int8, "int8"),
    (Base::Float4, "float4"),
    (Base::Float8, "float8"),
    (Base::Numeric, "numeric"),
    (Base::Text, "text"),
    (Base::Varchar, "varchar"),
    (Base::Bpchar, "bpchar"),
    (Base::Name, "name"),
    (Base::Date, "date"),
    (Base::Time, "time"),
    (Base::Timestamp, "timestamp"),
    (Base::Timestamptz, "timestamptz"),
    (Base::Interval, "interval"),
    (Base::Uuid, "uuid"),
];

/// Of which types one is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Bool,
    Number,
    Text,
    Time,
    Interval,
    Uuid,
}

impl Base {
    /// The types of numbers, in the order in which they widen.
    pub(super) const NUMBERS: [Self; 6] =
        [Self::Int2, Self::Int4, Self::Int8, Self::Numeric, Self::Float4, Self::Float8];

    pub(super) fn named(typname: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name)| *name == typname).map(|(base, _)| *base)
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(base, _)| *base == self).map_or("text", |(_, name)| name)
    }

    /// A type by what people write in a cast, `None` where Electric casts to no such type.
    pub(super) fn cast_target(written: &str) -> Option<Self> {
        Some(match written {
            "bool" | "boolean" => Self::Bool,
            "int2" | "smallint" => Self::Int2,
            "int4" | "int" | "integer" => Self::Int4,
            "int8" | "bigint" => Self::Int8,
            "float4" | "real" => Self::Float4,
            "float8" | "double precision" | "float" => Self::Float8,
            "text" => Self::Text,
            "varchar" | "character varying" => Self::Varchar,
            "date" => Self::Date,
            "time" | "time without time zone" => Self::Time,
            "timestamp" | "timestamp without time zone" => Self::Timestamp,
            "timestamptz" | "timestamp with time zone" => Self::Timestamptz,
            "interval" => Self::Interval,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    pub(super) fn category(self) -> Category {
        match self {
            Self::Bool => Category::Bool,
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Float4 | Self::Float8 | Self::Numeric => Category::Number,
            Self::Text | Self::Varchar | Self::Bpchar | Self::Name => Category::Text,
            Self::Date | Self::Time | Self::Timestamp | Self::Timestamptz => Category::Time,
            Self::Interval => Category::Interval,
            Self::Uuid => Category::Uuid,
        }
    }

    /// Chosen before others of its category.
    pub(super) fn is_preferred(self) -> bool {
        matches!(self, Self::Bool | Self::Float8 | Self::Text | Self::Timestamptz | Self::Interval)
    }

    /// Whether a value becomes one of the other type by itself.
    pub(super) fn becomes(self, to: Self) -> bool {
        use Base::{Date, Float4, Float8, Int2, Int4, Int8, Interval, Numeric, Time, Timestamp};
        self == to
            || match self {
                Int2 => matches!(to, Int4 | Int8 | Numeric | Float4 | Float8),
                Int4 => matches!(to, Int8 | Numeric | Float4 | Float8),
                Int8 => matches!(to, Numeric | Float4 | Float8),
                Numeric => matches!(to, Float4 | Float8),
                Float4 => to == Float8,
                Date => to == Timestamp,
                Time => to == Interval,
                Self::Name => to == Self::Text,
                text => text.category() == Category::Text && to.category() == Category::Text,
            }
    }

    pub(super) fn is_whole(self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    pub(super) fn number(self) -> Option<Number> {
        Some(match self {
            Self::Int2 => Number::Int2,
            Self::Int4 => Number::Int4,
            Self::Int8 => Number::Int8,
            Self::Float4 => Number::Float4,
            Self::Float8 => Number::Float8,
            Self::Numeric => Number::Numeric,
            _ => return None,
        })
    }

    pub(super) fn scalar(self) -> Scalar {
        match self {
            Self::Bool => Scalar::Bool,
            Self::Text | Self::Varchar | Self::Name => Scalar::Text,
            Self::Bpchar => Scalar::Bpchar,
            Self::Date => Scalar::Date,
            Self::Time => Scalar::Time,
            Self::Timestamp => Scalar::Timestamp,
            Self::Timestamptz => Scalar::Timestamptz,
            Self::Interval => Scalar::Interval,
            Self::Uuid => Scalar::Uuid,
            number => number.number().map_or(Scalar::Text, Scalar::Number),
        }
    }

    pub(super) fn kind(self) -> Kind {
        Kind::of(self.name()).unwrap_or(Kind::Text)
    }

    /// The type that both become, as PostgreSQL finds the one of a `coalesce`; `None` where there is none.
    pub(super) fn common(self, other: Self) -> Option<Self> {
        if self.category() != other.category() {
            None
        } else if self == other || (self.is_preferred() && other.becomes(self)) || other.becomes(self) {
            Some(if self.becomes(other) && !other.becomes(self) { other } else { self })
        } else if self.becomes(other) {
            Some(other)
        } else {
            None
        }
    }
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Base(Base),
    /// Of any number of dimensions.
    Array(Base),
    Enum(QualifiedName),
    /// What has no operators: by its name.
    Other(String),
}

impl Type {
    pub(super) fn of(data_type: &DataType) -> Self {
        let base = match &data_type.base {
            BaseType::BuiltIn { name, .. } => Base::named(name),
            BaseType::Enum(name) if data_type.dims == 0 => return Self::Enum(name.clone()),
            _ => None,
        };
        match base {
            Some(base) if data_type.dims == 0 => Self::Base(base),
            Some(base) => Self::Array(base),
            None => Self::Other(shown(data_type)),
        }
    }

    pub(super) fn base(&self) -> Option<Base> {
        match self {
            Self::Base(base) => Some(*base),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Base(base) => base.name().to_owned(),
            Self::Array(base) => format!("{}[]", base.name()),
            Self::Enum(name) => name.name.clone(),
            Self::Other(name) => name.clone(),
        }
    }

    /// As the catalog says it, for a parameter.
    pub(super) fn data_type(&self) -> DataType {
        let (base, dims) = match self {
            Self::Base(base) => (built_in(base.name()), 0),
            Self::Array(base) => (built_in(base.name()), 1),
            Self::Enum(name) => (BaseType::Enum(name.clone()), 0),
            Self::Other(_) => (built_in("text"), 0),
        };
        DataType { base, dims }
    }
}

fn built_in(name: &'static str) -> BaseType {
    BaseType::BuiltIn { name, modifiers: Vec::new() }
}

/// A type as people write it.
pub(super) fn shown(data_type: &DataType) -> String {
    format!("{}{}", data_type.base.typname(), "[]".repeat(usize::from(data_type.dims)))
}
