use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", manifest = "broken.toml", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "users", manifest = "broken.toml", change_frequency = "low")]
#[shape(scope = "public")]
struct User {
    id: Uuid,
    titel: String,
}

fn main() {}
