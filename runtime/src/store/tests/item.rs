//! A shape written by hand, as generated code has it, and what a later build may make of it.

use uuid::Uuid;

use crate::columns::{ColumnError, Columns, Encoder};
use crate::definition::{Column, Load, LocalTable, Policy, Replica, ShapeDefinition, Table, Transport};
use crate::shape::Shape;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) score: f64,
    pub(crate) count: Option<i64>,
    pub(crate) data: Vec<u8>,
}

impl Item {
    pub(crate) fn new(id: u128, name: &str) -> Self {
        Self { id: Uuid::from_u128(id), name: name.to_owned(), score: 0.5, count: None, data: vec![] }
    }
}

impl Shape for Item {
    type Key = Uuid;
    type Params = ();
    const DEFINITION: &'static ShapeDefinition = &DEFINITION;

    fn key(&self) -> Uuid {
        self.id
    }

    fn decode_key(columns: &Columns<'_>) -> Result<Uuid, ColumnError> {
        columns.peek(0)
    }

    fn decode(columns: &mut Columns<'_>) -> Result<Self, ColumnError> {
        Ok(Self {
            id: columns.take()?,
            name: columns.take()?,
            score: columns.take()?,
            count: columns.take()?,
            data: columns.take()?,
        })
    }

    fn merge(&mut self, columns: &mut Columns<'_>) -> Result<(), ColumnError> {
        columns.merge(&mut self.id)?;
        columns.merge(&mut self.name)?;
        columns.merge(&mut self.score)?;
        columns.merge(&mut self.count)?;
        columns.merge(&mut self.data)
    }

    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        out.put(&self.id);
        out.put(&self.name);
        out.put(&self.score);
        out.put(&self.count);
        out.put(&self.data);
    }

    fn encode_key<'a>(key: &'a Uuid, out: &mut Encoder<'a>) {
        out.put(key);
    }
}

/// The row of the widened shape.
pub(crate) struct WideItem(pub(crate) Item, pub(crate) Option<String>);

impl crate::store::StoredRow for WideItem {
    fn encode<'a>(&'a self, out: &mut Encoder<'a>) {
        Shape::encode(&self.0, out);
        out.put(&self.1);
    }
}

const fn column(name: &'static str, pg_type: &'static str, not_null: bool) -> Column {
    Column { name, pg_type, dims: 0, not_null, local: name, stored_as: "" }
}

const ID: Column = column("id", "uuid", true);
const NAME: Column = column("name", "text", true);
const SCORE: Column = column("score", "float8", true);
const COUNT: Column = column("count", "int8", false);
const DATA: Column = column("data", "bytea", true);

static DEFINITION: ShapeDefinition = ITEM;

pub(crate) const ITEM: ShapeDefinition = ShapeDefinition {
    name: "items",
    table: Table { schema: "public", name: "items" },
    columns: &[ID, NAME, SCORE, COUNT, DATA],
    key: &[0],
    filter: None,
    params: &[],
    request: 1,
    load: Load::All,
    replica: Replica::Default,
    policy: Policy {
        kept: true,
        flush_within_ms: 0,
        stale_after_s: 86_400,
        max_age_s: None,
        transport: Transport::LongPoll,
    },
    local: LocalTable {
        table: "_rows_items",
        create: r#"CREATE TABLE "_rows_items" ("_g" INTEGER NOT NULL, "id" BLOB NOT NULL, "name" TEXT NOT NULL,
            "score" ANY NOT NULL, "count" INTEGER, "data" BLOB NOT NULL, PRIMARY KEY ("_g", "id")) STRICT"#,
        indexes: &[r#"CREATE INDEX "_rows_items.name" ON "_rows_items" ("_g", "name")"#],
        view: r#"CREATE VIEW "items" AS SELECT "id", "name", "score", "count", "data" FROM "_rows_items"
            WHERE "_g" IN (SELECT "current_g" FROM "_instance")"#,
        fingerprint: 0xfedc_ba98_7654_3210,
    },
};

/// The same columns in a table of their own.
pub(crate) fn other() -> ShapeDefinition {
    let renamed = |sql: &str| &*sql.replace("_rows_items", "_rows_others").replace("\"items\"", "\"others\"").leak();
    ShapeDefinition {
        name: "others",
        local: LocalTable {
            table: "_rows_others",
            create: renamed(ITEM.local.create),
            indexes: vec![renamed(ITEM.local.indexes[0])].leak(),
            view: renamed(ITEM.local.view),
            ..ITEM.local
        },
        ..ITEM
    }
}

/// A nullable column more.
pub(crate) fn widened() -> ShapeDefinition {
    let create = ITEM.local.create.replace(r#""data" BLOB NOT NULL,"#, r#""data" BLOB NOT NULL, "note" TEXT,"#);
    let view = ITEM.local.view.replace(r#""data" FROM"#, r#""data", "note" FROM"#);
    with_fingerprint(
        ShapeDefinition {
            columns: &[ID, NAME, SCORE, COUNT, DATA, const { column("note", "text", false) }],
            local: LocalTable { create: create.leak(), view: view.leak(), ..ITEM.local },
            ..ITEM
        },
        2,
    )
}

/// Another PostgreSQL type that is stored alike.
pub(crate) fn retyped() -> ShapeDefinition {
    with_fingerprint(
        ShapeDefinition { columns: &[ID, const { column("name", "citext", true) }, SCORE, COUNT, DATA], ..ITEM },
        3,
    )
}

/// A column less.
pub(crate) fn narrowed() -> ShapeDefinition {
    with_fingerprint(ShapeDefinition { columns: &[ID, NAME, SCORE, DATA], ..ITEM }, 4)
}

/// Another key over the same columns.
pub(crate) fn rekeyed() -> ShapeDefinition {
    with_fingerprint(ShapeDefinition { key: &[0, 1], ..ITEM }, 5)
}

pub(crate) fn with_fingerprint(shape: ShapeDefinition, fingerprint: u64) -> ShapeDefinition {
    ShapeDefinition { local: LocalTable { fingerprint, ..shape.local }, ..shape }
}

pub(crate) fn leak(shape: ShapeDefinition) -> &'static ShapeDefinition {
    Box::leak(Box::new(shape))
}
