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

fn literal(text: &'static str) -> Operand {
    Operand::literal(text)
}

fn column(name: &'static str) -> Operand {
    Operand::column(name)
}

/// `a` is NULL, `t` is `x`.
fn truth(expr: &Expr) -> Result<Option<bool>, EvalError> {
    let row: &[(&str, Option<&str>)] = &[("a", None), ("t", Some("x"))];
    expr.eval(&row, &[Some("x")])
}

#[test]
fn tests_of_truth_and_distinctness_are_never_unknown() {
    let unknown = || equal("a", "x");
    for (condition, of_true, of_false, of_unknown) in
        [(equal("t", "x"), true, false, false), (equal("t", "y"), false, true, false), (unknown(), false, false, true)]
    {
        for (truth_value, holds) in [(Some(true), of_true), (Some(false), of_false), (None, of_unknown)] {
            for negated in [false, true] {
                let test = Expr::IsTruth { condition: vec![condition.clone()].into(), truth: truth_value, negated };
                assert_eq!(truth(&test), Ok(Some(holds != negated)), "{test:?}");
            }
        }
    }
    for (left, right, distinct) in [
        (column("a"), Operand::Null, false),
        (column("a"), literal("x"), true),
        (column("t"), Operand::Param(0), false),
        (column("t"), literal("y"), true),
    ] {
        for negated in [false, true] {
            let test = Expr::Distinct { kind: Kind::Text, left: left.clone(), right: right.clone(), negated };
            assert_eq!(truth(&test), Ok(Some(distinct != negated)), "{test:?}");
        }
    }
}

/// `None` is an error.
#[test]
fn patterns_and_their_escapes() {
    for (text, pattern, any_case, matches) in [
        ("", "", false, Some(true)),
        ("", "%", false, Some(true)),
        ("", "_", false, Some(false)),
        ("ab", "a_", false, Some(true)),
        ("a\nb", "a%b", false, Some(true)),
        ("é🙂", "__", false, Some(true)),
        ("a%b", r"a\%b", false, Some(true)),
        ("axb", r"a\%b", false, Some(false)),
        (r"a\b", r"a\\b", false, Some(true)),
        ("a_b", r"%\_b", false, Some(true)),
        ("axb", r"%\_b", false, Some(false)),
        ("abcabd", "%ab_", false, Some(true)),
        ("aaaa", "%a%a%a%a%a", false, Some(false)),
        ("a", r"a\", false, Some(false)),
        ("ab", r"a\", false, None),
        ("ab", r"%\", false, None),
        ("ZOË", "zo_", true, Some(true)),
        ("ZOË", "zoë", true, Some(true)),
        ("ZOË", "zoë", false, Some(false)),
    ] {
        assert_eq!(super::text::like(text, pattern, any_case).ok(), matches, "{text} like {pattern}");
    }
}

#[test]
fn arrays_are_held_against_values_and_each_other() {
    let any = |op, array: &'static str, every| {
        let (left, array) = (literal("2"), literal(array));
        truth(&Expr::Quantified { test: Test::Compare(op), kind: Kind::Integer, left, array, every }).ok().flatten()
    };
    for (op, array, of_any, of_all) in [
        (Comparison::Equal, "{}", Some(false), Some(true)),
        (Comparison::Equal, "{1,2}", Some(true), Some(false)),
        (Comparison::Equal, "{2,NULL}", Some(true), None),
        (Comparison::Equal, "{1,NULL}", None, Some(false)),
        (Comparison::Less, "{{3,4},{5,6}}", Some(true), Some(true)),
        (Comparison::Equal, "[0:1]={2,2}", Some(true), Some(true)),
    ] {
        assert_eq!((any(op, array, false), any(op, array, true)), (of_any, of_all), "2 {op:?} {array}");
    }
    for (left, right, contains, overlaps) in [
        ("{1,2}", "{2}", true, true),
        ("{1,2}", "{}", true, false),
        ("{}", "{1}", false, false),
        ("{{1},{2}}", "{2,2}", true, true),
        ("{1,NULL}", "{NULL}", false, false),
    ] {
        for (test, (left, right), holds) in [
            (ArrayTest::Contains, (left, right), contains),
            (ArrayTest::ContainedBy, (right, left), contains),
            (ArrayTest::Overlaps, (left, right), overlaps),
        ] {
            let (left, right) = (literal(left), literal(right));
            let test = Expr::Arrays { test, kind: Kind::Integer, left, right, negated: false };
            assert_eq!(truth(&test), Ok(Some(holds)), "{test:?}");
        }
    }
}

/// `None` is an error, as in PostgreSQL.
#[test]
fn functions_give_postgresqls_text() {
    let cast = |from, to| Function::Cast { from, to, array: false };
    let (int4, float8) = (Scalar::Number(Number::Int4), Scalar::Number(Number::Float8));
    for (function, args, expected) in [
        (Function::Add(Number::Int4), &["2147483647", "1"][..], None),
        (Function::Divide(Number::Int4), &["-7", "2"], Some("-3")),
        (Function::Divide(Number::Int4), &["1", "0"], None),
        (Function::Add(Number::Numeric), &["0.10", "0.2"], Some("0.30")),
        (cast(Scalar::Text, int4), &[" 7 "], Some("7")),
        (cast(Scalar::Text, int4), &["7.0"], None),
        (cast(Scalar::Text, Scalar::Bool), &["tRu"], Some("t")),
        (cast(Scalar::Bpchar, Scalar::Text), &["ab   "], Some("ab")),
        (cast(Scalar::Number(Number::Float4), float8), &["0.1"], Some("0.10000000149011612")),
        (cast(Scalar::Date, Scalar::Timestamp), &["0044-03-15 BC"], Some("0044-03-15 00:00:00 BC")),
        (Function::AddDays, &["2024-02-28", "2"], Some("2024-03-01")),
        (Function::AddDays, &["infinity", "2"], Some("infinity")),
        (Function::DaysBetween, &["2024-03-01", "2024-02-28"], Some("2")),
        (Function::AddInterval(Scalar::Timestamp), &["2024-01-31 10:00:00", "P1M"], Some("2024-02-29 10:00:00")),
        (Function::LocalTime, &["Europe/Berlin", "2024-07-01 00:00:00+00"], Some("2024-07-01 02:00:00")),
        (Function::InstantOf, &["Europe/Berlin", "2024-03-31 02:30:00"], Some("2024-03-31 01:30:00+00")),
        (Function::ScaleInterval, &["P1D", "2147483647.5"], Some("P2147483647DT12H")),
        (Function::ScaleInterval, &["P1D", "2147483648"], None),
        (Function::ScaleInterval, &["P1M", "NaN"], None),
        (Function::Index, &["[0:1]={a,b}", "0"], Some("a")),
        (Function::Join, &["a", ""], Some("a")),
    ] {
        let call = Operand::call(function, args.iter().map(|arg| Operand::literal(*arg)).collect::<Vec<_>>());
        let row: &[(&str, Option<&str>)] = &[];
        let found = call.eval(&row, &[]).ok().map(|text| text.unwrap_or_else(|| "NULL".to_owned()));
        assert_eq!(found.as_deref(), expected, "{function:?} {args:?}");
    }
}

#[test]
fn only_what_holds_elements_is_read_as_an_array() {
    for text in ["", "{", "}", "{}}", "{a,}", "{,a}", "{{a},b}", "{{a},{b,c}}", "[0:2]={a,b}", "{\"a}", "a"] {
        assert_eq!(canonical_array(Scalar::Text, text), None, "{text}");
    }
    assert_eq!(canonical_array(Scalar::Text, &"{".repeat(100_000)), None);
    for (text, printed) in [("{ a , NULL }", "{a,NULL}"), (r#"{"NULL",""," "}"#, r#"{"NULL",""," "}"#), ("{}", "{}")] {
        assert_eq!(canonical_array(Scalar::Text, text).as_deref(), Some(printed), "{text}");
    }
}
