use shapegen_macros::Shape;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Shape)]
struct Note {
    id: Uuid,
}

fn main() {}
