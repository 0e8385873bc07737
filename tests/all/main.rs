mod catalog_judge;

fn main() {}
