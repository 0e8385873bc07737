//! Generates the sync code from `shapes.toml` and the schema that it names.

fn main() {
    shapegen::build("shapes.toml");
}
