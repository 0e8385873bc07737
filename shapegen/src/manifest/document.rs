//! TOML as a tree with places: syntax errors, duplicate keys, and typed access that reports what is of another kind.

use std::ops::Range;

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Diagnostic, Report, codes, listed};
use crate::source::{FileId, SourceMap, Span, Spanned};

/// Parses a file. `None` after a syntax error: what is left of the tree would bring errors that nobody made.
pub(super) fn parse<'t>(sources: &'t SourceMap, file: FileId, report: &mut Report) -> Option<DeTable<'t>> {
    let text = &sources.file(file).text;
    let (root, errors) = DeTable::parse_recoverable(text);
    let root = root.into_inner();
    let mut broken = false;
    let mut reopened = 0;
    for error in errors {
        let range = visible(error.span().unwrap_or(0..0), text);
        if error.message() == "duplicate key" {
            let header = line_of(text, range.start).trim_start().starts_with('[');
            let first = first_of(&root, text, &range);
            // A table that is opened again repeats its keys: that it is opened again was said.
            if header || first.as_ref().is_none_or(|first| first.range.start >= reopened) {
                report.push(duplicate(text, file, range.clone(), first));
            }
            if header {
                reopened = range.start;
            }
        } else if !broken {
            // What follows a syntax error is mostly its echo.
            broken = true;
            let why = match error.message() {
                // Of a value that isn't there the parser says how it would be written.
                message if message.starts_with("string values must be quoted") && is_sign(text, &range) => {
                    "a value is missing"
                }
                message => message,
            };
            let message = format!("the manifest is not TOML: {why}");
            report.push(Diagnostic::error(&codes::MANIFEST_SYNTAX, message).at(Span::new(file, range), "here"));
        }
    }
    (!broken).then_some(root)
}

/// An error at the end of a line lies on its newline, or behind the text: moved back to what can be seen.
fn visible(range: Range<usize>, text: &str) -> Range<usize> {
    let start = range.start.min(text.len());
    let end = range.end.clamp(start, text.len());
    match text.get(start..end) {
        Some(seen) if !seen.trim().is_empty() => start..end,
        _ => {
            let last = text.get(..start).map_or(0, |before| before.trim_end().len());
            let from = text.get(..last).and_then(|before| before.char_indices().next_back()).map_or(0, |(at, _)| at);
            from..last
        }
    }
}

fn is_sign(text: &str, range: &Range<usize>) -> bool {
    text.get(range.clone()).is_some_and(|seen| !seen.contains(char::is_alphanumeric))
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

/// Where a key was written first.
struct First {
    /// The dotted path of its table.
    parent: String,
    range: Range<usize>,
}

fn first_of(root: &DeTable<'_>, text: &str, again: &Range<usize>) -> Option<First> {
    let mut found = None;
    find_key(root, &mut Vec::new(), key_name(text, again), again, &mut found);
    let mut first = found?;
    if first.range == *again {
        // Of a table that is opened twice the tree keeps the second key alone: the first is looked for in the text.
        let line = line_of(text, again.start);
        let column = text.get(..again.start)?.rsplit('\n').next()?.len();
        let earlier = text.find(line)? + column;
        first.range = earlier..earlier + again.len();
    }
    Some(first)
}

fn key_name<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text.get(range.clone()).unwrap_or_default().trim_matches(['"', '\''])
}

fn duplicate(text: &str, file: FileId, again: Range<usize>, first: Option<First>) -> Diagnostic {
    let name = key_name(text, &again);
    let parent = first.as_ref().map_or("", |first| first.parent.as_str());
    let message = match parent {
        "shape" => format!("the shape `{name}` is declared twice"),
        "scope" => format!("the scope `{name}` is declared twice"),
        _ => format!("`{name}` is written twice"),
    };
    let help = match parent {
        "shape" => {
            format!("two shapes of one table need two names: give one a name of its own and say `table = \"{name}\"`")
        }
        _ => "remove one of them".to_owned(),
    };
    let diagnostic =
        Diagnostic::error(&codes::MANIFEST_DUPLICATE, message).at(Span::new(file, again), "again here").help(help);
    match first {
        Some(first) => diagnostic.see(Span::new(file, first.range), "first here"),
        None => diagnostic,
    }
}

/// The last key of this name that is not behind `range`, with the dotted path of the table that it stands in.
fn find_key(table: &DeTable<'_>, path: &mut Vec<String>, name: &str, range: &Range<usize>, found: &mut Option<First>) {
    for (key, value) in table {
        let span = key.span();
        let nearer = found.as_ref().is_none_or(|best| best.range.start < span.start);
        if key.get_ref() == name && span.start <= range.start && nearer {
            *found = Some(First { parent: path.join("."), range: span });
        }
        if let DeValue::Table(inner) = value.get_ref() {
            path.push(key.get_ref().to_string());
            find_key(inner, path, name, range, found);
            path.pop();
        }
    }
}

/// Reads values of a document and reports those of the wrong kind.
pub(super) struct Reader<'r> {
    file: FileId,
    report: &'r mut Report,
}

impl<'r> Reader<'r> {
    pub(super) fn new(file: FileId, report: &'r mut Report) -> Self {
        Self { file, report }
    }

    pub(super) fn file(&self) -> FileId {
        self.file
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Every key that is not known is an error; `what` names the table.
    pub(super) fn known_keys(&mut self, table: &DeTable<'_>, what: &str, known: &[&str]) {
        for (key, _) in in_order(table) {
            if !known.contains(&key.get_ref().as_ref()) {
                let message = format!("unknown key `{}` in {what}", key.get_ref());
                let diagnostic = Diagnostic::error(&codes::MANIFEST_KEY, message)
                    .at(self.span(key.span()), "not known here")
                    .suggest_or_list(key.get_ref(), "known", known);
                self.push(diagnostic);
            }
        }
    }

    /// Something that a later version reads: an error.
    pub(super) fn not_yet(&mut self, range: Range<usize>, what: &str) {
        let span = self.span(range);
        self.push(
            Diagnostic::error(&codes::MANIFEST_NOT_YET, format!("{what} can't be used yet"))
                .at(span, "not supported by this version")
                .help("remove it for now"),
        );
    }

    /// A value of the wrong kind: `expected` follows "must be".
    pub(super) fn wrong(&mut self, key: &str, value: &TomlSpanned<DeValue<'_>>, expected: &str) {
        let span = self.span(value.span());
        let label = format!("this is {}", kind(value.get_ref()));
        self.push(Diagnostic::error(&codes::MANIFEST_VALUE, format!("`{key}` must be {expected}")).at(span, label));
    }

    pub(super) fn table<'t, 'i>(&mut self, table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    pub(super) fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<Spanned<String>> {
        let value = table.get(key)?;
        self.string_value(key, value)
    }

    pub(super) fn string_value(&mut self, key: &str, value: &TomlSpanned<DeValue<'_>>) -> Option<Spanned<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(text.to_string(), self.span(value.span()))),
            _ => {
                self.wrong(key, value, "a string");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            _ => {
                self.wrong(key, value, "`true` or `false`");
                None
            }
        }
    }

    /// A whole number that fits 32 bits and is above zero.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str) -> Option<u32> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        if number.is_none_or(|number| number == 0) {
            self.wrong(key, value, "a whole number above zero");
            return None;
        }
        number
    }

    /// A list of strings; elements of another kind are reported and left out.
    pub(super) fn strings(&mut self, table: &DeTable<'_>, key: &str) -> Option<Spanned<Vec<Spanned<String>>>> {
        let value = table.get(key)?;
        self.strings_value(key, value)
    }

    pub(super) fn strings_value(
        &mut self,
        key: &str,
        value: &TomlSpanned<DeValue<'_>>,
    ) -> Option<Spanned<Vec<Spanned<String>>>> {
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong(key, value, "a list of strings");
            return None;
        };
        let mut list: Vec<Spanned<String>> = Vec::with_capacity(elements.len());
        for element in elements {
            let DeValue::String(text) = element.get_ref() else {
                self.wrong(key, element, "a list of strings");
                continue;
            };
            let span = self.span(element.span());
            match list.iter().find(|earlier| earlier.value == **text) {
                Some(earlier) => {
                    let message = format!("`{text}` is twice in `{key}`");
                    let diagnostic = Diagnostic::error(&codes::MANIFEST_DUPLICATE, message)
                        .at(span, "again here")
                        .see(earlier.span, "first here");
                    self.push(diagnostic.help("remove one of them"));
                }
                None => list.push(Spanned::new(text.to_string(), span)),
            }
        }
        Some(Spanned::new(list, self.span(value.span())))
    }

    /// One of several words.
    pub(super) fn word<T: Copy>(&mut self, table: &DeTable<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(table, key)?;
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*meant);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("`{key}` can't be `{}`", text.value);
        self.push(
            Diagnostic::error(&codes::MANIFEST_VALUE, message)
                .at(text.span, "not one of its values")
                .suggest(&text.value, known.iter().copied())
                .help(format!("it is one of {}", listed(&known, "or"))),
        );
        None
    }
}

/// The entries in the order in which they were written: `DeTable` sorts them by name.
pub(super) fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t TomlSpanned<std::borrow::Cow<'i, str>>, &'t TomlSpanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(digits) if digits.as_str().starts_with('-') => "a number below zero",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
