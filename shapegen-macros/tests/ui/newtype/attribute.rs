use shapegen_macros::{Shape, ShapeNewtype};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: NoteId,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
#[shape(type = "uuid")]
struct NoteId(Uuid);

fn main() {}
