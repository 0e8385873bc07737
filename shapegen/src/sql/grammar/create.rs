//! `CREATE TABLE`, `CREATE TYPE` and the other `CREATE`s that the catalog needs.

use super::constraint;
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression::{self, Followed};
use crate::sql::lex::TokenKind;
use crate::sql::statement::{ColumnDef, ConstraintDef, CreateTable, DefaultValue, Name, Statement, TypeName};
use crate::sql::types;

/// The part of `CREATE TABLE` up to the name.
pub(super) struct TableName {
    pub(super) name: Name,
    temporary: bool,
    if_not_exists: bool,
}

pub(super) fn table_name(cursor: &mut Cursor<'_>) -> Read<TableName> {
    cursor.expect("create")?;
    let mut temporary = false;
    while !cursor.eat("table") {
        temporary |= cursor.is("temp") || cursor.is("temporary");
        if cursor.at_end() {
            return Err(cursor.expected("`TABLE`"));
        }
        cursor.advance();
    }
    let if_not_exists = cursor.eat("if not exists");
    Ok(TableName { name: cursor.name("a table")?, temporary, if_not_exists })
}

pub(super) fn table(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let TableName { name, temporary, if_not_exists } = table_name(cursor)?;
    for (words, what) in [("of", "a table OF a type"), ("partition of", "a partition")] {
        if cursor.is(words) {
            return Err(cursor.unsupported(what, "write the table with its columns"));
        }
    }
    if let Some(word) = top_level_as(cursor) {
        return Err(word.unsupported("CREATE TABLE … AS", "write the table with its columns"));
    }
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    cursor.expect("(")?;
    if !cursor.is(")") {
        loop {
            if cursor.is("like") {
                return Err(cursor.unsupported("LIKE in a table", "write the columns of the other table here"));
            }
            if constraint::is_next(cursor) {
                constraints.extend(constraint::table_constraint(cursor)?);
            } else {
                columns.push(column(cursor)?);
            }
            if !cursor.eat(",") {
                break;
            }
        }
    }
    if !cursor.eat(")") {
        return Err(cursor.expected("a comma or `)`"));
    }
    table_tail(cursor)?;
    Ok(Statement::CreateTable(CreateTable { name, temporary, if_not_exists, columns, constraints }))
}

/// What follows the columns: how the table is stored.
fn table_tail(cursor: &mut Cursor<'_>) -> Read<()> {
    if cursor.is("inherits") {
        return Err(cursor.unsupported("INHERITS", "write the columns of the other table here"));
    }
    if cursor.eat("partition by") {
        cursor.ident("RANGE, LIST or HASH")?;
        cursor.skip_parens()?;
    }
    if cursor.eat("using") {
        cursor.ident("an access method")?;
    }
    if cursor.eat("with") {
        cursor.skip_parens()?;
    } else {
        cursor.eat("without oids");
    }
    if cursor.eat("on commit") {
        let _ = cursor.eat("preserve rows") || cursor.eat("delete rows") || cursor.eat("drop");
    }
    if cursor.eat("tablespace") {
        cursor.ident("a tablespace")?;
    }
    cursor.expect_end()
}

/// The `AS` of `CREATE TABLE … AS`.
fn top_level_as<'s>(cursor: &Cursor<'s>) -> Option<Cursor<'s>> {
    let mut ahead = *cursor;
    while !ahead.at_end() {
        if ahead.is("as") {
            return Some(ahead);
        }
        if ahead.is("(") {
            ahead.skip_parens().ok()?;
        } else {
            ahead.advance();
        }
    }
    None
}

/// A column with its inline constraints.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Read<ColumnDef> {
    let name = cursor.ident("a column")?;
    let mut column = ColumnDef {
        data_type: type_name(cursor)?,
        name,
        not_null: false,
        default: None,
        generated: false,
        constraints: Vec::new(),
    };
    let TypeName { name: type_name, .. } = &mut column.data_type;
    if let Some(integer) = types::serial(&type_name.name.value).filter(|_| type_name.schema.is_none()) {
        type_name.name.value = integer.to_owned();
        (column.not_null, column.default) = (true, Some(DefaultValue::Counter));
    }
    for storage in ["storage", "compression"] {
        if cursor.eat(storage) {
            cursor.label("a method")?;
        }
    }
    while !matches!(cursor.peek(0), "" | "," | ")") {
        column_constraint(cursor, &mut column)?;
    }
    Ok(column)
}

fn column_constraint(cursor: &mut Cursor<'_>, column: &mut ColumnDef) -> Read<()> {
    let start = cursor.here();
    let name = constraint::name(cursor)?;
    if let Some(kind) = constraint::column_constraint(cursor, &column.name)? {
        let span = cursor.since(start);
        column.constraints.push(ConstraintDef { name, kind, span });
    } else if cursor.eat("not null") {
        column.not_null = true;
    } else if cursor.eat("check") {
        cursor.skip_parens()?;
    } else if cursor.eat("null") || constraint::attribute(cursor)? {
    } else if cursor.eat("default") {
        column.default = expression::default(cursor, Followed::ByConstraint)?.or(column.default);
    } else if cursor.eat("collate") {
        cursor.name("a collation")?;
    } else if cursor.eat("generated") {
        if generated(cursor)? {
            (column.not_null, column.default) = (true, Some(DefaultValue::Counter));
        } else {
            column.generated = true;
        }
    } else {
        let error = cursor.expected("a constraint of the column, a comma or `)`");
        return Err(Box::new(error.help("is there a comma missing before this?")));
    }
    Ok(())
}

/// What follows `GENERATED`; true for an identity, false for a computed column.
pub(super) fn generated(cursor: &mut Cursor<'_>) -> Read<bool> {
    if !cursor.eat("always") && !cursor.eat("by default") {
        return Err(cursor.expected("`ALWAYS` or `BY DEFAULT`"));
    }
    cursor.expect("as")?;
    if cursor.eat("identity") {
        if cursor.is("(") {
            cursor.skip_parens()?;
        }
        return Ok(true);
    }
    cursor.skip_parens()?;
    let _ = cursor.eat("stored") || cursor.eat("virtual");
    Ok(false)
}

/// A view, materialized view or foreign table; only its name counts.
pub(super) fn view(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let mut replace = false;
    while !cursor.eat("view") && !cursor.eat("foreign table") {
        replace |= cursor.is("replace");
        if cursor.at_end() {
            return Err(cursor.expected("`VIEW`"));
        }
        cursor.advance();
    }
    let if_not_exists = cursor.eat("if not exists");
    Ok(Statement::CreateView { name: cursor.name("a view")?, replace, if_not_exists })
}

/// An enum, or a type of another kind.
pub(super) fn type_(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create type")?;
    let name = cursor.name("a type")?;
    if !cursor.eat("as enum") {
        let what = match (cursor.is("as ("), cursor.is("as range")) {
            (true, _) => "a composite type",
            (_, true) => "a range type",
            _ if cursor.at_end() || cursor.is("(") => "a base type",
            _ => return Err(cursor.expected("`AS ENUM (…)`")),
        };
        return Ok(Statement::CreateOtherType { name, what });
    }
    cursor.expect("(")?;
    let mut labels = Vec::new();
    if !cursor.is(")") {
        labels.push(cursor.string("a label")?);
        while cursor.eat(",") {
            labels.push(cursor.string("a label")?);
        }
    }
    if !cursor.eat(")") {
        return Err(cursor.expected("a comma or `)`"));
    }
    cursor.expect_end()?;
    Ok(Statement::CreateEnum { name, labels })
}

/// A domain; only its name counts so far.
pub(super) fn domain(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create domain")?;
    Ok(Statement::CreateOtherType { name: cursor.name("a domain")?, what: "a domain" })
}

/// A schema, which needs no entry; but statements may hide behind its name.
pub(super) fn schema(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("create schema")?;
    cursor.eat("if not exists");
    while !cursor.at_end() {
        let hidden = ["create table", "create view"].iter().any(|words| cursor.is(words));
        if hidden && cursor.kind() == Some(TokenKind::Word) {
            return Err(cursor.unsupported("a statement inside of CREATE SCHEMA", "write it as a statement of its own"));
        }
        cursor.advance();
    }
    Ok(Statement::Nothing)
}
