//! Values: columns, literals and parameters, and how one becomes of the type that another needs.

use shapegen_runtime::expr::{Expr, Function, Operand, Scalar};
use sqlparser::ast::{self, UnaryOperator, Value};
use sqlparser::tokenizer::Span;

use super::check::{Beside, Checker};
use super::compare::{Op, coerce};
use super::literal::{self, Unreadable};
use super::operator::is_logic;
use super::select::folded;
use super::span::span;
use super::trap::Trap;
use super::types::{Base, Type, shown};
use crate::catalog::{Column, DataType};
use crate::diagnostics::{codes, listed, nearest};

/// What has no type of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Open {
    /// It has one.
    No,
    /// A quoted literal.
    Text(String),
    /// A parameter, by its name.
    Param(String),
    /// `null`
    Null,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) struct Term<'c> {
    /// `None` while its type is open.
    pub(super) operand: Option<Operand>,
    pub(super) ty: Option<Type>,
    pub(super) open: Open,
    pub(super) at: Span,
    /// The same for every row and every request.
    pub(super) constant: bool,
    /// The column that it is, or that it is a cast of.
    pub(super) column: Option<&'c Column>,
}

impl<'c> Term<'c> {
    pub(super) fn typed(operand: Operand, ty: Type, at: Span, constant: bool) -> Self {
        Self { operand: Some(operand), ty: Some(ty), open: Open::No, at, constant, column: None }
    }

    fn open(open: Open, at: Span) -> Self {
        let constant = !matches!(open, Open::Param(_));
        Self { operand: None, ty: None, open, at, constant, column: None }
    }

    /// Its type where it is neither array nor enum, `Some(None)` while it is open.
    pub(super) fn base_or_open(&self) -> Option<Option<Base>> {
        match &self.ty {
            None => Some(None),
            Some(ty) => ty.base().map(Some),
        }
    }

    /// For messages.
    pub(super) fn what(&self) -> String {
        match (&self.open, &self.ty, self.column, &self.operand) {
            (Open::Text(text), ..) => format!("`'{}'`", text.replace('\'', "''")),
            (Open::Param(name), ..) => format!("`${name}`"),
            (Open::Null, ..) => "`null`".to_owned(),
            (_, Some(_), Some(column), Some(Operand::Column(_))) => {
                format!("the column `{}` of type `{}`", column.name, shown(&column.data_type))
            }
            (_, Some(Type::Enum(name)), Some(column), _) => {
                format!("the column `{}` of type `{}`", column.name, name.name)
            }
            (_, Some(Type::Base(Base::Bool)), _, Some(Operand::Literal(text))) => format!("`{text}`"),
            (_, Some(_), _, Some(Operand::Literal(text))) => format!("the number `{text}`"),
            (_, Some(ty), ..) => format!("a value of type `{}`", ty.name()),
            _ => "this".to_owned(),
        }
    }
}

impl<'a> Checker<'a, '_> {
    /// A parameter's place.
    pub(super) fn param(
        &mut self,
        name: &str,
        (pg_type, data_type): (&str, &DataType),
        column: Option<&Column>,
        at: Span,
    ) -> Option<Operand> {
        let column = column.map(|column| (self.subject.name, column.name.as_str()));
        match (self.bind)(name, Beside { pg_type, data_type, column }) {
            Ok(position) => Some(Operand::Param(position)),
            Err(message) => {
                let label = format!("compared with a `{pg_type}` here");
                self.error(&codes::FRAGMENT_PARAMETER, at, message, label, []);
                None
            }
        }
    }

    /// A value as one of a type; `other` is what it stands beside.
    pub(super) fn resolve(&mut self, term: &Term<'a>, to: Base, other: &Term<'a>) -> Option<Operand> {
        match (&term.open, &term.operand, term.base_or_open().flatten()) {
            // PostgreSQL reads digits beyond a float's range as no float.
            (Open::No, Some(Operand::Literal(digits)), Some(Base::Numeric))
                if matches!(to, Base::Float4 | Base::Float8) && literal::canonical(to, digits).is_err() =>
            {
                self.unreadable(term, to, other, Unreadable::NoValue)
            }
            (Open::No, Some(operand), Some(from)) => Some(coerce(operand.clone(), from, to)),
            (Open::Null, ..) => Some(Operand::Null),
            (Open::Param(name), ..) => {
                let ty = Type::Base(to).data_type();
                let data_type = other.column.map_or(&ty, |column| &column.data_type);
                // A float8 beside a float4 column, say, is no float4.
                let same = data_type.dims == 0 && Type::of(data_type).base().is_some_and(|base| base.becomes(to));
                self.param(name, (to.name(), if same { data_type } else { &ty }), other.column, term.at)
            }
            (Open::Text(text), ..) => match literal::canonical(to, text) {
                // Digits alone would be compared as float8.
                Ok(text) if to == Base::Float4 => {
                    let function = Function::Cast { from: Scalar::Text, to: to.scalar(), array: false };
                    Some(Operand::call(function, vec![Operand::literal(text)]))
                }
                Ok(text) => Some(Operand::literal(text)),
                Err(why) => self.unreadable(term, to, other, why),
            },
            _ => None,
        }
    }

    fn unreadable<T>(&mut self, term: &Term<'a>, to: Base, other: &Term<'a>, why: Unreadable) -> Option<T> {
        let help = format!("a value of `{}` is written `{}`", to.name(), literal::example(to));
        let (message, label) = match why {
            Unreadable::NoValue if other.ty.is_some() => (
                format!("{} can't be compared with {}", other.what(), term.what()),
                format!("not a value of `{}`", to.name()),
            ),
            Unreadable::NoValue => {
                (format!("{} is not a value of `{}`", term.what(), to.name()), "can't be read".to_owned())
            }
            Unreadable::NotInElectric => (
                format!("Electric has no value {} of type `{}`", term.what(), to.name()),
                "not a value for Electric".to_owned(),
            ),
        };
        self.error(&codes::FRAGMENT_TYPE, term.at, message, label, [help]);
        None
    }

    /// An open value as an array.
    pub(super) fn resolve_array(&mut self, term: &Term<'a>, of: Base, other: &Term<'a>) -> Option<Operand> {
        match &term.open {
            Open::Null => Some(Operand::Null),
            Open::Param(name) => {
                let ty = Type::Array(of).data_type();
                let data_type = match other.column {
                    Some(column) if column.data_type.dims == 0 => DataType { dims: 1, ..column.data_type.clone() },
                    Some(column) => column.data_type.clone(),
                    None => ty.clone(),
                };
                let same = matches!(Type::of(&data_type), Type::Array(base) if base.becomes(of));
                let data_type = if same { &data_type } else { &ty };
                self.param(name, (&format!("{}[]", of.name()), data_type), other.column, term.at)
            }
            Open::Text(text) => match literal::array(of, text) {
                Some(text) => Some(Operand::literal(text)),
                None => {
                    let message = format!("{} is not a value of `{}[]`", term.what(), of.name());
                    let help = "an array is written `'{a,b}'` or `array['a', 'b']`".to_owned();
                    self.error(&codes::FRAGMENT_TYPE, term.at, message, "can't be read as an array", [help]);
                    None
                }
            },
            Open::No => None,
        }
    }

    /// Something that is compared. `None` after an error.
    pub(super) fn value(&mut self, expr: &'a ast::Expr) -> Option<Term<'a>> {
        self.deeper(expr, |this| this.value_here(expr))
    }

    fn value_here(&mut self, expr: &'a ast::Expr) -> Option<Term<'a>> {
        let at = span(expr);
        match expr {
            ast::Expr::Nested(inner) => self.value(inner),
            ast::Expr::Identifier(ident) => {
                let column = self.column(ident)?;
                let term = column_term(column, at);
                if matches!(&term.operand, Some(Operand::Call { .. })) {
                    self.trap(Trap::Blanks, at);
                }
                Some(term)
            }
            ast::Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text)
                | Value::EscapedStringLiteral(text)
                | Value::DollarQuotedString(ast::DollarQuotedString { value: text, .. }) => {
                    Some(Term::open(Open::Text(text.clone()), at))
                }
                Value::Number(digits, false) => self.number(digits, at),
                Value::Boolean(truth) => {
                    Some(Term::typed(Operand::literal(truth.to_string()), Type::Base(Base::Bool), at, true))
                }
                Value::Null => Some(Term::open(Open::Null, at)),
                // `:name` comes as a placeholder, too, and nobody was asked whether it is bound.
                Value::Placeholder(name) if name.starts_with('$') => {
                    Some(Term::open(Open::Param(name[1..].to_owned()), at))
                }
                Value::SingleQuotedByteStringLiteral(_) | Value::HexStringLiteral(_) => {
                    self.unsupported(expr, "bit strings", [])
                }
                _ => self.unsupported(expr, &format!("the literal `{value}`"), []),
            },
            ast::Expr::UnaryOp { op, expr: inner } if *op != UnaryOperator::Not => self.unary(expr, op, inner),
            ast::Expr::BinaryOp { left, op, right } if Op::of(op).is_none() && !is_logic(op) => {
                self.binary(expr, left, op, right)
            }
            ast::Expr::Cast {
                expr: inner, data_type, kind: ast::CastKind::Cast | ast::CastKind::DoubleColon, ..
            } => self.cast(expr, inner, data_type),
            ast::Expr::TypedString(typed) => {
                let text = typed.value.value.clone().into_string().unwrap_or_default();
                let to = self.cast_target(expr, &typed.data_type)?;
                self.cast_to(expr, Term::open(Open::Text(text), typed.value.span), to)
            }
            ast::Expr::Interval(interval) => self.interval(expr, interval),
            ast::Expr::Function(function) => self.function(expr, function),
            ast::Expr::AtTimeZone { timestamp, time_zone } => {
                let (zone, time) = (self.value(time_zone), self.value(timestamp));
                self.at_time_zone(expr, zone?, time?)
            }
            ast::Expr::Array(array) => self.array(expr, &array.elem),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.subscript(expr, root, access_chain),
            ast::Expr::CompoundIdentifier(parts) => {
                let (last, _) = parts.split_last()?;
                let help = format!("a fragment is about one table: write `{last}` alone");
                self.error(&codes::FRAGMENT_COLUMN, at, format!("`{expr}` names a table, too"), "", [help]);
                None
            }
            other if is_condition(other) => {
                let condition = self.condition(other, false)?;
                let mut columns = false;
                condition.visit(&mut |_| columns = true);
                let operand = Operand::Condition(vec![condition].into());
                Some(Term::typed(operand, Type::Base(Base::Bool), at, !columns))
            }
            other => {
                let (what, help) = construct(other);
                self.unsupported(other, &what, help.map(str::to_owned))
            }
        }
    }

    pub(super) fn column(&mut self, ident: &ast::Ident) -> Option<&'a Column> {
        let name = folded(ident);
        if let Some(column) = self.subject.column(&name) {
            return Some(column);
        }
        if ident.quote_style.is_none() && is_now(&name) {
            return self.now(ident.span, &name);
        }
        let columns: Vec<&str> = self.subject.table.columns.iter().map(|column| column.name.as_str()).collect();
        let near = nearest(&name, columns.iter().copied());
        let mut help: Vec<String> = near.map(|near| format!("did you mean `{near}`?")).into_iter().collect();
        if ident.quote_style == Some('"') {
            help.push(format!("a text stands in single quotes: `'{}'`", ident.value));
        }
        if help.is_empty() {
            help.push(format!("its columns are {}", listed(&columns, "and")));
        }
        let message = format!("the table `{}` has no column `{name}`", self.subject.name.name);
        self.error(&codes::FRAGMENT_COLUMN, ident.span, message, "no such column", help);
        None
    }

    pub(super) fn now<T>(&mut self, at: Span, name: &str) -> Option<T> {
        let message = format!("a fragment can't contain `{name}`: rows don't leave a shape because time goes by");
        let help = "keep a column that says it, such as `archived_at`, or compare with a parameter".to_owned();
        self.error(&codes::FRAGMENT_UNSUPPORTED, at, message, "Electric doesn't evaluate it", [help]);
        None
    }

    /// Whole numbers are the smallest type that holds them from int4 on, others numeric.
    pub(super) fn number(&mut self, digits: &str, at: Span) -> Option<Term<'a>> {
        let (base, text) = match (digits.parse::<i32>(), digits.parse::<i64>()) {
            (Ok(number), _) => (Base::Int4, number.to_string()),
            (_, Ok(number)) => (Base::Int8, number.to_string()),
            _ => match literal::canonical(Base::Numeric, digits) {
                // Electric takes digits without a point for a whole number of 64 bits.
                Ok(text) if text.contains('.') => (Base::Numeric, text),
                Ok(text) => (Base::Numeric, format!("{text}.0")),
                Err(_) => {
                    let message = format!("the number `{digits}` can't be read");
                    let help = ["write digits alone, within the range of the column's type".to_owned()];
                    self.error(&codes::FRAGMENT_TYPE, at, message, "not a number here", help);
                    return None;
                }
            },
        };
        Some(Term::typed(Operand::literal(text), Type::Base(base), at, true))
    }

    /// Beside an operator a literal's type must show.
    pub(super) fn typed_literal(&mut self, operand: Operand, term: &Term<'a>, base: Base) -> Operand {
        match operand {
            Operand::Literal(_) | Operand::Param(_) if term.ty.is_none() && base != Base::Text => {
                let function = Function::Cast { from: Scalar::Text, to: base.scalar(), array: false };
                Operand::call(function, vec![operand])
            }
            operand => operand,
        }
    }

    /// Electric writes these back as SQL beside a subquery, and can't.
    pub(super) fn check_beside_selects(&mut self, expr: &Expr, at: &ast::Expr) {
        if super::is_refused_beside_selects(expr) {
            let message =
                "Electric can't have `coalesce`, `greatest`, `least` or an array's elements beside a subquery";
            let help = "write it with `and`, `or` and `is null`, or keep it in a column".to_owned();
            self.error(&codes::FRAGMENT_UNSUPPORTED, span(at), message, "here", [help]);
        }
    }
}

fn column_term(column: &Column, at: Span) -> Term<'_> {
    let ty = Type::of(&column.data_type);
    let operand = Operand::column(column.name.clone());
    // Without its trailing spaces it is a text.
    let (operand, ty) = match ty {
        Type::Base(Base::Bpchar) => {
            let function = Function::Cast { from: Scalar::Bpchar, to: Scalar::Text, array: false };
            (Operand::call(function, vec![operand]), Type::Base(Base::Text))
        }
        Type::Array(Base::Bpchar) => (operand, Type::Other("bpchar[]".to_owned())),
        ty => (operand, ty),
    };
    Term { operand: Some(operand), ty: Some(ty), open: Open::No, at, constant: false, column: Some(column) }
}

pub(super) fn holds_unprintable(expr: &Expr) -> bool {
    fn of_operand(operand: &Operand) -> bool {
        match operand {
            Operand::Call { function, args } => {
                matches!(
                    function,
                    Function::Coalesce(_)
                        | Function::Greatest(_)
                        | Function::Least(_)
                        | Function::Index
                        | Function::Slice
                ) || args.iter().any(of_operand)
            }
            Operand::Condition(conditions) => conditions.iter().any(holds_unprintable),
            _ => false,
        }
    }
    match expr {
        Expr::Compare { left, right, .. }
        | Expr::Distinct { left, right, .. }
        | Expr::Arrays { left, right, .. }
        | Expr::Like { text: left, pattern: right, .. }
        | Expr::Quantified { left, array: right, .. } => of_operand(left) || of_operand(right),
        Expr::IsNull { operand, .. } => of_operand(operand),
        Expr::In { operand, list, .. } => of_operand(operand) || list.iter().any(of_operand),
        Expr::All(conditions) | Expr::Any(conditions) | Expr::IsTruth { condition: conditions, .. } => {
            conditions.iter().any(holds_unprintable)
        }
        // A subquery is a shape of its own.
        Expr::InSelect { .. } => false,
    }
}

pub(super) fn is_now(name: &str) -> bool {
    matches!(
        name,
        "now"
            | "current_date"
            | "current_time"
            | "current_timestamp"
            | "localtime"
            | "localtimestamp"
            | "transaction_timestamp"
            | "statement_timestamp"
            | "clock_timestamp"
    )
}

fn is_condition(expr: &ast::Expr) -> bool {
    matches!(
        expr,
        ast::Expr::BinaryOp { .. }
            | ast::Expr::UnaryOp { .. }
            | ast::Expr::InList { .. }
            | ast::Expr::InSubquery { .. }
            | ast::Expr::Between { .. }
            | ast::Expr::Like { .. }
            | ast::Expr::ILike { .. }
            | ast::Expr::AnyOp { .. }
            | ast::Expr::AllOp { .. }
            | ast::Expr::IsDistinctFrom(..)
            | ast::Expr::IsNotDistinctFrom(..)
            | ast::Expr::IsNull(_)
            | ast::Expr::IsNotNull(_)
            | ast::Expr::IsTrue(_)
            | ast::Expr::IsNotTrue(_)
            | ast::Expr::IsFalse(_)
            | ast::Expr::IsNotFalse(_)
            | ast::Expr::IsUnknown(_)
            | ast::Expr::IsNotUnknown(_)
    )
}

fn construct(expr: &ast::Expr) -> (String, Option<&'static str>) {
    let (what, help) = match expr {
        ast::Expr::Subquery(_) => ("a subquery as a value", Some("write `column in (select …)`")),
        ast::Expr::Exists { .. } => ("`exists`", Some("write `column in (select …)`")),
        ast::Expr::SimilarTo { .. } | ast::Expr::RLike { .. } => {
            ("`similar to`", Some("a pattern is written with `like`: `%` for anything, `_` for one letter"))
        }
        ast::Expr::Case { .. } => ("`case`", Some("write the cases with `and` and `or`, or use `coalesce`")),
        ast::Expr::Tuple(_) => ("a row", Some("compare column by column; only `(a, b) in (select …)` takes a row")),
        ast::Expr::Collate { .. } => ("`collate`", Some("Electric orders texts by bytes")),
        ast::Expr::Extract { .. } => ("`extract`", Some("compare the date or the timestamp with a range")),
        ast::Expr::JsonAccess { .. } | ast::Expr::IsJson { .. } => {
            ("JSON operators", Some("keep what decides in a column of its own"))
        }
        ast::Expr::Position { .. } => ("`position`", Some("write `like '%…%'`")),
        ast::Expr::Substring { .. } | ast::Expr::Trim { .. } | ast::Expr::Overlay { .. } => {
            ("parts of a text", Some("write `like` with a pattern"))
        }
        ast::Expr::Ceil { .. } | ast::Expr::Floor { .. } => ("rounding", Some("compare with a range")),
        _ => ("this", None),
    };
    (what.to_owned(), help)
}
