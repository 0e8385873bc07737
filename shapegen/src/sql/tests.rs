//! The splitter on dumps, on dumps cut anywhere, and on byte soup.

use super::lex::Lexer;
use super::split::{PieceKind, Splitter};

fn pieces(text: &str) -> Vec<(PieceKind, &str)> {
    let mut splitter = Splitter::new(text);
    let mut pieces = Vec::new();
    while let Some(piece) = splitter.next_piece() {
        pieces.push((piece.kind, piece.range));
    }
    pieces.into_iter().map(|(kind, range)| (kind, &text[range])).collect()
}

#[test]
fn statements_end_where_postgresql_ends_them() {
    use PieceKind::*;
    let cases: &[(&str, &[(PieceKind, &str)])] = &[
        ("", &[]),
        (" ; ;-- x\n;", &[]),
        ("a", &[(Statement, "a")]),
        ("\u{feff}a;b", &[(Statement, "a"), (Statement, "b")]),
        ("/* ; */ a /* ; */ b -- ;\n;c", &[(Statement, "a /* ; */ b"), (Statement, "c")]),
        ("a ';' \";\" $$;$$ $x$;$x$ E'\\';'; b", &[(Statement, "a ';' \";\" $$;$$ $x$;$x$ E'\\';'"), (Statement, "b")]),
        ("(a; b)", &[(Statement, "(a"), (Statement, "b)")]),
        ("CREATE RULE r AS ON x DO (a; b); c", &[(Statement, "CREATE RULE r AS ON x DO (a; b)"), (Statement, "c")]),
        (
            "create or replace function f() begin atomic select case when a then b end; select 1; end; c",
            &[
                (Statement, "create or replace function f() begin atomic select case when a then b end; select 1; end"),
                (Statement, "c"),
            ],
        ),
        ("BEGIN; END; a", &[(Statement, "BEGIN"), (Statement, "END"), (Statement, "a")]),
        (
            "\\restrict x;y'\n a;\\unrestrict x",
            &[(PsqlLine, "\\restrict x;y'"), (Statement, "a"), (PsqlLine, "\\unrestrict x")],
        ),
        ("select 'a' \\gexec\nb;", &[(Statement, "select 'a'"), (PsqlLine, "\\gexec"), (Statement, "b")]),
        (
            "COPY t (a) FROM stdin;\n1\tit's ; \"\n/*\n$$\n\\.\n\na;",
            &[(Statement, "COPY t (a) FROM stdin"), (CopyData, "1\tit's ; \"\n/*\n$$\n\\.\n"), (Statement, "a")],
        ),
        (
            "copy t from StdIn ; -- x\r\n\\.\r\na",
            &[(Statement, "copy t from StdIn"), (CopyData, "\\.\r\n"), (Statement, "a")],
        ),
        (
            "\\copy t from stdin\n'\n\\.\na",
            &[(PsqlLine, "\\copy t from stdin"), (CopyData, "'\n\\.\n"), (Statement, "a")],
        ),
        ("COPY t FROM stdin;\n1", &[(Statement, "COPY t FROM stdin"), (CopyData, "1")]),
        ("COPY t FROM 'stdin'; a", &[(Statement, "COPY t FROM 'stdin'"), (Statement, "a")]),
        ("a; b 'c; d", &[(Statement, "a"), (Unclosed, "b 'c; d")]),
        ("a /* /* */ ;", &[(Unclosed, "a /* /* */ ;")]),
    ];
    for (text, expected) in cases {
        assert_eq!(&pieces(text), expected, "{text}");
    }
}

/// Pieces are in order, apart from each other, and on character boundaries; so are the tokens.
fn check(text: &str) {
    let mut end = 0;
    let mut splitter = Splitter::new(text);
    while let Some(piece) = splitter.next_piece() {
        assert!(end <= piece.range.start && piece.range.start <= piece.range.end, "{:?} in {text:?}", piece.range);
        assert!(text.get(piece.range.clone()).is_some(), "{:?} in {text:?}", piece.range);
        end = piece.range.end;
    }
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for token in Lexer::new(text) {
        assert!(
            token.start == at && token.end > at && text.get(token.start..token.end).is_some(),
            "{token:?} in {text:?}"
        );
        at = token.end;
    }
    assert_eq!(at, text.len());
}

#[test]
fn a_dump_cut_anywhere_is_split_all_the_same() {
    let dump = include_str!("../../fixtures/shop.dump.sql");
    // Windows instead of all of it, so that the start is cut, too.
    for end in (0..=dump.len()).filter(|end| dump.is_char_boundary(*end)) {
        let start = super::literal::cut(dump, end.saturating_sub(1500)).len();
        check(&dump[start..end]);
    }
}

#[test]
fn byte_soup_is_split_without_panics() {
    let seed = 0x5eed_0007_u64;
    println!("seed {seed:#x}");
    let parts: &[&[u8]] = &[
        b"'",
        b"\"",
        b"$",
        b"$$",
        b"$a$",
        b"\\",
        b"\\.\n",
        b"\n",
        b"\r\n",
        b";",
        b"(",
        b")",
        b"/*",
        b"*/",
        b"--",
        b"E'",
        b"U&'",
        b"U&\"",
        b"COPY t FROM stdin",
        b"\\copy a from stdin",
        b"CREATE RULE",
        b"CREATE FUNCTION BEGIN ATOMIC",
        b"CASE",
        b"END",
        b"\xc3",
        b"\xc3\xa4",
        b"\xf0\x9f\x98\x80",
        b"\xef\xbb\xbf",
        b"\0",
        b" ",
        b"1e",
        b"+",
        b"x",
        b"CREATE TABLE t (a int DEFAULT ",
        b"ALTER TABLE t ADD COLUMN a ",
        b"CREATE TYPE e AS ENUM (",
        b"COMMENT ON COLUMN a.b IS ",
    ];
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..5_000 {
        let mut bytes = Vec::new();
        for _ in 0..random.usize(..24) {
            match random.u8(..4) {
                0 => bytes.push(random.u8(..)),
                _ => bytes.extend_from_slice(parts[random.usize(..parts.len())]),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        check(&text);
        read(&text);
    }
}

/// Reads a text as a schema; what it says goes nowhere, but every place must be one of the text.
fn read(text: &str) {
    use crate::catalog::{Catalog, Script};
    use crate::diagnostics::Report;
    use crate::source::SourceMap;
    let mut sources = SourceMap::default();
    let file = sources.add("soup.sql", text);
    let mut report = Report::default();
    Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
    for diagnostic in report.diagnostics() {
        for (span, _) in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            assert!(text.get(span.range()).is_some(), "{diagnostic:?} in {text:?}");
        }
    }
    report.render(&sources, false);
}
