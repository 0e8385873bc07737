//! The interpreter by hand; PostgreSQL's own answers are asked for in the workspace's tests.

use std::cmp::Ordering;

use super::*;

impl RowText for &[(&str, Option<&str>)] {
    fn column(&self, name: &str) -> Option<&str> {
        self.iter().find(|(column, _)| *column == name).and_then(|(_, text)| *text)
    }
}

fn equal(column: &'static str, text: &'static str) -> Expr {
    Expr::Compare {
        op: Comparison::Equal,
        kind: Kind::Text,
        left: Operand::Column(column.into()),
        right: Operand::Literal(text.into()),
    }
}

#[test]
fn null_is_unknown_until_something_decides() {
    let row: &[(&str, Option<&str>)] = &[("a", Some("x")), ("b", None)];
    let (yes, no, unknown) = (equal("a", "x"), equal("a", "y"), equal("b", "x"));
    let all = |list: Vec<Expr>| Expr::All(list.into()).eval(&row, &[]).unwrap();
    let any = |list: Vec<Expr>| Expr::Any(list.into()).eval(&row, &[]).unwrap();
    assert_eq!(all(vec![yes.clone(), unknown.clone()]), None);
    assert_eq!(all(vec![unknown.clone(), no.clone()]), Some(false));
    assert_eq!(any(vec![unknown.clone(), yes]), Some(true));
    assert_eq!(any(vec![no, unknown]), None);
    assert_eq!(all(vec![]), Some(true));
    assert_eq!(any(vec![]), Some(false));
}

#[test]
fn in_follows_postgresql_on_null() {
    let row: &[(&str, Option<&str>)] = &[("a", Some("1")), ("b", None)];
    let test = |column: &'static str, list: Vec<Operand>, negated| {
        Expr::In { kind: Kind::Integer, operand: Operand::Column(column.into()), list: list.into(), negated }
            .eval(&row, &[])
            .unwrap()
    };
    let literal = |text: &'static str| Operand::Literal(text.into());
    assert_eq!(test("a", vec![literal("2"), literal("1")], false), Some(true));
    assert_eq!(test("a", vec![literal("2"), Operand::Null], false), None);
    assert_eq!(test("a", vec![literal("2"), Operand::Null], true), None);
    assert_eq!(test("a", vec![literal("2")], true), Some(true));
    assert_eq!(test("b", vec![literal("2")], true), None);
}

#[test]
fn kinds_compare_as_postgresql_does() {
    for (kind, left, right, ordering) in [
        (Kind::Integer, "9", "10", Ordering::Less),
        (Kind::Text, "9", "10", Ordering::Greater),
        (Kind::Float, "NaN", "Infinity", Ordering::Greater),
        (Kind::Float, "-0", "0", Ordering::Equal),
        (Kind::Numeric, "1.0", "1.00", Ordering::Equal),
        (Kind::Bool, "f", "true", Ordering::Less),
        (Kind::Uuid, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", Ordering::Equal),
        (Kind::Timestamptz, "2024-01-02 03:04:05+02", "2024-01-02 01:04:05+00", Ordering::Equal),
        (Kind::Timestamptz, "infinity", "2024-01-02 01:04:05+00", Ordering::Greater),
        (Kind::Date, "0044-03-15 BC", "0001-01-01", Ordering::Less),
    ] {
        assert_eq!(kind.compare(left, right), Ok(ordering), "{kind:?} {left} {right}");
    }
    assert!(Kind::Integer.compare("x", "1").is_err());
    assert!(Kind::Numeric.compare("1", "x").is_err());
}
