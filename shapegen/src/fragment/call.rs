//! Calls of functions, and the choice among several values.

use super::check::Checker;
use super::compare::coerce;
use super::select::folded;
use super::span::span;
use super::trap::Trap;
use super::types::{Base, Type};
use super::value::{Open, Term, is_now};
use crate::diagnostics::{codes, listed, nearest};
use shapegen_runtime::expr::{Function, Operand, RowText};
use sqlparser::ast::{self};

struct NoRow;

impl RowText for NoRow {
    fn column(&self, _: &str) -> Option<&str> {
        None
    }
}

impl<'a> Checker<'a, '_> {
    /// A function's result. What is the same for every row is tried out, as Electric does.
    pub(super) fn call(
        &mut self,
        expr: &ast::Expr,
        function: Function,
        args: Vec<Operand>,
        gives: Base,
        of: &[&Term<'a>],
    ) -> Option<Term<'a>> {
        self.call_typed(expr, function, args, Type::Base(gives), of)
    }

    pub(super) fn call_typed(
        &mut self,
        expr: &ast::Expr,
        function: Function,
        args: Vec<Operand>,
        gives: Type,
        of: &[&Term<'a>],
    ) -> Option<Term<'a>> {
        let constant = of.iter().all(|term| term.constant);
        if function.is_strict() && args.contains(&Operand::Null) {
            return Some(Term::typed(Operand::Null, gives, span(expr), true));
        }
        let operand = Operand::call(function, args);
        if constant && let Err(error) = operand.eval(&NoRow, &[]) {
            let message = format!("this fails for every row: {error}");
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "can't be reckoned out", []);
            return None;
        }
        Some(Term::typed(operand, gives, span(expr), constant))
    }

    /// A function's arguments, which must be plain.
    pub(super) fn arguments(&mut self, expr: &ast::Expr, function: &'a ast::Function) -> Option<Vec<&'a ast::Expr>> {
        let plain = function.over.is_none()
            && function.filter.is_none()
            && function.within_group.is_empty()
            && matches!(function.parameters, ast::FunctionArguments::None);
        let list = match &function.args {
            ast::FunctionArguments::List(list)
                if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                list
            }
            ast::FunctionArguments::None if plain => return Some(Vec::new()),
            _ => return self.unsupported(expr, "aggregates and windows", []),
        };
        let args = list.args.iter().map(|arg| match arg {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(arg)) => Some(arg),
            _ => None,
        });
        match args.collect::<Option<Vec<_>>>() {
            Some(args) => Some(args),
            None => self.unsupported(expr, "aggregates and named arguments", []),
        }
    }

    pub(super) fn function(&mut self, expr: &'a ast::Expr, function: &'a ast::Function) -> Option<Term<'a>> {
        let name = function.name.to_string().to_ascii_lowercase();
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        if is_now(name) {
            let parentheses = if matches!(function.args, ast::FunctionArguments::None) { "" } else { "()" };
            return self.now(span(expr), &format!("{name}{parentheses}"));
        }
        if matches!(name, "like" | "ilike") {
            let condition = self.condition(expr, false)?;
            let operand = Operand::Condition(vec![condition].into());
            return Some(Term::typed(operand, Type::Base(Base::Bool), span(expr), false));
        }
        const KNOWN: [&str; 16] = [
            "lower",
            "upper",
            "concat",
            "like",
            "ilike",
            "coalesce",
            "greatest",
            "least",
            "array_cat",
            "array_append",
            "array_prepend",
            "array_ndims",
            "timezone",
            "justify_days",
            "justify_hours",
            "justify_interval",
        ];
        if !KNOWN.contains(&name) {
            let help = match nearest(name, KNOWN) {
                Some(near) => format!("did you mean `{near}`?"),
                None if name == "nullif" => "write the condition with `and`, `or` and `is distinct from`".to_owned(),
                None if matches!(name, "count" | "sum" | "min" | "max" | "avg") => {
                    "a fragment sees one row at a time".to_owned()
                }
                None => format!("it has {}", listed(&KNOWN, "and")),
            };
            return self.unsupported(expr, &format!("the function `{name}`"), [help]);
        }
        let args = self.arguments(expr, function)?;
        let terms: Vec<Option<Term<'a>>> = args.iter().map(|arg| self.value(arg)).collect();
        let terms = terms.into_iter().collect::<Option<Vec<_>>>()?;
        let of: Vec<&Term<'a>> = terms.iter().collect();
        match (name, &of[..]) {
            ("lower" | "upper", [text]) if self.is_text(text) => {
                self.trap(Trap::Letters, span(expr));
                let function = if name == "lower" { Function::Lower } else { Function::Upper };
                let operand = self.resolve(text, Base::Text, text)?;
                self.call(expr, function, vec![operand], Base::Text, &of)
            }
            ("concat", [_, ..]) if of.iter().all(|term| self.is_text(term)) => {
                if let Some(filled) = args.iter().find(|arg| self.is_filled(arg)) {
                    let message = "`concat` keeps the spaces that fill a `char(n)`, which are lost here".to_owned();
                    let help = "leave them out on purpose: `column::text`".to_owned();
                    self.error(&codes::FRAGMENT_TYPE, span(filled), message, "filled with spaces", [help]);
                    return None;
                }
                let args: Option<Vec<Operand>> = of.iter().map(|term| self.resolve(term, Base::Text, term)).collect();
                self.call(expr, Function::Concat, args?, Base::Text, &of)
            }
            ("justify_days" | "justify_hours" | "justify_interval", [interval]) => {
                let Some(from) = interval.base_or_open()?.filter(|base| base.becomes(Base::Interval)) else {
                    return self.no_overload(expr, name, &of);
                };
                let operand = coerce(interval.operand.clone()?, from, Base::Interval);
                let function = match name {
                    "justify_days" => Function::JustifyDays,
                    "justify_hours" => Function::JustifyHours,
                    _ => Function::JustifyInterval,
                };
                self.call(expr, function, vec![operand], Base::Interval, &of)
            }
            ("timezone", [zone, time]) => self.at_time_zone(expr, (*zone).clone(), (*time).clone()),
            ("coalesce" | "greatest" | "least", [_, ..]) => self.choice(expr, name, &terms),
            ("array_cat", [left, right]) => {
                let base = match (&left.ty, &right.ty) {
                    (Some(Type::Array(left)), Some(Type::Array(right))) if left == right => *left,
                    (Some(Type::Array(base)), None) | (None, Some(Type::Array(base))) => *base,
                    _ => return self.no_overload(expr, name, &of),
                };
                let (one, other) = (self.array_or_open(left, base, right), self.array_or_open(right, base, left));
                let function = Function::ArrayCat(base.kind());
                self.call_typed(expr, function, vec![one?, other?], Type::Array(base), &of)
            }
            ("array_append", [array, element]) => self.append(expr, array, element, false),
            ("array_prepend", [element, array]) => self.append(expr, array, element, true),
            ("array_ndims", [array]) if matches!(array.ty, Some(Type::Array(_))) => {
                let operand = array.operand.clone()?;
                self.call(expr, Function::ArrayDimensions, vec![operand], Base::Int4, &of)
            }
            _ => self.no_overload(expr, name, &of),
        }
    }

    /// Whether PostgreSQL takes it for a `char(n)`: the column itself, or a choice with it.
    fn is_filled(&self, expr: &ast::Expr) -> bool {
        match expr {
            ast::Expr::Nested(inner) => self.is_filled(inner),
            ast::Expr::Identifier(ident) => {
                let column = self.subject.column(&folded(ident));
                column.is_some_and(|column| Type::of(&column.data_type) == Type::Base(Base::Bpchar))
            }
            ast::Expr::Function(ast::Function { name, args: ast::FunctionArguments::List(list), .. }) => {
                let is_choice = ["coalesce", "greatest", "least"].contains(&&*name.to_string().to_ascii_lowercase());
                is_choice
                    && list.args.iter().any(|arg| {
                        matches!(arg, ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(arg)) if self.is_filled(arg))
                    })
            }
            _ => false,
        }
    }

    fn is_text(&self, term: &Term<'a>) -> bool {
        match &term.ty {
            None => !matches!(term.open, Open::Param(_)),
            Some(Type::Base(base)) => base.becomes(Base::Text),
            _ => false,
        }
    }

    pub(super) fn no_overload<T>(&mut self, expr: &ast::Expr, name: &str, of: &[&Term<'a>]) -> Option<T> {
        let args: Vec<String> = of.iter().map(|term| term.what()).collect();
        let message = format!("the function `{name}` doesn't take {}", args.join(", "));
        let help = match of.iter().any(|term| matches!(term.open, Open::Param(_))) {
            true => Some("say a parameter's type: `$name::text`".to_owned()),
            false => None,
        };
        self.error(&codes::FRAGMENT_TYPE, span(expr), message, "not of types for it", help);
        None
    }

    /// `coalesce`, `greatest` and `least`: of one type that all become.
    fn choice(&mut self, expr: &ast::Expr, name: &str, terms: &[Term<'a>]) -> Option<Term<'a>> {
        let of: Vec<&Term<'a>> = terms.iter().collect();
        let enumeration = of.iter().find(|term| matches!(term.ty, Some(Type::Enum(_))));
        if let Some(term) = enumeration {
            let message = format!("`{name}` doesn't take {}", term.what());
            let help = "cast it: `…::text`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, term.at, message, "an enum", [help]);
            return None;
        }
        let arrays = of.iter().any(|term| matches!(term.ty, Some(Type::Array(_))));
        if arrays {
            let array = |term: &&Term<'a>| match &term.ty {
                Some(Type::Array(base)) => Some(*base),
                _ => None,
            };
            let base = of.iter().find_map(array)?;
            let fits = of.iter().all(|term| term.ty.is_none() || array(term) == Some(base));
            if !fits || name != "coalesce" {
                return self.no_overload(expr, name, &of);
            }
            let args: Vec<Option<Operand>> = terms.iter().map(|term| self.array_or_open(term, base, term)).collect();
            let args = args.into_iter().collect::<Option<_>>()?;
            return self.call_typed(expr, Function::Coalesce(base.kind().array()?), args, Type::Array(base), &of);
        }
        let Some(base) = self.common(&of) else { return self.no_overload(expr, name, &of) };
        if base == Base::Interval && name != "coalesce" {
            let help = "compare timestamps, or keep the length as a number".to_owned();
            return self.unsupported(
                expr,
                &format!("`{name}` of intervals, which Electric orders by their parts"),
                [help],
            );
        }
        if base == Base::Text && name != "coalesce" {
            self.trap(Trap::Order, span(expr));
        }
        let args: Vec<Option<Operand>> = terms.iter().map(|term| self.element(term, base)).collect();
        let args = args.into_iter().collect::<Option<_>>()?;
        let function = match name {
            "coalesce" => Function::Coalesce(base.kind()),
            "greatest" => Function::Greatest(base.kind()),
            _ => Function::Least(base.kind()),
        };
        self.call(expr, function, args, base, &of)
    }

    /// The type that all become: of open ones text. `None` where there is none.
    pub(super) fn common(&self, of: &[&Term<'a>]) -> Option<Base> {
        let mut found: Option<Base> = None;
        for term in of {
            let Some(base) = term.base_or_open()? else { continue };
            found = Some(match found {
                None => base,
                Some(found) => found.common(base)?,
            });
        }
        let found = found.unwrap_or(Base::Text);
        // A parameter among literals says nothing of its type.
        let open_only = of.iter().all(|term| term.ty.is_none());
        let fits = of.iter().all(|term| term.base_or_open().flatten().is_none_or(|base| base.becomes(found)));
        (fits && !(open_only && of.iter().any(|term| matches!(term.open, Open::Param(_))))).then_some(found)
    }
}
