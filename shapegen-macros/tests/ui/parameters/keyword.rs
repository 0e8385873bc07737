use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), caller(r#type), scope = "user_id = $user_id and title = $type")]
struct Note {
    id: Uuid,
}

fn main() {}
