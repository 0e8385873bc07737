use shapegen_macros::Shape;
use shapegen_runtime::value::Json;

#[derive(Debug, Clone, PartialEq, Shape)]
#[shape(table = "plans", schema = "schema.sql", change_frequency = "low")]
#[shape(scope = "public")]
struct Plan {
    features: Json,
    name: String,
}

fn main() {}
