use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "often", colour = "red")]
#[shape(session(user_id(identity)), scope = "user_id = $usr_id", where = "archivd_at is null")]
struct Note {
    id: Uuid,
    titel: String,
    body: String,
    likes: i64,
    #[shape(ky)]
    mood: i32,
}

fn main() {}
