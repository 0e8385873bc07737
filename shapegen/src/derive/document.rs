//! What a struct says, in the form of a manifest, so that it is read by the same rules; and which token each byte of it
//! comes from.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{Lit, LitStr};

use super::attribute::{Entry, Value};
use crate::manifest::quoted;

/// Text and where it comes from.
#[derive(Default)]
pub(super) struct Document {
    pub(super) text: String,
    places: Vec<Place>,
    /// What may be wrong for a reason that was reported.
    doubtful: Vec<Range<usize>>,
}

/// A part of the text.
struct Place {
    range: Range<usize>,
    origin: Origin,
}

/// What a part of the text was in the program.
#[derive(Clone)]
pub(super) enum Origin {
    /// Tokens: the first and the last.
    Tokens(Span, Span),
    /// A string literal that holds a fragment of SQL.
    Literal(Span, Fragment),
    /// A fragment of SQL in tokens.
    Words(Fragment),
}

/// A fragment of SQL.
#[derive(Clone)]
pub(super) struct Fragment {
    pub(super) text: String,
    /// Where it begins in the document; `None` where escapes hide which byte is which.
    start: Option<usize>,
    /// Of one in tokens, the bytes of each.
    tokens: Vec<(Range<usize>, Span)>,
}

impl From<Span> for Origin {
    fn from(span: Span) -> Self {
        Self::Tokens(span, span)
    }
}

impl Fragment {
    /// Bytes of the document as bytes of the fragment; all of it where that is not known.
    pub(super) fn within(&self, range: &Range<usize>) -> Range<usize> {
        let end = self.text.len();
        let inside = self.start.and_then(|start| {
            let moved = range.start.checked_sub(start)?..range.end.checked_sub(start)?;
            (moved.end <= end).then_some(moved)
        });
        inside.unwrap_or(0..end)
    }

    /// The first and the last token of some bytes.
    pub(super) fn tokens(&self, range: &Range<usize>) -> Option<(Span, Span)> {
        let mut touched =
            self.tokens.iter().filter(|(at, _)| at.start < range.end.max(range.start + 1) && range.start < at.end);
        let first = touched.next().or(self.tokens.last())?.1;
        Some((first, touched.next_back().map_or(first, |(_, span)| *span)))
    }
}

impl Document {
    /// Where some bytes of the text come from: the smallest part that holds them.
    pub(super) fn origin(&self, range: &Range<usize>) -> Option<&Origin> {
        let holds = |place: &&Place| place.range.start <= range.start && range.end <= place.range.end;
        self.places.iter().filter(holds).min_by_key(|place| place.range.len()).map(|place| &place.origin)
    }

    /// An error at such a place would be an echo of one that was reported.
    pub(super) fn doubt(&mut self, range: Range<usize>) {
        self.doubtful.push(range);
    }

    pub(super) fn is_doubtful(&self, range: &Range<usize>) -> bool {
        self.doubtful.contains(range)
    }

    /// Text of no token.
    pub(super) fn plain(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Text and the tokens that it comes from.
    pub(super) fn put(&mut self, text: &str, origin: impl Into<Origin>) -> Range<usize> {
        let range = self.text.len()..self.text.len() + text.len();
        self.text.push_str(text);
        self.places.push(Place { range: range.clone(), origin: origin.into() });
        range
    }

    /// A string.
    pub(super) fn string(&mut self, text: &str, origin: impl Into<Origin>) -> &mut Self {
        self.put(&quoted(text), origin);
        self
    }

    /// A list of strings.
    pub(super) fn strings<'t>(&mut self, texts: impl IntoIterator<Item = (&'t str, Origin)>) -> &mut Self {
        self.plain("[");
        for (text, origin) in texts {
            self.string(text, origin).plain(", ");
        }
        self.plain("]")
    }

    /// Text that TOML doesn't read.
    pub(super) fn remark(&mut self, text: &str, origin: impl Into<Origin>) -> Range<usize> {
        self.plain("# ");
        let range = self.put(&text.replace(char::is_control, " "), origin);
        self.plain("\n");
        range
    }

    /// `key = value`, a line. Nothing is written of what can't be read.
    pub(super) fn entry(&mut self, entry: &Entry) -> syn::Result<()> {
        let (start, places) = (self.text.len(), self.places.len());
        self.key(entry);
        let written = match (entry.word().as_str(), &entry.value) {
            (_, Value::Wrong) => Ok(false),
            ("where" | "scope", Value::Text(text)) => {
                self.fragment(text);
                Ok(true)
            }
            ("where" | "scope", Value::Tokens(group)) => {
                self.words(group);
                Ok(true)
            }
            _ => self.value(entry).map(|()| true),
        };
        if let Ok(true) = written {
            self.plain("\n");
        } else {
            self.text.truncate(start);
            self.places.truncate(places);
        }
        written.map(|_| ())
    }

    fn key(&mut self, entry: &Entry) {
        self.name(&entry.word(), entry.key.span()).plain(" = ");
    }

    /// A key of TOML.
    pub(super) fn name(&mut self, word: &str, span: Span) -> &mut Self {
        let bare = word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        self.put(&if bare { word.to_owned() } else { quoted(word) }, span);
        self
    }

    fn value(&mut self, entry: &Entry) -> syn::Result<()> {
        match &entry.value {
            Value::Nothing => {
                return Err(syn::Error::new(
                    entry.key.span(),
                    format!("`{}` needs a value: `{} = …`", entry.key, entry.key),
                ));
            }
            Value::Tokens(group) => self.listed(&entry.entries()?, group.span())?,
            value => self.any(value)?,
        }
        Ok(())
    }

    fn any(&mut self, value: &Value) -> syn::Result<()> {
        match value {
            Value::Text(text) => {
                self.string(&text.value(), text.span());
            }
            Value::Literal(literal) => {
                let text = match literal {
                    Lit::Int(number) => number.base10_digits().to_owned(),
                    Lit::Float(number) => format!("{:?}", number.base10_parse::<f64>()?),
                    Lit::Bool(truth) => truth.value.to_string(),
                    other => {
                        return Err(syn::Error::new(other.span(), "expected a string, a number, `true` or `false`"));
                    }
                };
                self.put(&text, literal.span());
            }
            Value::List(values, span) => {
                let start = self.text.len();
                self.plain("[");
                for value in values {
                    self.any(value)?;
                    self.plain(", ");
                }
                self.plain("]");
                self.around(start, *span);
            }
            Value::Table(entries, span) => self.table(entries, *span)?,
            // Only entries have these.
            Value::Nothing | Value::Tokens(_) | Value::Wrong => {}
        }
        Ok(())
    }

    /// `(a, b)` is a list of names, `(a = 1)` a table.
    fn listed(&mut self, entries: &[Entry], span: Span) -> syn::Result<()> {
        if entries.iter().all(|entry| matches!(entry.value, Value::Nothing)) {
            let start = self.text.len();
            let names: Vec<String> = entries.iter().map(Entry::word).collect();
            let origins = entries.iter().map(|entry| Origin::from(entry.key.span()));
            self.strings(names.iter().map(String::as_str).zip(origins));
            self.around(start, span);
            return Ok(());
        }
        self.table(entries, span)
    }

    fn table(&mut self, entries: &[Entry], span: Span) -> syn::Result<()> {
        let start = self.text.len();
        self.plain("{ ");
        for (at, entry) in entries.iter().enumerate() {
            self.plain(if at == 0 { "" } else { ", " });
            self.key(entry);
            self.value(entry)?;
        }
        self.plain(" }");
        self.around(start, span);
        Ok(())
    }

    /// What was written since comes from these tokens, as far as no part of it says more.
    pub(super) fn around(&mut self, start: usize, origin: impl Into<Origin>) {
        self.places.push(Place { range: start..self.text.len(), origin: origin.into() });
    }

    /// A fragment in a string literal.
    pub(super) fn fragment(&mut self, literal: &LitStr) {
        self.sql(literal.value(), Vec::new(), |fragment| Origin::Literal(literal.span(), fragment));
    }

    /// A fragment in tokens.
    pub(super) fn words(&mut self, group: &Group) {
        let mut sql = Sql::default();
        sql.take(group.stream());
        if sql.tokens.is_empty() {
            sql.tokens.push((0..0, group.span()));
        }
        self.sql(sql.text, sql.tokens, Origin::Words);
    }

    fn sql(&mut self, text: String, tokens: Vec<(Range<usize>, Span)>, origin: impl FnOnce(Fragment) -> Origin) {
        let plain = |c: char| !c.is_control() && c != '"' && c != '\\';
        let (written, begins) = if text.chars().all(plain) {
            (format!("\"{text}\""), Some(1))
        } else if !text.contains("'''") && !text.ends_with('\'') && text.chars().all(|c| !c.is_control() || c == '\n') {
            (format!("'''\n{text}'''"), Some(4))
        } else {
            (quoted(&text), None)
        };
        let start = begins.map(|at| self.text.len() + at);
        self.put(&written, origin(Fragment { text, start, tokens }));
    }
}

/// Tokens as SQL.
#[derive(Default)]
struct Sql {
    text: String,
    tokens: Vec<(Range<usize>, Span)>,
    joint: bool,
}

impl Sql {
    fn take(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::None => ("", ""),
                    };
                    self.word(open, group.span_open());
                    self.take(group.stream());
                    self.word(close, group.span_close());
                }
                TokenTree::Ident(ident) => self.word(&ident.unraw().to_string(), ident.span()),
                TokenTree::Punct(punct) => {
                    let mut sign = [0; 4];
                    self.word(punct.as_char().encode_utf8(&mut sign), punct.span());
                    // `$name` is one word.
                    self.joint = punct.spacing() == Spacing::Joint || punct.as_char() == '$';
                }
                TokenTree::Literal(literal) => {
                    // A string of Rust is one of SQL: what SQL has between double quotes are names.
                    let text = match syn::parse_str::<Lit>(&literal.to_string()) {
                        Ok(Lit::Str(text)) => format!("'{}'", text.value().replace('\'', "''")),
                        Ok(Lit::Char(text)) => format!("'{}'", text.value().to_string().replace('\'', "''")),
                        _ => literal.to_string(),
                    };
                    self.word(&text, literal.span());
                }
            }
        }
    }

    fn word(&mut self, text: &str, span: Span) {
        let joins = std::mem::take(&mut self.joint) || self.text.is_empty() || self.text.ends_with('.');
        if !joins && !matches!(text, "," | "." | "") {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.tokens.push((start..self.text.len(), span));
    }
}
