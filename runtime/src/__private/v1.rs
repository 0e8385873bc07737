//! The names that generated code uses, major form 1.

pub use std::borrow::Cow;

pub use crate::cell::Cell;
#[cfg(feature = "client")]
pub use crate::client::{Client, ClientBuilder, Mode, NoSession, Session, TokenProvider, TypedClient};
#[cfg(feature = "client")]
pub use crate::clock::ManualClock;
#[cfg(feature = "client")]
pub use crate::collection::Collection;
pub use crate::columns::{ColumnError, Columns, Encoder, nullable, or_default};
pub use crate::definition::{
    Column, Filter, Load, LocalTable, Newest, Param, ParamSource, Policy, Replica, ShapeDefinition, Table, Transport,
};
pub use crate::expr::{ArrayTest, Comparison, Expr, Function, Kind, Like, Number, Operand, Scalar, Select, Test};
pub use crate::shape::{Index, Shape, ShapeParams};
#[cfg(feature = "serde")]
pub use crate::value::JsonOf;
pub use crate::value::{
    Array, Bits, Cidr, Circle, CompositeReader, CompositeWriter, Dimension, Hstore, Inet, Interval, Json, Line,
    MacAddr, MacAddr8, Money, Multirange, Numeric, OrInfinity, Path, PgValue, Point, Polygon, Range, Rectangle, Secret,
    Segment, TimeOfDay, TimeTz, ValueError, Vector,
};
pub use crate::{composite_value, enum_serde, enum_value, generated_for, newtype_value};
#[cfg(feature = "chrono")]
pub use chrono;
pub use jiff::Timestamp;
pub use jiff::civil::{Date, DateTime, Time};
#[cfg(feature = "rust_decimal")]
pub use rust_decimal;
#[cfg(feature = "serde")]
pub use serde;
pub use uuid::Uuid;

/// The form of generated code that this runtime carries.
pub const FORM: u32 = 1;

/// A PostgreSQL enum, known labels and those to come.
#[diagnostic::on_unimplemented(
    message = "the column is an enum of PostgreSQL, which `{Self}` is not",
    label = "not an enum of PostgreSQL",
    note = "derive `ShapeEnum` for it, read it by a module: `#[shape(with = \"…\")]`, or write `String`"
)]
pub trait PgEnum: Sized {
    /// The enum in PostgreSQL: its schema and its name.
    const TYPE: (&'static str, &'static str);
    /// The value of a label.
    fn from_label(label: &str) -> Self;
    /// The label of a value.
    fn label(&self) -> &str;
}

/// Fails to compile where a column of one enum has a field of another.
pub const fn check_enum<T: PgEnum>(schema: &str, name: &str) {
    // An enum with which something is wrong has no name.
    let fits = T::TYPE.1.is_empty() || (same(T::TYPE.0, schema) && same(T::TYPE.1, name));
    assert!(fits, "the column is of another enum of PostgreSQL than the field");
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

/// What a struct has for a definition that has none, since something is wrong with it: no program runs with it.
pub static INERT: &ShapeDefinition = &ShapeDefinition {
    name: "",
    table: Table { schema: "", name: "" },
    columns: &[],
    key: &[],
    filter: None,
    params: &[],
    request: 0,
    load: Load::All,
    replica: Replica::Default,
    policy: Policy {
        kept: false,
        flush_within_ms: 0,
        stale_after_s: 0,
        max_age_s: None,
        transport: Transport::LongPoll,
    },
    local: LocalTable { table: "", create: "", indexes: &[], view: "", fingerprint: 0 },
};

/// Fails to compile, with one sentence, when generated code and runtime don't fit.
#[doc(hidden)]
#[macro_export]
macro_rules! generated_for {
    ($form:literal) => {
        const _: () = ::core::assert!(
            $form == $crate::__private::v1::FORM,
            "this code was generated for another form of shapegen-runtime: use the same version of shapegen and shapegen-runtime"
        );
    };
}

/// Gives an enum that is a `PgEnum` the reading and writing of a column.
#[doc(hidden)]
#[macro_export]
macro_rules! enum_value {
    ($name:ident) => {
        impl $crate::__private::v1::PgValue for $name {
            fn decode(
                cell: $crate::__private::v1::Cell<'_>,
            ) -> ::core::result::Result<Self, $crate::__private::v1::ValueError> {
                match &cell {
                    $crate::__private::v1::Cell::Text(label) => {
                        ::core::result::Result::Ok(<Self as $crate::__private::v1::PgEnum>::from_label(label))
                    }
                    _ => ::core::result::Result::Err($crate::__private::v1::ValueError::unexpected(
                        ::core::stringify!($name),
                        &cell,
                    )),
                }
            }

            fn local(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::PgValue::text(self)
            }

            fn text(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::Cell::text($crate::__private::v1::PgEnum::label(self))
            }
        }
    };
}

/// Gives an enum that is a `PgEnum` serde's traits: it is its label.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! enum_serde {
    ($name:ident) => {
        impl $crate::__private::v1::serde::Serialize for $name {
            fn serialize<S: $crate::__private::v1::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::__private::v1::PgEnum::label(self))
            }
        }

        impl<'de> $crate::__private::v1::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::v1::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                let label = <$crate::__private::v1::Cow<'de, str> as $crate::__private::v1::serde::Deserialize<'de>>::deserialize(deserializer)?;
                ::core::result::Result::Ok(<Self as $crate::__private::v1::PgEnum>::from_label(&label))
            }
        }
    };
}

/// Says what is missing.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! enum_serde {
    ($name:ident) => {
        ::core::compile_error!("`serde = true` in the manifest needs the feature `serde` of shapegen-runtime");
    };
}

/// A struct around one value, which is read and written as that value is.
#[diagnostic::on_unimplemented(
    message = "the manifest says that the column is a newtype, which `{Self}` is not",
    label = "not a newtype",
    note = "derive `ShapeNewtype` for it, or take the one that `shapegen build` generates"
)]
pub trait PgNewtype {}

/// Fails to compile where a column of a newtype has a field of another kind.
pub const fn check_newtype<T: PgNewtype>() {}

/// A struct with a field for each attribute of a composite type.
#[diagnostic::on_unimplemented(
    message = "the column is of a composite type of PostgreSQL, which `{Self}` is not",
    label = "not a composite type of PostgreSQL",
    note = "take the one that `shapegen build` generates, read it by a module: `#[shape(with = \"…\")]`, or write `String`"
)]
pub trait PgComposite {}

/// Fails to compile where a column of a composite type has a field of another kind.
pub const fn check_composite<T: PgComposite>() {}

/// Gives a newtype the reading and writing of the value inside.
#[doc(hidden)]
#[macro_export]
macro_rules! newtype_value {
    ($name:ident) => {
        impl $crate::__private::v1::PgNewtype for $name {}

        impl $crate::__private::v1::PgValue for $name {
            const DELIMITER: char = $crate::__private::v1::delimiter(|value: Self| value.0);

            fn decode(
                cell: $crate::__private::v1::Cell<'_>,
            ) -> ::core::result::Result<Self, $crate::__private::v1::ValueError> {
                $crate::__private::v1::PgValue::decode(cell).map(Self)
            }

            fn local(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::PgValue::local(&self.0)
            }

            fn text(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::PgValue::text(&self.0)
            }

            fn nested_text(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::PgValue::nested_text(&self.0)
            }
        }
    };
}

/// The delimiter of the value inside of a newtype, whose type the macro isn't told.
#[doc(hidden)]
pub const fn delimiter<N, T: PgValue>(_: fn(N) -> T) -> char {
    T::DELIMITER
}

/// Gives a struct the reading and writing of a composite type, its fields in the order of the attributes.
#[doc(hidden)]
#[macro_export]
macro_rules! composite_value {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::__private::v1::PgComposite for $name {}

        impl $crate::__private::v1::PgValue for $name {
            fn decode(cell: $crate::__private::v1::Cell<'_>) -> ::core::result::Result<Self, $crate::__private::v1::ValueError> {
                let $crate::__private::v1::Cell::Text(text) = &cell else {
                    return ::core::result::Result::Err($crate::__private::v1::ValueError::unexpected(::core::stringify!($name), &cell));
                };
                let fields = &mut $crate::__private::v1::CompositeReader::new(::core::stringify!($name), text)?;
                let value = Self { $($field: fields.take()?),* };
                fields.finish()?;
                ::core::result::Result::Ok(value)
            }

            fn local(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::PgValue::text(self)
            }

            fn text(&self) -> $crate::__private::v1::Cell<'_> {
                let fields = &mut $crate::__private::v1::CompositeWriter::default();
                $(fields.put(&self.$field);)*
                $crate::__private::v1::Cell::Text($crate::__private::v1::Cow::Owned(fields.finish()))
            }
        }
    };
}
