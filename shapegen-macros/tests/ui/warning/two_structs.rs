#![deny(deprecated)]

use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", load = "from_now")]
struct Note {
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "users", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", load = "from_now")]
struct User {
    id: Uuid,
}

fn main() {}
