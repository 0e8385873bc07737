use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "shaps.toml", change_frequency = "low")]
#[shape(scope = "user")]
struct Note {
    id: Uuid,
}

fn main() {}
