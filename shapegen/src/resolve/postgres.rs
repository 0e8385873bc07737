//! What the shapes need of PostgreSQL: tables to publish, indexes for their conditions, and their tables in PGlite.

use std::collections::BTreeMap;

use shapegen_runtime::expr::{Comparison, Expr, Node, Operand, Test};

use crate::catalog::{BaseType, Catalog, DataType, QualifiedName, Table};
use crate::model::{Load, PgliteColumn, PgliteTable, Postgres, PostgresIndex, Shape, SyncedTable};

use super::hash;
use super::selection::Selection;

/// PostgreSQL cuts longer names off.
const MAX_NAME_BYTES: usize = 63;

/// Types whose texts mean something to the server alone, or that not every build of PGlite has.
const AS_TEXT: &[&str] = &["aclitem", "money", "refcursor", "xml"];

/// How rows are found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lookup<'c> {
    /// By values for all of these.
    equal: Vec<&'c str>,
    /// And of those the newest first.
    newest: Option<Newest<'c>>,
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Newest<'c> {
    by: &'c str,
    /// It may be NULL: those rows come last.
    nullable: bool,
}

/// The shapes and what was selected for them, in the same order.
pub(super) fn postgres(resolved: &[&Selection<'_>], shapes: &[Shape], catalog: &Catalog) -> Postgres {
    let mut needs: BTreeMap<&QualifiedName, Vec<Lookup<'_>>> = BTreeMap::new();
    for shape in shapes {
        let sets: Vec<Vec<&str>> = shape.filter.iter().flat_map(|filter| looked_up(&filter.expr)).collect();
        let lookups = needs.entry(&shape.table).or_default();
        if let Some(newest) = newest(shape) {
            // What holds for all rows stands before the order; of several branches none does.
            let equal = if let [set] = sets.as_slice() { set.clone() } else { Vec::new() };
            lookups.push(Lookup { equal, newest: Some(newest) });
        }
        lookups.extend(sets.into_iter().map(plain));
        if let Some(filter) = &shape.filter {
            filter.expr.visit(&mut |node| {
                let Node::Select(select) = node else { return };
                let name = QualifiedName { schema: select.schema.to_string(), name: select.table.to_string() };
                if let Some((name, _)) = catalog.tables.get_key_value(&name) {
                    needs.entry(name).or_default().extend(looked_up(&select.condition).into_iter().map(plain));
                }
            });
        }
    }
    let synced = needs.into_iter().filter_map(|(name, lookups)| {
        let table = catalog.tables.get(name)?;
        let indexes = missing(name, table, lookups, catalog);
        Some(SyncedTable { name: name.clone(), partitioned: table.partitioned, indexes })
    });
    Postgres {
        synced: synced.collect(),
        generated_columns: resolved.iter().flat_map(|one| &one.columns).any(|column| column.generated.is_some()),
        pglite: resolved.iter().zip(shapes).map(|(selection, shape)| pglite(selection, shape, catalog)).collect(),
    }
}

fn plain(equal: Vec<&str>) -> Lookup<'_> {
    Lookup { equal, newest: None }
}

/// What the newest rows of a shape are found by.
fn newest(shape: &Shape) -> Option<Newest<'_>> {
    let Load::Newest(newest) = &shape.load else { return None };
    let field = &shape.fields[*newest.order.first()?];
    Some(Newest { by: &field.column, nullable: !field.not_null })
}

/// The sets of columns that rows are looked up by: any of them is enough for one branch of the condition.
fn looked_up(expr: &Expr) -> Vec<Vec<&str>> {
    match expr {
        Expr::Compare { op: Comparison::Equal, left, right, .. } => match (left, right) {
            (Operand::Column(column), Operand::Param(_)) | (Operand::Param(_), Operand::Column(column)) => {
                vec![vec![column.as_ref()]]
            }
            _ => Vec::new(),
        },
        Expr::In { operand: Operand::Column(column), list, negated: false, .. }
            if list.iter().any(|one| matches!(one, Operand::Param(_))) =>
        {
            vec![vec![column.as_ref()]]
        }
        Expr::Quantified {
            test: Test::Compare(Comparison::Equal),
            left: Operand::Column(column),
            array: Operand::Param(_),
            every: false,
            ..
        } => vec![vec![column.as_ref()]],
        // When rows of the select come and go, Electric looks up what hangs on them.
        Expr::InSelect { operands, negated: false, .. } => {
            let columns: Option<Vec<&str>> = operands.iter().map(column).collect();
            columns.into_iter().collect()
        }
        Expr::All(conditions) => {
            let (alone, branched): (Vec<_>, Vec<_>) =
                conditions.iter().map(looked_up).filter(|sets| !sets.is_empty()).partition(|sets| sets.len() == 1);
            let mut together: Vec<&str> = Vec::new();
            for column in alone.into_iter().flatten().flatten() {
                if !together.contains(&column) {
                    together.push(column);
                }
            }
            if together.is_empty() { branched.into_iter().flatten().collect() } else { vec![together] }
        }
        Expr::Any(branches) => branches.iter().flat_map(looked_up).collect(),
        _ => Vec::new(),
    }
}

fn column(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Column(name) => Some(name),
        _ => None,
    }
}

/// The indexes that are still to be made: one may serve several sets.
fn missing(name: &QualifiedName, table: &Table, mut lookups: Vec<Lookup<'_>>, catalog: &Catalog) -> Vec<PostgresIndex> {
    let enumeration = |column: &str| {
        // Enums are compared as text, which an index over the enum doesn't serve.
        let declared = table.columns.iter().find(|declared| declared.name == column);
        declared.is_none_or(|declared| matches!(declared.data_type.base, BaseType::Enum(_)))
    };
    for lookup in &mut lookups {
        lookup.equal.retain(|column| !enumeration(column));
    }
    lookups.sort_by_key(|lookup| std::cmp::Reverse(lookup.columns().count()));
    let mut made: Vec<PostgresIndex> = Vec::new();
    for lookup in lookups {
        // Which way a declared index is sorted isn't read: one that has the columns counts as one that serves.
        let declared = |(columns, unique): (&[String], bool)| lookup.is_served(columns, unique);
        let newest_first = lookup.newest.is_some_and(|newest| newest.nullable);
        let there = |index: &PostgresIndex| {
            lookup.is_served(&index.columns, false) && (lookup.newest.is_none() || index.newest_first == newest_first)
        };
        if lookup.columns().count() > 0 && !made.iter().any(there) && !self::declared(table, catalog).any(declared) {
            let columns: Vec<String> = lookup.columns().map(str::to_owned).collect();
            let name = index_name(&name.schema, &name.name, &columns, newest_first);
            made.push(PostgresIndex { name, columns, newest_first });
        }
    }
    made.sort_by(|left, right| left.columns.cmp(&right.columns));
    made
}

/// Keys, uniques and indexes over all rows, of the table and of what it is a partition of; whether they are unique.
fn declared<'c>(table: &'c Table, catalog: &'c Catalog) -> impl Iterator<Item = (&'c [String], bool)> {
    let parent = |table: &&'c Table| catalog.tables.get(table.partition_of.as_ref()?);
    // No table is a partition of itself, but what was read may be wrong.
    std::iter::successors(Some(table), parent).take(catalog.tables.len() + 1).flat_map(|table| {
        let keys = table.primary_key.iter().chain(&table.unique).map(|columns| (columns.as_slice(), true));
        let indexes = table.indexes.iter().filter(|index| index.finds_all);
        keys.chain(indexes.map(|index| (index.columns.as_slice(), index.unique)))
    })
}

impl<'c> Lookup<'c> {
    /// What an index for it is over.
    fn columns(&self) -> impl Iterator<Item = &'c str> {
        self.equal.iter().copied().chain(self.newest.map(|newest| newest.by))
    }

    /// Whether an index finds the rows: it begins with the columns whose values are given and goes on with the order, or
    /// those are enough to find one row.
    fn is_served(&self, index: &[String], unique: bool) -> bool {
        let inside = |columns: &[String]| columns.iter().all(|column| self.equal.contains(&column.as_str()));
        let ordered = || self.newest.is_none_or(|newest| index.get(self.equal.len()).is_some_and(|by| by == newest.by));
        index.get(..self.equal.len()).is_some_and(inside) && ordered() || (unique && !index.is_empty() && inside(index))
    }
}

fn pglite(selection: &Selection<'_>, shape: &Shape, catalog: &Catalog) -> PgliteTable {
    let name = fitted(&shape.name, || hash::name(&[&shape.name]));
    let columns = selection.columns.iter().map(|column| PgliteColumn {
        name: column.name.clone(),
        data_type: pglite_type(&column.data_type, catalog),
        not_null: column.not_null,
    });
    let indexed = shape.local.indexes.iter().map(|index| {
        let columns = vec![shape.fields[index.field].column.clone()];
        PostgresIndex { name: index_name("", &name, &columns, false), columns, newest_first: false }
    });
    PgliteTable {
        columns: columns.collect(),
        key: shape.key.iter().map(|&at| shape.fields[at].column.clone()).collect(),
        indexes: indexed.collect(),
        name,
    }
}

/// The type that holds all values of a column as the server spells them, without declaring anything else: labels that a
/// newer server sends and what an extension understands are text.
fn pglite_type(data_type: &DataType, catalog: &Catalog) -> String {
    match &data_type.base {
        BaseType::BuiltIn { name, .. } if !AS_TEXT.contains(name) && !name.starts_with("reg") => data_type.formatted(),
        BaseType::Domain(name) => match catalog.domains.get(name) {
            Some(domain) if domain.base.dims == 0 => {
                pglite_type(&DataType { dims: data_type.dims, ..domain.base.clone() }, catalog)
            }
            Some(domain) if data_type.dims == 0 => pglite_type(&domain.base, catalog),
            _ => "text".to_owned(),
        },
        _ if data_type.dims > 0 => "text[]".to_owned(),
        _ => "text".to_owned(),
    }
}

/// `TABLE_COLUMNS_HASH`: the hash keeps apart what the words alone don't.
fn index_name(schema: &str, table: &str, columns: &[String], newest_first: bool) -> String {
    let words = [schema, table].into_iter().chain(columns.iter().map(String::as_str));
    let words: Vec<&str> = words.chain(newest_first.then_some("newest")).collect();
    marked(&words[1..].join("_"), hash::name(&words))
}

/// A name that PostgreSQL doesn't cut off.
fn fitted(name: &str, hash: impl FnOnce() -> u64) -> String {
    if name.len() <= MAX_NAME_BYTES { name.to_owned() } else { marked(name, hash()) }
}

fn marked(words: &str, hash: u64) -> String {
    let mark = format!("_{hash:016x}");
    let room = words.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let end = room.take_while(|end| end + mark.len() <= MAX_NAME_BYTES).last().unwrap_or(0);
    format!("{}{mark}", &words[..end])
}

#[cfg(test)]
mod tests {
    use shapegen_runtime::expr::Kind;

    use super::*;
    use crate::catalog::{Index, Script};
    use crate::diagnostics::Report;
    use crate::source::SourceMap;

    fn catalog(sql: &str) -> Catalog {
        let mut sources = SourceMap::default();
        let file = sources.add("schema.sql", sql);
        let mut report = Report::default();
        let catalog = Catalog::read(&sources, &[Script::whole(&sources, file)], &mut report);
        assert!(!report.has_errors(), "{}", report.render(&sources, false));
        catalog
    }

    fn equal(column: &str, operand: Operand) -> Expr {
        let left = Operand::Column(column.to_owned().into());
        Expr::Compare { op: Comparison::Equal, kind: Kind::Text, left, right: operand }
    }

    #[test]
    fn rows_are_looked_up_by_what_equals_a_parameter() {
        let param = |column| equal(column, Operand::Param(0));
        let literal = |column| equal(column, Operand::Literal("x".into()));
        let all = |conditions: Vec<Expr>| Expr::All(conditions.into());
        let any = |conditions: Vec<Expr>| Expr::Any(conditions.into());
        let none: Vec<Vec<&str>> = Vec::new();
        let equal_any = |column: &'static str| Expr::Quantified {
            test: Test::Compare(Comparison::Equal),
            kind: Kind::Text,
            left: Operand::Column(column.into()),
            array: Operand::Param(0),
            every: false,
        };
        let in_select = |columns: &[&'static str], negated| Expr::InSelect {
            operands: columns.iter().map(|column| Operand::Column((*column).into())).collect(),
            kinds: columns.iter().map(|_| Kind::Text).collect(),
            select: Vec::new().into(),
            negated,
        };
        for (expr, expected) in [
            (param("a"), vec![vec!["a"]]),
            (literal("a"), none.clone()),
            (all(vec![literal("x"), param("a"), param("b"), param("a")]), vec![vec!["a", "b"]]),
            (any(vec![param("a"), all(vec![param("b"), literal("c")])]), vec![vec!["a"], vec!["b"]]),
            (equal_any("a"), vec![vec!["a"]]),
            (all(vec![in_select(&["a", "b"], false), param("c")]), vec![vec!["a", "b", "c"]]),
            (in_select(&["a"], true), none.clone()),
            // What holds for all rows is enough.
            (all(vec![param("a"), any(vec![param("b"), param("c")])]), vec![vec!["a"]]),
            (all(vec![literal("a"), any(vec![param("b"), param("c")])]), vec![vec!["b"], vec!["c"]]),
        ] {
            assert_eq!(looked_up(&expr), expected, "{expr:?}");
        }
    }

    #[test]
    fn an_index_is_made_where_none_serves() {
        let mut catalog = catalog(
            "CREATE TYPE mood AS ENUM ('a');
             CREATE TABLE t (a int, b int, c int UNIQUE, d int, m mood, PRIMARY KEY (a, b));
             CREATE TABLE p (a int, b int, d int);",
        );
        let name = |name: &str| QualifiedName { schema: "public".to_owned(), name: name.to_owned() };
        let index = |columns: &[&str], finds_all| Index {
            name: "i".to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            unique: false,
            finds_all,
        };
        catalog.tables.get_mut(&name("t")).unwrap().indexes = vec![index(&["d", "c"], true), index(&["b"], false)];
        catalog.tables.get_mut(&name("p")).unwrap().partition_of = Some(name("t"));
        let made = |table: &str, sets: &[&[&str]]| {
            let lookups = sets.iter().map(|set| plain(set.to_vec())).collect();
            let made = missing(&name(table), &catalog.tables[&name(table)], lookups, &catalog);
            made.into_iter().map(|index| index.columns.join(" ")).collect::<Vec<_>>()
        };
        for (sets, expected) in [
            (&[&["a"][..]][..], &[][..]),
            (&[&["b", "a"]], &[]),
            (&[&["d"]], &[]),
            // At most one row has the value.
            (&[&["b", "c"]], &[]),
            // Not all rows are in the index over it.
            (&[&["b"]], &["b"]),
            (&[&["b"], &["b", "d"]], &["b d"]),
            (&[&["d", "b"], &["b"]], &["b", "d b"]),
            (&[&["m"], &["m", "b"]], &["b"]),
        ] {
            assert_eq!(made("t", sets), expected, "{sets:?}");
        }
        assert_eq!(made("p", &[&["d"], &["b"]]), ["b"]);
        assert_eq!(made("p", &[&["a"]]), [""; 0]);

        let made = |lookups: &[(&[&'static str], &'static str, bool)]| {
            let lookup = |&(equal, by, nullable): &(&[&'static str], &'static str, bool)| Lookup {
                equal: equal.to_vec(),
                newest: Some(Newest { by, nullable }),
            };
            let lookups = lookups.iter().map(lookup).chain([plain(vec!["b"])]).collect();
            let made = missing(&name("t"), &catalog.tables[&name("t")], lookups, &catalog);
            let text = |index: PostgresIndex| index.columns.join(" ") + if index.newest_first { " desc" } else { "" };
            made.into_iter().map(text).collect::<Vec<_>>()
        };
        // One that begins with the column finds its rows, too, whichever way the next one runs.
        assert_eq!(made(&[(&["b"], "d", false)]), ["b d"]);
        assert_eq!(made(&[(&["b"], "d", true)]), ["b d desc"]);
        assert_eq!(made(&[(&["b"], "d", true), (&["b"], "d", false)]).len(), 2);
        assert_eq!(made(&[(&["d"], "c", false), (&[], "d", true), (&["a"], "b", false)]), ["b"]);
        assert_eq!(made(&[(&[], "b", false), (&["m"], "b", false)]), ["b"]);
    }

    #[test]
    fn names_of_indexes_are_distinct_and_fit() {
        let long = "ä".repeat(40);
        let columns = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>();
        let names = [
            index_name("public", "a_b", &columns(&["c"]), false),
            index_name("public", "a", &columns(&["b_c"]), false),
            index_name("public", "a", &columns(&["b", "c"]), false),
            index_name("other", "a", &columns(&["b", "c"]), false),
            index_name("public", &long, &columns(&["b"]), false),
            index_name("public", &long, &columns(&["c"]), false),
            index_name("public", &long, &columns(&["c"]), true),
        ];
        assert!(names.iter().all(|name| name.len() <= MAX_NAME_BYTES), "{names:?}");
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }

    #[test]
    fn columns_in_pglite_hold_what_the_server_sends() {
        let catalog = catalog(
            "CREATE TYPE mood AS ENUM ('a');
             CREATE TABLE t (a varchar(3), b mood, c mood[], d xml, e regtype[], f numeric(5), g time[]);",
        );
        let table = catalog.tables.values().next().unwrap();
        let types: Vec<String> = table.columns.iter().map(|column| pglite_type(&column.data_type, &catalog)).collect();
        let expected =
            ["character varying(3)", "text", "text[]", "text", "text[]", "numeric(5,0)", "time without time zone[]"];
        assert_eq!(types, expected);
    }
}
