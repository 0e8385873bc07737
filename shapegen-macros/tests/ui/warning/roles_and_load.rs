#![deny(deprecated)]

use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", roles(admin), load = { newest = 200, by = "created_at" })]
struct Note {
    id: Uuid,
}

fn main() {}
