use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(name = "?!", session(user_id(identity)), caller(id), scope = "user_id = $user_id and id = $id")]
struct Note {
    id: Uuid,
    titel: String,
}

fn main() {}
