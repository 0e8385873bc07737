use shapegen_macros::{Shape, ShapeEnum};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(session(user_id(identity)), scope(user_id = $user_id), where(archived_at is null and mood = "happy" and likes >= 5))]
struct Note {
    id: Uuid,
    user_id: Uuid,
    mood: Mood,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
enum Mood {
    Happy,
    Sad,
    SoSo,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {}
