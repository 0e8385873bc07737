use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "order_lines", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct OrderLine {
    order_id: Uuid,
    amount: i32,
}

fn main() {}
