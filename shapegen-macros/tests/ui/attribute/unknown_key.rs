use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequncy = "low", scope = "public")]
struct Note {
    id: Uuid,
}

fn main() {}
