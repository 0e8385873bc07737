//! The local database in PostgreSQL's own types, for PGlite.

use askama::Template;

use super::{EmitError, quoted, quoted_list, sql_file};
use crate::model::{Model, PgliteTable};

#[derive(Template)]
#[template(path = "local.pglite.sql", escape = "none")]
struct LocalPgliteSql {
    tables: Vec<Section>,
}

struct Section {
    ident: String,
    statements: Vec<String>,
}

/// `local.pglite.sql`: the tables of all shapes, with their indexes.
///
/// # Errors
/// When the template fails.
pub fn local_pglite_sql(model: &Model) -> Result<String, EmitError> {
    let tables = model.shapes.iter().zip(&model.postgres.pglite).map(|(shape, table)| Section {
        ident: shape.ident.trim_start_matches("r#").to_owned(),
        statements: statements(table),
    });
    sql_file(&LocalPgliteSql { tables: tables.collect() })
}

fn statements(table: &PgliteTable) -> Vec<String> {
    let name = quoted(&table.name);
    let columns = table.columns.iter().map(|column| {
        let not_null = if column.not_null { " NOT NULL" } else { "" };
        format!("    {} {}{not_null},\n", quoted(&column.name), column.data_type)
    });
    let columns: String = columns.collect();
    let create = format!("CREATE TABLE {name} (\n{columns}    PRIMARY KEY ({})\n)", quoted_list(&table.key));
    let indexes = table
        .indexes
        .iter()
        .map(|index| format!("CREATE INDEX {} ON {name} ({})", quoted(&index.name), quoted_list(&index.columns)));
    [create].into_iter().chain(indexes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    #[test]
    fn local_pglite_sql_is_as_reviewed() {
        let text = local_pglite_sql(&fixture::resolved()).unwrap();
        fixture::snapshots().bind(|| insta::assert_snapshot!("local.pglite.sql", text));
    }

    #[test]
    fn hostile_names_stay_inert() {
        let text = local_pglite_sql(&fixture::of_hostile_names()).unwrap();
        fixture::snapshots().bind(|| insta::assert_snapshot!("hostile_local.pglite.sql", text));
    }
}
