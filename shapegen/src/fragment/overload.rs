//! Which of an operator's forms Electric takes for the types at hand.

use super::types::{Base, Category};

/// One form: what it takes and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) args: [Base; 2],
    pub(super) gives: Base,
}

/// The forms of a binary operator on values that are no arrays and no enums.
pub(super) fn forms(operator: &str) -> Vec<Form> {
    use Base::{Bool, Date, Float8, Int8, Interval, Numeric, Text, Time, Timestamp, Timestamptz, Uuid};
    let form = |left, right, gives| Form { args: [left, right], gives };
    let same = |base, gives| form(base, base, gives);
    let numbers = || Base::NUMBERS.into_iter().map(|number| same(number, number));
    let whole = || [Base::Int2, Base::Int4, Int8].into_iter().map(|number| same(number, number));
    let mut forms: Vec<Form> = match operator {
        "=" | "<>" | "<" | "<=" | ">" | ">=" => Base::NUMBERS
            .into_iter()
            .chain([Text, Uuid, Date, Time, Timestamp, Timestamptz])
            .map(|base| same(base, Bool))
            .collect(),
        "+" | "-" | "*" => numbers().collect(),
        "/" => whole().chain([same(Float8, Float8)]).collect(),
        "^" => vec![same(Numeric, Numeric), same(Float8, Float8)],
        "&" | "|" | "#" => whole().collect(),
        "||" => vec![same(Text, Text)],
        "~~" | "~~*" | "!~~" | "!~~*" => vec![same(Text, Bool)],
        _ => Vec::new(),
    };
    let both_ways = |left, right, gives| [form(left, right, gives), form(right, left, gives)];
    match operator {
        "=" | "<>" => forms.extend([same(Bool, Bool), same(Interval, Bool)]),
        "+" => {
            forms.extend(both_ways(Date, Int8, Date));
            forms.extend(both_ways(Date, Time, Timestamp));
            forms.push(same(Interval, Interval));
            forms.extend(both_ways(Date, Interval, Timestamp));
            forms.extend(both_ways(Timestamp, Interval, Timestamp));
            forms.extend(both_ways(Timestamptz, Interval, Timestamptz));
            forms.extend(both_ways(Time, Interval, Time));
        }
        "-" => forms.extend([
            form(Date, Date, Int8),
            form(Date, Int8, Date),
            form(Date, Interval, Timestamp),
            form(Timestamp, Interval, Timestamp),
            form(Timestamptz, Interval, Timestamptz),
            same(Interval, Interval),
            form(Timestamp, Timestamp, Interval),
            form(Timestamptz, Timestamptz, Interval),
        ]),
        "*" => forms.extend(both_ways(Interval, Float8, Interval)),
        _ => {}
    }
    forms
}

/// The form for two types, `None` standing for a literal or parameter whose type is open.
pub(super) fn choose(operator: &str, args: [Option<Base>; 2]) -> Option<Form> {
    let forms = forms(operator);
    let exact = |wanted: [Base; 2]| forms.iter().find(|form| form.args == wanted).copied();
    match args {
        [Some(left), Some(right)] => {
            if let Some(form) = exact([left, right]) {
                return Some(form);
            }
        }
        // The open one is taken to be of the other's type first.
        [Some(known), None] | [None, Some(known)] => {
            if let Some(form) = exact([known, known]) {
                return Some(form);
            }
        }
        [None, None] => {}
    }
    let mut left: Vec<Form> = forms.into_iter().filter(|form| accepts(form, args)).collect();
    for step in [most_exact, most_preferred, of_categories, of_the_known] {
        if let [form] = left[..] {
            return Some(form);
        }
        left = step(left, args);
    }
    match left[..] {
        [form] => Some(form),
        _ => None,
    }
}

fn accepts(form: &Form, args: [Option<Base>; 2]) -> bool {
    form.args.into_iter().zip(args).all(|(wanted, arg)| arg.is_none_or(|arg| arg.becomes(wanted)))
}

fn with_most(forms: Vec<Form>, count: impl Fn(&Form) -> usize) -> Vec<Form> {
    let most = forms.iter().map(&count).max().unwrap_or_default();
    forms.into_iter().filter(|form| count(form) == most).collect()
}

fn most_exact(forms: Vec<Form>, args: [Option<Base>; 2]) -> Vec<Form> {
    with_most(forms, |form| form.args.into_iter().zip(args).filter(|(wanted, arg)| Some(*wanted) == *arg).count())
}

fn most_preferred(forms: Vec<Form>, args: [Option<Base>; 2]) -> Vec<Form> {
    let converted = |(wanted, arg): &(Base, Option<Base>)| Some(*wanted) != *arg && wanted.is_preferred();
    with_most(forms, |form| form.args.into_iter().zip(args).filter(converted).count())
}

/// Two open ones are texts where the operator takes texts.
fn of_categories(forms: Vec<Form>, args: [Option<Base>; 2]) -> Vec<Form> {
    let texts = |form: &Form| form.args.iter().all(|arg| arg.category() == Category::Text);
    if args == [None, None] && forms.iter().any(texts) {
        return forms.into_iter().filter(texts).collect();
    }
    forms
}

fn of_the_known(forms: Vec<Form>, args: [Option<Base>; 2]) -> Vec<Form> {
    match args {
        [Some(known), None] | [None, Some(known)] => {
            forms.into_iter().filter(|form| accepts(form, [Some(known), Some(known)])).collect()
        }
        _ => forms,
    }
}
