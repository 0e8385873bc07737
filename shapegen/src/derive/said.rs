//! What is wrong, as compiler errors at the very tokens; and warnings, as far as a macro can give any.

use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::document::{Document, Fragment, Origin};
use super::schema;
use crate::diagnostics::{Diagnostic, Printer, Severity};
use crate::source::{FileId, SourceMap};

/// Where diagnostics of a struct are said.
pub(super) struct Voice<'v> {
    pub(super) folder: &'v Path,
    /// The struct.
    pub(super) who: &'v Ident,
    /// The file of the sources that stands for the struct.
    pub(super) file: FileId,
    pub(super) document: &'v Document,
    pub(super) sources: &'v SourceMap,
    /// Where the schema or the manifest is named, which errors in those are said at.
    pub(super) named: Span,
}

impl Voice<'_> {
    /// An error for the compiler; `None` where another struct says it.
    pub(super) fn error(&self, diagnostic: &Diagnostic) -> Option<syn::Error> {
        let mut text = format!("{} [{}]", diagnostic.message, diagnostic.code.id);
        let (first, last) = match &diagnostic.primary {
            Some((span, label)) if span.file == self.file => match self.document.origin(&span.range()) {
                Some(Origin::Tokens(first, last)) => (*first, *last),
                Some(Origin::Literal(literal, fragment)) => {
                    text.push_str(&pointed(fragment, fragment.within(&span.range()), label));
                    (*literal, *literal)
                }
                Some(Origin::Words(fragment)) => {
                    let words = fragment.tokens(&fragment.within(&span.range()));
                    words.unwrap_or((self.who.span(), self.who.span()))
                }
                None => (self.who.span(), self.who.span()),
            },
            Some(_) => {
                let whole = Printer::new(self.sources, false).print(diagnostic);
                if !schema::says(self.folder, &whole, &self.who.to_string()) {
                    return None;
                }
                // The first line says what the message says.
                whole.lines().skip(1).for_each(|line| text.extend(["\n", line]));
                return Some(syn::Error::new(self.named, text));
            }
            None => (self.named, self.named),
        };
        for (span, label) in &diagnostic.secondary {
            if span.file != self.file {
                let place = Printer::new(self.sources, false).place(*span);
                let _ = write!(text, "\n= note: {label}: {place}");
            }
        }
        for help in &diagnostic.help {
            let _ = write!(text, "\n= help: {}", help.replace('\n', "\n        "));
        }
        let ends = [Ident::new("a", first), Ident::new("b", last)];
        Some(syn::Error::new_spanned(quote!(#(#ends)*), text))
    }

    /// A warning: a macro has none of its own, so a deprecated constant is used.
    fn warning(&self, number: usize, diagnostic: &Diagnostic) -> Option<TokenStream> {
        let error = self
            .error(diagnostic)
            .filter(|_| matches!(&diagnostic.primary, Some((span, _)) if span.file == self.file))?;
        let (text, name) = (format!("\n{error}"), format_ident!("WARNING_{}", number));
        let uses = quote_spanned!(Span::call_site().located_at(error.span())=> #name);
        Some(quote! {
            #[deprecated(note = #text)]
            const #name: () = ();
            const _: () = #uses;
        })
    }

    /// The struct's warnings. What there is to say of the schema's files, `shapegen catalog` says.
    pub(super) fn warnings(&self, diagnostics: &[Diagnostic]) -> TokenStream {
        let warnings = diagnostics.iter().filter(|one| one.severity == Severity::Warning).enumerate();
        warnings.filter_map(|(number, one)| self.warning(number, one)).collect()
    }
}

/// The lines of a fragment that hold some bytes, with a line of carets under each.
fn pointed(fragment: &Fragment, range: std::ops::Range<usize>, label: &str) -> String {
    let mut out = String::new();
    let mut start = 0;
    for line in fragment.text.split('\n') {
        let end = start + line.len();
        if range.start <= end && start <= range.end.max(range.start) {
            let from = range.start.max(start);
            let to = range.end.min(end).max(from);
            let count = |from: usize, to: usize| fragment.text.get(from..to).map_or(0, |text| text.chars().count());
            let carets = "^".repeat(count(from, to).max(1));
            let last = range.end <= end;
            let label = if last { label } else { "" };
            let _ = write!(out, "\n  | {line}\n  | {}{carets} {label}", " ".repeat(count(start, from)));
            if last {
                break;
            }
        }
        start = end + 1;
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>().trim_end().to_owned()
}
