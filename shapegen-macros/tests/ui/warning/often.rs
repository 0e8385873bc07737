#![deny(deprecated)]

use jiff::Timestamp;
use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "very_high", scope = "public")]
struct Note {
    id: Uuid,
    created_at: Timestamp,
}

fn main() {}
