use shapegen_macros::ShapeEnum;

#[derive(Debug, Clone, PartialEq, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
enum Mood<T> {
    Happy,
    Other(T),
}

fn main() {}
