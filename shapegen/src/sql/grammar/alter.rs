//! `ALTER TABLE`.

use super::column::{self, Generation};
use super::type_name::type_name;
use super::{constraint, table};
use crate::sql::cursor::{Cursor, Read};
use crate::sql::expression::{self, Followed};
use crate::sql::statement::{MoveAction, Statement, TableAction};

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
    "options (",
];

pub(super) fn table(cursor: &mut Cursor<'_>) -> Read<Statement> {
    cursor.expect("alter table")?;
    if cursor.is("all in tablespace") {
        return Ok(Statement::Nothing);
    }
    let if_exists = cursor.eat("if exists");
    let only = cursor.eat("only");
    let name = cursor.name("a table")?;
    cursor.eat("*");
    let mut actions = Vec::new();
    loop {
        actions.extend(action(cursor)?);
        if !cursor.eat(",") {
            break;
        }
        if actions.len() == table::MOST_ELEMENTS {
            return Err(cursor.expected("the end of the statement after ten thousand actions"));
        }
    }
    cursor.expect_end()?;
    Ok(Statement::AlterTable { name, only, if_exists, actions })
}

/// One action, or none when it says nothing to the catalog.
fn action(cursor: &mut Cursor<'_>) -> Read<Option<TableAction>> {
    if PASSED_OVER.iter().any(|words| cursor.is(words)) {
        cursor.skip_to_comma()?;
        return Ok(None);
    }
    if cursor.eat("add") {
        if constraint::is_next(cursor) {
            return Ok(Some(TableAction::AddConstraint(constraint::table_constraint(cursor)?)));
        }
        cursor.eat("column");
        let if_not_exists = cursor.eat("if not exists");
        return Ok(Some(TableAction::AddColumn { column: Box::new(column::column(cursor)?), if_not_exists }));
    }
    if cursor.eat("drop constraint") {
        let if_exists = cursor.eat("if exists");
        let name = cursor.ident("a constraint")?;
        return Ok(Some(TableAction::DropConstraint { name, if_exists, cascade: behavior(cursor) }));
    }
    if cursor.eat("drop") {
        cursor.eat("column");
        let if_exists = cursor.eat("if exists");
        let name = cursor.ident("a column")?;
        return Ok(Some(TableAction::DropColumn { name, if_exists, cascade: behavior(cursor) }));
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
    if cursor.eat("attach partition") {
        let partition = cursor.name("a table")?;
        table::bound(cursor)?;
        return Ok(Some(TableAction::Attach(partition)));
    }
    if cursor.eat("detach partition") {
        let partition = cursor.name("a table")?;
        let concurrently = cursor.eat("concurrently");
        cursor.eat("finalize");
        return Ok(Some(TableAction::Detach { partition, concurrently }));
    }
    if cursor.eat("inherit") {
        return Ok(Some(TableAction::Inherit(cursor.name("a table")?)));
    }
    if cursor.eat("no inherit") {
        return Ok(Some(TableAction::NoInherit(cursor.name("a table")?)));
    }
    if cursor.eat("of") {
        return Ok(Some(TableAction::Of(cursor.name("a type")?)));
    }
    if cursor.eat("not of") {
        return Ok(Some(TableAction::NotOf));
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
        TableAction::Default { column, default: Some(expression::default(cursor, Followed::ByComma)?) }
    } else if cursor.eat("drop default") {
        TableAction::Default { column, default: None }
    } else if cursor.eat("drop identity") {
        TableAction::DropIdentity { column, if_exists: cursor.eat("if exists") }
    } else if cursor.eat("set expression as") {
        TableAction::SetExpression { column, words: column::generation_expression(cursor)? }
    } else if cursor.eat("drop expression") {
        TableAction::DropExpression { column, if_exists: cursor.eat("if exists") }
    } else if cursor.eat("add generated") {
        match column::generated(cursor)? {
            Generation::Identity(identity) => TableAction::AddIdentity { column, identity },
            Generation::Expression(_) => return Err(cursor.expected("`IDENTITY`")),
        }
    } else if let Some(always) = set_generated(cursor) {
        TableAction::SetIdentity { column, always }
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

/// `SET GENERATED ALWAYS`, also among other options of the sequence.
fn set_generated(cursor: &mut Cursor<'_>) -> Option<bool> {
    let mut ahead = *cursor;
    while !ahead.at_end() && !ahead.is(",") {
        let always = ahead.eat("set generated always");
        if always || ahead.eat("set generated by default") {
            ahead.skip_to_comma().ok()?;
            *cursor = ahead;
            return Some(always);
        }
        ahead.advance();
    }
    None
}

/// `CASCADE` and `RESTRICT`.
pub(super) fn behavior(cursor: &mut Cursor<'_>) -> bool {
    cursor.eat("restrict");
    cursor.eat("cascade")
}

/// Another name or schema, if that is what follows.
pub(super) fn move_action(cursor: &mut Cursor<'_>) -> Read<Option<MoveAction>> {
    Ok(if cursor.eat("rename to") {
        Some(MoveAction::Rename(cursor.ident("a new name")?))
    } else if cursor.eat("set schema") {
        Some(MoveAction::SetSchema(cursor.ident("a schema")?))
    } else {
        None
    })
}
