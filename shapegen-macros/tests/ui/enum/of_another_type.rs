use shapegen_macros::{Shape, ShapeEnum};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    mood: Level,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "level", schema = ["schema.sql", "levels.sql"])]
enum Level {
    High,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {}
