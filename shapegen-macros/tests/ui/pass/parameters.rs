use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), caller(workspace_id, least), scope = "user_id = $user_id and workspace_id = $workspace_id and likes > $least")]
struct Note {
    id: Uuid,
    workspace_id: Uuid,
}

fn main() {
    let _ = Notes { workspace_id: Uuid::nil(), least: 5 };
}
