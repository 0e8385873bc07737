use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "shapes.toml", change_frequency = "low")]
#[shape(scope = "user_id = $user_id and workspace_id = $workspace_id")]
struct Note {
    id: Uuid,
}

fn main() {}
