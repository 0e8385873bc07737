use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(who(identity)), scope = "user_id = $who", where = "likes = $who")]
struct Note {
    id: Uuid,
}

fn main() {}
