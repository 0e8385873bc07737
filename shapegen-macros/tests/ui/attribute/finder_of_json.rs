use shapegen_macros::Shape;
use shapegen_runtime::value::Json;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", finders(meta))]
struct Note {
    id: Uuid,
    meta: Option<Json>,
}

fn main() {}
