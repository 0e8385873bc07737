use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", größe = 1, r#type = "x")]
struct Note {
    id: Uuid,
}

fn main() {}
