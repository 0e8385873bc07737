//! Near misses.

use std::cmp::Reverse;

/// The candidate nearest to what was written, when it is near enough to be meant.
pub fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| fewest_edits(&wrong, candidate) <= allowed)
        .map(|candidate| (strsim::damerau_levenshtein(&wrong, &candidate.to_lowercase()), candidate))
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

#[cfg(test)]
mod tests {
    use super::nearest;

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
}
