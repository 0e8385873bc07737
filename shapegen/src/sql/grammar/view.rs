//! What has a name and columns that aren't known: views, materialized views, foreign tables, `CREATE TABLE … AS` and
//! `SELECT … INTO`.

use super::table::TableName;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression;
use crate::sql::statement::{CreateView, Name, Statement};

/// A view, materialized view or foreign table.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let (mut replace, mut temporary) = (false, false);
    while !cursor.eat("view") && !cursor.eat("foreign table") {
        replace |= cursor.is("replace");
        temporary |= cursor.is("temp") || cursor.is("temporary");
        if cursor.at_end() {
            return Err(cursor.expected("`VIEW`"));
        }
        cursor.advance();
    }
    let if_not_exists = cursor.eat("if not exists");
    let name = cursor.name("a view")?;
    let partition_of = if cursor.eat("partition of") { Some(cursor.name("a table")?) } else { None };
    let (reads, words) = query(cursor);
    Ok(Statement::CreateView(CreateView {
        name,
        is_table: false,
        temporary,
        replace,
        if_not_exists,
        partition_of,
        reads,
        words,
    }))
}

/// `CREATE TABLE … AS`, from behind the name on.
pub(super) fn of_table(cursor: &mut Cursor<'_>, header: TableName) -> Statement {
    let TableName { name, temporary, if_not_exists } = header;
    // What it read at first doesn't matter to it any more.
    while !cursor.at_end() {
        cursor.advance();
    }
    Statement::CreateView(CreateView {
        name,
        is_table: true,
        temporary,
        replace: false,
        if_not_exists,
        partition_of: None,
        reads: Vec::new(),
        words: Vec::new(),
    })
}

/// `SELECT … INTO [TEMP] [TABLE] name …`
pub(super) fn select_into(cursor: &mut Cursor<'_>) -> Read<Statement> {
    while !cursor.at_end() && !cursor.eat("into") {
        if matches!(cursor.peek(0), "(" | "[") {
            cursor.skip_group()?;
        } else {
            cursor.advance();
        }
    }
    let _ = cursor.eat("local") || cursor.eat("global");
    let temporary = cursor.eat("temp") || cursor.eat("temporary");
    cursor.eat("unlogged");
    cursor.eat("table");
    let name = cursor.name("a table")?;
    Ok(of_table(cursor, TableName { name, temporary, if_not_exists: false }))
}

/// Whether an `AS` stands outside of parentheses, as in `CREATE TABLE … AS`.
pub(super) fn has_top_level_as(mut cursor: Cursor<'_>) -> bool {
    while !cursor.at_end() {
        if cursor.is("as") {
            return true;
        }
        if cursor.is("(") {
            if cursor.skip_parens().is_err() {
                return false;
            }
        } else {
            cursor.advance();
        }
    }
    false
}

/// The relations that a query may read, and every name in it.
fn query(cursor: &mut Cursor<'_>) -> (Vec<Name>, Vec<String>) {
    let start = cursor.position();
    let mut reads = Vec::new();
    while !cursor.at_end() {
        let may_follow = ["from", "join", ",", "(", "only", "lateral", "table", "of", "inherits ("].iter();
        let found = may_follow.clone().any(|word| cursor.is(word));
        cursor.advance();
        if found
            && !cursor.is_reserved()
            && let mut ahead = *cursor
            && let Ok(name) = ahead.name("a relation")
            && !ahead.is("(")
        {
            reads.push(name);
        }
    }
    let mut words = expression::words_since(cursor, start);
    // `*` stands for every column.
    if cursor.tokens_since(start).iter().any(|token| cursor.text.as_bytes().get(token.start) == Some(&b'*')) {
        words.push("*".to_owned());
    }
    words.sort_unstable();
    (reads, words)
}
