use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "order_lines", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct OrderLine {
    order_id: Uuid,
    line: i32,
    amont: i32,
}

fn main() {
    let _ = OrderLineKey { order_id: Uuid::nil(), line: 1 };
}
