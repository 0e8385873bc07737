//! The code beside a struct or an enum that was written by hand: what a generated one has, in a scope where no name of the
//! program is in its way.

use proc_macro2::{Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};

use super::FORM;
use super::definition::definition;
use super::enums::pg_enum;
use super::print::{field_type, ident, string, tokens};
use super::shape::{Access, Null, RowField, ShapeCode};
use crate::catalog::QualifiedName;
use crate::emit::EmitError;
use crate::model::{Enum, Own, RustType, Shape};

/// A row struct that was written by hand.
pub(crate) struct Written<'w> {
    pub(crate) row: &'w Ident,
    pub(crate) visibility: TokenStream,
    /// In the order of the shape's fields.
    pub(crate) fields: Vec<WrittenField>,
    /// Fields that are no columns.
    pub(crate) skipped: Vec<Ident>,
    /// The path of the runtime crate.
    pub(crate) runtime: &'w TokenStream,
    /// What types of the program must be, and where each is written.
    pub(crate) checks: Vec<(Check, TokenStream, Span)>,
    /// Paths of what the code depends on, relative to the crate.
    pub(crate) inputs: &'w [String],
}

/// What the compiler holds a type of the program to.
pub(crate) enum Check {
    /// An enum that stands for this one.
    Enum(QualifiedName),
    /// What a composite type became.
    Composite,
    /// A newtype.
    Newtype,
}

/// A field of such a struct.
pub(crate) struct WrittenField {
    pub(crate) ident: Ident,
    pub(crate) ty: TokenStream,
    pub(crate) span: Span,
    pub(crate) with: Option<TokenStream>,
    /// NULL is read as the type's default.
    pub(crate) default: bool,
}

/// An enum that was written by hand.
pub(crate) struct WrittenEnum<'w> {
    pub(crate) ident: &'w Ident,
    /// In the order of the labels.
    pub(crate) variants: Vec<Ident>,
    /// For labels to come.
    pub(crate) other: &'w Ident,
    /// As for a struct.
    pub(crate) runtime: &'w TokenStream,
    /// As for a struct.
    pub(crate) inputs: &'w [String],
}

/// What stands beside a struct that derives a shape.
pub(crate) fn derived(shape: &Shape, written: &Written<'_>) -> Result<TokenStream, EmitError> {
    let Written { row, visibility, skipped, runtime, checks, inputs, .. } = written;
    // Words of the program are out of sight until every word of ours has its path.
    let mut words = Words::default();
    let mut shape = shape.clone();
    for param in &mut shape.params {
        param.ty = words.hide_paths(&param.ty)?;
    }
    let shape = &shape;
    let row = words.hide(quote!(#row));
    let skipped: Vec<Ident> = skipped.iter().map(|ident| words.hide(quote!(#ident))).collect();
    let fields = shape.fields.iter().zip(&written.fields).map(|(field, written)| {
        let WrittenField { ident, ty, span, with, default } = written;
        let name = words.hide(quote!(#ident));
        let hidden = words.hide(ty.clone());
        // Read as what the schema has, so that the compiler holds the field's type to it.
        let ty = if is_ours(&field.ty) && !*default { Some(field_type(field)?) } else { None };
        let null = match (field.not_null, *default) {
            (_, true) => Null::Default,
            (true, false) => Null::Refused,
            (false, false) => Null::Optional,
        };
        let with = with.as_ref().map(|with| {
            let with = words.hide(with.clone());
            quote!(#with)
        });
        let access = Access { with, null, ty, span: Span::call_site().located_at(*span) };
        Ok(RowField { field, name, ty: quote!(#hidden), access })
    });
    let fields = fields.collect::<Result<Vec<_>, EmitError>>()?;
    let code = ShapeCode { shape, row: &row, fields: &fields, skipped: &skipped, visibility };
    let (key, params) = (code.key_struct()?, code.params_struct()?);
    let params =
        params.map(|params| quote!(#[allow(dead_code, reason = "a program uses a part of a derived API")] #params));
    let outside = words.spell(quote!(#key #params), &quote!(#runtime::__private::v1));
    let finders = code
        .finders()?
        .map(|finders| quote!(#[allow(dead_code, reason = "a program uses a part of a derived API")] #finders));
    let params_impl = code.params_impl()?.map(|params| quote!(#[automatically_derived] #params));
    let (shape_impl, definition) = (code.shape_impl(&TokenStream::new())?, definition(shape));
    let inside = quote!(#params_impl #finders #[automatically_derived] #shape_impl #definition);
    let inside = words.spell(inside, &quote!(_shapegen));
    let checks = checks.iter().map(|(check, ty, span)| {
        let call = match check {
            Check::Enum(QualifiedName { schema, name }) => {
                let (schema, name) = (string(schema), string(name));
                quote!(check_enum::<#ty>(#schema, #name))
            }
            Check::Composite => quote!(check_composite::<#ty>()),
            Check::Newtype => quote!(check_newtype::<#ty>()),
        };
        located(quote!(const _: () = _shapegen::#call;), *span)
    });
    let scope = scope(runtime, quote!(#inside #(#checks)*), inputs);
    Ok(quote!(#outside #scope))
}

/// The structs beside a row struct.
pub(crate) struct Beside {
    pub(crate) structs: TokenStream,
    /// The type that tells rows apart.
    pub(crate) key: TokenStream,
    /// The name of what the program binds.
    pub(crate) params: Option<Ident>,
}

/// The structs beside a row struct with which something else is wrong. `own` has the name and the type of a column's
/// field, for a column that has one.
pub(crate) fn beside(
    shape: &Shape,
    row: &Ident,
    visibility: &TokenStream,
    own: &dyn Fn(&str) -> Option<(Ident, TokenStream)>,
    runtime: &TokenStream,
) -> Result<Beside, EmitError> {
    let mut words = Words::default();
    let row = words.hide(quote!(#row));
    let fields = shape.fields.iter().map(|field| {
        let (name, ty) = match own(&field.column) {
            Some((name, ty)) => (words.hide(quote!(#name)), words.hide(ty).into_token_stream()),
            None => (ident(&field.ident)?, field_type(field)?),
        };
        let access = Access { with: None, null: Null::Refused, ty: None, span: Span::call_site() };
        Ok(RowField { field, name, ty, access })
    });
    let fields = fields.collect::<Result<Vec<_>, EmitError>>()?;
    let code = ShapeCode { shape, row: &row, fields: &fields, skipped: &[], visibility };
    let (key_struct, params_struct) = (code.key_struct()?, code.params_struct()?);
    let key = match (&shape.key_struct, shape.key.as_slice()) {
        (None, [only]) => fields.get(*only).map_or_else(|| quote!(()), |field| field.ty.clone()),
        (Some(name), _) => ident(name)?.into_token_stream(),
        (None, _) => quote!(()),
    };
    let v1 = quote!(#runtime::__private::v1);
    Ok(Beside {
        structs: words.spell(quote!(#key_struct #params_struct), &v1),
        key: words.spell(key, &v1),
        params: shape.params_struct.as_deref().map(ident).transpose()?,
    })
}

/// What stands beside an enum that derives one of PostgreSQL.
pub(crate) fn derived_enum(item: &Enum, written: &WrittenEnum<'_>) -> TokenStream {
    let WrittenEnum { ident, variants, other, runtime, inputs } = written;
    let mut words = Words::default();
    let name = words.hide(quote!(#ident));
    let variants: Vec<Ident> = variants.iter().map(|variant| words.hide(quote!(#variant))).collect();
    let other = words.hide(quote!(#other));
    let pg_enum = pg_enum(item, &name, &variants, &quote!(#other));
    let value = quote!(v1::enum_value!(#name););
    let inside = words.spell(quote!(#[automatically_derived] #pg_enum #value), &quote!(_shapegen));
    scope(runtime, inside, inputs)
}

/// What stands beside a struct around one value.
pub(crate) fn derived_newtype(name: &Ident, inner: &TokenStream, runtime: &TokenStream) -> TokenStream {
    let inside = quote! {
        #[automatically_derived]
        impl ::core::convert::From<#inner> for #name {
            fn from(value: #inner) -> Self {
                Self(value)
            }
        }
        _shapegen::newtype_value!(#name);
    };
    scope(runtime, inside, &[])
}

/// Tokens that are all shown at one place.
fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let span = Span::call_site().located_at(span);
    let token = |token| match token {
        TokenTree::Group(group) => {
            let mut moved = Group::new(group.delimiter(), located(group.stream(), span));
            moved.set_span(span);
            TokenTree::Group(moved)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(token).collect()
}

/// A scope of its own, in which the runtime is `_shapegen`. A change of an input builds the crate anew.
fn scope(runtime: &TokenStream, inside: TokenStream, inputs: &[String]) -> TokenStream {
    let form = proc_macro2::Literal::u32_unsuffixed(FORM);
    let inputs = inputs.iter().map(|path| {
        let path = string(&format!("/{path}"));
        quote! {
            const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
        }
    });
    quote! {
        const _: () = {
            use #runtime::__private::v1 as _shapegen;
            #runtime::generated_for!(#form);
            #inside
            #(#inputs)*
        };
    }
}

/// Whether a type is made of nothing that the program has.
fn is_ours(ty: &RustType) -> bool {
    match ty {
        RustType::Scalar(_) => true,
        RustType::Enum(_)
        | RustType::Composite(_)
        | RustType::Newtype { .. }
        | RustType::JsonOf(_)
        | RustType::Own(_) => false,
        other => other.inner().is_some_and(is_ours),
    }
}

/// Words of the program, hidden behind words of nobody.
#[derive(Default)]
struct Words(Vec<TokenStream>);

impl Words {
    const HIDDEN: &str = "__shapegen_word_";

    fn hide(&mut self, tokens: TokenStream) -> Ident {
        self.0.push(tokens);
        format_ident!("{}{}", Self::HIDDEN, self.0.len() - 1)
    }

    /// A type with the paths of the program hidden.
    fn hide_paths(&mut self, ty: &RustType) -> Result<RustType, EmitError> {
        let mut hidden = |path: &str| -> Result<String, EmitError> { Ok(self.hide(tokens(path)?).to_string()) };
        Ok(match ty {
            RustType::Scalar(scalar) => RustType::Scalar(scalar),
            RustType::Enum(path) => RustType::Enum(hidden(path)?),
            RustType::Composite(path) => RustType::Composite(hidden(path)?),
            RustType::JsonOf(path) => RustType::JsonOf(hidden(path)?),
            RustType::Newtype { ident, inner } => RustType::Newtype { ident: hidden(ident)?, inner: inner.clone() },
            RustType::Own(Own { path, with, key }) => {
                let with = with.as_deref().map(&mut hidden).transpose()?;
                RustType::Own(Own { path: hidden(path)?, with, key: *key })
            }
            RustType::OrInfinity(inner) => RustType::OrInfinity(Box::new(self.hide_paths(inner)?)),
            RustType::Range(inner) => RustType::Range(Box::new(self.hide_paths(inner)?)),
            RustType::Multirange(inner) => RustType::Multirange(Box::new(self.hide_paths(inner)?)),
            RustType::Array(inner) => RustType::Array(Box::new(self.hide_paths(inner)?)),
            RustType::Nested(inner) => RustType::Nested(Box::new(self.hide_paths(inner)?)),
        })
    }

    /// Words of ours with their paths, which no name of the program is in the way of; and the program's own again.
    fn spell(&self, tokens: TokenStream, v1: &TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let (mut colon, mut dots) = (false, false);
        for token in tokens {
            // What comes behind `.` and `::` is found by itself.
            let after_dots = std::mem::take(&mut dots);
            let after_colon = std::mem::take(&mut colon);
            if let TokenTree::Punct(punct) = &token {
                dots = punct.as_char() == '.' || (after_colon && punct.as_char() == ':');
                colon = punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
            }
            match token {
                TokenTree::Group(group) => {
                    let mut spelt = Group::new(group.delimiter(), self.spell(group.stream(), v1));
                    spelt.set_span(group.span());
                    out.extend([TokenTree::Group(spelt)]);
                }
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    let hidden = word.strip_prefix(Self::HIDDEN).and_then(|at| self.0.get(at.parse::<usize>().ok()?));
                    out.extend(match (hidden, path(&word)) {
                        (Some(own), _) => own.clone(),
                        (None, Some(path)) if !after_dots => path,
                        (None, _) if word == "v1" && !after_dots => v1.clone(),
                        _ => quote!(#ident),
                    });
                }
                other => out.extend([other]),
            }
        }
        out
    }
}

/// The path of a word that everybody has, and that a program can give another meaning.
fn path(word: &str) -> Option<TokenStream> {
    Some(match word {
        "Option" => quote!(::core::option::Option),
        "Some" => quote!(::core::option::Option::Some),
        "None" => quote!(::core::option::Option::None),
        "Result" => quote!(::core::result::Result),
        "Ok" => quote!(::core::result::Result::Ok),
        "Vec" => quote!(::std::vec::Vec),
        "String" => quote!(::std::string::String),
        "Default" => quote!(::core::default::Default),
        "Debug" => quote!(::core::fmt::Debug),
        "Clone" => quote!(::core::clone::Clone),
        "PartialEq" => quote!(::core::cmp::PartialEq),
        "Eq" => quote!(::core::cmp::Eq),
        "PartialOrd" => quote!(::core::cmp::PartialOrd),
        "Ord" => quote!(::core::cmp::Ord),
        "Hash" => quote!(::core::hash::Hash),
        _ => return None,
    })
}
