use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Note {
    id: i64,
}

fn main() {}
