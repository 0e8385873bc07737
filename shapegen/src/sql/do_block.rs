//! `DO` blocks: which statements of a body run on a fresh database, and which of them nobody can tell beforehand.
//!
//! Of PL/pgSQL this reads the control flow alone. The tokens lie in the file, so every place is the file's.

use std::borrow::Cow;

use super::classify::{Class, Subject, classify};
use super::grammar;
use super::lex::{Lexer, Token, TokenKind};
use super::split::{Nesting, PieceKind, Splitter};
use super::statement::Statement;
use crate::diagnostics::{Code, Diagnostic, codes};
use crate::source::{FileId, Span};

/// Blocks in blocks; PostgreSQL's own limit depends on its stack.
const MAX_DEPTH: usize = 100;

/// What a condition says that asks whether something is there already.
const CATALOGS: &[&str] = &[
    "information_schema",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_enum",
    "pg_extension",
    "pg_indexes",
    "pg_matviews",
    "pg_namespace",
    "pg_tables",
    "pg_type",
    "pg_views",
];

/// What a block comes to.
#[derive(Debug)]
pub(crate) struct Block<'t> {
    /// The file's text; strings that `EXECUTE` runs stand in it without their quotes, at the same places.
    pub(crate) text: Cow<'t, str>,
    /// What runs, in order.
    pub(crate) steps: Vec<Step>,
    /// What can't be told, and what is wrong with the block itself.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A part of a block that runs.
#[derive(Debug)]
pub(crate) enum Step {
    /// The tokens of a statement.
    Statement(Vec<Token>),
    /// Steps that end at the first mistake of these kinds, without a word; `EXCEPTION` also undoes the ones before it.
    Attempt { steps: Vec<Step>, caught: Caught, undone: bool },
}

/// Mistakes that a block expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Caught {
    duplicates: bool,
    missing: bool,
}

impl Caught {
    /// Whether a mistake with this code is one of them.
    pub(crate) fn catches(self, code: &Code) -> bool {
        self.duplicates && *code == codes::SQL_DUPLICATE || self.missing && *code == codes::SQL_REFERENCE
    }

    /// The conditions of `EXCEPTION WHEN`, or classes of SQLSTATE.
    fn condition(&mut self, word: &str) {
        let word = word.to_ascii_lowercase();
        let others = word == "others";
        let duplicate = ["'42701'", "'42710'", "'42p06'", "'42p07'", "'23505'"];
        let undefined = ["'42703'", "'42704'", "'42p01'", "'3f000'"];
        self.duplicates |= others || word.starts_with("duplicate_") || duplicate.contains(&word.as_str());
        self.duplicates |= word == "unique_violation" || word == "invalid_table_definition";
        self.missing |= others || word.starts_with("undefined_") || undefined.contains(&word.as_str());
        self.missing |= word == "invalid_schema_name";
    }
}

/// Reads a `DO` statement; `text` is the whole file.
pub(crate) fn read<'t>(file: FileId, text: &'t str, tokens: &[Token]) -> Block<'t> {
    let mut reader = Reader {
        file,
        text: Cow::Borrowed(text),
        tokens: Vec::new(),
        at: 0,
        depth: 0,
        left: None,
        block: tokens.first().map_or(Span::new(file, 0..0), |first| Span::new(file, first.start..first.end)),
        diagnostics: Vec::new(),
    };
    let steps = reader.statement(tokens);
    Block { text: reader.text, steps, diagnostics: reader.diagnostics }
}

struct Reader<'t> {
    file: FileId,
    text: Cow<'t, str>,
    /// Of the body.
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// A `RETURN` or `EXIT` was seen: what follows may not run.
    left: Option<Span>,
    /// The word `DO`.
    block: Span,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// `DO [LANGUAGE language] body [LANGUAGE language]`
    fn statement(&mut self, tokens: &[Token]) -> Vec<Step> {
        let word = |token: &Token| self.word_at(token);
        let language =
            tokens.windows(2).find(|pair| word(&pair[0]).eq_ignore_ascii_case("language")).map(|pair| pair[1]);
        if let Some(language) =
            language.filter(|language| !word(language).trim_matches(['\'', '"']).eq_ignore_ascii_case("plpgsql"))
        {
            let message = format!("a block in `{}` was passed over", word(&language).trim_matches(['\'', '"']));
            let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, message);
            let warning = warning.at(self.span(&language), "only PL/pgSQL is looked into");
            let help = "if it changes tables or types, write that as plain statements";
            self.diagnostics.push(warning.help(help));
            return Vec::new();
        }
        let is_body = |token: &&Token| {
            !matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
                && language.is_none_or(|language| language.start != token.start)
        };
        let Some(body) = tokens.iter().find(is_body).copied() else {
            self.wrong(tokens.last(), "expected the body of the block, a string");
            return Vec::new();
        };
        let Some(range) = self.unquote(&body) else {
            let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, "this block was passed over");
            let warning = warning.at(self.span(&body), "escapes in its body hide where its statements are");
            self.diagnostics.push(warning.help("write the body in dollar quotes: `DO $$ … $$`"));
            return Vec::new();
        };
        let lexer = Lexer::starting_at(&self.text[..range.end], range.start);
        self.tokens = lexer.filter(|token| token.kind.is_significant()).collect();
        // `#variable_conflict use_column` and the like.
        while self.eat("#") {
            self.at += 2;
        }
        self.labels();
        self.block(None)
    }

    /// `[DECLARE …] BEGIN … [EXCEPTION …] END`
    fn block(&mut self, condition: Option<Span>) -> Vec<Step> {
        if self.eat("declare") {
            while !self.is("begin") && self.at < self.tokens.len() {
                self.skip_statement();
            }
        }
        let Some(begin) = self.tokens.get(self.at).copied().filter(|_| self.is("begin")) else {
            let last = self.tokens.get(self.at).or(self.tokens.last()).copied();
            self.wrong(last.as_ref(), "expected `BEGIN`");
            self.at = self.tokens.len();
            return Vec::new();
        };
        if self.depth == MAX_DEPTH {
            self.wrong(Some(&begin), "too many blocks inside of each other");
            self.at = self.tokens.len();
            return Vec::new();
        }
        self.at += 1;
        self.depth += 1;
        let steps = self.statements(condition);
        let mut caught = Caught::default();
        if self.eat("exception") {
            while self.is("when") {
                let when = self.here();
                while !self.is("then") && self.at < self.tokens.len() {
                    caught.condition(self.word());
                    self.at += 1;
                }
                self.eat("then");
                self.statements(Some(condition.unwrap_or(when)));
            }
        }
        self.depth -= 1;
        self.end(&begin);
        if caught == Caught::default() || steps.is_empty() {
            steps
        } else {
            vec![Step::Attempt { steps, caught, undone: true }]
        }
    }

    /// Statements up to a word that ends them; under a condition none of them is a step.
    fn statements(&mut self, condition: Option<Span>) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            self.labels();
            let start = self.here();
            let word = self.word().to_ascii_lowercase();
            match word.as_str() {
                "" | "end" | "else" | "elsif" | "elseif" | "when" | "exception" => return steps,
                "declare" | "begin" => steps.extend(self.block(condition)),
                "if" => steps.extend(self.if_(condition)),
                "case" | "loop" | "while" | "for" | "foreach" => self.branches(&word, condition.unwrap_or(start)),
                "return" | "exit" => {
                    // An EXIT in a loop leaves the loop, where everything is conditional anyway.
                    if word == "return" || condition.is_none() {
                        self.left.get_or_insert(start);
                    }
                    self.skip_statement();
                }
                "execute" => steps.extend(self.execute(condition)),
                _ => steps.extend(self.sql(condition)),
            }
        }
    }

    /// `IF … THEN … ELSIF … THEN … ELSE … END IF`
    fn if_(&mut self, condition: Option<Span>) -> Vec<Step> {
        let Some(start) = self.tokens.get(self.at).copied() else { return Vec::new() };
        let first = self.at;
        self.skip_to_then();
        let asks =
            self.at.checked_sub(1).and_then(|then| self.tokens.get(first + 1..then)).unwrap_or_default().to_vec();
        let mut steps = Vec::new();
        if self.nested(&start) {
            if condition.is_none() && self.left.is_none() && self.asks_for_absence(&asks) && self.adds_something() {
                let end = asks.get(1).map_or(start.end, |second| second.end);
                let span = Span::new(self.file, start.start..end);
                let message = "the condition isn't evaluated: what it guards is applied unless it is there already";
                let help = "`IF NOT EXISTS` in the statement itself says it without a warning; so does a block with \
                            `EXCEPTION WHEN duplicate_object THEN NULL`, where a statement has no such words";
                let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, message);
                self.diagnostics.push(warning.at(span, "taken to hold on a fresh database").help(help));
                let guarded = self.statements(None);
                let caught = Caught { duplicates: true, missing: false };
                steps.push(Step::Attempt { steps: guarded, caught, undone: false });
            } else {
                self.statements(Some(condition.unwrap_or(self.span(&start))));
            }
            self.other_branches(condition.unwrap_or(self.span(&start)));
        }
        self.end(&start);
        steps
    }

    /// Loops and `CASE`, none of whose statements can be told.
    fn branches(&mut self, word: &str, condition: Span) {
        let Some(start) = self.tokens.get(self.at).copied() else { return };
        if word == "case" {
            self.at += 1;
            self.skip_to_then();
        } else {
            while !self.eat("loop") && self.at < self.tokens.len() {
                self.at += 1;
            }
        }
        if self.nested(&start) {
            self.statements(Some(condition));
            self.other_branches(condition);
        }
        self.end(&start);
    }

    /// What follows the first branch of `IF` or `CASE`.
    fn other_branches(&mut self, condition: Span) {
        loop {
            match self.word().to_ascii_lowercase().as_str() {
                "else" => self.at += 1,
                "elsif" | "elseif" | "when" => self.skip_to_then(),
                _ => break,
            }
            self.statements(Some(condition));
        }
        self.depth -= 1;
    }

    /// Whether there is room for one more level; with [`Reader::other_branches`] or a block it ends again.
    fn nested(&mut self, start: &Token) -> bool {
        if self.depth == MAX_DEPTH {
            self.wrong(Some(start), "too many statements inside of each other");
            self.at = self.tokens.len();
            return false;
        }
        self.depth += 1;
        true
    }

    /// `END IF;` and the like.
    fn end(&mut self, start: &Token) {
        if self.is("end") {
            self.skip_statement();
        } else if self.at < self.tokens.len() || !self.has_errors() {
            let what = self.word_at(start).to_ascii_uppercase();
            self.wrong(Some(start), &format!("this `{what}` has no `END`"));
            self.at = self.tokens.len();
        }
    }

    /// Whether a condition is `NOT EXISTS (SELECT … FROM pg_type …)` or `to_regclass(…) IS NULL`.
    fn asks_for_absence(&self, asks: &[Token]) -> bool {
        let word = |at: usize| asks.get(at).map_or("", |token| self.word_at(token));
        let is = |at: usize, expected: &str| word(at).eq_ignore_ascii_case(expected);
        let closes_at_end = |open: usize| {
            let mut depth = 0usize;
            (open..asks.len()).find(|at| {
                match word(*at) {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            })
        };
        if is(0, "not") && is(1, "exists") && is(2, "(") {
            let whole = closes_at_end(2) == Some(asks.len() - 1);
            return whole && (3..asks.len()).any(|at| CATALOGS.iter().any(|catalog| is(at, catalog)));
        }
        let function = ["to_regclass", "to_regtype", "to_regnamespace"].iter().any(|function| is(0, function));
        function
            && closes_at_end(1)
                .is_some_and(|close| is(close + 1, "is") && is(close + 2, "null") && close + 3 == asks.len())
    }

    /// Whether the next statement makes something, and so is guarded by a condition about what is there.
    fn adds_something(&self) -> bool {
        let rest = &self.tokens[self.at.min(self.tokens.len())..];
        let first = rest.iter().take_while(|token| self.word_at(token) != ";");
        let mut words = first.map(|token| self.text[token.start..token.end].to_ascii_lowercase());
        match words.next().as_deref() {
            Some("create") => true,
            Some("alter") => words.any(|word| word == "add"),
            Some("execute") => words.next().is_some_and(|string| {
                string.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).starts_with("create")
                    || string.contains("alter ") && string.contains(" add ")
            }),
            _ => false,
        }
    }

    /// A statement of SQL, or one of PL/pgSQL that runs none.
    fn sql(&mut self, condition: Option<Span>) -> Vec<Step> {
        let first = self.at;
        self.skip_statement();
        let end = self.tokens[..self.at].iter().rposition(|token| self.word_at(token) != ";");
        let Some(mut tokens) = end.and_then(|end| self.tokens.get(first..=end)).map(<[Token]>::to_vec) else {
            return Vec::new();
        };
        self.perform(&mut tokens);
        self.found(tokens, condition).into_iter().collect()
    }

    /// `PERFORM f()` is `SELECT f()`; only of `set_config` that matters.
    fn perform(&mut self, tokens: &mut [Token]) {
        let is = |token: &Token, word: &str| self.text[token.start..token.end].eq_ignore_ascii_case(word);
        if tokens.first().is_some_and(|token| is(token, "perform"))
            && tokens.iter().take(4).any(|token| is(token, "set_config"))
        {
            self.text.to_mut().replace_range(tokens[0].start..tokens[0].end, "SELECT ");
            tokens[0].end -= 1;
        }
    }

    /// `EXECUTE 'constant'`, or something that is put together at run time.
    fn execute(&mut self, condition: Option<Span>) -> Vec<Step> {
        let start = self.tokens[self.at];
        let first = self.at + 1;
        self.skip_statement();
        let arguments: Vec<Token> = self.tokens.get(first..self.at).unwrap_or_default().to_vec();
        let mut plain = arguments.iter().filter(|token| !matches!(self.word_at(token), "(" | ")"));
        let string = plain.next().copied().filter(|token| is_string(token.kind));
        let tail = plain.next().map_or(";", |token| self.word_at(token));
        let is_constant = [";", "into", "using"].iter().any(|end| tail.eq_ignore_ascii_case(end));
        let range = string.filter(|_| is_constant).and_then(|string| self.unquote(&string));
        let Some(range) = range else {
            // What a variable holds was written as a string somewhere else.
            let strings = if arguments.iter().any(|token| is_string(token.kind)) { &arguments } else { &self.tokens };
            if strings.iter().any(|token| is_string(token.kind) && self.mentions_change(token)) {
                let message = "what this runs is put together at run time, so it was not applied";
                let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, message);
                let help = "write the statements that it comes to as plain statements";
                self.diagnostics.push(warning.at(self.span(&start), "runs DDL").help(help));
            }
            return Vec::new();
        };
        let mut statements = Vec::new();
        let mut splitter = Splitter::within(&self.text, range);
        while let Some(piece) = splitter.next_piece() {
            if piece.kind == PieceKind::Statement {
                statements.push(piece.tokens.to_vec());
            }
        }
        statements.into_iter().filter_map(|tokens| self.found(tokens, condition)).collect()
    }

    /// A statement that runs, if it matters and no condition stands before it.
    fn found(&mut self, tokens: Vec<Token>, condition: Option<Span>) -> Option<Step> {
        let first = *tokens.first()?;
        match classify(&self.text, &tokens) {
            Class::PassedOver => return None,
            Class::Block => {
                let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, "a block inside of a block was passed over");
                let help = "if it changes tables or types, write that as plain statements";
                self.diagnostics.push(warning.at(self.span(&first), "not looked into").help(help));
                return None;
            }
            Class::Unknown => {
                // Most of what isn't known is an assignment.
                let word = self.word_at(&first).to_ascii_lowercase();
                if !["create", "alter", "drop", "import", "rollback", "abort"].contains(&word.as_str()) {
                    return None;
                }
            }
            // Such a query puts its rows into variables.
            Class::Relevant(subject)
                if subject != Subject::SetConfig
                    && ["select", "with"].iter().any(|query| self.word_at(&first).eq_ignore_ascii_case(query)) =>
            {
                return None;
            }
            Class::Relevant(subject) => {
                if condition.or(self.left).is_some() && self.says_nothing(&tokens, subject) {
                    return None;
                }
            }
        }
        let Some(condition) = condition.or(self.left) else { return Some(Step::Statement(tokens)) };
        let lead = tokens.get(1).map_or(first.end, |second| second.end);
        let message = "whether this statement runs can't be told, so it was not applied";
        let warning = Diagnostic::warning(&codes::SQL_CONDITIONAL, message);
        let warning = warning.at(Span::new(self.file, first.start..lead), "not applied");
        let warning = warning.see(condition, "depends on this");
        self.diagnostics.push(warning.help("if the database has gone through it, write it as a plain statement"));
        None
    }

    /// Whether a statement of a relevant kind changes an owner or the like.
    fn says_nothing(&self, tokens: &[Token], subject: Subject) -> bool {
        match grammar::read(self.file, &self.text, tokens, subject) {
            Ok(Statement::Nothing) => true,
            Ok(Statement::AlterTable { actions, .. }) => actions.is_empty(),
            _ => false,
        }
    }

    /// Whether a string holds the start of a statement that would matter.
    fn mentions_change(&self, string: &Token) -> bool {
        let text = self.word_at(string);
        let inner = text.trim_start_matches(|first: char| !first.is_ascii_alphabetic());
        let tokens: Vec<Token> = Lexer::starting_at(inner, 0).filter(|token| token.kind == TokenKind::Word).collect();
        (0..tokens.len()).any(|at| {
            let word = inner[tokens[at].start..tokens[at].end].to_ascii_lowercase();
            matches!(word.as_str(), "create" | "alter" | "drop")
                && matches!(classify(inner, &tokens[at..]), Class::Relevant(_))
        })
    }

    /// Where the text of a string lies. Quotes that are doubled in it are undone in place; `None` for escapes.
    fn unquote(&mut self, string: &Token) -> Option<std::ops::Range<usize>> {
        let text = self.word_at(string);
        let range = match string.kind {
            TokenKind::DollarString => {
                let tag = text[1..].find('$')? + 2;
                string.start + tag..string.end.checked_sub(tag)?
            }
            TokenKind::String if text.starts_with('\'') => string.start + 1..string.end - 1,
            TokenKind::EscapeString if text.starts_with(['e', 'E']) && !text.contains('\\') => {
                string.start + 2..string.end - 1
            }
            _ => return None,
        };
        let inner = self.text.get(range.clone())?;
        if string.kind != TokenKind::DollarString && inner.contains("''") {
            let undone = undoubled(inner)?;
            self.text.to_mut().replace_range(range.clone(), &undone);
        }
        Some(range)
    }

    /// `<<label>>`, any number of them.
    fn labels(&mut self) {
        while self.is("<") {
            while !self.eat(">") && self.at < self.tokens.len() {
                self.at += 1;
            }
            self.eat(">");
        }
    }

    /// Steps behind the next semicolon, or to the end.
    fn skip_statement(&mut self) {
        let mut nesting = Nesting::default();
        let first = self.at;
        while let Some(token) = self.tokens.get(self.at) {
            let text = self.word_at(token);
            if text == ";" && nesting.is_closed() {
                self.at += 1;
                return;
            }
            nesting.token(text, &self.tokens[first..self.at], &self.text);
            self.at += 1;
        }
    }

    /// Steps behind the `THEN` of a branch; a `CASE` in its condition has some of its own.
    fn skip_to_then(&mut self) {
        let mut cases = 0usize;
        while self.at < self.tokens.len() {
            let word = self.word();
            if word.eq_ignore_ascii_case("case") {
                cases += 1;
            } else if word.eq_ignore_ascii_case("end") {
                cases = cases.saturating_sub(1);
            } else if cases == 0 && word.eq_ignore_ascii_case("then") {
                self.at += 1;
                return;
            }
            self.at += 1;
        }
    }

    fn word_at(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    /// The text of the next token, empty at the end.
    fn word(&self) -> &str {
        self.tokens.get(self.at).map_or("", |token| self.word_at(token))
    }

    fn is(&self, word: &str) -> bool {
        self.word().eq_ignore_ascii_case(word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    fn here(&self) -> Span {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(self.block, |token| self.span(token))
    }

    fn span(&self, token: &Token) -> Span {
        Span::new(self.file, token.start..token.end)
    }

    fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| *diagnostic.code == codes::SQL_SYNTAX)
    }

    /// What isn't PL/pgSQL; the first mistake alone, since others follow from it.
    fn wrong(&mut self, token: Option<&Token>, message: &str) {
        if !self.has_errors() {
            let span = token.map_or(self.block, |token| self.span(token));
            let error = Diagnostic::error(&codes::SQL_SYNTAX, format!("a DO block can't be read: {message}"));
            self.diagnostics.push(error.at(span, "here"));
        }
    }
}

fn is_string(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::String | TokenKind::EscapeString | TokenKind::UnicodeString | TokenKind::DollarString)
}

/// SQL in which every quote is doubled, as SQL of the same length: each token stays at its place. `None` where a token
/// would end inside of a character.
fn undoubled(doubled: &str) -> Option<String> {
    let mut plain = String::new();
    // Where each byte of the plain text, and its end, stands in the doubled one.
    let mut places = Vec::new();
    let mut rest = doubled.char_indices();
    while let Some((at, character)) = rest.next() {
        places.extend(at..at + character.len_utf8());
        plain.push(character);
        if character == '\'' {
            rest.next();
        }
    }
    places.push(doubled.len());
    let mut out = vec![b' '; doubled.len()];
    for token in Lexer::starting_at(&plain, 0).filter(|token| token.kind.is_significant()) {
        let text = &plain[token.start..token.end];
        let (from, to) = (*places.get(token.start)?, *places.get(token.end)?);
        // One of the spaces that are left over goes before the token, where its first doubled quote was.
        let start = if to - from > text.len() { from + 1 } else { from };
        let end = start + text.len();
        if !doubled.is_char_boundary(start) || !doubled.is_char_boundary(end) {
            return None;
        }
        out.get_mut(start..end)?.copy_from_slice(text.as_bytes());
    }
    String::from_utf8(out).ok()
}
