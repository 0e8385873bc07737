use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "invoices", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Invoice {
    id: Uuid,
}

fn main() {}
