//! `#[shape(…)]` as it was written: keys and values with the places of everything.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Lit, LitStr, Meta, Token};

use crate::diagnostics::{listed, nearest};

/// `key`, `key = value` or `key(…)`.
pub(super) struct Entry {
    pub(super) key: Ident,
    pub(super) value: Value,
}

/// What is said of a key.
pub(super) enum Value {
    /// Nothing but the key.
    Nothing,
    /// `= "text"`
    Text(LitStr),
    /// `= 5`, `= true`
    Literal(Lit),
    /// `= […]`
    List(Vec<Value>, Span),
    /// `= { … }`
    Table(Vec<Entry>, Span),
    /// `(…)`
    Tokens(Group),
    /// Something else, which was reported.
    Wrong,
}

/// What attributes say.
pub(super) struct Said {
    pub(super) entries: Vec<Entry>,
    /// Something can't be read, so that nobody knows what is missing.
    pub(super) unreadable: bool,
    /// Something has no meaning here, or another than it says.
    pub(super) unknown: bool,
}

/// What can be said of something.
pub(super) struct Vocabulary {
    /// Of what: "a field".
    pub(super) of: &'static str,
    pub(super) keys: &'static [&'static str],
    /// What is refused for a reason of its own.
    pub(super) refused: &'static [&'static str],
}

impl Vocabulary {
    /// Reports a key that nobody knows. One that was nearly right counts as what was meant, so that nobody misses it.
    pub(super) fn known(&self, mut entry: Entry, errors: &mut Vec<syn::Error>) -> Option<Entry> {
        let word = entry.word();
        if self.keys.iter().chain(self.refused).any(|known| *known == word) {
            return Some(entry);
        }
        let near = nearest(&word, self.keys.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => match self.keys {
                [only] => format!("the one attribute of {} is `{only}`", self.of),
                all => format!("the attributes of {} are {}", self.of, listed(all, "and")),
            },
        };
        let message = format!("`{word}` is no attribute of {}\n= help: {help}", self.of);
        errors.push(syn::Error::new(entry.key.span(), message));
        entry.key = Ident::new(near?, entry.key.span());
        Some(entry)
    }
}

impl Entry {
    pub(super) fn is(&self, key: &str) -> bool {
        self.key.unraw() == key
    }

    /// The key without `r#`.
    pub(super) fn word(&self) -> String {
        self.key.unraw().to_string()
    }

    /// What stands between the parentheses, as entries of their own.
    pub(super) fn entries(&self) -> syn::Result<Vec<Entry>> {
        match &self.value {
            Value::Tokens(group) => entries.parse2(group.stream()),
            _ => Err(syn::Error::new(self.key.span(), format!("`{}` takes a list: `{}(…)`", self.key, self.key))),
        }
    }
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    let list = Punctuated::<Entry, Token![,]>::parse_terminated(input)?;
    Ok(list.into_iter().collect())
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `where` and `type` are keywords, and `crate` is, too.
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            input.parse()?
        } else if input.peek(syn::token::Paren) {
            Value::Tokens(input.parse()?)
        } else {
            Value::Nothing
        };
        Ok(Self { key, value })
    }
}

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Text);
        }
        if input.peek(Lit) {
            return input.parse().map(Self::Literal);
        }
        if input.peek(Ident::peek_any) {
            let word = input.call(Ident::parse_any)?;
            let message = format!("a value stands in quotes: `\"{}\"`", word.unraw());
            return Err(syn::Error::new(word.span(), message));
        }
        if !input.peek(syn::token::Bracket) && !input.peek(syn::token::Brace) {
            return Err(input.error("expected a string, a number, `true`, `false`, `[…]` or `{ … }`"));
        }
        let group: Group = input.parse()?;
        let span = group.span();
        if group.delimiter() == Delimiter::Bracket {
            let list = Punctuated::<Value, Token![,]>::parse_terminated.parse2(group.stream())?;
            return Ok(Self::List(list.into_iter().collect(), span));
        }
        entries.parse2(group.stream()).map(|entries| Self::Table(entries, span))
    }
}

/// The entries of all `#[shape(…)]` among the attributes, as far as they can be read, each key once. An entry that can't
/// be read hides no other.
pub(super) fn read(attributes: &[Attribute], vocabulary: &Vocabulary, errors: &mut Vec<syn::Error>) -> Said {
    let mut said = Said { entries: Vec::new(), unreadable: false, unknown: false };
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("shape")) {
        match &attribute.meta {
            Meta::List(list) => said.list(list.tokens.clone(), vocabulary, errors),
            other => {
                errors.push(syn::Error::new_spanned(other, "write what is said in parentheses: `#[shape(…)]`"));
                said.unreadable = true;
            }
        }
    }
    said
}

/// The entries between parentheses, read as those of an attribute.
pub(super) fn listed_entries(group: &Group, vocabulary: &Vocabulary, errors: &mut Vec<syn::Error>) -> Vec<Entry> {
    let mut said = Said { entries: Vec::new(), unreadable: false, unknown: false };
    said.list(group.stream(), vocabulary, errors);
    said.entries
}

impl Said {
    fn list(&mut self, tokens: TokenStream, vocabulary: &Vocabulary, errors: &mut Vec<syn::Error>) {
        for part in parts(tokens) {
            let entry = match entry(part) {
                Ok(entry) => Some(entry),
                Err((key, error)) => {
                    errors.push(error);
                    self.unreadable = true;
                    key.map(|key| Entry { key, value: Value::Wrong })
                }
            };
            let Some(entry) = entry else { continue };
            let count = errors.len();
            let entry = vocabulary.known(entry, errors);
            self.unknown |= errors.len() > count;
            let Some(entry) = entry else { continue };
            if self.entries.iter().any(|earlier| earlier.key == entry.key) {
                let message = format!("`{}` is said twice\n= help: remove one of them", entry.key);
                errors.push(syn::Error::new(entry.key.span(), message));
            } else {
                self.entries.push(entry);
            }
        }
    }
}

/// What stands between commas.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let parts = tokens.split(is_comma).filter(|part| !part.is_empty());
    parts.map(|part| part.iter().cloned().collect()).collect()
}

/// An entry; where it can't be read, what is wrong, and its key.
fn entry(tokens: TokenStream) -> Result<Entry, (Option<Ident>, syn::Error)> {
    let key = |tokens: TokenStream| match tokens.into_iter().next() {
        Some(TokenTree::Ident(key)) => Some(key),
        _ => None,
    };
    let alone = |input: ParseStream<'_>| {
        let entry = input.parse()?;
        if input.is_empty() { Ok(entry) } else { Err(input.error("expected `,`")) }
    };
    alone.parse2(tokens.clone()).map_err(|error| (key(tokens), error))
}

/// The doc comment among the attributes, lines.
pub(super) fn docs(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let syn::Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &attribute.meta.require_name_value().ok()?.value
        else {
            return None;
        };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
    });
    lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Tokens as a person would write them: spaces between words alone.
pub(super) fn compact(tokens: TokenStream) -> String {
    let spaced = tokens.to_string();
    let mut out = String::with_capacity(spaced.len());
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut letters = spaced.chars().peekable();
    while let Some(letter) = letters.next() {
        let between = out.chars().next_back().is_some_and(word) && letters.peek().is_some_and(|next| word(*next));
        if letter != ' ' || between || out.ends_with(',') {
            out.push(letter);
        }
    }
    out
}
