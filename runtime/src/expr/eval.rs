//! Evaluation: a condition's truth and an operand's text for a row.

use std::borrow::Cow;

use super::array::Array;
use super::error::EvalError;
use super::tree::{ArrayTest, Expr, Function, Kind, Number, Operand, Scalar, Select, Test};
use super::{cast, decimal, interval, number, text, time, zone};

/// Where the interpreter finds a row's columns: PostgreSQL's text by name, `None` for NULL.
pub trait RowText {
    /// The column's text; `None` for NULL and for a column that the row doesn't have.
    fn column(&self, name: &str) -> Option<&str>;
}

/// Where the interpreter finds the rows of subqueries.
pub trait Tables {
    /// Calls `visit` with every row of a table, until it says false.
    ///
    /// # Errors
    /// When the table can't be read, and what `visit` fails with.
    fn rows(
        &self,
        schema: &str,
        table: &str,
        visit: &mut dyn FnMut(&dyn RowText) -> Result<bool, EvalError>,
    ) -> Result<(), EvalError>;
}

/// No other table is known: subqueries are errors.
#[derive(Debug, Clone, Copy)]
pub struct NoTables;

impl Tables for NoTables {
    fn rows(
        &self,
        schema: &str,
        table: &str,
        _: &mut dyn FnMut(&dyn RowText) -> Result<bool, EvalError>,
    ) -> Result<(), EvalError> {
        Err(EvalError::Table(format!("{schema}.{table}")))
    }
}

type Text<'t> = Option<Cow<'t, str>>;
type Truth = Result<Option<bool>, EvalError>;

/// What an evaluation looks at.
#[derive(Clone, Copy)]
struct Scope<'t> {
    row: &'t dyn RowText,
    params: &'t [Option<&'t str>],
    tables: &'t dyn Tables,
}

impl Expr {
    /// The condition's truth for a row: `None` is SQL's unknown. A row belongs to a shape only when it is `Some(true)`.
    ///
    /// # Errors
    /// When a text is not of the type that it is compared as, where PostgreSQL would fail (beyond a type's range,
    /// division by zero), and for a subquery.
    pub fn eval(&self, row: &dyn RowText, params: &[Option<&str>]) -> Result<Option<bool>, EvalError> {
        self.eval_with(row, params, &NoTables)
    }

    /// As [`Expr::eval`], with the rows that subqueries look at.
    ///
    /// # Errors
    /// As [`Expr::eval`], and when a subquery's table can't be read.
    pub fn eval_with(
        &self,
        row: &dyn RowText,
        params: &[Option<&str>],
        tables: &dyn Tables,
    ) -> Result<Option<bool>, EvalError> {
        self.truth(Scope { row, params, tables })
    }

    fn truth(&self, scope: Scope<'_>) -> Truth {
        match self {
            Self::Compare { op, kind, left, right } => {
                let (left, right) = (left.text(scope)?, right.text(scope)?);
                let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
                Ok(Some(op.holds(kind.compare(&left, &right)?)))
            }
            Self::IsNull { operand, negated } => Ok(Some(operand.text(scope)?.is_none() != *negated)),
            Self::In { kind, operand, list, negated } => {
                let Some(needle) = operand.text(scope)? else {
                    return Ok(if list.is_empty() { Some(*negated) } else { None });
                };
                let mut unknown = false;
                for candidate in list.iter() {
                    match candidate.text(scope)? {
                        None => unknown = true,
                        Some(text) if kind.compare(&needle, &text)?.is_eq() => return Ok(Some(!negated)),
                        Some(_) => {}
                    }
                }
                Ok(if unknown { None } else { Some(*negated) })
            }
            Self::All(conditions) => fold(conditions, scope, false),
            Self::Any(conditions) => fold(conditions, scope, true),
            Self::IsTruth { condition, truth, negated } => {
                Ok(Some((fold(condition, scope, false)? == *truth) != *negated))
            }
            Self::Distinct { kind, left, right, negated } => {
                let distinct = match (left.text(scope)?, right.text(scope)?) {
                    (None, None) => false,
                    (Some(left), Some(right)) => kind.compare(&left, &right)?.is_ne(),
                    _ => true,
                };
                Ok(Some(distinct != *negated))
            }
            Self::Like { test, text, pattern } => {
                let (text, pattern) = (text.text(scope)?, pattern.text(scope)?);
                let (Some(text), Some(pattern)) = (text, pattern) else { return Ok(None) };
                Test::Like(*test).holds(Kind::Text, &text, &pattern).map(Some)
            }
            Self::Quantified { test, kind, left, array, every } => {
                let (left, array) = (left.text(scope)?, array.text(scope)?);
                let Some(array) = array else { return Ok(None) };
                let array = Array::read(&array)?;
                let mut unknown = false;
                for element in &array.elements {
                    match (&left, element) {
                        (Some(left), Some(element)) => {
                            if test.holds(*kind, left, element)? != *every {
                                return Ok(Some(!every));
                            }
                        }
                        _ => unknown = true,
                    }
                }
                Ok(if unknown { None } else { Some(*every) })
            }
            Self::Arrays { test, kind, left, right, negated } => {
                let (left, right) = (left.text(scope)?, right.text(scope)?);
                let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
                let (left, right) = (Array::read(&left)?, Array::read(&right)?);
                let holds = match test {
                    ArrayTest::Contains => left.contains(&right, *kind)?,
                    ArrayTest::ContainedBy => right.contains(&left, *kind)?,
                    ArrayTest::Overlaps => left.overlaps(&right, *kind)?,
                };
                Ok(Some(holds != *negated))
            }
            Self::InSelect { operands, kinds, select, negated } => {
                let needles = operands.iter().map(|operand| operand.text(scope)).collect::<Result<Vec<_>, _>>()?;
                let found = match select.first() {
                    Some(select) => select.has(&needles, kinds, scope)?,
                    None => Some(false),
                };
                Ok(found.map(|found| found != *negated))
            }
        }
    }
}

impl Select {
    /// Whether some row is equal to the needles: unknown when for some row that is unknown.
    fn has(&self, needles: &[Text<'_>], kinds: &[Kind], scope: Scope<'_>) -> Truth {
        let mut result = Some(false);
        scope.tables.rows(&self.schema, &self.table, &mut |row| {
            if self.condition.truth(Scope { row, ..scope })? != Some(true) {
                return Ok(true);
            }
            let mut equal = Some(true);
            for ((needle, column), kind) in needles.iter().zip(self.columns.iter()).zip(kinds) {
                match (needle, row.column(column)) {
                    (Some(needle), Some(text)) if kind.compare(needle, text)?.is_ne() => equal = Some(false),
                    (Some(_), Some(_)) => {}
                    _ if equal == Some(true) => equal = None,
                    _ => {}
                }
                if equal == Some(false) {
                    return Ok(true);
                }
            }
            result = if equal == Some(true) { equal } else { None };
            Ok(result != Some(true))
        })?;
        Ok(result)
    }
}

/// AND when `decisive` is false, OR when it is true.
fn fold(conditions: &[Expr], scope: Scope<'_>, decisive: bool) -> Truth {
    let mut result = Some(!decisive);
    for condition in conditions {
        match condition.truth(scope)? {
            Some(truth) if truth == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(result)
}

impl Test {
    fn holds(self, kind: Kind, left: &str, right: &str) -> Result<bool, EvalError> {
        match self {
            Self::Compare(op) => Ok(op.holds(kind.compare(left, right)?)),
            Self::Like(like) => Ok(text::like(left, right, like.any_case)? != like.negated),
        }
    }
}

impl Operand {
    /// PostgreSQL's text of the value for a row; `None` is NULL.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn eval(&self, row: &dyn RowText, params: &[Option<&str>]) -> Result<Option<String>, EvalError> {
        Ok(self.text(Scope { row, params, tables: &NoTables })?.map(Cow::into_owned))
    }

    fn text<'t>(&'t self, scope: Scope<'t>) -> Result<Text<'t>, EvalError> {
        Ok(match self {
            Self::Column(name) => scope.row.column(name).map(Cow::Borrowed),
            Self::Param(at) => scope.params.get(usize::from(*at)).copied().flatten().map(Cow::Borrowed),
            Self::Literal(text) => Some(Cow::Borrowed(text)),
            Self::Null => None,
            Self::Call { function, args } => {
                let mut texts = Vec::with_capacity(args.len());
                for arg in args.iter() {
                    let text = arg.text(scope)?;
                    // PostgreSQL looks no further than what it needs.
                    if matches!(function, Function::Coalesce(_)) && text.is_some() {
                        return Ok(text);
                    }
                    texts.push(text);
                }
                if function.is_strict() && texts.iter().any(Option::is_none) {
                    return Ok(None);
                }
                function.apply(args, texts)?
            }
            Self::Condition(conditions) => {
                fold(conditions, scope, false)?.map(|truth| Cow::Borrowed(if truth { "t" } else { "f" }))
            }
        })
    }
}

impl Function {
    /// The result. Arguments of strict functions are not NULL.
    fn apply<'t>(self, args: &[Operand], texts: Vec<Text<'t>>) -> Result<Text<'t>, EvalError> {
        let text = |at: usize| texts.get(at).and_then(Option::as_deref).unwrap_or_default();
        let found = match self {
            Self::Add(of) | Self::Subtract(of) | Self::Multiply(of) | Self::Divide(of) => {
                let op = match self {
                    Self::Add(_) => number::Op::Add,
                    Self::Subtract(_) => number::Op::Subtract,
                    Self::Multiply(_) => number::Op::Multiply,
                    _ => number::Op::Divide,
                };
                match of {
                    Number::Numeric => decimal::arithmetic(op, text(0), text(1))?,
                    _ => number::arithmetic(op, of, text(0), text(1))?,
                }
            }
            Self::Negate(of) => number::negate(of, text(0))?,
            Self::Absolute(of) => number::absolute(of, text(0))?,
            Self::Power => number::power(text(0), text(1))?,
            Self::SquareRoot => number::square_root(text(0))?,
            Self::BitAnd(_) => number::bits(text(0), text(1), |left, right| left & right)?,
            Self::BitOr(_) => number::bits(text(0), text(1), |left, right| left | right)?,
            Self::BitXor(_) => number::bits(text(0), text(1), |left, right| left ^ right)?,
            Self::BitNot(_) => number::bits(text(0), "-1", |left, right| left ^ right)?,
            Self::Join | Self::Concat => texts.iter().flatten().map(Cow::as_ref).collect(),
            Self::Lower => text::lower(text(0)),
            Self::Upper => text::upper(text(0)),
            Self::Coalesce(_) => return Ok(texts.into_iter().flatten().next()),
            Self::Greatest(kind) | Self::Least(kind) => {
                let mut best: Text<'t> = None;
                for text in texts.into_iter().flatten() {
                    let better = match &best {
                        None => true,
                        Some(best) => {
                            let ordering = kind.compare(&text, best)?;
                            if matches!(self, Self::Greatest(_)) { ordering.is_gt() } else { ordering.is_lt() }
                        }
                    };
                    if better {
                        best = Some(text);
                    }
                }
                return Ok(best);
            }
            Self::Array(Kind::Array(_)) => Array::of_arrays(&texts)?.print(),
            Self::Array(_) => Array::of(texts).print(),
            Self::ArrayCat(_) => match (&texts[..], texts.first().is_some_and(Option::is_none)) {
                ([_, None], true) => return Ok(None),
                ([_, other], true) => return Ok(other.clone()),
                ([left, None], false) => return Ok(left.clone()),
                _ => Array::read(text(0))?.cat(Array::read(text(1))?)?.print(),
            },
            Self::ArrayAppend(_) => Array::or_empty(texts.first())?.append(texts.get(1).cloned().flatten())?.print(),
            Self::ArrayPrepend(_) => {
                let array = Array::or_empty(texts.get(1))?;
                array.prepend(texts.first().cloned().flatten())?.print()
            }
            Self::ArrayDimensions => match Array::read(text(0))?.dims.len() {
                0 => return Ok(None),
                dimensions => dimensions.to_string(),
            },
            Self::Index => {
                let indexes = texts.iter().skip(1).flatten().map(|text| number::integer(text));
                let indexes = indexes.collect::<Result<Vec<i64>, _>>()?;
                return Ok(Array::read(text(0))?.index(&indexes).map(Cow::Owned));
            }
            Self::Slice => {
                let Some(Some(array)) = texts.first() else { return Ok(None) };
                let mut bounds = Vec::with_capacity(texts.len());
                for (arg, text) in args.iter().zip(&texts).skip(1) {
                    match (arg, text) {
                        (Operand::Null, _) => bounds.push(None),
                        (_, Some(text)) => bounds.push(Some(number::integer(text)?)),
                        (_, None) => return Ok(None),
                    }
                }
                Array::read(array)?.slice(&bounds).print()
            }
            Self::AddDays => time::add_days(text(0), number::integer(text(1))?)?,
            Self::SubtractDays => time::add_days(text(0), -number::integer(text(1))?)?,
            Self::DaysBetween => time::days_between(text(0), text(1))?,
            Self::DateAndTime => time::date_and_time(text(0), text(1))?,
            Self::AddInterval(Scalar::Interval) => interval::sum(text(0), text(1), 1)?,
            Self::SubtractInterval(Scalar::Interval) => interval::sum(text(0), text(1), -1)?,
            Self::AddInterval(of) => time::add_interval(of, text(0), text(1), 1)?,
            Self::SubtractInterval(of) => time::add_interval(of, text(0), text(1), -1)?,
            Self::TimeBetween(of) => time::time_between(of, text(0), text(1))?,
            Self::ScaleInterval => interval::scale(text(0), text(1))?,
            Self::JustifyDays => interval::justify(text(0), interval::Interval::justify_days)?,
            Self::JustifyHours => interval::justify(text(0), interval::Interval::justify_hours)?,
            Self::JustifyInterval => interval::justify(text(0), interval::Interval::justify_interval)?,
            Self::LocalTime => zone::local_time(text(0), text(1))?,
            Self::InstantOf => zone::instant_of(text(0), text(1))?,
            Self::Cast { from, to, array: false } => {
                if from == to || (to == Scalar::Text && from == Scalar::Text) {
                    return Ok(texts.into_iter().next().flatten());
                }
                cast::cast(from, to, text(0))?
            }
            Self::Cast { from, to, array: true } => {
                let mut array = Array::read(text(0))?;
                array.map(|element| cast::cast(from, to, element))?;
                array.print()
            }
        };
        Ok(Some(Cow::Owned(found)))
    }
}
