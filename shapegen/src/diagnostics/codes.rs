//! The table of diagnostic codes. A code never changes its meaning; a retired one is not used again.

/// One kind of diagnostic.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `SG0101`; 00 files and usage, 01 SQL and catalog, 02 manifest, 03 scopes and fragments, 04 shapes.
    pub id: &'static str,
    /// What it is about, as a heading.
    pub title: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal;)*) => {
        $($(#[$doc])* pub static $name: Code = Code { id: $id, title: $title };)*

        /// Every code, sorted.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// An input file is missing or can't be read.
    FILE = "SG0001", "a file can't be read";
    /// A statement that the catalog needs can't be read.
    SQL_SYNTAX = "SG0101", "a statement can't be read";
    /// A statement of a kind that is not known: passed over with a warning.
    SQL_UNKNOWN = "SG0102", "a statement of an unknown kind was passed over";
    /// A type that neither PostgreSQL nor the schema has.
    SQL_TYPE = "SG0103", "an unknown type";
    /// A statement refers to something that is not there.
    SQL_REFERENCE = "SG0104", "a statement refers to something that isn't there";
    /// Something is declared twice.
    SQL_DUPLICATE = "SG0105", "declared twice";
    /// PostgreSQL can do it, shapegen can't read it yet.
    SQL_UNSUPPORTED = "SG0106", "a part of PostgreSQL's language that can't be read yet";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn ids_are_unique_and_sorted() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} stands before {}", pair[0].id, pair[1].id);
        }
    }
}
