//! The text of a SQL file: UTF-8, or UTF-16 with the byte order mark that Windows tools write.

/// Why bytes are no text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotText {
    /// The first byte that doesn't fit.
    pub(super) at: usize,
    /// The line that it is in, from 1.
    pub(super) line: usize,
    /// What the bytes were taken for.
    pub(super) encoding: &'static str,
}

/// The text of a file, without a byte order mark.
pub(super) fn decode(mut bytes: Vec<u8>) -> Result<String, NotText> {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        start => {
            let mark = if start.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 };
            bytes.drain(..mark);
            String::from_utf8(bytes).map_err(|error| {
                let valid = error.utf8_error().valid_up_to();
                let newlines = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
                NotText { at: mark + valid, line: newlines + 1, encoding: "UTF-8" }
            })
        }
    }
}

/// The bytes after the byte order mark.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let wrong =
        |at: usize, text: &str| NotText { at: 2 + at, line: text.matches('\n').count() + 1, encoding: "UTF-16" };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    for letter in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let letter = letter.map_err(|_| wrong(at, &text))?;
        at += 2 * letter.len_utf16();
        text.push(letter);
    }
    if rest.is_empty() { Ok(text) } else { Err(wrong(at, &text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_without_its_mark_and_what_is_no_text_is_refused_at_its_byte() {
        let utf16 = |text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
        };
        let text = "CREATE -- né 🦀";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            utf16(text, [0xFF, 0xFE], u16::to_le_bytes),
            utf16(text, [0xFE, 0xFF], u16::to_be_bytes),
        ] {
            assert_eq!(decode(bytes).as_deref(), Ok(text));
        }
        let refused = |bytes: &[u8], at, line, encoding| {
            assert_eq!(decode(bytes.to_vec()), Err(NotText { at, line, encoding }));
        };
        refused(b"--\n\n caf\xE9\n", 8, 3, "UTF-8");
        refused(b"\xEF\xBB\xBFab\xFF", 5, 1, "UTF-8");
        refused(b"\xFF\xFEa\0b", 4, 1, "UTF-16");
        refused(b"\xFF\xFEa\0\0\xD8b\0", 4, 1, "UTF-16");
        assert_eq!(decode(Vec::new()).as_deref(), Ok(""));
    }
}
