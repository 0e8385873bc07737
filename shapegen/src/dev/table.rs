//! A table of the schema as the dev service's database keeps it.

use std::sync::Arc;

use rusqlite::{Connection, params_from_iter};
use shapegen_runtime::expr::RowText;
use shapegen_server::{Row, TableDefinition, TableName};

use super::statement::{self, Term, Value};
use super::value;
use crate::catalog::{BaseType, Catalog, Column, DefaultValue, QualifiedName, Table};
use crate::naming::{self, quoted};
use crate::source::SourceMap;

/// A table and how to reach its rows. Each value is kept as PostgreSQL's text.
pub(super) struct StoredTable {
    pub(super) name: QualifiedName,
    /// Without generated columns: Electric leaves them out.
    pub(super) columns: Vec<StoredColumn>,
    pub(super) definition: Arc<TableDefinition>,
    /// Positions of the primary key's columns, then of each unique constraint's.
    pub(super) keys: Vec<Vec<usize>>,
    /// The table's name in SQLite, quoted.
    sql: String,
}

/// A column and what it gets when an insert leaves it out.
pub(super) struct StoredColumn {
    pub(super) column: Column,
    pub(super) filling: Filling,
    /// The column's name in SQLite, quoted.
    sql: String,
}

/// What a column gets when an insert leaves it out.
pub(super) enum Filling {
    Value(Value),
    /// The next number of the column's own sequence.
    Next,
    /// An expression that the dev service doesn't evaluate.
    Unreadable(String),
}

impl StoredTable {
    pub(super) fn new(name: &QualifiedName, table: &Table, sources: &SourceMap) -> Self {
        let stored = |column: &Column| StoredColumn {
            column: column.clone(),
            filling: filling(column, sources),
            sql: quoted(&naming::mangled(&column.name)),
        };
        let columns: Vec<StoredColumn> =
            table.columns.iter().filter(|column| column.generated.is_none()).map(stored).collect();
        let positions = |names: &Vec<String>| -> Option<Vec<usize>> {
            names.iter().map(|name| columns.iter().position(|stored| stored.column.name == *name)).collect()
        };
        let keys = table.primary_key.iter().chain(&table.unique).filter_map(positions).collect();
        let described = columns.iter().map(|stored| described(&stored.column)).collect();
        let key: Vec<&str> = table.primary_key.iter().flatten().map(String::as_str).collect();
        let generated = table.columns.iter().filter(|column| column.generated.is_some());
        let generated = generated.map(|column| column.name.clone()).collect();
        let definition = TableDefinition::new(TableName::new(&name.schema, &name.name), described, &key);
        let definition = definition.with_generated(generated);
        let local = format!("{}.{}", name.schema, name.name);
        let sql = quoted(&naming::mangled_relation(&local));
        Self { name: name.clone(), columns, definition: Arc::new(definition), keys, sql }
    }

    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|stored| stored.column.name == column)
    }

    /// Creates the table, or adds the columns that came since; columns that went are passed over.
    pub(super) fn prepare(&self, connection: &Connection, catalog: &Catalog) -> Result<(), PrepareError> {
        let columns: String = self.columns.iter().map(|stored| format!(", {} TEXT", stored.sql)).collect();
        let create = format!("CREATE TABLE IF NOT EXISTS {} (_row INTEGER PRIMARY KEY{columns}) STRICT", self.sql);
        connection.execute(&create, [])?;
        let relation = self.sql.trim_matches('"').replace("\"\"", "\"");
        let mut known = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let known: Vec<String> = known.query_map([&relation], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for stored in &self.columns {
            if !known.iter().any(|known| quoted(known) == stored.sql) {
                self.add(stored, connection, catalog)?;
            }
        }
        let mut indexes = connection.prepare("SELECT name FROM pragma_index_list(?1)")?;
        let indexes: Vec<String> = indexes.query_map([&relation], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for index in indexes {
            connection.execute(&format!("DROP INDEX {}", quoted(&index)), [])?;
        }
        for (at, key) in self.keys.iter().enumerate() {
            let name = quoted(&format!("_{at} {relation}"));
            let columns: Vec<&str> = key.iter().map(|&at| self.columns[at].sql.as_str()).collect();
            connection.execute(&format!("CREATE UNIQUE INDEX {name} ON {} ({})", self.sql, columns.join(", ")), [])?;
        }
        Ok(())
    }

    fn add(&self, stored: &StoredColumn, connection: &Connection, catalog: &Catalog) -> Result<(), PrepareError> {
        let Self { sql, .. } = self;
        connection.execute(&format!("ALTER TABLE {sql} ADD COLUMN {} TEXT", stored.sql), [])?;
        let filled = match &stored.filling {
            Filling::Value(given) => value::text(given, &stored.column, catalog).ok().flatten(),
            Filling::Next | Filling::Unreadable(_) => None,
        };
        let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {sql}"), [], |row| row.get(0))?;
        if filled.is_none() && stored.column.not_null && rows > 0 {
            return Err(PrepareError::NotNull { table: self.name.name.clone(), column: stored.column.name.clone() });
        }
        connection.execute(&format!("UPDATE {sql} SET {} = ?1", stored.sql), [&filled])?;
        Ok(())
    }

    pub(super) fn has_rows(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {})", self.sql), [], |row| row.get(0))
    }

    fn column_list(&self) -> String {
        self.columns.iter().map(|stored| format!(", {}", stored.sql)).collect()
    }

    /// Gives every row to `visit`, with its number, in the order in which they were inserted; only those with these
    /// values where a key is given.
    pub(super) fn for_each_row(
        &self,
        connection: &Connection,
        key: Option<(&[usize], &[&str])>,
        mut visit: impl FnMut(i64, Row),
    ) -> rusqlite::Result<()> {
        let (condition, values) = match key {
            None => (String::new(), &[][..]),
            Some((columns, values)) => (format!(" WHERE {}", self.conditions(columns)), values),
        };
        let sql = format!("SELECT _row{} FROM {}{condition} ORDER BY _row", self.column_list(), self.sql);
        let mut select = connection.prepare(&sql)?;
        let mut rows = select.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let values = (1..=self.columns.len()).map(|at| row.get::<_, Option<Box<str>>>(at));
            visit(row.get(0)?, values.collect::<Result<Vec<_>, _>>()?.into());
        }
        Ok(())
    }

    fn conditions(&self, columns: &[usize]) -> String {
        let condition = |(at, &column): (usize, &usize)| format!("{} = ?{}", self.columns[column].sql, at + 1);
        columns.iter().enumerate().map(condition).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether another row than `own` has these values in these columns.
    pub(super) fn is_taken(
        &self,
        connection: &Connection,
        columns: &[usize],
        values: &[&str],
        own: Option<i64>,
    ) -> rusqlite::Result<bool> {
        let own = own.unwrap_or(-1);
        let sql = format!("SELECT count(*) FROM {} WHERE _row <> {own} AND {}", self.sql, self.conditions(columns));
        connection.query_row(&sql, params_from_iter(values), |row| Ok(row.get::<_, i64>(0)? > 0))
    }

    pub(super) fn insert(&self, connection: &Connection, row: &[Option<Box<str>>]) -> rusqlite::Result<()> {
        let marks = vec!["?"; row.len()].join(", ");
        let columns = self.column_list();
        let sql = match columns.strip_prefix(", ") {
            Some(columns) => format!("INSERT INTO {} ({columns}) VALUES ({marks})", self.sql),
            None => format!("INSERT INTO {} DEFAULT VALUES", self.sql),
        };
        connection.execute(&sql, params_from_iter(row.iter().map(Option::as_deref))).map(drop)
    }

    pub(super) fn update(
        &self,
        connection: &Connection,
        number: i64,
        row: &[Option<Box<str>>],
    ) -> rusqlite::Result<()> {
        let set: Vec<String> = self.columns.iter().map(|stored| format!("{} = ?", stored.sql)).collect();
        let sql = format!("UPDATE {} SET {} WHERE _row = {number}", self.sql, set.join(", "));
        connection.execute(&sql, params_from_iter(row.iter().map(Option::as_deref))).map(drop)
    }

    pub(super) fn delete(&self, connection: &Connection, number: i64) -> rusqlite::Result<()> {
        connection.execute(&format!("DELETE FROM {} WHERE _row = {number}", self.sql), []).map(drop)
    }

    pub(super) fn delete_all(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute(&format!("DELETE FROM {}", self.sql), []).map(drop)
    }
}

/// Why a table can't be brought to the schema's form.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A column came that the rows that are there have no value for.
    #[error("column `{column}` of table `{table}` is new and NOT NULL without a default, and the table has rows")]
    NotNull {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// A row with its table, for the interpreter.
pub(super) struct RowOf<'a>(pub(super) &'a StoredTable, pub(super) &'a Row);

impl RowText for RowOf<'_> {
    fn column(&self, name: &str) -> Option<&str> {
        self.1.get(self.0.position(name)?)?.as_deref()
    }
}

fn filling(column: &Column, sources: &SourceMap) -> Filling {
    match column.default {
        None => {
            let span = column.span;
            Filling::Value(Value { term: Term::Null, casts: Vec::new(), span })
        }
        Some(DefaultValue::Counter) => Filling::Next,
        Some(DefaultValue::Expression(span)) => {
            match statement::read_value(span.file, &sources.file(span.file).text, span) {
                Ok(Value { term: Term::Next, .. }) => Filling::Next,
                Ok(value) => Filling::Value(value),
                Err(_) => Filling::Unreadable(sources.text(span).to_owned()),
            }
        }
    }
}

fn described(column: &Column) -> shapegen_server::Column {
    let modifiers = match &column.data_type.base {
        BaseType::BuiltIn { modifiers, .. } => modifiers.as_slice(),
        _ => &[],
    };
    let pg_type = column.data_type.base.typname();
    shapegen_server::Column {
        dims: column.data_type.dims,
        modifiers: modifiers.to_vec(),
        ..shapegen_server::Column::new(&column.name, pg_type, column.not_null)
    }
}
