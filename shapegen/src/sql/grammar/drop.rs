//! `DROP`.

use super::alter::behavior;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::statement::{DropKind, Ident, Statement};

pub(super) fn relations(cursor: &mut Cursor<'_>, kind: DropKind) -> Read<Statement> {
    while !["table", "view", "index", "sequence", "type", "domain"].iter().any(|word| cursor.eat(word)) {
        if cursor.at_end() {
            return Err(cursor.expected("what to drop"));
        }
        cursor.advance();
    }
    cursor.eat("concurrently");
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
    let (names, if_exists, cascade) = idents(cursor, "a schema")?;
    Ok(Statement::DropSchemas { names, if_exists, cascade })
}

pub(super) fn extensions(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("drop extension")?;
    let (names, if_exists, cascade) = idents(cursor, "an extension")?;
    Ok(Statement::DropExtensions { names, if_exists, cascade })
}

fn idents(cursor: &mut Cursor<'_>, what: &str) -> Read<(Vec<Ident>, bool, bool)> {
    let if_exists = cursor.eat("if exists");
    let mut names = vec![cursor.ident(what)?];
    while cursor.eat(",") {
        names.push(cursor.ident(what)?);
    }
    let cascade = behavior(cursor);
    cursor.expect_end()?;
    Ok((names, if_exists, cascade))
}
