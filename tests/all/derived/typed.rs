//! What a manifest says of types, at structs that name it: `typed.toml`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use shapegen_macros::{Shape, ShapeNewtype};
use shapegen_runtime::{JsonOf, OrInfinity, Range, Secret};
use uuid::Uuid;

use crate::typed::{Meta, Shade, Stamp};
use crate::typed_sync::Mood;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
pub struct PersonId(pub Uuid);

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "people", manifest = "typed.toml", scope = "public", change_frequency = "low")]
pub struct Person {
    pub id: PersonId,
    pub full_name: String,
    pub feels: Option<Mood>,
    pub born: Option<chrono::NaiveDate>,
    pub secret: Option<Secret<String>>,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "orders", manifest = "typed.toml", scope = "mine", change_frequency = "low", finders(shade))]
pub struct Order {
    // The manifest's module has one, too.
    pub id: crate::typed_sync::OrderId,
    pub buyer: PersonId,
    #[shape(column = "type")]
    pub kind: String,
    pub total: Decimal,
    pub placed_at: DateTime<Utc>,
    pub until: Option<OrInfinity<DateTime<Utc>>>,
    pub during: Option<Range<DateTime<Utc>>>,
    #[shape(json)]
    pub meta: JsonOf<Meta>,
    pub shade: Shade,
    pub other_shade: Option<Shade>,
    pub stamp: Option<Stamp>,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "orders", name = "lines", manifest = "typed.toml", scope = "one", change_frequency = "low")]
pub struct Line {
    pub id: crate::typed_sync::OrderId,
    pub buyer: PersonId,
    #[shape(key)]
    pub shade: Shade,
}

/// The parameters that the manifest's scope leaves to the caller.
pub fn lines(order: i64) -> Lines {
    Lines { order: crate::typed_sync::OrderId(order) }
}
