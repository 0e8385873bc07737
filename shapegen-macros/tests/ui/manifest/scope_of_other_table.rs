use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "seats", manifest = "shapes.toml", change_frequency = "low")]
#[shape(scope = "user")]
struct Seat {
    hall: String,
    number: i32,
    #[shape(key)]
    code: String,
}

fn main() {}
