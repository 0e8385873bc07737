//! Statements applied to the database, row by row, as PostgreSQL would.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use shapegen_runtime::expr::{Comparison, Expr, Kind, Operand};
use shapegen_server::{Change, Row, RowChange, TableName};

use super::statement::{Term, Value, Write};
use super::table::{Filling, RowOf, StoredTable};
use super::value;
use crate::catalog::{Catalog, QualifiedName};
use crate::diagnostics::{Diagnostic, codes};
use crate::fragment::{self, Subject};
use crate::source::Span;
use crate::sql::statement::{Ident, Name};

/// The tables, and what they were declared as.
pub(super) struct Schema {
    pub(super) catalog: Arc<Catalog>,
    pub(super) tables: BTreeMap<TableName, Arc<StoredTable>>,
}

/// Why a transaction is not committed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The text asks for what can't be.
    Refused(Box<Diagnostic>),
    /// The database failed.
    Database(rusqlite::Error),
}

impl From<Box<Diagnostic>> for Failure {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Refused(diagnostic)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// One transaction under way.
pub(super) struct Writing<'a> {
    pub(super) schema: &'a Schema,
    /// The request's whole text.
    pub(super) text: &'a str,
    pub(super) connection: &'a Connection,
    pub(super) changes: Vec<Change>,
}

impl Writing<'_> {
    pub(super) fn apply(&mut self, write: &Write) -> Result<(), Failure> {
        match write {
            Write::Insert { table, columns, rows } => self.insert(table, columns.as_deref(), rows.as_deref()),
            Write::Update { table, set, condition } => self.update(table, set, *condition),
            Write::Delete { table, condition } => {
                let table = self.table(table)?;
                for (number, old) in self.matching(&table, *condition)? {
                    table.delete(self.connection, number)?;
                    self.changed(&table, RowChange::Delete { old });
                }
                Ok(())
            }
            Write::Truncate { tables, restart } => {
                for name in tables {
                    let table = self.table(name)?;
                    table.delete_all(self.connection)?;
                    if *restart {
                        let names = [&table.name.schema, &table.name.name];
                        self.connection.execute("DELETE FROM _counter WHERE schema = ?1 AND relation = ?2", names)?;
                    }
                    self.changed(&table, RowChange::Truncate);
                }
                Ok(())
            }
        }
    }

    fn changed(&mut self, table: &StoredTable, row: RowChange) {
        self.changes.push(Change { table: table.definition.name.clone(), row });
    }

    fn table(&self, name: &Name) -> Result<Arc<StoredTable>, Failure> {
        let schema = name.schema.as_ref().map_or("public", |schema| schema.value.as_str());
        let wanted = TableName::new(schema, &name.name.value);
        if let Some(table) = self.schema.tables.get(&wanted) {
            return Ok(Arc::clone(table));
        }
        let qualified = QualifiedName { schema: wanted.schema, name: wanted.name };
        let what = if self.schema.catalog.views.contains_key(&qualified) { "is not a table" } else { "does not exist" };
        let message = format!("relation `{}` {what}", qualified.name);
        let known = self.schema.tables.keys().map(|table| table.name.as_str());
        let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span(), "not a table of the schema");
        Err(Box::new(error.suggest(&qualified.name, known)).into())
    }

    fn column(&self, table: &StoredTable, name: &Ident) -> Result<usize, Failure> {
        table.position(&name.value).ok_or_else(|| {
            let declared = self.schema.catalog.tables.get(&table.name).map_or(&[][..], |table| &table.columns);
            let generated = declared.iter().any(|column| column.name == name.value);
            let what = if generated { "is generated: it can't be written" } else { "does not exist" };
            let message = format!("column `{}` of table `{}` {what}", name.value, table.name.name);
            let known = table.columns.iter().map(|stored| stored.column.name.as_str());
            let error = Diagnostic::error(&codes::SQL_REFERENCE, message).at(name.span, "no column to write");
            Failure::Refused(Box::new(error.suggest(&name.value, known)))
        })
    }

    fn insert(&mut self, name: &Name, columns: Option<&[Ident]>, rows: Option<&[Vec<Value>]>) -> Result<(), Failure> {
        let table = self.table(name)?;
        let named = columns.map(|columns| -> Result<Vec<usize>, Failure> {
            columns.iter().map(|column| self.column(&table, column)).collect()
        });
        let named = named.transpose()?;
        for (at, column) in columns.unwrap_or_default().iter().enumerate() {
            if columns.unwrap_or_default()[..at].iter().any(|before| before.value == column.value) {
                let error = format!("column `{}` is named twice", column.value);
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, error).at(column.span, "the second time");
                return Err(Box::new(error).into());
            }
        }
        for row in rows.unwrap_or(&[Vec::new()]) {
            let (fewest, most) = match &named {
                Some(named) => (named.len(), named.len()),
                None => (0, table.columns.len()),
            };
            if rows.is_some() && !(fewest..=most).contains(&row.len()) {
                let what = if row.len() > most { "more values than columns" } else { "more columns than values" };
                let span = row.last().map_or(name.span(), |value| value.span);
                let error = Diagnostic::error(&codes::SQL_SYNTAX, format!("the row has {what}"));
                return Err(Box::new(error.at(span, "the row ends here")).into());
            }
            let mut values: Vec<Option<&Value>> = vec![None; table.columns.len()];
            for (at, given) in row.iter().enumerate() {
                let position = named.as_ref().map_or(Some(at), |named| named.get(at).copied());
                if let Some(slot) = position.and_then(|position| values.get_mut(position)) {
                    *slot = Some(given);
                }
            }
            let texts = values.iter().enumerate().map(|(at, given)| self.stored(&table, at, *given, name.span()));
            let new: Row = texts.collect::<Result<Vec<_>, _>>()?.into();
            self.check_keys(&table, &new, None, name.span())?;
            table.insert(self.connection, &new)?;
            self.changed(&table, RowChange::Insert { new });
        }
        Ok(())
    }

    fn update(&mut self, name: &Name, set: &[(Ident, Value)], condition: Option<Span>) -> Result<(), Failure> {
        let table = self.table(name)?;
        let mut positions: Vec<usize> = Vec::with_capacity(set.len());
        for (column, _) in set {
            let position = self.column(&table, column)?;
            if positions.contains(&position) {
                let error = Diagnostic::error(&codes::SQL_DUPLICATE, format!("column `{}` is set twice", column.value));
                return Err(Box::new(error.at(column.span, "the second time")).into());
            }
            positions.push(position);
        }
        for (number, old) in self.matching(&table, condition)? {
            let mut new = old.to_vec();
            for (position, (_, given)) in positions.iter().zip(set) {
                let text = self.stored(&table, *position, Some(given), given.span)?;
                if let Some(slot) = new.get_mut(*position) {
                    *slot = text;
                }
            }
            let new: Row = new.into();
            self.check_keys(&table, &new, Some(number), name.span())?;
            table.update(self.connection, number, &new)?;
            self.changed(&table, RowChange::Update { old, new });
        }
        Ok(())
    }

    /// The text that a column gets: of the given value, or of its default.
    fn stored(
        &self,
        table: &StoredTable,
        position: usize,
        given: Option<&Value>,
        statement: Span,
    ) -> Result<Option<Box<str>>, Failure> {
        let stored = &table.columns[position];
        let (column, span) = (&stored.column, given.map_or(statement, |given| given.span));
        let value = match given {
            Some(Value { term: Term::Next, .. }) => {
                &Value { term: self.next(table, &column.name)?, casts: vec![], span }
            }
            Some(given) if !matches!(given.term, Term::Default) => given,
            _ => match &stored.filling {
                Filling::Value(value) => value,
                Filling::Next => &Value { term: self.next(table, &column.name)?, casts: vec![], span },
                Filling::Unreadable(default) => {
                    let message =
                        format!("the default of column `{}` can't be evaluated here: `{default}`", column.name);
                    let error = Diagnostic::error(&codes::SQL_UNSUPPORTED, message).at(span, "give the column a value");
                    return Err(Box::new(error).into());
                }
            },
        };
        let text = value::text(value, column, &self.schema.catalog).map_err(|reason| {
            let message = format!("column `{}` of table `{}`: {reason}", column.name, table.name.name);
            let label = format!("not a value of type {}", value::shown(&column.data_type));
            Box::new(Diagnostic::error(&codes::SQL_ROW, message).at(span, label))
        })?;
        if text.is_none() && column.not_null {
            let message = format!("column `{}` of table `{}` can't be null", column.name, table.name.name);
            let error = Diagnostic::error(&codes::SQL_ROW, message).at(span, "the row has no value for it");
            return Err(Box::new(error).into());
        }
        Ok(text.map(Into::into))
    }

    fn next(&self, table: &StoredTable, column: &str) -> Result<Term, Failure> {
        let sql = "INSERT INTO _counter VALUES (?1, ?2, ?3, 1)
                   ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last";
        let last: i64 =
            self.connection.query_row(sql, [&table.name.schema, &table.name.name, column], |row| row.get(0))?;
        Ok(Term::Number(last.to_string()))
    }

    fn check_keys(&self, table: &StoredTable, row: &Row, own: Option<i64>, span: Span) -> Result<(), Failure> {
        for key in &table.keys {
            let values: Option<Vec<&str>> = key.iter().map(|&at| row.get(at).and_then(Option::as_deref)).collect();
            // NULL is equal to nothing.
            let Some(values) = values else { continue };
            if table.is_taken(self.connection, key, &values, own)? {
                let names: Vec<&str> = key.iter().map(|&at| table.columns[at].column.name.as_str()).collect();
                let (names, values) = (names.join(", "), values.join(", "));
                let message = format!("table `{}` has a row with ({names}) = ({values}) already", table.name.name);
                let error = Diagnostic::error(&codes::SQL_ROW, message);
                return Err(Box::new(error.at(span, "these values must be unique")).into());
            }
        }
        Ok(())
    }

    /// The rows that a condition holds for, with their numbers.
    fn matching(&self, table: &StoredTable, condition: Option<Span>) -> Result<Vec<(i64, Row)>, Failure> {
        let mut found = Vec::new();
        let Some(span) = condition else {
            table.for_each_row(self.connection, None, |number, row| found.push((number, row)))?;
            return Ok(found);
        };
        let expr = self.condition(table, span)?;
        let key = table.keys.first().and_then(|key| Some((key.as_slice(), key_values(&expr, table, key)?)));
        let mut failed = None;
        table.for_each_row(
            self.connection,
            key.as_ref().map(|(key, values)| (*key, values.as_slice())),
            |number, row| match expr.eval(&RowOf(table, &row), &[]) {
                Ok(Some(true)) => found.push((number, row)),
                Ok(_) => {}
                Err(error) => failed = Some(error),
            },
        )?;
        match failed {
            None => Ok(found),
            Some(error) => {
                let error = Diagnostic::error(&codes::FRAGMENT_TYPE, error.to_string());
                Err(Box::new(error.at(span, "can't be evaluated for every row")).into())
            }
        }
    }

    fn condition(&self, table: &StoredTable, span: Span) -> Result<Expr, Failure> {
        let Some(declared) = self.schema.catalog.tables.get(&table.name) else {
            let error = Diagnostic::error(&codes::SQL_REFERENCE, format!("table `{}` is gone", table.name.name));
            return Err(Box::new(error).into());
        };
        let subject = Subject { name: &table.name, table: declared, catalog: &self.schema.catalog };
        let text = self.text.get(span.range()).unwrap_or_default();
        let parsed = fragment::parse_where(text, subject);
        let parsed = parsed.map_err(|errors| {
            let first = errors.into_iter().next();
            first.map_or_else(
                || Diagnostic::error(&codes::FRAGMENT_SYNTAX, "the condition can't be read"),
                |error| {
                    let at = Span { start: span.start + error.at.start, end: span.start + error.at.end, ..span };
                    let diagnostic = Diagnostic::error(error.code, error.message).at(at, error.label);
                    error.help.into_iter().fold(diagnostic, Diagnostic::help)
                },
            )
        });
        let parsed = parsed.map_err(Box::new)?;
        if !parsed.params.is_empty() {
            let error = Diagnostic::error(&codes::FRAGMENT_PARAMETER, "nobody gives values for `$1` and the like here");
            return Err(Box::new(error.at(span, "write the values as literals")).into());
        }
        Ok(parsed.expr)
    }
}

/// The key's values where the condition can only hold for the one row with this key.
fn key_values<'e>(expr: &'e Expr, table: &StoredTable, key: &[usize]) -> Option<Vec<&'e str>> {
    let conditions = match expr {
        Expr::All(conditions) => &conditions[..],
        one => std::slice::from_ref(one),
    };
    let value = |&at: &usize| {
        let name = table.columns.get(at)?.column.name.as_str();
        conditions.iter().find_map(|condition| match condition {
            // Only where equal values have equal texts.
            Expr::Compare {
                op: Comparison::Equal,
                kind: Kind::Integer | Kind::Text | Kind::Uuid,
                left: Operand::Column(column),
                right: Operand::Literal(text),
            } if column == name => Some(text.as_ref()),
            _ => None,
        })
    };
    key.iter().map(value).collect()
}
