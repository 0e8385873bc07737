use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "shapes.toml", change_frequency = "low")]
#[shape(scope = "usr")]
struct Note {
    id: Uuid,
    user_id: Uuid,
}

fn main() {}
