//! The SQL that the dev service takes: INSERT, UPDATE, DELETE and TRUNCATE, with literals as values.

use crate::diagnostics::{Diagnostic, codes};
use crate::source::{FileId, Span, Spanned};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::grammar::type_name::type_name;
use crate::sql::lex::{Lexer, TokenKind};
use crate::sql::split::{PieceKind, Splitter};
use crate::sql::statement::{Ident, Name, TypeName};

/// One statement.
#[derive(Debug)]
pub(super) enum Write {
    Insert {
        table: Name,
        /// `None`: all of the table's columns, in order.
        columns: Option<Vec<Ident>>,
        /// `None`: one row of defaults.
        rows: Option<Vec<Vec<Value>>>,
    },
    Update {
        table: Name,
        set: Vec<(Ident, Value)>,
        /// The condition's place.
        condition: Option<Span>,
    },
    Delete {
        table: Name,
        condition: Option<Span>,
    },
    Truncate {
        tables: Vec<Name>,
        restart: bool,
    },
}

/// A value as it was written, with the types that it was cast to.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) term: Term,
    pub(super) casts: Vec<TypeName>,
    pub(super) span: Span,
}

/// What a value says before its type is known.
#[derive(Debug, Clone)]
pub(super) enum Term {
    Null,
    Default,
    Bool(bool),
    /// Digits, perhaps with a sign, a point and an exponent.
    Number(String),
    /// The content of a quoted literal.
    Text(String),
    /// `ARRAY[…]`
    Array(Vec<Value>),
    /// `now()` and its other spellings.
    Now,
    /// `gen_random_uuid()`
    RandomUuid,
    /// `nextval(…)`
    Next,
}

/// Reads the statements of one transaction.
///
/// # Errors
/// At the first place that can't be read.
pub(super) fn read(file: FileId, text: &str) -> Read<Vec<Write>> {
    let mut statements = Vec::new();
    let mut splitter = Splitter::new(text);
    while let Some(piece) = splitter.next_piece() {
        let span = Span::new(file, piece.range.clone());
        if piece.kind != PieceKind::Statement {
            let error = Diagnostic::error(&codes::SQL_SYNTAX, "this is not a whole SQL statement");
            return Err(Box::new(error.at(span, "expected INSERT, UPDATE, DELETE or TRUNCATE")));
        }
        statements.push(statement(&mut Cursor::new(file, text, piece.tokens))?);
    }
    Ok(statements)
}

/// Reads one value that is all of a text, as the expression of a default is.
pub(super) fn read_value(file: FileId, text: &str, span: Span) -> Read<Value> {
    let mut tokens = Vec::new();
    let mut lexer = Lexer::new(text.get(..span.end).unwrap_or(text));
    lexer.rewind(span.start);
    tokens.extend(lexer.filter(|token| token.kind.is_significant()));
    let mut cursor = Cursor::new(file, text, &tokens);
    let value = value(&mut cursor, 0)?;
    cursor.expect_end()?;
    Ok(value)
}

fn statement(cursor: &mut Cursor<'_>) -> Read<Write> {
    let write = if cursor.eat("insert into") {
        insert(cursor)?
    } else if cursor.eat("update") {
        cursor.eat("only");
        let table = cursor.name("a table")?;
        cursor.expect("set")?;
        let mut set = vec![assignment(cursor)?];
        while cursor.eat(",") {
            set.push(assignment(cursor)?);
        }
        Write::Update { table, set, condition: condition(cursor)? }
    } else if cursor.eat("delete from") {
        cursor.eat("only");
        Write::Delete { table: cursor.name("a table")?, condition: condition(cursor)? }
    } else if cursor.eat("truncate") {
        truncate(cursor)?
    } else {
        let error = cursor.expected("INSERT, UPDATE, DELETE or TRUNCATE");
        return Err(Box::new(error.help("the text is one transaction by itself: it needs no BEGIN and no COMMIT")));
    };
    cursor.expect_end()?;
    Ok(write)
}

fn insert(cursor: &mut Cursor<'_>) -> Read<Write> {
    let table = cursor.name("a table")?;
    let columns = if cursor.is("(") { Some(cursor.columns()?) } else { None };
    if columns.is_none() && cursor.eat("default values") {
        return Ok(Write::Insert { table, columns, rows: None });
    }
    if !cursor.eat("values") {
        let error = cursor.expected("`VALUES`");
        return Err(Box::new(error.help("rows are given as literals: INSERT … SELECT is not run")));
    }
    let mut rows = Vec::new();
    loop {
        cursor.expect("(")?;
        rows.push(values(cursor, ")", 0)?);
        if !cursor.eat(",") {
            break;
        }
    }
    Ok(Write::Insert { table, columns, rows: Some(rows) })
}

fn truncate(cursor: &mut Cursor<'_>) -> Read<Write> {
    cursor.eat("table");
    let mut tables = Vec::new();
    loop {
        cursor.eat("only");
        tables.push(cursor.name("a table")?);
        if !cursor.eat(",") {
            break;
        }
    }
    let restart = cursor.eat("restart identity");
    if !restart {
        cursor.eat("continue identity");
    }
    cursor.eat("restrict");
    Ok(Write::Truncate { tables, restart })
}

fn assignment(cursor: &mut Cursor<'_>) -> Read<(Ident, Value)> {
    let column = cursor.ident("a column")?;
    cursor.expect("=")?;
    Ok((column, value(cursor, 0)?))
}

fn condition(cursor: &mut Cursor<'_>) -> Read<Option<Span>> {
    if !cursor.eat("where") {
        return Ok(None);
    }
    if cursor.at_end() {
        return Err(cursor.expected("a condition"));
    }
    let start = cursor.here();
    while !cursor.at_end() {
        cursor.advance();
    }
    Ok(Some(cursor.since(start)))
}

fn values(cursor: &mut Cursor<'_>, close: &str, depth: usize) -> Read<Vec<Value>> {
    let mut values = vec![value(cursor, depth)?];
    while cursor.eat(",") {
        values.push(value(cursor, depth)?);
    }
    cursor.expect(close)?;
    Ok(values)
}

/// Parentheses, casts and arrays within each other, beyond which the stack could overflow.
const DEEPEST: usize = 50;

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Read<Value> {
    if depth > DEEPEST {
        return Err(cursor.unsupported("a value nested this deeply", "leave out parentheses and casts"));
    }
    let start = cursor.here();
    let mut value = if cursor.eat("(") {
        let inner = value(cursor, depth + 1)?;
        cursor.expect(")")?;
        inner
    } else if cursor.eat("cast (") {
        let mut inner = value(cursor, depth + 1)?;
        cursor.expect("as")?;
        inner.casts.push(type_name(cursor)?);
        cursor.expect(")")?;
        inner
    } else {
        let (term, cast) = term(cursor, depth)?;
        Value { term, casts: cast.into_iter().collect(), span: start }
    };
    while cursor.eat(": :") {
        value.casts.push(type_name(cursor)?);
    }
    value.span = cursor.since(start);
    Ok(value)
}

const NOW: &[&str] =
    &["now ( )", "current_timestamp", "transaction_timestamp ( )", "statement_timestamp ( )", "clock_timestamp ( )"];
const RANDOM_UUID: &[&str] = &["gen_random_uuid ( )", "uuid_generate_v4 ( )", "public . uuid_generate_v4 ( )"];

fn term(cursor: &mut Cursor<'_>, depth: usize) -> Read<(Term, Option<TypeName>)> {
    let term = match cursor.kind() {
        Some(TokenKind::Number) => number(cursor, ""),
        Some(TokenKind::Symbol) if cursor.eat("-") => number_behind(cursor, "-")?,
        Some(TokenKind::Symbol) if cursor.eat("+") => number_behind(cursor, "")?,
        Some(TokenKind::String | TokenKind::EscapeString | TokenKind::UnicodeString | TokenKind::DollarString) => {
            Term::Text(string(cursor)?.value)
        }
        Some(TokenKind::Word) => return word(cursor, depth),
        _ => return Err(not_a_literal(cursor)),
    };
    Ok((term, None))
}

fn word(cursor: &mut Cursor<'_>, depth: usize) -> Read<(Term, Option<TypeName>)> {
    let simple =
        [("null", Term::Null), ("default", Term::Default), ("true", Term::Bool(true)), ("false", Term::Bool(false))];
    if let Some((_, term)) = simple.into_iter().find(|(word, _)| cursor.eat(word)) {
        return Ok((term, None));
    }
    if NOW.iter().any(|words| cursor.eat(words)) {
        return Ok((Term::Now, None));
    }
    if RANDOM_UUID.iter().any(|words| cursor.eat(words)) {
        return Ok((Term::RandomUuid, None));
    }
    if cursor.is("nextval (") {
        cursor.advance();
        cursor.skip_parens()?;
        return Ok((Term::Next, None));
    }
    if cursor.eat("array [") {
        let items = if cursor.eat("]") { Vec::new() } else { values(cursor, "]", depth + 1)? };
        return Ok((Term::Array(items), None));
    }
    // `timestamptz '…'`: a type in front of its literal.
    let mut ahead = *cursor;
    if let Ok(of) = type_name(&mut ahead)
        && matches!(ahead.kind(), Some(TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString))
    {
        *cursor = ahead;
        return Ok((Term::Text(string(cursor)?.value), Some(of)));
    }
    Err(not_a_literal(cursor))
}

fn string(cursor: &mut Cursor<'_>) -> Read<Spanned<String>> {
    if cursor.kind() == Some(TokenKind::String) && !cursor.peek(0).starts_with(['\'', 'n', 'N']) {
        return Err(cursor.unsupported("a bit string", "write it as a quoted literal without the prefix"));
    }
    cursor.string("a string")
}

fn number(cursor: &mut Cursor<'_>, sign: &str) -> Term {
    let number = format!("{sign}{}", cursor.peek(0));
    cursor.advance();
    Term::Number(number)
}

fn number_behind(cursor: &mut Cursor<'_>, sign: &str) -> Read<Term> {
    if cursor.kind() == Some(TokenKind::Number) { Ok(number(cursor, sign)) } else { Err(not_a_literal(cursor)) }
}

fn not_a_literal(cursor: &Cursor<'_>) -> Box<Diagnostic> {
    let error = cursor.expected("a literal");
    Box::new(
        error.help("values are literals, DEFAULT, NULL, now() or gen_random_uuid(): expressions are not evaluated"),
    )
}
