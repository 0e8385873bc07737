use shapegen_macros::Shape;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "users", manifest = "shapes.toml", change_frequency = "low")]
#[shape(scope = "public")]
struct User {
    id: i64,
    name: String,
}

fn main() {}
