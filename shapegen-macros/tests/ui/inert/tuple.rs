use shapegen_macros::Shape;
use shapegen_runtime::Shape as _;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note(Uuid, String);

fn main() {
    println!("{}", Note::DEFINITION.name);
}
