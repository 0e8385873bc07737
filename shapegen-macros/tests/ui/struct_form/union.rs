use shapegen_macros::Shape;

#[derive(Clone, Copy, Shape)]
#[shape(table = "notes", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
union Note {
    likes: i32,
}

fn main() {}
