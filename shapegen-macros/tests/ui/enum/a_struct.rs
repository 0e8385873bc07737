use shapegen_macros::ShapeEnum;

#[derive(Debug, Clone, PartialEq, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
struct Mood {
    label: String,
}

fn main() {}
