use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note<'a> {
    id: Uuid,
    title: &'a str,
}

fn main() {}
