use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "shapes.toml", change_frequency = "low")]
struct Note {
    id: Uuid,
}

fn main() {}
