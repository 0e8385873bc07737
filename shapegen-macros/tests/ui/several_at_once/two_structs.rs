use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: Uuid,
    titel: String,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "users", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct User {
    id: Uuid,
    nam: String,
}

fn main() {}
