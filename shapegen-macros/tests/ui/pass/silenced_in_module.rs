#![deny(warnings)]
#![allow(dead_code)]

#[allow(deprecated, reason = "all rows are loaded")]
mod rows {
    use shapegen_macros::Shape;
    use uuid::Uuid;

    #[derive(Debug, Clone, PartialEq, Shape)]
    #[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
    #[shape(scope = "public", load = "from_now")]
    struct Note {
        id: Uuid,
    }
}

fn main() {}
