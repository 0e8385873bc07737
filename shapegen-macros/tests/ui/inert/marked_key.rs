use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "seats", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Seat {
    #[shape(key)]
    hall: String,
    #[shape(key)]
    number: i32,
    cod: String,
}

fn main() {
    let _ = SeatKey { hall: String::new(), number: 1 };
}
