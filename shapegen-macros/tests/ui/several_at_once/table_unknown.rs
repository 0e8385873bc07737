use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "ntes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), scope = "usr_id = $user_id")]
struct Note {
    id: Uuid,
    titel: String,
    #[shape(secret)]
    body: String,
}

fn main() {}
