//! The names that generated code uses, major form 1.

pub use std::borrow::Cow;

pub use crate::cell::Cell;
#[cfg(feature = "client")]
pub use crate::client::{Client, ClientBuilder, Mode, NoSession, Session, TokenProvider, TypedClient};
#[cfg(feature = "client")]
pub use crate::collection::Collection;
pub use crate::columns::{ColumnError, Columns, Encoder};
pub use crate::definition::{Column, Filter, LocalTable, Param, ParamSource, Policy, ShapeDefinition, Table};
pub use crate::expr::{ArrayTest, Comparison, Expr, Function, Kind, Like, Number, Operand, Scalar, Select, Test};
pub use crate::shape::{Index, Shape, ShapeParams};
pub use crate::value::{Json, Numeric, PgValue, Secret, ValueError};
pub use crate::{enum_value, generated_for};
pub use jiff::Timestamp;
pub use jiff::civil::{Date, DateTime, Time};
pub use uuid::Uuid;

/// The form of generated code that this runtime carries.
pub const FORM: u32 = 1;

/// A PostgreSQL enum, known labels and those to come.
pub trait PgEnum: Sized {
    /// The value of a label.
    fn from_label(label: &str) -> Self;
    /// The label of a value.
    fn label(&self) -> &str;
}

/// Fails to compile, with one sentence, when generated code and runtime don't fit.
#[doc(hidden)]
#[macro_export]
macro_rules! generated_for {
    ($form:literal) => {
        const _: () = assert!(
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
            fn decode(cell: $crate::__private::v1::Cell<'_>) -> Result<Self, $crate::__private::v1::ValueError> {
                match &cell {
                    $crate::__private::v1::Cell::Text(label) => {
                        Ok(<Self as $crate::__private::v1::PgEnum>::from_label(label))
                    }
                    _ => Err($crate::__private::v1::ValueError::unexpected(stringify!($name), &cell)),
                }
            }

            fn local(&self) -> $crate::__private::v1::Cell<'_> {
                self.text()
            }

            fn text(&self) -> $crate::__private::v1::Cell<'_> {
                $crate::__private::v1::Cell::text($crate::__private::v1::PgEnum::label(self))
            }
        }
    };
}
