//! `COMMENT ON`, transactions, and the statements that set the search path.

use crate::sql::classify::Subject;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::lex::TokenKind;
use crate::sql::literal;
use crate::sql::statement::{Commented, SearchPath, Statement, TransactionControl};

pub(super) fn comment(cursor: &mut Cursor<'_>, subject: Subject) -> Read<Statement> {
    cursor.expect("comment on")?;
    cursor.advance();
    let on = match subject {
        Subject::CommentOnColumn => {
            let (table, column) = cursor.column_name()?;
            Commented::Column(table, column)
        }
        Subject::CommentOnType => Commented::Type(cursor.name("a type")?),
        _ => Commented::Table(cursor.name("a table")?),
    };
    cursor.expect("is")?;
    let text = if cursor.eat("null") { None } else { Some(cursor.string("a string or NULL")?.value) };
    cursor.expect_end()?;
    // PostgreSQL, too, takes an empty comment for none.
    Ok(Statement::Comment { on, text: text.filter(|text| !text.is_empty()) })
}

/// `SET search_path TO a, b` and `SET SCHEMA 'a'`.
pub(super) fn search_path(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("set")?;
    let local = cursor.eat("local");
    cursor.eat("session");
    if !cursor.eat("schema") {
        cursor.expect("search_path")?;
        if !cursor.eat("to") {
            cursor.expect("=")?;
        }
    }
    if cursor.eat("default") {
        return Ok(Statement::SearchPath { path: SearchPath::Default, local });
    }
    let mut schemas = Vec::new();
    loop {
        let is_string = !matches!(
            cursor.kind(),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier)
        );
        schemas.push(if is_string { cursor.string("a schema")? } else { cursor.label("a schema")? }.value);
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect_end()?;
    Ok(Statement::SearchPath { path: SearchPath::Schemas(schemas), local })
}

/// `SELECT pg_catalog.set_config('search_path', '…', false)`
pub(super) fn set_config(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("select")?;
    cursor.eat("pg_catalog .");
    cursor.expect("set_config (")?;
    let setting = cursor.string("a setting")?.value;
    if !setting.eq_ignore_ascii_case("search_path") {
        return Ok(Statement::Nothing);
    }
    cursor.expect(",")?;
    let schemas = cursor.string("a list of schemas")?.value;
    let schemas = schemas.split(',').map(|schema| match schema.trim() {
        quoted if quoted.starts_with('"') => literal::unquote(quoted),
        plain => literal::fold(plain),
    });
    let path = SearchPath::Schemas(schemas.collect());
    let local = cursor.eat(",") && ["true", "'true'", "'t'", "'on'", "'1'"].iter().any(|word| cursor.is(word));
    Ok(Statement::SearchPath { path, local })
}

/// `BEGIN`, `COMMIT`, `ROLLBACK`, savepoints and their other spellings.
pub(super) fn transaction(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let control = if cursor.eat("begin") || cursor.eat("start transaction") {
        TransactionControl::Begin
    } else if cursor.eat("savepoint") {
        TransactionControl::Savepoint(cursor.label("a savepoint")?.value)
    } else if cursor.eat("release") {
        cursor.eat("savepoint");
        TransactionControl::Release(cursor.label("a savepoint")?.value)
    } else {
        let commit = cursor.eat("commit") || cursor.eat("end");
        if !commit {
            let _ = cursor.eat("rollback") || cursor.eat("abort");
        }
        if cursor.is("prepared") {
            return Ok(Statement::Nothing);
        }
        let _ = cursor.eat("work") || cursor.eat("transaction");
        if cursor.eat("to") {
            cursor.eat("savepoint");
            TransactionControl::RollbackTo(cursor.label("a savepoint")?.value)
        } else {
            let chain = cursor.eat("and chain");
            if commit { TransactionControl::Commit { chain } } else { TransactionControl::Rollback { chain } }
        }
    };
    Ok(Statement::Transaction(control))
}
