//! The place of `#[derive(Shape)]`: the same as a shape in the manifest, from a struct. Nothing is derived yet.
