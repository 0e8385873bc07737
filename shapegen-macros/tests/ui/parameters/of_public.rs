use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", where = "workspace_id = $workspace_id")]
struct Note {
    id: Uuid,
}

fn main() {}
