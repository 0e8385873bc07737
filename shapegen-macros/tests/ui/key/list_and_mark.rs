use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "seats", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public", key(hall, number))]
struct Seat {
    #[shape(key)]
    hall: String,
    #[shape(key)]
    number: i32,
}

fn main() {}
