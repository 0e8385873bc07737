use shapegen_macros::ShapeNewtype;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
struct UserId {
    id: Uuid,
}

fn main() {}
