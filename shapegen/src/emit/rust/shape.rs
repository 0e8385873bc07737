//! One shape: row, key and parameter structs, finders, and the `Shape` implementation.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::definition::definition;
use super::print::{
    attributes, code, doc, docs, field_type, ident, marks, rust_type, string, tokens, use_runtime, use_super,
};
use crate::emit::EmitError;
use crate::model::{Field, Param, RustType, Shape};
use shapegen_runtime::definition::ParamSource;

pub(super) fn items(shape: &Shape) -> Result<Vec<TokenStream>, EmitError> {
    let types = shape.fields.iter().map(|field| &field.ty).chain(caller_params(shape).map(|param| &param.ty));
    let fields = shape.fields.iter().map(RowField::new).collect::<Result<Vec<_>, _>>()?;
    let row = ident(&shape.row)?;
    let code = ShapeCode { shape, row: &row, fields: &fields, skipped: &[], visibility: &quote!(pub) };
    let mut items = vec![use_runtime()];
    items.extend(use_super(types.filter_map(RustType::generated))?);
    items.push(code.row_struct()?);
    items.extend(code.key_struct()?);
    items.extend(code.params_struct()?);
    items.extend(code.params_impl()?);
    items.extend(code.finders()?);
    // Through the parent, so that its re-export is used even where the program names no key.
    items.push(code.shape_impl(&quote!(super::))?);
    items.push(definition(shape));
    Ok(items)
}

/// A shape as the code of one row struct, which is generated or was written by hand.
pub(super) struct ShapeCode<'c> {
    pub(super) shape: &'c Shape,
    /// The row struct's name.
    pub(super) row: &'c Ident,
    /// In the order of the shape's fields.
    pub(super) fields: &'c [RowField<'c>],
    /// Fields that are no columns.
    pub(super) skipped: &'c [Ident],
    /// Of the structs beside the row.
    pub(super) visibility: &'c TokenStream,
}

/// A field of the row struct.
pub(super) struct RowField<'c> {
    pub(super) field: &'c Field,
    pub(super) name: Ident,
    /// As it stands in the struct.
    pub(super) ty: TokenStream,
    pub(super) access: Access,
}

impl<'c> RowField<'c> {
    fn new(field: &'c Field) -> Result<Self, EmitError> {
        Ok(Self { field, name: ident(&field.ident)?, ty: field_type(field)?, access: Access::of_field(field)? })
    }

    /// The field's value, which the row keeps.
    fn owned(&self) -> TokenStream {
        let name = &self.name;
        match &self.field.ty {
            ty if ty.is_copy() && !self.field.secret => quote!(self.#name),
            // Perhaps it is `Copy`: clippy would say so of a method call.
            RustType::Own(_) => quote!(Clone::clone(&self.#name)),
            _ => quote!(self.#name.clone()),
        }
    }
}

/// What the program binds, in the order of the definition.
fn caller_params(shape: &Shape) -> impl Iterator<Item = &Param> {
    shape.params.iter().filter(|param| param.from == ParamSource::Caller)
}

impl ShapeCode<'_> {
    fn row_struct(&self) -> Result<TokenStream, EmitError> {
        let Self { shape, row, .. } = self;
        let docs = docs(&shape.docs, &format!("A row of {}.", code(&shape.table.name)));
        let marks = marks(&shape.marks)?;
        let fields = self.fields.iter().map(|RowField { field, name, ty, .. }| {
            let (docs, attributes) = (super::print::docs(&field.docs, ""), attributes(&field.attributes)?);
            Ok(quote!(#docs #attributes pub #name: #ty))
        });
        let fields = fields.collect::<Result<Vec<_>, EmitError>>()?;
        Ok(quote! {
            #docs
            #marks
            pub struct #row {
                #(#fields,)*
            }
        })
    }

    /// The fields of the key, in the key's order.
    fn key(&self) -> impl Iterator<Item = &RowField<'_>> {
        self.shape.key.iter().map(|&at| &self.fields[at])
    }

    pub(super) fn key_struct(&self) -> Result<Option<TokenStream>, EmitError> {
        let Some(name) = &self.shape.key_struct else { return Ok(None) };
        let (name, visibility) = (ident(name)?, self.visibility);
        let docs = doc(&format!("What tells one [`{}`] from another.", self.shape.row));
        let fields = self.key().map(|RowField { field, name, ty, .. }| {
            let docs = super::print::docs(&field.docs, &format!("The column {}.", code(&field.column)));
            quote!(#docs pub #name: #ty)
        });
        Ok(Some(quote! {
            #docs
            #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #visibility struct #name {
                #(#fields,)*
            }
        }))
    }

    pub(super) fn params_struct(&self) -> Result<Option<TokenStream>, EmitError> {
        let Some(name) = &self.shape.params_struct else { return Ok(None) };
        let (name, visibility) = (ident(name)?, self.visibility);
        let docs = doc(&format!("Which rows of {} the program asks for.", code(&self.shape.name)));
        // A name that is compared as two types is two parameters, bound by one field.
        let mut names: Vec<&str> = Vec::new();
        let mut fields = Vec::new();
        for param in caller_params(self.shape) {
            if !names.contains(&param.name.as_str()) {
                names.push(&param.name);
                let (field, ty) = (ident(&param.name)?, rust_type(&param.ty)?);
                let docs = doc(&format!("The value of {}.", code(&format!("${}", param.name))));
                fields.push(quote!(#docs pub #field: #ty));
            }
        }
        Ok(Some(quote! {
            #docs
            #[derive(Debug, Clone, PartialEq)]
            #visibility struct #name {
                #(#fields,)*
            }
        }))
    }

    pub(super) fn params_impl(&self) -> Result<Option<TokenStream>, EmitError> {
        let Some(name) = &self.shape.params_struct else { return Ok(None) };
        let name = ident(name)?;
        let puts = caller_params(self.shape).map(|param| {
            let field = ident(&param.name)?;
            Ok(Access::of(&param.ty, Null::Refused)?.put(quote!(self.#field)))
        });
        let puts = puts.collect::<Result<Vec<_>, EmitError>>()?;
        Ok(Some(quote! {
            impl v1::ShapeParams for #name {
                fn encode<'a>(&'a self, out: &mut v1::Encoder<'a>) {
                    #(#puts)*
                }
            }
        }))
    }

    pub(super) fn finders(&self) -> Result<Option<TokenStream>, EmitError> {
        if self.shape.indexes.is_empty() {
            return Ok(None);
        }
        let row = self.row;
        let constants = self.shape.indexes.iter().map(|index| {
            let RowField { field, name, ty, .. } = &self.fields[index.field];
            let constant = ident(&index.constant)?;
            let docs = doc(&format!("Rows by {} ({}).", code(&field.column), index.reason));
            let column = string(&field.column);
            Ok(quote!(#docs pub const #constant: v1::Index<Self, #ty> = v1::Index::new(#column, |row| &row.#name);))
        });
        let constants = constants.collect::<Result<Vec<_>, EmitError>>()?;
        Ok(Some(quote!(impl #row { #(#constants)* })))
    }

    /// `beside`: the path from the implementation to the key struct.
    pub(super) fn shape_impl(&self, beside: &TokenStream) -> Result<TokenStream, EmitError> {
        let Self { row, skipped, .. } = self;
        let names = self.fields.iter().map(|field| &field.name);
        let takes = self.fields.iter().map(|field| field.access.take());
        let merges = self.fields.iter().map(|field| field.access.merge(&field.name));
        let puts = self.fields.iter().map(|RowField { name, access, .. }| access.put(quote!(self.#name)));
        let params = match &self.shape.params_struct {
            Some(name) => {
                let name = ident(name)?;
                quote!(#name)
            }
            None => quote!(()),
        };
        let Key { ty, of_row, decode, encode } = self.key_code(beside)?;
        Ok(quote! {
            impl v1::Shape for #row {
                type Key = #ty;
                type Params = #params;
                const DEFINITION: &'static v1::ShapeDefinition = &DEFINITION;

                fn key(&self) -> Self::Key {
                    #of_row
                }
                fn decode_key(columns: &v1::Columns<'_>) -> Result<Self::Key, v1::ColumnError> {
                    #decode
                }
                fn decode(columns: &mut v1::Columns<'_>) -> Result<Self, v1::ColumnError> {
                    Ok(Self { #(#names: #takes?,)* #(#skipped: Default::default(),)* })
                }
                fn merge(&mut self, columns: &mut v1::Columns<'_>) -> Result<(), v1::ColumnError> {
                    #(#merges?;)*
                    Ok(())
                }
                fn encode<'a>(&'a self, out: &mut v1::Encoder<'a>) {
                    #(#puts)*
                }
                fn encode_key<'a>(key: &'a Self::Key, out: &mut v1::Encoder<'a>) {
                    #encode
                }
            }
        })
    }

    fn key_code(&self, beside: &TokenStream) -> Result<Key, EmitError> {
        let fields: Vec<&RowField<'_>> = self.key().collect();
        let peeks = fields.iter().zip(&self.shape.key).map(|(field, &at)| field.access.peek(at));
        if let (None, [field]) = (&self.shape.key_struct, fields.as_slice()) {
            return Ok(Key {
                ty: field.ty.clone(),
                of_row: field.owned(),
                decode: quote!(#(#peeks)*),
                encode: field.access.put_key(),
            });
        }
        let Some(name) = &self.shape.key_struct else {
            return Err(EmitError::Identifier(format!("the key of {}", self.shape.row)));
        };
        let name = ident(name)?;
        let names: Vec<&Ident> = fields.iter().map(|field| &field.name).collect();
        let values = fields.iter().map(|field| field.owned());
        Ok(Key {
            ty: quote!(#beside #name),
            of_row: quote!(#name { #(#names: #values,)* }),
            decode: quote!(Ok(#name { #(#names: #peeks?,)* })),
            encode: fields.iter().zip(&names).map(|(field, name)| field.access.put(quote!(key.#name))).collect(),
        })
    }
}

/// The key's type, and the bodies that make, read and write it.
struct Key {
    ty: TokenStream,
    of_row: TokenStream,
    decode: TokenStream,
    encode: TokenStream,
}

/// What becomes of NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// An error.
    Refused,
    /// `None`.
    Optional,
    /// The type's default.
    Default,
}

/// How the values of a column are read and written: by their type, or by a module of the program.
pub(super) struct Access {
    pub(super) with: Option<TokenStream>,
    pub(super) null: Null,
    /// The field's type where it is not left to the compiler to find it.
    pub(super) ty: Option<TokenStream>,
    /// Where a wrong type is shown.
    pub(super) span: Span,
}

impl Access {
    fn of(ty: &RustType, null: Null) -> Result<Self, EmitError> {
        Ok(Self { with: ty.codec().map(tokens).transpose()?, null, ty: None, span: Span::call_site() })
    }

    fn of_field(field: &Field) -> Result<Self, EmitError> {
        Self::of(&field.ty, if field.not_null { Null::Refused } else { Null::Optional })
    }

    /// The function that reads the column, where it isn't its type's own.
    fn decode(&self) -> Option<TokenStream> {
        let decode = match (&self.with, &self.ty) {
            (Some(with), _) => quote!(#with::decode),
            (None, _) if self.null != Null::Default => return None,
            (None, Some(ty)) => quote!(<#ty as v1::PgValue>::decode),
            (None, None) => quote!(v1::PgValue::decode),
        };
        Some(match self.null {
            Null::Refused => decode,
            Null::Optional => quote!(v1::nullable(#decode)),
            Null::Default => quote!(v1::or_default(#decode)),
        })
    }

    fn take(&self) -> TokenStream {
        match (self.decode(), &self.ty) {
            (Some(decode), _) => quote_spanned!(self.span=> columns.take_with(#decode)),
            (None, Some(ty)) => quote_spanned!(self.span=> columns.take::<#ty>()),
            (None, None) => quote_spanned!(self.span=> columns.take()),
        }
    }

    fn merge(&self, name: &Ident) -> TokenStream {
        match self.decode() {
            None => quote!(columns.merge(&mut self.#name)),
            Some(decode) => quote!(columns.merge_with(&mut self.#name, #decode)),
        }
    }

    fn peek(&self, at: usize) -> TokenStream {
        let at = Literal::usize_unsuffixed(at);
        match self.decode() {
            None => quote!(columns.peek(#at)),
            Some(decode) => quote!(columns.peek_with(#at, #decode)),
        }
    }

    /// Writes a key of one column, which comes as a reference.
    fn put_key(&self) -> TokenStream {
        match &self.with {
            None => quote!(out.put(key);),
            Some(with) => quote!(out.put_with(Some(key), #with::local, #with::text);),
        }
    }

    fn put(&self, value: TokenStream) -> TokenStream {
        match &self.with {
            None => quote!(out.put(&#value);),
            Some(with) if self.null == Null::Optional => {
                quote!(out.put_with(#value.as_ref(), #with::local, #with::text);)
            }
            Some(with) => quote!(out.put_with(Some(&#value), #with::local, #with::text);),
        }
    }
}
