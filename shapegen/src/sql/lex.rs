//! SQL text as tokens, by PostgreSQL's lexical rules; it reads any text and never fails.
//!
//! The splitter, the classifier and the grammar share this one lexer, so they can't disagree about where a string ends.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or an unquoted identifier.
    Word,
    /// `"…"`
    QuotedIdentifier,
    /// `U&"…"`
    UnicodeIdentifier,
    /// `'…'`, also with one of the prefixes `B`, `X` and `N`.
    String,
    /// `E'…'`, a string that continues one, and any string where backslashes escape in all of them.
    EscapeString,
    /// `U&'…'`
    UnicodeString,
    /// `$tag$…$tag$`
    DollarString,
    /// `12`, `1.5e-3`, `0xff`
    Number,
    /// `$1`
    Parameter,
    /// One ASCII character of anything else.
    Symbol,
    /// Spaces and line ends.
    Space,
    /// `-- …` and `/* … */`
    Comment,
}

impl TokenKind {
    /// Whether the token means something to PostgreSQL.
    pub(crate) fn is_significant(self) -> bool {
        !matches!(self, Self::Space | Self::Comment)
    }
}

/// One token: bytes `start..end` of the text, always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// False for a string, quoted identifier or comment that the end of the text cut short.
    pub(crate) closed: bool,
}

/// Reads one token after another.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// A string that follows an escape string continues it, backslashes included.
    after_escape_string: bool,
    /// Whether a plain string is an escape string, as `standard_conforming_strings = off` has it.
    backslash_escapes: bool,
}

impl<'t> Lexer<'t> {
    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn new(text: &'t str) -> Self {
        Self::starting_at(text, 0)
    }

    /// Reads a text from a place on that is between tokens.
    pub(crate) fn starting_at(text: &'t str, at: usize) -> Self {
        // A byte order mark is not part of the first word.
        let at = if at == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { at };
        Self { text, at, after_escape_string: false, backslash_escapes: false }
    }

    /// Says whether backslashes escape in plain strings from here on; they don't at first.
    pub(crate) fn set_backslash_escapes(&mut self, escapes: bool) {
        self.backslash_escapes = escapes;
    }

    /// Where the next token starts.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Reads on from the start of a token that was read before.
    pub(crate) fn rewind(&mut self, start: usize) {
        self.at = start;
    }

    /// Goes on behind the next line end, and gives where that is.
    pub(crate) fn skip_line(&mut self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |found| found + 1);
        self.at
    }

    /// The byte `ahead` of the current position, 0 behind the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// How many bytes from `from` on satisfy a condition.
    fn run(&self, from: usize, accept: impl Fn(u8) -> bool) -> usize {
        self.text.as_bytes()[from..].iter().take_while(|byte| accept(**byte)).count()
    }

    /// The end of what is quoted by `quote`, whose first quote stands at `open`; a doubled quote stands for one.
    fn quoted(&self, open: usize, quote: u8, backslash_escapes: bool) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        while let Some(byte) = bytes.get(at) {
            match *byte {
                b'\\' if backslash_escapes => at += 2,
                byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
                byte if byte == quote => return (at + 1, true),
                _ => at += 1,
            }
        }
        (bytes.len(), false)
    }

    /// The end of a comment that starts at the current position; comments nest.
    fn block_comment(&self) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (self.at, 0usize);
        while at < bytes.len() {
            match (bytes[at], bytes.get(at + 1)) {
                (b'/', Some(b'*')) => (at, depth) = (at + 2, depth + 1),
                (b'*', Some(b'/')) => {
                    (at, depth) = (at + 2, depth - 1);
                    if depth == 0 {
                        return (at, true);
                    }
                }
                _ => at += 1,
            }
        }
        (bytes.len(), false)
    }

    /// The end of a dollar-quoted string that starts at the current position, if one does.
    fn dollar_string(&self) -> Option<(usize, bool)> {
        let tag_end = self.at + 1 + self.run(self.at + 1, |byte| is_word_part(byte) && byte != b'$');
        if self.byte(1).is_ascii_digit() || self.text.as_bytes().get(tag_end) != Some(&b'$') {
            return None;
        }
        let tag = &self.text[self.at..=tag_end];
        match self.text[tag_end + 1..].find(tag) {
            Some(found) => Some((tag_end + 1 + found + tag.len(), true)),
            None => Some((self.text.len(), false)),
        }
    }

    fn number(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        loop {
            end += self.run(end, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
            let signed_exponent = matches!(bytes[end - 1], b'e' | b'E')
                && matches!(bytes.get(end), Some(b'+' | b'-'))
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if !signed_exponent {
                return end;
            }
            end += 1;
        }
    }

    fn word(&self) -> (TokenKind, usize, bool) {
        let quoted = |kind, ahead, quote, escapes| {
            let (end, closed) = self.quoted(self.at + ahead, quote, escapes);
            (kind, end, closed)
        };
        match (self.byte(0).to_ascii_lowercase(), self.byte(1), self.byte(2)) {
            (b'e', b'\'', _) => quoted(TokenKind::EscapeString, 1, b'\'', true),
            (b'b' | b'x' | b'n', b'\'', _) => quoted(TokenKind::String, 1, b'\'', false),
            (b'u', b'&', b'\'') => quoted(TokenKind::UnicodeString, 2, b'\'', false),
            (b'u', b'&', b'"') => quoted(TokenKind::UnicodeIdentifier, 2, b'"', false),
            _ => (TokenKind::Word, self.at + self.run(self.at, is_word_part), true),
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let (kind, end, closed) = match self.byte(0) {
            byte if is_space(byte) => (TokenKind::Space, start + self.run(start, is_space), true),
            b'-' if self.byte(1) == b'-' => {
                (TokenKind::Comment, start + self.run(start, |byte| byte != b'\n' && byte != b'\r'), true)
            }
            b'/' if self.byte(1) == b'*' => {
                let (end, closed) = self.block_comment();
                (TokenKind::Comment, end, closed)
            }
            b'\'' => {
                let escapes = self.after_escape_string || self.backslash_escapes;
                let kind = if escapes { TokenKind::EscapeString } else { TokenKind::String };
                let (end, closed) = self.quoted(start, b'\'', escapes);
                (kind, end, closed)
            }
            b'"' => {
                let (end, closed) = self.quoted(start, b'"', false);
                (TokenKind::QuotedIdentifier, end, closed)
            }
            b'$' => match self.dollar_string() {
                Some((end, closed)) => (TokenKind::DollarString, end, closed),
                None if self.byte(1).is_ascii_digit() => {
                    (TokenKind::Parameter, start + 1 + self.run(start + 1, |byte| byte.is_ascii_digit()), true)
                }
                None => (TokenKind::Symbol, start + 1, true),
            },
            byte if byte.is_ascii_digit() => (TokenKind::Number, self.number(), true),
            b'.' if self.byte(1).is_ascii_digit() => (TokenKind::Number, self.number(), true),
            byte if is_word_part(byte) => self.word(),
            _ => (TokenKind::Symbol, start + 1, true),
        };
        // A backslash at the very end of an escape string would step over the end.
        self.at = end.min(self.text.len());
        if kind.is_significant() {
            self.after_escape_string = kind == TokenKind::EscapeString;
        }
        Some(Token { kind, start, end: self.at, closed })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Every byte of a character outside ASCII is part of a word, as in PostgreSQL.
fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_postgresqls() {
        use TokenKind::*;
        let cases: &[(&str, &[(TokenKind, &str)])] = &[
            ("a$1 \"b\"\"c\"", &[(Word, "a$1"), (QuotedIdentifier, "\"b\"\"c\"")]),
            ("'it''s' 'a\\' x", &[(String, "'it''s'"), (String, "'a\\'"), (Word, "x")]),
            ("E'a\\'b' e'c'", &[(EscapeString, "E'a\\'b'"), (EscapeString, "e'c'")]),
            ("E'a'\n 'b\\'c'", &[(EscapeString, "E'a'"), (EscapeString, "'b\\'c'")]),
            ("type'a\\' b", &[(Word, "type"), (String, "'a\\'"), (Word, "b")]),
            (
                "U&'d\\0061' u&\"x\" u&y",
                &[
                    (UnicodeString, "U&'d\\0061'"),
                    (UnicodeIdentifier, "u&\"x\""),
                    (Word, "u"),
                    (Symbol, "&"),
                    (Word, "y"),
                ],
            ),
            (
                "$$a;'b$$ $t$ $$ $t$ $1 $",
                &[(DollarString, "$$a;'b$$"), (DollarString, "$t$ $$ $t$"), (Parameter, "$1"), (Symbol, "$")],
            ),
            (
                "1 1.5e-3 .5 1_000 0xff a.1",
                &[
                    (Number, "1"),
                    (Number, "1.5e-3"),
                    (Number, ".5"),
                    (Number, "1_000"),
                    (Number, "0xff"),
                    (Word, "a"),
                    (Number, ".1"),
                ],
            ),
            ("a--b\nc/* /* ' */ \" */d", &[(Word, "a"), (Word, "c"), (Word, "d")]),
            ("größe日本", &[(Word, "größe日本")]),
            ("B'01' x'ff' bx'1'", &[(String, "B'01'"), (String, "x'ff'"), (Word, "bx"), (String, "'1'")]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = Lexer::new(text)
                .filter(|token| token.kind.is_significant())
                .map(|token| (token.kind, &text[token.start..token.end]))
                .collect();
            assert_eq!(&found, expected, "{text}");
        }
    }

    #[test]
    fn what_the_end_cuts_short_is_not_closed() {
        for text in ["'a", "\"a", "E'a\\", "$x$ $x", "/* /* */", "U&'a", "''''''' "] {
            let last = Lexer::new(text).last();
            assert!(last.is_some_and(|token| !token.closed && token.end == text.len()), "{text}");
        }
    }
}
