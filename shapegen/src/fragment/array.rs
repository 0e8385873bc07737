//! Arrays: their elements, slices and joins.

use super::check::Checker;
use super::compare::as_text;
use super::span::span;
use super::types::{Base, Category, Type};
use super::value::Term;
use crate::diagnostics::codes;
use shapegen_runtime::expr::{Function, Operand};
use sqlparser::ast::{self};

impl<'a> Checker<'a, '_> {
    /// One of several values of a type.
    pub(super) fn element(&mut self, term: &Term<'a>, base: Base) -> Option<Operand> {
        let operand = self.resolve(term, base, term)?;
        // Of several types of texts PostgreSQL takes the first, Electric the preferred one.
        let other_text =
            term.base_or_open().flatten().is_some_and(|own| own != base && own.category() == Category::Text);
        Some(if other_text { as_text(operand) } else { self.typed_literal(operand, term, base) })
    }

    pub(super) fn array_or_open(&mut self, term: &Term<'a>, base: Base, other: &Term<'a>) -> Option<Operand> {
        match &term.ty {
            Some(_) => term.operand.clone(),
            None => {
                let operand = self.resolve_array(term, base, other)?;
                let function = Function::Cast { from: base.scalar(), to: base.scalar(), array: true };
                Some(if operand == Operand::Null { operand } else { Operand::call(function, vec![operand]) })
            }
        }
    }

    pub(super) fn append(
        &mut self,
        expr: &ast::Expr,
        array: &Term<'a>,
        element: &Term<'a>,
        before: bool,
    ) -> Option<Term<'a>> {
        let name = if before { "array_prepend" } else { "array_append" };
        let of = if before { [element, array] } else { [array, element] };
        let base = match (&array.ty, element.base_or_open()) {
            (Some(Type::Array(base)), Some(of))
                if of.is_none_or(|of| of == *base || (of.becomes(*base) && *base != Base::Varchar)) =>
            {
                *base
            }
            _ => return self.no_overload(expr, name, &of),
        };
        let element = self.element(element, base)?;
        let array = array.operand.clone()?;
        let (function, args) = if before {
            (Function::ArrayPrepend(base.kind()), vec![element, array])
        } else {
            (Function::ArrayAppend(base.kind()), vec![array, element])
        };
        self.call_typed(expr, function, args, Type::Array(base), &of)
    }

    /// `||` where one side is an array.
    pub(super) fn join_arrays(&mut self, expr: &ast::Expr, left: Term<'a>, right: Term<'a>) -> Option<Term<'a>> {
        if left.ty.is_none() || right.ty.is_none() {
            let message = "Electric takes this for an element, PostgreSQL for an array".to_owned();
            let at = if left.ty.is_none() { left.at } else { right.at };
            let help = "write `array['…']` or `'…'::text`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, at, message, "must say its type", [help]);
            return None;
        }
        match (&left.ty, &right.ty) {
            (Some(Type::Array(one)), Some(Type::Array(other))) if one == other => {
                let base = *one;
                let args = vec![left.operand.clone()?, right.operand.clone()?];
                self.call_typed(expr, Function::ArrayCat(base.kind()), args, Type::Array(base), &[&left, &right])
            }
            (Some(Type::Array(_)), Some(Type::Base(_))) => self.append(expr, &left, &right, false),
            (Some(Type::Base(_)), Some(Type::Array(_))) => self.append(expr, &right, &left, true),
            _ => self.no_overload(expr, "||", &[&left, &right]),
        }
    }

    /// `array[…]`
    pub(super) fn array(&mut self, expr: &'a ast::Expr, elements: &'a [ast::Expr]) -> Option<Term<'a>> {
        let terms: Vec<Option<Term<'a>>> = elements.iter().map(|element| self.value(element)).collect();
        let terms = terms.into_iter().collect::<Option<Vec<_>>>()?;
        let of: Vec<&Term<'a>> = terms.iter().collect();
        let arrays = of.iter().map(|term| match &term.ty {
            Some(Type::Array(base)) => Some(*base),
            _ => None,
        });
        if let Some(bases) = arrays.collect::<Option<Vec<Base>>>()
            && let Some(base) = bases.first().copied()
            && bases.iter().all(|other| *other == base)
        {
            let args = terms.iter().map(|term| term.operand.clone()).collect::<Option<Vec<_>>>()?;
            return self.call_typed(expr, Function::Array(base.kind().array()?), args, Type::Array(base), &of);
        }
        let Some(base) = self.common(&of).filter(|_| !of.is_empty()) else {
            let message = if of.is_empty() {
                "an array without elements has no type".to_owned()
            } else {
                format!("an array can't hold {}", of.iter().map(|term| term.what()).collect::<Vec<_>>().join(" and "))
            };
            let help = "its elements are of one type, and no enums: `'{}'::text[]`, `column::text`".to_owned();
            self.error(&codes::FRAGMENT_TYPE, span(expr), message, "no type for all", [help]);
            return None;
        };
        let args: Vec<Option<Operand>> = terms.iter().map(|term| self.element(term, base)).collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        self.call_typed(expr, Function::Array(base.kind()), args, Type::Array(base), &of)
    }

    /// `a[1]`, `a[1:2]`
    pub(super) fn subscript(
        &mut self,
        expr: &'a ast::Expr,
        root: &'a ast::Expr,
        chain: &'a [ast::AccessExpr],
    ) -> Option<Term<'a>> {
        let array = self.value(root)?;
        let Some(Type::Array(base)) = array.ty else {
            let message = format!("{} is no array", array.what());
            self.error(&codes::FRAGMENT_TYPE, array.at, message, "has no elements", []);
            return None;
        };
        let mut bounds: Vec<(Option<Term<'a>>, Option<Term<'a>>, bool)> = Vec::with_capacity(chain.len());
        for access in chain {
            let mut bound = |bound: &'a ast::Expr| {
                let term = self.value(bound)?;
                if term.base_or_open().flatten().is_some_and(Base::is_whole) {
                    return Some(term);
                }
                let message = format!("{} is no place in an array", term.what());
                self.error(&codes::FRAGMENT_TYPE, term.at, message, "not a whole number", []);
                None
            };
            match access {
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => {
                    bounds.push((None, Some(bound(index)?), false));
                }
                ast::AccessExpr::Subscript(ast::Subscript::Slice { lower_bound, upper_bound, stride: None }) => {
                    let lower = match lower_bound {
                        Some(lower) => Some(bound(lower)?),
                        None => None,
                    };
                    let upper = match upper_bound {
                        Some(upper) => Some(bound(upper)?),
                        None => None,
                    };
                    bounds.push((lower, upper, true));
                }
                _ => return self.unsupported(expr, "fields of a value", []),
            }
        }
        let terms = || bounds.iter().flat_map(|(lower, upper, _)| lower.iter().chain(upper));
        let of: Vec<&Term<'a>> = std::iter::once(&array).chain(terms()).collect();
        let mut args = vec![array.operand.clone()?];
        if bounds.iter().all(|(.., slice)| !slice) {
            args.extend(terms().filter_map(|term| term.operand.clone()));
            return self.call(expr, Function::Index, args, base, &of);
        }
        for (lower, upper, slice) in &bounds {
            let operand = |bound: &Option<Term<'a>>| match bound {
                Some(term) => term.operand.clone(),
                None => Some(Operand::Null),
            };
            // Among slices an index is the slice that begins at 1.
            args.push(if *slice { operand(lower)? } else { Operand::literal("1") });
            args.push(operand(upper)?);
        }
        self.call_typed(expr, Function::Slice, args, Type::Array(base), &of)
    }
}
