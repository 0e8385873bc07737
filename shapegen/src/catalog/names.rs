//! The names that PostgreSQL gives to what is made without one. Later statements refer to them.

use super::database::{Database, SchemaId};
use crate::sql::literal::{MAX_NAME, cut};

/// PostgreSQL's `makeObjectName`: the parts with `_` between them; where that is too long, the longer of the first two
/// gives way.
pub(super) fn object_name(first: &str, second: &str, label: &str) -> String {
    let separators = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = MAX_NAME.saturating_sub(label.len() + separators);
    let (mut first_len, mut second_len) = (first.len(), second.len());
    while first_len + second_len > room {
        if first_len > second_len {
            first_len -= 1;
        } else {
            second_len -= 1;
        }
    }
    let mut name = cut(first, first_len).to_owned();
    for part in [cut(second, second_len), label] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(part);
        }
    }
    name
}

/// `label`, `label1`, `label2`, …
fn numbered(label: &str) -> impl Iterator<Item = String> {
    std::iter::once(label.to_owned()).chain((1u32..).map(move |number| format!("{label}{number}")))
}

impl Database {
    /// PostgreSQL's `ChooseRelationName`: no relation has the name; for a constraint's index, no constraint either.
    pub(super) fn relation_name(
        &self,
        schema: SchemaId,
        first: &str,
        second: &str,
        label: &str,
        for_constraint: bool,
    ) -> String {
        let is_taken = |name: &str| {
            self[schema].relations.contains_key(name) || (for_constraint && self.is_constraint_name(schema, name))
        };
        let mut names = numbered(label).map(|label| object_name(first, second, &label));
        names.find(|name| !is_taken(name)).unwrap_or_default()
    }

    /// PostgreSQL's `ChooseConstraintName`: no constraint of the schema has the name.
    pub(super) fn constraint_name(&self, schema: SchemaId, first: &str, second: &str, label: &str) -> String {
        let mut names = numbered(label).map(|label| object_name(first, second, &label));
        names.find(|name| !self.is_constraint_name(schema, name)).unwrap_or_default()
    }

    /// PostgreSQL's `makeArrayTypeName`: no type has the name.
    pub(super) fn array_name(&self, schema: SchemaId, element: &str) -> String {
        let numbers = std::iter::once(String::new()).chain((1u32..).map(|number| number.to_string()));
        let mut names = numbers.map(|number| {
            let separators = 1 + usize::from(!number.is_empty());
            let element = cut(element, MAX_NAME - separators - number.len());
            if number.is_empty() { format!("_{element}") } else { format!("_{element}_{number}") }
        });
        names.find(|name| !self[schema].types.contains_key(name)).unwrap_or_default()
    }
}

/// PostgreSQL's `ChooseIndexColumnNames`: each name once, later ones numbered.
pub(super) fn index_column_names<'l>(labels: impl Iterator<Item = &'l str>) -> String {
    let mut names: Vec<String> = Vec::new();
    for label in labels {
        let numbers = std::iter::once(String::new()).chain((1u32..).map(|number| number.to_string()));
        let mut candidates =
            numbers.map(|number| format!("{}{number}", cut(label, MAX_NAME.saturating_sub(number.len()))));
        names.extend(candidates.find(|name| !names.contains(name)));
    }
    names.join("_")
}

/// PostgreSQL's `makeMultirangeTypeName`.
pub(super) fn multirange_name(range: &str) -> String {
    let name = match range.find("range") {
        Some(at) => format!("{}multi{}", &range[..at], &range[at..]),
        None => format!("{}_multirange", cut(range, MAX_NAME - 11)),
    };
    cut(&name, MAX_NAME).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_that_postgresql_gives() {
        // Each of them comes from a PostgreSQL 15.
        let long = "a_table_with_a_very_long_name_indeed_it_is_long";
        let cases = [
            ("users", "", "pkey", "users_pkey"),
            ("users", "email", "key", "users_email_key"),
            ("posts", "author_id_kind", "fkey", "posts_author_id_kind_fkey"),
            (
                long,
                "größe_größe_größe_größe_größe_größe_größe",
                "key",
                "a_table_with_a_very_long_name_größe_größe_größe_grö_key",
            ),
            (long, "some_long_column_name", "key", "a_table_with_a_very_long_name_indeed__some_long_column_name_key"),
        ];
        for (first, second, label, expected) in cases {
            assert_eq!(object_name(first, second, label), expected);
        }
        assert_eq!(index_column_names(["lower", "expr", "expr", "lower"].into_iter()), "lower_expr_expr1_lower1");
        assert_eq!(multirange_name("floatrange"), "floatmultirange");
        assert_eq!(multirange_name("spans"), "spans_multirange");
    }
}
