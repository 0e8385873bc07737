use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(caller(workspace_id), scope(workspace_id = $workspace_id))]
struct Note {
    id: Uuid,
}

fn main() {}
