//! A strict reader of JSON text that builds nothing: tokens as slices of the text.

use std::borrow::Cow;

use memchr::memchr2;

use super::{LogError, LogFault};

/// Values that are passed over may nest this deep; messages themselves nest four deep.
const DEEPEST: usize = 64;

pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The text has bytes below 0x20 somewhere, so each string must be looked at.
    controls: bool,
    /// Where escapes are undone, so that what is kept is allocated once, in its final length.
    unescaped: String,
}

impl<'a> Scanner<'a> {
    /// Checks UTF-8 once for the whole body.
    pub(super) fn new(body: &'a [u8]) -> Result<Self, LogError> {
        let text = std::str::from_utf8(body)
            .map_err(|error| LogError { at: error.valid_up_to(), fault: LogFault::NotUtf8 })?;
        Ok(Self { text, at: 0, controls: has_controls(body), unescaped: String::new() })
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text from here on.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// The text from an earlier place to here.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.text.as_bytes()[start..self.at]
    }

    /// Goes on by a length that [`rest`](Self::rest) was seen to begin with.
    pub(super) fn advance(&mut self, length: usize) {
        self.at = (self.at + length).min(self.text.len());
    }

    pub(super) fn error(&self, fault: LogFault) -> LogError {
        LogError { at: self.at, fault }
    }

    fn expected<T>(&self, what: &'static str) -> Result<T, LogError> {
        let cut = self.at >= self.text.len();
        Err(self.error(if cut { LogFault::Cut } else { LogFault::Expected(what) }))
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that isn't white space, not taken.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    pub(super) fn take(&mut self, byte: u8, what: &'static str) -> Result<(), LogError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.expected(what)
        }
    }

    /// Whether another element comes before `close`; takes the comma or `close`.
    pub(super) fn more(&mut self, first: bool, close: u8) -> Result<bool, LogError> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => self.expected("a comma or a closing bracket"),
        }
    }

    /// A member's name with its colon.
    pub(super) fn name(&mut self) -> Result<Cow<'a, str>, LogError> {
        let name = self.string("a member's name")?;
        self.take(b':', "a colon")?;
        Ok(name)
    }

    /// A string: borrowed unless it has escapes.
    pub(super) fn string(&mut self, what: &'static str) -> Result<Cow<'a, str>, LogError> {
        self.take(b'"', what)?;
        let start = self.at;
        let end = self.run()?;
        if self.text.as_bytes()[end] == b'"' {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.unescape(start, end).map(Cow::Owned)
    }

    /// The end of the run of plain characters that begins here: at a quote or a backslash.
    fn run(&mut self) -> Result<usize, LogError> {
        let rest = self.rest();
        let Some(length) = memchr2(b'"', b'\\', rest) else {
            self.at = self.text.len();
            return Err(self.error(LogFault::Cut));
        };
        if self.controls
            && let Some(control) = rest[..length].iter().position(|&byte| byte < 0x20)
        {
            self.at += control;
            return Err(self.error(LogFault::ControlCharacter));
        }
        Ok(self.at + length)
    }

    /// The text of the string that begins at `start` and has its first escape at `escape`.
    fn unescape(&mut self, start: usize, mut escape: usize) -> Result<String, LogError> {
        self.unescaped.clear();
        self.at = start;
        loop {
            self.unescaped.push_str(&self.text[self.at..escape]);
            self.at = escape + 1;
            if self.text.as_bytes()[escape] == b'"' {
                return Ok(self.unescaped.as_str().to_owned());
            }
            let char = self.escape()?;
            self.unescaped.push(char);
            escape = self.run()?;
        }
    }

    /// Passes over a string.
    fn skip_string(&mut self) -> Result<(), LogError> {
        self.take(b'"', "a string")?;
        loop {
            let end = self.run()?;
            self.at = end + 1;
            if self.text.as_bytes()[end] == b'"' {
                return Ok(());
            }
            self.escape()?;
        }
    }

    /// What follows a backslash.
    #[inline]
    fn escape(&mut self) -> Result<char, LogError> {
        let Some(byte) = self.byte() else {
            return Err(self.error(LogFault::Cut));
        };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.unicode(),
            _ => {
                self.at -= 1;
                return Err(self.error(LogFault::Escape));
            }
        })
    }

    /// The four digits after `\u`, and the second half of a surrogate pair.
    fn unicode(&mut self) -> Result<char, LogError> {
        let first = self.hex()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            for expected in [b'\\', b'u'] {
                match self.byte() {
                    Some(byte) if byte == expected => self.at += 1,
                    Some(_) => return Err(self.error(LogFault::Escape)),
                    None => return Err(self.error(LogFault::Cut)),
                }
            }
            match self.hex()? {
                second @ 0xDC00..0xE000 => 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                _ => return Err(self.error(LogFault::Escape)),
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.error(LogFault::Escape))
    }

    fn hex(&mut self) -> Result<u32, LogError> {
        let mut value = 0;
        for _ in 0..4 {
            let Some(byte) = self.byte() else {
                return Err(self.error(LogFault::Cut));
            };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.error(LogFault::Escape));
            };
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    pub(super) fn literal(&mut self, word: &'static str) -> Result<(), LogError> {
        let rest = self.rest();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        if word.as_bytes().starts_with(rest) {
            self.at = self.text.len();
        }
        self.expected(word)
    }

    /// A number that may also stand in a string, exact.
    pub(super) fn integer(&mut self) -> Result<u64, LogError> {
        let quoted = self.peek() == Some(b'"');
        let start = self.at;
        let text = if quoted { self.string("a number")? } else { Cow::Borrowed(self.number()?) };
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(value) = text.parse()
        {
            return Ok(value);
        }
        self.at = start;
        self.expected("a whole number below 2^64")
    }

    pub(super) fn boolean(&mut self) -> Result<bool, LogError> {
        let value = self.peek() == Some(b't');
        self.literal(if value { "true" } else { "false" })?;
        Ok(value)
    }

    fn number(&mut self) -> Result<&'a str, LogError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), LogError> {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return self.expected("a digit");
        }
        self.at += length;
        Ok(())
    }

    /// Passes over any value.
    pub(super) fn skip(&mut self) -> Result<(), LogError> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: usize) -> Result<(), LogError> {
        if depth > DEEPEST {
            return Err(self.error(LogFault::TooDeep));
        }
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => {
                self.at += 1;
                let mut first = true;
                while self.more(first, b'}')? {
                    first = false;
                    self.skip_string()?;
                    self.take(b':', "a colon")?;
                    self.skip_at(depth + 1)?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.at += 1;
                let mut first = true;
                while self.more(first, b']')? {
                    first = false;
                    self.skip_at(depth + 1)?;
                }
                Ok(())
            }
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ => self.expected("a value"),
        }
    }
}

/// Whole blocks at a time, so that the compiler can use vector instructions.
fn has_controls(body: &[u8]) -> bool {
    body.chunks(4096).any(|block| block.iter().fold(false, |found, &byte| found | (byte < 0x20)))
}
