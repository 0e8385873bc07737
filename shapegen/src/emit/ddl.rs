//! The local SQLite database of each shape.

use askama::Template;

use super::{EmitError, quoted, sql_file};
use crate::model::{Field, LocalIndex, Model, Shape};

/// The statements that create what the local database keeps of one shape, without semicolons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalDdl {
    /// The table.
    pub table: String,
    /// Its indexes, created after the first load.
    pub indexes: Vec<String>,
    /// The view over the current generations.
    pub view: String,
}

impl LocalDdl {
    /// The statements of one shape.
    pub fn new(shape: &Shape) -> Self {
        let table = quoted(&shape.local.table);
        let columns: String = shape.fields.iter().map(column).collect();
        let key: String = shape.key.iter().map(|&at| format!(", {}", quoted(&shape.fields[at].local))).collect();
        let all: Vec<String> = shape.fields.iter().map(|field| quoted(&field.local)).collect();
        Self {
            table: format!(
                "CREATE TABLE {table} (\n    \"_g\" INTEGER NOT NULL,\n{columns}    PRIMARY KEY (\"_g\"{key})\n) STRICT"
            ),
            indexes: shape.local.indexes.iter().map(|one| index(shape, one)).collect(),
            view: format!(
                "CREATE VIEW {} AS\nSELECT {}\nFROM {table}\nWHERE \"_g\" IN (SELECT \"current_g\" FROM \"_instance\")",
                quoted(&shape.local.view),
                all.join(", ")
            ),
        }
    }
}

fn column(field: &Field) -> String {
    let not_null = if field.not_null { " NOT NULL" } else { "" };
    format!("    {} {}{not_null},\n", quoted(&field.local), field.local_type)
}

fn index(shape: &Shape, index: &LocalIndex) -> String {
    let column = quoted(&shape.fields[index.field].local);
    format!("CREATE INDEX {} ON {} (\"_g\", {column})", quoted(&index.name), quoted(&shape.local.table))
}

#[derive(Template)]
#[template(path = "local.sql", escape = "none")]
struct LocalSql<'m> {
    shapes: Vec<Section<'m>>,
}

struct Section<'m> {
    name: &'m str,
    ddl: LocalDdl,
}

impl<'m> Section<'m> {
    fn new(shape: &'m Shape) -> Self {
        Self { name: shape.ident.trim_start_matches("r#"), ddl: LocalDdl::new(shape) }
    }
}

/// `local.sql`: the statements of all shapes.
///
/// # Errors
/// When the template fails.
pub fn local_sql(model: &Model) -> Result<String, EmitError> {
    let shapes = model.shapes.iter().map(Section::new).collect();
    sql_file(&LocalSql { shapes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    #[test]
    fn local_sql_is_as_reviewed() {
        fixture::snapshots().bind(|| insta::assert_snapshot!("local.sql", local_sql(&fixture::model()).unwrap()));
    }

    #[test]
    fn sqlite_runs_every_statement_and_the_views_show_current_generations() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE \"_instance\" (\"current_g\" INTEGER); INSERT INTO \"_instance\" VALUES (7)")
            .unwrap();
        db.execute_batch(&local_sql(&fixture::model()).unwrap()).unwrap();
        db.execute_batch(
            "INSERT INTO \"_rows_notifications\" VALUES (7, 1, x'00', 'info', 'seen', NULL, '2024');
             INSERT INTO \"_rows_notifications\" VALUES (8, 1, x'00', 'info', 'not yet', NULL, '2024')",
        )
        .unwrap();
        let body: String = db.query_row("SELECT \"body\" FROM \"notifications\"", [], |row| row.get(0)).unwrap();
        assert_eq!(body, "seen");
        let null_key =
            db.execute_batch("INSERT INTO \"_rows_notifications\" VALUES (7, NULL, x'00', 'i', 'b', NULL, '')");
        assert!(null_key.is_err(), "NOT NULL holds in the local table");
    }

    #[test]
    fn an_index_never_takes_the_name_of_another_shapes_table() {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        let mut users = fixture::notifications();
        users.local.table = "_rows_user".to_owned();
        users.local.view = "user".to_owned();
        users.fields[3].local = "roles".to_owned();
        users.local.indexes = fixture::local_indexes(&users, &[3]);
        let mut user_roles = fixture::notifications();
        user_roles.local.table = "_rows_user_roles".to_owned();
        user_roles.local.view = "user_roles".to_owned();
        for shape in [users, user_roles] {
            let ddl = LocalDdl::new(&shape);
            db.execute_batch(&ddl.table).unwrap();
            ddl.indexes.iter().for_each(|index| db.execute_batch(index).unwrap());
            db.execute_batch(&ddl.view).unwrap();
        }
    }
}
