use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "users", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct User {
    id: Uuid,
    shoe_size: i32,
}

fn main() {}
