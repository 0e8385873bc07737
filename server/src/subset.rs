//! A part of a shape's rows, filtered, ordered and cut.

use std::cmp::Ordering;

use shapegen_runtime::expr::{EvalError, Expr, Kind};

use crate::message;
use crate::shape::BoundShape;
use crate::source::SnapshotPosition;
use crate::subqueries::Standing;
use crate::table::{Row, RowOf, TableDefinition, identifier};

/// What of a shape's rows is asked for.
#[derive(Debug, Default)]
pub(crate) struct Subset {
    pub(crate) filter: Option<Expr>,
    /// What `$1`, `$2` … in the filter stand for.
    pub(crate) params: Vec<String>,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Option<usize>,
    /// How many rows are passed over.
    pub(crate) offset: usize,
}

/// One column that rows are ordered by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) column: String,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// Why a subset can't be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubsetError {
    #[error("{0}")]
    Filter(EvalError),
    #[error("column \"{column}\" can't be ordered by: {reason}")]
    Order { column: String, reason: String },
}

impl OrderBy {
    /// Reads `column [asc | desc] [nulls first | nulls last], …`.
    pub(crate) fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut order = Vec::new();
        let mut rest = text;
        loop {
            let item = rest.trim_start();
            if let Some(number) = item.strip_prefix('$') {
                let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
                let number = number.get(..digits).unwrap_or_default();
                return Err(format!("parameter ${number} is not supported in ORDER BY clauses"));
            }
            let only_columns = || {
                format!(
                    "only column names with ASC, DESC, NULLS FIRST or NULLS LAST are allowed in ORDER BY clauses: {text}"
                )
            };
            let (column, after) = identifier(item).ok_or_else(only_columns)?;
            rest = after;
            let descending = if word(&mut rest, "desc") {
                true
            } else {
                word(&mut rest, "asc");
                false
            };
            let nulls_first = match word(&mut rest, "nulls") {
                false => descending,
                true if word(&mut rest, "first") => true,
                true if word(&mut rest, "last") => false,
                true => return Err(only_columns()),
            };
            order.push(Self { column, descending, nulls_first });
            rest = rest.trim_start();
            if rest.is_empty() {
                return Ok(order);
            }
            rest = rest.strip_prefix(',').ok_or_else(only_columns)?;
        }
    }

    fn compare(&self, kind: Kind, left: Option<&str>, right: Option<&str>) -> Ordering {
        let nulls = if self.nulls_first { Ordering::Less } else { Ordering::Greater };
        match (left, right) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => nulls,
            (Some(_), None) => nulls.reverse(),
            (Some(left), Some(right)) => {
                // Each value was compared with itself before.
                let order = kind.compare(left, right).unwrap_or(Ordering::Equal);
                if self.descending { order.reverse() } else { order }
            }
        }
    }
}

/// Takes a keyword off the front of `rest`, in either case.
fn word(rest: &mut &str, expected: &str) -> bool {
    let text = rest.trim_start();
    match identifier(text) {
        Some((name, after)) if name == expected && !text.starts_with('"') => {
            *rest = after;
            true
        }
        _ => false,
    }
}

/// How values of a column are ordered.
pub(crate) fn orderable(table: &TableDefinition, column: &str) -> Result<Kind, SubsetError> {
    let fail = |reason: String| SubsetError::Order { column: column.to_owned(), reason };
    let definition = table.position(column).and_then(|at| table.columns.get(at));
    let definition = definition.ok_or_else(|| fail("there is no such column".to_owned()))?;
    let kind = Kind::of(&definition.pg_type).filter(|_| definition.dims == 0);
    kind.ok_or_else(|| {
        let array = if definition.dims > 0 { "[]" } else { "" };
        fail(format!("the order of type {}{array} is not known to this service", definition.pg_type))
    })
}

/// Collects the rows of a subset from those of its shape.
pub(crate) struct SubsetRows<'s> {
    subset: &'s Subset,
    table: &'s TableDefinition,
    params: Vec<Option<&'s str>>,
    rows: Vec<(Row, Standing)>,
    failure: Option<EvalError>,
}

impl<'s> SubsetRows<'s> {
    pub(crate) fn new(subset: &'s Subset, table: &'s TableDefinition) -> Self {
        let params = subset.params.iter().map(|text| Some(text.as_str())).collect();
        Self { subset, table, params, rows: Vec::new(), failure: None }
    }

    /// Takes in a row of the shape.
    pub(crate) fn push(&mut self, row: &Row, standing: &Standing) {
        let held = self
            .subset
            .filter
            .as_ref()
            .map_or(Ok(Some(true)), |filter| filter.eval(&RowOf { table: self.table, row }, &self.params));
        match held {
            Ok(Some(true)) => self.rows.push((row.clone(), standing.clone())),
            Ok(_) => {}
            Err(error) => self.failure = Some(error),
        }
    }

    /// The rows that were asked for, in their order. Texts are ordered by their bytes.
    pub(crate) fn finish(mut self) -> Result<Vec<(Row, Standing)>, SubsetError> {
        if let Some(error) = self.failure {
            return Err(SubsetError::Filter(error));
        }
        let mut keys = Vec::with_capacity(self.subset.order.len());
        for order in &self.subset.order {
            let kind = orderable(self.table, &order.column)?;
            let at = self.table.position(&order.column).unwrap_or_default();
            for text in self.rows.iter().filter_map(|(row, _)| value(row, at)) {
                kind.compare(text, text)
                    .map_err(|error| SubsetError::Order { column: order.column.clone(), reason: error.to_string() })?;
            }
            keys.push((order, at, kind));
        }
        self.rows.sort_by(|(left, _), (right, _)| {
            let orders = keys.iter().map(|(order, at, kind)| order.compare(*kind, value(left, *at), value(right, *at)));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let mut rows = self.rows;
        rows.drain(..self.subset.offset.min(rows.len()));
        rows.truncate(self.subset.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }
}

fn value(row: &Row, at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

/// The answer's body.
pub(crate) fn body(shape: &BoundShape, rows: &[(Row, Standing)], position: &SnapshotPosition, lsn: u64) -> Vec<u8> {
    let mark = fastrand::u32(..1 << 31);
    let (SnapshotPosition { xmin, xmax, .. }, running) = (position, position.xip_list());
    let mut out = format!(
        r#"{{"metadata":{{"xip_list":{running},"xmax":"{xmax}","xmin":"{xmin}","snapshot_mark":{mark},"database_lsn":"{lsn}"}}, "data": ["#
    )
    .into_bytes();
    for (index, (row, standing)) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        message::subset_row(shape, row, standing, mark, &mut out);
    }
    out.extend_from_slice(b"]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, TableName};

    #[test]
    fn s_052_only_columns_are_ordered_by() {
        let by = |column: &str, descending, nulls_first| OrderBy { column: column.to_owned(), descending, nulls_first };
        for (text, expected) in [
            ("n", vec![by("n", false, false)]),
            (" N DESC ", vec![by("n", true, true)]),
            ("\"N\" asc nulls first", vec![by("N", false, true)]),
            (
                "a desc nulls last, b Nulls First,\"c,d\"",
                vec![by("a", true, false), by("b", false, true), by("c,d", false, false)],
            ),
            ("\"desc\" desc", vec![by("desc", true, true)]),
        ] {
            assert_eq!(OrderBy::parse(text), Ok(expected), "{text}");
        }
        assert_eq!(OrderBy::parse("$12 desc"), Err("parameter $12 is not supported in ORDER BY clauses".to_owned()));
        for text in [
            "",
            "n,",
            ",n",
            "lower(title)",
            "(select 1)",
            "n::text",
            "case when n > 1 then 1 end",
            "n + 1",
            "1",
            "n \"desc\"",
            "n nulls",
            "n desc desc",
            "n; drop table items",
            "n collate \"C\"",
            "'n'",
        ] {
            assert!(OrderBy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_are_ordered_by_value_and_cut() {
        let columns = [("n", "int4", 0), ("m", "mood", 0), ("a", "int4", 1), ("d", "date", 0)];
        let column = |&(name, pg_type, dims): &(&str, &str, u8)| Column { dims, ..Column::new(name, pg_type, false) };
        let table = TableDefinition::new(TableName::new("public", "t"), columns.iter().map(column).collect(), &["n"]);
        let told = |order: &str, offset, limit, numbers: &[Option<&str>]| {
            let subset = Subset { order: OrderBy::parse(order).unwrap(), offset, limit, ..Subset::default() };
            let mut rows = SubsetRows::new(&subset, &table);
            for number in numbers {
                let row = [number.map(Box::from), None, None, Some("x".into())];
                rows.push(&row.into_iter().collect(), &Standing::default());
            }
            let rows = rows.finish().map_err(|error| error.to_string())?;
            Ok(rows.iter().map(|(row, _)| value(row, 0).unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" "))
        };
        let numbers = [Some("10"), None, Some("9"), Some("-1")];
        for (order, offset, limit, expected) in [
            ("n", 0, None, "-1 9 10 -"),
            ("n desc", 0, None, "- 10 9 -1"),
            ("n nulls first", 1, Some(2), "-1 9"),
            ("n desc nulls last", 0, Some(9), "10 9 -1 -"),
            ("n", 9, None, ""),
            ("m", 0, None, "column \"m\" can't be ordered by: the order of type mood is not known to this service"),
            ("a", 0, None, "column \"a\" can't be ordered by: the order of type int4[] is not known to this service"),
        ] {
            let found: Result<String, String> = told(order, offset, limit, &numbers);
            assert_eq!(found.unwrap_or_else(|error| error), expected, "{order}");
        }
        assert!(told("d", 0, None, &numbers).is_err(), "x is no date");
    }
}
