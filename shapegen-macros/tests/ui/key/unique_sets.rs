use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "seats", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Seat {
    hall: String,
    number: i32,
}

fn main() {}
