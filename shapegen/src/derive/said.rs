//! What is wrong, as compiler errors at the very tokens; and warnings, as far as a macro can give any.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

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
    /// The errors among them; none that would be an echo of what was said of an attribute.
    pub(super) fn errors(&self, diagnostics: &[Diagnostic]) -> Vec<syn::Error> {
        let echo = |diagnostic: &&Diagnostic| {
            let own = diagnostic.primary.as_ref().filter(|(span, _)| span.file == self.file);
            own.is_some_and(|(span, _)| self.document.is_doubtful(&span.range()))
        };
        let failed = diagnostics.iter().filter(|one| one.severity == Severity::Error && !echo(one));
        failed.filter_map(|one| self.error(one)).collect()
    }

    /// An error for the compiler; `None` where another struct says it.
    pub(super) fn error(&self, diagnostic: &Diagnostic) -> Option<syn::Error> {
        let mut text = self.headline(diagnostic);
        let (first, last) = match &diagnostic.primary {
            Some((span, label)) if span.file == self.file => match self.document.origin(&span.range()) {
                Some(Origin::Literal(literal, fragment)) => {
                    // Nothing is pointed at where there is nothing.
                    if !fragment.text.trim().is_empty() {
                        text.push_str(&pointed(fragment, fragment.within(&span.range()), label));
                    }
                    (*literal, *literal)
                }
                _ => self.tokens(&span.range()).unwrap_or((self.who.span(), self.who.span())),
            },
            Some(_) => {
                // What stands for the struct is nobody's file.
                let mut told = diagnostic.clone();
                told.secondary.retain(|(span, _)| span.file != self.file);
                let whole = Printer::new(self.sources, false).print(&told);
                let used = diagnostic.secondary.iter().find(|(span, _)| span.file == self.file);
                if let Some(place) = used.and_then(|(span, _)| self.tokens(&span.range())) {
                    whole.lines().skip(1).for_each(|line| text.extend(["\n", line]));
                    return Some(at(place, text));
                }
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
        Some(at((first, last), text))
    }

    /// The first line. Of which kind a wrong value is has no other place.
    fn headline(&self, diagnostic: &Diagnostic) -> String {
        let own = diagnostic.primary.as_ref().filter(|(span, _)| span.file == self.file);
        let kind = own.and_then(|(_, label)| label.strip_prefix("this is "));
        let kind = kind.map(|kind| format!(", not {kind}")).unwrap_or_default();
        format!("{}{kind} [{}]", diagnostic.message, diagnostic.code.id)
    }

    /// The first and the last token of some bytes of what stands for the struct.
    fn tokens(&self, range: &Range<usize>) -> Option<(Span, Span)> {
        Some(match self.document.origin(range)? {
            Origin::Tokens(first, last) => (*first, *last),
            Origin::Literal(literal, _) => (*literal, *literal),
            Origin::Words(fragment) => fragment.tokens(&fragment.within(range))?,
        })
    }

    /// A warning: a macro has none of its own, so a deprecated constant is used. The use stands where the program has the
    /// word: of uses that stand in a derive the compiler says nothing.
    fn warning(&self, number: usize, diagnostic: &Diagnostic) -> Option<TokenStream> {
        let error = self
            .error(diagnostic)
            .filter(|_| matches!(&diagnostic.primary, Some((span, _)) if span.file == self.file))?;
        let (text, name) = (format!("\n{error}"), format_ident!("WARNING_{}", number));
        let used = Ident::new(&name.to_string(), error.span());
        Some(quote! {
            #[deprecated(note = #text)]
            const #name: () = ();
            const _: () = #used;
        })
    }

    /// The struct's warnings, which an `allow` of the struct silences. What there is to say of the schema's files, `shapegen catalog` says.
    pub(super) fn warnings(&self, diagnostics: &[Diagnostic], attributes: &[syn::Attribute]) -> TokenStream {
        let warnings = diagnostics.iter().filter(|one| one.severity == Severity::Warning).enumerate();
        let warnings: Vec<TokenStream> = warnings.filter_map(|(number, one)| self.warning(number, one)).collect();
        let levels = ["allow", "warn", "deny", "forbid"];
        let levels = attributes.iter().filter(|attribute| levels.iter().any(|level| attribute.path().is_ident(level)));
        if warnings.is_empty() {
            return TokenStream::new();
        }
        quote! {
            #(#levels)*
            const _: () = { #(#warnings)* };
        }
    }
}

fn at((first, last): (Span, Span), text: String) -> syn::Error {
    let ends = [Ident::new("a", first), Ident::new("b", last)];
    syn::Error::new_spanned(quote!(#(#ends)*), text)
}

/// The lines of a fragment that hold some bytes, with a line of carets under each.
fn pointed(fragment: &Fragment, range: Range<usize>, label: &str) -> String {
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
