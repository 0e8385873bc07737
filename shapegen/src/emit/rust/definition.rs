//! A shape as static data: what the runtime knows of it before a program runs.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use shapegen_runtime::definition::{ParamSource, Policy, Transport};
use shapegen_runtime::expr::{Comparison, Expr, Function, Kind, Like, Operand, Scalar, Select, Test};

use super::print::{block, string};
use crate::emit::ddl::LocalDdl;
use crate::model::{Field, Filter, Load, Local, Newest, Param, Shape};

/// `static DEFINITION: v1::ShapeDefinition = …;`
pub(super) fn definition(shape: &Shape) -> TokenStream {
    let (name, schema, table) = (string(&shape.name), string(&shape.table.schema), string(&shape.table.name));
    let columns = shape.fields.iter().map(column);
    let key = shape.key.iter().map(|&at| Literal::usize_unsuffixed(at));
    let filter = option(shape.filter.as_ref().map(filter));
    let params = shape.params.iter().map(param);
    let request = hash(shape.request);
    let (load, replica) = (load(&shape.load), variant(&shape.replica));
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
            load: #load,
            replica: v1::Replica::#replica,
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
    if let Some(form) = &field.stored_as {
        let form = string(form);
        column.extend(quote!(.stored_as(#form)));
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
            let (kind, needle, list) = (kind_of(*kind), operand(needle), operands(list));
            quote!(v1::Expr::In { kind: #kind, operand: #needle, list: #list, negated: #negated })
        }
        Expr::All(conditions) => {
            let conditions = exprs(conditions);
            quote!(v1::Expr::All(#conditions))
        }
        Expr::Any(conditions) => {
            let conditions = exprs(conditions);
            quote!(v1::Expr::Any(#conditions))
        }
        Expr::IsTruth { condition, truth, negated } => {
            let (condition, truth) = (exprs(condition), option(*truth));
            quote!(v1::Expr::IsTruth { condition: #condition, truth: #truth, negated: #negated })
        }
        Expr::Distinct { kind, left, right, negated } => {
            let (kind, left, right) = (kind_of(*kind), operand(left), operand(right));
            quote!(v1::Expr::Distinct { kind: #kind, left: #left, right: #right, negated: #negated })
        }
        Expr::Like { test, text, pattern } => {
            let (test, text, pattern) = (like(*test), operand(text), operand(pattern));
            quote!(v1::Expr::Like { test: #test, text: #text, pattern: #pattern })
        }
        Expr::Quantified { test, kind, left, array, every } => {
            let test = match test {
                Test::Compare(op) => {
                    let op = comparison(*op);
                    quote!(v1::Test::Compare(#op))
                }
                Test::Like(test) => {
                    let test = like(*test);
                    quote!(v1::Test::Like(#test))
                }
            };
            let (kind, left, array) = (kind_of(*kind), operand(left), operand(array));
            quote! {
                v1::Expr::Quantified { test: #test, kind: #kind, left: #left, array: #array, every: #every }
            }
        }
        Expr::Arrays { test, kind, left, right, negated } => {
            let (test, kind, left, right) = (variant(test), kind_of(*kind), operand(left), operand(right));
            quote! {
                v1::Expr::Arrays { test: v1::ArrayTest::#test, kind: #kind, left: #left, right: #right, negated: #negated }
            }
        }
        Expr::InSelect { operands: needles, kinds, select, negated } => {
            let (needles, kinds) = (operands(needles), kinds.iter().map(|kind| kind_of(*kind)));
            let select = select.iter().map(select_of);
            quote! {
                v1::Expr::InSelect {
                    operands: #needles,
                    kinds: v1::Cow::Borrowed(&[#(#kinds),*]),
                    select: v1::Cow::Borrowed(&[#(#select),*]),
                    negated: #negated,
                }
            }
        }
    }
}

fn exprs(conditions: &[Expr]) -> TokenStream {
    let conditions = conditions.iter().map(expr);
    quote!(v1::Cow::Borrowed(&[#(#conditions),*]))
}

fn select_of(select: &Select) -> TokenStream {
    let (schema, table, condition) = (string(&select.schema), string(&select.table), expr(&select.condition));
    let columns = select.columns.iter().map(|column| {
        let column = string(column);
        quote!(v1::Cow::Borrowed(#column))
    });
    quote! {
        v1::Select {
            schema: v1::Cow::Borrowed(#schema),
            table: v1::Cow::Borrowed(#table),
            columns: v1::Cow::Borrowed(&[#(#columns),*]),
            condition: #condition,
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
        Operand::Call { function: called, args } => {
            let (called, args) = (function(*called), operands(args));
            quote!(v1::Operand::Call { function: #called, args: #args })
        }
        Operand::Condition(conditions) => {
            let conditions = exprs(conditions);
            quote!(v1::Operand::Condition(#conditions))
        }
    }
}

fn operands(list: &[Operand]) -> TokenStream {
    let list = list.iter().map(operand);
    quote!(v1::Cow::Borrowed(&[#(#list),*]))
}

fn function(function: Function) -> TokenStream {
    use Function::{
        Absolute, Add, AddInterval, Array, ArrayAppend, ArrayCat, ArrayPrepend, BitAnd, BitNot, BitOr, BitXor, Cast,
        Coalesce, Divide, Greatest, Least, Multiply, Negate, Subtract, SubtractInterval, TimeBetween,
    };
    let name = variant(&function);
    match function {
        Add(of) | Subtract(of) | Multiply(of) | Divide(of) | Negate(of) | Absolute(of) | BitAnd(of) | BitOr(of)
        | BitXor(of) | BitNot(of) => {
            let of = variant(&of);
            quote!(v1::Function::#name(v1::Number::#of))
        }
        Coalesce(kind) | Greatest(kind) | Least(kind) | Array(kind) | ArrayCat(kind) | ArrayAppend(kind)
        | ArrayPrepend(kind) => {
            let kind = kind_of(kind);
            quote!(v1::Function::#name(#kind))
        }
        AddInterval(of) | SubtractInterval(of) | TimeBetween(of) => {
            let of = scalar(of);
            quote!(v1::Function::#name(#of))
        }
        Cast { from, to, array } => {
            let (from, to) = (scalar(from), scalar(to));
            quote!(v1::Function::Cast { from: #from, to: #to, array: #array })
        }
        _ => quote!(v1::Function::#name),
    }
}

fn scalar(scalar: Scalar) -> TokenStream {
    let name = variant(&scalar);
    match scalar {
        Scalar::Number(of) => {
            let of = variant(&of);
            quote!(v1::Scalar::Number(v1::Number::#of))
        }
        _ => quote!(v1::Scalar::#name),
    }
}

fn comparison(op: Comparison) -> TokenStream {
    let name = variant(&op);
    quote!(v1::Comparison::#name)
}

fn like(test: Like) -> TokenStream {
    let Like { any_case, negated } = test;
    quote!(v1::Like { any_case: #any_case, negated: #negated })
}

fn kind_of(kind: Kind) -> TokenStream {
    match kind {
        Kind::Array(element) => {
            let element = kind_of(*element);
            quote!(v1::Kind::Array(&#element))
        }
        kind => {
            let name = variant(&kind);
            quote!(v1::Kind::#name)
        }
    }
}

/// The name of a variant, which is how its `Debug` begins.
fn variant(value: &impl std::fmt::Debug) -> Ident {
    let shown = format!("{value:?}");
    let end = shown.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(shown.len());
    format_ident!("{}", &shown[..end])
}

fn param(param: &Param) -> TokenStream {
    let (name, pg_type) = (string(&param.name), string(&param.pg_type));
    let from = match param.from {
        ParamSource::Identity => quote!(v1::ParamSource::Identity),
        ParamSource::Session => quote!(v1::ParamSource::Session),
        ParamSource::Caller => quote!(v1::ParamSource::Caller),
    };
    quote!(v1::Param { name: #name, from: #from, pg_type: #pg_type })
}

fn load(load: &Load) -> TokenStream {
    match load {
        Load::All => quote!(v1::Load::All),
        Load::FromNow => quote!(v1::Load::FromNow),
        Load::Newest(newest) => {
            let Newest { count, order, order_by, older, older_undated } = &**newest;
            let order = order.iter().map(|&at| Literal::usize_unsuffixed(at));
            let (count, order_by, older) = (number(*count), string(order_by), filter(older));
            let older_undated = option(older_undated.as_ref().map(filter));
            quote! {
                v1::Load::Newest(v1::Newest {
                    count: #count,
                    order: &[#(#order),*],
                    order_by: #order_by,
                    older: #older,
                    older_undated: #older_undated,
                })
            }
        }
    }
}

fn policy(policy: Policy) -> TokenStream {
    let Policy { kept, flush_within_ms, stale_after_s, max_age_s, transport } = policy;
    let (flush_within_ms, stale_after_s) = (number(flush_within_ms), number(stale_after_s));
    let max_age_s = option(max_age_s.map(number));
    let transport = match transport {
        Transport::LongPoll => quote!(v1::Transport::LongPoll),
        Transport::Events => quote!(v1::Transport::Events),
    };
    quote! {
        v1::Policy {
            kept: #kept,
            flush_within_ms: #flush_within_ms,
            stale_after_s: #stale_after_s,
            max_age_s: #max_age_s,
            transport: #transport,
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
