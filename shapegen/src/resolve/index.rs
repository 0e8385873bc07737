//! What rows are found by: the key, unique constraints, foreign keys and declared finders.

use crate::diagnostics::{Diagnostic, Report, codes};
use crate::model::{Field, Index, LocalIndex};
use crate::naming;

use super::selection::Selection;

/// The indexes of a shape, at most one per field: the first reason counts.
pub(super) fn indexes(selection: &Selection<'_>, fields: &[Field], report: &mut Report) -> Vec<Index> {
    let idents: Vec<&str> = fields.iter().map(|field| field.ident.as_str()).collect();
    let constants = naming::constants(&idents);
    let table = selection.table;
    let single = |columns: &[String]| match columns {
        [only] => Some(only.clone()),
        _ => None,
    };
    let key = match selection.key.as_slice() {
        [only] => selection.columns.get(*only).map(|column| column.name.clone()),
        _ => None,
    };
    let wanted = key
        .into_iter()
        .map(|name| (name, "key"))
        .chain(table.primary_key.iter().chain(&table.unique).filter_map(|set| Some((single(set)?, "unique"))))
        .chain(table.foreign_keys.iter().filter_map(|foreign| Some((single(&foreign.columns)?, "foreign key"))))
        .chain(selection.entry.finders.iter().map(|name| (name.value.clone(), "finder")));
    let mut indexes: Vec<Index> = Vec::new();
    for (name, reason) in wanted {
        let Some(field) = selection.columns.iter().position(|column| column.name == name) else { continue };
        if indexes.iter().all(|index| index.field != field) && fields[field].ty.is_key() {
            indexes.push(Index { constant: constants[field].clone(), field, reason });
        }
    }
    for finder in &selection.entry.finders {
        let found = selection.columns.iter().zip(fields).find(|(column, _)| column.name == finder.value);
        if let Some((column, field)) = found.filter(|(_, field)| !field.ty.is_key()) {
            let array = if column.data_type.dims > 0 { "[]" } else { "" };
            let message = format!("rows can't be found by `{}` of type `{}{array}`", finder.value, field.pg_type);
            let diagnostic = Diagnostic::error(&codes::SHAPE_COLUMN, message)
                .at(finder.span, "not a finder")
                .see(column.span, "declared here");
            report.push(diagnostic);
        }
    }
    indexes
}

/// The indexes of the local database: the table's key serves its first column itself.
pub(super) fn local(table: &str, fields: &[Field], indexes: &[Index], key: &[usize]) -> Vec<LocalIndex> {
    let indexed = indexes.iter().map(|index| index.field).filter(|field| key.first() != Some(field));
    indexed.map(|field| LocalIndex { name: naming::mangled_index(table, &fields[field].local), field }).collect()
}
