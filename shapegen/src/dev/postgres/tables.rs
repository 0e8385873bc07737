//! The tables of a PostgreSQL database as its catalog has them now.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use shapegen_server::{Column, TableDefinition, TableName};
use tokio_postgres::Client;

/// The tables, by name.
pub(super) type Tables = BTreeMap<TableName, KnownTable>;

/// A table that can be followed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownTable {
    pub(super) oid: u32,
    pub(super) definition: Arc<TableDefinition>,
    /// `pg_attribute`'s type and modifier of each column.
    pub(super) types: Vec<(u32, i32)>,
    pub(super) partitioned: bool,
    /// It is in the publication, and its changes carry the whole old row.
    pub(super) published: bool,
    /// The service's role owns it.
    pub(super) owned: bool,
}

// Partitions are parts of their parents. `indnkeyatts`: columns that an index only includes are no part of the key.
// An array may have been declared through a cast or a SELECT, which leaves `attndims` at 0.
const COLUMNS: &str = "
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind = 'p',
           EXISTS (SELECT FROM pg_publication_rel p JOIN pg_publication b ON b.oid = p.prpubid
                   WHERE p.prrelid = c.oid AND b.pubname = $1)
           AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                           WHERE t.isleaf AND l.relkind = 'r' AND l.relreplident <> 'f')
           AND c.relreplident = 'f',
           pg_has_role(c.relowner, 'USAGE'),
           a.attname::text, coalesce(e.typname, t.typname)::text,
           CASE WHEN e.oid IS NULL THEN 0 ELSE greatest(a.attndims, 1) END::int4,
           a.atttypid, a.atttypmod, a.attnotnull,
           array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum)::int4, a.attgenerated <> ''
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 2, 3, a.attnum";

/// Reads all tables; whether each is in the publication, too.
pub(super) async fn read(client: &Client, publication: &str) -> Result<Tables, tokio_postgres::Error> {
    let mut tables: Tables = BTreeMap::new();
    let mut keys: HashMap<TableName, Vec<(i32, String)>> = HashMap::new();
    for row in client.query(COLUMNS, &[&publication]).await? {
        let name = TableName::new(row.get::<_, String>(1), row.get::<_, String>(2));
        let known = tables.entry(name.clone()).or_insert_with(|| KnownTable {
            oid: row.get(0),
            definition: Arc::new(TableDefinition::new(name.clone(), Vec::new(), &[])),
            types: Vec::new(),
            partitioned: row.get(3),
            published: row.get(4),
            owned: row.get(5),
        });
        // A table may have no columns at all.
        let Some(column) = row.get::<_, Option<String>>(6) else { continue };
        if row.get(13) {
            Arc::make_mut(&mut known.definition).generated.push(column);
            continue;
        }
        let (pg_type, dims, modifier) = (row.get::<_, String>(7), row.get::<_, i32>(8), row.get::<_, i32>(10));
        known.types.push((row.get(9), modifier));
        if let Some(position) = row.get::<_, Option<i32>>(12) {
            keys.entry(name).or_default().push((position, column.clone()));
        }
        let modifiers = modifiers(&pg_type, modifier);
        let dims = u8::try_from(dims).unwrap_or(u8::MAX);
        let column = Column { dims, modifiers, ..Column::new(column, pg_type, row.get(11)) };
        Arc::make_mut(&mut known.definition).columns.push(column);
    }
    for (name, known) in &mut tables {
        let mut key = keys.remove(name).unwrap_or_default();
        key.sort();
        let definition = Arc::make_mut(&mut known.definition);
        let key: Vec<&str> = key.iter().map(|(_, column)| column.as_str()).collect();
        let (columns, generated) = (std::mem::take(&mut definition.columns), std::mem::take(&mut definition.generated));
        *definition = TableDefinition::new(name.clone(), columns, &key).with_generated(generated);
    }
    Ok(tables)
}

/// What `atttypmod` stands for, by the type's `typmodout` function.
fn modifiers(pg_type: &str, modifier: i32) -> Vec<i32> {
    const HEADER: i32 = 4;
    if modifier < 0 {
        return Vec::new();
    }
    match pg_type {
        "varchar" | "bpchar" => vec![modifier - HEADER],
        "numeric" => {
            let packed = modifier - HEADER;
            // The scale is a signed number of 11 bits.
            vec![(packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024]
        }
        // Above the precision stand the fields; 0xffff is no precision.
        "interval" if modifier & 0xffff == 0xffff => Vec::new(),
        "interval" => vec![modifier & 0xffff],
        "bit" | "varbit" | "time" | "timetz" | "timestamp" | "timestamptz" => vec![modifier],
        _ => Vec::new(),
    }
}
