//! Near misses.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

/// The candidate nearest to what was written, when it is near enough to be meant. Where no schema was written, a candidate
/// behind its schema (`sales.orders`) is as near as its own name.
pub fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(1);
    let distance = |candidate: &str| {
        let may_be_near = fewest_edits(&wrong, candidate) <= allowed;
        if may_be_near { strsim::damerau_levenshtein(&wrong, &candidate.to_lowercase()) } else { usize::MAX }
    };
    candidates
        .into_iter()
        .map(|candidate| match candidate.rsplit_once('.') {
            Some((_, name)) if !wrong.contains('.') => (distance(candidate).min(distance(name)), candidate),
            _ => (distance(candidate), candidate),
        })
        .filter(|(distance, _)| *distance <= allowed)
        // Of two that are as near the longer one: people leave letters out more often than they add some.
        .min_by_key(|(distance, candidate)| (*distance, Reverse(candidate.len()), *candidate))
        .map(|(_, candidate)| candidate)
}

/// At least so many edits lie between two words, by their letters alone: thousands of wrong names among thousands of
/// tables are too many to compare in full.
fn fewest_edits(one: &str, other: &str) -> usize {
    if !one.is_ascii() || !other.is_ascii() {
        return 0;
    }
    // The low bits don't tell capitals from small letters.
    let mut letters = [0i32; 32];
    one.bytes().for_each(|byte| letters[usize::from(byte & 31)] += 1);
    other.bytes().for_each(|byte| letters[usize::from(byte & 31)] -= 1);
    let (more, fewer) =
        letters.iter().fold((0, 0), |(more, fewer), count| (more + count.max(&0), fewer - count.min(&0)));
    more.max(fewer).unsigned_abs() as usize
}

/// The file beside a missing one whose name is nearest, as the missing one was written.
pub fn nearest_file(missing: &Path) -> Option<PathBuf> {
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = std::fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.path().is_file());
    let names: Vec<String> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let near = nearest(missing.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(missing.with_file_name(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_near() {
        let tables = ["users", "user_roles", "livestreams", "id"];
        let cases = [
            ("user", Some("users")),
            ("Users", Some("users")),
            ("uesrs", Some("users")),
            ("livestreem", Some("livestreams")),
            ("di", Some("id")),
            ("orders", None),
            ("x", None),
            ("", None),
        ];
        for (wrong, expected) in cases {
            assert_eq!(nearest(wrong, tables), expected, "{wrong}");
        }
        assert_eq!(nearest("timestampz", ["timestamp", "timestamptz"]), Some("timestamptz"));
        assert_eq!(nearest("a", []), None);
    }

    #[test]
    fn a_schema_may_be_missing() {
        let tables = ["public.users", "sales.orders", "orders.old"];
        for (wrong, expected) in [
            ("orders", Some("sales.orders")),
            ("ordres", Some("sales.orders")),
            ("shop.orders", None),
            ("sale.orders", Some("sales.orders")),
        ] {
            assert_eq!(nearest(wrong, tables), expected, "{wrong}");
        }
    }

    #[test]
    fn a_file_beside_a_missing_one_may_be_meant() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("schema.sql"), "").unwrap();
        std::fs::create_dir(folder.path().join("schemas.sql")).unwrap();
        let near = |name: &str| nearest_file(&folder.path().join(name));
        assert_eq!(near("shcema.sql"), Some(folder.path().join("schema.sql")));
        assert_eq!(near("other.sql"), None);
        assert_eq!(near("gone/schema.sql"), None);
    }
}
