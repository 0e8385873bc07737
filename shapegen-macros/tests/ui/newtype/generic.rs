use shapegen_macros::ShapeNewtype;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
struct Id<T>(T);

fn main() {}
