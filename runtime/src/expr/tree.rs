//! The tree: conditions, what they compare, and the functions in between.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A condition. Borrowed in generated statics, owned where it was parsed at run time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// `left op right`; NULL when either side is.
    Compare {
        /// The operator.
        op: Comparison,
        /// What both sides' texts are of.
        kind: Kind,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
    },
    /// `operand is null`, or `is not null` when negated; never NULL.
    IsNull {
        /// What is tested.
        operand: Operand,
        /// `is not null`.
        negated: bool,
    },
    /// `operand in (list)`, or `not in` when negated, with PostgreSQL's rule for NULL in the list.
    In {
        /// What the texts are of.
        kind: Kind,
        /// What is looked for.
        operand: Operand,
        /// Where it is looked for.
        list: Cow<'static, [Operand]>,
        /// `not in`.
        negated: bool,
    },
    /// `a and b and …`; true when empty.
    All(Cow<'static, [Expr]>),
    /// `a or b or …`; false when empty.
    Any(Cow<'static, [Expr]>),
    /// `condition is true`, `is false` or `is unknown`; never NULL.
    IsTruth {
        /// The one condition.
        condition: Cow<'static, [Expr]>,
        /// What it is tested for; `None` is unknown.
        truth: Option<bool>,
        /// `is not …`.
        negated: bool,
    },
    /// `left is distinct from right`, or `is not distinct from` when negated; never NULL.
    Distinct {
        /// What both sides' texts are of.
        kind: Kind,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
        /// `is not distinct from`.
        negated: bool,
    },
    /// `text like pattern`.
    Like {
        /// How.
        test: Like,
        /// What is looked at.
        text: Operand,
        /// `%`, `_` and what they stand between; `\` makes the next letter plain.
        pattern: Operand,
    },
    /// `left op any (array)`, or `all` when `every`.
    Quantified {
        /// The operator.
        test: Test,
        /// What the left side and the elements are of.
        kind: Kind,
        /// The left side.
        left: Operand,
        /// The array.
        array: Operand,
        /// `all`.
        every: bool,
    },
    /// `left @> right`, `left <@ right` or `left && right`.
    Arrays {
        /// The operator.
        test: ArrayTest,
        /// What the elements are of.
        kind: Kind,
        /// The left side.
        left: Operand,
        /// The right side.
        right: Operand,
        /// The operator's truth is turned around.
        negated: bool,
    },
    /// `(operands) in (select …)`, or `not in` when negated, with PostgreSQL's rule for NULL.
    InSelect {
        /// What is looked for, as many as the select has columns.
        operands: Cow<'static, [Operand]>,
        /// What the texts are of, by position.
        kinds: Cow<'static, [Kind]>,
        /// The one select.
        select: Cow<'static, [Select]>,
        /// `not in`.
        negated: bool,
    },
}

/// `select columns from table where condition`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Select {
    /// The table's schema.
    pub schema: Cow<'static, str>,
    /// The table's own name.
    pub table: Cow<'static, str>,
    /// Columns, by their PostgreSQL names.
    pub columns: Cow<'static, [Cow<'static, str>]>,
    /// Its rows; parameters are those of the whole condition.
    pub condition: Expr,
}

/// A value: one side of a comparison, an argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A column of the row, by its PostgreSQL name.
    Column(Cow<'static, str>),
    /// `$1` is 0.
    Param(u16),
    /// A literal, in PostgreSQL's text form.
    Literal(Cow<'static, str>),
    /// The literal NULL.
    Null,
    /// A function or an operator with its arguments.
    Call {
        /// Which.
        function: Function,
        /// As many as it takes.
        args: Cow<'static, [Operand]>,
    },
    /// One condition as a bool.
    Condition(Cow<'static, [Expr]>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The operator that is true where this one is false: for NOT.
    pub fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// How a text is held against a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Like {
    /// `ilike`: letters count as their lower-case forms.
    pub any_case: bool,
    /// `not like`.
    pub negated: bool,
}

/// What `any` and `all` ask of each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Test {
    /// The left side compares so with it.
    Compare(Comparison),
    /// The left side is like it.
    Like(Like),
}

impl Test {
    /// The test that is true where this one is false.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Compare(op) => Self::Compare(op.negated()),
            Self::Like(like) => Self::Like(Like { negated: !like.negated, ..like }),
        }
    }
}

/// How the elements of two arrays are held against each other. NULL elements are equal to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArrayTest {
    /// `@>`: the left has all that the right has.
    Contains,
    /// `<@`: the right has all that the left has.
    ContainedBy,
    /// `&&`: they have something in common.
    Overlaps,
}

/// What texts are of: how they compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// bool, false before true.
    Bool,
    /// int2, int4, int8.
    Integer,
    /// float4 and float8; NaN equals itself and is above all.
    Float,
    /// numeric, by value.
    Numeric,
    /// text, varchar and enums as text: by bytes, as Electric compares.
    Text,
    /// uuid.
    Uuid,
    /// date, with infinity.
    Date,
    /// time.
    Time,
    /// timestamp, with infinity.
    Timestamp,
    /// timestamptz, with infinity.
    Timestamptz,
    /// interval, a month as 30 days and a day as 24 hours.
    Interval,
    /// An array of these: equal when dimensions and elements are, NULL with NULL.
    Array(&'static Kind),
}

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// int2
    Int2,
    /// int4
    Int4,
    /// int8
    Int8,
    /// numeric
    Numeric,
    /// float4
    Float4,
    /// float8
    Float8,
}

/// A type that values are cast from or to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// bool
    Bool,
    /// A type of numbers.
    Number(Number),
    /// text, varchar, name, and enums.
    Text,
    /// bpchar, whose trailing spaces don't count.
    Bpchar,
    /// uuid
    Uuid,
    /// date
    Date,
    /// time
    Time,
    /// timestamp
    Timestamp,
    /// timestamptz
    Timestamptz,
    /// interval
    Interval,
}

/// A function or an operator. NULL when an argument is, where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// `a + b`; beyond the type's range is an error, here and below.
    Add(Number),
    /// `a - b`
    Subtract(Number),
    /// `a * b`
    Multiply(Number),
    /// `a / b`, not of numerics; whole numbers are cut towards zero.
    Divide(Number),
    /// `- a`
    Negate(Number),
    /// `@ a`
    Absolute(Number),
    /// `a ^ b` of float8.
    Power,
    /// `|/ a` of float8.
    SquareRoot,
    /// `a & b`
    BitAnd(Number),
    /// `a | b`
    BitOr(Number),
    /// `a # b`
    BitXor(Number),
    /// `~ a`
    BitNot(Number),
    /// `a || b` of texts.
    Join,
    /// `concat(…)` of texts: NULL counts as nothing.
    Concat,
    /// `lower(a)`, letter by letter.
    Lower,
    /// `upper(a)`, letter by letter.
    Upper,
    /// `coalesce(…)`: the first that is not NULL.
    Coalesce(Kind),
    /// `greatest(…)` of those that are not NULL.
    Greatest(Kind),
    /// `least(…)` of those that are not NULL.
    Least(Kind),
    /// `array[…]` of elements, which may be NULL; of an array's kind of arrays.
    Array(Kind),
    /// `array_cat(a, b)`, `a || b`: NULL counts as nothing.
    ArrayCat(Kind),
    /// `array_append(a, element)`: NULL is an element, and no array.
    ArrayAppend(Kind),
    /// `array_prepend(element, a)`: NULL is an element, and no array.
    ArrayPrepend(Kind),
    /// `array_ndims(a)`
    ArrayDimensions,
    /// `a[i][j]`: the array, then the indexes.
    Index,
    /// `a[i:j][k:l]`: the array, then two bounds for each dimension; the literal NULL stands for a bound left out.
    Slice,
    /// `date + days`
    AddDays,
    /// `date - days`
    SubtractDays,
    /// `date - date`, in days.
    DaysBetween,
    /// `date + time`
    DateAndTime,
    /// `a + interval`; a date becomes a timestamp.
    AddInterval(Scalar),
    /// `a - interval`; a date becomes a timestamp.
    SubtractInterval(Scalar),
    /// `a - b` of timestamps, in days and time.
    TimeBetween(Scalar),
    /// `interval * float8`
    ScaleInterval,
    /// `justify_days(a)`
    JustifyDays,
    /// `justify_hours(a)`
    JustifyHours,
    /// `justify_interval(a)`
    JustifyInterval,
    /// `timezone(zone, timestamptz)`: the local time there.
    LocalTime,
    /// `timezone(zone, timestamp)`: the instant of a local time there.
    InstantOf,
    /// `a::type`
    Cast {
        /// What it is.
        from: Scalar,
        /// What it becomes.
        to: Scalar,
        /// Both are arrays of that.
        array: bool,
    },
}

impl Function {
    /// NULL whenever an argument is.
    pub fn is_strict(self) -> bool {
        !matches!(
            self,
            Self::Concat
                | Self::Coalesce(_)
                | Self::Greatest(_)
                | Self::Least(_)
                | Self::Array(_)
                | Self::ArrayCat(_)
                | Self::ArrayAppend(_)
                | Self::ArrayPrepend(_)
                | Self::Slice
        )
    }
}

/// Something of a tree, for [`Expr::visit`].
#[derive(Debug, Clone, Copy)]
pub enum Node<'e> {
    /// A column of the row that the condition is about; not one of a select's.
    Column(&'e str),
    /// A parameter by its position, and its kind where that is known.
    Param(u16, Option<Kind>),
    /// A subquery; what is inside comes after it, without its columns.
    Select(&'e Select),
}

impl Expr {
    /// Calls `visit` with every column, parameter and subquery.
    pub fn visit<'e>(&'e self, visit: &mut dyn FnMut(Node<'e>)) {
        match self {
            Self::Compare { kind, left, right, .. } | Self::Distinct { kind, left, right, .. } => {
                left.visit(Some(*kind), visit);
                right.visit(Some(*kind), visit);
            }
            Self::IsNull { operand, .. } => operand.visit(None, visit),
            Self::In { kind, operand, list, .. } => {
                operand.visit(Some(*kind), visit);
                list.iter().for_each(|element| element.visit(Some(*kind), visit));
            }
            Self::All(conditions) | Self::Any(conditions) | Self::IsTruth { condition: conditions, .. } => {
                conditions.iter().for_each(|condition| condition.visit(visit));
            }
            Self::Like { text, pattern, .. } => {
                text.visit(Some(Kind::Text), visit);
                pattern.visit(Some(Kind::Text), visit);
            }
            Self::Quantified { kind, left, array, .. } => {
                left.visit(Some(*kind), visit);
                array.visit(kind.array(), visit);
            }
            Self::Arrays { kind, left, right, .. } => {
                left.visit(kind.array(), visit);
                right.visit(kind.array(), visit);
            }
            Self::InSelect { operands, kinds, select, .. } => {
                operands.iter().zip(kinds.iter()).for_each(|(operand, kind)| operand.visit(Some(*kind), visit));
                for select in select.iter() {
                    visit(Node::Select(select));
                    select.condition.visit(&mut |node| {
                        if !matches!(node, Node::Column(_)) {
                            visit(node);
                        }
                    });
                }
            }
        }
    }

    /// Calls `visit` with every column's name.
    pub fn for_each_column(&self, visit: &mut dyn FnMut(&str)) {
        self.visit(&mut |node| {
            if let Node::Column(name) = node {
                visit(name);
            }
        });
    }

    /// Whether other tables' rows decide.
    pub fn has_select(&self) -> bool {
        let mut found = false;
        self.visit(&mut |node| found |= matches!(node, Node::Select(_)));
        found
    }
}

impl Operand {
    /// A column by its name.
    pub fn column(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Column(name.into())
    }

    /// A literal by its text.
    pub fn literal(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Literal(text.into())
    }

    /// A function with its arguments.
    pub fn call(function: Function, args: Vec<Operand>) -> Self {
        Self::Call { function, args: args.into() }
    }

    fn visit<'e>(&'e self, kind: Option<Kind>, visit: &mut dyn FnMut(Node<'e>)) {
        match self {
            Self::Column(name) => visit(Node::Column(name)),
            Self::Param(at) => visit(Node::Param(*at, kind)),
            Self::Literal(_) | Self::Null => {}
            Self::Call { args, .. } => args.iter().for_each(|arg| arg.visit(None, visit)),
            Self::Condition(conditions) => conditions.iter().for_each(|condition| condition.visit(visit)),
        }
    }
}
