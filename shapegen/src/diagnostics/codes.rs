//! The table of diagnostic codes. A code never changes its meaning; a retired one is not used again.

/// One kind of diagnostic.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `SG0101`; 00 files and usage, 01 SQL and catalog, 02 manifest, 03 scopes and fragments, 04 shapes, 05 Rust
    /// types and names.
    pub id: &'static str,
    /// What it is about, as a heading.
    pub title: &'static str,
    /// What it means, an example that causes it, and how to fix it: Markdown, one file a code beside this one.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal;)*) => {
        $($(#[$doc])* pub static $name: Code = Code {
            id: $id,
            title: $title,
            explanation: include_str!(concat!("explanations/", $id, ".md")),
        };)*

        /// Every code, sorted.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// An input file is missing or can't be read.
    FILE = "SG0001", "a file can't be read";
    /// The output can't be written or printed.
    OUTPUT = "SG0002", "the output can't be written";
    /// A command names a shape that the manifest doesn't have.
    UNKNOWN_SHAPE = "SG0003", "an unknown shape in a command";
    /// Which files of a folder of migrations are applied, or in which order, can't be told, or is to be looked at.
    MIGRATION_FOLDER = "SG0004", "a folder of migrations";
    /// The lines by which a migration says which part of it is the way up.
    MIGRATION_MARKER = "SG0005", "the markers of a migration";
    /// `shapegen explain` names a code that isn't there.
    UNKNOWN_CODE = "SG0006", "an unknown code in a command";
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
    /// A row that its table's constraints refuse.
    SQL_ROW = "SG0107", "a row that the table refuses";
    /// A block runs it under a condition, or puts it together at run time.
    SQL_CONDITIONAL = "SG0110", "a statement that may or may not run";
    /// The manifest is not TOML.
    MANIFEST_SYNTAX = "SG0201", "the manifest is not TOML";
    /// A key that the manifest doesn't have there.
    MANIFEST_KEY = "SG0202", "an unknown key";
    /// A value of the wrong kind.
    MANIFEST_VALUE = "SG0203", "a value of the wrong kind";
    /// A key that must be there.
    MANIFEST_MISSING = "SG0204", "a key is missing";
    /// A key, a shape or a scope is written twice.
    MANIFEST_DUPLICATE = "SG0205", "written twice";
    /// Something that this version can't do yet.
    MANIFEST_NOT_YET = "SG0206", "not supported yet";
    /// A shape names no scope.
    SCOPE_MISSING = "SG0301", "a shape without a scope";
    /// A shape names a scope that isn't declared.
    SCOPE_UNKNOWN = "SG0302", "an unknown scope";
    /// `public` is declared, which means everybody.
    SCOPE_RESERVED = "SG0303", "a reserved scope";
    /// Whoever asks may see the rows, and nobody said that this is meant.
    SCOPE_UNGUARDED = "SG0304", "a scope that keeps nobody out";
    /// A parameter of the caller is not used, or is a value of the session.
    SCOPE_CALLER = "SG0305", "a wrong parameter of the caller";
    /// The session has values, but none says who the person is.
    SESSION_IDENTITY = "SG0306", "a session without an identity";
    /// Fragments compare one parameter with values of different types.
    PARAMETER_TYPE = "SG0307", "a parameter of two types";
    /// A where fragment is not SQL.
    FRAGMENT_SYNTAX = "SG0311", "a fragment can't be read";
    /// A where fragment names a column that the table doesn't have.
    FRAGMENT_COLUMN = "SG0312", "an unknown column in a fragment";
    /// Types in a where fragment don't fit.
    FRAGMENT_TYPE = "SG0313", "types in a fragment don't fit";
    /// A `$name` that nobody binds.
    FRAGMENT_PARAMETER = "SG0314", "a parameter that nobody binds";
    /// SQL that can't be evaluated for single rows.
    FRAGMENT_UNSUPPORTED = "SG0315", "SQL that a fragment can't contain";
    /// Electric evaluates a where fragment for a row otherwise than PostgreSQL, for some values.
    FRAGMENT_DIFFERS = "SG0316", "a fragment that Electric evaluates otherwise";
    /// A shape of a table that isn't there.
    SHAPE_TABLE = "SG0401", "an unknown table";
    /// A shape of a view.
    SHAPE_VIEW = "SG0402", "a shape of a view";
    /// A shape names a column that the table doesn't have, or that it leaves out itself.
    SHAPE_COLUMN = "SG0403", "an unknown column";
    /// A shape without a key, with columns that can't be one, or without its key's columns.
    SHAPE_KEY = "SG0404", "a shape's key";
    /// A name that can't be used in Rust, or is used twice.
    SHAPE_NAME = "SG0405", "a name that can't be used";
    /// A busy table is loaded whole at every start.
    SHAPE_LOAD = "SG0406", "a busy table is loaded whole";
    /// `load = { newest = …, by = … }` by a column, or with a key, that doesn't tell which rows are newer.
    SHAPE_NEWEST = "SG0407", "rows that can't be told newer from older";
    /// A selector that names nothing of the schema, or several things.
    SELECTOR = "SG0501", "a selector that fits nothing";
    /// A type or a column can't be of the Rust type that the manifest names.
    RUST_TYPE = "SG0502", "a Rust type that doesn't fit";
    /// A type, path or attribute of the manifest is not Rust.
    RUST_TEXT = "SG0503", "text that isn't Rust";
    /// Names that make no good Rust name, or the same one.
    RUST_NAMES = "SG0504", "names that Rust can't tell apart";
}

impl Code {
    /// The explanation as it is shown: without the marks of what the tests run.
    pub fn explained(&self) -> String {
        let text = self.explanation.replace(",wrong\n", "\n").replace(",right\n", "\n");
        format!("{}: {}\n\n{text}", self.id, self.title)
    }
}

#[cfg(test)]
#[path = "codes_tests.rs"]
mod tests;
