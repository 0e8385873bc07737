//! Generates what the tests compile, run and look at.

fn main() {
    shapegen::build("shapes.toml");
}
