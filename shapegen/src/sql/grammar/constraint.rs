//! Constraints of a table, inline or on their own.

use super::index;
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression;
use crate::sql::statement::{Action, ConstraintDef, ConstraintKind, ForeignKeyActions, Ident, KeyDef};

/// Whether a table constraint starts here. `EXCLUDE` and `NOT` need a second look, as `exclude` can be a column.
pub(super) fn is_next(cursor: &Cursor<'_>) -> bool {
    ["constraint", "primary key", "unique", "foreign key", "check", "exclude using", "exclude (", "not null"]
        .iter()
        .any(|words| cursor.is(words))
}

/// A table constraint.
pub(super) fn table_constraint(cursor: &mut Cursor<'_>) -> Read<ConstraintDef> {
    let start = cursor.here();
    let name = name(cursor)?;
    let kind = if cursor.eat("primary key") {
        ConstraintKind::PrimaryKey(key(cursor, false)?)
    } else if cursor.eat("unique") {
        let not_distinct = nulls_not_distinct(cursor);
        ConstraintKind::Unique(key(cursor, not_distinct)?)
    } else if cursor.eat("foreign key") {
        let columns = key_columns(cursor)?;
        cursor.expect("references")?;
        foreign_key(cursor, columns)?
    } else if cursor.eat("check") {
        check(cursor)?
    } else if cursor.eat("exclude") {
        if cursor.eat("using") {
            cursor.ident("an access method")?;
        }
        let elements = index::elements(cursor)?;
        ConstraintKind::Exclusion(elements, index::tail(cursor)?)
    } else if cursor.eat("not null") {
        ConstraintKind::NotNull(cursor.ident("a column")?)
    } else {
        return Err(cursor.expected("PRIMARY KEY, UNIQUE, FOREIGN KEY, CHECK or EXCLUDE"));
    };
    let span = cursor.since(start);
    let mut constraint = ConstraintDef { name, kind, span };
    while attribute(cursor, Some(&mut constraint))? {}
    Ok(constraint)
}

/// A constraint that is written behind its column, if one is.
pub(super) fn column_constraint(cursor: &mut Cursor<'_>, column: &Ident) -> Read<Option<ConstraintKind>> {
    let of_column = |not_distinct| KeyDef::Columns {
        columns: vec![column.clone()],
        include: Vec::new(),
        flags: [not_distinct, false, false],
    };
    Ok(Some(if cursor.eat("primary key") {
        ConstraintKind::PrimaryKey(of_column(false))
    } else if cursor.eat("unique") {
        ConstraintKind::Unique(of_column(nulls_not_distinct(cursor)))
    } else if cursor.eat("references") {
        foreign_key(cursor, vec![column.clone()])?
    } else if cursor.eat("check") {
        check(cursor)?
    } else {
        return Ok(None);
    }))
}

/// `CONSTRAINT name`, if it is there.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Read<Option<Ident>> {
    if cursor.eat("constraint") { cursor.ident("a constraint's name").map(Some) } else { Ok(None) }
}

/// Reads one of the things that may stand behind a constraint, and says whether there was one.
pub(super) fn attribute(cursor: &mut Cursor<'_>, of: Option<&mut ConstraintDef>) -> Read<bool> {
    let before = *cursor;
    let words = [
        "not deferrable",
        "initially immediate",
        "not valid",
        "enforced",
        "not enforced",
        "match partial",
        "match simple",
    ];
    if words.iter().any(|words| cursor.eat(words)) {
        return Ok(true);
    }
    if cursor.eat("deferrable") || cursor.eat("initially deferred") {
        let deferred = !before.is("deferrable");
        match of.map(|of| &mut of.kind) {
            Some(ConstraintKind::ForeignKey { actions, .. }) => {
                (actions.deferrable, actions.deferred) = (true, actions.deferred || deferred);
            }
            Some(
                ConstraintKind::PrimaryKey(KeyDef::Columns { flags, .. })
                | ConstraintKind::Unique(KeyDef::Columns { flags, .. }),
            ) => *flags = [flags[0], true, flags[2] || deferred],
            _ => {}
        }
        return Ok(true);
    }
    if cursor.eat("no inherit") {
        if let Some(ConstraintKind::Check { no_inherit, .. }) = of.map(|of| &mut of.kind) {
            *no_inherit = true;
        }
        return Ok(true);
    }
    if cursor.eat("match full") {
        if let Some(ConstraintKind::ForeignKey { actions, .. }) = of.map(|of| &mut of.kind) {
            actions.match_full = true;
        }
        return Ok(true);
    }
    if cursor.eat("on delete") || cursor.eat("on update") {
        let action = if cursor.eat("no action") {
            None
        } else if cursor.eat("restrict") {
            Some(Action::Restrict)
        } else if cursor.eat("cascade") {
            Some(Action::Cascade)
        } else if cursor.eat("set null") {
            Some(Action::SetNull)
        } else if cursor.eat("set default") {
            Some(Action::SetDefault)
        } else {
            return Err(cursor.expected("NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT"));
        };
        if cursor.is("(") {
            cursor.skip_parens()?;
        }
        if let Some(ConstraintKind::ForeignKey { actions, .. }) = of.map(|of| &mut of.kind) {
            if before.is("on delete") {
                actions.on_delete = action;
            } else {
                actions.on_update = action;
            }
        }
        return Ok(true);
    }
    if cursor.eat("using index tablespace") {
        cursor.ident("a tablespace")?;
        return Ok(true);
    }
    if cursor.eat("include") {
        let found = cursor.columns()?;
        if let Some(
            ConstraintKind::PrimaryKey(KeyDef::Columns { include, .. })
            | ConstraintKind::Unique(KeyDef::Columns { include, .. }),
        ) = of.map(|of| &mut of.kind)
        {
            *include = found;
        }
        return Ok(true);
    }
    if cursor.eat("with") || cursor.eat("where") {
        cursor.skip_parens()?;
        return Ok(true);
    }
    Ok(false)
}

fn check(cursor: &mut Cursor<'_>) -> Read<ConstraintKind> {
    let start = cursor.position();
    cursor.skip_parens()?;
    Ok(ConstraintKind::Check { words: expression::words_since(cursor, start), no_inherit: false })
}

fn nulls_not_distinct(cursor: &mut Cursor<'_>) -> bool {
    let not_distinct = cursor.eat("nulls not distinct");
    if !not_distinct {
        cursor.eat("nulls distinct");
    }
    not_distinct
}

fn key(cursor: &mut Cursor<'_>, not_distinct: bool) -> Read<KeyDef> {
    if cursor.eat("using index") {
        return Ok(KeyDef::Index(cursor.ident("an index")?));
    }
    Ok(KeyDef::Columns { columns: key_columns(cursor)?, include: Vec::new(), flags: [not_distinct, false, false] })
}

/// `(a, b)`; as of PostgreSQL 18 also `(a, b WITHOUT OVERLAPS)` and `(a, PERIOD b)`.
fn key_columns(cursor: &mut Cursor<'_>) -> Read<Vec<Ident>> {
    cursor.expect("(")?;
    let mut columns = Vec::new();
    loop {
        if cursor.is("period") && !matches!(cursor.peek(1), "," | ")") {
            cursor.advance();
        }
        columns.push(cursor.ident("a column")?);
        cursor.eat("without overlaps");
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(columns)
}

fn foreign_key(cursor: &mut Cursor<'_>, columns: Vec<Ident>) -> Read<ConstraintKind> {
    let table = cursor.name("a table")?;
    let references = if cursor.is("(") { key_columns(cursor)? } else { Vec::new() };
    Ok(ConstraintKind::ForeignKey { columns, table, references, actions: ForeignKeyActions::default() })
}
