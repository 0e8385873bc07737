use shapegen_macros::ShapeEnum;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeEnum)]
#[shape(type = "mood", schema = "schema.sql")]
enum Mood {
    Happy,
    Sad,
    #[shape(label = "soso")]
    Middling,
    #[shape(other)]
    Other(Box<str>),
}

fn main() {}
