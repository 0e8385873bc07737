use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    user_id: Uuid,
    workspace_id: Uuid,
    rating: Option<f64>,
    titel: String,
}

fn main() {
    let _ = (Note::ID, Note::USER_ID, Note::RATING);
}
