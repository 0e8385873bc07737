//! Where an expression in a statement ends. Its value doesn't matter to the catalog.
//!
//! It ends where PostgreSQL's reserved words or a comma say so. In between, operands and operators must take turns, or a
//! forgotten comma would hide the next column.

use super::cursor::{Cursor, Read};
use super::lex::TokenKind;
use super::statement::DefaultValue;

/// What follows an expression, apart from a comma, a closing parenthesis and the end of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Followed {
    /// Nothing else.
    ByComma,
    /// One more constraint of the column. Such expressions are restricted in PostgreSQL (`b_expr`).
    ByConstraint,
}

/// What a constraint of a column begins with.
const CONSTRAINTS: &[&str] = &[
    "not null",
    "not deferrable",
    "not enforced",
    "null",
    "constraint",
    "primary key",
    "unique",
    "references",
    "check",
    "generated",
    "default",
    "collate",
    "deferrable",
    "initially",
];

/// Operators that are words: an operand follows.
const OPERATORS: &[&str] = &[
    "at time zone",
    "and",
    "or",
    "not",
    "is",
    "in",
    "like",
    "ilike",
    "similar to",
    "between",
    "escape",
    "distinct from",
    "collate",
];

/// Second and later words of a type: `double precision`, `timestamp with time zone`, `interval '1' day to second`.
const TYPE_WORDS: &[&str] = &[
    "precision",
    "varying",
    "with time zone",
    "without time zone",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "to",
];

/// Steps over an expression, and says whether it is the constant NULL, which is no default.
fn skip(cursor: &mut Cursor<'_>, followed: Followed) -> Read<bool> {
    let is_null = cursor.eat("null");
    let (mut complete, mut more) = (is_null, false);
    while !matches!(cursor.peek(0), "" | "," | ")") {
        let ends = followed == Followed::ByConstraint && CONSTRAINTS.iter().any(|words| cursor.is(words));
        match cursor.kind() {
            // NULL can be an operand.
            Some(TokenKind::Word) if ends && (complete || !cursor.is("null")) => break,
            Some(TokenKind::Word) if OPERATORS.iter().any(|words| cursor.eat(words)) => complete = false,
            Some(TokenKind::Word) if complete && cursor.eat("operator") => {
                cursor.skip_parens()?;
                complete = false;
            }
            Some(TokenKind::Word) if complete && TYPE_WORDS.iter().any(|words| cursor.eat(words)) => {}
            Some(TokenKind::Word) if !complete && cursor.is("case") => {
                skip_case(cursor)?;
                complete = true;
            }
            Some(TokenKind::Symbol) if matches!(cursor.peek(0), "(" | "[") => {
                cursor.skip_group()?;
                complete = true;
            }
            Some(TokenKind::Symbol) => {
                // A cast of NULL is NULL.
                more |= !cursor.is(":");
                cursor.advance();
                complete = false;
            }
            Some(
                TokenKind::Word
                | TokenKind::QuotedIdentifier
                | TokenKind::UnicodeIdentifier
                | TokenKind::Number
                | TokenKind::Parameter,
            ) if complete => {
                let error = cursor.expected("a comma or what else can follow an expression");
                return Err(Box::new(error.help("is there a comma missing before this?")));
            }
            _ => {
                cursor.advance();
                complete = true;
            }
        }
    }
    if complete { Ok(is_null && !more) } else { Err(cursor.expected("an expression")) }
}

/// Steps over the expression of a default; the constant NULL is none.
pub(super) fn default(cursor: &mut Cursor<'_>, followed: Followed) -> Read<Option<DefaultValue>> {
    let start = cursor.here();
    let is_null = skip(cursor, followed)?;
    Ok((!is_null).then(|| DefaultValue::Expression(cursor.since(start))))
}

/// Steps over `CASE … END`; these nest.
fn skip_case(cursor: &mut Cursor<'_>) -> Read<()> {
    let mut depth = 0usize;
    loop {
        if cursor.at_end() {
            return Err(cursor.expected("`END`"));
        }
        if cursor.is("case") {
            depth += 1;
        } else if cursor.is("end") {
            depth -= 1;
        }
        cursor.advance();
        if depth == 0 {
            return Ok(());
        }
    }
}
