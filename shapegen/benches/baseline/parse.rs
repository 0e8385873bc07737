//! The least that reading a schema costs: sqlparser over the text, statement by statement.

use std::fs;
use std::path::Path;

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// Tables and their columns. What sqlparser can't parse is left out; no statement of this schema holds a `;`.
pub fn tables(path: &Path) -> (usize, usize) {
    let text = fs::read_to_string(path).unwrap();
    let parse = |statement| Parser::parse_sql(&PostgreSqlDialect {}, statement).unwrap_or_default();
    text.split(";\n").flat_map(parse).fold((0, 0), |(tables, columns), statement| match statement {
        Statement::CreateTable(table) => (tables + 1, columns + table.columns.len()),
        _ => (tables, columns),
    })
}
