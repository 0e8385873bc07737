//! An expression as SQL that Electric reads: positional parameters, enums as text, names quoted where they must be.

use shapegen_runtime::expr::{
    ArrayTest, Comparison, Expr, Function, Kind, Like, Number, Operand, Scalar, Select, Test,
};

/// Words that PostgreSQL doesn't take as a column's name without quotes, or not everywhere. Sorted.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// The expression as SQL.
pub fn print(expr: &Expr) -> String {
    let mut out = Printer(String::new());
    out.expr(expr);
    out.0
}

struct Printer(String);

impl Printer {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Compare { op, kind, left, right } => self.infix(left, comparison(*op), right, Some(*kind)),
            Expr::IsNull { operand, negated } => {
                self.inner(operand, None);
                self.push(if *negated { " is not null" } else { " is null" });
            }
            Expr::In { kind, operand, list, negated } => {
                self.operand(operand, Some(*kind));
                self.push(if *negated { " not in (" } else { " in (" });
                self.list(list, Some(*kind));
                self.push(")");
            }
            Expr::All(conditions) => self.chain(conditions, " and ", "true"),
            Expr::Any(conditions) => self.chain(conditions, " or ", "false"),
            Expr::IsTruth { condition, truth, negated } => {
                match &condition[..] {
                    // A bool's own truth.
                    [
                        Expr::Compare { op: Comparison::Equal, kind: Kind::Bool, left, right: Operand::Literal(text) },
                    ] if text == "true" => {
                        self.inner(left, None);
                    }
                    conditions => {
                        self.push("(");
                        self.chain(conditions, " and ", "true");
                        self.push(")");
                    }
                }
                self.push(if *negated { " is not " } else { " is " });
                self.push(match truth {
                    Some(true) => "true",
                    Some(false) => "false",
                    None => "unknown",
                });
            }
            Expr::Distinct { kind, left, right, negated } => {
                let word = if *negated { " is not distinct from " } else { " is distinct from " };
                self.infix(left, word, right, Some(*kind));
            }
            Expr::Like { test, text, pattern } => {
                let word = match (test.any_case, test.negated) {
                    (false, false) => " like ",
                    (false, true) => " not like ",
                    (true, false) => " ilike ",
                    (true, true) => " not ilike ",
                };
                self.infix(text, word, pattern, Some(Kind::Text));
            }
            Expr::Quantified { test, kind, left, array, every } => {
                self.operand(left, Some(*kind));
                self.push(match test {
                    Test::Compare(op) => comparison(*op),
                    Test::Like(Like { any_case: false, negated: false }) => " ~~ ",
                    Test::Like(Like { any_case: false, negated: true }) => " !~~ ",
                    Test::Like(Like { any_case: true, negated: false }) => " ~~* ",
                    Test::Like(Like { any_case: true, negated: true }) => " !~~* ",
                });
                self.push(if *every { "all(" } else { "any(" });
                self.operand(array, kind.array());
                self.push(")");
            }
            Expr::Arrays { test, kind, left, right, negated } => {
                self.push(if *negated { "not (" } else { "" });
                self.inner(left, kind.array());
                self.push(match test {
                    ArrayTest::Contains => " @> ",
                    ArrayTest::ContainedBy => " <@ ",
                    ArrayTest::Overlaps => " && ",
                });
                self.inner(right, kind.array());
                self.push(if *negated { ")" } else { "" });
            }
            Expr::InSelect { operands, kinds, select, negated } => {
                match (&operands[..], &kinds[..]) {
                    ([one], [kind]) => self.operand(one, Some(*kind)),
                    _ => {
                        self.push("(");
                        self.list(operands, None);
                        self.push(")");
                    }
                }
                self.push(if *negated { " not in (" } else { " in (" });
                select.iter().for_each(|select| self.select(select));
                self.push(")");
            }
        }
    }

    fn select(&mut self, select: &Select) {
        self.push("select ");
        for (at, column) in select.columns.iter().enumerate() {
            self.push(if at > 0 { ", " } else { "" });
            self.identifier(column);
        }
        self.push(" from ");
        if select.schema != "public" {
            self.identifier(&select.schema);
            self.push(".");
        }
        self.identifier(&select.table);
        if !matches!(&select.condition, Expr::All(conditions) if conditions.is_empty()) {
            self.push(" where ");
            self.expr(&select.condition);
        }
    }

    fn chain(&mut self, conditions: &[Expr], word: &str, empty: &str) {
        if conditions.is_empty() {
            self.push(empty);
        }
        for (at, condition) in conditions.iter().enumerate() {
            if at > 0 {
                self.push(word);
            }
            let nested = matches!(condition, Expr::All(inner) | Expr::Any(inner) if !inner.is_empty());
            if nested && conditions.len() > 1 {
                self.push("(");
                self.expr(condition);
                self.push(")");
            } else {
                self.expr(condition);
            }
        }
    }

    fn infix(&mut self, left: &Operand, word: &str, right: &Operand, kind: Option<Kind>) {
        self.operand(left, kind);
        self.push(word);
        self.operand(right, kind);
    }

    fn list(&mut self, operands: &[Operand], kind: Option<Kind>) {
        for (at, operand) in operands.iter().enumerate() {
            self.push(if at > 0 { ", " } else { "" });
            self.operand(operand, kind);
        }
    }

    /// An operand where an operator binds closer than a comparison.
    fn inner(&mut self, operand: &Operand, kind: Option<Kind>) {
        let closed = match operand {
            Operand::Column(_) | Operand::Param(_) | Operand::Null | Operand::Condition(_) => true,
            Operand::Literal(text) => !text.starts_with('-') || !kind.is_some_and(is_number),
            Operand::Call { function, .. } => {
                name(*function).is_some()
                    || matches!(function, Function::Cast { .. } | Function::Index | Function::Slice)
            }
        };
        if !closed {
            self.push("(");
        }
        self.operand(operand, kind);
        if !closed {
            self.push(")");
        }
    }

    fn operand(&mut self, operand: &Operand, kind: Option<Kind>) {
        match operand {
            Operand::Column(name) => self.identifier(name),
            Operand::Param(at) => self.push(&format!("${}", u32::from(*at) + 1)),
            Operand::Literal(text) if kind == Some(Kind::Bool) && matches!(&**text, "true" | "false") => {
                self.push(text)
            }
            Operand::Literal(text) if kind.is_some_and(is_number) && is_plain_number(text) => {
                self.push(text);
                // Electric takes digits without a point for an integer.
                if kind != Some(Kind::Integer) && text.parse::<i64>().is_err() && !text.contains(['.', 'e']) {
                    self.push(".0");
                }
            }
            Operand::Literal(text) => self.quoted(text),
            Operand::Null => self.push("null"),
            Operand::Call { function, args } => self.call(*function, args),
            Operand::Condition(conditions) => {
                self.push("(");
                self.chain(conditions, " and ", "true");
                self.push(")");
            }
        }
    }

    fn quoted(&mut self, text: &str) {
        self.push("'");
        self.push(&text.replace('\'', "''"));
        self.push("'");
    }

    fn call(&mut self, function: Function, args: &[Operand]) {
        if let Some(name) = name(function) {
            self.push(name);
            let (open, close) = if name == "array" { ("[", "]") } else { ("(", ")") };
            self.push(open);
            self.list(args, arguments(function));
            self.push(close);
            return;
        }
        let kind = arguments(function);
        match (function, args) {
            (Function::Cast { to, array, from }, [operand]) => {
                let kind = (from != Scalar::Text && !array).then(|| scalar_kind(from));
                self.inner(operand, kind);
                self.push("::");
                self.push(type_name(to));
                self.push(if array { "[]" } else { "" });
            }
            (Function::Index, [array, indexes @ ..]) => {
                self.base(array);
                for index in indexes {
                    self.push("[");
                    self.operand(index, Some(Kind::Integer));
                    self.push("]");
                }
            }
            (Function::Slice, [array, bounds @ ..]) => {
                self.base(array);
                for pair in bounds.chunks(2) {
                    self.push("[");
                    for (at, bound) in pair.iter().enumerate() {
                        self.push(if at > 0 { ":" } else { "" });
                        if *bound != Operand::Null {
                            self.operand(bound, Some(Kind::Integer));
                        }
                    }
                    self.push("]");
                }
            }
            (function, [operand]) => {
                self.push(prefix(function));
                self.push(" ");
                self.inner(operand, kind);
            }
            (function, [left, right]) => {
                self.inner(left, kind);
                self.push(infix(function));
                self.inner(right, kind);
            }
            _ => {}
        }
    }

    /// What has elements: a column, or anything in parentheses.
    fn base(&mut self, array: &Operand) {
        if matches!(array, Operand::Column(_)) {
            return self.operand(array, None);
        }
        self.push("(");
        self.operand(array, None);
        self.push(")");
    }

    fn identifier(&mut self, name: &str) {
        let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_')
            && RESERVED.binary_search(&name).is_err();
        if plain {
            self.push(name);
        } else {
            self.push("\"");
            self.push(&name.replace('"', "\"\""));
            self.push("\"");
        }
    }
}

fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

/// The name of what is written with parentheses.
fn name(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::Concat => "concat",
        Function::Lower => "lower",
        Function::Upper => "upper",
        Function::Coalesce(_) => "coalesce",
        Function::Greatest(_) => "greatest",
        Function::Least(_) => "least",
        Function::Array(_) => "array",
        Function::ArrayCat(_) => "array_cat",
        Function::ArrayAppend(_) => "array_append",
        Function::ArrayPrepend(_) => "array_prepend",
        Function::ArrayDimensions => "array_ndims",
        Function::JustifyDays => "justify_days",
        Function::JustifyHours => "justify_hours",
        Function::JustifyInterval => "justify_interval",
        Function::LocalTime | Function::InstantOf => "timezone",
        _ => return None,
    })
}

fn prefix(function: Function) -> &'static str {
    match function {
        Function::Absolute(_) => "@",
        Function::SquareRoot => "|/",
        Function::BitNot(_) => "~",
        _ => "-",
    }
}

fn infix(function: Function) -> &'static str {
    match function {
        Function::Add(_) | Function::AddDays | Function::DateAndTime | Function::AddInterval(_) => " + ",
        Function::Multiply(_) | Function::ScaleInterval => " * ",
        Function::Divide(_) => " / ",
        Function::Power => " ^ ",
        Function::BitAnd(_) => " & ",
        Function::BitOr(_) => " | ",
        Function::BitXor(_) => " # ",
        Function::Join => " || ",
        _ => " - ",
    }
}

/// What a function's arguments are of, as far as their literals are written by it.
fn arguments(function: Function) -> Option<Kind> {
    match function {
        Function::Add(of)
        | Function::Subtract(of)
        | Function::Multiply(of)
        | Function::Divide(of)
        | Function::Negate(of)
        | Function::Absolute(of)
        | Function::BitAnd(of)
        | Function::BitOr(of)
        | Function::BitXor(of)
        | Function::BitNot(of) => Some(scalar_kind(Scalar::Number(of))),
        Function::Power | Function::SquareRoot | Function::ScaleInterval => Some(Kind::Float),
        Function::Coalesce(kind)
        | Function::Greatest(kind)
        | Function::Least(kind)
        | Function::Array(kind)
        | Function::ArrayAppend(kind)
        | Function::ArrayPrepend(kind) => Some(kind),
        Function::AddDays | Function::SubtractDays => Some(Kind::Integer),
        _ => None,
    }
}

fn type_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::Number(Number::Int2) => "int2",
        Scalar::Number(Number::Int4) => "int4",
        Scalar::Number(Number::Int8) => "int8",
        Scalar::Number(Number::Float4) => "float4",
        Scalar::Number(Number::Float8) => "float8",
        // Nothing is cast to it.
        Scalar::Number(Number::Numeric) => "numeric",
        Scalar::Text | Scalar::Bpchar => "text",
        Scalar::Uuid => "uuid",
        Scalar::Date => "date",
        Scalar::Time => "time",
        Scalar::Timestamp => "timestamp",
        Scalar::Timestamptz => "timestamptz",
        Scalar::Interval => "interval",
    }
}

fn scalar_kind(scalar: Scalar) -> Kind {
    Kind::of(type_name(scalar)).unwrap_or(Kind::Text)
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Float | Kind::Numeric)
}

/// Not NaN and not infinity, which need quotes.
fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e'))
}

#[cfg(test)]
mod tests {
    use super::RESERVED;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
