//! The layout of generated code: from tokens to lines as rustfmt would break them.
//!
//! It knows the Rust that the emitters print, not all of Rust; but every token comes out, in its order, so code that it
//! doesn't know is laid out oddly and means the same.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// No line is longer where a list can be broken.
const WIDTH: usize = 100;

/// Words behind which a parenthesis or an operator begins an expression of its own.
const KEYWORDS: &[&str] = &[
    "as", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move", "mut", "ref", "return", "unsafe", "use",
    "where", "while",
];

/// Punctuation that stands together; `>>` never does, as all of them close generics.
const JOINED: &[&str] = &["::", "->", "=>", "..", "..=", "==", "!=", "&&", "||", "<=", ">=", "+=", "-="];

/// An item as text, with a line break at its end.
pub(super) fn item(tokens: TokenStream) -> String {
    let mut page = Page { text: String::new(), indent: 0 };
    page.lines(&pieces(tokens), Separator::Statement);
    page.text
}

/// What is laid out as one.
#[derive(Debug)]
enum Piece {
    /// An identifier, a lifetime or a literal.
    Word(String),
    /// Punctuation, joined.
    Mark(String),
    /// `/// …`
    Doc(String),
    /// `#[…]`
    Attribute(String),
    List(Delimiter, Vec<Piece>),
}

impl Piece {
    fn is(&self, text: &str) -> bool {
        matches!(self, Self::Word(found) | Self::Mark(found) if found == text)
    }

    fn is_keyword(&self) -> bool {
        matches!(self, Self::Word(word) if KEYWORDS.contains(&word.as_str()))
    }

    /// Whether a value or a type can end here, so that `-`, `*`, `&`, `<` and `|` behind it stand between two.
    fn ends_operand(&self) -> bool {
        match self {
            Self::Word(_) => !self.is_keyword(),
            Self::Mark(mark) => matches!(mark.as_str(), "?" | ">"),
            Self::List(..) => true,
            Self::Doc(_) | Self::Attribute(_) => false,
        }
    }
}

fn pieces(tokens: TokenStream) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut joint = false;
    while let Some(token) = tokens.next() {
        let joins = std::mem::take(&mut joint);
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.next() {
                    out.push(Piece::Word(format!("'{name}")));
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' && matches!(tokens.peek(), Some(TokenTree::Group(_))) => {
                if let Some(TokenTree::Group(group)) = tokens.next() {
                    out.push(attribute(group));
                }
            }
            TokenTree::Punct(punct) => {
                joint = punct.spacing() == Spacing::Joint;
                match out.last_mut() {
                    Some(Piece::Mark(mark))
                        if joins && JOINED.iter().any(|known| continues(known, mark, punct.as_char())) =>
                    {
                        mark.push(punct.as_char());
                    }
                    _ => out.push(Piece::Mark(punct.as_char().into())),
                }
            }
            TokenTree::Ident(ident) => out.push(Piece::Word(ident.to_string())),
            TokenTree::Literal(literal) => out.push(Piece::Word(literal.to_string())),
            // What a macro variable of `quote!` held together needs no brackets of its own.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => out.extend(pieces(stream_of(group))),
            TokenTree::Group(group) => out.push(Piece::List(group.delimiter(), pieces(stream_of(group)))),
        }
    }
    out
}

fn continues(known: &str, begun: &str, next: char) -> bool {
    known.strip_prefix(begun).is_some_and(|rest| rest.starts_with(next))
}

/// `#[doc = "…"]` as a comment where it is one line, any other attribute on one line.
fn attribute(group: Group) -> Piece {
    let inner = pieces(stream_of(group));
    if let [name, equals, Piece::Word(literal)] = inner.as_slice()
        && name.is("doc")
        && equals.is("=")
        && let Ok(text) = syn::parse_str::<syn::LitStr>(literal)
        && !text.value().contains(['\n', '\r'])
    {
        return Piece::Doc(format!("///{}", text.value()));
    }
    Piece::Attribute(format!("#[{}]", flat(&inner).unwrap_or_default()))
}

/// A group's tokens, without a copy of each: nobody else holds them any more.
fn stream_of(group: Group) -> TokenStream {
    group.stream()
}

/// What stands on a line each.
#[derive(Clone, Copy, PartialEq)]
enum Separator {
    Comma,
    Statement,
}

/// How a list is laid out.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// On one line where it fits, else an element a line.
    Elements,
    /// As many elements on a line as fit: what `use` names.
    Filled,
    /// An element a line.
    Fields,
    /// A statement or an item a line.
    Body,
}

/// The form of the list at a place.
fn form(pieces: &[Piece], at: usize) -> Form {
    let Some(Piece::List(delimiter, inner)) = pieces.get(at) else { return Form::Elements };
    let before = &pieces[..at];
    let last = before.last();
    if *delimiter != Delimiter::Brace || inner.is_empty() {
        return Form::Elements;
    }
    if last.is_some_and(|piece| piece.is("::")) {
        return Form::Filled;
    }
    let open = before.iter().rposition(|piece| piece.is("=") || piece.is("=>") || piece.is(";"));
    let clause = &before[open.map_or(0, |at| at + 1)..];
    let has = |word: &str| clause.iter().any(|piece| piece.is(word));
    if has("match") || has("struct") || has("enum") {
        return Form::Fields;
    }
    let is_literal = last.is_some_and(|piece| matches!(piece, Piece::Word(_)) && !piece.is_keyword() || piece.is(">"));
    let opens_body =
        ["fn", "impl", "mod", "trait", "if", "for", "while", "loop", "unsafe"].iter().any(|word| has(word));
    if is_literal && !opens_body { Form::Fields } else { Form::Body }
}

/// Whether a space stands between the piece before `at` and the one there.
fn spaced(pieces: &[Piece], at: usize) -> bool {
    let Some((left, right)) = at.checked_sub(1).and_then(|left| Some((pieces.get(left)?, pieces.get(at)?))) else {
        return false;
    };
    let is_unary = |at: usize| at == 0 || pieces.get(at - 1).is_none_or(|piece| !piece.ends_operand());
    if let Piece::Mark(mark) = right
        && matches!(mark.as_str(), "," | ";" | "." | "?" | ":" | ">" | ".." | "..=")
    {
        return false;
    }
    match (left, right) {
        (Piece::Mark(mark), _) => match mark.as_str() {
            "." | "::" | "<" | "!" | ".." | "..=" => false,
            "&" | "*" | "-" => !is_unary(at - 1),
            "|" => !opens_closure(pieces, at - 1),
            ">" => match right {
                Piece::Mark(next) => next != "::" && next != "<",
                Piece::List(delimiter, _) => *delimiter == Delimiter::Brace,
                _ => true,
            },
            _ => true,
        },
        (_, Piece::Mark(mark)) => match mark.as_str() {
            "::" => left.is_keyword(),
            "<" => left.is_keyword() && !left.is("impl") && !left.is("for"),
            "!" => left.is_keyword(),
            "|" => closes_closure(pieces, at).is_none(),
            _ => true,
        },
        (left, Piece::List(Delimiter::Brace, _)) => !matches!(left, Piece::Mark(_)),
        (Piece::Word(word), Piece::List(..)) => left.is_keyword() || word.starts_with('\''),
        _ => true,
    }
}

fn opens_closure(pieces: &[Piece], at: usize) -> bool {
    closes_closure(pieces, at).is_none() && (at == 0 || pieces.get(at - 1).is_none_or(|piece| !piece.ends_operand()))
}

/// The `|` that the one at a place closes the parameters of.
fn closes_closure(pieces: &[Piece], at: usize) -> Option<usize> {
    let open = pieces[..at].iter().rposition(|piece| piece.is("|"))?;
    opens_closure(pieces, open).then_some(open)
}

/// Cuts what stands on a line each: elements without their commas, statements with their semicolons.
fn split(pieces: &[Piece], separator: Separator) -> Vec<&[Piece]> {
    let (mut out, mut start, mut generics) = (Vec::new(), 0, 0usize);
    for at in 0..pieces.len() {
        let piece = &pieces[at];
        let ends = match separator {
            Separator::Comma => {
                match piece {
                    Piece::Mark(mark) if mark == "<" => generics += 1,
                    Piece::Mark(mark) if mark == ">" => generics = generics.saturating_sub(1),
                    _ => {}
                }
                let in_closure = || {
                    let bar = pieces[..at].iter().rposition(|piece| piece.is("|"));
                    bar.is_some_and(|bar| bar >= start && opens_closure(pieces, bar))
                };
                if ends_arm(pieces, at) && pieces.get(at + 1).is_some_and(|next| !next.is(",")) {
                    out.push(&pieces[start..=at]);
                    start = at + 1;
                    continue;
                }
                piece.is(",") && generics == 0 && !in_closure()
            }
            Separator::Statement => piece.is(";") || ends_item(&pieces[start..], at - start),
        };
        if ends {
            out.push(&pieces[start..at + usize::from(separator == Separator::Statement)]);
            start = at + 1;
        }
    }
    if start < pieces.len() {
        out.push(&pieces[start..]);
    }
    out
}

/// Whether the braces at a place are the body of a match arm, behind which a comma is needless.
fn ends_arm(pieces: &[Piece], at: usize) -> bool {
    let is_braces = matches!(pieces.get(at), Some(Piece::List(Delimiter::Brace, _)));
    is_braces && at.checked_sub(1).and_then(|before| pieces.get(before)).is_some_and(|piece| piece.is("=>"))
}

/// Whether the braces at a place end a statement or an item without a semicolon.
fn ends_item(statement: &[Piece], at: usize) -> bool {
    const BLOCKS: [&str; 12] =
        ["pub", "fn", "impl", "mod", "trait", "struct", "enum", "match", "if", "for", "while", "unsafe"];
    let first = statement.iter().find(|piece| !matches!(piece, Piece::Doc(_) | Piece::Attribute(_)));
    let is_block = first.is_some_and(|first| BLOCKS.iter().any(|word| first.is(word)));
    let follows = statement.get(at + 1);
    let goes_on = follows.is_some_and(|piece| matches!(piece, Piece::Mark(_)) || piece.is("else"));
    let holds_value = statement[..at].iter().any(|piece| piece.is("="));
    let is_braces = matches!(statement.get(at), Some(Piece::List(Delimiter::Brace, _)));
    is_braces && is_block && !goes_on && !holds_value && form(statement, at) != Form::Filled
}

/// Pieces on one line; `None` where something in them must have lines of its own.
fn flat(pieces: &[Piece]) -> Option<String> {
    let mut out = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if spaced(pieces, at) {
            out.push(' ');
        }
        match piece {
            Piece::Word(text) | Piece::Mark(text) => out.push_str(text),
            Piece::Doc(_) | Piece::Attribute(_) => return None,
            Piece::List(delimiter, inner) => match form(pieces, at) {
                Form::Elements | Form::Filled => {
                    let (open, close) = brackets(*delimiter);
                    // The lines of a literal are easier to read where it stands alone.
                    let inner = flat(without_last_comma(pieces, at, inner)).filter(|text| !text.contains('\n'))?;
                    out.extend([open.to_string(), inner, close.to_string()]);
                }
                Form::Fields | Form::Body => return None,
            },
        }
    }
    Some(out)
}

/// On one line a list needs no comma behind its last element, but for a tuple of one.
fn without_last_comma<'p>(pieces: &[Piece], at: usize, inner: &'p [Piece]) -> &'p [Piece] {
    let [elements @ .., last] = inner else { return inner };
    let is_call = at.checked_sub(1).and_then(|before| pieces.get(before)).is_some_and(Piece::ends_operand);
    let is_parenthesis = matches!(pieces.get(at), Some(Piece::List(Delimiter::Parenthesis, _)));
    let is_tuple = is_parenthesis && !is_call && elements.iter().all(|piece| !piece.is(","));
    if last.is(",") && !is_tuple { elements } else { inner }
}

fn brackets(delimiter: Delimiter) -> (char, char) {
    match delimiter {
        Delimiter::Parenthesis => ('(', ')'),
        Delimiter::Bracket => ('[', ']'),
        Delimiter::Brace | Delimiter::None => ('{', '}'),
    }
}

/// The text so far.
struct Page {
    text: String,
    indent: usize,
}

impl Page {
    fn column(&self) -> usize {
        let line = self.text.rfind('\n').map_or(self.text.as_str(), |at| &self.text[at + 1..]);
        line.chars().count()
    }

    fn line_break(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("    ", self.indent));
    }

    /// Statements or elements, each on lines of its own, from the start of a line to the start of one.
    fn lines(&mut self, pieces: &[Piece], separator: Separator) {
        let end = if separator == Separator::Comma { "," } else { "" };
        let mut before = None;
        for line in split(pieces, separator) {
            let is_function = line.iter().any(|piece| piece.is("fn"));
            // Functions stand apart from each other and from what is before them.
            if before.is_some_and(|before: bool| before || is_function) && (is_function || before == Some(true)) {
                self.text.push('\n');
            }
            before = Some(is_function);
            self.text.extend(std::iter::repeat_n("    ", self.indent));
            self.line(line, end);
            self.text.push('\n');
        }
    }

    /// One statement or element, its documentation and attributes before it.
    fn line(&mut self, pieces: &[Piece], end: &str) {
        let code = pieces.iter().position(|piece| !matches!(piece, Piece::Doc(_) | Piece::Attribute(_)));
        let end = if ends_arm(pieces, pieces.len().saturating_sub(1)) { "" } else { end };
        let (above, code) = pieces.split_at(code.unwrap_or(pieces.len()));
        for piece in above {
            if let Piece::Doc(text) | Piece::Attribute(text) = piece {
                self.text.push_str(text);
                self.line_break();
            }
        }
        match flat(code) {
            Some(text) if self.column() + width(&text) + end.len() <= WIDTH => self.text.push_str(&text),
            _ => self.broken(code, end),
        }
        self.text.push_str(end);
    }

    /// Pieces with line breaks in the lists that are too long for the line.
    fn broken(&mut self, pieces: &[Piece], end: &str) {
        for (at, piece) in pieces.iter().enumerate() {
            if spaced(pieces, at) {
                self.text.push(' ');
            }
            let (delimiter, inner) = match piece {
                Piece::Word(text) | Piece::Mark(text) | Piece::Doc(text) | Piece::Attribute(text) => {
                    self.text.push_str(text);
                    continue;
                }
                Piece::List(delimiter, inner) => (*delimiter, inner.as_slice()),
            };
            let (open, close) = brackets(delimiter);
            let form = form(pieces, at);
            self.text.push(open);
            let is_macro = at.checked_sub(1).and_then(|before| pieces.get(before)).is_some_and(|piece| piece.is("!"));
            let one_line = if matches!(form, Form::Elements | Form::Filled) {
                flat(without_last_comma(pieces, at, inner)).filter(|text| !text.contains('\n'))
            } else {
                None
            };
            match one_line {
                Some(text) if is_macro || inner.is_empty() || self.fits(&text, &pieces[at + 1..], end) => {
                    self.text.push_str(&text);
                }
                // One argument that is a list needs no lines around it.
                None if form == Form::Elements && hugs(inner) => self.broken(inner, ""),
                _ => {
                    self.text.push('\n');
                    self.indent += 1;
                    match form {
                        Form::Body => self.lines(inner, Separator::Statement),
                        Form::Elements | Form::Fields => self.lines(inner, Separator::Comma),
                        Form::Filled => self.filled(inner),
                    }
                    self.indent -= 1;
                    self.text.extend(std::iter::repeat_n("    ", self.indent));
                }
            }
            self.text.push(close);
        }
    }

    /// Whether a list's content fits on this line together with what can't be broken away behind it.
    fn fits(&self, text: &str, behind: &[Piece], end: &str) -> bool {
        let next = behind.iter().position(|piece| matches!(piece, Piece::List(..)));
        let rest = flat(&behind[..next.unwrap_or(behind.len())]).unwrap_or_default();
        // The next list opens on this line.
        let opens = if next.is_some() { 2 } else { end.len() };
        self.column() + width(text) + 1 + width(&rest) + opens <= WIDTH
    }

    fn filled(&mut self, inner: &[Piece]) {
        self.text.extend(std::iter::repeat_n("    ", self.indent));
        let start = self.column();
        for element in split(inner, Separator::Comma) {
            let text = flat(element).unwrap_or_default();
            let column = self.column();
            if column > start && column + 1 + width(&text) + 1 > WIDTH {
                self.line_break();
            } else if column > start {
                self.text.push(' ');
            }
            self.text.push_str(&text);
            self.text.push(',');
        }
        self.text.push('\n');
    }
}

/// Whether a list holds nothing but one struct literal or one call: `Ok(Self { … })`.
fn hugs(inner: &[Piece]) -> bool {
    let is_one = inner.iter().all(|piece| !piece.is(","));
    is_one && matches!(inner.last(), Some(Piece::List(Delimiter::Brace, _)))
}

/// Of its first line: what follows a line break in a literal is as it is.
fn width(text: &str) -> usize {
    text.lines().next().unwrap_or_default().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens as text, without the commas that a line break or a block brings or takes.
    fn tokens(stream: TokenStream) -> String {
        let mut out = String::new();
        for token in stream {
            match token {
                TokenTree::Group(group) => {
                    let inner = tokens(group.stream());
                    let (open, close) = brackets(group.delimiter());
                    out.extend([open.to_string(), inner.trim_end_matches([',', ' ']).to_owned(), close.to_string()]);
                }
                other => out.extend([other.to_string(), " ".to_owned()]),
            }
        }
        out
    }

    #[test]
    fn code_is_laid_out_as_rustfmt_would() {
        let code = r###"
            use ::shapegen_runtime::__private::v1;
            use super::{A, B};
            #[doc = " One."] #[derive(Debug, Clone)] #[allow(dead_code, reason = "a, b")]
            pub struct Row<'a, T: Clone + 'a> { pub map: HashMap<String, Vec<Option<T>>>, #[doc = " Two."] pub(crate) b: &'a [u8; 4], }
            pub struct Unit;
            pub struct Id(pub v1::Uuid);
            pub struct Empty {}
            impl<'a, T: Clone> v1::Shape<T> for Row<'a, T> where T: Copy {
                type Key = (T,);
                const A: &'static [i32] = &[-1, 2];
                fn key(&self) -> Self::Key { (self.b.clone(),) }
                fn sum(&mut self, f: impl Fn(u8, u8) -> u8, mut other: u8) -> Result<(), Box<dyn Error>> {
                    let one = if other == 0 { 1 } else { *self.b - other };
                    match (one, &other) { (0, _) => return Ok(()), (a, b) if !a.is_empty() => {} (.., _) | (1, 2) => f(1, 2)?, _ => { other += 1; } }
                    self.each(|a, b| a.partial_cmp(b)).filter(move |x| x == 1 || x != 2);
                    for a in 0..=9 { v1::put!(out, "{a}"); }
                    Ok(Self { a: columns.take()?, b: <T as Default>::default(), })
                }
            }
            static A_LONG_NAME_OF_A_STATIC_VALUE: v1::Expr = v1::Expr::All(v1::Cow::Borrowed(&[v1::Operand::Column(v1::Cow::Borrowed("archived_at")), v1::Operand::Param(0)]));
            static LINES: &[&str] = &["a
b"];
        "###;
        let stream: TokenStream = code.parse().unwrap();
        let laid_out = item(stream.clone());
        insta::assert_snapshot!(laid_out);
        assert_eq!(tokens(laid_out.parse().unwrap()), tokens(stream), "{laid_out}");
        assert_eq!(item(laid_out.parse().unwrap()), laid_out, "laid out again it stays");
        syn::parse_file(&laid_out).unwrap();
    }
}
