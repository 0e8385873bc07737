//! One shape: row, key and parameter structs, finders, and the `Shape` implementation.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::definition::definition;
use super::print::{
    attributes, code, doc, docs, field_type, ident, marks, rust_type, string, tokens, use_runtime, use_super,
};
use crate::emit::EmitError;
use crate::model::{Field, Param, RustType, Shape};
use shapegen_runtime::definition::ParamSource;

pub(super) fn items(shape: &Shape) -> Result<Vec<TokenStream>, EmitError> {
    let types = shape.fields.iter().map(|field| &field.ty).chain(caller_params(shape).map(|param| &param.ty));
    let mut items = vec![use_runtime()];
    items.extend(use_super(types.filter_map(RustType::generated))?);
    items.push(row_struct(shape)?);
    items.extend(key_struct(shape)?);
    items.extend(params_struct(shape)?);
    items.extend(finders(shape)?);
    items.push(shape_impl(shape)?);
    items.push(definition(shape));
    Ok(items)
}

fn row_struct(shape: &Shape) -> Result<TokenStream, EmitError> {
    let name = ident(&shape.row)?;
    let docs = docs(&shape.docs, &format!("A row of {}.", code(&shape.table.name)));
    let marks = marks(&shape.marks)?;
    let fields = shape.fields.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(quote! {
        #docs
        #marks
        pub struct #name {
            #(#fields,)*
        }
    })
}

fn field(field: &Field) -> Result<TokenStream, EmitError> {
    let (name, ty) = (ident(&field.ident)?, field_type(field)?);
    let (docs, attributes) = (docs(&field.docs, ""), attributes(&field.attributes)?);
    Ok(quote!(#docs #attributes pub #name: #ty))
}

/// The fields of the key, in the key's order.
fn key_fields(shape: &Shape) -> Result<Vec<(Ident, &Field)>, EmitError> {
    shape.key.iter().map(|&at| Ok((ident(&shape.fields[at].ident)?, &shape.fields[at]))).collect()
}

fn key_struct(shape: &Shape) -> Result<Option<TokenStream>, EmitError> {
    let Some(name) = &shape.key_struct else { return Ok(None) };
    let name = ident(name)?;
    let docs = doc(&format!("What tells one [`{}`] from another.", shape.row));
    let fields = key_fields(shape)?
        .into_iter()
        .map(|(name, field)| Ok((name, field_type(field)?)))
        .collect::<Result<Vec<_>, _>>()?;
    let (names, types): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    Ok(Some(quote! {
        #docs
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct #name {
            #(pub #names: #types,)*
        }
    }))
}

/// What the program binds, in the order of the definition.
fn caller_params(shape: &Shape) -> impl Iterator<Item = &Param> {
    shape.params.iter().filter(|param| param.from == ParamSource::Caller)
}

fn params_struct(shape: &Shape) -> Result<Vec<TokenStream>, EmitError> {
    let Some(name) = &shape.params_struct else { return Ok(Vec::new()) };
    let name = ident(name)?;
    let docs = doc(&format!("Which rows of {} the program asks for.", code(&shape.name)));
    // A name that is compared as two types is two parameters, bound by one field.
    let mut fields: Vec<(&str, TokenStream)> = Vec::new();
    let mut puts = Vec::new();
    for param in caller_params(shape) {
        let field = ident(&param.name)?;
        if fields.iter().all(|(name, _)| *name != param.name) {
            let ty = rust_type(&param.ty)?;
            fields.push((&param.name, quote!(pub #field: #ty)));
        }
        puts.push(Access::of(&param.ty, true)?.put(quote!(self.#field)));
    }
    let fields = fields.into_iter().map(|(_, field)| field);
    Ok(vec![
        quote! {
            #docs
            #[derive(Debug, Clone, PartialEq)]
            pub struct #name {
                #(#fields,)*
            }
        },
        quote! {
            impl v1::ShapeParams for #name {
                fn encode<'a>(&'a self, out: &mut v1::Encoder<'a>) {
                    #(#puts)*
                }
            }
        },
    ])
}

fn finders(shape: &Shape) -> Result<Option<TokenStream>, EmitError> {
    if shape.indexes.is_empty() {
        return Ok(None);
    }
    let row = ident(&shape.row)?;
    let constants = shape.indexes.iter().map(|index| {
        let field = &shape.fields[index.field];
        let (constant, name, ty) = (ident(&index.constant)?, ident(&field.ident)?, field_type(field)?);
        let docs = doc(&format!("Rows by {} ({}).", code(&field.column), index.reason));
        let column = string(&field.column);
        Ok(quote!(#docs pub const #constant: v1::Index<Self, #ty> = v1::Index::new(#column, |row| &row.#name);))
    });
    let constants = constants.collect::<Result<Vec<_>, EmitError>>()?;
    Ok(Some(quote!(impl #row { #(#constants)* })))
}

fn shape_impl(shape: &Shape) -> Result<TokenStream, EmitError> {
    let row = ident(&shape.row)?;
    let fields = shape.fields.iter().map(|field| Ok((ident(&field.ident)?, Access::of(&field.ty, field.not_null)?)));
    let fields = fields.collect::<Result<Vec<_>, EmitError>>()?;
    let names = fields.iter().map(|(name, _)| name);
    let takes = fields.iter().map(|(_, access)| access.take());
    let merges = fields.iter().map(|(name, access)| access.merge(name));
    let puts = fields.iter().map(|(name, access)| access.put(quote!(self.#name)));
    let params = match &shape.params_struct {
        Some(name) => {
            let name = ident(name)?;
            quote!(#name)
        }
        None => quote!(()),
    };
    let Key { ty, of_row, decode, encode } = key(shape)?;
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
                Ok(Self { #(#names: #takes?,)* })
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

/// The key's type, and the bodies that make, read and write it.
struct Key {
    ty: TokenStream,
    of_row: TokenStream,
    decode: TokenStream,
    encode: TokenStream,
}

fn key(shape: &Shape) -> Result<Key, EmitError> {
    let fields = key_fields(shape)?;
    let access =
        fields.iter().map(|(_, field)| Access::of(&field.ty, field.not_null)).collect::<Result<Vec<_>, _>>()?;
    let peeks = access.iter().zip(&shape.key).map(|(access, &at)| access.peek(at));
    if let (None, [(name, field)]) = (&shape.key_struct, fields.as_slice()) {
        return Ok(Key {
            ty: field_type(field)?,
            of_row: owned(name, field),
            decode: quote!(#(#peeks)*),
            encode: access.iter().map(Access::put_key).collect(),
        });
    }
    let Some(name) = &shape.key_struct else { return Err(EmitError::Identifier(format!("the key of {}", shape.row))) };
    let name = ident(name)?;
    let names: Vec<&Ident> = fields.iter().map(|(name, _)| name).collect();
    let values = fields.iter().map(|(name, field)| owned(name, field));
    Ok(Key {
        // Through the parent, so that its re-export is used even where the program names no key.
        ty: quote!(super::#name),
        of_row: quote!(#name { #(#names: #values,)* }),
        decode: quote!(Ok(#name { #(#names: #peeks?,)* })),
        encode: access.iter().zip(&names).map(|(access, name)| access.put(quote!(key.#name))).collect(),
    })
}

/// How the values of a column are read and written: by their type, or by a module of the program.
struct Access {
    with: Option<TokenStream>,
    not_null: bool,
}

impl Access {
    fn of(ty: &RustType, not_null: bool) -> Result<Self, EmitError> {
        Ok(Self { with: ty.codec().map(tokens).transpose()?, not_null })
    }

    /// The module's function that reads the column.
    fn decode(&self, with: &TokenStream) -> TokenStream {
        if self.not_null { quote!(#with::decode) } else { quote!(v1::nullable(#with::decode)) }
    }

    fn take(&self) -> TokenStream {
        match &self.with {
            None => quote!(columns.take()),
            Some(with) => {
                let decode = self.decode(with);
                quote!(columns.take_with(#decode))
            }
        }
    }

    fn merge(&self, name: &Ident) -> TokenStream {
        match &self.with {
            None => quote!(columns.merge(&mut self.#name)),
            Some(with) => {
                let decode = self.decode(with);
                quote!(columns.merge_with(&mut self.#name, #decode))
            }
        }
    }

    fn peek(&self, at: usize) -> TokenStream {
        let at = Literal::usize_unsuffixed(at);
        match &self.with {
            None => quote!(columns.peek(#at)),
            Some(with) => {
                let decode = self.decode(with);
                quote!(columns.peek_with(#at, #decode))
            }
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
            Some(with) if self.not_null => quote!(out.put_with(Some(&#value), #with::local, #with::text);),
            Some(with) => quote!(out.put_with(#value.as_ref(), #with::local, #with::text);),
        }
    }
}

fn owned(name: &Ident, field: &Field) -> TokenStream {
    match &field.ty {
        ty if ty.is_copy() && !field.secret => quote!(self.#name),
        // Perhaps it is `Copy`: clippy would say so of a method call.
        RustType::Own(_) => quote!(Clone::clone(&self.#name)),
        _ => quote!(self.#name.clone()),
    }
}
