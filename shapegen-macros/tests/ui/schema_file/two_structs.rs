use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "broken.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "broken.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Other {
    id: Uuid,
    title: String,
}

fn main() {}
