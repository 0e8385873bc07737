//! What operators make of values.

use super::check::Checker;
use super::compare::{coerce, wider};
use super::overload;
use super::span::span;
use super::trap::Trap;
use super::types::{Base, Type};
use super::value::Term;
use crate::diagnostics::codes;
use shapegen_runtime::expr::{Function, Operand};
use sqlparser::ast::{self, BinaryOperator, UnaryOperator};

impl<'a> Checker<'a, '_> {
    pub(super) fn unary(&mut self, expr: &'a ast::Expr, op: &UnaryOperator, inner: &'a ast::Expr) -> Option<Term<'a>> {
        let term = self.value(inner)?;
        let number = term.base_or_open().flatten().and_then(|base| Some((base, base.number()?)));
        let (function, base) = match (op, number) {
            (UnaryOperator::Plus, Some(_)) => return Some(term),
            (UnaryOperator::Minus, Some((base, of))) => {
                // A negative literal, as PostgreSQL's own reading has it.
                if let (Some(Operand::Literal(digits)), ast::Expr::Value(_)) = (&term.operand, inner) {
                    let negative = format!("-{digits}");
                    return self.number(&negative, span(expr));
                }
                (Function::Negate(of), base)
            }
            (UnaryOperator::PGAbs, Some((base, of))) => (Function::Absolute(of), base),
            (UnaryOperator::PGSquareRoot, Some((base, _))) => {
                let operand = coerce(term.operand.clone()?, base, Base::Float8);
                return self.call(expr, Function::SquareRoot, vec![operand], Base::Float8, &[&term]);
            }
            (UnaryOperator::BitwiseNot, Some((base, of))) if base.is_whole() => (Function::BitNot(of), base),
            _ => return self.unsupported(expr, &format!("`{op}` before {}", term.what()), []),
        };
        let operand = term.operand.clone()?;
        self.call(expr, function, vec![operand], base, &[&term])
    }

    pub(super) fn binary(
        &mut self,
        expr: &'a ast::Expr,
        left: &'a ast::Expr,
        op: &BinaryOperator,
        right: &'a ast::Expr,
    ) -> Option<Term<'a>> {
        let sql = match op {
            BinaryOperator::Plus => "+",
            BinaryOperator::Minus => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::PGExp | BinaryOperator::BitwiseXor => "^",
            BinaryOperator::BitwiseAnd => "&",
            BinaryOperator::BitwiseOr => "|",
            BinaryOperator::PGBitwiseXor => "#",
            BinaryOperator::StringConcat => "||",
            other => {
                let help = operator_help(other);
                return self.unsupported(expr, &format!("the operator `{other}`"), help.map(str::to_owned));
            }
        };
        let (left, right) = (self.value(left), self.value(right));
        let (left, right) = (left?, right?);
        if sql == "||" && [&left, &right].iter().any(|side| matches!(side.ty, Some(Type::Array(_)))) {
            return self.join_arrays(expr, left, right);
        }
        let sides = [&left, &right];
        let refused = |this: &mut Self| {
            let message = format!("`{sql}` doesn't take {} and {}", left.what(), right.what());
            let help = (sql == "||").then(|| "cast to text what is none: `column::text`".to_owned());
            this.error(&codes::FRAGMENT_TYPE, span(expr), message, "not of types for it", help);
            None
        };
        let (Some(one), Some(other)) = (left.base_or_open(), right.base_or_open()) else { return refused(self) };
        if one.is_none() && other.is_none() {
            return refused(self);
        }
        let Some(form) = overload::choose(sql, [one, other]) else { return refused(self) };
        let [one, other] = [one.unwrap_or(form.args[0]), other.unwrap_or(form.args[1])];
        if let (Some(_), Some(_)) = (one.number(), other.number()) {
            return self.arithmetic(expr, sql, (one, other), form.args[0], &left, &right);
        }
        // PostgreSQL takes no unknown literal beside a date, and counts days in int4.
        let ambiguous = sql == "+" && form.args.contains(&Base::Date) && sides.iter().any(|side| side.ty.is_none());
        if ambiguous {
            let help = ["say the type: `interval '1 day'`, `7`, `$days::int4`".to_owned()];
            let message = "what is added to a date must say its type".to_owned();
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "a number of days, or an interval?", help);
            return None;
        }
        if form.args.contains(&Base::Int8) && [one, other].contains(&Base::Int8) {
            let message = "PostgreSQL adds days of type `int4` to a date, not `int8`".to_owned();
            let help = ["declare the column as integer".to_owned()];
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "too wide for days", help);
            return None;
        }
        if sql == "-" && one == Base::Time && other == Base::Interval {
            let help = ["add the negated interval: `column + interval '-1 hour'`".to_owned()];
            let message = "`-` of a time and an interval is an interval to Electric, a time to PostgreSQL".to_owned();
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "the results differ", help);
            return None;
        }
        let first = self.resolve(&left, form.args[0], &right);
        let second = self.resolve(&right, form.args[1], &left);
        let (first, second) =
            (self.typed_literal(first?, &left, form.args[0]), self.typed_literal(second?, &right, form.args[1]));
        let args = [first, second];
        use Base::{Date, Float8, Int4, Interval, Text, Time, Timestamp, Timestamptz};
        let turned = |[left, right]: [Operand; 2]| vec![right, left];
        let (function, args, gives) = match (sql, form.args) {
            ("||", _) => (Function::Join, args.into(), Text),
            ("+", [Date, Base::Int8]) => (Function::AddDays, args.into(), Date),
            ("+", [Base::Int8, Date]) => (Function::AddDays, turned(args), Date),
            ("-", [Date, Base::Int8]) => (Function::SubtractDays, args.into(), Date),
            ("-", [Date, Date]) => (Function::DaysBetween, args.into(), Int4),
            ("+", [Date, Time]) => (Function::DateAndTime, args.into(), Timestamp),
            ("+", [Time, Date]) => (Function::DateAndTime, turned(args), Timestamp),
            ("+", [base @ (Date | Time | Timestamp | Timestamptz | Interval), Interval]) => {
                (Function::AddInterval(base.scalar()), args.into(), form.gives)
            }
            ("+", [Interval, base]) => (Function::AddInterval(base.scalar()), turned(args), form.gives),
            ("-", [base, Interval]) => (Function::SubtractInterval(base.scalar()), args.into(), form.gives),
            ("-", [base @ (Timestamp | Timestamptz), _]) => {
                (Function::TimeBetween(base.scalar()), args.into(), Interval)
            }
            ("*", [Interval, Float8]) => (Function::ScaleInterval, args.into(), Interval),
            ("*", [Float8, Interval]) => (Function::ScaleInterval, turned(args), Interval),
            _ => return refused(self),
        };
        self.call(expr, function, args, gives, &sides)
    }

    fn arithmetic(
        &mut self,
        expr: &'a ast::Expr,
        sql: &str,
        (one, other): (Base, Base),
        form: Base,
        left: &Term<'a>,
        right: &Term<'a>,
    ) -> Option<Term<'a>> {
        let mut to = wider(one, other);
        if to == Base::Numeric && matches!(sql, "/" | "^") {
            let help = ["cast to float8 first: `column::float8`".to_owned()];
            let message = format!("`{sql}` of numerics: Electric reckons with floats, PostgreSQL exactly");
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "the results differ", help);
            return None;
        }
        if sql == "^" {
            to = Base::Float8;
        }
        if !to.is_whole() {
            self.trap(Trap::Numbers, span(expr));
        }
        let number = to.number()?;
        let function = match sql {
            "+" => Function::Add(number),
            "-" => Function::Subtract(number),
            "*" => Function::Multiply(number),
            "/" => Function::Divide(number),
            "^" => Function::Power,
            "&" => Function::BitAnd(number),
            "|" => Function::BitOr(number),
            _ => Function::BitXor(number),
        };
        let own = |term: &Term<'a>| if term.ty.is_none() { form } else { to };
        let (first, second) = (self.resolve(left, own(left), right), self.resolve(right, own(right), left));
        self.call(expr, function, vec![first?, second?], to, &[left, right])
    }
}

pub(super) fn is_logic(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or)
}

fn operator_help(op: &BinaryOperator) -> Option<&'static str> {
    match op {
        BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch => {
            Some("a pattern is written with `like`: `%` for anything, `_` for one letter")
        }
        BinaryOperator::Arrow
        | BinaryOperator::LongArrow
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::AtQuestion
        | BinaryOperator::AtAt
        | BinaryOperator::HashMinus => {
            Some("keep what decides in a column of its own, not inside of JSON or a document")
        }
        BinaryOperator::Modulo => Some("of powers of two `&` gives the rest: `n & 7`"),
        BinaryOperator::PGBitwiseShiftLeft | BinaryOperator::PGBitwiseShiftRight => {
            Some("multiply or divide by a power of two")
        }
        _ => None,
    }
}
