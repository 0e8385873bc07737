//! Where an expression in a statement ends, and which names are in it. Its value doesn't matter to the catalog.
//!
//! It ends where PostgreSQL's reserved words or a comma say so. In between, operands and operators must take turns, or a
//! forgotten comma would hide the next column.

use super::cursor::{Cursor, Read};
use super::grammar::type_name::type_name;
use super::lex::TokenKind;
use super::literal;
use super::statement::{DefaultDef, Ident, Name, Term, TypeName};
use super::types;
use crate::source::Span;

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
    "uescape",
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

/// Steps over an expression.
fn skip(cursor: &mut Cursor<'_>, followed: Followed) -> Read<()> {
    let mut complete = cursor.eat("null");
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
    if complete { Ok(()) } else { Err(cursor.expected("an expression")) }
}

/// Steps over the expression of a default.
pub(super) fn default(cursor: &mut Cursor<'_>, followed: Followed) -> Read<DefaultDef> {
    let (start, position) = (cursor.here(), cursor.position());
    skip(cursor, followed)?;
    let span = cursor.since(start);
    let inside = cursor.within(position);
    Ok(DefaultDef { span, null: null(inside), sequences: sequences(inside), types: cast_types(inside) })
}

/// The casts of `NULL`, when that is all that a default says.
fn null(mut cursor: Cursor<'_>) -> Option<Vec<TypeName>> {
    // What is open: parentheses, or those of `CAST (… AS type)`.
    let mut open = Vec::new();
    loop {
        let is_cast = cursor.eat("cast (");
        if !is_cast && !cursor.eat("(") {
            break;
        }
        open.push(is_cast);
    }
    let mut casts = Vec::new();
    if !cursor.eat("null") {
        return None;
    }
    loop {
        if cursor.eat(": :") {
            casts.push(type_name(&mut cursor).ok()?);
        } else if let Some(is_cast) = open.pop() {
            if is_cast {
                cursor.expect("as").ok()?;
                casts.push(type_name(&mut cursor).ok()?);
            }
            cursor.expect(")").ok()?;
        } else {
            return cursor.at_end().then_some(casts);
        }
    }
}

/// The sequences in `nextval('…')`.
fn sequences(mut cursor: Cursor<'_>) -> Vec<Name> {
    let mut found = Vec::new();
    while !cursor.at_end() {
        if cursor.eat("nextval (") {
            let named = cursor.string("a sequence").ok();
            found.extend(named.and_then(|text| name_in(&text.value, text.span)));
        } else {
            cursor.advance();
        }
    }
    found
}

/// The types behind `::`, and behind `AS` in `CAST`.
fn cast_types(mut cursor: Cursor<'_>) -> Vec<Name> {
    let mut found = Vec::new();
    while !cursor.at_end() {
        if !cursor.eat(": :") && !cursor.eat("as") {
            cursor.advance();
        } else if types::built_in(cursor.peek(0)).is_none() && types::alias(cursor.peek(0)).is_none() {
            found.extend(cursor.name("a type").ok());
        }
    }
    found
}

/// `schema.name` inside of a string, as `regclass` reads it.
fn name_in(text: &str, span: Span) -> Option<Name> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let end = if rest.starts_with('"') {
            let mut end = 1;
            loop {
                end += rest.get(end..)?.find('"')? + 1;
                if !rest[end..].starts_with('"') {
                    break end;
                }
                end += 1;
            }
        } else {
            rest.find('.').unwrap_or(rest.len())
        };
        let (part, behind) = rest.split_at(end);
        parts.push(if part.starts_with('"') { literal::unquote(part) } else { literal::fold(part.trim()) });
        match behind.trim_start().strip_prefix('.') {
            Some(behind) => rest = behind.trim_start(),
            None => break,
        }
    }
    let name = parts.pop().filter(|name| !name.is_empty())?;
    Some(Name { schema: parts.pop().map(|schema| Ident::new(schema, span)), name: Ident::new(name, span) })
}

/// The names since an earlier position that could be columns: no functions, types and reserved words.
pub(super) fn words_since(cursor: &Cursor<'_>, position: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for term in terms_since(cursor, position) {
        if let Term::Column(word) = term
            && !words.contains(&word)
        {
            words.push(word);
        }
    }
    words
}

/// The expression since an earlier position, however its names, spaces and outer parentheses were written.
pub(super) fn terms_since(cursor: &Cursor<'_>, position: usize) -> Vec<Term<String>> {
    let mut inside = without_parens(cursor.within(position));
    let mut terms = Vec::new();
    while !inside.at_end() {
        if inside.eat(": :") {
            terms.push(Term::Word("::".to_owned()));
            if let Ok(name) = inside.name("a type") {
                terms.extend(name.schema.into_iter().chain([name.name]).map(|part| Term::Word(part.value)));
            }
            continue;
        }
        let (kind, text) = (inside.kind(), inside.peek(0));
        let is_quoted = matches!(kind, Some(TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier));
        let is_name = is_quoted || kind == Some(TokenKind::Word) && !inside.is_reserved();
        if is_name && let Ok(word) = inside.label("a name") {
            let calls = inside.is("(");
            terms.push(if calls { Term::Word(word.value) } else { Term::Column(word.value) });
            continue;
        }
        terms.push(Term::Word(if kind == Some(TokenKind::Word) { literal::fold(text) } else { text.to_owned() }));
        inside.advance();
    }
    terms
}

/// An expression without the parentheses around all of it.
fn without_parens(mut cursor: Cursor<'_>) -> Cursor<'_> {
    loop {
        let mut ahead = cursor;
        if !cursor.is("(") || ahead.skip_group().is_err() || !ahead.at_end() {
            return cursor;
        }
        cursor = cursor.from(cursor.position() + 1).up_to(ahead.position() - 1);
    }
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

/// What PostgreSQL calls an index column that is this expression (`FigureIndexColname`): a function's or a column's
/// name, or `expr`.
pub(super) fn label(cursor: Cursor<'_>) -> String {
    figure(cursor).map_or_else(|| "expr".to_owned(), |(name, _)| name)
}

/// A name for an expression, and whether it is better than none: a cast's type is not.
fn figure(mut cursor: Cursor<'_>) -> Option<(String, bool)> {
    let start = cursor.position();
    let mut found: Option<(String, bool)> = None;
    match cursor.kind()? {
        TokenKind::Symbol if cursor.is("(") => {
            cursor.skip_group().ok()?;
            found = figure(cursor.from(start + 1).up_to(cursor.position() - 1));
        }
        TokenKind::Word if cursor.is("case") => {
            let mut otherwise = None;
            let mut depth = 0usize;
            let begin = cursor;
            let mut ahead = cursor;
            while !ahead.at_end() {
                match () {
                    () if ahead.is("case") => depth += 1,
                    () if ahead.is("end") => depth = depth.saturating_sub(1),
                    () if ahead.is("else") && depth == 1 => otherwise = Some(ahead.position() + 1),
                    () => {}
                }
                if depth == 0 {
                    break;
                }
                ahead.advance();
            }
            let end = ahead.position();
            cursor = ahead;
            cursor.advance();
            found = otherwise.and_then(|from| figure(begin.up_to(end).from(from))).filter(|(_, better)| *better);
            found = found.or(Some(("case".to_owned(), false)));
        }
        TokenKind::Word if cursor.eat("array [") => {
            cursor = cursor.from(start + 1);
            cursor.skip_group().ok()?;
            found = Some(("array".to_owned(), true));
        }
        TokenKind::Word if cursor.eat("cast (") => {
            cursor = cursor.from(start + 1);
            let from = cursor.position() + 1;
            cursor.skip_group().ok()?;
            let end = cursor.position() - 1;
            let mut as_ = cursor.from(from).up_to(end);
            let mut at = None;
            while !as_.at_end() {
                if as_.is("(") {
                    as_.skip_group().ok()?;
                    continue;
                }
                if as_.is("as") {
                    at = Some(as_.position());
                }
                as_.advance();
            }
            let at = at?;
            let argument = figure(cursor.from(from).up_to(at)).filter(|(_, better)| *better);
            let ty = || type_name(&mut cursor.from(at + 1).up_to(end)).ok().map(|ty| (ty.name.name.value, false));
            found = argument.or_else(ty);
        }
        TokenKind::Word | TokenKind::QuotedIdentifier | TokenKind::UnicodeIdentifier => {
            let mut name = cursor.label("a name").ok()?.value;
            while cursor.eat(".") {
                name = cursor.label("a name").ok()?.value;
            }
            if cursor.is("(") {
                cursor.skip_group().ok()?;
            }
            found = Some((name, true));
        }
        TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString | TokenKind::Number => cursor.advance(),
        _ => return None,
    }
    while !cursor.at_end() {
        if cursor.eat(": :") {
            let ty = type_name(&mut cursor).ok()?;
            found = found.filter(|(_, better)| *better).or(Some((ty.name.name.value, false)));
        } else if cursor.is("[") {
            cursor.skip_group().ok()?;
        } else if cursor.eat(".") {
            found = Some((cursor.label("a field").ok()?.value, true));
        } else if cursor.eat("collate") {
            cursor.name("a collation").ok()?;
        } else {
            return None;
        }
    }
    found
}
