use shapegen_macros::ShapeEnum;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(schema = "schema.sql")]
enum Mood {
    Happy,
    Sad,
    SoSo,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {}
