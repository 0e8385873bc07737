use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    #[shape(column = "id")]
    note_id: Uuid,
    titel: String,
}

use shapegen_runtime::Shape as _;

fn key(note: &Note) -> Uuid {
    note.key()
}

fn main() {}
