//! A column of `CREATE TABLE` or `ADD COLUMN`, with what stands behind it.

use super::constraint;
use super::type_name::type_name;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression::{self, Followed};
use crate::sql::statement::{ColumnDef, ColumnOptions, ConstraintDef, GeneratedDef, Ident, IdentityDef, Name};
use crate::sql::types;

/// A column with its inline constraints.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Read<ColumnDef> {
    let name = cursor.ident("a column")?;
    let mut data_type = type_name(cursor)?;
    let integer = types::serial(&data_type.name.name.value).filter(|_| data_type.name.schema.is_none());
    if let Some(integer) = integer {
        integer.clone_into(&mut data_type.name.name.value);
    }
    for storage in ["storage", "compression"] {
        if cursor.eat(storage) {
            cursor.label("a method")?;
        }
    }
    if cursor.eat("options") {
        cursor.skip_parens()?;
    }
    let serial = integer.is_some();
    let mut options = ColumnOptions { not_null: serial, ..no_options(name) };
    constraints(cursor, &mut options)?;
    Ok(ColumnDef { data_type, serial, options })
}

/// Options of a column that the table has from elsewhere: `name [WITH OPTIONS] …`.
pub(super) fn options(cursor: &mut Cursor<'_>) -> Read<ColumnOptions> {
    let mut options = no_options(cursor.ident("a column")?);
    cursor.eat("with options");
    constraints(cursor, &mut options)?;
    Ok(options)
}

fn no_options(name: Ident) -> ColumnOptions {
    ColumnOptions {
        name,
        not_null: false,
        not_null_name: None,
        default: None,
        identity: None,
        generated: None,
        constraints: Vec::new(),
    }
}

fn constraints(cursor: &mut Cursor<'_>, column: &mut ColumnOptions) -> Read<()> {
    while !matches!(cursor.peek(0), "" | "," | ")") {
        column_constraint(cursor, column)?;
    }
    Ok(())
}

fn column_constraint(cursor: &mut Cursor<'_>, column: &mut ColumnOptions) -> Read<()> {
    let start = cursor.here();
    let name = constraint::name(cursor)?;
    if let Some(kind) = constraint::column_constraint(cursor, &column.name)? {
        let span = cursor.since(start);
        column.constraints.push(ConstraintDef { name, kind, span });
    } else if cursor.eat("not null") {
        (column.not_null, column.not_null_name) = (true, name);
    } else if cursor.eat("null") || constraint::attribute(cursor, column.constraints.last_mut())? {
    } else if cursor.eat("default") {
        column.default = Some(expression::default(cursor, Followed::ByConstraint)?);
    } else if cursor.eat("collate") {
        cursor.name("a collation")?;
    } else if cursor.eat("generated") {
        match generated(cursor)? {
            Generation::Identity(identity) => (column.not_null, column.identity) = (true, Some(identity)),
            Generation::Expression(generated) => column.generated = Some(generated),
        }
    } else {
        let error = cursor.expected("a constraint of the column, a comma or `)`");
        return Err(Box::new(error.help("is there a comma missing before this?")));
    }
    Ok(())
}

/// What follows `GENERATED`.
pub(super) enum Generation {
    Identity(IdentityDef),
    Expression(GeneratedDef),
}

pub(super) fn generated(cursor: &mut Cursor<'_>) -> Read<Generation> {
    let always = cursor.eat("always");
    if !always && !cursor.eat("by default") {
        return Err(cursor.expected("`ALWAYS` or `BY DEFAULT`"));
    }
    cursor.expect("as")?;
    if cursor.eat("identity") {
        let sequence = if cursor.is("(") { sequence_name(cursor)? } else { None };
        return Ok(Generation::Identity(IdentityDef { always, sequence }));
    }
    let words = generation_expression(cursor)?;
    let stored = cursor.eat("stored");
    if !stored {
        // The default as of PostgreSQL 18.
        cursor.eat("virtual");
    }
    Ok(Generation::Expression(GeneratedDef { stored, words }))
}

/// `(…)`, and the names in it.
pub(super) fn generation_expression(cursor: &mut Cursor<'_>) -> Read<Vec<String>> {
    let start = cursor.position();
    cursor.skip_parens()?;
    Ok(expression::words_since(cursor, start))
}

/// `(SEQUENCE NAME s START WITH 1 …)`
fn sequence_name(cursor: &mut Cursor<'_>) -> Read<Option<Name>> {
    let start = cursor.position();
    cursor.skip_parens()?;
    let mut inside = cursor.from(start + 1).up_to(cursor.position() - 1);
    while !inside.at_end() {
        if inside.eat("sequence name") {
            return inside.name("a sequence").map(Some);
        }
        inside.advance();
    }
    Ok(None)
}
