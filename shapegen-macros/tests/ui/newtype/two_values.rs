use shapegen_macros::ShapeNewtype;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ShapeNewtype)]
struct UserId(Uuid, Uuid);

fn main() {}
