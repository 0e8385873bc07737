//! A fragment's syntax: one SQL expression and nothing after it, with places in bytes.

use std::ops::Range;

use sqlparser::ast;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::FragmentError;
use crate::diagnostics::codes;

/// sqlparser builds chains such as `a and b and c` as deep trees. Beyond this many words a stack could overflow;
/// values and commas of a list don't count.
pub(super) const MOST_WORDS: usize = 2_000;

/// A fragment that is one SQL expression.
#[derive(Debug)]
pub struct Parsed<'f> {
    pub(super) expr: ast::Expr,
    lines: Lines<'f>,
    params: Vec<(String, Span)>,
    /// The words `between`, and whether `symmetric` came after.
    betweens: Vec<(Location, bool)>,
}

impl Parsed<'_> {
    /// Every `$name` as it is written, without the `$`, and where.
    pub fn params(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.params.iter().map(|(name, span)| (name.as_str(), self.range(*span)))
    }

    /// Whether the `between` whose lower bound begins there is symmetric; `None` where the parser doesn't say where that
    /// is.
    pub(super) fn is_symmetric(&self, low: Location) -> Option<bool> {
        if self.betweens.iter().all(|(_, symmetric)| !symmetric) {
            return Some(false);
        }
        let before = self.betweens.iter().rev().find(|(at, _)| *at < low);
        before.map(|(_, symmetric)| *symmetric)
    }

    /// A place of the parser in bytes; the whole fragment where the parser knows none.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        self.lines.range(span)
    }
}

/// Reads a fragment.
///
/// # Errors
/// When it is not one SQL expression.
pub fn parse(sql: &str) -> Result<Parsed<'_>, FragmentError> {
    let lines = Lines(sql);
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| syntax(lower_first(&error.message), lines.range(Span::new(error.location, error.location))))?;
    let words = tokens.iter().filter(|token| !light(&token.token)).count();
    if words > MOST_WORDS {
        return Err(syntax(format!("the fragment has more than {MOST_WORDS} words"), 0..sql.len()));
    }
    let params = tokens.iter().filter_map(|token| match &token.token {
        Token::Placeholder(name) => Some((name.strip_prefix('$').unwrap_or(name).to_owned(), token.span)),
        _ => None,
    });
    let params = params.collect();
    let (tokens, betweens) = without_symmetric(tokens);
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let expr = parser.parse_expr().map_err(|error| unreadable(error, &parser.peek_token(), lines))?;
    let after = parser.peek_token();
    if after.token != Token::EOF {
        let message = format!("a fragment is one condition: `{}` can't follow it", after.token);
        return Err(syntax(message, lines.range(after.span)));
    }
    Ok(Parsed { expr, lines, params, betweens })
}

/// The parser knows no `between symmetric`: the word is taken out, and remembered.
fn without_symmetric(tokens: Vec<TokenWithSpan>) -> (Vec<TokenWithSpan>, Vec<(Location, bool)>) {
    let mut left = Vec::with_capacity(tokens.len());
    let mut betweens: Vec<(Location, bool)> = Vec::new();
    let mut after_between = false;
    for token in tokens {
        let word = match &token.token {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_ascii_lowercase(),
            _ => String::new(),
        };
        if after_between && matches!(word.as_str(), "symmetric" | "asymmetric") {
            if let Some((_, symmetric)) = betweens.last_mut() {
                *symmetric = word == "symmetric";
            }
            after_between = false;
            continue;
        }
        if word == "between" {
            betweens.push((token.span.start, false));
        }
        if !matches!(token.token, Token::Whitespace(_)) {
            after_between = word == "between";
        }
        left.push(token);
    }
    (left, betweens)
}

fn light(token: &Token) -> bool {
    matches!(
        token,
        Token::Whitespace(_) | Token::Comma | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_)
    )
}

fn unreadable(error: ParserError, next: &TokenWithSpan, lines: Lines<'_>) -> FragmentError {
    let (text, location) = match &error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => located(text),
        ParserError::RecursionLimitExceeded => ("the fragment is nested too deeply", None),
    };
    let span = match location {
        Some(location) if location == next.span.start => next.span,
        Some(location) => Span::new(location, location),
        None if next.token == Token::EOF => lines.end(),
        None => next.span,
    };
    // What the parser knows behind `is` is more than anybody would read.
    let behind_is = text.strip_prefix("Expected: [NOT] NULL").and_then(|rest| rest.split_once(" after IS"));
    let rest = behind_is.map(|(_, rest)| format!("Expected: `null`, `true`, `false` or `not` after `is`{rest}"));
    let text = rest.as_deref().unwrap_or(text);
    let message = match text.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, "EOF")) => format!("expected {expected}, but the fragment ends"),
        Some((expected, found)) => format!("expected {expected}, found `{found}`"),
        None => lower_first(text),
    };
    syntax(message, lines.range(span))
}

/// The parser writes its place behind the message.
fn located(text: &str) -> (&str, Option<Location>) {
    let parts = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Location::new(line.parse().ok()?, column.parse().ok()?)))
    });
    match parts {
        Some((message, location)) => (message, Some(location)),
        None => (text, None),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn syntax(message: String, at: Range<usize>) -> FragmentError {
    FragmentError { code: &codes::FRAGMENT_SYNTAX, message, at, label: "here".to_owned(), help: Vec::new() }
}

/// A text whose places are given by line and column, both from 1, columns in characters.
#[derive(Debug, Clone, Copy)]
struct Lines<'f>(&'f str);

impl Lines<'_> {
    /// The place behind the last character.
    fn end(self) -> Span {
        let line = self.0.matches('\n').count() as u64 + 1;
        let last = self.0.rsplit('\n').next().unwrap_or_default();
        let end = Location::new(line, last.chars().count() as u64 + 1);
        Span::new(end, end)
    }

    fn range(self, span: Span) -> Range<usize> {
        let end = self.0.len();
        match (self.offset(span.start), self.offset(span.end)) {
            (Some(from), Some(to)) if from < to => from..to,
            // Beyond the last character nothing can be pointed at: the last word is.
            (Some(from), _) if from >= end => {
                let last = self.0.trim_end();
                last.len() - last.rsplit(char::is_whitespace).next().map_or(0, str::len)..end
            }
            (Some(from), _) => {
                let word = self.0[from..].find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let first = self.0[from..].chars().next().map_or(0, char::len_utf8);
                from..from + word.unwrap_or(end - from).max(first)
            }
            _ => 0..end,
        }
    }

    fn offset(self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = match line {
            0 => 0,
            line => self.0.match_indices('\n').nth(line - 1)?.0 + 1,
        };
        let text = &self.0[start..];
        Some(start + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at))
    }
}
