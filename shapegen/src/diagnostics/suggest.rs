//! Near misses.

use std::cmp::Reverse;

/// The candidate nearest to what was written, when it is near enough to be meant.
pub fn nearest<'c>(wrong: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wrong, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        // Of two that are as near the longer one: people leave letters out more often than they add some.
        .min_by_key(|(distance, candidate)| (*distance, Reverse(candidate.len()), *candidate))
        .map(|(_, candidate)| candidate)
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
