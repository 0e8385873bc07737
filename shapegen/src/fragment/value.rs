//! Values: columns, literals, parameters, and what operators make of them.

use shapegen_runtime::expr::{Expr, Function, Operand, RowText, Scalar};
use sqlparser::ast::{self, BinaryOperator, UnaryOperator, Value};
use sqlparser::tokenizer::Span;

use super::check::{Beside, Checker};
use super::compare::{Op, as_text, castable, coerce, wider};
use super::literal::{self, Unreadable};
use super::overload;
use super::select::folded;
use super::span::span;
use super::trap::Trap;
use super::types::{Base, Category, Type, shown};
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

struct NoRow;

impl RowText for NoRow {
    fn column(&self, _: &str) -> Option<&str> {
        None
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

    fn column(&mut self, ident: &ast::Ident) -> Option<&'a Column> {
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

    fn now<T>(&mut self, at: Span, name: &str) -> Option<T> {
        let message = format!("a fragment can't contain `{name}`: rows don't leave a shape because time goes by");
        let help = "keep a column that says it, such as `archived_at`, or compare with a parameter".to_owned();
        self.error(&codes::FRAGMENT_UNSUPPORTED, at, message, "Electric doesn't evaluate it", [help]);
        None
    }

    /// Whole numbers are the smallest type that holds them from int4 on, others numeric.
    fn number(&mut self, digits: &str, at: Span) -> Option<Term<'a>> {
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

    fn unary(&mut self, expr: &'a ast::Expr, op: &UnaryOperator, inner: &'a ast::Expr) -> Option<Term<'a>> {
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

    fn binary(
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

    /// Beside an operator a literal's type must show.
    fn typed_literal(&mut self, operand: Operand, term: &Term<'a>, base: Base) -> Operand {
        match operand {
            Operand::Literal(_) | Operand::Param(_) if term.ty.is_none() && base != Base::Text => {
                let function = Function::Cast { from: Scalar::Text, to: base.scalar(), array: false };
                Operand::call(function, vec![operand])
            }
            operand => operand,
        }
    }

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

    fn cast_target(&mut self, expr: &ast::Expr, data_type: &ast::DataType) -> Option<(Base, bool)> {
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

    fn cast(&mut self, expr: &'a ast::Expr, inner: &'a ast::Expr, data_type: &ast::DataType) -> Option<Term<'a>> {
        let to = self.cast_target(expr, data_type);
        let term = self.value(inner)?;
        self.cast_to(expr, term, to?)
    }

    fn cast_to(&mut self, expr: &ast::Expr, term: Term<'a>, (to, array): (Base, bool)) -> Option<Term<'a>> {
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

    fn interval(&mut self, expr: &'a ast::Expr, interval: &'a ast::Interval) -> Option<Term<'a>> {
        let plain = interval.leading_field.is_none() && interval.last_field.is_none();
        let term = self.value(&interval.value)?;
        if !plain || !matches!(term.open, Open::Text(_)) {
            let help = "write the units inside of the quotes: `interval '90 days'`".to_owned();
            return self.unsupported(expr, "units behind an interval", [help]);
        }
        self.cast_to(expr, term, (Base::Interval, false))
    }

    fn at_time_zone(&mut self, expr: &ast::Expr, zone: Term<'a>, time: Term<'a>) -> Option<Term<'a>> {
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

    fn function(&mut self, expr: &'a ast::Expr, function: &'a ast::Function) -> Option<Term<'a>> {
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

    fn no_overload<T>(&mut self, expr: &ast::Expr, name: &str, of: &[&Term<'a>]) -> Option<T> {
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
    fn common(&self, of: &[&Term<'a>]) -> Option<Base> {
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

    /// One of several values of a type.
    fn element(&mut self, term: &Term<'a>, base: Base) -> Option<Operand> {
        let operand = self.resolve(term, base, term)?;
        // Of several types of texts PostgreSQL takes the first, Electric the preferred one.
        let other_text =
            term.base_or_open().flatten().is_some_and(|own| own != base && own.category() == Category::Text);
        Some(if other_text { as_text(operand) } else { self.typed_literal(operand, term, base) })
    }

    fn array_or_open(&mut self, term: &Term<'a>, base: Base, other: &Term<'a>) -> Option<Operand> {
        match &term.ty {
            Some(_) => term.operand.clone(),
            None => {
                let operand = self.resolve_array(term, base, other)?;
                let function = Function::Cast { from: base.scalar(), to: base.scalar(), array: true };
                Some(if operand == Operand::Null { operand } else { Operand::call(function, vec![operand]) })
            }
        }
    }

    fn append(&mut self, expr: &ast::Expr, array: &Term<'a>, element: &Term<'a>, before: bool) -> Option<Term<'a>> {
        let name = if before { "array_prepend" } else { "array_append" };
        let of = if before { [element, array] } else { [array, element] };
        let base = match (&array.ty, element.base_or_open()) {
            (Some(Type::Array(base)), Some(of))
                if of.is_none_or(|of| of == *base || (of.becomes(*base) && *base != Base::Varchar)) =>
            {
                *base
            }
            _ => return self.no_overload(expr, name, &of),
        };
        let element = self.element(element, base)?;
        let array = array.operand.clone()?;
        let (function, args) = if before {
            (Function::ArrayPrepend(base.kind()), vec![element, array])
        } else {
            (Function::ArrayAppend(base.kind()), vec![array, element])
        };
        self.call_typed(expr, function, args, Type::Array(base), &of)
    }

    /// `||` where one side is an array.
    fn join_arrays(&mut self, expr: &ast::Expr, left: Term<'a>, right: Term<'a>) -> Option<Term<'a>> {
        if left.ty.is_none() || right.ty.is_none() {
            let message = "Electric takes this for an element, PostgreSQL for an array".to_owned();
            let at = if left.ty.is_none() { left.at } else { right.at };
            let help = "write `array['…']` or `'…'::text`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, at, message, "must say its type", [help]);
            return None;
        }
        match (&left.ty, &right.ty) {
            (Some(Type::Array(one)), Some(Type::Array(other))) if one == other => {
                let base = *one;
                let args = vec![left.operand.clone()?, right.operand.clone()?];
                self.call_typed(expr, Function::ArrayCat(base.kind()), args, Type::Array(base), &[&left, &right])
            }
            (Some(Type::Array(_)), Some(Type::Base(_))) => self.append(expr, &left, &right, false),
            (Some(Type::Base(_)), Some(Type::Array(_))) => self.append(expr, &right, &left, true),
            _ => self.no_overload(expr, "||", &[&left, &right]),
        }
    }

    /// `array[…]`
    fn array(&mut self, expr: &'a ast::Expr, elements: &'a [ast::Expr]) -> Option<Term<'a>> {
        let terms: Vec<Option<Term<'a>>> = elements.iter().map(|element| self.value(element)).collect();
        let terms = terms.into_iter().collect::<Option<Vec<_>>>()?;
        let of: Vec<&Term<'a>> = terms.iter().collect();
        let arrays = of.iter().map(|term| match &term.ty {
            Some(Type::Array(base)) => Some(*base),
            _ => None,
        });
        if let Some(bases) = arrays.collect::<Option<Vec<Base>>>()
            && let Some(base) = bases.first().copied()
            && bases.iter().all(|other| *other == base)
        {
            let args = terms.iter().map(|term| term.operand.clone()).collect::<Option<Vec<_>>>()?;
            return self.call_typed(expr, Function::Array(base.kind().array()?), args, Type::Array(base), &of);
        }
        let Some(base) = self.common(&of).filter(|_| !of.is_empty()) else {
            let message = if of.is_empty() {
                "an array without elements has no type".to_owned()
            } else {
                format!("an array can't hold {}", of.iter().map(|term| term.what()).collect::<Vec<_>>().join(" and "))
            };
            let help = "its elements are of one type, and no enums: `'{}'::text[]`, `column::text`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "no type for all", [help]);
            return None;
        };
        let args: Vec<Option<Operand>> = terms.iter().map(|term| self.element(term, base)).collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        self.call_typed(expr, Function::Array(base.kind()), args, Type::Array(base), &of)
    }

    /// `a[1]`, `a[1:2]`
    fn subscript(
        &mut self,
        expr: &'a ast::Expr,
        root: &'a ast::Expr,
        chain: &'a [ast::AccessExpr],
    ) -> Option<Term<'a>> {
        let array = self.value(root)?;
        let Some(Type::Array(base)) = array.ty else {
            let message = format!("{} is no array", array.what());
            self.error(&codes::FRAGMENT_TYPE, array.at, message, "has no elements", []);
            return None;
        };
        let mut bounds: Vec<(Option<Term<'a>>, Option<Term<'a>>, bool)> = Vec::with_capacity(chain.len());
        for access in chain {
            let mut bound = |bound: &'a ast::Expr| {
                let term = self.value(bound)?;
                if term.base_or_open().flatten().is_some_and(Base::is_whole) {
                    return Some(term);
                }
                let message = format!("{} is no place in an array", term.what());
                self.error(&codes::FRAGMENT_TYPE, term.at, message, "not a whole number", []);
                None
            };
            match access {
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => {
                    bounds.push((None, Some(bound(index)?), false));
                }
                ast::AccessExpr::Subscript(ast::Subscript::Slice { lower_bound, upper_bound, stride: None }) => {
                    let lower = match lower_bound {
                        Some(lower) => Some(bound(lower)?),
                        None => None,
                    };
                    let upper = match upper_bound {
                        Some(upper) => Some(bound(upper)?),
                        None => None,
                    };
                    bounds.push((lower, upper, true));
                }
                _ => return self.unsupported(expr, "fields of a value", []),
            }
        }
        let terms = || bounds.iter().flat_map(|(lower, upper, _)| lower.iter().chain(upper));
        let of: Vec<&Term<'a>> = std::iter::once(&array).chain(terms()).collect();
        let mut args = vec![array.operand.clone()?];
        if bounds.iter().all(|(.., slice)| !slice) {
            args.extend(terms().filter_map(|term| term.operand.clone()));
            return self.call(expr, Function::Index, args, base, &of);
        }
        for (lower, upper, slice) in &bounds {
            let operand = |bound: &Option<Term<'a>>| match bound {
                Some(term) => term.operand.clone(),
                None => Some(Operand::Null),
            };
            // Among slices an index is the slice that begins at 1.
            args.push(if *slice { operand(lower)? } else { Operand::literal("1") });
            args.push(operand(upper)?);
        }
        self.call_typed(expr, Function::Slice, args, Type::Array(base), &of)
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

fn is_logic(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or)
}

fn is_now(name: &str) -> bool {
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

/// What an expression is called, and what to write instead.
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
