//! `ALTER TABLE`, `ALTER VIEW`, `ALTER TYPE` and `ALTER SCHEMA`.

use super::type_name::type_name;
use super::{constraint, create};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression::{self, Followed};
use crate::sql::statement::{DefaultValue, MoveAction, Side, Statement, TableAction, TypeAction};

/// What begins an action that doesn't change columns, keys or names.
const PASSED_OVER: &[&str] = &[
    "owner to",
    "enable",
    "disable",
    "force row level security",
    "no force row level security",
    "cluster on",
    "set without",
    "set with oids",
    "set tablespace",
    "set access method",
    "set logged",
    "set unlogged",
    "set (",
    "reset (",
    "replica identity",
    "validate constraint",
    "alter constraint",
    "attach partition",
    "detach partition",
    "inherit",
    "no inherit",
    "options (",
];

pub(super) fn table(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter table")?;
    if cursor.is("all in tablespace") {
        return Ok(Statement::Nothing);
    }
    let if_exists = cursor.eat("if exists");
    cursor.eat("only");
    let name = cursor.name("a table")?;
    cursor.eat("*");
    let mut actions = Vec::new();
    loop {
        actions.extend(action(cursor)?);
        if !cursor.eat(",") {
            break;
        }
    }
    cursor.expect_end()?;
    Ok(Statement::AlterTable { name, if_exists, actions })
}

/// One action, or none when it says nothing to the catalog.
fn action(cursor: &mut Cursor<'_>) -> Read<Option<TableAction>> {
    if PASSED_OVER.iter().any(|words| cursor.is(words)) {
        cursor.skip_to_comma()?;
        return Ok(None);
    }
    if cursor.eat("add") {
        if constraint::is_next(cursor) {
            return Ok(constraint::table_constraint(cursor)?.map(TableAction::AddConstraint));
        }
        cursor.eat("column");
        let if_not_exists = cursor.eat("if not exists");
        return Ok(Some(TableAction::AddColumn { column: create::column(cursor)?, if_not_exists }));
    }
    if cursor.eat("drop constraint") {
        cursor.eat("if exists");
        let name = cursor.ident("a constraint")?;
        behavior(cursor);
        return Ok(Some(TableAction::DropConstraint(name)));
    }
    if cursor.eat("drop") {
        cursor.eat("column");
        let if_exists = cursor.eat("if exists");
        let name = cursor.ident("a column")?;
        behavior(cursor);
        return Ok(Some(TableAction::DropColumn { name, if_exists }));
    }
    if cursor.eat("rename constraint") {
        let from = cursor.ident("a constraint")?;
        cursor.expect("to")?;
        return Ok(Some(TableAction::RenameConstraint { from, to: cursor.ident("a constraint's new name")? }));
    }
    if cursor.is("rename") && !cursor.is("rename to") {
        cursor.advance();
        cursor.eat("column");
        let from = cursor.ident("a column")?;
        cursor.expect("to")?;
        return Ok(Some(TableAction::RenameColumn { from, to: cursor.ident("a column's new name")? }));
    }
    if let Some(action) = move_action(cursor)? {
        return Ok(Some(TableAction::Move(action)));
    }
    if cursor.eat("alter") {
        return column_action(cursor);
    }
    Err(cursor.expected("an action of ALTER TABLE"))
}

/// `ALTER [COLUMN] name …`
fn column_action(cursor: &mut Cursor<'_>) -> Read<Option<TableAction>> {
    cursor.eat("column");
    let column = cursor.ident("a column")?;
    Ok(Some(if cursor.eat("set not null") {
        TableAction::NotNull { column, set: true }
    } else if cursor.eat("drop not null") {
        TableAction::NotNull { column, set: false }
    } else if cursor.eat("set default") {
        TableAction::Default { column, default: expression::default(cursor, Followed::ByComma)? }
    } else if cursor.eat("drop default") {
        TableAction::Default { column, default: None }
    } else if cursor.eat("drop identity") {
        cursor.eat("if exists");
        TableAction::Default { column, default: None }
    } else if cursor.eat("drop expression") {
        cursor.eat("if exists");
        TableAction::DropExpression(column)
    } else if cursor.eat("add generated") {
        if !create::generated(cursor)? {
            return Err(cursor.expected("`IDENTITY`"));
        }
        TableAction::Default { column, default: Some(DefaultValue::Counter) }
    } else if cursor.eat("set data type") || cursor.eat("type") {
        let data_type = type_name(cursor)?;
        if cursor.eat("collate") {
            cursor.name("a collation")?;
        }
        if cursor.eat("using") {
            cursor.skip_to_comma()?;
        }
        TableAction::Type { column, data_type }
    } else {
        let passed_over = [
            "set statistics",
            "set storage",
            "set compression",
            "set generated",
            "set expression",
            "set increment",
            "set start",
            "set restart",
            "set minvalue",
            "set maxvalue",
            "set no",
            "set cache",
            "set cycle",
            "set sequence",
            "set (",
            "restart",
            "reset (",
            "options (",
        ];
        if passed_over.iter().any(|words| cursor.is(words)) {
            cursor.skip_to_comma()?;
            return Ok(None);
        }
        return Err(cursor.expected("an action of ALTER COLUMN"));
    }))
}

/// `CASCADE` and `RESTRICT`.
pub(super) fn behavior(cursor: &mut Cursor<'_>) -> bool {
    cursor.eat("restrict");
    cursor.eat("cascade")
}

/// Another name or schema, if that is what follows.
fn move_action(cursor: &mut Cursor<'_>) -> Read<Option<MoveAction>> {
    Ok(if cursor.eat("rename to") {
        Some(MoveAction::Rename(cursor.ident("a new name")?))
    } else if cursor.eat("set schema") {
        Some(MoveAction::SetSchema(cursor.ident("a schema")?))
    } else {
        None
    })
}

/// Views, materialized views and foreign tables: nothing but their names is known.
pub(super) fn view(cursor: &mut Cursor<'_>) -> Read<Statement> {
    while !cursor.eat("view") && !cursor.eat("foreign table") {
        if cursor.at_end() {
            return Err(cursor.expected("`VIEW`"));
        }
        cursor.advance();
    }
    if cursor.is("all in tablespace") {
        return Ok(Statement::Nothing);
    }
    let if_exists = cursor.eat("if exists");
    cursor.eat("only");
    let name = cursor.name("a view")?;
    let action = move_action(cursor)?.unwrap_or(MoveAction::Nothing);
    Ok(Statement::AlterView { name, if_exists, action })
}

pub(super) fn type_(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter type")?;
    let name = cursor.name("a type")?;
    let action = if cursor.eat("add value") {
        let if_not_exists = cursor.eat("if not exists");
        let label = cursor.string("a label")?;
        let next_to = if cursor.eat("before") {
            Some((cursor.string("a label")?, Side::Before))
        } else if cursor.eat("after") {
            Some((cursor.string("a label")?, Side::After))
        } else {
            None
        };
        TypeAction::AddValue { label, if_not_exists, next_to }
    } else if cursor.eat("rename value") {
        let from = cursor.string("a label")?;
        cursor.expect("to")?;
        TypeAction::RenameValue { from, to: cursor.string("a label")? }
    } else if let Some(action) = move_action(cursor)? {
        TypeAction::Move(action)
    } else {
        let passed_over =
            ["owner to", "add attribute", "drop attribute", "alter attribute", "rename attribute", "set ("];
        if passed_over.iter().any(|words| cursor.is(words)) {
            return Ok(Statement::Nothing);
        }
        return Err(cursor.expected("an action of ALTER TYPE"));
    };
    cursor.expect_end()?;
    Ok(Statement::AlterType { name, action })
}

pub(super) fn schema(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter schema")?;
    let from = cursor.ident("a schema")?;
    if cursor.eat("owner to") {
        return Ok(Statement::Nothing);
    }
    cursor.expect("rename to")?;
    let to = cursor.ident("a new name")?;
    cursor.expect_end()?;
    Ok(Statement::RenameSchema { from, to })
}
