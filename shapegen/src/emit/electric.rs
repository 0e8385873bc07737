//! What Electric and the conditions of shapes need on the PostgreSQL server.

use askama::Template;

use super::{EmitError, quoted, quoted_list, sql_file};
use crate::catalog::QualifiedName;
use crate::model::{Model, SyncedTable};

#[derive(Template)]
#[template(path = "electric.sql", escape = "none")]
struct ElectricSql {
    /// What no string of the block contains.
    tag: String,
    tables: Vec<Section>,
    generated_columns: bool,
}

struct Section {
    name: String,
    /// The name as a string of SQL.
    literal: String,
    partitioned: bool,
    indexes: Vec<Index>,
}

struct Index {
    name: String,
    columns: String,
}

/// `electric.sql`: publication, replica identity and indexes. Running it again changes nothing.
///
/// # Errors
/// When the template fails.
pub fn electric_sql(model: &Model) -> Result<String, EmitError> {
    let tables: Vec<Section> = model.postgres.synced.iter().map(section).collect();
    let taken = |tag: &str| tables.iter().any(|table| table.literal.contains(tag));
    let tags = (0..).map(|count| if count == 0 { "$do$".to_owned() } else { format!("$do{count}$") });
    let tag = tags.into_iter().find(|tag| !taken(tag)).unwrap_or_default();
    sql_file(&ElectricSql { tag, tables, generated_columns: model.postgres.generated_columns })
}

fn section(table: &SyncedTable) -> Section {
    let QualifiedName { schema, name } = &table.name;
    let name = format!("{}.{}", quoted(schema), quoted(name));
    let indexes = table.indexes.iter().map(|index| {
        let order = if index.newest_first { " DESC NULLS LAST" } else { "" };
        Index { name: quoted(&index.name), columns: quoted_list(&index.columns) + order }
    });
    Section { literal: literal(&name), partitioned: table.partitioned, indexes: indexes.collect(), name }
}

/// A string of SQL that means the same whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "\'\'");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;
    use crate::model::PostgresIndex;

    #[test]
    fn electric_sql_is_as_reviewed() {
        let text = electric_sql(&fixture::resolved()).unwrap();
        fixture::snapshots().bind(|| insta::assert_snapshot!("electric.sql", text));
    }

    #[test]
    fn hostile_names_stay_inert() {
        let text = electric_sql(&fixture::of_hostile_names()).unwrap();
        fixture::snapshots().bind(|| insta::assert_snapshot!("hostile_electric.sql", text));
    }

    #[test]
    fn partitions_are_cared_for_when_the_file_is_run() {
        let name = QualifiedName { schema: "public".to_owned(), name: "events".to_owned() };
        let index = PostgresIndex {
            name: "events_user_id".to_owned(),
            columns: vec!["user_id".to_owned()],
            newest_first: false,
        };
        let mut model = fixture::model();
        model.postgres.synced = vec![SyncedTable { name, partitioned: true, indexes: vec![index] }];
        model.postgres.generated_columns = true;
        let text = electric_sql(&model).unwrap();
        fixture::snapshots().bind(|| insta::assert_snapshot!("partitioned.electric.sql", text));
    }
}
