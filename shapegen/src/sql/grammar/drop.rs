//! `DROP TABLE`, `DROP VIEW`, `DROP TYPE` and `DROP SCHEMA`.

use super::alter::behavior;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::statement::{DropKind, Statement};

pub(super) fn relations(cursor: &mut Cursor<'_>, kind: DropKind) -> Read<Statement> {
    while !["table", "view", "type", "domain"].iter().any(|word| cursor.eat(word)) {
        if cursor.at_end() {
            return Err(cursor.expected("what to drop"));
        }
        cursor.advance();
    }
    let if_exists = cursor.eat("if exists");
    let mut names = vec![cursor.name("a name")?];
    while cursor.eat(",") {
        names.push(cursor.name("a name")?);
    }
    let cascade = behavior(cursor);
    cursor.expect_end()?;
    Ok(Statement::Drop { kind, names, if_exists, cascade })
}

pub(super) fn schemas(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("drop schema")?;
    cursor.eat("if exists");
    let mut names = vec![cursor.ident("a schema")?];
    while cursor.eat(",") {
        names.push(cursor.ident("a schema")?);
    }
    behavior(cursor);
    cursor.expect_end()?;
    Ok(Statement::DropSchemas(names))
}
