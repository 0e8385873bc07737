//! From items to the text of a file, and the three kinds of text that come from outside: names, strings and docs.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use super::layout;
use crate::emit::EmitError;
use crate::model::{Field, Marks, RustType};

/// Items as the text of a file, with an empty line between them.
pub(super) fn print(items: Vec<TokenStream>) -> String {
    let mut text = String::new();
    let mut group = None;
    for item in items {
        let printed = layout::item(item);
        let next = Group::of(&printed);
        if group != Some(next) || next == Group::Alone {
            text.push('\n');
        }
        group = Some(next);
        text.push_str(&printed);
    }
    text
}

/// Items of one group stand together.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    Alone,
    Modules,
    Exports,
}

impl Group {
    fn of(printed: &str) -> Self {
        let code = printed.lines().find(|line| !line.starts_with(['#', '/']));
        match code {
            Some(line) if line.starts_with("mod ") => Self::Modules,
            Some(line) if line.starts_with("pub use ") => Self::Exports,
            _ => Self::Alone,
        }
    }
}

/// An identifier: raw ones as they come, keywords made raw.
pub(super) fn ident(name: &str) -> Result<Ident, EmitError> {
    if let Ok(ident) = syn::parse_str::<Ident>(name) {
        return Ok(ident);
    }
    match syn::parse_str::<Ident>(&format!("r#{name}")) {
        Ok(_) => Ok(Ident::new_raw(name, Span::call_site())),
        Err(_) => Err(EmitError::Identifier(name.to_owned())),
    }
}

/// A string literal on one line: raw where that saves escapes and every character shows as what it is.
pub(super) fn string(text: &str) -> Literal {
    if text.contains('\n') { Literal::string(text) } else { block(text) }
}

/// A string literal that keeps its lines where [`string`] would escape them. Not for impl blocks.
pub(super) fn block(text: &str) -> Literal {
    let shown = |c: char| matches!(c, '\n' | '"' | '\'' | '\\') || c.escape_debug().eq([c]);
    if text.contains(['"', '\\', '\n']) && text.chars().all(shown) {
        let after_quote = |rest: &str| rest.len() - rest.trim_start_matches('#').len();
        let hashes = "#".repeat(text.split('"').skip(1).map(|rest| after_quote(rest) + 1).max().unwrap_or(0));
        if let Ok(literal) = format!("r{hashes}\"{text}\"{hashes}").parse() {
            return literal;
        }
    }
    Literal::string(text)
}

/// A name as a code span of a doc comment.
pub(super) fn code(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '`' => shown.push('\''),
            '\'' | '"' | '\\' => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    format!("`{shown}`")
}

/// Doc comments from text that a schema brings; `otherwise` where it brings none.
pub(super) fn docs(lines: &[String], otherwise: &str) -> TokenStream {
    doc_lines(lines, otherwise).iter().map(|line| doc(line)).collect()
}

/// The lines of [`docs`].
pub(super) fn doc_lines(lines: &[String], otherwise: &str) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().flat_map(|text| text.lines()).map(inert).collect();
    let last = lines.iter().rposition(|line| !line.is_empty());
    lines.truncate(last.map_or(0, |last| last + 1));
    lines.drain(..lines.iter().position(|line| !line.is_empty()).unwrap_or(0));
    if lines.is_empty() && !otherwise.is_empty() {
        lines.push(otherwise.to_owned());
    }
    lines
}

/// One line of documentation.
pub(super) fn doc(line: &str) -> TokenStream {
    let line = if line.is_empty() { String::new() } else { format!(" {line}") };
    quote!(#[doc = #line])
}

/// A line that rustdoc shows and neither runs, links nor renders: no code blocks (they would be tests), no HTML, no
/// links, no lists or headings, no characters that reorder the text around them.
fn inert(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    for (at, c) in line.char_indices() {
        let after = line[at + c.len_utf8()..].chars().next();
        let escaped = match c {
            '[' | '<' => true,
            '`' | '~' => before == Some(c) || after == Some(c),
            '-' | '+' | '*' | '#' | '>' | '=' => at == 0,
            '.' | ')' => at > 0 && at == digits,
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        match c {
            '\'' | '"' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
        before = Some(c);
    }
    out
}

/// The type as generated code spells it.
pub(super) fn rust_type(ty: &RustType) -> Result<TokenStream, EmitError> {
    let around = |name: &str, inner: &RustType| {
        let (name, inner) = (Ident::new(name, Span::call_site()), rust_type(inner)?);
        Ok(quote!(v1::#name<#inner>))
    };
    Ok(match ty {
        RustType::Scalar(scalar) => tokens(scalar.path)?,
        RustType::Enum(name) | RustType::Composite(name) | RustType::Newtype { ident: name, .. } => {
            let name = ident(name)?;
            quote!(#name)
        }
        RustType::JsonOf(path) => {
            let path = tokens(path)?;
            quote!(v1::JsonOf<#path>)
        }
        RustType::Own(own) => tokens(&own.path)?,
        RustType::OrInfinity(inner) => return around("OrInfinity", inner),
        RustType::Range(inner) => return around("Range", inner),
        RustType::Multirange(inner) => return around("Multirange", inner),
        RustType::Nested(inner) => return around("Array", inner),
        RustType::Array(inner) => {
            let inner = rust_type(inner)?;
            quote!(Vec<Option<#inner>>)
        }
    })
}

/// A path, a type or an attribute that stands in the manifest, where it was parsed as what it is.
pub(super) fn tokens(text: &str) -> Result<TokenStream, EmitError> {
    text.parse().map_err(|_| EmitError::Identifier(text.to_owned()))
}

/// `#[derive(…)]` and the other attributes of a generated type.
pub(super) fn marks(marks: &Marks) -> Result<TokenStream, EmitError> {
    let derives = marks.derives.iter().map(|path| tokens(path)).collect::<Result<Vec<_>, _>>()?;
    let attributes = attributes(&marks.attributes)?;
    Ok(quote!(#[derive(#(#derives),*)] #attributes))
}

/// Attributes, each in its brackets.
pub(super) fn attributes(texts: &[String]) -> Result<TokenStream, EmitError> {
    let attributes = texts.iter().map(|text| tokens(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(quote!(#(#[#attributes])*))
}

/// A field's type: redacted where it is secret, `Option` where the column may be NULL.
pub(super) fn field_type(field: &Field) -> Result<TokenStream, EmitError> {
    let mut ty = rust_type(&field.ty)?;
    if field.secret {
        ty = quote!(v1::Secret<#ty>);
    }
    Ok(if field.not_null { ty } else { quote!(Option<#ty>) })
}

/// `use super::{…};` for the names, sorted; nothing where there are none.
pub(super) fn use_super<'n>(names: impl Iterator<Item = &'n str>) -> Result<Option<TokenStream>, EmitError> {
    let names: std::collections::BTreeSet<&str> = names.collect();
    let names = names.into_iter().map(ident).collect::<Result<Vec<_>, _>>()?;
    Ok(match names.as_slice() {
        [] => None,
        [one] => Some(quote!(use super::#one;)),
        several => Some(quote!(use super::{#(#several),*};)),
    })
}

/// `use ::shapegen_runtime::__private::v1;`
pub(super) fn use_runtime() -> TokenStream {
    let form = format_ident!("v{}", super::FORM);
    quote!(use ::shapegen_runtime::__private::#form;)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        let texts =
            ["", "a", "\"", "\"#", "\"##\"#", "\\", "a\nb\n    }\n", "\r\n", "\0", "\u{202e}", "é", "\u{301}", "'"];
        for text in texts {
            for literal in [string(text), block(text)] {
                let read: syn::LitStr = syn::parse_str(&literal.to_string()).unwrap();
                assert_eq!(read.value(), text, "{literal}");
            }
            assert!(!string(text).to_string().contains('\n'), "{text:?}");
        }
    }

    #[test]
    fn docs_hold_no_markdown_but_code_spans() {
        for (line, expected) in [
            ("The `id` of a_row, *really*.", "The `id` of a_row, *really*."),
            ("    indented_code();", "indented_code();"),
            ("-     code_in_a_list();", "\\- code_in_a_list();"),
            ("1. one", "1\\. one"),
            ("12) twelve", "12\\) twelve"),
            ("1.5 percent", "1\\.5 percent"),
            ("> quoted", "\\> quoted"),
            ("# heading", "\\# heading"),
            ("===", "\\==="),
            ("```rust", "\\`\\`\\`rust"),
            ("~~~", "\\~\\~\\~"),
            ("a [link](x) <b>", "a \\[link](x) \\<b>"),
            ("tab\there", "tab here"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
        ] {
            assert_eq!(inert(line), expected);
        }
        assert!(docs(&["  \n\n".to_owned()], "").is_empty());
        assert_eq!(
            docs(&["\n a \n\nb\n".to_owned()], "").to_string(),
            quote!(#[doc = " a"] #[doc = ""] #[doc = " b"]).to_string()
        );
    }

    #[test]
    fn keywords_become_raw_and_nonsense_an_error() {
        for (name, expected) in [("id", "id"), ("type", "r#type"), ("r#type", "r#type")] {
            assert_eq!(ident(name).unwrap().to_string(), expected);
        }
        for name in ["self", "", "a b", "a;", "1a", "r#self", "'a"] {
            assert!(ident(name).is_err(), "{name}");
        }
    }
}
