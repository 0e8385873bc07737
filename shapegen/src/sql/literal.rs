//! Identifiers and strings as PostgreSQL reads them: folded, unquoted, unescaped.

/// PostgreSQL's `NAMEDATALEN - 1`: longer names are cut.
pub(crate) const MAX_NAME: usize = 63;

/// An identifier without quotes: ASCII letters fold to lower case.
pub(super) fn fold(word: &str) -> String {
    truncate(word.to_ascii_lowercase())
}

/// An identifier with its quotes.
pub(super) fn unquote(quoted: &str) -> String {
    truncate(inside(quoted, '"').replace("\"\"", "\""))
}

/// `U&"…"`; `None` when an escape is not one.
pub(super) fn unquote_unicode(quoted: &str, escape: char) -> Option<String> {
    unicode_escapes(&inside(quoted.get(2..)?, '"').replace("\"\"", "\""), escape).map(truncate)
}

/// `'…'`, with or without a prefix.
pub(super) fn string(literal: &str) -> String {
    let quote = literal.find('\'').unwrap_or(0);
    inside(&literal[quote..], '\'').replace("''", "'")
}

/// `U&'…'`; `None` when an escape is not one.
pub(super) fn unicode_string(literal: &str, escape: char) -> Option<String> {
    unicode_escapes(&string(literal), escape)
}

/// `$tag$…$tag$`
pub(super) fn dollar_string(literal: &str) -> String {
    let tag = literal.get(1..).and_then(|rest| rest.find('$')).map_or(0, |found| found + 2);
    literal.get(tag..literal.len().saturating_sub(tag)).unwrap_or_default().to_owned()
}

/// `E'…'`; `None` when an escape is not one.
pub(super) fn escape_string(literal: &str) -> Option<String> {
    let quote = literal.find('\'')?;
    let mut rest = inside(&literal[quote..], '\'').chars().peekable();
    let mut bytes = Vec::new();
    let mut utf8 = [0; 4];
    while let Some(char) = rest.next() {
        let unescaped = match char {
            '\'' => {
                rest.next();
                '\''
            }
            '\\' => match rest.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                kind @ ('u' | 'U') => {
                    let digits: String = rest.by_ref().take(if kind == 'u' { 4 } else { 8 }).collect();
                    code_point(&digits, if kind == 'u' { 4 } else { 8 })?
                }
                'x' if rest.peek().is_some_and(char::is_ascii_hexdigit) => {
                    bytes.push(byte(&mut rest, None, 16, 2)?);
                    continue;
                }
                digit @ '0'..='7' => {
                    bytes.push(byte(&mut rest, Some(digit), 8, 3)?);
                    continue;
                }
                other => other,
            },
            other => other,
        };
        bytes.extend_from_slice(unescaped.encode_utf8(&mut utf8).as_bytes());
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// At most `length` digits of a byte.
fn byte(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    first: Option<char>,
    radix: u32,
    length: usize,
) -> Option<u8> {
    let mut digits: String = first.into_iter().collect();
    while digits.len() < length {
        match rest.next_if(|char| char.is_digit(radix)) {
            Some(digit) => digits.push(digit),
            None => break,
        }
    }
    // PostgreSQL keeps the low eight bits of an octal number.
    u32::from_str_radix(&digits, radix).ok().map(|value| value as u8)
}

fn inside(quoted: &str, quote: char) -> &str {
    let open = quoted.strip_prefix(quote).unwrap_or(quoted);
    open.strip_suffix(quote).unwrap_or(open)
}

/// `\0041`, `\+000041` and `\\`.
fn unicode_escapes(text: &str, escape: char) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(found) = rest.find(escape) {
        out.push_str(&rest[..found]);
        rest = &rest[found + escape.len_utf8()..];
        if let Some(behind) = rest.strip_prefix(escape) {
            out.push(escape);
            rest = behind;
            continue;
        }
        let (first, behind) = escaped(rest)?;
        // Two halves of a surrogate pair stand for one character.
        let pair = behind.strip_prefix(escape).and_then(escaped);
        let (char, behind) = match (char::from_u32(first), pair) {
            (Some(char), _) => (char, behind),
            (None, Some((second, behind))) => {
                let halves = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
                (char::decode_utf16(halves).next()?.ok()?, behind)
            }
            (None, None) => return None,
        };
        if char == '\0' {
            return None;
        }
        out.push(char);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

/// The number behind an escape character, `0061` or `+000061`, and what follows it.
fn escaped(text: &str) -> Option<(u32, &str)> {
    let (digits, length) = match text.strip_prefix('+') {
        Some(digits) => (digits, 6),
        None => (text, 4),
    };
    let (digits, behind) = digits.split_at_checked(length)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten().map(|number| (number, behind))
}

fn code_point(digits: &str, length: usize) -> Option<char> {
    let is_hex = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten().and_then(char::from_u32).filter(|char| *char != '\0')
}

fn truncate(mut name: String) -> String {
    name.truncate(cut(&name, MAX_NAME).len());
    name
}

/// At most so many bytes of a text, cut between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        assert_eq!(fold("Straße_ÄB$1"), "straße_Äb$1");
        assert_eq!(unquote("\"A \"\"b\"\"\""), "A \"b\"");
        assert_eq!(unquote_unicode("U&\"d\\0061t\\+000061\\\\\"", '\\').as_deref(), Some("data\\"));
        assert_eq!(unquote_unicode("U&\"d!0061t\\a!!\"", '!').as_deref(), Some("dat\\a!"));
        assert_eq!(unquote_unicode("U&\"\\00zz\"", '\\'), None);
        assert_eq!(unquote_unicode("U&\"\\D83D\\+00DE00!\"", '\\').as_deref(), Some("😀!"));
        assert_eq!(unquote_unicode("U&\"\\D83Dx\"", '\\'), None);
        assert_eq!(fold(&"ä".repeat(40)), "ä".repeat(31), "cut at 63 bytes, between characters");
    }

    #[test]
    fn strings() {
        assert_eq!(string("'it''s \\n'"), "it's \\n");
        assert_eq!(string("X'ff'"), "ff");
        assert_eq!(dollar_string("$a$it's$a$"), "it's");
        assert_eq!(dollar_string("$$$$"), "");
        let escapes = [
            (r"E'a\'b''c\\'", Some(r"a'b'c\")),
            (r"e'\t\x41\101\u0042\U00000043\q'", Some("\tAABCq")),
            (r"E'\xc3\xa4'", Some("ä")),
            (r"E'\xff'", None),
            (r"E'\u00'", None),
            (r"'continued\n'", Some("continued\n")),
        ];
        for (literal, expected) in escapes {
            assert_eq!(escape_string(literal).as_deref(), expected, "{literal}");
        }
    }
}
