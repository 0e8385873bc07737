//! A shape as static data: what the runtime knows of it before a program runs.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use shapegen_runtime::definition::{ParamSource, Policy};
use shapegen_runtime::expr::{Comparison, Expr, Kind, Operand};

use super::print::{block, string};
use crate::emit::ddl::LocalDdl;
use crate::model::{Field, Filter, Local, Param, Shape};

/// `static DEFINITION: v1::ShapeDefinition = …;`
pub(super) fn definition(shape: &Shape) -> TokenStream {
    let (name, schema, table) = (string(&shape.name), string(&shape.table.schema), string(&shape.table.name));
    let columns = shape.fields.iter().map(column);
    let key = shape.key.iter().map(|&at| Literal::usize_unsuffixed(at));
    let filter = option(shape.filter.as_ref().map(filter));
    let params = shape.params.iter().map(param);
    let request = hash(shape.request);
    let policy = policy(shape.policy);
    let local = local(&shape.local, &LocalDdl::new(shape));
    quote! {
        static DEFINITION: v1::ShapeDefinition = v1::ShapeDefinition {
            name: #name,
            table: v1::Table { schema: #schema, name: #table },
            columns: &[#(#columns,)*],
            key: &[#(#key),*],
            filter: #filter,
            params: &[#(#params,)*],
            request: #request,
            policy: #policy,
            local: #local,
        };
    }
}

fn column(field: &Field) -> TokenStream {
    let (name, pg_type) = (string(&field.column), string(&field.pg_type));
    let mut column = quote!(v1::Column::new(#name, #pg_type));
    if field.dims > 0 {
        let dims = Literal::u8_unsuffixed(field.dims);
        column.extend(quote!(.array(#dims)));
    }
    if field.not_null {
        column.extend(quote!(.not_null()));
    }
    if field.local != field.column {
        let local = string(&field.local);
        column.extend(quote!(.local(#local)));
    }
    column
}

fn filter(filter: &Filter) -> TokenStream {
    let (sql, expr) = (string(&filter.sql), expr(&filter.expr));
    quote!(v1::Filter { sql: #sql, expr: #expr })
}

fn expr(tree: &Expr) -> TokenStream {
    match tree {
        Expr::Compare { op, kind, left, right } => {
            let (op, kind, left, right) = (comparison(*op), kind_of(*kind), operand(left), operand(right));
            quote!(v1::Expr::Compare { op: #op, kind: #kind, left: #left, right: #right })
        }
        Expr::IsNull { operand: tested, negated } => {
            let tested = operand(tested);
            quote!(v1::Expr::IsNull { operand: #tested, negated: #negated })
        }
        Expr::In { kind, operand: needle, list, negated } => {
            let (kind, needle, list) = (kind_of(*kind), operand(needle), list.iter().map(operand));
            quote! {
                v1::Expr::In { kind: #kind, operand: #needle, list: v1::Cow::Borrowed(&[#(#list),*]), negated: #negated }
            }
        }
        Expr::All(conditions) => {
            let conditions = conditions.iter().map(expr);
            quote!(v1::Expr::All(v1::Cow::Borrowed(&[#(#conditions),*])))
        }
        Expr::Any(conditions) => {
            let conditions = conditions.iter().map(expr);
            quote!(v1::Expr::Any(v1::Cow::Borrowed(&[#(#conditions),*])))
        }
    }
}

fn operand(operand: &Operand) -> TokenStream {
    match operand {
        Operand::Column(name) => {
            let name = string(name);
            quote!(v1::Operand::Column(v1::Cow::Borrowed(#name)))
        }
        Operand::Param(at) => {
            let at = Literal::u16_unsuffixed(*at);
            quote!(v1::Operand::Param(#at))
        }
        Operand::Literal(text) => {
            let text = string(text);
            quote!(v1::Operand::Literal(v1::Cow::Borrowed(#text)))
        }
        Operand::Null => quote!(v1::Operand::Null),
    }
}

fn comparison(op: Comparison) -> TokenStream {
    match op {
        Comparison::Equal => quote!(v1::Comparison::Equal),
        Comparison::NotEqual => quote!(v1::Comparison::NotEqual),
        Comparison::Less => quote!(v1::Comparison::Less),
        Comparison::LessOrEqual => quote!(v1::Comparison::LessOrEqual),
        Comparison::Greater => quote!(v1::Comparison::Greater),
        Comparison::GreaterOrEqual => quote!(v1::Comparison::GreaterOrEqual),
    }
}

fn kind_of(kind: Kind) -> TokenStream {
    match kind {
        Kind::Bool => quote!(v1::Kind::Bool),
        Kind::Integer => quote!(v1::Kind::Integer),
        Kind::Float => quote!(v1::Kind::Float),
        Kind::Numeric => quote!(v1::Kind::Numeric),
        Kind::Text => quote!(v1::Kind::Text),
        Kind::Uuid => quote!(v1::Kind::Uuid),
        Kind::Date => quote!(v1::Kind::Date),
        Kind::Time => quote!(v1::Kind::Time),
        Kind::Timestamp => quote!(v1::Kind::Timestamp),
        Kind::Timestamptz => quote!(v1::Kind::Timestamptz),
    }
}

fn param(param: &Param) -> TokenStream {
    let (name, pg_type) = (string(&param.name), string(&param.pg_type));
    let from = match param.from {
        ParamSource::Session => quote!(v1::ParamSource::Session),
        ParamSource::Caller => quote!(v1::ParamSource::Caller),
    };
    quote!(v1::Param { name: #name, from: #from, pg_type: #pg_type })
}

fn policy(policy: Policy) -> TokenStream {
    let Policy { kept, flush_within_ms, stale_after_s, max_age_s } = policy;
    let (flush_within_ms, stale_after_s) = (number(flush_within_ms), number(stale_after_s));
    let max_age_s = option(max_age_s.map(number));
    quote! {
        v1::Policy {
            kept: #kept,
            flush_within_ms: #flush_within_ms,
            stale_after_s: #stale_after_s,
            max_age_s: #max_age_s,
        }
    }
}

fn local(local: &Local, ddl: &LocalDdl) -> TokenStream {
    let (table, create, view) = (string(&local.table), block(&ddl.table), block(&ddl.view));
    let indexes = ddl.indexes.iter().map(|index| block(index));
    let fingerprint = hash(local.fingerprint);
    quote! {
        v1::LocalTable {
            table: #table,
            create: #create,
            indexes: &[#(#indexes,)*],
            view: #view,
            fingerprint: #fingerprint,
        }
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

/// A number with its digits in groups of three: `86_400`.
fn number(value: u32) -> Literal {
    let digits = value.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join("_").parse().unwrap_or_else(|_| Literal::u32_unsuffixed(value))
}

/// A hash in groups of four hexadecimal digits.
fn hash(value: u64) -> Literal {
    let groups = [48, 32, 16, 0].map(|shift| format!("{:04x}", (value >> shift) & 0xffff));
    format!("0x{}", groups.join("_")).parse().unwrap_or_else(|_| Literal::u64_unsuffixed(value))
}
