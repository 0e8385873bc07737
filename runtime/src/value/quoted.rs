//! Quoted parts of PostgreSQL's literals: by backslash in arrays and hstore, by doubling in composites and ranges.

/// Whitespace as array_out, record_out and range_out see it.
pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Writes `"text"`, with a backslash before quotes and backslashes.
pub(super) fn push_escaped(text: &str, out: &mut String) {
    push_quoted(text, out, |_| '\\');
}

/// Writes `"text"`, with quotes and backslashes doubled.
pub(super) fn push_doubled(text: &str, out: &mut String) {
    push_quoted(text, out, |character| character);
}

fn push_quoted(text: &str, out: &mut String, before: impl Fn(char) -> char) {
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push(before(character));
        }
        out.push(character);
    }
    out.push('"');
}

/// What was quoted by [`push_escaped`], given without its opening quote, and what follows the closing one.
pub(super) fn unescape(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// What was quoted by [`push_doubled`], given without its opening quote, and what follows the closing one.
pub(super) fn undouble(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' if characters.next_if(|(_, next)| *next == '"').is_none() => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}
