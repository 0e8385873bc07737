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

/// Whether a name has the form of a Rust type's: an identifier in camel case. `Self` has it, and is taken.
pub fn is_type_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|other| other.is_ascii_alphanumeric())
}

/// A name in SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A snake-case identifier for any text, not yet raw: `type` stays `type`.
pub fn snake(name: &str) -> String {
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
            // `self_` becomes `self_2`.
            let stem = if separator.is_empty() { name } else { name.trim_end_matches(separator) };
            free = format!("{stem}{separator}{number}");
            number += 1;
        }
        free
    }
}

/// A Rust name for a name of PostgreSQL or the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The identifier.
    pub ident: String,
    /// Nobody could guess it: it is numbered, since another name wants the same, or says too little of the name.
    pub doubtful: bool,
}

/// Names to be given, some of them chosen by people.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'n> {
    /// The name.
    pub name: &'n str,
    /// The identifier that people chose for it.
    pub chosen: Option<&'n str>,
}

impl<'n> From<&'n str> for Wanted<'n> {
    fn from(name: &'n str) -> Self {
        Self { name, chosen: None }
    }
}

/// One identifier per name, all different: what was chosen counts, then a name that is its own identifier keeps it,
/// whatever stands before it.
fn distinct(
    names: &[Wanted<'_>],
    wish: impl Fn(&str) -> String,
    clear: impl Fn(&str) -> bool,
    separator: &str,
    mut taken: Names,
) -> Vec<Given> {
    let mut given: Vec<Option<Given>> = vec![None; names.len()];
    let wishes: Vec<String> = names.iter().map(|one| wish(one.name)).collect();
    for (slot, one) in given.iter_mut().zip(names) {
        if let Some(chosen) = one.chosen {
            taken.take(chosen);
            *slot = Some(Given { ident: chosen.to_owned(), doubtful: false });
        }
    }
    for ((slot, one), wish) in given.iter_mut().zip(names).zip(&wishes) {
        if slot.is_none() && wish == one.name && taken.take(wish) {
            *slot = Some(Given { ident: wish.clone(), doubtful: false });
        }
    }
    let all = given.into_iter().zip(names).zip(wishes);
    all.map(|((slot, one), wish)| {
        slot.unwrap_or_else(|| {
            let ident = taken.take_free(&wish, separator);
            let doubtful = ident != wish || !clear(one.name);
            Given { ident, doubtful }
        })
    })
    .collect()
}

/// These can't be raw.
const UNUSABLE: [&str; 3] = ["self", "super", "crate"];

/// Names that a generated client has for itself, and those that Windows doesn't take for a file: a shape of that name
/// gets `_shape` behind it.
#[rustfmt::skip]
const CLIENT: &[&str] = &[
    "aux", "builder", "client", "clone", "composites", "con", "enums", "lib", "main", "mod", "new", "newtypes", "nul",
    "prn", "session",
];

/// Module and method names of shapes, raw where they are keywords.
pub fn shapes(names: &[&str]) -> Vec<Given> {
    let wish = |name: &str| {
        let wish = usable(name);
        if CLIENT.contains(&wish.as_str()) || is_port(&wish) { format!("{wish}_shape") } else { wish }
    };
    let wanted: Vec<Wanted<'_>> = names.iter().copied().map(Wanted::from).collect();
    raw(distinct(&wanted, wish, |_| true, "_", Names::default()))
}

/// `com1`, `lpt9` and the like: devices to Windows, whatever is behind the point.
fn is_port(name: &str) -> bool {
    ["com", "lpt"].iter().any(|port| matches!(name.strip_prefix(port).map(str::as_bytes), Some([b'0'..=b'9'])))
}

/// Field names, raw where they are keywords.
pub fn fields(names: &[Wanted<'_>]) -> Vec<Given> {
    raw(distinct(names, usable, |name| !snake(name).starts_with("unnamed"), "_", Names::default()))
}

fn usable(name: &str) -> String {
    let wish = snake(name);
    if UNUSABLE.contains(&wish.as_str()) { format!("{wish}_") } else { wish }
}

/// Whether people can choose a word as a field's name: lower case, and nothing that can't be raw.
pub fn is_field_name(word: &str) -> bool {
    let plain = word.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    plain && !UNUSABLE.contains(&word) && word.chars().any(|c| c != '_')
}

fn raw(mut given: Vec<Given>) -> Vec<Given> {
    for one in &mut given {
        if is_keyword(&one.ident) {
            one.ident = format!("r#{}", one.ident);
        }
    }
    given
}

/// Variants that every enum has, and what no variant can be called.
const VARIANTS: [&str; 2] = ["Other", "Self"];

/// Whether people can choose a word as a variant's name.
pub fn is_variant_name(word: &str) -> bool {
    is_type_name(word) && !VARIANTS.contains(&word)
}

/// Variants for an enum's labels; `Other` is kept for labels to come.
pub fn variants(labels: &[Wanted<'_>]) -> Vec<Given> {
    let wish = |label: &str| if label.is_empty() { "Empty".to_owned() } else { camel(label) };
    // What is lost from a clear label stands between words.
    let clear = |label: &str| {
        let between = |c: char| matches!(c, '-' | '_' | ' ' | '.' | '/' | ':');
        label.starts_with(|c: char| c.is_ascii_alphabetic())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || between(c))
    };
    distinct(labels, wish, clear, "", Names::reserving(VARIANTS))
}

/// Constants for the fields of these identifiers; `DEFINITION` is the trait's.
pub fn constants(fields: &[&str]) -> Vec<String> {
    let wish = |field: &str| field.trim_start_matches("r#").to_ascii_uppercase();
    let wanted: Vec<Wanted<'_>> = fields.iter().copied().map(Wanted::from).collect();
    let given = distinct(&wanted, wish, |_| true, "_", Names::reserving(["DEFINITION"]));
    given.into_iter().map(|one| one.ident).collect()
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

    fn idents(given: Vec<Given>) -> Vec<String> {
        given.into_iter().map(|one| one.ident).collect()
    }

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn identifiers_are_distinct_and_usable() {
        let names = ["a b", "a_b", "A B", "type", "self", "", "!!!", "2fa", "größe", "_", "userID", "gen", "Self"];
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
            "self_2",
        ];
        let given = idents(fields(&names.map(Wanted::from)));
        assert_eq!(given, expected);
        for ident in given {
            assert!(syn::parse_str::<syn::Ident>(&ident).is_ok() || ident.starts_with("r#"), "{ident}");
        }
    }

    #[test]
    fn no_shape_takes_a_file_that_windows_or_the_module_needs() {
        assert_eq!(
            idents(shapes(&["mod", "Client", "con", "com1", "LPT9", "com10", "comet"])),
            ["mod_shape", "client_shape", "con_shape", "com1_shape", "lpt9_shape", "com10", "comet"]
        );
    }

    #[test]
    fn labels_that_differ_little_stay_apart_and_are_doubtful() {
        let names =
            ["live", "LIVE", "Live", "other", "self", "C++", "C#", "", "so-so", "so_so", "in progress", "\u{1f389}"];
        let mut labels = names.map(Wanted::from);
        labels[5].chosen = Some("Cpp");
        let given = variants(&labels);
        let doubtful: Vec<&str> = given.iter().filter(|one| one.doubtful).map(|one| one.ident.as_str()).collect();
        assert_eq!(doubtful, ["Live2", "Live3", "Other2", "Self2", "C", "Empty", "SoSo2", "Unnamed"]);
        assert_eq!(
            idents(given),
            [
                "Live2",
                "Live3",
                "Live",
                "Other2",
                "Self2",
                "Cpp",
                "C",
                "Empty",
                "SoSo",
                "SoSo2",
                "InProgress",
                "Unnamed"
            ]
        );
    }

    #[test]
    fn words_that_people_can_choose() {
        for (word, field, variant) in [
            ("kind", true, false),
            ("type", true, false),
            ("_2fa", true, false),
            ("self", false, false),
            ("__", false, false),
            ("Kind", false, true),
            ("Other", false, false),
            ("Self", false, false),
            ("größe", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_field_name(word), is_variant_name(word)), (field, variant), "{word}");
        }
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
