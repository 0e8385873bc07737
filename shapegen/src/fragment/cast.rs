//! Casts, intervals and time zones.

use super::check::Checker;
use super::compare::{as_text, castable};
use super::span::span;
use super::types::{Base, Type};
use super::value::{Open, Term};
use crate::diagnostics::codes;
use shapegen_runtime::expr::{Function, Operand, Scalar};
use sqlparser::ast::{self};

impl<'a> Checker<'a, '_> {
    pub(super) fn cast_target(&mut self, expr: &ast::Expr, data_type: &ast::DataType) -> Option<(Base, bool)> {
        let written = data_type.to_string().to_ascii_lowercase();
        let (element, array) = match written.strip_suffix("[]") {
            Some(element) => (element, true),
            None => (written.as_str(), false),
        };
        if let Some(base) = Base::cast_target(element.trim_end_matches("[]")) {
            return Some((base, array));
        }
        let help = match element.split('(').next().unwrap_or_default() {
            "numeric" | "decimal" => "cast to `float8`, or to `int8`, or leave the cast out".to_owned(),
            "varchar" | "character varying" | "char" | "character" => {
                "cast to `text`: Electric knows no length".to_owned()
            }
            "timestamp" | "time" | "timestamptz" | "interval" => "leave the precision out".to_owned(),
            _ => "it casts to `bool`, `int2`, `int4`, `int8`, `float4`, `float8`, `text`, `varchar`, `date`, `time`, \
                  `timestamp`, `timestamptz`, `interval` and `uuid`"
                .to_owned(),
        };
        self.unsupported(expr, &format!("a cast to `{written}`"), [help])
    }

    pub(super) fn cast(
        &mut self,
        expr: &'a ast::Expr,
        inner: &'a ast::Expr,
        data_type: &ast::DataType,
    ) -> Option<Term<'a>> {
        let to = self.cast_target(expr, data_type);
        let term = self.value(inner)?;
        self.cast_to(expr, term, to?)
    }

    pub(super) fn cast_to(&mut self, expr: &ast::Expr, term: Term<'a>, (to, array): (Base, bool)) -> Option<Term<'a>> {
        let at = span(expr);
        let gives = if array { Type::Array(to) } else { Type::Base(to) };
        let function = |from: Scalar| Function::Cast { from, to: to.scalar(), array };
        let typed = |operand, from| Operand::call(function(from), vec![operand]);
        match (&term.open, &term.ty) {
            (Open::Null, _) => Some(Term::typed(Operand::Null, gives, at, true)),
            (Open::Param(name), _) => {
                let pg_type = if array { format!("{}[]", to.name()) } else { to.name().to_owned() };
                let param = self.param(name, (&pg_type, &gives.data_type()), None, term.at)?;
                let operand = if array { typed(param, to.scalar()) } else { typed(param, Scalar::Text) };
                Some(Term::typed(operand, gives, at, false))
            }
            (Open::Text(_), _) if array => {
                let literal = self.resolve_array(&term, to, &term)?;
                Some(Term::typed(typed(literal, to.scalar()), gives, at, true))
            }
            (Open::Text(_), _) => {
                let operand = match self.resolve(&term, to, &term)? {
                    cast @ Operand::Call { .. } => cast,
                    literal => typed(literal, Scalar::Text),
                };
                Some(Term::typed(operand, gives, at, true))
            }
            (_, Some(Type::Enum(_))) if to == Base::Text && !array => {
                let operand = as_text(term.operand?);
                Some(Term { operand: Some(operand), ty: Some(gives), at, ..term })
            }
            (_, Some(Type::Base(from))) if !array && castable(*from, to) => {
                let from = *from;
                if from.scalar() == to.scalar() && from == to {
                    return Some(term);
                }
                let column = term.column;
                let args = vec![term.operand.clone()?];
                let cast = self.call_typed(expr, function(from.scalar()), args, gives, &[&term])?;
                Some(Term { column, ..cast })
            }
            (_, Some(Type::Array(from))) if array && castable(*from, to) => {
                let args = vec![term.operand.clone()?];
                self.call_typed(expr, function(from.scalar()), args, gives, &[&term])
            }
            (_, ty) => {
                let from = ty.as_ref().map(Type::name).unwrap_or_default();
                let other_form = to == Base::Text
                    && !array
                    && matches!(
                        ty,
                        Some(Type::Base(Base::Bool | Base::Float4 | Base::Float8 | Base::Numeric | Base::Timestamp))
                    );
                let (message, help) = if other_form {
                    let message = format!("Electric writes a `{from}` as text otherwise than PostgreSQL");
                    (message, Some(format!("compare it as `{from}`")))
                } else {
                    let message = format!("Electric has no cast from `{from}` to `{}`", gives.name());
                    let text = matches!(ty, Some(Type::Base(Base::Varchar | Base::Name | Base::Bpchar)));
                    (message, text.then(|| format!("go by text: `::text::{}`", to.name())))
                };
                self.error(&codes::FRAGMENT_TYPE, at, message, "can't be cast", help);
                None
            }
        }
    }

    pub(super) fn interval(&mut self, expr: &'a ast::Expr, interval: &'a ast::Interval) -> Option<Term<'a>> {
        let plain = interval.leading_field.is_none() && interval.last_field.is_none();
        let term = self.value(&interval.value)?;
        if !plain || !matches!(term.open, Open::Text(_)) {
            let help = "write the units inside of the quotes: `interval '90 days'`".to_owned();
            return self.unsupported(expr, "units behind an interval", [help]);
        }
        self.cast_to(expr, term, (Base::Interval, false))
    }

    pub(super) fn at_time_zone(&mut self, expr: &ast::Expr, zone: Term<'a>, time: Term<'a>) -> Option<Term<'a>> {
        let Open::Text(name) = &zone.open else {
            let help = "write its name: `at time zone 'Europe/Berlin'`".to_owned();
            return self.unsupported(expr, "a time zone that isn't written out", [help]);
        };
        // Offsets and abbreviations are PostgreSQL's own.
        let is_name = name == "UTC"
            || (name.contains('/')
                && name.starts_with(|first: char| first.is_ascii_uppercase())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "/_+-".contains(letter)));
        if !is_name {
            let message = format!("Electric knows no time zone `{name}`");
            let help = "use a name of the time zone database: `UTC`, `Europe/Berlin`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, zone.at, message, "not the name of a zone", [help]);
            return None;
        }
        let (function, gives) = match time.base_or_open() {
            Some(Some(Base::Timestamp)) => (Function::InstantOf, Base::Timestamptz),
            Some(Some(Base::Timestamptz)) => (Function::LocalTime, Base::Timestamp),
            _ => {
                let message = format!("{} has no time zone to go to", time.what());
                let help = "it takes a timestamp or a timestamptz: cast first".to_owned();
                self.error(&codes::FRAGMENT_TYPE, time.at, message, "not a timestamp", [help]);
                return None;
            }
        };
        let args = vec![Operand::literal(name.clone()), time.operand.clone()?];
        self.call(expr, function, args, gives, &[&zone, &time])
    }
}
