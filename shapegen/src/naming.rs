//! From names of PostgreSQL and the manifest to names of Rust and of the local database.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Keywords of edition 2024, those kept for later included, sorted.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Whether a word is a keyword of Rust.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

/// Whether a name is a Rust type's: an identifier in camel case, no keyword.
pub fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|other| other.is_ascii_alphanumeric())
        && !is_keyword(name)
}

/// A snake-case identifier for any text, not yet raw: `type` stays `type`.
fn snake(name: &str) -> String {
    identifier(&ascii(name).to_snake_case(), "unnamed")
}

/// A camel-case identifier for any text.
pub fn camel(name: &str) -> String {
    identifier(&ascii(name).to_upper_camel_case(), "Unnamed")
}

/// Letters that an identifier would hold only by Unicode's grace become gaps between words.
fn ascii(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

fn identifier(name: &str, unnamed: &str) -> String {
    match name.chars().next() {
        None => unnamed.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Identifiers that are written down once each.
#[derive(Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// No name but these is taken.
    pub fn reserving<'n>(reserved: impl IntoIterator<Item = &'n str>) -> Self {
        Self { taken: reserved.into_iter().map(str::to_owned).collect() }
    }

    /// Takes a name; false when it was taken.
    pub fn take(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_owned())
    }

    /// Takes the first free one of several names, or where all are taken the first with a number behind it.
    pub fn take_first(&mut self, names: &[String]) -> String {
        match names.iter().find(|name| !self.taken.contains(*name)).or(names.first()) {
            Some(name) => self.take_free(name, ""),
            None => self.take_free("Unnamed", ""),
        }
    }

    /// Takes the name, or where it is taken the first free one of `name2`, `name3` …
    pub fn take_free(&mut self, name: &str, separator: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2_u64;
        while !self.take(&free) {
            free = format!("{name}{separator}{number}");
            number += 1;
        }
        free
    }
}

/// One identifier per name, all different: a name that is its own identifier keeps it, whatever stands before it.
fn distinct(names: &[&str], wish: fn(&str) -> String, separator: &str, mut taken: Names) -> Vec<String> {
    let wishes: Vec<String> = names.iter().map(|name| wish(name)).collect();
    let own: Vec<bool> = wishes.iter().zip(names).map(|(wish, name)| wish == name && taken.take(wish)).collect();
    wishes.into_iter().zip(own).map(|(wish, own)| if own { wish } else { taken.take_free(&wish, separator) }).collect()
}

/// These can't be raw.
const UNUSABLE: [&str; 3] = ["self", "super", "crate"];

/// Names that a generated client has for itself, and those that Windows doesn't take for a file: a shape of that name
/// gets `_shape` behind it.
const CLIENT: &[&str] =
    &["aux", "builder", "client", "clone", "con", "enums", "lib", "main", "mod", "new", "nul", "prn", "session"];

/// Module and method names of shapes, raw where they are keywords.
pub fn shapes(names: &[&str]) -> Vec<String> {
    let wish = |name: &str| {
        let wish = usable(name);
        if CLIENT.contains(&wish.as_str()) || is_port(&wish) { format!("{wish}_shape") } else { wish }
    };
    distinct(names, wish, "_", Names::default()).into_iter().map(raw).collect()
}

/// `com1`, `lpt9` and the like: devices to Windows, whatever is behind the point.
fn is_port(name: &str) -> bool {
    ["com", "lpt"].iter().any(|port| matches!(name.strip_prefix(port).map(str::as_bytes), Some([b'0'..=b'9'])))
}

/// Field names, raw where they are keywords.
pub fn fields(names: &[&str]) -> Vec<String> {
    distinct(names, usable, "_", Names::default()).into_iter().map(raw).collect()
}

fn usable(name: &str) -> String {
    let wish = snake(name);
    if UNUSABLE.contains(&wish.as_str()) { format!("{wish}_") } else { wish }
}

fn raw(name: String) -> String {
    if is_keyword(&name) { format!("r#{name}") } else { name }
}

/// Variants for an enum's labels; `Other` is kept for labels to come.
pub fn variants(labels: &[&str]) -> Vec<String> {
    distinct(labels, camel, "", Names::reserving(["Other", "Self"]))
}

/// Constants for the fields of these identifiers; `DEFINITION` is the trait's.
pub fn constants(fields: &[&str]) -> Vec<String> {
    distinct(fields, |field| field.trim_start_matches("r#").to_ascii_uppercase(), "_", Names::reserving(["DEFINITION"]))
}

/// A name of the local database: one for each name of PostgreSQL, and none equal to another but for case, which SQLite
/// does not tell apart.
///
/// `A` is `^a`, `^` is `^^`, a leading `_` is `^_` (names of our own begin with `_`); everything else stays.
pub fn mangled(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for (at, letter) in name.chars().enumerate() {
        match letter {
            'A'..='Z' => out.extend(['^', letter.to_ascii_lowercase()]),
            '^' => out.push_str("^^"),
            '_' if at == 0 => out.push_str("^_"),
            other => out.push(other),
        }
    }
    out
}

/// The name of a local index, of a table and a column that are mangled. No mangled name holds `^.`: it keeps the names of
/// indexes apart from those of tables and from one another.
pub fn mangled_index(table: &str, column: &str) -> String {
    format!("{table}^.{column}")
}

/// A name that a table or view of SQLite may have: those that begin with `sqlite_` are its own.
pub fn mangled_relation(name: &str) -> String {
    let mangled = mangled(name);
    if mangled.starts_with("sqlite_") { format!("^-{mangled}") } else { mangled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn identifiers_are_distinct_and_usable() {
        let names = ["a b", "a_b", "A B", "type", "self", "", "!!!", "2fa", "größe", "_", "userID", "gen"];
        let expected = [
            "a_b_2",
            "a_b",
            "a_b_3",
            "r#type",
            "self_",
            "unnamed",
            "unnamed_2",
            "_2fa",
            "gr_e",
            "unnamed_3",
            "user_id",
            "r#gen",
        ];
        assert_eq!(fields(&names), expected);
        for ident in fields(&names) {
            assert!(syn::parse_str::<syn::Ident>(&ident).is_ok() || ident.starts_with("r#"), "{ident}");
        }
    }

    #[test]
    fn no_shape_takes_a_file_that_windows_or_the_module_needs() {
        assert_eq!(
            shapes(&["mod", "Client", "con", "com1", "LPT9", "com10", "comet"]),
            ["mod_shape", "client_shape", "con_shape", "com1_shape", "lpt9_shape", "com10", "comet"]
        );
    }

    #[test]
    fn labels_that_differ_little_stay_apart() {
        assert_eq!(
            variants(&["live", "LIVE", "Live", "other", "self", "C++", "C#", ""]),
            ["Live2", "Live3", "Live", "Other2", "Self2", "C", "C2", "Unnamed"]
        );
    }

    #[test]
    fn mangling_is_injective_without_case() {
        let names = ["a", "A", "^a", "^A", "_a", "^_a", "__a", "aA", "a_", "é", "É", "_g", "_G", "^", "^^"];
        let mangled: BTreeSet<String> = names.iter().map(|name| mangled(name).to_ascii_lowercase()).collect();
        assert_eq!(mangled.len(), names.len());
        assert!(!mangled.iter().any(|name| name.starts_with('_')));
        assert_eq!(super::mangled("userID"), "user^i^d");
        assert_eq!(mangled_relation("sqlite_master"), "^-sqlite_master");
    }
}
