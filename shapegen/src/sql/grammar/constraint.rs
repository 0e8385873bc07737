//! Keys and the other constraints of a table, inline or on their own.

use crate::sql::cursor::{Cursor, Read};
use crate::sql::statement::{ConstraintDef, ConstraintKind, Ident};

/// Whether a table constraint starts here. `EXCLUDE` and `NOT` need a second look, as `exclude` can be a column.
pub(super) fn is_next(cursor: &Cursor<'_>) -> bool {
    ["constraint", "primary key", "unique", "foreign key", "check", "exclude using", "exclude (", "not null"]
        .iter()
        .any(|words| cursor.is(words))
}

/// A table constraint, or none when it is a check or an exclusion.
pub(super) fn table_constraint(cursor: &mut Cursor<'_>) -> Read<Option<ConstraintDef>> {
    let start = cursor.here();
    let name = name(cursor)?;
    let kind = if cursor.eat("primary key") {
        Some(ConstraintKind::PrimaryKey(key_columns(cursor)?))
    } else if cursor.eat("unique") {
        nulls_distinct(cursor);
        Some(ConstraintKind::Unique(key_columns(cursor)?))
    } else if cursor.eat("foreign key") {
        let columns = cursor.columns()?;
        cursor.expect("references")?;
        Some(foreign_key(cursor, columns)?)
    } else if cursor.eat("check") {
        cursor.skip_parens()?;
        None
    } else if cursor.eat("exclude") {
        if cursor.eat("using") {
            cursor.ident("an access method")?;
        }
        cursor.skip_parens()?;
        None
    } else if cursor.eat("not null") {
        Some(ConstraintKind::NotNull(cursor.ident("a column")?))
    } else {
        return Err(cursor.expected("PRIMARY KEY, UNIQUE, FOREIGN KEY, CHECK or EXCLUDE"));
    };
    let span = cursor.since(start);
    while attribute(cursor)? {}
    Ok(kind.map(|kind| ConstraintDef { name, kind, span }))
}

/// A key that is written behind its column, if one is.
pub(super) fn column_constraint(cursor: &mut Cursor<'_>, column: &Ident) -> Read<Option<ConstraintKind>> {
    Ok(Some(if cursor.eat("primary key") {
        ConstraintKind::PrimaryKey(vec![column.clone()])
    } else if cursor.eat("unique") {
        nulls_distinct(cursor);
        ConstraintKind::Unique(vec![column.clone()])
    } else if cursor.eat("references") {
        foreign_key(cursor, vec![column.clone()])?
    } else {
        return Ok(None);
    }))
}

/// `CONSTRAINT name`, if it is there.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Read<Option<Ident>> {
    if cursor.eat("constraint") { cursor.ident("a constraint's name").map(Some) } else { Ok(None) }
}

/// Steps over one of the things that may stand behind a constraint, and says whether there was one.
pub(super) fn attribute(cursor: &mut Cursor<'_>) -> Read<bool> {
    let words = [
        "deferrable",
        "not deferrable",
        "initially deferred",
        "initially immediate",
        "not valid",
        "enforced",
        "not enforced",
        "no inherit",
        "match full",
        "match partial",
        "match simple",
    ];
    if words.iter().any(|words| cursor.eat(words)) {
        return Ok(true);
    }
    if cursor.eat("on delete") || cursor.eat("on update") {
        let actions = ["no action", "restrict", "cascade", "set null", "set default"];
        if !actions.iter().any(|action| cursor.eat(action)) {
            return Err(cursor.expected("NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT"));
        }
        if cursor.is("(") {
            cursor.skip_parens()?;
        }
        return Ok(true);
    }
    if cursor.eat("using index tablespace") {
        cursor.ident("a tablespace")?;
        return Ok(true);
    }
    if cursor.eat("include") || cursor.eat("with") || cursor.eat("where") {
        cursor.skip_parens()?;
        return Ok(true);
    }
    Ok(false)
}

fn nulls_distinct(cursor: &mut Cursor<'_>) {
    let _ = cursor.eat("nulls not distinct") || cursor.eat("nulls distinct");
}

fn key_columns(cursor: &mut Cursor<'_>) -> Read<Vec<Ident>> {
    if cursor.is("using index") {
        return Err(cursor.unsupported("a key over an index that exists", "write the key with its columns"));
    }
    let mut columns = *cursor;
    match columns.columns() {
        Ok(found) => {
            *cursor = columns;
            Ok(found)
        }
        Err(_) if columns.is("without overlaps") => {
            Err(columns.unsupported("a key WITHOUT OVERLAPS", "use an EXCLUDE constraint, which is passed over"))
        }
        Err(error) => Err(error),
    }
}

fn foreign_key(cursor: &mut Cursor<'_>, columns: Vec<Ident>) -> Read<ConstraintKind> {
    let table = cursor.name("a table")?;
    let references = if cursor.is("(") { cursor.columns()? } else { Vec::new() };
    Ok(ConstraintKind::ForeignKey { columns, table, references })
}
