//! A file of SQL cut into statements, `COPY` data and psql's own lines; it reads any text and never fails.

use std::ops::Range;

use super::lex::{Lexer, Token};

/// What a piece of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// A statement, without its semicolon.
    Statement,
    /// A statement that runs to the end of the file, because what its last token opened is never closed.
    Unclosed,
    /// A line for psql, from its backslash on.
    PsqlLine,
    /// The lines between `COPY … FROM stdin` and `\.`, that line included.
    CopyData,
}

/// A piece of a file.
#[derive(Debug)]
pub(crate) struct Piece<'s> {
    pub(crate) kind: PieceKind,
    /// Its bytes, from the first token's start to the last one's end.
    pub(crate) range: Range<usize>,
    /// The tokens of a statement, spaces and comments left out.
    pub(crate) tokens: &'s [Token],
}

/// Cuts one file.
pub(crate) struct Splitter<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    tokens: Vec<Token>,
    copy_data_follows: bool,
}

impl<'t> Splitter<'t> {
    /// Cuts all of a text.
    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn new(text: &'t str) -> Self {
        Self::within(text, 0..text.len())
    }

    /// Cuts a part of a text; the places are those in the whole text.
    pub(crate) fn within(text: &'t str, part: Range<usize>) -> Self {
        let text = &text[..part.end];
        Self { text, lexer: Lexer::starting_at(text, part.start), tokens: Vec::new(), copy_data_follows: false }
    }

    /// The next piece; its tokens are valid until the next call.
    pub(crate) fn next_piece(&mut self) -> Option<Piece<'_>> {
        if std::mem::take(&mut self.copy_data_follows) {
            return Some(self.copy_data());
        }
        self.tokens.clear();
        let mut nesting = Nesting::default();
        while let Some(token) = self.lexer.next() {
            if !token.closed {
                self.tokens.push(token);
                return Some(self.statement(PieceKind::Unclosed));
            }
            if !token.kind.is_significant() {
                continue;
            }
            let text = &self.text[token.start..token.end];
            match text {
                "\\" => {
                    // The line ends a statement before it (`\gexec` runs it); it comes as the next piece.
                    if !self.tokens.is_empty() {
                        self.lexer.rewind(token.start);
                        return Some(self.statement(PieceKind::Statement));
                    }
                    return Some(self.psql_line(token.start));
                }
                ";" if nesting.is_closed() => {
                    if self.tokens.is_empty() {
                        continue;
                    }
                    self.copy_data_follows = self.is_copy_from_stdin(&self.tokens);
                    if let Some(escapes) = self.sets_backslash_escapes() {
                        self.lexer.set_backslash_escapes(escapes);
                    }
                    return Some(self.statement(PieceKind::Statement));
                }
                _ => {
                    nesting.token(text, &self.tokens, self.text);
                    self.tokens.push(token);
                }
            }
        }
        if self.tokens.is_empty() { None } else { Some(self.statement(PieceKind::Statement)) }
    }

    fn statement(&self, kind: PieceKind) -> Piece<'_> {
        let start = self.tokens.first().map_or(self.text.len(), |token| token.start);
        let end = self.tokens.last().map_or(self.text.len(), |token| token.end);
        Piece { kind, range: start..end, tokens: &self.tokens }
    }

    fn psql_line(&mut self, start: usize) -> Piece<'_> {
        let end = self.lexer.skip_line();
        let line = self.text[start..end].trim_end();
        // `\copy` takes its data from the same file, too.
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        self.copy_data_follows = words.first().is_some_and(|word| word.eq_ignore_ascii_case("\\copy"))
            && words.windows(2).any(|pair| is_from_stdin(pair[0], pair[1].trim_end_matches(';')));
        Piece { kind: PieceKind::PsqlLine, range: start..start + line.len(), tokens: &[] }
    }

    fn is_copy_from_stdin(&self, tokens: &[Token]) -> bool {
        let text = |token: &Token| &self.text[token.start..token.end];
        tokens.first().is_some_and(|token| text(token).eq_ignore_ascii_case("copy"))
            && tokens.windows(2).any(|pair| is_from_stdin(text(&pair[0]), text(&pair[1])))
    }

    /// What `SET standard_conforming_strings` says about the strings behind it.
    fn sets_backslash_escapes(&self) -> Option<bool> {
        let mut words = self.tokens.iter().map(|token| &self.text[token.start..token.end]);
        let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
        if !is(words.next()?, "set") {
            return None;
        }
        let setting = words.find(|word| !is(word, "session") && !is(word, "local"))?;
        let value = if is(setting, "standard_conforming_strings") { words.nth(1)? } else { return None };
        Some(["off", "'off'", "false", "'false'", "0"].iter().any(|off| is(value, off)))
    }

    /// The data starts on the line after the statement's and ends with a line `\.`, or with the file.
    fn copy_data(&mut self) -> Piece<'_> {
        let at = self.lexer.position();
        let on_new_line = at > 0 && self.text.as_bytes()[at - 1] == b'\n';
        let start = if on_new_line { at } else { self.lexer.skip_line() };
        let mut line_start = start;
        while line_start < self.text.len() {
            let line_end = self.lexer.skip_line();
            if self.text[line_start..line_end].trim_end_matches(['\r', '\n']) == "\\." {
                break;
            }
            line_start = line_end;
        }
        Piece { kind: PieceKind::CopyData, range: start..self.lexer.position(), tokens: &[] }
    }
}

fn is_from_stdin(first: &str, second: &str) -> bool {
    first.eq_ignore_ascii_case("from")
        && (second.eq_ignore_ascii_case("stdin") || second.eq_ignore_ascii_case("pstdin"))
}

/// How deep a token is in one of the statements that have semicolons inside: rules in parentheses, routines in `BEGIN ATOMIC … END`.
#[derive(Default)]
pub(crate) struct Nesting {
    depth: usize,
}

impl Nesting {
    /// Whether a semicolon ends the statement.
    pub(crate) fn is_closed(&self) -> bool {
        self.depth == 0
    }

    /// The statement's next token, behind the ones before it.
    pub(crate) fn token(&mut self, text: &str, before: &[Token], source: &str) {
        if self.depth == 0 && !matches!(text, "(") && !text.eq_ignore_ascii_case("atomic") {
            return;
        }
        let word = |token: &Token| &source[token.start..token.end];
        let mut lead = before.iter().take(4).map(word);
        if !lead.next().is_some_and(|first| first.eq_ignore_ascii_case("create")) {
            return;
        }
        let subject = lead.find(|word| !["or", "replace"].iter().any(|noise| word.eq_ignore_ascii_case(noise)));
        let Some(subject) = subject else { return };
        let is = |expected: &str| text.eq_ignore_ascii_case(expected);
        if subject.eq_ignore_ascii_case("rule") {
            match text {
                "(" => self.depth += 1,
                ")" => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        } else if subject.eq_ignore_ascii_case("function") || subject.eq_ignore_ascii_case("procedure") {
            let after_begin = before.last().is_some_and(|token| word(token).eq_ignore_ascii_case("begin"));
            if is("atomic") && after_begin || self.depth > 0 && is("case") {
                self.depth += 1;
            } else if is("end") {
                self.depth = self.depth.saturating_sub(1);
            }
        }
    }
}
