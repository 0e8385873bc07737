//! `CREATE INDEX`, and the elements of indexes and exclusions.

use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression;
use crate::sql::lex::TokenKind;
use crate::sql::statement::{CreateIndex, IndexElement, IndexTail, Statement};

pub(super) fn create(cursor: &mut Cursor<'_>) -> Read<Statement> {
    let start = cursor.here();
    cursor.expect("create")?;
    let unique = cursor.eat("unique");
    cursor.expect("index")?;
    cursor.eat("concurrently");
    let if_not_exists = cursor.eat("if not exists");
    let name = if cursor.is("on") { None } else { Some(cursor.ident("an index")?) };
    cursor.expect("on")?;
    let only = cursor.eat("only");
    let table = cursor.name("a table")?;
    let method = if cursor.eat("using") { Some(cursor.ident("an access method")?) } else { None };
    let elements = elements(cursor)?;
    let tail = tail(cursor)?;
    cursor.expect_end()?;
    let span = cursor.since(start);
    Ok(Statement::CreateIndex(CreateIndex { name, if_not_exists, table, only, unique, method, elements, tail, span }))
}

/// `(a, lower(b) text_pattern_ops DESC, (c + 1))`
pub(super) fn elements(cursor: &mut Cursor<'_>) -> Read<Vec<IndexElement>> {
    cursor.expect("(")?;
    let mut elements = Vec::new();
    loop {
        elements.push(element(cursor)?);
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(elements)
}

fn element(cursor: &mut Cursor<'_>) -> Read<IndexElement> {
    let start = cursor.position();
    let mut column = None;
    if cursor.is("(") {
        cursor.skip_group()?;
        // `(a)` is a column.
        let mut inside = cursor.from(start + 1).up_to(cursor.position() - 1);
        if let Ok(name) = inside.ident("a column")
            && inside.at_end()
        {
            column = Some(name);
        }
    } else if cursor.kind() == Some(TokenKind::Word) && (cursor.peek(1) == "(" || cursor.peek(1) == ".") {
        // Also words that are reserved elsewhere can call: `coalesce (…)`.
        while cursor.peek(1) == "." {
            cursor.advance();
            cursor.advance();
        }
        cursor.advance();
        cursor.skip_parens()?;
    } else {
        let name = cursor.ident("a column or an expression")?;
        if cursor.eat(".") {
            cursor.label("a function")?;
            cursor.skip_parens()?;
        } else if cursor.is("(") {
            cursor.skip_parens()?;
        } else {
            column = Some(name);
        }
    }
    let label = match &column {
        Some(column) => column.value.clone(),
        None => expression::label(cursor.within(start)),
    };
    let terms = expression::terms_since(cursor, start);
    // Collation, operator class with its options, the operator of an exclusion; the order tells no indexes apart.
    let behind = cursor.position();
    let mut class = None;
    while !matches!(cursor.peek(0), "" | "," | ")") {
        if matches!(cursor.peek(0), "(" | "[") {
            cursor.skip_group()?;
        } else {
            if class.is_none() && ["asc", "desc", "nulls", "with"].iter().any(|word| cursor.is(word)) {
                class = Some(cursor.text_since(behind));
            }
            cursor.advance();
        }
    }
    let class = class.unwrap_or_else(|| cursor.text_since(behind)).to_ascii_lowercase();
    Ok(IndexElement { column, label, terms, class })
}

/// What follows the elements.
pub(super) fn tail(cursor: &mut Cursor<'_>) -> Read<IndexTail> {
    let mut tail = IndexTail::default();
    if cursor.eat("include") {
        tail.include = cursor.columns()?;
    }
    tail.nulls_not_distinct = cursor.eat("nulls not distinct");
    if !tail.nulls_not_distinct {
        cursor.eat("nulls distinct");
    }
    if cursor.eat("with") {
        cursor.skip_parens()?;
    }
    if cursor.eat("using index tablespace") || cursor.eat("tablespace") {
        cursor.ident("a tablespace")?;
    }
    // An exclusion has its condition in parentheses, and more behind it.
    if cursor.eat("where") {
        let start = cursor.position();
        while !matches!(cursor.peek(0), "" | "," | ")") {
            if matches!(cursor.peek(0), "(" | "[") {
                cursor.skip_group()?;
                if cursor.is("deferrable") || cursor.is("not deferrable") || cursor.is("initially") {
                    break;
                }
            } else {
                cursor.advance();
            }
        }
        tail.predicate = Some(expression::terms_since(cursor, start));
    }
    Ok(tail)
}
