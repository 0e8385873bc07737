use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "open.toml", change_frequency = "low")]
#[shape(scope = "workspace")]
struct Note {
    id: Uuid,
}

fn main() {}
