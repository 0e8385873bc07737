//! The types of a struct's fields, held against the columns that they are for.

use crate::catalog::{BaseType, Column};
use crate::diagnostics::{Diagnostic, Report, codes, listed};
use crate::fragment::Subject;
use crate::manifest::{Shape, StructField, WrittenType};
use crate::model::{Own, RustType, Scalar, scalar};

use super::selector::column_of;
use super::types::{self, Types};

/// Takes over the types that a struct gives its columns. A field of no column is left to the selection to report.
pub(super) fn declare(entry: &Shape, subject: Subject<'_>, types: &mut Types<'_>, report: &mut Report) {
    let mut declared = Vec::new();
    for field in entry.fields.iter().flatten() {
        let Some(column) = column_of(subject.table, &field.column.value) else { continue };
        let reader = Reader { subject, types, field, column };
        match reader.ty() {
            Ok(ty) => declared.push((field.column.value.clone(), ty)),
            Err(wrong) => wrong.into_iter().for_each(|diagnostic| report.push(diagnostic)),
        }
    }
    for (column, ty) in declared {
        types.declare(subject.name, column, ty);
    }
}

/// Reads the type of one field.
struct Reader<'r> {
    subject: Subject<'r>,
    types: &'r Types<'r>,
    field: &'r StructField,
    column: &'r Column,
}

impl Reader<'_> {
    /// The field's type without `Option` and `Secret`, or everything that is wrong with it.
    fn ty(&self) -> Result<RustType, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let written = &self.field.ty.value;
        let (optional, inner) = match written.around("Option") {
            Some(inner) => (true, inner),
            None => (false, written),
        };
        let (redacted, inner) = match inner.around("Secret") {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        wrong.extend(self.nullability(optional));
        if let (Some(span), false) = (self.field.secret, redacted) {
            let message = format!("`{}` is secret, and its type would show it", self.field.ident);
            let shown = self.around("Secret", inner);
            let error = Diagnostic::error(&codes::RUST_TYPE, message).at(span, "not redacted by a type");
            wrong.push(error.help(format!("write `{shown}`: `Debug` and errors show no value of it")));
        }
        match self.value(inner) {
            Ok(ty) if wrong.is_empty() => Ok(ty),
            Ok(_) => Err(wrong),
            // What is written instead can be NULL where it must.
            Err(error) => {
                wrong.retain(|earlier| earlier.primary.as_ref().is_none_or(|(span, _)| *span != self.field.ty.span));
                wrong.push(*error);
                Err(wrong)
            }
        }
    }

    /// The field's type with something around the value.
    fn around(&self, wrapper: &str, inner: &WrittenType) -> String {
        self.with_null(format!("{wrapper}<{inner}>"))
    }

    /// A type with room for NULL where the column has need of it.
    fn with_null(&self, ty: impl std::fmt::Display) -> String {
        if self.column.not_null || self.field.default.is_some() { ty.to_string() } else { format!("Option<{ty}>") }
    }

    fn nullability(&self, optional: bool) -> Option<Diagnostic> {
        let (name, written) = (&self.column.name, &self.field.ty);
        let error = |message: String| Diagnostic::error(&codes::RUST_TYPE, message);
        match (self.column.not_null, optional, self.field.default) {
            (false, false, None) => Some(
                error(format!("the column `{name}` can be NULL, and `{}` can't hold that", written.value))
                    .at(written.span, "no `Option`")
                    .see(self.column.span, "declared here")
                    .help(format!("write `Option<{}>`", written.value))
                    .help("`#[shape(default)]` reads NULL as the type's default instead"),
            ),
            (true, true, None) => Some(
                error(format!("the column `{name}` is NOT NULL, so the field is never `None`"))
                    .at(written.span, "an `Option`")
                    .see(self.column.span, "declared here")
                    .help(match written.value.around("Option") {
                        Some(inner) => format!("write `{inner}`"),
                        None => "write it without `Option`".to_owned(),
                    }),
            ),
            (true, _, Some(span)) => Some(
                error(format!("the column `{name}` is NOT NULL, so there is nothing to read as a default"))
                    .at(span, "never NULL")
                    .see(self.column.span, "declared here")
                    .help("remove `default`"),
            ),
            (false, true, Some(span)) => Some(
                error(format!("`{}` holds NULL as `None`, so it needs no `default`", self.field.ident))
                    .at(span, "NULL is `None` already")
                    .help("remove `default`, or the `Option`"),
            ),
            _ => None,
        }
    }

    fn value(&self, written: &WrittenType) -> Result<RustType, Box<Diagnostic>> {
        let usual = self.types.column(self.subject.name, self.column, &mut |name| name.name.clone()).ty;
        if let Some(with) = &self.field.with {
            let (path, key) = (written.to_string(), usual.is_key());
            return Ok(RustType::Own(Own { path, with: Some(with.value.clone()), key }));
        }
        if let Some(span) = self.field.json
            && written.word != "JsonOf"
        {
            let message = format!("`{}` is a JSON document, and `{written}` wouldn't keep its text", self.field.ident);
            let error = Diagnostic::error(&codes::RUST_TYPE, message).at(span, "said to be JSON");
            return Err(Box::new(error.help(format!(
                "write `{}`: it reads as a `{written}`, and members that `{written}` doesn't know stay",
                self.around("JsonOf", written)
            ))));
        }
        self.fitted(&usual, written)
    }

    /// The type as written, where it can hold what the usual one holds.
    fn fitted(&self, usual: &RustType, written: &WrittenType) -> Result<RustType, Box<Diagnostic>> {
        let inside = |inner: &RustType, around: fn(Box<RustType>) -> RustType| match written.arguments.as_slice() {
            [only] => self.fitted(inner, only).map(|inner| around(Box::new(inner))),
            _ => Err(self.unfit(usual, written)),
        };
        match (usual, written.word.as_str()) {
            (RustType::Array(inner), "Vec") => match written.arguments.as_slice() {
                [element] => match element.around("Option") {
                    Some(element) => self.fitted(inner, element).map(|inner| RustType::Array(Box::new(inner))),
                    None => Err(self.elements(element)),
                },
                _ => Err(self.unfit(usual, written)),
            },
            (RustType::Nested(inner), "Array") => inside(inner, RustType::Nested),
            (RustType::Array(_) | RustType::Nested(_), _) => Err(self.unfit(usual, written)),
            (RustType::Range(inner), "Range") => inside(inner, RustType::Range),
            (RustType::Multirange(inner), "Multirange") => inside(inner, RustType::Multirange),
            (RustType::OrInfinity(inner), "OrInfinity") => inside(inner, RustType::OrInfinity),
            (RustType::OrInfinity(inner), _) => self.fitted(inner, written),
            (RustType::Newtype { ident, inner }, word) if ident == word => {
                Ok(RustType::Newtype { ident: written.to_string(), inner: inner.clone() })
            }
            (RustType::Newtype { inner, .. }, _) => self.fitted(inner, written),
            (RustType::JsonOf(_), "JsonOf") => Ok(RustType::JsonOf(written.arguments_text())),
            (RustType::Own(own), word) if own.path.rsplit("::").next() == Some(word) => Ok(usual.clone()),
            _ => self.leaf(usual, written),
        }
    }

    /// A single value's type.
    fn leaf(&self, usual: &RustType, written: &WrittenType) -> Result<RustType, Box<Diagnostic>> {
        let text = written.to_string();
        // `DateTime` is jiff's, `DateTime<Utc>` chrono's.
        let short = written.short();
        if let Some(scalar) = scalar::ALL.iter().find(|scalar| scalar.name == short) {
            return if self.holds(scalar, usual) {
                Ok(RustType::Scalar(scalar))
            } else {
                Err(self.unfit(usual, written))
            };
        }
        let base = self.types.last_base(&self.column.data_type).0;
        let pg = base.typname();
        match (written.word.as_str(), written.arguments.as_slice()) {
            ("JsonOf", [_]) if matches!(pg, "json" | "jsonb") => Ok(RustType::JsonOf(written.arguments_text())),
            ("OrInfinity", [inner]) if matches!(pg, "date" | "timestamp" | "timestamptz") => {
                self.fitted(usual, inner).map(|inner| RustType::OrInfinity(Box::new(inner)))
            }
            ("Option" | "Vec" | "Array" | "Range" | "Multirange" | "OrInfinity" | "JsonOf" | "Secret", [_]) => {
                Err(self.unfit(usual, written))
            }
            ("", _) => Err(self.unfit(usual, written)),
            _ => Ok(match base {
                BaseType::Enum(_) => RustType::Enum(text),
                BaseType::Composite(_) => RustType::Composite(text),
                _ => RustType::Own(Own { path: text, with: None, key: usual.is_key() }),
            }),
        }
    }

    /// Whether every value of the column has a place in a scalar, or is refused by it at run time.
    fn holds(&self, scalar: &Scalar, usual: &RustType) -> bool {
        let pg = types::pg_type(&self.column.data_type);
        match usual {
            // What else a bound, or what is under a domain, could be read by.
            RustType::Scalar(usual) => {
                std::ptr::eq(*usual, scalar)
                    || scalar.reads.is_empty()
                    || scalar.reads.contains(&pg)
                    || scalar.reads.iter().any(|pg| usual.reads.contains(pg))
            }
            _ => scalar.reads.is_empty(),
        }
    }

    fn unfit(&self, usual: &RustType, written: &WrittenType) -> Box<Diagnostic> {
        let pg = types::pg_type(&self.column.data_type);
        let array = "[]".repeat(self.column.data_type.dims.into());
        let message =
            format!("the column `{}` is of type `{pg}{array}`, which `{written}` can't hold", self.column.name);
        let error = Diagnostic::error(&codes::RUST_TYPE, message)
            .at(self.field.ty.span, "of another type")
            .see(self.column.span, "declared here");
        let wanted = match self.types.last_base(&self.column.data_type).0 {
            BaseType::Enum(_) if self.column.not_null => "an enum that derives `ShapeEnum`, or `String`".to_owned(),
            BaseType::Enum(_) => "`Option` of an enum that derives `ShapeEnum`, or `Option<String>`".to_owned(),
            BaseType::Composite(_) => format!("`{}`, which holds its text", self.with_null(usual)),
            _ => format!("`{}`", self.with_null(usual)),
        };
        let error = error.help(format!("write {wanted}"));
        Box::new(match usual {
            RustType::Scalar(usual) if !usual.reads.is_empty() => {
                let others =
                    scalar::ALL.iter().filter(|other| !std::ptr::eq(**other, *usual) && other.reads.contains(&pg));
                let others: Vec<&str> = others.map(|other| other.name).collect();
                match others.as_slice() {
                    [] => error,
                    others => {
                        error.help(format!("{} can be read from it, too, where the value fits", listed(others, "and")))
                    }
                }
            }
            _ => error,
        })
    }

    fn elements(&self, element: &WrittenType) -> Box<Diagnostic> {
        let message = format!("elements of the array `{}` can be NULL", self.column.name);
        let error = Diagnostic::error(&codes::RUST_TYPE, message)
            .at(self.field.ty.span, "no room for NULL")
            .see(self.column.span, "declared here");
        Box::new(error.help(format!("write `Vec<Option<{element}>>`: PostgreSQL declares no array without NULLs")))
    }
}
