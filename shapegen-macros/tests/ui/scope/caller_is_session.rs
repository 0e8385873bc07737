use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), caller(user_id), scope = "user_id = $user_id")]
struct Note {
    id: Uuid,
}

fn main() {}
