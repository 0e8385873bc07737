//! Versions at the front of file names, compared by value.

/// A whole number of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number<'n> {
    /// How many digits there are without leading zeros: of two numbers the longer one is the greater.
    digits: usize,
    text: &'n str,
}

impl<'n> Number<'n> {
    fn new(digits: &'n str) -> Self {
        let text = digits.trim_start_matches('0');
        Self { digits: text.len(), text }
    }
}

/// The number that a name begins with, and what follows it.
pub(super) fn leading_number(name: &str) -> Option<(Number<'_>, &str)> {
    let end = name.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(name.len());
    (end > 0).then(|| (Number::new(&name[..end]), &name[end..]))
}

/// A version of several numbers, `2.10` or `2_10`; zeros at its end say nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dotted<'n>(Vec<Number<'n>>);

impl<'n> Dotted<'n> {
    /// Reads a version; `None` when it is not one.
    pub(super) fn parse(text: &'n str) -> Option<Self> {
        let mut numbers = Vec::new();
        for part in text.split(['.', '_']) {
            match leading_number(part) {
                Some((number, "")) => numbers.push(number),
                _ => return None,
            }
        }
        while numbers.last().is_some_and(|number| number.digits == 0) {
            numbers.pop();
        }
        Some(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let number = |name| leading_number(name).unwrap().0;
        assert!(number("9_a") < number("10_a"));
        assert!(number("0010_a") == number("10_b"));
        assert!(number("99999999999999999999999999_a") > number("2_a"));
        assert!(number("000_a") < number("1_a"));
        assert_eq!(leading_number("a1"), None);
        assert_eq!(leading_number("12_a").unwrap().1, "_a");
    }

    #[test]
    fn dotted_versions_are_compared_number_by_number() {
        let version = |text| Dotted::parse(text).unwrap();
        assert!(version("1_9") < version("1.10"));
        assert!(version("2") < version("2.0.1"));
        assert!(version("1.9.9") < version("2"));
        assert_eq!(version("1.0"), version("01"));
        assert!(["", "1.", "1__2", "1a", "x"].iter().all(|text| Dotted::parse(text).is_none()));
    }
}
