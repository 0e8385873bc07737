//! An expression as SQL that Electric reads: positional parameters, enums as text, names quoted where they must be.

use shapegen_runtime::expr::{Comparison, Expr, Kind, Operand};

use crate::catalog::{BaseType, Table};

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

/// The expression as SQL over a table's columns.
pub fn print(expr: &Expr, table: &Table) -> String {
    let mut out = String::new();
    Printer { table, out: &mut out }.expr(expr);
    out
}

struct Printer<'p> {
    table: &'p Table,
    out: &'p mut String,
}

impl Printer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Compare { op, kind, left, right } => {
                self.operand(left, *kind);
                self.out.push_str(match op {
                    Comparison::Equal => " = ",
                    Comparison::NotEqual => " <> ",
                    Comparison::Less => " < ",
                    Comparison::LessOrEqual => " <= ",
                    Comparison::Greater => " > ",
                    Comparison::GreaterOrEqual => " >= ",
                });
                self.operand(right, *kind);
            }
            Expr::IsNull { operand, negated } => {
                match operand {
                    Operand::Column(name) => self.identifier(name),
                    other => self.operand(other, Kind::Text),
                }
                self.out.push_str(if *negated { " is not null" } else { " is null" });
            }
            Expr::In { kind, operand, list, negated } => {
                self.operand(operand, *kind);
                self.out.push_str(if *negated { " not in (" } else { " in (" });
                for (at, element) in list.iter().enumerate() {
                    if at > 0 {
                        self.out.push_str(", ");
                    }
                    self.operand(element, *kind);
                }
                self.out.push(')');
            }
            Expr::All(conditions) => self.chain(conditions, " and ", "true"),
            Expr::Any(conditions) => self.chain(conditions, " or ", "false"),
        }
    }

    fn chain(&mut self, conditions: &[Expr], word: &str, empty: &str) {
        if conditions.is_empty() {
            self.out.push_str(empty);
        }
        for (at, condition) in conditions.iter().enumerate() {
            if at > 0 {
                self.out.push_str(word);
            }
            let nested = matches!(condition, Expr::All(inner) | Expr::Any(inner) if inner.len() > 1);
            if nested && conditions.len() > 1 {
                self.out.push('(');
                self.expr(condition);
                self.out.push(')');
            } else {
                self.expr(condition);
            }
        }
    }

    fn operand(&mut self, operand: &Operand, kind: Kind) {
        match operand {
            Operand::Column(name) => {
                self.identifier(name);
                let column = self.table.columns.iter().find(|column| column.name == **name);
                if column.is_some_and(|column| matches!(column.data_type.base, BaseType::Enum(_))) {
                    self.out.push_str("::text");
                }
            }
            Operand::Param(at) => self.out.push_str(&format!("${}", u32::from(*at) + 1)),
            Operand::Literal(text) if kind == Kind::Bool || (is_number(kind) && is_plain_number(text)) => {
                self.out.push_str(text);
            }
            Operand::Literal(text) => {
                self.out.push('\'');
                self.out.push_str(&text.replace('\'', "''"));
                self.out.push('\'');
            }
            Operand::Null => self.out.push_str("null"),
        }
    }

    fn identifier(&mut self, name: &str) {
        let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_')
            && RESERVED.binary_search(&name).is_err();
        if plain {
            self.out.push_str(name);
        } else {
            self.out.push('"');
            self.out.push_str(&name.replace('"', "\"\""));
            self.out.push('"');
        }
    }
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
