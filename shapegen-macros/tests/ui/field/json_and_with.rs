use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    #[shape(json, with = "crate::codec")]
    meta: Option<Meta>,
}

#[derive(Debug, Clone, PartialEq)]
struct Meta;

fn main() {}
