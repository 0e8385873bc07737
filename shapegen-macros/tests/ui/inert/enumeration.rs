use shapegen_macros::{Shape, ShapeEnum};
use shapegen_runtime::Shape as _;
use uuid::Uuid;


#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    mood: Mood,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
enum Mood {
    Happy,
    Sad,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {
    println!("{}", Note::DEFINITION.name);
}
