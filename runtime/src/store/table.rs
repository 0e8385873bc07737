//! A shape's table: made, widened or made anew when the shape's columns changed; its finders; its statements.

use rusqlite::{Connection, OptionalExtension};

use super::Verdict;
use super::error::Fault;
use crate::definition::ShapeDefinition;
use crate::stored::{Fit, Stored};

impl From<Fit> for Verdict {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::Keep => Self::Keep,
            Fit::Widen => Self::Widen,
            Fit::Refetch => Self::Refetch,
        }
    }
}

/// Brings the shape's table to this build's columns; part of the transaction that opens an instance.
pub(super) fn prepare(connection: &Connection, shape: &ShapeDefinition) -> Result<Verdict, Fault> {
    let wanted = Stored::from(shape);
    let stored = connection
        .prepare_cached("SELECT fingerprint, columns, indexes FROM _shape WHERE local = ?")?
        .query_row([shape.local.table], |row| {
            let stored = Stored::remembered(row.get(1)?, row.get::<_, i64>(0)?.cast_unsigned());
            Ok((stored, row.get::<_, String>(2)?))
        })
        .optional()?;
    let verdict = stored.as_ref().map_or(Verdict::New, |(stored, _)| stored.fit(&wanted).into());
    match verdict {
        Verdict::Keep => {
            // Finders are not part of the fingerprint: the rows stay. Before the first load there are none on purpose.
            let loaded = "SELECT 1 FROM _instance WHERE local = ? AND current_g IS NOT NULL";
            if stored.is_some_and(|(_, indexes)| indexes != index_list(shape))
                && connection.prepare_cached(loaded)?.exists([shape.local.table])?
            {
                build_indexes(connection, shape)?;
            }
            return Ok(verdict);
        }
        Verdict::Widen => widen(connection, shape)?,
        _ => recreate(connection, shape)?,
    }
    let view = replace_view(connection, shape)?;
    connection.execute(
        "INSERT INTO _shape (local, name, view, fingerprint, columns, indexes) VALUES (?1, ?2, ?3, ?4, ?5, '')
         ON CONFLICT (local) DO UPDATE SET name = ?2, view = ?3, fingerprint = ?4, columns = ?5",
        (shape.local.table, shape.name, view, shape.local.fingerprint.cast_signed(), wanted.columns()),
    )?;
    Ok(verdict)
}

/// The shape's finders, after the first load: an index that is kept during the load costs 40 %.
pub(super) fn finish(connection: &Connection, shape: &ShapeDefinition) -> Result<(), Fault> {
    let built: String = connection
        .prepare_cached("SELECT indexes FROM _shape WHERE local = ?")?
        .query_row([shape.local.table], |row| row.get(0))?;
    if built != index_list(shape) { build_indexes(connection, shape) } else { Ok(()) }
}

fn index_list(shape: &ShapeDefinition) -> String {
    shape.local.indexes.join(";\n")
}

fn widen(connection: &Connection, shape: &ShapeDefinition) -> Result<(), Fault> {
    // SQLite itself tells the new columns' types.
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch(shape.local.create)?;
    let columns = "SELECT name, type FROM pragma_table_info(?)";
    let there: Vec<String> = connection
        .prepare(columns)?
        .query_map([shape.local.table], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut wanted = scratch.prepare(columns)?;
    let mut wanted = wanted.query([shape.local.table])?;
    while let Some(column) = wanted.next()? {
        let (name, kind): (String, String) = (column.get(0)?, column.get(1)?);
        if !there.contains(&name) {
            let table = quoted(shape.local.table);
            connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {} {kind}", quoted(&name)))?;
        }
    }
    // Old rows lack the new values, whatever the offset: they are shown until a new generation is there.
    connection.execute(
        "INSERT INTO _dropped SELECT filling_g, local FROM _instance WHERE local = ? AND filling_g IS NOT NULL",
        [shape.local.table],
    )?;
    connection.execute(
        "UPDATE _instance SET current_handle = NULL, current_offset = NULL,
         filling_g = NULL, filling_handle = NULL, filling_offset = NULL WHERE local = ?",
        [shape.local.table],
    )?;
    Ok(())
}

fn recreate(connection: &Connection, shape: &ShapeDefinition) -> Result<(), Fault> {
    let local = shape.local.table;
    // Their rows go with the table, tags in slices.
    for g in ["current_g", "filling_g"] {
        let drop = format!("INSERT INTO _dropped SELECT {g}, local FROM _instance WHERE local = ? AND {g} IS NOT NULL");
        connection.execute(&drop, [local])?;
    }
    connection.execute("DELETE FROM _instance WHERE local = ?", [local])?;
    connection.execute("UPDATE _shape SET indexes = '' WHERE local = ?", [local])?;
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(local)))?;
    connection.execute_batch(shape.local.create)?;
    Ok(())
}

/// The view's name is known to its statement alone: it is the one that wasn't there before.
fn replace_view(connection: &Connection, shape: &ShapeDefinition) -> Result<Option<String>, Fault> {
    let old: Option<String> = connection
        .query_row("SELECT view FROM _shape WHERE local = ?", [shape.local.table], |row| row.get(0))
        .optional()?
        .flatten();
    if let Some(old) = old {
        connection.execute_batch(&format!("DROP VIEW IF EXISTS {}", quoted(&old)))?;
    }
    let newest = "SELECT name FROM sqlite_schema WHERE type = 'view'
                  AND name NOT IN (SELECT view FROM _shape WHERE view IS NOT NULL AND local <> ?)";
    let strangers = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
        connection.prepare(newest)?.query_map([shape.local.table], |row| row.get(0))?.collect()
    };
    let before = strangers(connection)?;
    if let Err(error) = connection.execute_batch(shape.local.view) {
        // Someone at a SQL prompt took the name. Rows don't depend on the view.
        tracing::warn!(shape = shape.name, %error, "the shape's view was not made");
        return Ok(None);
    }
    Ok(strangers(connection)?.into_iter().find(|name| !before.contains(name)))
}

fn build_indexes(connection: &Connection, shape: &ShapeDefinition) -> Result<(), Fault> {
    let old: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL")?
        .query_map([shape.local.table], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for index in old {
        connection.execute_batch(&format!("DROP INDEX {}", quoted(&index)))?;
    }
    for index in shape.local.indexes {
        connection.execute_batch(index)?;
    }
    connection.execute("UPDATE _shape SET indexes = ? WHERE local = ?", (index_list(shape), shape.local.table))?;
    Ok(())
}

/// The statements of one shape's rows.
#[derive(Debug)]
pub(super) struct Statements {
    /// Row id, generation, then the columns in the shape's order.
    pub(super) put: String,
    /// Generation, then the key.
    pub(super) remove: String,
    /// The columns in the shape's order, of the rows between two row ids; tags behind them.
    pub(super) select: String,
    /// The highest row id between two.
    pub(super) last: String,
    /// Rows have tags: `put` and `remove` return the row id.
    pub(super) tagged: bool,
}

impl Statements {
    pub(super) fn of(shape: &ShapeDefinition) -> Result<Self, Fault> {
        let table = quoted(shape.local.table);
        let names: Vec<String> = shape.columns.iter().map(|column| quoted(column.local)).collect();
        let key: Vec<String> = shape.key_columns().map(|column| quoted(column.local)).collect();
        let row_id = row_id(&names)?;
        let mut changed: Vec<String> =
            names.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
        if changed.is_empty() {
            // Nothing but a key: something has to be set, or the conflict would not count as handled.
            changed.push("\"_g\" = excluded.\"_g\"".to_owned());
        }
        let columns = names.join(", ");
        let tagged = shape.has_subquery();
        let returning = if tagged { format!(" RETURNING {row_id}") } else { String::new() };
        let tags =
            if tagged { format!(", (SELECT tags FROM _tags WHERE row_id = {table}.{row_id})") } else { String::new() };
        Ok(Self {
            put: format!(
                "INSERT INTO {table} ({row_id}, \"_g\", {columns}) VALUES (?, ?{}) ON CONFLICT (\"_g\", {}) DO UPDATE SET {}{returning}",
                ", ?".repeat(names.len()),
                key.join(", "),
                changed.join(", "),
            ),
            remove: format!(
                "DELETE FROM {table} WHERE \"_g\" = ?{}{returning}",
                key.iter().fold(String::new(), |sql, name| sql + &format!(" AND {name} = ?")),
            ),
            select: format!("SELECT {columns}{tags} FROM {table} WHERE {row_id} BETWEEN ? AND ?"),
            last: format!("SELECT max({row_id}) FROM {table} WHERE {row_id} BETWEEN ? AND ?"),
            tagged,
        })
    }
}

/// Deletes up to `limit` rows of the table between two row ids; tells whether that was the last of them.
pub(super) fn delete_slice(
    connection: &Connection,
    table: &str,
    (first, last): (i64, i64),
    limit: i64,
) -> Result<bool, Fault> {
    let there = "SELECT name FROM pragma_table_info(?)";
    let names: Vec<String> = connection
        .prepare_cached(there)?
        .query_map([table], |row| row.get::<_, String>(0).map(|name| quoted(&name)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut tags = connection.prepare_cached(
        "DELETE FROM _tags WHERE row_id IN (SELECT row_id FROM _tags WHERE row_id BETWEEN ? AND ? LIMIT ?)",
    )?;
    let all = |count: usize| i64::try_from(count).is_ok_and(|count| count < limit);
    if !all(tags.execute((first, last, limit))?) {
        return Ok(false);
    }
    if names.is_empty() {
        return Ok(true);
    }
    let (table, row_id) = (quoted(table), row_id(&names)?);
    let mut delete = connection.prepare_cached(&format!(
        "DELETE FROM {table} WHERE {row_id} IN (SELECT {row_id} FROM {table} WHERE {row_id} BETWEEN ? AND ? LIMIT ?)"
    ))?;
    Ok(all(delete.execute((first, last, limit))?))
}

/// SQLite's row id has three names, and columns may have taken some of them.
fn row_id(quoted_names: &[String]) -> Result<&'static str, Fault> {
    ["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(|alias| !quoted_names.iter().any(|name| name.trim_matches('"').eq_ignore_ascii_case(alias)))
        .ok_or_else(|| rusqlite::Error::InvalidColumnName("rowid, _rowid_ and oid are all taken".to_owned()).into())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::item::{self, ITEM};

    #[test]
    fn the_verdict_follows_from_the_columns() {
        let verdict = |old: &ShapeDefinition, new: &ShapeDefinition| Stored::from(old).fit(&Stored::from(new));
        for (name, shape, expected) in [
            ("the same", ITEM, Fit::Keep),
            ("a nullable column more", item::widened(), Fit::Widen),
            ("another type, stored alike", item::retyped(), Fit::Refetch),
            ("a column less", item::narrowed(), Fit::Refetch),
            ("another fingerprint alone", item::with_fingerprint(ITEM, 7), Fit::Refetch),
            ("another key", item::rekeyed(), Fit::Refetch),
        ] {
            assert_eq!(verdict(&ITEM, &shape), expected, "{name}");
        }
        // And back: the column that came is gone again.
        assert_eq!(verdict(&item::widened(), &ITEM), Fit::Refetch);
        // A column that must not be NULL has no value for old rows.
        let mut columns = item::widened().columns.to_vec();
        columns.last_mut().unwrap().not_null = true;
        let strict = ShapeDefinition { columns: columns.leak(), ..item::widened() };
        assert_eq!(verdict(&ITEM, &strict), Fit::Refetch);
    }

    #[test]
    fn a_column_may_be_called_rowid() {
        let names = |names: &[&str]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>();
        assert_eq!(row_id(&names(&["id"])).unwrap(), "rowid");
        assert_eq!(row_id(&names(&["RowId"])).unwrap(), "_rowid_");
        assert_eq!(row_id(&names(&["rowid", "_rowid_"])).unwrap(), "oid");
        assert!(row_id(&names(&["oid", "rowid", "_rowid_"])).is_err());
    }
}
