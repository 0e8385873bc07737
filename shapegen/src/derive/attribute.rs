//! `#[shape(…)]` as it was written: keys and values with the places of everything.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Lit, LitStr, Token};

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
}

impl Entry {
    pub(super) fn is(&self, key: &str) -> bool {
        self.key == key
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

/// The entries of all `#[shape(…)]` among the attributes. A key that is written twice counts once.
pub(super) fn read(attributes: &[Attribute], errors: &mut Vec<syn::Error>) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("shape")) {
        let list = attribute.meta.require_list().and_then(|list| entries.parse2(list.tokens.clone()));
        match list {
            Ok(list) => {
                for entry in list {
                    if all.iter().any(|earlier| earlier.key == entry.key) {
                        errors.push(syn::Error::new(entry.key.span(), format!("`{}` is said twice", entry.key)));
                    } else {
                        all.push(entry);
                    }
                }
            }
            Err(error) => errors.push(error),
        }
    }
    all
}

/// An error at a key that `of` doesn't have.
pub(super) fn unknown(key: &Ident, of: &str, known: &[&str]) -> syn::Error {
    let word = key.to_string();
    let help = match nearest(&word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", listed(known, "or")),
    };
    syn::Error::new(key.span(), format!("there is no attribute `{word}` of {of}\n= help: {help}"))
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
