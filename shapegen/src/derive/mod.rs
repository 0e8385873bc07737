//! `#[derive(Shape)]` and `#[derive(ShapeEnum)]`: the same model and the same code as from a manifest, from a struct.
//!
//! What a struct says is written down as a manifest of one shape, so that the same rules read it; diagnostics find their
//! way back to the tokens that they are about.

mod attribute;
mod container;
mod document;
mod enumeration;
mod field;
mod inert;
mod newtype;
mod said;
mod schema;
mod structure;

use std::path::PathBuf;

use proc_macro2::TokenStream;

use crate::source::{FileId, SourceMap};

pub use enumeration::shape_enum;
pub use newtype::shape_newtype;
pub use structure::shape;

/// The crate that derives.
#[derive(Debug, Clone)]
pub struct Crate {
    /// Its folder, which paths are relative to.
    pub folder: PathBuf,
    /// The path of `shapegen_runtime` in it.
    pub runtime: TokenStream,
}

/// The files that were read, relative to the crate: all but the one that stands for the struct.
fn inputs(sources: &SourceMap, own: FileId) -> Vec<String> {
    let files = sources.files().filter(|(file, source)| *file != own && !source.path.as_os_str().is_empty());
    files.map(|(_, source)| source.path.to_string_lossy().replace('\\', "/")).collect()
}

/// Errors as items.
fn compile_errors(errors: &[syn::Error]) -> TokenStream {
    errors.iter().map(syn::Error::to_compile_error).collect()
}

#[cfg(test)]
mod tests;
