//! A place in the tokens of one statement, and the small steps from it that the grammar is made of.

use super::lex::{Token, TokenKind};
use super::literal;
use super::statement::{Ident, Name};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// A part of the grammar, or what stands in its way.
pub(crate) type Read<T> = Result<T, Box<Diagnostic>>;

/// PostgreSQL's words that can't name a table or a column without quotes (`pg_get_keywords()`, `R` and `T`).
#[rustfmt::skip]
pub(crate) const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for",
    "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect",
    "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
    "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing",
    "primary", "references", "returning", "right", "select", "session_user", "similar", "some", "symmetric", "table",
    "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when",
    "where", "window", "with",
];

/// PostgreSQL gives up at some depth, too.
const DEEPEST: usize = 1000;

/// A place in the tokens of one statement.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'s> {
    pub(crate) file: FileId,
    /// The whole file.
    pub(crate) text: &'s str,
    tokens: &'s [Token],
    at: usize,
}

impl<'s> Cursor<'s> {
    pub(crate) fn new(file: FileId, text: &'s str, tokens: &'s [Token]) -> Self {
        Self { file, text, tokens, at: 0 }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn token(&self, ahead: usize) -> Option<&'s Token> {
        self.tokens.get(self.at + ahead)
    }

    pub(crate) fn kind(&self) -> Option<TokenKind> {
        self.token(0).map(|token| token.kind)
    }

    /// The text of a token ahead, empty behind the end.
    pub(crate) fn peek(&self, ahead: usize) -> &'s str {
        self.token(ahead).map_or("", |token| &self.text[token.start..token.end])
    }

    /// How many tokens were read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The tokens from an earlier position up to the next one.
    pub(crate) fn tokens_since(&self, position: usize) -> &'s [Token] {
        self.tokens.get(position..self.at.min(self.tokens.len())).unwrap_or_default()
    }

    /// The text from an earlier position up to the next token, spaces and comments between tokens as one space.
    pub(crate) fn text_since(&self, position: usize) -> String {
        let words = self.tokens_since(position).iter().map(|token| &self.text[token.start..token.end]);
        words.collect::<Vec<_>>().join(" ")
    }

    /// A cursor over the tokens from an earlier position up to the next one.
    pub(crate) fn within(&self, position: usize) -> Self {
        Self { tokens: self.tokens_since(position), at: 0, ..*self }
    }

    /// This cursor, ended before a position.
    pub(crate) fn up_to(self, position: usize) -> Self {
        Self { tokens: self.tokens.get(..position).unwrap_or(self.tokens), ..self }
    }

    /// This cursor at another position.
    pub(crate) fn from(self, position: usize) -> Self {
        Self { at: position, ..self }
    }

    pub(crate) fn advance(&mut self) {
        self.at += 1;
    }

    /// The place of the next token; at the end, of the last one.
    pub(crate) fn here(&self) -> Span {
        let token = self.token(0).or(self.tokens.last());
        Span::new(self.file, token.map_or(0..0, |token| token.start..token.end))
    }

    /// The place from an earlier token's to the one just read.
    pub(crate) fn since(&self, start: Span) -> Span {
        let end = self.tokens.get(self.at.wrapping_sub(1)).map_or(start.end, |token| token.end);
        Span::new(self.file, start.start..end.max(start.end))
    }

    /// Whether the next tokens are these words or symbols, separated by spaces.
    pub(crate) fn is(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(ahead, word)| self.peek(ahead).eq_ignore_ascii_case(word))
    }

    /// Steps over these words or symbols, if they are next.
    pub(crate) fn eat(&mut self, words: &str) -> bool {
        let found = self.is(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    pub(crate) fn expect(&mut self, words: &str) -> Read<()> {
        if self.eat(words) { Ok(()) } else { Err(self.expected(&format!("`{}`", words.to_uppercase()))) }
    }

    /// A statement that ends here.
    pub(crate) fn expect_end(&self) -> Read<()> {
        if self.at_end() { Ok(()) } else { Err(self.expected("the end of the statement")) }
    }

    /// A syntax error at the next token.
    pub(crate) fn expected(&self, what: &str) -> Box<Diagnostic> {
        let found = if self.at_end() { "the statement ends".to_owned() } else { format!("found `{}`", self.shown()) };
        let error = Diagnostic::error(&codes::SQL_SYNTAX, format!("expected {what}, {found}"));
        let label = if self.at_end() { format!("expected {what} behind this") } else { format!("expected {what}") };
        Box::new(error.at(self.here(), label))
    }

    /// Something at the next token that PostgreSQL knows and shapegen doesn't.
    #[cfg(feature = "cli")]
    pub(crate) fn unsupported(&self, what: &str, help: &str) -> Box<Diagnostic> {
        let error = Diagnostic::error(&codes::SQL_UNSUPPORTED, format!("{what} can't be read yet"));
        Box::new(error.at(self.here(), "not supported").help(help))
    }

    /// The next token, short enough for a message.
    fn shown(&self) -> String {
        let line = self.peek(0).lines().next().unwrap_or_default();
        if line.chars().count() > 30 { line.chars().take(30).chain(['…']).collect() } else { line.to_owned() }
    }

    /// Whether the next token can't be a name without quotes.
    pub(crate) fn is_reserved(&self) -> bool {
        let word = self.peek(0).to_ascii_lowercase();
        self.kind() == Some(TokenKind::Word) && RESERVED.binary_search(&word.as_str()).is_ok()
    }

    /// A name that the grammar lets stand here; `what` it names is for the message.
    pub(crate) fn ident(&mut self, what: &str) -> Read<Ident> {
        if self.is_reserved() {
            let word = self.peek(0).to_ascii_lowercase();
            let error = self.expected(what);
            return Err(Box::new(
                error.help(format!("`{word}` is a reserved word; as a name it needs quotes: \"{word}\"")),
            ));
        }
        self.label(what)
    }

    /// A name where also reserved words can stand, as behind a dot.
    pub(crate) fn label(&mut self, what: &str) -> Read<Ident> {
        let text = self.peek(0);
        let mut tokens = 1;
        let value = match self.kind() {
            Some(TokenKind::Word) => Some(literal::fold(text)),
            Some(TokenKind::QuotedIdentifier) => Some(literal::unquote(text)),
            Some(TokenKind::UnicodeIdentifier) => {
                let (escape, length) = self.escape();
                tokens = length;
                literal::unquote_unicode(text, escape)
            }
            _ => None,
        };
        match value {
            // No text of PostgreSQL holds a zero byte, and SQLite would read a name up to there.
            Some(value) if !value.is_empty() && !value.contains('\0') => {
                let start = self.here();
                for _ in 0..tokens {
                    self.advance();
                }
                Ok(Ident::new(value, self.since(start)))
            }
            _ => Err(self.expected(what)),
        }
    }

    /// The escape character of the `U&'…'` or `U&"…"` that is next, and how many tokens it takes: `UESCAPE '!'` is part
    /// of it.
    fn escape(&self) -> (char, usize) {
        let named = self.peek(1).eq_ignore_ascii_case("uescape").then(|| literal::string(self.peek(2)));
        match named.and_then(|text| text.chars().next()) {
            Some(escape) => (escape, 3),
            None => ('\\', 1),
        }
    }

    /// `name`, `schema.name` or `database.schema.name`.
    pub(crate) fn name(&mut self, what: &str) -> Read<Name> {
        let mut parts = self.parts(what, 3)?;
        self.name_of(&mut parts, what)
    }

    /// `name.column`
    pub(crate) fn column_name(&mut self) -> Read<(Name, Ident)> {
        let what = "a column behind its table's name";
        let mut parts = self.parts(what, 4)?;
        let column = parts.pop().ok_or_else(|| self.expected(what))?;
        Ok((self.name_of(&mut parts, what)?, column))
    }

    /// At most so many names with dots between them.
    fn parts(&mut self, what: &str, most: usize) -> Read<Vec<Ident>> {
        let mut parts = vec![self.ident(what)?];
        while parts.len() < most && self.eat(".") {
            parts.push(self.label(what)?);
        }
        Ok(parts)
    }

    fn name_of(&self, parts: &mut Vec<Ident>, what: &str) -> Read<Name> {
        let name = parts.pop().ok_or_else(|| self.expected(what))?;
        Ok(Name { schema: parts.pop(), name })
    }

    /// `(a, b)`
    pub(crate) fn columns(&mut self) -> Read<Vec<Ident>> {
        self.expect("(")?;
        let mut columns = vec![self.ident("a column")?];
        while self.eat(",") {
            columns.push(self.ident("a column")?);
        }
        self.expect(")")?;
        Ok(columns)
    }

    /// A string in any of its spellings.
    pub(crate) fn string(&mut self, what: &str) -> Read<Ident> {
        let start = self.here();
        let mut value: Option<String> = None;
        while let Some(kind) = self.kind() {
            let text = self.peek(0);
            let mut tokens = 1;
            let part = match kind {
                TokenKind::String => Some(literal::string(text)),
                TokenKind::EscapeString => literal::escape_string(text),
                TokenKind::UnicodeString => {
                    let (escape, length) = self.escape();
                    tokens = length;
                    literal::unicode_string(text, escape)
                }
                TokenKind::DollarString => Some(literal::dollar_string(text)),
                _ => break,
            };
            let Some(part) = part else { return Err(self.expected(&format!("{what} whose escapes are valid"))) };
            value.get_or_insert_default().push_str(&part);
            for _ in 0..tokens {
                self.advance();
            }
        }
        value.map(|value| Ident::new(value, self.since(start))).ok_or_else(|| self.expected(what))
    }

    /// Steps over `(…)`.
    pub(crate) fn skip_parens(&mut self) -> Read<()> {
        if self.is("(") { self.skip_group() } else { Err(self.expected("`(`")) }
    }

    /// Steps over what the parenthesis or bracket that is next opens.
    pub(crate) fn skip_group(&mut self) -> Read<()> {
        let open = self.here();
        let mut depth = 0usize;
        loop {
            match self.peek(0) {
                "" => {
                    let error = Diagnostic::error(&codes::SQL_SYNTAX, "a parenthesis is never closed");
                    return Err(Box::new(error.at(open, "opened here")));
                }
                "(" | "[" if depth == DEEPEST => {
                    let error = Diagnostic::error(&codes::SQL_SYNTAX, "parentheses are nested too deeply");
                    return Err(Box::new(error.at(self.here(), format!("in {DEEPEST} others"))));
                }
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance();
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// As [`Cursor::skip_to_comma`], and no further than a closing parenthesis.
    pub(crate) fn skip_to_comma_or_close(&mut self) -> Read<()> {
        while !self.at_end() && !self.is(",") && !self.is(")") {
            if matches!(self.peek(0), "(" | "[") {
                self.skip_group()?;
            } else {
                self.advance();
            }
        }
        Ok(())
    }

    /// Steps to the next comma outside of parentheses and brackets, or to the end.
    pub(crate) fn skip_to_comma(&mut self) -> Read<()> {
        while !self.at_end() && !self.is(",") {
            if matches!(self.peek(0), "(" | "[") {
                self.skip_group()?;
            } else {
                self.advance();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RESERVED;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
