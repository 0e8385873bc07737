use shapegen_macros::ShapeEnum;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
enum Mood {
    Hapy,
    Sad,
    SoSo,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {}
