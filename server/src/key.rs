//! A row's key as the protocol spells it: `"schema"."table"/"value"/"value"`.

use crate::table::TableName;

/// The key of the row with these key values. One rule for snapshot and log: in names `/` and `.` are doubled, in values
/// `/` is; NULL is `_`, which no quoted value is.
pub(crate) fn key<'a>(table: &TableName, values: impl Iterator<Item = Option<&'a str>>) -> String {
    let name = |name: &str| name.replace('/', "//").replace('.', "..");
    let mut key = format!("\"{}\".\"{}\"", name(&table.schema), name(&table.name));
    for value in values {
        match value {
            None => key.push_str("/_"),
            Some(value) => {
                key.push_str("/\"");
                key.push_str(&value.replace('/', "//"));
                key.push('"');
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_037_values_double_slashes_only() {
        let table = TableName::new("public", "comp_pk");
        for (values, expected) in [
            (vec![Some("1"), Some("x/y")], r#""public"."comp_pk"/"1"/"x//y""#),
            (vec![Some("2"), Some("q\"uo")], r#""public"."comp_pk"/"2"/"q"uo""#),
            (vec![Some("3"), Some("")], r#""public"."comp_pk"/"3"/"""#),
            (vec![Some("4"), Some("//")], r#""public"."comp_pk"/"4"/"////""#),
            (vec![Some("5"), None], r#""public"."comp_pk"/"5"/_"#),
            (vec![Some("6"), Some("_")], r#""public"."comp_pk"/"6"/"_""#),
        ] {
            assert_eq!(key(&table, values.into_iter()), expected);
        }
    }

    #[test]
    fn s_038_names_double_slashes_and_dots() {
        let table = TableName::new("a.b", "c/d");
        assert_eq!(key(&table, [Some("1")].into_iter()), r#""a..b"."c//d"/"1""#);
    }
}
