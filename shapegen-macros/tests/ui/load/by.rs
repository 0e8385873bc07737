use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "high")]
#[shape(scope = "public", load(newest = 200, by = "created_at"))]
struct Note {
    id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", name = "others", schema = "schema.sql", change_frequency = "high")]
#[shape(scope = "public", load(newest = 0, by = "id"), replica = "some")]
struct Other {
    id: Uuid,
}

fn main() {}
