//! What the columns of a build mean for the rows that an earlier build stored: one rule for the local store, which follows
//! it, and for the generator, which tells it beforehand.

use std::fmt::Write;

use crate::definition::ShapeDefinition;

/// What becomes of stored rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// They are of this build's columns.
    Keep,
    /// Nullable columns were added: the rows can be shown until new ones are there.
    Widen,
    /// They can't be read as this build's rows.
    Refetch,
}

/// What has to be the same for stored rows to be readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    columns: String,
    fingerprint: u64,
}

/// A column, as far as stored rows depend on it.
#[derive(Debug, Clone, Copy)]
pub struct StoredColumn<'a> {
    /// The name in the local database.
    pub local: &'a str,
    /// `pg_type.typname`: two types may be stored alike and read differently.
    pub pg_type: &'a str,
    /// 0, or an array's dimensions.
    pub dims: u8,
    /// The form in which values are stored, where it isn't the usual one of the type; else empty.
    pub stored_as: &'a str,
    /// Declared NOT NULL.
    pub not_null: bool,
}

impl Stored {
    /// Of these columns, with the positions of the key's, and the local table's fingerprint.
    pub fn new(columns: &[StoredColumn<'_>], key: impl IntoIterator<Item = usize>, fingerprint: u64) -> Self {
        let mut list = String::new();
        for column in columns {
            let null = if column.not_null { NOT_NULL } else { " null" };
            let StoredColumn { local, pg_type, dims, stored_as, .. } = column;
            let form = if stored_as.is_empty() { String::new() } else { format!(" as {stored_as:?}") };
            // Debug form: a name with a line break stays on its line.
            let _ = writeln!(list, "{local:?} {pg_type:?} {dims}{form}{null}");
        }
        let key: Vec<&str> = key.into_iter().filter_map(|at| columns.get(at)).map(|column| column.local).collect();
        let _ = writeln!(list, "key {key:?}");
        Self { columns: list, fingerprint }
    }

    /// As the local database remembers it.
    pub fn remembered(columns: String, fingerprint: u64) -> Self {
        Self { columns, fingerprint }
    }

    /// One line per column, then the key.
    pub fn columns(&self) -> &str {
        &self.columns
    }

    /// What a build that wants `new` does with rows that were stored like this.
    pub fn fit(&self, new: &Self) -> Fit {
        if self == new {
            return Fit::Keep;
        }
        let old: Vec<&str> = self.columns.lines().collect();
        let wanted: Vec<&str> = new.columns.lines().collect();
        let mut added = wanted.iter().filter(|line| !old.contains(line)).peekable();
        let nothing_lost = old.iter().all(|line| wanted.contains(line));
        // A column that must not be NULL has no value for old rows.
        if nothing_lost && added.peek().is_some() && added.all(|line| !line.ends_with(NOT_NULL)) {
            Fit::Widen
        } else {
            Fit::Refetch
        }
    }
}

const NOT_NULL: &str = " not null";

impl From<&ShapeDefinition> for Stored {
    fn from(shape: &ShapeDefinition) -> Self {
        let columns = shape.columns.iter().map(|column| StoredColumn {
            local: column.local,
            pg_type: column.pg_type,
            dims: column.dims,
            stored_as: column.stored_as,
            not_null: column.not_null,
        });
        let columns: Vec<StoredColumn<'_>> = columns.collect();
        Self::new(&columns, shape.key.iter().map(|&at| usize::from(at)), shape.local.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shown_while_a_build_only_adds_to_them() {
        let column =
            |local, stored_as, not_null| StoredColumn { local, pg_type: "numeric", dims: 0, stored_as, not_null };
        let (id, price, note) = (column("id", "", true), column("price", "", false), column("note", "", false));
        let old = Stored::new(&[id, price], [0], 1);
        let cases = [
            ("the same", Stored::new(&[id, price], [0], 1), Fit::Keep),
            ("a nullable column came", Stored::new(&[id, price, note], [0], 2), Fit::Widen),
            ("one that is never NULL came", Stored::new(&[id, price, column("note", "", true)], [0], 2), Fit::Refetch),
            ("another key", Stored::new(&[id, price, note], [1], 2), Fit::Refetch),
            ("a column went", Stored::new(&[id, note], [0], 2), Fit::Refetch),
            ("another form", Stored::new(&[id, column("price", "text", false), note], [0], 2), Fit::Refetch),
        ];
        for (what, new, expected) in cases {
            assert_eq!(old.fit(&new), expected, "{what}");
        }
    }
}
